"""Reading packs: hostile ones are refused by name and with bounded work, and what a pack is called, digests and holds."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks import packs as large
from benchmarks.facts import make_facts, to_call
from empower import Guard, Limits, PackError, load_pack
from empower.load import read_pack, read_yaml
from empower.problems import CODES, PROBLEMS_MAX, Problem, Span, render_problems
from hostile import meanings
from hostile.packs import HEAD, MAKERS, RULE, tabled, write
from laws.profile import LONG

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = [pytest.param(code, make, id=name) for name, code, make in MAKERS if code]
GOOD = [pytest.param(make, id=name) for name, code, make in MAKERS if not code]


def refusal(folder: Path) -> PackError:
    """Why a pack is refused."""
    with pytest.raises(PackError) as refused:
        load_pack(folder)
    return refused.value


def test_there_are_enough_of_them() -> None:
    """The collection is large, and every code in it exists."""
    assert len(HOSTILE) >= 40
    assert meanings.HEAD == HEAD
    assert {code for _, code, _ in MAKERS} <= {*CODES, ""}


@pytest.mark.parametrize(("code", "make"), HOSTILE)
def test_hostile_packs_are_refused(code: str, make: Callable[[Path], None], tmp_path: Path) -> None:
    """Each is refused by name, with a place in one of its files, and no more than so many problems are told."""
    make(tmp_path)
    found = refusal(tmp_path)
    assert code in {problem.code for problem in found.problems}, str(found)[:2_000]
    assert {problem.code for problem in found.problems} <= set(CODES)
    assert len(found.problems) <= PROBLEMS_MAX
    assert all(problem.span.file.startswith(str(tmp_path)) for problem in found.problems)
    assert all(len(problem.message) < 500 and len(problem.help) < 2_500 for problem in found.problems)
    assert len(str(found)) < 2_000 * len(found.problems)


@pytest.mark.parametrize("make", GOOD)
def test_good_packs_are_accepted(make: Callable[[Path], None], tmp_path: Path) -> None:
    """What only looks hostile is loaded."""
    make(tmp_path)
    load_pack(tmp_path)


def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    """A pipe that nobody writes to is never opened."""
    os.mkfifo(tmp_path / "pack.yaml")
    reading = threading.Thread(target=lambda: refusal(tmp_path), daemon=True)
    reading.start()
    reading.join(timeout=30)
    assert not reading.is_alive()


def test_no_more_is_read_than_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file that is too large, one byte more than allowed is read, and nothing is built from it."""
    write(tmp_path, HEAD + "#" * 10_000)
    monkeypatch.setattr("empower.load._Builder.value", lambda _: pytest.fail("the YAML was read"))
    with pytest.raises(PackError) as refused:
        read_pack(tmp_path, Limits(bytes_max=5_000))
    assert refused.value.problems[0].code == "too-big"


def test_larger_packs_are_read_if_one_asks_for_it(tmp_path: Path) -> None:
    """The bounds can be raised for a pack that one trusts."""
    write(tmp_path, HEAD + "rules:\n" + "".join(RULE.format(number) for number in range(2_000)))
    with pytest.raises(PackError):
        load_pack(tmp_path, Limits(bytes_max=100_000))
    assert len(load_pack(tmp_path, Limits(bytes_max=300_000)).rules) == 2_000


@pytest.mark.skipif(not LONG, reason="takes half a minute; runs with EMPOWER_PROFILE=long")
def test_a_hundred_thousand_rules_are_read_if_one_asks_for_it(tmp_path: Path) -> None:
    """A pack of 100,000 rules is refused with help, and with raised limits it loads and decides as a small one does."""
    folder = large.write(tmp_path, 100_000)
    with pytest.raises(PackError, match=r"raise `Limits\(bytes_max=…\)` for a pack you trust"):
        load_pack(folder)
    guard = Guard(load_pack(folder, Limits(bytes_max=64 * 2**20)))
    assert len(guard.rules.checked.rules) > 99_000
    small = Guard(load_pack(large.GOODWILL))
    for facts in make_facts(20):
        assert guard.preview(*to_call(facts)).outcome == small.preview(*to_call(facts)).outcome


# ------------------------------------------------------------------------------------------------ what is read


def test_every_scalar_is_text() -> None:
    """`no` is a word, `12:30` and `010` are what they look like, a decimal never becomes a float."""
    text = "a: no\nb: 12:30\nc: 010\nd: 1.10\ne: ~\nf: 2026-11-22\ng: 0x10\nh: null\ni:\nj: 1_000\nk: .inf\n"
    assert read_yaml(text, "x") == {
        "a": "no", "b": "12:30", "c": "010", "d": "1.10", "e": "~", "f": "2026-11-22", "g": "0x10", "h": "null", "i": "", "j": "1_000",
        "k": ".inf",
    }  # fmt: skip


def test_a_pack_is_a_folder_or_its_file(tmp_path: Path) -> None:
    """Both ways of naming a pack give the same pack."""
    write(tmp_path, HEAD)
    assert read_pack(tmp_path).digest == read_pack(tmp_path / "pack.yaml").digest == read_pack(str(tmp_path)).digest


def test_the_digest_covers_everything_that_is_read(tmp_path: Path) -> None:
    """Another letter in the pack, a table or a parent gives another digest; the cases are no part of it."""
    for name in ("parent", "child"):
        (tmp_path / name).mkdir()
    table = "order.total,at_most\n-,5\n"
    write(tmp_path / "parent", tabled(tmp_path / "parent", table).replace("hostile", "parent"))
    child = HEAD.partition("values:")[0] + "extends: ../parent\n"
    seen = set()
    for parent_table, text in ((table, child), (table.replace("5", "6"), child), (table, child + "# a comment\n")):
        write(tmp_path / "parent", parent_table, "table.csv")
        write(tmp_path / "child", text)
        seen.add(load_pack(tmp_path / "child").pack.digest)
    assert len(seen) == 3
    write(tmp_path / "child", "- {it: does nothing}\n", "cases.yaml")
    assert load_pack(tmp_path / "child").pack.digest in seen


def test_a_parent_is_called_without_detours(tmp_path: Path) -> None:
    """A problem of the parent is told with the parent's file, as one would call it."""
    for name, text in (
        ("company", HEAD.replace("hostile", "company") + "wrong: x\n"),
        ("shop", HEAD.partition("values:")[0] + "extends: ../company\n"),
    ):
        (tmp_path / name).mkdir()
        write(tmp_path / name, text)
    (problem,) = refusal(tmp_path / "shop").problems
    assert problem.span.file == str(tmp_path / "company" / "pack.yaml")


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("a: b: c\n", (1, 5), "needs quotes"),
        ("a: {b: c: d}\n", (1, 9), "needs quotes"),
        ("a: {b: c, d: e because: f}\n", (1, 23), "a comma is missing before 'because'"),
        ("a: {b: c actor.role: f}\n", (1, 20), "a comma is missing before 'actor.role'"),
        ("a: [b < 3, c in [d, e]]\n", (1, 17), "a text with brackets in it needs quotes"),
        ("a: [b < 3,\n  c in [d, e]]\n", (2, 8), "a text with brackets in it needs quotes"),
        ("a: {when: c in [d, e]}\n", (1, 16), "a text with brackets in it needs quotes"),
        ("a: {by: b, c: 60, d: 1,500}\n", (1, 22), "`1,500` is two things here"),
        ("a: {d: 1,500.50, c: 60}\n", (1, 8), "`1,500.50` is two things here"),
        ("a: [b, c\nd: e\n", (1, 4), "`[` is never closed"),
        ("a: {b: c\nd: e\n", (1, 4), "`{` is never closed"),
        ("- a: b\n c: d\n", (2, 2), "begins in column 2, and the key above it in column 3"),
        ('a: "b\nc: d\n', (3, 1), "not closed"),
        ("a: @b\n", (1, 4), "cannot begin"),
        ("a: 1\n b: 2\n", (2, 3), "begins in column 2, and the key above it in column 1"),
        ("a:\n  - b\n c: d\n", (3, 2), "fit the lines"),
        ("- a\nb: c\n", (2, 1), "fit the list"),
        ("a: b\n- c\n", (2, 1), "fit the lines"),
        ("a\nb: c\n", (2, 2), "second colon"),
        ("a: *\n", (1, 5), "this is not YAML"),
        ('a: "\\q"\n', (1, 5), "backslash"),
        ("a:\n\t- b\n", (2, 1), "tab"),
        ("a: b\x07\n", (1, 5), "control character"),
        ("a: b\n...\nc: d\n", (3, 1), "second document"),
    ],
)
def test_what_is_no_yaml_is_told_in_plain_words(text: str, place: tuple[int, int], said: str) -> None:
    """The place and the words for the common slips in YAML."""
    with pytest.raises(PackError) as refused:
        read_yaml(text, "x")
    problem = refused.value.problems[-1]
    assert (problem.span.line, problem.span.column) == place
    assert said in problem.message


@pytest.mark.parametrize(
    ("text", "write"),
    [
        ("a: [b < 3, c in [d, e]]\n", '`"c in [d, e]"`'),
        ("a: [c in [d, e] and f in [g], h]\n", '`"c in [d, e] and f in [g]"`'),
        ("a: [not 'x' in [d], h]\n", "`\"not 'x' in [d]\"`"),
        ("a: {b: c, when: c in [d, e], d: e}\n", '`when: "c in [d, e]"`'),
        ("a: {by: b, c: 60, d: 1,500}\n", "`d: 1500`"),
        ("a: {d: 1,500.50, c: 60}\n", "`d: 1500.50`"),
        ("a: [c in [d,\n  e]]\n", "quotes around the whole text"),
    ],
)
def test_the_help_is_what_to_write(text: str, write: str) -> None:
    """What can be mended in one way is written out as it belongs there."""
    with pytest.raises(PackError) as refused:
        read_yaml(text, "x")
    (problem,) = refused.value.problems
    assert write in problem.help


def test_a_key_of_digits_is_a_key() -> None:
    """Only a number that its comma cuts in two is taken for one."""
    assert read_yaml("{a: 1, 500: b, 1: '', 900: ''}\n", "x") == {"a": "1", "500": "b", "1": "", "900": ""}


# ------------------------------------------------------------------------------------------------ how problems are printed


def test_a_message_cannot_disguise_itself() -> None:
    """Control and direction characters are shown as escapes, in the message, the line and the help."""
    problem = Problem(Span("x", 1, 3, 4), "bad-yaml", "a\u202eb", "c\x1b[2J")
    assert render_problems([problem], {"x": "a \u202e b\x1b"}) == (
        "x:1:3: bad-yaml: a\\u202eb\n  1 | a \\u202e b\\u001b\n    |   ^^^^^^\n  help: c\\u001b[2J\n\n1 problem"
    )


def test_the_underline_stands_below_the_word() -> None:
    """Wide letters, combining marks and tabs before the word do not shift it."""
    line = "\t日本 e\u0301 word"
    at = line.index("word") + 1
    shown = render_problems([Problem(Span("x", 1, at, at + 4), "bad-yaml", "m")], {"x": line}).split("\n")
    assert shown[1] == "  1 | →日本 e\u0301 word"
    assert shown[2] == "    | " + " " * 8 + "^^^^"


def test_a_long_line_is_cut_around_the_word() -> None:
    """A very long line does not drown the message."""
    line = "x" * 10_000 + " word " + "y" * 10_000
    shown = render_problems([Problem(Span("x", 1, 10_002, 10_006), "bad-yaml", "m")], {"x": line}).split("\n")
    at = shown[2].index("^")
    assert shown[1][at : at + 4] == "word"
    assert len(shown[1]) < 130


def test_too_many_problems_are_counted() -> None:
    """More problems than anybody reads are not printed, and are not kept silent about."""
    error = PackError(Problem(Span("x", line), "bad-yaml", "m") for line in range(1, PROBLEMS_MAX + 11))
    assert len(error.problems) == PROBLEMS_MAX
    assert str(error).endswith(f"{PROBLEMS_MAX} problems, and 10 more")


def test_a_problem_is_told_once() -> None:
    """The same problem, found twice, is told once."""
    problem = Problem(Span("x"), "bad-yaml", "m")
    assert str(PackError([problem, problem])).endswith("\n1 problem")
