"""Clocks: backward steps are harmless, forward jumps are refused until they are accepted (law 1: ledger time)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from empower.errors import ClockError
from empower.ledger import Ledger, clocks
from empower.ledger.postgres import PostgresLedger, schema_text
from empower.ledger.sqlite import Settings, SqliteLedger
from empower.testing import Clock, ClockConformance, Machine
from empower.testing.asks import DAY, EVER, HOUR, MS, give, instant
from empower.testing.clocks import OFF_MS, START, STEP_MS

SHOW = "CREATE OR REPLACE FUNCTION empower.clock_v1() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT {}::bigint'"


def test_the_machines_own_clocks_are_believed_as_they_run() -> None:
    assert clocks.wall_clock() > instant("2026-01-01")
    since = clocks.since_start()
    assert since is None or 0 < since <= (clocks.since_start() or 0)
    assert clocks.start_id() == clocks.start_id()


class TestSqlite(ClockConformance):
    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self.path = tmp_path / "till.db"

    def open_on(self, machine: Machine) -> Ledger:
        return SqliteLedger(self.path, Settings(step_ms=STEP_MS, off_ms=OFF_MS))


class TestPostgres(ClockConformance):
    """The clock that jumps is the server's; what it is held against are the machines of the tills."""

    @pytest.fixture(autouse=True)
    def _server(self, postgres_address: str) -> Iterator[None]:
        self.address = postgres_address
        with psycopg.connect(postgres_address, autocommit=True) as self.owner:
            self.owner.execute(schema_text().encode())
            yield

    def show(self, at: int) -> None:
        """Only the owner of the schema can put the clock of the server by."""
        self.owner.execute(SHOW.format(at).encode())

    def open_on(self, machine: Machine) -> Ledger:
        machine.shown = self.show
        self.show(machine.wall)
        return PostgresLedger(f"{self.address}&step_ms={STEP_MS}&off_ms={OFF_MS}&seal_ms=0")

    def test_the_date_of_a_till_is_never_asked(self, ledger: Ledger, machine: Machine) -> None:
        """Whatever its own clock shows."""
        give(ledger, "a", EVER)
        machine.wall += 31 * DAY
        assert give(ledger, "b", EVER).at == ledger.now() == START

    def test_a_clock_that_one_machine_did_not_believe_is_refused_by_those_that_come_later(
        self, ledger: Ledger, machine: Machine, elsewhere: Callable[[str], None]
    ) -> None:
        """They have nothing to hold it against, until it is set right or accepted."""
        give(ledger, "a", EVER)
        machine.jump(DAY)
        with pytest.raises(ClockError):
            ledger.now()
        elsewhere("second")
        second = self.open_on(machine)
        with pytest.raises(ClockError, match=r"another machine did not believe.*accept-clock"):
            give(second, "b", EVER)
        machine.jump(-DAY)
        give(second, "b", EVER)
        machine.jump(DAY)
        with pytest.raises(ClockError, match="went forward by 24 h 0 min"):
            second.now()
        assert second.accept_clock() == START + DAY == second.now()
        elsewhere("first")
        assert ledger.now() == START + DAY
        second.close()

    def test_a_clock_that_was_set_right_is_believed_by_all(
        self, ledger: Ledger, machine: Machine, elsewhere: Callable[[str], None]
    ) -> None:
        machine.jump(DAY)
        with pytest.raises(ClockError):
            ledger.now()
        machine.jump(-DAY)
        assert ledger.now() == START
        machine.run(2 * DAY)
        elsewhere("second")
        second = self.open_on(machine)
        assert second.now() == START + 2 * DAY
        second.close()

    @pytest.mark.parametrize(("apart_ms", "believed"), [(30 * 20 * MS, True), (30 * 50 * MS, False)])
    def test_clocks_of_two_machines_run_apart_a_little(self, machine: Machine, apart_ms: int, *, believed: bool) -> None:
        """By 20 seconds a day, as clocks do that nobody sets; not by 50, or one that is turned on slowly would be believed."""
        ledger = self.open_on(machine)
        machine.run(30 * DAY)
        machine.jump(apart_ms)
        if believed:
            assert ledger.now() == machine.wall
        else:
            with pytest.raises(ClockError, match="went forward"):
                ledger.now()
        ledger.close()

    @pytest.fixture
    def elsewhere(self, machine: Machine) -> Callable[[str], None]:
        """Goes on at another machine, which was started at another time."""

        def go(boot: str) -> None:
            machine.boot = boot
            machine.since = {"first": HOUR, "second": 50 * DAY}[boot]

        return go


def test_a_clock_that_is_given_is_believed(tmp_path: Path) -> None:
    """For replays and tests."""
    clock = Clock()
    ledger = SqliteLedger(tmp_path / "till.db", clock=clock)
    give(ledger, "a", EVER)
    clock.at += 400 * DAY
    assert ledger.now() == ledger.accept_clock() == clock.at
    ledger.close()
