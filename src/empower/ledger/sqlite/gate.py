"""The gate: one process at a time writes, and those who wait are let in about in the order in which they came.

SQLite's own way to wait is to sleep and try again, which starves whoever is unlucky for seconds. So every write and every checkpoint
happens inside an exclusive `flock` on a file beside the database; the system wakes a waiter at once, and takes the lock back from a
process that dies. Where there is no `flock` (Windows) SQLite's own way is all there is.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from empower.errors import LedgerBusy, LedgerUnavailable

try:
    import fcntl
except ImportError:
    HAS_LOCK = False
else:
    HAS_LOCK = True


class Gate:
    """One process's way through the gate; one thread at a time may be inside or waiting."""

    def __init__(self, path: Path, wait_ms: int) -> None:
        self._path = path
        self._wait_ms = wait_ms
        self._file: int | None = None

    def through(self, work: Callable[[], object]) -> None:
        """Do some work while nobody else writes; in another thread, if somebody else does at first.

        Raises:
            LedgerBusy: somebody else was inside for longer than the wait, and the work was not done; what the work raises.
        """
        if not HAS_LOCK:
            work()
            return
        if self._file is None:
            self._file = _opened(self._path)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _Visit(work).wait(_opened(self._path), self._wait_ms)
            return
        try:
            work()
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file; not of the lock that another process may have on it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _Visit:
    """Work that has to wait at the gate, in a thread of its own: a wait inside the system cannot be given up.

    The thread that is let in does the work itself, for nobody else may write until the one who waits for it has woken up.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._mutex = threading.Lock()
        self._given_up = False
        self._begun = False
        self._done = threading.Event()
        self._error: BaseException | None = None

    def wait(self, file: int, wait_ms: int) -> None:
        """Come back when the work is done, or when it has waited for too long."""
        threading.Thread(target=self._enter, args=(file,), name="empower-gate", daemon=True).start()
        try:
            self._done.wait(wait_ms / 1000)
        finally:
            with self._mutex:
                self._given_up = not self._begun
            while self._begun and not self._done.is_set():
                with suppress(KeyboardInterrupt):  # the connection is not free before the end
                    self._done.wait()
        if self._given_up:
            message = f"another process was writing to the ledger for more than {wait_ms} ms; nothing was acknowledged"
            raise LedgerBusy(f"{message} (help: ask again with the same key; a process that is stopped inside lets go when it is ended)")
        if self._error is not None:
            raise self._error

    def _enter(self, file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            with self._mutex:
                self._begun = not self._given_up
            if self._begun:
                self._work()
        except BaseException as error:  # noqa: BLE001  (whatever it is, it is raised where it is waited for)
            self._error = error
        finally:
            # Said aloud, because closing alone would leave the lock with a child that has inherited the file
            fcntl.flock(file, fcntl.LOCK_UN)
            os.close(file)
            self._done.set()


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        message = f"the file {str(path)!r} beside the ledger cannot be opened ({error.strerror})"
        raise LedgerUnavailable(f"{message} (help: this process has to be allowed to write in its folder)") from error
