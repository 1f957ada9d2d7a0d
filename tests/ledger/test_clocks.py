"""Clocks: backward steps are harmless, forward jumps are refused until they are accepted (law 1: ledger time)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import define

from empower.errors import ClockError
from empower.ledger import clocks
from empower.ledger.sqlite import Settings, SqliteLedger
from empower.testing.asks import DAY, EVER, HOUR, MONTH, MS, Clock, give, held, instant, leg, reserve, wish

SETTINGS = Settings(step_ms=60 * MS, off_ms=7 * DAY)


@define
class Machine:
    """A machine whose clocks are moved by hand."""

    wall: int = instant("2026-11-22 10:00")
    since: int | None = HOUR
    boot: str = "first"

    def run(self, length: int) -> None:
        """Time goes on."""
        self.wall += length
        if self.since is not None:
            self.since += length

    def restart(self, off: int, boot: str = "second") -> None:
        """Off for so long."""
        self.wall += off
        self.since, self.boot = 0, boot


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(clocks, "wall_clock", lambda: made.wall)
    monkeypatch.setattr(clocks, "since_start", lambda: made.since)
    monkeypatch.setattr(clocks, "start_id", lambda: made.boot)
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "till.db"


@pytest.fixture
def ledger(path: Path, machine: Machine) -> Iterator[SqliteLedger]:  # noqa: ARG001  (its clocks are looked at)
    made = SqliteLedger(path, SETTINGS)
    yield made
    made.close()


def test_the_machines_own_clocks_are_believed_as_they_run() -> None:
    assert clocks.wall_clock() > instant("2026-01-01")
    since = clocks.since_start()
    assert since is None or 0 < since <= (clocks.since_start() or 0)
    assert clocks.start_id() == clocks.start_id()


def test_time_that_goes_on_is_believed(ledger: SqliteLedger, machine: Machine) -> None:
    give(ledger, "a", EVER)
    machine.run(400 * DAY)
    give(ledger, "b", EVER)
    assert ledger.now() == machine.wall


def test_a_step_back_is_harmless(ledger: SqliteLedger, machine: Machine) -> None:
    """Ledger time stands until the clock has come back to it; back to where it was is no step forward."""
    start = machine.wall
    give(ledger, "a", EVER)
    machine.wall -= 40 * DAY
    assert give(ledger, "b", EVER).at == ledger.now() == start
    machine.wall += 40 * DAY + 30 * MS
    assert ledger.now() == start + 30 * MS


def test_a_jump_forward_is_refused_by_all_that_needs_the_time(ledger: SqliteLedger, machine: Machine) -> None:
    """It would open next month's budget today. Nothing is allowed, nothing is written; the history can be read."""
    reserve(ledger, wish("a", 100), leg(MONTH, 100, limit=100))
    machine.wall += 31 * DAY
    calls = (
        ledger.now, ledger.unsettled, ledger.expire_due, lambda: held(ledger, MONTH), lambda: ledger.confirm("a"), lambda: ledger.void("a"),
        lambda: reserve(ledger, wish("b", 100), leg(MONTH, 100, limit=100)),
    )  # fmt: skip
    for call in calls:
        with pytest.raises(ClockError, match=r"went forward by 744 h 0 min .*, and 1 min 0 s are believed.*accept_clock"):
            call()
    assert [entry.event for entry in ledger.history()] == ["allowed"]
    machine.wall -= 31 * DAY
    assert held(ledger, MONTH) == (100, 1)


@pytest.mark.parametrize(("step", "believed"), [(60 * MS, True), (60 * MS + 1, False)])
def test_a_small_step_is_believed(ledger: SqliteLedger, machine: Machine, step: int, *, believed: bool) -> None:
    """As much as the tolerance, and not a millisecond more; many small steps are one large one."""
    for part in (step // 2, step - step // 2):
        machine.wall += part
        if believed or machine.wall - instant("2026-11-22 10:00") <= 60 * MS:
            ledger.now()
    if not believed:
        with pytest.raises(ClockError, match="1 min 0 s are believed"):
            ledger.now()


def test_a_jump_is_believed_once_it_was_accepted(ledger: SqliteLedger, machine: Machine, path: Path) -> None:
    """By whichever process; and what jumps again is refused again."""
    other = SqliteLedger(path, SETTINGS)
    machine.wall += DAY
    assert other.accept_clock() == machine.wall
    assert ledger.now() == other.now() == machine.wall
    machine.wall += DAY
    for one in (ledger, other):
        with pytest.raises(ClockError):
            one.now()
    other.close()


def test_a_jump_is_refused_by_whoever_opens_the_ledger_after_it(ledger: SqliteLedger, machine: Machine, path: Path) -> None:
    """Opening it is possible, or nobody could accept the clock."""
    give(ledger, "a", EVER)
    machine.wall += DAY
    other = SqliteLedger(path, SETTINGS)
    with pytest.raises(ClockError):
        give(other, "b", EVER)
    other.accept_clock()
    give(other, "b", EVER)
    other.close()


@pytest.mark.parametrize(("off", "believed"), [(7 * DAY, True), (7 * DAY + 1, False)])
def test_after_a_restart_the_clock_is_held_against_the_last_use(path: Path, machine: Machine, off: int, *, believed: bool) -> None:
    ledger = SqliteLedger(path, SETTINGS)
    give(ledger, "a", EVER)
    ledger.close()
    machine.restart(off)
    ledger = SqliteLedger(path, SETTINGS)
    if believed:
        assert ledger.now() == machine.wall
        machine.wall += DAY
    with pytest.raises(ClockError, match="since the machine started" if believed else "since the ledger was last used"):
        ledger.now()
    ledger.accept_clock()
    assert ledger.now() == machine.wall
    ledger.close()


def test_where_the_time_since_the_start_is_not_known_only_the_last_use_counts(path: Path, machine: Machine) -> None:
    machine.since = None
    ledger = SqliteLedger(path, SETTINGS)
    give(ledger, "a", EVER)
    machine.wall += 7 * DAY
    give(ledger, "b", EVER)
    machine.wall += 7 * DAY + 1
    with pytest.raises(ClockError, match="168 h 0 min are believed"):
        ledger.now()
    ledger.close()


def test_a_clock_that_is_given_is_believed(path: Path) -> None:
    """For replays and tests."""
    clock = Clock()
    ledger = SqliteLedger(path, SETTINGS, clock=clock)
    give(ledger, "a", EVER)
    clock.at += 400 * DAY
    assert ledger.now() == ledger.accept_clock() == clock.at
    ledger.close()
