"""The commands."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Sequence

import click

from empower.cli import inputs, screen
from empower.cli.check import check_command
from empower.cli.demo import demo_command
from empower.cli.diff import diff_command
from empower.cli.explain import explain_command
from empower.cli.fmt import fmt_command
from empower.cli.inputs import as_json_option
from empower.cli.ledger import ledger_group
from empower.cli.lint import lint_command
from empower.cli.new import new_command
from empower.cli.options import options_command
from empower.cli.prove import prove
from empower.cli.schema import schema_command
from empower.cli.screen import OK, Wrong
from empower.cli.test import test_command
from empower.cli.told import show_decision
from empower.cli.types import types_command
from empower.decide import Guard
from empower.errors import EmpowerError, MalformedRequest
from empower.problems import did_you_mean
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
    wish = inputs.read_action(action, checked)
    known = inputs.with_facts(inputs.read_context(context), checked, facts=facts, role=role, at=instant)
    guard = Guard(checked, clock=lambda: instant, strict=strict)
    decision = guard.preview(wish, known) if preview else guard.decide(wish, known, key=key)
    if as_json:
        screen.say(decision.to_json())
    else:
        show_decision(screen.console(), decision, checked, language)
    return screen.OUTCOME_CODES[decision.outcome]


# ------------------------------------------------------------------------------------------------ the whole

app.add_command(demo_command)
app.add_command(diff_command)
app.add_command(explain_command)
app.add_command(check_command)
app.add_command(fmt_command)
app.add_command(ledger_group)
app.add_command(new_command)
app.add_command(options_command)
app.add_command(schema_command)
app.add_command(test_command)
app.add_command(lint_command)
app.add_command(types_command)
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
    """What click says, as our sentences are: small at its beginning, without a full stop, and what was meant in the help."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "empower"
    message, _, meant = error.format_message().partition("Did you mean")
    message = f"{message[:1].lower()}{message[1:]}".rstrip(" .(")
    words = re.findall("'([^']+)'", meant)
    if isinstance(error, click.NoSuchOption):  # click finds some of them where nothing is alike
        words = [word for word in words if did_you_mean(error.option_name.lstrip("-"), [word.lstrip("-")]).startswith("did")]
    help_ = f"did you mean {screen.listed([repr(word) for word in words])}? " if words else ""
    if isinstance(error, click.MissingParameter) and context is not None:
        help_ = f"write `{context.get_usage().removeprefix('Usage: ')}`; "
    return Wrong(screen.USAGE, "usage", message, f"{help_}`{command} --help` says how it is called")


__all__ = ["app", "main"]
