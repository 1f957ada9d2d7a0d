"""Closed periods move into an archive, and nothing that the ledger still answers for changes by it."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from empower.errors import EmpowerError, HoldEnded, KeyConflict, LedgerUnavailable, WrongLedger
from empower.ledger import Ledger, Refused, Replayed, Reserved
from empower.ledger.sqlite import SqliteLedger, archive
from empower.testing.asks import DAY, EVER, MONTH, ROLLING, Clock, attempt, counter, fill, give, held, instant, leg, read, reserve, wish
from empower.testing.crashes import count_lines, crash
from ledger.till import finished, sell, spawn

COUNTERS = (MONTH, ROLLING, EVER, counter("day"), counter("year"), counter("rolling", budget="short", length_ms=2 * DAY))
FAR = 10**11
SETTLING = ("confirm", "void", "reverse")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return tmp_path / "old.db"


def opened(tmp_path: Path, clock: Clock) -> SqliteLedger:
    return SqliteLedger(tmp_path / "till.db", clock=clock)


def filled(tmp_path: Path, clock: Clock) -> SqliteLedger:
    """Thirteen entries, and one much later."""
    ledger = opened(tmp_path, clock)
    fill(ledger, clock)
    for key in ("k2", "k3", "parts#1", "parts#2"):
        ledger.confirm(key)
    clock.at += 400 * DAY
    give(ledger, "later", EVER, 7)
    return ledger


def sums(ledger: SqliteLedger) -> list[tuple[int, int]]:
    return [held(ledger, of) for of in COUNTERS]


def tell(call: Any) -> Any:
    """What a call answers, or the name of what it raises."""
    try:
        return read(call())
    except (EmpowerError, ValueError) as error:
        return type(error).__name__


def tampered(path: Path, statements: str) -> None:
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.executescript(f"DROP TRIGGER entry_is_never_changed; DROP TRIGGER entry_is_never_dropped; {statements}")
    connection.close()


def test_what_is_closed_moves_and_the_rest_goes_on(tmp_path: Path, clock: Clock, old: Path) -> None:
    """Sums, head_then and proofs stay; the history says where the rest is."""
    ledger = opened(tmp_path, clock)
    give(ledger, "first", EVER, 1)
    ledger.confirm("first")
    head_then = ledger.verify().head
    ledger.close()
    ledger = filled(tmp_path, clock)
    before, whole = sums(ledger), ledger.verify()
    entries = [read(entry) for entry in ledger.history()]
    assert ledger.archived() is None
    assert ledger.archive(clock.at, old) == len(entries) - 1
    assert sums(ledger) == before
    assert [read(entry) for entry in ledger.history()] == entries[-1:]
    assert (ledger.verify().findings, ledger.verify().head) == ((), whole.head)
    assert ledger.verify(whole.head, old) == whole
    found = ledger.archived()
    assert found is not None
    assert (found.file, found.entries) == (str(old), len(entries) - 1)
    assert ledger.verify(found.head).findings == ()
    (lost,) = ledger.verify(head_then).findings
    assert "or the head lies in the archive" in lost.message
    assert ledger.verify(head_then, old).findings == ()
    ledger.close()


def test_a_ledger_of_the_first_schema_is_archived_too(tmp_path: Path, clock: Clock, old: Path) -> None:
    """It is brought up to date when it is opened, in the middle of its history."""
    ledger = opened(tmp_path, clock)
    fill(ledger, clock)
    ledger.close()
    trigger = "CREATE TRIGGER entry_is_never_dropped BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'never'); END;"
    tables = "".join(f"DROP TABLE {name};" for name in ("archive", "gap", "past", "opening"))
    tampered(tmp_path / "till.db", f"{trigger} {tables} PRAGMA user_version = 1;")
    clock.at += 400 * DAY
    ledger = opened(tmp_path, clock)
    give(ledger, "later", EVER, 7)
    assert ledger.archive(clock.at, old) > 0
    assert ledger.verify().findings == ledger.verify("", old).findings == ()
    ledger.close()


def test_a_ledger_restored_from_a_copy_drops_nothing_for_an_archive_that_tells_otherwise(tmp_path: Path, clock: Clock, old: Path) -> None:
    """What the archive does not have stays where it is."""
    ledger = filled(tmp_path, clock)
    ledger.close()
    (tmp_path / "b").mkdir()
    shutil.copy(tmp_path / "till.db", tmp_path / "b" / "till.db")
    both = opened(tmp_path, clock), opened(tmp_path / "b", clock)
    for number, ledger in enumerate(both):
        give(ledger, "other", EVER, number)
        ledger.confirm("other")
        give(ledger, "last", EVER, 1)
        clock.at += DAY
        ledger.confirm("last")
    both[0].archive(clock.at, old)
    before = both[1].history()
    for at in (clock.at, clock.at - 100 * DAY):
        with pytest.raises(WrongLedger, match="is another than here, so nothing was dropped: one of them was restored"):
            both[1].archive(at, old)
    assert both[1].history() == before
    assert len(before) - both[1].archive(clock.at, tmp_path / "new.db") == len(both[1].history())
    for ledger in both:
        assert ledger.verify().findings == ()
        ledger.close()


def test_a_key_in_the_archive_never_gives_again(tmp_path: Path, clock: Clock, old: Path) -> None:
    """Asked twice, given once (law 9): it answers what it answered before, and another wish under it is a conflict."""
    ledger = filled(tmp_path, clock)
    again = [wish("k0", 10), wish("k1", 10), wish("k2", 10), wish("k4", 10), wish("parts", 1, 2)]
    calls: list[Any] = [lambda asked=asked: reserve(ledger, asked) for asked in again]
    calls += [lambda: reserve(ledger, wish("k2", 11)), lambda: reserve(ledger, wish("no", 10, reason="broken"))]
    calls += [lambda: reserve(ledger, wish("parts#1", 5)), lambda: ledger.confirm("k2"), lambda: ledger.confirm("k2", 3)]
    calls += [
        lambda: ledger.void("k1"),
        lambda: ledger.void("k2"),
        lambda: ledger.reverse("k0", 4, "came back"),
        lambda: ledger.confirm("k4"),
    ]
    before = [tell(call) for call in calls]
    ledger.archive(clock.at, old)
    assert [tell(call) for call in calls] == before
    assert [type(answer) for answer in before[:5]] == [Replayed] * 5
    assert isinstance(reserve(ledger, wish("no", 10), leg(MONTH, 10, limit=5)), Refused)
    assert isinstance(reserve(ledger, wish("no", 2), leg(MONTH, 2, limit=5)), Reserved)
    assert ledger.verify("", old).findings == ledger.verify().findings == ()
    ledger.close()


def test_what_was_given_in_an_archived_period_is_not_taken_back(tmp_path: Path, clock: Clock, old: Path) -> None:
    """What it drew is gone from the file; so it is refused, by name, and still counts."""
    ledger = filled(tmp_path, clock)
    ledger.archive(clock.at, old)
    before = sums(ledger)
    with pytest.raises(HoldEnded, match="'k2' was given in a period that is closed and archived, so it cannot be reversed any more"):
        ledger.reverse("k2", 5, "came back")
    with pytest.raises(KeyConflict):
        reserve(ledger, wish("k2", 10, actor="d8"))
    assert sums(ledger) == before
    ledger.close()


def test_what_still_matters_stays(tmp_path: Path, clock: Clock, old: Path) -> None:
    """A hold, an open period, a window that it is still inside, and what had an event after the cut."""
    clock.at = instant("2026-03-31 12:00")
    ledger = opened(tmp_path, clock)
    give(ledger, "held", EVER)
    for key, of in {"ever": EVER, "year": counter("year"), "inside": ROLLING, "crossing": EVER, "closed": MONTH}.items():
        give(ledger, key, of)
        ledger.confirm(key)
    clock.at = cut = instant("2026-04-10 12:00")
    ledger.reverse("crossing", 50, "came back")
    ledger.archive(cut, old)
    assert [entry.key for entry in ledger.history()] == ["held", "year", "year", "inside", "inside", "crossing", "crossing", "crossing"]
    give(ledger, "after", ROLLING)
    ledger.confirm("after")
    assert (held(ledger, ROLLING), held(ledger, EVER)) == ((200, 2), (250, 3))
    assert ledger.verify().findings == ledger.verify("", old).findings == ()
    assert [ledger.void("held").left, ledger.reverse("crossing", 100, "all").left, ledger.reverse("year", 100, "all").left] == [0, 0, 0]
    clock.at += 400 * DAY
    give(ledger, "last", MONTH)
    assert ledger.archive(clock.at, old) == 13
    assert [entry.key for entry in ledger.history()] == ["last"]
    assert held(ledger, EVER) == (100, 1)
    assert ledger.verify().findings == ledger.verify("", old).findings == ()
    assert ledger.archive(clock.at, old) == 0
    ledger.close()


def live(ledger: SqliteLedger, clock: Clock, random: Random, *, steps: int, first: int) -> list[Any]:
    """A random stretch of history; what each call answered. Settles only what is less than 40 days old."""
    told: list[Any] = []
    young: list[tuple[str, int]] = []
    for number in range(first, first + steps):
        clock.at += random.choice([0, 1, DAY // 7, DAY, 3 * DAY])
        key, amount = f"k{number}", random.randint(0, 9)
        legs = [leg(of, amount, limit=random.choice([None, 40, 300]), enforced=random.random() < 0.9) for of in random.sample(COUNTERS, 3)]
        until = random.choice([None, clock.at + DAY])
        told.append(tell(lambda: reserve(ledger, wish(key, amount), legs, hold_until=until)))  # noqa: B023
        told.append(tell(lambda: attempt(ledger, wish(f"no{number % 9}", amount), *COUNTERS)))  # noqa: B023
        young = [*(pair for pair in young if pair[1] > clock.at - 40 * DAY), (key, clock.at)]
        for _ in range(2):
            one, verb = random.choice(young)[0], random.choice(SETTLING)
            calls = {"confirm": lambda: ledger.confirm(one), "void": lambda: ledger.void(one)}  # noqa: B023
            told.append(tell(calls.get(verb, lambda: ledger.reverse(one, amount, "came back"))))  # noqa: B023
        told.append(sums(ledger))
    told += [tell(lambda key=hold.key: ledger.confirm(key)) for hold in ledger.unsettled()[::2]]
    return told


@pytest.mark.parametrize("seed", range(6))
def test_a_history_answers_the_same_with_archives_in_the_middle(tmp_path: Path, seed: int) -> None:
    """Every answer, every sum, the head; and the archive with the rest is the history that there would be without it."""
    (tmp_path / "a").mkdir()
    clocks = Clock(), Clock()
    plain, moved = opened(tmp_path, clocks[0]), opened(tmp_path / "a", clocks[1])
    random = Random(seed)
    for stretch in range(4):
        told = [
            live(one, clock, Random(f"{seed}.{stretch}"), steps=40, first=40 * stretch)
            for one, clock in zip((plain, moved), clocks, strict=True)
        ]
        assert told[0] == told[1]
        cut = clocks[1].at - 40 * DAY - random.randint(0, 30) * DAY
        moved.archive(cut, tmp_path / "old.db")
        assert sums(plain) == sums(moved)
        gone = moved.archived()
        since = max(cut, gone.before if gone else cut)
        for at in (since, since + DAY, clocks[1].at - DAY):
            assert plain.balances(COUNTERS, at) == moved.balances(COUNTERS, at)
        assert plain.unsettled() == moved.unsettled()
        assert moved.verify().findings == ()
        if gone:
            assert moved.verify("", tmp_path / "old.db").findings == ()
    assert gone is not None
    assert gone.entries > 20
    assert len(moved.history()) + gone.entries == len(plain.history())
    for number in range(160):
        asked = wish(f"k{number}", 99)
        assert tell(lambda: reserve(plain, asked)) == tell(lambda: reserve(moved, asked))  # noqa: B023
    plain.close()
    moved.close()


@pytest.mark.parametrize(
    ("where", "statements", "kind"),
    [
        ("old.db", "UPDATE entry SET amount = 9 WHERE sequence = 3", "changed"),
        ("old.db", "UPDATE leg SET after_amount = 40 WHERE sequence = 3 AND number = 1", "changed"),
        ("old.db", "UPDATE hold SET reserved = 9 WHERE key = 'k2'", "changed"),
        ("old.db", "DELETE FROM entry WHERE sequence = 4", "missing"),
        ("old.db", "DELETE FROM entry WHERE sequence > 10", "missing"),
        ("till.db", "UPDATE gap SET hash = randomblob(32)", "changed"),
        ("till.db", "DELETE FROM gap", "missing"),
        ("till.db", "UPDATE opening SET amount = amount - 1 WHERE amount", "sum"),
        ("till.db", "DELETE FROM past WHERE sequence = 2", "missing"),
        ("till.db", "DELETE FROM wish WHERE key = 'k2'", "key"),
        ("till.db", "UPDATE hold SET state = 'voided' WHERE key = 'k2'", "hold"),
        ("till.db", "UPDATE counter SET amount = amount + 1 WHERE ends_at IS NULL", "sum"),
        ("till.db", "UPDATE counter SET amount = amount + 1; UPDATE opening SET amount = amount + 1", "sum"),
        ("till.db", "UPDATE past SET wish = replace(wish, 'late', 'lost')", "key"),
        ("till.db", "UPDATE past SET record = NULL", "key"),
    ],
)
def test_what_was_tampered_with_is_found(tmp_path: Path, clock: Clock, old: Path, where: str, *, statements: str, kind: str) -> None:
    ledger = filled(tmp_path, clock)
    ledger.archive(clock.at, old)
    ledger.close()
    tampered(tmp_path / where, statements)
    ledger = opened(tmp_path, clock)
    assert kind in {finding.kind for finding in ledger.verify("", old).findings}
    ledger.close()


def test_an_archive_that_is_not_in_order_is_refused_and_nothing_moves(tmp_path: Path, clock: Clock, old: Path) -> None:
    """What would be dropped has to be proved first."""
    ledger = filled(tmp_path, clock)
    ledger.close()
    tampered(tmp_path / "till.db", "UPDATE entry SET amount = 9 WHERE sequence = 3")
    ledger = opened(tmp_path, clock)
    with pytest.raises(WrongLedger, match="would not be in order, so nothing was moved: entry 3 does not say what it said"):
        ledger.archive(clock.at, old)
    assert ledger.archived() is None
    ledger.close()


def test_files_that_cannot_be_the_archive_are_refused(tmp_path: Path, clock: Clock, old: Path) -> None:
    """And an archive is no ledger: from it nothing is given."""
    ledger = filled(tmp_path, clock)
    (tmp_path / "b").mkdir()
    other = filled(tmp_path / "b", Clock())
    other.archive(other.now(), tmp_path / "b" / "old.db")
    (tmp_path / "text").write_text("not a database, but long enough to be one" * 9)
    for place, told in (
        ("till.db", "is not an archive"),
        ("b/till.db", "is not an archive"),
        ("b/old.db", "another ledger"),
        ("text", "not a database"),
    ):
        with pytest.raises(WrongLedger, match=told):
            ledger.archive(clock.at, tmp_path / place)
    ledger.archive(clock.at, old)
    with pytest.raises(WrongLedger, match="and those up to 17 were archived to"):
        ledger.archive(clock.at, tmp_path / "new.db")
    with pytest.raises(WrongLedger, match="is an archive: nothing is given from it"):
        SqliteLedger(old, clock=clock)
    with pytest.raises(LedgerUnavailable, match="there is no archive"):
        ledger.verify("", tmp_path / "nowhere.db")
    with pytest.raises(LedgerUnavailable, match="what a rolling window held at"):
        ledger.balances([ROLLING], clock.at - 300 * DAY)
    ledger.close()
    other.close()


def confirmed(tmp_path: Path, clock: Clock, count: int) -> None:
    """A ledger with so many confirmed gifts of 1, and one on the next day."""
    ledger = opened(tmp_path, clock)
    for number in range(count):
        give(ledger, f"k{number}", EVER, 1)
        ledger.confirm(f"k{number}")
    clock.at += DAY
    give(ledger, "last", EVER, 1)
    ledger.close()


def whole(tmp_path: Path, clock: Clock, count: int) -> None:
    """Nothing is lost or given twice, wherever the archive stopped."""
    ledger = opened(tmp_path, clock)
    assert held(ledger, EVER) == (count + 1, count + 1)
    assert ledger.verify().findings == ()
    assert {type(reserve(ledger, wish(f"k{number}", 1))) for number in range(count)} == {Replayed}
    assert len(ledger.history()) in (1, 2 * count + 1)
    ledger.close()


def archived_in_the_end(tmp_path: Path, clock: Clock) -> None:
    """The same call again goes on, and the next has nothing to do."""
    ledger = opened(tmp_path, clock)
    ledger.archive(clock.at, tmp_path / "old.db")
    assert (len(ledger.history()), ledger.archive(clock.at, tmp_path / "old.db")) == (1, 0)
    assert ledger.verify("", tmp_path / "old.db").findings == ()
    ledger.close()


def test_a_crash_at_any_step_leaves_all_of_it(tmp_path: Path) -> None:
    """The archive is whole before anything is dropped, and what is dropped is dropped at once (law 1)."""

    def steps(name: str) -> tuple[Path, Clock, Callable[[], Ledger], Callable[[Ledger], object]]:
        place, clock = tmp_path / name, Clock()
        place.mkdir()
        confirmed(place, clock, 3)
        return place, clock, lambda: opened(place, clock), lambda _: opened(place, clock).archive(clock.at, place / "old.db")

    folder = str(Path(archive.__file__).parent)
    lines = count_lines(folder, *steps("counted")[2:])
    assert lines > 200
    for line in range(1, lines + 1, lines // 60):
        place, clock, *calls = steps(str(line))
        crash(folder, line, *calls)
        whole(place, clock, 3)
        archived_in_the_end(place, clock)


def test_a_kill_at_any_moment_leaves_all_of_it(tmp_path: Path, clock: Clock) -> None:
    """In the middle of SQLite's own work, too."""
    confirmed(tmp_path, clock, 300)
    for number in range(14):
        child = spawn(lambda: opened(tmp_path, clock).archive(clock.at, tmp_path / "old.db"))
        time.sleep(0.004 * number)
        os.kill(child, signal.SIGKILL)
        finished(child)
        whole(tmp_path, clock, 300)
    archived_in_the_end(tmp_path, clock)


def test_tills_go_on_while_a_ledger_is_archived(tmp_path: Path, clock: Clock) -> None:
    """What they are given meanwhile is counted once."""
    confirmed(tmp_path, clock, 100)
    children = [
        spawn(lambda name=name: sell(f"sqlite:///{tmp_path / 'till.db'}?step_ms={FAR}&off_ms={FAR}", tmp_path / name, name, asks=40))
        for name in "ab"
    ]
    ledger = opened(tmp_path, clock)
    assert ledger.archive(clock.at, tmp_path / "old.db") == 200
    assert [finished(child) for child in children] == [0, 0]
    assert held(ledger, EVER) == (101 + 80 * 7, 181)
    assert ledger.verify().findings == ledger.verify("", tmp_path / "old.db").findings == ()
    ledger.close()
