"""Under any concurrency a limit is a limit (law 1), and what is asked twice is given once (law 9)."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from empower.errors import HoldEnded
from empower.ledger import Ledger, Replayed, Reserved
from empower.testing.asks import EVER, MONTH, ROLLING, Clock, held, leg, reserve, wish

THREADS = 8
POUNDS = 100


@contextmanager
def impatient_threads() -> Iterator[None]:
    """Threads that take turns as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def race(work: Callable[[int], None]) -> None:
    """Let eight threads begin at once."""
    start = threading.Barrier(THREADS)

    def run(number: int) -> None:
        start.wait()
        work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    with impatient_threads():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def spend(ledger: Ledger) -> list[str]:
    """Eight threads each ask forty times for £7 of £1,000: room for 142 of them."""
    allowed: list[str] = []

    def work(number: int) -> None:
        for turn in range(40):
            key = f"{number}-{turn}"
            answer = reserve(ledger, wish(key, 7 * POUNDS), [leg(of, 7 * POUNDS, limit=1000 * POUNDS) for of in (MONTH, ROLLING, EVER)])
            if isinstance(answer, Reserved):
                allowed.append(key)

    race(work)
    return allowed


class Threads:
    """Limits and keys under concurrency."""

    def test_of_1000_pounds_exactly_142_times_7_are_given(self, ledger: Ledger) -> None:
        assert len(spend(ledger)) == 142
        assert [held(ledger, of) for of in (MONTH, ROLLING, EVER)] == [(994 * POUNDS, 142)] * 3
        assert len(ledger.history()) == 8 * 40
        assert ledger.verify().findings == ()

    def test_a_key_sent_by_all_is_given_once(self, ledger: Ledger) -> None:
        answers: list[object] = []

        def work(_: int) -> None:
            answers.extend(reserve(ledger, wish(f"k{turn}", 5), leg(MONTH, 5, limit=1000)) for turn in range(40))

        race(work)
        assert [type(one) for one in answers].count(Reserved) == 40
        assert [type(one) for one in answers].count(Replayed) == 7 * 40
        assert held(ledger, MONTH) == (200, 40)

    def test_a_hold_ends_once_whoever_comes_first(self, ledger: Ledger) -> None:
        """Confirmed, voided and left to expire at once: one of them happens, and the sum says which."""
        for turn in range(40):
            reserve(ledger, wish(f"k{turn}", 5), leg(MONTH, 5))

        def work(number: int) -> None:
            for turn in range(40):
                try:
                    _ = ledger.void(f"k{turn}") if number % 2 else ledger.confirm(f"k{turn}", 3)
                except HoldEnded:
                    continue

        race(work)
        ended = [entry.event for entry in ledger.history() if entry.event != "allowed"]
        assert len(ended) == 40
        confirmed = ended.count("confirmed")
        assert held(ledger, MONTH) == (3 * confirmed, confirmed)

    def test_a_clock_that_runs_wild_in_threads_takes_no_window_above_its_limit(self, clock: Clock, ledger: Ledger) -> None:
        """Expiry frees room only once, whichever thread sees it first."""

        def work(number: int) -> None:
            for turn in range(40):
                clock.at += (-3, 5)[turn % 2]
                reserve(ledger, wish(f"{number}-{turn}", 1), leg(EVER, 1, limit=20), hold_until=clock.at + 7)
                assert held(ledger, EVER)[0] <= 20

        race(work)
        clock.at += 1000
        assert held(ledger, EVER) == (0, 0)
        events = [entry.event for entry in ledger.history()]
        assert events.count("expired") == events.count("allowed") >= 20
