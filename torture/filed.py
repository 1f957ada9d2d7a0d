"""A small durable store, to try the tests of durable stores on: the memory ledger, kept in step in all processes by a log of calls.

A call takes the lock, catches up with the calls of others, runs, and is appended to the log if it has changed anything; it is answered
after that. A call that was cut off while it was appended is dropped by the next. It is slow and keeps everything; nobody should use it.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar

from empower.errors import LedgerUnavailable
from empower.ledger.clocks import wall_clock
from empower.ledger.memory import MemoryLedger

HEAD = 8


class FiledLedger:
    """The ledger port, by one log of calls; a record is a length, a checksum, and the call with the instant at which it ran."""

    Memory: ClassVar[type[MemoryLedger]] = MemoryLedger

    def __init__(self, path: Path, clock: Callable[[], int] = wall_clock) -> None:
        self._path = path
        self._clock = clock
        self._mine = RLock()
        self._process = os.getpid()
        self._closed = False
        self._open()

    def _open(self) -> None:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._forget()

    def _forget(self) -> None:
        """Begin again from the log."""
        self._at = 0
        self._read = 0
        self._memory = self.Memory(lambda: self._at)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments, **options: self._call(name, arguments, options)

    def close(self) -> None:
        self._closed = True

    def _call(self, name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        with self._locked():
            self._catch_up()
            return self._run(name, arguments, options)

    def _run(self, name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        before = len(self._memory._log)
        self._at = self._clock()
        try:
            return getattr(self._memory, name)(*arguments, **options)
        finally:
            if len(self._memory._log) > before:
                self._append(pickle.dumps((self._at, name, arguments, options)))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self._closed:
            raise LedgerUnavailable("the filed ledger was closed")
        if os.getpid() != self._process:
            raise LedgerUnavailable("a filed ledger belongs to one process and this is its child")
        with self._mine:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _catch_up(self) -> None:
        """Run what others have run, and drop what was cut off."""
        log = os.pread(self._file, os.fstat(self._file).st_size - self._read, self._read)
        while log:
            length, checksum = int.from_bytes(log[:4], "big"), int.from_bytes(log[4:HEAD], "big")
            record = log[HEAD : HEAD + length]
            if len(record) < length or zlib.crc32(record) != checksum:
                os.ftruncate(self._file, self._read)
                return
            log = log[HEAD + length :]
            self._read += HEAD + length
            self._replay(*pickle.loads(record))  # noqa: S301  (written by this class)

    def _replay(self, at: int, name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        self._at = at
        try:
            getattr(self._memory, name)(*arguments, **options)
        except Exception:  # noqa: BLE001  (it failed the first time too, after it had marked what was due)
            return

    def _append(self, record: bytes) -> None:
        whole = len(record).to_bytes(4, "big") + zlib.crc32(record).to_bytes(4, "big") + record
        try:
            written = os.write(self._file, whole)
        except OSError:
            written = 0
        if written < len(whole):
            os.ftruncate(self._file, self._read)
            self._forget()
            raise LedgerUnavailable("the disk is full")
        self._read += len(whole)
