"""Law 12, what is proved is what runs: narrowed plans, and the terms of the solver, against the interpreter.

That the compiled functions and the quick way through `preview` say what the interpreter says, is shown by the law as a function.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from unittest import mock

from attrs import evolve
from hypothesis import given

from empower import Guard, ir, load_pack, plans
from empower.backends import interpret, smt
from empower.backends.interpret import Interpreter
from empower.compile import compile_pack
from empower.judge import judge
from empower.prove.verdict import answerable, symbolic_verdict
from empower.testing import World, packs
from empower.testing.world import Still
from laws.profile import searched
from laws.worlds import worlds


def interpreted(world: World) -> Guard:
    """A guard that has no compiled functions and no quick way."""
    return Guard(evolve(world.rules, back_end=Interpreter()), Still(world), strict=True)


@searched(100)
@given(worlds(packs(most=5), unknown=5))
def test_a_narrowed_plan_answers_as_the_whole_one(world: World) -> None:
    """What is proved is what runs: also where guardrails that cannot speak for a value of one fact are left out beforehand."""
    whole = interpreted(world).preview(world.action(), world.context())
    with mock.patch.object(plans, "INDEX_MIN", 1):
        guard = evolve(world, rules=compile_pack(world.rules.checked)).guard()
        for _ in range(2):
            assert guard.preview(world.action(), world.context()).to_dict() == whole.to_dict()


OF_THE_ACTOR = """
pack: of-the-actor
version: 1
currency: GBP
timezone: Europe/London
mission: We learn by doing.
values: {trust: We trust our people.}
roles: {ladder: [clerk, manager]}
facts:
  actor.tenure: integer 0..4
  actor.trained: yes/no
actions:
  refund: {amount: money 0.01..100}
rules:
  - {id: new-here, escalate: refund, to: manager, when: not known(actor.tenure) or not actor.trained or actor.tenure < 2, because: trust}
"""


def test_the_quick_way_writes_python_without_a_warning(tmp_path: Path) -> None:
    """The values of the best placed approver are tested as facts are; `None is None` as text is a warning, and so an error under -W error."""
    (tmp_path / "pack.yaml").write_text(OF_THE_ACTOR, encoding="utf-8")
    guard = Guard(load_pack(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decision = guard.preview({"kind": "refund", "amount": "5"}, {"actor": {"id": "a", "role": "clerk", "tenure": 1, "trained": True}})
    assert (decision.outcome, decision.who) == ("escalate", "manager")


# ------------------------------------------------------------------------------------------------ the solver's terms


def pinned(world: World, terms: smt.World) -> list[smt.Term]:
    """That a world of the solver is this one: its facts, known or not, its amount, instant and local days."""
    env = world.case().environment()
    found = [terms.now == env.now]
    if world.plan.amount is not None:
        found.append(terms.amount == env.amount)
    for path in terms.facts:
        value = world.everything.get(path)
        if path not in smt.ALWAYS_KNOWN:
            found.append(terms.known(path) == (value is not None))
        if isinstance(value, frozenset):
            found += [bit == (member in value) for member, bit in terms.members(path).items()]
        elif isinstance(value, str):
            found.append(terms.value(path) == terms.terms.word(value))
        elif value is not None:
            found.append(terms.value(path) == value)
    for zone, moment, day in terms.days:
        found += [smt.some([moment != at, day == world.day_of(at, zone)]) for at in moments(world)]
    return found


def moments(world: World) -> list[int]:
    """Every instant in a world, that of the decision included."""
    kinds = world.rules.program.facts
    given = (value for path, value in world.everything.items() if isinstance(kinds.get(path), ir.InstantType) and value is not None)
    return [world.at, ir.NEVER_MS, *(int(value) for value in given)]  # type: ignore[arg-type]


@searched(100)
@given(worlds(unknown=4))
def test_the_terms_of_the_solver_are_interpreted(world: World) -> None:
    """The interpreter is the meaning and all others are tested equal to it: the thresholds as numbers, and taken apart into conditions."""
    env, plan, program = world.case().environment(), world.plan, world.rules.program
    if plan.amount is not None and not plan.amount[0] <= env.amount <= plan.amount[1]:
        return
    terms = smt.World(smt.Terms(program), program, plan)
    bars = [(threshold, terms.number(threshold)) for bar in plan.bars for threshold in (bar.threshold.low, bar.threshold.high)]
    above = [(threshold, terms.above(terms.amount, threshold), terms.below(terms.amount, threshold)) for threshold, _ in bars]
    duties = [(condition, terms.holds(condition)) for duty in plan.duties for condition in (duty.certain, duty.possible)]
    solver = smt.Solver(terms.terms)
    assert solver.check(*pinned(world, terms)) == "yes"
    for threshold, number in bars:
        assert solver.number(number) == interpret.number(threshold, env)
    for threshold, larger, smaller in above:
        meant = interpret.number(threshold, env)
        assert (solver.holds(larger), solver.holds(smaller)) == (env.amount > meant, env.amount < meant)
    for condition, formula in duties:
        assert solver.holds(formula) == interpret.holds(condition, env)


@searched(100)
@given(worlds(packs(escalating=True), unknown=4))
def test_the_symbolic_verdict_is_the_judge(world: World) -> None:
    """What is proved is what runs: the formulas that proofs are made of say what the judge says, outcome and limit, with balances."""
    case, plan, program = world.case(), world.plan, world.rules.program
    if plan.amount is not None and (case.amount is None or not plan.amount[0] <= case.amount <= plan.amount[1]):
        return
    terms = smt.World(smt.Terms(program), program, plan)
    held = dict(zip((account.guardrail for account in plan.accounts), case.balances, strict=True))
    spent = {name: (balance.amount, balance.times) for name, balance in held.items()}
    verdict, solver, meant = symbolic_verdict(terms, spent), smt.Solver(terms.terms), judge(case)
    asked = answerable(verdict, spent)
    answers = pinned(world, terms)
    assert solver.check(*answers) == "yes"
    assert solver.holds(verdict.allowed) == (meant.outcome == "allow")
    assert {voice.guardrail for voice in verdict.voices if solver.holds(voice.certain)} == {
        each.guardrail for each in meant.speaking if each.certain(*case.span)
    }
    assert {voice.guardrail for voice in verdict.voices if solver.holds(voice.possible)} == {
        each.guardrail for each in meant.speaking if each.possible(*case.span)
    }
    if meant.outcome == "escalate":
        assert solver.check(*answers, verdict.escalates, asked) == "yes"
    if meant.outcome == "deny":
        assert solver.check(*answers, verdict.escalates, asked) == "no"
    if plan.amount is not None:
        free = [formula for formula in answers if not formula.eq(terms.amount == case.amount)]
        at_most = constant_limit(solver, terms, verdict.allowed, free)
        assert at_most == meant.limit


def constant_limit(solver: smt.Solver, terms: smt.World, allowed: smt.Term, free: list[smt.Term]) -> int | None:
    """The largest amount that the formulas allow, found by asking for more until there is no more."""
    best = None
    while solver.check(*free, allowed, *([terms.amount > best] if best is not None else [])) == "yes":
        best = solver.number(terms.amount)
    return best
