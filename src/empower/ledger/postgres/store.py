"""The ledger in PostgreSQL: everything that the port promises, for all who reach the database.

* A decision is one round trip: one function, which locks all counters in order and looks then. An ask whose key was answered no since its caller
  last looked goes nowhere: it may be late. The caller is told of that no, and asks again.
* Time: the server's clock, unless it jumped forward, and never before the last entry; a clock that is given is believed.
* Periods of the calendar are worked out here, with this machine's time-zone data, for the instant that the server is expected to have.
  If its instant lies in another period it says so, and is asked again.
* Holds that are due are marked by calls that write; until then they are left out of every sum.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from psycopg.rows import tuple_row

from empower.errors import ClockError, LedgerBusy, LedgerUnavailable, UnknownKey
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
from empower.ledger.clocks import wall_clock
from empower.ledger.holds import Hold, confirm, ended_in_archive, reverse, settled, void
from empower.ledger.postgres.address import Settings, parse_address
from empower.ledger.postgres.archive import archived, cut_before, fill_archive, refuse_archived
from empower.ledger.postgres.asks import Ask, Counters, leg_lists, listed, replayed, told
from empower.ledger.postgres.audit import audit, audit_joined
from empower.ledger.postgres.connections import Connection, Connections, HostTransaction, Way
from empower.ledger.rows import counter_from, record_from, subject_fragment, subjects_from, wish_from
from empower.ledger.sqlite.archive_file import Archived, opened_archive
from empower.ledger.sqlite.audit import both
from empower.ledger.wishes import amounts_given, currency_of

TRIES = 100
"""How often a call begins again because something changed while it was on its way; each time somebody else went on."""
_CLOCK = "empower.believed_v1(%s::bigint, %s::bigint)"
_ASK = f"{_CLOCK}, %s, %s, %s, %s, %s::text[], %s::text[], %s::bigint[], %s::bigint, %s::bigint"
_COUNTERS = "%s::text[], %s::bigint[], %s::bigint[]"
_LEGS = "%s::integer[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[]"
_RESERVE = f"SELECT empower.reserve_v2({_ASK}, {_COUNTERS}, %s::bigint[], %s::bigint, %s::bigint, %s::bigint[], %s::bigint, {_LEGS})::text"
_ATTEMPT = f"SELECT empower.attempt_v1({_ASK}, {_COUNTERS}, %s::bigint)::text"
_BALANCES = f"SELECT empower.balances_v1({_CLOCK}, %s::bigint, {_COUNTERS}, %s::bigint[])::text"
_SETTLE = f"SELECT empower.settle_v1({_CLOCK}, %s, %s, %s::bigint, %s::bigint, %s, %s::bigint, %s::bigint, %s, %s::bigint, %s) IS NOT NULL"
_TIME = f"empower.time_v1({_CLOCK})"
_NOW = f"SELECT {_TIME}"
_EXPIRE = f"SELECT empower.expire_v1({_CLOCK})"
_LAPSE = f"SELECT empower.lapse_v1({_CLOCK}, %s)"
_HOLD = (
    f"SELECT {_TIME}, archived, key, reserved, expires_at, state, confirmed, taken_back FROM (SELECT) AS one "  # noqa: S608  (a constant)
    "LEFT JOIN empower.hold ON key = %s"
)
_UNSETTLED = (
    f"SELECT hold.key, reserved, expires_at, state, confirmed, taken_back, now_ms FROM {_TIME} AS now_ms, empower.hold "  # noqa: S608
    "JOIN empower.entry ON entry.sequence = hold.sequence WHERE state = 'held' AND at <= now_ms - %s::bigint ORDER BY at, hold.sequence, part"
)
_WISH = """
SELECT told.wish FROM empower.hold JOIN (SELECT sequence, entry.wish FROM empower.entry UNION ALL SELECT sequence, past.wish FROM empower.past) AS told
ON told.sequence = hold.sequence WHERE hold.key = %s
"""
_HISTORY = "SELECT sequence, at, key, event, amount, subjects, record, because FROM empower.entry WHERE strpos(subjects, %s) > 0 ORDER BY at, sequence"
_ARCHIVE = f"SELECT empower.archive_v1({_CLOCK}, %s::bigint, %s::bigint, %s, %s::bigint, %s::bytea)"
_KEEP = "INSERT INTO empower.pack (digest, content) VALUES (%s, %s) ON CONFLICT (digest) DO NOTHING"


class PostgresLedger(Ledger):
    """What was given, in a PostgreSQL. See the module's text for how."""

    def __init__(self, where: str | Way, settings: Settings | None = None, *, clock: Callable[[], int] | None = None) -> None:
        """Connect to an address, and make or bring up to date what is in the schema `empower` there.

        `clock` tells milliseconds since 1970-01-01T00:00Z, and is believed; None: the server's. Without `settings`, those of the address.

        Raises:
            LedgerUnavailable: the server cannot be reached or may lose what it acknowledges, or what it has is no ledger of this version.
        """
        if isinstance(where, str):
            address, given = parse_address(where)
            where = Connections(address, settings or given)
        self._way = where
        self._clock = clock
        self._ahead = 0
        """How far ledger time was ahead of the clock here when it was last told."""

    @classmethod
    def on(cls, connection: Connection, *, clock: Callable[[], int] | None = None) -> PostgresLedger:
        """The ledger inside the transaction that the host has open on this connection, which has to be READ COMMITTED.

        What it writes is committed, or rolled back, with what the host writes; its locks last until then. The schema has to be there.
        """
        return cls(HostTransaction(connection), clock=clock)

    def now(self) -> int:
        """Ledger time: the clock, but never before the last entry."""
        return self._noticed(int(self._told(_NOW, ())))

    def guess(self) -> int:
        """The clock here, as far ahead as ledger time was when it was last told; see the port."""
        return self._here() + self._ahead

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
        ask = Ask.of(wish, subjects, record, during)
        drawn = [leg.counter for part in legs for leg in part]
        counters = Counters.of(drawn)
        rest = (
            counters.lengths, _sum(part.amount for part in wish.parts), _sum(amounts), listed(amount or 0 for amount in amounts),
            told(hold_until), *leg_lists(legs, counters),
        )  # fmt: skip
        found, balances = self._asked(_RESERVE, ask, counters, rest)
        match found["outcome"]:
            case "replayed":
                return replayed(found)
            case "moved":
                return Moved(found["at"])
            case outcome:
                answer = Reserved if outcome == "reserved" else Refused
                return answer(found["at"], tuple([balances[counter] for counter in drawn]))

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
        ask = Ask.of(wish, subjects, record, during)
        asked = Counters.of(counters)
        found, balances = self._asked(_ATTEMPT, ask, asked, (_sum(part.amount for part in wish.parts),))
        match found["outcome"]:
            case "replayed":
                return replayed(found)
            case "moved":
                return Moved(found["at"])
            case _:
                return Noted(found["at"], tuple([balances[counter] for counter in counters]))

    def balances(self, counters: Sequence[Counter], at: int | None = None) -> tuple[Balance, ...]:
        """What each counter's window holds at `at` (default: now); see the port."""
        asked = Counters.of(counters)
        if at is not None:
            self._way.run(lambda connection: refuse_archived(connection, counters, at))
        for expected in self._instants(at):
            periods = asked.periods(expected)
            found = json.loads(self._told(_BALANCES, (told(at), asked.identities, *periods, asked.lengths)))
            self._noticed(found["at"])
            if found["outcome"] == "told":
                balances = asked.balances(found, periods)
                return tuple([balances[counter] for counter in counters])
        raise self._restless()

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
        rows = self._rows(_WISH, (key,))
        return currency_of(wish_from(rows[0][0]), key) if rows else None

    def expire_due(self) -> int:
        """Mark holds that have passed their expiry; returns how many this call marked."""
        count = 0
        while marked := int(self._told(_EXPIRE, (), wrote=True)):
            count += marked
        return count

    def unsettled(self, older_than_ms: int = 0) -> tuple[Held, ...]:
        """Holds neither confirmed nor ended, reserved at least so long ago, oldest first."""
        rows = self._timed(_UNSETTLED, (told(older_than_ms),))
        holds = [settled(Hold(*row), now) for *row, now in rows]
        return tuple([hold.told() for hold in holds if hold.state == "held"])

    def history(self, **subjects: str) -> tuple[Entry, ...]:
        """Entries in order whose subjects match; all of them, if none is named. Told even while nothing can be written."""
        with suppress(LedgerUnavailable):
            self.expire_due()
        fragment = subject_fragment(*next(iter(subjects.items()))) if subjects else ""
        entries = map(_entry, self._rows(_HISTORY, (fragment,)))
        return tuple([entry for entry in entries if subjects.items() <= entry.subjects.items()])

    def counters(self) -> tuple[Counter, ...]:
        """Every counter that anything was ever drawn from."""
        return tuple(counter_from(identity) for (identity,) in self._rows("SELECT DISTINCT identity FROM empower.counter", ()))

    def keep_pack(self, digest: str, text: str) -> None:
        """Keep a pack by digest."""
        self._way.run(lambda connection: connection.execute(_KEEP, (digest, text)))

    def seal(self) -> bool:
        """Seal the chain up to where nobody can add an entry any more; whether that is all of it. Done by itself, unless `seal_ms` is 0."""
        return self._rows("SELECT empower.seal_v1()", ()) == [(True,)]

    def verify(self, head: str = "", archive: Path | None = None) -> Audit:
        """Seal what is settled, tell the history again and hold everything against it; see the port. With its archive, all of the history.

        Raises:
            WrongLedger: the archive is another ledger's, or none.
        """
        self._seal_all()
        if archive is None:
            return self._way.read(lambda connection: audit(connection, head))
        ((of,),) = self._rows("SELECT identity FROM empower.ledger", ())
        with opened_archive(archive, of) as joined:
            return self._way.read(lambda connection: both(audit(connection, head), audit_joined(connection, joined, head)))

    def archive(self, before: int, to: Path) -> int:
        """Move what is closed at an instant into an archive: a new file, or the one that holds what was archived before; how many entries.

        The archive is on the disk and checked before anything is dropped here, so the same call again mends whatever interrupted it.

        Raises:
            WrongLedger: the file is no archive of this ledger, or lacks a part; LedgerUnavailable.
        """
        before, path = min(before, self.now()), to.absolute()
        self.expire_due()  # what is marked later is told at an instant of the past
        self._seal_all()
        cut = self._way.read(lambda connection: cut_before(connection, before))
        if cut is None:
            return 0
        seal = self._way.read(lambda connection: fill_archive(connection, path, cut))
        return int(self._told(_ARCHIVE, (str(cut.before), str(cut.until), str(path), str(seal[0]), seal[1]), wrote=True, long=True))

    def archived(self) -> Archived | None:
        """Where the archived part of the history is; None: all of it is here."""
        return self._way.run(archived)

    def accept_clock(self) -> int:
        """Believe the server's clock from now on, whatever it shows, on all machines; gives what it shows."""
        return self._way.run(self._way.watch.accept) if self._clock is None else self._clock()

    def close(self) -> None:
        """Let go of the database; further calls raise `LedgerUnavailable`."""
        self._way.close()

    def _asked(self, statement: str, ask: Ask, counters: Counters, rest: tuple[Any, ...]) -> tuple[dict[str, Any], dict[Counter, Balance]]:
        """What the function tells in the end, and the balances if it tells them."""
        seen: list[int] = []
        for expected in self._instants():
            periods = counters.periods(expected)
            parameters = (*ask.parameters(seen), counters.identities, *periods, *rest)
            found = json.loads(self._told(statement, parameters, wrote=True))
            match found["outcome"]:
                case "elsewhere":
                    self._noticed(found["at"])
                case "known":
                    seen += ask.compared(found["wishes"])
                case "replayed":
                    return found, {}
                case _:
                    self._noticed(found["at"])
                    return found, {} if "amounts" not in found else counters.balances(found, periods)
        raise self._restless()

    def _settle(self, key: str, event: EventKind, transition: Callable[[Hold], Hold], because: str = "") -> Held:
        for _ in range(TRIES):
            ((now, is_archived, *row),) = self._timed(_HOLD, (key,))
            if row[0] is None:
                raise UnknownKey(key)
            before = Hold(*row)
            if settled(before, now) is not before:
                self._told(_LAPSE, (key,), wrote=True)
                continue
            hold = transition(before)
            if hold is before:
                return hold.told()
            if is_archived:
                raise ended_in_archive(key, event)
            amount = {"confirmed": hold.confirmed, "reversed": hold.taken_back}.get(event, before.left)
            seen = (before.state, told(before.confirmed), told(before.taken_back))
            to = (hold.state, told(hold.confirmed), told(hold.taken_back), event, told(amount), because)
            if self._told(_SETTLE, (key, *seen, *to), wrote=True):
                return hold.told()
        raise self._restless()

    def _seal_all(self) -> None:
        if not self.seal():
            self.seal()

    def _told(self, statement: str, parameters: Sequence[Any], **how: bool) -> Any:
        """The one value that a statement tells which begins with `_CLOCK`."""
        (row,) = self._timed(statement, parameters, **how)
        return row[0]

    def _timed(self, statement: str, parameters: Sequence[Any], **how: bool) -> list[tuple[Any, ...]]:
        """The rows that a statement tells which begins with `_CLOCK`."""
        if self._clock is not None:
            return self._rows(statement, (str(self._clock()), None, *parameters), **how)
        watch = self._way.watch
        for _ in range(TRIES):
            latest = watch.latest()
            if latest is not None:
                with suppress(ClockError):
                    return self._rows(statement, (None, str(latest), *parameters), **how)
            refused = self._way.run(watch.look)
            if refused is not None:
                raise refused
        raise self._restless()

    def _rows(self, statement: str, parameters: Sequence[Any], *, wrote: bool = False, long: bool = False) -> list[tuple[Any, ...]]:
        fetched = _fetched_at_leisure if long else _fetched
        return self._way.run(lambda connection: fetched(connection, statement, parameters), wrote=wrote)

    # -------------------------------------------------------------------------------------------- time

    def _instants(self, at: int | None = None) -> Iterator[int]:
        """For which instant to work out calendar periods: for the one that ledger time is expected to be, anew each time."""
        for _ in range(TRIES):
            yield self.guess() if at is None else at

    def _noticed(self, now: int) -> int:
        self._ahead = now - self._here()
        return now

    def _here(self) -> int:
        return (self._clock or wall_clock)()

    def _restless(self) -> LedgerBusy:
        return LedgerBusy(f"the ledger {self._way.where} went on {TRIES} times before it was asked (help: ask again with the same key)")


def _fetched(connection: Connection, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(statement.encode(), parameters, prepare=True).fetchall()


def _fetched_at_leisure(connection: Connection, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.transaction():
        connection.execute("SET LOCAL statement_timeout = 0")
        return _fetched(connection, statement, parameters)


def _sum(amounts: Iterator[int | None] | Sequence[int | None]) -> str | None:
    given = [amount for amount in amounts if amount is not None]
    return str(sum(given)) if given else None


def _entry(row: tuple[Any, ...]) -> Entry:
    sequence, at, key, event, amount, subjects, record, because = row
    return Entry(sequence, at, key, event, amount, subjects_from(subjects), record_from(record), because)
