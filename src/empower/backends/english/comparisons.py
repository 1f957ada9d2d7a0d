"""Two numbers compared, dates, and what is asked of the amount."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from fractions import Fraction

from empower import ir
from empower.backends.english.numbers import amount, amount_said, constant_name, is_written, quantity, share_of
from empower.backends.english.words import Lexicon, day, is_plural, name_of
from empower.money import exponent_of

_MORE: Mapping[str, str] = {
    ">": "more than", ">=": "at least", "<": "less than", "<=": "at most", "==": "exactly", "!=": "other than",
}  # fmt: skip
_OPPOSITE: Mapping[str, ir.Operator] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def compared(atom: ir.Compare, lexicon: Lexicon, *, positive: bool) -> str:
    """Two numbers compared, as a clause."""
    operator = atom.operator if positive else _OPPOSITE[atom.operator]
    if isinstance(atom.left, ir.Today) and isinstance(atom.right, ir.Number):
        return _dated(operator, atom.right.value)
    since = _since(atom.left)
    if since is not None:
        fact, parts, unit = since
        if atom.right == ir.Number(0) and operator in ("<", ">="):
            return f"{name_of(fact, lexicon)} {'lies ahead' if operator == '<' else 'does not lie ahead'}"
        bound = quantity(atom.right, lexicon, parts, unit)
        if operator in ("==", "!="):
            return f"{'exactly' if operator == '==' else 'other than'} {bound} have passed since {name_of(fact, lexicon)}"
        have = "has" if bound.startswith("1 ") else "have"
        return f"{_MORE[operator].replace('less', 'fewer')} {bound} {have} passed since {name_of(fact, lexicon)}"
    kind = next((lexicon.facts.get(fact) for fact in _facts_in(atom.left, atom.right)), None)
    if isinstance(kind, (ir.DateType, ir.InstantType)):
        return _when(atom, operator, kind, lexicon)
    unit = kind.unit if isinstance(kind, ir.NumberType) else "money"
    parts = _parts(atom, unit, lexicon)
    left = quantity(atom.left, lexicon, parts, unit)
    be = "are" if isinstance(atom.left, ir.NumberFact) and is_plural(left) else "is"
    how = "" if operator == "==" else "not" if operator == "!=" else "fewer than" if operator == "<" and be == "are" else _MORE[operator]
    right = _bound(atom.right, operator, parts, unit, lexicon)
    if unit == "money" and atom.right == ir.Number(0):
        right = "nothing"
    return " ".join(filter(None, [left, be, how, right]))


def _bound(node: ir.Num, operator: str, parts: Fraction, unit: str, lexicon: Lexicon) -> str:
    """The right side of a comparison; a constant that is no whole number of its parts is rounded to the one that means the same."""
    if not isinstance(node, ir.Number) or unit != "money":
        return quantity(node, lexicon, parts, unit)
    exact = Fraction(node.value) / parts
    whole = -(-exact.numerator // exact.denominator) if operator in ("<", ">=") else exact.numerator // exact.denominator
    return amount_said(Fraction(whole), lexicon)


def _dated(operator: str, ordinal: int) -> str:
    first = {">=": ordinal, ">": ordinal + 1}.get(operator)
    last = {"<=": ordinal, "<": ordinal - 1}.get(operator)
    if first is not None:
        return f"it is {day(first)} or later"
    return f"it is {day(last)} or earlier" if last is not None else f"it is {'' if operator == '==' else 'not '}{day(ordinal)}"


def _when(atom: ir.Compare, operator: str, kind: ir.FactType, lexicon: Lexicon) -> str:
    """A date or an instant compared with a constant."""
    said = {"<": "before", "<=": "on or before", ">": "after", ">=": "on or after", "==": "on", "!=": "not on"}[operator]
    left = quantity(atom.left, lexicon, Fraction(1), "date")
    if not isinstance(atom.right, ir.Number):
        return f"{left} is {said} {quantity(atom.right, lexicon, Fraction(1), 'date')}"
    value = atom.right.value
    if value in (ir.NEVER_DAY, ir.NEVER_MS):
        return f"{left} has {'never happened' if operator in ('==', '<=') else 'happened'}"
    if isinstance(kind, ir.DateType):
        return f"{left} is {said} {day(value)}"
    at = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(milliseconds=value)
    return f"{left} is {said} {at.day} {at:%B} {at.year} at {at:%H:%M} UTC"


def _since(node: ir.Num) -> tuple[str, Fraction, str] | None:
    """The fact from which days or hours are counted, and in how many parts of one."""
    match node:
        case ir.Sum(left=ir.Today(), right=ir.Scaled(value=ir.DayOf(fact=fact) | ir.NumberFact(fact=fact), factor=-1)):
            return fact, Fraction(1), "days"
        case ir.Sum(left=ir.Now(), right=ir.Scaled(value=ir.NumberFact(fact=fact), factor=-1)):
            return fact, Fraction(3_600_000), "hours"
        case ir.Scaled(value=value, factor=factor) if factor > 0 and (inner := _since(value)) is not None:
            return inner[0], inner[1] * factor, inner[2]
    return None


def _facts_in(*nodes: ir.Num) -> Iterator[str]:
    for node in nodes:
        match node:
            case ir.NumberFact(fact=fact):
                yield fact
            case ir.Sum(left=left, right=right) | ir.Product(left=left, right=right):
                yield from _facts_in(left, right)
            case ir.Scaled(value=value) | ir.Floored(value=value):
                yield from _facts_in(value)
            case ir.Least(values=values) | ir.Greatest(values=values):
                yield from _facts_in(*values)
            case ir.Chosen(cases=cases):
                yield from _facts_in(*(value for _, value in cases))


def _parts(atom: ir.Compare, unit: str, lexicon: Lexicon) -> Fraction:
    """How many parts of one both sides are counted in: such that the shares and constants that result stand in the pack."""
    factors = [factor for side in (atom.left, atom.right) for factor in _factors(side, lexicon)]
    whole = Fraction(max(factors, default=1))
    if not isinstance(atom.right, ir.Number):
        return whole
    shares = sorted((share for share in lexicon.literals if 0 < share < 100), reverse=True)
    ways = [whole, *(whole * 100 / share for share in shares)]
    written = [parts for parts in ways if is_written(Fraction(atom.right.value) / parts, unit, lexicon)]
    named = [parts for parts in written if unit == "money" and constant_name(Fraction(atom.right.value) / parts, lexicon)]
    return next(iter((*named, *written, whole)))


def _factors(node: ir.Num, lexicon: Lexicon) -> Iterator[int]:
    match node:
        case ir.NumberFact(fact=fact):
            kind = lexicon.facts.get(fact)
            yield kind.denominator if isinstance(kind, ir.NumberType) else 1
        case ir.Scaled(value=value, factor=factor):
            yield from (abs(factor) * each for each in _factors(value, lexicon))
        case ir.Sum(left=left, right=right):
            yield from _factors(left, lexicon)
            yield from _factors(right, lexicon)
        case ir.Least(values=values) | ir.Greatest(values=values):
            for value in values:
                yield from _factors(value, lexicon)
        case ir.Number():
            return
        case _:
            yield 1


def amount_asked(threshold: ir.Num, lexicon: Lexicon, *, positive: bool) -> str:
    """The amount asked for lies above a threshold, or does not."""
    if not isinstance(threshold, ir.Number):
        return f"the amount is {'more than' if positive else 'at most'} {amount(threshold, lexicon)}"
    bound, unit = Fraction(threshold.value), 10 ** exponent_of(lexicon.currency)
    for constant in sorted(lexicon.defined):
        for share in sorted(each for each in lexicon.literals if 0 < each <= 100):
            if constant * unit * 100 // share == bound:
                return f"{share_of(share / 100, 'the amount')} is {'more than' if positive else 'at most'} {amount_said(constant * unit, lexicon)}"
    if is_written(bound + 1, "money", lexicon) and not is_written(bound, "money", lexicon):
        return f"the amount is {'at least' if positive else 'less than'} {amount_said(bound + 1, lexicon)}"
    return f"the amount is {'more than' if positive else 'at most'} {amount_said(bound, lexicon)}"
