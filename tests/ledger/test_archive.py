"""The archive of a ledger in a file, beside what the kit asks of every store that has one (`test_stores.py`)."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from empower.errors import WrongLedger
from empower.ledger.sqlite import SqliteLedger
from empower.testing.archives import archived_in_the_end, confirmed, fill_and_leave, whole
from empower.testing.asks import DAY, EVER, Clock, fill, give, held
from ledger.till import finished, sell, spawn

FAR = 10**11


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return tmp_path / "old.db"


def opened(tmp_path: Path, clock: Clock) -> SqliteLedger:
    return SqliteLedger(tmp_path / "till.db", clock=clock)


def filled(tmp_path: Path, clock: Clock) -> SqliteLedger:
    """Seventeen entries, and one much later."""
    ledger = opened(tmp_path, clock)
    fill_and_leave(ledger, clock)
    return ledger


def tampered(path: Path, statements: str) -> None:
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.executescript(f"DROP TRIGGER entry_is_never_changed; DROP TRIGGER entry_is_never_dropped; {statements}")
    connection.close()


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
    with pytest.raises(WrongLedger, match="is not an archive"):
        ledger.archive(clock.at, tmp_path / "till.db")
    ledger.archive(clock.at, old)
    with pytest.raises(WrongLedger, match="is an archive: nothing is given from it"):
        SqliteLedger(old, clock=clock)
    ledger.close()


def test_a_kill_at_any_moment_leaves_all_of_it(tmp_path: Path, clock: Clock, old: Path) -> None:
    """In the middle of SQLite's own work, too."""
    ledger = opened(tmp_path, clock)
    confirmed(ledger, clock, 300)
    for number in range(14):
        child = spawn(lambda: opened(tmp_path, clock).archive(clock.at, old))
        time.sleep(0.004 * number)
        os.kill(child, signal.SIGKILL)
        finished(child)
        whole(ledger, 300)
    archived_in_the_end(ledger, clock, old)
    ledger.close()


def test_tills_go_on_while_a_ledger_is_archived(tmp_path: Path, clock: Clock) -> None:
    """What they are given meanwhile is counted once."""
    ledger = opened(tmp_path, clock)
    confirmed(ledger, clock, 100)
    children = [
        spawn(lambda name=name: sell(f"sqlite:///{tmp_path / 'till.db'}?step_ms={FAR}&off_ms={FAR}", tmp_path / name, name, asks=40))
        for name in "ab"
    ]
    assert ledger.archive(clock.at, tmp_path / "old.db") == 200
    assert [finished(child) for child in children] == [0, 0]
    assert held(ledger, EVER) == (101 + 80 * 7, 181)
    assert ledger.verify().findings == ledger.verify("", tmp_path / "old.db").findings == ()
    ledger.close()
