"""Who could say yes: of the facts that a role does not fix, enough values are tried to tell all people of that role apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from empower import Guard, ir, load_pack
from empower.authority import SOMEBODY, candidates, plan_atoms, turning_points
from empower.backends.interpret import holds, number
from empower.compile import compile_pack
from empower.environment import Environment

FACT = "actor.years"
NOW, AMOUNT, LEAST, MOST = 1_000_000, 7, -6, 12


def seen(**facts: Any) -> Environment:
    """An instant, an amount, and what is known."""
    return Environment({"customer.name": "ann", **facts}, AMOUNT, NOW, lambda at, _="": at // 100)


def numbers() -> st.SearchStrategy[ir.Num]:
    """Numbers that grow or fall with the fact, or do not read it."""
    line = st.builds(lambda factor, start: ir.Sum(ir.Scaled(ir.NumberFact(FACT), factor), ir.Number(start)), *[st.integers(-3, 3)] * 2)
    return st.one_of(line, st.integers(-9, 15).map(ir.Number), st.builds(ir.Floored, line, st.integers(2, 4)))


def comparisons() -> st.SearchStrategy[ir.Atom]:
    """Comparisons whose two sides run apart steadily."""
    sign = st.sampled_from(["<", "<=", "==", "!=", ">", ">="])
    return st.one_of(st.builds(ir.Compare, sign, numbers(), st.integers(-9, 15).map(ir.Number)), st.builds(ir.AmountAbove, numbers()))


def told_apart(atoms: list[ir.Atom], values: Any) -> set[tuple[bool, ...]]:
    """The ways in which these atoms come out for these values."""
    return {tuple(holds(atom, seen(**{FACT: value})) for atom in atoms) for value in values}


FALLING, RISING = ir.Sum(ir.Scaled(ir.NumberFact(FACT), -1), ir.Number(2)), ir.NumberFact(FACT)


@example([ir.Compare("<", FALLING, ir.Number(0)), ir.Compare("<", RISING, ir.Number(8))])
@example([ir.Compare("<", FALLING, ir.Number(2 - LEAST)), ir.Compare("<", RISING, ir.Number(8))])
@example([ir.Compare(">", RISING, ir.Number(MOST)), ir.Compare(">", RISING, ir.Number(3))])
@example([ir.Compare("==", FALLING, ir.Number(1 - LEAST))])
@example([ir.Compare("==", RISING, ir.Number(MOST - 1))])
@given(st.lists(comparisons(), min_size=1, max_size=3))
def test_every_way_in_which_comparisons_come_out_is_tried(atoms: list[ir.Atom]) -> None:
    """At least one value for each way in which the guardrails can tell people apart, within the bounds of the fact."""
    tried = turning_points(FACT, ir.NumberType("integer", LEAST, MOST), atoms, seen())
    everyone = range(LEAST, MOST + 1)
    assert set(tried) <= set(everyone)
    assert told_apart(atoms, tried) == told_apart(atoms, everyone)
    assert len(tried) <= 2 + 2 * len(atoms)


@pytest.mark.parametrize("high", [2, 3, 100, 1_000_000])
@pytest.mark.parametrize("turn", [1, 2, 50, 99, 999_999])
def test_a_turn_is_found_by_halving_however_wide_the_bounds(turn: int, high: int) -> None:
    """The values are tried at which the sides are equal, and after which they are not, and the bounds; no others."""
    atom = ir.Compare(">", ir.NumberFact(FACT), ir.Number(turn))
    tried = turning_points(FACT, ir.NumberType("integer", 0, high), [atom], seen())
    assert set(tried) == {0, high} | {value for value in (turn, turn + 1) if value <= high}


def test_what_does_not_read_the_fact_or_reads_what_is_unknown_has_no_turn() -> None:
    """Another fact's comparison is no concern of this one; where something else is unknown, it may turn anywhere."""
    other = ir.Compare(">", ir.NumberFact("order.total"), ir.Number(5))
    unknown = ir.Compare(">", ir.NumberFact(FACT), ir.NumberFact("order.total"))
    assert set(turning_points(FACT, ir.NumberType("integer", 0, 9), [other, unknown], seen())) == {0, 9}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (ir.YesNoType(), {False, True}),
        (ir.OneOfType(("a", "b")), {"a", "b"}),
        (ir.SetOfType(("a", "b")), {frozenset(), frozenset("a"), frozenset("b"), frozenset("ab")}),
        (ir.TextType(), {SOMEBODY}),
        (ir.DateType(), {1, 3_652_059}),
        (ir.DateType(never=True), {1, 3_652_059, ir.NEVER_DAY}),
        (ir.InstantType(), {-62_135_596_800_000, 253_402_300_799_999}),
        (ir.InstantType(never=True), {-62_135_596_800_000, 253_402_300_799_999, ir.NEVER_MS}),
    ],
)
def test_where_nothing_turns_the_ends_of_a_fact_are_tried(kind: ir.FactType, values: set[Any]) -> None:
    """Both answers, every word, every set of few words, the first and the last day and `never`; of a text, one that nobody names."""
    assert set(turning_points(FACT, kind, [], seen())) == values


@pytest.mark.parametrize(("count", "tried"), [(6, 64), (7, 9)])
def test_of_many_members_the_small_sets_and_the_whole_are_tried(count: int, tried: int) -> None:
    """Every set of at most six members; of more, none, each alone, and all."""
    found = turning_points(FACT, ir.SetOfType(tuple("abcdefg"[:count])), [], seen())
    assert (len(found), len(set(found))) == (tried, tried)
    assert {frozenset(), frozenset("a"), frozenset("abcdefg"[:count])} <= set(found)


@pytest.mark.parametrize(
    ("atom", "named"),
    [
        (ir.IsAmong(FACT, frozenset({"x", "y"})), {"x", "y"}),
        (ir.TextTest("starts_with", FACT, "W-"), {"W-"}),
        (ir.SameWord(FACT, "customer.name"), {"ann"}),
        (ir.SameWord("customer.name", FACT), {"ann"}),
        (ir.SameWord("customer.nobody", FACT), set()),
        (ir.Known(FACT), set()),
    ],
)
def test_every_text_that_somebody_names_is_tried(atom: ir.Atom, named: set[str]) -> None:
    """Each text that a condition names, what it is compared with, and one that nobody names."""
    assert set(turning_points(FACT, ir.TextType(), [atom], seen())) == {SOMEBODY, *named}


# ------------------------------------------------------------------------------------------------ on packs

PACK = """\
pack: approvers
version: 1
currency: EUR
timezone: Europe/Berlin
mission: Put it right.
values: {trust: We trust.}
roles: {ladder: [clerk, lead]}
facts:
  customer.id: text
  actor.years: integer 0..50
  actor.given: money 0..100
  actor.trained: yes/no
  actor.team: text
  actor.skills: set of [till, bank]
  actor.since: date, may be never
  actor.shift: instant
actions: {refund: {amount: money 0.01..500}}
rules:
  - {id: always, escalate: refund, to: lead, because: trust}
"""
DENY = "  - {id: r, deny: refund, when: %s, because: trust}\n"
CAP = "caps: [{id: c, for: refund, %s, because: trust}]\n"
WHEN = CAP % "at_most: 10, when: %s"
BUDGET = "budgets: [{id: b, for: refund, per: actor.id, window: ever, %s, because: trust}]\n"
CONTEXT = {
    "actor": {
        "id": "a1", "role": "clerk", "years": 0, "given": "45", "trained": False, "team": "north", "skills": [], "since": "2026-11-16", "shift": "2026-11-15T00:00Z",
    },
    "customer": {"id": "c1"},
}  # fmt: skip


@pytest.mark.parametrize(
    "guardrails",
    [
        WHEN % "actor.years < 5",
        WHEN % "actor.years != 17 and actor.years != 31",
        WHEN % "not (0 < actor.years and actor.years < 8)",
        WHEN % "not (50 > actor.years and actor.years > 42)",
        WHEN % "not actor.trained or actor.years < 40",
        WHEN % "actor.team != 'south'",
        WHEN % "\"not starts_with(actor.team, 'S-')\"",
        WHEN % "actor.team != customer.id",
        WHEN % "\"not ('till' in actor.skills and 'bank' in actor.skills)\"",
        WHEN % "days_since(actor.since) < 365",
        WHEN % "actor.since != never",
        WHEN % "hours_since(actor.shift) != 8",
        WHEN % "actor.id == 'a1'",
        CAP % "first: [{when: actor.years > 10, at_most: 50}, {otherwise: 10}]",
        CAP % "first: [{when: actor.trained, at_most: 1 per actor.years}, {otherwise: 10}]",
        CAP % "at_most: 1 per actor.years",
        CAP % "at_most: 1 per actor.years, when: not actor.trained",
        CAP % "first: [{when: not actor.trained, at_most: 0}, {otherwise: 1 per actor.years}]",
        BUDGET % "at_most: 1 per actor.years",
        BUDGET % "at_most: 50, already: actor.given",
    ],
)
def test_somebody_of_the_role_may_be_who_can_say_yes(tmp_path: Path, guardrails: str) -> None:
    """A role passes as long as somebody of it could be allowed: of the right tenure, team, training, start or shift."""
    (tmp_path / "pack.yaml").write_text(PACK + guardrails, encoding="utf-8")
    shop = Guard(load_pack(tmp_path), clock=lambda: 1_794_826_800_000)
    decision = shop.preview({"kind": "refund", "amount": "40"}, CONTEXT)
    assert (decision.outcome, decision.who) == ("escalate", "lead")


def test_nobody_approves_their_own_request(tmp_path: Path) -> None:
    """Who an approver is, is free only where a condition looks at it, and then it is somebody else than the requester."""
    (tmp_path / "pack.yaml").write_text(PACK + DENY % "actor.id != 'a1' and actor.years < 3", encoding="utf-8")
    program = compile_pack(load_pack(tmp_path)).program
    plan = program.plans["refund"]
    assert plan.free == ("actor.id", "actor.years")
    tried = list(candidates(program, plan, seen(**{"actor.id": "a1", "actor.years": 0}), other_than="a1"))
    assert {each["actor.id"] for each in tried} == {SOMEBODY}
    assert {each["actor.years"] >= 3 for each in tried} == {False, True}
    (tmp_path / "pack.yaml").write_text(PACK + DENY % "actor.id != 'a1'", encoding="utf-8")
    assert Guard(load_pack(tmp_path)).preview({"kind": "refund", "amount": "40"}, CONTEXT).outcome == "deny"


def test_every_atom_of_a_plan_is_looked_at_once(tmp_path: Path) -> None:
    """Conditions wherever they stand, and thresholds that read a fact: they are compared with the amount."""
    guardrails = DENY % "actor.years < 5" + CAP % (
        "first: [{when: actor.years < 7, at_most: 1 per actor.years}, {otherwise: 9}], when: customer.id != 'c9'"
    )
    (tmp_path / "pack.yaml").write_text(PACK + guardrails + BUDGET % "at_most: 2 per actor.years", encoding="utf-8")
    found = plan_atoms(compile_pack(load_pack(tmp_path)).program.plans["refund"])
    assert {ir.Compare("<", ir.NumberFact(FACT), ir.Number(years)) for years in (5, 7)} <= set(found)
    after_three = {number(atom.threshold, seen(**{FACT: 3})) for atom in found if isinstance(atom, ir.AmountAbove)}
    assert {300, 600} <= after_three
    assert len(found) == len(set(found))
