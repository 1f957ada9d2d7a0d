"""Every code has a pack with that one mistake in tests/packs/bad/, what the author is told about it beside it, and a section in the docs.

`EMPOWER_ACCEPT=1 pytest tests/test_bad_packs.py` writes what the author is told anew. You answer for each difference that you accept.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from empower import PackError, load_pack
from empower.cases import read_cases
from empower.problems import CODES

BAD = Path(__file__).parent / "packs" / "bad"
ROOT = Path(__file__).parents[1]
ACCEPT = os.environ.get("EMPOWER_ACCEPT") == "1"
UNMENDED = {"no-such-file", "not-a-file", "not-utf8", "invisible-character"}
"""Codes whose mistake cannot be shown on a page."""


@pytest.mark.parametrize("code", CODES)
def test_what_the_author_is_told(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack with one mistake gives one problem: its code, its place, a sentence, a help line."""
    folder = BAD / code
    monkeypatch.chdir(folder)
    with pytest.raises(PackError) as refusal:
        read_cases(load_pack("."))
    assert [problem.code for problem in refusal.value.problems] == [code]
    told, expected = f"{refusal.value}\n", folder / "expected.txt"
    if ACCEPT:
        expected.write_text(told, encoding="utf-8")
    assert told == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", CODES)
def test_a_problem_reads_well(code: str) -> None:
    """A message is one lower-case sentence without a full stop, and its help says how to mend it."""
    place, said, *rest = (BAD / code / "expected.txt").read_text(encoding="utf-8").split("\n")[0].split(": ")
    assert re.fullmatch(r"[\w./-]+:\d+:\d+", place)
    assert said == code
    message = ": ".join(rest)
    assert re.match(r"['`a-z]|YAML", message)
    assert not message.endswith((".", "!"))
    assert "\n  help: " in (BAD / code / "expected.txt").read_text(encoding="utf-8")


def test_every_pack_is_about_a_code() -> None:
    """No folder is left over from a code that is gone."""
    assert sorted(folder.name for folder in BAD.iterdir()) == sorted(CODES)


# ------------------------------------------------------------------------------------------------ the codes in the source


def constants(tree: ast.AST) -> set[str]:
    """Every text that stands in a module, docstrings included."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def codes_of(tree: ast.AST) -> set[str]:
    """The codes with which a module makes problems."""
    places = {"Misfit": 0, "_bad": None, "Problem": 1, "problem": 1, "note": 1, "lose": 1}
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        at = places.get(name)
        if at is not None and len(node.args) > at + 1 and isinstance(node.args[at], ast.Constant):
            found.add(node.args[at].value)  # type: ignore[attr-defined]
    return found - {""}


@cache
def modules() -> dict[str, ast.AST]:
    """The modules of the package by path."""
    source = ROOT / "src" / "empower"
    return {str(path.relative_to(source)): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(source.rglob("*.py"))}


def test_every_code_that_is_used_is_known() -> None:
    """No module makes up a code."""
    front = {path: codes_of(tree) for path, tree in modules().items() if not path.startswith(("ledger", "backends", "cli"))}
    assert {path: codes - set(CODES) for path, codes in front.items() if codes - set(CODES)} == {}


def test_every_code_that_is_known_is_used() -> None:
    """No code is left over from a mistake that cannot be made any more."""
    used = set().union(*(constants(tree) for path, tree in modules().items() if path != "problems.py"))
    assert set(CODES) - used == set()


def test_the_scan_finds_a_code() -> None:
    """A code that nobody knows would be found."""
    assert codes_of(ast.parse('raise Misfit("no-such-code", "a sentence")')) == {"no-such-code"}
    assert codes_of(ast.parse('desk.problem(place, "made-up", "a sentence", "help")')) == {"made-up"}


# ------------------------------------------------------------------------------------------------ the page


@cache
def page() -> str:
    """`docs/problems.md`."""
    return (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")


def section(code: str) -> str:
    """The text below the heading of a code."""
    found = re.search(rf"^### {code}\n(.*?)(?=^##|\Z)", page(), re.MULTILINE | re.DOTALL)
    assert found, code
    return found.group(1)


def test_every_code_is_listed() -> None:
    """The table at the top of the page has every code with what it stands for."""
    assert dict(re.findall(r"^\| \[`([\w-]+)`\]\(#\1\) \| (.+) \|$", page(), re.MULTILINE)) == CODES


def test_every_code_has_its_section() -> None:
    """The page has a section for each code, in the order of the table, and no other."""
    assert re.findall(r"^### (\S+)$", page(), re.MULTILINE) == list(CODES)


@pytest.mark.parametrize("code", sorted(set(CODES) - UNMENDED))
def test_the_page_says_how_to_mend_it(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pack with the mistake holds the first block of the section, and with the second in its place it is accepted."""
    blocks = re.findall(r"^```\w+ ?(\S*)\n(.*?)\n```$", section(code), re.MULTILINE | re.DOTALL)
    (name, wrong), (also, right) = blocks
    assert name == also
    shutil.copytree(BAD / code, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    file = Path(name or "pack.yaml")
    text = file.read_text(encoding="utf-8")
    assert text.count(wrong) == 1
    file.write_text(text.replace(wrong, right), encoding="utf-8")
    read_cases(load_pack("."))
