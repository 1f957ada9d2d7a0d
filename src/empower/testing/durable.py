"""What a durable store promises besides the port: what it acknowledged outlives the process, and processes are as safe as threads.

A crash is a child process that ends, as if by `kill -9`, before a given line of the store's own code. So whatever a store does, it is
crashed at every step of it, and always at the same ones.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

import pytest
from attrs import define

from empower.errors import LedgerUnavailable
from empower.ledger import Ledger, Reserved
from empower.testing.asks import DAY, EVER, MONTH, ROLLING, Clock, attempt, give, held, leg, read, reserve, wish

COUNTERS = (MONTH, ROLLING, EVER)
ENDED = 7


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


@define
class Lines:
    """Counts the lines of a store that run, in all threads, and ends the process before one of them."""

    folder: str
    last: int | None
    """The line, by number, before which the process ends; None: it goes on."""
    counting: bool = False
    count: int = 0

    def watch(self) -> None:
        """Watch this thread and those that are started from now on."""
        threading.settrace(self.trace)
        sys.settrace(self.trace)

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """What Python calls for each line."""
        if not frame.f_code.co_filename.startswith(self.folder):
            return None
        if event == "line" and self.counting:
            self.count += 1
            if self.count == self.last:
                os._exit(ENDED)
        return self.trace


def spread(ledger: Ledger, key: str, **options: Any) -> Any:
    """Reserve 5 from three counters."""
    return reserve(ledger, wish(key, 5), [leg(of, 5) for of in COUNTERS], **options)


Call = Callable[[Ledger, str], object]
CALLS: dict[str, tuple[list[Call], Call]] = {
    "reserve": ([], lambda ledger, key: reserve(ledger, wish(key, 3, 4), [leg(MONTH, 3), leg(EVER, 3)], [leg(ROLLING, 4), leg(EVER, 4)])),
    "refuse": ([], lambda ledger, key: reserve(ledger, wish(key, 9), [leg(MONTH, 9), leg(EVER, 9, limit=-1)])),
    "attempt": ([], lambda ledger, key: attempt(ledger, wish(key, 9), MONTH)),
    "confirm": ([spread], lambda ledger, key: ledger.confirm(key, 2)),
    "void": ([spread], lambda ledger, key: ledger.void(key)),
    "reverse": (
        [spread, lambda ledger, key: ledger.confirm(key)],
        lambda ledger, key: ledger.reverse(key, 5, "came back"),
    ),
    "expire": ([lambda ledger, key: spread(ledger, key, hold_until=ledger.now() + 1)], lambda ledger, _: ledger.expire_due()),
}
"""What is crashed: the calls before it, and the call itself."""
REPEATED = ("refuse", "attempt")
"""Calls which are recorded each time they are made: nothing was given, so the key may be asked again."""


def state(ledger: Ledger) -> tuple[Any, ...]:
    """All that a ledger tells: its history, its holds and its sums."""
    history = [(entry.at, entry.key, entry.event, entry.amount) for entry in ledger.history()]
    return history, list(ledger.unsettled()), [held(ledger, of) for of in COUNTERS]


class Durable:
    """What a durable store promises besides the port."""

    crashes: ClassVar[int] = 12
    """At how many lines each kind of call is crashed, evenly spread; 0: at every line."""

    def new_ledger(self, clock: Clock) -> Ledger:
        """An empty ledger that goes by this clock."""
        raise NotImplementedError

    def open_again(self, clock: Clock) -> Ledger:
        """Another handle on the ledger that was made last, as another process would have it."""
        raise NotImplementedError

    def test_what_was_written_is_there_when_it_is_opened_again(self, ledger: Ledger, clock: Clock) -> None:
        spread(ledger, "held", hold_until=clock.at + DAY)
        spread(ledger, "confirmed")
        ledger.confirm("confirmed", 3)
        attempt(ledger, wish("noted", 9))
        before, entries = state(ledger), [read(entry) for entry in ledger.history()]
        ledger.close()
        again = self.open_again(clock)
        assert (state(again), [read(entry) for entry in again.history()]) == (before, entries)
        clock.at += DAY
        assert [held(again, of) for of in COUNTERS] == [(3, 1)] * 3
        again.close()

    def test_two_handles_are_one_ledger(self, ledger: Ledger, clock: Clock) -> None:
        """Also in time: a handle whose clock is behind goes by what the other has written."""
        other = self.open_again(Clock(clock.at - DAY))
        spread(ledger, "k")
        assert other.now() == clock.at
        assert isinstance(give(other, "more", EVER), Reserved)
        assert other.void("k").left == 0
        assert state(other) == state(ledger)
        other.close()

    def test_of_1000_pounds_processes_give_exactly_142_times_7(self, ledger: Ledger, clock: Clock) -> None:
        """No more than the limit under any concurrency (DESIGN law 1), and not less than fits."""
        ledger.close()

        def spend(number: int) -> None:
            mine = self.open_again(clock)
            for turn in range(40):
                reserve(mine, wish(f"{number}-{turn}", 700), [leg(of, 700, limit=100_000) for of in COUNTERS])
            mine.close()

        children = [in_child(lambda number=number: spend(number)) for number in range(4)]  # type: ignore[misc]
        assert [ended(child) for child in children] == [0] * 4
        again = self.open_again(clock)
        assert [held(again, of) for of in COUNTERS] == [(99_400, 142)] * 3
        again.close()

    def test_a_forked_child_is_safe(self, ledger: Ledger) -> None:
        """It goes on with a handle of its own, or is told that it cannot; either way parent and child are one ledger."""

        def spend(name: str) -> None:
            for number in range(30):
                reserve(ledger, wish(f"{name}-{number}", 1), leg(EVER, 1, limit=40))

        def spend_or_be_told() -> None:
            try:
                spend("child")
            except LedgerUnavailable:
                return

        spend("first")
        child = in_child(spend_or_be_told)
        spend("parent")
        assert ended(child) == 0
        assert held(ledger, EVER) == (40, 40)

    @pytest.mark.parametrize("name", CALLS)
    def test_a_crash_at_any_step_leaves_all_of_a_call_or_nothing(self, clock: Clock, name: str) -> None:
        """What was not acknowledged is never half there, and the same call again leaves it there once (DESIGN laws 1 and 9)."""
        ledger = self.new_ledger(clock)
        folder = str(Path(sys.modules[type(ledger).__module__].__file__ or "").parent)
        earlier, call = CALLS[name]
        for before in earlier:
            before(ledger, "k0")
        ledger.close()
        clock.at += 1
        lines = self.count_lines(clock, folder, lambda ledger: call(ledger, "k0"))
        for number, line in enumerate(range(1, lines + 1, 1 if not self.crashes else max(1, lines // self.crashes)), 1):
            self.crash(clock, Lines(folder, line), name, f"k{number}")

    def count_lines(self, clock: Clock, folder: str, call: Callable[[Ledger], object]) -> int:
        """How many lines of the store run during a call."""
        reading, writing = os.pipe()

        def work() -> None:
            lines = Lines(folder, None)
            self.watched(clock, lines, call)
            os.write(writing, str(lines.count).encode())

        assert ended(in_child(work)) == 0
        told = os.read(reading, 100)
        os.close(reading)
        os.close(writing)
        return int(told)

    def watched(self, clock: Clock, lines: Lines, call: Callable[[Ledger], object]) -> None:
        """Make a call with a handle of one's own, counting the lines from there."""
        lines.watch()
        ledger = self.open_again(clock)
        lines.counting = True
        call(ledger)
        lines.counting = False

    def crash(self, clock: Clock, lines: Lines, name: str, key: str) -> None:
        """Crash one call at one line, and look at what is left."""
        earlier, call = CALLS[name]
        ledger = self.open_again(clock)
        for before in earlier:
            before(ledger, key)
        untouched = len(ledger.history())
        sums = [held(ledger, of) for of in COUNTERS]
        ledger.close()
        clock.at += 1
        assert ended(in_child(lambda: self.watched(clock, lines, lambda ledger: call(ledger, key)))) in (0, ENDED)
        ledger = self.open_again(clock)
        found = len(ledger.history())
        assert found in (untouched, untouched + 1), f"{name} was half there after a crash at line {lines.last}"
        if found == untouched and name != "expire":
            assert [held(ledger, of) for of in COUNTERS] == sums
        call(ledger, key)
        assert len(ledger.history()) == (found + 1 if name in REPEATED else untouched + 1)
        once = state(ledger)
        if name not in REPEATED:
            call(ledger, key)
            assert state(ledger) == once
        ledger.close()
