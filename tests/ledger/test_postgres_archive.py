"""The archive of a ledger in PostgreSQL, beside what the kit asks of every store that has one (`test_stores.py`)."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from empower.cli.app import app
from empower.errors import WrongLedger
from empower.ledger import Replayed
from empower.ledger.postgres import PostgresLedger
from empower.testing.archives import fill_and_leave
from empower.testing.asks import DAY, EVER, Clock, give, reserve, wish
from ledger.lent import Open
from ledger.test_postgres import GIVE_AS_THEN
from torture.server import Server


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return tmp_path / "old.db"


def archived(opened: Open, old: Path) -> PostgresLedger:
    """Seventeen entries in the archive, and one here."""
    clock = Clock()
    ledger = opened(clock=clock, seal_ms=0)
    fill_and_leave(ledger, clock)
    assert ledger.archive(clock.at, old) == 17
    return ledger


def owner(address: str, statements: str) -> None:
    """Past the triggers."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"SET session_replication_role = replica; {statements}".encode())


@pytest.mark.parametrize(
    ("statements", "kind"),
    [
        ("UPDATE entry SET amount = 9 WHERE sequence = 3", "changed"),
        ("UPDATE entry SET record = 'x' WHERE sequence = 3", "changed"),
        ("UPDATE leg SET after_amount = 40 WHERE sequence = 3 AND number = 1", "changed"),
        ("UPDATE hold SET reserved = 9 WHERE key = 'k2'", "changed"),
        ("DELETE FROM entry WHERE sequence = 4", "missing"),
        ("DELETE FROM entry WHERE sequence > 10", "missing"),
        (
            "INSERT INTO entry SELECT 99, at, 'x', event, amount, because, subjects, hash, wish, record FROM entry WHERE sequence = 1",
            "changed",
        ),
    ],
)
def test_what_was_tampered_with_in_the_archive_is_found(opened: Open, old: Path, statements: str, kind: str) -> None:
    """By the seals that the database keeps, and by what it keeps of each key and sum."""
    ledger = archived(opened, old)
    with sqlite3.connect(old, isolation_level=None) as connection:
        connection.executescript(f"DROP TRIGGER entry_is_never_changed; DROP TRIGGER entry_is_never_dropped; {statements}")
    connection.close()
    assert ledger.verify().findings == ()
    assert kind in {finding.kind for finding in ledger.verify("", old).findings}


@pytest.mark.parametrize(
    ("statements", "kind"),
    [
        ("DELETE FROM empower.gap", "missing"),
        ("UPDATE empower.gap SET last = last + 1", "missing"),
        ("UPDATE empower.seal SET hashes = hashes || hashes", "changed"),
        ("DELETE FROM empower.seal", "moved"),
        ("UPDATE empower.opening SET amount = amount - 1 WHERE amount > 0", "sum"),
        ("DELETE FROM empower.past WHERE sequence = 2", "missing"),
        ("DELETE FROM empower.wish WHERE key = 'k2'", "key"),
        ("UPDATE empower.hold SET state = 'voided' WHERE key = 'k2'", "hold"),
        ("UPDATE empower.counter SET amount = amount + 1 WHERE ends_at IS NULL", "sum"),
        ("UPDATE empower.counter SET amount = amount + 1; UPDATE empower.opening SET amount = amount + 1", "sum"),
        ("UPDATE empower.past SET wish = replace(wish, 'late', 'lost')", "key"),
        ("UPDATE empower.past SET record = NULL", "key"),
    ],
)
def test_what_was_tampered_with_in_the_database_is_found(
    opened: Open, old: Path, postgres_address: str, *, statements: str, kind: str
) -> None:
    """With the archive beside it, wherever the cut lies. `UPDATE gap` hides the newest entry: it has to go for that."""
    ledger = archived(opened, old)
    hidden = "DELETE FROM empower.entry; " if "last + 1" in statements else ""
    owner(postgres_address, hidden + statements)
    assert kind in {finding.kind for finding in ledger.verify("", old).findings}


def test_nothing_is_dropped_that_is_not_archived(opened: Open, old: Path, postgres_address: str) -> None:
    """The owner of the schema may drop an entry only once the archive has it."""
    archived(opened, old)
    with psycopg.connect(postgres_address) as connection, pytest.raises(psycopg.errors.RaiseException, match="never dropped"):
        connection.execute("DELETE FROM empower.entry")


def test_a_till_of_before_knows_archived_keys(opened: Open, old: Path, postgres_address: str) -> None:
    """It asks the functions of then; whatever it asks, nothing is given again."""
    ledger = archived(opened, old)
    told = {
        "key": "k2",
        "wish": json.dumps(["k2", "d7", [["refund", [["reason", "late"]], 10]], 0, 0], separators=(",", ":")),
        "counter": "x",
    }
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        assert connection.execute(GIVE_AS_THEN, told).fetchone() == ("replayed",)
        with pytest.raises(psycopg.DatabaseError, match="nothing becomes of it any more"):
            connection.execute("SELECT empower.settle_v1(1900000000000, 'k2', 'confirmed', 10, 0, 'reversed', 10, 10, 'reversed', 10, '')")
    assert ledger.verify("", old).findings == ()


def test_a_ledger_restored_from_a_copy_drops_nothing_for_an_archive_that_tells_otherwise(
    opened: Open, old: Path, tmp_path: Path, postgres_server: Server, postgres_address: str
) -> None:
    """What the archive does not have stays where it is."""
    clock = Clock()
    ledger = opened(clock=clock, seal_ms=0, connections=1)
    give(ledger, "both", EVER)
    ledger.seal()
    ledger.close()
    name = psycopg.conninfo.conninfo_to_dict(postgres_address)["dbname"]
    postgres_server.run(f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"')
    copy = postgres_server.named(f"{name}_copy")
    both = [opened(clock=clock, seal_ms=0, address=address) for address in (postgres_address, copy)]
    for number, one in enumerate(both):
        give(one, "other", EVER, number)
        one.confirm("other")
        one.void("both")
        clock.at += DAY
        give(one, "last", EVER)
    assert both[0].archive(clock.at, old) > 0
    shutil.copy(old, tmp_path / "kept.db")
    before = both[1].history()
    with pytest.raises(WrongLedger, match="is another than here, so nothing was dropped: one of them was restored"):
        both[1].archive(clock.at, old)
    assert both[1].history() == before
    assert old.read_bytes() == (tmp_path / "kept.db").read_bytes()
    assert both[1].archive(clock.at, tmp_path / "new.db") > 0
    for one in both:
        assert one.verify().findings == ()
        one.close()
    postgres_server.drop(copy)


def test_the_command_line_archives_it_too(opened: Open, old: Path, postgres_address: str) -> None:
    """The same commands as for a ledger in a file."""
    clock = Clock()
    ledger = opened(clock=clock, seal_ms=0)
    fill_and_leave(ledger, clock)

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["ledger", *words], standalone_mode=False)
        return result.return_value, result.output

    assert run("archive", postgres_address, "--before", "2027-12-01", "--to", str(old)) == (0, "17 entries archived\n")
    assert "17 earlier entries are in the archive" in run("history", postgres_address)[1]
    for words in ((postgres_address,), (postgres_address, "--archive", str(old)), (f"sqlite:///{old}",)):
        code, told = run("verify", *words)
        assert (code, told[:2]) == (0, "ok"), told
    assert isinstance(reserve(ledger, wish("k2", 10)), Replayed)
