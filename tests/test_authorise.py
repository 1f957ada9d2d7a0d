"""What a yes adds: the requester's own answer, the approver's where it counts, and as much as both allow where that is asked for (law 11)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from empower import Approval, Decision, Guard, load_pack

PACK = """\
pack: approvals
version: 1
currency: EUR
timezone: Europe/Berlin
mission: Put it right.
values: {trust: We trust.}
roles: {ladder: [clerk, lead, manager], beside: {agent: asks lead}}
facts: {customer.id: text, order.sent_at: instant}
actions: {refund: {amount: money 0.01..500}}
"""
BY_ROLE = "caps:\n  - {id: by-role, for: refund, at_most: {by: actor.role, clerk: %s, lead: %s, manager: 100, agent: 1}, because: trust}\n"
PLAIN = BY_ROLE % (10, 30)
HARD = "  - {id: hard, for: refund, at_most: 80, over: deny, because: trust}\n"
FLOOR = "  - {id: no-insult, for: refund, at_least: 5, over: deny, because: trust}\n"
NAMED = "rules: [{id: r, escalate: refund, to: manager, when: action.amount > 20 and actor.role == 'clerk', because: trust}]\n"
MONTH = "budgets: [{id: month, for: refund, per: actor.id, window: calendar month, at_most: %s, over: %s, because: trust}]\n"
CONTEXT = {"actor": {"id": "c", "role": "clerk"}, "customer": {"id": "c1"}, "order": {"sent_at": "2026-11-15T00:00Z"}}


def guard(folder: Path, guardrails: str) -> Guard:
    """A guard for the small pack with these guardrails."""
    (folder / "pack.yaml").write_text(PACK + guardrails, encoding="utf-8")
    return Guard(load_pack(folder), clock=lambda: 1_794_826_800_000)


def ask(shop: Guard, amount: str | None, yes: str | None = None, *, up_to: bool = False, name: str = "") -> Decision:
    """Ask for a refund, with somebody's yes."""
    action: dict[str, Any] = {"kind": "refund", **({} if amount is None else {"amount": amount})}
    approval = None if yes is None else Approval(by={"id": name or yes, "role": yes})
    return shop.decide(action, CONTEXT, approval=approval, up_to=up_to)


def given(decision: Decision) -> str | None:
    """What may be given; None: nothing."""
    return str(decision.amount) if decision.allowed else None


@pytest.mark.parametrize(
    ("guardrails", "amount", "yes", "found"),
    [
        (PLAIN, "40", None, "10.00"),
        (PLAIN, "10", None, "10.00"),
        (PLAIN, "5", "lead", "5.00"),
        (PLAIN, "40", "lead", "30.00"),
        (PLAIN, "30", "lead", "30.00"),
        (PLAIN, "40", "manager", "40.00"),
        (PLAIN, "40", "clerk", "10.00"),
        (PLAIN, "40", "agent", "10.00"),
        (PLAIN + HARD, "90", "manager", "80.00"),
        (PLAIN + FLOOR, "40", "lead", "30.00"),
        (PLAIN + FLOOR, "3", "lead", None),
        (PLAIN + NAMED, "40", "lead", "20.00"),
        (PLAIN + NAMED, "40", "manager", "40.00"),
        (BY_ROLE % (10, 8), "40", "lead", "10.00"),
        (BY_ROLE % (10, 10), "40", "lead", "10.00"),
        (BY_ROLE % (0, 8), "40", "lead", "8.00"),
        (BY_ROLE % (0, 0), "40", "lead", None),
        (BY_ROLE % (0, 0), "40", "manager", "40.00"),
        (PLAIN, None, "lead", None),
    ],
)
def test_up_to_gives_what_both_allow(tmp_path: Path, guardrails: str, amount: str | None, yes: str | None, found: str | None) -> None:
    """At most the amount asked, the approver's own limit, and what no role above theirs has to decide; never less than without them."""
    assert given(ask(guard(tmp_path, guardrails), amount, yes, up_to=True)) == found


@pytest.mark.parametrize(
    ("amount", "yes", "name", "outcome", "refused"),
    [
        ("30", "lead", "", "allow", False),
        ("30.01", "lead", "", "escalate", True),
        ("30.01", "manager", "", "allow", False),
        ("30", "lead", "c", "escalate", True),
        ("30", "clerk", "d", "escalate", True),
        ("30", "agent", "", "escalate", True),
        ("10", "clerk", "c", "allow", False),
    ],
)
def test_a_yes_is_for_the_whole_amount(tmp_path: Path, amount: str, yes: str, name: str, outcome: str, *, refused: bool) -> None:
    """Without `up_to` it is all or nothing; a yes from the same person, from too low or from beside the ladder is refused, and said to be."""
    decision = ask(guard(tmp_path, PLAIN), amount, yes, name=name)
    assert decision.outcome == outcome
    assert decision.extra.approved is (outcome == "allow" and amount != "10")
    assert any(reason.guardrail == "approval_refused" for reason in decision.reasons) is refused


@pytest.mark.parametrize(
    "guardrails", [PLAIN, PLAIN + "rules: [{id: old, deny: refund, when: hours_since(order.sent_at) > 99, because: trust}]\n"]
)
def test_the_limit_is_what_goes_without_an_approval(tmp_path: Path, guardrails: str) -> None:
    """`limit` is the requester's own also where somebody else's yes counted, at what is left of their own budget."""
    shop = guard(tmp_path, guardrails + MONTH % (25, "escalate"))
    assert [str(ask(shop, "8").limit) for _ in range(2)] == ["10.00", "10.00"]
    alone, approved = ask(shop, "5"), ask(shop, "20", "lead")
    assert (str(alone.limit), given(approved), str(approved.limit)) == ("9.00", "20.00", "4.00")


def test_an_approved_answer_is_told_of_whose_yes_counted(tmp_path: Path) -> None:
    """The facts of the answer are those under which it was allowed, and its limit is still the requester's."""
    shop = guard(tmp_path, PLAIN)
    slots = shop.rules.program.plans["refund"].slots
    for decision, person, role in ((ask(shop, "20", "lead"), "lead", "lead"), (ask(shop, "5", "lead"), "c", "clerk")):
        facts = dict(zip(slots, decision.facts, strict=True))
        assert (facts["actor.id"], facts["actor.role"], str(decision.limit)) == (person, role, "10.00")


def test_up_to_looks_at_what_the_approver_has_left(tmp_path: Path) -> None:
    """The approver's budget is charged, so what they gave before is not there."""
    shop = guard(tmp_path, BY_ROLE % (5, 30) + MONTH % (50, "escalate"))
    assert [given(ask(shop, amount, "lead", up_to=True)) for amount in ("20", "20", "25", "25")] == ["20.00", "20.00", "10.00", "5.00"]


def test_up_to_looks_at_what_the_requester_may_not_exceed(tmp_path: Path) -> None:
    """What is denied to the requester is not approved away: not what their own budget has left either, where more is a denial."""
    shop = guard(tmp_path, PLAIN + MONTH % (25, "deny"))
    assert given(ask(shop, "10")) == "10.00"
    assert given(ask(shop, "30", "lead", up_to=True)) == "15.00"
