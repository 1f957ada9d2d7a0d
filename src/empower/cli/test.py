"""`empower test`: the cases and examples of packs, decided."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from empower.cases import Example, read_cases, run_case
from empower.cli import inputs, screen
from empower.cli.coverage import (
    below,
    coverage_dict,
    coverage_options,
    show_coverage,
    show_suggested,
    suggested_dict,
    write_suggested,
)
from empower.cli.inputs import as_json_option
from empower.cli.junit import write_junit
from empower.cli.screen import OK, USAGE, Wrong
from empower.cli.tried import NO_CASES, Tried, show_tried, tried_dict
from empower.cli.watch import again_on_change, folders_of, one_answer
from empower.compile import compile_pack, load_pack
from empower.coverage import Coverage, cover
from empower.problems import PackError
from empower.suggest import suggest as suggest_cases

DIFFERENT = 1
"""Exit code where a case did not come out as expected, or a pack cannot be read."""


@click.command("test", short_help="Run the cases of packs.")
@click.argument("packs", nargs=-1, metavar="[PACK]...")
@click.option("-k", "text", metavar="TEXT", default="", help="Only cases with this text in their pack's name or in what they show.")
@click.option("--watch", is_flag=True, help="Run again whenever a file of a pack, or of its parents, changes.")
@click.option("--junit", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML, too.")
@coverage_options
@as_json_option
def test_command(
    *,
    packs: tuple[str, ...],
    text: str,
    watch: bool,
    junit: Path | None,
    coverage: bool,
    least: int | None,
    suggest: bool,
    write: bool,
    as_json: bool,
) -> int:
    """Run the cases and examples of packs, and show each that does not come out as expected.

    PACK is a folder with a `pack.yaml`, one of its files, a folder with packs below it, or the name of a pack that is shipped; without
    any, all packs below the current folder are meant. Exit codes: 0 all as expected, 1 not, or a pack has problems, or its cases reach too
    little, 2 called wrongly.
    """
    one_answer(watch=watch, as_json=as_json)
    _check_suggest(suggest=suggest, write=write, text=text, watch=watch)

    def run() -> tuple[int, set[Path]]:
        found = inputs.find_packs(packs)
        tried = [try_pack(called, path, text.lower()) for called, path in found.items()]
        if suggest:
            return _suggest(tried, write=write, as_json=as_json), set()
        _check_chosen(tried, text, watched=watch)
        if junit is not None:
            write_junit(junit, tried)
        covered = _covered(tried) if coverage or least is not None else []
        if as_json:
            screen.say_json({**tried_dict(tried), **({"coverage": [coverage_dict(each) for each in covered]} if covered else {})})
        else:
            show_tried(screen.console(), tried)
            show_coverage(screen.console(), covered, least)
        folders = {folder for path, each in zip(found.values(), tried, strict=True) for folder in folders_of(path, each.files)}
        fine = all(each.fine for each in tried) and not any(below(covered, least))
        return OK if fine else DIFFERENT, folders

    return again_on_change(run, screen.console()) if watch else run()[0]


def try_pack(called: str, path: Path, text: str = "") -> Tried:
    """Decide the cases of a pack that have this text, in lower case, in the name of their pack or in what they show."""
    try:
        checked = load_pack(path)
        examples = read_cases(checked)
    except PackError as error:
        return Tried(called, None, (), (), 0, error)
    rules = compile_pack(checked)
    results, nanoseconds = [], []
    for example in _chosen(checked.pack.name, examples, text):
        start = time.perf_counter_ns()
        results.append(run_case(rules, example))
        nanoseconds.append(time.perf_counter_ns() - start)
    return Tried(called, rules, tuple(results), tuple(nanoseconds), len(examples), None)


def _covered(tried: Sequence[Tried]) -> list[Coverage]:
    return [cover(each.rules.checked, each.results) for each in tried if each.rules is not None]


def _suggest(tried: Sequence[Tried], *, write: bool, as_json: bool) -> int:
    """Cases for what is not reached; of packs that cannot be read, what is wrong with them."""
    suggested = [suggest_cases(each) for each in _covered(tried)]
    unread = [each for each in tried if each.error is not None]
    if as_json:
        screen.say_json({"ok": not unread, "packs": [suggested_dict(each) for each in suggested]})
    elif write:
        write_suggested(screen.console(), suggested)
    else:
        show_suggested(screen.console(sys.stderr), suggested)
    if unread and not as_json:
        show_tried(screen.console(sys.stderr), unread)
    return DIFFERENT if unread else OK


def _check_suggest(*, suggest: bool, write: bool, text: str, watch: bool) -> None:
    if write and not suggest:
        raise Wrong(USAGE, "usage", "--write has nothing to write", "it goes with --suggest")
    if suggest and (text or watch):
        raise Wrong(USAGE, "usage", f"{'-k' if text else '--watch'} does not go with --suggest", "what is missing shows in all cases, once")


def _chosen(name: str, examples: Sequence[Example], text: str) -> list[Example]:
    return [example for example in examples if text in f"{name}: it {example.it} {example.rule}".lower()]


def _check_chosen(tried: Sequence[Tried], text: str, *, watched: bool) -> None:
    """A run without any case is no success; whoever waits for changes may write the first one now."""
    if watched or any(each.results or each.error for each in tried):
        return
    if any(each.cases for each in tried):
        raise Wrong(USAGE, "usage", f"-k: no case has '{text}' in the name of its pack or in what it shows", "leave it out to run them all")
    named = ", ".join(each.name for each in tried)
    raise Wrong(USAGE, "usage", f"there are no cases for {named}", NO_CASES)
