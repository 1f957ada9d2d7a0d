"""Doing something again whenever a file of a pack changes, until Ctrl-C. The only module that knows watchfiles."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from empower.cli import screen
from empower.cli.screen import USAGE, Wrong

_LOOK_MS = 1_000
"""How long nobody needs to say that a file has changed until it is looked whether one has: on a network drive nobody does."""
_ENDINGS = (".yaml", ".csv")

_Held = Mapping[Path, Mapping[str, tuple[int, int, int]]]
"""By folder: its files, each with what is different after it was written."""


def folders_of(pack: Path, files: Iterable[str]) -> set[Path]:
    """Every folder that a pack was read from, its parents' included."""
    return {pack if pack.is_dir() else pack.parent, *(Path(file).parent for file in files)}


def one_answer(*, watch: bool, as_json: bool) -> None:
    """Refuse to give one answer again and again."""
    if watch and as_json:
        raise Wrong(USAGE, "usage", "--watch goes on until it is stopped, and --json is one answer", "leave out one of them")


def again_on_change(run: Callable[[], tuple[int, Iterable[Path]]], console: Console) -> int:
    """Run, and run again after every change in the folders that the run names, until Ctrl-C; gives the exit code of the last run.

    Nothing is missed that changes during a run: the folders are compared with what they held before it. What goes wrong in the first run
    ends it; later it is said, and the next change waited for, since a file may be away for a moment.

    Raises:
        Wrong: the first run was called wrongly.
    """
    code, held = _again(run, {}, None)
    try:
        while True:
            console.print(Text("\nwaiting for a change; Ctrl-C ends", style="dim"))
            _wait_while(held)
            console.print(Text("─" * 40, style="dim"))
            code, held = _again(run, held, console)
    except KeyboardInterrupt:
        console.print()
    return code


def _again(run: Callable[[], tuple[int, Iterable[Path]]], known: _Held, console: Console | None) -> tuple[int, _Held]:
    """One run: its exit code, and what the folders it looked at held before it."""
    before = _held(known)
    try:
        code, folders = run()
    except Wrong as wrong:
        if console is None:
            raise
        return screen.complain(wrong, as_json=False), before
    return code, {folder: before.get(folder, now) for folder, now in _held(folders).items()}


def _held(folders: Iterable[Path]) -> _Held:
    return {folder: dict(_files(folder)) for folder in folders}


def _files(folder: Path) -> Iterable[tuple[str, tuple[int, int, int]]]:
    try:
        for entry in os.scandir(folder):
            if entry.name.endswith(_ENDINGS) and entry.is_file():
                about = entry.stat()
                yield entry.name, (about.st_mtime_ns, about.st_size, about.st_ino)
    except OSError:
        return  # a folder that has gone holds nothing, until it is there again


def _wait_while(held: _Held) -> None:
    """Return once the folders no longer hold what they did."""
    try:
        from watchfiles import watch  # noqa: PLC0415  (loads what nobody needs who does not watch)
    except ImportError as error:
        raise Wrong(USAGE, "usage", f"--watch needs '{error.name}', which is not installed", 'pip install "empower[cli]"') from None
    while _held(held) == held:
        there = [folder for folder in held if folder.is_dir()]
        try:
            next(watch(*there, recursive=False, rust_timeout=_LOOK_MS, yield_on_timeout=True))
        except OSError:  # too many are watched already, or it went this very moment: looking will do
            time.sleep(_LOOK_MS / 1_000)
