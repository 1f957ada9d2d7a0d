"""Each store passes the same tests, which any other store can run too (docs/ledger.md)."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from empower.ledger import Ledger
from empower.ledger.memory import MemoryLedger
from empower.ledger.sqlite import SqliteLedger
from empower.testing import Clock, DurableConformance, LedgerConformance
from ledger.conftest import IN_MEMORY
from torture.filed import FiledLedger

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


class TestSqlite(DurableConformance):
    examples = SEARCHED // 2
    numbers = itertools.count()

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> Iterator[None]:
        with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else tmp_path, prefix="ledger-") as folder:
            self.folder = Path(folder)
            yield

    def new_ledger(self, clock: Clock) -> Ledger:
        self.path = self.folder / f"{next(self.numbers)}.db"
        return self.open_again(clock)

    def open_again(self, clock: Clock) -> Ledger:
        return SqliteLedger(self.path, clock=clock)
