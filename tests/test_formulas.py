"""What conditions are rewritten to: said by the formulas, and worked out a second time with three truth values (`laws/oracle.py`)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from empower import ir
from empower.backends.interpret import holds, number
from empower.environment import Environment, Unread
from empower.formulas import atoms, certainly, condition_facts, in_zone, negated, negation_normal, number_facts, possibly, readable
from laws.oracle import View, truth, value_of

YES_NO = ("order.paid", "order.late")
NUMBERS = ("order.total", "order.tip")
NOW = 1_000
FACTS = st.fixed_dictionaries({
    **{fact: st.sampled_from([None, True, False]) for fact in YES_NO},
    **{fact: st.sampled_from([None, 0, 1, 2]) for fact in NUMBERS},
    "customer.level": st.sampled_from([None, "gold", "silver"]),
    "order.sent_at": st.sampled_from([None, 3, 500]),
})  # fmt: skip


def day_of(at: int, zone: str = "") -> int:
    """A calendar with short days, which begin earlier in a zone that is named."""
    return (at + len(zone)) // 10


def numbers() -> st.SearchStrategy[ir.Num]:
    """Numbers as an author writes them, lookups that read further facts among them."""
    plain = st.one_of(
        st.integers(-2, 3).map(ir.Number),
        st.sampled_from(NUMBERS).map(ir.NumberFact),
        st.sampled_from(["", "Asia/Tokyo"]).flatmap(lambda zone: st.sampled_from([ir.Today(zone), ir.DayOf("order.sent_at", zone)])),
        st.just(ir.Now()),
    )
    return st.recursive(
        plain,
        lambda inner: st.one_of(
            st.builds(ir.Sum, inner, inner),
            st.builds(ir.Product, inner, inner),
            st.builds(ir.Scaled, inner, st.integers(-2, 2)),
            st.builds(ir.Floored, inner, st.integers(1, 3)),
            st.builds(ir.Least, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(ir.Greatest, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(lambda gold, silver: ir.Chosen("customer.level", (("gold", gold), ("silver", silver))), inner, inner),
        ),
        max_leaves=5,
    )


def conditions() -> st.SearchStrategy[ir.Cond]:
    """Conditions in all their forms, constants and empty lists among them."""
    atom = st.one_of(
        st.booleans().map(ir.Constant),
        st.sampled_from(YES_NO).map(ir.IsYes),
        st.sampled_from(YES_NO).map(ir.Known),
        st.just(ir.SameWord("customer.level", "customer.level")),
        st.builds(ir.Compare, st.sampled_from(["<", "=="]), numbers(), numbers()),
        st.builds(ir.AmountAbove, numbers()),
    )

    def joined(inner: st.SearchStrategy[ir.Cond]) -> st.SearchStrategy[ir.Cond]:
        parts = st.lists(inner, max_size=3).map(tuple)
        return st.one_of(
            st.builds(ir.Not, inner),
            st.builds(ir.All, parts),
            st.builds(ir.Any, parts),
            parts.flatmap(lambda made: st.builds(ir.AtLeast, st.integers(1, len(made) + 1), st.just(made))),
        )

    return st.recursive(atom, joined, max_leaves=8)


def seen(facts: dict[str, Any]) -> tuple[View, Environment]:
    """The same facts, for the oracle and for the formulas."""
    return View(facts, NOW, day_of, 1), Environment(facts, 1, NOW, day_of)


@given(conditions(), FACTS)
def test_a_formula_says_what_is_certain_and_what_is_possible(condition: ir.Cond, facts: dict[str, Any]) -> None:
    """`certainly(c)` holds when c is true in every completion of what is unknown, `possibly(c)` unless it is false in every one."""
    view, env = seen(facts)
    written, true = negation_normal(condition), truth(condition, view)
    assert holds(certainly(written), env) is (true is True)
    assert holds(possibly(written), env) is (true is not False)
    assert holds(certainly(negated(condition)), env) is (true is False)


@given(conditions())
def test_not_stands_only_before_atoms(condition: ir.Cond) -> None:
    """In negation normal form `Not` stands before atoms alone, and what is joined of one sort is not joined within itself."""

    def plain(part: ir.Cond, outside: type | None = None) -> bool:
        match part:
            case ir.Not(condition=inner):
                return not isinstance(inner, (ir.Constant, ir.Not, ir.All, ir.Any, ir.AtLeast))
            case ir.All(conditions=parts) | ir.Any(conditions=parts):
                return type(part) is not outside and len(parts) > 1 and all(plain(each, type(part)) for each in parts)
            case ir.AtLeast(conditions=parts):
                return all(plain(each) for each in parts)
            case ir.Constant():
                return outside is None
            case _:
                return True

    assert plain(negation_normal(condition))
    assert plain(negated(condition))


@given(st.lists(numbers(), min_size=1, max_size=2), FACTS)
def test_numbers_are_readable_where_what_they_need_is_known(written: list[ir.Num], facts: dict[str, Any]) -> None:
    """Everything that these numbers need is known; of a lookup, only what its member leads to."""
    view, env = seen(facts)
    worked_out = [value_of(each, view) for each in written]
    assert holds(readable(*written), env) is (None not in worked_out)
    for each, value in zip(written, worked_out, strict=True):
        try:
            assert number(each, env) == value
        except Unread:
            assert value is None


@pytest.mark.parametrize(("level", "total", "enough"), [("silver", None, True), ("gold", None, False), ("gold", 1, True), (None, 1, False)])
def test_of_a_lookup_only_what_its_member_leads_to_is_needed(level: str | None, total: int | None, *, enough: bool) -> None:
    """A lookup may lead to a fact for one member and to a constant for another."""
    lookup = ir.Chosen("customer.level", (("gold", ir.NumberFact("order.total")), ("silver", ir.Number(5))))
    env = seen({"customer.level": level, "order.total": total})[1]
    assert holds(readable(ir.Sum(ir.Number(1), lookup)), env) is enough


@given(conditions(), FACTS)
def test_facts_that_are_not_read_change_nothing(condition: ir.Cond, facts: dict[str, Any]) -> None:
    """A condition reads the facts that it names, and no other."""
    told = {fact: value for fact, value in facts.items() if fact in condition_facts(condition)}
    assert truth(condition, seen(told)[0]) == truth(condition, seen(facts)[0])


def test_an_atom_comes_with_the_sign_in_which_it_stands() -> None:
    """Of every atom, whether it stands for itself or for its opposite."""
    paid, late = (ir.IsYes(fact) for fact in YES_NO)
    condition = ir.Not(ir.Any((paid, ir.Not(ir.All((late, ir.Constant(value=True)))))))
    assert list(atoms(condition)) == [(paid, False), (late, True)]


def test_days_of_a_parent_are_counted_where_it_said() -> None:
    """What a parent wrote is counted in its zone, wherever it stands; a zone that a grandparent named stays."""
    sent = ir.DayOf("order.sent_at")
    inherited = ir.All((ir.Compare("<", ir.Least((sent, ir.Number(3))), ir.Today("Asia/Tokyo")), ir.IsYes("order.paid")))
    moved = in_zone(inherited, "Europe/Paris")
    within = ir.Least((ir.DayOf("order.sent_at", "Europe/Paris"), ir.Number(3)))
    assert moved == ir.All((ir.Compare("<", within, ir.Today("Asia/Tokyo")), ir.IsYes("order.paid")))
    assert in_zone(ir.IsYes("order.paid"), "Europe/Paris") == ir.IsYes("order.paid")
    assert number_facts(within) == {"order.sent_at"}
