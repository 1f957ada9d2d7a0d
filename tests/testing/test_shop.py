"""A day in the shop: it stays within the limits on every store and with every pack that ships, and a ledger or a guard that is broken is found."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from itertools import count
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
from torture import broken_sqlite, faulty

PACKS = shipped_packs()
BUSY = f"""\
{PACK}\
  - {{id: week, for: refund, per: actor.id, window: 7 days, at_most: {{amount: 60, times: 2}}, because: trust}}
  - {{id: handed, for: hand_over, per: actor.id, window: 24 hours, at_most: {{times: 2}}, over: deny, because: trust}}
"""
"""The pack of the shop with windows that slide, of amounts and of times."""
DAYS = 100
"""As many as `play` plays."""
IN_MEMORY = [
    faulty.ChecksThenActs, faulty.VoidsTwice, faulty.KeepsWhatIsVoided, faulty.FreesIntoTheNewPeriod, faulty.ForgetsItsKeys,
    faulty.BelievesTheClock, faulty.KeepsTheExpired, faulty.RevivesTheExpired, faulty.WritesLegByLeg, faulty.ChecksPartsOneByOne,
    faulty.ReturnsTooMuch, faulty.FillsInNothing, faulty.KeepsADayTooLong,
]  # fmt: skip
IN_A_FILE = [
    "checks-then-acts", "answers-before-it-commits", "forgets-its-keys", "voids-twice", "believes-the-clock", "reads-stale",
    "leaks-what-it-refuses", "keeps-what-is-voided", "frees-into-the-new-period", "revives-the-expired", "checks-parts-one-by-one",
    "returns-too-much",
]  # fmt: skip
OUT_OF_SIGHT = {
    "loses-what-it-refuses": "a no that is not written down changes no answer: the torture looks for it in the journal",
    "believes-leaps": "each till of the shop goes by one clock: the torture has clients whose clocks are years apart",
}
"""Faults that no answer of a ledger shows, and where they are found instead."""
CAUGHT = (LawBrokenError, IndexError, ValueError)
"""The others: a sum below nothing has no oldest entry; an answer with other balances than were asked for."""


@pytest.fixture
def pack(tmp_path: Path) -> CheckedPack:
    """The pack of the shop."""
    return shop(tmp_path)


@pytest.fixture
def busy(tmp_path: Path) -> CheckedPack:
    """The same with windows that slide."""
    return load_pack(write_shop(tmp_path / "busy", "", BUSY))


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


def hunt(pack: CheckedPack, new_ledger: Callable[[Clock], Ledger], days: int = DAYS) -> None:
    """Play the days that `play` does; the first in which something is broken is enough."""
    quickly = settings(
        max_examples=days, stateful_step_count=40, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(ShopDay.of(pack, new_ledger), settings=quickly)


def test_every_fault_is_on_the_list() -> None:
    """A fault that is planted somewhere is caught by a day in the shop, or it is said why it is not."""
    planted = {each for each in vars(faulty).values() if isinstance(each, type) and issubclass(each, MemoryLedger)} - {MemoryLedger}
    assert set(IN_MEMORY) == planted
    assert {*IN_A_FILE, *OUT_OF_SIGHT} == set(broken_sqlite.FAULTS)


@pytest.mark.parametrize("fault", IN_MEMORY)
def test_a_broken_ledger_is_found(fault: type[MemoryLedger], busy: CheckedPack, monkeypatch: pytest.MonkeyPatch) -> None:
    """By days that nobody wrote, always the same ones, and without the ledger's own word about itself."""
    monkeypatch.setattr(fault, "verify", lambda ledger: evolve(MemoryLedger.verify(ledger), findings=()))
    with pytest.raises(CAUGHT):
        hunt(busy, fault)


@pytest.mark.parametrize("fault", IN_A_FILE if LONG else IN_A_FILE[:1])
def test_a_broken_store_is_found(fault: str, tmp_path: Path) -> None:
    """The store for files with a fault built in, in a process of its own: a day passes before it is built in, and none after."""
    spawned = multiprocessing.get_context("spawn")
    with spawned.Pool(1) as pool:
        assert pool.apply(broken_days, ("", 3, tmp_path)) == ""
        assert pool.apply(broken_days, (fault, DAYS, tmp_path))


def broken_days(fault: str, days: int, folder: Path) -> str:
    """What is found in days in the shop on a store with a fault."""
    broken_sqlite.build_in(fault)
    numbers = count()

    def new_ledger(clock: Clock) -> Ledger:
        return SqliteLedger(folder / f"{fault}-{next(numbers)}.db", clock=clock)

    try:
        hunt(load_pack(write_shop(folder / "busy", "", BUSY)), new_ledger, days)
    except Exception as error:  # noqa: BLE001  (a store that is broken may break in any way)
        return repr(error)
    return ""


def unenforced(legs_of: Any) -> Any:
    """Legs that no ledger minds."""
    return lambda case, amount: [evolve(leg, enforced=False) for leg in legs_of(case, amount)]


def test_a_guard_that_does_not_reserve_within_limits_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The book needs neither the ledger's sums nor its windows."""
    once = load_pack(write_shop(tmp_path, "", PACK.replace("{amount: 100, times: 3}", "{times: 1}")))
    monkeypatch.setattr(clerk, "legs_of", unenforced(clerk.legs_of))
    with pytest.raises(LawBrokenError, match=r"law 1, never exceeded: 'month' .* holds"):
        hunt(once, MemoryLedger)
