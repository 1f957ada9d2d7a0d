"""What the memory ledger promises besides the port."""

from __future__ import annotations

import os
import time
import warnings
from typing import Any

import pytest

from empower.errors import LedgerUnavailable
from empower.ledger.clocks import wall_clock
from empower.ledger.memory import MemoryLedger
from empower.testing.asks import DAY, MONTH, ROLLING, Clock, counter, give, held, leg, reserve, wish


def test_it_goes_by_the_machines_clock_unless_it_is_given_another() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= wall_clock() <= MemoryLedger().now() <= time.time_ns() // 1_000_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_is_refused_and_the_parent_goes_on() -> None:
    """Also if a thread of the parent held the lock while it forked."""
    ledger = MemoryLedger(Clock())
    with warnings.catch_warnings(), ledger._lock:
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if not child:
            try:
                give(ledger, "k", MONTH)
            except LedgerUnavailable:
                os._exit(0)
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    give(ledger, "k", MONTH)
    assert held(ledger, MONTH) == (100, 1)


def test_looking_leaves_nothing_behind() -> None:
    ledger = MemoryLedger(Clock())
    ledger.balances([counter(key=f"d{number}") for number in range(9)])
    reserve(ledger, wish("k", 5), [leg(MONTH, 5), leg(ROLLING, 5, limit=4)])
    assert not ledger._sums._kept


class Counted(list):
    """A list that counts how often an item is looked at."""

    looks = 0

    def __getitem__(self, place: int | slice) -> Any:
        self.looks += 1
        return super().__getitem__(place)


def test_a_rolling_window_looks_at_each_entry_a_few_times_only() -> None:
    """The cost of an ask does not grow with what the window holds, also after many voids."""
    clock = Clock()
    ledger = MemoryLedger(clock)
    give(ledger, "first", ROLLING, 1)
    rolling = ledger._sums._kept[ROLLING]
    rolling._draws = draws = Counted(rolling._draws)
    for number in range(3000):
        clock.at += DAY // 50
        give(ledger, f"k{number}", ROLLING, 1)
        if number % 3:
            ledger.void(f"k{number}")
        ledger.balances([ROLLING])
        ledger.balances([ROLLING])
    assert draws.looks < 40 * 3000


def test_a_pack_is_kept_by_its_digest() -> None:
    ledger = MemoryLedger()
    ledger.keep_pack("digest", "pack: x")
    ledger.keep_pack("digest", "pack: x")
    assert ledger._packs == {"digest": "pack: x"}
