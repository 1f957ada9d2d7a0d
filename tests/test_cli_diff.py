"""`empower diff`: two packs, or revisions of git; what is told, and the exit code that a review of changes needs."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from commands import run

ROOT = Path(__file__).resolve().parents[1]
IDENTITY = (
    "-c",
    "user.name=somebody",
    "-c",
    "user.email=somebody@example.com",
    "-c",
    "init.defaultBranch=main",
    "-c",
    "commit.gpgsign=false",
)


def git(folder: Path, *arguments: str) -> None:
    """A command of git in a folder."""
    subprocess.run(["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True)


def change(folder: Path, before: str, after: str) -> None:
    """Put one text in the place of another that stands in the pack."""
    file = folder / "rules" / "grocery-doorstep" / "pack.yaml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose pack was made looser in its second revision, with a space in its name."""
    home = tmp_path / "my shop"
    for pack in ("grocery-doorstep", "company", "coffee-shop"):
        shutil.copytree(ROOT / "rules" / pack, home / "rules" / pack)
    git(home, "init", "-q")
    git(home, "add", "-A")
    git(home, "commit", "-qm", "the pack")
    change(home, "at_most: [25, 50% of order.total]", "at_most: [30, 50% of order.total]")
    git(home, "commit", "-qam", "looser")
    monkeypatch.chdir(home)
    return home


PACK = "rules/grocery-doorstep"


@pytest.mark.usefixtures("repository")
def test_two_revisions_are_compared() -> None:
    """The edit, an example at its edge, and the verdict; the example is ready for cases.yaml."""
    answer = run("diff", "HEAD~1", "HEAD", PACK)
    assert answer.returncode == 0
    assert "never stricter" in answer.stdout
    assert "cap 'refund-by-role' changed: first row 2 at_most [25, 50% of order.total]" in answer.stdout
    assert "£25.01" in answer.stdout.replace("\n", " ")
    assert "expect: {outcome: allow}" in answer.stdout


def test_what_is_not_committed_is_compared(repository: Path) -> None:
    """One revision and a pack: the pack as it lies there."""
    change(repository, "at_most: [30, 50% of order.total]", "at_most: [20, 50% of order.total]")
    answer = run("diff", "HEAD", PACK, "--json")
    assert json.loads(answer.stdout)["verdict"] == "never looser"


def test_a_parent_is_compared_as_it_was(repository: Path) -> None:
    """A pack that extends another is read with the parent of that revision, and the parent's edit is told."""
    file = repository / "rules" / "company" / "pack.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("associate: 30, supervisor: 60", "associate: 25, supervisor: 60"), encoding="utf-8"
    )
    found = json.loads(run("diff", "HEAD", "rules/coffee-shop", "--json").stdout)
    assert [edit["name"] for edit in found["edits"]] == ["company-ceiling"]


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("allow", "code"), [("anything", 0), ("looser", 0), ("stricter", 1), ("nothing", 1)]
)  # fmt: skip
def test_a_review_says_what_may_change(allow: str, code: int) -> None:
    """`--allow` makes of the verdict an exit code."""
    answer = run("diff", "HEAD~1", "HEAD", PACK, "--allow", allow)
    assert answer.returncode == code
    assert ("not allowed here" in answer.stdout) == bool(code)


def test_the_same_pack_changes_nothing() -> None:
    """A pack compared with itself: no decision changes, and whatever is allowed."""
    answer = run("diff", "hotel", "hotel", "--allow", "nothing")
    assert (answer.returncode, answer.stdout.splitlines()[1]) == (0, "no decision changes")


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["HEAD~7", "HEAD", PACK], "git knows no revision 'HEAD~7'"),
        (["HEAD", "HEAD", "rules/nowhere"], "'rules/nowhere' was not there at 'HEAD'"),
        (["HEAD"], "two versions are compared, not 1"),
        (["a", "b", "c", "d"], "two versions are compared, not 4"),
        (["--", "--output=x", PACK], "there is no pack '--output=x'"),
    ],
)  # fmt: skip
def test_called_wrongly(arguments: list[str], said: str) -> None:
    """Whoever calls it wrongly gets a sentence, and exit code 2."""
    answer = run("diff", *arguments)
    assert (answer.returncode, said in answer.stderr) == (2, True), answer.stderr


def test_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Revisions need a repository."""
    shutil.copytree(ROOT / "rules" / "company", tmp_path / "company")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    answer = run("diff", "HEAD", "HEAD", "company")
    assert (answer.returncode, "does not lie in a git repository" in answer.stderr) == (2, True)
    answer = run("diff", "HEAD", "company")
    assert (answer.returncode, "git knows no revision of that name around 'company'" in answer.stderr) == (2, True)


def test_a_pack_with_problems_is_told(repository: Path) -> None:
    """A version that cannot be read ends the command with its problems."""
    change(repository, "actor.role: driver, at_most", "actor.role: drivr, at_most")
    answer = run("diff", "HEAD", PACK)
    assert answer.returncode == 1
    assert "did you mean 'driver'?" in answer.stderr + answer.stdout


def test_another_currency(repository: Path) -> None:
    """Amounts of two currencies cannot be compared."""
    change(repository, "currency: GBP", "currency: EUR")
    answer = run("diff", "HEAD", PACK)
    assert (answer.returncode, "one version counts in GBP, the other in EUR" in answer.stderr) == (2, True)
