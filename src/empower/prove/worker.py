"""Where proofs are worked out: a process of its own, which can be stopped whatever the solver is at; and the answers as they come.

Each question has a budget of work that is the same on every machine. Behind it stands the clock: a question still open when it stops is
`Unknown`, never proved.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from empower.backends.smt import WORK
from empower.checked import CheckedPack
from empower.compile import load_pack
from empower.errors import NotAnswerable
from empower.noun import evolve, frozen
from empower.pack import AcceptDocument
from empower.problems import did_you_mean
from empower.prove.answers import FAMILIES, MATTERS_OF_CHOICE, Accepted, Answer, Fails, Proved, Question, Unbounded, Unknown, Vacuous
from empower.prove.asking import Asking
from empower.prove.claims import ask_claims
from empower.prove.exposure import ask_exposure
from empower.prove.fairness import ask_fairness
from empower.prove.inquiry import Inquiry
from empower.prove.limits import ask_limits
from empower.prove.reach import ask_reach

SECONDS = 300
"""How long all questions of a pack together may take."""
TIME_HELP = "`--seconds` gives more time, `--question` asks less"
ENDED = "the process that proves ended before it was done"
ENDED_HELP = "it was stopped from outside, or ran out of memory: `--question` asks less"


class NoSuchQuestion(NotAnswerable):
    """No question has this name."""


@frozen
class Opened:
    """Every question that will be asked, in order."""

    questions: tuple[Question, ...]


def all_askings(inquiry: Inquiry) -> list[Asking]:
    """Every question about a pack."""
    asked = [*ask_claims(inquiry), *ask_limits(inquiry), *ask_reach(inquiry), *ask_fairness(inquiry), *ask_exposure(inquiry)]
    return sorted(asked, key=lambda asking: FAMILIES.index(asking.question.family))


def answers_of(checked: CheckedPack, only: Sequence[str] = (), work: int = WORK) -> Iterator[Answer]:
    """Answer questions about a pack in this process.

    Args:
        checked: the pack.
        only: names of questions, or of families; all if empty.
        work: for one question, in the solver's units.

    Raises:
        NoSuchQuestion: `only` names something that is not asked of this pack.
    """
    inquiry = Inquiry(checked, work)
    yield from _in_turn(inquiry, chosen(all_askings(inquiry), only))
    if not only:
        yield from _accepted_in_vain(inquiry)


def _in_turn(inquiry: Inquiry, askings: Sequence[Asking]) -> Iterator[Answer]:
    for _, family in groupby(askings, lambda asking: asking.question.family):
        inquiry.forget()
        yield from (settled(inquiry, asking) for asking in family)


def chosen(askings: Sequence[Asking], only: Sequence[str]) -> list[Asking]:
    """The questions that are named, by their own name or that of their family."""
    names = [asking.question.name for asking in askings]
    for name in only:
        if name not in FAMILIES and not any(belongs(each, name) for each in names):
            raise NoSuchQuestion(f"'{name}' is not a question about this pack", did_you_mean(name, {*names, *FAMILIES}))
    return [asking for asking in askings if not only or any(belongs(asking.question.name, name) for name in only)]


def belongs(name: str, wider: str) -> bool:
    """Whether a question is called so, or belongs to what is called so: `exposure/actor/driver` to `exposure/actor` and to `exposure`."""
    return name == wider or name.startswith(f"{wider}/")


def settled(inquiry: Inquiry, asking: Asking) -> Answer:
    """An answer with its places; one that the pack accepts is accepted."""
    answer = asking.answer()
    if isinstance(answer, Proved):
        return answer
    places = tuple(filter(None, map(inquiry.place, asking.question.guardrails)))
    answer = evolve(answer, question=evolve(asking.question, places=places))
    why = accepted_because(inquiry.checked, asking.question.name)
    if why and asking.question.family in MATTERS_OF_CHOICE and isinstance(answer, (Fails, Unbounded, Vacuous)):
        return Accepted(answer.question, answer.says, why)
    return answer


def accepted_because(checked: CheckedPack | None, name: str) -> str:
    """Why a pack, or a parent of it, accepts a finding; empty where it does not."""
    if checked is None:
        return ""
    own = (each.why for each in checked.pack.document.accept if belongs(name, accepted_name(each)))
    return next(own, "") or accepted_because(checked.parent, name)


def accepted_name(document: AcceptDocument) -> str:
    """The question, or the beginning of several, that a pack accepts; `of: everything` stands for a whole family."""
    return document.finding if document.of == "everything" else f"{document.finding}/{document.of}"


def _accepted_in_vain(inquiry: Inquiry) -> Iterator[Answer]:
    """What the pack accepts, although nothing of the name is asked, or the author has no choice in it."""
    names = {asking.question.name for asking in all_askings(inquiry)}
    for index, each in enumerate(inquiry.checked.pack.document.accept):
        name = accepted_name(each)
        asked = any(belongs(question, name) for question in names)
        if each.finding not in FAMILIES or (asked and each.finding in MATTERS_OF_CHOICE):
            continue  # `empower lint` looks after the others
        span = inquiry.checked.pack.find(("accept", index, "of"))
        question = Question(f"accept/{name}", f"'{name}' can be accepted", (), (f"{span.file}:{span.line}",))
        if asked:
            yield Fails(question, f"'{name}' is no matter of choice, and cannot be accepted", help="mend the pack")
        else:
            yield Fails(question, f"'{name}' is not a question about this pack", help=did_you_mean(name, names))


# ------------------------------------------------------------------------------------------------ in a process of its own


def prove_pack(
    path: Path, only: Sequence[str] = (), *, work: int = WORK, seconds: int = SECONDS, opened: Callable[[Opened], None] = lambda _: None
) -> Iterator[Answer]:
    """Answer questions about a pack in a process of its own, as the answers come.

    Args:
        path: the pack, which has been found good.
        only: names of questions, or of families; all if empty.
        work: for one question, in the solver's units.
        seconds: for all of them; whatever is open then is `Unknown`.
        opened: told which questions will be asked, before the first is answered.

    Raises:
        NoSuchQuestion: as `answers_of`.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(there, str(path), tuple(only), work), daemon=True)
    with _deaf():
        child.start()
    there.close()
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        child.kill()

    alarm = threading.Timer(seconds, stop)
    alarm.start()
    try:
        yield from _answers(
            here, opened, lambda: (f"stopped after {seconds} seconds", TIME_HELP) if stopped.is_set() else (ENDED, ENDED_HELP)
        )
    finally:
        alarm.cancel()
        child.kill()
        child.join()
        here.close()


@contextmanager
def _deaf() -> Iterator[None]:
    """Ctrl-C is for the process that asks, which stops the other one: that one begins with it ignored, and has nothing to say about it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _answers(here: Connection, opened: Callable[[Opened], None], why: Callable[[], tuple[str, str]]) -> Iterator[Answer]:
    """What the process says, until it has said everything or is no more."""
    left = {"": Question("claim/*", "everything that was asked")}
    while True:
        try:
            said: Any = here.recv()
        except (EOFError, OSError):
            break
        if isinstance(said, NoSuchQuestion):
            raise said
        if isinstance(said, Opened):
            left = {question.name: question for question in said.questions}
            opened(said)
        elif said is None:
            return
        else:
            left.pop(said.question.name, None)
            yield said
    for question in left.values():
        yield Unknown(question, *why())


def _work(there: Connection, path: str, only: Sequence[str], work: int) -> None:
    """What the other process does: everything that is asked, one answer after another."""
    checked = load_pack(path)
    inquiry = Inquiry(checked, work)
    try:
        asked = chosen(all_askings(inquiry), only)
    except NoSuchQuestion as error:
        there.send(error)
        return
    there.send(Opened(tuple(asking.question for asking in asked)))
    for answer in _in_turn(inquiry, asked):
        there.send(answer)
    if not only:
        for answer in _accepted_in_vain(inquiry):
            there.send(answer)
    there.send(None)
