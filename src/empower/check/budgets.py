"""Budgets: keys, windows, limits, what was given before, unknown keys, campaigns; and the menu."""

from __future__ import annotations

import re
from typing import Any, Literal

from empower import ir
from empower.check.caps import amounts
from empower.check.declarations import local_day
from empower.check.desk import Desk
from empower.check.rules import condition, shadow
from empower.checked import CheckedBudget, CheckedOffer
from empower.expressions import read_quantity
from empower.formulas import negation_normal
from empower.money import exponent_of
from empower.pack import BudgetDocument, OfferDocument, Place
from empower.problems import did_you_mean
from empower.quantities import Misfit, literal, with_unit

HOUR_MS = 3_600_000
_CALENDAR = ("day", "week", "month", "quarter", "year")
_ROLLING = re.compile(r"([1-9][0-9]{0,3}) (hour|day|week)s?")
_WINDOWS = [*(f"calendar {name}" for name in _CALENDAR), "30 days", "24 hours", "ever"]
_LENGTHS = {"hour": HOUR_MS, "day": 24 * HOUR_MS, "week": 7 * 24 * HOUR_MS}


def budgets(desk: Desk) -> list[CheckedBudget]:
    """Every budget of the pack."""
    found = []
    for index, document in enumerate(desk.pack.document.budgets):
        place: Place = ("budgets", index)
        desk.describe(document, "budget", place, shadow=shadow(desk, document, place))
        if document.from_ or document.until:
            desk.problem(place, "unknown-key", "a budget is dated by its campaign", "write `campaign: {from: …, until: …}`")
        found.append(_budget(desk, document, place))
    return found


def _budget(desk: Desk, document: BudgetDocument, place: Place) -> CheckedBudget:
    kinds = desk.kinds_of(document.for_, (*place, "for"))
    keys = _keys(desk, document, place)
    personal = any(key.startswith("actor.") for key in keys)
    given_amounts, times = _at_most(desk, document, place)
    if given_amounts and kinds and all(desk.kinds[kind].amount is None for kind in kinds):
        help_ = "limit how often, with `at_most: {times: 3}`"
        desk.problem((*place, "at_most"), "no-amount", f"'{kinds[0]}' has no amount, so this budget never binds", help_)
    already, already_times = _already(desk, document, place)
    role, shared = _unknown(desk, document, place, keys)
    outcome = _over(desk, document, place, personal=personal)
    encourage = document.encourage
    return CheckedBudget(
        document.id, desk.pack.name, desk.zone, kinds, keys, _window(desk, document, place), given_amounts, times, already, already_times,
        outcome, _campaign(desk, document, place), shared, role, shadow(desk, document, place),
        _count(desk, encourage.aim, (*place, "encourage", "aim")) if encourage else None,
        desk.template(encourage.nudge, (*place, "encourage", "nudge"), customer=False) if encourage else {},
    )  # fmt: skip


def _keys(desk: Desk, document: BudgetDocument, place: Place) -> tuple[str, ...]:
    for index, key in enumerate(document.per):
        kind = desk.facts.get(key)
        where: Place = (*place, "per", index) if len(document.per) > 1 else (*place, "per")
        if kind is None:
            desk.problem(where, "unknown-name", f"'{key[:60]}' is not declared", did_you_mean(key, desk.facts))
        elif not isinstance(kind, (ir.TextType, ir.OneOfType)) or key == "action.kind":
            desk.problem(where, "wrong-type", f"'{key}' cannot be a key of a budget", "a key is a text or one of several words, such as `customer.id`")
    return tuple(sorted(dict.fromkeys(document.per)))


def _over(desk: Desk, document: BudgetDocument, place: Place, *, personal: bool) -> Literal["deny", "escalate"]:
    if document.over is None:
        return "escalate" if personal else "deny"
    outcome = desk.choice(document.over, ("escalate", "deny"), (*place, "over"), "what exceeding gives")
    if outcome == "escalate" and not personal and not _by_role(document.at_most):
        help_ = "write `over: deny`, or give some role a higher limit with `at_most: {by: actor.role, …}`"
        message = "everybody shares this budget, so nobody could say yes beyond it"
        desk.problem((*place, "over"), "dead-escalation", message, help_)
    return outcome  # type: ignore[return-value]


def _by_role(given: Any) -> bool:
    limit = given.get("amount", given) if isinstance(given, dict) else given
    return isinstance(limit, dict) and limit.get("by") == "actor.role" and len({v for k, v in limit.items() if k != "by"}) > 1


def _window(desk: Desk, document: BudgetDocument, place: Place) -> tuple[str, int]:
    if (document.window is None) == (document.wait is None):
        message = f"budget '{document.id[:60]}' needs one of 'window' and 'wait'"
        desk.problem(place, "missing-key", message, "such as `window: calendar month`, or `wait: 30 days` for once in that time")
        return ("ever", 0)
    key = "window" if document.window is not None else "wait"
    text = document.window if document.window is not None else str(document.wait)
    if key == "window" and text == "ever":
        return ("ever", 0)
    if key == "window" and text.removeprefix("calendar ") in _CALENDAR and text.startswith("calendar "):
        return (text.removeprefix("calendar "), 0)
    if rolling := _ROLLING.fullmatch(text):
        return ("rolling", int(rolling.group(1)) * _LENGTHS[rolling.group(2)])
    help_ = f"write one of: {', '.join(_WINDOWS)}" if key == "window" else "write a length such as `30 days`"
    desk.problem((*place, key), "bad-window", f"'{text[:40]}' is not a window", help_)
    return ("ever", 0)


def _at_most(desk: Desk, document: BudgetDocument, place: Place) -> tuple[tuple[ir.Num, ...], int | None]:
    given = document.at_most
    where: Place = (*place, "at_most")
    if document.wait is not None:
        if given is not None:
            desk.problem(where, "unknown-key", "`wait` already says once in that time", "leave `at_most` out, or use `window`")
        return (), 1
    if given is None:
        desk.problem(place, "missing-key", f"budget '{document.id[:60]}' needs 'at_most'", "such as `at_most: 200` or `at_most: {times: 3}`")
        return (ir.Number(0),), None
    if isinstance(given, dict) and "by" not in given:
        for key in set(given) - {"amount", "times"}:
            desk.problem((*where, key, "<key>"), "unknown-key", f"'{key}' is not a key of `at_most`", "it has `amount` and `times`")
        amount = amounts(desk, given["amount"], (*where, "amount")) if "amount" in given else ()
        return amount, _count(desk, given["times"], (*where, "times")) if "times" in given else None
    return amounts(desk, given, where), None


def _count(desk: Desk, text: Any, place: Place) -> int:
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 6:
        return int(text)
    desk.problem(place, "bad-number", f"'{str(text)[:40]}' is not a whole number of times", "write digits, such as 3")
    return 0


def _already(desk: Desk, document: BudgetDocument, place: Place) -> tuple[ir.Num | None, ir.Num | None]:
    given = document.already
    where: Place = (*place, "already")
    if given is None:
        return None, None
    parts = given if isinstance(given, dict) else {"amount": given}
    for key in set(parts) - {"amount", "times"}:
        desk.problem((*where, key, "<key>"), "unknown-key", f"'{key}' is not a key of `already`", "it has `amount` and `times`")
    base = where if isinstance(given, dict) else where[:-1]
    amount = _number(desk, parts.get("amount"), (*base, "amount") if isinstance(given, dict) else where, "money")
    return amount, _number(desk, parts.get("times"), (*where, "times"), "number")


def _number(desk: Desk, given: Any, place: Place, unit: str) -> ir.Num | None:
    if given is None:
        return None
    value = read_quantity(given, desk.scope("refused"), place) if isinstance(given, str) else None
    if value is None:
        return ir.Number(0)
    try:
        fitted = with_unit(value, unit, desk.currency)
    except Misfit as misfit:
        desk.problem(place, misfit.code, misfit.message, misfit.help)
        return ir.Number(0)
    if fitted.unit not in (unit, None):
        desk.problem(place, "wrong-type", f"this must be {'money' if unit == 'money' else 'a number of times'}", "name a fact of that type")
    # What was given before counts against the limit, so it is rounded up: −floor(−x).
    if fitted.denominator == 1:
        return fitted.node
    return ir.Scaled(ir.Floored(ir.Scaled(fitted.node, -1), fitted.denominator), -1)


def _unknown(desk: Desk, document: BudgetDocument, place: Place, keys: tuple[str, ...]) -> tuple[str | None, int | None]:
    given = document.when_unknown
    where: Place = (*place, "when_unknown")
    if given is None:
        if document.shared_at_most is not None:
            desk.problem((*place, "shared_at_most", "<key>"), "unknown-key", "`shared_at_most` goes with `when_unknown`", "add `when_unknown: shared`")
        return None, None
    if not keys:
        desk.problem(where, "unknown-key", "a budget kept for all has no key that could be unknown", "leave `when_unknown` out")
    role = None
    shared: Any = document.shared_at_most
    if isinstance(given, dict) and set(given) <= {"escalate", "shared_at_most"} and isinstance(given.get("escalate"), str):
        role = desk.role(given["escalate"], (*where, "escalate"))
        shared = given.get("shared_at_most", shared)
    elif given != "shared":
        desk.problem(where, "wrong-shape", "this must be `shared` or `{escalate: ROLE, shared_at_most: …}`", "or leave it out: then the key is asked for")
    if not isinstance(shared, str):
        desk.problem(where, "missing-key", "`when_unknown` needs 'shared_at_most'", "say what all unknowns together may be given")
        return role, 0
    return role, _minor(desk, shared, (*place, "shared_at_most"))


def _minor(desk: Desk, text: str, place: Place) -> int:
    try:
        minor = literal(text) * 10 ** exponent_of(desk.currency)
    except Misfit as misfit:
        desk.problem(place, misfit.code, misfit.message, misfit.help)
        return 0
    if minor.denominator != 1:
        desk.problem(place, "bad-amount", f"'{text}' has more decimals than {desk.currency} has", "round it")
    return int(minor)


def _campaign(desk: Desk, document: BudgetDocument, place: Place) -> tuple[int | None, int | None] | None:
    campaign = document.campaign
    if campaign is None:
        return None
    where: Place = (*place, "campaign")
    first = local_day(campaign.from_, desk, (*where, "from")) if campaign.from_ is not None else None
    last = local_day(campaign.until, desk, (*where, "until")) if campaign.until is not None else None
    if first is not None and last is not None and first > last:
        desk.problem((*where, "until"), "bad-date", "`until` lies before `from`", "exchange them")
    return (first, last)


# ------------------------------------------------------------------------------------------------ menu


def menu(desk: Desk) -> list[CheckedOffer]:
    """The gestures to choose from, best rank first."""
    found = []
    for index, document in enumerate(desk.pack.document.menu):
        place: Place = ("menu", index)
        desk.describe(document, "offer", place)
        offer = _offer(desk, document, place)
        if offer is not None:
            found.append(offer)
    return sorted(found, key=lambda offer: offer.rank)


def _offer(desk: Desk, document: OfferDocument, place: Place) -> CheckedOffer | None:
    kind = desk.kinds.get(document.offer.get("kind", ""))
    where: Place = (*place, "offer")
    if kind is None:
        given = document.offer.get("kind", "")
        desk.problem(where, "unknown-kind", f"'{given[:60]}' is not an action", did_you_mean(given, desk.kinds))
        return None
    amount = _minor(desk, document.offer["amount"], (*where, "amount")) if "amount" in document.offer else None
    if amount is not None and (kind.amount is None or not kind.amount[0] <= amount <= kind.amount[1]):
        message = f"'{document.offer['amount']}' is not an amount that '{kind.name}' can have"
        desk.problem((*where, "amount"), "bad-amount", message, "stay within the bounds of the action")
    parameters = tuple(sorted((name, text) for name, text in document.offer.items() if name not in ("kind", "amount")))
    for name, _ in parameters:
        if name not in kind.parameters:
            desk.problem((*where, name, "<key>"), "unknown-parameter", f"'{name}' is not a parameter of '{kind.name}'", did_you_mean(name, kind.parameters))
    if not re.fullmatch(r"[0-9]{1,6}", document.rank):
        desk.problem((*place, "rank"), "bad-number", f"'{document.rank[:40]}' is not a rank", "write a whole number; the lowest is offered first")
    when = condition(desk, document.when, (*place, "when"), desk.scope("refused")) if document.when is not None else ir.Constant(value=True)
    about = desk.about.get(document.id)
    rank = int(document.rank) if document.rank.isascii() and document.rank.isdigit() else 0
    return CheckedOffer(document.id, kind.name, amount, parameters, rank, negation_normal(when), about.title if about else {})
