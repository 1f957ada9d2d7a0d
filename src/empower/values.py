"""What a word, a number or a name stands for where a condition is read, before it is compared with anything."""

from __future__ import annotations

import datetime

from attrs import frozen

from empower import ir
from empower.formulas import reads_the_amount
from empower.moments import milliseconds
from empower.money import MINOR_MAX
from empower.noun import Noun
from empower.problems import did_you_mean
from empower.quantities import Misfit, Quantity, noun
from empower.scope import Scope


@frozen(repr=False, eq=False)
class Word(Noun):
    """A fact of words: one of several, a text, or a set."""

    fact: str
    type: ir.OneOfType | ir.TextType | ir.SetOfType


@frozen(repr=False, eq=False)
class Literal(Noun):
    """A text in quotes, or a list of them."""

    texts: tuple[str, ...]
    listed: bool


@frozen(repr=False, eq=False)
class YesNo(Noun):
    """`yes` or `no` written out."""

    value: bool


@frozen(repr=False, eq=False)
class Never(Noun):
    """The word `never`."""


Value = Quantity | Word | Literal | YesNo | Never | ir.Cond
CONDITIONS = (
    ir.Constant, ir.Compare, ir.AmountAbove, ir.IsYes, ir.IsAmong, ir.SameWord, ir.Has, ir.SetTest, ir.TextTest, ir.Known,
    ir.Not, ir.All, ir.Any, ir.AtLeast,
)  # fmt: skip
"""The classes of `ir.Cond`, for `isinstance`."""

REWRITES = {
    "true": "yes", "false": "no", "True": "yes", "False": "no", "None": "known(…)", "null": "known(…)", "nil": "known(…)",
    "AND": "and", "OR": "or", "NOT": "not", "IN": "in",
}  # fmt: skip
"""Words of other languages, and how they are written here."""


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
        return Quantity(ir.Amount(), "money", 0, MINOR_MAX)
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
    if name in REWRITES:
        return Misfit("unknown-name", f"'{name}' is not a word of the language", f"write `{REWRITES[name]}`")
    help_ = did_you_mean(name, [*scope.facts, *scope.defined, "action.amount"])
    return Misfit("unknown-name", f"'{name[:60]}' is not declared", help_ if "did you" in help_ else f"declare it under `facts:`; {help_}")


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


def moment(left: Quantity, right: Literal | Never, scope: Scope) -> Quantity:
    """A date or instant written in quotes, or `never`, beside a fact of that type."""
    if left.unit not in ("date", "instant"):
        raise Misfit("wrong-type", f"cannot compare {noun(left.unit)} with {shown(right)}", "write the number without quotes")
    if isinstance(right, Never):
        value = ir.NEVER_DAY if left.unit == "date" else ir.NEVER_MS
        if not isinstance(left.node, ir.NumberFact) or not getattr(scope.facts[left.node.fact], "never", False):
            name = left.node.fact if isinstance(left.node, ir.NumberFact) else "now"
            raise Misfit("wrong-type", f"'{name}' is never `never`", "declare it as `date, may be never`, or leave the test out")
        return Quantity(ir.Number(value), left.unit, value, value)
    text = right.texts[0] if len(right.texts) == 1 and not right.listed else ""
    try:
        value = (
            datetime.date.fromisoformat(text).toordinal() if left.unit == "date" else milliseconds(datetime.datetime.fromisoformat(text))
        )
    except (ValueError, OverflowError):
        wanted = "a date such as '2026-11-22'" if left.unit == "date" else "an instant such as '2026-11-22T09:00:00Z'"
        raise Misfit("bad-date", f"'{text[:40]}' is not {wanted}", f"write {wanted}") from None
    return Quantity(ir.Number(value), left.unit, value, value)


# ------------------------------------------------------------------------------------------------ in messages


def shown(value: Value) -> str:
    """How a value is called in a message."""
    match value:
        case Quantity(unit=unit):
            return noun(unit)
        case Literal(texts=texts, listed=listed):
            return "a list" if listed else f"the text '{texts[0][:40]}'"
        case Word(fact=fact):
            return f"'{fact}'"
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
