"""What the host hands in: an action, a context, an approval. Read once, strictly, at the boundary; integers and words inside.

Facts are read through the eyes of the pack: declared ones are typed and bounded, undeclared ones are not looked at.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from empower import ir
from empower.environment import Value
from empower.errors import Fault, MalformedRequest
from empower.moments import milliseconds
from empower.money import MoneyError, parse_money, plain_money
from empower.noun import frozen
from empower.problems import did_you_mean

TEXT_MAX = 1_000
"""The longest text fact that is read: texts are ids, reasons and notes, not documents."""


HALVED = "holds half of a character"
HALVED_HELP = "decode it as what it was written in, such as UTF-8"


class Misread(ValueError):
    """A value that a fact cannot have."""

    def __init__(self, message: str, help_: str = "") -> None:
        super().__init__(message)
        self.message, self.help = message, help_


@frozen
class Approval:
    """Somebody said yes: their `actor.*` facts, `id` and `role` at least (law 11)."""

    by: Mapping[str, Any]

    def __attrs_post_init__(self) -> None:
        if not isinstance(plain(self.by), Mapping):
            message = 'an approval names who gave it: Approval(by={"id": "m2", "role": "manager"})'
            raise TypeError(message)


@frozen
class Request:
    """An action in a context, read: what both back ends judge."""

    kind: str
    amount: int | None
    """Minor units; None: not given, or the kind has none."""
    parameters: Mapping[str, Value]
    """Reason and parameters that were given, typed."""
    facts: Mapping[str, Value | None]
    """Every declared fact that was looked at; None: unknown."""
    at: int
    """The instant of the decision, milliseconds UTC."""


def plain(value: Any) -> Any:
    """A mapping as it is; a typed model (pydantic) or attrs-like object as the mapping it stands for."""
    if type(value) is dict or isinstance(value, Mapping):
        return value
    dump = getattr(value, "model_dump", None)
    return dump(mode="python", by_alias=True) if callable(dump) else value


def bare(text: str) -> str:
    """A text without whatever class it comes in: a member of an enumeration of texts is its value, and `str()` of it is not."""
    return text if type(text) is str else str.__str__(text)


def halved(text: str) -> bool:
    """Whether a text holds half of a character, as careless decoding leaves it: no ledger can write it down, and no screen can show it."""
    return not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text)


@lru_cache(maxsize=4096)
def _steps_of(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def look_up(context: Mapping[str, Any], path: str, faults: list[Fault] | None = None) -> Any:
    """The raw value at a dotted path; None when it, or a group on the way, is absent."""
    value: Any = context
    parts = _steps_of(path)
    for depth, part in enumerate(parts):
        if type(value) is not dict:
            value = plain(value)
            if value is None:
                return None
            if not isinstance(value, Mapping):
                _not_a_group(".".join(parts[:depth]), part, value, faults)
                return None
        value = value.get(part)
    return value


def _not_a_group(where: str, part: str, value: Any, faults: list[Fault] | None) -> None:
    fault = Fault(where, f"must hold a mapping, not {kind_of(value)}", f'write {{"{part}": …}}')
    if faults is not None and fault not in faults:
        faults.append(fault)


def kind_of(value: Any) -> str:
    """How a Python value is called in a message."""
    names = {
        bool: "yes/no",
        int: "a whole number",
        float: "a float",
        str: "a text",
        list: "a list",
        dict: "a mapping",
        type(None): "nothing",
    }
    return names.get(type(value), f"a {type(value).__name__}")


def read_facts(context: Any, paths: Any, facts: Mapping[str, ir.FactType], currency: str, faults: list[Fault]) -> dict[str, Value | None]:
    """The facts at these paths, typed; absent and null are unknown. Every fault is noted, none hides another."""
    mapping = plain(context)
    if not isinstance(mapping, Mapping):
        faults.append(
            Fault("context", f"must be a mapping of facts, not {kind_of(context)}", 'such as {"actor": {"id": "d7", "role": "driver"}}')
        )
        return {}
    found: dict[str, Value | None] = {}
    for path in paths:
        raw = look_up(mapping, path, faults)
        try:
            found[path] = None if raw is None else read_value(raw, facts[path], currency)
        except Misread as misread:
            faults.append(Fault(path, misread.message, misread.help))
            found[path] = None
    return found


def read_value(raw: Any, kind: ir.FactType, currency: str) -> Value:
    """One value of a declared type, in the form that the engine calculates with; raises `Misread`."""
    return _READERS[type(kind)](raw, kind, currency)


def _number(raw: Any, kind: ir.NumberType, currency: str) -> int:
    if kind.unit == "money":
        value = _money(raw, currency)
        return _bounded(value, kind, lambda bound: plain_money(bound, currency))
    if kind.unit == "duration":
        return _bounded(_seconds(raw), kind, lambda bound: f"{bound} seconds")
    if kind.unit == "decimal":
        return _bounded(_decimal(raw, kind.denominator), kind, lambda bound: _steps(bound, kind.denominator))
    if type(raw) is not int:
        message = f"must be a whole number, not {kind_of(raw)} ({_shown(raw)})"
        raise Misread(message, "give an int")
    return _bounded(raw, kind, str)


def _money(raw: Any, currency: str) -> int:
    try:
        return parse_money(raw, currency)
    except MoneyError as error:
        # A fact that is money lies within bounds of its own, whatever an amount may be.
        below = error.message.endswith("is negative")
        raise Misread(error.message, "money facts are never below zero" if below else error.help) from None


def _bounded(value: int, kind: ir.NumberType, show: Callable[[int], str]) -> int:
    if kind.low <= value <= kind.high:
        return value
    if abs(value) > 10**30:
        raise Misread(f"must lie between {show(kind.low)} and {show(kind.high)}", "the pack declares these bounds")
    raise Misread(f"is {show(value)}, but must lie between {show(kind.low)} and {show(kind.high)}", "the pack declares these bounds")


def _decimal(raw: Any, denominator: int) -> int:
    if isinstance(raw, bool) or not isinstance(raw, (int, str, Decimal, float)):
        raise Misread(f"must be a decimal number, not {kind_of(raw)}", 'give a Decimal or a text such as "12.5"')
    text = repr(raw) if isinstance(raw, float) else str(raw)
    try:
        value = Decimal(text) if len(text) <= 40 and not text.startswith("+") and text.isascii() and "_" not in text else None
    except ArithmeticError:
        value = None
    if value is None or not value.is_finite() or text != text.strip():
        raise Misread(f"{_shown(raw)} is not a decimal number", 'give a Decimal or a text such as "12.5"')
    scaled = value * denominator
    if scaled != scaled.to_integral_value():
        raise Misread(f"{_shown(raw)} has too many decimals; the pack declares steps of 1/{denominator}", "round it")
    return int(scaled)


def _steps(value: int, denominator: int) -> str:
    """A number of steps as a decimal, independent of the host's decimal context."""
    places = len(str(denominator)) - 1
    sign, digits = ("-" if value < 0 else ""), str(abs(value)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def _seconds(raw: Any) -> int:
    if isinstance(raw, datetime.timedelta):
        return int(raw // datetime.timedelta(seconds=1))
    units = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
    if isinstance(raw, str) and raw.isascii():
        digits, _, unit = raw.partition(" ")
        if digits.isdigit() and len(digits) <= 9 and unit.removesuffix("s") in units:
            return int(digits) * units[unit.removesuffix("s")]
    raise Misread(f"{_shown(raw)} is not a length of time", 'give a timedelta or a text such as "30 minutes"')


def _yes_no(raw: Any, _kind: ir.YesNoType, _currency: str) -> bool:
    if raw is True or raw is False:
        return raw
    if raw in ("yes", "no") and isinstance(raw, str):
        return raw == "yes"
    raise Misread(f"must be yes or no, not {kind_of(raw)} ({_shown(raw)})", "write yes or no; in JSON also true or false")


def _one_of(raw: Any, kind: ir.OneOfType, _currency: str) -> str:
    if isinstance(raw, str) and raw in kind.members:
        return bare(raw)
    raise Misread(f"{_shown(raw)} is not one of its values", did_you_mean(str(raw)[:60], kind.members))


def _set_of(raw: Any, kind: ir.SetOfType, _currency: str) -> frozenset[str]:
    if isinstance(raw, (str, bytes, Mapping)) or not isinstance(raw, (list, tuple, set, frozenset)):
        raise Misread(f"must be a list of words, not {kind_of(raw)}", "an empty list says that there are none")
    for member in raw:
        if not isinstance(member, str) or member not in kind.members:
            raise Misread(f"{_shown(member)} is not one of its values", did_you_mean(str(member)[:60], kind.members))
    return frozenset(map(bare, raw))


def _text(raw: Any, _kind: ir.TextType, _currency: str) -> str:
    if not isinstance(raw, str):
        raise Misread(f"must be a text, not {kind_of(raw)} ({_shown(raw)})", "give ids as texts, so that 007 stays 007")
    text = bare(raw)
    if len(text) > TEXT_MAX:
        raise Misread(f"is {len(text)} characters long; at most {TEXT_MAX} are read", "shorten it")
    if not text:
        raise Misread("is an empty text", "leave it out, or give null, when it is not known")
    if halved(text):
        raise Misread(HALVED, HALVED_HELP)
    return text


_CALENDAR_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", re.ASCII)
"""How a day begins that is told by year, month and day. The week of a year and a day of it (`2026-W47-7`) is another way of counting."""


def _date(raw: Any, kind: ir.DateType, _currency: str) -> int:
    if raw == "never" and isinstance(raw, str):
        if not kind.never:
            raise Misread("cannot be never", "the pack does not declare it as `date, may be never`")
        return ir.NEVER_DAY
    if isinstance(raw, datetime.date) and not isinstance(raw, datetime.datetime):
        return raw.toordinal()
    try:
        if isinstance(raw, str) and len(raw) == 10 and _CALENDAR_DAY.match(raw):
            return datetime.date.fromisoformat(raw).toordinal()
    except ValueError:
        pass
    raise Misread(f"{_shown(raw)} is not a date", 'give a date or a text such as "2026-11-22"')


def _instant(raw: Any, kind: ir.InstantType, _currency: str) -> int:
    if raw == "never" and isinstance(raw, str):
        if not kind.never:
            raise Misread("cannot be never", "the pack does not declare it as `instant, may be never`")
        return ir.NEVER_MS
    try:
        calendar = isinstance(raw, str) and len(raw) <= 40 and _CALENDAR_DAY.match(raw)
        moment = datetime.datetime.fromisoformat(raw) if calendar else raw
    except ValueError:
        moment = None
    if not isinstance(moment, datetime.datetime):
        raise Misread(f"{_shown(raw)} is not an instant", 'give an aware datetime or a text such as "2026-11-22T09:00:00Z"')
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise Misread(f"{_shown(raw)} has no offset from UTC", 'add it, as in "2026-11-22T09:00:00+00:00"')
    try:
        return milliseconds(moment)
    except OverflowError:
        raise Misread(f"{_shown(raw)} lies outside the calendar", "") from None


def written(value: Value, kind: ir.FactType, currency: str) -> Any:
    """A value as a host could hand it in again: what `read_value` reads as just this."""
    match kind:
        case ir.NumberType(unit="money"):
            return plain_money(int(value), currency)  # type: ignore[arg-type]
        case ir.NumberType(unit="decimal", denominator=denominator):
            return _steps(int(value), denominator)  # type: ignore[arg-type]
        case ir.NumberType(unit="duration"):
            return f"{value} seconds"
        case ir.SetOfType():
            return sorted(value)  # type: ignore[arg-type]
        case ir.DateType():
            return "never" if value == ir.NEVER_DAY else datetime.date.fromordinal(int(value)).isoformat()  # type: ignore[arg-type]
        case ir.InstantType():
            moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
            return "never" if value == ir.NEVER_MS else (moment + datetime.timedelta(milliseconds=int(value))).isoformat()  # type: ignore[arg-type]
        case _:
            return value


_READERS: dict[type, Callable[[Any, Any, str], Value]] = {
    ir.NumberType: _number, ir.YesNoType: _yes_no, ir.OneOfType: _one_of, ir.SetOfType: _set_of, ir.TextType: _text, ir.DateType: _date,
    ir.InstantType: _instant,
}  # fmt: skip


def _shown(raw: Any) -> str:
    if isinstance(raw, float) and not math.isfinite(raw):
        return str(raw)
    text = repr(raw) if isinstance(raw, (str, int, float, Decimal)) else kind_of(raw)
    return text if len(text) <= 60 else text[:57] + "…"


def refuse(faults: list[Fault]) -> None:
    """Raise `MalformedRequest` if there is any fault."""
    if faults:
        raise MalformedRequest(tuple(faults))


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Facts by dotted path as the nested mappings that a host hands in."""
    found: dict[str, Any] = {}
    for path, value in flat.items():
        *groups, name = path.split(".")
        inner = found
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[name] = value
    return found


def outcome_value(raw: Any) -> str:
    """How a raw value is shown in a message."""
    return _shown(raw)


SUBJECTS: Mapping[str, str] = {
    "actor": "actor.id",
    "role": "actor.role",
    "customer": "customer.id",
    "incident": "incident.id",
    "store": "place.store",
}
"""How `history` and `left` call the built-in facts."""


def plain_subjects(subjects: Mapping[str, Any], roles: Collection[str] | None) -> dict[str, str]:
    """Subjects by the fact they stand for; `roles`: None where a role is no subject. Raises `MalformedRequest` for any other."""
    known = [name for name in SUBJECTS if name != "role" or roles is not None]
    refuse([fault for name, value in subjects.items() if (fault := _subject_fault(name, value, known, roles or ()))])
    return {SUBJECTS[name]: value for name, value in subjects.items()}


def _subject_fault(name: str, value: object, known: Sequence[str], roles: Collection[str]) -> Fault | None:
    if name == "role" and name not in known:
        return Fault(name, "is not kept with the history", f"ask by {', '.join(known)}")
    if name not in known:
        return Fault(name, "is not a subject", did_you_mean(name, known))
    if not isinstance(value, str):
        return Fault(name, f"must be a text, not {kind_of(value)}", f'such as {name}="d7"; leave it out to ask about everybody')
    if halved(value):
        return Fault(name, HALVED, HALVED_HELP)
    if name == "role" and value not in roles:
        return Fault(name, f"{_shown(value)} is not a role of this pack", did_you_mean(value, roles))
    return None
