"""The gate: one process at a time writes, and those who wait are let in about in the order in which they came.

SQLite's own way to wait is to sleep and try again, which starves whoever is unlucky for the better part of a second. So every write
and every checkpoint happens inside an exclusive `flock` on a file beside the database; the system hands it on to a waiter at once, and
takes it back from a process that dies. Where there is no `flock` (Windows) SQLite's own way is all there is.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Be the only one who writes.

        Raises:
            LedgerBusy: somebody else was inside for longer than the wait.
        """
        if not HAS_LOCK:
            yield
            return
        file = self._file = self._locked()
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file; not of the lock that another process may have on it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _locked(self) -> int:
        """A file that has the lock: the usual one if nobody has it, else the one that waited for it."""
        file = _opened(self._path) if self._file is None else self._file
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            self._file = None
            return _Waiter(self._path).lock(self._wait_ms)
        return file


class _Waiter:
    """Waits for the lock in a thread of its own, for a wait inside the system cannot be given up."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._came = threading.Event()
        self._hand = threading.Lock()
        self._over = False
        self._file: int | None = None

    def lock(self, wait_ms: int) -> int:
        """A file that has the lock."""
        threading.Thread(target=self._wait, args=(_opened(self._path),), name="empower-gate", daemon=True).start()
        try:
            self._came.wait(wait_ms / 1000)
        except BaseException:
            with self._hand:
                self._over = True
                if self._file is not None:
                    _let_go(self._file)
            raise
        with self._hand:
            self._over = self._file is None
        if self._file is None:
            message = (
                f"another process was writing to the ledger beside {str(self._path)!r} for more than {wait_ms} ms; nothing was acknowledged"
            )
            raise LedgerBusy(f"{message} (help: ask again with the same key; a process that is stopped inside lets go when it is ended)")
        return self._file

    def _wait(self, file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            os.close(file)
            return
        with self._hand:
            if self._over:
                _let_go(file)
            else:
                self._file = file
                self._came.set()


def _let_go(file: int) -> None:
    """Said aloud, because closing alone would leave the lock with a child that has inherited the file."""
    fcntl.flock(file, fcntl.LOCK_UN)
    os.close(file)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        message = f"the file {str(path)!r} beside the ledger cannot be opened ({error.strerror})"
        raise LedgerUnavailable(f"{message} (help: this process has to be allowed to write in its folder)") from error
