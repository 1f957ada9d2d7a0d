"""What a word, a number or a name stands for where a condition is read, before it is compared with anything."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from empower import ir
from empower.formulas import reads_the_amount
from empower.language.habits import TODAY, UNLIMITED, constant
from empower.language.quantities import Misfit, Quantity, noun
from empower.language.scope import Scope
from empower.moments import dates_meant, milliseconds
from empower.noun import frozen
from empower.problems import did_you_mean


@frozen
class Word:
    """A fact of words: one of several, a text, or a set."""

    fact: str
    type: ir.OneOfType | ir.TextType | ir.SetOfType


@frozen
class Literal:
    """A text in quotes, or a list of them."""

    texts: tuple[str, ...]
    listed: bool


@frozen
class YesNo:
    """`yes` or `no` written out."""

    value: bool


@frozen
class Never:
    """The word `never`."""


Value = Quantity | Word | Literal | YesNo | Never | ir.Cond
CONDITIONS = (
    ir.Constant, ir.Compare, ir.AmountAbove, ir.IsYes, ir.IsAmong, ir.SameWord, ir.Has, ir.SetTest, ir.TextTest, ir.Known,
    ir.Not, ir.All, ir.Any, ir.AtLeast,
)  # fmt: skip
"""The classes of `ir.Cond`, for `isinstance`."""
FUNCTIONS: Mapping[str, str] = {
    "days_since": "days_since(order.delivered_at)", "hours_since": "hours_since(order.delivered_at)", "known": "known(order.id)",
    "min": "min(a, b)", "max": "max(a, b)", "minutes": "minutes(30)", "hours": "hours(2)", "days": "days(1)",
    "starts_with": "starts_with(order.id, 'UK')", "ends_with": "ends_with(order.id, 'UK')", "contains": "contains(order.id, 'UK')",
    "matches": "matches(order.id, '[A-Z]+')",
}  # fmt: skip
"""The functions of the language, and how each is written."""


def as_condition(value: Value) -> ir.Cond:
    """A value that stands where a condition is wanted."""
    if isinstance(value, CONDITIONS):
        return value
    if isinstance(value, YesNo):
        return ir.Constant(value.value)
    if isinstance(value, Literal) and value.listed:
        raise Misfit("word-as-condition", "a list alone is not a condition", "write `fact in ['…', '…']`")
    if isinstance(value, Literal):
        shown = value.texts[0] if value.texts else ""
        help_ = f"name the fact on both sides, or write `fact in ['…', '{shown[:40]}']`"
        if re.search("[<>=]", shown):
            help_ = f"leave the quotes out: `{shown[:60]}`"
        raise Misfit("word-as-condition", f"'{shown[:60]}' alone is not a condition", help_)
    if isinstance(value, Word):
        help_ = f"write `'…' in {value.fact}`" if isinstance(value.type, ir.SetOfType) else f"compare it, as in `{value.fact} == '…'`"
        raise Misfit("word-as-condition", f"'{value.fact}' alone is not a condition", help_)
    if isinstance(value, Never):
        raise Misfit(
            "word-as-condition", "`never` alone is not a condition", "compare a date with it, as in `customer.last_gesture == never`"
        )
    raise Misfit("number-as-condition", "a number alone is not a condition", "compare it with something, such as `> 0`")


# ------------------------------------------------------------------------------------------------ names


def name_value(name: str, scope: Scope) -> Value:
    """What a name means in a scope."""
    fact = scope.facts.get(name)
    if fact is not None:
        return _fact_value(name, fact)
    if name in ("yes", "no"):
        return YesNo(name == "yes")
    if name == "never":
        return Never()
    if name == "action.amount":
        if scope.amount == "refused":
            raise amount_not_here("'action.amount'")
        return Quantity(ir.Amount(), "money", 0, scope.amount_max)
    defined = scope.define(name)
    if defined is not None:
        return defined
    if name in scope.defined:
        raise reported(name)
    raise unknown_name(name, scope)


def amount_not_here(what: str) -> Misfit:
    """The amount asked for where it has no place."""
    return Misfit("amount-not-here", f"{what} cannot be used here", "only rules, claims and assumptions may look at the amount asked for")


def _fact_value(name: str, fact: ir.FactType) -> Value:
    match fact:
        case ir.NumberType(unit=unit):
            kind = {"money": "money", "duration": "duration"}.get(unit, "number")
            return Quantity(ir.NumberFact(name), kind, fact.low, fact.high, fact.denominator)
        case ir.DateType():
            return Quantity(ir.NumberFact(name), "date", ir.NEVER_DAY, 3_652_060)
        case ir.InstantType():
            return Quantity(ir.Now() if name == "now" else ir.NumberFact(name), "instant", ir.NEVER_MS, 253_402_300_800_000)
        case ir.YesNoType():
            return ir.IsYes(name)
        case _:
            return Word(name, fact)


def reported(name: str) -> Misfit:
    """What uses a name with a problem of its own is not complained of again."""
    return Misfit("", f"'{name}' has a problem of its own, reported where it is declared")


def unknown_name(name: str, scope: Scope) -> Misfit:
    """A name that means nothing; silent if it is declared and has a problem of its own."""
    if name in scope.defined:
        return reported(name)
    if scope.product and name.lower() in UNLIMITED:
        return Misfit("unknown-name", f"'{name}' is not an amount", "what has no limit needs no cap or budget: leave it out")
    if written := constant(name):
        return Misfit("unknown-name", f"'{name}' is not a word of the language", written)
    if name in FUNCTIONS:
        return Misfit("unknown-name", f"`{name}` is a function, and takes what it is about in brackets", f"write `{FUNCTIONS[name]}`")
    return Misfit("unknown-name", f"'{name[:60]}' is not declared", _nearest(name, scope))


def _nearest(name: str, scope: Scope) -> str:
    """What a name that nobody declared may be meant to be."""
    known = [*scope.facts, *scope.defined, "action.amount"]
    lower = name.lower()
    whole = [each for each in known if each.lower() == lower or each.lower().endswith(f".{lower}") or lower.endswith(f".{each.lower()}")]
    if 0 < len(whole) <= 2:
        return "did you mean " + " or ".join(f"'{each}'" for each in whole) + "?"
    if (fact := next((each for each in scope.facts if name.startswith(f"{each}.")), None)) is not None:
        return f"'{fact}' has no parts: write `{fact}` alone"
    for fact, kind in scope.facts.items():
        if name in getattr(kind, "members", ()):
            test = f"'{name}' in {fact}" if isinstance(kind, ir.SetOfType) else f"{fact} == '{name}'"
            return f"it is a word of '{fact}': write `{test}`"
    help_ = did_you_mean(name, known)
    if "did you" in help_:
        return help_
    group = [each for each in sorted(known) if "." in name and each.startswith(f"{name.partition('.')[0]}.")]
    return f"declare it under `facts:`; {did_you_mean('', group) if 0 < len(group) <= 12 else help_}"


# ------------------------------------------------------------------------------------------------ the amount


def depends_on_amount(value: Value) -> bool:
    """Whether the amount asked for stands in a number or a condition, such as a named one."""
    if isinstance(value, Quantity):
        return reads_amount(value.node)
    return isinstance(value, CONDITIONS) and reads_the_amount(value)


def reads_amount(node: ir.Num) -> bool:
    """Whether a number depends on the amount asked for."""
    match node:
        case ir.Amount():
            return True
        case ir.Number() | ir.NumberFact():
            return False
        case ir.Sum(left=left, right=right) | ir.Product(left=left, right=right):
            return reads_amount(left) or reads_amount(right)
        case ir.Scaled(value=value) | ir.Floored(value=value):
            return reads_amount(value)
        case ir.Least(values=values) | ir.Greatest(values=values):
            return any(reads_amount(value) for value in values)
        case ir.Chosen(cases=cases):
            return any(reads_amount(value) for _, value in cases)
        case _:
            return False


# ------------------------------------------------------------------------------------------------ moments


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(rf"{_DATE.pattern}T[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]{{1,3}})?)?(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})")
_FIRST_MS, _LAST_MS = ir.NEVER_MS + 86_400_000, 253_402_300_800_000


def moment(left: Quantity, right: Literal | Never, scope: Scope) -> Quantity:
    """A date or instant written in quotes, or `never`, beside a fact of that type."""
    if left.unit not in ("date", "instant"):
        raise Misfit("wrong-type", f"cannot compare {shown(left)} with {shown(right)}", _without_quotes(left, right, scope))
    if isinstance(right, Never):
        value = ir.NEVER_DAY if left.unit == "date" else ir.NEVER_MS
        if not isinstance(left.node, ir.NumberFact) or not getattr(scope.facts[left.node.fact], "never", False):
            name = left.node.fact if isinstance(left.node, ir.NumberFact) else "now"
            raise Misfit("wrong-type", f"'{name}' is never `never`", "declare it as `date, may be never`, or leave the test out")
        return Quantity(ir.Number(value), left.unit, value, value)
    text = right.texts[0] if len(right.texts) == 1 and not right.listed else ""
    found = _day(text) if left.unit == "date" else _instant(text)
    if found is None:
        wanted = "a date such as '2026-11-22'" if left.unit == "date" else "an instant such as '2026-11-22T09:00:00Z'"
        raise Misfit("bad-date", f"'{text[:40]}' is not {wanted}", _moment_help(text, left))
    return Quantity(ir.Number(found), left.unit, found, found)


def _day(text: str) -> int | None:
    try:
        return datetime.date.fromisoformat(text).toordinal() if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _instant(text: str) -> int | None:
    try:
        found = milliseconds(datetime.datetime.fromisoformat(text)) if _INSTANT.fullmatch(text) else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and _FIRST_MS <= found < _LAST_MS else None


def _moment_help(text: str, left: Quantity) -> str:
    """How a date or an instant is written that is written otherwise."""
    spaced = text.replace(" ", "T")
    if re.fullmatch("[0-9]{1,2}:[0-9]{2}", text):
        return "there are no hours of the day here: declare a fact for it, such as `shop.open: yes/no`"
    if left.unit == "instant":
        if _INSTANT.fullmatch(text):
            return "the calendar has the years 1 to 9999, 24 hours from 00 to 23, and offsets below a day"
        if _INSTANT.fullmatch(spaced) or _INSTANT.fullmatch(f"{spaced}Z"):
            return f"write `'{spaced}'`" if _INSTANT.fullmatch(spaced) else f"say in which zone: `'{spaced}Z'`, or `+01:00` in place of `Z`"
        if _day(text) is not None:
            return f"say when on that day: `'{text}T00:00:00Z'`; or count days, as in `days_since(…) < 30`"
        return "write `'2026-11-22T09:00:00Z'`: a day of the calendar, a time, and `Z` or an offset such as `+01:00`"
    if text.lower() in TODAY or text.lower() == "now":
        return "compare the days that have passed: `days_since(…) == 0` is today"
    if text.lower() == "never":
        return "write `never` without quotes"
    meant = dates_meant(text) or dates_meant(spaced.partition("T")[0])
    if meant and meant != [text]:
        return "write " + " or ".join(f"`'{each}'`" for each in meant)
    return "write year, month and day of the calendar, such as `'2026-11-22'`"


def _without_quotes(left: Quantity, right: Literal | Never, scope: Scope) -> str:
    """What is meant by a text beside a number."""
    text = right.texts[0].strip() if isinstance(right, Literal) and len(right.texts) == 1 else ""
    if text in scope.facts:
        return f"a name in quotes is a text: write `{text}` without quotes"
    if length := re.fullmatch(r"([0-9.]+) ?(minute|hour|day)s?", text):
        return f"write `{length.group(2)}s({length.group(1)})`" if left.unit == "duration" else f"write `{length.group(1)}`"
    if number := re.fullmatch(r"[^0-9a-zA-Z]*([0-9]+)(?:[.,]([0-9]{1,2}))?[^0-9a-zA-Z,.]*", text):
        return f"write the number without quotes: `{number.group(1)}{'.' if number.group(2) else ''}{number.group(2) or ''}`"
    return "compare it with a number" if isinstance(right, Never) else "write the number without quotes"


# ------------------------------------------------------------------------------------------------ in messages


def shown(value: Value) -> str:
    """How a value is called in a message."""
    match value:
        case Quantity(node=ir.NumberFact(fact=fact)):
            return f"'{fact}', which is {noun(value.unit)},"
        case Quantity(unit=unit):
            return noun(unit)
        case Literal(texts=texts, listed=listed):
            return "a list" if listed else f"the text '{texts[0][:40]}'"
        case Word(fact=fact):
            return f"'{fact}'"
        case ir.IsYes(fact=fact):
            return f"'{fact}', which is yes or no,"
        case YesNo(value=yes):
            return "yes" if yes else "no"
        case Never():
            return "`never`"
        case _:
            return "a condition"


# ------------------------------------------------------------------------------------------------ how much is written


def extent(value: Quantity | ir.Cond, count_max: int, depth_max: int) -> int | None:
    """How many parts an expression has when its named parts are written out; None if there are more than so many, or deeper nested."""
    level: list[ir.Num | ir.Cond] = [value.node if isinstance(value, Quantity) else value]
    count = 0
    for _ in range(depth_max):
        count += len(level)
        if not level or count > count_max:
            break
        level = [part for each in level for part in _parts(each)]
    return count if not level else None


def _parts(node: ir.Num | ir.Cond) -> tuple[ir.Num | ir.Cond, ...]:
    match node:
        case ir.Compare(left=left, right=right) | ir.Sum(left=left, right=right) | ir.Product(left=left, right=right):
            return (left, right)
        case ir.All(conditions=parts) | ir.Any(conditions=parts) | ir.AtLeast(conditions=parts):
            return parts
        case ir.Least(values=numbers) | ir.Greatest(values=numbers):
            return numbers
        case ir.Not(condition=inner):
            return (inner,)
        case ir.AmountAbove(threshold=number) | ir.Scaled(value=number) | ir.Floored(value=number):
            return (number,)
        case ir.Chosen(cases=cases):
            return tuple(number for _, number in cases)
        case _:
            return ()
