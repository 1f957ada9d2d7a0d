"""What a plan is made of besides thresholds: what lies in shadow, what texts show, whom an approver may be, what an index may leave out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from empower import Guard, load_pack

PACK = """\
pack: plans
version: 1
currency: EUR
timezone: Europe/Berlin
mission: Put it right.
values: {trust: We trust.}
roles: {ladder: [clerk, lead, manager]}
facts:
  customer.id: text
  customer.level: one of [bronze, gold]
  customer.vip: yes/no
  order.total: money 0..1000
  order.before: money 0..1000
  actor.team: text
  actor.grade: one of [junior, senior]
actions:
  refund: {amount: money 0.01..500}
  thanks: {}
obligations: {sign: "Sign for {order.total}."}
"""
CONTEXT = {
    "actor": {"id": "a1", "role": "clerk", "team": "north", "grade": "junior"},
    "customer": {"id": "c1", "level": "gold", "vip": True},
    "order": {"total": "80", "before": "20"},
}
REFUND = {"kind": "refund", "amount": "40.00"}


def guard(folder: Path, guardrails: str) -> Guard:
    """A guard for the small pack with these guardrails."""
    (folder / "pack.yaml").write_text(PACK + guardrails, encoding="utf-8")
    return Guard(load_pack(folder), clock=lambda: 1_763_290_000_000)


def without(group: str, fact: str) -> dict[str, Any]:
    """The context, in which a fact is not known."""
    return {**CONTEXT, group: {**CONTEXT[group], fact: None}}


def test_a_shadow_says_what_it_would_have_said_and_nothing_else_does(tmp_path: Path) -> None:
    """What lies in shadow changes no answer; `shadow` tells it, and no guardrail that counts."""
    rules = "{id: tried, deny: refund, when: customer.vip, mode: shadow, because: trust}, {id: real, escalate: refund, to: lead, because: trust}"
    decision = guard(tmp_path, f"rules: [{rules}]\n").preview(REFUND, CONTEXT)
    assert (decision.outcome, decision.guardrails) == ("escalate", ("real",))
    assert [reason.guardrail for reason in decision.shadow] == ["tried"]


@pytest.mark.parametrize(
    ("guardrails", "facts"),
    [
        ("rules: [{id: r, oblige: refund, when: customer.vip, then: [sign], because: trust}]\n", {"customer.vip", "order.total"}),
        ("rules: [{id: r, deny: refund, title: 'at {now} {customer.level}', because: trust}]\n", {"customer.level"}),
        ("rules: [{id: r, deny: refund, say: {staff: '{order.total}'}, because: trust}]\n", {"order.total"}),
    ],
)
def test_facts_that_a_text_shows_are_read_with_the_others(tmp_path: Path, guardrails: str, facts: set[str]) -> None:
    """A text never lacks a fact that was handed in; the kind and the instant are no facts of the context."""
    rules = guard(tmp_path, guardrails).rules
    assert set(rules.program.plans["refund"].slots) == {"actor.id", "actor.role", *facts}


ESCALATED = "rules: [{id: always, escalate: refund, to: lead, when: action.amount > 10, because: trust}]\n"


@pytest.mark.parametrize(
    ("guardrails", "unknown", "who"),
    [
        ("per: [actor.id, actor.team], window: ever, at_most: {times: 5}", ("actor", "team"), "lead"),
        ("per: actor.id, window: ever, at_most: {by: actor.grade, junior: 10, senior: 50}", None, "lead"),
        ("per: actor.id, window: ever, at_most: {by: actor.grade, junior: 10, senior: 39}", None, None),
    ],
)
def test_an_approver_may_be_anybody_of_their_role(
    tmp_path: Path, guardrails: str, unknown: tuple[str, str] | None, who: str | None
) -> None:
    """What a role does not fix is not the requester's: some lead has another team, some a higher grade."""
    shop = guard(tmp_path, f"{ESCALATED}budgets: [{{id: own, for: refund, {guardrails}, because: trust}}]\n")
    decision = shop.preview(REFUND, without(*unknown) if unknown else CONTEXT)
    assert (decision.outcome, decision.who) == ("escalate" if who else "deny", who)


def test_in_a_large_pack_an_approver_meets_the_rules_for_their_own_role(tmp_path: Path) -> None:
    """Of many guardrails those are left out that cannot speak; what an approver's role forbids can speak."""
    forbidden = [f"{{id: r{n}, deny: refund, when: actor.role == 'lead' and order.total > {n + 1}, because: trust}}" for n in range(60)]
    shop = guard(tmp_path, f"{ESCALATED.removesuffix(']' + chr(10))}, {', '.join(forbidden)}]\n")
    assert (shop.preview(REFUND, CONTEXT).outcome, shop.preview(REFUND, CONTEXT).who) == ("escalate", "manager")


@pytest.mark.parametrize(
    ("bound", "outside", "outcome", "limit"),
    [
        ("at_most: 60", "absent", "allow", "500.00"),
        ("at_most: 60", "0", "deny", None),
        ("at_least: 30", "absent", "allow", "500.00"),
        ("at_least: 30", "0", "deny", None),
    ],
)
def test_outside_its_dates_a_cap_is_absent_or_gives_nothing(
    tmp_path: Path, bound: str, outside: str, outcome: str, limit: str | None
) -> None:
    """`outside`: of a cap with dates, outside them `absent`, or `0`; of a least amount 0 means that none is large enough."""
    dated = f"{{id: winter, for: refund, {bound}, from: 2030-01-01, outside: {outside}, over: deny, because: trust}}"
    decision = guard(tmp_path, f"caps: [{dated}]\n").preview(REFUND, CONTEXT)
    assert (decision.outcome, None if decision.limit is None else str(decision.limit)) == (outcome, limit)


def outcomes(shop: Guard, context: dict[str, Any], *amounts: str) -> list[str]:
    """What becomes of refunds of these amounts."""
    return [shop.preview({"kind": "refund", "amount": amount}, context).outcome for amount in amounts]


@pytest.mark.parametrize(
    ("condition", "unknown", "found"),
    [
        ("action.amount > order.total", None, ["allow", "allow", "deny"]),
        ("action.amount > order.total", ("order", "total"), ["needs_info", "needs_info", "needs_info"]),
        ("action.amount > order.total or action.amount > 60", None, ["allow", "deny", "deny"]),
        ("action.amount > order.total or action.amount > 60", ("order", "total"), ["needs_info", "deny", "deny"]),
        ("action.amount > order.total or customer.vip", None, ["deny", "deny", "deny"]),
        ("action.amount > order.total or not customer.vip", None, ["allow", "allow", "deny"]),
        ("action.amount > order.total or customer.vip", ("customer", "vip"), ["needs_info", "needs_info", "deny"]),
        ("action.amount > order.total and action.amount > 60", None, ["allow", "allow", "deny"]),
        ("action.amount > 60 and customer.vip", None, ["allow", "deny", "deny"]),
        ("action.amount > 60 and customer.vip", ("customer", "vip"), ["allow", "needs_info", "needs_info"]),
    ],
)
def test_a_rule_becomes_the_amount_above_which_it_speaks(
    tmp_path: Path, condition: str, unknown: tuple[str, str] | None, found: list[str]
) -> None:
    """Amounts of 50, 61 and 81 against an order of 80: what may hold is asked, what holds in any case is said."""
    shop = guard(tmp_path, f"rules: [{{id: r, deny: refund, when: {condition}, because: trust}}]\n")
    assert outcomes(shop, without(*unknown) if unknown else CONTEXT, "50", "61", "81") == found


@pytest.mark.parametrize(
    ("cap", "unknown", "found"),
    [
        ("at_most: 30, when: customer.vip", ("customer", "vip"), ["allow", "allow", "needs_info"]),
        ("at_least: 40, when: customer.vip", ("customer", "vip"), ["needs_info", "needs_info", "allow"]),
        ("at_most: {by: customer.level, bronze: 25, gold: 35}", ("customer", "level"), ["allow", "needs_info", "deny"]),
        ("at_least: {by: customer.level, bronze: 25, gold: 35}", ("customer", "level"), ["deny", "needs_info", "allow"]),
        ("at_most: {by: customer.level, bronze: 25, gold: order.total}", ("customer", "level"), ["needs_info", "needs_info", "needs_info"]),
        ("at_most: {by: customer.level, bronze: 25, gold: order.total}", None, ["allow", "allow", "allow"]),
        ("at_most: order.total - order.before - 30", None, ["allow", "allow", "deny"]),
        ("at_most: order.total - order.before - 30", ("order", "before"), ["needs_info", "needs_info", "needs_info"]),
    ],
)
def test_a_cap_that_is_not_settled_lies_between_its_ends(
    tmp_path: Path, cap: str, unknown: tuple[str, str] | None, found: list[str]
) -> None:
    """Amounts of 20, 30 and 40: allowed below all that the cap may be, refused above it, asked between."""
    shop = guard(tmp_path, f"caps: [{{id: c, for: refund, {cap}, over: deny, because: trust}}]\n")
    assert outcomes(shop, without(*unknown) if unknown else CONTEXT, "20", "30", "40") == found


@pytest.mark.parametrize("most", ["order.before - order.total", "order.before - 30", "order.total - order.before - 2 * order.total"])
def test_an_amount_below_nothing_is_nothing(tmp_path: Path, most: str) -> None:
    """A budget that comes out below 0 holds 0: what has no amount is within it, as while a fact is unknown, and nothing else is."""
    budget = f"{{id: b, for: [refund, thanks], window: ever, at_most: {most}, because: trust}}"
    shop = guard(tmp_path, f"budgets: [{budget}]\n")
    assert shop.preview({"kind": "thanks"}, CONTEXT).allowed
    assert shop.preview({"kind": "thanks"}, without("order", "before")).allowed
    assert outcomes(shop, CONTEXT, "0.01") == ["deny"]


def test_a_budget_by_actor_and_customer_is_the_actors_own(tmp_path: Path) -> None:
    """A budget kept per `actor.…`, whatever else it is kept by, is charged to the approver, who has drawn nothing yet."""
    shop = guard(
        tmp_path, "budgets: [{id: b, for: refund, per: [actor.id, customer.id], window: ever, at_most: {times: 1}, because: trust}]\n"
    )
    assert shop.decide(REFUND, CONTEXT).allowed
    assert (shop.preview(REFUND, CONTEXT).outcome, shop.preview(REFUND, CONTEXT).who) == ("escalate", "lead")
