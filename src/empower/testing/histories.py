"""Histories that nobody wrote: asked, settled and expired at random, with a clock that jumps both ways."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, ClassVar

from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.stateful import run_state_machine_as_test

from empower.ledger import Ledger, Leg
from empower.testing.asks import DAY, HOUR, Clock, counter
from empower.testing.audit import Host
from empower.testing.machine import Archiving, machine_of
from empower.testing.simulation import Simulation

COUNTERS = (counter("ever"), counter("day"), counter("month", zone="Australia/Lord_Howe"), counter("rolling", length_ms=2 * DAY))

legs = st.builds(
    Leg,
    counter=st.sampled_from(COUNTERS),
    amount=st.integers(0, 10),
    times=st.just(1),
    limit_amount=st.none() | st.integers(0, 25),
    limit_times=st.none() | st.integers(0, 4),
    enforced=st.integers(0, 5).map(bool),
)
jumps = st.sampled_from([1, HOUR, DAY // 2, DAY, 2 * DAY, 31 * DAY, -1, -HOUR, -DAY, -31 * DAY])
numbers = st.integers(0, 30)
steps = st.one_of(
    st.tuples(st.just("ask"), st.lists(legs, min_size=1, max_size=4), st.none() | st.sampled_from([0, 1, HOUR, DAY, 31 * DAY])),
    st.tuples(st.just("ask"), st.lists(legs, min_size=1, max_size=4), st.none()),
    st.tuples(st.sampled_from(["confirm", "void", "reverse"]), numbers, st.integers(0, 10)),
    st.tuples(st.just("jump"), jumps),
)


class Histories:
    """Random histories, searched by Hypothesis."""

    examples: ClassVar[int] = 100
    """How many histories of each kind are tried."""
    worlds: ClassVar[int] = 50
    """How many worlds are simulated."""

    def new_ledger(self, clock: Clock) -> Ledger:
        """An empty ledger that goes by this clock."""
        raise NotImplementedError

    def reopening(self, clock: Clock) -> Callable[[], Ledger] | None:
        """How the last new ledger is opened again after a crash; None: it ends with its process."""
        return None

    def archiving(self) -> Archiving | None:
        """How what was closed before an instant is moved into the archive of a ledger; None: the store has none."""
        return None

    def searched(self, **options: Any) -> settings:
        """How far a history is searched."""
        return settings(max_examples=self.examples, deadline=None, suppress_health_check=list(HealthCheck), **options)

    def test_a_store_answers_as_the_model_does(self) -> None:
        """In any history, with a clock that jumps (laws 1 and 9)."""
        machine = machine_of(self.new_ledger, self.reopening, self.archiving())
        run_state_machine_as_test(machine, settings=self.searched(stateful_step_count=40))

    def test_no_history_takes_a_window_above_the_limit(self) -> None:
        """Histories that nobody wrote: asked, settled and expired at random, with a clock that jumps both ways."""

        @self.searched()
        @given(history=st.lists(steps, max_size=50))
        def is_kept(history: list[tuple[Any, ...]]) -> None:
            clock = Clock()
            follow(Host(self.new_ledger(clock), clock), history)

        is_kept()

    def test_simulated_worlds_answer_as_the_model_does(self) -> None:
        """Messages late, twice, lost and out of order; a clock that jumps; crashes at any step. A seed names its world."""
        for seed in range(self.worlds):
            clock = Clock()
            simulation = Simulation(Random(seed), clock, self.new_ledger(clock), self.reopening(clock))
            try:
                simulation.live(300)
            except Exception as error:
                error.add_note(f"in the world of seed {seed}, after\n" + "\n".join(simulation.trace[-20:]))
                raise
            simulation.ledger.close()


def follow(host: Host, history: list[tuple[Any, ...]]) -> None:
    """Let the host live through a history, and compare what it notes with every sum."""
    for step in history:
        match step:
            case ("ask", drawn, lifetime):
                host.ask(drawn, lifetime)
            case ("jump", distance):
                host.clock.at += distance
            case (verb, number, amount):
                host.settle(verb, number, amount)
        now = host.ledger.now()
        found = [(balance.amount, balance.times) for balance in host.ledger.balances(COUNTERS)]
        assert found == [host.held(one, now) for one in COUNTERS]
    assert host.ledger.verify().findings == ()
    host.ledger.close()
