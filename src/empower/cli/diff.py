"""`empower diff`: what changes for whom between two versions of a pack, and whether anybody is allowed more."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.text import Text

from empower.checked import CheckedPack
from empower.cli import inputs, screen
from empower.cli.inputs import as_json_option
from empower.cli.screen import DEFECT, OK, PACK_PROBLEMS, UNAVAILABLE, USAGE, Wrong
from empower.diff.revisions import NoSuchRevision, at_revision, is_revision

if TYPE_CHECKING:
    from empower.diff.compare import Change, Comparison

VERDICTS = {
    "same": "no decision changes",
    "never looser": "never looser: nobody is allowed more than before, or has less to ask",
    "never stricter": "never stricter: whoever was allowed something is allowed it now",
    "both": "looser and stricter",
    "unknown": "not proved: it hangs on a text pattern or an hour near midnight, or is more work than one question may be (`--work` allows more)",
}
ALLOWED: dict[str, set[str]] = {
    "anything": set(VERDICTS), "stricter": {"same", "never looser"}, "looser": {"same", "never stricter"}, "nothing": {"same"},
}  # fmt: skip
"""What each word of `--allow` takes."""

EPILOG = """\b
Examples:
  empower diff rules/shop-2026 rules/shop-2027
  empower diff HEAD rules/shop                    (what is not yet committed)
  empower diff main HEAD rules/shop --allow stricter
"""


@click.command("diff", short_help="Compare two versions of a pack.", epilog=EPILOG)
@click.argument("versions", nargs=-1, required=True, metavar="OLD NEW | REVISION [REVISION] PACK")
@click.option(
    "--allow", type=click.Choice(list(ALLOWED)), default="anything", show_default=True, help="What may change; anything else exits 1."
)
@click.option(
    "--work",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="Millions of the solver's steps for one question.",
)
@as_json_option
def diff_command(*, versions: tuple[str, ...], allow: str, work: int, as_json: bool) -> int:
    """Compare two versions of a pack: which decisions change, for whom, and by which edit.

    Two packs; or one or two revisions of git, and a pack in that repository. With one revision the pack is compared as it is in the
    folder. Every request is considered at once, at the same balances: "never looser" is a proof. Each change is shown with an example
    that both versions decided. Needs the extra `prove`. Exit codes: 0 as `--allow` says; 1 otherwise, or a pack has problems; 2 called
    wrongly; 4 the extra, or git, is missing; 70 the solver and the packs disagree, which is a defect of empower.
    """
    try:
        from empower.diff import compare  # noqa: PLC0415  (the extra `prove`)
    except ImportError as error:
        raise Wrong(UNAVAILABLE, "extra", f"comparing needs {error.name!r}", "pip install 'empower[prove]'") from None
    with _both(versions) as (before, after):
        try:
            found = compare.compare(before, after, work * 1_000_000)
        except compare.NotComparable as error:
            raise Wrong(USAGE, "usage", error.message, error.help) from None
        fine = found.verdict in ALLOWED[allow]
        if as_json:
            screen.say_json(_data(found, fine=fine))
        else:
            _tell(screen.console(), found)
            if not fine:
                screen.say(f"not allowed here: `--allow {allow}`")
    return DEFECT if found.defects else OK if fine else PACK_PROBLEMS


# ------------------------------------------------------------------------------------------------ which versions


@contextlib.contextmanager
def _both(versions: Sequence[str]) -> Iterator[tuple[CheckedPack, CheckedPack]]:
    """The packs to compare."""
    if not 2 <= len(versions) <= 3:
        raise Wrong(
            USAGE, "usage", f"two versions are compared, not {len(versions)}", "name two packs; or one or two revisions, and a pack"
        )
    *older, last = versions
    with contextlib.ExitStack() as stack:
        try:
            if len(versions) == 3:
                paths = [stack.enter_context(at_revision(revision, Path(last))) for revision in older]
                yield inputs.loaded(str(paths[0])), inputs.loaded(str(paths[1]))
            elif not Path(older[0]).exists() and is_revision(older[0], _near(Path(last))):
                path = stack.enter_context(at_revision(older[0], Path(last)))
                yield inputs.loaded(str(path)), inputs.loaded(last)
            else:
                _check_there(older[0], Path(last))
                yield inputs.loaded(older[0]), inputs.loaded(last)
        except NoSuchRevision as error:
            raise Wrong(USAGE, "usage", str(error), "`git log --oneline -- PACK` lists its revisions") from None


def _check_there(name: str, pack: Path) -> None:
    """The first of two words names a pack; git, which was asked before, knows no revision of this name either."""
    try:
        inputs.find_pack(name)
    except Wrong as wrong:
        message = f"there is no pack '{name}', and git knows no revision of that name around '{pack}'"
        raise Wrong(USAGE, "usage", message, f"{wrong.help}; a revision needs a pack that lies in a git repository") from None


def _near(path: Path) -> Path:
    return next(each for each in (path, *path.absolute().parents) if each.is_dir())


# ------------------------------------------------------------------------------------------------ telling


def _tell(output: Console, found: Comparison) -> None:
    before, after = found.before.pack, found.after.pack
    output.print(Text(f"{before.name} {before.document.version} → {after.name} {after.document.version}", style="bold"))
    colour = {"same": "green", "unknown": "yellow"}.get(found.verdict, "default")
    output.print(Text(VERDICTS[found.verdict], style=colour))
    for looser, heading, style in ((True, "looser", "yellow"), (False, "stricter", "cyan")):
        groups = _grouped([change for change in found.changes if change.looser == looser])
        if groups:
            output.print()
            output.print(Text(heading, style=f"bold {style}"))
        for changes in groups:
            _tell_group(output, changes)
    for names, heading in (
        ([edit.says for edit in found.idle], "edits that change no decision"),
        ([edit.says for edit in found.edits if not edit.decides], "edits of what is said or claimed"),
        (found.restarted, "budgets that start at zero, under a counter of their own"),
    ):
        if names:
            output.print()
            output.print(Text(heading, style="bold"))
            for name in names:
                output.print(Text(f"  {name}"))
    if found.more:
        output.print(Text("\nthere are more changes than are shown here", style="yellow"))


def _grouped(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes by the edits that are behind them."""
    found: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        found.setdefault(tuple(edit.says for edit in change.edits), []).append(change)
    return list(found.values())


def _tell_group(output: Console, changes: Sequence[Change]) -> None:
    first = changes[0]
    for edit in first.edits:
        line = Text(f"  {edit.says}")
        line.append(f"  {edit.place}", style="dim")
        output.print(line)
    shown: dict[str, Change] = {}
    for change in changes:
        shown.setdefault(change.kind, change)
    output.print(Text(f"    {first.says}"))
    others = [kind.replace("_", " ") for kind in shown if kind != first.kind]
    if others:
        output.print(Text(f"    Likewise: {', '.join(others)}.", style="dim"))
    for change in changes:
        if not change.reproduced:
            output.print(Text(f"    the packs decide this otherwise: please report it, with both\n      {change.says}", style="magenta"))
    output.print(Text("    for cases.yaml:", style="dim"))
    output.print(Text("      " + first.case.replace("\n", "\n      ")), soft_wrap=True)


def _data(found: Comparison, *, fine: bool) -> dict[str, Any]:
    def edit_data(edit: Any) -> dict[str, Any]:
        return {
            "noun": edit.noun,
            "name": edit.name,
            "change": edit.change,
            "details": list(edit.details),
            "place": edit.place,
            "decides": edit.decides,
        }

    return {
        "ok": fine and not found.defects, "verdict": found.verdict, "looser": found.looser, "stricter": found.stricter,
        "edits": [edit_data(edit) for edit in found.edits],
        "changes": [
            {
                "kind": change.kind, "direction": "looser" if change.looser else "stricter", "guardrails": list(change.guardrails),
                "edits": [edit_data(edit) for edit in change.edits], "says": change.says, "case": change.case, "reproduced": change.reproduced,
            }
            for change in found.changes
        ],
        "idle": [edit_data(edit) for edit in found.idle], "restarted": list(found.restarted), "more": found.more,
    }  # fmt: skip
