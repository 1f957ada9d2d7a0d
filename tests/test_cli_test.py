"""`empower test`: what is as expected has a line, what is not is shown with what differs and why, to a person, a build server and a program."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from commands import run
from empower.cases import Difference
from empower.cli.junit import clean
from empower.cli.tried import without_common

ROOT = Path(__file__).resolve().parents[1]
CAFE = ROOT / "tests" / "packs" / "cafe"
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(CAFE.iterdir())}
"""A small pack and its cases."""
WRONG = ("{outcome: escalate, who: manager, limit: 8}", "{outcome: allow, limit: 9}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a small pack in `cafe`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cafe").mkdir()
    for name, text in FILES.items():
        (tmp_path / "cafe" / name).write_text(text, encoding="utf-8")
    return tmp_path


def change(file: Path, before: str, after: str) -> None:
    """Put one text in the place of another that stands in a file."""
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def wrong(folder: Path) -> Path:
    """The same with one case that expects something else."""
    change(folder / "cafe" / "cases.yaml", *WRONG)
    return folder


# -- what is told


def test_what_is_as_expected_has_a_line(folder: Path) -> None:
    """A pack whose cases all come out as expected takes one line, and the exit code is 0."""
    answer = run("test")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "ok: cafe, 4 cases\n4 cases in 1 pack: all as expected\n", "")
    assert (folder / "cafe").is_dir()


def test_what_is_not_is_shown_with_what_differs_and_why(wrong: Path, repository: Path) -> None:
    """A case that comes out otherwise is shown with its place, what differs, and the guardrail that spoke; as docs/cli.md shows it."""
    answer = run("test")
    assert (answer.returncode, answer.stderr) == (1, "")
    assert f"```text\n{answer.stdout}```" in (repository / "docs" / "cli.md").read_text(encoding="utf-8")
    assert (wrong / "cafe").is_dir()


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("{it: is odd, action: comp 5, context: {actor.role: unknown}, expect: allow}", ["the request cannot be read", "actor.role: is missing"]),
        ("{it: asks, action: comp 5, context: {visit.waited: unknown}, expect: allow}",
         ["outcome  allow     needs info", "waited-long: depends on visit.waited", "find out visit.waited"]),
        ("{it: allows, action: comp 5, expect: deny}", ["outcome  deny      allow", "no guardrail stood in the way"]),
        ("{it: approves, action: comp 9, approval: {id: somebody, role: manager}, expect: allow}", ["comp 9 as barista, approved by manager", "approval_refused"]),
        ("{it: knows no gift, action: gift 5, expect: allow}", ["outcome  allow     deny", "'gift' is not an action"]),
    ],
)  # fmt: skip
def test_every_way_to_be_wrong_says_why(folder: Path, case: str, words: list[str]) -> None:
    """Whatever came instead, the answer says what stood in the way, or that nothing did."""
    (folder / "cafe" / "cases.yaml").write_text(
        f"- given: {{actor.role: barista, order.total: 12, visit.waited: 15 minutes}}\n- {case}\n", encoding="utf-8"
    )
    answer = run("test", "cafe")
    assert answer.returncode == 1
    for word in words:
        assert word in answer.stdout


@pytest.mark.parametrize(
    ("difference", "shown"),
    [
        (Difference("guardrails", "a, b, c", "b, d"), ("a, c (and b)", "d (and b)")),
        (Difference("guardrails", "a, b", "a"), ("b (and a)", " (and a)")),
        (Difference("duties", "none", "a, b"), ("none", "a, b")),
        (Difference("offers", "a, b", "b, a"), ("a, b", "b, a")),
        (Difference("outcome", "needs_info", "deny"), ("needs info", "deny")),
        (Difference("limit", "8.00", "none"), ("8.00", "none")),
    ],
)
def test_of_lists_only_what_differs_is_set_out(difference: Difference, shown: tuple[str, str]) -> None:
    """What both sides share is said once and in brackets; the order counts for offers alone."""
    assert without_common(difference) == shown


def test_a_pack_that_cannot_be_read_is_not_as_expected(folder: Path) -> None:
    """Its problems are shown, the other packs are tried nevertheless, and the exit code is 1."""
    (folder / "bad").mkdir()
    (folder / "bad" / "pack.yaml").write_text("pack: bad\n", encoding="utf-8")
    answer = run("test")
    assert answer.returncode == 1
    assert "cannot be read: bad" in answer.stdout
    assert "bad/pack.yaml:1:1: missing-key" in answer.stdout
    assert "ok: cafe, 4 cases" in answer.stdout
    assert answer.stdout.endswith("4 cases in 2 packs: 1 pack cannot be read\n")


def test_data_is_the_same_on_every_run(wrong: Path) -> None:
    """With `--json` one line, with every case and for each that differs why; nothing in it changes from run to run."""
    first, second = run("test", "--json"), run("test", "--json")
    assert first == second
    report = json.loads(first.stdout)
    assert (first.returncode, report["ok"], report["cases"], report["failed"]) == (1, False, 4, 1)
    (pack,) = report["packs"]
    (case,) = (each for each in pack["cases"] if not each["ok"])
    assert {"what": "limit", "expected": "9.00", "found": "8.00"} in case["differences"]
    assert [(each["guardrail"], each["actual"], each["bound"], each["gap"]) for each in case["reasons"]] == [
        ("by-role", "£8.01", "£8.00", "£0.01")
    ]
    assert (wrong / pack["pack"] / "cases.yaml").is_file()


# -- what is tried


def test_what_stands_for_a_pack(folder: Path) -> None:
    """A folder, a file in it, a folder above, and nothing at all: each means the pack."""
    (folder / "cafe" / "rows.csv").write_text("", encoding="utf-8")
    for arguments in (
        [],
        ["."],
        ["cafe/rows.csv"],
        ["cafe"],
        ["cafe/pack.yaml"],
        ["cafe/cases.yaml"],
        [str(folder)],
        [str(folder / "cafe")],
    ):
        answer = run("test", *arguments)
        assert (answer.returncode, answer.stdout.splitlines()[0]) == (0, "ok: cafe, 4 cases"), arguments


def test_what_is_hidden_is_left_alone(folder: Path) -> None:
    """Folders that begin with a dot, and those that tools fill, hold nothing of ours."""
    for name in (".venv/lib", "node_modules", "site-packages/empower"):
        (folder / name).mkdir(parents=True)
        (folder / name / "pack.yaml").write_text("pack: bad\n", encoding="utf-8")
    assert run("test").returncode == 0


def test_some_cases_can_be_chosen(folder: Path) -> None:
    """`-k` takes the cases with a text in what they show, or in the name of their pack, however it is written."""
    assert run("test", "-k", "COFFEE").stdout == "ok: cafe, 1 case\n1 case in 1 pack: all as expected\n"
    assert run("test", "-k", "cafe").stdout.startswith("ok: cafe, 4 cases")
    assert (folder / "cafe").is_dir()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["caffe"], ["there is no pack 'caffe'", "did you mean 'cafe'?"]),
        (["empty"], ["there is no pack in 'empty', nor below it", "empower new"]),
        (["quiet"], ["there are no cases for quiet", "cases.yaml"]),
        (["-k", "teapot"], ["no case has 'teapot'", "leave it out"]),
        (["--junit", "cafe"], ["is a directory"]),
        (["--junit", "cafe/pack.yaml/report.xml"], ["--junit: cannot write", "a folder that can be written to"]),
        (["--wach"], ["did you mean '--watch'?"]),
    ],
)
def test_called_wrongly(folder: Path, arguments: list[str], words: list[str]) -> None:
    """What was meant wrongly is said in a sentence with help; a run without any case is no success."""
    (folder / "empty").mkdir()
    (folder / "quiet").mkdir()
    (folder / "quiet" / "pack.yaml").write_text(FILES["pack.yaml"].replace("pack: cafe", "pack: quiet"), encoding="utf-8")
    answer = run("test", *arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("error: ")
    for word in words:
        assert word.lower() in answer.stderr.lower()


def test_watching_is_no_one_answer(folder: Path) -> None:
    """`--watch` and `--json` do not go together, and the answer to that is JSON, too."""
    answer = run("test", "--watch", "--json")
    assert (answer.returncode, answer.stderr) == (2, "")
    assert "--watch goes on until it is stopped" in json.loads(answer.stdout)["error"]["message"]
    assert (folder / "cafe").is_dir()


def test_a_pack_without_cases_is_named(folder: Path) -> None:
    """Beside packs with cases, one that has none is told what to write."""
    (folder / "quiet").mkdir()
    (folder / "quiet" / "pack.yaml").write_text(FILES["pack.yaml"].replace("pack: cafe", "pack: quiet"), encoding="utf-8")
    answer = run("test")
    assert answer.returncode == 0
    assert "no cases: quiet\n  help: write what you expect into `cases.yaml`" in answer.stdout


# -- JUnit


def test_junit_tells_a_build_server(wrong: Path) -> None:
    """A suite a pack, a test a case, a failure with what differs and why; the counts are those of what stands there."""
    (wrong / "bad").mkdir()
    (wrong / "bad" / "pack.yaml").write_text("pack: bad\n", encoding="utf-8")
    assert run("test", "--junit", "reports/cases.xml").returncode == 1
    root = ET.parse(wrong / "reports" / "cases.xml").getroot()  # noqa: S314  (just written)
    assert root.tag == "testsuites"
    assert [suite.get("name") for suite in root] == ["bad", "cafe"]
    for element in (root, *root):
        for count, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(element.attrib[count]) == len(list(element.iter(tag)))
    (failure,) = root.iter("failure")
    assert failure.get("message") == "outcome: expected allow, found escalate"
    assert "because by-role: £8.01 against £8.00, £0.01 too much" in str(failure.text)
    (case,) = (each for each in root.iter("testcase") if each.find("failure") is not None)
    assert (case.get("classname"), case.get("file"), case.get("line")) == ("cafe", "cafe/cases.yaml", "7")
    assert [(error.get("type"), case.get("name")) for case in root.iter("testcase") for error in case.iter("error")] == [
        ("missing-key", "can be read")
    ]


SUITE = {"name", "tests", "failures", "errors", "skipped", "time"}
KNOWN = {
    "testsuites": SUITE - {"skipped"}, "testsuite": SUITE, "testcase": {"classname", "name", "time", "file", "line"},
    "failure": {"type", "message"}, "error": {"type", "message"},
}  # fmt: skip
"""The attributes that readers of JUnit know."""


def test_junit_is_what_readers_know(wrong: Path) -> None:
    """Elements and attributes are those that are known, none is missing where it is needed, and times are seconds with three decimals."""
    run("test", "--junit", "cases.xml")
    for element in ET.parse(wrong / "cases.xml").iter():  # noqa: S314  (just written)
        assert set(element.attrib) <= KNOWN[element.tag]
        assert element.tag in ("testsuites", "failure", "error") or element.get("name")
        assert re.fullmatch(r"[0-9]+\.[0-9]{3}", element.get("time", "0.000"))


def test_junit_holds_only_what_xml_can_hold() -> None:
    """Signs that no XML may have are replaced, and all others stay."""
    assert clean("a\x00b\x1b\ufffe\ud800 é\n😀") == "a�b��� é\n😀"


# -- watching


@contextmanager
def watching(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], Callable[[str], None]]]:
    """A command that watches, in a process of its own, and a way to wait until it has printed something anew."""
    output = folder / "output.txt"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores Ctrl-C for what it runs in the background
    with output.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "empower", *arguments], cwd=folder, stdout=stream, stderr=subprocess.STDOUT, text=True
        )
    signal.signal(signal.SIGINT, before)
    seen = 0

    def printed(text: str) -> None:
        nonlocal seen
        for _ in range(600):
            found = output.read_text(encoding="utf-8").find(text, seen)
            if found >= 0:
                seen = found + len(text)
                return
            time.sleep(0.05)
        raise AssertionError(f"{text!r} was not printed: {output.read_text(encoding='utf-8')[seen:]}")

    try:
        yield process, printed
    finally:
        process.kill()
        process.wait()


def test_watching_goes_on_through_every_change(folder: Path) -> None:
    """A change of the cases, of a parent, a file that cannot be read and one that has gone: each is seen; Ctrl-C ends it without a word."""
    child = (
        FILES["pack.yaml"]
        .partition("roles:")[0]
        .replace("pack: cafe", "pack: kiosk\nextends: ../cafe")
        .replace("care:", "calm:")
        .replace("thrift:", "quick:")
    )
    (folder / "kiosk").mkdir()
    (folder / "kiosk" / "pack.yaml").write_text(child, encoding="utf-8")
    (folder / "kiosk" / "cases.yaml").write_text(FILES["cases.yaml"], encoding="utf-8")
    with watching(folder, "test", "kiosk", "--watch") as (process, printed):
        printed("4 cases in 1 pack: all as expected")
        printed("waiting for a change")
        change(folder / "kiosk" / "cases.yaml", *WRONG)
        printed("4 cases in 1 pack: 1 not as expected")
        change(folder / "cafe" / "pack.yaml", "at_most: 8}", "at_most: 9}")
        printed("limit  8.00      9.00")
        change(folder / "kiosk" / "pack.yaml", "pack: kiosk", "pack: [kiosk")
        printed("1 pack cannot be read")
        (folder / "kiosk" / "pack.yaml").unlink()
        printed("error: there is no pack")
        (folder / "kiosk" / "pack.yaml").write_text(child, encoding="utf-8")
        printed("4 cases in 1 pack: ")
        printed("waiting for a change")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) in (0, 1)
    assert "Traceback" not in (folder / "output.txt").read_text(encoding="utf-8")


def test_checking_can_watch_too(folder: Path) -> None:
    """`empower check --watch` checks again after every change."""
    with watching(folder, "check", "cafe", "--watch") as (process, printed):
        printed("ok: cafe 1, 2 rules")
        printed("waiting for a change")
        change(folder / "cafe" / "pack.yaml", "order.total, because", "order.totl, because")
        printed("did you mean 'order.total'?")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 1
