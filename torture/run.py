"""One run: clients are started, killed and started again, and so is the server; then the history is read and checked.

Nothing here opens a ledger, so that this process may fork whenever it likes: who reads the history is a child too.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from attrs import define, evolve, field

from empower.errors import LedgerUnavailable
from empower.ledger.rows import subject_fragment
from empower.ledger.sqlite import SqliteLedger
from torture.check import Entry, Findings, check, work_of
from torture.client import STEP_MS, Clock, Order, accept, answer_of, archive, live
from torture.disk import Disk
from torture.journal import Call, read_calls
from torture.plan import LONGEST_LIFETIME_MS, ZONE, counter_named
from torture.proxy import CUTS, serve
from torture.server import Server
from torture.stores import opened, prepare, set_clock, store_at

HANGS_AFTER_SECONDS = 20


@define
class Run:
    """What one run is about, and what was done to it."""

    order: Order
    processes: int
    server: Server | None
    random: Random
    clients: dict[int, str] = field(factory=dict)
    started: int = 0
    client_kills: int = 0
    server_kills: int = 0
    cuts: int = 0
    hangs: int = 0
    disk: Disk | None = None
    full_times: int = 0
    accepted: bool = False
    archivist: int | None = None

    def start_client(self) -> None:
        self.started += 1
        name = str(self.started)
        self.clients[forked(lambda: live(self.order, name))] = name

    def live(self) -> None:
        """Kill something every few tenths of a second until the time is over."""
        for _ in range(self.processes):
            self.start_client()
        while time.monotonic() < self.order.ends:
            time.sleep(self.random.uniform(*self.order.store.seconds_between_kills))
            self.kill_client()
            self.look_after()
            if self.disk is not None and self.random.random() < 0.15:
                self.fill_disk(self.disk)
            if self.server is not None and self.random.random() < 0.3:
                self.server.cut()
                self.cuts += 1
            if self.server is not None and self.server.process is not None and self.random.random() < 0.1:
                self.server.kill()
                self.server_kills += 1
                self.server.start()
        self.look_after()
        if self.archivist is not None:
            ended_or_killed(self.archivist)
        self.wait()

    def fill_disk(self, disk: Disk) -> None:
        """Leave no room for a moment. A server that could not go on is started again."""
        disk.fill()
        self.full_times += 1
        time.sleep(self.random.uniform(0.1, 0.5))
        disk.free()
        if self.server is not None and self.server.process is not None:
            self.server.start()

    def look_after(self) -> None:
        """What operators do, who are killed as well: accept the step of the clock, and move what is closed into an archive."""
        if self.archivist is not None and self.random.random() < 0.5:
            ended_or_killed(self.archivist)
            self.archivist = None
        elif self.archivist is None and self.order.store.archive is not None and self.random.random() < 0.1:
            archivist = self.helper("archivist")
            self.archivist = forked(lambda: archive(self.order, archivist))
        if not self.accepted and time.monotonic() >= self.order.steps and self.order.store.refuses_steps:
            self.accept_step()

    def accept_step(self) -> None:
        """Go on until an operator has lived for long enough; in a ledger that cannot be used any more none does."""
        for seconds in (0.002, 0.02, *[0.2] * 5, *[1.0] * 10):
            name = self.helper("operator")
            operator = forked(lambda: accept(self.order, name))  # noqa: B023  (it runs at once, in a child)
            time.sleep(seconds)
            if ended_or_killed(operator):
                break
        self.accepted = True

    def helper(self, what: str) -> str:
        """A name for whoever is started next."""
        self.started += 1
        return f"{what}{self.started}"

    def kill_client(self) -> None:
        process = self.random.choice([*self.clients])
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        del self.clients[process]
        self.client_kills += 1
        self.start_client()

    def wait(self) -> None:
        """Let the clients finish their last call; one that never does is a fault of the ledger."""
        deadline = time.monotonic() + HANGS_AFTER_SECONDS
        while self.clients and time.monotonic() < deadline:
            for process in [*self.clients]:
                done, status = os.waitpid(process, os.WNOHANG)
                if done:
                    del self.clients[process]
                    self.hangs += bool(status)
            time.sleep(0.01)
        for process in self.clients:
            self.hangs += 1
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def ended_or_killed(process: int) -> bool:
    """`kill -9` what has not ended by now; whether it had, and well."""
    done, status = os.waitpid(process, os.WNOHANG)
    if done:
        return not status
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return False


def done(work: Callable[[], object]) -> None:
    """Do the work in a child process, and wait for it."""
    if os.waitpid(forked(work), 0)[1]:
        raise RuntimeError("the ledger cannot be made ready")


def forked(work: Callable[[], object]) -> int:
    """Do the work in a child process."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001  (a child must never return into what its parent does)
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def torture(
    address: str, *, seconds: float, processes: int, seed: str, server: Server | None = None, disk: Disk | None = None, fresh: bool = True
) -> Findings:
    """Run, and check; a disk that is given, on which the ledger lies, is full at times. Only of a fresh ledger is a server's clock set.

    What happens when is up to the machine; what is asked, and who is killed in which order, is the seed's.
    """
    folder = Path(tempfile.mkdtemp(prefix="empower-torture-"))
    run_name = f"{seed}-{time.time_ns():x}"
    done(lambda: prepare(address))
    offset = offset_to_midnight(seconds) if fresh or store_at(address).own_clocks else 0
    ends = time.monotonic() + seconds
    steps = ends - seconds / 4 if fresh else ends + seconds
    if fresh:
        done(lambda: set_clock(address, offset, steps, STEP_MS))
    order = Order(address, run_name, seed, folder, ends, offset, steps)
    run = Run(order, processes, server, Random(seed), disk=disk)
    try:
        with proxied(run):
            run.live()
        time.sleep(LONGEST_LIFETIME_MS / 1000)
        calls = read_calls(folder)
        findings = checked(read_out(order), calls)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    killed = {"clients killed": run.client_kills, "servers killed": run.server_kills}
    findings.work.update({**killed, "connections cut": run.cuts, "disk full": run.full_times})
    waits = [call.ended - call.began for call in calls.values() if call.ended is not None]
    findings.work["worst wait, ms"] = max(waits, default=0) // 1_000_000
    if run.hangs:
        findings.wrong("answers", f"{run.hangs} clients failed, or never came to an end")
    return findings


@contextmanager
def proxied(run: Run) -> Iterator[None]:
    """Between the clients and a server of ours there is a proxy that cuts connections."""
    if run.server is None or run.server.folder is None:
        yield
        return
    folder, server = run.order.folder, run.server.folder
    direct = run.order
    proxy = forked(lambda: serve(folder, server, run.order.seed))
    run.order = evolve(direct, address=direct.address.replace(str(server), str(folder)))
    try:
        yield
    finally:
        run.order = direct
        os.kill(proxy, signal.SIGKILL)
        os.waitpid(proxy, 0)
        cuts = folder / CUTS
        run.cuts += cuts.stat().st_size if cuts.exists() else 0


def checked(found: dict[str, Any] | None, calls: dict[str, Call]) -> Findings:
    """What is wrong with what was read."""
    if found is None:
        findings = Findings(work=work_of(calls))
        findings.wrong("lost", "the history cannot be read")
        return findings
    entries = [Entry.read(*line) for line in found["entries"]]
    findings = check(entries, calls, now=found["now"], sums={name: tuple(sums) for name, sums in found["sums"].items()})
    for text in found["verified"]:
        findings.wrong("verify", text)
    if found["unusable"]:
        findings.wrong("lost", f"the ledger cannot be used any more: {found['unusable']}")
    findings.work.update({"entries": len(entries), "archived": found["archived"]})
    return findings


def offset_to_midnight(seconds: float) -> int:
    """How far the clock of a run has to be ahead, for a day to end while it goes on."""
    now = datetime.now(ZoneInfo(ZONE))
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight.astimezone(UTC) - now.astimezone(UTC)).total_seconds() * 1000 - seconds * 500)


def read_out(order: Order) -> dict[str, Any] | None:
    """The history of a run, and what its counters hold when nobody asks any more; None: it cannot be read."""
    target = order.folder / "history"
    deadline = time.monotonic() + HANGS_AFTER_SECONDS
    while time.monotonic() < deadline:
        if not os.waitpid(forked(lambda: target.write_text(json.dumps(told(order)))), 0)[1]:
            return json.loads(target.read_text())  # type: ignore[no-any-return]
        time.sleep(1)
    return None


def told(order: Order) -> dict[str, Any]:
    ledger: Any = opened(order.address, Clock(order, Random(0)))
    unusable, now = "", None
    try:
        ledger.expire_due()
        now = ledger.now()
    except LedgerUnavailable as error:  # nobody else is there any more, so it is broken for good
        unusable = str(error)
    entries = [
        (entry.sequence, entry.at, entry.key, entry.event, entry.amount, None if entry.record is None else entry.record.to_json())
        for entry in ledger.history(run=order.run)
    ]
    gone = ledger.archived() if isinstance(ledger, SqliteLedger) else None
    if gone is not None:
        entries = sorted({entry[0]: entry for entry in [*archived_entries(Path(gone.file), order.run), *entries]}.values())
        audit = ledger.verify(archive=Path(gone.file))
    else:
        audit = ledger.verify()
    names = sorted({leg[0] for entry in entries if entry[5] for part in json.loads(entry[5])["legs"] for leg in part})
    now = max((entry[1] for entry in entries), default=0) if now is None else now
    verified = [str(finding) for finding in audit.findings]
    sums = answer_of(lambda: ledger.balances([counter_named(order.run, name) for name in names], now))
    ledger.close()
    return {
        "entries": entries,
        "now": now,
        "unusable": unusable,
        "archived": gone.entries if gone else 0,
        "verified": verified,
        "sums": dict(zip(names, sums["sums"], strict=True)) if "sums" in sums else {},
    }


def archived_entries(archive_file: Path, run: str) -> list[tuple[Any, ...]]:
    """The entries of a run that lie in an archive, read without the help of the store.

    Not opened to be read only: if the last archivist was killed over it, SQLite first has to take back what that one wrote.
    """
    with closing(sqlite3.connect(archive_file)) as connection:
        query = "SELECT sequence, at, key, event, amount, record FROM entry WHERE instr(subjects, ?) ORDER BY sequence"
        return connection.execute(query, (subject_fragment("run", run),)).fetchall()
