"""`empower fmt`: the files of packs, laid out."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from empower import ir
from empower.cli import inputs, screen
from empower.cli.inputs import CASES, PACK, as_json_option
from empower.cli.screen import OK, PACK_PROBLEMS, UNAVAILABLE, USAGE, Wrong
from empower.compile import compile_pack, load_pack
from empower.files import read_text
from empower.layout.document import LayoutError, lay_out_cases, lay_out_pack
from empower.load import Limits
from empower.noun import evolve, frozen
from empower.problems import PackError


@frozen
class File:
    """A file as it is, and as it is laid out."""

    path: Path
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether it has to be written."""
        return self.before != self.after


@click.command("fmt", short_help="Lay out the files of packs.")
@click.argument("packs", nargs=-1, required=True, metavar="PACK...")
@click.option("--check", is_flag=True, help="Write nothing; show what would change, with exit code 1.")
@as_json_option
def fmt_command(*, packs: tuple[str, ...], check: bool, as_json: bool) -> int:
    """Lay out `pack.yaml` and `cases.yaml` of packs: indentation, spaces and quotes in one way, the keys of each guardrail in one order.

    Every word, number and comment stays, and so does what the pack means: that is made sure of before a file is written. PACK is a folder
    with a `pack.yaml`, one of its files, or a folder with packs below it. Exit codes: 0 done, 1 a file would change (`--check`) or
    cannot be read, 2 called wrongly, 4 a file cannot be written.
    """
    files = [file for name, path in inputs.find_packs(packs).items() for file in _laid_out(name, path)]
    changed = [file for file in files if file.changed]
    for file in () if check else changed:
        _write(file)
    if as_json:
        screen.say_json({"ok": not (check and changed), "files": [{"file": str(file.path), "changed": file.changed} for file in files]})
    else:
        screen.say("\n".join(_told(files, check=check)))
    return PACK_PROBLEMS if check and changed else OK


def _laid_out(name: str, path: Path) -> Iterator[File]:
    if not Path(name).exists():
        raise Wrong(
            USAGE,
            "usage",
            f"'{name}' is a pack that is shipped, and not yours to lay out",
            f"`empower new NAME --from {name}` makes a copy",
        )
    pack = path / PACK if path.is_dir() else path
    for file, lay_out in ((pack, lay_out_pack), (pack.parent / CASES, lay_out_cases)):
        if file != pack and not file.exists():
            continue
        text, problem = read_text(file, str(file), Limits().bytes_max, "no-such-file", "a pack is a folder with a file `pack.yaml`")
        if problem is not None:
            raise inputs.unusable(str(file), PackError([problem], {str(file): text}))
        try:
            found = File(file, text, lay_out(text, str(file)))
        except PackError as error:
            raise inputs.unusable(str(file), error) from None
        except LayoutError as error:
            raise Wrong(UNAVAILABLE, "failed", str(error), "nothing was written; please report this file") from None
        yield found


def _told(files: list[File], *, check: bool) -> Iterator[str]:
    for file in files:
        if file.changed and check:
            lines = (file.before.splitlines(), file.after.splitlines())
            yield from difflib.unified_diff(*lines, str(file.path), f"{file.path}, laid out", lineterm="")
        elif file.changed:
            yield f"laid out: {file.path}"
    changed = sum(file.changed for file in files)
    as_it_is = f"{len(files) - changed} of {len(files)} files"
    yield (
        f"{as_it_is} {'is' if len(files) - changed == 1 else 'are'} laid out already"
        if not changed or check
        else f"{changed} of {len(files)} files changed"
    )


# ------------------------------------------------------------------------------------------------ writing


def _write(file: File) -> None:
    """Put a file in the place of the one that is there, at once or not at all, and only if the pack means the same with it."""
    target = Path(os.path.realpath(file.path))
    try:
        handle, name = tempfile.mkstemp(suffix=".yaml", prefix=f".{target.stem}-", dir=target.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(file.after)
        os.chmod(name, target.stat().st_mode)  # noqa: PTH101  (it is a name)
    except OSError as error:
        raise _unwritten(file, error) from None
    try:
        if file.path.name != CASES and _meaning(target) != _meaning(Path(name)):
            raise Wrong(
                UNAVAILABLE, "failed", f"'{file.path}' would no longer mean the same", "nothing was written; please report this file"
            )
        Path(name).replace(target)
    except OSError as error:
        raise _unwritten(file, error) from None
    finally:
        Path(name).unlink(missing_ok=True)


def _unwritten(file: File, error: OSError) -> Wrong:
    return Wrong(
        UNAVAILABLE, "failed", f"cannot write '{file.path}': {(error.strerror or str(error)).lower()}", "nothing in it was changed"
    )


def _meaning(path: Path) -> tuple[ir.Program, dict[str, ir.Plan]] | tuple[str, ...]:
    """What a pack is lowered to; of one with problems, their codes."""
    try:
        program = compile_pack(load_pack(path)).program
    except PackError as error:
        return tuple(sorted(problem.code for problem in error.problems))
    return evolve(program, digest="", plans={}), dict(program.plans)
