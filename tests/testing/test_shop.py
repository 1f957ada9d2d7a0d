"""A day in the shop: it stays within the limits on every store and with every pack that ships, and a ledger or a guard that is broken is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from empower import clerk, load_pack
from empower.checked import CheckedPack
from empower.demo import shipped_packs
from empower.ledger import Ledger
from empower.ledger.memory import MemoryLedger
from empower.ledger.sqlite import SqliteLedger
from empower.noun import evolve
from empower.testing import Clock, LawBrokenError, ShopDay, play
from laws.profile import LONG
from testing.shop import PACK, shop, write_shop
from torture import faulty

PACKS = shipped_packs()


@pytest.fixture
def pack(tmp_path: Path) -> CheckedPack:
    """The pack of the shop."""
    return shop(tmp_path)


@pytest.mark.parametrize("name", PACKS)
def test_no_limit_is_exceeded_in_any_day(name: str) -> None:
    """No entry is accepted that takes a budget's window above the limit in force, and what was given once is never given again."""
    play(load_pack(PACKS[name]), MemoryLedger, days=500 if LONG else 3)


def test_nor_on_a_ledger_in_a_file_while_tills_change_their_pack(pack: CheckedPack, tmp_path: Path) -> None:
    """A limit lowered below what is spent accepts nothing more; the tills that have not changed keep theirs."""
    lower = PACK.replace("amount: 100, times: 3", "amount: 30, times: 2").replace("version: 1", "version: 2")
    made: list[None] = []

    def new_ledger(clock: Clock) -> Ledger:
        made.append(None)
        return SqliteLedger(tmp_path / f"{len(made)}.db", clock=clock)

    play(pack, new_ledger, load_pack(write_shop(tmp_path / "lower", pack=lower)), days=200 if LONG else 4)


def hunt(pack: CheckedPack, new_ledger: Callable[[Clock], Ledger]) -> None:
    """Play many days; the first in which something is broken is enough."""
    quickly = settings(
        max_examples=600, stateful_step_count=40, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(ShopDay.of(pack, new_ledger), settings=quickly)


@pytest.mark.parametrize("fault", [faulty.VoidsTwice, faulty.ForgetsItsKeys, faulty.FillsInNothing])
def test_a_broken_ledger_is_found(fault: Callable[[Clock], Ledger], pack: CheckedPack) -> None:
    """By days that nobody wrote; always by the same ones."""
    with pytest.raises(LawBrokenError):
        hunt(pack, fault)


def unenforced(legs_of: Any) -> Any:
    """Legs that no ledger minds."""
    return lambda case, amount: [evolve(leg, enforced=False) for leg in legs_of(case, amount)]


def test_a_guard_that_does_not_reserve_within_limits_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The book needs neither the ledger's sums nor its windows."""
    once = load_pack(write_shop(tmp_path, "", PACK.replace("{amount: 100, times: 3}", "{times: 1}")))
    monkeypatch.setattr(clerk, "legs_of", unenforced(clerk.legs_of))
    with pytest.raises(LawBrokenError, match=r"law 1, never exceeded: 'month' .* holds"):
        hunt(once, MemoryLedger)
