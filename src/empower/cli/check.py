"""`empower check`: packs read, and every problem at its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from empower.cases import read_cases
from empower.cli import inputs, screen
from empower.cli.inputs import as_json_option
from empower.cli.screen import OK, PACK_PROBLEMS
from empower.cli.watch import again_on_change, folders_of, one_answer
from empower.compile import load_pack
from empower.noun import frozen
from empower.problems import PackError


@frozen
class Report:
    """What there is to say about one pack."""

    data: dict[str, Any]
    shown: str
    folders: set[Path]


@click.command("check", short_help="Check packs.")
@click.argument("packs", nargs=-1, required=True, metavar="PACK...")
@click.option("--watch", is_flag=True, help="Check again whenever a file of a pack, or of its parents, changes.")
@as_json_option
def check_command(*, packs: tuple[str, ...], watch: bool, as_json: bool) -> int:
    """Check packs, and show every problem at its place.

    PACK is a folder with a `pack.yaml`, one of its files, a folder with packs below it, or the name of a pack that is shipped. Exit
    codes: 0 all are fine, 1 a pack has problems, 2 called wrongly.
    """
    one_answer(watch=watch, as_json=as_json)

    def run() -> tuple[int, set[Path]]:
        reports = [_checked(name, path) for name, path in inputs.find_packs(packs).items()]
        fine = all(report.data["ok"] for report in reports)
        if as_json:
            screen.say_json({"ok": fine, "packs": [report.data for report in reports]})
        else:
            screen.say("\n".join(report.shown for report in reports))
        return OK if fine else PACK_PROBLEMS, {folder for report in reports for folder in report.folders}

    return again_on_change(run, screen.console()) if watch else run()[0]


def _checked(name: str, path: Path) -> Report:
    try:
        pack = load_pack(path)
        cases = len(read_cases(pack))
    except PackError as error:
        return Report({"pack": name, "ok": False, **inputs.problems_of(error)}, str(error), folders_of(path, error.sources))
    counts = {
        "rules": len(pack.rules) + len(pack.duties), "caps": len(pack.caps), "budgets": len(pack.budgets), "offers": len(pack.menu),
        "claims": len(pack.claims), "cases": cases,
    }  # fmt: skip
    identity = {"name": pack.pack.name, "version": pack.pack.document.version, "digest": pack.pack.digest}
    told = ", ".join(f"{count} {what if count != 1 else what[:-1]}" for what, count in counts.items())
    shown = f"ok: {identity['name']} {identity['version']}, {told}"
    return Report({"pack": name, "ok": True, **identity, **counts, "problems": []}, shown, folders_of(path, pack.pack.sources))
