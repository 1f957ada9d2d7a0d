"""What the ledger in a file promises besides the port: where it may lie, what it refuses, and what it does when the disk fails."""

from __future__ import annotations

import gc
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from empower import Guard, load_pack
from empower.decide import open_ledger
from empower.errors import LedgerBusy, LedgerFull, LedgerUnavailable, WrongLedger
from empower.ledger import Replayed, Reserved
from empower.ledger.sqlite import Settings, SqliteLedger, parse_address, places, schema
from empower.ledger.sqlite.journal import Turn
from ledger.asks import ALWAYS, DAY, EVER, MONTH, ROLLING, Clock, Words, attempt, give, held, leg, reserve, wish
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
