"""Budgets: keys, windows, limits, what was given before, unknown keys, campaigns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from empower import ir
from empower.check.caps import amounts, over
from empower.check.definitions import local_day
from empower.check.desk import Desk, keys_of
from empower.check.rules import shadow
from empower.checked import CheckedBudget
from empower.formulas import ALWAYS_KNOWN
from empower.language.expressions import read_quantity
from empower.language.quantities import Misfit, literal, raised, refuse_grouped, with_unit
from empower.money import exponent_of
from empower.pack import BudgetDocument, Place

HOUR_MS = 3_600_000
_CALENDAR = ("day", "week", "month", "quarter", "year")
_ROLLING = re.compile(r"([1-9][0-9]{0,3}) (hour|day|week)s?")
_WINDOWS = [*(f"calendar {name}" for name in _CALENDAR), "30 days", "24 hours", "ever"]
_NUDGE_WORDS = ("left", "until", "aim")
_LENGTHS = {"hour": HOUR_MS, "day": 24 * HOUR_MS, "week": 7 * 24 * HOUR_MS}


def budgets(desk: Desk) -> list[CheckedBudget]:
    """Every budget of the pack."""
    found = []
    for index, document in enumerate(desk.pack.document.budgets):
        place: Place = ("budgets", index)
        in_shadow = shadow(desk, document, place)
        desk.describe(document, "budget", place, shadow=in_shadow)
        with desk.doubting(document.id):
            found.append(_budget(desk, document, place, shadow=in_shadow))
    return found


def _budget(desk: Desk, document: BudgetDocument, place: Place, *, shadow: bool) -> CheckedBudget:
    _refuse_dates(desk, document, place)
    kinds = desk.kinds_of(document.for_, (*place, "for"))
    keys = _keys(desk, document, place)
    personal = any(key.startswith("actor.") for key in keys)
    given_amounts, times = _at_most(desk, document, place)
    if given_amounts and kinds and all(desk.kinds[kind].amount is None for kind in kinds):
        help_ = "limit how often, with `at_most: {times: 3}`"
        desk.problem((*place, "at_most"), "no-amount", f"'{kinds[0]}' has no amount, so this budget never binds", help_)
    already, already_times = _already(desk, document, place, limited={"amount": bool(given_amounts), "times": times is not None})
    role, shared = _unknown(desk, document, place, keys)
    outcome = over(desk, document.over, (*place, "over")) if document.over is not None else "escalate" if personal else "deny"
    encourage = document.encourage
    return CheckedBudget(
        document.id, desk.pack.name, desk.zone, kinds, keys, _window(desk, document, place), given_amounts, times, already, already_times,
        outcome, _campaign(desk, document, place), shared, role, shadow,
        _count(desk, encourage.aim, (*place, "encourage", "aim")) if encourage else None,
        desk.template(encourage.nudge, (*place, "encourage", "nudge"), customer=False, words=_NUDGE_WORDS) if encourage else {},
    )  # fmt: skip


def _refuse_dates(desk: Desk, document: BudgetDocument, place: Place) -> None:
    for key, name in (("from", "from_"), ("until", "until")):
        if name in document.given:
            help_ = "write `campaign: {from: …, until: …}`"
            desk.problem((*place, key, "<key>"), "unknown-key", "a budget is dated by its campaign", help_)


def _keys(desk: Desk, document: BudgetDocument, place: Place) -> tuple[str, ...]:
    for index, key in enumerate(document.per):
        kind = desk.facts.get(key)
        where: Place = (*place, "per", index)
        if kind is None:
            desk.unknown_fact(key, where)
        elif not isinstance(kind, (ir.TextType, ir.OneOfType)) or key == "action.kind":
            help_ = "a key is a text or one of several words, such as `customer.id`"
            desk.problem(where, "wrong-type", f"'{key}' cannot be a key of a budget", help_)
    return tuple(sorted(dict.fromkeys(document.per)))


def _window(desk: Desk, document: BudgetDocument, place: Place) -> tuple[str, int]:
    if document.window is None and document.wait is None and desk.is_broken("budgets", document.id):
        desk.follows()
        return ("ever", 0)
    if (document.window is None) == (document.wait is None):
        message = f"budget '{document.id[:60]}' needs one of 'window' and 'wait'"
        desk.problem(place, "missing-key", message, "such as `window: calendar month`, or `wait: 30 days` for once in that time")
        return ("ever", 0)
    key = "window" if document.window is not None else "wait"
    text = document.window if document.window is not None else str(document.wait)
    if key == "window" and text == "ever":
        return ("ever", 0)
    if key == "window" and text.startswith("calendar ") and text.removeprefix("calendar ") in _CALENDAR:
        return (text.removeprefix("calendar "), 0)
    if rolling := _ROLLING.fullmatch(text):
        return ("rolling", int(rolling.group(1)) * _LENGTHS[rolling.group(2)])
    help_ = _meant(text) if key == "window" else "write a length such as `30 days`"
    desk.problem((*place, key), "bad-window", f"'{text[:40]}' is not a window", help_)
    return ("ever", 0)


def _meant(text: str) -> str:
    """Which window was meant by other words, such as `monthly` or `30d`."""
    words = text.lower().replace("annual", "year").replace("daily", "day").replace("fortnight", "2 week")
    found = re.search(r"([0-9]*) *(hour|h\b|day|d\b|week|w\b|month|quarter|year)", words)
    if found is None or (found[1] and found[2] not in ("hour", "h", "day", "d", "week", "w")):
        return f"write one of: {', '.join(_WINDOWS)}"
    unit = {"h": "hour", "d": "day", "w": "week"}.get(found[2], found[2])
    if found[1]:
        return f"write `{found[1]} {unit}s`, which rolls"
    return "write `24 hours`" if unit == "hour" else f"write `calendar {unit}`, or a length that rolls such as `30 days`"


def _at_most(desk: Desk, document: BudgetDocument, place: Place) -> tuple[tuple[ir.Num, ...], int | None]:
    given = document.at_most
    where: Place = (*place, "at_most")
    if document.wait is not None:
        if given is not None:
            desk.problem(where, "unknown-key", "`wait` already says once in that time", "leave `at_most` out, or use `window`")
        return (), 1
    if given is None:
        desk.problem(
            place, "missing-key", f"budget '{document.id[:60]}' needs 'at_most'", "such as `at_most: 200` or `at_most: {times: 3}`"
        )
        return (ir.Number(0),), None
    if isinstance(given, dict) and "by" not in given:
        keys_of(given, ("amount", "times"), desk, where, "`at_most`")
        if not given.keys() & {"amount", "times"}:
            desk.problem((*where, "<key>"), "missing-key", "`at_most` has neither 'amount' nor 'times'", "such as `at_most: {times: 3}`")
        amount = amounts(desk, given["amount"], (*where, "amount")) if "amount" in given else ()
        return amount, _count(desk, given["times"], (*where, "times")) if "times" in given else None
    return amounts(desk, given, where), None


def _count(desk: Desk, text: Any, place: Place) -> int:
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 6:
        return int(text)
    desk.problem(place, "bad-number", f"'{str(text)[:40]}' is not a whole number of times", "write digits, such as 3")
    return 0


def _already(desk: Desk, document: BudgetDocument, place: Place, *, limited: Mapping[str, bool]) -> tuple[ir.Num | None, ir.Num | None]:
    given = document.already
    where: Place = (*place, "already")
    if given is None:
        return None, None
    parts = given if isinstance(given, dict) else {"amount": given}
    keys_of(parts, ("amount", "times"), desk, where, "`already`")
    for name in limited:
        if name in parts and not limited[name]:
            what = "how much" if name == "amount" else "how often"
            at = (*where, name, "<key>") if parts is given else where
            desk.problem(at, "unknown-key", f"this budget does not limit {what} is given", f"limit its {name} too, or leave this out")
            return None, None
    amount = _number(desk, parts.get("amount"), (*where, "amount"), "money")
    return amount, _number(desk, parts.get("times"), (*where, "times"), "number")


def _number(desk: Desk, given: Any, place: Place, unit: str) -> ir.Num | None:
    if given is None:
        return None
    if not isinstance(given, str):
        desk.problem(place, "wrong-shape", "what was given before is one number", "name the fact that tells it")
        return ir.Number(0)
    value = read_quantity(given, desk.scope("refused"), place)
    if value is None:
        return ir.Number(0)
    try:
        fitted = with_unit(value, unit, desk.currency)
    except Misfit as misfit:
        desk.misfit(place, misfit)
        return ir.Number(0)
    if fitted.unit != unit:
        desk.problem(place, "wrong-type", f"this must be {'money' if unit == 'money' else 'a number of times'}", "name a fact of that type")
    elif fitted.low < 0:
        desk.problem(place, "bad-amount", "this could be below 0, which would add to the budget", f"write `max(0, {given.strip()[:60]})`")
    return raised(fitted)  # up, because what was given before counts against the limit


def _unknown(desk: Desk, document: BudgetDocument, place: Place, keys: tuple[str, ...]) -> tuple[str | None, int | None]:
    """With an unknown key: the role that is asked, if one is, and what all unknowns share."""
    given = document.when_unknown
    where: Place = (*place, "when_unknown")
    if given is None:
        if document.shared_at_most is not None:
            help_ = "add `when_unknown: shared`"
            desk.problem((*place, "shared_at_most", "<key>"), "unknown-key", "`shared_at_most` goes with `when_unknown`", help_)
        return None, None
    if all(key in ALWAYS_KNOWN for key in keys):
        message = "this budget has no key that could be unknown"
        desk.problem((*where, "<key>"), "unknown-key", message, "leave `when_unknown` out")
    role = None
    shared: Any = document.shared_at_most
    at: Place = (*place, "shared_at_most")
    if isinstance(given, dict) and isinstance(given.get("escalate"), str):
        keys_of(given, ("escalate", "shared_at_most"), desk, where, "`when_unknown`")
        role = desk.role(given["escalate"], (*where, "escalate"))
        if "shared_at_most" in given:
            shared, at = given["shared_at_most"], (*where, "shared_at_most")
    elif given != "shared":
        help_ = "or leave it out: then the key is asked for"
        desk.problem(where, "wrong-shape", "this must be `shared` or `{escalate: ROLE, shared_at_most: …}`", help_)
        return None, 0
    if not isinstance(shared, str):
        desk.problem(
            (*where, "<key>"), "missing-key", "`when_unknown` needs 'shared_at_most'", "say what all unknowns together may be given"
        )
        return role, 0
    return role, minor(desk, shared, at)


def minor(desk: Desk, text: str, place: Place) -> int:
    """A constant amount in minor units; 0 after a problem."""
    try:
        refuse_grouped(text, desk.currency)
        found = literal(text) * 10 ** exponent_of(desk.currency)
    except Misfit as misfit:
        desk.misfit(place, misfit)
        return 0
    if found.denominator != 1:
        desk.problem(place, "bad-amount", f"'{text}' has more decimals than {desk.currency} has", "round it")
    return int(found)


def _campaign(desk: Desk, document: BudgetDocument, place: Place) -> tuple[int | None, int | None] | None:
    campaign = document.campaign
    if campaign is None:
        return None
    where: Place = (*place, "campaign")
    if campaign.from_ is None and campaign.until is None:
        desk.problem((*where, "<key>"), "missing-key", "a campaign needs 'from' or 'until'", "add a date such as `until: 2026-12-24`")
    first = local_day(campaign.from_, desk, (*where, "from")) if campaign.from_ is not None else None
    last = local_day(campaign.until, desk, (*where, "until")) if campaign.until is not None else None
    if first is not None and last is not None and first > last:
        desk.problem((*where, "until"), "bad-date", "`until` lies before `from`", "exchange them")
    return (first, last)
