"""The machine's clock as a ledger in a file believes it: held against the mark that the file keeps."""

from __future__ import annotations

import sqlite3
from contextlib import suppress

from empower.errors import ClockError
from empower.ledger import clocks
from empower.ledger.clocks import Mark, Tolerance, believed
from empower.ledger.sqlite.address import Settings
from empower.ledger.sqlite.journal import Turn

_KEEP = (
    "INSERT INTO clock (one, boot, ahead_ms, seen_at) VALUES (1, ?, ?, ?) "
    "ON CONFLICT (one) DO UPDATE SET boot = excluded.boot, ahead_ms = excluded.ahead_ms, seen_at = excluded.seen_at"
)


class ClockWatch:
    """What the clock shows, or a `ClockError`."""

    def __init__(self, settings: Settings) -> None:
        self._tolerance = Tolerance(settings.step_ms, settings.off_ms)
        self._boot = clocks.start_id()
        self._known: Mark | None = None

    def begin(self, turn: Turn) -> None:
        """Look at the clock when the ledger is opened, and keep what is believed. What is not is refused later, by whoever needs the time."""
        with suppress(ClockError):
            self._known = believed(self._look(), _kept(turn.connection), turn.state.at, self._tolerance)
            _keep(turn.connection, self._known)

    def told(self, connection: sqlite3.Connection, last: int | None) -> int:
        """What the clock shows; `last`: the latest entry.

        Raises:
            ClockError: it went forward too far.
        """
        seen = self._look()
        known = self._known
        if known is None or not seen.boot or seen.boot != known.boot or seen.ahead_ms - known.ahead_ms > self._tolerance.step_ms:
            # Perhaps another process accepted it: the file knows
            self._known = believed(seen, _kept(connection), last, self._tolerance)
        return seen.seen_at

    def accept(self, turn: Turn) -> int:
        """Believe what the clock shows from now on."""
        self._known = self._look()
        _keep(turn.connection, self._known)
        return self._known.seen_at

    def _look(self) -> Mark:
        return clocks.look(clocks.wall_clock(), clocks.since_start(), self._boot)


def _kept(connection: sqlite3.Connection) -> Mark | None:
    row = connection.execute("SELECT boot, ahead_ms, seen_at FROM clock").fetchone()
    return Mark(*row) if row else None


def _keep(connection: sqlite3.Connection, mark: Mark) -> None:
    connection.execute(_KEEP, (mark.boot, mark.ahead_ms, mark.seen_at))
