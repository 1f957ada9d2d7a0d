"""What the database holds, handed to the auditor, with its archive or without; and the seals, held against the entries."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import groupby
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from empower.ledger import Audit, Finding
from empower.ledger.audit import Auditor, CounterState, Grouped
from empower.ledger.chain import Line, first_hash
from empower.ledger.holds import Hold
from empower.ledger.seals import Seal, UpTo, check_seals, told_lines
from empower.ledger.sqlite.sealed import sealed_lines
from empower.noun import evolve

BATCH = 2_000
"""Rows that are fetched at a time."""
_LINES = "SELECT at, sequence, key, event, amount, because, subjects, wish, record, hash FROM empower.entry ORDER BY at, sequence"
_HOLDS = (
    "SELECT entry.at, hold.sequence, hold.key, reserved, expires_at FROM empower.hold JOIN empower.entry ON entry.sequence = hold.sequence "
    "ORDER BY entry.at, hold.sequence, part"
)
_LEGS = (
    "SELECT entry.at, leg.sequence, part, identity, starts_at, leaves_at, leg.amount, leg.times, limit_amount, limit_times, enforced, "
    "after_amount, after_times FROM empower.leg JOIN empower.entry ON entry.sequence = leg.sequence "
    "JOIN empower.counter ON counter.id = leg.counter ORDER BY entry.at, leg.sequence, number"
)
_KEYS = "SELECT key, sequence, allowed FROM empower.wish"
_STATES = "SELECT key, reserved, expires_at, state, confirmed, taken_back FROM empower.hold"
_SUMS = "SELECT identity, starts_at, amount, times, moved_to FROM empower.counter"
_HASHES = "SELECT sequence, hash FROM empower.entry ORDER BY sequence"
SEALS = "SELECT number, until_sequence, sequences, hashes, hash FROM empower.seal ORDER BY number"
_LEFT = """
SELECT leg.sequence, hold.key, amount_left, times_left FROM empower.leg
LEFT JOIN empower.hold ON hold.sequence = leg.sequence AND hold.part = leg.part
WHERE hold.key IS NULL
OR amount_left <> least(amount, CASE state WHEN 'held' THEN reserved WHEN 'confirmed' THEN confirmed - taken_back ELSE 0 END)
OR times_left <> CASE WHEN state IN ('held', 'confirmed') THEN times ELSE 0 END
"""
_ORPHANS = """
WITH told AS (SELECT sequence FROM empower.entry UNION ALL SELECT sequence FROM empower.past)
SELECT sequence, 'the key ' || key FROM empower.wish WHERE NOT EXISTS (SELECT 1 FROM told WHERE told.sequence = wish.sequence)
UNION ALL SELECT sequence, 'the hold ' || key FROM empower.hold
WHERE NOT EXISTS (SELECT 1 FROM told WHERE told.sequence = hold.sequence)
UNION ALL SELECT sequence, 'a leg of ' || identity FROM empower.leg LEFT JOIN empower.counter ON counter.id = leg.counter
WHERE NOT EXISTS (SELECT 1 FROM empower.entry WHERE entry.sequence = leg.sequence)
"""
_CUT = "SELECT before FROM empower.archive"
_GAPS = "SELECT first, last FROM empower.gap ORDER BY first"
_OPENINGS = (
    "SELECT identity, starts_at, opening.amount, opening.times, NULL::bigint FROM empower.opening "
    "JOIN empower.counter ON counter.id = opening.counter"
)
_PAST = "SELECT past.sequence, key, allowed FROM empower.past JOIN empower.wish ON wish.sequence = past.sequence ORDER BY past.sequence"
_PAST_HOLDS = (
    "SELECT past.sequence, key, reserved, expires_at, state, confirmed, taken_back FROM empower.past "
    "JOIN empower.hold ON hold.sequence = past.sequence ORDER BY past.sequence, part"
)
_PAST_TEXTS = "SELECT sequence, at, wish, record FROM empower.past"
_TOLD = "SELECT at, wish, CASE WHEN event = 'allowed' THEN record END FROM entry WHERE sequence = ?"
Rows = Callable[[str], Iterator[Any]]


def audit(connection: psycopg.Connection[Any], head: str) -> Audit:
    """Everything in the schema, in the order of the history. The connection is in a transaction that sees one state."""
    rows = _rows(connection)
    auditor = Auditor(_beginning(rows), linked=False)
    _open(auditor, rows)
    for line, hash_ in told_lines(rows(_LINES), rows(_HOLDS), rows(_LEGS)):
        auditor.take(line, hash_)
    return _beside(auditor, rows, rows(_HASHES), head, _away(rows))


def audit_joined(connection: psycopg.Connection[Any], archive: sqlite3.Connection, head: str) -> Audit:
    """The whole history as if it had never been parted, and what the database keeps beside all of it."""
    rows = _rows(connection)
    auditor = Auditor(_beginning(rows), linked=False)
    here = told_lines(rows(_LINES), rows(_HOLDS), rows(_LEGS))
    for line, hash_ in _once(merge(here, sealed_lines(archive), key=_place), auditor):
        auditor.take(line, hash_)
    auditor.other(_forgotten(rows, archive))
    hashes = merge(rows(_HASHES), archive.execute("SELECT sequence, hash FROM entry ORDER BY sequence"))
    return _beside(auditor, rows, (next(same) for _, same in groupby(hashes, key=lambda row: row[0])), head, lambda _: False)


def _rows(connection: psycopg.Connection[Any]) -> Rows:
    def rows(statement: str) -> Iterator[Any]:
        with connection.cursor(f"audit_{abs(hash(statement))}", row_factory=tuple_row) as cursor:
            cursor.itersize = BATCH
            yield from cursor.execute(statement.encode())

    return rows


def _beginning(rows: Rows) -> bytes:
    ((identity,),) = rows("SELECT identity FROM empower.ledger")
    return first_hash(identity)


def _open(auditor: Auditor, rows: Rows) -> None:
    """What an archive left."""
    for (cut,) in rows(_CUT):
        auditor.opened(cut, [CounterState(*row) for row in rows(_OPENINGS)])
    holds = Grouped(rows(_PAST_HOLDS))
    for sequence, key, allowed in rows(_PAST):
        auditor.past(key, sequence, [Hold(*row) for row in holds.of(sequence)], allowed=allowed)


def _away(rows: Rows) -> Callable[[int], bool]:
    """Whether an entry lies in the archive alone."""
    gaps = list(rows(_GAPS))
    firsts = [first for first, _ in gaps]

    def away(sequence: int) -> bool:
        place = bisect_right(firsts, sequence)
        return place > 0 and sequence <= gaps[place - 1][1]

    return away


def _place(told: tuple[Line, bytes]) -> tuple[int, int]:
    return told[0].at, told[0].sequence


def _once(lines: Iterable[tuple[Line, bytes]], auditor: Auditor) -> Iterator[tuple[Line, bytes]]:
    """Each entry once, which may be here and in the archive."""
    for (_, sequence), same in groupby(lines, key=_place):
        told = list(same)
        yield told[0]
        if len({hash_ for _, hash_ in told}) > 1:
            auditor.other([Finding("changed", sequence, f"entry {sequence} is another in the archive than here")])


def _forgotten(rows: Rows, archive: sqlite3.Connection) -> Iterator[Finding]:
    """What keys need of entries in the archive, where it is not what the archive says."""
    for sequence, *kept in rows(_PAST_TEXTS):
        if archive.execute(_TOLD, (sequence,)).fetchone() != tuple(kept):
            yield Finding("key", sequence, f"entry {sequence} is not kept for its key as the archive tells it")


def _beside(auditor: Auditor, rows: Rows, hashes: Iterator[tuple[int, bytes]], head: str, away: Callable[[int], bool]) -> Audit:
    """What is kept beside the entries, and the seals."""
    for key, sequence, allowed in rows(_KEYS):
        auditor.key(key, sequence, allowed=allowed)
    for row in rows(_STATES):
        auditor.hold(Hold(*row))
    for row in rows(_SUMS):
        auditor.counter(CounterState(*row))
    findings, found_head = check_seals((Seal(*row) for row in rows(SEALS)), _beginning(rows), head, UpTo(hashes), away)
    auditor.other(findings)
    auditor.other(_left(rows))
    return evolve(auditor.done(), head=found_head)


def _left(rows: Rows) -> list[Finding]:
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
