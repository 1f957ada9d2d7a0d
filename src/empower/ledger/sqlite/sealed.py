"""An archive of a ledger whose chain is sealed (PostgreSQL): its entries in the order of time, and seals of its own over what came into it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from empower.ledger import Finding
from empower.ledger.audit import head_text
from empower.ledger.chain import Line, first_hash
from empower.ledger.seals import Seal, check_seals, seal_hash, told_lines
from empower.ledger.sqlite.journal import identity

_MAKE = """
CREATE TABLE IF NOT EXISTS seal (
    number INTEGER NOT NULL PRIMARY KEY,
    sequences TEXT NOT NULL,        -- the entries that it covers, as JSON
    hashes BLOB NOT NULL,           -- their hashes, 32 bytes each
    hash BLOB NOT NULL CHECK (length(hash) = 32)
)
"""
_LINES = "SELECT at, sequence, key, event, amount, because, subjects, wish, record, hash FROM entry ORDER BY at, sequence"
_HOLDS = (
    "SELECT entry.at, hold.sequence, hold.key, reserved, expires_at FROM hold JOIN entry ON entry.sequence = hold.sequence "
    "ORDER BY entry.at, hold.sequence, part"
)
_LEGS = (
    "SELECT entry.at, leg.sequence, part, identity, starts_at, leaves_at, leg.amount, leg.times, limit_amount, limit_times, enforced, "
    "after_amount, after_times FROM leg JOIN entry ON entry.sequence = leg.sequence JOIN counter ON counter.id = leg.counter "
    "ORDER BY entry.at, leg.sequence, number"
)


def is_sealed(archive: sqlite3.Connection) -> bool:
    """Whether it is one."""
    return archive.execute("SELECT 1 FROM sqlite_master WHERE name = 'seal'").fetchone() is not None


def sealed_lines(archive: sqlite3.Connection) -> Iterator[tuple[Line, bytes]]:
    """Its entries as they were made, each with its hash, in the order of time."""
    return told_lines(archive.execute(_LINES), archive.execute(_HOLDS), archive.execute(_LEGS))


def seals(archive: sqlite3.Connection) -> Iterator[Seal]:
    """Its own."""
    for number, sequences, hashes, hash_ in archive.execute("SELECT number, sequences, hashes, hash FROM seal ORDER BY number"):
        listed = json.loads(sequences)
        yield Seal(number, max(listed, default=0), listed, hashes, hash_)


def add_seal(archive: sqlite3.Connection) -> None:
    """Seal what came into the archive since its last seal."""
    archive.execute(_MAKE)
    number, before, covered = 0, first_hash(identity(archive)), set()
    for seal in seals(archive):
        number, before = seal.number, seal.hash
        covered |= set(seal.sequences)
    rows = archive.execute("SELECT sequence, hash FROM entry ORDER BY sequence")
    fresh = [(sequence, hash_) for sequence, hash_ in rows if sequence not in covered]
    if not fresh:
        return
    sequences, joined = [sequence for sequence, _ in fresh], b"".join(hash_ for _, hash_ in fresh)
    hash_ = seal_hash(before, number + 1, sequences[-1], sequences, joined)
    archive.execute("INSERT INTO seal VALUES (?, ?, ?, ?)", (number + 1, json.dumps(sequences), joined, hash_))


def sealed_head(archive: sqlite3.Connection) -> tuple[int, bytes]:
    """The number and hash of its last seal."""
    number, hash_ = archive.execute("SELECT number, hash FROM seal ORDER BY number DESC LIMIT 1").fetchone()
    return number, hash_


def check_sealed(archive: sqlite3.Connection, head: str) -> tuple[list[Finding], str]:
    """What is not as it was sealed, and the head of the archive."""
    covered: set[int] = set()

    def kept(seal: Seal) -> dict[int, bytes]:
        covered.update(seal.sequences)
        rows = (archive.execute("SELECT sequence, hash FROM entry WHERE sequence = ?", (one,)).fetchone() for one in seal.sequences)
        return dict(row for row in rows if row is not None)

    findings, found_head = check_seals(seals(archive), first_hash(identity(archive)), head, kept, lambda _: False)
    for (sequence,) in archive.execute("SELECT sequence FROM entry"):
        if sequence not in covered:
            findings.append(Finding("moved", sequence, f"entry {sequence} was put into the archive past its seals"))
    return findings, found_head


def comes_by(archive: sqlite3.Connection, number: int, hash_: bytes) -> bool:
    """Whether one of its seals is this one."""
    return head_text(number, hash_) in (head_text(seal.number, seal.hash) for seal in seals(archive))
