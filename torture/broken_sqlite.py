"""The faults built into the ledger in a file: each exchanges one part of the real store, for all ledgers of this process.

A process of the torture opens one ledger and ends, so nothing is put back.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve

from empower.ledger import Leg, Replayed
from empower.ledger.holds import Hold
from empower.ledger.sqlite import SqliteLedger, holds, store, watch
from empower.ledger.sqlite.counters import keep_sum
from empower.ledger.sqlite.journal import Turn
from empower.ledger.sqlite.legs import Drawn
from empower.ledger.sqlite.writer import Writer, _Task
from torture.faulty import unlimited

SNAPSHOT_USES = 6
"""How often a snapshot that is kept is looked at before another is taken."""


def exchange(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put another part where this one was; `make` is given the sound one."""
    setattr(owner, name, make(getattr(owner, name)))


def amend(owner: Any, name: str, old: str, new: str) -> None:
    """Change some words of a statement, which has to have them."""
    sound = getattr(owner, name)
    assert old in sound, f"{name} has no {old!r} any more"
    setattr(owner, name, sound.replace(old, new))


def checks_then_acts() -> None:
    """Looks whether there is room in one transaction, and takes it in the next."""
    exchange(SqliteLedger, "reserve", has_looked_before)


def has_looked_before(sound: Callable[..., Any]) -> Callable[..., Any]:
    """A `reserve` of any store that goes by the balances which it was told a moment ago."""

    def reserve(self: Any, wish: Any, legs: Sequence[Sequence[Leg]], **options: Any) -> Any:
        everything = [leg for part in legs for leg in part]
        balances = self.balances([leg.counter for leg in everything])
        fits = all(
            not leg.enforced
            or (_within(balance.amount + leg.amount, leg.limit_amount) and _within(balance.times + leg.times, leg.limit_times))
            for leg, balance in zip(everything, balances, strict=True)
        )
        time.sleep(0.004)
        return sound(self, wish, unlimited(legs) if fits else legs, **options)

    return reserve


def _within(value: int, limit: int | None) -> bool:
    return limit is None or value <= limit


def answers_before_it_commits() -> None:
    """Answers what it would have written, and writes it when it is called the next time."""

    def deferred(sound: Callable[..., None]) -> Callable[..., None]:
        waiting: list[_Task] = []

        def transact(self: Writer, connection: sqlite3.Connection, batch: list[_Task]) -> None:
            if waiting:
                sound(self, connection, waiting)
            waiting[:] = [_Task(task.job) for task in batch]
            connection.execute("BEGIN IMMEDIATE")
            turn = Turn(connection)
            for task in batch:
                task.error = self._do(task, turn, alone=len(batch) == 1)
            connection.rollback()

        return transact

    exchange(Writer, "_transact", deferred)


def forgets_its_keys() -> None:
    """Gives again when it is asked again."""
    exchange(store, "replay", lambda sound: lambda *asked: None if isinstance(found := sound(*asked), Replayed) else found)
    amend(holds, "_MAKE", "INSERT INTO", "INSERT OR REPLACE INTO")


def voids_twice() -> None:
    """Gives back at every void of a hold."""
    exchange(store, "void", lambda sound: lambda hold: evolve(sound(hold)))
    amend(holds, "_SHRINK", "WHERE sequence = ?", "WHERE FALSE AND sequence = ?")
    _never_below_nothing()


def _never_below_nothing() -> None:
    """What is given back too often would run into the check of its column."""
    amend(holds, "_GIVE_BACK", "amount = amount - ?, times = times - ?", "amount = max(0, amount - ?), times = max(0, times - ?)")


def believes_the_clock() -> None:
    """Lets ledger time run back with the clock of whoever asks."""
    exchange(SqliteLedger, "_time", lambda sound: lambda self, connection, _: sound(self, connection, None))


def reads_stale() -> None:
    """Reads sums in a snapshot that was taken before it had the right to write."""

    def stale(sound: Callable[..., Drawn]) -> Callable[..., Drawn]:
        kept: list[sqlite3.Connection] = []

        def draw_legs(connection: sqlite3.Connection, legs: Any, now: int) -> Drawn:
            if not kept:
                kept.extend([_snapshot(connection)] * SNAPSHOT_USES)
            return sound(kept.pop(), legs, now)

        return draw_legs

    _never_below_nothing()
    exchange(store, "draw_legs", stale)


def _snapshot(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Another connection to the file, inside a transaction that stands still."""
    ((_, _, path),) = connection.execute("PRAGMA database_list").fetchall()
    made = sqlite3.connect(path, isolation_level=None)
    made.execute("BEGIN")
    made.execute("SELECT count(*) FROM ledger").fetchone()
    return made


def leaks_what_it_refuses() -> None:
    """Keeps the leg that fitted when a later one does not."""
    exchange(store, "draw_legs", _leaking)


def _leaking(sound: Callable[..., Drawn]) -> Callable[..., Drawn]:
    def draw_legs(connection: sqlite3.Connection, legs: Any, now: int) -> Drawn:
        drawn = sound(connection, legs, now)
        alone = sound(connection, [legs[0][:1]], now)
        leaked = () if drawn.fits or not alone.fits else alone.sums.values()
        for held in leaked:
            keep_sum(connection, held, now)
        return drawn

    return draw_legs


def keeps_what_is_voided() -> None:
    """Gives nothing back."""
    amend(holds, "_GIVE_BACK", "amount = amount - ?, times = times - ?", "amount = amount - 0 * ?, times = times - 0 * ?")


def frees_into_the_new_period() -> None:
    """Gives back to the newest period of a counter, whichever it was drawn from."""
    _never_below_nothing()
    newest = "(SELECT newest.id FROM counter AS own JOIN counter AS newest USING (identity) WHERE own.id = ? ORDER BY newest.starts_at DESC LIMIT 1)"
    amend(holds, "_GIVE_BACK", "WHERE id = ?", f"WHERE id = {newest}")


def revives_the_expired() -> None:
    """Confirms what has expired, and has gone back."""
    exchange(store, "confirm", confirms_anything)


def confirms_anything(sound: Callable[..., Hold]) -> Callable[..., Hold]:
    """A `confirm` of any store that does not mind that the hold has expired."""
    return lambda hold, amount: sound(evolve(hold, state="held") if hold.state == "expired" else hold, amount)


def checks_parts_one_by_one() -> None:
    """Does not add up the legs of several parts on one counter."""

    def one_by_one(sound: Callable[..., Drawn]) -> Callable[..., Drawn]:
        def draw_legs(connection: sqlite3.Connection, legs: Any, now: int) -> Drawn:
            drawn = sound(connection, unlimited(legs), now)
            drawn.fits = all(sound(connection, [[leg]], now).fits for part in legs for leg in part)
            return drawn

        return draw_legs

    exchange(store, "draw_legs", one_by_one)


def returns_too_much() -> None:
    """Gives back to a rolling window what has left it before."""
    _never_below_nothing()
    amend(holds, "_GIVE_BACK", "coalesce(? > moved_to, TRUE)", "coalesce(? IS NOT 0, TRUE)")


def loses_what_it_refuses() -> None:
    """Does not write down a no."""

    def forgetful(sound: Callable[..., int]) -> Callable[..., int]:
        return lambda self, turn, at, event, *rest, **more: 0 if event == "refused" else sound(self, turn, at, event, *rest, **more)

    exchange(store._Ask, "written", forgetful)


def believes_leaps() -> None:
    """Does not mind how far the clock is ahead."""
    exchange(watch, "believed", lambda _: lambda seen, *_: seen)


FAULTS: Mapping[str, Callable[[], None]] = {
    "checks-then-acts": checks_then_acts,
    "answers-before-it-commits": answers_before_it_commits,
    "forgets-its-keys": forgets_its_keys,
    "voids-twice": voids_twice,
    "believes-the-clock": believes_the_clock,
    "reads-stale": reads_stale,
    "leaks-what-it-refuses": leaks_what_it_refuses,
    "keeps-what-is-voided": keeps_what_is_voided,
    "frees-into-the-new-period": frees_into_the_new_period,
    "revives-the-expired": revives_the_expired,
    "checks-parts-one-by-one": checks_parts_one_by_one,
    "returns-too-much": returns_too_much,
    "loses-what-it-refuses": loses_what_it_refuses,
    "believes-leaps": believes_leaps,
}


def build_in(fault: str) -> None:
    """Build a fault into this process; the empty one is none."""
    if fault:
        FAULTS[fault]()
