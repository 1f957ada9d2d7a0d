"""The running sums, read and moved on. Exact, and O(1) amortised: a leg enters and leaves the sum of a rolling window once.

A rolling window's row holds the sums of what leaves it after `moved_to`. To know them at a later instant, what leaves in between is taken
off; whoever writes to the counter then writes down how far it was moved. `frees_from` says before which instant nothing leaves, so
legs that were wholly given back are passed once and not each time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from empower.ledger import Balance, Counter
from empower.ledger.rows import BEGINNING, counter_text
from empower.ledger.windows import window_interval
from empower.noun import define

_FIND = "SELECT id, amount, times, moved_to, frees_from FROM counter WHERE identity = ? AND starts_at = ?"
_MAKE = "INSERT INTO counter (identity, starts_at, ends_at, amount, times, moved_to, frees_from) VALUES (?, ?, ?, ?, ?, ?, ?)"
_KEEP = "UPDATE counter SET amount = ?, times = ?, moved_to = ?, frees_from = ? WHERE id = ?"
_LEAVING = "SELECT sum(amount_left), sum(times_left) FROM leg WHERE counter = ? AND leaves_at > ? AND leaves_at <= ?"
_FREES = "SELECT leaves_at FROM leg WHERE counter = ? AND leaves_at >= ? AND (amount_left > 0 OR times_left > 0) ORDER BY leaves_at LIMIT 1"
_DUE_LEGS = """
SELECT leg.counter, sum(leg.amount_left), sum(leg.times_left) FROM hold
JOIN leg ON leg.sequence = hold.sequence AND leg.part = hold.part
WHERE hold.state = 'held' AND hold.expires_at <= ? GROUP BY leg.counter
"""
_ROLLING_AT = """
SELECT sum(amount_left), sum(times_left), min(CASE WHEN amount_left > 0 OR times_left > 0 THEN leaves_at END) FROM leg
WHERE counter = ? AND leaves_at > ? AND leaves_at <= ? AND NOT EXISTS (
    SELECT 1 FROM hold WHERE hold.sequence = leg.sequence AND hold.part = leg.part AND hold.state = 'held' AND hold.expires_at <= ?
)
"""


@define
class Sum:
    """A counter's window at an instant."""

    text: str
    starts_at: int
    ends_at: int | None
    length_ms: int
    """Of a rolling window; 0 of any other."""
    id: int | None = None
    """None: nothing was drawn from it yet."""
    amount: int = 0
    times: int = 0
    frees_from: int | None = None
    """Of a rolling window: the instant at which something leaves it next; None: nothing does."""

    def balance(self) -> Balance:
        """What it holds."""
        if not self.amount and not self.times:
            return Balance(0, 0, None)
        return Balance(self.amount, self.times, self.frees_from if self.length_ms else self.ends_at)


def sum_now(connection: sqlite3.Connection, counter: Counter, now: int) -> Sum:
    """A counter at ledger time, with every hold marked that is due.

    Raises:
        ValueError: the counter's zone is unknown, or a rolling window has no length.
    """
    found = _blank(counter, now)
    row = connection.execute(_FIND, (found.text, found.starts_at)).fetchone()
    if row is None:
        return found
    found.id, found.amount, found.times, moved_to, frees_from = row
    if found.length_ms:
        _move(connection, found, moved_to, frees_from, now)
    return found


def _move(connection: sqlite3.Connection, rolling: Sum, moved_to: int, frees_from: int | None, now: int) -> None:
    if frees_from is not None and frees_from <= now:
        amount, times = connection.execute(_LEAVING, (rolling.id, moved_to, now)).fetchone()
        rolling.amount -= amount or 0
        rolling.times -= times or 0
    if rolling.amount or rolling.times:
        start = now + 1 if frees_from is None else max(now + 1, frees_from)
        (rolling.frees_from,) = connection.execute(_FREES, (rolling.id, start)).fetchone()


def keep_sum(connection: sqlite3.Connection, held: Sum, now: int) -> int:
    """Write a sum down as it stands now, and give the counter's id."""
    moved_to = now if held.length_ms else None
    if held.id is None:
        values = (held.text, held.starts_at, held.ends_at, held.amount, held.times, moved_to, held.frees_from)
        held.id = connection.execute(_MAKE, values).lastrowid
        assert held.id is not None
    else:
        connection.execute(_KEEP, (held.amount, held.times, moved_to, held.frees_from, held.id))
    return held.id


def balances_now(connection: sqlite3.Connection, counters: Iterable[Counter], now: int) -> tuple[Balance, ...]:
    """What the counters hold at ledger time, with every hold marked that is due."""
    return tuple([sum_now(connection, counter, now).balance() for counter in counters])


def balances_at(connection: sqlite3.Connection, counters: Sequence[Counter], at: int, due_by: int) -> tuple[Balance, ...]:
    """What the windows of `at` hold, by what is known now, without the holds that expire by `due_by`."""
    due = {counter: (amount, times) for counter, amount, times in connection.execute(_DUE_LEGS, (due_by,))}
    return tuple([_sum_at(connection, counter, at, due_by, due).balance() for counter in counters])


def _sum_at(connection: sqlite3.Connection, counter: Counter, at: int, due_by: int, due: dict[int, tuple[int, int]]) -> Sum:
    found = _blank(counter, at)
    row = connection.execute(_FIND, (found.text, found.starts_at)).fetchone()
    if row is None:
        return found
    found.id, found.amount, found.times, *_ = row
    if found.length_ms:
        row = connection.execute(_ROLLING_AT, (found.id, at, at + found.length_ms, due_by)).fetchone()
        found.amount, found.times, found.frees_from = row[0] or 0, row[1] or 0, row[2]
    else:
        amount, times = due.get(found.id, (0, 0))
        found.amount -= amount
        found.times -= times
    return found


def _blank(counter: Counter, at: int) -> Sum:
    """A counter's window at an instant, with nothing in it."""
    window = counter.window
    if window.kind == "rolling" and window.length_ms <= 0:
        raise ValueError(f"a rolling window has a length above 0 ms, not {window.length_ms}")
    starts_at, ends_at = window_interval(window, counter.zone, at) or (BEGINNING, None)
    return Sum(counter_text(counter), starts_at, ends_at, window.length_ms if window.kind == "rolling" else 0)
