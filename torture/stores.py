"""Which ledger an address names: those that `Guard` opens, and those that are here to be tried on, sound (`filed:PATH`) or broken (`NAME:PATH`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from empower.decide import open_ledger
from empower.ledger import Ledger
from torture.broken import BROKEN
from torture.filed import FiledLedger


def opened(address: str, clock: Callable[[], int]) -> Ledger:
    """The ledger of this address, by this clock.

    Only a ledger that goes by the clock of the machine looks out for leaps of it, so where there is such a ledger this process is
    made to see the machine's clock where `clock` is.
    """
    scheme, _, place = address.partition(":")
    if scheme == "filed":
        return FiledLedger(Path(place), clock)
    if scheme in BROKEN:
        return BROKEN[scheme](Path(place), clock)
    if has_our_clock(address):
        time.time_ns = lambda: clock() * 1_000_000
    return open_ledger(address)


def has_our_clock(address: str) -> bool:
    """A server has a clock of its own."""
    return not address.startswith("postgresql:")


def refuses_leaps(address: str) -> bool:
    """A clock that is far ahead is to be refused, by those who can know."""
    return address.startswith(("sqlite:", "believes-leaps:"))


def survives_a_full_disk(address: str) -> bool:
    """A client's disk can be filled up, a server's cannot from here."""
    return not address.startswith("postgresql:")
