"""The ledger in a file: everything that the port promises, over crashes and restarts, for all processes of one machine.

* Writes go through `Writer`: one process at a time, all threads of a process together, acknowledged only after COMMIT.
* Reads have a connection of their own: they wait for no writer, and see what was acknowledged last.
* Holds that are due are marked by the next write; until then every read leaves them out.
* Time: the machine's clock, never before the last entry, and refused when it jumped forward (`clocks`); a clock that is given is believed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from empower.errors import HoldExpired, LedgerUnavailable
from empower.ledger import (
    Audit,
    Balance,
    Counter,
    Entry,
    EventKind,
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
from empower.ledger.chain import HoldLine, LegLine
from empower.ledger.clocks import wall_clock
from empower.ledger.holds import Hold, confirm, reverse, void
from empower.ledger.rows import counter_from, record_from, subject_fragment, subjects_from, subjects_text, wish_text
from empower.ledger.sqlite.address import Settings
from empower.ledger.sqlite.archive import archived, cut_before, drop_archived, fill_archive, refuse_archived
from empower.ledger.sqlite.archive_file import Archived, opened_archive
from empower.ledger.sqlite.audit import audit, audit_joined, both
from empower.ledger.sqlite.counters import balances_at, balances_now
from empower.ledger.sqlite.database import Database
from empower.ledger.sqlite.holds import ANY_DUE, become, find_hold, make_holds, mark_due, remember_wish, replay, unsettled_holds, wish_of
from empower.ledger.sqlite.journal import Turn, identity, latest_at
from empower.ledger.sqlite.legs import draw_legs
from empower.ledger.sqlite.watch import ClockWatch
from empower.ledger.wishes import amounts_given, currency_of
from empower.noun import frozen

_HISTORY = "SELECT sequence, at, key, event, amount, subjects, record, because FROM entry WHERE instr(subjects, ?) ORDER BY sequence"


@frozen
class _Ask:
    """An ask, put into texts before anybody has to wait for it."""

    wish: Wish
    text: str
    during: tuple[int, int]
    subjects: str
    record: str

    def written(
        self,
        turn: Turn,
        at: int,
        event: EventKind,
        amounts: Sequence[int | None],
        *,
        holds: Sequence[HoldLine] = (),
        legs: Sequence[LegLine] = (),
    ) -> int:
        """Write the attempt down, and that its key names this wish; its sequence."""
        told = [amount for amount in amounts if amount is not None]
        sequence = turn.add(
            at, self.wish.key, event, sum(told) if told else None, subjects=self.subjects, wish=self.text, record=self.record,
            holds=holds, legs=legs,
        )  # fmt: skip
        remember_wish(turn, self.wish, sequence, allowed=bool(holds))
        return sequence


class SqliteLedger(Ledger):
    """What was given, in a file of this machine. See the module's text for how."""

    def __init__(self, path: Path | str, settings: Settings | None = None, *, clock: Callable[[], int] | None = None) -> None:
        """Open the file, or make it. `clock` tells milliseconds since 1970-01-01T00:00Z, and is believed; None: the machine's, watched.

        Raises:
            LedgerUnavailable: the file cannot be opened, or is no ledger of this version.
        """
        settings = settings or Settings()
        self._database = Database(Path(path), settings)
        self._watch = ClockWatch(settings)
        self._clock = clock
        self._write = self._database.write
        self._write(lambda turn: None if clock else self._watch.begin(turn))

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    def now(self) -> int:
        """Ledger time: the clock, but never before the last entry."""
        with self._database.look() as connection:
            return self._time(connection, latest_at(connection))

    def guess(self) -> int:
        """The clock alone; see the port."""
        return wall_clock() if self._clock is None else self._clock()

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
        ask = _Ask(wish, wish_text(wish), during, subjects_text(subjects), record.to_json())
        holds = [HoldLine(key, amount or 0, hold_until) for key, amount in zip(wish.hold_keys(), amounts, strict=True)]

        def job(turn: Turn) -> Reserved | Refused | Replayed | Moved:
            now = self._tick(turn)
            answer = _answered(turn, ask, now)
            if answer is not None:
                return answer
            drawn = draw_legs(turn.connection, legs, now)
            if not drawn.fits:
                ask.written(turn, now, "refused", [part.amount for part in wish.parts])
                return Refused(now, tuple(drawn.balances))
            sequence = ask.written(turn, now, "allowed", amounts, holds=holds, legs=drawn.lines)
            make_holds(turn, sequence, holds)
            drawn.write(turn, sequence, now)
            return Reserved(now, tuple(drawn.balances))

        return self._write(job)

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
        ask = _Ask(wish, wish_text(wish), during, subjects_text(subjects), record.to_json())

        def job(turn: Turn) -> Noted | Replayed | Moved:
            now = self._tick(turn)
            answer = _answered(turn, ask, now)
            if answer is not None:
                return answer
            balances = balances_now(turn.connection, counters, now)
            ask.written(turn, now, "noted", [part.amount for part in wish.parts])
            return Noted(now, balances)

        return self._write(job)

    def balances(self, counters: Sequence[Counter], at: int | None = None) -> tuple[Balance, ...]:
        """What each counter's window holds at `at` (default: now); see the port."""
        with self._database.read() as connection:
            now = self._time(connection, latest_at(connection))
            instant = now if at is None else at
            due_by = max(now, instant)
            if instant < now:
                refuse_archived(connection, counters, instant)
            if instant >= now and not connection.execute(ANY_DUE, (due_by,)).fetchone():
                return balances_now(connection, counters, instant)
            return balances_at(connection, counters, instant, due_by)

    def confirm(self, key: str, amount: int | None = None) -> Held:
        """Fix the final amount of a hold; see the port."""
        return self._settle(key, "confirmed", lambda hold: confirm(hold, amount))

    def void(self, key: str) -> Held:
        """End an unconfirmed hold; see the port."""
        return self._settle(key, "voided", void)

    def reverse(self, key: str, amount: int, because: str) -> Held:
        """Take back `amount` in all so far of what was confirmed; see the port."""
        return self._settle(key, "reversed", lambda hold: reverse(hold, amount), because)

    def currency_of(self, key: str) -> str | None:
        """The currency of what is held under a key; see the port."""
        with self._database.look() as connection:
            wish = wish_of(connection, key)
        return currency_of(wish, key) if wish is not None else None

    def expire_due(self) -> int:
        """Mark holds that have passed their expiry; returns how many this call marked."""
        with self._database.read() as connection:
            due = connection.execute(ANY_DUE, (self._time(connection, latest_at(connection)),)).fetchone()
        return self._write(lambda turn: mark_due(turn, self._time(turn.connection, turn.state.at))) if due else 0

    def unsettled(self, older_than_ms: int = 0) -> tuple[Held, ...]:
        """Holds neither confirmed nor ended, reserved at least so long ago, oldest first."""
        with self._database.read() as connection:
            now = self._time(connection, latest_at(connection))
            return tuple(unsettled_holds(connection, now, now - older_than_ms))

    def history(self, **subjects: str) -> tuple[Entry, ...]:
        """Entries in order whose subjects match; all of them, if none is named. Told even while nothing can be written."""
        with suppress(LedgerUnavailable):
            self.expire_due()
        fragment = subject_fragment(*next(iter(subjects.items()))) if subjects else ""
        with self._database.read("long") as connection:
            entries = map(_entry, connection.execute(_HISTORY, (fragment,)))
            return tuple(entry for entry in entries if subjects.items() <= entry.subjects.items())

    def counters(self) -> tuple[Counter, ...]:
        """Every counter that anything was ever drawn from."""
        with self._database.read() as connection:
            return tuple(counter_from(text) for (text,) in connection.execute("SELECT DISTINCT identity FROM counter"))

    def keep_pack(self, digest: str, text: str) -> None:
        """Keep a pack by digest."""
        with self._database.read() as connection:
            known = connection.execute("SELECT 1 FROM pack WHERE digest = ?", (digest,)).fetchone()
        if not known:
            statement = "INSERT INTO pack (digest, content) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING"
            self._write(lambda turn: turn.connection.execute(statement, (digest, text)))

    def verify(self, head: str = "", archive: Path | None = None) -> Audit:
        """Tell the history again and hold everything against it; see the port. With its archive, all of the history.

        Raises:
            WrongLedger: the archive is another ledger's, or none.
        """
        with self._database.read("long") as connection:
            if archive is None:
                return audit(connection, head)
            with opened_archive(archive, identity(connection)) as joined:
                return both(audit(connection, ""), audit_joined(connection, joined, head))

    def archive(self, before: int, to: Path) -> int:
        """Move what is closed at an instant into an archive: a new file, or the one that holds what was archived before; how many entries.

        The archive is on the disk and checked before anything is dropped here, so the same call again mends whatever interrupted it.

        Raises:
            WrongLedger: the file is no archive of this ledger, or lacks a part; LedgerUnavailable.
        """
        with self._database.read("long") as connection:
            cut, at = cut_before(connection, before)
            if not cut:
                return 0
            fill_archive(connection, to.absolute(), cut)
        return self._write(lambda turn: drop_archived(turn, to.absolute(), cut, at))

    def archived(self) -> Archived | None:
        """Where the archived part of the history is; None: all of it is here."""
        with self._database.read() as connection:
            return archived(connection)

    def accept_clock(self) -> int:
        """Believe the machine's clock from now on, whatever it shows; gives what it shows."""
        return self._write(self._watch.accept) if self._clock is None else self._clock()

    def close(self) -> None:
        """Let go of the file; further calls raise `LedgerUnavailable`."""
        self._database.close()

    def _settle(self, key: str, event: EventKind, transition: Callable[[Hold], Hold], because: str = "") -> Held:
        def job(turn: Turn) -> Held | HoldExpired:
            now = self._tick(turn)
            kept = find_hold(turn.connection, key)
            try:
                return become(turn, kept, transition(kept.hold), event, now, because=because)
            except HoldExpired as expired:
                return expired  # and not raised here: the mark of what is told to have expired has to stay, for the clock may go back

        answer = self._write(job)
        if isinstance(answer, HoldExpired):
            raise answer
        return answer

    def _tick(self, turn: Turn) -> int:
        """Ledger time, with every hold marked that is due by it."""
        now = self._time(turn.connection, turn.state.at)
        mark_due(turn, now)
        return now

    def _time(self, connection: sqlite3.Connection, last: int | None) -> int:
        told = self._watch.told(connection, last) if self._clock is None else self._clock()
        return told if last is None else max(told, last)


def _answered(turn: Turn, ask: _Ask, now: int) -> Replayed | Moved | None:
    """The answer that needs no balances, if there is one."""
    known = replay(turn.connection, ask.wish, ask.text, now)
    if known is not None:
        return known
    return None if ask.during[0] <= now < ask.during[1] else Moved(now)


def _entry(row: tuple) -> Entry:  # type: ignore[type-arg]
    sequence, at, key, event, amount, subjects, record, because = row
    return Entry(sequence, at, key, event, amount, subjects_from(subjects), record_from(record), because)
