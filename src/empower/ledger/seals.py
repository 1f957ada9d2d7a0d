"""A chain of seals, for entries that are chained after they were written: each seal covers some entries and the hash of the seal before it.

Such a history is told in the order of (at, sequence), and its sequences have gaps. Pure; the same in a database of PostgreSQL and in an
archive of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from empower.ledger import Finding
from empower.ledger.audit import Grouped, head_text
from empower.ledger.chain import HoldLine, LegLine, Line
from empower.noun import frozen

HASH = 32
"""The bytes of a hash."""


def told_lines(lines: Iterable[Any], holds: Iterable[Any], legs: Iterable[Any]) -> Iterator[tuple[Line, bytes]]:
    """Each entry with its holds and legs as they were made, and its hash. Rows are in order, and begin with (at, sequence)."""
    made, drawn = (Grouped(((at, sequence), *rest) for at, sequence, *rest in rows) for rows in (holds, legs))
    for at, sequence, key, event, amount, because, subjects, wish, record, hash_ in lines:
        of = (at, sequence)
        line = Line(
            sequence, at, key, event, amount, because, subjects, wish, record, [HoldLine(*row) for row in made.of(of)],
            [LegLine(*row) for row in drawn.of(of)],
        )  # fmt: skip
        yield line, hash_


class UpTo:
    """Hashes of entries in the order of their sequences, taken as far as each seal covers."""

    def __init__(self, entries: Iterator[tuple[int, bytes]]) -> None:
        self._entries = entries
        self._next = next(entries, None)

    def __call__(self, seal: Seal) -> dict[int, bytes]:
        """Those that this seal may cover, or that lie before it."""
        kept = {}
        while self._next is not None and self._next[0] <= seal.until:
            kept[self._next[0]] = self._next[1]
            self._next = next(self._entries, None)
        return kept


@frozen
class Seal:
    """A seal as it is kept."""

    number: int
    until: int
    """No entry up to here will ever be added."""
    sequences: list[int]
    hashes: bytes
    """Of the entries that it covers, one after the other."""
    hash: bytes

    def covered(self) -> dict[int, bytes]:
        """The hash of each entry that it covers."""
        each = [self.hashes[place : place + HASH] for place in range(0, len(self.hashes), HASH)]
        return dict(zip(self.sequences, each, strict=False))


def seal_hash(before: bytes, number: int, until: int, sequences: Iterable[int], hashes: bytes) -> bytes:
    """The hash of a seal that follows the hash `before`, as `empower.seal_hash_v1` makes it."""
    told = f"\n{number} {until}\n{' '.join(map(str, sequences))}\n"
    return sha256(before + told.encode() + hashes).digest()


def check_seals(
    seals: Iterable[Seal], before: bytes, head: str, kept: Callable[[Seal], Mapping[int, bytes]], away: Callable[[int], bool]
) -> tuple[list[Finding], str]:
    """What is not as it was sealed, and the head of the chain.

    `kept`: the hashes of the entries that are there of those which a seal may cover; `away`: whether an entry lies somewhere else.
    """
    findings: list[Finding] = []
    last, passed = 0, not head
    for seal in seals:
        if seal.number != last + 1:
            findings.append(Finding("missing", None, f"seal {last + 1} is missing, and with it what tells whether entries are"))
        elif seal_hash(before, seal.number, seal.until, seal.sequences, seal.hashes) != seal.hash:
            told = f"seal {seal.number} does not say what it said when it was made, or the one before it does not"
            findings.append(Finding("changed", None, told))
        findings += _unsealed(seal, kept(seal), away)
        last, before = seal.number, seal.hash
        passed = passed or head == head_text(last, before)
    if not passed:
        told = f"the chain does not come by the head {head}: seals at its end are gone, or it was made anew"
        findings.append(Finding("missing", None, told))
    return findings, head_text(last, before)


def _unsealed(seal: Seal, kept: Mapping[int, bytes], away: Callable[[int], bool]) -> Iterator[Finding]:
    """How the entries that a seal covers differ from what it says."""
    sealed = seal.covered()
    for sequence in sorted(sealed.keys() | kept.keys()):
        if sequence not in kept:
            if not away(sequence):
                yield Finding("missing", sequence, f"entry {sequence} is missing: seal {seal.number} has it")
        elif sequence not in sealed:
            yield Finding("moved", sequence, f"entry {sequence} was added after seal {seal.number}, which ends the time for that")
        elif sealed[sequence] != kept[sequence]:
            yield Finding("changed", sequence, f"entry {sequence} was written anew after seal {seal.number}")
