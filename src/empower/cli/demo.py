"""`empower demo`: requests that are shipped, decided one by one, and what came of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from empower.cli import inputs, screen
from empower.cli.inputs import as_json_option
from empower.cli.screen import OK
from empower.cli.summary import kept_dict, show_end, show_kept, show_summary, summary_dict
from empower.compile import compile_pack
from empower.demo import PACK, Decided, Kept, Replay, Request, requests_for, summarize


@click.command("demo", short_help="Decide 778 real refund requests.")
@click.option(
    "--pack", metavar="PACK", default=PACK, show_default=True, help="Decide under another pack: a path, or the name of a shipped one."
)
@click.option("--role", metavar="ROLE", help="In which role everything is decided.  [default: the lowest of the pack]")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N requests.")
@click.option("--ledger", metavar="ADDRESS", help="Keep it in a durable ledger, such as sqlite:///demo.db, and go on where it was.")
@click.option("--language", metavar="CODE", help="The language in which customers are answered.  [default: the pack's first]")
@as_json_option
def demo_command(*, pack: str, role: str | None, limit: int | None, ledger: str | None, language: str | None, as_json: bool) -> int:
    """Decide 778 real refund requests of an online shop, and show what came of them.

    The requests are shipped: Online Retail, Daqing Chen, UCI Machine Learning Repository, doi 10.24432/C5BW33, CC BY 4.0. For the pack
    grocery-doorstep there are 588 that were made up. Each is decided at its own time and confirmed where it was allowed, against a ledger in
    memory or the one that is named. Exit codes: 0 done, 1 the pack has problems, 2 called wrongly, 4 the ledger cannot be used.
    """
    checked = inputs.loaded(pack)
    language = inputs.chosen("a language", language, checked.languages, checked.languages[0])
    role = inputs.chosen("a role", role, checked.roles.everyone(), checked.roles.ladder[0])
    output = screen.console()
    rules = compile_pack(checked)
    source = requests_for(checked.pack.name, limit)
    requests = source.requests
    replay, before = Replay.resumed(rules, role, ledger, requests) if ledger else (Replay.under(rules, role), [])
    with closing(replay.guard.ledger):
        decided, nanoseconds = _replayed(replay, requests[len(before) :], output, quiet=as_json)
        kept = Kept.of(replay.guard.ledger, checked.currency)
    summary = summarize(rules, role, source, [*before, *decided])
    if as_json:
        screen.say_json({**summary_dict(summary, language), **(kept_dict(kept) if ledger else {})})
    else:
        show_summary(output, summary, checked, language)
        if ledger:
            show_kept(output, ledger, kept, summary.currency, len(before))
        show_end(output, len(decided), nanoseconds, source.credit)
    return OK


def _replayed(replay: Replay, requests: Sequence[Request], output: Console, *, quiet: bool) -> tuple[list[Decided], int]:
    """Every request decided, and the nanoseconds that deciding took; a bar shows how far it is, where there is a terminal."""
    decided = []
    spent = 0
    columns = (TextColumn("deciding"), BarColumn(bar_width=None), MofNCompleteColumn())
    with Progress(*columns, console=output, transient=True, disable=quiet or not output.is_terminal) as progress:
        task = progress.add_task("deciding", total=len(requests))
        for request in requests:
            start = time.perf_counter_ns()
            decided.append(replay.step(request))
            spent += time.perf_counter_ns() - start
            progress.advance(task)
    return decided, spent
