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
class Hold:
    """One part's hold, with what it draws."""

    key: str
    at: int
    reserved: int
    until: int | None
    state: str = "held"
    confirmed: int = 0
    taken_back: int = 0
    draws: list[Draw] = field(factory=list)

    @property
    def left(self) -> int:
        return {"held": self.reserved, "confirmed": self.confirmed - self.taken_back}.get(self.state, 0)

    def open_at(self, at: int) -> bool:
        """May it be confirmed or voided at this instant?"""
        return self.state == "held" and (self.until is None or at < self.until)

    def become(self, state: str) -> None:
        self.state = state
        for draw in self.draws:
            draw.shrink(self.left, draw.times if state in ("held", "confirmed") else 0)


@define(eq=False)
class Draw:
    """What a hold draws from one window, and may shrink."""

    hold: Hold
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
    """One window of a counter, at the instant of the last entry that looked at it."""

    length_ms: int = 0
    """Of a rolling window."""
    at: int = -(2**62)
    amount: int = 0
    times: int = 0
    draws: deque[Draw] = field(factory=deque)
    due: list[tuple[int, int, Draw]] = field(factory=list)

    def add(self, amount: int, times: int) -> None:
        self.amount += amount
        self.times += times

    def draw(self, hold: Hold, leg: Leg) -> Draw:
        made = Draw(hold, self, hold.at, leg.amount, leg.times)
        self.add(leg.amount, leg.times)
        if self.length_ms:
            self.draws.append(made)
        if hold.until is not None:
            heappush(self.due, (hold.until, id(made), made))
        return made

    def move(self, at: int) -> None:
        """Time goes on: what is as old as the window is long is out, and so is what has expired."""
        self.at = max(at, self.at)
        while self.length_ms and self.draws and self.draws[0].at <= self.at - self.length_ms:
            self.draws.popleft().shrink(0, 0)
        while self.due and self.due[0][0] <= self.at:
            draw = heappop(self.due)[2]
            if draw.hold.state == "held":
                draw.shrink(0, 0)


class Book:
    """All holds, and the windows they draw from. Each window has a time of its own: entries that share none may stand in any order."""

    def __init__(self) -> None:
        self.holds: dict[str, Hold] = {}
        self._windows: dict[tuple[str, str], Window] = defaultdict(Window)

    def window(self, counter: str, at: int) -> Window:
        """The window of a counter at an instant, or at its last entry if that is later."""
        _, _, kind, length = counter.split()
        day = (EPOCH + datetime.timedelta(milliseconds=at)).astimezone(ZoneInfo(ZONE)).date().isoformat() if kind == "day" else ""
        window = self._windows[counter, day]
        window.length_ms = int(length)
        return window

    def latest(self, parts: list[list[Leg]], at: int) -> int:
        """The time of these counters: of the last entry on any of them."""
        return max((self.window(leg.counter, at).at for part in parts for leg in part), default=at)

    def exceeded(self, parts: list[list[Leg]], at: int) -> list[str]:
        """Which legs do not fit, in words."""
        added: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        found = []
        for leg in (leg for part in parts for leg in part):
            held, sums = self.window(leg.counter, at), added[leg.counter]
            held.move(at)
            sums[0] += leg.amount
            sums[1] += leg.times
            for what, sum_, limit in (("", held.amount + sums[0], leg.limit_amount), (" times", held.times + sums[1], leg.limit_times)):
                if leg.enforced and limit is not None and sum_ > limit:
                    found.append(f"{leg.counter} holds {sum_}{what} of {limit}")
        return found

    def give(self, hold: Hold, legs: list[Leg]) -> None:
        """Count one part of a wish."""
        self.holds[hold.key] = hold
        hold.draws += [self.window(leg.counter, hold.at).draw(hold, leg) for leg in legs]

    def sums(self, at: int) -> dict[str, tuple[int, int]]:
        """What each counter's window holds at an instant that is not before any entry."""
        windows = {counter: self.window(counter, at) for counter in sorted({counter for counter, _ in self._windows})}
        for window in windows.values():
            window.move(at)
        return {counter: (window.amount, window.times) for counter, window in windows.items()}


def legs_of(told: list[Any]) -> list[list[Leg]]:
    """The legs of each part, as a record tells them."""
    return [[Leg(*leg) for leg in part] for part in told]
