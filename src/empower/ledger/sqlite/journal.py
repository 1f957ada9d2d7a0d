"""An open transaction, as a job sees it: the latest entry, and the way to add another."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from empower.ledger import EventKind
from empower.ledger.chain import HoldLine, LegLine, Line, first_hash, line_hash


class Last(NamedTuple):
    """The latest entry."""

    sequence: int
    at: int | None
    hash: bytes


LATEST_AT = "SELECT at FROM entry ORDER BY sequence DESC LIMIT 1"
_LAST = "SELECT sequence, at, hash FROM entry ORDER BY sequence DESC LIMIT 1"
_ADD = "INSERT INTO entry (sequence, at, key, event, amount, because, subjects, hash, wish, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def identity(connection: sqlite3.Connection) -> str:
    """Which ledger this is."""
    (found,) = connection.execute("SELECT identity FROM ledger").fetchone()
    return str(found)


class Turn:
    """What a job writes with."""

    __slots__ = ("connection", "last")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        row = connection.execute(_LAST).fetchone()
        self.last = Last(*row) if row else Last(0, None, first_hash(identity(connection)))

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
        sequence = self.last.sequence + 1
        line = Line(sequence, at, key, event, amount, because, subjects, wish, record, holds, legs)
        hash_ = line_hash(line, self.last.hash)
        self.connection.execute(_ADD, (sequence, at, key, event, amount, because, subjects, hash_, wish, record))
        self.last = Last(sequence, at, hash_)
        return sequence
