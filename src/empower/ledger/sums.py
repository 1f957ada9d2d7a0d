"""The running sums of the memory ledger: one object for each counter, exact, and O(1) amortised as time goes on.

A `Draw` is what one hold takes from one counter. It only ever shrinks, and always in its own window: what a void, a reversal or an
expiry gives back goes to the window of the reservation, never to the one in which it happens.

Nothing here locks: the ledger that owns the sums does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from empower.ledger import Balance, Counter, Finding, Leg, Window
from empower.ledger.windows import window_interval
from empower.noun import frozen


class Totals:
    """An amount and times, summed up."""

    __slots__ = ("amount", "times")

    def __init__(self) -> None:
        self.amount = 0
        self.times = 0


class Draw:
    """What one hold takes from one counter at an instant."""

    __slots__ = ("amount", "at", "counted", "home", "times")

    def __init__(self, home: Totals, at: int, amount: int, times: int) -> None:
        self.home = home
        self.at = at
        self.amount = amount
        self.times = times
        self.counted = True
        """Whether `home` holds it at present: a rolling sum lets go of what has grown too old."""
        home.amount += amount
        home.times += times

    def shrink(self, amount: int, times: int) -> None:
        """Keep at most so much; the rest goes back to its own window (to nobody, if that has moved on)."""
        amount, times = min(self.amount, amount), min(self.times, times)
        if self.counted:
            self.home.amount -= self.amount - amount
            self.home.times -= self.times - times
        self.amount, self.times = amount, times


class Period(Totals):
    """One calendar period of a counter; it is never reset, the next period is another. Without bounds: a counter of everything."""

    __slots__ = ("end", "start")

    def __init__(self, start: int | None = None, end: int | None = None) -> None:
        super().__init__()
        self.start = start
        self.end = end

    def draw(self, now: int, amount: int, times: int) -> Draw:
        """Count an entry."""
        return Draw(self, now, amount, times)

    def balance(self, _at: int, gone: Collection[Draw]) -> Balance:
        """What counts, without the draws in `gone`."""
        amount, times = self.amount, self.times
        for draw in gone:
            if draw.home is self:
                amount -= draw.amount
                times -= draw.times
        return Balance(amount, times, self.end if amount or times else None)


class CalendarSum:
    """A counter by calendar period: a sum for each period in which anything was given."""

    __slots__ = ("_latest", "_periods", "_window", "_zone")

    def __init__(self, window: Window, zone: str) -> None:
        self._window = window
        self._zone = zone
        self._periods: dict[int, Period] = {}
        self._latest = Period()

    def draw(self, now: int, amount: int, times: int) -> Draw:
        """Count an entry in the period of its reservation, whenever it is confirmed."""
        period = self._period(now)
        assert period.start is not None
        self._periods[period.start] = period
        return period.draw(now, amount, times)

    def balance(self, at: int, gone: Collection[Draw]) -> Balance:
        """What the period of `at` holds, without the draws in `gone`."""
        return self._period(at).balance(at, gone)

    def _period(self, at: int) -> Period:
        interval = window_interval(self._window, self._zone, at)
        assert interval is not None  # the window is a calendar's
        if self._latest.start != interval[0]:
            self._latest = self._periods.get(interval[0]) or Period(*interval)
        return self._latest


class RollingSum(Totals):
    """A counter over the last N × 24 hours, by a moving horizon: every draw enters and leaves the running sum once.

    The draws are in order of time, and `_oldest` is the first that still counts; an entry exactly N × 24 h old does not. The
    horizon follows the instant asked about, also back (a look at the past, or a clock that went back), so the sum is always exact.
    """

    __slots__ = ("_draws", "_length", "_living", "_oldest")

    def __init__(self, length_ms: int) -> None:
        super().__init__()
        if length_ms <= 0:
            raise ValueError(f"a rolling window has a length above 0 ms, not {length_ms}")
        self._length = length_ms
        self._draws: list[Draw] = []
        self._oldest = 0
        self._living = 0

    def draw(self, now: int, amount: int, times: int) -> Draw:
        """Count an entry."""
        draw = Draw(self, now, amount, times)
        self._draws.append(draw)
        return draw

    def balance(self, at: int, gone: Collection[Draw]) -> Balance:
        """What the window up to `at` holds, without the draws in `gone`."""
        self._move(at - self._length)
        amount, times = self.amount, self.times
        # What is `gone` expires after ledger time and by `at`; then no draw is later than `at`
        for draw in gone or self._later_than(at):
            if draw.counted and draw.home is self:
                amount -= draw.amount
                times -= draw.times
        if not amount and not times:
            return Balance(0, 0, None)
        return Balance(amount, times, self._oldest_living(gone).at + self._length)

    def _move(self, horizon: int) -> None:
        draws = self._draws
        while self._oldest < len(draws) and draws[self._oldest].at <= horizon:
            self._leave(draws[self._oldest])
        while self._oldest and draws[self._oldest - 1].at > horizon:
            self._return(draws[self._oldest - 1])

    def _later_than(self, at: int) -> list[Draw]:
        place = len(self._draws)
        while place > self._oldest and self._draws[place - 1].at > at:
            place -= 1
        return self._draws[place:]

    def _oldest_living(self, gone: Collection[Draw]) -> Draw:
        # Draws wholly given back never come to life again: `_living` passes them once, so that many voids cost nothing later on
        place = self._living = self._first(max(self._living, self._oldest), ())
        return self._draws[self._first(place, gone) if gone else place]

    def _first(self, place: int, gone: Collection[Draw]) -> int:
        draws = self._draws
        while not (draws[place].amount or draws[place].times) or draws[place] in gone:
            place += 1
        return place

    def _leave(self, draw: Draw) -> None:
        draw.counted = False
        self.amount -= draw.amount
        self.times -= draw.times
        self._oldest += 1

    def _return(self, draw: Draw) -> None:
        draw.counted = True
        self.amount += draw.amount
        self.times += draw.times
        self._oldest -= 1
        self._living = self._oldest


Sum = Period | CalendarSum | RollingSum


@frozen
class Fit:
    """How some legs stand to their counters."""

    fits: bool
    sums: Sequence[Sum]
    """What each leg would draw from."""
    balances: tuple[Balance, ...]
    """What each leg's counter holds without any of them."""


class Sums:
    """Every counter's sum. Looking leaves nothing behind: a sum is kept from its first entry on."""

    def __init__(self) -> None:
        self._kept: dict[Counter, Sum] = {}

    def fit(self, legs: Iterable[Leg], now: int) -> Fit:
        """Whether every enforced leg stays within its limits, on top of what its counter holds and of the legs before it."""
        sums, balances, fits = [], [], True
        after: dict[Counter, tuple[Sum, Balance, int, int]] = {}
        for leg in legs:
            held, before, amount, times = after.get(leg.counter) or self._at_first(leg.counter, now)
            amount += leg.amount
            times += leg.times
            if leg.enforced and (_beyond(amount, leg.limit_amount) or _beyond(times, leg.limit_times)):
                fits = False
            after[leg.counter] = held, before, amount, times
            sums.append(held)
            balances.append(before)
        return Fit(fits, sums, tuple(balances))

    def draw(self, legs: Iterable[Leg], sums: Iterator[Sum], now: int) -> tuple[Draw, ...]:
        """Count an entry for each leg, in the sums that `fit` found: the legs of several parts draw from one iterator, in turn."""
        draws = []
        for leg, held in zip(legs, sums, strict=False):
            self._kept[leg.counter] = held
            draws.append(held.draw(now, leg.amount, leg.times))
        return tuple(draws)

    def counters(self) -> tuple[Counter, ...]:
        """Every counter that has a sum."""
        return tuple(self._kept)

    def differences(self, draws: Iterable[Draw]) -> list[Finding]:
        """Which sums are not those of the draws that they hold."""
        counted: dict[Totals, tuple[int, int]] = {}
        for draw in draws:
            if draw.counted:
                amount, times = counted.get(draw.home, (0, 0))
                counted[draw.home] = amount + draw.amount, times + draw.times
        return [
            Finding("sum", None, f"a sum is {home.amount} in {home.times} times; its draws are {amount} in {times} times")
            for home, (amount, times) in counted.items()
            if (home.amount, home.times) != (amount, times)
        ]

    def _at_first(self, counter: Counter, now: int) -> tuple[Sum, Balance, int, int]:
        held = self._kept.get(counter) or _new_sum(counter)
        balance = held.balance(now, ())
        return held, balance, balance.amount, balance.times

    def balances(self, counters: Iterable[Counter], at: int, gone: Collection[Draw] = ()) -> tuple[Balance, ...]:
        """What the window of each counter holds at an instant, without the draws in `gone`."""
        kept = self._kept
        return tuple([held.balance(at, gone) if (held := kept.get(counter)) else _EMPTY for counter in counters])


_EMPTY = Balance(0, 0, None)


def _beyond(value: int, limit: int | None) -> bool:
    return limit is not None and value > limit


def _new_sum(counter: Counter) -> Sum:
    match counter.window.kind:
        case "ever":
            return Period()
        case "rolling":
            return RollingSum(counter.window.length_ms)
        case _:
            return CalendarSum(counter.window, counter.zone)
