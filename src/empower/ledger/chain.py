"""The chain of entries: each has a hash of what it says and of the hash before it, so nothing can be changed, dropped or moved unseen.

What is hashed is what never changes: the entry, and of an allow its holds and legs as they were made. What is left of them follows
from the later entries. The chain cannot see that its newest entries are gone: for that, keep the head (its last sequence and hash)
somewhere else, and hand it to `verify`. Pure; the same in every durable store.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from empower.ledger import EventKind
from empower.noun import frozen


@frozen
class HoldLine:
    """A hold as it was made."""

    key: str
    reserved: int
    expires_at: int | None


@frozen
class LegLine:
    """A leg as it was made: what it drew, the limit in force for it, and what its window then held."""

    part: int
    """The part of the wish, counted from 1."""
    counter: str
    """The identity of the counter (`rows.counter_text`)."""
    starts_at: int
    """The start of the calendar period that it was drawn from; `rows.BEGINNING` where there is none."""
    leaves_at: int | None
    """The instant at which it leaves a rolling window; None: never."""
    amount: int
    times: int
    limit_amount: int | None
    limit_times: int | None
    enforced: bool
    after_amount: int
    after_times: int


@frozen
class Line:
    """An entry as it is written down: all that is hashed. Texts are those of `rows`."""

    sequence: int
    at: int
    key: str
    event: EventKind
    amount: int | None
    because: str
    subjects: str
    wish: str | None
    record: str | None
    holds: Sequence[HoldLine] = ()
    legs: Sequence[LegLine] = ()


def first_hash(identity: str) -> bytes:
    """What stands before the first entry of a ledger: made from its random identity, so that no entry fits into another ledger."""
    return sha256(f"empower ledger {identity}".encode()).digest()


def line_hash(line: Line, before: bytes, *, sequence: int | None = None) -> bytes:
    """The hash of an entry that follows the hash `before`; `sequence`: as if it stood there."""
    head = (line.sequence if sequence is None else sequence, line.at, line.event, line.amount, line.wish is None, line.record is None)
    texts = [repr(head), line.key, line.because, line.subjects, line.wish or "", line.record or ""]
    for hold in line.holds:
        texts += [repr((hold.reserved, hold.expires_at)), hold.key]
    for leg in line.legs:
        texts += [repr(_numbers(leg)), leg.counter]
    # The lengths come first, so that no two lists of texts are the same bytes
    sizes = repr([len(text) for text in texts])
    return sha256(before + "\n".join([sizes, *texts]).encode()).digest()


def _numbers(leg: LegLine) -> tuple[int | None, ...]:
    """All of a leg but its counter. `enforced` is 0 or 1, whichever type a store reads it as."""
    return (
        leg.part, leg.starts_at, leg.leaves_at, leg.amount, leg.times, leg.limit_amount, leg.limit_times, int(leg.enforced), leg.after_amount,
        leg.after_times,
    )  # fmt: skip
