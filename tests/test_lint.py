"""Every finding has a pack with it alone in tests/packs/lint/, what the author is told beside it, and a section in the docs that mends it.

`EMPOWER_ACCEPT=1 pytest tests/test_lint.py` writes what the author is told anew. You answer for each difference that you accept.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from commands import run
from empower import load_pack
from empower.cases import run_cases
from empower.coverage import cover
from empower.demo import shipped_packs
from empower.lint import FINDINGS, Report, lint_pack

ROOT = Path(__file__).parents[1]
LINT = Path(__file__).parent / "packs" / "lint"
DAY = datetime.date(2026, 11, 18)
ACCEPT = os.environ.get("EMPOWER_ACCEPT") == "1"


def look(folder: str | Path = ".") -> Report:
    """What is found in a pack on the day of these tests."""
    return lint_pack(load_pack(folder), today=DAY.toordinal())


# ------------------------------------------------------------------------------------------------ each finding


@pytest.mark.parametrize("code", FINDINGS)
def test_what_the_author_is_told(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack with one thing in it that is seldom meant gives one finding: its code, its place, a sentence, a help line."""
    folder = LINT / code
    monkeypatch.chdir(folder)
    report = look()
    assert [finding.code for finding in report.findings] == [code]
    told, expected = f"{report}\n", folder / "expected.txt"
    if ACCEPT:
        expected.write_text(told, encoding="utf-8")
    assert told == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", FINDINGS)
def test_a_finding_reads_well(code: str) -> None:
    """A message is one lower-case sentence without a full stop that shows its line, and its help says how to mend it."""
    place, said, *rest = (LINT / code / "expected.txt").read_text(encoding="utf-8").split("\n")[0].split(": ")
    assert re.fullmatch(r"[\w./-]+:\d+:\d+", place)
    assert said == code
    assert re.match(r"['`a-z]", ": ".join(rest))
    assert not rest[-1].endswith((".", "!"))
    assert re.search(r"\n +\| +\^+\n  help: ", (LINT / code / "expected.txt").read_text(encoding="utf-8"))


def test_every_pack_is_about_a_finding() -> None:
    """No folder is left over from a finding that is gone."""
    assert sorted(folder.name for folder in LINT.iterdir()) == sorted(FINDINGS)


# ------------------------------------------------------------------------------------------------ the page


@cache
def page() -> str:
    """`docs/lint.md`."""
    return (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")


def blocks(code: str) -> list[tuple[str, str]]:
    """The blocks below the heading of a finding, each with its file."""
    section = re.search(rf"^### {code}\n(.*?)(?=^##|\Z)", page(), re.MULTILINE | re.DOTALL)
    assert section, code
    return re.findall(r"^```yaml ?(\S*)\n(.*?)\n```$", section.group(1), re.MULTILINE | re.DOTALL)


def test_every_finding_is_listed() -> None:
    """The table at the top of the page has every code with what it stands for, and below it a section for each, in this order."""
    assert dict(re.findall(r"^\| \[`([\w-]+)`\]\(#\1\) \| (.+) \|$", page(), re.MULTILINE)) == FINDINGS
    assert re.findall(r"^### (\S+)$", page(), re.MULTILINE) == list(FINDINGS)


@pytest.mark.parametrize("code", FINDINGS)
def test_the_page_says_how_to_mend_it(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pack holds the first block of the section; with the second in its place nothing is found, and its cases come out as expected."""
    (name, wrong), (also, right) = blocks(code)
    assert name == also
    shutil.copytree(LINT / code, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    file = Path(name or "pack.yaml")
    text = file.read_text(encoding="utf-8")
    assert text.count(wrong) == 1
    file.write_text(text.replace(wrong, right), encoding="utf-8")
    assert str(look()) == "0 findings"
    assert [str(result) for result in run_cases(load_pack(".")) if not result.passed] == []


# ------------------------------------------------------------------------------------------------ accepted


def accepting(folder: Path, code: str, text: str) -> Report:
    """What is found in the pack of a code with this at its end."""
    shutil.copytree(LINT / code, folder, dirs_exist_ok=True)
    with (folder / "pack.yaml").open("a", encoding="utf-8") as file:
        file.write(text)
    return look(folder)


def test_a_finding_can_be_accepted(tmp_path: Path) -> None:
    """What the author accepts, with the reason, as the page writes it, is not told again, and is still known."""
    (fragment,) = re.findall(r"^```yaml accept\n(.*?)^```$", page(), re.MULTILINE | re.DOTALL)
    report = accepting(tmp_path, "no-customer-words", fragment)
    assert report.findings == ()
    assert [(finding.code, finding.of) for finding in report.accepted] == [("no-customer-words", "cheats")]


def test_only_what_is_named_is_accepted(tmp_path: Path) -> None:
    """To accept a finding of one guardrail says nothing of another, and a code that there is not is told with the nearest one."""
    report = accepting(tmp_path, "no-customer-words", "accept: [{finding: no-custom-words, of: cheats, why: It is known.}]\n")
    assert [finding.code for finding in report.findings] == ["no-customer-words", "needless-accept"]
    assert "did you mean 'no-customer-words'" in report.findings[1].help


# ------------------------------------------------------------------------------------------------ the command


def test_the_exit_code_says_whether_something_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """0 nothing, 1 something; a pack that cannot be read is told as `check` tells it."""
    monkeypatch.chdir(LINT)
    assert run("lint", "no-question").returncode == 1
    assert run("lint", "no-question").stdout == (LINT / "no-question" / "expected.txt").read_text(encoding="utf-8").replace(
        "pack.yaml", "no-question/pack.yaml"
    )
    bad = run("lint", str(LINT.parent / "bad" / "single-equals"))
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "single-equals" in bad.stderr
    assert run("lint", "no-question", "--on", "soon").returncode == 2
    monkeypatch.chdir(LINT / "unused")
    assert run("lint").stdout == (LINT / "unused" / "expected.txt").read_text(encoding="utf-8")
    assert run("lint", "..").stdout.count("\n1 finding\n") == len(FINDINGS)


def test_findings_are_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--json` one line that names every finding with its place."""
    monkeypatch.chdir(LINT)
    answer = run("lint", "no-question", "untried", "--json")
    told = json.loads(answer.stdout)
    assert (answer.returncode, told["ok"], len(told["packs"])) == (1, False, 2)
    (finding,) = told["packs"][0]["findings"]
    assert (finding["file"], finding["line"], finding["code"], finding["of"]) == (
        "no-question/pack.yaml",
        9,
        "no-question",
        "customer.cheated",
    )


def test_findings_are_sarif(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--format sarif` one log: a rule for each code, a result at each place, and what was accepted as suppressed, with the reason."""
    accepting(tmp_path, "no-customer-words", "accept: [{finding: no-customer-words, of: cheats, why: It is known.}]\n")
    monkeypatch.chdir(LINT)
    log = json.loads(run("lint", "no-question", str(tmp_path), "--format", "sarif").stdout)
    (ran,) = log["runs"]
    codes = [rule["id"] for rule in ran["tool"]["driver"]["rules"]]
    assert (log["version"], codes) == ("2.1.0", ["no-customer-words", "no-question"])
    told = {result["ruleId"]: result for result in ran["results"]}
    region = told["no-question"]["locations"][0]["physicalLocation"]
    assert region["artifactLocation"]["uri"] == "no-question/pack.yaml"
    assert region["region"] == {"startLine": 9, "startColumn": 3, "endColumn": 19}
    assert told["no-customer-words"]["suppressions"] == [{"kind": "inSource", "justification": "It is known."}]
    assert all(codes[result["ruleIndex"]] == result["ruleId"] for result in ran["results"])


# ------------------------------------------------------------------------------------------------ what is shipped


@pytest.mark.parametrize("name", shipped_packs())
def test_nothing_is_found_in_what_is_shipped(name: str) -> None:
    """No pack that ships holds anything that is seldom meant, save what it accepts; and in the year before that nothing is accepted in vain."""
    pack = load_pack(shipped_packs()[name])
    reached = cover(pack)
    for day in (DAY, DAY.replace(year=2025), DAY.replace(year=2036)):
        report = lint_pack(pack, today=day.toordinal(), coverage=reached)
        assert str(report) == "0 findings"
    assert len(report.accepted) == sum(each.finding in FINDINGS for each in pack.pack.document.accept)


# ------------------------------------------------------------------------------------------------ what can never be


@pytest.mark.parametrize(
    ("condition", "possible"),
    [
        ("customer.visits > 10 and customer.visits < 12", True),
        ("customer.visits > 10 and customer.visits < 11", False),
        ("2 * customer.visits > 10 and customer.visits <= 5", False),
        ("customer.cheated and not customer.cheated", False),
        ("actor.role == 'clerk' and actor.role == 'manager'", False),
        ("customer.visits > 10 and customer.visits < customer.orders and customer.orders < 10", True),  # it is not, but does not show
    ],
)
def test_what_is_said_to_be_impossible_is(condition: str, possible: bool, tmp_path: Path) -> None:  # noqa: FBT001  (a table)
    """What nothing can make true is told, where it shows by trying; what does not show is left alone."""
    text = (LINT / "never-speaks" / "pack.yaml").read_text(encoding="utf-8")
    text = text.replace("customer.visits > 30 and customer.visits < 10", condition).replace(
        "facts:\n", "facts:\n  customer.orders: integer 0..100\n"
    )
    (tmp_path / "pack.yaml").write_text(text, encoding="utf-8")
    codes = {finding.code for finding in look(tmp_path).findings}
    assert ("never-speaks" in codes) is not possible


def test_a_defensive_otherwise_is_no_finding(tmp_path: Path) -> None:
    """A last row that gives nothing may be there to be safe; above it each row is held to decide somewhere."""
    shutil.copytree(LINT / "never-decides", tmp_path, dirs_exist_ok=True)
    text = (tmp_path / "pack.yaml").read_text(encoding="utf-8")
    (tmp_path / "pack.yaml").write_text(text.replace("otherwise: 0", "otherwise: 1"), encoding="utf-8")
    assert [finding.message for finding in look(tmp_path).findings if finding.code == "never-decides"] == [
        "row 2 of 'alone' never decides",
        "row 3 of 'alone' never decides",
    ]
