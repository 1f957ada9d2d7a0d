"""One run: clients are started, killed and started again, and so is the server; then the history is read and checked.

Nothing here opens a ledger, so that this process may fork whenever it likes: who reads the history is a child too.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from attrs import define, evolve, field

from empower.errors import LedgerUnavailable
from torture.check import Entry, Findings, check, work_of
from torture.client import Clock, Order, answer_of, live
from torture.journal import Call, read_calls
from torture.plan import LONGEST_LIFETIME_MS, ZONE, counter_named
from torture.proxy import CUTS, serve
from torture.server import Server
from torture.stores import opened, prepare, store_at

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
            if self.server is not None and self.random.random() < 0.3:
                self.server.cut()
                self.cuts += 1
            if self.server is not None and self.server.process is not None and self.random.random() < 0.1:
                self.server.kill()
                self.server_kills += 1
                self.server.start()
        self.wait()

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


def torture(address: str, *, seconds: float, processes: int, seed: str, server: Server | None = None) -> Findings:
    """Run, and check. What happens when is up to the machine; what is asked, and who is killed in which order, is the seed's."""
    if os.waitpid(forked(lambda: prepare(address)), 0)[1]:
        raise RuntimeError(f"the ledger {address} cannot be made ready")
    folder = Path(tempfile.mkdtemp(prefix="empower-torture-"))
    offset = offset_to_midnight(seconds) if store_at(address).own_clocks else 0
    run_name = f"{seed}-{time.time_ns():x}"
    order = Order(address, run_name, seed, folder, time.monotonic() + seconds, offset)
    run = Run(order, processes, server, Random(seed))
    try:
        with proxied(run):
            run.live()
        time.sleep(LONGEST_LIFETIME_MS / 1000)
        calls = read_calls(folder)
        findings = checked(read_out(order), calls)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    findings.work.update({"clients killed": run.client_kills, "servers killed": run.server_kills, "connections cut": run.cuts})
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
    findings.work["entries"] = len(entries)
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
    ledger = opened(order.address, Clock(order, Random(0)))
    unusable = ""
    try:
        ledger.expire_due()
    except LedgerUnavailable as error:  # nobody else is there any more, so it is broken for good
        unusable = str(error)
    entries = [
        (entry.sequence, entry.at, entry.key, entry.event, entry.amount, None if entry.record is None else entry.record.to_json())
        for entry in ledger.history(run=order.run)
    ]
    names = sorted({leg[0] for entry in entries if entry[5] for part in json.loads(entry[5])["legs"] for leg in part})
    now = ledger.now()
    verified = [str(finding) for finding in ledger.verify().findings]
    sums = answer_of(lambda: ledger.balances([counter_named(order.run, name) for name in names], now))
    ledger.close()
    return {
        "entries": entries,
        "now": now,
        "unusable": unusable,
        "verified": verified,
        "sums": dict(zip(names, sums["sums"], strict=True)) if "sums" in sums else {},
    }
