"""Points in time as the engine keeps them: milliseconds UTC."""

from __future__ import annotations

import datetime

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def milliseconds(moment: datetime.datetime) -> int:
    """An aware datetime as milliseconds UTC, rounded down; ValueError for a naive one."""
    if moment.tzinfo is None:
        message = "an instant needs its offset from UTC"
        raise ValueError(message)
    return (moment - _EPOCH) // datetime.timedelta(milliseconds=1)
