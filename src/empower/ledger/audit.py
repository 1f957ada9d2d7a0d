"""The history told again from its first entry: is it whole, does it follow its own rules, and do the sums follow from it?

Nothing is believed but what is written down: hashes are worked out anew, holds go through the same transitions again, and every leg is
counted again in its window and held against the limit in force for it. It needs memory for every hold that may still change. Pure;
the same for every durable store.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, product
from operator import itemgetter
from typing import Any

from empower.errors import HoldEnded, MoreThanReserved
from empower.ledger import Audit, Finding
from empower.ledger.chain import LegLine, Line, line_hash
from empower.ledger.holds import Hold, confirm, reverse, settled, void
from empower.noun import define, evolve, field, frozen

FINDINGS_MAX = 100
_MOVED_MAX = 16
"""How many entries that do not fit are tried in each other's places."""


class Grouped:
    """Rows in the order of what they begin with, taken group by group."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._groups = groupby(rows, key=itemgetter(0))
        self._next: tuple[Any, list[Any]] | None = self._take()

    def _take(self) -> tuple[Any, list[Any]] | None:
        found = next(self._groups, None)
        return None if found is None else (found[0], [row[1:] for row in found[1]])

    def of(self, key: Any) -> list[Any]:
        """The rows of this group; those of one that was passed over are left out."""
        while self._next is not None and self._next[0] < key:
            self._next = self._take()
        return self._next[1] if self._next is not None and self._next[0] == key else []


@frozen
class CounterState:
    """A running sum as it is kept."""

    identity: str
    starts_at: int
    amount: int
    times: int
    moved_to: int | None


@define
class _Drawn:
    """What a leg still draws."""

    window: _Window
    leaves_at: int | None
    amount: int
    times: int
    counted: bool = True

    def shrink(self, amount: int, times: int) -> None:
        amount, times = min(self.amount, amount), min(self.times, times)
        if self.counted:
            self.window.amount -= self.amount - amount
            self.window.times -= self.times - times
        self.amount, self.times = amount, times


@define
class _Window:
    """A counter's window, counted again."""

    amount: int = 0
    times: int = 0
    rolling: deque[_Drawn] = field(factory=deque)

    def move(self, at: int) -> None:
        while self.rolling and (self.rolling[0].leaves_at or at) <= at:
            drawn = self.rolling.popleft()
            drawn.counted = False
            self.amount -= drawn.amount
            self.times -= drawn.times

    def draw(self, leg: LegLine) -> _Drawn:
        drawn = _Drawn(self, leg.leaves_at, leg.amount, leg.times)
        self.amount += leg.amount
        self.times += leg.times
        if leg.leaves_at is not None:
            self.rolling.append(drawn)
        return drawn


@define
class _Given:
    """A hold, made again."""

    hold: Hold
    drawn: list[_Drawn]


@define
class Auditor:
    """Takes the entries in order, then what is kept beside them, and gives what it found."""

    before: bytes
    """The hash before the first entry: `chain.first_hash` of the ledger's identity."""
    head: str = ""
    """A head that was written down before: the chain has to come by there. Empty: none."""
    linked: bool = True
    """False: every entry is hashed after `before`, and the store itself looks whether all are there."""
    _findings: list[Finding] = field(factory=list)
    _broken: list[tuple[Line, bytes, bytes]] = field(factory=list)
    """Entries that do not fit, each with its hash and the hash before it."""
    _sequence: int = 0
    _at: int | None = None
    _entries: int = 0
    _holds: dict[str, _Given] = field(factory=dict)
    _keys: dict[str, tuple[int, bool]] = field(factory=dict)
    """Which entry each key was last asked for in, or was allowed in."""
    _windows: dict[tuple[str, int], _Window] = field(factory=dict)
    _passed_head: bool = False
    _cut: int = 0
    """Up to here some entries may lie in an archive, and windows cannot be counted again without them."""

    def opened(self, cut: int, sums: Iterable[CounterState]) -> None:
        """Entries up to this one (before this instant, if they are not linked) may lie in an archive, which leaves these sums.

        Said before the first entry.
        """
        self._cut = cut
        self._windows = {(kept.identity, kept.starts_at): _Window(kept.amount, kept.times) for kept in sums}

    def past(self, key: str, sequence: int, holds: Iterable[Hold], *, allowed: bool) -> None:
        """What a key named, and what it held, by an entry in an archive. Said before the first entry."""
        self._keys[key] = sequence, allowed
        self._holds |= {hold.key: _Given(hold, []) for hold in holds}

    def pass_over(self, first: int, last: int, hash_: bytes) -> None:
        """The next entries, which lie in an archive, and the hash of the last of them."""
        if first == self._sequence + 1 and last <= self._cut:
            self._sequence, self.before = last, hash_
            self._passed_head = self._passed_head or self.head == head_text(last, hash_)

    def take(self, line: Line, hash_: bytes) -> None:
        """The next entry."""
        self._entries += 1
        self._chain(line, hash_)
        if self._at is not None and line.at < self._at:
            self._found("time", line.sequence, f"is of {line.at}, and the entry before it of {self._at}: ledger time never runs back")
        self._at = line.at
        match line.event:
            case "allowed" | "refused" | "noted":
                self._attempt(line)
            case _:
                self._event(line)

    def left(self, sequence: int, leg: LegLine, hold: Hold | None, kept: tuple[int, int]) -> None:
        """What a leg still draws (amount, times), as it is kept beside its hold as that is kept."""
        by_hold = (0, 0) if hold is None else (min(leg.amount, hold.left), leg.times if hold.counts else 0)
        if hold is None or kept != by_hold:
            told = f"draws {kept[0]} in {kept[1]} times, which is not what its hold has left: {by_hold[0]} in {by_hold[1]} times"
            self._found("hold", sequence, f"has a leg on {leg.counter} that {told}")

    def key(self, key: str, sequence: int, *, allowed: bool) -> None:
        """What a key names, as it is kept; every one of them, once."""
        known = self._keys.pop(key, None)
        if known != (sequence, allowed):
            self._found("key", None, f"the key {key!r} leads to entry {sequence}; by the history it is {known[0] if known else 'none'}")

    def hold(self, hold: Hold) -> None:
        """A hold as it is kept; every one of them, once."""
        known = self._holds.pop(hold.key, None)
        if known is None:
            self._found("hold", None, f"the hold {hold.key!r} is kept, and nothing in the history allowed it")
        elif known.hold != hold:
            self._found("hold", None, f"the hold {hold.key!r} is kept as {_told(hold)}; by the history it is {_told(known.hold)}")

    def counter(self, kept: CounterState) -> None:
        """A running sum as it is kept; every one of them, once."""
        window = self._windows.pop((kept.identity, kept.starts_at), _Window())
        if kept.moved_to is not None:
            window.move(kept.moved_to)
        if (window.amount, window.times) != (kept.amount, kept.times):
            told = f"{kept.amount} in {kept.times} times; by the history it is {window.amount} in {window.times} times"
            self._found("sum", None, f"the sum of {kept.identity} is kept as {told}")

    def other(self, findings: Iterable[Finding]) -> None:
        """What the store itself found wrong."""
        self._findings += findings

    def told(self) -> Audit:
        """What was found in the entries alone, where nothing is kept beside them."""
        self._keys, self._holds, self._windows = {}, {}, {}
        return self.done()

    def done(self) -> Audit:
        """What was found, once everything was handed in."""
        for key, (sequence, _) in self._keys.items():
            self._found("key", sequence, f"asks for the key {key!r}, which is not kept: it could be allowed once more")
        for key in self._holds:
            self._found("hold", None, f"the hold {key!r} is not kept, and the history allowed it")
        for (identity, _), window in self._windows.items():
            if window.amount or window.times:
                self._found("sum", None, f"the sum of {identity} is not kept; by the history it is {window.amount} in {window.times} times")
        if self.head and not self._passed_head:
            archived = ", or the head lies in the archive, which has to be looked at too" if self._cut else ""
            told = f"the history does not come by the head {self.head}: entries at its end are gone, or it was written anew{archived}"
            self._found("missing", None, told)
        self._tell_broken()
        found = sorted(self._findings, key=lambda finding: (finding.sequence is None, finding.sequence or 0))
        return Audit(self._entries, head_text(self._sequence, self.before), tuple(found[:FINDINGS_MAX]), len(found))

    # -------------------------------------------------------------------------------------------- the chain

    def _chain(self, line: Line, hash_: bytes) -> None:
        if not self.linked:
            if line_hash(line, self.before) != hash_:
                self._broken.append((line, hash_, self.before))
            return
        expected = self._sequence + 1
        if line.sequence != expected:
            gone = f"entry {expected} is" if line.sequence == expected + 1 else f"entries {expected} to {line.sequence - 1} are"
            self._found("missing", expected, f"{gone} missing")
        elif line_hash(line, self.before) != hash_:
            self._broken.append((line, hash_, self.before))
        self._sequence, self.before = line.sequence, hash_
        self._passed_head = self._passed_head or self.head == head_text(line.sequence, hash_)

    def _tell_broken(self) -> None:
        """An entry that fits into another's place was moved; one that fits into its own after another hash follows one that was."""
        tried = self._broken[:_MOVED_MAX]
        befores = {before for _, _, before in tried} | {hash_ for _, hash_, _ in tried}
        for line, hash_, _ in self._broken:
            places = {other.sequence for (other, _, _), before in product(tried, befores) if _fits(line, hash_, other, before)}
            elsewhere = sorted(places - {line.sequence})
            if elsewhere:
                self._found("moved", line.sequence, f"was written as entry {elsewhere[0]}: the order of the entries was changed")
            elif not places:
                told = (
                    "does not say what it said when it was written (itself, a leg or a hold of it), or the entry before it was written anew"
                )
                self._found("changed", line.sequence, told)

    # -------------------------------------------------------------------------------------------- what happened

    def _attempt(self, line: Line) -> None:
        sequence, allowed = self._keys.get(line.key, (0, False))
        if allowed:
            self._found("twice", line.sequence, f"asks for the key {line.key!r}, which entry {sequence} allowed before")
        self._keys[line.key] = line.sequence, line.event == "allowed"
        if line.event != "allowed" and (line.holds or line.legs):
            self._found("hold", line.sequence, f"is {line.event}, and holds something all the same")
        drawn: dict[int, list[_Drawn]] = {}
        for leg in line.legs:
            drawn.setdefault(leg.part, []).append(self._leg(line, leg))
        for part, made in enumerate(line.holds, 1):
            self._holds[made.key] = _Given(Hold(made.key, made.reserved, made.expires_at), drawn.get(part, []))

    def _leg(self, line: Line, leg: LegLine) -> _Drawn:
        window = self._windows.setdefault((leg.counter, leg.starts_at), _Window())
        window.move(line.at)
        drawn = window.draw(leg)
        if (line.sequence if self.linked else line.at + 1) <= self._cut:
            return drawn
        if (window.amount, window.times) != (leg.after_amount, leg.after_times):
            told = f"{leg.after_amount} in {leg.after_times} times; counted again it was {window.amount} in {window.times} times"
            self._found("sum", line.sequence, f"says that with it {leg.counter} held {told}")
        for value, limit, what in ((window.amount, leg.limit_amount, "by amount"), (window.times, leg.limit_times, "by times")):
            if leg.enforced and limit is not None and value > limit:
                self._found("exceeded", line.sequence, f"takes {leg.counter} to {value}, above its limit {what} of {limit}")
        return drawn

    def _event(self, line: Line) -> None:
        given = self._holds.get(line.key)
        if given is None:
            self._found("hold", line.sequence, f"is {line.event}, and nothing before it allowed the key {line.key!r}")
            return
        try:
            hold = _TRANSITIONS[line.event](given.hold, line)
        except (HoldEnded, MoreThanReserved, ValueError) as error:
            self._found("hold", line.sequence, f"cannot be {line.event}: {error}")
            return
        amount = {"confirmed": hold.confirmed, "reversed": hold.taken_back}.get(line.event, given.hold.left)
        if hold is given.hold or amount != line.amount:
            self._found("hold", line.sequence, f"is {line.event} with {line.amount}, and by the history it was {_told(given.hold)}")
        given.hold = hold
        for drawn in given.drawn:
            drawn.shrink(hold.left, drawn.times if hold.counts else 0)

    def _found(self, kind: str, sequence: int | None, message: str) -> None:
        self._findings.append(Finding(kind, sequence, message if sequence is None or kind == "missing" else f"entry {sequence} {message}"))


def _fits(line: Line, hash_: bytes, other: Line, before: bytes) -> bool:
    """Whether an entry was written in the place of another, with its own holds and legs or those that stand there now."""
    there = evolve(line, holds=other.holds, legs=other.legs)
    return hash_ in (line_hash(line, before, sequence=other.sequence), line_hash(there, before, sequence=other.sequence))


def _expired(hold: Hold, line: Line) -> Hold:
    found = settled(hold, line.at)
    if found.state != "expired":
        raise HoldEnded(f"the hold {hold.key!r} was {hold.state} and expires at {hold.expires_at}")
    return found


_TRANSITIONS: dict[str, Callable[[Hold, Line], Hold]] = {
    "confirmed": lambda hold, line: confirm(settled(hold, line.at), line.amount),
    "voided": lambda hold, line: void(settled(hold, line.at)),
    "reversed": lambda hold, line: reverse(settled(hold, line.at), line.amount or 0),
    "expired": _expired,
}


def head_text(sequence: int, hash_: bytes) -> str:
    """A head as it is written down: `sequence:hash`."""
    return f"{sequence}:{hash_.hex()}"


def _told(hold: Hold) -> str:
    return f"{hold.state}, {hold.left} left of {hold.reserved}"
