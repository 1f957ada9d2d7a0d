"""The kit as a base class: a store makes an empty ledger, and pytest runs everything that the port promises against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest

from empower.ledger import Ledger
from empower.testing.asks import Clock
from empower.testing.durable import Durable
from empower.testing.histories import Histories
from empower.testing.holds import Holds
from empower.testing.keys import Keys
from empower.testing.reserving import Reserving
from empower.testing.threads import Threads


class LedgerConformance(Reserving, Keys, Holds, Threads, Histories):
    """The port, laws 1 and 9. A subclass says how an empty ledger is made; it may set `examples` for a longer search."""

    def new_ledger(self, clock: Clock) -> Ledger:
        """An empty ledger that goes by this clock; whoever asks for it closes it."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> Clock:
        """A clock that is moved by hand."""
        return Clock()

    @pytest.fixture
    def ledger(self, clock: Clock) -> Iterator[Ledger]:
        """An empty ledger that goes by the clock."""
        made = self.new_ledger(clock)
        yield made
        made.close()


class DurableConformance(Durable, LedgerConformance):
    """The port, and what a store promises that outlives its process. A subclass also says how the last new ledger is opened again."""

    worlds: ClassVar[int] = 5  # there are crashes in them

    def open_again(self, clock: Clock) -> Ledger:
        """Another handle on the ledger that was made last, as another process would have it."""
        raise NotImplementedError

    def reopening(self, clock: Clock) -> Callable[[], Ledger]:
        """How the last new ledger is opened again after a crash."""

        def reopen() -> Ledger:
            self.after_crash()
            return self.open_again(clock)

        return reopen
