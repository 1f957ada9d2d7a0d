"""Drafts as entries of `cases.yaml`: what differs from what is given, a title that reads on from "it", and what the pack answers today."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from empower import ir
from empower.cases import SOMEBODY
from empower.checked import CheckedPack
from empower.coverage.goals import Goal
from empower.decision import Decision
from empower.environment import Value
from empower.money import parse_money, plain_money
from empower.request import written
from empower.suggest.drafts import Draft

MARK = "# suggested"
HEADING = """\
# ---- Suggested by `empower test --suggest`. Each says what the pack answers today; whether that is right, only you know.
# ---- Read it, mend what you expect or the pack, give it a better name, and take the mark away.
"""
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_ /.-]*[A-Za-z0-9]|[A-Za-z0-9]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DAY_MS, _HOUR_MS, _MINUTE_MS = 86_400_000, 3_600_000, 60_000
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def entry(pack: CheckedPack, draft: Draft, base: Draft, title: str, expected: Mapping[str, str]) -> str:
    """One case; `base` is what is given."""
    lines = [f"- it: {text(title)}  {MARK}", f"  action: {_action(pack, draft)}"]
    context = _context(pack, draft, base)
    if context:
        lines.append(f"  context: {_mapping(context)}")
    if draft.spent:
        lines.append(f"  spent: {_mapping({name: _spent(pack, each.amount, each.times) for name, each in draft.spent.items()})}")
    if draft.at != base.at:
        lines.append(f"  now: {_local(draft.at, pack.zone):%Y-%m-%d %H:%M}")
    lines.append(f"  expect: {_mapping(expected)}")
    return "\n".join(lines) + "\n"


def given(pack: CheckedPack, base: Draft) -> str:
    """What is given, as an entry."""
    facts = {fact: _value(pack, fact, value, base.at) for fact, value in base.facts.items() if fact != "actor.id" or value != SOMEBODY}
    return "".join(["- given:\n", *(f"    {fact}: {shown}\n" for fact, shown in facts.items())])


def _action(pack: CheckedPack, draft: Draft) -> str:
    amount = None if draft.amount is None else _money(draft.amount, pack.currency)
    if not draft.parameters:
        return draft.kind if amount is None else f"{draft.kind} {amount}"
    parts = {"kind": draft.kind, **({} if amount is None else {"amount": amount})}
    return _mapping({**parts, **{name: _value(pack, f"action.{name}", value, draft.at) for name, value in draft.parameters.items()}})


def _context(pack: CheckedPack, draft: Draft, base: Draft) -> dict[str, str]:
    found = {}
    for fact in dict.fromkeys((*base.facts, *draft.facts)):
        mine, usual = (_value(pack, fact, each.facts.get(fact), each.at) for each in (draft, base))
        if mine != usual:
            found[fact] = mine
    return found


def _money(minor: int, currency: str) -> str:
    """An amount in major units, as people write it: whole ones without decimals."""
    shown = plain_money(minor, currency)
    whole, _, decimals = shown.partition(".")
    return shown if decimals.strip("0") else whole


def _mapping(parts: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{name}: {value}' for name, value in parts.items())}}}"


def _spent(pack: CheckedPack, amount: int, times: int) -> str:
    shown = _money(amount, pack.currency)
    if amount == 0:
        return _mapping({"times": str(times)})
    return shown if times == 1 else _mapping({"amount": shown, "times": str(times)})


def _value(pack: CheckedPack, fact: str, value: Value | None, at: int) -> str:
    """A fact as an author writes it, which `cases.typed` reads as just this."""
    if value is None:
        return "unknown"
    match pack.facts[fact]:
        case ir.YesNoType():
            return "yes" if value else "no"
        case ir.SetOfType() if isinstance(value, frozenset):
            return f"[{', '.join(sorted(value))}]" if value else "none"
        case ir.NumberType(unit="money"):
            return _money(int(value), pack.currency)  # type: ignore[arg-type]
        case ir.NumberType(unit="duration"):
            seconds = int(value)  # type: ignore[arg-type]
            unit, length = next(
                (unit, length) for unit, length in (("hours", 3_600), ("minutes", 60), ("seconds", 1)) if seconds % length == 0
            )
            return f"{seconds // length} {unit}" if seconds else "0 minutes"
        case ir.DateType() if value != ir.NEVER_DAY:
            return _date(int(value), _local(at, pack.zone).date())  # type: ignore[arg-type]
        case ir.InstantType() if value != ir.NEVER_MS:
            return _instant(int(value), at, pack.zone)  # type: ignore[arg-type]
        case kind:
            return text(str(written(value, kind, pack.currency)))


def _date(day: int, today: datetime.date) -> str:
    ago = today.toordinal() - day
    return f"{ago} days ago" if 0 <= ago < 10_000 else datetime.date.fromordinal(day).isoformat()


def _instant(value: int, at: int, zone: str) -> str:
    """Days counted on the calendar of the zone, or hours and minutes as they passed, or a local time."""
    then, now = _local(value, zone), _local(at, zone)
    days = now.date().toordinal() - then.date().toordinal()
    if 0 <= days < 10_000 and then.replace(tzinfo=None).time() == now.replace(tzinfo=None).time() and (days or value == at):
        return f"{days} days ago"
    passed = at - value
    for unit, length in (("hours", _HOUR_MS), ("minutes", _MINUTE_MS)):
        if passed > 0 and passed % length == 0 and passed // length < 100_000:
            return f"{passed // length} {unit} ago"
    return json.dumps(then.isoformat())


def _local(at: int, zone: str) -> datetime.datetime:
    return (_EPOCH + datetime.timedelta(milliseconds=at)).astimezone(ZoneInfo(zone))


def text(words: str) -> str:
    """A text that YAML reads as just this, inside a mapping in braces too."""
    return words if _PLAIN.fullmatch(words) or _NUMBER.fullmatch(words) else json.dumps(words, ensure_ascii=False)


# ------------------------------------------------------------------------------------------------ what is expected


def expectation(pack: CheckedPack, decision: Decision, goal: Goal) -> dict[str, str]:
    """What the pack answers, as far as the goal is about it."""
    found: dict[str, str] = {"outcome": decision.outcome}
    if decision.who is not None:
        found["who"] = decision.who
    if pack.kinds[decision.kind].amount is not None:
        found["limit"] = "none" if decision.limit is None else _money(parse_money(decision.limit, pack.currency), pack.currency)
    found["guardrails"] = _names(sorted({reason.guardrail for reason in decision.reasons}))
    if goal.family == "unknown" and decision.needs:
        found["needs"] = _names(sorted({need.fact for need in decision.needs[0]}))
    if goal.family == "offer":
        found["offers"] = _names([option.id for option in decision.options if option.id])
    if goal.family == "duty" or (pack.about.get(goal.of) is not None and pack.about[goal.of].effect in ("oblige", "advise")):
        found["duties"] = _names(sorted({duty.name for duty in decision.obligations if duty.binding and duty.certain}))
        found["advice"] = _names(sorted({duty.guardrail for duty in decision.obligations if not duty.binding and duty.certain}))
    return found


def _names(names: list[str]) -> str:
    return "none" if not names else names[0] if len(names) == 1 else f"[{', '.join(names)}]"


# ------------------------------------------------------------------------------------------------ titles


def title(pack: CheckedPack, draft: Draft, decision: Decision, goal: Goal) -> str:
    """What the case shows, as a sentence that reads on from "it"."""
    what = draft.kind.replace("_", " ")
    if draft.amount is not None:
        what = f"{what} of {_money(draft.amount, pack.currency)}"
    role = _a(str(draft.facts.get("actor.role")))
    match decision.outcome:
        case "allow":
            said = f"allows {role} {_a(what)}"
        case "deny":
            said = f"refuses {role} {_a(what)}"
        case "escalate":
            said = f"has {_a(str(decision.who))} decide on {_a(what)} for {role}"
        case _:
            needs = " and ".join(need.fact.removeprefix("action.") for need in (decision.needs[0] if decision.needs else ()))
            said = f"asks {role} for {needs or 'more'} before {_a(what)}"
    return f"{said}, {goal.detail}" if goal.detail else said


def _a(name: str) -> str:
    words = name.replace("_", " ")
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"


def each_once(titles: Iterator[str], taken: set[str]) -> Iterator[str]:
    """Titles of which no two are the same, and none is taken already."""
    for wanted in titles:
        number, found = 1, wanted
        while found in taken:
            number += 1
            found = f"{wanted} ({number})"
        taken.add(found)
        yield found


__all__ = ["HEADING", "each_once", "entry", "expectation", "given", "title"]
