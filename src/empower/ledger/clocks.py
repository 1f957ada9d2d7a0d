"""The machine's clock, and whether it may be believed: held against the time since the machine started.

A clock that goes back is harmless, because ledger time never does. One that jumps forward opens new windows too early: a budget of the
next month could be spent today. So a durable ledger that goes by the machine's own clock keeps how far the clock was ahead of the time
since the start (which nobody can set), and refuses to go on when that grew by more than a tolerance, until somebody accepts it.
Over a restart all there is to hold against is when the ledger was last used. A server's clock is held against the machines of its tills.

The time since the start is known on Linux (CLOCK_BOOTTIME, which goes on while the machine sleeps). Elsewhere each use of a ledger
counts as a start of its own: only how long it was not used is looked at.
"""

from __future__ import annotations

import time
from pathlib import Path

from empower.errors import ClockError
from empower.noun import frozen

APART = 2000
"""No clock that is kept right is made to run faster or slower by more than one part in so many: 43 seconds a day."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def wall_clock() -> int:
    """Milliseconds since 1970-01-01T00:00Z, as the machine tells them."""
    return time.time_ns() // 1_000_000


def since_start() -> int | None:
    """Milliseconds since the machine started, sleep included; None where it cannot be told."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return None if clock is None else time.clock_gettime_ns(clock) // 1_000_000


def start_id() -> str:
    """Which start of the machine this is; empty where it cannot be told."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


@frozen
class Mark:
    """A look at the clock that was believed."""

    boot: str
    """Which start of the machine; empty where it cannot be told."""
    ahead_ms: int
    """Wall clock less time since that start."""
    seen_at: int
    """What the wall clock showed."""

    def followed(self, seen: Mark) -> Mark:
        """The mark to compare with after a while, where the clocks are of two machines: if both are right, they run apart a little."""
        most = max(0, (seen.seen_at - seen.ahead_ms) - (self.seen_at - self.ahead_ms)) // APART
        return Mark(self.boot, self.ahead_ms + max(-most, min(most, seen.ahead_ms - self.ahead_ms)), self.seen_at)


@frozen
class Tolerance:
    """How far a clock may be ahead of what is expected; milliseconds."""

    step_ms: int
    off_ms: int


def look(wall: int, since: int | None, boot: str) -> Mark:
    """What the clocks show."""
    return Mark(boot if since is not None else "", wall - (since or 0), wall)


def believed(seen: Mark, known: Mark | None, last: int | None, tolerance: Tolerance) -> Mark:
    """The mark to keep from now on, after a look at the clock; `last`: the latest entry of the ledger.

    Raises:
        ClockError: the clock is too far ahead.
    """
    if known is not None and seen.boot and seen.boot == known.boot:
        step = seen.ahead_ms - known.ahead_ms
        if step > tolerance.step_ms:
            _refuse(step, tolerance.step_ms, "against the time since the machine started")
        return Mark(known.boot, known.ahead_ms, max(known.seen_at, seen.seen_at))
    latest = max([at for at in (last, known.seen_at if known else None) if at is not None], default=seen.seen_at)
    if seen.seen_at - latest > tolerance.off_ms:
        _refuse(seen.seen_at - latest, tolerance.off_ms, "since the ledger was last used")
    return seen


def clock_error(matter: str) -> ClockError:
    """The clock cannot be believed; `matter`: what it did."""
    help_ = "set the clock right; if it is right, `empower ledger accept-clock` or `accept_clock()` says so"
    return ClockError(f"the clock {matter}; nothing was allowed (help: {help_})")


def _refuse(ahead_ms: int, bound_ms: int, against: str) -> None:
    raise clock_error(f"went forward by {_told(ahead_ms)} {against}, and {_told(bound_ms)} are believed")


def _told(length_ms: int) -> str:
    seconds, rest = divmod(length_ms, 1000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds}.{rest:03} s"
