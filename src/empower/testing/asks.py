"""What the tests of a ledger ask with: a clock moved by hand, counters, and short ways to say a wish and its legs."""

from __future__ import annotations

import datetime
from typing import Any
from zoneinfo import ZoneInfo

from empower.ledger import Counter, Ledger, Leg, Part, Window, WindowKind, Wish
from empower.noun import define, evolve, frozen

MS = 1000
HOUR = 3600 * MS
DAY = 24 * HOUR
ALWAYS = (-(2**62), 2**62)
ZONE = "Europe/London"


def instant(text: str, zone: str = ZONE) -> int:
    """Milliseconds since the epoch of a local date and time, e.g. `2026-03-29 12:00`."""
    local = datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return (local - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(milliseconds=1)


@define
class Clock:
    """A clock that stands until it is moved."""

    at: int = instant("2026-11-22 10:00")
    """Milliseconds since 1970-01-01T00:00Z."""

    def __call__(self) -> int:
        return self.at


@frozen
class Words:
    """A record that is nothing but its text."""

    text: str = "{}"

    def to_json(self) -> str:
        """The text, which a store keeps to the byte."""
        return self.text


def counter(window: WindowKind = "month", *, budget: str = "budget", length_ms: int = 0, key: str = "d7", zone: str = ZONE) -> Counter:
    """A counter of one driver; a rolling one counts 30 days, unless it is told another length."""
    length = length_ms or (30 * DAY if window == "rolling" else 0)
    return Counter("pack", budget, (("actor.id", key),), Window(window, length), zone, "GBP")


EVER = counter("ever", budget="ever")
MONTH = counter("month", budget="month")
ROLLING = counter("rolling", budget="rolling")


def wish(
    key: str = "k", *amounts: int | None, together: bool | None = None, actor: str = "d7", up_to: bool = False, **given: str | None
) -> Wish:
    """A wish for a refund of each amount; for several amounts they are parts, asked for together."""
    parameters = tuple(sorted({"reason": "late", **given}.items()))
    parts = tuple(Part("refund", parameters, amount) for amount in (amounts or (100,)))
    return Wish(key, actor, parts, up_to=up_to, together=len(parts) > 1 if together is None else together)


def leg(
    of: Counter, amount: int = 100, *, limit: int | None = None, times: int = 1, times_limit: int | None = None, enforced: bool = True
) -> Leg:
    """What a part draws from a counter; without a limit, unless one is told."""
    return Leg(of, amount, times, limit, times_limit, enforced=enforced)


def reserve(ledger: Ledger, asked: Wish, *legs: Leg | list[Leg], **options: Any) -> Any:
    """Ask for a wish: each further argument is a part's leg, or a list of its legs."""
    parts = [[part] if isinstance(part, Leg) else part for part in legs] or [[] for _ in asked.parts]
    settings = {"during": ALWAYS, "hold_until": None, "subjects": {"actor": asked.actor}, "record": Words(asked.key), **options}
    return ledger.reserve(asked, parts, **settings)


def attempt(ledger: Ledger, asked: Wish, *counters: Counter, **options: Any) -> Any:
    """Ask for a wish that the rules did not allow."""
    settings = {"during": ALWAYS, "subjects": {"actor": asked.actor}, "record": Words(asked.key), **options}
    return ledger.attempt(asked, counters, **settings)


def give(ledger: Ledger, key: str, of: Counter, amount: int = 100, **options: Any) -> Any:
    """Reserve one amount from one counter, without a limit."""
    return reserve(ledger, wish(key, amount), leg(of, amount), **options)


def held(ledger: Ledger, of: Counter, at: int | None = None) -> tuple[int, int]:
    """Amount and times in the counter's window."""
    (balance,) = ledger.balances([of], at)
    return balance.amount, balance.times


def read(told: Any) -> Any:
    """An answer or an entry, its record as words: a durable store gives back the text, not the object."""
    return told if getattr(told, "record", None) is None else evolve(told, record=Words(told.record.to_json()))


def fill(ledger: Ledger, clock: Clock) -> None:
    """A bit of everything, 13 entries in all; the first 5 are allows."""
    for number in range(5):
        legs = [leg(MONTH, 10, limit=50), leg(ROLLING, 10, limit=1000, times_limit=9)]
        reserve(ledger, wish(f"k{number}", 10), legs, hold_until=clock.at + 5 if number == 4 else None)
        clock.at += 1
    reserve(ledger, wish("no", 10), leg(MONTH, 10, limit=5))
    attempt(ledger, wish("noted", 10), MONTH)
    ledger.confirm("k0", 4)
    ledger.void("k1")
    clock.at += 31 * DAY
    reserve(ledger, wish("parts", 1, 2), [leg(MONTH, 1), leg(ROLLING, 1)], [leg(MONTH, 2)])
    ledger.reverse("k0", 3, "came back")
    ledger.reverse("k0", 4, "came back")
