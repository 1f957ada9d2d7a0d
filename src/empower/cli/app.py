"""The commands."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from empower import __version__
from empower.cases import read_cases
from empower.checked import CheckedPack
from empower.cli.inputs import (
    chosen, find_pack, loaded, malformed, pack_problems, problems_of, read_action, read_context, read_now, with_facts,
)  # fmt: skip
from empower.cli.screen import INTERRUPTED, OK, OUTCOME_CODES, PACK_PROBLEMS, UNAVAILABLE, USAGE, Wrong, complain, console, prepare, say, say_json
from empower.cli.summary import show_end, show_summary, summary_dict
from empower.cli.told import show_decision
from empower.compile import compile_pack, load_pack
from empower.decide import Guard
from empower.decision import Decision
from empower.demo import PACK, Decided, Replay, Request, read_requests, summarize
from empower.errors import EmpowerError, MalformedRequest
from empower.problems import PackError

as_json_option = click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON; errors too.")
DECIDE_EPILOG = """\b
Exit codes: 0 allow, 10 needs_info, 11 escalate, 12 deny;
            1 the pack has problems, 2 called wrongly, 3 the request cannot be read.

\b
Examples:
  empower decide online-retail --action 'refund 12.50' --role associate \\
      --fact customer.category=vip --fact flags=none --fact item.bought_days_ago=12
  empower decide rules/grocery-doorstep --action @action.json --context @context.json --json
"""


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88})
@click.version_option(__version__, message="empower %(version)s")
@click.pass_context
def app(context: click.Context) -> int:
    """What front-line people may give away, decided on the spot: a no is never a dead end, and a limit is never exceeded."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return OK


@app.command()
@click.argument("packs", nargs=-1, required=True, metavar="PACK...")
@as_json_option
def check(packs: tuple[str, ...], as_json: bool) -> int:  # noqa: FBT001  (click hands flags over)
    """Check packs, and show every problem at its place.

    PACK is a folder with a `pack.yaml`, that file, or the name of a pack that is shipped. Exit codes: 0 all are fine, 1 a pack has
    problems, 2 called wrongly.
    """
    reports = [_checked(name) for name in packs]
    fine = all(report["ok"] for report in reports)
    if as_json:
        say_json({"ok": fine, "packs": [{key: value for key, value in report.items() if key != "shown"} for report in reports]})
    else:
        for report in reports:
            say(report["shown"])
    return OK if fine else PACK_PROBLEMS


def _checked(name: str) -> dict[str, Any]:
    path = find_pack(name)
    try:
        pack = load_pack(path)
        cases = len(read_cases(pack))
    except PackError as error:
        return {"pack": name, "ok": False, **problems_of(error), "shown": str(error)}
    counts = {
        "rules": len(pack.rules) + len(pack.duties), "caps": len(pack.caps), "budgets": len(pack.budgets), "offers": len(pack.menu),
        "claims": len(pack.claims), "cases": cases,
    }  # fmt: skip
    version = pack.pack.document.version
    shown = f"ok: {pack.pack.name} {version}, " + ", ".join(f"{count} {what if count != 1 else what[:-1]}" for what, count in counts.items())
    return {"pack": name, "ok": True, "name": pack.pack.name, "version": version, "digest": pack.pack.digest, **counts, "problems": [], "shown": shown}


@app.command(epilog=DECIDE_EPILOG)
@click.argument("pack")
@click.option("--action", required=True, metavar="ACTION", help="JSON, @FILE, @- for standard input, or short: 'refund 12.50'.")
@click.option("--context", metavar="JSON", help="The facts: JSON, @FILE or @-.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="One fact on top of them; may be repeated.")
@click.option("--role", help="The role of who asks; their id is 'you' unless the context says otherwise.")
@click.option("--key", help="The key of the wish.  [default: a fresh one]")
@click.option("--preview", is_flag=True, help="Ask without a key; nothing is reserved, not even in memory.")
@click.option("--strict", is_flag=True, help="Refuse facts that the pack does not declare.")
@click.option("--now", metavar="INSTANT", help="Decide as at this instant, local to the pack's zone: '2026-11-18 12:00'.")
@click.option("--language", help="What the customer hears.  [default: the pack's first language]")
@as_json_option
def decide(
    pack: str, action: str, context: str | None, facts: tuple[str, ...], role: str | None, key: str | None, preview: bool, strict: bool,  # noqa: FBT001
    now: str | None, language: str | None, as_json: bool,  # noqa: FBT001
) -> int:  # fmt: skip
    """Decide one request under PACK, against an empty ledger in memory.

    PACK is a folder with a `pack.yaml`, that file, or the name of a pack that is shipped.
    """
    checked = loaded(pack)
    language = chosen("a language", language, checked.languages, checked.languages[0])
    at = read_now(now, checked)
    guard = Guard(checked, clock=None if at is None else lambda: at, strict=strict)
    wish = read_action(action)
    known = with_facts(read_context(context), facts, role, checked, time.time_ns() // 1_000_000 if at is None else at)
    decision: Decision = guard.preview(wish, known) if preview else guard.decide(wish, known, key=key)
    if as_json:
        say(decision.to_json())
    else:
        show_decision(console(), decision, checked, language)
    return OUTCOME_CODES[decision.outcome]


@app.command()
@click.option("--pack", default=PACK, show_default=True, help="Decide under another pack: a path, or the name of one that is shipped.")
@click.option("--role", help="The role of the one who decides.  [default: the lowest of the pack]")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N requests.")
@click.option("--language", help="What the customers hear.  [default: the pack's first language]")
@as_json_option
def demo(pack: str, role: str | None, limit: int | None, language: str | None, as_json: bool) -> int:  # noqa: FBT001
    """Decide 778 real refund requests of an online shop, and show what came of them.

    The requests are shipped: Online Retail, Daqing Chen, UCI Machine Learning Repository, doi 10.24432/C5BW33, CC BY 4.0.
    """
    checked = loaded(pack)
    language = chosen("a language", language, checked.languages, checked.languages[0])
    role = chosen("a role", role, checked.roles.everyone(), checked.roles.ladder[0])
    screen = console()
    rules = compile_pack(checked)
    decided, nanoseconds = _replayed(Replay.under(rules, role), read_requests(limit), screen)
    summary = summarize(rules, role, decided)
    if as_json:
        say_json(summary_dict(summary, language))
        return OK
    show_summary(screen, summary, checked, language)
    show_end(screen, len(decided), nanoseconds)
    return OK


def _replayed(replay: Replay, requests: Sequence[Request], screen: Console) -> tuple[list[Decided], int]:
    """Every request decided, and the nanoseconds that deciding took; a bar shows how far it is, where there is a terminal."""
    decided = []
    spent = 0
    columns = (TextColumn("deciding"), BarColumn(bar_width=None), MofNCompleteColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("deciding", total=len(requests))
        for request in requests:
            start = time.perf_counter_ns()
            decided.append(replay.step(request))
            spent += time.perf_counter_ns() - start
            progress.advance(task)
    return decided, spent


# ------------------------------------------------------------------------------------------------ the whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code. Whatever can be foreseen ends in a sentence, never in a traceback."""
    prepare()
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    try:
        code = app.main(args=given, prog_name="empower", standalone_mode=False)
        return code if isinstance(code, int) else OK
    except click.ClickException as error:
        return complain(_usage(error), as_json=as_json)
    except Wrong as wrong:
        return complain(wrong, as_json=as_json)
    except PackError as error:
        return complain(pack_problems("", error), as_json=as_json)
    except MalformedRequest as error:
        return complain(malformed(error), as_json=as_json)
    except EmpowerError as error:
        return complain(Wrong(UNAVAILABLE, "failed", str(error)), as_json=as_json)
    except (click.Abort, KeyboardInterrupt):
        return complain(Wrong(INTERRUPTED, "interrupted", "stopped"), as_json=as_json)
    except BrokenPipeError:
        # Whoever read the answer has gone; there is nobody left to tell.
        sys.stdout = None  # type: ignore[assignment]
        return OK


def _usage(error: click.ClickException) -> Wrong:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "empower"
    message = error.format_message()
    return Wrong(USAGE, "usage", f"{message[:1].lower()}{message[1:]}".removesuffix("."), f"`{command} --help` says how it is called")


__all__ = ["CheckedPack", "app", "main"]
