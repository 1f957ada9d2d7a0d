"""The ledger in a file, looked at from inside: the second line of defence, wishes that share a transaction, sums by index."""

from __future__ import annotations

import gc
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from empower.decide import open_ledger
from empower.errors import LedgerBusy, LedgerUnavailable
from empower.ledger import Replayed, Reserved
from empower.ledger.sqlite import SqliteLedger
from empower.ledger.sqlite.journal import Turn
from empower.ledger.sqlite.writer import Writer
from empower.testing.asks import ALWAYS, DAY, EVER, MONTH, ROLLING, Clock, attempt, give, held, leg, reserve, wish


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "till.db"


@pytest.fixture
def ledger(path: Path, clock: Clock) -> Iterator[SqliteLedger]:
    made = SqliteLedger(path, clock=clock)
    yield made
    made.close()


# -- the second line of defence


def test_the_file_itself_refuses_an_entry_above_its_limit(ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 1, if the code in front of it were wrong: the limit in force stands beside each entry, and a CHECK holds it."""
    monkeypatch.setattr("empower.ledger.sqlite.legs._beyond", lambda *_: False)
    with pytest.raises(LedgerUnavailable, match="never_exceeded_by_amount"):
        reserve(ledger, wish("k", 101), leg(MONTH, 101, limit=100))
    with pytest.raises(LedgerUnavailable, match="never_exceeded_by_times"):
        reserve(ledger, wish("k", 1), leg(MONTH, 1, times_limit=0))
    assert (ledger.history(), held(ledger, MONTH)) == ((), (0, 0))
    assert isinstance(reserve(ledger, wish("k", 100), leg(MONTH, 100, limit=100)), Reserved)


@pytest.mark.parametrize("statement", ["UPDATE entry SET amount = 1", "DELETE FROM entry"])
def test_an_entry_is_never_changed_or_dropped(ledger: SqliteLedger, path: Path, statement: str) -> None:
    give(ledger, "k", EVER)
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError, match="an entry is never"):
        connection.execute(statement)
    connection.close()


def test_a_wish_that_fails_in_a_group_leaves_the_others(ledger: SqliteLedger) -> None:
    """A savepoint each: what one of them raises concerns its caller alone."""
    ledger._database._writer.pause()
    told: list[object] = []
    jobs = [lambda: give(ledger, "a", EVER), lambda: give(ledger, "b", EVER, 2**63), lambda: give(ledger, "c", EVER)]

    def work(number: int) -> None:
        try:
            told.append(jobs[number]())
        except (LedgerUnavailable, OverflowError) as error:
            told.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    while len(ledger._database._writer._waiting) < 3:
        pass
    ledger._database._writer.resume()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in told) == ["OverflowError", "Reserved", "Reserved"]
    assert {entry.key for entry in ledger.history()} == {"a", "c"}
    assert held(ledger, EVER) == (200, 2)
    assert ledger.verify().findings == ()


class Interrupted(BaseException):
    """As Ctrl-C is."""


def test_a_caller_who_is_interrupted_keeps_nobody_waiting(ledger: SqliteLedger) -> None:
    """Neither while it writes nor while it waits; nothing of it is half there."""

    def interrupt(turn: Turn) -> None:
        turn.connection.execute("DELETE FROM wish")
        raise Interrupted

    give(ledger, "before", EVER)
    writer = ledger._database._writer
    with pytest.raises(Interrupted):
        writer.run(interrupt)
    writer.pause()
    told: list[object] = []

    def work() -> None:
        try:
            told.append(writer.run(interrupt))
        except Interrupted:
            told.append("interrupted")

    threads = [threading.Thread(target=work), threading.Thread(target=lambda: told.append(outcome(lambda: give(ledger, "after", EVER))))]
    for thread in threads:
        thread.start()
        while len(writer._waiting) < threads.index(thread) + 1:
            pass
    writer.resume()
    for thread in threads:
        thread.join()
    assert told.count("interrupted") == 1
    assert isinstance(give(ledger, "after", EVER), Reserved | Replayed)
    assert isinstance(give(ledger, "before", EVER), Replayed)
    assert ledger.verify().findings == ()


def outcome(call: Callable[[], object]) -> object:
    """What a call gives, or the ledger's refusal."""
    try:
        return call()
    except LedgerUnavailable as error:
        return error


class Dawdling:
    """The mutex of a writer, behind which a thread of this name loiters until the lead has come to it."""

    def __init__(self, writer: Writer) -> None:
        self.writer, self.lock = writer, threading.Lock()

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        came = self.writer._waiting[-1] if self.writer._waiting else None
        loiters = threading.current_thread().name == "dawdler" and came is not None and self.writer._leader is not came
        self.lock.release()
        while loiters and self.writer._leader is not came:
            time.sleep(0.001)


def test_the_lead_may_come_to_a_caller_before_it_waits(ledger: SqliteLedger) -> None:
    """Between coming and waiting a caller may be given the lead: it is taken once, and nobody who came after is forgotten."""
    writer = ledger._database._writer
    writer._mutex = Dawdling(writer)  # type: ignore[assignment]
    writer.pause()
    told: list[object] = []
    threads = [
        threading.Thread(target=lambda key=key: told.append(outcome(lambda: give(ledger, key, EVER))), name=key, daemon=True)
        for key in ("dawdler", "after")
    ]
    for place, thread in enumerate(threads):
        thread.start()
        while len(writer._waiting) < place + 1:
            time.sleep(0.001)
    writer.resume()
    for thread in threads:
        thread.join(timeout=30)
    assert [type(one).__name__ for one in told] == ["Reserved", "Reserved"]
    assert {entry.key for entry in ledger.history()} == {"dawdler", "after"}


def test_a_pause_lets_nobody_write_until_it_ends(ledger: SqliteLedger) -> None:
    """Whoever comes meanwhile waits, and is told after a while that nothing was done."""
    writer = ledger._database._writer
    writer._patience = 50
    for _ in range(20):
        writer.pause()
        writer.resume()
    writer.pause()
    with pytest.raises(LedgerBusy, match="was not free to write for 50 ms"):
        give(ledger, "k", EVER)
    writer.resume()
    assert isinstance(give(ledger, "k", EVER), Reserved)


def test_a_ledger_that_nobody_closed_is_closed_when_it_is_gone(path: Path, clock: Clock) -> None:
    ledger = SqliteLedger(path, clock=clock)
    give(ledger, "k", EVER)
    assert path.with_name("till.db-wal").exists()
    del ledger
    gc.collect()
    assert not path.with_name("till.db-wal").exists()


# -- sums


def test_a_rolling_window_is_moved_once_for_each_entry(ledger: SqliteLedger, clock: Clock) -> None:
    """The cost of an ask does not grow with what the window holds: SQLite steps through a few rows of it, also after many voids."""
    for number in range(300):
        clock.at += DAY // 5
        give(ledger, f"k{number}", ROLLING, 1)
        if number % 3:
            ledger.void(f"k{number}")
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    connection = ledger._database._connections["writing"]
    connection.set_progress_handler(count, 10)
    for number in range(20):
        clock.at += DAY // 5
        give(ledger, f"later{number}", ROLLING, 1)
    connection.set_progress_handler(None, 0)
    assert steps * 10 < 20 * 800


def test_subjects_with_odd_names_are_found(ledger: SqliteLedger) -> None:
    """The text that is looked for first may stand in other places too."""
    give(ledger, "a", EVER, subjects={"customer": 'c"1', "actor": "ä\n"})
    give(ledger, "b", EVER, subjects={"x": '"customer":"c', "actor": "b"})
    assert [entry.key for entry in ledger.history(customer='c"1')] == ["a"]
    assert [entry.key for entry in ledger.history(actor="ä\n")] == ["a"]
    assert ledger.history(customer="c") == ()


def test_a_pack_is_kept_by_its_digest(ledger: SqliteLedger) -> None:
    for _ in range(2):
        ledger.keep_pack("digest", "pack: x")
    with ledger._database.read() as connection:
        assert connection.execute("SELECT digest, content FROM pack").fetchall() == [("digest", "pack: x")]


def test_closing_leaves_one_file(path: Path, clock: Clock) -> None:
    """What was only in the log is in the file; the file of the gate stays, because another process may be waiting at it."""
    ledger = SqliteLedger(path, clock=clock)
    give(ledger, "k", EVER)
    attempt(ledger, wish("n"), EVER, during=ALWAYS)
    ledger.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["till.db", "till.db-gate"]


def test_an_address_with_any_name_leads_to_its_file(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "caffè % till?.db"
    ledger = open_ledger(f"sqlite:///{quote(str(path))}", clock)
    give(ledger, "k", EVER)
    ledger.close()
    assert path.exists()


def test_every_question_of_an_ask_is_answered_by_an_index(ledger: SqliteLedger, clock: Clock) -> None:
    """No table is read from end to end, so an ask costs the same in a large file."""
    give(ledger, "first", ROLLING)
    held(ledger, ROLLING)
    asked: set[str] = set()
    for connection in ledger._database._connections.values():
        connection.set_trace_callback(asked.add)
    for _ in range(2):
        reserve(ledger, wish("k", 1, 2), [leg(MONTH, 1), leg(ROLLING, 1)], [leg(EVER, 2)], hold_until=clock.at + 5)
    ledger.confirm("k#1", 0)
    ledger.void("k#2")
    ledger.reverse("k#1", 0, "came back")
    give(ledger, "due", EVER, hold_until=clock.at + 5)
    clock.at += 5
    held(ledger, EVER)
    held(ledger, ROLLING, clock.at - 1)
    attempt(ledger, wish("noted"), ROLLING)
    ledger.unsettled()
    for connection in ledger._database._connections.values():
        connection.set_trace_callback(None)
    explain = ledger._database._connections["writing"].execute
    questions = [text for text in asked if text.lstrip().startswith(("SELECT", "UPDATE"))]
    steps = {step for text in questions for *_, step in explain(f"EXPLAIN QUERY PLAN {text}")}
    assert len(questions) > 15
    # The last entry is the end of its table, and the unsettled holds are all of their index
    assert {step for step in steps if step.startswith("SCAN")} <= {"SCAN entry", "SCAN hold USING INDEX hold_unsettled"}


def test_verify_takes_twice_the_steps_for_twice_the_entries(ledger: SqliteLedger) -> None:
    counts = []
    for size in (100, 200):
        for number in range(100):
            give(ledger, f"{size}-{number}", ROLLING, 1)
        steps: list[int] = []
        assert ledger.verify().findings == ()
        ledger._database._connections["long"].set_progress_handler(lambda steps=steps: steps.append(1), 100)
        ledger.verify()
        counts.append(len(steps))
    assert counts[1] < 3 * counts[0]
