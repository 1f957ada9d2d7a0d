"""What a wish would draw: each leg against the sum of its window, and written down if all of them fit."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from empower.ledger import Balance, Counter, Leg
from empower.ledger.chain import LegLine
from empower.ledger.sqlite.counters import Sum, keep_sum, sum_now
from empower.ledger.sqlite.journal import Turn
from empower.noun import define, field

_ADD = (
    "INSERT INTO leg (sequence, number, part, counter, leaves_at, amount, times, limit_amount, limit_times, enforced, after_amount, "
    "after_times, amount_left, times_left) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@define
class Drawn:
    """Some legs on top of what their counters hold."""

    fits: bool = True
    balances: list[Balance] = field(factory=list)
    """What each leg's counter holds without any of them."""
    lines: list[LegLine] = field(factory=list)
    sums: dict[str, Sum] = field(factory=dict)
    """The sums with all of them, by identity of the counter."""

    def write(self, turn: Turn, sequence: int, now: int) -> None:
        """Write down the legs and the sums."""
        ids = {text: keep_sum(turn.connection, held, now) for text, held in self.sums.items()}
        rows = [
            (
                sequence, number, line.part, ids[line.counter], line.leaves_at, line.amount, line.times, line.limit_amount, line.limit_times,
                line.enforced, line.after_amount, line.after_times, line.amount, line.times,
            )
            for number, line in enumerate(self.lines, 1)
        ]  # fmt: skip
        turn.connection.executemany(_ADD, rows)


def draw_legs(connection: sqlite3.Connection, legs: Sequence[Sequence[Leg]], now: int) -> Drawn:
    """Whether every enforced leg stays within its limits, on top of what its counter holds and of the legs before it."""
    drawn = Drawn()
    known: dict[Counter, tuple[Sum, Balance]] = {}
    for part, of_part in enumerate(legs, 1):
        for leg in of_part:
            met = known.get(leg.counter)
            if met is None:
                held = sum_now(connection, leg.counter, now)
                met = known[leg.counter] = held, held.balance()
                drawn.sums[held.text] = held
            held, balance = met
            drawn.balances.append(balance)
            drawn.lines.append(_line(part, leg, held, now))
            if leg.enforced and (_beyond(held.amount, leg.limit_amount) or _beyond(held.times, leg.limit_times)):
                drawn.fits = False
    return drawn


def _line(part: int, leg: Leg, held: Sum, now: int) -> LegLine:
    """The leg, counted in its sum."""
    leaves_at = now + held.length_ms if held.length_ms else None
    if not held.amount and not held.times:
        held.frees_from = leaves_at
    held.amount += leg.amount
    held.times += leg.times
    return LegLine(
        part, held.text, held.starts_at, leaves_at, leg.amount, leg.times, leg.limit_amount, leg.limit_times, leg.enforced, held.amount, held.times
    )  # fmt: skip


def _beyond(value: int, limit: int | None) -> bool:
    return limit is not None and value > limit
