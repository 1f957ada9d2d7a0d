"""`empower prove`: every question about a pack, answered for all requests at once."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from empower.cli import inputs, screen
from empower.cli.inputs import as_json_option
from empower.cli.screen import OK, Wrong
from empower.noun import frozen
from empower.prove.answers import Answer, Fails, NotReproduced, Proved, Question, Unknown, fine, word_for

NAMED_MAX = 3
COLOURS = {
    "proved": "green", "accepted": "green", "fails": "red", "vacuous": "yellow", "unknown": "yellow", "unbounded": "yellow",
    "not reproduced": "magenta",
}  # fmt: skip

EPILOG = """\b
Examples:
  empower prove grocery-doorstep
  empower prove my/pack --question claim --question exposure
  empower prove my/pack --question claim/driver-ceiling --json
"""


@click.command("prove", short_help="Prove what holds for every request.", epilog=EPILOG)
@click.argument("pack")
@click.option(
    "--question",
    "questions",
    multiple=True,
    metavar="NAME",
    help="Ask only this: a name such as claim/driver-ceiling, or a family such as claim.",
)
@click.option(
    "--work", type=click.IntRange(min=1), metavar="N", help="Millions of the solver's steps that one question may take.  [default: 20]"
)
@click.option("--seconds", type=click.IntRange(min=1), metavar="N", help="Seconds that all of them may take.  [default: 300]")
@as_json_option
def prove(*, pack: str, questions: tuple[str, ...], work: int | None, seconds: int | None, as_json: bool) -> int:
    """Prove the claims of PACK, that its limits hold, and that nothing in it is dead, unfair or open.

    PACK is a folder with a `pack.yaml`, that file, or the name of a pack that is shipped. What is not true is shown with an example that
    the pack really decides so, ready for `cases.yaml`. docs/proofs.md has a section for each family of questions. Needs the extra `prove`.
    Exit codes: 0 everything is proved, or accepted by the pack; 1 something is not, or the pack has problems; 2 called wrongly; 4 the
    extra is missing; 70 the solver and the pack disagree, which is a defect of empower.
    """
    path = inputs.find_pack(pack)
    inputs.loaded(pack)
    output = screen.console()
    answers, stopped = _shown(_Wanted(path, questions, work, seconds), output, quiet=as_json)
    if stopped:
        if answers and not as_json:
            _summary(output, answers)
        raise KeyboardInterrupt
    if as_json:
        screen.say_json({"ok": _code(answers) == OK, "pack": pack, "answers": [_data(answer) for answer in answers]})
    else:
        _summary(output, answers)
    return _code(answers)


@frozen
class _Wanted:
    """What is asked of which pack, and what it may cost."""

    path: Path
    names: Sequence[str]
    work: int | None
    """In millions of the solver's steps."""
    seconds: int | None


def _shown(wanted: _Wanted, output: Console, *, quiet: bool) -> tuple[list[Answer], bool]:
    """The answers, each that needs attention told as it comes, and whether somebody stopped it; a bar shows how far it is in a terminal."""
    columns = (TextColumn("proving {task.description}"), BarColumn(bar_width=None), MofNCompleteColumn())
    terminal = screen.console(sys.stderr) if quiet or not output.is_terminal else output
    answers: list[Answer] = []
    left: dict[str, Question] = {}
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def opened(questions: Sequence[Question]) -> None:
            left.update((question.name, question) for question in questions)
            progress.update(task, total=len(questions), description=_next(left))

        def came(answer: Answer) -> None:
            answers.append(answer)
            left.pop(answer.question.name, None)
            progress.update(task, advance=1, description=_next(left))
            if not quiet and not isinstance(answer, Unknown):
                _tell(output, answer)

        try:
            for answer in _answers(wanted, opened):
                came(answer)
        except KeyboardInterrupt:
            return [*answers, *(Unknown(question, "stopped", "`--question` asks less") for question in left.values())], True
    return answers, False


def _next(left: Mapping[str, Question]) -> str:
    """The family of the question that is worked on."""
    return next((question.family for question in left.values()), "")


def _answers(wanted: _Wanted, opened: Callable[[Sequence[Question]], None]) -> Iterator[Answer]:
    try:
        from empower.prove import worker  # noqa: PLC0415  (the extra `prove`)
    except ImportError as error:
        raise Wrong(screen.UNAVAILABLE, "extra", f"proofs need {error.name!r}", "pip install 'empower[prove]'") from None
    try:
        yield from worker.prove_pack(
            wanted.path,
            wanted.names,
            work=(wanted.work or 20) * 1_000_000,
            seconds=wanted.seconds or worker.SECONDS,
            opened=lambda all_: opened(all_.questions),
        )
    except worker.NoSuchQuestion as error:
        raise Wrong(screen.USAGE, "usage", error.message, error.help) from None


def _code(answers: Sequence[Answer]) -> int:
    if any(isinstance(answer, NotReproduced) for answer in answers):
        return screen.DEFECT
    return OK if all(map(fine, answers)) else screen.PACK_PROBLEMS


def _tell(output: Console, answer: Answer) -> None:
    """An answer that needs attention: what, where, why, what to do, and the cases."""
    if isinstance(answer, Proved):
        return
    word = word_for(answer)
    head = Text(word, style=f"bold {COLOURS[word]}")
    head.append(f"  {answer.question.name}", style="bold default")
    for place in answer.question.places:
        head.append(f"  {place}", style="not bold dim")
    output.print(head)
    output.print(Padding(Text(answer.says), (0, 0, 0, 2)))
    for name in ("why", "help"):
        if getattr(answer, name, ""):
            output.print(Padding(Text(f"{'accepted' if name == 'why' else name}: {getattr(answer, name)}", style="dim"), (0, 0, 0, 2)))
    cases = (
        answer.example.cases
        if isinstance(answer, Fails) and answer.example
        else (answer.case,)
        if isinstance(answer, NotReproduced)
        else ()
    )
    if isinstance(answer, NotReproduced):
        output.print(Text("  this is a defect of empower: please report it with your pack", style="magenta"))
    if cases:
        output.print(Text("  for cases.yaml, as it is decided today:", style="dim"))
    for case in cases:
        output.print(Text("    " + case.replace("\n", "\n    ")), soft_wrap=True)
    output.print()


def _tell_unknown(output: Console, answers: Sequence[Answer]) -> None:
    """What was not answered, together where it is for one reason: it may be thousands."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for answer in answers:
        if isinstance(answer, Unknown):
            reasons.setdefault((answer.says, answer.help), []).append(answer.question.name)
    for (says, help_), names in reasons.items():
        more = len(names) - NAMED_MAX
        head = Text("unknown", style=f"bold {COLOURS['unknown']}")
        head.append(f"  {', '.join(names[:NAMED_MAX])}{f' and {more:,} more' if more > 0 else ''}", style="bold default")
        output.print(head)
        output.print(Padding(Text(says), (0, 0, 0, 2)))
        output.print(Padding(Text(f"help: {help_}", style="dim"), (0, 0, 0, 2)))
        output.print()


def _summary(output: Console, answers: Sequence[Answer]) -> None:
    """What is unknown, how many of each family came out how, and the figures."""
    _tell_unknown(output, answers)
    families: dict[str, Counter[str]] = {}
    for answer in answers:
        families.setdefault(answer.question.family, Counter())[word_for(answer)] += 1
    for family, counts in families.items():
        line = Text(f"{family:<12}")
        for word, count in counts.items():
            line.append(f"{count:>5} {word}", style=COLOURS[word])
        output.print(line)
    for answer in answers:
        if isinstance(answer, Proved) and answer.says and answer.question.family == "exposure":
            output.print(Text(answer.question.says))
            output.print(Padding(Text(answer.says), (0, 0, 0, 2)))
    total = Counter(map(word_for, answers))
    output.print(
        Text(f"{len(answers)} question{'s' if len(answers) != 1 else ''}: " + ", ".join(f"{count} {word}" for word, count in total.items()))
    )


def _data(answer: Answer) -> dict[str, Any]:
    question = answer.question
    example = getattr(answer, "example", None)
    return {
        "question": question.name, "asks": question.says, "answer": word_for(answer), "says": answer.says,
        "guardrails": list(question.guardrails), "places": list(question.places), "help": getattr(answer, "help", ""),
        "why": getattr(answer, "why", ""), "cases": list(example.cases) if example else [],
    }  # fmt: skip
