"""What the database holds, handed to the auditor; and the seals, held against the entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from empower.ledger import Audit, Finding
from empower.ledger.audit import Auditor, CounterState, Grouped, head_text
from empower.ledger.chain import HoldLine, LegLine, Line, first_hash
from empower.ledger.holds import Hold
from empower.noun import evolve

BATCH = 2_000
"""Rows that are fetched at a time."""
_LINES = "SELECT sequence, at, key, event, amount, because, subjects, wish, record, hash FROM empower.entry ORDER BY at, sequence"
_HOLDS = (
    "SELECT ARRAY[entry.at, hold.sequence], hold.key, reserved, expires_at FROM empower.hold JOIN empower.entry ON entry.sequence = hold.sequence "
    "ORDER BY entry.at, hold.sequence, part"
)
_LEGS = (
    "SELECT ARRAY[entry.at, leg.sequence], part, identity, starts_at, leaves_at, leg.amount, leg.times, limit_amount, limit_times, enforced, "
    "after_amount, after_times FROM empower.leg JOIN empower.entry ON entry.sequence = leg.sequence "
    "JOIN empower.counter ON counter.id = leg.counter ORDER BY entry.at, leg.sequence, number"
)
_KEYS = "SELECT key, sequence, allowed FROM empower.wish"
_STATES = "SELECT key, reserved, expires_at, state, confirmed, taken_back FROM empower.hold"
_SUMS = "SELECT identity, starts_at, amount, times, moved_to FROM empower.counter"
_HASHES = "SELECT sequence, hash FROM empower.entry ORDER BY sequence"
_SEALS = "SELECT number, until_sequence, sequences, hashes, hash FROM empower.seal ORDER BY number"
_LEFT = """
SELECT leg.sequence, hold.key, amount_left, times_left FROM empower.leg
LEFT JOIN empower.hold ON hold.sequence = leg.sequence AND hold.part = leg.part
WHERE hold.key IS NULL
OR amount_left <> least(amount, CASE state WHEN 'held' THEN reserved WHEN 'confirmed' THEN confirmed - taken_back ELSE 0 END)
OR times_left <> CASE WHEN state IN ('held', 'confirmed') THEN times ELSE 0 END
"""
_ORPHANS = """
SELECT sequence, 'the key ' || key FROM empower.wish WHERE NOT EXISTS (SELECT 1 FROM empower.entry WHERE entry.sequence = wish.sequence)
UNION ALL SELECT sequence, 'the hold ' || key FROM empower.hold
WHERE NOT EXISTS (SELECT 1 FROM empower.entry WHERE entry.sequence = hold.sequence)
UNION ALL SELECT sequence, 'a leg of ' || identity FROM empower.leg LEFT JOIN empower.counter ON counter.id = leg.counter
WHERE NOT EXISTS (SELECT 1 FROM empower.entry WHERE entry.sequence = leg.sequence)
"""


def audit(connection: psycopg.Connection[Any], head: str) -> Audit:
    """Everything in the schema, in the order of the history. The connection is in a transaction that sees one state."""

    def rows(statement: str) -> Iterator[Any]:
        with connection.cursor(f"audit_{abs(hash(statement))}", row_factory=tuple_row) as cursor:
            cursor.itersize = BATCH
            yield from cursor.execute(statement.encode())

    (identity,) = next(rows("SELECT identity FROM empower.ledger"))
    beginning = first_hash(identity)
    auditor = Auditor(beginning, linked=False)
    holds, legs = Grouped(rows(_HOLDS)), Grouped(rows(_LEGS))
    for sequence, at, key, event, amount, because, subjects, wish, record, hash_ in rows(_LINES):
        made = [HoldLine(*row) for row in holds.of([at, sequence])]
        drawn = [LegLine(*row) for row in legs.of([at, sequence])]
        auditor.take(Line(sequence, at, key, event, amount, because, subjects, wish, record, made, drawn), hash_)
    for key, sequence, allowed in rows(_KEYS):
        auditor.key(key, sequence, allowed=allowed)
    for row in rows(_STATES):
        auditor.hold(Hold(*row))
    for row in rows(_SUMS):
        auditor.counter(CounterState(*row))
    findings, sealed = _seals(rows(_SEALS), rows(_HASHES), beginning, head)
    auditor.other(findings)
    auditor.other(_left(rows))
    return evolve(auditor.done(), head=sealed)


def seal_hash(before: bytes, number: int, until: int, sequences: list[int], hashes: bytes) -> bytes:
    """The hash of a seal that follows the hash `before`, as `empower.seal_hash_v1` makes it."""
    told = f"\n{number} {until}\n{' '.join(map(str, sequences))}\n"
    return sha256(before + told.encode() + hashes).digest()


def _seals(seals: Iterator[Any], entries: Iterator[tuple[int, bytes]], before: bytes, head: str) -> tuple[list[Finding], str]:
    """What is not as it was sealed, and the head of the chain."""
    findings: list[Finding] = []
    last, passed = 0, not head
    following = next(entries, None)
    for number, until, sequences, hashes, hash_ in seals:
        if number != last + 1:
            findings.append(Finding("missing", None, f"seal {last + 1} is missing, and with it what tells whether entries are"))
        elif seal_hash(before, number, until, sequences, hashes) != hash_:
            findings.append(
                Finding("changed", None, f"seal {number} does not say what it said when it was made, or the one before it does not")
            )
        kept: dict[int, bytes] = {}
        while following is not None and following[0] <= until:
            kept[following[0]] = following[1]
            following = next(entries, None)
        findings += _unsealed(number, dict(zip(sequences, _hashes(hashes), strict=False)), kept)
        last, before = number, hash_
        passed = passed or head == head_text(number, hash_)
    if not passed:
        findings.append(
            Finding("missing", None, f"the chain does not come by the head {head}: seals at its end are gone, or it was made anew")
        )
    return findings, head_text(last, before)


def _hashes(joined: bytes) -> list[bytes]:
    return [joined[place : place + 32] for place in range(0, len(joined), 32)]


def _unsealed(number: int, sealed: dict[int, bytes], kept: dict[int, bytes]) -> Iterator[Finding]:
    """How the entries that a seal covers differ from what it says."""
    for sequence in sorted(sealed.keys() | kept.keys()):
        if sequence not in kept:
            yield Finding("missing", sequence, f"entry {sequence} is missing: seal {number} has it")
        elif sequence not in sealed:
            yield Finding("moved", sequence, f"entry {sequence} was added after seal {number}, which ends the time for that")
        elif sealed[sequence] != kept[sequence]:
            yield Finding("changed", sequence, f"entry {sequence} was written anew after seal {number}")


def _left(rows: Callable[[str], Iterator[Any]]) -> list[Finding]:
    """Legs that do not draw what their hold has left, and rows of entries that are not there."""
    findings = [
        Finding(
            "hold",
            sequence,
            f"entry {sequence}: a leg of the hold {key!r} draws {amount} in {times} times, which is not what the hold has left",
        )
        for sequence, key, amount, times in rows(_LEFT)
    ]
    gone = [Finding("missing", sequence, f"entry {sequence} is missing, and {what} is of it") for sequence, what in rows(_ORPHANS)]
    return findings + gone
