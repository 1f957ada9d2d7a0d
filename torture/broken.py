"""Ledgers that are broken on purpose, each in one way that a store might be: whatever finds faults has to find every one of them."""

from __future__ import annotations

import time
from typing import Any

from empower.ledger.memory import MemoryLedger
from torture import faulty
from torture.filed import FiledLedger


class ChecksThenActs(FiledLedger):
    """Looks whether there is room, lets go of the lock, and then takes it."""

    def _call(self, name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if name != "reserve":
            return super()._call(name, arguments, options)
        wish, legs = arguments
        everything = [leg for part in legs for leg in part]
        balances = super()._call("balances", ([leg.counter for leg in everything],), {})
        fits = all(
            (leg.limit_amount is None or balance.amount + leg.amount <= leg.limit_amount)
            and (leg.limit_times is None or balance.times + leg.times <= leg.limit_times)
            for leg, balance in zip(everything, balances, strict=True)
        )
        time.sleep(0.008)
        return super()._call(name, (wish, faulty.unlimited(legs) if fits else legs), options)


class AnswersBeforeItWrites(FiledLedger):
    """Answers first, and writes when it is called the next time."""

    _pending: bytes | None = None

    def _catch_up(self) -> None:
        if self._pending is not None:
            super()._append(self._pending)
            self._pending = None
        super()._catch_up()

    def _append(self, record: bytes) -> None:
        self._pending = record


class ReadsStale(FiledLedger):
    """Catches up with the others, and then waits for its turn."""

    def _call(self, name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        with self._locked():
            self._catch_up()
        time.sleep(0.0005)
        with self._locked():
            return self._run(name, arguments, options)


class LosesWhatItRefuses(FiledLedger):
    """Does not write down a no."""

    def _append(self, record: bytes) -> None:
        if self._memory._log[-1][2] != "refused":
            super()._append(record)


def kept(memory: type[MemoryLedger]) -> type[FiledLedger]:
    """The faulty memory ledger, in a file."""
    return type(memory.__name__, (FiledLedger,), {"__doc__": memory.__doc__, "Memory": memory})


BROKEN: dict[str, type[FiledLedger]] = {
    "checks-then-acts": ChecksThenActs,
    "answers-before-it-writes": AnswersBeforeItWrites,
    "reads-stale": ReadsStale,
    "loses-what-it-refuses": LosesWhatItRefuses,
    "forgets-its-keys": kept(faulty.ForgetsItsKeys),
    "voids-twice": kept(faulty.VoidsTwice),
    "keeps-what-is-voided": kept(faulty.KeepsWhatIsVoided),
    "believes-the-clock": kept(faulty.BelievesTheClock),
    "leaks-what-it-refuses": kept(faulty.WritesLegByLeg),
    "frees-into-the-new-period": kept(faulty.FreesIntoTheNewPeriod),
    "revives-the-expired": kept(faulty.RevivesTheExpired),
    "checks-parts-one-by-one": kept(faulty.ChecksPartsOneByOne),
    "returns-too-much": kept(faulty.ReturnsTooMuch),
    "believes-leaps": FiledLedger,  # sound, but for its clock
}
