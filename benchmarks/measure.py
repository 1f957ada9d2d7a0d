"""How things are timed here: interleaved rounds, ratios taken within a round, medians of those.

Every subject runs in every round, in an order that rotates, so that whatever else the machine does falls on all alike. What runs in this
process is timed by its processor time, what is a process of its own by the wall clock.
"""

from __future__ import annotations

import gc
import time
from statistics import median
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@attrs.frozen
class Subject:
    """Something to time: what it runs in a round, and how many times it does its job there."""

    work: Callable[[], object]
    times: int = 1


@attrs.frozen
class Times:
    """The seconds each subject took for its job, round by round."""

    seconds: dict[str, list[float]]

    def median(self, name: str) -> float:
        """The median time of the job."""
        return median(self.seconds[name])

    def ratio(self, name: str, to: str) -> float:
        """The median over the rounds of one subject's time divided by another's in the same round."""
        return median(mine / theirs for mine, theirs in zip(self.seconds[name], self.seconds[to], strict=True))


def interleaved(rounds: Iterable[Mapping[str, Subject]], clock: Callable[[], float] = time.process_time) -> Times:
    """Time every subject of every round; the first round warms up and is not counted."""
    seconds: dict[str, list[float]] = {}
    for number, subjects in enumerate(rounds):
        names = sorted(subjects)
        turn = number % len(names)
        gc.collect()
        gc.freeze()
        for name in names[turn:] + names[:turn]:
            start = clock()
            subjects[name].work()
            spent = clock() - start
            if number:
                seconds.setdefault(name, []).append(spent / subjects[name].times)
        gc.unfreeze()
    return Times(seconds)
