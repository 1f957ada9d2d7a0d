"""Law 12, what is proved is what runs: the compiled functions and the quick way through `preview` against the interpreter."""

from __future__ import annotations

import warnings
from pathlib import Path
from unittest import mock

from attrs import evolve
from hypothesis import given, strategies as st

from empower import Guard, load_pack, plans
from empower.backends.interpret import Interpreter
from empower.backends.python import Compiled
from empower.compile import Rules
from empower.judge import judge
from empower.money import to_decimal
from laws.packs import make, packs
from laws.profile import searched
from laws.worlds import Still, World, contexts, worlds


@searched(200)
@given(worlds(unknown=4), st.data())
def test_compiled_is_interpreted(world: World, data: st.DataObject) -> None:
    """Every back end reads the same IR; the interpreter is the meaning and all others are tested equal to it: facts unknown or not."""
    meaning, compiled = Interpreter(), Compiled(world.made.program)
    for each in (world, evolve(world, facts=data.draw(contexts(world.made, world.kind, unknown=0)))):
        env, plan = each.case().environment(), each.plan
        assert list(compiled.bars(plan, env)) == meaning.bars(plan, env)
        assert list(compiled.shadows(plan, env)) == meaning.shadows(plan, env)
        assert list(compiled.accounts(plan, env)) == meaning.accounts(plan, env)
        assert list(compiled.duties(plan, env)) == meaning.duties(plan, env)


def interpreted(world: World) -> Guard:
    """A guard that has no compiled functions and no quick way."""
    rules = world.made.rules
    return Guard(Rules(rules.checked, rules.program, Interpreter()), Still(world), strict=True)


def same_answer(world: World) -> None:
    """`preview`, asked twice since the second ask may go another way, says what the interpreter says."""
    plain = evolve(world.case(), back_end=Interpreter())
    verdict = judge(plain)
    careful = interpreted(world).preview(world.action(), world.context())
    guard = world.guard()
    for _ in range(2):
        decision = guard.preview(world.action(), world.context())
        assert (decision.outcome, decision.who) == (verdict.outcome, verdict.who)
        assert decision.limit == (None if verdict.limit is None else to_decimal(verdict.limit, world.made.pack.currency))
        assert decision.guardrails == careful.guardrails
        assert decision.to_dict() == careful.to_dict()


@searched(150)
@given(worlds(packs(budgets=False), unknown=9))
def test_the_quick_way_is_the_careful_way(world: World) -> None:
    """What is proved is what runs: the function that `preview` runs gives the interpreter's answer, texts and all."""
    same_answer(world)


@searched(120)
@given(worlds(packs(budgets=False, actor=True), unknown=0))
def test_the_quick_way_finds_the_same_role(world: World) -> None:
    """What is proved is what runs: also where somebody of a higher role could say yes, for some value of facts that a role does not fix."""
    same_answer(world)


@searched(60)
@given(worlds(unknown=4))
def test_preview_with_budgets_is_the_judge(world: World) -> None:
    """What is proved is what runs: also with balances."""
    same_answer(world)


@searched(100)
@given(worlds(packs(most=5), unknown=5))
def test_a_narrowed_plan_answers_as_the_whole_one(world: World) -> None:
    """What is proved is what runs: also where guardrails that cannot speak for a value of one fact are left out beforehand."""
    whole = interpreted(world).preview(world.action(), world.context())
    with mock.patch.object(plans, "INDEX_MIN", 1):
        guard = evolve(world, made=make(world.made.source)).guard()
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
