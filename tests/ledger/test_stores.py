"""Each store passes the same tests, which any other store can run too (docs/ledger.md)."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from empower.ledger import Ledger
from empower.ledger.memory import MemoryLedger
from empower.ledger.postgres import PostgresLedger
from empower.ledger.sqlite import SqliteLedger
from empower.testing import ArchiveConformance, Clock, DurableConformance, LedgerConformance
from empower.testing.machine import Archiving
from ledger.conftest import IN_MEMORY
from torture.filed import FiledLedger
from torture.server import Server

BUSY = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
SEARCHED = settings.default.max_examples  # 100, and twenty times as far with `EMPOWER_PROFILE=long`


class TestMemory(LedgerConformance):
    examples = SEARCHED
    worlds = SEARCHED

    def new_ledger(self, clock: Clock) -> Ledger:
        return MemoryLedger(clock)


class TestFiled(DurableConformance):
    """The store on which the tests of durable stores are tried."""

    examples = SEARCHED // 5
    numbers = itertools.count()

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def new_ledger(self, clock: Clock) -> Ledger:
        self.path = self.folder / f"{next(self.numbers)}.log"
        return self.open_again(clock)

    def open_again(self, clock: Clock) -> Ledger:
        return FiledLedger(self.path, clock)


class InFile:
    """How ledgers in files are made."""

    numbers = itertools.count()

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> Iterator[None]:
        with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else tmp_path, prefix="ledger-") as folder:
            self.folder = Path(folder)
            yield

    def new_ledger(self, clock: Clock) -> SqliteLedger:
        self.path = self.folder / f"{next(self.numbers)}.db"
        return self.open_again(clock)

    def open_again(self, clock: Clock) -> SqliteLedger:
        return SqliteLedger(self.path, clock=clock)

    def archiving(self) -> Archiving:
        return lambda ledger, before: ledger.archive(before, ledger.path.with_suffix(".archive"))  # type: ignore[attr-defined]


class OnServer:
    """How ledgers in PostgreSQL are made."""

    @pytest.fixture(autouse=True)
    def _server(self, postgres_server: Server) -> Iterator[None]:
        self.server = postgres_server
        self.made: list[str] = []
        yield
        for address in self.made:
            self.server.drop(address)

    def new_ledger(self, clock: Clock) -> PostgresLedger:
        self.address = self.server.database()
        self.made.append(self.address)
        return self.open_again(clock)

    def open_again(self, clock: Clock) -> PostgresLedger:
        return PostgresLedger(self.address, clock=clock)

    def after_crash(self) -> None:
        """A server notices a moment later that its client is gone."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            while connection.execute(BUSY).fetchone() != (0,):
                time.sleep(0.01)


class TestSqlite(InFile, DurableConformance):
    examples = SEARCHED // 2


class TestSqliteArchive(InFile, ArchiveConformance):
    pass


class TestPostgres(OnServer, DurableConformance):
    """A call of a server takes a hundred times as long as one in memory, so little is searched by default."""

    examples = SEARCHED // 10
    worlds = SEARCHED // 50
    crashes = 4


class TestPostgresArchive(OnServer, ArchiveConformance):
    seeds = 1
    steps = 12
    crashes = 4
