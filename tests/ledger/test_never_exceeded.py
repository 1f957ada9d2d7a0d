"""No entry is accepted that takes a budget's window above the limit in force for that entry, in any history (DESIGN law 1)."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings, strategies as st

from empower.ledger import Ledger, Leg
from ledger.asks import DAY, HOUR, Clock, counter
from ledger.audit import Host
from ledger.lent import Lent

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


def test_no_history_takes_a_window_above_the_limit(make: Callable[[Clock], Ledger]) -> None:
    # A call of a server takes a hundred times as long as one in memory
    @settings(max_examples=12 if make is Lent else 250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(history=st.lists(steps, max_size=50))
    def never(history: list[tuple]) -> None:
        follow(make, history)

    never()


def follow(make: Callable[[Clock], Ledger], history: list[tuple]) -> None:
    """Do what a history says, and add up what was given after each step of it."""
    clock = Clock()
    host = Host(make(clock), clock)
    for step in history:
        match step:
            case ("ask", drawn, lifetime):
                host.ask(drawn, lifetime)
            case ("jump", distance):
                clock.at += distance
            case (verb, number, amount):
                host.settle(verb, number, amount)
        now = host.ledger.now()
        found = [(balance.amount, balance.times) for balance in host.ledger.balances(COUNTERS)]
        assert found == [host.held(one, now) for one in COUNTERS]
    assert host.ledger.verify().findings == ()
    host.ledger.close()
