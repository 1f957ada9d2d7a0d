"""Clocks: backward steps are harmless, forward jumps are refused until they are accepted (law 1: ledger time)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from empower.errors import ClockError
from empower.ledger import Ledger, clocks
from empower.ledger.clocks import Mark, Tolerance, believed
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


def test_clocks_are_read_in_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system tells in nanoseconds is cut to milliseconds; where it has no clock that runs from the start, there is none."""
    monkeypatch.setattr(time, "time_ns", lambda: 1_794_826_800_123_999_999)
    monkeypatch.setattr(time, "CLOCK_BOOTTIME", 7, raising=False)
    monkeypatch.setattr(time, "clock_gettime_ns", lambda clock: 5_000_000_000_999_999 if clock == 7 else 0, raising=False)
    assert (clocks.wall_clock(), clocks.since_start()) == (1_794_826_800_123, 5_000_000_000)
    monkeypatch.delattr(time, "CLOCK_BOOTTIME")
    assert clocks.since_start() is None


def test_a_look_where_no_start_is_known_belongs_to_none() -> None:
    """How far the clock is ahead of the time since a start is known only with that start."""
    assert clocks.look(9_000, 4_000, "boot") == Mark("boot", 5_000, 9_000)
    assert clocks.look(9_000, 0, "boot") == Mark("boot", 9_000, 9_000)
    assert clocks.look(9_000, None, "boot") == Mark("", 9_000, 9_000)


@pytest.mark.parametrize(
    ("ahead", "followed"), [(1_000, 1_000), (1_004, 1_004), (996, 996), (1_005, 1_005), (1_006, 1_005), (995, 995), (900, 995)]
)
def test_two_clocks_that_are_right_run_apart_a_little(ahead: int, followed: int) -> None:
    """After ten seconds by at most five milliseconds, either way; what is more is not followed."""
    known = Mark("boot", 1_000, 50_000)
    assert known.followed(Mark("boot", ahead, 60_000 + (ahead - 1_000))) == Mark("boot", followed, 50_000)


TOLERANCE = Tolerance(step_ms=2_000, off_ms=DAY)
KNOWN = Mark("boot", 1_000, 50_000)


@pytest.mark.parametrize(
    ("seen", "kept"),
    [
        (Mark("boot", 3_000, 60_000), Mark("boot", 1_000, 60_000)),
        (Mark("boot", 0, 40_000), Mark("boot", 1_000, 50_000)),
        (Mark("next", 9_000, 50_000 + DAY), Mark("next", 9_000, 50_000 + DAY)),
    ],
)
def test_a_clock_within_its_tolerance_is_believed(seen: Mark, kept: Mark) -> None:
    """The tolerance itself is within it. What the clock was ahead at first stays, so that small steps do not add up unseen."""
    assert believed(seen, KNOWN, None, TOLERANCE) == kept


@pytest.mark.parametrize(
    ("seen", "known", "last", "told"),
    [
        (
            Mark("boot", 3_001, 60_000),
            KNOWN,
            None,
            "forward by 2.001 s against the time since the machine started, and 2.000 s are believed",
        ),
        (Mark("next", 0, 50_001 + DAY), KNOWN, None, "forward by 24 h 0 min since the ledger was last used, and 24 h 0 min are believed"),
        (Mark("next", 0, 9 * HOUR + 2 * DAY), Mark("boot", 0, 9 * HOUR), 5 * HOUR, "forward by 48 h 0 min since the ledger was last used"),
        (Mark("next", 0, 9 * HOUR + 2 * DAY), Mark("boot", 0, 5 * HOUR), 9 * HOUR, "forward by 48 h 0 min since the ledger was last used"),
        (Mark("next", 0, 9 * HOUR + 2 * DAY), None, 9 * HOUR, "forward by 48 h 0 min since the ledger was last used"),
    ],
)
def test_a_clock_beyond_its_tolerance_is_refused_with_how_far(seen: Mark, known: Mark | None, last: int | None, told: str) -> None:
    """Over a restart the ledger's last use is its latest entry or the last look at the clock, whichever is later."""
    with pytest.raises(ClockError) as caught:
        believed(seen, known, last, TOLERANCE)
    assert told in str(caught.value)


def test_a_ledger_that_was_never_used_believes_its_clock() -> None:
    """There is nothing to hold it against."""
    assert believed(Mark("", 5, 5), None, None, TOLERANCE) == Mark("", 5, 5)


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
