"""Closed periods moved into an archive: a file with the whole history up to an entry, of which the ledger keeps what may still matter.

First the archive has every entry up to the cut, on the disk and checked; then one transaction drops from the ledger what is closed. A crash
between the two leaves both whole, and the same call again goes on. What is closed, at an instant before which everything is to go:

* an attempt that allowed nothing;
* an allow and the events of its holds, if none is held, none had an event after the cut, and each leg has left its window.

A closed hold never changes again. So what its legs drew is one number a sum, and its key answers from `hold`, `wish` and `past`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from empower.ledger import Audit, Counter
from empower.ledger.audit import head_text
from empower.ledger.rows import counter_from
from empower.ledger.sqlite.archive_file import (
    Archived,
    differing,
    fill,
    filled_archive,
    gone,
    lacking,
    opened_archive,
    refuse_wrong,
)
from empower.ledger.sqlite.audit import audit_archive
from empower.ledger.sqlite.counters import keep_sum, sum_now
from empower.ledger.sqlite.journal import Turn, identity, packed

_KEPT = "SELECT file, sequence, hash, before FROM archive WHERE one = 1"
_HASH = "SELECT hash FROM entry WHERE sequence = ? UNION ALL SELECT hash FROM archive WHERE sequence = ?"
_CUT = "SELECT sequence FROM entry WHERE at < ? AND sequence < (SELECT max(sequence) FROM entry) ORDER BY sequence DESC LIMIT 1"
_STAYING = """
CREATE TEMP TABLE staying AS
SELECT sequence FROM hold WHERE sequence <= :cut AND state = 'held'
UNION SELECT leg.sequence FROM leg JOIN counter ON counter.id = leg.counter WHERE leg.sequence <= :cut AND (leaves_at > :at OR ends_at > :at)
UNION SELECT hold.sequence FROM entry JOIN hold ON hold.key = entry.key
WHERE entry.sequence > :cut AND event IN ('confirmed', 'voided', 'reversed', 'expired') AND hold.sequence <= :cut
"""
_LEAVING = """
INSERT INTO leaving SELECT entry.sequence FROM entry
LEFT JOIN hold ON hold.key = entry.key AND event IN ('confirmed', 'voided', 'reversed', 'expired')
WHERE entry.sequence <= :cut AND coalesce(hold.sequence, entry.sequence) NOT IN (SELECT sequence FROM staying)
"""
_MOVED_ON = """
SELECT DISTINCT identity FROM leaving JOIN leg ON leg.sequence = leaving.sequence JOIN counter ON counter.id = leg.counter
WHERE leaves_at > moved_to
"""
_GAPS = """
SELECT first, last, hash FROM gap UNION ALL
SELECT entry.sequence, entry.sequence, hash FROM leaving JOIN entry ON entry.sequence = leaving.sequence ORDER BY 1
"""
_MOVE = (
    "DELETE FROM past WHERE sequence NOT IN (SELECT sequence FROM wish)",
    """
INSERT INTO past SELECT entry.sequence, at, entry.wish, CASE WHEN allowed THEN packed(record) END FROM leaving
JOIN entry ON entry.sequence = leaving.sequence JOIN wish ON wish.key = entry.key AND wish.sequence = entry.sequence
""",
    """
INSERT INTO opening SELECT counter, sum(amount_left), sum(times_left) FROM leaving JOIN leg ON leg.sequence = leaving.sequence
WHERE leaves_at IS NULL GROUP BY counter
ON CONFLICT (counter) DO UPDATE SET amount = amount + excluded.amount, times = times + excluded.times
""",
    "DELETE FROM leg WHERE sequence IN (SELECT sequence FROM leaving)",
    "DELETE FROM entry WHERE sequence IN (SELECT sequence FROM leaving)",
)
_COPIES = (
    ("entry", "SELECT * FROM entry WHERE sequence > ? AND sequence <= ?"),
    ("hold", "SELECT key, sequence, part, reserved, expires_at, 'held', 0, 0 FROM hold WHERE sequence > ? AND sequence <= ?"),
    (
        "leg",
        """
SELECT sequence, number, part, counter, leaves_at, amount, times, limit_amount, limit_times, enforced, after_amount, after_times, amount, times
FROM leg WHERE sequence > ? AND sequence <= ?
""",
    ),
    ("counter", "SELECT id, identity, starts_at, ends_at, 0, 0, NULL, NULL FROM counter WHERE ? <= ?"),
    ("pack", "SELECT digest, content FROM pack WHERE ? <= ?"),
)
"""What goes into the archive, as it was when it was made: what became of it follows from the entries."""


def archived(connection: sqlite3.Connection) -> Archived | None:
    """Where the archived part is; None: everything is here."""
    row = connection.execute(_KEPT).fetchone()
    if row is None:
        return None
    file, sequence, hash_, before = row
    (entries,) = connection.execute("SELECT coalesce(sum(last - first + 1), 0) FROM gap").fetchone()
    return Archived(file, head_text(sequence, hash_), before, entries)


def cut_before(connection: sqlite3.Connection, before: int) -> tuple[int, int]:
    """The last entry that may leave, and the instant at which it must not matter any more. Never the newest entry: time goes on from it."""
    row = connection.execute(_CUT, (before,)).fetchone()
    (latest,) = connection.execute("SELECT max(at) FROM entry WHERE sequence = (SELECT max(sequence) FROM entry)").fetchone()
    kept = connection.execute(_KEPT).fetchone()
    sequence, at = (row[0] if row else 0), min(before, before if latest is None else latest)
    return (max(sequence, kept[1]), max(at, kept[3])) if kept else (sequence, at)


def refuse_archived(connection: sqlite3.Connection, counters: Sequence[Counter], at: int) -> None:
    """Refuse to say what a rolling window held at an instant of which legs may lie in the archive. Sums of the calendar are all here.

    Raises:
        LedgerUnavailable.
    """
    kept = connection.execute(_KEPT).fetchone()
    if kept and at < kept[3] and any(counter.window.kind == "rolling" for counter in counters):
        raise gone(kept[3], at, kept[0])


# ------------------------------------------------------------------------------------------------ the archive


def verify_archive(path: Path, head: str = "") -> Audit:
    """Tell the history in an archive again, from its first entry on; it has to come by the head.

    Raises:
        WrongLedger: it is no archive; LedgerUnavailable.
    """
    with opened_archive(path) as archive:
        return audit_archive(archive, head)


def fill_archive(source: sqlite3.Connection, path: Path, cut: int) -> None:
    """Bring every entry up to the cut into the archive, wait for the disk, and check it from its first entry on.

    Raises:
        WrongLedger: the file is no archive of this ledger, it lacks what is no longer here, or something in it is wrong; LedgerUnavailable.
    """
    with filled_archive(path, identity(source)) as target:
        (last,) = target.execute("SELECT coalesce(max(sequence), 0) FROM entry").fetchone()
        kept = source.execute(_KEPT).fetchone()
        if kept and last < kept[1]:
            raise lacking(path, kept[0])
        if last:
            _met(source, target, path, last)
        for table, query in _COPIES:
            fill(target, table, source.execute(query, (last, cut)))
        refuse_wrong(audit_archive(target, ""), path)


def _met(ledger: sqlite3.Connection, archive: sqlite3.Connection, path: Path, sequence: int) -> bytes:
    """The hash of an entry, in which both tell the same.

    Raises:
        WrongLedger: they do not, or one of them does not have it.
    """
    (found,) = archive.execute("SELECT hash FROM entry WHERE sequence = ?", (sequence,))
    if found not in ledger.execute(_HASH, (sequence, sequence)).fetchall():
        raise differing(path, sequence)
    hash_: bytes = found[0]
    return hash_


# ------------------------------------------------------------------------------------------------ the ledger


def drop_archived(turn: Turn, path: Path, cut: int, at: int) -> int:
    """Drop what is closed and lies in the archive, and leave what the rest needs to be proved; how many entries.

    Raises:
        WrongLedger: the archive tells another history; LedgerUnavailable.
    """
    connection = turn.connection
    with opened_archive(path, identity(connection)) as archive:
        hash_ = _met(connection, archive, path, cut)
    connection.execute("CREATE TEMP TABLE leaving (sequence INTEGER NOT NULL PRIMARY KEY)")
    connection.execute(_STAYING, {"cut": cut, "at": at})
    connection.execute(_LEAVING, {"cut": cut})
    (count,) = connection.execute("SELECT count(*) FROM leaving").fetchone()
    _move_windows_on(turn)
    gaps = _joined(connection.execute(_GAPS))
    connection.execute("DELETE FROM gap")
    connection.executemany("INSERT INTO gap (first, last, hash) VALUES (?, ?, ?)", gaps)
    connection.create_function("packed", 1, packed, deterministic=True)
    for statement in _MOVE:
        connection.execute(statement)
    connection.execute("INSERT OR REPLACE INTO archive VALUES (1, ?, ?, ?, ?)", (str(path), cut, hash_, at))
    connection.execute("DROP TABLE leaving")
    connection.execute("DROP TABLE staying")
    return int(count)


def _move_windows_on(turn: Turn) -> None:
    """A rolling window takes off what left it by looking at the legs, so it must have done so before they go."""
    now = turn.state.at
    for (text,) in turn.connection.execute(_MOVED_ON).fetchall():
        assert now is not None  # something leaves, so something is there
        keep_sum(turn.connection, sum_now(turn.connection, counter_from(text), now), now)


def _joined(stretches: Iterable[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """Stretches in order, those that touch made one."""
    found: list[tuple[int, int, bytes]] = []
    for first, last, hash_ in stretches:
        start = found.pop()[0] if found and found[-1][1] + 1 == first else first
        found.append((start, last, hash_))
    return found
