"""What a file holds, handed to the auditor; and what SQLite itself can tell to be wrong."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator

from empower.ledger import Audit, Finding
from empower.ledger.audit import FINDINGS_MAX, Auditor, CounterState, Grouped
from empower.ledger.chain import HoldLine, LegLine, Line, first_hash
from empower.ledger.holds import Hold
from empower.ledger.sqlite.journal import identity, unpacked
from empower.ledger.sqlite.sealed import check_sealed, is_sealed, sealed_lines
from empower.noun import evolve

_LINES = "SELECT sequence, at, key, event, amount, because, subjects, wish, record, hash FROM entry WHERE sequence > ? ORDER BY sequence"
_HOLDS = "SELECT sequence, key, reserved, expires_at, state, confirmed, taken_back FROM hold ORDER BY sequence, part"
_LEGS = (
    "SELECT sequence, part, identity, starts_at, leaves_at, leg.amount, leg.times, limit_amount, limit_times, enforced, after_amount, after_times, "
    "amount_left, times_left FROM leg JOIN counter ON counter.id = leg.counter ORDER BY sequence, number"
)
_STATES = "SELECT key, reserved, expires_at, state, confirmed, taken_back FROM hold"
_SUMS = "SELECT identity, starts_at, amount, times, moved_to FROM counter"
_OPENINGS = "SELECT identity, starts_at, opening.amount, opening.times, NULL FROM opening JOIN counter ON counter.id = opening.counter"
_PAST = "SELECT past.sequence, key, allowed FROM past JOIN wish ON wish.sequence = past.sequence ORDER BY past.sequence"
_PAST_HOLDS = (
    "SELECT past.sequence, key, reserved, expires_at, state, confirmed, taken_back FROM past JOIN hold ON hold.sequence = past.sequence "
    "ORDER BY past.sequence, part"
)
_ORPHANS = """
SELECT sequence, 'the key ' || key FROM wish WHERE sequence NOT IN (SELECT sequence FROM entry UNION ALL SELECT sequence FROM past)
UNION ALL SELECT sequence, 'the hold ' || key FROM hold WHERE sequence NOT IN (SELECT sequence FROM entry UNION ALL SELECT sequence FROM past)
UNION ALL SELECT sequence, 'a leg of ' || identity FROM leg LEFT JOIN counter ON counter.id = leg.counter
WHERE sequence NOT IN (SELECT sequence FROM entry)
"""


def audit(connection: sqlite3.Connection, head: str) -> Audit:
    """Everything in the file, from its first entry on."""
    auditor = Auditor(first_hash(identity(connection)), head)
    auditor.other(_damage(connection))
    _open(auditor, connection)
    _take(auditor, connection)
    return _beside(auditor, connection)


def audit_archive(archive: sqlite3.Connection, head: str) -> Audit:
    """Everything in an archive, from its first entry on."""
    if is_sealed(archive):
        return _audit_sealed(archive, head)
    auditor = Auditor(first_hash(identity(archive)), head)
    auditor.other(_damage(archive))
    _take(auditor, archive, as_made=True)
    return auditor.told()


def _audit_sealed(archive: sqlite3.Connection, head: str) -> Audit:
    auditor = Auditor(first_hash(identity(archive)), linked=False)
    auditor.other(_damage(archive))
    for line, hash_ in sealed_lines(archive):
        auditor.take(line, hash_)
    findings, found_head = check_sealed(archive, head)
    auditor.other(findings)
    return evolve(auditor.told(), head=found_head)


def audit_joined(connection: sqlite3.Connection, archive: sqlite3.Connection, head: str) -> Audit:
    """The whole history: the archive from its first entry on, the file where the archive ends, and what the file keeps beside all of it."""
    auditor = Auditor(first_hash(identity(archive)), head)
    auditor.other(_damage(archive))
    _take(auditor, archive, as_made=True)
    (last,) = archive.execute("SELECT coalesce(max(sequence), 0) FROM entry").fetchone()
    _take(auditor, connection, after=last)
    auditor.other(_forgotten(connection, archive))
    return _beside(auditor, connection)


def _forgotten(connection: sqlite3.Connection, archive: sqlite3.Connection) -> Iterator[Finding]:
    """What keys need of entries in the archive, where it is not what the archive says."""
    for sequence, at, wish, record in connection.execute("SELECT sequence, at, wish, record FROM past"):
        told = archive.execute("SELECT at, wish, CASE WHEN event = 'allowed' THEN record END FROM entry WHERE sequence = ?", (sequence,))
        if told.fetchone() != (at, wish, unpacked(record)):
            yield Finding("key", sequence, f"entry {sequence} is not kept for its key as the archive tells it")


def both(here: Audit, joined: Audit) -> Audit:
    """What was found by either, each finding once."""
    findings = [*joined.findings, *(finding for finding in here.findings if finding not in joined.findings)]
    return Audit(joined.entries, joined.head, tuple(findings[:FINDINGS_MAX]), max(joined.found, here.found, len(findings)))


def _open(auditor: Auditor, connection: sqlite3.Connection) -> None:
    """What an archive left."""
    cut = connection.execute("SELECT sequence FROM archive").fetchone()
    auditor.opened(cut[0] if cut else 0, [CounterState(*row) for row in connection.execute(_OPENINGS)])
    holds = Grouped(connection.execute(_PAST_HOLDS))
    for sequence, key, allowed in connection.execute(_PAST).fetchall():
        auditor.past(key, sequence, [Hold(*row) for row in holds.of(sequence)], allowed=bool(allowed))


def _take(auditor: Auditor, connection: sqlite3.Connection, *, after: int = 0, as_made: bool = False) -> None:
    """The entries after this one, in order; `as_made`: nothing is kept of what became of them."""
    holds, legs = Grouped(connection.execute(_HOLDS)), Grouped(connection.execute(_LEGS))
    gaps = deque(connection.execute("SELECT first, last, hash FROM gap WHERE first > ? ORDER BY first", (after,)))
    for sequence, at, key, event, amount, because, subjects, wish, record, hash_ in connection.execute(_LINES, (after,)):
        while gaps and gaps[0][0] < sequence:
            auditor.pass_over(*gaps.popleft())
        made = [Hold(*row) for row in holds.of(sequence)]
        rows = legs.of(sequence)
        drawn = [LegLine(*row[:-2]) for row in rows]
        lines = [HoldLine(hold.key, hold.reserved, hold.expires_at) for hold in made]
        auditor.take(Line(sequence, at, key, event, amount, because, subjects, wish, record, lines, drawn), hash_)
        for line, (*_, amount_left, times_left) in zip(drawn, [] if as_made else rows, strict=not as_made):
            hold = made[line.part - 1] if 0 < line.part <= len(made) else None
            auditor.left(sequence, line, hold, (amount_left, times_left))


def _beside(auditor: Auditor, connection: sqlite3.Connection) -> Audit:
    """What is kept beside the entries."""
    for key, sequence, allowed in connection.execute("SELECT key, sequence, allowed FROM wish"):
        auditor.key(key, sequence, allowed=bool(allowed))
    for row in connection.execute(_STATES):
        auditor.hold(Hold(*row))
    for row in connection.execute(_SUMS):
        auditor.counter(CounterState(*row))
    auditor.other(_gone(connection))
    return auditor.done()


def _damage(connection: sqlite3.Connection) -> list[Finding]:
    return [Finding("file", None, f"SQLite finds: {told}") for (told,) in connection.execute("PRAGMA integrity_check") if told != "ok"]


def _gone(connection: sqlite3.Connection) -> list[Finding]:
    """Rows of entries that are not there."""
    return [
        Finding("missing", sequence, f"entry {sequence} is missing, and {what} is of it") for sequence, what in connection.execute(_ORPHANS)
    ]
