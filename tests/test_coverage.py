"""Coverage of cases: a goal is reached by the case that shows it, and by no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from empower import load_pack
from empower.coverage import Coverage, cover
from empower.coverage.goals import FAMILIES
from empower.demo import shipped_packs

PACK = """\
pack: shop
version: 1
currency: GBP
timezone: Europe/London
mission: Put it right.
values: {trust: We believe our customers.}
roles: {ladder: [clerk, manager]}
facts:
  order.total: money 0..500
  order.bought_on: date
  customer.flagged: yes/no
  visit.waited: duration 0..3 hours
actions:
  refund: {amount: money 0.01..500}
  card: {asks: reason}
"""
GIVEN = "- given: {actor.role: clerk, order.total: 80, order.bought_on: 3 days ago, customer.flagged: no, visit.waited: 5 minutes}\n"


def covered(folder: Path, pack: str, cases: str) -> Coverage:
    """What these cases reach of the shop with these guardrails."""
    (folder / "pack.yaml").write_text(PACK + pack, encoding="utf-8")
    (folder / "cases.yaml").write_text(GIVEN + cases, encoding="utf-8")
    return cover(load_pack(folder))


def case(action: str, rest: str = "") -> str:
    """A case of which only the situation counts here."""
    return f"- {{it: is, action: {action}, expect: allow{rest}}}\n"


RULE = "rules: [{id: late, deny: refund, when: days_since(order.bought_on) > 30, because: trust}]\n"
MONEY = "rules: [{id: dear, escalate: refund, to: manager, when: customer.flagged and action.amount > 50, because: trust}]\n"
TABLE = """\
caps:
  - id: alone
    for: refund
    because: trust
    first:
      - {visit.waited: ">= 10 minutes", at_most: [40, 50% of order.total]}
      - {otherwise: 20}
"""
LOOKUP = "caps: [{id: alone, for: refund, at_most: {by: actor.role, clerk: 25, manager: 500}, because: trust}]\n"
FLOOR = "caps: [{id: some, for: refund, at_least: 5, because: trust}]\n"
BUDGET = "budgets: [{id: day, for: refund, per: actor.id, window: calendar day, at_most: {amount: 100, times: 3}, because: trust}]\n"
MENU = "menu: [{id: love, offer: {kind: card, reason: x}, when: customer.flagged, because: trust}]\n"


@pytest.mark.parametrize(
    ("pack", "situation", "reached"),
    [
        (RULE, "", {"late: silent"}),
        (RULE, ", context: {order.bought_on: 30 days ago}", {"late: silent", "late: days_since(order.bought_on) > 30, just not"}),
        (RULE, ", context: {order.bought_on: 31 days ago}", {"late: speaks", "late: days_since(order.bought_on) > 30, just"}),
        (RULE, ", context: {order.bought_on: 32 days ago}", {"late: speaks"}),
        (RULE, ", context: {order.bought_on: unknown}", {"order.bought_on: asked for"}),
    ],
)
def test_a_comparison_is_met_where_it_turns(pack: str, situation: str, reached: set[str], tmp_path: Path) -> None:
    """A rule is met speaking and silent, a comparison at the last value on each side, a fact by a question; what is unknown is neither."""
    found = covered(tmp_path, pack, case("refund 30", situation))
    assert set(found.reached) - {"refund: asked"} == reached


@pytest.mark.parametrize(
    ("action", "situation", "reached"),
    [
        ("refund 50", "{customer.flagged: yes}", {"dear: silent", "dear: amount, at"}),
        ("refund 50.01", "{customer.flagged: yes}", {"dear: speaks", "dear: amount, beyond"}),
        ("refund 50.02", "{customer.flagged: yes}", {"dear: speaks"}),
        ("refund 50.01", "{customer.flagged: no}", {"dear: silent"}),
    ],
)
def test_the_amount_of_a_rule_is_a_bound(action: str, situation: str, reached: set[str], tmp_path: Path) -> None:
    """Just at the amount, and one minor unit beyond it, while the rest of the rule holds."""
    found = covered(tmp_path, MONEY, case(action, f", context: {situation}"))
    assert {name for name in found.reached if name.startswith("dear")} == reached


@pytest.mark.parametrize(
    ("action", "situation", "reached"),
    [
        ("refund 20", "{}", {"alone: row 2", "alone: row 2, at"}),
        ("refund 20.01", "{}", {"alone: row 2", "alone: row 2, beyond"}),
        ("refund 40", "{visit.waited: 10 minutes}", {
            "alone: row 1 for 40.00", "alone: row 1 for 40.00, at", "alone: row 1 for order.total / 2", "alone: row 1 for order.total / 2, at",
            "alone: row 1: visit.waited >= 10 minutes, just"}),
        ("refund 30.01", "{visit.waited: 1 hours, order.total: 60}", {"alone: row 1 for order.total / 2", "alone: row 1 for order.total / 2, beyond"}),
        ("refund 3", "{visit.waited: 9 minutes}", {"alone: row 2", "alone: row 1: visit.waited >= 10 minutes, just not"}),
        ("refund 3", "{visit.waited: unknown}", set()),
    ],
)  # fmt: skip
def test_a_row_is_met_where_it_decides(action: str, situation: str, reached: set[str], tmp_path: Path) -> None:
    """The first row that fits decides, and of several amounts in it the smallest: each has a bound of its own. An unknown row decides nothing."""
    found = covered(tmp_path, TABLE, case(action, f", context: {situation}"))
    assert {name for name in found.reached if name.startswith("alone")} == reached


def test_each_member_of_a_lookup_is_a_row(tmp_path: Path) -> None:
    """An amount by role has a row and two bounds for each role; a bound beyond which the action cannot go has only one."""
    found = covered(tmp_path, LOOKUP, case("refund 25"))
    assert {goal.id for goal in found.goals if goal.of == "alone"} == {
        "alone: clerk", "alone: clerk, at", "alone: clerk, beyond", "alone: manager", "alone: manager, at",
    }  # fmt: skip
    assert {name for name in found.reached if name.startswith("alone")} == {"alone: clerk", "alone: clerk, at"}


def test_an_approval_meets_the_approvers_bounds(tmp_path: Path) -> None:
    """What an approver's role allows is met by a case that they approve."""
    found = covered(tmp_path, LOOKUP, case("refund 500", ", approval: manager"))
    assert "alone: manager, at" in found.reached
    assert "alone: clerk, beyond" not in found.reached


def test_a_least_amount_has_its_bounds_below(tmp_path: Path) -> None:
    """Of `at_least` the minor unit less is what is refused."""
    assert {"some, at"} == {name for name in covered(tmp_path, FLOOR, case("refund 5")).reached if name.startswith("some")}
    assert {"some, beyond"} == {name for name in covered(tmp_path, FLOOR, case("refund 4.99")).reached if name.startswith("some")}


@pytest.mark.parametrize(
    ("action", "spent", "reached"),
    [
        ("refund 100", "{}", {"within", "at"}),
        ("refund 100.01", "{}", {"exceeded", "beyond"}),
        ("refund 30", "{day: {amount: 70, times: 2}}", {"within", "at", "last"}),
        ("refund 30", "{day: {amount: 60, times: 3}}", {"exceeded", "again"}),
        ("refund 30.01", "{day: {amount: 70, times: 1}}", {"exceeded", "beyond"}),
    ],
)
def test_a_budget_is_met_within_and_exceeded(action: str, spent: str, reached: set[str], tmp_path: Path) -> None:
    """By amount: just what is left and one minor unit more; by times: the last one and one more."""
    found = covered(tmp_path, BUDGET, case(action, f", spent: {spent}"))
    assert {name.removeprefix("day: ") for name in found.reached if name.startswith("day")} == reached


def test_an_offer_is_met_where_it_is_made(tmp_path: Path) -> None:
    """An offer counts where it stands among the options of a no, and where something is asked for, the question does."""
    pack = RULE + MENU
    late = covered(tmp_path, pack, case("refund 5", ", context: {order.bought_on: 40 days ago, customer.flagged: yes}"))
    assert "love: offered" in late.reached
    assert "card: asks reason" not in late.reached
    assert "card: asks reason" in covered(tmp_path, pack, case("card")).reached
    assert "love: offered" not in covered(tmp_path, pack, case("refund 5", ", context: {order.bought_on: 40 days ago}")).reached


@pytest.mark.parametrize("name", shipped_packs())
def test_goals_of_what_is_shipped(name: str) -> None:
    """Every goal has a name of its own and a place in the pack that declares it, and is of a family that is told."""
    found = cover(load_pack(shipped_packs()[name]))
    names = [goal.id for goal in found.goals]
    assert len(names) == len(set(names)) > 20
    assert {goal.family for goal in found.goals} <= set(FAMILIES)
    assert {Path(goal.span.file).parent for goal in found.goals} == {shipped_packs()[name]}
    assert sum(total for _, total in found.by_family().values()) == len(names)
    assert set(found.reached) | {goal.id for goal in found.missing} == set(names)


def test_every_family_is_explained(repository: Path) -> None:
    """The page about testing says of each family of goals what a case shows."""
    page = (repository / "docs" / "testing.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z]+)` \| .+ \|$", page, re.MULTILINE) == list(FAMILIES)
