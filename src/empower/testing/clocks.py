"""The clock of a store that is not given one: backward steps are harmless, forward jumps are refused until they are accepted (law 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from empower.errors import ClockError
from empower.ledger import Ledger, clocks
from empower.noun import define
from empower.testing.asks import DAY, EVER, HOUR, MONTH, MS, give, held, instant, leg, reserve, wish

START = instant("2026-11-22 10:00")
STEP_MS, OFF_MS = 60 * MS, 7 * DAY


@define
class Machine:
    """A machine whose clocks are moved by hand."""

    wall: int = START
    """What the clock shows that the ledger goes by: this machine's, or a server's. Milliseconds since 1970-01-01T00:00Z."""
    since: int | None = HOUR
    """Milliseconds since this machine started; None: it cannot tell."""
    boot: str = "first"
    """Which start that was."""
    shown: Callable[[int], None] = lambda _: None
    """Called with what the clock shows, whenever it was moved."""

    def jump(self, length: int) -> None:
        """The clock is moved, and no time has passed."""
        self.wall += length
        self.shown(self.wall)

    def run(self, length: int) -> None:
        """Time goes on."""
        if self.since is not None:
            self.since += length
        self.jump(length)

    def restart(self, off: int, boot: str = "second") -> None:
        """Off for so long."""
        self.since, self.boot = 0, boot
        self.jump(off)


class ClockConformance:
    """Ledger time never runs back and refuses forward jumps beyond the tolerance (law 1)."""

    def open_on(self, machine: Machine) -> Ledger:
        """A handle on the one ledger of this test, which goes by the clocks of a machine (the functions of `empower.ledger.clocks`).

        A step of a minute is believed, and seven days in which nobody used the ledger.
        """
        raise NotImplementedError

    @pytest.fixture
    def machine(self, monkeypatch: pytest.MonkeyPatch) -> Machine:
        """A machine whose clocks are moved by hand."""
        made = Machine()
        monkeypatch.setattr(clocks, "wall_clock", lambda: made.wall)
        monkeypatch.setattr(clocks, "since_start", lambda: made.since)
        monkeypatch.setattr(clocks, "start_id", lambda: made.boot)
        return made

    @pytest.fixture
    def ledger(self, machine: Machine) -> Iterator[Ledger]:
        """An empty ledger on that machine."""
        made = self.open_on(machine)
        yield made
        made.close()

    def test_time_that_goes_on_is_believed(self, ledger: Ledger, machine: Machine) -> None:
        give(ledger, "a", EVER)
        machine.run(400 * DAY)
        give(ledger, "b", EVER)
        assert ledger.now() == machine.wall

    def test_a_step_back_is_harmless(self, ledger: Ledger, machine: Machine) -> None:
        """Ledger time stands until the clock has come back to it; back to where it was is no step forward."""
        give(ledger, "a", EVER)
        machine.jump(-40 * DAY)
        assert give(ledger, "b", EVER).at == ledger.now() == START
        machine.jump(40 * DAY + 30 * MS)
        assert ledger.now() == START + 30 * MS

    def test_a_jump_forward_is_refused_by_all_that_needs_the_time(self, ledger: Ledger, machine: Machine) -> None:
        """It would open next month's budget today. Nothing is allowed, nothing is written; the history can be read."""
        reserve(ledger, wish("a", 100), leg(MONTH, 100, limit=100))
        machine.jump(31 * DAY)
        calls = (
            ledger.now, ledger.unsettled, ledger.expire_due, lambda: held(ledger, MONTH), lambda: ledger.confirm("a"),
            lambda: ledger.void("a"), lambda: reserve(ledger, wish("b", 100), leg(MONTH, 100, limit=100)),
        )  # fmt: skip
        for call in calls:
            with pytest.raises(ClockError, match=r"went forward by 744 h 0 min .*, and 1 min 0 s are believed.*accept_clock"):
                call()
        assert [entry.event for entry in ledger.history()] == ["allowed"]
        machine.jump(-31 * DAY)
        assert held(ledger, MONTH) == (100, 1)

    @pytest.mark.parametrize(("step", "believed"), [(STEP_MS, True), (STEP_MS + 1, False)])
    def test_a_small_step_is_believed(self, ledger: Ledger, machine: Machine, step: int, *, believed: bool) -> None:
        """As much as the tolerance, and not a millisecond more; many small steps are one large one."""
        machine.jump(step // 2)
        assert ledger.now() == machine.wall
        machine.jump(step - step // 2)
        if believed:
            assert ledger.now() == machine.wall
            return
        with pytest.raises(ClockError, match="1 min 0 s are believed"):
            ledger.now()

    def test_a_jump_is_believed_once_it_was_accepted(self, ledger: Ledger, machine: Machine) -> None:
        """By whichever process; and what jumps again is refused again."""
        other = self.open_on(machine)
        machine.jump(DAY)
        assert other.accept_clock() == machine.wall
        assert ledger.now() == other.now() == machine.wall
        machine.jump(DAY)
        for one in (ledger, other):
            with pytest.raises(ClockError):
                one.now()
        other.close()

    def test_a_jump_is_refused_by_whoever_opens_the_ledger_after_it(self, ledger: Ledger, machine: Machine) -> None:
        """Opening it is possible, or nobody could accept the clock."""
        give(ledger, "a", EVER)
        machine.jump(DAY)
        other = self.open_on(machine)
        with pytest.raises(ClockError):
            give(other, "b", EVER)
        other.accept_clock()
        give(other, "b", EVER)
        other.close()

    @pytest.mark.parametrize(("off", "believed"), [(OFF_MS, True), (OFF_MS + 1, False)])
    def test_after_a_restart_the_clock_is_held_against_the_last_use(self, machine: Machine, off: int, *, believed: bool) -> None:
        ledger = self.open_on(machine)
        give(ledger, "a", EVER)
        ledger.close()
        machine.restart(off)
        ledger = self.open_on(machine)
        if believed:
            assert ledger.now() == machine.wall
            machine.jump(DAY)
        with pytest.raises(ClockError, match="since the machine started" if believed else "since the ledger was last used"):
            ledger.now()
        ledger.accept_clock()
        assert ledger.now() == machine.wall
        ledger.close()

    def test_where_the_time_since_the_start_is_not_known_only_the_last_use_counts(self, machine: Machine) -> None:
        machine.since = None
        ledger = self.open_on(machine)
        give(ledger, "a", EVER)
        machine.jump(OFF_MS)
        give(ledger, "b", EVER)
        machine.jump(OFF_MS + 1)
        with pytest.raises(ClockError, match="168 h 0 min are believed"):
            ledger.now()
        ledger.close()
