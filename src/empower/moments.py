"""Points in time as the engine keeps them: milliseconds UTC."""

from __future__ import annotations

import datetime
import re

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def milliseconds(moment: datetime.datetime) -> int:
    """An aware datetime as milliseconds UTC, rounded down; ValueError for a naive one."""
    if moment.tzinfo is None:
        message = "an instant needs its offset from UTC"
        raise ValueError(message)
    return (moment - _EPOCH) // datetime.timedelta(milliseconds=1)


def dates_meant(written: str) -> list[str]:
    """The days that a text may mean which is written otherwise than 2026-11-22: 22.11.2026, 11/22/2026, 20261122; earliest first."""
    if found := re.fullmatch(r"([0-9]{4})[-/. ]?([0-9]{1,2})[-/. ]?([0-9]{1,2})", written):
        year, month, day = map(int, found.groups())
        readings = {(year, month, day)}
    elif found := re.fullmatch(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})", written):
        first, second, year = map(int, found.groups())
        readings = {(year, second, first), (year, first, second)}
    else:
        return []
    return sorted(datetime.date(*each).isoformat() for each in readings if _is_day(*each))


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True
