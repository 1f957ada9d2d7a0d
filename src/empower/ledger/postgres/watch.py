"""The server's clock as a till believes it: held against the time since the till's own machine started, which nobody can set.

Each call says the latest instant that the server's clock may show, and the functions in the database refuse one that is later. Then the
till looks anew: perhaps it was only kept waiting, or somebody accepted the clock. If not, it writes down that it did not believe the
clock, for machines that come later and have nothing to hold it against. A till's own date is never asked.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import tuple_row

from empower.errors import ClockError
from empower.ledger import clocks
from empower.ledger.clocks import Mark, Tolerance, believed, clock_error

_HOUR_MS = 3_600_000
_LOOK = """
SELECT empower.clock_v1(), (SELECT at FROM empower.entry ORDER BY at DESC LIMIT 1), (SELECT max(seen_at) FROM empower.clock),
    (SELECT min(doubted_at) FROM empower.clock WHERE boot <> %(boot)s), mine.ahead_ms, mine.seen_at, mine.doubted_at
FROM empower.ledger LEFT JOIN empower.clock AS mine ON mine.boot = %(boot)s
"""
_KEEP = (
    "INSERT INTO empower.clock (boot, ahead_ms, seen_at) VALUES (%s, %s, %s) ON CONFLICT (boot) DO UPDATE "
    "SET ahead_ms = excluded.ahead_ms, seen_at = excluded.seen_at, doubted_at = NULL"
)
_DOUBT = "UPDATE empower.clock SET doubted_at = least(doubted_at, %s) WHERE boot = %s"
_SET_RIGHT = "UPDATE empower.clock SET doubted_at = NULL WHERE doubted_at > %s"
_ACCEPT = "UPDATE empower.clock SET ahead_ms = NULL, seen_at = %s, doubted_at = NULL"


class ClockWatch:
    """How late the server's clock may be, or a `ClockError`."""

    def __init__(self, tolerance: Tolerance) -> None:
        self._tolerance = tolerance
        self._boot = clocks.start_id() if clocks.since_start() is not None else ""
        self._known: Mark | None = None

    def latest(self) -> int | None:
        """The latest instant that the server's clock may show now; None: nobody has looked yet."""
        if self._known is None:
            return None
        if not self._boot:
            return self._known.seen_at + self._tolerance.off_ms
        return self._known.ahead_ms + (clocks.since_start() or 0) + self._tolerance.step_ms

    def look(self, connection: psycopg.Connection[Any]) -> ClockError | None:
        """Look at the clock, and keep what is believed; why it is not, otherwise. That is to be raised once it is committed."""
        with connection.cursor(row_factory=tuple_row) as cursor:
            shown, last, used, doubted_at, ahead_ms, seen_at, doubted = cursor.execute(_LOOK, {"boot": self._boot}).fetchone() or ()
            seen = clocks.look(shown, clocks.since_start(), self._boot)
            known = None if ahead_ms is None else Mark(self._boot, ahead_ms, seen_at).followed(seen)
            try:
                if known is None and doubted_at is not None and shown >= doubted_at:
                    raise clock_error("shows an instant that another machine did not believe")
                self._known = believed(seen, known, max((at for at in (last, used) if at is not None), default=None), self._tolerance)
            except ClockError as error:
                self._known = None
                if known is not None:
                    cursor.execute(_DOUBT, (shown, self._boot))
                return error
            if known is None or doubted or shown - seen_at > _HOUR_MS:
                cursor.execute(_KEEP, (self._boot, self._known.ahead_ms, self._known.seen_at))
            if known is not None and doubted_at is not None:
                cursor.execute(_SET_RIGHT, (shown,))
        return None

    def accept(self, connection: psycopg.Connection[Any]) -> int:
        """Believe what the server's clock shows from now on; what it shows. All machines look at it anew."""
        with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
            (shown,) = cursor.execute("SELECT empower.clock_v1()").fetchone() or (0,)
            self._known = clocks.look(shown, clocks.since_start(), self._boot)
            cursor.execute(_ACCEPT, (shown,))
            cursor.execute(_KEEP, (self._boot, self._known.ahead_ms, shown))
        return self._known.seen_at


_OF_HOSTS: dict[tuple[Any, ...], ClockWatch] = {}


def watch_of_host(*database: Any) -> ClockWatch:
    """The one for transactions of the host in a database (host, port, name), which begin too often to look at the clock anew each time."""
    return _OF_HOSTS.setdefault(database, ClockWatch(Tolerance(60_000, 7 * 24 * _HOUR_MS)))
