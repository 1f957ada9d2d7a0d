"""Numbers as noun phrases: £40, 50% of the order's total, £60 for each passenger, 14 days."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from empower import ir
from empower.backends.english.words import Lexicon, counted, listed, money, name_of, single, words
from empower.money import exponent_of

_LENGTHS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def amount(node: ir.Num, lexicon: Lexicon) -> str:
    """An amount of money as a noun phrase: £40, half of the order's total, £60 for each passenger."""
    return quantity(node, lexicon, Fraction(1), "money")


def quantity(node: ir.Num, lexicon: Lexicon, parts: Fraction, unit: str) -> str:
    """A number counted in so many `parts` of one, as a noun phrase."""
    match node:
        case ir.Number(value=value):
            return _constant(Fraction(value) / parts, unit, lexicon)
        case ir.NumberFact(fact=fact):
            kind = lexicon.facts.get(fact)
            whole = kind.denominator if isinstance(kind, ir.NumberType) else 1
            return share_of(Fraction(whole) / parts, name_of(fact, lexicon))
        case ir.Amount():
            return share_of(1 / parts, "the amount")
        case ir.Scaled(value=ir.Floored(value=ir.Scaled(value=inner, factor=-1), divisor=divisor), factor=-1):
            return quantity(inner, lexicon, parts * divisor, unit)  # rounded up
        case ir.Scaled(value=ir.Floored(value=ir.Scaled(value=inner, factor=factor), divisor=divisor), factor=-1) if factor < 0:
            return quantity(inner, lexicon, parts * divisor / -factor, unit)
        case ir.Scaled(value=value, factor=factor) if factor > 0:
            return quantity(value, lexicon, parts / factor, unit)
        case ir.Floored(value=value, divisor=divisor):
            return quantity(value, lexicon, parts * divisor, unit)
        case ir.Sum(left=left, right=ir.Scaled(value=right, factor=factor)) if factor < 0:
            return f"{quantity(left, lexicon, parts, unit)} less {quantity(right, lexicon, parts / -factor, unit)}"
        case ir.Sum(left=left, right=ir.Number(value=value)) if value < 0:
            return f"{quantity(left, lexicon, parts, unit)} less {_constant(-value / parts, unit, lexicon)}"
        case ir.Sum(left=left, right=right):
            return f"{quantity(left, lexicon, parts, unit)} plus {quantity(right, lexicon, parts, unit)}"
        case ir.Product(left=left, right=ir.NumberFact(fact=fact)):
            return f"{quantity(left, lexicon, parts, unit)} for each {single(name_of(fact, lexicon))}"
        case ir.Least(values=values):
            return f"the least of {listed([quantity(value, lexicon, parts, unit) for value in values])}"
        case ir.Greatest(values=values):
            return f"the greatest of {listed([quantity(value, lexicon, parts, unit) for value in values])}"
        case ir.Chosen(fact=fact, cases=cases):
            return _chosen(fact, cases, lexicon, parts, unit)
        case ir.Today() | ir.Now():
            return "today" if isinstance(node, ir.Today) else "now"
        case ir.DayOf(fact=fact):
            return f"the day of {name_of(fact, lexicon)}"
        case _:
            message = f"no number of a checked pack: {node}"
            raise AssertionError(message)


def chosen_rows(node: ir.Chosen, lexicon: Lexicon, parts: Fraction = Fraction(1), unit: str = "money") -> list[tuple[str, tuple[str, ...]]]:
    """A lookup as (number, members), members with the same number together, in the order of the fact's members."""
    found: dict[str, list[str]] = {}
    for member, value in node.cases:
        found.setdefault(quantity(value, lexicon, parts, unit), []).append(member)
    return [(value, tuple(members)) for value, members in found.items()]


def _chosen(fact: str, cases: tuple[tuple[str, ir.Num], ...], lexicon: Lexicon, parts: Fraction, unit: str) -> str:
    rows = chosen_rows(ir.Chosen(fact, cases), lexicon, parts, unit)
    usual = max(rows, key=lambda row: len(row[1]))
    others = [row for row in rows if row is not usual]
    if not others:
        return usual[0]
    who = [name_of(fact, lexicon), *["it"] * len(others)]
    said = [f"{value} if {name} is {_members(members)}" for name, (value, members) in zip(who, others, strict=False)]
    return f"{usual[0]} ({', '.join(said)})"


def _members(members: Sequence[str]) -> str:
    return listed([f"“{words(member)}”" for member in members], "or")


def share_of(share: Fraction, name: str) -> str:
    """A share or a multiple of something."""
    if share == 1:
        return name
    if share < 1:
        return f"{_number(share * 100)}% of {name}"
    return f"{_number(share)} times {name}"


def _constant(value: Fraction, unit: str, lexicon: Lexicon) -> str:
    if unit == "money":
        return amount_said(value, lexicon)
    if unit == "duration":
        return _length(value, lexicon)
    if unit in ("days", "hours"):
        return counted(value.numerator, unit[:-1]) if value.denominator == 1 else f"{_number(value)} {unit}"
    return _number(value)


def amount_said(value: Fraction, lexicon: Lexicon) -> str:
    """A constant amount of minor units, with the name that its author gave it."""
    said, name = money(int(value), lexicon), constant_name(value, lexicon)
    return f"the {name} ({said})" if name else said


def constant_name(minor: Fraction, lexicon: Lexicon) -> str:
    """The name that the author gave a constant amount; empty if there is none."""
    return lexicon.defined.get(minor / 10 ** exponent_of(lexicon.currency), "")


def _length(seconds: Fraction, lexicon: Lexicon) -> str:
    whole = [(seconds / length, noun) for length, noun in _LENGTHS if (seconds / length).denominator == 1]
    written = [each for each in whole if each[0] in lexicon.literals]
    count, noun = (written or [each for each in whole if each[1] != "day"] or [(seconds, "second")])[0]
    return counted(count.numerator, noun)


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return f"{value.numerator:,}"
    thousandths = round(value * 1_000)
    return f"{thousandths // 1_000:,}.{thousandths % 1_000:03d}".rstrip("0")


def is_written(value: Fraction, unit: str, lexicon: Lexicon) -> bool:
    """Whether the author wrote this number, in the unit in which numbers are written."""
    if unit == "money":
        return value.denominator == 1 and value / 10 ** exponent_of(lexicon.currency) in lexicon.literals
    if unit == "duration":
        return any(value / length in lexicon.literals for length, _ in _LENGTHS)
    return value in lexicon.literals
