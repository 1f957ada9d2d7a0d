"""A sound ledger comes out of the torture clean, and each one that is broken on purpose is caught: no checker that cannot fail is believed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from torture.broken import BROKEN
from torture.server import Server

ROUNDS = 4
"""A fault that needs an unlucky moment may need more than one round, each longer than the last, on a machine with other things to do."""

CAUGHT_BY = {
    "checks-then-acts": {"limit"},
    "answers-before-it-writes": {"lost"},
    "reads-stale": {"lost", "answers", "limit"},
    "loses-what-it-refuses": {"lost"},
    "forgets-its-keys": {"twice"},
    "voids-twice": {"sum", "limit"},
    "keeps-what-is-voided": {"refused", "sum"},
    "believes-the-clock": {"time"},
    "leaks-what-it-refuses": {"refused", "sum"},
    "frees-into-the-new-period": {"sum", "limit"},
    "revives-the-expired": {"hold"},
    "checks-parts-one-by-one": {"limit"},
    "returns-too-much": {"sum", "limit"},
    "believes-leaps": {"time"},
}


def tortured(repository: Path, address: str, seed: str, *, seconds: float = 2) -> tuple[dict[str, int], str]:
    """What was violated, how often, and all that was said."""
    command = [sys.executable, "-m", "torture", address, "--seconds", str(seconds), "--processes", "4", "--seed", seed]
    answer = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False, timeout=120)
    told = re.search(r"^violations: (.*)$", answer.stdout, re.MULTILINE)
    assert told, answer.stdout + answer.stderr
    assert answer.returncode == (told[1] != "none")
    return {} if told[1] == "none" else ast.literal_eval(told[1]), answer.stdout


def test_a_sound_ledger_comes_out_clean(repository: Path, tmp_path: Path) -> None:
    """Not one violation, in enough work to mean something."""
    violations, said = tortured(repository, f"filed:{tmp_path / 'till'}", "sound", seconds=3)
    assert not violations, said


def test_sqlite_comes_out_clean(repository: Path, tmp_path: Path) -> None:
    """Under clocks that leap, too, which the small ledger would believe."""
    violations, said = tortured(repository, f"sqlite:///{tmp_path / 'till.db'}", "sqlite", seconds=5)
    assert not violations, said
    assert "ClockError" in said


def test_postgres_comes_out_clean(repository: Path, postgres_server: Server) -> None:
    """With its server killed, requests and answers swallowed and connections cut."""
    assert postgres_server  # there is one: the torture starts another, to kill it
    violations, said = tortured(repository, "postgresql", "postgres", seconds=8)
    assert not violations, said


def test_every_broken_ledger_is_told_apart() -> None:
    """There are at least eight of them, and for each it is known what catches it."""
    assert set(CAUGHT_BY) == set(BROKEN)
    assert len(BROKEN) >= 8


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_ledger_is_caught(repository: Path, tmp_path: Path, name: str) -> None:
    """By the rule that it breaks."""
    seen = []
    for number in range(ROUNDS):
        violations, said = tortured(repository, f"{name}:{tmp_path / str(number)}", f"{name}.{number}", seconds=2 * (number + 1))
        if violations.keys() & CAUGHT_BY[name]:
            return
        seen.append(said)
    pytest.fail("\n".join(seen))
