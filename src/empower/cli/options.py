"""`empower options`: what can be done for a customer right now."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from empower.checked import CheckedPack
from empower.cli import inputs, screen
from empower.cli.inputs import as_json_option
from empower.cli.ledger import opened_ledger
from empower.cli.screen import COLOURS, OK, USAGE, Wrong, money, words
from empower.decide import Guard
from empower.decision import Decision, Left, Nudge, Option
from empower.money import plain_money
from empower.noun import frozen
from empower.request import SUBJECTS, look_up


@frozen
class Possible:
    """What there is to say about a situation."""

    options: tuple[Option, ...]
    others: tuple[Decision, ...]
    """Of every kind that is not among the options: the answer to the least of it."""
    left: tuple[Left, ...]
    nudges: tuple[Nudge, ...]


@click.command("options", short_help="What can be done for a customer now.")
@click.argument("pack")
@click.option("--context", metavar="JSON", help="The facts: JSON, @FILE or @-.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="One fact on top of them; may be repeated.")
@click.option("--role", metavar="ROLE", help="In which role it is asked; by 'you', unless the context says by whom.")
@click.option("--now", metavar="INSTANT", help="As at this instant, local to the pack's zone: '2026-11-18 12:00'.")
@click.option(
    "--ledger", metavar="ADDRESS", help="With what this ledger holds, such as sqlite:///till.db.  [default: nothing was given yet]"
)
@as_json_option
def options_command(
    *, pack: str, context: str | None, facts: tuple[str, ...], role: str | None, now: str | None, ledger: str | None, as_json: bool
) -> int:
    """Show what can be done for a customer right now under PACK: each kind of action up to its limit, then the menu.

    For what cannot be done at once it shows what to find out, or who can say yes; then what is left of the budgets. Nothing is reserved.
    Exit codes: 0 done, 1 the pack has problems, 2 called wrongly, 3 the facts cannot be read, 4 the ledger cannot be read.
    """
    checked = inputs.loaded(pack)
    if now is not None and ledger is not None:
        raise Wrong(USAGE, "usage", "--now: a ledger has a clock of its own", "leave out one of them")
    at = inputs.read_now(now, checked)
    instant = time.time_ns() // 1_000_000 if at is None else at
    known = inputs.with_facts(inputs.read_context(context), checked, facts=facts, role=role, at=instant)
    if ledger is None:
        possible = _possible(Guard(checked, clock=lambda: instant), known)
    else:
        with opened_ledger(ledger) as store:
            possible = _possible(Guard(checked, store), known)
    if as_json:
        screen.say_json(_possible_dict(possible))
    else:
        _show(screen.console(), possible, checked)
    return OK


def _possible(guard: Guard, context: Any) -> Possible:
    options = guard.options(context)
    kinds = [kind for kind in guard.rules.checked.kinds.values() if not any(option.action["kind"] == kind.name for option in options)]
    currency = guard.rules.checked.currency
    least = [{"kind": kind.name} | ({"amount": plain_money(kind.amount[0], currency)} if kind.amount else {}) for kind in kinds]
    subjects = {name: found for name, path in SUBJECTS.items() if (found := look_up(context, path)) is not None}
    known_role = subjects.get("role") in guard.rules.checked.roles.everyone()
    left = guard.left(**subjects) if known_role else ()
    return Possible(options, tuple(guard.preview(action, context) for action in least), left, guard.nudges(context))


# ------------------------------------------------------------------------------------------------ for a person


def _show(console: Console, possible: Possible, pack: CheckedPack) -> None:
    if not possible.options:
        console.print(Text("nothing can be given at once", style="bold"))
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name, justify in (("answer", "left"), ("what", "left"), ("at most", "right")):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("first, or why not", style="dim", overflow="fold")
    for option in possible.options:
        amount = option.action.get("amount")
        most = money(None if amount is None else Decimal(amount), pack.currency)
        table.add_row(Text("yes", style=f"bold {COLOURS['allow']}"), option.title, most, "\n".join(need.question for need in option.needs))
    for decision in possible.others:
        outcome = words(decision.outcome) + (f" to {words(decision.who)}" if decision.who else "")
        table.add_row(Text(outcome, style=f"bold {COLOURS[decision.outcome]}"), _title(decision, pack), "", _why_not(decision))
    console.print(table)
    lines = list(_about_budgets(possible, pack))
    if lines:
        console.print()
    for line in lines:
        console.print(line)


def _title(decision: Decision, pack: CheckedPack) -> str:
    return pack.kinds[decision.kind].title.get(pack.languages[0], words(decision.kind))


def _why_not(decision: Decision) -> str:
    if decision.needs:
        return "\n".join(need.question for need in decision.needs[0])
    return decision.reasons[0].staff if decision.reasons else ""


def _about_budgets(possible: Possible, pack: CheckedPack) -> Iterator[Text]:
    for left in possible.left:
        amount = money(left.left, pack.currency)
        times = "" if left.times_left is None else f"{left.times_left} more time{'s' if left.times_left != 1 else ''}"
        told = ", ".join(part for part in (amount, times) if part) or "as much as other facts say"
        title = pack.about[left.budget].title.get(pack.languages[0], left.budget)
        yield Text.assemble(("left  ", "dim"), f"{told}: {title}")
    for nudge in possible.nudges:
        yield Text.assemble(("note  ", "dim"), nudge.text)


# ------------------------------------------------------------------------------------------------ data


def _possible_dict(possible: Possible) -> dict[str, Any]:
    return {
        "options": [_option_dict(option) for option in possible.options],
        "others": [decision.to_dict() for decision in possible.others],
        "left": [_left_dict(left) for left in possible.left],
        "nudges": [{"budget": each.budget, "left": each.left, "until": each.until, "text": each.text} for each in possible.nudges],
    }


def _option_dict(option: Option) -> Mapping[str, Any]:
    needs = [{"fact": need.fact, "question": need.question, "supplied_by": need.supplied_by} for need in option.needs]
    return {"action": dict(option.action), "title": option.title, "id": option.id, "because": option.because, "needs": needs}


def _left_dict(left: Left) -> Mapping[str, Any]:
    amounts = {
        name: None if amount is None else str(amount)
        for name, amount in (("spent", left.spent), ("limit", left.limit), ("left", left.left))
    }
    return {"budget": left.budget, **amounts, "times": left.times, "times_left": left.times_left, "until": left.until}
