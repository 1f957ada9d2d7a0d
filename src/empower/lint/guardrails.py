"""Findings about what the guardrails do: what can never speak, what leaves nothing to offer, what is over, what nothing limits, what costs too much."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from empower import ir
from empower.checked import CheckedBudget, CheckedCap, CheckedPack, CheckedRule
from empower.coverage.goals import bands_of, tightening
from empower.coverage.possible import can_hold
from empower.formulas import all_of, atoms, negated, negation_normal, reads_the_amount
from empower.lint.findings import Finding, Findings, own
from empower.money import format_money


def lint_guardrails(pack: CheckedPack, today: int) -> Findings:
    """Every finding about what the guardrails do, as on a day."""
    yield from _over(pack, today)
    yield from _unlimited(pack)
    yield from _dear_approvals(pack)
    yield from _never(pack)
    yield from _nothing_to_offer(pack)


# ------------------------------------------------------------------------------------------------ dates


def _over(pack: CheckedPack, today: int) -> Findings:
    """What was dated by this pack, and will never speak again, or of a campaign never give again."""
    for section in ("rules", "caps", "budgets"):
        for index, each in enumerate(getattr(pack.pack.document, section)):
            campaign = getattr(each, "campaign", None)
            text = campaign.until if campaign is not None else each.until
            last = datetime.date.fromisoformat(text).toordinal() if text is not None else today
            if last < today:
                what = f"the campaign '{each.id}' ended" if campaign is not None else f"'{each.id}' spoke for the last time"
                place = (section, index, "campaign", "until") if campaign is not None else (section, index, "until")
                yield Finding(pack.pack.find(place), "over", each.id, f"{what} on {text}", "take it out, or give it another date")


# ------------------------------------------------------------------------------------------------ limits


def _unlimited(pack: CheckedPack) -> Findings:
    """Actions with an amount for which no cap and no budget is in force, a parent's included."""
    limited = {kind for each in tightening(pack) if _limits(each) for kind in each.kinds}
    for name in pack.pack.document.actions:
        amount = pack.kinds[name].amount
        if amount is not None and name not in limited:
            most = format_money(amount[1], pack.currency, pack.languages[0])
            message = f"no cap and no budget limits '{name}': anybody may give {most} as often as they like"
            help_ = "add a cap or a budget, or accept it where that is the point"
            yield Finding(pack.pack.find(("actions", name, "<key>")), "unlimited", name, message, help_)


def _limits(guardrail: CheckedRule | CheckedCap | CheckedBudget) -> bool:
    if guardrail.shadow or isinstance(guardrail, CheckedRule):
        return False
    return isinstance(guardrail, CheckedBudget) or guardrail.effect == "cap"


def _dear_approvals(pack: CheckedPack) -> Findings:
    """Limits beyond which somebody is asked, although that costs more than what is asked for."""
    cost = pack.approval_cost
    if cost is None:
        return
    mine = set(own(pack))
    for each in tightening(pack):
        if each.id not in mine or each.shadow or each.outcome != "escalate":
            continue
        for limit in sorted({limit for limit in _limits_of(each) if 0 < limit < cost}):
            least, dear = (format_money(value, pack.currency, pack.languages[0]) for value in (limit, cost))
            message = f"beyond {least} '{each.id}' has somebody asked, and to ask costs {dear}"
            help_ = f"raise it to at least {dear}, or deny what is beyond it"
            yield Finding(pack.about[each.id].span(), "dear-approval", each.id, message, help_)


def _limits_of(guardrail: CheckedRule | CheckedCap | CheckedBudget) -> Iterator[int]:
    """The constant amounts, in minor units, beyond which a guardrail speaks; of a budget none, for it is a sum of many."""
    if isinstance(guardrail, CheckedRule):
        numbers = [atom.threshold for atom, _ in atoms(guardrail.fires) if isinstance(atom, ir.AmountAbove)]
    elif isinstance(guardrail, CheckedCap):
        numbers = [amount for row in guardrail.rows for amount in row.amounts] if guardrail.effect == "cap" else []
    else:
        return
    for number in numbers:
        constants = [value for _, value in number.cases] if isinstance(number, ir.Chosen) else [number]
        yield from (each.value for each in constants if isinstance(each, ir.Number))


# ------------------------------------------------------------------------------------------------ what can never be, and what can


def _never(pack: CheckedPack) -> Findings:
    """Conditions that nothing makes true, and rows that never decide."""
    mine = set(own(pack))
    conditions = [(rule.id, rule.fires) for rule in pack.rules] + [(duty.id, duty.holds) for duty in pack.duties]
    conditions += [(cap.id, cap.applies) for cap in pack.caps] + [(offer.id, offer.when) for offer in pack.menu]
    for name, condition in conditions:
        if name in mine and not can_hold(condition, pack):
            message = f"nothing can make the condition of '{name}' true"
            yield Finding(pack.about[name].span(), "never-speaks", name, message, "look for two parts of it that exclude one another")
    for cap in pack.caps:
        bands = list(bands_of(pack, cap)) if cap.id in mine and can_hold(cap.applies, pack) else []
        for band in bands if len(bands) > 1 else ():
            if not band.in_case and not can_hold(band.condition, pack):
                message = f"{band.label} of '{cap.id}' never decides"
                help_ = "the rows above it, or the other amounts in it, always come first: move it up, or drop it"
                yield Finding(band.span, "never-decides", cap.id, message, help_)


def _nothing_to_offer(pack: CheckedPack) -> Findings:
    """Denials that can leave nothing on the menu: whatever is offered is denied as well, or has a condition that may fail."""
    mine = set(own(pack))
    for rule in pack.rules:
        if rule.id not in mine or rule.shadow or rule.outcome != "deny" or reads_the_amount(rule.fires):
            continue
        left = [offer for offer in pack.menu if offer.kind not in rule.kinds]
        if can_hold(negation_normal(all_of((rule.fires, *(negated(offer.when) for offer in left)))), pack):
            offers = " and ".join(f"'{offer.id}'" for offer in left)
            message = f"where '{rule.id}' denies, " + (
                f"{offers} may be all that is left, and not hold" if left else "nothing on the menu is left"
            )
            help_ = "put something on the menu that it does not deny: a word of regret, a card, a call back"
            yield Finding(pack.about[rule.id].span(), "nothing-to-offer", rule.id, message, help_)
