"""`empower ledger`, as an operator meets it: what it shows, what it refuses, its exit codes."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from commands import run
from empower.ledger.sqlite import SqliteLedger
from empower.testing.asks import MONTH, ROLLING, Clock, Words, counter, give, leg, reserve, wish


@pytest.fixture
def address(tmp_path: Path) -> str:
    """A ledger with two holds and a no."""
    ledger = SqliteLedger(tmp_path / "till.db", clock=Clock(at=1_700_000_000_000))
    reserve(
        ledger, wish("k", 1250), [leg(MONTH, 1250), leg(ROLLING, 1250)], subjects={"actor": "d7", "customer": "c1"}, record=Words('{"a":1}')
    )
    ledger.confirm("k", 1000)
    reserve(ledger, wish("no", 5), leg(MONTH, 5, limit=1))
    give(ledger, "other", counter("ever", budget="ever", key="d8"), 7, hold_until=1_700_000_000_001)
    reserve(ledger, wish("both", 1, 2), [leg(MONTH, 1)], [leg(MONTH, 2)])
    ledger.reverse("k", 400, "it came back")
    ledger.close()
    return f"sqlite:///{tmp_path / 'till.db'}"


@pytest.fixture(autouse=True)
def _then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose clock stands where the ledger's was, and whose time since the start is not known."""
    monkeypatch.setattr("empower.ledger.clocks.wall_clock", lambda: 1_700_000_000_500)
    monkeypatch.setattr("empower.ledger.clocks.since_start", lambda: None)


def test_balance_shows_what_is_held(address: str) -> None:
    """A line for each counter that holds something; a hold that expired holds nothing."""
    answer = run("ledger", "balance", address)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.splitlines() == [
        "pack month for actor.id d7: £6.03, 3 times, until 2023-12-01T00:00:00.000+00:00",
        "pack rolling for actor.id d7: £6.00, once, until 2023-12-14T22:13:20.000+00:00",
    ]
    (found,) = json.loads(run("ledger", "balance", address, "--budget", "rolling", "--json").stdout)["balances"]
    assert found == {
        "pack": "pack", "budget": "rolling", "keys": {"actor.id": "d7"}, "window": "rolling", "length_ms": 2592000000, "zone": "Europe/London",
        "currency": "GBP", "minor": 600, "times": 1, "frees_at": 1702592000000,
    }  # fmt: skip
    assert run("ledger", "balance", address, "--per", "actor.id=d8").stdout == "nothing is held\n"


def test_history_shows_every_attempt_and_event(address: str) -> None:
    """In order; narrowed to a subject, a key with its parts, the last few."""
    lines = run("ledger", "history", address).stdout.splitlines()
    assert [line.split()[2] for line in lines] == ["allowed", "confirmed", "refused", "allowed", "allowed", "reversed", "expired"]
    assert lines[5] == "     6  2023-11-14T22:13:20.000+00:00  reversed         400  k  actor=d7 customer=c1 (it came back)"
    assert len(run("ledger", "history", address, "--about", "customer=c1").stdout.splitlines()) == 3
    assert len(run("ledger", "history", address, "--key", "both").stdout.splitlines()) == 1
    assert run("ledger", "history", address, "--key", "nobody").stdout == "nothing was asked\n"
    (last,) = json.loads(run("ledger", "history", address, "--key", "no", "--last", "1", "--json").stdout)["entries"]
    assert (last["event"], last["minor"], last["subjects"], last["record"]) == ("refused", 5, {"actor": "d7"}, "no")


def test_expire_counts_the_holds_that_it_marks(address: str) -> None:
    """Each of them once."""
    assert [run("ledger", "expire", address).stdout for _ in range(2)] == ["1 hold expired\n", "0 holds expired\n"]
    assert json.loads(run("ledger", "expire", address, "--json").stdout) == {"expired": 0}


def test_verify_says_that_all_is_in_order(address: str) -> None:
    """With the head, which a later run takes."""
    found = json.loads(run("ledger", "verify", address, "--json").stdout)
    assert (found["ok"], found["entries"], found["findings"]) == (True, 6, [])
    answer = run("ledger", "verify", address, "--head", found["head"])
    assert answer.returncode == 0
    assert answer.stdout.startswith(f"ok: 6 entries, head {found['head']}\n")


def test_verify_says_which_entry_was_changed(address: str) -> None:
    """Exit code 1, and a line for each finding."""
    with sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None) as connection:
        connection.executescript("DROP TRIGGER entry_is_never_changed; UPDATE entry SET subjects = '{}' WHERE sequence = 2")
    connection.close()
    answer = run("ledger", "verify", address)
    assert answer.returncode == 1
    assert answer.stdout.startswith("changed: entry 2 does not say what it said when it was written")
    assert "NOT in order: 6 entries" in answer.stdout
    assert json.loads(run("ledger", "verify", address, "--json").stdout)["findings"][0]["sequence"] == 2


def test_what_is_closed_is_archived_and_found_again(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`archive` moves it, `history` says where it is, `verify` proves both by themselves and that they join."""
    run("ledger", "expire", address)
    monkeypatch.setattr("empower.ledger.clocks.wall_clock", lambda: 1_700_500_000_000)
    old = tmp_path / "old.db"
    words = ("ledger", "archive", address, "--to", str(old))
    assert run(*words, "--before", "2023-11-15").stdout == "1 entry archived\n"
    assert json.loads(run(*words, "--before", "2023-11-15T00:00:00+00:00", "--json").stdout) == {"archived": 0}
    lines = run("ledger", "history", address).stdout.splitlines()
    assert lines[-1] == f"note: 1 earlier entry is in the archive '{old}'"
    assert [line.split()[0] for line in lines[:-1]] == ["1", "2", "4", "5", "6", "7"]
    head = json.loads(run("ledger", "history", address, "--json").stdout)["archived"]["head"]
    assert run("ledger", "verify", f"sqlite:///{old}", "--head", head).stdout.startswith(f"ok: 6 entries, head {head}\n")
    assert run("ledger", "verify", address).stdout.startswith("ok: 6 entries")
    assert run("ledger", "verify", address, "--archive", str(old), "--head", head).stdout.startswith("ok: 7 entries")
    with sqlite3.connect(old, isolation_level=None) as connection:
        connection.executescript("DROP TRIGGER entry_is_never_changed; UPDATE entry SET subjects = '{}' WHERE sequence = 2")
    connection.close()
    assert [run("ledger", "verify", *where).returncode for where in ([f"sqlite:///{old}"], [address, "--archive", str(old)])] == [1, 1]


def test_a_clock_that_jumped_is_refused_and_accepted(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the command, and the command mends it."""
    run("ledger", "balance", address)
    monkeypatch.setattr("empower.ledger.clocks.wall_clock", lambda: 1_702_000_000_000)
    refused = run("ledger", "balance", address)
    assert refused.returncode == 4
    assert "empower ledger accept-clock" in refused.stderr
    assert run("ledger", "accept-clock", address).stdout == "believed: 2023-12-08T01:46:40.000+00:00\n"
    assert run("ledger", "balance", address).returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["verify", "sqlite:///nowhere.db"], 2, "there is no ledger at 'sqlite:///nowhere.db'"),
        (["balance", "till.db"], 4, "such as sqlite:///till.db"),
        (["balance", "{address}", "--per", "d7"], 2, "'d7' has no '='"),
        (["history", "{address}", "--last", "0"], 2, "0 is not in the range"),
        (["archive", "{address}", "--to", "old.db", "--before", "soon"], 2, "--before: 'soon' is not an instant"),
        (["archive", "{address}", "--to", "nowhere/old.db", "--before", "2030-01-01"], 4, "cannot be opened"),
        (["verify", "{address}", "--archive", "old.db"], 4, "there is no archive 'old.db'"),
    ],
)
def test_what_is_called_wrongly_is_said(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], *, code: int, told: str
) -> None:
    """And nothing is made that was not there."""
    monkeypatch.chdir(tmp_path)
    answer = run("ledger", *(word.format(address=address) for word in words))
    assert answer.returncode == code
    assert told in answer.stderr
    assert not (tmp_path / "nowhere.db").exists()
