"""How often a budget starts anew within a day, a week or a month: the worst of all that a calendar holds."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from empower import ir
from empower.ledger import Window
from empower.ledger.windows import day_interval, window_interval
from empower.noun import frozen

PERIODS = ("day", "week", "month")
YEARS = {"day": 4, "week": 12, "month": 12}
"""How many years are looked at: every length of a month, every weekday that it can begin on, every change of the clocks."""
FIRST_YEAR = 2026


@frozen
class Stretch:
    """One day, week or month, and the instants in it at which each of some budgets holds nothing any more."""

    first_day: int
    start: int
    end: int
    starts: tuple[tuple[int, ...], ...]
    """For each budget; none where it gives nothing in all of the time."""

    @property
    def counts(self) -> tuple[int, ...]:
        """How often each budget can be used up."""
        return tuple(map(len, self.starts))

    @property
    def instants(self) -> Sequence[int]:
        """Every instant at which some budget is fresh, in order."""
        return sorted({self.start, *(at for starts in self.starts for at in starts)})


def worst_stretches(period: str, zone: str, accounts: Sequence[ir.Account]) -> list[Stretch]:
    """The stretches of time of one sort that matter: no other one lets every budget be used as often, and one more so.

    Of those that are alike the one which campaigns cover longest, and then the first.
    """
    found: dict[tuple[int, ...], Stretch] = {}
    overlaps: dict[tuple[int, ...], int] = {}
    for first, after in _days(period, accounts):
        start, end = day_interval(zone, first)[0], day_interval(zone, after)[0]
        starts = tuple(tuple(_starts(account, start, end)) for account in accounts)
        counts = tuple(map(len, starts))
        overlap = sum(_length(account, start, end) for account in accounts if account.campaign is not None)
        if overlap > overlaps.get(counts, -1):
            found[counts], overlaps[counts] = Stretch(first, start, end, starts), overlap
    return [stretch for counts, stretch in found.items() if not any(_beats(other, counts) for other in found)]


def _length(account: ir.Account, start: int, end: int) -> int:
    first, last = _within_campaign(account, start, end)
    return max(0, last - first)


def _beats(other: tuple[int, ...], counts: tuple[int, ...]) -> bool:
    return other != counts and all(more >= less for more, less in zip(other, counts, strict=True))


def _days(period: str, accounts: Iterable[ir.Account]) -> Iterator[tuple[int, int]]:
    """First days of periods, each with the first day after it: those of some years, and those in which campaigns run."""
    spans = [(_day(FIRST_YEAR), _day(FIRST_YEAR + YEARS[period]))]
    for account in accounts:
        first, last = account.campaign or (None, None)
        if first is not None or last is not None:
            anchor = first if first is not None else last
            assert anchor is not None
            spans.append((anchor - 31, min(last or anchor, anchor + 366) + 32))
    for low, high in dict.fromkeys(spans):
        day = low
        while day < high:
            start, after = _period(period, day)
            yield start, after
            day = after


def _day(year: int) -> int:
    return datetime.date(year, 1, 1).toordinal()


def _period(period: str, day: int) -> tuple[int, int]:
    if period == "day":
        return day, day + 1
    if period == "week":
        monday = day - (day - 1) % 7
        return monday, monday + 7
    date = datetime.date.fromordinal(day)
    following = datetime.date(date.year + date.month // 12, date.month % 12 + 1, 1)
    return date.replace(day=1).toordinal(), following.toordinal()


def _starts(account: ir.Account, start: int, end: int) -> Iterator[int]:
    """The instants within a stretch of time from which a budget is fresh, if it was used up at the one before."""
    start, end = _within_campaign(account, start, end)
    kind, length = account.window
    at = start
    while at < end:
        yield at
        if kind == "rolling":
            at += length
        elif kind == "ever":
            return
        else:
            at = _calendar_end(kind, account.zone, at)


def _within_campaign(account: ir.Account, start: int, end: int) -> tuple[int, int]:
    first, last = account.campaign or (None, None)
    if first is not None:
        start = max(start, day_interval(account.zone, first)[0])
    if last is not None:
        end = min(end, day_interval(account.zone, last)[1])
    return start, end


@cache
def _calendar_end(kind: str, zone: str, at: int) -> int:
    interval = window_interval(Window(kind, 0), zone, at)  # type: ignore[arg-type]
    assert interval is not None
    return interval[1]
