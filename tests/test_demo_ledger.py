"""`empower demo --ledger`: a demo that is killed at any moment goes on where it was, and ends as one that was left alone."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from commands import run, run_apart
from empower import load_pack
from empower.compile import compile_pack
from empower.decide import Guard, open_ledger
from empower.demo import DOORSTEP, PACK, Replay, asked_by, read_requests, shipped_packs
from empower.errors import WrongLedger
from empower.ledger import Entry
from ledger.postgres import postgres_address, postgres_server

__all__ = ["postgres_address", "postgres_server"]
LIMIT = "120"
STARTS_WITHIN_SECONDS = 60


def command(pack: str, address: str) -> list[str]:
    """The demo, as it is called here."""
    return ["demo", "--json", "--limit", LIMIT, "--pack", pack, "--ledger", address]


def entries_in(path: Path) -> int:
    """How many entries are committed, seen from outside."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            (count,) = connection.execute("SELECT count(*) FROM entry").fetchone()
        except sqlite3.OperationalError:  # no tables yet
            return 0
    return int(count)


def killed(arguments: list[str], path: Path, entries: int) -> int:
    """Start the demo, and `kill -9` it when so many entries are there; how many there are then."""
    process = subprocess.Popen([sys.executable, "-m", "empower", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while entries_in(path) < entries and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return entries_in(path)


def told(address: str) -> list[tuple[Any, ...]]:
    """The whole history, sequence and records included."""
    with closing(open_ledger(address)) as ledger:
        assert ledger.verify().findings == ()
        return [line(entry) for entry in ledger.history()]


def line(entry: Entry) -> tuple[Any, ...]:
    return (entry.sequence, entry.at, entry.key, entry.event, entry.amount, entry.record and entry.record.to_json())


@pytest.mark.parametrize("pack", [PACK, DOORSTEP])
def test_a_demo_that_is_killed_goes_on_where_it_was(tmp_path: Path, pack: str) -> None:
    """Killed four times in its middle, it ends with the history and the totals of a demo that was left alone (laws 2 and 9)."""
    alone, mine = (f"sqlite:///{tmp_path / name}" for name in ("alone.db", "killed.db"))
    undisturbed = run(*command(pack, alone))
    total = entries_in(tmp_path / "alone.db")
    reached = [killed(command(pack, mine), tmp_path / "killed.db", total * part // 8) for part in (1, 2, 3, 5)]
    assert reached == sorted(reached)
    assert 0 < reached[0] < reached[1] < total, "the kills came too late to mean anything"
    after = run_apart(*command(pack, mine))
    assert (after.returncode, after.stderr) == (0, "")
    assert after.stdout == undisturbed.stdout
    assert told(mine) == told(alone)


def test_what_was_allowed_and_not_settled_any_more_is_settled(tmp_path: Path) -> None:
    """A crash between `decide` and `confirm` leaves a hold, which the next run confirms before it goes on."""
    address = f"sqlite:///{tmp_path / 'demo.db'}"
    rules = compile_pack(load_pack(shipped_packs()[PACK]))
    requests = read_requests(20)
    replay, _ = Replay.resumed(rules, "associate", address, requests)
    first = requests[0]
    replay._now[0] = int(first.at.timestamp() * 1000)
    replay.guard.decide(first.action, asked_by(first, "associate"), key=first.id)
    replay.guard.ledger.close()
    again, before = Replay.resumed(rules, "associate", address, requests)
    assert [each.request for each in before] == [first]
    assert again.guard.unsettled() == ()
    assert [entry.event for entry in again.guard.history()] == ["allowed", "confirmed"]
    again.guard.ledger.close()


def test_asked_again_under_its_key_nothing_is_given_twice(tmp_path: Path) -> None:
    """Whatever was allowed is answered as it was, as a replay, and no balance moves (law 9)."""
    address = f"sqlite:///{tmp_path / 'demo.db'}"
    rules = compile_pack(load_pack(shipped_packs()[PACK]))
    requests = read_requests(60)
    replay, _ = Replay.resumed(rules, "associate", address, requests)
    decided = [replay.step(request) for request in requests]
    ledger = replay.guard.ledger
    before, entries = ledger.balances(ledger.counters()), ledger.history()
    allowed = [each for each in decided if each.decision is not None and each.decision.allowed]
    assert len(allowed) > 10
    for each in allowed:
        again = replay.step(each.request).decision
        assert again is not None
        assert each.decision is not None
        assert (again.outcome, again.amount, again.replayed) == ("allow", each.decision.amount, True)
    assert ledger.balances(ledger.counters()) == before
    assert ledger.history() == entries
    ledger.close()


def test_a_finished_demo_asks_nothing_more(tmp_path: Path) -> None:
    """Run again it says the same, and the ledger does not grow."""
    address = f"sqlite:///{tmp_path / 'demo.db'}"
    first, second = (run("demo", "--json", "--limit", "40", "--ledger", address) for _ in range(2))
    assert first.stdout == second.stdout
    text = run("demo", "--limit", "40", "--ledger", address).stdout
    assert "0 requests decided and settled" in text
    assert "40 requests were decided by an earlier run" in text


def test_a_demo_that_is_longer_goes_on(tmp_path: Path) -> None:
    """Behind the first forty there is room for twenty more, and for a summary of sixty."""
    address = f"sqlite:///{tmp_path / 'demo.db'}"
    run("demo", "--json", "--limit", "40", "--ledger", address)
    longer = json.loads(run("demo", "--json", "--limit", "60", "--ledger", address).stdout)
    kept = longer.pop("ledger")
    assert longer == json.loads(run("demo", "--json", "--limit", "60").stdout)
    assert kept["given"] == longer["outcomes"]["allow"]["given"]
    assert kept["allowed"] == kept["confirmed"] == longer["outcomes"]["allow"]["count"]


@pytest.mark.parametrize("arguments", [["--role", "team_lead"], ["--pack", "company"], ["--limit", "39"]])
def test_another_demo_is_refused_and_leaves_no_trace(tmp_path: Path, arguments: list[str]) -> None:
    """Under another role, pack or limit it would be another story at the same times: it is said, and nothing is written."""
    address = f"sqlite:///{tmp_path / 'demo.db'}"
    run("demo", "--json", "--limit", "40", "--ledger", address)
    before = told(address)
    answer = run("demo", *arguments, "--ledger", address)
    assert (answer.returncode, answer.stdout) == (4, "")
    assert "is not of this demo" in answer.stderr
    assert told(address) == before


def test_a_ledger_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """A till's ledger is never written into."""
    address = f"sqlite:///{tmp_path / 'till.db'}"
    rules = compile_pack(load_pack(shipped_packs()[PACK]))
    with closing(open_ledger(address)) as ledger:
        actor = {"actor": {"id": "d7", "role": "associate"}}
        Guard(rules, ledger).decide({"kind": "refund", "amount": "5.00", "reason": "late"}, actor, key="own")
    before = told(address)
    with pytest.raises(WrongLedger, match="is not of this demo: entry 1 is own"):
        Replay.resumed(rules, "associate", address, read_requests(10))
    assert told(address) == before


def test_in_postgres_it_is_the_same(tmp_path: Path, postgres_address: str) -> None:
    """Begun, left and gone on with, in a server: the same summary and the same totals."""
    run("demo", "--json", "--limit", "15", "--ledger", postgres_address)
    there = run("demo", "--json", "--limit", "40", "--ledger", postgres_address)
    here = run("demo", "--json", "--limit", "40", "--ledger", f"sqlite:///{tmp_path / 'demo.db'}")
    assert there.stderr == ""
    assert there.stdout == here.stdout
