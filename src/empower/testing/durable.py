"""What a durable store promises besides the port: what it acknowledged outlives the process, and processes are as safe as threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from empower.errors import LedgerUnavailable
from empower.ledger import Ledger, Reserved
from empower.testing.asks import DAY, EVER, MONTH, ROLLING, Clock, attempt, counter, give, held, leg, read, reserve, wish
from empower.testing.crashes import code_of, count_lines, crash, ended, in_child

COUNTERS = (MONTH, ROLLING, EVER)


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

    def after_crash(self) -> None:
        """Wait until nothing goes on any more for a process that crashed: a server may still be at it."""

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

    def test_a_campaign_of_1000_pounds_gives_exactly_142_times_7(self, ledger: Ledger, clock: Clock) -> None:
        """Five shops with eight tills each ask for £7: no more than the limit under any concurrency (law 1), and not less than fits."""
        ledger.close()

        def sell(shop: int, till: int) -> None:
            mine = self.open_again(clock)
            for turn in range(5):
                legs = [*(leg(of, 700, limit=100_000) for of in COUNTERS), leg(counter("day", key=f"shop {shop}"), 700)]
                reserve(mine, wish(f"{shop}-{till}-{turn}", 700), legs)
            mine.close()

        tills = [(shop, till) for till in range(8) for shop in range(5)]
        children = [in_child(lambda at=at: sell(*at)) for at in tills]  # type: ignore[misc]
        assert [ended(child) for child in children] == [0] * 40
        again = self.open_again(clock)
        assert [held(again, of) for of in COUNTERS] == [(99_400, 142)] * 3
        assert sum(held(again, counter("day", key=f"shop {shop}"))[0] for shop in range(5)) == 99_400
        assert len(again.history()) == 200
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
        """What was not acknowledged is never half there, and the same call again leaves it there once (laws 1 and 9)."""
        ledger = self.new_ledger(clock)
        folder = code_of(ledger)
        earlier, call = CALLS[name]
        for before in earlier:
            before(ledger, "k0")
        ledger.close()
        clock.at += 1
        lines = count_lines(folder, lambda: self.open_again(clock), lambda ledger: call(ledger, "k0"))
        assert lines, f"none of the code in {folder} ran"
        for number, line in enumerate(range(1, lines + 1, max(1, lines // self.crashes) if self.crashes else 1), 1):
            self.crash(clock, folder, line, name, f"k{number}")

    def crash(self, clock: Clock, folder: str, line: int, name: str, key: str) -> None:
        """Crash one call at one line, and look at what is left."""
        earlier, call = CALLS[name]
        ledger = self.open_again(clock)
        for before in earlier:
            before(ledger, key)
        untouched = len(ledger.history())
        sums = [held(ledger, of) for of in COUNTERS]
        ledger.close()
        clock.at += 1
        crash(folder, line, lambda: self.open_again(clock), lambda ledger: call(ledger, key))
        self.after_crash()
        ledger = self.open_again(clock)
        found = len(ledger.history())
        assert found in (untouched, untouched + 1), f"{name} was half there after a crash at line {line}"
        if found == untouched and name != "expire":
            assert [held(ledger, of) for of in COUNTERS] == sums
        call(ledger, key)
        assert len(ledger.history()) == (found + 1 if name in REPEATED else untouched + 1)
        once = state(ledger)
        if name not in REPEATED:
            call(ledger, key)
            assert state(ledger) == once
        assert ledger.verify().findings == ()
        ledger.close()
