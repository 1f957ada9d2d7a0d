"""What a file holds, handed to the auditor; and what SQLite itself can tell to be wrong."""

from __future__ import annotations

import sqlite3

from empower.ledger import Audit, Finding
from empower.ledger.audit import Auditor, CounterState, Grouped
from empower.ledger.chain import HoldLine, LegLine, Line, first_hash
from empower.ledger.holds import Hold
from empower.ledger.sqlite.journal import identity

_LINES = "SELECT sequence, at, key, event, amount, because, subjects, wish, record, hash FROM entry ORDER BY sequence"
_HOLDS = "SELECT sequence, key, reserved, expires_at, state, confirmed, taken_back FROM hold ORDER BY sequence, part"
_LEGS = (
    "SELECT sequence, part, identity, starts_at, leaves_at, leg.amount, leg.times, limit_amount, limit_times, enforced, after_amount, after_times, "
    "amount_left, times_left FROM leg JOIN counter ON counter.id = leg.counter ORDER BY sequence, number"
)
_STATES = "SELECT key, reserved, expires_at, state, confirmed, taken_back FROM hold"
_SUMS = "SELECT identity, starts_at, amount, times, moved_to FROM counter"
_ORPHANS = """
SELECT sequence, 'the key ' || key FROM wish WHERE sequence NOT IN (SELECT sequence FROM entry)
UNION ALL SELECT sequence, 'the hold ' || key FROM hold WHERE sequence NOT IN (SELECT sequence FROM entry)
UNION ALL SELECT sequence, 'a leg of ' || identity FROM leg LEFT JOIN counter ON counter.id = leg.counter
WHERE sequence NOT IN (SELECT sequence FROM entry)
"""


def audit(connection: sqlite3.Connection, head: str) -> Audit:
    """Everything in the file, from its first entry on."""
    auditor = Auditor(first_hash(identity(connection)), head)
    auditor.other(_damage(connection))
    holds, legs = Grouped(connection.execute(_HOLDS)), Grouped(connection.execute(_LEGS))
    for sequence, at, key, event, amount, because, subjects, wish, record, hash_ in connection.execute(_LINES):
        made = [Hold(*row) for row in holds.of(sequence)]
        rows = legs.of(sequence)
        drawn = [LegLine(*row[:-2]) for row in rows]
        lines = [HoldLine(hold.key, hold.reserved, hold.expires_at) for hold in made]
        auditor.take(Line(sequence, at, key, event, amount, because, subjects, wish, record, lines, drawn), hash_)
        for line, (*_, amount_left, times_left) in zip(drawn, rows, strict=True):
            hold = made[line.part - 1] if 0 < line.part <= len(made) else None
            auditor.left(sequence, line, hold, (amount_left, times_left))
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
