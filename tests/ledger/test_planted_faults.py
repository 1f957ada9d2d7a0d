"""The suite finds what it is there to find: each planted fault is caught by the test named for it, the machine, and the simulation."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from empower.ledger import Ledger
from empower.ledger.memory import MemoryLedger
from empower.testing import Clock
from empower.testing.holds import Holds
from empower.testing.keys import Keys
from empower.testing.machine import machine_of
from empower.testing.reserving import Reserving
from empower.testing.simulation import Simulation
from empower.testing.threads import Threads
from laws.profile import LONG
from torture import faulty

Check = Callable[[Ledger, Clock], object]

NAMED: list[tuple[Callable[[Clock], Ledger], Check]] = [
    (faulty.VoidsTwice, lambda ledger, _: Holds().test_void_gives_back_once(ledger)),
    (faulty.KeepsWhatIsVoided, lambda ledger, _: Holds().test_void_gives_back_once(ledger)),
    (
        faulty.FreesIntoTheNewPeriod,
        lambda ledger, clock: Holds().test_an_entry_belongs_to_the_window_of_its_reservation(ledger, clock, "expire"),
    ),
    (faulty.ForgetsItsKeys, Keys().test_an_allowed_wish_is_told_again_and_not_given_again),
    (faulty.BelievesTheClock, Reserving().test_ledger_time_never_runs_back_before_an_entry),
    (
        faulty.KeepsTheExpired,
        lambda ledger, clock: Holds().test_from_its_expiry_a_hold_gives_back_and_is_never_confirmed(ledger, clock, swept=False),
    ),
    (faulty.WritesLegByLeg, Reserving().test_one_leg_that_does_not_fit_refuses_all_and_writes_none),
    (faulty.ChecksPartsOneByOne, lambda ledger, _: Reserving().test_legs_of_several_parts_on_one_counter_add_up(ledger)),
    (
        faulty.ReturnsTooMuch,
        lambda ledger, clock: Holds().test_a_rolling_window_that_has_moved_on_takes_nothing_back(ledger, clock, "void"),
    ),
    (faulty.FillsInNothing, Keys().test_an_ended_wish_is_never_allowed_again),
    (faulty.KeepsADayTooLong, Reserving().test_a_rolling_window_lets_go_of_what_is_exactly_its_length_old),
]
SINGLE = [fault for fault, _ in NAMED]
# One takes the machine a thousand histories, and the simulation two worlds
SOON = [fault for fault in SINGLE if LONG or fault is not faulty.ReturnsTooMuch]
CAUGHT = (AssertionError, pytest.fail.Exception, IndexError)  # the last: of a sum below nothing, there is no oldest entry


@pytest.mark.parametrize(("fault", "check"), NAMED, ids=[fault.__name__ for fault in SINGLE])
def test_a_fault_is_caught_by_the_test_named_for_it(fault: Callable[[Clock], Ledger], check: Check) -> None:
    clock = Clock()
    with pytest.raises(CAUGHT):
        check(fault(clock), clock)


@pytest.mark.parametrize("fault", SOON)
def test_a_fault_is_caught_by_the_machine(fault: Callable[[Clock], Ledger]) -> None:
    """By histories that nobody wrote; always by the same ones."""
    with pytest.raises(CAUGHT):
        run_state_machine_as_test(
            machine_of(fault),
            settings=settings(
                max_examples=1500,
                stateful_step_count=40,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                report_multiple_bugs=False,
            ),
        )


@pytest.mark.parametrize("fault", SINGLE)
def test_a_fault_is_caught_in_a_simulated_world(fault: Callable[[Clock], Ledger]) -> None:
    """In one of the first few dozen."""
    with pytest.raises(CAUGHT):
        worlds(fault, range(60))


def test_a_seed_names_its_world() -> None:
    """So whatever was found once is found again."""
    assert world(MemoryLedger, 7).trace == world(MemoryLedger, 7).trace != world(MemoryLedger, 8).trace


def worlds(make: Callable[[Clock], Ledger], seeds: range) -> list[Simulation]:
    return [world(make, seed) for seed in seeds]


def world(make: Callable[[Clock], Ledger], seed: int) -> Simulation:
    clock = Clock()
    simulation = Simulation(Random(seed), clock, make(clock))
    simulation.live(300)
    return simulation


def test_check_then_act_is_caught_by_threads() -> None:
    """Alone it passes everything; in a race it gives more than £994 of £1,000."""
    with pytest.raises(AssertionError):
        Threads().test_of_1000_pounds_exactly_142_times_7_are_given(faulty.ChecksThenActs(Clock()))
