"""What only the ledger in PostgreSQL promises: through servers that die, answers that are lost, and in a transaction of the host."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from empower import Guard, load_pack
from empower.errors import KeyConflict, LedgerBusy, LedgerFull, LedgerUnavailable, WrongLedger
from empower.ledger import Noted, Refused, Replayed, Reserved
from empower.ledger.postgres import PostgresLedger, parse_address, schema_text, store
from empower.ledger.postgres.connections import Connection
from empower.ledger.postgres.failures import failure
from empower.ledger.postgres.schema import migrations
from empower.ledger.rows import counter_text, wish_text
from empower.testing.asks import DAY, EVER, HOUR, MONTH, ROLLING, Clock, attempt, counter, give, held, leg, reserve, wish
from ledger.lent import Open
from torture.server import Server

POUNDS = 100


def at_once(works: list[Callable[[], object]]) -> None:
    """Do all of it, each in a thread of its own."""
    errors: list[BaseException] = []

    def guarded(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  (told below)
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_guard_opens_it_by_its_address(postgres_address: str, repository: Path) -> None:
    """As `Guard(pack, ledger="postgresql://…")` says."""
    guard = Guard(load_pack(repository / "rules" / "grocery-doorstep"), ledger=postgres_address)
    assert isinstance(guard.ledger, PostgresLedger)
    assert abs(guard.ledger.now() - time.time_ns() // 1_000_000) < HOUR
    guard.ledger.close()
    with pytest.raises(LedgerUnavailable, match="was closed"):
        guard.ledger.now()


def test_of_a_shared_campaign_of_1000_pounds_exactly_142_times_7_are_given(opened: Open) -> None:
    """Eight tills, each with a connection of its own, on the server's clock."""
    allowed: list[str] = []

    def till(number: int) -> None:
        ledger = opened(connections=1)
        for turn in range(25):
            key = f"{number}-{turn}"
            own = leg(counter("day", budget="own", key=str(number)), 7 * POUNDS)
            if isinstance(reserve(ledger, wish(key, 7 * POUNDS), [own, leg(EVER, 7 * POUNDS, limit=1000 * POUNDS)]), Reserved):
                allowed.append(key)

    at_once([lambda number=number: till(number) for number in range(8)])  # type: ignore[misc]
    ledger = opened()
    assert len(allowed) == 142
    assert held(ledger, EVER) == (994 * POUNDS, 142)
    assert len(ledger.history()) == 200
    assert ledger.verify().findings == ()


def test_counters_made_at_once_lock_nobody_out(opened: Open) -> None:
    """In whatever order wishes name them, and though none of them is there yet."""
    ledger = opened()

    def till(number: int) -> None:
        order = random.Random(number)
        for turn in range(15):
            fresh = [counter("ever", budget=f"{turn // 5}-{place}") for place in range(6)]
            drawn = [leg(of, 1) for of in order.sample(fresh, 4)]
            assert isinstance(reserve(ledger, wish(f"{number}-{turn}", 1), drawn), Reserved)

    at_once([lambda number=number: till(number) for number in range(6)])  # type: ignore[misc]
    assert ledger.verify().findings == ()


def test_what_was_acknowledged_survives_kill_9_of_the_server_and_nothing_is_given_twice(mortal_postgres: Server, opened: Open) -> None:
    """Tills go on by themselves: whatever was cut off is asked again with its key."""
    ledger = opened(connections=4)
    acknowledged: list[str] = []
    done = threading.Event()

    def till(number: int) -> None:
        turn = 0
        while not done.is_set():
            key = f"{number}-{turn}"
            with contextlib.suppress(LedgerUnavailable):
                assert isinstance(reserve(ledger, wish(key, 1), leg(EVER, 1)), Reserved | Replayed)
                acknowledged.append(key)
            turn += 1

    def killer() -> None:
        while len(acknowledged) < 40:
            time.sleep(0.01)
        mortal_postgres.kill()
        mortal_postgres.start()
        before = len(acknowledged)
        while len(acknowledged) < before + 40:
            time.sleep(0.01)
        done.set()

    at_once([*[lambda number=number: till(number) for number in range(4)], killer])  # type: ignore[misc]
    keys = [entry.key for entry in ledger.history() if entry.event == "allowed"]
    assert len(keys) == len(set(keys)) >= 80
    assert set(acknowledged) <= set(keys)
    assert held(ledger, EVER) == (len(keys), len(keys))
    assert ledger.verify().findings == ()


class Cutter:
    """Stands between a ledger and its server; when it is told to, it cuts the line as soon as the server has answered."""

    def __init__(self, address: str) -> None:
        self._server = f"{conninfo.conninfo_to_dict(address)['host']}/.s.PGSQL.5432"
        self._folder = tempfile.TemporaryDirectory(prefix="empower-cut-")
        self.address = address.replace(str(conninfo.conninfo_to_dict(address)["host"]), self._folder.name)
        self.cuts = 0
        self.refusals = 0
        """So many further connections are ended before the server hears of them."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{self._folder.name}/.s.PGSQL.5432")
        self._listener.listen()
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for line in [self._listener, *self._lines]:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self._folder.cleanup()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.refusals:
                    self.refusals -= 1
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                self._lines += [client, server]
                threading.Thread(target=self._pass_on, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(server, client, True), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, answers: bool) -> None:  # noqa: FBT001
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if answers and self.cuts:
                    self.cuts -= 1
                    break
                target.sendall(data)
        for line in (source, target):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_given_twice(mortal_postgres: Server, opened: Open) -> None:
    """The server committed, and nobody heard of it: the key tells."""
    opened().close()
    cutter = Cutter(mortal_postgres.database("template1"))
    ledger = opened(address=cutter.address, connections=1)
    give(ledger, "before", EVER)
    cutter.cuts = 1
    assert isinstance(give(ledger, "k", EVER), Replayed)
    cutter.cuts = 1
    assert ledger.confirm("k", 60).left == 60
    cutter.cuts = 1
    assert ledger.reverse("k", 60, "came back").left == 0
    assert held(ledger, EVER) == (100, 1)
    assert [(entry.key, entry.event) for entry in ledger.history()] == [
        ("before", "allowed"), ("k", "allowed"), ("k", "confirmed"), ("k", "reversed"),
    ]  # fmt: skip
    ledger.close()
    cutter.close()


@pytest.mark.parametrize("verb", ["reserve", "attempt"])
def test_a_request_that_arrives_after_its_call_was_answered_no_gives_nothing(
    opened: Open, postgres_address: str, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Its connection was lost, the call asked again on another, and the network brought the first request when there was room again."""
    sent: list[tuple[bytes, Any]] = []
    fetched = store._fetched

    def sending(connection: Connection, statement: str, parameters: Any) -> Any:
        sent.append((statement.encode(), parameters))
        return fetched(connection, statement, parameters)

    ledger = opened(clock=Clock())
    reserve(ledger, wish("first", 100), leg(EVER, limit=150))
    monkeypatch.setattr(store, "_fetched", sending)
    if verb == "reserve":
        assert isinstance(reserve(ledger, wish("k", 100), leg(EVER, limit=150)), Refused)
    else:
        assert isinstance(attempt(ledger, wish("k", 100), EVER), Noted)
    (late,) = sent
    ledger.void("first")
    before = ledger.history()
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute(*late)
    assert ledger.history() == before
    assert held(ledger, EVER) == (0, 0)
    assert isinstance(reserve(ledger, wish("k", 100), leg(EVER, limit=150)), Reserved)  # asked anew, the same key may be given


def test_a_server_that_is_back_is_found_while_the_call_still_waits(
    mortal_postgres: Server, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """It is looked for at short intervals: at growing ones there would be no more than four within the wait of five seconds. The log stays short."""
    opened().close()
    cutter = Cutter(mortal_postgres.database("template1"))
    ledger = opened(address=cutter.address, connections=1, seal_ms=0)
    give(ledger, "before", EVER)
    cutter.refusals, cutter.cuts = 8, 1
    assert isinstance(give(ledger, "k", EVER), Replayed)
    assert cutter.refusals == 0
    assert "connecting" not in caplog.text
    ledger.close()
    cutter.close()


def test_connections_that_the_server_ended_are_made_anew(opened: Open, postgres_address: str) -> None:
    ledger = opened()
    give(ledger, "k1", EVER)
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert isinstance(give(ledger, "k2", EVER), Reserved)


def test_a_lock_that_is_held_for_too_long_is_told_by_name(opened: Open, postgres_address: str) -> None:
    ledger = opened(wait_ms=150)
    give(ledger, "k", EVER)
    with psycopg.connect(postgres_address) as connection:
        connection.execute("SELECT 1 FROM empower.counter FOR UPDATE")
        with pytest.raises(LedgerBusy, match=r"locked by somebody else.*nothing was acknowledged"):
            give(ledger, "k2", EVER)
    assert [entry.key for entry in ledger.history()] == ["k"]
    assert isinstance(give(ledger, "k2", EVER), Reserved)


# -------------------------------------------------------------------------------------------- in the host's transaction


def test_in_a_transaction_of_the_host_both_are_kept_or_neither(opened: Open, postgres_address: str) -> None:
    """The refund and what it takes from the budget."""
    ledger = opened()
    with psycopg.connect(postgres_address) as connection:
        connection.execute("CREATE TABLE refund (key text)")
        connection.commit()
        host = PostgresLedger.on(connection)
        for key, ends in (("lost", connection.rollback), ("kept", connection.commit)):
            assert isinstance(give(host, key, EVER), Reserved)
            connection.execute("INSERT INTO refund VALUES (%s)", (key,))
            assert held(host, EVER) == (100, 1)
            ends()
        assert connection.execute("SELECT key FROM refund").fetchall() == [("kept",)]
    assert [entry.key for entry in ledger.history()] == ["kept"]
    assert held(ledger, EVER) == (100, 1)
    assert ledger.verify().findings == ()


def test_what_the_ledger_refuses_leaves_the_transaction_of_the_host_whole(opened: Open, postgres_address: str) -> None:
    give(opened(), "before", MONTH)
    with psycopg.connect(postgres_address) as connection, psycopg.connect(postgres_address) as other:
        host = PostgresLedger.on(connection)
        give(host, "k", EVER)
        with pytest.raises(KeyConflict):
            give(host, "k", EVER, amount=7)
        connection.execute("SET LOCAL lock_timeout = '50ms'")
        other.execute("SELECT 1 FROM empower.counter FOR UPDATE")
        with pytest.raises(LedgerBusy):
            give(host, "k2", MONTH)
        assert isinstance(give(host, "k3", EVER), Reserved)
        assert isinstance(attempt(host, wish("k4")).at, int)
        assert host.confirm("k3").left == 100


def test_its_locks_last_until_the_host_commits(opened: Open, postgres_address: str) -> None:
    """So a till waits for a host that takes its time, and sees what it committed."""
    ledger = opened()
    give(ledger, "first", EVER)
    answers: list[object] = []
    with psycopg.connect(postgres_address) as connection:
        give(PostgresLedger.on(connection), "host", EVER)
        till = threading.Thread(target=lambda: answers.append(reserve(ledger, wish("till"), leg(EVER, limit=200))))
        till.start()
        time.sleep(0.1)
        assert answers == []
        connection.commit()
        till.join()
    assert isinstance(answers[0], Refused)


def test_a_transaction_in_which_it_cannot_look_after_locking_is_refused(opened: Open, postgres_address: str) -> None:
    """READ COMMITTED is asserted: any other would look at what stood there before its lock."""
    opened()
    with psycopg.connect(postgres_address) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(LedgerUnavailable, match="READ COMMITTED"):
            give(PostgresLedger.on(connection), "k", EVER)
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        host = PostgresLedger.on(connection)
        with pytest.raises(LedgerUnavailable, match="has no transaction to work in"):
            give(host, "k", EVER)
        with connection.transaction():
            give(host, "k", EVER)
            with pytest.raises(LedgerUnavailable, match="cannot verify"):
                host.verify()
        host.close()
        with pytest.raises(LedgerUnavailable, match="was closed"):
            host.now()


# -------------------------------------------------------------------------------------------- expiry, and what is not marked yet


@pytest.mark.parametrize("late_ms", [0, 1, HOUR])
def test_holds_that_are_due_and_not_marked_yet_are_left_out(opened: Open, late_ms: int) -> None:
    """A call marks twenty of them and no more, so that nobody pays for all; the sums are right all the same, and so is the history."""
    clock = Clock()
    ledger = opened(clock=clock)
    for number in range(30):
        give(ledger, f"k{number}", (EVER, ROLLING)[number % 2], 10, hold_until=clock.at + DAY)
    clock.at += DAY + late_ms
    drawn = [leg(EVER, 150, limit=150), leg(ROLLING, 150, limit=150)]
    answer = reserve(ledger, wish("k", 150), drawn)
    assert isinstance(answer, Reserved)
    assert [(balance.amount, balance.times, balance.frees_at) for balance in answer.balances] == [(0, 0, None)] * 2
    assert [entry.event for entry in ledger.history()].count("expired") == 30
    assert held(ledger, EVER) == held(ledger, ROLLING) == (150, 1)
    assert ledger.verify().findings == ()


# -------------------------------------------------------------------------------------------- the schema


def test_a_newer_schema_is_refused(opened: Open, postgres_address: str) -> None:
    opened()
    with psycopg.connect(postgres_address) as connection:
        connection.execute("UPDATE empower.ledger SET version = 99")
    with pytest.raises(WrongLedger, match=r"has schema 99, and this version of empower knows \d"):
        opened()


# As the tills of schema 2 asked: £1 of a budget without a window
GIVE_AS_THEN = """
SELECT empower.reserve_v1(
    1795000000000, %(key)s, %(wish)s, '{"actor":"d7"}', %(key)s, ARRAY[%(key)s], '{}', '{}', -4611686018427387904, 4611686018427387904,
    ARRAY[%(counter)s], '{-9223372036854775808}', '{NULL}', '{0}', 100, 100, '{100}', NULL, '{1}', '{1}', '{100}', '{1}', '{NULL}', '{NULL}', '{t}'
)->>'outcome'
"""


def test_a_ledger_of_an_earlier_version_is_brought_up_to_date(opened: Open, postgres_address: str) -> None:
    """What it holds stays, keys answer as before, and an older till that is still open goes on."""
    with psycopg.connect(postgres_address, autocommit=True) as connection:

        def give_as_then(key: str) -> None:
            told = {"key": key, "wish": wish_text(wish(key, 100)), "counter": counter_text(EVER)}
            assert connection.execute(GIVE_AS_THEN, told).fetchone() == ("reserved",)

        connection.execute("".join(migrations()[:2]).encode())
        give_as_then("before")
        with pytest.raises(WrongLedger, match=rf"has schema 2, and .* needs {len(migrations())}.*schema_text\(2\)"):
            opened(migrate="no")
        ledger = opened()
        give_as_then("meanwhile")
    assert isinstance(give(ledger, "before", EVER), Replayed)
    assert isinstance(give(ledger, "after", EVER), Reserved)
    assert held(ledger, EVER) == (300, 3)
    assert ledger.verify().findings == ()


def test_a_host_may_run_the_sql_itself(opened: Open, postgres_address: str) -> None:
    with pytest.raises(WrongLedger, match=r"has schema 0.*schema_text\(0\)"):
        opened(migrate="no")
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute(schema_text().encode())
    assert isinstance(give(opened(migrate="no"), "k", EVER), Reserved)


def test_tills_that_open_an_empty_database_at_once_make_one_ledger(opened: Open) -> None:
    at_once([lambda number=number: give(opened(), f"k{number}", EVER) for number in range(6)])  # type: ignore[misc]
    assert held(opened(), EVER) == (600, 6)


def test_a_server_that_may_lose_what_it_acknowledged_is_refused_unless_it_is_asked_for_by_name(opened: Open, postgres_address: str) -> None:
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off'.encode())
    with pytest.raises(LedgerUnavailable, match="synchronous_commit=off and fsync=on: it may lose"):
        opened()
    assert isinstance(give(opened(synchronous_commit="off"), "k1", EVER), Reserved)
    assert isinstance(give(opened(synchronous_commit="on"), "k2", EVER), Reserved)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql:///x?wait_ms=soon", "wait_ms=soon, which is not a number"),
        ("postgresql:///x?connections=0", "connections=0 leaves no way"),
        ("postgresql:///x?migrate=maybe", "migrate=maybe is not a way to keep a ledger"),
        ("postgresql:///x?synchronous_commit=of", "did you mean 'off'"),
        ("postgresql:///x?surprise=1", "surprise"),
        ("postgresql://nobody@127.0.0.1:1/x?wait_ms=100", "'x' at 127.0.0.1 cannot be reached"),
    ],
)
def test_an_address_that_leads_nowhere_says_why(address: str, told: str) -> None:
    with pytest.raises(LedgerUnavailable, match=told):
        PostgresLedger(address)


def test_settings_stand_among_those_of_libpq() -> None:
    address, settings = parse_address("postgresql://till@db/shop?wait_ms=250&sslmode=require&seal_ms=0")
    assert address == "postgresql://till@db/shop?sslmode=require"
    assert (settings.wait_ms, settings.seal_ms) == (250, 0)


@pytest.mark.parametrize("error", [psycopg.errors.DuplicatePreparedStatement, psycopg.errors.InvalidSqlStatementName])
def test_a_pooler_that_keeps_no_session_has_a_name(error: type[psycopg.Error]) -> None:
    """What is prepared in one session is there twice in another, or not at all: nothing is wrong with the ledger."""
    told = failure(error('prepared statement "_pg3_0" …'), "'budgets'")
    assert type(told) is LedgerUnavailable
    assert "pool_mode=session" in str(told)


def test_a_full_disk_has_a_name() -> None:
    assert isinstance(failure(psycopg.errors.DiskFull("no space"), "x"), LedgerFull)


# -------------------------------------------------------------------------------------------- processes


def test_a_child_has_connections_of_its_own(opened: Open) -> None:
    """Both go on, and neither hears the answers of the other."""
    ledger = opened()
    give(ledger, "before", EVER)
    child = os.fork()
    if not child:
        os._exit(0 if isinstance(give(ledger, "child", EVER), Reserved) else 1)
    assert isinstance(give(ledger, "parent", EVER), Reserved)
    assert os.waitpid(child, 0)[1] == 0
    assert held(ledger, EVER) == (300, 3)
