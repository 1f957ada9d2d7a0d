"""The intermediate representation as terms of an SMT solver (z3, the extra `prove`): what holds for every request, not for one.

A `World` is one request whose facts may be anything within their bounds. Numbers are bounded integers, words are numbers of a list that all
worlds of a `Terms` share, sets have a yes/no for each member, and each fact has one for being known. Unknown facts have a value too: the
truth that nobody told; the formulas of `lower` read it only where it is known. So `triple.exact` in a world is what holds in truth, and
`low` and `high` are what the guard makes of it.

    terms = Terms(program)
    asks = World(terms, program, program.plans["refund"])          # one request; `asks.but("b", {"actor.role"})` differs from it in that fact alone
    bar = asks.plan.bars[0]
    solver = Solver()
    if solver.check(asks.above(asks.amount, bar.threshold.high)) == "yes":      # does the bar ever speak?
        solver.facts(asks), solver.number(asks.amount)                         # for whom, and of how much

Two things are opaque: what a text pattern makes of a text that the pack does not name, and by how much the clocks of a zone differ from UTC
(less than a day). `World.plain` is a formula that leaves neither open: an example is looked for where it holds, a proof never asks for it.
"""

from __future__ import annotations

from empower.backends.smt.solver import WORK, Answer, Solver
from empower.backends.smt.terms import ALWAYS_KNOWN, STRANGERS, Term, Terms, choice, constant, every, flag, fresh, opposite, same, some
from empower.backends.smt.world import World

__all__ = [
    "ALWAYS_KNOWN", "STRANGERS", "WORK", "Answer", "Solver", "Term", "Terms", "World", "choice", "constant", "every", "flag", "fresh",
    "opposite", "same", "some",
]  # fmt: skip
