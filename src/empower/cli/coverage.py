"""What the cases of packs reach, and what is suggested for the rest: the options of `empower test` about them, and how the answers are told."""

from __future__ import annotations

import difflib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from empower.coverage import Coverage, is_impossible
from empower.coverage.goals import FAMILIES, Goal
from empower.suggest import Suggested

Command = TypeVar("Command", bound=Callable[..., Any])
_BAR = 20
_SHOWN_MAX = 12
"""Of so many goals that are not reached each is told; of more only so many, and how many there are."""


def coverage_options(command: Command) -> Command:
    """The options about what cases reach."""
    for option in reversed((
        click.option("--coverage", is_flag=True, help="Show which rules, rows, bounds and questions the cases reach."),
        click.option("--coverage-fail-under", "least", metavar="N", type=click.IntRange(0, 100), help="Exit with 1 below N percent of these."),
        click.option("--suggest", is_flag=True, help="Print a patch with cases for what they do not reach."),
        click.option("--write", is_flag=True, help="With --suggest: append the cases to `cases.yaml` instead."),
    )):  # fmt: skip
        command = option(command)
    return command


# ------------------------------------------------------------------------------------------------ coverage


def show_coverage(screen: Console, coverages: Sequence[Coverage], least: int | None) -> None:
    """For each pack how much of each family is reached, and what is not."""
    for coverage in coverages:
        screen.print()
        told = f"{coverage.pack.pack.name}: {len(coverage.reached)} of {len(coverage.goals)} reached, {coverage.percent}%"
        short = least is not None and coverage.percent < least
        screen.print(Text(told + (f", fewer than {least}%" if short else ""), style="bold red" if short else "bold"))
        screen.print(_families(coverage))
        _show_missing(screen, coverage.missing)


def _families(coverage: Coverage) -> Table:
    table = Table.grid(padding=(0, 2))
    for _ in range(2):
        table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for family, (reached, total) in coverage.by_family().items():
        filled = _BAR * reached // total
        bar = Text("█" * filled, style="green") + Text("░" * (_BAR - filled), style="dim")
        table.add_row(f"  {FAMILIES[family]}", bar, f"{reached} of {total}")
    return table


def _show_missing(screen: Console, missing: Sequence[Goal]) -> None:
    for goal in missing[:_SHOWN_MAX]:
        screen.print(Text.assemble((f"  {goal.span.file}:{goal.span.line}", "dim"), f"  no case in which {goal.wanted}"), soft_wrap=True)
    if len(missing) > _SHOWN_MAX:
        screen.print(Text(f"  and {len(missing) - _SHOWN_MAX} more; --json names them all", style="dim"))
    if missing:
        screen.print(Text.assemble("  ", ("help", "bold"), ": `--suggest` writes cases for them"))


def coverage_dict(coverage: Coverage) -> dict[str, Any]:
    """What the cases of a pack reach, as data."""
    return {
        "pack": coverage.pack.pack.name, "percent": coverage.percent, "reached": len(coverage.reached), "goals": [
            {
                "id": goal.id, "family": goal.family, "of": goal.of, "wanted": goal.wanted, "file": goal.span.file, "line": goal.span.line,
                "reached_by": [result.example.it for result in coverage.reached.get(goal.id, ())],
            }
            for goal in coverage.goals
        ],
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ suggestions


def show_suggested(notes: Console, everything: Sequence[Suggested]) -> None:
    """A patch of all `cases.yaml` on standard output; what no case was found for as notes, elsewhere."""
    for suggested in everything:
        sys.stdout.write(patch(suggested))
        _show_unreached(notes, suggested)


def patch(suggested: Suggested) -> str:
    """What would be appended, as a patch; nothing where nothing is suggested."""
    if not suggested.suggestions:
        return ""
    file, before = _cases_of(suggested)
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), (before + suggested.text).splitlines(keepends=True), file if before else os.devnull, file
    )
    return "".join(lines)


def write_suggested(screen: Console, everything: Sequence[Suggested]) -> None:
    """Append what is suggested to each `cases.yaml`: all of it or nothing."""
    for suggested in everything:
        if suggested.suggestions:
            file, before = _cases_of(suggested)
            _replace(Path(file), before + suggested.text)
            count = len(suggested.suggestions)
            told = f"{count} case{'s' if count != 1 else ''} appended to {file}: read each, and take its mark away"
        else:
            told = f"nothing to suggest for {suggested.coverage.pack.pack.name}"
        screen.print(Text(told), soft_wrap=True)
        _show_unreached(screen, suggested)


def _cases_of(suggested: Suggested) -> tuple[str, str]:
    """(the path of `cases.yaml`, what it holds, ending with its last line)."""
    pack = suggested.coverage.pack.pack
    file = str(pack.directory / "cases.yaml")
    text = pack.sources.get(file, "")
    return file, text if text.endswith("\n") or not text else f"{text}\n"


def _replace(file: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False, newline="") as made:
        made.write(text)
    Path(made.name).chmod(file.stat().st_mode if file.exists() else 0o644)
    Path(made.name).replace(file)


def _show_unreached(screen: Console, suggested: Suggested) -> None:
    for goal in suggested.unreached:
        told = f"{'it cannot be that' if is_impossible(goal, suggested.coverage.pack) else 'found no case in which'} {goal.wanted}"
        screen.print(Text.assemble((f"{goal.span.file}:{goal.span.line}", "bold"), f": {told}"), soft_wrap=True)


def suggested_dict(suggested: Suggested) -> dict[str, Any]:
    """What is suggested for a pack, as data."""
    return {
        "pack": suggested.coverage.pack.pack.name,
        "suggested": [{"goal": each.goal.id, "outcome": each.decision.outcome} for each in suggested.suggestions],
        "unreached": [goal.id for goal in suggested.unreached],
        "text": suggested.text,
    }


def below(coverages: Sequence[Coverage], least: int | None) -> Iterator[Coverage]:
    """The packs whose cases reach less than was asked for."""
    return (coverage for coverage in coverages if least is not None and coverage.percent < least)
