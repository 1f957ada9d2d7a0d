"""`empower lint`: what is allowed in a pack and yet seldom meant."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from empower.cli import inputs, screen
from empower.cli.inputs import as_json_option
from empower.cli.sarif import sarif_log
from empower.cli.screen import OK, Wrong
from empower.compile import load_pack
from empower.lint import Report, lint_pack
from empower.problems import PackError

FOUND = 1
"""Exit code where something was found."""


@click.command("lint", short_help="Find what is allowed and seldom meant.")
@click.argument("packs", nargs=-1, metavar="[PACK]...")
@click.option("--on", "day", metavar="DATE", help="Look as on this day, such as 2026-11-18.  [default: today]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "sarif"]),
    default="text",
    show_default=True,
    help="How it is told; sarif for code review.",
)
@as_json_option
def lint_command(*, packs: tuple[str, ...], day: str | None, format_: str, as_json: bool) -> int:
    """Find what is allowed in packs and yet seldom meant, without a solver.

    Such as a rule that no case reaches, a value that nothing serves, a text that a language lacks. docs/lint.md explains each code, and how
    to accept a finding, with the reason, in the pack. PACK is a folder with a `pack.yaml`, one of its files, a folder with packs below it,
    or the name of a pack that is shipped; without any, all packs below the current folder are meant. Exit codes: 0 nothing was found, 1
    something was or a pack has problems, 2 called wrongly.
    """
    today = _day(day)
    reports = [_report(called, path, today) for called, path in inputs.find_packs(packs).items()]
    if as_json:
        screen.say_json({"ok": not any(report.findings for report in reports), "packs": [report_dict(report) for report in reports]})
    elif format_ == "sarif":
        screen.say_json(sarif_log(reports))
    else:
        screen.say("\n\n".join(_told(report) for report in reports))
    return FOUND if any(report.findings for report in reports) else OK


def _day(text: str | None) -> int:
    if text is None:
        return datetime.datetime.now().astimezone().date().toordinal()
    try:
        return datetime.date.fromisoformat(text).toordinal()
    except ValueError:
        raise Wrong(screen.USAGE, "usage", f"--on: '{text}' is not a date", "write it as 2026-11-18") from None


def _report(called: str, path: Path, today: int) -> Report:
    try:
        return lint_pack(load_pack(path), today=today)
    except PackError as error:
        raise inputs.unusable(called, error) from None


def _told(report: Report) -> str:
    name = report.pack.pack.name
    accepted = f", {len(report.accepted)} accepted" if report.accepted else ""
    return str(report) + accepted if report.findings else f"ok: {name}, nothing found{accepted}"


def report_dict(report: Report) -> dict[str, Any]:
    """What was found in a pack, as data."""
    return {"pack": report.pack.pack.name, "findings": _dicts(report.findings), "accepted": _dicts(report.accepted)}


def _dicts(findings: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        {
            "file": each.span.file,
            "line": each.span.line,
            "column": each.span.column,
            "code": each.code,
            "of": each.of,
            "message": each.message,
            "help": each.help,
        }
        for each in findings
    ]
