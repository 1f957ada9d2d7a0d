"""The words that random packs are made of: facts of every type with small bounds, and values near which conditions turn.

Bounds and constants come from the same few numbers, so that a random request often stands exactly on an edge, or one step beside it.
"""

from __future__ import annotations

import datetime
from functools import cache

from attrs import frozen
from hypothesis import strategies as st

from empower import ir
from empower.money import exponent_of, plain_money

DAY_MS = 86_400_000
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def milliseconds(text: str) -> int:
    """An instant written with its offset, as milliseconds UTC."""
    return (datetime.datetime.fromisoformat(text) - EPOCH) // datetime.timedelta(milliseconds=1)


INSTANTS = tuple(
    milliseconds(text)
    for text in (
        "2026-11-22T10:00:00+00:00",
        "2026-11-22T00:00:00+00:00",
        "2026-11-21T23:59:59.999+00:00",
        "2026-10-25T00:30:00+00:00",  # the hour that comes twice in London
        "2026-03-29T01:00:00+00:00",
        "2026-12-31T23:30:00+00:00",
        "2026-11-24T08:00:00+00:00",
    )
)
"""Instants of decisions: in the middle of a day, at its edges, where clocks change, at the end of a year."""
NOON = INSTANTS[0]
TODAY = datetime.date(2026, 11, 22).toordinal()

AMOUNT_MAX = 60
"""The largest amount of any kind, in minor units: few enough to try every one."""
AMOUNTS = (0, 1, 5, 10, 25, 30, 31, 50, 60, 100)
"""Bounds of caps and thresholds, in minor units."""
MONEY_MAX = 200
CURRENCIES = ("GBP", "JPY", "BHD")
ZONES = ("Europe/London", "UTC", "America/St_Johns", "Pacific/Auckland")


@frozen
class Fact:
    """A fact of the vocabulary; `kind` is how its type begins."""

    path: str
    kind: str
    type: str
    customer_may_see: bool = False


MEMBERS = {
    "customer.category": ("new", "regular", "loyal"),
    "order.tier": ("bronze", "silver", "gold"),
    "customer.flags": ("claimer", "chargeback", "fraud"),
    "actor.region": ("north", "south"),
    "actor.certs": ("food", "cash"),
}
PARAMETERS = {
    "slot": "one of [am, pm]", "rush": "yes/no", "count": "integer 0..9", "day": "date", "items": "set of [top, base]", "fee": "money 0..9",
}  # fmt: skip
TEXTS = ("a", "b", "m1", "AB-1", "UK-77", "{limit} {role}", "x" * 9)


@cache
def facts(currency: str) -> tuple[Fact, ...]:
    """All facts that a pack may declare; money in the decimals of a currency."""
    money = f"money 0..{plain_money(MONEY_MAX, currency)}"
    pot = f"money 0..{plain_money(12, currency)}"
    return (
        Fact("order.total", "money", money, customer_may_see=True),
        Fact("order.paid", "money", money),
        Fact("item.value", "money", money),
        Fact("customer.claims", "integer", "integer 0..6"),
        Fact("customer.mood", "integer", "integer -3..3"),
        Fact("order.rating", "decimal", "decimal(1) 0..5"),
        Fact("order.late", "duration", "duration 0..120 minutes"),
        Fact("evidence.photo", "yes/no", "yes/no"),
        Fact("evidence.message", "yes/no", "yes/no"),
        Fact("evidence.id", "yes/no", "yes/no"),
        Fact("customer.category", "one of", f"one of [{', '.join(MEMBERS['customer.category'])}]", customer_may_see=True),
        Fact("order.tier", "ordered", f"ordered one of [{', '.join(MEMBERS['order.tier'])}]"),
        Fact("customer.flags", "set of", f"set of [{', '.join(MEMBERS['customer.flags'])}]"),
        Fact("order.id", "text", "text", customer_may_see=True),
        Fact("order.note", "text", "text"),
        Fact("customer.since", "date", "date"),
        Fact("customer.gift", "date", "date, may be never"),
        Fact("order.delivered", "instant", "instant"),
        Fact("customer.called", "instant", "instant, may be never"),
        Fact("actor.tenure", "integer", "integer 0..4"),
        Fact("actor.trained", "yes/no", "yes/no"),
        Fact("actor.region", "one of", "one of [north, south]"),
        Fact("actor.certs", "set of", "set of [food, cash]"),
        Fact("actor.pot", "money", pot),
    )


def money_text(minor: int, currency: str) -> str:
    """Minor units as an author writes them, in major ones, possibly negative."""
    text = plain_money(abs(minor), currency)
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    return f"{'-' if minor < 0 else ''}{whole}{'.' if decimals else ''}{decimals}"


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


assert all(exponent_of(currency) in (0, 2, 3) for currency in CURRENCIES)
