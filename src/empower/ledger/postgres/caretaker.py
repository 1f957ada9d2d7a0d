"""A thread that seals the chain a while after something was written. Nobody waits for it, and nothing depends on when it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from empower.errors import LedgerUnavailable


class Caretaker:
    """Of one process; its thread begins with the first entry."""

    def __init__(self, seal: Callable[[], bool], pause_ms: int) -> None:
        """`seal` seals what is settled, and tells whether that is everything; `pause_ms`: 0: never."""
        self._seal = seal
        self._pause_ms = pause_ms
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._work = threading.Event()
        self._stop = threading.Event()

    def wrote(self) -> None:
        """There is something to seal."""
        if not self._pause_ms or self._work.is_set():
            return
        with self._lock:
            self._work.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._care, name="empower-seal", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Come back once the thread has ended."""
        self._stop.set()
        self._work.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _care(self) -> None:
        while True:
            self._work.wait()
            if self._stop.wait(self._pause_ms / 1000):
                return
            self._work.clear()
            with suppress(LedgerUnavailable):
                if not self._seal():
                    self._work.set()
