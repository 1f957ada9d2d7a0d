"""Typed numbers of the pack language: exact, bounded, and never divided.

A `Quantity` is an integer expression that stands for `node / denominator`, with the interval that it can lie in. A bare number has
no unit and takes the one of its neighbour. Anything whose interval could leave 64 bits is refused.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from fractions import Fraction

from empower import ir
from empower.formulas import numbers_in
from empower.money import exponent_of
from empower.noun import field, frozen

INT64 = 2**63 - 1
LITERAL_MAX = 10**12
LITERAL_DECIMALS = 4
PRODUCT_MAX = 1_000
"""A count that multiplies money may not exceed this: a small count, as `docs/packs.md` says."""


class Misfit(ValueError):
    """A typed operation that makes no sense; carries the code, the sentence and the help of the problem to be reported.

    `at` tells where in the text that is read it lies, if it is not all of it. Without a code it follows from a problem reported before.
    """

    def __init__(self, code: str, message: str, help_: str = "", at: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.help, self.at = code, message, help_, at


@frozen
class Quantity:
    """An integer expression standing for `node / denominator`, between `low` and `high` (in the same parts)."""

    node: ir.Num
    unit: str | None
    """`money`, `number`, `duration`, `date`, `instant`; None: a bare number."""
    low: int
    high: int
    denominator: int = 1
    written: str = field(default="", eq=False)
    """Of a number that stands alone: how its author wrote it."""

    def __attrs_post_init__(self) -> None:
        if self.low < -INT64 or self.high > INT64 or self.denominator > INT64:
            raise _overflow(max(abs(self.low), abs(self.high), self.denominator))

    @property
    def constant(self) -> Fraction | None:
        """The value, if it is a constant."""
        return Fraction(self.node.value, self.denominator) if isinstance(self.node, ir.Number) else None


def _overflow(reach: int) -> Misfit:
    shown = str(reach) if reach < 10**30 else "a number of more than 30 digits"
    help_ = "declare tighter bounds for the facts in it, or use fewer decimals"
    return Misfit("overflow", f"this could reach {shown} in its smallest parts, which does not fit in 64 bits", help_)


def bare(value: Fraction, written: str = "") -> Quantity:
    """A bare constant."""
    return Quantity(ir.Number(value.numerator), None, value.numerator, value.numerator, value.denominator, written)


def literal(text: str) -> Fraction:
    """A number as the author wrote it: digits, and at most four decimals."""
    digits, _, decimals = text.partition(".")
    if not digits.isdigit() or (decimals and not decimals.isdigit()) or not text.isascii() or text.endswith("."):
        raise Misfit("bad-number", f"'{text[:40]}' is not a plain number", "write digits and at most four decimals, such as 12 or 0.25")
    if len(decimals) > LITERAL_DECIMALS:
        raise Misfit("bad-number", f"'{text[:40]}' has more than {LITERAL_DECIMALS} decimals", "round it")
    exact = Fraction(int(digits + decimals), 10 ** len(decimals)) if len(digits) <= 13 else None  # 13 digits are enough for the bound
    if exact is None or exact > LITERAL_MAX:
        raise Misfit("bad-number", f"'{text[:40]}' is larger than {LITERAL_MAX}", "no pack needs so large a number")
    return exact


def decimal(number: Fraction) -> str:
    """A number as its author would write it, with at most nine decimals."""
    whole, rest = divmod(abs(number), 1)
    decimals = f"{rest * 10**9 // 1:09}".rstrip("0")
    return f"{'-' if number < 0 else ''}{whole}{'.' if decimals else ''}{decimals}"


def stretch(ends: Sequence[int], value: Quantity, currency: str) -> str:
    """Whole parts of a quantity, from the first to the last, in the author's unit."""
    parts = {"money": 10 ** exponent_of(currency), "duration": 3_600, "instant": 86_400_000}.get(value.unit or "", 1)
    shown = []
    for end in dict.fromkeys(ends):
        if value.unit in ("date", "instant"):
            day = min(end // parts + (719_163 if value.unit == "instant" else 0), datetime.date.max.toordinal())
            never = end == (ir.NEVER_MS if value.unit == "instant" else ir.NEVER_DAY)
            shown.append("never" if never else datetime.date.fromordinal(max(day, 1)).isoformat())
        else:
            shown.append(decimal(Fraction(end, parts * value.denominator)))
    return "..".join(shown) + (" hours" if value.unit == "duration" else "")


def scale(value: Quantity, factor: Fraction) -> Quantity:
    """A quantity times a constant."""
    top, bottom = factor.numerator, factor.denominator
    ends = sorted((value.low * top, value.high * top))
    return simplify(Quantity(_scaled(value.node, top), value.unit, ends[0], ends[1], value.denominator * bottom))


def simplify(value: Quantity) -> Quantity:
    """A constant in lowest terms; anything else as it is."""
    if isinstance(value.node, ir.Number) and value.denominator != 1:
        exact = Fraction(value.node.value, value.denominator)
        return Quantity(ir.Number(exact.numerator), value.unit, exact.numerator, exact.numerator, exact.denominator)
    return value


def _scaled(node: ir.Num, factor: int) -> ir.Num:
    if factor == 1:
        return node
    if isinstance(node, ir.Number):
        return ir.Number(node.value * factor)
    if isinstance(node, ir.Scaled):
        return ir.Scaled(node.value, node.factor * factor)
    if isinstance(node, ir.Chosen):  # so that a lookup among constants stays one
        return ir.Chosen(node.fact, tuple((member, _scaled(value, factor)) for member, value in node.cases))
    return ir.Scaled(node, factor)


def with_unit(value: Quantity, unit: str | None, currency: str) -> Quantity:
    """A bare number read in the unit of its neighbour; money is written in major units and kept in minor ones."""
    if value.unit is not None or unit is None:
        return value
    if unit in ("date", "instant"):
        raise Misfit("wrong-type", f"a number cannot be compared with {noun(unit)}", "use `days_since(…)`, or a date in quotes")
    if unit == "duration" and (value.low, value.high) != (0, 0):
        number = value.written or (decimal(value.constant) if value.constant is not None else "…")
        raise Misfit("mixed-units", f"{number} is no length of time", f"write `minutes({number})` or `hours({number})`")
    if unit == "money":
        refuse_grouped(value.written, currency)
    factor = 10 ** exponent_of(currency) if unit == "money" else 1
    return simplify(Quantity(_scaled(value.node, factor), unit, value.low * factor, value.high * factor, value.denominator))


_GROUPED = re.compile(r"([1-9][0-9]{0,2})\.([0-9]{2}0)")


def refuse_grouped(written: str, currency: str) -> None:
    """Raise `Misfit` for an amount such as `1.000` in a currency of two decimals: half of the world writes a thousand so."""
    found = _GROUPED.fullmatch(written)
    if found is not None and exponent_of(currency) < 3:
        grouped, plain = "".join(found.groups()), decimal(Fraction(written))
        help_ = f"write `{grouped}`, without a point between thousands, or `{plain}`"
        raise Misfit("bad-number", f"'{written}' could be {grouped} or {plain}", help_)


def common_unit(values: Sequence[Quantity], currency: str) -> tuple[Quantity, ...]:
    """Several quantities in one unit, or a `Misfit` that names the two that do not go together."""
    units = {value.unit for value in values} - {None}
    if len(units) > 1:
        first, second = sorted(str(unit) for unit in units)
        help_ = "use `days_since(…)` or `hours_since(…)`" if units & {"date", "instant"} else "compare and add like with like"
        facts = [f"'{value.node.fact}' is {noun(str(value.unit))}" for value in values if isinstance(value.node, ir.NumberFact)]
        said = f"cannot mix {noun(first)} with {noun(second)}" + (f": {' and '.join(facts)}" if len(facts) > 1 else "")
        raise Misfit("mixed-units", said, help_)
    unit = units.pop() if units else None
    return tuple(with_unit(value, unit, currency) for value in values)


def noun(unit: str | None) -> str:
    """How a unit is called in a message."""
    return {"money": "money", "number": "a number", "duration": "a duration", "date": "a date", "instant": "an instant"}.get(
        unit or "", "a number"
    )


def same_parts(values: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """Several quantities over one denominator."""
    shared = math.lcm(*(value.denominator for value in values))
    return tuple(_over(value, shared) for value in values)


def _over(value: Quantity, denominator: int) -> Quantity:
    factor = denominator // value.denominator
    return Quantity(_scaled(value.node, factor), value.unit, value.low * factor, value.high * factor, denominator)


def add(left: Quantity, right: Quantity, currency: str) -> Quantity:
    """The sum of two."""
    left, right = same_parts(common_unit((left, right), currency))
    if left.unit in ("date", "instant"):
        raise Misfit("wrong-type", f"nothing can be added to {noun(left.unit)}", "use `days_since(…)` or `hours_since(…)`")
    if isinstance(left.node, ir.Number) and isinstance(right.node, ir.Number):
        node: ir.Num = ir.Number(left.node.value + right.node.value)
    else:
        node = ir.Sum(left.node, right.node)
    return Quantity(node, left.unit, left.low + right.low, left.high + right.high, left.denominator)


def least(values: Sequence[Quantity], currency: str) -> Quantity:
    """The smallest of several."""
    parts = same_parts(common_unit(values, currency))
    if all(isinstance(part.node, ir.Number) for part in parts):
        return simplify(min(parts, key=lambda part: part.low))
    node = ir.Least(tuple(part.node for part in parts))
    return Quantity(node, parts[0].unit, min(p.low for p in parts), min(p.high for p in parts), parts[0].denominator)


def greatest(values: Sequence[Quantity], currency: str) -> Quantity:
    """The largest of several."""
    parts = same_parts(common_unit(values, currency))
    if all(isinstance(part.node, ir.Number) for part in parts):
        return simplify(max(parts, key=lambda part: part.low))
    node = ir.Greatest(tuple(part.node for part in parts))
    return Quantity(node, parts[0].unit, max(p.low for p in parts), max(p.high for p in parts), parts[0].denominator)


def chosen(fact: str, cases: Sequence[tuple[str, Quantity]], currency: str) -> Quantity:
    """A lookup by the member of a fact."""
    parts = same_parts(common_unit([value for _, value in cases], currency))
    node = ir.Chosen(fact, tuple((member, part.node) for (member, _), part in zip(cases, parts, strict=True)))
    return Quantity(node, parts[0].unit, min(p.low for p in parts), max(p.high for p in parts), parts[0].denominator)


def product(left: Quantity, right: Quantity) -> Quantity:
    """Money by a small count, for cap amounts only; the caller has checked that one is money and the other an integer."""
    corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
    node = ir.Product(left.node, right.node)
    return Quantity(node, "money", min(corners), max(corners), left.denominator * right.denominator)


def floored(value: Quantity) -> ir.Num:
    """Whole minor units, rounded down: the one rounding, for the most that caps and budgets give."""
    return _floored(value.node, value.denominator)


def raised(value: Quantity) -> ir.Num:
    """Whole minor units, rounded up, as −floor(−x): for the least that a cap gives, and for what was given before."""
    if value.denominator == 1:
        return value.node
    return _scaled(_floored(_scaled(value.node, -1), value.denominator), -1)


def _floored(node: ir.Num, divisor: int) -> ir.Num:
    if divisor == 1:
        return node
    if isinstance(node, ir.Number):
        return ir.Number(node.value // divisor)
    if isinstance(node, ir.Chosen):
        return ir.Chosen(node.fact, tuple((member, _floored(value, divisor)) for member, value in node.cases))
    return ir.Floored(node, divisor)


def compare(operator: ir.Operator, left: Quantity, right: Quantity, currency: str) -> ir.Compare:
    """Two quantities compared exactly."""
    left, right = same_parts(common_unit((left, right), currency))
    return ir.Compare(operator, left.node, right.node)


def amount_above(factor: Fraction, bound: Quantity, *, or_equal: bool) -> ir.AmountAbove:
    """`factor × amount > bound` (or ≥), as the whole minor unit above which it holds."""
    scaled = bound if factor == 1 else scale(bound, 1 / factor)
    # amount ≥ n/d  ⇔  amount·d > n − 1  ⇔  amount > floor((n − 1)/d), all integers.
    shifted = add(scaled, Quantity(ir.Number(-1), scaled.unit, -1, -1, scaled.denominator), "") if or_equal else scaled
    return ir.AmountAbove(floored(shifted))


# ------------------------------------------------------------------------------------------------ multiples


def countable(value: Quantity) -> Quantity:
    """A quantity that can be multiplied; raises `Misfit` for dates and instants."""
    if value.unit in ("date", "instant"):
        raise Misfit("wrong-type", f"{noun(value.unit)} cannot be multiplied", "use `days_since(…)` or `hours_since(…)`")
    return value


def percent(left: Quantity, right: Quantity) -> Quantity:
    """`left% of right`."""
    if left.constant is None or left.unit is not None:
        raise Misfit("wrong-type", "the percentage must be a plain number", "write `50% of order.total`")
    return scale(right, left.constant / 100)


def times(left: Quantity, right: Quantity) -> Quantity:
    """A constant times anything."""
    if left.constant is not None and left.unit is None:
        return scale(right, left.constant)
    if right.constant is not None and right.unit is None:
        return scale(left, right.constant)
    help_ = "multiply by a constant, or write `12 per stay.nights` in the amount of a cap"
    raise Misfit("fact-times-fact", "two facts cannot be multiplied", help_)


def per(left: Quantity, right: Quantity, currency: str) -> Quantity:
    """One money times one small count, in the amount of a cap or budget."""
    if left.unit not in ("money", None):
        raise Misfit(
            "mixed-units", f"before `per` stands an amount of money, and this is {noun(left.unit)}", "write such as `12 per stay.nights`"
        )
    money = left if left.unit == "money" else common_unit((left, Quantity(ir.Number(0), "money", 0, 0)), currency)[0]
    if any(isinstance(part, ir.Product) for part in numbers_in(money.node)):
        raise Misfit("fact-times-fact", "`per` stands here twice", "multiply one amount by one count")
    if right.unit != "number" or right.denominator != 1 or right.low < 0 or right.high > PRODUCT_MAX:
        message = f"after `per` stands a fact that is a whole number between 0 and {PRODUCT_MAX}, and {_no_count(right)}"
        constant = right.constant is not None
        raise Misfit(
            "fact-times-fact", message, "write the product out" if constant else "name another fact, or declare tight bounds for this one"
        )
    return product(money, right)


def _no_count(value: Quantity) -> str:
    """What keeps a quantity from being a small count."""
    named = f"'{value.node.fact}'" if isinstance(value.node, ir.NumberFact) else "this"
    if value.constant is not None:
        return "this is a constant"
    if value.unit != "number":
        return f"{named} is {noun(value.unit)}"
    if value.denominator != 1:
        return f"{named} has decimals"
    return f"{named} lies within {value.low}..{value.high}"
