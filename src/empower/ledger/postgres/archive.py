"""Closed periods moved into an archive: a file with everything before an instant, of which the database keeps what may still matter.

First the archive has it, on the disk and checked; then one call of the database drops what is closed (`empower.archive_v1` says what that
is). A crash between the two leaves both whole, and the same call again goes on. Only entries that are sealed move, so none can come between
them any more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from empower.ledger import Counter
from empower.ledger.audit import head_text
from empower.ledger.postgres.audit import SEALS
from empower.ledger.seals import Seal
from empower.ledger.sqlite.archive_file import Archived, differing, fill, filled_archive, gone, lacking, refuse_wrong
from empower.ledger.sqlite.audit import audit_archive
from empower.ledger.sqlite.sealed import add_seal, comes_by, is_sealed, sealed_head
from empower.noun import frozen

_BATCH = 2_000
_KEPT = "SELECT file, seal, hash, before FROM empower.archive"
_CUT = """
SELECT least(%s, (SELECT max(at) FROM empower.entry), (SELECT min(at) FROM empower.entry WHERE sequence > sealed.until)), sealed.until
FROM (SELECT max(until_sequence) AS until FROM empower.seal) AS sealed
"""
_ANY = "SELECT 1 FROM empower.entry WHERE at < %s AND sequence <= %s LIMIT 1"
_COPIES = {
    "entry": """
SELECT sequence, at, key, event, amount, because, subjects, hash, wish, record FROM empower.entry WHERE at < %s AND sequence <= %s
""",
    "hold": """
SELECT hold.key, hold.sequence, part, reserved, expires_at, 'held', 0, 0 FROM empower.hold
JOIN empower.entry ON entry.sequence = hold.sequence WHERE entry.at < %s AND entry.sequence <= %s
""",
    "leg": """
SELECT leg.sequence, number, part, counter, leaves_at, leg.amount, times, limit_amount, limit_times, enforced::integer, after_amount, after_times,
    leg.amount, times
FROM empower.leg JOIN empower.entry ON entry.sequence = leg.sequence WHERE entry.at < %s AND entry.sequence <= %s
""",
    "counter": """
SELECT id, identity, starts_at, ends_at, 0, 0, NULL, NULL FROM empower.counter WHERE id IN (
    SELECT counter FROM empower.leg JOIN empower.entry ON entry.sequence = leg.sequence WHERE entry.at < %s AND entry.sequence <= %s
)
""",
    "pack": "SELECT digest, content FROM empower.pack WHERE %s > %s OR true",
}
"""What goes into the archive, as it was when it was made: what became of it follows from the entries."""


@frozen
class Cut:
    """What is to move: what is closed of the entries before an instant, up to a sequence."""

    before: int
    until: int


def archived(connection: psycopg.Connection[Any]) -> Archived | None:
    """Where the archived part is; None: everything is here."""
    row = connection.execute(_KEPT).fetchone()
    if row is None:
        return None
    file, seal, hash_, before = row
    (entries,) = connection.execute("SELECT coalesce(sum(last - first + 1), 0)::bigint FROM empower.gap").fetchone() or (0,)
    return Archived(file, head_text(seal, hash_), before, entries)


def cut_before(connection: psycopg.Connection[Any], before: int) -> Cut | None:
    """What is to move of what was given before an instant; never the newest entry, for time goes on from it. None: nothing."""
    row = connection.execute(_CUT, (before,)).fetchone()
    kept = connection.execute(_KEPT).fetchone()
    if row is None or None in row:
        return None
    cut = Cut(max(row[0], kept[3]) if kept else row[0], row[1])
    return cut if connection.execute(_ANY, (cut.before, cut.until)).fetchone() else None


def refuse_archived(connection: psycopg.Connection[Any], counters: Sequence[Counter], at: int) -> None:
    """Refuse to say what a rolling window held at an instant of which legs may lie in the archive. Sums of the calendar are all here.

    Raises:
        LedgerUnavailable.
    """
    kept = connection.execute(_KEPT).fetchone()
    if kept and at < kept[3] and any(counter.window.kind == "rolling" for counter in counters):
        raise gone(kept[3], at, kept[0])


def fill_archive(source: psycopg.Connection[Any], path: Path, cut: Cut) -> tuple[int, bytes]:
    """Bring all that is before the cut into the archive, wait for the disk, and check it from its first entry on; gives its last seal.

    Raises:
        WrongLedger: the file is no archive of this ledger, it lacks what is no longer here, or something in it is wrong; LedgerUnavailable.
    """
    (of,) = source.execute("SELECT identity FROM empower.ledger").fetchone() or ("",)
    with filled_archive(path, of) as target:
        _refuse_lacking(source, target, path)
        for table, query in _COPIES.items():
            fill(target, table, _rows(source, query, cut.before, cut.until))
        add_seal(target)
        refuse_wrong(audit_archive(target, ""), path)
        return sealed_head(target)


def _refuse_lacking(source: psycopg.Connection[Any], archive: sqlite3.Connection, path: Path) -> None:
    """Refuse an archive without what was archived before, or with an entry that is not the one which was sealed here."""
    kept = source.execute(_KEPT).fetchone()
    if kept and not (is_sealed(archive) and comes_by(archive, kept[1], kept[2])):
        raise lacking(path, kept[0])
    sealed: dict[int, bytes] = {}
    for seal in _rows(source, SEALS):
        sealed |= Seal(*seal).covered()
    for sequence, hash_ in archive.execute("SELECT sequence, hash FROM entry ORDER BY sequence DESC"):
        if sealed.get(sequence) != hash_:
            raise differing(path, sequence)


def _rows(source: psycopg.Connection[Any], query: str, *parameters: int) -> Iterator[Any]:
    with source.cursor("archive", row_factory=tuple_row) as cursor:
        cursor.itersize = _BATCH
        yield from cursor.execute(query.encode(), parameters)
