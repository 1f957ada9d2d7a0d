"""How thresholds become a verdict, where few packs ever come: promises of `docs/packs.md` and `docs/api.md`, each on a pack of a few lines."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from empower import Decision, Guard, load_pack

PACK = """\
pack: corners
version: 1
currency: EUR
timezone: Europe/Berlin
mission: Put it right.
values: {trust: We trust.}
roles: {ladder: [clerk, lead, manager]}
facts:
  customer.id: text
  order.before: money 0..1000
  customer.vip: yes/no
  customer.gifts: integer 0..9
actions:
  refund: {amount: money 0.02..500}
  thanks: {}
obligations: {sign: Sign it.}
"""
REFUND = {"kind": "refund", "amount": "40.00"}


def guard(folder: Path, guardrails: str, today: str = "2026-11-16") -> Guard:
    """A guard for the small pack with these guardrails, at noon of a day."""
    (folder / "pack.yaml").write_text(PACK + guardrails, encoding="utf-8")
    noon = int(datetime.fromisoformat(f"{today}T11:00").replace(tzinfo=UTC).timestamp() * 1000)
    return Guard(load_pack(folder), clock=lambda: noon)


def told(role: str = "clerk", **facts: Any) -> dict[str, Any]:
    """Somebody of a role, and what is known of the customer and the order."""
    context: dict[str, Any] = {
        "actor": {"id": f"a {role}", "role": role},
        "customer": {"id": "c1", "vip": False, "gifts": 0},
        "order": {"before": "0"},
    }
    for name, value in facts.items():
        group, _, fact = name.partition("_")
        context[group] = {**context[group], fact: value}
    return context


def refund(amount: str) -> dict[str, Any]:
    """A refund."""
    return {"kind": "refund", "amount": amount}


# ------------------------------------------------------------------------------------------------ amounts

SPENT = "budgets: [{id: purse, for: [refund, thanks], per: customer.id, window: ever, at_most: 40, because: trust}]\n"


def test_money_that_is_used_up_binds_no_action_without_an_amount(tmp_path: Path) -> None:
    """A budget is the most that may be given by amount: what has no amount draws nothing on it."""
    shop = guard(tmp_path, SPENT)
    assert shop.decide(REFUND, told()).allowed
    assert shop.preview(refund("0.02"), told()).outcome == "deny"
    assert shop.preview({"kind": "thanks"}, told()).allowed


SIGNED = "rules: [{id: paper, oblige: refund, when: action.amount > 50, then: [sign], because: trust}]\n"


def duties(decision: Decision) -> list[tuple[str, bool]]:
    """The duties that come with a decision, and whether they are certain."""
    return [(each.name, each.certain) for each in decision.obligations]


def test_a_duty_looks_at_the_sum_of_a_wish(tmp_path: Path) -> None:
    """Several parts of one kind meet each guardrail with their sum."""
    parts = guard(tmp_path, SIGNED).decide_all([REFUND, REFUND], told()).parts
    assert [duties(part) for part in parts] == [[], [("sign", True)]]


def test_an_amount_that_was_not_given_is_not_the_largest(tmp_path: Path) -> None:
    """A missing amount is unknown: a duty of large amounts is not owed for it."""
    decision = guard(tmp_path, SIGNED).preview({"kind": "refund"}, told())
    assert (decision.outcome, duties(decision)) == ("needs_info", [])


FLOOR = """\
caps:
  - {id: all-of-it, for: refund, at_most: 40, over: deny, because: trust}
  - {id: no-insult, for: refund, at_least: %s, over: deny, because: trust}
"""


@pytest.mark.parametrize(("least", "limit"), [("39.97", "40.00"), ("39.98", "40.00"), ("39.99", None)])
def test_the_first_of_several_parts_meets_a_floor_by_itself(tmp_path: Path, least: str, limit: str | None) -> None:
    """`limit` is the largest sum that the parts could have: each has at least the least of its kind, and the first one is no insult."""
    decision = guard(tmp_path, FLOOR % least).decide_all([refund("30"), refund("30")], told())
    assert decision.outcome == "deny"
    assert (None if decision.limit is None else str(decision.limit)) == limit


@pytest.mark.parametrize(("amount", "outcome"), [("29.99", "deny"), ("30.00", "allow"), ("40.00", "allow"), ("40.01", "deny")])
def test_a_bound_itself_is_within_it(tmp_path: Path, amount: str, outcome: str) -> None:
    """`at_most` and `at_least` are the most and the least that one action may give."""
    assert guard(tmp_path, FLOOR % "30").preview(refund(amount), told()).outcome == outcome


@pytest.mark.parametrize(("amount", "outcome"), [("0.01", "deny"), ("0.02", "allow"), ("500.00", "allow"), ("500.01", "deny")])
def test_the_least_and_the_largest_amount_of_a_kind_are_of_that_kind(tmp_path: Path, amount: str, outcome: str) -> None:
    """An amount outside the bounds of its kind is denied, on either side."""
    assert guard(tmp_path, "rules: []\n").preview(refund(amount), told()).outcome == outcome


# ------------------------------------------------------------------------------------------------ what is unknown

BEFORE = "budgets: [{id: purse, for: refund, per: customer.id, window: ever, at_most: %s, already: %s, because: trust}]\n"


@pytest.mark.parametrize(("most", "already"), [("40", "order.before"), ("{times: 1}", "{times: customer.gifts}")])
def test_what_was_given_before_makes_no_room_while_it_is_unknown(tmp_path: Path, most: str, already: str) -> None:
    """What may have been given before is not there to give: the answer is known only with it."""
    shop = guard(tmp_path, BEFORE % (most, already))
    assert shop.preview(REFUND, told(order_before=None, customer_gifts=None)).outcome == "needs_info"
    assert shop.preview(REFUND, told()).allowed


UNSURE = "rules: [{id: card, oblige: refund, when: customer.vip, then: [sign], because: trust}]\n"


def test_a_duty_that_is_not_settled_comes_all_the_same(tmp_path: Path) -> None:
    """A duty whose condition is not settled comes all the same, marked `certain: false`; its guardrail has not spoken."""
    shop = guard(tmp_path, UNSURE)
    assert duties(shop.preview(REFUND, told(customer_vip=True))) == [("sign", True)]
    assert duties(shop.preview(REFUND, told())) == []
    unsure = shop.preview(REFUND, told(customer_vip=None))
    assert (unsure.outcome, unsure.guardrails, duties(unsure)) == ("allow", (), [("sign", False)])


def test_a_question_names_all_that_may_speak(tmp_path: Path) -> None:
    """Of `needs_info`, `guardrails` are those that may speak, in the pack's order; duties that are not settled are among them."""
    shop = guard(tmp_path, UNSURE + BEFORE % ("40", "order.before"))
    unsure = told(order_before=None, customer_vip=None)
    for decision in (shop.preview(REFUND, unsure), shop.decide(REFUND, unsure)):
        assert (decision.outcome, decision.guardrails) == ("needs_info", ("card", "purse"))
    assert shop.preview(REFUND, told(order_before=None)).guardrails == ("purse",)


def test_no_bound_is_told_of_which_nothing_is_known(tmp_path: Path) -> None:
    """A reason tells a bound where there is one: not of a part either, whose bounds are smaller by the parts before."""
    shop = guard(tmp_path, "caps: [{id: no-insult, for: refund, at_least: order.before, over: deny, because: trust}]\n")
    parts = shop.decide_all([REFUND, REFUND], told(order_before=None)).parts
    assert [(part.outcome, part.reasons[0].bound, part.reasons[0].gap) for part in parts] == [("needs_info", "", "")] * 2


SHARED = """\
budgets:
  - {id: purse, for: refund, per: customer.id, window: ever, at_most: 50, when_unknown: %s, because: trust}
"""


@pytest.mark.parametrize(("role", "outcome"), [("clerk", "escalate"), ("lead", "allow"), ("manager", "allow")])
def test_beyond_what_is_shared_the_role_that_is_asked_decides(tmp_path: Path, role: str, outcome: str) -> None:
    """`{escalate: ROLE, shared_at_most: …}`: that role, and whoever stands above it, gives more to somebody who is not known."""
    shop = guard(tmp_path, SHARED % "{escalate: lead, shared_at_most: 20}")
    assert shop.preview(refund("20"), told(role, customer_id=None)).allowed
    assert shop.preview(refund("20.01"), told(role, customer_id=None)).outcome == outcome


def test_beyond_what_is_shared_nothing_is_given_where_nobody_is_asked(tmp_path: Path) -> None:
    """`shared`: what exceeds it is exceeded as the budget is."""
    shop = guard(tmp_path, SHARED.replace("when_unknown: %s", "when_unknown: shared, shared_at_most: 20"))
    assert shop.preview(refund("20"), told(customer_id=None)).allowed
    assert shop.preview(refund("20.01"), told(customer_id=None)).outcome == "deny"


# ------------------------------------------------------------------------------------------------ who could say yes

ROLES = """\
caps:
  - id: by-role
    for: refund
    because: trust
    first: [{actor.role: clerk, at_most: 10}, {actor.role: lead, at_most: 30}, {otherwise: 20}]
rules: [{id: careful, escalate: refund, to: manager, when: customer.vip, because: trust}]
"""


@pytest.mark.parametrize(
    ("amount", "vip", "outcome", "who"),
    [
        ("25.00", False, "escalate", "lead"),
        ("25.00", True, "deny", None),
        ("25.00", None, "needs_info", None),
        ("31.00", None, "deny", None),
        ("15.00", None, "escalate", "manager"),
    ],
)
def test_nobody_is_certain_only_where_no_completion_has_somebody(
    tmp_path: Path, amount: str, *, vip: bool | None, outcome: str, who: str | None
) -> None:
    """If nobody could say yes, the outcome is `deny`; while that depends on what is unknown, it is `needs_info`."""
    decision = guard(tmp_path, ROLES).preview(refund(amount), told(customer_vip=vip))
    assert (decision.outcome, decision.who) == (outcome, who)


def test_no_role_below_the_one_that_a_rule_names_is_asked(tmp_path: Path) -> None:
    """An escalation names the lowest role at or above every role that the rules name, though a lower one would be allowed the same."""
    rule = "{id: careful, escalate: refund, to: manager, when: actor.role == 'clerk' and action.amount > 10, because: trust}"
    decision = guard(tmp_path, f"rules: [{rule}]\n").preview(REFUND, told())
    assert (decision.outcome, decision.who) == ("escalate", "manager")
    assert guard(tmp_path, f"rules: [{rule}]\n").preview(REFUND, told("lead")).allowed


@pytest.mark.parametrize("most", ["{by: actor.role, clerk: 10, lead: 40, manager: 50}", "{times: 1}"])
def test_an_approver_has_drawn_nothing_yet(tmp_path: Path, most: str) -> None:
    """An escalation names the lowest role whose approval could be allowed, even if it takes the whole of the approver's budget."""
    shop = guard(
        tmp_path, f"budgets: [{{id: month, for: refund, per: actor.id, window: calendar month, at_most: {most}, because: trust}}]\n"
    )
    shop.decide(refund("10"), told())
    decision = shop.preview(REFUND, told())
    assert (decision.outcome, decision.who) == ("escalate", "lead")


def test_the_limit_is_what_the_ledger_has_left(tmp_path: Path) -> None:
    """`limit` is the largest amount that would be allowed right now: of what this one may give in a month, less what they gave."""
    shop = guard(
        tmp_path, "budgets: [{id: month, for: refund, per: actor.id, window: calendar month, at_most: 100, over: deny, because: trust}]\n"
    )
    assert [str(shop.decide(REFUND, told()).limit) for _ in range(3)] == ["100.00", "60.00", "20.00"]


# ------------------------------------------------------------------------------------------------ campaigns


@pytest.mark.parametrize(("today", "allowed"), [("2026-10-31", False), ("2026-11-01", True), ("2026-12-24", True), ("2026-12-25", False)])
def test_a_campaign_has_its_first_and_its_last_day(tmp_path: Path, today: str, *, allowed: bool) -> None:
    """`from` and `until` are included; outside its campaign a budget gives nothing."""
    campaign = "campaign: {from: 2026-11-01, until: 2026-12-24}"
    guardrails = f"budgets: [{{id: treats, for: thanks, window: ever, at_most: {{times: 9}}, {campaign}, because: trust}}]\n"
    assert guard(tmp_path, guardrails, today).preview({"kind": "thanks"}, told()).allowed is allowed
