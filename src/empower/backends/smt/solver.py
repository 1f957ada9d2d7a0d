"""Asks the solver, and reads its answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import z3

from empower import ir
from empower.backends.smt.terms import Term, Terms
from empower.backends.smt.world import World
from empower.environment import Value

Answer = Literal["yes", "no", "unknown"]

WORK = 20_000_000
"""How much work one question may be, in the solver's own units: a second is some millions of them, and the count is the same on every machine."""
OFTEN = 8
"""A formula that was asked for so often gets a name."""

# ------------------------------------------------------------------------------------------------ asking


class Solver:
    """Asks whether formulas can hold together; what is asked is forgotten after each question, save what `keep` was told.

    A formula that is asked for often gets a name: a flag that implies it, which the solver keeps. So what thousands of questions share, such
    as *this is allowed*, is taken in once, and not for each of them.
    """

    def __init__(self, terms: Terms, work: int = WORK) -> None:
        self._terms, self._work = terms, work
        self._depth = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew: names that were good for some questions are a burden to those of another sort."""
        self._taken = 0
        self._solver = z3.Solver()
        self._solver.set("rlimit", self._work)
        self._model: z3.ModelRef | None = None
        self._asked: dict[int, tuple[Term, int]] = {}
        """By id, each formula that was asked for, and how often."""
        self._names: dict[int, Term] = {}

    def keep(self, *formulas: Term) -> None:
        """What holds in every question from now on, or until the end of what is supposed."""
        self._solver.add(*formulas)

    @contextmanager
    def supposing(self, *formulas: Term) -> Iterator[None]:
        """Formulas that hold in every question asked inside, besides those that `keep` is told there."""
        before = self._taken
        short = [self._short(formula) for formula in formulas]
        self._solver.push()
        self._depth += 1
        try:
            self._solver.add(*short)
            yield
        finally:
            self._depth -= 1
            self._solver.pop()
            self._taken = before  # what was taken in since is forgotten with the rest

    def _short(self, formula: Term) -> Term:
        """A formula, or its name. Names are only given where they are kept: outside of all that is supposed."""
        key = formula.get_id()
        name = self._names.get(key)
        if name is not None or self._depth:
            return formula if name is None else name
        _, times = self._asked.get(key, (formula, 0))
        self._asked[key] = (formula, times + 1)
        if times < OFTEN:
            return formula
        name = self._names[key] = z3.FreshBool("name")
        self._solver.add(z3.Implies(name, formula))
        return name

    def check(self, *formulas: Term) -> Answer:
        """Whether these can hold together; `unknown` when the work would be too much."""
        axioms = self._terms.axioms
        self._solver.add(*axioms[self._taken :])
        self._taken = len(axioms)
        short = [self._short(formula) for formula in formulas]
        self._solver.push()
        try:
            self._solver.add(*short)
            answer = self._solver.check()
            self._model = self._solver.model() if answer == z3.sat else None
        finally:
            self._solver.pop()
        return "yes" if answer == z3.sat else "no" if answer == z3.unsat else "unknown"

    # -- the answer, after a `yes`

    def number(self, term: Term) -> int:
        """What a number is in the answer."""
        assert self._model is not None
        return int(self._model.eval(term, model_completion=True).as_long())

    def holds(self, formula: Term) -> bool:
        """Whether a formula holds in the answer."""
        assert self._model is not None
        return bool(z3.is_true(self._model.eval(formula, model_completion=True)))

    def fact(self, world: World, fact: str) -> Value:
        """The value of a fact in the answer, whether or not it is known."""
        kind = world.program.facts.get(fact)
        if isinstance(kind, ir.SetOfType):
            return frozenset(member for member, bit in world.members(fact).items() if self.holds(bit))
        if isinstance(kind, ir.YesNoType):
            return self.holds(world.value(fact))
        number = self.number(world.value(fact))
        if kind is None or isinstance(kind, (ir.OneOfType, ir.TextType)):
            return world.terms.text(number) or f"other-{number}"
        return number

    def facts(self, world: World) -> dict[str, Value | None]:
        """The facts that a world has read, as the guard would see them; None: unknown."""
        return {fact: self.fact(world, fact) if self.holds(world.known(fact)) else None for fact in sorted(world.facts)}
