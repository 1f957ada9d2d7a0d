"""An open transaction, as a job sees it: the latest entry, and the way to add another."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple
from zlib import compress, decompress, error as zlib_error

from empower.ledger import EventKind
from empower.ledger.chain import HoldLine, LegLine, Line, first_hash, line_hash


class State(NamedTuple):
    """The latest entry, and when the next hold is due."""

    sequence: int
    at: int | None
    hash: bytes
    due_from: int | None
    """The earliest expiry of what is held; None: nothing expires."""


_STATE = """
SELECT sequence, at, hash, (SELECT min(expires_at) FROM hold WHERE state = 'held' AND expires_at IS NOT NULL)
FROM entry ORDER BY sequence DESC LIMIT 1
"""
_ADD = "INSERT INTO entry (sequence, at, key, event, amount, because, subjects, hash, wish, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def identity(connection: sqlite3.Connection) -> str:
    """Which ledger this is."""
    (found,) = connection.execute("SELECT identity FROM ledger").fetchone()
    return str(found)


def latest_at(connection: sqlite3.Connection) -> int | None:
    """The instant of the latest entry."""
    row = connection.execute("SELECT at FROM entry ORDER BY sequence DESC LIMIT 1").fetchone()
    return row[0] if row else None


def packed(text: str) -> bytes:
    """A record as it is kept of an entry in the archive."""
    return compress(text.encode(), 9)


def unpacked(kept: bytes | str | None) -> str | None:
    """A record, whichever way it is kept; one that is damaged is empty."""
    try:
        return decompress(kept).decode() if isinstance(kept, bytes) else kept
    except (zlib_error, UnicodeDecodeError):
        return ""


class Turn:
    """What a job writes with."""

    __slots__ = ("connection", "state")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        row = connection.execute(_STATE).fetchone()
        self.state = State(*row) if row else State(0, None, first_hash(identity(connection)), None)

    def add(
        self,
        at: int,
        key: str,
        event: EventKind,
        amount: int | None,
        *,
        subjects: str,
        because: str = "",
        wish: str | None = None,
        record: str | None = None,
        holds: Sequence[HoldLine] = (),
        legs: Sequence[LegLine] = (),
    ) -> int:
        """Write an entry at the end of the chain, and give its sequence. Its holds and legs are written by the caller."""
        sequence = self.state.sequence + 1
        line = Line(sequence, at, key, event, amount, because, subjects, wish, record, holds, legs)
        hash_ = line_hash(line, self.state.hash)
        self.connection.execute(_ADD, (sequence, at, key, event, amount, because, subjects, hash_, wish, record))
        self.state = State(sequence, at, hash_, self.state.due_from)
        return sequence

    def due(self, from_: int | None) -> None:
        """From this instant on a hold may be due."""
        self.state = self.state._replace(due_from=from_)
