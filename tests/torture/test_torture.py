"""A sound ledger comes out of the torture clean, and each fault that is built into one is caught: no checker that cannot fail is believed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from empower.ledger.sqlite import holds
from laws.profile import LONG
from torture import broken_sqlite
from torture.broken import FAULTS, STORES, USUAL
from torture.server import Server


def tortured(repository: Path, address: str, seed: str, *options: str, seconds: float = 2) -> tuple[dict[str, int], str]:
    """What was violated, how often, and all that was said."""
    command = [sys.executable, "-m", "torture", address, "--seconds", str(seconds), "--processes", "4", "--seed", seed]
    answer = subprocess.run([*command, *options], cwd=repository, capture_output=True, text=True, check=False, timeout=600)
    told = re.search(r"^violations: (.*)$", answer.stdout, re.MULTILINE)
    assert told, answer.stdout + answer.stderr
    assert answer.returncode == (told[1] != "none")
    return {} if told[1] == "none" else ast.literal_eval(told[1]), answer.stdout


def clean(repository: Path, address: str, seed: str, *options: str, seconds: float) -> str:
    """What was said of a run without violations. On a machine with other things to do it may take a longer one, to mean something."""
    for factor in (1, 2, 4, 8):
        violations, said = tortured(repository, address, seed, *options, seconds=factor * seconds)
        if violations.keys() != {"work"}:
            break
    assert not violations, said
    return said


def test_a_sound_ledger_comes_out_clean(repository: Path, tmp_path: Path) -> None:
    """Not one violation, in enough work to mean something."""
    clean(repository, f"filed:{tmp_path / 'till'}", "sound", seconds=3)


def test_sqlite_comes_out_clean(repository: Path) -> None:
    """Under clocks that leap, too, which the small ledger would believe; a step of all of them is refused until an operator accepts it."""
    assert "ClockError" in clean(repository, "sqlite", "sqlite", seconds=5)


@pytest.mark.skipif(not LONG, reason="long")
@pytest.mark.parametrize("store", STORES)
def test_on_a_disk_that_is_full_at_times_it_comes_out_clean(repository: Path, store: str) -> None:
    """Client, server and disk fail together."""
    assert "LedgerFull" in clean(repository, store, f"{store} full", "--full-disk", seconds=20)


def test_postgres_comes_out_clean(repository: Path, postgres_server: Server) -> None:
    """With its server killed, requests and answers swallowed and connections cut."""
    assert postgres_server  # there is one: the torture starts another, to kill it
    clean(repository, "postgresql", "postgres", seconds=8)


@pytest.mark.parametrize("store", STORES)
def test_every_fault_built_into_a_store_is_caught(repository: Path, postgres_server: Server, store: str) -> None:
    """By a rule that it breaks, from the entries and the notes of the clients alone; and the sound store, run in the same way, is clean."""
    assert postgres_server  # there is one: the torture starts its own
    command = [sys.executable, "-m", "torture", "broken", "--store", store, "--seconds", "1", "--processes", "4", "--seed", "broken"]
    answer = subprocess.run([*command, *([] if LONG else ["--usual"])], cwd=repository, capture_output=True, text=True, check=False)
    said = dict(re.findall(rf"^{store} (.*?): (caught|clean) in round", answer.stdout, re.MULTILINE))
    expected = {fault: "caught" for fault in (FAULTS if LONG else USUAL) if fault in STORES[store]}
    assert said == expected | {"as it is": "clean"} | ({"own-clocks": "clean"} if store == "postgresql" else {}), (
        answer.stdout + answer.stderr
    )
    assert answer.returncode == 0


def test_the_usual_faults_are_in_both_stores() -> None:
    """Eight that ledgers really have, each built into the one and into the other."""
    assert len(USUAL) == 8
    assert all(fault in faults for fault in USUAL for faults in STORES.values())


def test_a_fault_is_built_into_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words that a statement no longer has are a mistake of whoever changed it, not a fault that is quietly sound."""
    monkeypatch.setattr(holds, "_GIVE_BACK", "UPDATE counter")
    with pytest.raises(AssertionError, match="_GIVE_BACK has no"):
        broken_sqlite.FAULTS["keeps-what-is-voided"]()
