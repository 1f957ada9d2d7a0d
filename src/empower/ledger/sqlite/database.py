"""One process's connections to the file of a ledger: one that writes, one that reads; through forks, and until it is closed.

A fork closes both connections first, and parent and child each open their own. SQLite remembers the locks on a file for the whole
process: a child that inherited an open connection would believe that it has the locks which only its parent has, even for a
connection that it opened itself.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from weakref import WeakSet, finalize

from empower.errors import LedgerUnavailable
from empower.ledger.sqlite.address import Settings
from empower.ledger.sqlite.failures import named_failures
from empower.ledger.sqlite.gate import Gate
from empower.ledger.sqlite.journal import Turn
from empower.ledger.sqlite.places import refuse_network
from empower.ledger.sqlite.schema import bring_up_to_date, connect, say_known_faults
from empower.ledger.sqlite.writer import Writer

T = TypeVar("T")


class Database:
    """Safe to be used from any number of threads."""

    def __init__(self, path: Path, settings: Settings) -> None:
        """Nothing is opened yet.

        Raises:
            LedgerUnavailable: the file lies where locks do not hold.
        """
        refuse_network(path)
        say_known_faults()
        self.path = path.absolute()
        self._settings = settings
        self._closed = False
        self._set_up()
        _OPEN.add(self)

    def _set_up(self) -> None:
        """As it is at first, in this process."""
        self._process = os.getpid()
        self._gate = Gate(self.path.with_name(f"{self.path.name}-gate"), self._settings.wait_ms)
        self._writer = Writer(self._writing, self._gate, self.path, self._settings.wait_ms)
        self._reading = {"short": threading.Lock(), "long": threading.Lock()}
        self._connections: dict[str, sqlite3.Connection] = {}
        self._paused = False
        finalize(self, _close_all, self._connections, self._process)  # of a ledger that nobody closed

    def write(self, job: Callable[[Turn], T]) -> T:
        """What the job answers, once it is committed.

        Raises:
            What the job raises; LedgerUnavailable.
        """
        self._usable()
        return self._writer.run(job)

    @contextmanager
    def read(self, length: str = "short") -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the ledger, and cannot change it. `long` reads do not keep `short` ones waiting.

        Raises:
            LedgerUnavailable.
        """
        with self.look(length) as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def look(self, length: str = "short") -> Iterator[sqlite3.Connection]:
        """As `read`, for a single question: each may see another state.

        Raises:
            LedgerUnavailable.
        """
        self._usable()  # before the lock, which in a forked child may be held by a thread that is not there
        with self._reading[length], named_failures(self.path):
            self._usable()
            yield self._connection(length)

    def close(self) -> None:
        """Let go of the file, with everything in it that was only in its log; once more is a no-op."""
        if self._closed or os.getpid() != self._process:
            self._closed = True
            return
        self._writer.pause()
        self._closed = True
        with suppress(LedgerUnavailable):
            self._gate.through(self._let_go)
        self._let_go()
        self._gate.close()
        self._writer.resume()
        _OPEN.discard(self)

    def _let_go(self) -> None:
        with self._reading["short"], self._reading["long"]:
            _close_all(self._connections, self._process)

    def _usable(self) -> None:
        if self._closed:
            raise LedgerUnavailable(f"the ledger {str(self.path)!r} was closed")
        if os.getpid() != self._process:
            message = f"the ledger {str(self.path)!r} was forked while it was being written to, or in a way that Python does not know of"
            raise LedgerUnavailable(f"{message} (help: open it anew in the child)")

    def _writing(self) -> sqlite3.Connection:
        """The connection that writes; whoever calls is inside the gate."""
        self._usable()
        if "writing" not in self._connections:
            connection = connect(self.path, self._settings.synchronous, self._settings.wait_ms)
            try:
                bring_up_to_date(connection, self.path)
            except BaseException:
                connection.close()
                raise
            self._connections["writing"] = connection
        return self._connections["writing"]

    def _connection(self, name: str) -> sqlite3.Connection:
        if name not in self._connections:
            connection = self._connections[name] = connect(self.path, self._settings.synchronous, self._settings.wait_ms)
            connection.execute("PRAGMA query_only = ON")
        return self._connections[name]

    # -------------------------------------------------------------------------------------------- fork

    def before_fork(self) -> None:
        """Wait until nobody writes or reads, and close what is open."""
        with suppress(LedgerUnavailable):
            self._writer.pause()
            for lock in self._reading.values():
                lock.acquire()
            _close_all(self._connections, self._process)
            self._paused = True

    def after_fork_in_parent(self) -> None:
        """Go on; the next call opens what it needs."""
        if self._paused:
            self._paused = False
            for lock in self._reading.values():
                lock.release()
            self._writer.resume()

    def after_fork_in_child(self) -> None:
        """Begin anew, unless the parent was in the middle of something: then this ledger stays shut here."""
        if self._paused:
            self._gate.close()
            self._set_up()


def _close_all(connections: dict[str, sqlite3.Connection], process: int) -> None:
    """Close what this process opened."""
    while connections and process == os.getpid():
        connections.popitem()[1].close()


_OPEN: WeakSet[Database] = WeakSet()


def _each(step: Callable[[Database], None]) -> Callable[[], None]:
    def steps() -> None:
        for database in list(_OPEN):
            step(database)

    return steps


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_each(Database.before_fork),
        after_in_parent=_each(Database.after_fork_in_parent),
        after_in_child=_each(Database.after_fork_in_child),
    )
