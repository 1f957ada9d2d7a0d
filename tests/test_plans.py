"""The part of a large plan that concerns one value of a fact: what is left out of it cannot speak there."""

from __future__ import annotations

import pytest

from empower import ir
from empower.plans import INDEX_MIN, Plans, make_index

NOTHING = ir.Triple(*[ir.Number(ir.OPEN)] * 3)


def bar(name: str, **scope: set[str]) -> ir.Bar:
    """A guardrail that speaks only for members of these facts."""
    return ir.Bar(name, "deny", "deny", None, NOTHING, None, tuple((fact, frozenset(members)) for fact, members in scope.items()))


def plan(*bars: ir.Bar) -> ir.Plan:
    """A plan of these alone."""
    return ir.Plan("refund", (1, 100), (), bars, (), (), (), "never", tuple(bar.guardrail for bar in bars), ("level", "store"))


def stores(count: int) -> list[ir.Bar]:
    """Guardrails for as many stores, each for two that are neighbours."""
    return [bar(f"at-{number}", store={f"s{number}", f"s{number + 1}"}) for number in range(count)]


def names(made: ir.Plan) -> list[str]:
    """The guardrails of a plan."""
    return [each.guardrail for each in made.bars]


@pytest.mark.parametrize(("count", "indexed"), [(0, False), (INDEX_MIN - 1, False), (INDEX_MIN, True)])
def test_a_fact_that_many_guardrails_name_becomes_an_index(count: int, *, indexed: bool) -> None:
    """From 48 guardrails on; few are looked at one by one."""
    index = make_index(plan(bar("everywhere"), *stores(count)))
    assert (index is not None) is indexed
    assert index is None or index.fact == "store"


def test_the_fact_that_most_guardrails_name_becomes_the_index() -> None:
    """One fact, by which most is left out."""
    levels = [bar(f"level-{number}", level={"gold"}) for number in range(INDEX_MIN + 1)]
    index = make_index(plan(*stores(INDEX_MIN), *levels))
    assert index is not None
    assert index.fact == "level"


def test_only_what_can_speak_for_a_value_is_kept_in_its_order() -> None:
    """Those that name the value, and those that name no value of this fact, whatever else they name."""
    bars = [bar("first"), *stores(INDEX_MIN), bar("gold", level={"gold"}), bar("both", store={"s3"}, level={"gold"}), bar("last")]
    plans = Plans(["refund"], lambda _: plan(*bars))
    assert names(plans.narrowed("refund", {"store": "s3"})) == ["first", "at-2", "at-3", "gold", "both", "last"]
    assert names(plans.narrowed("refund", {"store": "s0", "level": "gold"})) == ["first", "at-0", "gold", "last"]
    assert names(plans.narrowed("refund", {"store": "elsewhere"})) == ["first", "gold", "last"]
    assert plans.narrowed("refund", {"store": "elsewhere"}) is plans.narrowed("refund", {"store": "nowhere"})
    assert plans.narrowed("refund", {"store": "s3"}) is plans.narrowed("refund", {"store": "s3"})


def test_where_the_fact_is_unknown_all_of_the_plan_is_looked_at() -> None:
    """Anything may speak there."""
    plans = Plans(["refund", "gesture"], lambda kind: plan(*stores(INDEX_MIN if kind == "refund" else 3)))
    for facts in ({}, {"store": None}):
        assert plans.narrowed("refund", facts) is plans["refund"]
    assert plans.narrowed("gesture", {"store": "s1"}) is plans["gesture"]


def test_plans_are_made_once_when_first_asked_for() -> None:
    """A large pack costs nothing for the kinds that nobody uses."""
    made: list[str] = []

    def make(kind: str) -> ir.Plan:
        made.append(kind)
        return plan()

    plans = Plans(["refund", "gesture"], make)
    assert (list(plans), len(plans), made) == (["refund", "gesture"], 2, [])
    assert plans["refund"] is plans["refund"]
    assert made == ["refund"]
    with pytest.raises(KeyError, match="coupon"):
        plans["coupon"]
    assert "coupon" not in plans
