"""The stores, each to pass the same tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from empower.ledger import Ledger
from empower.ledger.memory import MemoryLedger
from ledger.asks import Clock
from ledger.postgres import mortal_postgres, postgres_address, postgres_server

__all__ = ["mortal_postgres", "postgres_address", "postgres_server"]

STORES: dict[str, Callable[[Clock], Ledger]] = {"memory": MemoryLedger}


@pytest.fixture
def clock() -> Clock:
    """A clock moved by hand."""
    return Clock()


@pytest.fixture(params=STORES.values(), ids=STORES.keys())
def ledger(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Ledger]:
    """An empty ledger of each store."""
    made: Ledger = request.param(clock)
    yield made
    made.close()
