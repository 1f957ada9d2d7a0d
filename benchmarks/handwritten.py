# ruff: noqa: PLR1714, PLR1730 - written for speed: `min` is a call, and two comparisons are quicker than a set
"""The goodwill policy as a good engineer would write it by hand for speed: the yardstick of the benchmarks.

It is `benchmarks.original.reference` (our own ``bench/goodwill_policy.py``) extended to the laws of the design, because the original
predates two of them:

* **The limit is exact** (law 6). It is the largest amount that would be allowed: the smallest of the caps that apply and of the amounts
  above which a denial or an escalation would fire; None where a rule that does not look at the amount fires, and where no amount of at
  least 0.01 is left. The original gave the smallest cap, and 0 for a denial. (The kind's own bound, 5,000.00, is never the smallest: a
  table always applies, and its highest cell is 1,600.00.)
* **A no is never a dead end** (law 3, and *Over* in docs/packs.md). An escalation names the lowest role that could say yes, at or above the role a
  rule asks for, which is `supervisor` for E1 to E8; these do not fire for somebody who is one. The approver meets the caps of their own
  role; their tenure is not known, so no rule on tenure stands in their way. If nobody could say yes, the outcome is a denial.

Amounts are integers in minor units, nothing is validated, and a missing fact is a `KeyError`. The ids come in pack order: D, E, O, C.
"""

from __future__ import annotations

from typing import Any

from benchmarks.original import KIND_TABLE, ROLES

Answer = tuple[str, int | None, str | None, tuple[str, ...]]

_ABOVE = {role: ROLES[place + 1 :] for place, role in enumerate(ROLES)}
_SUPERVISORS_ABOVE = {"associate": ("supervisor", "manager"), "senior": ("supervisor", "manager")}


def decide(action: dict[str, Any], context: dict[str, Any]) -> Answer:
    """Decide: (outcome, limit in minor units or None, the role that could say yes or None, ids of the guardrails that spoke)."""
    kind = action["kind"]
    amount = action["amount"]
    actor = context["actor"]
    role = actor["role"]
    tenure = actor["tenure_days"]
    customer = context["customer"]
    tier = customer["tier"]
    flags = customer["risk_flags"]
    channel = context["channel"]
    cap, table = KIND_TABLE[kind]
    limit = own = table[role][tier]
    fired = []
    hopeless = False  # a rule that does not look at the amount fires, so no amount is allowed
    refund = kind == "refund"
    back = refund or kind == "replacement"
    if back:
        age = context["order"]["age_days"]

    # denials
    if flags:
        if kind != "replacement" and "account_takeover" in flags:
            fired.append("D1")
        if "abusive" in flags and (kind == "discount" or kind == "gift"):
            fired.append("D4")
        if kind == "credit" and "chargeback" in flags and "serial_returner" in flags:
            fired.append("D8")
    if refund:
        if age > 180:
            fired.append("D2")
    elif kind == "waive_fee":
        if tier == "new" and customer["refunds_90d"] >= 2:
            fired.append("D5")
    elif kind == "gift":
        if tier == "new" and customer["spend_12m"] < 1000:
            fired.append("D7")
    elif kind == "replacement" and age > 365:
        fired.append("D6")
    if fired:
        hopeless = True
    if refund:
        total = context["order"]["total"]
        if total < limit:
            limit = total
        if amount > total:
            fired.append("D3")
    denied = len(fired)
    if denied > 1:
        fired.sort()

    # escalations to a supervisor
    junior = role == "associate" or role == "senior"
    if junior:
        if flags:
            if back and "serial_returner" in flags and customer["refunds_90d"] >= 3:
                hopeless = True
                fired.append("E1")
            if "chargeback" in flags and kind != "replacement":
                if limit > 2000:
                    limit = 2000
                if amount > 2000:
                    fired.append("E2")
        if tenure < 14:
            if limit > 1000:
                limit = 1000
            if amount > 1000:
                fired.append("E3")
        if refund and (channel == "phone" or channel == "chat"):
            if limit > 5000:
                limit = 5000
            if amount > 5000:
                fired.append("E4")
        if flags and "abusive" in flags:
            if limit > 500:
                limit = 500
            if amount > 500:
                fired.append("E5")
        if refund and tier != "vip":
            spend = customer["spend_12m"]
            if limit > spend:
                limit = spend
            if amount > spend:
                fired.append("E6")
        if kind == "gift" and role == "associate" and channel == "doorstep":
            if limit > 1500:
                limit = 1500
            if amount > 1500:
                fired.append("E7")
        if kind == "waive_fee" and customer["refunds_90d"] >= 5:
            hopeless = True
            fired.append("E8")
    asked = len(fired)

    # duties
    if back:
        item = context["item"]
        if item["perishable"]:
            fired.append("O1")
        if item["value"] <= item["handling_cost"]:
            fired.append("O2")
    if amount > 3000:
        fired.append("O3")
    if amount > 2500 and channel == "phone":
        fired.append("O4")
    duties = len(fired)

    # caps
    nobody = False  # above a cap that is the same for every role
    if amount > own:
        fired.append(cap)
    if channel == "doorstep":
        if limit > 6000:
            limit = 6000
        if amount > 6000:
            nobody = True
            fired.append("C4")
    if tenure < 90:
        if limit > 4000:
            limit = 4000
        if amount > 4000:
            fired.append("C5")
    if refund and age > 90:
        if limit > 2500:
            limit = 2500
        if amount > 2500:
            nobody = True
            fired.append("C6")

    possible = None if hopeless or limit < 1 else limit
    if denied or nobody:
        return "deny", possible, None, tuple(fired)
    if asked == denied and len(fired) == duties:
        return "allow", possible, None, tuple(fired)
    for above in _SUPERVISORS_ABOVE[role] if asked > denied else _ABOVE[role]:
        if amount <= table[above][tier]:
            return "escalate", possible, above, tuple(fired)
    return "deny", possible, None, tuple(fired)
