"""Values of facts near which conditions of random packs turn, and instants of decisions."""

from __future__ import annotations

import datetime
from functools import cache

from hypothesis import strategies as st

from empower import ir
from empower.money import plain_money
from empower.testing.authoring.vocabulary import AMOUNTS, TEXTS

DAY_MS = 86_400_000
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def milliseconds(text: str) -> int:
    """An instant written with its offset, as milliseconds UTC."""
    return (datetime.datetime.fromisoformat(text) - EPOCH) // datetime.timedelta(milliseconds=1)


INSTANTS = tuple(
    milliseconds(text)
    for text in (
        "2026-11-18T12:00:00+00:00",
        "2026-11-18T00:00:00+00:00",
        "2026-11-17T23:59:59.999+00:00",
        "2026-10-25T00:30:00+00:00",  # the hour that comes twice in London
        "2026-03-29T01:00:00+00:00",
        "2026-12-31T23:30:00+00:00",
        "2026-11-20T08:00:00+00:00",
    )
)
"""Instants of decisions: in the middle of a day, at its edges, where clocks change, at the end of a year."""
NOON = INSTANTS[0]
TODAY = datetime.date(2026, 11, 18).toordinal()


def minor_text(minor: int, currency: str) -> str:
    """Minor units as a host hands them in."""
    return plain_money(minor, currency)


@cache
def values_of(kind: ir.FactType) -> st.SearchStrategy[object]:
    """Values of a type as the engine holds them, gathered where conditions turn."""
    match kind:
        case ir.YesNoType():
            return st.booleans()
        case ir.OneOfType(members=members):
            return st.sampled_from(members)
        case ir.SetOfType(members=members):
            return st.frozensets(st.sampled_from(members), max_size=len(members))
        case ir.TextType():
            return st.sampled_from(TEXTS)
        case ir.NumberType():
            return _numbers(kind)
        case ir.DateType(never=never):
            days = [TODAY - back for back in (0, 1, 2, 3, 7, 30, 31, -1, -3)]
            return st.sampled_from(days + [ir.NEVER_DAY] * never)
        case ir.InstantType(never=never):
            moments = [NOON - hours * 3_600_000 + step for hours in (0, 1, 10, 24, 48, 72, -24) for step in (0, 1)]
            return st.sampled_from(moments + [ir.NEVER_MS] * never)


def _numbers(kind: ir.NumberType) -> st.SearchStrategy[object]:
    if kind.high - kind.low <= 12:
        return st.integers(kind.low, kind.high)
    if kind.unit == "money":
        edges = {near for amount in AMOUNTS for near in (amount - 1, amount, amount + 1, 2 * amount)}
    elif kind.unit == "duration":
        edges = {60 * minutes + step for minutes in (0, 5, 30, 60, 120) for step in (-1, 0, 1)}
    else:
        edges = {kind.low, kind.low + 1, 10, 20, 25, kind.high - 1, kind.high}
    return st.sampled_from(sorted(edge for edge in edges if kind.low <= edge <= kind.high))


def native(value: object, kind: ir.FactType, currency: str) -> object:
    """A value as a host would hand it in: JSON shapes."""
    match kind:
        case ir.NumberType(unit="money"):
            return minor_text(int(value), currency)  # type: ignore[call-overload]
        case ir.NumberType(unit="decimal", denominator=parts):
            whole, rest = divmod(int(value), parts)  # type: ignore[call-overload]
            return f"{whole}.{rest * 10 // parts}"
        case ir.NumberType(unit="duration"):
            return f"{value} seconds"
        case ir.SetOfType():
            return sorted(value)  # type: ignore[call-overload]
        case ir.DateType():
            return "never" if value == ir.NEVER_DAY else datetime.date.fromordinal(value).isoformat()  # type: ignore[arg-type]
        case ir.InstantType():
            if value == ir.NEVER_MS:
                return "never"
            return (EPOCH + datetime.timedelta(milliseconds=value)).isoformat()  # type: ignore[arg-type]
        case _:
            return value
