"""`empower test`: the cases and examples of packs, decided."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click

from empower.cases import Example, read_cases, run_case
from empower.cli import inputs, screen
from empower.cli.inputs import as_json_option
from empower.cli.junit import write_junit
from empower.cli.screen import OK, USAGE, Wrong
from empower.cli.tried import NO_CASES, Tried, show_tried, tried_dict
from empower.cli.watch import again_on_change, folders_of, one_answer
from empower.compile import compile_pack, load_pack
from empower.problems import PackError

DIFFERENT = 1
"""Exit code where a case did not come out as expected, or a pack cannot be read."""


@click.command("test", short_help="Run the cases of packs.")
@click.argument("packs", nargs=-1, metavar="[PACK]...")
@click.option("-k", "text", metavar="TEXT", default="", help="Only cases with this text in their pack's name or in what they show.")
@click.option("--watch", is_flag=True, help="Run again whenever a file of a pack, or of its parents, changes.")
@click.option("--junit", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML, too.")
@as_json_option
def test_command(*, packs: tuple[str, ...], text: str, watch: bool, junit: Path | None, as_json: bool) -> int:
    """Run the cases and examples of packs, and show each that does not come out as expected.

    PACK is a folder with a `pack.yaml`, one of its files, a folder with packs below it, or the name of a pack that is shipped; without
    any, all packs below the current folder are meant. Exit codes: 0 all as expected, 1 not, or a pack has problems, 2 called wrongly.
    """
    one_answer(watch=watch, as_json=as_json)

    def run() -> tuple[int, set[Path]]:
        found = inputs.find_packs(packs)
        tried = [try_pack(called, path, text.lower()) for called, path in found.items()]
        _check_chosen(tried, text, watched=watch)
        if junit is not None:
            write_junit(junit, tried)
        screen.say_json(tried_dict(tried)) if as_json else show_tried(screen.console(), tried)
        folders = {folder for path, each in zip(found.values(), tried, strict=True) for folder in folders_of(path, each.files)}
        return OK if all(each.fine for each in tried) else DIFFERENT, folders

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
