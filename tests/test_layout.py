"""`empower fmt`: one layout, whoever wrote the file; every word and comment stays, and the pack means what it meant."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, strategies as st

from commands import run
from empower import cases, ir, pack as shapes
from empower.cli import fmt
from empower.demo import shipped_packs
from empower.layout import document
from empower.layout.document import LayoutError, lay_out_cases, lay_out_pack
from empower.layout.margins import find_comments
from empower.layout.orders import order_in_cases, order_in_pack
from empower.load import read_places, read_yaml
from empower.problems import split_lines
from empower.shape import declared_keys
from empower.testing import DrawnPack, packs
from laws.profile import searched
from layouts import written

FILES = [
    (file, lay_out_cases if file.name == "cases.yaml" else lay_out_pack)
    for folder in shipped_packs().values()
    for file in folder.glob("*.yaml")
]


# ------------------------------------------------------------------------------------------------ any text


@searched(100)
@given(written())
def test_nothing_is_lost_and_nothing_changes_twice(one: tuple[Any, str, list[str]]) -> None:
    """Whatever the hand, the value and every comment are kept, the layout is the same the second time, and no line ends in a blank."""
    value, text, comments = one
    assert read_yaml(text, "x") == value, text
    laid = lay_out_pack(text)
    assert read_yaml(laid, "x") == value
    assert Counter(comment.text for comment in find_comments(split_lines(laid), read_places(laid)).values()) == Counter(comments)
    assert lay_out_pack(laid) == laid
    assert "\n\n\n" not in laid or "|" in laid
    assert laid.endswith("\n")


@searched(40)
@given(written())
def test_keys_of_a_guardrail_stand_in_order(one: tuple[Any, str, list[str]]) -> None:
    """Those of a rule or a cap that are not in brackets over several lines stand in the order of the page; all others as they were."""
    value, text, _ = one
    laid = lay_out_pack(text)
    after, places = read_yaml(laid, "x"), read_places(laid)
    assert list(after) == list(value)
    for section in ("rules", "caps"):
        for index, rule in enumerate(after.get(section, ())):
            order = order_in_pack((section, index))
            node = places.children[section].children[index]  # type: ignore[index]
            if not (node.flow and node.last_line > node.line):
                assert list(rule) == sorted(value[section][index], key=lambda key: order.index(key) if key in order else len(order))


@pytest.mark.parametrize(("section", "name"), [
    ("rules", "RuleDocument"), ("caps", "CapDocument"), ("budgets", "BudgetDocument"), ("menu", "OfferDocument"), ("assume", "AssumeDocument"),
    ("claims", "ClaimDocument"), ("accept", "AcceptDocument"),
])  # fmt: skip
def test_every_key_has_its_place(section: str, name: str) -> None:
    """The order of a section names every key that may stand there, and no other; those of a case are those of a case."""
    order = order_in_pack((section, 0))
    assert len(set(order)) == len(order)
    assert set(order) == set(declared_keys(getattr(shapes, name)))
    assert set(order_in_cases((0,))) == set(cases._KEYS) == set(order_in_pack(("rules", 0, "examples", 0)))


HANDS = """\
# the head

pack:   cafe      # the name
rules:
-   because: care   # why
    # about the id
    id: 'a'


    when: "x >
      y"
    deny: [comp,
           voucher] # both
    say: {staff: 'it''s', customer: 'say "no"'}
    # the end of a
- {because: care, id: b,deny: comp }

# and what follows
values: { care:   We care. }
"""
ONE = """\
# the head

pack: cafe        # the name
rules:
  # about the id
  - id: "a"
    deny: [comp,
           voucher]  # both

    when: "x >
      y"
    because: care   # why
    say: {staff: "it's", customer: 'say "no"'}
    # the end of a
  - {id: b, deny: comp, because: care}

# and what follows
values: {care: We care.}
"""


def test_one_layout() -> None:
    """Two steps to the right a level, one blank, double quotes where they need no escapes, keys in order, comments where they belong."""
    assert lay_out_pack(HANDS) == ONE


@pytest.mark.parametrize(("file", "lay_out"), FILES, ids=lambda each: f"{each.parent.name}/{each.name}" if isinstance(each, Path) else "")
def test_shipped_packs_are_laid_out(file: Path, lay_out: Callable[[str], str]) -> None:
    """What is shipped is as `empower fmt` leaves it."""
    text = file.read_text(encoding="utf-8")
    assert lay_out(text) == text


def test_what_would_be_lost_is_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment that is gone, a word that is another, a key that stands elsewhere: whatever goes wrong in laying out, it is found out."""
    for change, message in (
        (lambda text: text.replace("# the name", ""), "lose a comment"), (lambda text: text.replace("comp", "copm"), "no longer mean the same"),
        (lambda text: text.replace("- {id: b", "- {id: [b]"), "no longer mean the same"), (lambda text: text.replace("cafe", "010"), "no longer mean"),
        (lambda text: f"values: {{care: We care.}}\n{text.replace('values: {care: We care.}', '')}", "no longer mean the same"),
    ):  # fmt: skip
        monkeypatch.setattr(document, "_written", lambda _text, _order, change=change: change(ONE))
        with pytest.raises(LayoutError, match=message):
            lay_out_pack(ONE)


# ------------------------------------------------------------------------------------------------ the command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of two shipped packs, one of which extends the other, that somebody else has laid out."""
    monkeypatch.chdir(tmp_path)
    for name in ("company", "coffee-shop"):
        shutil.copytree(shipped_packs()[name], tmp_path / name)
    file = tmp_path / "coffee-shop" / "pack.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("\n    because: fresh\n", "\n\n\n    because:   'fresh'\n").replace("\n", "\r\n"), encoding="utf-8", newline=""
    )
    return tmp_path


def test_check_writes_nothing(folder: Path) -> None:
    """`--check` shows what would change, ends with 1, and leaves every file alone; once all is laid out it ends with 0."""
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.rglob("*") if file.is_file()}
    answer = run("fmt", "coffee-shop", "company", "--check")
    assert answer.returncode == 1
    assert "\n-    because:   'fresh'\n" in answer.stdout
    assert '\n+    because: "fresh"\n' in answer.stdout
    assert answer.stdout.endswith("3 of 4 files are laid out already\n")
    assert before == {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.rglob("*") if file.is_file()}
    assert run("fmt", ".").stdout == "laid out: coffee-shop/pack.yaml\n1 of 4 files changed\n"
    assert run("fmt", ".", "--check").returncode == 0


def test_what_is_written_is_whole(folder: Path) -> None:
    """A file keeps its rights, a link stays a link, nothing else is left in the folder, and the pack decides as before."""
    real = folder / "real.yaml"
    file = (folder / "coffee-shop" / "pack.yaml").rename(real)
    (folder / "coffee-shop" / "pack.yaml").symlink_to(file)
    file.chmod(0o640)
    before = fmt._meaning(folder / "coffee-shop")
    report = json.loads(run("fmt", "coffee-shop", "--json").stdout)
    assert [(each["file"], each["changed"]) for each in report["files"]] == [
        ("coffee-shop/pack.yaml", True),
        ("coffee-shop/cases.yaml", False),
    ]
    assert fmt._meaning(folder / "coffee-shop") == before
    assert (folder / "coffee-shop" / "pack.yaml").is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert b"\r" not in file.read_bytes()
    assert sorted(each.name for each in (folder / "coffee-shop").iterdir()) == ["cases.yaml", "pack.yaml"]


@pytest.mark.parametrize("when", ["writing", "meaning", "replacing"])
def test_a_file_that_cannot_be_written_stays(folder: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """Whatever fails, the file is as it was, and nothing else is left behind."""
    file = folder / "coffee-shop" / "pack.yaml"
    before = file.read_bytes()

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    if when == "writing":
        monkeypatch.setattr(fmt.tempfile, "mkstemp", full)
    elif when == "meaning":
        monkeypatch.setattr(fmt, "_meaning", lambda path: (path.name,))
    else:
        monkeypatch.setattr(Path, "replace", full)
    answer = run("fmt", "coffee-shop")
    assert (answer.returncode, answer.stdout) == (4, "")
    assert "would no longer mean the same" in answer.stderr if when == "meaning" else "no space left on device" in answer.stderr
    assert file.read_bytes() == before
    assert sorted(each.name for each in (folder / "coffee-shop").iterdir()) == ["cases.yaml", "pack.yaml"]


def test_a_pack_with_problems_is_laid_out(folder: Path) -> None:
    """What can be read is laid out, whatever else is wrong with it; what cannot is shown, and nothing is written."""
    file = folder / "coffee-shop" / "pack.yaml"
    file.write_text("pack:   x\nrules: [{deny: gift, id: a}]\n", encoding="utf-8")
    assert run("fmt", "coffee-shop").returncode == 0
    assert file.read_text(encoding="utf-8") == "pack: x\nrules: [{id: a, deny: gift}]\n"
    file.write_text("pack: [x\n", encoding="utf-8")
    answer = run("fmt", "coffee-shop")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "coffee-shop/pack.yaml:1:7: bad-yaml: " in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "missing argument 'pack...'"), (["hotel"], "not yours to lay out"), (["coffee-shp"], "did you mean 'coffee-shop'?"),
        (["coffee-shop", "--chek"], "did you mean '--check'?"),
    ],
)  # fmt: skip
def test_called_wrongly(folder: Path, arguments: list[str], word: str) -> None:
    """What is wrong is said in a sentence."""
    answer = run("fmt", *arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert word in answer.stderr.lower()
    assert folder.is_dir()


@searched(15)
@given(packs(), st.booleans())
def test_a_pack_means_what_it_meant(pack: DrawnPack, by_library: bool) -> None:  # noqa: FBT001
    """A random pack, as a person lays it out or in whatever layout a library wrote it, is lowered to the same program before and after."""
    with tempfile.TemporaryDirectory() as name:
        folder = pack.manuscript.write(Path(name) / "pack")
        if by_library:
            (folder / "pack.yaml").write_text(yaml.safe_dump(pack.manuscript.document, sort_keys=False), encoding="utf-8")
        before = fmt._meaning(folder)
        assert isinstance(before[0], ir.Program)
        assert run("fmt", str(folder)).returncode == 0
        assert fmt._meaning(folder) == before
        assert run("fmt", str(folder), "--check").returncode == 0
