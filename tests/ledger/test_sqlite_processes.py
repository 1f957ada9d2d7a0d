"""Several processes on one file: under any concurrency, crash or retry a limit is a limit, and what was acknowledged is kept (law 1)."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from empower import Decision, Guard, load_pack
from empower.errors import LedgerBusy, LedgerUnavailable
from empower.ledger import Replayed
from empower.ledger.sqlite import Settings, SqliteLedger
from empower.ledger.sqlite.gate import HAS_LOCK, Gate
from empower.testing.asks import EVER, MONTH, ROLLING, Clock, give, held, leg, reserve, wish
from ledger.conftest import IN_MEMORY
from ledger.till import answers, finished, sell, spawn

POUNDS = 100
PROCESSES = 8

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "till.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    made = SqliteLedger(path)
    yield made
    made.close()


def test_eight_processes_give_exactly_142_times_7_of_1000_pounds(path: Path, tmp_path: Path) -> None:
    """They race to make the file, and then for the last pound of a shared campaign."""
    address, logs = f"sqlite:///{path}", [tmp_path / f"{number}.log" for number in range(PROCESSES)]
    settings = {"asks": 40, "amount": 7 * POUNDS, "limit": 1000 * POUNDS}
    tills = [spawn(partial(sell, address, log, log.stem, **settings)) for log in logs]
    assert [finished(till) for till in tills] == [0] * PROCESSES
    told = Tally(answer for log in logs for _, answer in answers(log))
    assert told == {"Reserved": 142, "Refused": PROCESSES * 40 - 142}
    ledger = SqliteLedger(path)
    assert [held(ledger, of) for of in (MONTH, ROLLING, EVER)] == [(994 * POUNDS, 142)] * 3
    assert ledger.verify().findings == ()
    ledger.close()


def test_nothing_acknowledged_is_lost_when_processes_are_killed(path: Path, tmp_path: Path) -> None:
    """Kill -9 in the middle of things: every answer that a till had is in the history, nothing is half there, and a retry gives nothing twice."""

    def till(name: str) -> int:
        return spawn(partial(sell, f"sqlite:///{path}", tmp_path / f"{name}.log", name))

    tills, killed = {name: till(name) for name in ("a0", "b0", "c0")}, 0
    while tills:
        for name in [name for name in tills if len(answers(tmp_path / f"{name}.log")) >= 50]:
            os.kill(tills[name], signal.SIGKILL)
            assert finished(tills.pop(name)) == -signal.SIGKILL
            killed += 1
            if killed < 10:
                tills[f"{name[0]}{killed}"] = till(f"{name[0]}{killed}")
        time.sleep(0.01)
    acknowledged = {answer for log in tmp_path.glob("*.log") for answer in answers(log)}
    ledger = SqliteLedger(path)
    written = {(entry.key, {"allowed": "Reserved"}.get(entry.event, entry.event)) for entry in ledger.history()}
    assert len(acknowledged) >= 500
    assert acknowledged <= written
    assert len(written) - len(acknowledged) <= killed  # what a till was about to be told
    assert ledger.verify().findings == ()
    before = held(ledger, EVER)
    for key in sorted({key for key, _ in written})[:50]:
        assert isinstance(reserve(ledger, wish(key, 7), [leg(of, 7, limit=2**40) for of in (MONTH, ROLLING, EVER)]), Replayed)
    assert held(ledger, EVER) == before
    ledger.close()


def test_after_a_fork_parent_and_child_go_on_together(ledger: SqliteLedger) -> None:
    """While threads of the parent write: neither touches what the other opened, and both count in the same sums."""
    stop = threading.Event()
    counts = [0, 0]

    def work(number: int) -> None:
        while not stop.is_set():
            give(ledger, f"{number}-{counts[number]}", EVER, 1)
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    children = []
    for number in range(3):
        time.sleep(0.05)
        children.append(spawn(lambda number=number: [give(ledger, f"child{number}-{turn}", EVER, 1) for turn in range(20)]))
    assert [finished(child) for child in children] == [0, 0, 0]
    stop.set()
    for thread in threads:
        thread.join()
    assert held(ledger, EVER) == (sum(counts) + 60, sum(counts) + 60)
    assert ledger.verify().findings == ()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="this system does not list its locks")
def test_a_forked_child_has_locks_of_its_own(ledger: SqliteLedger) -> None:
    """SQLite remembers locks by process: with a connection of its parent still open, a child would believe that it has them and have none."""
    give(ledger, "k", EVER)

    def look() -> None:
        held(ledger, EVER)
        assert f" {os.getpid()} " in Path("/proc/locks").read_text(encoding="ascii")

    assert finished(spawn(look)) == 0
    assert held(ledger, EVER) == (100, 1)


def test_a_child_forked_behind_pythons_back_is_refused(ledger: SqliteLedger) -> None:
    ledger._database._process = -1
    for call in (ledger.now, lambda: give(ledger, "k", EVER)):
        with pytest.raises(LedgerUnavailable, match="open it anew in the child"):
            call()
    ledger._database._process = os.getpid()


@pytest.mark.skipif(not HAS_LOCK, reason="this system has no flock")
def test_whoever_waits_too_long_for_another_process_is_told_so(path: Path) -> None:
    """A process that is stopped inside the gate keeps nobody for ever; and when it lets go, the same key is given once."""
    fcntl = pytest.importorskip("fcntl")

    ledger = SqliteLedger(path, Settings(wait_ms=100), clock=Clock())
    with path.with_name("till.db-gate").open("rb") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        start_ns = time.monotonic_ns()
        with pytest.raises(LedgerBusy, match="ask again with the same key"):
            give(ledger, "k", EVER)
        assert 90 < (time.monotonic_ns() - start_ns) // 1_000_000 < 2_000
        assert held(ledger, EVER) == (0, 0)
    give(ledger, "k", EVER)
    assert held(ledger, EVER) == (100, 1)
    ledger.close()


def test_work_that_had_to_wait_at_the_gate_is_done_once_and_raises_where_it_is_waited_for(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    gate, done = Gate(tmp_path / "gate", wait_ms=5_000), []

    def work() -> None:
        done.append(threading.current_thread().name)
        raise OverflowError

    with (tmp_path / "gate").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        opening = threading.Timer(0.05, lambda: fcntl.flock(other, fcntl.LOCK_UN))
        opening.start()
        with pytest.raises(OverflowError):
            gate.through(work)
        opening.join()
    with pytest.raises(OverflowError):
        gate.through(work)
    assert done == ["empower-gate", threading.current_thread().name]
    gate.close()


def test_the_gate_is_kept_while_another_connection_of_the_process_closes(path: Path) -> None:
    """Two ledgers of one process on one file share nothing, and stay right."""
    first, second = SqliteLedger(path, clock=Clock()), SqliteLedger(path, clock=Clock())
    give(first, "a", EVER)
    second.close()
    give(first, "b", EVER)
    third = SqliteLedger(path, clock=Clock())
    assert held(third, EVER) == held(first, EVER) == (200, 2)
    first.close()
    give(third, "c", EVER)
    assert third.verify().findings == ()
    third.close()


def test_the_packs_decisions_go_on_where_a_killed_process_left_them(path: Path, repository: Path) -> None:
    """A driver's till is killed in the middle of the round; the next one has every refund, gives none of them twice, and knows what is left."""
    pack = load_pack(repository / "rules" / "grocery-doorstep")
    told = path.with_suffix(".told")

    def ask(guard: Guard, number: int) -> Decision:
        order = {"id": f"o{number}", "total": "80.00", "refunded_before": "0.00", "delivered_at": datetime.now(UTC) - timedelta(hours=1)}
        customer = {"id": f"c{number}", "category": "regular", "risk_flags": [], "claims_90d": 0, "last_gesture": "never"}
        context = {"actor": {"id": "d7", "role": "driver"}, "customer": customer, "order": order, "item": {"value": "3.50"}}
        return guard.decide({"kind": "refund", "amount": "0.50", "reason": "substituted"}, context, key=f"refund-{number}")

    def round_() -> None:
        guard = Guard(pack, ledger=f"sqlite:///{path}")
        for number in itertools.count():
            assert ask(guard, number).allowed
            told.write_text(str(number + 1), encoding="ascii")

    till = spawn(round_)
    while not told.exists() or int(told.read_text(encoding="ascii") or 0) < 20:
        time.sleep(0.01)
    os.kill(till, signal.SIGKILL)
    assert finished(till) == -signal.SIGKILL
    guard = Guard(pack, ledger=f"sqlite:///{path}")
    given = len(guard.history(actor="d7"))
    assert given - int(told.read_text(encoding="ascii") or given) in (0, 1)
    assert all(ask(guard, number).allowed for number in range(given))
    assert len(guard.history(actor="d7")) == given
    (month,) = [left for left in guard.left(actor="d7", role="driver") if left.budget == "driver-month"]
    assert month.times == given
    guard.ledger.close()


class Dying:
    """A connection that ends its process: before its n-th statement."""

    def __init__(self, connection: sqlite3.Connection, place: int) -> None:
        self._connection, self._place, self._count = connection, place, 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        return partial(self._run, found) if name in ("execute", "executemany") else found

    def _run(self, statement: Callable[..., object], *arguments: object) -> object:
        self._count += 1
        if self._count == self._place:
            os._exit(9)
        return statement(*arguments)


CALLS: dict[str, Callable[[SqliteLedger], object]] = {
    "reserve": lambda ledger: reserve(ledger, wish("new", 5, 6), *([leg(of, n, limit=99) for of in (MONTH, ROLLING)] for n in (5, 6))),
    "confirm": lambda ledger: ledger.confirm("old", 3),
    "void": lambda ledger: ledger.void("old"),
    "expire": lambda ledger: ledger.expire_due(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_process_may_die_at_any_statement(clock: Clock, call: Callable[[SqliteLedger], object]) -> None:
    """All of a call is there or nothing of it; whoever asks again gets the answer, and the history is as if nothing had happened."""

    def begun(file: Path) -> SqliteLedger:
        ledger = SqliteLedger(file, clock=clock)
        reserve(ledger, wish("old", 10), [leg(MONTH, 10), leg(ROLLING, 10)])
        give(ledger, "due", EVER, 7, hold_until=clock.at + 1)
        return ledger

    def die(file: Path, place: int) -> None:
        ledger = SqliteLedger(file, clock=clock)
        connections = ledger._database._connections
        connections["writing"] = Dying(connections["writing"], place)
        call(ledger)

    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        start = clock.at
        whole = begun(Path(folder, "whole.db"))
        clock.at = start + 1
        call(whole)
        expected = [(entry.key, entry.event, entry.amount) for entry in whole.history()]
        whole.close()
        for place in itertools.count(1):
            clock.at = start
            file = Path(folder, f"{place}.db")
            begun(file).close()
            clock.at = start + 1
            code = finished(spawn(partial(die, file, place)))
            assert code in (0, 9)
            ledger = SqliteLedger(file, clock=clock)
            before = [(entry.key, entry.event, entry.amount) for entry in ledger.history()]
            assert before in (expected[:2], expected[:3], expected)
            call(ledger)
            assert [(entry.key, entry.event, entry.amount) for entry in ledger.history()] == expected
            assert ledger.verify().findings == ()
            ledger.close()
            if code == 0:
                assert place > 5
                break


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not here to look over its shoulder")
def test_every_acknowledgement_has_waited_for_the_disk(path: Path, tmp_path: Path, clock: Clock) -> None:
    """Between an ask and its answer the log is written and synchronised: once for each decision that stands alone."""

    def work() -> None:
        ledger = SqliteLedger(path, clock=clock)
        start.read_bytes()
        for number in range(5):
            os.write(out, b"asked\n")
            give(ledger, f"k{number}", EVER)
            os.write(out, b"acknowledged\n")
        os._exit(0)

    start, seen = tmp_path / "start", tmp_path / "seen"
    os.mkfifo(start)
    out = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    till = spawn(work)
    tracer = subprocess.Popen(
        ["strace", "-f", "-q", "-e", "trace=fdatasync,fsync,write", "-o", seen, "-p", str(till)], stderr=subprocess.PIPE
    )
    time.sleep(0.5)
    attached = tracer.poll() is None
    start.write_bytes(b"go")
    assert finished(till) == 0
    tracer.communicate()
    os.close(out)
    if not attached:
        pytest.skip("this system does not let strace look")
    told = re.findall(r"(fdatasync|fsync|asked|acknowledged)", seen.read_text(encoding="utf-8"))
    assert "".join({"asked": "a", "acknowledged": "b"}.get(word, "s") for word in told).endswith("asb" * 5)
