"""What the host hands in is read by what it says, whatever class it comes in: by the quick way as by the careful one."""

from __future__ import annotations

import enum
import itertools
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from empower import Approval, Guard, MalformedRequest, ir, load_pack
from empower.request import Misread, read_value

PACK = """\
pack: tiny
version: 1
currency: GBP
timezone: Europe/London
mission: Put it right.
values: {trust: We trust.}
roles: {ladder: [clerk, manager]}
facts:
  customer.category: {type: "one of [new, regular]", customer_may_see: yes}
  customer.flags: set of [late, vip]
  customer.name: text
  item.count: integer 0..9
actions:
  refund: {amount: money 0.01..500}
rules:
  - {id: not-new, deny: refund, when: customer.category == 'new', because: trust, say: {customer: "You are {customer.category}."}}
  - {id: not-late, deny: refund, when: "'late' in customer.flags", because: trust}
  - {id: not-max, deny: refund, when: customer.name == 'Max', because: trust}
  - {id: not-many, deny: refund, when: item.count > 0, because: trust}
  - {id: boss, escalate: refund, to: manager, when: action.amount > 10, because: trust}
"""
REFUND = {"kind": "refund", "amount": "5.00"}


class Word(str, enum.Enum):  # noqa: UP042  (the older way, whose `str()` is not its value)
    """Words as typed models spell them."""

    REFUND = "refund"
    CLERK = "clerk"
    MANAGER = "manager"
    NEW = "new"
    LATE = "late"
    MAX = "Max"


class Row:
    """Answers to brackets, and is no mapping."""

    def __getitem__(self, name: str) -> Any:
        return {"count": 0}[name]


@pytest.fixture
def shop(tmp_path: Path) -> Guard:
    """A guard that has answered before, so that its quick way is made."""
    (tmp_path / "pack.yaml").write_text(PACK, encoding="utf-8")
    made = Guard(load_pack(tmp_path))
    assert [made.preview(REFUND, context()).outcome for _ in range(3)] == ["allow"] * 3
    return made


def context(**groups: Mapping[str, Any]) -> dict[str, Any]:
    """The usual facts, some groups of them others."""
    customer = {"category": "regular", "flags": [], "name": "Eve"}
    return {"actor": {"id": "a1", "role": "clerk"}, "customer": customer, "item": {"count": 0}, **groups}


@pytest.mark.parametrize(
    ("fact", "member", "rule"), [("category", Word.NEW, "not-new"), ("flags", [Word.LATE], "not-late"), ("name", Word.MAX, "not-max")]
)
def test_a_member_of_an_enumeration_is_its_value(shop: Guard, fact: str, member: Any, rule: str) -> None:
    """A rule about a word holds for a typed model that spells it as a member of an enumeration."""
    asked = context(customer={"category": "regular", "flags": [], "name": "Eve", fact: member})
    for decision in (shop.preview(REFUND, asked), shop.preview(REFUND, OrderedDict(asked)), shop.decide(REFUND, asked)):
        assert (decision.outcome, decision.guardrails) == ("deny", (rule,))
        assert all(type(value) is not Word for value in decision.facts)
        assert "Word." not in decision.say.customer


def test_kind_role_and_approver_may_be_members_of_an_enumeration(shop: Guard) -> None:
    """The kind of an action, and the roles of two people, are their values."""
    asked = context(actor={"id": "a1", "role": Word.CLERK})
    action = {"kind": Word.REFUND, "amount": "20.00"}
    assert shop.decide(action, asked, key="k").who == "manager"
    assert shop.decide(action, asked, key="k", approval=Approval(by={"id": "m1", "role": Word.MANAGER})).kind == "refund"


def test_a_mapping_that_makes_up_what_it_lacks_knows_nothing(shop: Guard) -> None:
    """Unknown is never false, zero or empty: also where the host's dictionary would make it so, and that dictionary stays as it was."""
    made_up: defaultdict[str, int] = defaultdict(int)
    for _ in range(3):
        assert shop.preview(REFUND, context(item=made_up)).outcome == "needs_info"
    assert not made_up


def test_what_is_no_mapping_is_refused_by_either_way(shop: Guard) -> None:
    """Malformed input is refused by name, whether the request is complete or not."""
    for _ in range(2):
        with pytest.raises(MalformedRequest, match="item: must hold a mapping, not a Row"):
            shop.preview(REFUND, context(item=Row()))  # type: ignore[arg-type]


HALF = "Ren\ud800"


@pytest.mark.parametrize(
    ("path", "action", "groups", "by"),
    [
        ("action.kind", {"kind": HALF}, {}, "m1"),
        ("action.reason", {**REFUND, "reason": HALF}, {}, "m1"),
        ("customer.name", REFUND, {"customer": {"category": "regular", "flags": [], "name": HALF}}, "m1"),
        ("actor.id", REFUND, {"actor": {"id": HALF, "role": "clerk"}}, "m1"),
        ("approval.by.id", REFUND, {}, HALF),
    ],
)
def test_what_no_ledger_can_write_is_malformed(shop: Guard, path: str, action: dict[str, Any], groups: dict[str, Any], by: str) -> None:
    """Malformed input is one typed error, to every question alike, and not a ledger that failed: a pack's fallback is no answer to it."""
    approvals = [Approval(by={"id": by, "role": "manager"}), *([None] if by != HALF else [])]
    for ask, approval in itertools.product((shop.decide, shop.preview), approvals):
        with pytest.raises(MalformedRequest, match=f"{path}: holds half of a character"):
            ask(action, context(**groups), approval=approval)


@pytest.mark.parametrize("id_", ["", "x" * 1001, HALF, 7, ["a1"], {"a1": 1}, True])
def test_who_asks_is_looked_at_each_time(shop: Guard, id_: Any) -> None:
    """Malformed input is one typed error, also from a guard that remembers the ids it has read before."""
    for _ in range(2):
        with pytest.raises(MalformedRequest, match=r"actor\.id"):
            shop.preview(REFUND, context(actor={"id": id_, "role": "clerk"}))


def test_an_id_that_was_read_before_is_told_as_a_plain_text(shop: Guard) -> None:
    """What the host hands in is read by what it says: a text of another class is not kept for the next decision."""
    for id_ in (Word.MAX, "Max", Word.MAX):
        decision = shop.preview(REFUND, context(actor={"id": id_, "role": "clerk"}))
        assert [type(value) for value in decision.facts if value == "Max"] == [str]


def test_whole_characters_of_any_script_are_texts(shop: Guard) -> None:
    """The good control: letters and pictures beyond ASCII are read as they are."""
    assert shop.decide(REFUND, context(customer={"category": "regular", "flags": [], "name": "Zoë 李 🙂"})).allowed


def test_history_and_reasons_hold_whole_characters(shop: Guard) -> None:
    """Malformed input is refused by name, wherever a text comes in."""
    with pytest.raises(MalformedRequest, match="customer: holds half of a character"):
        shop.history(customer=HALF)
    with pytest.raises(MalformedRequest, match="because"):
        shop.reverse("k", amount="1.00", because=HALF)


# ------------------------------------------------------------------------------------------------ days


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (ir.DateType(), "2026-W47-7", "is not a date"),
        (ir.InstantType(), "2026-W47-7T09:00:00Z", "is not an instant"),
        (ir.InstantType(), "2026W477T090000Z", "is not an instant"),
    ],
)
def test_a_day_is_told_by_the_calendar(kind: ir.FactType, text: str, said: str) -> None:
    """A date is year, month and day: the days of numbered weeks are another way of counting, which a host may not mean."""
    with pytest.raises(Misread, match=said):
        read_value(text, kind, "GBP")


def test_the_usual_ways_of_writing_a_moment_are_read() -> None:
    """The good control: a day and a moment, with and without hyphens and colons between."""
    assert read_value("2026-11-22", ir.DateType(), "GBP") == date(2026, 11, 22).toordinal()
    moments = {read_value(text, ir.InstantType(), "GBP") for text in ("2026-11-22T09:00:00Z", "20261122T090000Z", "2026-11-22 10:00+01:00")}
    assert len(moments) == 1
