"""Ledgers in PostgreSQL for tests: many, in databases that are wiped and lent again, for to make one takes ten times as long; or several on one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

import psycopg
import pytest

from empower.ledger import Ledger
from empower.ledger.postgres import PostgresLedger
from empower.testing.asks import Clock
from torture.server import Server

# Past the triggers
WIPE = """
SET session_replication_role = replica;
DELETE FROM empower.entry; DELETE FROM empower.seal; DELETE FROM empower.sealing; DELETE FROM empower.wish; DELETE FROM empower.hold;
DELETE FROM empower.counter; DELETE FROM empower.leg; DELETE FROM empower.pack;
ALTER SEQUENCE empower.entry_sequence RESTART; ALTER TABLE empower.counter ALTER COLUMN id RESTART;
"""


class Lent(PostgresLedger):
    """The server is set before the first is made."""

    server: ClassVar[Server]
    free: ClassVar[list[str]] = []

    def __init__(self, clock: Clock) -> None:
        self.address = self.free.pop() if self.free else self.server.database()
        super().__init__(self.address, clock=clock)

    def close(self) -> None:
        super().close()
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(WIPE)
        self.free.append(self.address)


Open = Callable[..., PostgresLedger]


@pytest.fixture
def opened(postgres_address: str) -> Iterator[Open]:
    """Opens ledgers on one database, with settings if there are any, and closes them in the end."""
    made: list[Ledger] = []

    def open_(*, clock: Clock | None = None, address: str = postgres_address, **settings: object) -> PostgresLedger:
        told = "".join(f"&{name}={value}" for name, value in settings.items())
        ledger = PostgresLedger(address + told, clock=clock)
        made.append(ledger)
        return ledger

    yield open_
    for ledger in made:
        ledger.close()
