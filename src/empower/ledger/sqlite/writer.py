"""Group commit: whoever comes while nobody writes writes for all who have come, in one transaction; the others wait for it.

One commit costs one or two waits for the disk, however much is in it. So while one thread waits for the disk the wishes of the others
gather, and the first of them takes all of them along. No thread is kept for it, so a single caller pays nothing for it either.

* A job is a function of the open transaction. It has a savepoint of its own: what it raises concerns its caller alone and leaves nothing
  behind, and what the disk fails with concerns all of the transaction.
* No answer leaves before COMMIT has returned.
* Checkpoints are made here, inside the gate: two connections never write and checkpoint at the same moment.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from empower.errors import LedgerBusy, LedgerUnavailable
from empower.ledger.sqlite.failures import failure, named_failures
from empower.ledger.sqlite.gate import Gate
from empower.ledger.sqlite.journal import Turn

T = TypeVar("T")
BATCH_MAX = 64
CHECKPOINT_EVERY = 80
"""Commits of this process. A commit adds a dozen pages of 4 KiB to the log, so it is begun anew at some 4 MB, as SQLite by itself would."""
_OF_THE_DISK = (sqlite3.OperationalError, MemoryError)
_OF_ONE_JOB = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)


class _Task:
    """A job on its way: waiting, then taken along by whoever leads, then done."""

    __slots__ = ("answer", "done", "error", "job", "woken")

    def __init__(self, job: Callable[[Turn], Any]) -> None:
        self.job = job
        self.answer: Any = None
        self.error: BaseException | None = None
        self.done = False
        self.woken = threading.Lock()
        """Held until the lead comes to it, or it is done."""
        self.woken.acquire()


class Writer:
    """The way of one process to write, from any number of threads."""

    def __init__(self, open_: Callable[[], sqlite3.Connection], gate: Gate, path: Path, wait_ms: int) -> None:
        """`open_` gives the connection to write with; it is asked each time, by one thread at a time."""
        self._open = open_
        self._gate = gate
        self._path = path
        self._patience = 2 * wait_ms
        self._mutex = threading.Lock()
        self._waiting: deque[_Task] = deque()
        self._leader: _Task | None = None
        """Whose thread writes, or is about to; None: nobody has come."""
        self._commits = 0

    def run(self, job: Callable[[Turn], T]) -> T:
        """What the job answers, once it is committed.

        Raises:
            What the job raises; LedgerUnavailable.
        """
        task = _Task(job)
        try:
            self._come(task)
            if not task.done:
                self._lead()
        except BaseException:
            self._leave(task)
            raise
        if task.error is not None:
            raise task.error
        answer: T = task.answer
        return answer

    def pause(self) -> None:
        """Come back once nobody writes, and let nobody write until `resume`.

        Raises:
            LedgerBusy.
        """
        task = _Task(_nothing)
        try:
            self._come(task)
            while task.done:  # taken along by whoever led: not what was wanted
                task = _Task(_nothing)
                self._come(task)
        except BaseException:
            self._leave(task)
            raise
        with self._mutex:
            self._waiting.remove(task)

    def resume(self) -> None:
        """Let others write again."""
        self._hand_on([])

    def checkpoint(self) -> None:
        """Bring what the log holds into the file itself, as far as no reader stands in the way.

        Raises:
            LedgerUnavailable.
        """
        self.pause()
        try:
            with named_failures(self._path):
                self._gate.through(lambda: self._open().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())
        finally:
            self.resume()

    def _come(self, task: _Task) -> None:
        """Wait until the task is done, or until its thread is to lead.

        Raises:
            LedgerBusy.
        """
        with self._mutex:
            self._waiting.append(task)
            first = self._leader is None
            if first:
                self._leader = task
        # Whoever is given the lead later is woken for it, and has to take that: nobody may look here, outside the mutex, who leads by now.
        if first or task.woken.acquire(timeout=self._patience / 1000):
            return
        with self._mutex:
            if task in self._waiting and self._leader is not task:
                raise LedgerBusy(
                    f"the ledger {str(self._path)!r} was not free to write for {self._patience} ms; nothing was acknowledged "
                    "(help: ask again with the same key)"
                )
        task.woken.acquire()  # it is being written, or the lead comes to it just now

    def _leave(self, task: _Task) -> None:
        """Go without an answer, and leave nobody waiting for it."""
        with self._mutex, suppress(ValueError):
            self._waiting.remove(task)
        if self._leader is task:
            self._hand_on([])

    def _lead(self) -> None:
        """Write everything that waits, and hand the lead on."""
        with self._mutex:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH_MAX))]
        try:
            self._commit(batch)
        finally:
            self._hand_on(batch)

    def _hand_on(self, batch: list[_Task]) -> None:
        with self._mutex:
            self._leader = self._waiting[0] if self._waiting else None
            if self._leader is not None:
                self._leader.woken.release()
        for task in batch:
            task.done = True
            task.woken.release()

    def _commit(self, batch: list[_Task]) -> None:
        interrupted = LedgerUnavailable("the process was interrupted while it wrote; the same key tells what became of it")
        for task in batch:
            task.error = interrupted
        try:
            with named_failures(self._path):
                self._gate.through(lambda: self._write(batch))
        except LedgerUnavailable as error:
            for task in batch:
                task.error = error

    def _write(self, batch: list[_Task]) -> None:
        connection = self._open()
        self._transact(connection, batch)
        self._tidy(connection)

    def _transact(self, connection: sqlite3.Connection, batch: list[_Task]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            turn = Turn(connection)
            errors = [self._do(task, turn, alone=len(batch) == 1) for task in batch]
            if len(batch) > 1 or errors[0] is None:
                connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.rollback()
            raise
        for task, error in zip(batch, errors, strict=True):
            task.error = error

    def _do(self, task: _Task, turn: Turn, *, alone: bool) -> Exception | None:
        """Do one job; what it raised, if that concerns its caller alone. Where it is alone, the whole transaction is its savepoint."""
        before = turn.state
        if not alone:
            turn.connection.execute("SAVEPOINT job")
        try:
            task.answer = task.job(turn)
            if not alone:
                turn.connection.execute("RELEASE job")
        except _OF_THE_DISK:
            raise
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, _OF_ONE_JOB):
                raise
            if alone:
                turn.connection.rollback()
            else:
                turn.connection.execute("ROLLBACK TO job")
                turn.connection.execute("RELEASE job")
            turn.state = before
            return failure(error, self._path) if isinstance(error, sqlite3.IntegrityError) else error
        return None

    def _tidy(self, connection: sqlite3.Connection) -> None:
        """A checkpoint now and then. What it fails with is nobody's loss: the log holds everything."""
        self._commits += 1
        if self._commits % CHECKPOINT_EVERY == 0:
            with suppress(sqlite3.Error):
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def _nothing(_: Turn) -> None:
    """A job that only waits for its turn."""
