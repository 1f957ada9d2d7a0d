"""The driver of mutants (docs/assurance.md): what it says of a mutant is what became of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from mutation.__main__ import TESTS
from mutation.survivors import EXPLAINED

MODULE = '''
def counted(to):
    """Count up."""
    total = 0
    while total < to:
        total += 1
    return total


def never_called(number):
    return number > 1
'''
COUNTING_TESTS = """
from counting import counted


def test_nothing_is_counted_up_to_nothing():
    assert counted(0) == 0


def test_counting_reaches_its_end():
    assert counted(3) == 3
"""
DRIVER = """
from mutation import run, watched

watched.SLOW_MIN = 1
target = run.Target("counting", ("test_counting.py",))
for judged in run.judge(target, target.mutants(), run.watch([target]), jobs=2):
    print(judged.mutant.name, "->", judged.fate)
"""
FATES = {
    "counted: `0` becomes `1` -> noticed",
    "counted: `total < to` becomes `total <= to` -> noticed",
    "counted: `total += 1` is left out -> noticed by its time",
    "counted: `1` becomes `2` -> noticed",
    "never_called: `number > 1` becomes `number >= 1` -> survived, since no test runs it",
    "never_called: `1` becomes `2` -> survived, since no test runs it",
}


def driven(folder: Path, repository: Path) -> subprocess.CompletedProcess[str]:
    """Judge all mutants of a small module in a process of its own."""
    path = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(repository)!r}]"
    return subprocess.run([sys.executable, "-c", path + DRIVER], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_each_mutant_is_told_by_what_became_of_it(tmp_path: Path, repository: Path) -> None:
    """A mutant is noticed by a test that fails, or by its time; of one that no test runs this is said."""
    (tmp_path / "counting.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "test_counting.py").write_text(COUNTING_TESTS, encoding="utf-8")
    assert set(driven(tmp_path, repository).stdout.splitlines()) == FATES


def test_tests_that_fail_by_themselves_judge_nothing(tmp_path: Path, repository: Path) -> None:
    """Where a test fails without a mutant, every mutant would seem to be noticed: nothing is judged."""
    (tmp_path / "counting.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "test_counting.py").write_text(COUNTING_TESTS.replace("== 3", "== 4"), encoding="utf-8")
    found = driven(tmp_path, repository)
    assert not found.stdout
    assert "Unfit: tests fail without a mutant: python -m pytest test_counting.py" in found.stderr


def test_the_page_tells_the_modules_and_what_is_explained(repository: Path) -> None:
    """docs/assurance.md has a row for each module that is judged, with as many explained mutants as there are reasons."""
    page = (repository / "docs" / "assurance.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+)` \| (\d+) \| (\d+) \| \d+ \| (\d+) \|", page, re.MULTILINE)
    assert [f"empower.{module}" for module, *_ in rows] == list(TESTS)
    for module, mutants, noticed, explained in rows:
        assert int(explained) == len(EXPLAINED.get(f"empower.{module}", {})) == int(mutants) - int(noticed)
