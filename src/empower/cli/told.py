"""One decision, told to a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from empower.checked import CheckedPack
from empower.cli.screen import COLOURS, money, words
from empower.decision import Decision, Option
from empower.money import to_decimal


def show_decision(screen: Console, decision: Decision, pack: CheckedPack, language: str) -> None:
    """Outcome and limit, both voices, and why; what to ask and what to offer instead."""
    screen.print(headline(decision, pack))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in _lines(decision, pack, language):
        grid.add_row(f"  {name}", Text(text))
    screen.print(grid)


def headline(decision: Decision, pack: CheckedPack) -> Text:
    """The outcome in colour, with what it is about."""
    text = Text(words(decision.outcome), style=f"bold {COLOURS[decision.outcome]}")
    if decision.who:
        text.append(f" to {words(decision.who)}")
    title = pack.kinds[decision.kind].title.get(pack.languages[0], decision.kind) if decision.kind in pack.kinds else decision.kind
    text.append(f"  {title}", style="not bold default")
    amount = decision.amount if decision.asked is None or decision.allowed else to_decimal(decision.asked, pack.currency)
    text.append(f" {money(amount, pack.currency)}", style="not bold default")
    return text


def _lines(decision: Decision, pack: CheckedPack, language: str) -> Iterator[tuple[str, str]]:
    voices = decision.told(language)
    yield "staff", voices.staff
    yield "customer", voices.customer
    if decision.limit is not None:
        yield "limit", money(decision.limit, pack.currency)
    for alternative in decision.needs:
        yield "find out", ", ".join(need.fact for need in alternative)
    for reason in decision.reasons:
        if reason.value:
            yield "because", f"{reason.guardrail}: {reason.value}"
    for option in decision.options:
        yield "instead", option_text(option)
    for duty in decision.obligations:
        if not (duty.binding and duty.certain):  # those are in the words to staff
            yield ("advice" if duty.certain else "perhaps"), duty.text


def option_text(option: Option) -> str:
    """An option as a person would type it."""
    action: dict[str, Any] = dict(option.action)
    rest = {name: value for name, value in action.items() if name not in ("kind", "amount")}
    amount = f" {action['amount']}" if "amount" in action else ""
    extra = "".join(f", {name} {value}" for name, value in rest.items())
    return f"{option.title} ({action['kind']}{amount}{extra})" if option.title != action["kind"] else f"{action['kind']}{amount}{extra}"
