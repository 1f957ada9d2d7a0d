"""Calendar windows as exact stretches of time: (window, zone, instant) → half-open interval of UTC milliseconds. Pure.

The calendar of a zone is read as one that never runs back: the local day at an instant is the latest local date seen there up to
that instant. So consecutive days never gap or overlap, whatever the clocks do:

* a day whose midnight does not exist (clocks go forward over it) starts at the first instant of that day;
* a day whose midnight comes twice (clocks go back over it) starts at the first of the two, and the repeated part of the day before
  belongs to it;
* a day that a zone skipped (Pacific/Apia, 2011-12-30) is empty, and no instant lies in it.

Zones come from `zoneinfo` (the system's time-zone data, or the `tzdata` package).
"""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from empower.ledger import Window

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_DAY_SECONDS = 86_400
_SECOND = timedelta(seconds=1)
_MILLISECOND = timedelta(milliseconds=1)
_CALENDAR = frozenset({"day", "week", "month", "quarter", "year"})
_MONTHS = {"month": 1, "quarter": 3, "year": 12}

# The days met before, by zone and hour, and the period last asked for, by zone: decisions come in the order of time and about things that
# happened lately, so nearly every question is answered here. An entry is replaced as a whole, so threads need no lock.
_DAYS_MAX = 4096
_HOUR_MS = 3_600_000
_days: dict[tuple[str, int], tuple[int, int, int]] = {}
_last_period: dict[tuple[str, str], tuple[int, int]] = {}


def window_interval(window: Window, zone: str, at_ms: int) -> tuple[int, int] | None:
    """The calendar period that `at_ms` lies in, as a half-open interval of UTC milliseconds; None: the window is not a calendar's.

    Weeks are ISO weeks (from Monday), quarters start in January, April, July and October.

    Raises:
        ValueError: the zone is unknown, or the instant is outside the years that dates can tell.
    """
    kind = window.kind
    known = _last_period.get((zone, kind))
    if known is not None and known[0] <= at_ms < known[1]:
        return known
    if kind not in _CALENDAR:
        return None
    first, following = _period_days(kind, local_day(zone, at_ms))
    period = (_first_instant(zone, first), _first_instant(zone, following))
    _last_period[zone, kind] = period
    return period


def local_day(zone: str, at_ms: int) -> int:
    """The local calendar day at an instant, as a proleptic ordinal (`datetime.date.fromordinal`).

    The date on the wall, save where clocks went back over midnight: there the day that has begun goes on.

    Raises:
        ValueError: as `window_interval`.
    """
    hour = zone, at_ms // _HOUR_MS
    known = _days.get(hour)
    if known is not None and known[0] <= at_ms < known[1]:
        return known[2]
    try:
        day = (_EPOCH + at_ms * _MILLISECOND).astimezone(_zone(zone)).toordinal()
    except OverflowError:
        raise ValueError(f"the instant {at_ms} ms is outside the years 1 to 9999") from None
    while at_ms >= _first_instant(zone, day + 1):
        day += 1
    if len(_days) >= _DAYS_MAX:
        _days.clear()
    _days[hour] = (*day_interval(zone, day), day)
    return day


def day_interval(zone: str, ordinal: int) -> tuple[int, int]:
    """A local calendar day as a half-open interval of UTC milliseconds; empty for a day that the zone skipped.

    Raises:
        ValueError: as `window_interval`.
    """
    return _first_instant(zone, ordinal), _first_instant(zone, ordinal + 1)


def _period_days(kind: str, day: int) -> tuple[int, int]:
    """The first day of the period that `day` lies in, and of the one after it."""
    if kind == "day":
        return day, day + 1
    if kind == "week":
        monday = day - (day - 1) % 7  # ordinal 1 is a Monday
        return monday, monday + 7
    months = _MONTHS[kind]
    told = date.fromordinal(day)
    first_month = (told.month - 1) // months * months
    years, next_month = divmod(first_month + months, 12)
    return date(told.year, first_month + 1, 1).toordinal(), date(told.year + years, next_month + 1, 1).toordinal()


@lru_cache(maxsize=4096)
def _first_instant(zone: str, ordinal: int) -> int:
    """The first instant (ms) at which the clocks of the zone show this date or a later one."""
    info = _zone(zone)
    wall = (ordinal - _EPOCH_ORDINAL) * _DAY_SECONDS
    try:
        # fold=0: the first of two midnights; in a gap, the offset from before it
        seconds = wall - _seconds(datetime.fromordinal(ordinal).replace(tzinfo=info).utcoffset())
        beyond = seconds + _offset(info, seconds) - wall
    except (OverflowError, ValueError):
        raise ValueError(f"day {ordinal} is outside the years 1 to 9999") from None
    return (seconds if beyond == 0 else _end_of_gap(info, seconds - beyond, seconds)) * 1000


def _end_of_gap(info: ZoneInfo, before: int, after: int) -> int:
    """The second at which the offset changes between two instants, of which the first has the old one and the second the new one."""
    new = _offset(info, after)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(info, middle) == new:
            after = middle
        else:
            before = middle
    return after


def _offset(info: ZoneInfo, utc_seconds: int) -> int:
    """Local time less UTC, in seconds, at an instant."""
    return _seconds((_EPOCH + utc_seconds * _SECOND).astimezone(info).utcoffset())


def _seconds(offset: timedelta | None) -> int:
    assert offset is not None  # ZoneInfo gives an offset for every full date
    return offset // _SECOND


@cache
def _zone(name: str) -> ZoneInfo:
    """The zone of this name. `localtime` is refused: it is another zone on another machine."""
    try:
        if name != "localtime":
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    raise ValueError(f"unknown time zone {name!r} (help: use an IANA name such as 'Europe/London')")


def zone_data_version() -> str:
    """The version of the time-zone data in use, such as `2026a`; `unknown` where it does not say."""
    for folder in zoneinfo.TZPATH:
        try:
            with Path(folder, "tzdata.zi").open(encoding="ascii") as data:
                return data.readline().removeprefix("# version ").strip()
        except OSError:
            continue
    try:
        import tzdata  # noqa: PLC0415  (only where the system has no time-zone data of its own)
    except ImportError:
        return "unknown"
    return str(tzdata.IANA_VERSION)
