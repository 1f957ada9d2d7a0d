"""The ledger in memory: for tests, for trying things out, and as the model that the durable stores are compared with.

It keeps every promise of the port but one: what it holds ends with its process. It also grows with every ask, because keys and
history are never forgotten.

* Threads: one lock around each call. The calls are short (microseconds) and call nobody but the clock.
* Fork: a child would go on with a copy of its own, and parent and child together could give twice what the limits allow. So in a
  child every call raises `LedgerUnavailable`; make the ledger after the fork, or use a durable one.
* Time: ledger time is the clock, but never before the last entry, so a clock that jumps back is harmless. A clock that jumps
  *forward* opens new windows too early. The durable ledgers compare it with the time since boot and refuse such a jump; this one
  believes its clock.
* Expiry: every call first marks the holds that are due, so balances are right whether or not `expire_due` runs.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heappop, heappush

from empower.errors import KeyConflict, LedgerUnavailable, UnknownKey
from empower.ledger import (
    Audit,
    Balance,
    Counter,
    Entry,
    EventKind,
    Finding,
    Held,
    Ledger,
    Leg,
    Moved,
    Noted,
    Record,
    Refused,
    Replayed,
    Reserved,
    Wish,
)
from empower.ledger.clocks import wall_clock
from empower.ledger.holds import Hold, confirm, reverse, settled, void
from empower.ledger.sums import Draw, Sums
from empower.ledger.wishes import amounts_given, currency_of, differences
from empower.noun import define


@define
class _Kept:
    """One part's hold, with what it draws from the counters."""

    hold: Hold
    at: int
    subjects: Mapping[str, str]
    draws: tuple[Draw, ...]


@define
class _Known:
    """What a key names, and the allow if there was one."""

    wish: Wish
    at: int = 0
    record: Record | None = None
    """The record of the allow; None: not allowed yet."""
    parts: tuple[_Kept, ...] = ()


class MemoryLedger(Ledger):
    """What was given, in this process's memory. See the module's text for what that means."""

    def __init__(self, clock: Callable[[], int] = wall_clock) -> None:
        """`clock` tells milliseconds since 1970-01-01T00:00Z; it is called under the ledger's lock."""
        self._clock = clock
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._closed = False
        self._last = -(2**63)
        self._owners: dict[str, str] = {}
        """Which wish each key belongs to: its own key and those of its parts."""
        self._known: dict[str, _Known] = {}
        self._holds: dict[str, _Kept] = {}
        self._unsettled: dict[str, _Kept] = {}
        self._expiries: list[tuple[int, int, _Kept]] = []
        """A heap of (expiry, order of reservation, hold); a hold that ended in another way stays in it until it is due."""
        self._sums = Sums()
        self._log: list[tuple[int, str, EventKind, int | None, Mapping[str, str], Record | None, str]] = []
        self._packs: dict[str, str] = {}

    def now(self) -> int:
        """Ledger time: the clock, but never before the last entry."""
        with self._mine():
            return self._tick()

    def reserve(
        self,
        wish: Wish,
        legs: Sequence[Sequence[Leg]],
        *,
        during: tuple[int, int],
        hold_until: int | None,
        subjects: Mapping[str, str],
        record: Record,
        given: Sequence[int | None] | None = None,
    ) -> Reserved | Refused | Replayed | Moved:
        """Reserve all legs of all parts or none; see the port."""
        amounts = amounts_given(wish, legs, given)
        with self._mine():
            now = self._tick()
            answer = self._answered(wish, during, now)
            if answer is not None:
                return answer
            found = self._sums.fit([leg for part in legs for leg in part], now)
            if not found.fits:
                self._write_attempt(now, wish, "refused", [part.amount for part in wish.parts], subjects=dict(subjects), record=record)
                return Refused(now, found.balances)
            # First the sums: whatever interrupts the rest, too much counts rather than too little
            sums = iter(found.sums)
            drawn = [self._sums.draw(part, sums, now) for part in legs]
            subjects = dict(subjects)
            self._write_attempt(now, wish, "allowed", amounts, subjects=subjects, record=record)
            self._hold_parts(_Known(wish, now, record), amounts, drawn, until=hold_until, subjects=subjects)
            return Reserved(now, found.balances)

    def attempt(
        self,
        wish: Wish,
        counters: Sequence[Counter],
        *,
        during: tuple[int, int],
        subjects: Mapping[str, str],
        record: Record,
    ) -> Noted | Replayed | Moved:
        """Record an ask whose verdict is not allow; see the port."""
        with self._mine():
            now = self._tick()
            answer = self._answered(wish, during, now)
            if answer is not None:
                return answer
            self._write_attempt(now, wish, "noted", [part.amount for part in wish.parts], subjects=dict(subjects), record=record)
            return Noted(now, self._sums.balances(counters, now))

    def balances(self, counters: Sequence[Counter], at: int | None = None) -> tuple[Balance, ...]:
        """What each counter's window holds at `at` (default: now); see the port."""
        with self._mine():
            now = self._tick()
            if at is None or at <= now:
                return self._sums.balances(counters, now if at is None else at)
            return self._sums.balances(counters, at, self._due_by(at))

    def confirm(self, key: str, amount: int | None = None) -> Held:
        """Fix the final amount of a hold; see the port."""
        with self._mine():
            now = self._tick()
            kept = self._found(key)
            return self._become(kept, confirm(kept.hold, amount), "confirmed", now)

    def void(self, key: str) -> Held:
        """End an unconfirmed hold; see the port."""
        with self._mine():
            now = self._tick()
            kept = self._found(key)
            return self._become(kept, void(kept.hold), "voided", now)

    def reverse(self, key: str, amount: int, because: str) -> Held:
        """Take back `amount` in all so far of what was confirmed; see the port."""
        with self._mine():
            now = self._tick()
            kept = self._found(key)
            return self._become(kept, reverse(kept.hold, amount), "reversed", now, because)

    def currency_of(self, key: str) -> str | None:
        """The currency of what is held under a key; see the port."""
        with self._mine():
            known = self._known.get(self._owners.get(key, key)) if key in self._holds else None
            return currency_of(known.wish, key) if known is not None else None

    def expire_due(self) -> int:
        """Mark holds that have passed their expiry; returns how many this call marked."""
        with self._mine():
            before = len(self._log)
            self._tick()
            return len(self._log) - before

    def unsettled(self, older_than_ms: int = 0) -> tuple[Held, ...]:
        """Holds neither confirmed nor ended, reserved at least so long ago, oldest first."""
        with self._mine():
            latest = self._tick() - older_than_ms
            return tuple(kept.hold.told() for kept in self._unsettled.values() if kept.at <= latest)

    def history(self, **subjects: str) -> tuple[Entry, ...]:
        """Entries in order whose subjects match; all of them, if none is named."""
        wanted = subjects.items()
        with self._mine():
            self._tick()
            return tuple(Entry(number, *line) for number, line in enumerate(self._log, 1) if wanted <= line[4].items())

    def counters(self) -> tuple[Counter, ...]:
        """Every counter that anything was ever drawn from."""
        with self._mine():
            self._tick()
            return self._sums.counters()

    def keep_pack(self, digest: str, text: str) -> None:
        """Keep a pack by digest."""
        with self._mine():
            self._tick()
            self._packs.setdefault(digest, text)

    def verify(self, head: str = "") -> Audit:
        """Whether the sums are those of the holds. There is no chain, so there is no head: what could change an entry could change all."""
        with self._mine():
            self._tick()
            findings = [
                Finding("hold", None, f"the hold {key!r} draws {draw.amount}, and has {kept.hold.left} left")
                for key, kept in self._holds.items()
                for draw in kept.draws
                if draw.amount > kept.hold.left or (draw.times and not kept.hold.counts)
            ]
            findings += self._sums.differences(draw for kept in self._holds.values() for draw in kept.draws)
            return Audit(len(self._log), "", tuple(findings), len(findings))

    def accept_clock(self) -> int:
        """The clock, which is always believed."""
        with self._mine():
            self._tick()
            return self._clock()

    def close(self) -> None:
        """Let go of the store; further calls raise `LedgerUnavailable`."""
        self._closed = True

    def _mine(self) -> threading.Lock:
        """The lock of this process. Looked at before it is taken: in a forked child it may be held by a thread that is not there."""
        if os.getpid() != self._process:
            raise LedgerUnavailable("a memory ledger belongs to one process and this is its child (help: make it after the fork)")
        return self._lock

    # Everything below is called with the lock held.

    def _tick(self) -> int:
        """Ledger time, with every hold marked that is due by it."""
        if self._closed:
            raise LedgerUnavailable("the memory ledger was closed")
        now = max(self._clock(), self._last)
        while self._expiries and self._expiries[0][0] <= now:
            due, _, kept = heappop(self._expiries)
            self._become(kept, settled(kept.hold, now), "expired", max(due, kept.at))
        return now

    def _answered(self, wish: Wish, during: tuple[int, int], now: int) -> Replayed | Moved | None:
        """The answer that needs no balances, if there is one: the key was allowed before, or the verdict is of another time."""
        for name in (wish.key, *wish.hold_keys()):
            owner = self._owners.get(name, wish.key)
            if owner != wish.key:
                raise KeyConflict(wish.key, (f"{name!r} belongs to the wish {owner!r}",))
        known = self._known.get(wish.key)
        if known is not None:
            found = differences(known.wish, wish, allowed=known.record is not None)
            if found:
                raise KeyConflict(wish.key, found)
            if known.record is not None:
                return Replayed(known.at, tuple(kept.hold.told() for kept in known.parts), known.record)
        return None if during[0] <= now < during[1] else Moved(now)

    def _hold_parts(
        self,
        known: _Known,
        amounts: Iterable[int | None],
        drawn: Iterable[tuple[Draw, ...]],
        *,
        until: int | None,
        subjects: Mapping[str, str],
    ) -> None:
        for key, amount, draws in zip(known.wish.hold_keys(), amounts, drawn, strict=True):
            kept = _Kept(Hold(key, amount or 0, until), known.at, subjects, draws)
            self._holds[key] = self._unsettled[key] = kept
            known.parts += (kept,)
            if until is not None:
                heappush(self._expiries, (until, len(self._holds), kept))
        self._known[known.wish.key] = known

    def _found(self, key: str) -> _Kept:
        try:
            return self._holds[key]
        except KeyError:
            raise UnknownKey(key) from None

    def _become(self, kept: _Kept, hold: Hold, event: EventKind, at: int, because: str = "") -> Held:
        """Make a hold what it is to be, give back what it no longer draws, and write it down; nothing if it is so already."""
        if hold is not kept.hold:
            returned = kept.hold.left
            kept.hold = hold
            self._unsettled.pop(hold.key, None)
            for draw in kept.draws:
                draw.shrink(hold.left, draw.times if hold.counts else 0)
            amount = {"confirmed": hold.confirmed, "reversed": hold.taken_back}.get(event, returned)
            self._write(at, hold.key, event, amount, subjects=kept.subjects, because=because)
        return hold.told()

    def _write_attempt(
        self, at: int, wish: Wish, event: EventKind, amounts: Iterable[int | None], *, subjects: Mapping[str, str], record: Record
    ) -> None:
        told = [amount for amount in amounts if amount is not None]
        self._write(at, wish.key, event, sum(told) if told else None, subjects=subjects, record=record)
        self._known[wish.key] = _Known(wish)
        for name in (wish.key, *wish.hold_keys()):
            self._owners[name] = wish.key

    def _write(
        self,
        at: int,
        key: str,
        event: EventKind,
        amount: int | None,
        *,
        subjects: Mapping[str, str],
        record: Record | None = None,
        because: str = "",
    ) -> None:
        self._last = at
        self._log.append((at, key, event, amount, subjects, record, because))

    def _due_by(self, at: int) -> set[Draw]:
        """What the holds draw that expire by `at` if nobody confirms them."""
        return {draw for due, _, kept in self._expiries if due <= at and kept.hold.state == "held" for draw in kept.draws}
