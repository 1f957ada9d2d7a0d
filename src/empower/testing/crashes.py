"""Crashes on purpose: a child process that ends, as if by `kill -9`, before a given line of a store's own code.

So a store is crashed at whatever step it takes, and always at the same one.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from empower.ledger import Ledger
from empower.noun import define

ENDED = 7
"""The exit code of a child that ended at its line."""


def in_child(work: Callable[[], object]) -> int:
    """Do the work in a forked child; gives its process id. The child ends with 0 if the work did, and with 1 if it raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads may run here, but the child needs nothing of theirs
        child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001  (a child of a test runner must never return into it)
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def ended(child: int) -> int:
    """Wait for a child; its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def code_of(ledger: Ledger) -> str:
    """The folder that holds the code of a store."""
    return str(Path(sys.modules[type(ledger).__module__].__file__ or "").parent)


@define
class Lines:
    """Counts the lines of a store that run, in all threads, and ends the process before one of them."""

    folder: str
    last: int | None
    """The line, by number, before which the process ends; None: it goes on."""
    counting: bool = False
    count: int = 0

    def watch(self, opening: Callable[[], Ledger], call: Callable[[Ledger], object]) -> None:
        """Open a ledger, and count the lines of one call. Its threads are watched if the ledger starts them when it is opened, or later."""
        threading.settrace(self._trace)
        sys.settrace(self._trace)
        ledger = opening()
        self.counting = True
        call(ledger)
        self.counting = False

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(self.folder):
            return None
        if event == "line" and self.counting:
            self.count += 1
            if self.count == self.last:
                os._exit(ENDED)
        return self._trace


def count_lines(folder: str, opening: Callable[[], Ledger], call: Callable[[Ledger], object]) -> int:
    """How many lines of a store run during a call, which is made."""
    reading, writing = os.pipe()

    def work() -> None:
        lines = Lines(folder, None)
        lines.watch(opening, call)
        os.write(writing, str(lines.count).encode())

    assert ended(in_child(work)) == 0
    told = os.read(reading, 100)
    os.close(reading)
    os.close(writing)
    return int(told)


def crash(folder: str, line: int, opening: Callable[[], Ledger], call: Callable[[Ledger], object]) -> None:
    """Make a call in a child that ends before a line of the store, if it comes so far."""
    assert ended(in_child(lambda: Lines(folder, line).watch(opening, call))) in (0, ENDED)
