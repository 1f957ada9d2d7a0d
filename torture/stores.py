"""Which ledger an address names: those that `Guard` opens, a small sound one to be tried on (`filed:PATH`), and broken ones.

`sqlite+FAULT:///PATH` and `postgresql+FAULT://…` are the real stores with one fault built in; `postgresql+own-clocks://…` is sound, and each
client hands in a clock of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from attrs import frozen

from empower.decide import open_ledger
from empower.ledger import Ledger
from empower.ledger.sqlite import parse_address
from torture import broken_postgres, broken_sqlite
from torture.filed import FiledLedger


@frozen
class Store:
    """What an address says."""

    kind: str
    """filed, sqlite or postgresql."""
    fault: str
    """Empty: it is sound."""
    address: str
    """As the library opens it."""
    own_clocks: bool
    """Whether it goes by the clocks of its clients, rather than by a server's."""

    @property
    def refuses_leaps(self) -> bool:
        """A client's clock that is far ahead is to be refused, by those who can know."""
        return self.kind == "sqlite"

    @property
    def refuses_steps(self) -> bool:
        """So is a step of all clocks, the server's included."""
        return self.kind == "sqlite" or (self.kind == "postgresql" and not self.own_clocks)

    @property
    def archive(self) -> Path | None:
        """Where its archive is, or will be; None: it has none."""
        if self.kind != "sqlite":
            return None
        path = parse_address(self.address)[0]
        return path.with_name(f"{path.name}-archive")

    @property
    def seconds_between_kills(self) -> tuple[float, float]:
        """At least and at most. Who connects to a server is worth nothing for its first tenths of a second, and shall do some work."""
        return (0.3, 1.0) if self.kind == "postgresql" else (0.05, 0.25)

    @property
    def survives_a_full_disk(self) -> bool:
        """A client's disk can be filled up, a server's cannot from here."""
        return self.kind != "postgresql"


@cache
def store_at(address: str) -> Store:
    """The store of this address."""
    scheme, _, place = address.partition(":")
    kind, _, fault = scheme.partition("+")
    if kind == "filed":
        return Store(kind, "", place, own_clocks=True)
    if kind != "postgresql":
        return Store(kind, fault, f"{kind}:{place}", own_clocks=True)
    broken = broken_postgres.FAULTS[fault]
    mark = "&" if "?" in place else "?"
    return Store(kind, fault, f"{kind}:{place}{mark}{broken.settings}".rstrip("?&"), own_clocks=broken.own_clocks)


def prepare(address: str) -> None:
    """Make the ledger, and build its fault in where that is done once for all clients."""
    store = store_at(address)
    if store.kind == "postgresql":
        open_ledger(store.address).close()
        broken_postgres.break_database(without_fault(address), broken_postgres.FAULTS[store.fault])


def set_clock(address: str, offset_ms: int, steps: float, step_ms: int) -> None:
    """Put a server's clock ahead by the offset, and from an instant of the machine's monotonic clock on by the step as well.

    What it shows is looked at once before it steps, for a clock that nobody knew before has nothing to be held against.
    """
    store = store_at(address)
    if store.kind == "postgresql" and store.refuses_steps:
        broken_postgres.set_clock(without_fault(address), offset_ms, time.time() + steps - time.monotonic(), step_ms)
        ledger = open_ledger(store.address)
        ledger.now()
        ledger.close()


def without_fault(address: str) -> str:
    """The address as libpq reads it."""
    scheme, _, place = address.partition(":")
    return f"{scheme.partition('+')[0]}:{place}"


def opened(address: str, clock: Callable[[], int]) -> Ledger:
    """The ledger of this address, by this clock.

    Only a ledger that goes by the clock of the machine looks out for leaps of it, so where there is such a ledger this process is
    made to see the machine's clock where `clock` is.
    """
    store = store_at(address)
    if store.kind == "filed":
        return FiledLedger(Path(store.address), clock)
    build_in(store)
    if store.kind == "sqlite":
        time.time_ns = lambda: clock() * 1_000_000
        return open_ledger(store.address)
    return open_ledger(store.address, clock if store.own_clocks else None)


@cache
def build_in(store: Store) -> None:
    """Exchange what the fault exchanges in a client; once, however often it opens its ledger."""
    (broken_sqlite if store.kind == "sqlite" else broken_postgres).build_in(store.fault)
