"""Rows 3 and 5 of the numbers to reach: decisions kept in a file, against the bare transaction that writes the same.

Ratios of one run: the two take turns, and each row says how long one wait for the disk took then. Where that is short, eight threads gain
little, because the rules themselves run in one thread at a time.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import Subject, interleaved
from benchmarks.report import Row
from empower import Guard, load_pack
from empower.ledger import Counter, Leg, Part, Window, Wish
from empower.ledger.sqlite import Settings, SqliteLedger
from empower.ledger.sqlite.gate import Gate
from empower.ledger.sqlite.schema import bring_up_to_date, connect

DOORSTEP = Path(__file__).parents[1] / "rules" / "grocery-doorstep"
REFUND = {"kind": "refund", "amount": "0.01", "reason": "substituted"}
DAY = 24 * 3_600_000
START = 1_795_000_000_000
NUMBERS = count()
ALWAYS = (-(2**62), 2**62)
WARM = 200
"""Until the log has its size: a file that grows waits longer for the disk."""


class Text:
    """A record that is nothing but its text."""

    def to_json(self) -> str:
        """As long as a record of a decision is."""
        return "x" * 700


def context(number: int) -> dict[str, Any]:
    """A customer at the door; three budgets look at a refund: the driver's month, the customer's thirty days, the order."""
    return {
        "actor": {"id": f"d{number % 50}", "role": "driver"},
        "customer": {"id": f"c{number}", "category": "regular", "risk_flags": [], "claims_90d": 0, "last_gesture": "never"},
        "order": {"id": f"o{number}", "total": "80.00", "refunded_before": "0.00", "delivered_at": "2026-11-18T10:00:00+00:00"},
        "item": {"value": "3.50"},
    }


def decide(guard: Guard, times: int) -> None:
    """Decide so many refunds, each for a customer never seen before."""
    for number in [next(NUMBERS) for _ in range(times)]:
        assert guard.decide(REFUND, context(number), key=f"k{number}").allowed


class Bare:
    """The same rows in the same tables, by `sqlite3` alone: nothing is read, judged, compared or hashed."""

    def __init__(self, path: Path) -> None:
        self.connection = connect(path, "full", 5000)
        bring_up_to_date(self.connection, path)
        self.connection.execute("PRAGMA wal_autocheckpoint = 1000")
        self.drivers: dict[int, int] = {}

    def write(self, times: int) -> None:
        """So many transactions, each with the writes of one decision."""
        for _ in range(times):
            self._transaction(next(NUMBERS))

    def _transaction(self, number: int) -> None:
        execute, key, last = self.connection.execute, f"k{number}", 2**62
        execute("BEGIN IMMEDIATE")
        counters = [self._driver(number % 50), *(self._made(f"{kind}{number}", last) for kind in ("customer", "order"))]
        entry = (number + 1, START, key, "allowed", 1, "", '{"actor":"d1","customer":"c1"}', b"h" * 32, "w" * 120, "x" * 700)
        execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", entry)
        execute("INSERT INTO wish VALUES (?, ?, 1)", (key, number + 1))
        execute("INSERT INTO hold VALUES (?, ?, 1, 1, NULL, 'held', 0, 0)", (key, number + 1))
        legs = [(number + 1, place, 1, counter, last if place == 2 else None) for place, counter in enumerate(counters, 1)]
        self.connection.executemany("INSERT INTO leg VALUES (?, ?, ?, ?, ?, 1, 1, NULL, NULL, 1, 1, 1, 1, 1)", legs)
        execute("COMMIT")

    def _driver(self, number: int) -> int:
        if number not in self.drivers:
            self.drivers[number] = self._made(f"driver{number}", None)
        else:
            self.connection.execute("UPDATE counter SET amount = amount + 1, times = times + 1 WHERE id = ?", (self.drivers[number],))
        return self.drivers[number]

    def _made(self, name: str, frees: int | None) -> int:
        made = self.connection.execute("INSERT INTO counter VALUES (NULL, ?, 0, NULL, 1, 1, ?, ?)", (f"{name:<90}", frees, frees)).lastrowid
        assert made is not None
        return made


def wait_for_disk(folder: Path, rounds: int = 50) -> float:
    """The median seconds of writing 4 KiB to the end of a file and waiting for the disk."""
    spent = []
    with (folder / "plain").open("wb", buffering=0) as file:
        for _ in range(rounds):
            start = time.perf_counter()
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
            spent.append(time.perf_counter() - start)
    return median(spent)


def against_bare(rounds: int = 41, times: int = 20) -> Row:
    """One caller: a durable decision under three budgets against the bare transaction."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        guard, bare = Guard(load_pack(DOORSTEP), ledger=f"sqlite:///{folder}/till.db"), Bare(folder / "bare.db")
        decide(guard, WARM)
        bare.write(WARM)
        subjects = {"decide": Subject(partial(decide, guard, times), times), "bare": Subject(partial(bare.write, times), times)}
        found = interleaved((subjects for _ in range(rounds)), time.perf_counter)
        note = f"{found.median('decide') * 1e3:.2f} ms against {found.median('bare') * 1e3:.2f} ms; a wait for the disk {wait_for_disk(folder) * 1e3:.2f} ms"
        guard.ledger.close()
        bare.connection.close()
    return Row("decide in a file, 3 budgets, x bare transaction", found.ratio("decide", "bare"), note, at_most=2.0)


def in_threads(work: Callable[[int], None], threads: int, times: int) -> None:
    """Share the work among threads."""
    running = [threading.Thread(target=work, args=(times // threads,)) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def reserve(ledger: SqliteLedger, times: int) -> None:
    """Reserve so many wishes with three legs each, without rules."""
    for number in [next(NUMBERS) for _ in range(times)]:
        wish = Wish(f"r{os.getpid()}-{number}", "d7", (Part("refund", (), 1),))
        legs = [Leg(Counter("bench", budget, (), Window("ever"), "UTC", "GBP"), 1, 1, None, None) for budget in "abc"]
        ledger.reserve(wish, [legs], during=ALWAYS, hold_until=None, subjects={"actor": "d7"}, record=Text())


def group_commit(rounds: int = 15, times: int = 80) -> list[Row]:
    """Eight callers against one, as a rate."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        guard, ledger = Guard(load_pack(DOORSTEP), ledger=f"sqlite:///{folder}/till.db"), SqliteLedger(folder / "plain.db")
        works: dict[str, Callable[[int], None]] = {"decide": partial(decide, guard), "reserve": partial(reserve, ledger)}
        for work in works.values():
            work(WARM)
        subjects = {
            f"{what} {threads}": Subject(partial(in_threads, work, threads, times), times)
            for what, work in works.items()
            for threads in (1, 8)
        }
        found = interleaved((subjects for _ in range(rounds)), time.perf_counter)
        disk = f"a wait for the disk {wait_for_disk(folder) * 1e3:.2f} ms"
        guard.ledger.close()
        ledger.close()
    rows = []
    for what, bound in (("decide", 3.0), ("reserve", None)):
        rates = [1 / found.median(f"{what} {threads}") for threads in (8, 1)]
        note = f"{rates[0]:,.0f}/s against {rates[1]:,.0f}/s; {disk}"
        rows.append(Row(f"{what} in 8 threads, x the rate of one", found.ratio(f"{what} 1", f"{what} 8"), note, at_least=bound))
    return rows


def rolling(rounds: int = 15, sizes: tuple[int, int] = (10_000, 1_000_000), times: int = 20) -> Row:
    """A wish against a rolling window that holds many entries, of which a few leave between two wishes; without a wait for the disk."""
    with tempfile.TemporaryDirectory() as name:
        ledgers = {str(size): _filled(Path(name, f"{size}.db"), size) for size in sizes}
        subjects = {size: Subject(partial(_ask_rolling, ledger, clock, times), times) for size, (ledger, clock) in ledgers.items()}
        found = interleaved((subjects for _ in range(rounds)), time.perf_counter)
        for ledger, _ in ledgers.values():
            ledger.close()
    few, many = (str(size) for size in sizes)
    note = f"{found.median(many) * 1e3:.2f} ms against {found.median(few) * 1e3:.2f} ms"
    return Row(f"a rolling window of {sizes[1]:,} entries, x {sizes[0]:,}", found.ratio(many, few), note, at_most=3.0)


ROLLING = Counter("bench", "rolling", (), Window("rolling", 30 * DAY), "UTC", "GBP")


def _filled(path: Path, size: int) -> tuple[SqliteLedger, list[int]]:
    """A ledger whose rolling window holds so many entries, one a second or so apart; and its clock."""
    clock = [START]
    ledger = SqliteLedger(path, Settings(synchronous="normal"), clock=lambda: clock[0])
    _ask_rolling(ledger, clock, 1)
    fill = sqlite3.connect(path, isolation_level=None)
    gap = 30 * DAY // size
    fill.executescript(f"""
        BEGIN;
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {size})
        INSERT INTO leg SELECT -n, 1, 1, 1, {START} + n * {gap}, 1, 1, NULL, NULL, 1, 1, 1, 1, 1 FROM numbers ORDER BY -n;
        UPDATE counter SET amount = amount + {size}, times = times + {size}, frees_from = {START + gap};
        COMMIT;
    """)  # noqa: S608
    fill.close()
    return ledger, clock


def _ask_rolling(ledger: SqliteLedger, clock: list[int], times: int) -> None:
    for number in [next(NUMBERS) for _ in range(times)]:
        clock[0] += 5_000
        wish = Wish(f"r{number}", "d7", (Part("refund", (), 1),))
        ledger.reserve(wish, [[Leg(ROLLING, 1, 1, None, None)]], during=ALWAYS, hold_until=None, subjects={}, record=Text())


def worst_wait(rounds: int = 3, processes: int = 8, seconds: float = 2) -> Row:
    """The longest that one of several processes waited, at the gate and by SQLite's own way of waiting, in turns."""
    waits: dict[bool, list[float]] = {True: [], False: []}
    rates: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(2 * rounds):
        with tempfile.TemporaryDirectory() as name:
            told = _race(Path(name, "till.db"), processes, seconds, gated=turn % 2 == 0)
            waits[turn % 2 == 0].append(max(worst for worst, _ in told))
            rates[turn % 2 == 0].append(sum(given for _, given in told) / seconds)
    gate, own = median(waits[True]), median(waits[False])
    note = f"{gate * 1e3:.0f} ms against {own * 1e3:.0f} ms; in all {median(rates[True]):,.0f}/s against {median(rates[False]):,.0f}/s"
    return Row(f"worst wait of {processes} processes, x SQLite's own way", gate / own, note)


def _race(path: Path, processes: int, seconds: float, *, gated: bool) -> list[tuple[float, int]]:
    """(longest wait, wishes given) of each process."""
    SqliteLedger(path).close()
    pipes = []
    for _ in range(processes):
        reading, writing = os.pipe()
        if os.fork() == 0:
            with suppress(BaseException):
                os.write(writing, json.dumps(_runner(path, seconds, gated=gated)).encode())
            os._exit(0)
        os.close(writing)
        pipes.append(reading)
    told = []
    for reading in pipes:
        with os.fdopen(reading) as pipe:
            told.append(tuple(json.loads(pipe.read())))
        os.wait()
    return told


def _runner(path: Path, seconds: float, *, gated: bool) -> tuple[float, int]:
    if not gated:
        Gate.through = lambda _, work: work()  # type: ignore[method-assign]
    ledger, worst, given = SqliteLedger(path), 0.0, 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter()
        reserve(ledger, 1)
        worst, given = max(worst, time.perf_counter() - start), given + 1
    return worst, given


def durable(*, quick: bool) -> list[Row]:
    """Measure every row."""
    if quick:
        return [against_bare(11), *group_commit(5), rolling(5, (1_000, 100_000)), worst_wait(1)]
    return [against_bare(), *group_commit(), rolling(), worst_wait()]
