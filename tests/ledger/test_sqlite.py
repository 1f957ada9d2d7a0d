"""What the ledger in a file promises besides the port: where it may lie, what it refuses, and what it does when the disk fails."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from empower import Guard, load_pack
from empower.decide import open_ledger
from empower.errors import LedgerBusy, LedgerFull, LedgerUnavailable, WrongLedger
from empower.ledger import Replayed, Reserved
from empower.ledger.sqlite import Settings, SqliteLedger, parse_address, places, schema
from empower.testing.asks import EVER, Clock, Words, give, held
from ledger.till import finished, spawn


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "till.db"


@pytest.fixture
def ledger(path: Path, clock: Clock) -> Iterator[SqliteLedger]:
    made = SqliteLedger(path, clock=clock)
    yield made
    made.close()


def pragma(ledger: SqliteLedger, name: str, connection: str = "writing") -> object:
    """What a setting of SQLite is on one of the ledger's connections."""
    give(ledger, f"pragma {name}", EVER, 1)
    held(ledger, EVER)
    return ledger._database._connections[connection].execute(f"PRAGMA {name}").fetchone()[0]


# -- addresses


@pytest.mark.parametrize(
    ("address", "path", "settings"),
    [
        ("sqlite:///till.db", "till.db", Settings()),
        ("sqlite:///shop/till.db", "shop/till.db", Settings()),
        ("sqlite:////var/lib/till.db", "/var/lib/till.db", Settings()),
        ("sqlite:///a%20till.db", "a till.db", Settings()),
        ("sqlite:///till.db?synchronous=normal", "till.db", Settings(synchronous="normal")),
        ("sqlite:///till.db?wait_ms=100&step_ms=5&off_ms=7", "till.db", Settings(wait_ms=100, step_ms=5, off_ms=7)),
    ],
)
def test_an_address_names_a_file_and_its_settings(address: str, path: str, settings: Settings) -> None:
    assert parse_address(address) == (Path(path), settings)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("sqlite://", "names no file (help: write sqlite:///till.db"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "leave `ledger` out for one in memory"),
        ("sqlite://till.db", "names a machine 'till.db'"),
        ("sqlite:///till.db?synchronus=normal", "did you mean 'synchronous'?"),
        ("sqlite:///till.db?synchronous=off", "synchronous=off is not a way to keep a ledger"),
        ("sqlite:///till.db?wait_ms=soon", "wait_ms=soon, which is not a number of milliseconds"),
        ("sqlit:///till.db", "did you mean 'sqlite'?"),
        ("till.db", "such as sqlite:///till.db"),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_with_help(address: str, told: str) -> None:
    with pytest.raises(LedgerUnavailable) as caught:
        open_ledger(address)
    assert told in str(caught.value)


def test_a_guard_goes_on_where_it_was(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was given outlives its process; a path may be relative."""
    monkeypatch.chdir(tmp_path)
    facts = {"actor": {"id": "a1", "role": "associate"}, "item": {"code": "22423", "quantity": 1, "bought_days_ago": 3}, "flags": []}
    context = {**facts, "customer": {"id": "c1", "category": "regular"}}
    for name in ("first", "again"):
        guard = Guard(load_pack(repository / "rules" / "online-retail"), ledger="sqlite:///till.db")
        decision = guard.decide({"kind": "refund", "amount": "5.00"}, context, key="k")
        assert decision.allowed, name
        assert [(entry.key, entry.event) for entry in guard.history(customer="c1")] == [("k", "allowed")]
        guard.ledger.close()
    assert (tmp_path / "till.db").exists()


# -- the file


@pytest.mark.parametrize(("asked", "number"), [("full", 2), ("normal", 1), ("extra", 3)])
def test_what_is_acknowledged_survives_a_power_cut_unless_it_was_asked_for_less(path: Path, clock: Clock, asked: str, number: int) -> None:
    """`synchronous` is FULL unless another is named; less than NORMAL cannot be named."""
    ledger = SqliteLedger(path, Settings(synchronous=asked), clock=clock)
    assert (pragma(ledger, "synchronous"), pragma(ledger, "journal_mode"), pragma(ledger, "wal_autocheckpoint")) == (number, "wal", 0)
    ledger.close()


def test_a_reader_cannot_write(ledger: SqliteLedger) -> None:
    with pytest.raises(LedgerUnavailable, match="readonly"), ledger._database.read() as connection:
        connection.execute("DELETE FROM pack")


def test_a_newer_schema_is_refused_and_left_alone(path: Path, clock: Clock) -> None:
    SqliteLedger(path, clock=clock).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(WrongLedger, match=r"has schema 99, and this version of empower knows \d+ \(help: .*never taken back"):
        SqliteLedger(path, clock=clock)
    assert path.read_bytes() == before


def test_the_database_of_another_program_is_refused_and_left_alone(path: Path, clock: Clock) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(WrongLedger, match="a database of another program"):
        SqliteLedger(path, clock=clock)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"a shopping list, not a database" * 100, b"x"])
def test_a_file_that_is_no_database_is_refused(path: Path, clock: Clock, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(WrongLedger, match="is not a database"):
        SqliteLedger(path, clock=clock)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match=r"'.*missing.*' .*cannot be opened"):
        SqliteLedger(tmp_path / "missing" / "till.db")


def test_an_interrupted_migration_leaves_nothing_behind(path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a migration or none of it; the next start makes it anew."""
    monkeypatch.setattr(schema, "migrations", lambda: ("CREATE TABLE half (x);\nCREATE TABLE half (x);\n",))
    with pytest.raises(LedgerUnavailable, match="already exists"):
        SqliteLedger(path, clock=clock)
    monkeypatch.undo()
    ledger = SqliteLedger(path, clock=clock)
    give(ledger, "k", EVER)
    ledger.close()


def test_an_older_schema_is_brought_up_to_date(path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbered files are gone through once each, in order, and what was given stays given."""
    ledger = SqliteLedger(path, clock=clock)
    give(ledger, "k", EVER)
    ledger.close()
    known = schema.migrations()
    monkeypatch.setattr(schema, "migrations", lambda: (*known, "CREATE TABLE more (x);\n"))
    for _ in range(2):
        ledger = SqliteLedger(path, clock=clock)
        assert (held(ledger, EVER), pragma(ledger, "user_version")) == ((100, 1), len(known) + 1)
        ledger.void("pragma user_version")
        ledger.close()
        clock.at += 1


def test_the_schema_without_strict_tables_is_the_same() -> None:
    """For a SQLite older than 3.37: every table, index and trigger, and no word of STRICT."""
    text = schema.without_strict(schema.migrations()[0])
    connection = sqlite3.connect(":memory:")
    for statement in schema.statements(text):
        connection.execute(statement)
    strict = sqlite3.connect(":memory:")
    for statement in schema.statements(schema.migrations()[0]):
        strict.execute(statement)
    names = "SELECT type, name FROM sqlite_master ORDER BY name"
    assert connection.execute(names).fetchall() == strict.execute(names).fetchall()
    assert not [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master") if sql and sql.rstrip().endswith("STRICT")]
    connection.close()
    strict.close()


def test_the_known_faults_of_this_sqlite_are_said(caplog: pytest.LogCaptureFixture) -> None:
    """By name, in the log, once; a version without them is passed over."""
    assert schema.known_faults((3, 51, 3)) == ()
    (fault,) = schema.known_faults((3, 40, 1))
    assert "SQLite 3.40.1 has the WAL-reset bug (mended in 3.51.3)" in fault
    schema.say_known_faults.cache_clear()
    with caplog.at_level(logging.WARNING, "empower.ledger"):
        schema.say_known_faults()
        schema.say_known_faults()
    assert caplog.messages == list(schema.known_faults())


MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/export /mnt/shop nfs4 rw 0 0
me@server: /mnt/far\\040away fuse.sshfs rw 0 0
tmpfs /mnt/shop/local tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/mnt/shop/tills", "nfs4"),
        ("/mnt/far away", "fuse.sshfs"),
        ("/mnt/shop/local", "tmpfs"),
        ("/mnt", "ext4"),
        ("/mnt/shopping", "ext4"),
    ],
)
def test_a_network_file_system_is_refused(tmp_path: Path, folder: str, kind: str) -> None:
    """There locks do not keep two machines apart. A system that has no list of mounts refuses nothing."""
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS, encoding="utf-8")
    assert places.kind_of_file_system(Path(folder), mounts) == kind
    if kind in ("nfs4", "fuse.sshfs"):
        with pytest.raises(LedgerUnavailable, match=f"network file system \\({kind}\\)"):
            places.refuse_network(Path(folder, "till.db"), mounts)
    else:
        places.refuse_network(Path(folder, "till.db"), mounts)
    places.refuse_network(Path(folder, "till.db"), tmp_path / "none")


# -- the disk


def full_at(ledger: SqliteLedger, pages: int) -> None:
    """Let the file grow by so many pages at most."""
    count = pragma(ledger, "page_count")
    assert isinstance(count, int)
    ledger._database._connections["writing"].execute(f"PRAGMA max_page_count = {count + pages}")


def test_a_full_disk_is_named_and_costs_nothing_that_was_acknowledged(ledger: SqliteLedger) -> None:
    """What was acknowledged is kept, what was not is not half there, and once there is room the same key is given once."""
    full_at(ledger, 6)
    before, given, failed = held(ledger, EVER)[0], [], []
    for number in range(60):
        try:
            given.append(give(ledger, f"k{number}", EVER, 1, record=Words("x" * 2000)))
        except LedgerFull:
            failed.append(f"k{number}")
    assert given
    with pytest.raises(LedgerFull, match=r"the disk is full .*ask again with the same key"):
        give(ledger, failed[0], EVER, 1, record=Words("x" * 2000))
    assert held(ledger, EVER) == (before + len(given), before + len(given))
    assert ledger.verify().findings == ()
    full_at(ledger, 10_000)
    assert all(isinstance(give(ledger, key, EVER, 1), Reserved) for key in failed)
    assert all(isinstance(give(ledger, key, EVER, 1), Replayed) for key in failed)
    assert held(ledger, EVER)[0] == before + 60


def test_one_wish_that_finds_no_room_costs_the_others_nothing(ledger: SqliteLedger) -> None:
    """Wishes of several threads are committed together; whatever the disk does, each is told the truth."""
    full_at(ledger, 12)
    told: dict[str, bool] = {}

    def work(number: int) -> None:
        for turn in range(20):
            key = f"{number}-{turn}"
            try:
                give(ledger, key, EVER, 1, record=Words("x" * 500))
                told[key] = True
            except LedgerFull:
                told[key] = False

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 160
    assert {entry.key for entry in ledger.history()} - {"pragma page_count"} == {key for key, kept in told.items() if kept}
    assert not all(told.values())
    assert ledger.verify().findings == ()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_limit_on_the_size_of_files_is_named(path: Path, clock: Clock) -> None:
    """As a quota has it: the log cannot grow; what was acknowledged before is kept."""

    def give_many(ledger: SqliteLedger, given: Path) -> None:
        for number in range(1000):
            give(ledger, f"k{number}", EVER, 1)
            given.write_text(str(number + 1), encoding="ascii")

    resource = pytest.importorskip("resource")

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        ledger = SqliteLedger(path, clock=clock)
        with pytest.raises(LedgerUnavailable, match="nothing was acknowledged"):
            give_many(ledger, path.with_suffix(".given"))
        os._exit(0)

    assert finished(spawn(work)) == 0
    ledger = SqliteLedger(path, clock=clock)
    assert held(ledger, EVER)[0] == int(path.with_suffix(".given").read_text(encoding="ascii"))
    assert ledger.verify().findings == ()
    ledger.close()


def test_a_file_locked_by_another_program_is_named(path: Path, clock: Clock) -> None:
    """Reading goes on meanwhile; and once the lock is gone, so does writing."""
    ledger = SqliteLedger(path, Settings(wait_ms=50), clock=clock)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerBusy, match="is locked by another program"):
        give(ledger, "k", EVER)
    assert held(ledger, EVER) == (0, 0)
    assert ledger.history() == ()
    other.execute("ROLLBACK")
    other.close()
    assert isinstance(give(ledger, "k", EVER), Reserved)
    ledger.close()


def test_a_damaged_file_is_named(path: Path, clock: Clock) -> None:
    ledger = SqliteLedger(path, clock=clock)
    for number in range(50):
        give(ledger, f"k{number}", EVER, 1, record=Words("x" * 500))
    ledger.close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"\xff" * (len(content) - 4096 * 2)
    path.write_bytes(bytes(content))
    with pytest.raises(LedgerUnavailable):
        give(SqliteLedger(path, clock=clock), "next", EVER)
