"""How terms are joined where the solver's own words are not enough: choices, the smallest of several, so many of them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from zoneinfo import ZoneInfo

import z3

from empower import ir
from empower.backends.smt.terms import DAY_MS, EPOCH_DAY, HOUR_MS, Term

OPERATORS: Mapping[str, Callable[[Term, Term], Term]] = {
    "<": lambda left, right: left < right, "<=": lambda left, right: left <= right, "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right, ">": lambda left, right: left > right, ">=": lambda left, right: left >= right,
}  # fmt: skip


def if_(condition: Term, then: Term, otherwise: Term) -> Term:
    """One formula or another, without needless parts: most thresholds are open or closed on one side."""
    if z3.is_false(otherwise):
        return condition if z3.is_true(then) else z3.And(condition, then)
    if z3.is_true(otherwise):
        return z3.Not(condition) if z3.is_false(then) else z3.Or(z3.Not(condition), then)
    if z3.is_true(then):
        return z3.Or(condition, otherwise)
    return z3.And(z3.Not(condition), otherwise) if z3.is_false(then) else z3.If(condition, then, otherwise)


def one_of(value: Term, numbers: Sequence[int]) -> Term:
    """Whether a word is among some; those that follow one another are a stretch."""
    if len(numbers) > 2 and max(numbers) - min(numbers) == len(numbers) - 1:
        return z3.And(value >= min(numbers), value <= max(numbers))
    return z3.Or(*(value == number for number in numbers))


def floored(value: Term, divisor: int) -> Term:
    """A number divided by a positive constant and rounded down: of whole numbers the solver's division does just this."""
    return z3.ArithRef.__div__(value, divisor)


def extreme(values: Sequence[Term], *, least: bool) -> Term:
    """The smallest of several numbers, or the largest."""
    found = values[0]
    for each in values[1:]:
        found = z3.If(each < found if least else each > found, each, found)
    return found


def kth_least(count: int, values: Sequence[Term]) -> Term:
    """The smallest of all is taken out, as often as is asked for."""
    left = list(values)
    for _ in range(count):
        least, rest = left[0], []
        for each in left[1:]:
            rest.append(z3.If(each < least, least, each))
            least = z3.If(each < least, each, least)
        left = rest
    return least


def at_least(count: int, parts: Sequence[Term]) -> Term:
    """So many of several formulas hold."""
    if count <= 0:
        return z3.BoolVal(val=True)
    return z3.AtLeast(*parts, count) if count <= len(parts) else z3.BoolVal(val=False)


def set_test(sign: str, held: Mapping[str, Term], members: frozenset[str]) -> Term:
    """A set compared with constant members, as `environment.set_test` does."""
    named = [held[member] for member in sorted(members) if member in held]
    match sign:
        case "contains_all":
            return z3.And(*named) if len(named) == len(members) else z3.BoolVal(val=False)
        case "contained_by":
            return z3.Not(z3.Or(*(bit for member, bit in held.items() if member not in members)))
        case "shares_at_least_one":
            return z3.Or(*named)
        case _:
            return z3.PbEq([(bit, 1) for bit in named], 1) if named else z3.BoolVal(val=False)


def by_day(zone: str, moment: Term, day: Term) -> Term:
    """An instant lies two hours or more inside a local day, as the clocks usually go there."""
    start = (day - EPOCH_DAY) * DAY_MS - _offset_ms(zone)
    return z3.Or(moment == ir.NEVER_MS, z3.And(moment >= start + 2 * HOUR_MS, moment < start + 22 * HOUR_MS))


@cache
def _offset_ms(zone: str) -> int:
    """By how much the clocks of a zone are usually ahead of UTC; an hour more or less does not matter to `World.plain`."""
    offset = datetime.datetime(2026, 11, 18, 12, tzinfo=ZoneInfo(zone)).utcoffset() or datetime.timedelta(0)
    return offset // datetime.timedelta(milliseconds=1)
