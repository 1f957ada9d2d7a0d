"""In any history, with a clock that jumps, a store answers as the model does (DESIGN laws 1 and 9)."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from empower.ledger import Ledger
from ledger.asks import Clock
from ledger.lent import Lent
from ledger.machine import machine_of


def test_a_store_answers_as_the_model_does(make: Callable[[Clock], Ledger]) -> None:
    # A call of a server takes a hundred times as long as one in memory
    run_state_machine_as_test(
        machine_of(make),
        settings=settings(
            max_examples=10 if make is Lent else 200, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
