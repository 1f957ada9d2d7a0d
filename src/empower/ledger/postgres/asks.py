"""What is sent to the functions in the database, and what they tell, as nouns of the port.

Numbers and lists go as text: so every call of a function has the same types, and is prepared once. What is the same for many asks is put into
text once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from empower.errors import KeyConflict
from empower.ledger import Balance, Counter, Leg, Record, Replayed, Wish
from empower.ledger.holds import Hold, settled
from empower.ledger.rows import BEGINNING, Written, counter_text, names_of_others, shared_name, subjects_text, wish_from, wish_text
from empower.ledger.windows import window_interval
from empower.ledger.wishes import differences
from empower.noun import frozen

LEAST, MOST = -(2**63), 2**63 - 1


def told(number: int | None) -> str | None:
    """A number as a parameter."""
    return None if number is None else str(number)


def listed(numbers: Iterable[int | None]) -> str:
    """A list of numbers as a parameter."""
    return f"{{{','.join(['NULL' if number is None else str(int(number)) for number in numbers])}}}"


def texts_listed(texts: Iterable[str]) -> str:
    """A list of texts as a parameter."""
    quoted = ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts]
    return f"{{{','.join(quoted)}}}"


@frozen
class Counters:
    """Some counters, each once, as the functions take them."""

    counters: tuple[Counter, ...]
    identities: str
    """Who they are."""
    lengths: str
    """How long each rolling window is; 0 for others."""

    @staticmethod
    def of(counters: Iterable[Counter]) -> Counters:
        """Those among these, each once.

        Raises:
            ValueError: a rolling window has no length.
        """
        return _texts(tuple(dict.fromkeys(counters)))

    def periods(self, at: int) -> tuple[str, str]:
        """Where the calendar period of each begins and ends that an instant lies in."""
        periods = [window_interval(counter.window, counter.zone, at) or (BEGINNING, None) for counter in self.counters]
        return listed([starts_at for starts_at, _ in periods]), listed([ends_at for _, ends_at in periods])

    def balances(self, found: Mapping[str, Any], periods: tuple[str, str]) -> dict[Counter, Balance]:
        """What a function tells of each of them."""
        ends = periods[1].strip("{}").split(",")
        frees = found["frees"] or [None] * len(self.counters)  # none: nothing leaves them by and by
        rows = zip(self.counters, found["amounts"] or (), found["times"] or (), frees, ends, strict=False)
        return {counter: _balance(counter, amount, times, frees, end) for counter, amount, times, frees, end in rows}


@lru_cache(maxsize=4096)
def _texts(counters: tuple[Counter, ...]) -> Counters:
    for counter in counters:
        if counter.window.kind == "rolling" and counter.window.length_ms <= 0:
            raise ValueError(f"a rolling window has a length above 0 ms, not {counter.window.length_ms}")
    lengths = [counter.window.length_ms if counter.window.kind == "rolling" else 0 for counter in counters]
    return Counters(counters, texts_listed(map(counter_text, counters)), listed(lengths))


def _balance(counter: Counter, amount: int, times: int, frees: int | None, end: str) -> Balance:
    if not amount and not times:
        return Balance(0, 0, None)
    if counter.window.kind == "rolling":
        return Balance(amount, times, frees)
    return Balance(amount, times, None if end == "NULL" else int(end))


def leg_lists(legs: Sequence[Sequence[Leg]], counters: Counters) -> tuple[str, ...]:
    """The legs of all parts: part, place of the counter, amount, times, limits, enforced; a list each."""
    places = {counter: place for place, counter in enumerate(counters.counters, 1)}
    rows = [
        (part, places[leg.counter], leg.amount, leg.times, leg.limit_amount, leg.limit_times, leg.enforced)
        for part, of_part in enumerate(legs, 1)
        for leg in of_part
    ]
    columns = list(zip(*rows, strict=True)) or [()] * 7
    *numbers, enforced = columns
    return (*[listed(column) for column in numbers], f"{{{','.join(['t' if one else 'f' for one in enforced])}}}")


@frozen
class Ask:
    """An ask in texts."""

    wish: Wish
    subjects: str
    record: str
    during: tuple[int, int]

    @staticmethod
    def of(wish: Wish, subjects: Mapping[str, str], record: Record, during: tuple[int, int]) -> Ask:
        """Put into texts before anybody waits for it."""
        return Ask(wish, subjects_text(subjects), record.to_json(), during)

    def parameters(self, seen: Iterable[int]) -> tuple[Any, ...]:
        """From the key to the interval."""
        wish = self.wish
        names, others = texts_listed(wish.hold_keys()), texts_listed(names_of_others(wish))
        start, end = max(self.during[0], LEAST), min(self.during[1], MOST)
        return (wish.key, wish_text(wish), self.subjects, self.record, names, others, listed(seen), str(start), str(end))

    def compared(self, wishes: Iterable[Mapping[str, Any]]) -> list[int]:
        """The entries of these wishes, none of which stands in the way.

        Raises:
            KeyConflict: one of them does.
        """
        wishes = list(wishes)
        for found in wishes:
            self._compare(wish_from(found["wish"]), allowed=found["allowed"])
        return [found["sequence"] for found in wishes]

    def _compare(self, other: Wish, *, allowed: bool) -> None:
        if other.key == self.wish.key:
            found = differences(other, self.wish, allowed=allowed)
            if found:
                raise KeyConflict(self.wish.key, found)
            return
        name = shared_name(self.wish, other)
        if name is not None:
            raise KeyConflict(self.wish.key, (f"{name!r} belongs to the wish {other.key!r}",))


def replayed(found: Mapping[str, Any]) -> Replayed:
    """The allow that a function found, and what is left of it now."""
    holds = tuple([settled(Hold(*row), found["now"]).told() for row in found["holds"]])
    return Replayed(found["at"], holds, Written(found["record"]))
