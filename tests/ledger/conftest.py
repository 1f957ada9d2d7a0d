"""The stores, each to pass the same tests."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from empower.ledger import Ledger
from empower.ledger.memory import MemoryLedger
from empower.ledger.sqlite import SqliteLedger
from ledger.asks import Clock
from ledger.lent import Lent, opened
from ledger.postgres import mortal_postgres, postgres_address, postgres_server

__all__ = ["mortal_postgres", "opened", "postgres_address", "postgres_server"]


class Passing(SqliteLedger):
    """A ledger in a file that is gone when it is closed; in memory where the system has such a folder, for most tests need no disk."""

    def __init__(self, clock: Clock) -> None:
        self.folder = tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None, prefix="ledger-")
        super().__init__(Path(self.folder.name, "till.db"), clock=clock)

    def close(self) -> None:
        super().close()
        self.folder.cleanup()


IN_MEMORY = Path("/dev/shm")  # noqa: S108
STORES: dict[str, Callable[[Clock], Ledger]] = {"memory": MemoryLedger, "sqlite": Passing, "postgres": Lent}


@pytest.fixture
def clock() -> Clock:
    """A clock moved by hand."""
    return Clock()


@pytest.fixture(params=STORES.values(), ids=STORES.keys())
def make(request: pytest.FixtureRequest) -> Callable[[Clock], Ledger]:
    """How an empty ledger of each store is made."""
    if request.param is Lent:
        Lent.server = request.getfixturevalue("postgres_server")
    made: Callable[[Clock], Ledger] = request.param
    return made


@pytest.fixture
def ledger(make: Callable[[Clock], Ledger], clock: Clock) -> Iterator[Ledger]:
    """An empty ledger of each store."""
    made = make(clock)
    yield made
    made.close()
