"""`empower prove` as it is called: its exit codes, its words, its JSON, and what it says where it cannot answer."""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from commands import run, run_apart
from empower.cli import prove as command
from empower.prove.answers import Answer, NotReproduced, Proved, Question, Unknown, word_for
from empower.prove.worker import ENDED, ENDED_HELP, prove_pack
from prove.shop import Document, read, shop, write

FAST = ("--question", "claim", "--question", "rank")


def spoilt(folder: Path) -> Path:
    """A shop with a claim that does not hold."""
    document: Document = shop()
    document["claims"].append(read("{id: x, never: action.kind == 'refund' and action.amount > 100, because: thrift}"))
    write(document, folder)
    return folder


def test_proved_is_told_in_numbers(tmp_path: Path) -> None:
    """Only if everything is proved the exit code is 0."""
    write(shop(), tmp_path / "shop")
    answer = run("prove", str(tmp_path / "shop"), *FAST)
    assert (answer.returncode, answer.stdout.splitlines()[-1]) == (0, "6 questions: 6 proved")


def test_a_failure_is_told_with_a_case(tmp_path: Path) -> None:
    """What fails is told in one sentence with its place, and a case below it; the exit code is not 0."""
    answer = run("prove", str(spoilt(tmp_path / "shop")), *FAST)
    assert answer.returncode == 1
    told = " ".join(answer.stdout.split())
    assert "fails claim/x" in told
    assert "A lead asks for 'refund' of £100.01, with order.total £110.00: allowed up to £110.00, but 'x' says never." in told
    assert "action: {kind: refund, amount: 100.01}" in told


def test_the_answer_as_data(tmp_path: Path) -> None:
    """`--json` tells the same."""
    answer = run("prove", str(spoilt(tmp_path / "shop")), "--question", "claim/x", "--json")
    told = json.loads(answer.stdout)
    assert (answer.returncode, told["ok"]) == (1, False)
    (only,) = told["answers"]
    assert (only["question"], only["answer"], only["guardrails"]) == ("claim/x", "fails", ["x"])
    assert only["places"][0].endswith(":117")
    assert len(only["cases"]) == 1


def test_no_such_question(tmp_path: Path) -> None:
    """A question that is not asked is a wrong call, with the nearest that is."""
    write(shop(), tmp_path / "shop")
    answer = run("prove", str(tmp_path / "shop"), "--question", "claims")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == "error: 'claims' is not a question about this pack\nhelp: did you mean 'claim'?\n"


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where z3 is missing, one sentence names the extra; nothing is proved."""
    write(shop(), tmp_path / "shop")
    for name in [name for name in sys.modules if name.startswith("empower.backends.smt")] + ["empower.prove.worker", "z3"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delattr("empower.prove.worker", raising=False)
    answer = run("prove", str(tmp_path / "shop"))
    assert answer.returncode == 4
    assert "pip install 'empower[prove]'" in answer.stderr


def test_a_defect_of_empower_has_a_code_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where solver and pack disagree, that is told as what it is."""
    write(shop(), tmp_path / "shop")
    answers: list[Answer] = [Proved(Question("claim/a", "a")), NotReproduced(Question("claim/b", "b"), "decided otherwise", "- it: b")]
    monkeypatch.setattr(command, "_answers", lambda *_: iter(answers))
    answer = run("prove", str(tmp_path / "shop"))
    assert answer.returncode == 70
    assert "this is a defect of empower: please report it with your pack" in answer.stdout


def test_what_is_unknown_is_told_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large pack that is stopped has thousands of open questions: one clear word, and an exit code that is not 0."""
    write(shop(), tmp_path / "shop")
    answers = [Unknown(Question(f"dead/r{number}", "it speaks"), "stopped after 25 seconds", "ask less") for number in range(6_696)]
    monkeypatch.setattr(command, "_answers", lambda *_: iter(answers))
    answer = run("prove", str(tmp_path / "shop"))
    assert answer.returncode == 1
    assert answer.stdout == (
        "unknown  dead/r0, dead/r1, dead/r2 and 6,693 more\n  stopped after 25 seconds\n  help: ask less\n\n"
        "dead         6696 unknown\n6696 questions: 6696 unknown\n"
    )


def test_stopped_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C: what was answered is told, all else is unknown, and the exit code is that of what was interrupted."""
    write(shop(), tmp_path / "shop")
    questions = [Question(f"dead/r{number}", "it speaks") for number in range(3)]

    def answers(_: object, opened: Callable[[Sequence[Question]], None]) -> Iterator[Answer]:
        opened(questions)
        yield Proved(questions[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "_answers", answers)
    answer = run("prove", str(tmp_path / "shop"))
    assert (answer.returncode, answer.stderr) == (130, "\nerror: stopped\n")
    assert answer.stdout == (
        "unknown  dead/r1, dead/r2\n  stopped\n  help: `--question` asks less\n\n"
        "dead            1 proved    2 unknown\n3 questions: 1 proved, 2 unknown\n"
    )


def test_what_is_not_answered_when_the_process_ends_is_unknown(tmp_path: Path) -> None:
    """Where the process that proves is killed, every question that it left is unknown, with how to ask less."""
    write(shop(), tmp_path / "shop")
    asked: list[str] = []
    answers = prove_pack(tmp_path / "shop", opened=lambda opened: asked.extend(question.name for question in opened.questions))
    found = [next(answers)]
    (child,) = multiprocessing.active_children()
    child.kill()
    found += answers
    assert [answer.question.name for answer in found] == asked
    assert isinstance(found[0], Proved)
    assert isinstance(found[-1], Unknown)
    assert (found[-1].says, found[-1].help) == (ENDED, ENDED_HELP)


def test_what_is_not_answered_in_time_is_unknown(tmp_path: Path) -> None:
    """The clock stops everything, before the pack is read too; nothing is proved then."""
    write(shop(), tmp_path / "shop")
    (only,) = prove_pack(tmp_path / "shop", seconds=0)
    assert (word_for(only), only.says) == ("unknown", "stopped after 0 seconds")


def test_it_works_in_a_process_of_its_own(tmp_path: Path) -> None:
    """The whole way, from the shell to the process that proves and back."""
    write(shop(), tmp_path / "shop")
    answer = run_apart("prove", str(tmp_path / "shop"), "--question", "claim/no-fee")
    assert (answer.returncode, answer.stdout.splitlines()[-1]) == (0, "1 question: 1 proved")
