"""The commands."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from empower.cases import read_cases
from empower.cli import inputs, screen
from empower.cli.inputs import as_json_option
from empower.cli.ledger import ledger_group
from empower.cli.prove import prove
from empower.cli.screen import OK, Wrong
from empower.cli.summary import show_end, show_summary, summary_dict
from empower.cli.told import show_decision
from empower.compile import compile_pack, load_pack
from empower.decide import Guard
from empower.demo import PACK, Decided, Replay, Request, read_requests, summarize
from empower.errors import EmpowerError, MalformedRequest
from empower.problems import PackError
from empower.version import __version__

DECIDE_EPILOG = """\b
Exit codes: 0 allow, 10 needs_info, 11 escalate, 12 deny; 1 the pack has
            problems, 2 called wrongly, 3 the request cannot be read.

\b
Examples:
  empower decide online-retail --action 'refund 12.50' --role associate \\
      --fact customer.category=vip --fact flags=none --fact item.code=22423
  empower decide my/pack --action @action.json --context @context.json --json
"""


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="empower %(version)s")
@click.pass_context
def app(context: click.Context) -> int:
    """What front-line people may give away, decided on the spot: a no is never a dead end, and a limit is never exceeded."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return OK


# ------------------------------------------------------------------------------------------------ check


@app.command(short_help="Check packs.")
@click.argument("packs", nargs=-1, required=True, metavar="PACK...")
@as_json_option
def check(*, packs: tuple[str, ...], as_json: bool) -> int:
    """Check packs, and show every problem at its place.

    PACK is a folder with a `pack.yaml`, that file, or the name of a pack that is shipped. Exit codes: 0 all are fine, 1 a pack has
    problems, 2 called wrongly.
    """
    reports = [_checked(name) for name in packs]
    fine = all(report["ok"] for report in reports)
    if as_json:
        screen.say_json({"ok": fine, "packs": [{key: value for key, value in report.items() if key != "shown"} for report in reports]})
    else:
        screen.say("\n".join(report["shown"] for report in reports))
    return OK if fine else screen.PACK_PROBLEMS


def _checked(name: str) -> dict[str, Any]:
    path = inputs.find_pack(name)
    try:
        pack = load_pack(path)
        cases = len(read_cases(pack))
    except PackError as error:
        return {"pack": name, "ok": False, **inputs.problems_of(error), "shown": str(error)}
    counts = {
        "rules": len(pack.rules) + len(pack.duties), "caps": len(pack.caps), "budgets": len(pack.budgets), "offers": len(pack.menu),
        "claims": len(pack.claims), "cases": cases,
    }  # fmt: skip
    identity = {"name": pack.pack.name, "version": pack.pack.document.version, "digest": pack.pack.digest}
    told = ", ".join(f"{count} {what if count != 1 else what[:-1]}" for what, count in counts.items())
    return {
        "pack": name,
        "ok": True,
        **identity,
        **counts,
        "problems": [],
        "shown": f"ok: {identity['name']} {identity['version']}, {told}",
    }


# ------------------------------------------------------------------------------------------------ decide


@app.command(short_help="Decide one request.", epilog=DECIDE_EPILOG)
@click.argument("pack")
@click.option("--action", required=True, metavar="ACTION", help="JSON, @FILE, @- for standard input, or short: 'refund 12.50'.")
@click.option("--context", metavar="JSON", help="The facts: JSON, @FILE or @-.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="One fact on top of them; may be repeated.")
@click.option("--role", metavar="ROLE", help="In which role it is asked; by 'you', unless the context says by whom.")
@click.option("--key", metavar="KEY", help="The key of the wish.  [default: a fresh one]")
@click.option("--preview", is_flag=True, help="Ask without a key; nothing is reserved, not even in memory.")
@click.option("--strict", is_flag=True, help="Refuse facts that the pack does not declare.")
@click.option("--now", metavar="INSTANT", help="Decide as at this instant, local to the pack's zone: '2026-11-18 12:00'.")
@click.option("--language", metavar="CODE", help="The language of what is said.  [default: the pack's first]")
@as_json_option
def decide(
    *,
    pack: str,
    action: str,
    context: str | None,
    facts: tuple[str, ...],
    role: str | None,
    key: str | None,
    preview: bool,
    strict: bool,
    now: str | None,
    language: str | None,
    as_json: bool,
) -> int:
    """Decide one request under PACK, against an empty ledger in memory.

    PACK is a folder with a `pack.yaml`, that file, or the name of a pack that is shipped.
    """
    checked = inputs.loaded(pack)
    language = inputs.chosen("a language", language, checked.languages, checked.languages[0])
    at = inputs.read_now(now, checked)
    instant = time.time_ns() // 1_000_000 if at is None else at
    wish = inputs.read_action(action)
    known = inputs.with_facts(inputs.read_context(context), checked, facts=facts, role=role, at=instant)
    guard = Guard(checked, clock=lambda: instant, strict=strict)
    decision = guard.preview(wish, known) if preview else guard.decide(wish, known, key=key)
    if as_json:
        screen.say(decision.to_json())
    else:
        show_decision(screen.console(), decision, checked, language)
    return screen.OUTCOME_CODES[decision.outcome]


# ------------------------------------------------------------------------------------------------ demo


@app.command(short_help="Decide 778 real refund requests.")
@click.option(
    "--pack", metavar="PACK", default=PACK, show_default=True, help="Decide under another pack: a path, or the name of a shipped one."
)
@click.option("--role", metavar="ROLE", help="In which role everything is decided.  [default: the lowest of the pack]")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N requests.")
@click.option("--language", metavar="CODE", help="The language in which customers are answered.  [default: the pack's first]")
@as_json_option
def demo(*, pack: str, role: str | None, limit: int | None, language: str | None, as_json: bool) -> int:
    """Decide 778 real refund requests of an online shop, and show what came of them.

    The requests are shipped: Online Retail, Daqing Chen, UCI Machine Learning Repository, doi 10.24432/C5BW33, CC BY 4.0. Each is decided
    at its own time and confirmed where it was allowed, against a ledger in memory. Exit codes: 0 done, 1 the pack has problems, 2 called
    wrongly.
    """
    checked = inputs.loaded(pack)
    language = inputs.chosen("a language", language, checked.languages, checked.languages[0])
    role = inputs.chosen("a role", role, checked.roles.everyone(), checked.roles.ladder[0])
    output = screen.console()
    rules = compile_pack(checked)
    decided, nanoseconds = _replayed(Replay.under(rules, role), read_requests(limit), output, quiet=as_json)
    summary = summarize(rules, role, decided)
    if as_json:
        screen.say_json(summary_dict(summary, language))
    else:
        show_summary(output, summary, checked, language)
        show_end(output, len(decided), nanoseconds)
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


# ------------------------------------------------------------------------------------------------ the whole

app.add_command(ledger_group)
app.add_command(prove)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code. Whatever can be foreseen ends in a sentence, never in a traceback."""
    screen.prepare()
    given = list(sys.argv[1:] if arguments is None else arguments)
    code: object = OK
    try:
        try:
            code = app.main(args=given, prog_name="empower", standalone_mode=False)
        except (click.ClickException, click.Abort, EmpowerError, Wrong, KeyboardInterrupt) as error:
            code = screen.complain(_wrong(error), as_json="--json" in given)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the answer has gone, and there is nobody left to tell; nor may Python try again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code if isinstance(code, int) else OK


def _wrong(error: BaseException) -> Wrong:
    """What went wrong, in the words and with the exit code of the command line."""
    match error:
        case Wrong():
            return error
        case click.ClickException():
            return _usage(error)
        case MalformedRequest():
            return inputs.malformed(error)
        case EmpowerError():
            return Wrong(screen.UNAVAILABLE, "failed", str(error))
        case _:
            return Wrong(screen.INTERRUPTED, "interrupted", "stopped")


def _usage(error: click.ClickException) -> Wrong:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "empower"
    message = error.format_message()
    return Wrong(
        screen.USAGE, "usage", f"{message[:1].lower()}{message[1:]}".removesuffix("."), f"`{command} --help` says how it is called"
    )


__all__ = ["app", "main"]
