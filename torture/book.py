"""Everything that was given, added up once more from the entries alone: the checker's own ledger, and no relation of any store.

Time comes from the entries. A hold that is not confirmed counts until its expiry, whether or not an entry says so.
"""

from __future__ import annotations

import datetime
from collections import defaultdict, deque
from heapq import heappop, heappush
from typing import Any
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from torture.plan import ZONE

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@frozen
class Leg:
    """What a part draws, as the record of its call tells it."""

    counter: str
    amount: int
    times: int
    limit_amount: int | None
    limit_times: int | None
    enforced: bool


@define(eq=False)
class Draw:
    """What is drawn from one window, and may shrink."""

    window: Window
    at: int
    amount: int
    times: int

    def shrink(self, amount: int, times: int) -> None:
        """Keep at most so much; the rest goes back to its own window."""
        amount, times = min(amount, self.amount), min(times, self.times)
        self.window.add(amount - self.amount, times - self.times)
        self.amount, self.times = amount, times


@define(eq=False)
class Window:
    """One window of a counter. Of a rolling one, what is too old is taken out again before it is looked at."""

    length_ms: int = 0
    amount: int = 0
    times: int = 0
    draws: deque[Draw] = field(factory=deque)

    def add(self, amount: int, times: int) -> None:
        self.amount += amount
        self.times += times

    def draw(self, at: int, leg: Leg) -> Draw:
        made = Draw(self, at, leg.amount, leg.times)
        self.add(leg.amount, leg.times)
        if self.length_ms:
            self.draws.append(made)
        return made

    def move(self, at: int) -> None:
        """Let go of what is as old as the window is long."""
        while self.draws and self.draws[0].at <= at - self.length_ms:
            self.draws.popleft().shrink(0, 0)


@define(eq=False)
class Hold:
    """One part's hold."""

    key: str
    at: int
    reserved: int
    until: int | None
    draws: list[Draw]
    state: str = "held"
    confirmed: int = 0
    taken_back: int = 0

    @property
    def left(self) -> int:
        return {"held": self.reserved, "confirmed": self.confirmed - self.taken_back}.get(self.state, 0)

    def become(self, state: str) -> None:
        self.state = state
        for draw in self.draws:
            draw.shrink(self.left, draw.times if state in ("held", "confirmed") else 0)


class Book:
    """The sums of all counters, at the instant of the entry that was looked at last."""

    def __init__(self) -> None:
        self.holds: dict[str, Hold] = {}
        self.at = -(2**62)
        self._windows: dict[tuple[str, str], Window] = defaultdict(Window)
        self._due: list[tuple[int, int, Hold]] = []

    def move(self, at: int) -> None:
        """Time goes on: holds that are due count no longer."""
        self.at = max(at, self.at)
        while self._due and self._due[0][0] <= self.at:
            hold = heappop(self._due)[2]
            if hold.state == "held":
                hold.become("due")

    def window(self, counter: str) -> Window:
        """The window of a counter at this instant."""
        _, _, kind, length = counter.split()
        day = (EPOCH + datetime.timedelta(milliseconds=self.at)).astimezone(ZoneInfo(ZONE)).date().isoformat() if kind == "day" else ""
        window = self._windows[counter, day]
        window.length_ms = int(length)
        window.move(self.at)
        return window

    def exceeded(self, parts: list[list[Leg]]) -> list[str]:
        """Which legs do not fit, in words."""
        added: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        found = []
        for leg in (leg for part in parts for leg in part):
            held, sums = self.window(leg.counter), added[leg.counter]
            sums[0] += leg.amount
            sums[1] += leg.times
            for what, sum_, limit in (("", held.amount + sums[0], leg.limit_amount), (" times", held.times + sums[1], leg.limit_times)):
                if leg.enforced and limit is not None and sum_ > limit:
                    found.append(f"{leg.counter} holds {sum_}{what} of {limit}")
        return found

    def give(self, key: str, amount: int, until: int | None, legs: list[Leg]) -> None:
        """Count one part of a wish."""
        hold = Hold(key, self.at, amount, until, [self.window(leg.counter).draw(self.at, leg) for leg in legs])
        self.holds[key] = hold
        if until is not None:
            heappush(self._due, (until, len(self.holds), hold))

    def sums(self) -> dict[str, tuple[int, int]]:
        """What each counter's window holds at this instant."""
        counters = {counter for counter, _ in self._windows}
        return {counter: (window.amount, window.times) for counter in sorted(counters) for window in [self.window(counter)]}


def legs_of(told: list[Any]) -> list[list[Leg]]:
    """The legs of each part, as a record tells them."""
    return [[Leg(*leg) for leg in part] for part in told]
