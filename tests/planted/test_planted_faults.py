"""The tests can fail: whichever line of the engine is written otherwise, the test that is named beside it notices."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from empower.errors import LedgerUnavailable
from empower.ledger.postgres import PostgresLedger
from empower.testing import Clock
from empower.testing.reserving import Reserving
from laws.profile import LONG
from ledger.postgres import postgres_address, postgres_server
from planted.fault import Fault, plant
from planted.table import FAULTS, RARE

__all__ = ["postgres_address", "postgres_server"]


LOOKED_FOR = (*FAULTS, *RARE) if LONG else FAULTS


@pytest.mark.parametrize("fault", LOOKED_FOR, ids=[fault.what for fault in LOOKED_FOR])
def test_a_planted_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that cannot fail promises nothing. A file refuses by itself what is above a limit: that is its second line of defence."""
    plant(fault, monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception, LedgerUnavailable)):
        fault.caught_by()


IN_POSTGRES = (
    Fault(
        "no limit reaches the server", "empower.ledger.postgres.asks", "leg.times, leg.limit_amount,", "leg.times, None,",
        Reserving.test_an_entry_may_reach_the_limit_and_not_pass_it,
    ),
    Fault(
        "no leg is enforced by the server", "empower.ledger.postgres.asks", "'t' if one else 'f'", "'f'",
        Reserving.test_an_entry_may_reach_the_limit_and_not_pass_it,
    ),
)  # fmt: skip


@pytest.mark.parametrize("fault", IN_POSTGRES, ids=[fault.what for fault in IN_POSTGRES])
def test_a_fault_planted_before_the_server_is_caught(fault: Fault, postgres_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same where a server keeps the sums."""
    plant(fault, monkeypatch)
    clock = Clock()
    ledger = PostgresLedger(postgres_address, clock=clock)
    check: Callable[..., object] = fault.caught_by
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(None, ledger, clock)
    ledger.close()


def test_there_are_faults_enough() -> None:
    """At least forty, each of another line or with another effect."""
    assert len({fault.what for fault in FAULTS}) == len(FAULTS) >= 40
