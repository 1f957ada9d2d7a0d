"""Memory ledgers with one fault each, as a store might have it. `broken` keeps them in a file, for processes to share."""

from __future__ import annotations

import time
from typing import Any

from attrs import evolve

from empower.ledger import Held, Leg, Reserved, Wish
from empower.ledger.holds import Hold
from empower.ledger.memory import MemoryLedger
from empower.ledger.sums import CalendarSum, RollingSum


def unlimited(legs: Any) -> list[list[Leg]]:
    return [[evolve(leg, limit_amount=None, limit_times=None) for leg in part] for part in legs]


class ChecksThenActs(MemoryLedger):
    """Looks whether there is room, and then takes it: another may have come between."""

    def reserve(self, wish: Wish, legs: Any, **options: Any) -> Any:
        everything = [leg for part in legs for leg in part]
        balances = self.balances([leg.counter for leg in everything])
        fits = all(
            balance.amount + leg.amount <= (leg.limit_amount if leg.limit_amount is not None else 2**62)
            for leg, balance in zip(everything, balances, strict=True)
        )
        time.sleep(0.0001)
        return super().reserve(wish, unlimited(legs) if fits else legs, **options)


class VoidsTwice(MemoryLedger):
    """Gives back at every void."""

    def void(self, key: str) -> Held:
        held = super().void(key)
        for draw in self._holds[key].draws if held.state == "voided" else ():
            draw.home.amount -= held.reserved
            draw.home.times -= 1
        return held


class KeepsWhatIsVoided(MemoryLedger):
    """Gives nothing back at a void."""

    def void(self, key: str) -> Held:
        kept = self._holds.get(key)
        if kept is not None and kept.hold.state == "held":
            kept.draws = ()
        return super().void(key)


class FreesIntoTheNewPeriod(MemoryLedger):
    """Gives back what expired to the period in which it expires."""

    def _become(self, kept: Any, hold: Hold, event: Any, at: int, because: str = "") -> Held:
        if event == "expired" and hold is not kept.hold:
            for kept_sum in self._sums._kept.values():
                if isinstance(kept_sum, CalendarSum):
                    kept_sum._period(at).amount -= kept.hold.left
        return super()._become(kept, hold, event, at, because)


class ForgetsItsKeys(MemoryLedger):
    """Gives again when it is asked again."""

    def _answered(self, wish: Wish, during: tuple[int, int], now: int) -> Any:
        answer = super()._answered(wish, during, now)
        return None if type(answer).__name__ == "Replayed" else answer

    def _hold_parts(self, known: Any, *drawn: Any, until: int | None, subjects: Any) -> None:
        again = any(key in self._holds for key in known.wish.hold_keys())
        super()._hold_parts(known, *drawn, until=None if again else until, subjects=subjects)


class BelievesTheClock(MemoryLedger):
    """Lets ledger time run back with the clock."""

    def _tick(self) -> int:
        super()._tick()
        return self._clock()


class KeepsTheExpired(MemoryLedger):
    """Confirms a hold after its expiry, unless a sweep ran."""

    def confirm(self, key: str, amount: int | None = None) -> Held:
        clock = self._clock
        self._clock = lambda: self._last
        try:
            return super().confirm(key, amount)
        finally:
            self._clock = clock


class RevivesTheExpired(MemoryLedger):
    """Confirms what has expired, and what has gone back."""

    def confirm(self, key: str, amount: int | None = None) -> Held:
        kept = self._holds.get(key)
        if kept is not None and kept.hold.state == "expired":
            kept.hold = evolve(kept.hold, state="held")
        return super().confirm(key, amount)


class WritesLegByLeg(MemoryLedger):
    """Keeps the legs that fit when a later one does not."""

    def reserve(self, wish: Wish, legs: Any, **options: Any) -> Any:
        answer = super().reserve(wish, legs, **options)
        if type(answer).__name__ == "Refused" and legs and legs[0]:
            self._sums.draw(legs[0][:1], iter(self._sums.fit(legs[0][:1], answer.at).sums), answer.at)
        return answer


class ChecksPartsOneByOne(MemoryLedger):
    """Does not add up the legs of several parts on one counter."""

    def reserve(self, wish: Wish, legs: Any, **options: Any) -> Any:
        with self._mine():
            now = self._tick()
            fits = all(self._sums.fit([leg], now).fits for part in legs for leg in part)
        return super().reserve(wish, unlimited(legs) if fits else legs, **options)


class ReturnsTooMuch(MemoryLedger):
    """Gives back to a rolling window what it has let go of before."""

    def void(self, key: str) -> Held:
        for draw in self._holds[key].draws if key in self._holds else ():
            draw.counted = draw.counted or isinstance(draw.home, RollingSum)
        return super().void(key)


class FillsInNothing(MemoryLedger):
    """Answers `Reserved` again to a wish that ended, without counting it."""

    def reserve(self, wish: Wish, legs: Any, **options: Any) -> Any:
        answer = super().reserve(wish, legs, **options)
        ended = type(answer).__name__ == "Replayed" and all(not hold.left for hold in answer.holds)
        return Reserved(answer.at, ()) if ended else answer


class KeepsADayTooLong(MemoryLedger):
    """Counts an entry of a rolling window that is exactly as old as the window is long."""

    def reserve(self, wish: Wish, legs: Any, **options: Any) -> Any:
        answer = super().reserve(wish, legs, **options)
        for kept_sum in self._sums._kept.values():
            if isinstance(kept_sum, RollingSum) and kept_sum._length % 1000 == 0:
                kept_sum._length += 1
        return answer
