"""What `empower demo` shows: the summary of a replay as tables and a few sentences, or as data."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from empower.checked import CheckedPack
from empower.cli.screen import COLOURS, money, words
from empower.cli.told import headline
from empower.demo import Decided, Kept, Line, Request, Spoke, Summary

BAR = 20
"""How many blocks stand for everything."""
GUARDRAILS_SHOWN = 8
SPOKEN = ("escalate", "needs_info", "deny")
WIDE = 100
"""From here on there is room for the sentence of a value, not only its name."""
NAMES = {"allow": "allowed at once", "escalate": "escalated", "needs_info": "needs info", "deny": "denied", "unreadable": "cannot be read"}


def show_summary(screen: Console, summary: Summary, pack: CheckedPack, language: str) -> None:
    """Everything, for a person."""
    _heading(screen, summary)
    _outcomes(screen, summary)
    _not_allowed(screen, summary)
    _guardrails(screen, summary.guardrails)
    _questions(screen, summary)
    screen.print(Text("\nThree of them in words" if len(summary.told) > 2 else "\nTold in words", style="bold"))
    for decided in summary.told:
        _tell(screen, decided, pack, language)
    _findings(screen, summary.findings)


def _heading(screen: Console, summary: Summary) -> None:
    total = summary.outcomes[-1].count
    screen.print(Text(f"{summary.pack} {summary.version}", style="bold"))
    screen.print(Text(f"“{summary.mission}”", style="italic"))
    screen.print(
        f"\n{total:,} {summary.source.name}, {_day(summary.first)} to {_day(summary.last)}, decided one by one as if one "
        f"{words(summary.role)} had stood before each customer."
    )


def _day(moment: datetime.datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _table(screen: Console, title: str) -> Table:
    screen.print(Text(f"\n{title}", style="bold"))
    return Table(box=box.SIMPLE, show_edge=False, pad_edge=False, header_style="dim", padding=(0, 1))


def _outcomes(screen: Console, summary: Summary) -> None:
    everything = summary.outcomes[-1]
    table = _table(screen, "What became of them")
    table.show_footer = True
    table.add_column("outcome", "all", no_wrap=True)
    table.add_column("requests", f"{everything.count:,}", justify="right", no_wrap=True)
    table.add_column("share", no_wrap=True)
    table.add_column("asked for", money(everything.asked, summary.currency), justify="right", no_wrap=True)
    table.add_column("given", money(everything.given, summary.currency), justify="right", no_wrap=True)
    for line in summary.outcomes[:-1]:
        table.add_row(*_outcome(line, everything, summary.currency))
        for role in summary.roles if line.name == "escalate" else ():
            table.add_row(f"  to {words(role.name)}", f"{role.count:,}", "", money(role.asked, summary.currency), "", style="dim")
    screen.print(table)


def _outcome(line: Line, everything: Line, currency: str) -> tuple[Text | str, ...]:
    colour = COLOURS[line.name]
    share = Text(f"{_percent(line.count, everything.count):>6} ").append("█" * _blocks(line.count, everything.count), style=colour)
    given = money(line.given, currency) if line.given else ""
    return Text(NAMES[line.name], style=colour), str(line.count), share, money(line.asked, currency), given


def _percent(part: int, whole: int) -> str:
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


def _blocks(part: int, whole: int) -> int:
    return max(1, (2 * BAR * part + whole) // (2 * whole)) if part else 0


def _not_allowed(screen: Console, summary: Summary) -> None:
    held = sum(line.count for line in summary.outcomes[:-1] if line.name not in ("allow", "unreadable"))
    if not held:
        return
    others = held - summary.offered
    text = f"\nOf the {held} that were not allowed as asked, {summary.offered} came with something to offer then and there"
    text += f", {summary.partly} of them with a part of the money." if summary.partly else "."
    if others:
        why = "name no customer to whom anything could be offered" if others == summary.nobody else "had nothing to offer"
        text += f" The other {others} {why}."
    screen.print(text)


def _guardrails(screen: Console, spoke: Sequence[Spoke]) -> None:
    if not spoke:
        return
    table = _table(screen, "Which guardrails spoke")
    table.add_column("guardrail", no_wrap=True)
    table.add_column("kind", no_wrap=True, style="dim")
    for outcome in SPOKEN:
        table.add_column(words(outcome), justify="right", no_wrap=True, min_width=len(outcome))
    table.add_column("for the sake of")
    wide = screen.width >= WIDE
    for each in spoke[:GUARDRAILS_SHOWN]:
        counts = (str(each.outcomes.get(outcome, "")) for outcome in SPOKEN)
        table.add_row(each.name, words(each.effect), *counts, each.value if wide else each.because)
    screen.print(table)
    rest = spoke[GUARDRAILS_SHOWN:]
    if rest:
        screen.print(Text("and " + ", ".join(f"{each.name} ({each.count})" for each in rest), style="dim"))


def _questions(screen: Console, summary: Summary) -> None:
    if not summary.needs:
        return
    table = _table(screen, "What had to be asked")
    table.add_column("times", justify="right", no_wrap=True)
    table.add_column("question")
    table.add_column("fact", no_wrap=True, style="dim")
    for fact, question, count in summary.needs:
        table.add_row(f"{count:,}", question, fact)
    screen.print(table)


def _tell(screen: Console, decided: Decided, pack: CheckedPack, language: str) -> None:
    decision = decided.decision
    if decision is None:
        return
    voices = decision.told(language)
    screen.print()
    screen.print(headline(decision, pack))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    grid.add_row("asked", Text(_request(decided, pack.currency)))
    grid.add_row("staff", Text(decision.say.staff))
    grid.add_row("customer", Text(f"“{voices.customer}”", style="italic"))
    screen.print(Padding(grid, (0, 0, 0, 2)))


def _request(decided: Decided, currency: str) -> str:
    request = decided.request
    if request.about("item.code") is None:
        return _at_the_door(request, currency)
    customer, item = request.context["customer"], request.context["item"]
    ago = item["bought_days_ago"]
    bought = "no purchase on record" if ago is None else f"bought {ago} day{'s' if ago != 1 else ''} ago"
    flags = [flag for flag in request.context["flags"] if flag != "no_purchase_seen"]
    parts = [
        f"{money(request.amount, currency)} for {item['quantity']} × {item['code']}, {bought}",
        f"{customer['category']} customer{'' if customer['id'] else ', not named'}, {customer['country']}",
        f"{request.at.day} {request.at:%B %Y, %H:%M} ({request.id})",
    ]
    return "; ".join([*parts, *(words(flag) for flag in flags)])


def _at_the_door(request: Request, currency: str) -> str:
    """As somebody who stands there would tell it; what is not known is left out."""
    amount = f" of {money(request.amount, currency)}" if request.amount else ""
    reason = f", {words(request.action['reason'])}" if "reason" in request.action else ""
    cost, customer = request.about("item.value"), request.context["customer"]
    parts = [
        f"{words(request.action['kind'])}{amount}{reason}",
        *([f"the item cost {money(Decimal(cost), currency)}"] if cost else []),
        f"{customer['category']} customer {customer['id']}, by {request.about('actor.id')}",
        f"{request.at.day} {request.at:%B %Y, %H:%M} ({request.id})",
    ]
    return "; ".join(parts)


def _findings(screen: Console, findings: Sequence[str]) -> None:
    if not findings:
        return
    screen.print(Text("\nWhat the data cannot say", style="bold"))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for text in findings:
        grid.add_row("•", text)
    screen.print(grid)


def show_kept(screen: Console, address: str, kept: Kept, currency: str, before: int) -> None:
    """What a durable ledger says of it, counted from its entries, and whether it was gone on with."""
    screen.print(Text("\nWhat the ledger holds", style="bold"))
    told = f"{address}: {kept.entries:,} entries, {kept.allowed:,} allowed, {kept.confirmed:,} confirmed with {money(kept.given, currency)} in all."
    screen.print(told, highlight=False)
    if before:
        screen.print(f"{before:,} requests were decided by an earlier run: they were not asked again, and nothing was given twice.")


def show_end(screen: Console, count: int, nanoseconds: int, source: str) -> None:
    """How fast it went, and whose data they are. The first line is the only one that differs from run to run."""
    seconds = Decimal(max(nanoseconds, 1)).scaleb(-9)
    rate = f": {int(count / seconds):,} a second on one core" if count else ""
    screen.print(f"\n{count} requests decided and settled in {seconds:.2f} s{rate}.", style="bold")
    screen.print(f"Data: {source}.", style="dim")
    screen.print("Next: `empower decide --help` asks about one request of yours; `empower check PACK` reads a pack of yours.", style="dim")


# ------------------------------------------------------------------------------------------------ data


def summary_dict(summary: Summary, language: str) -> dict[str, Any]:
    """The same, as plain data; nothing in it differs from run to run."""
    return {
        "pack": summary.pack, "version": summary.version, "currency": summary.currency, "role": summary.role, "source": summary.source.credit,
        "first": summary.first.isoformat(), "last": summary.last.isoformat(),
        "outcomes": {line.name: _line(line) for line in summary.outcomes},
        "escalated_to": {line.name: _line(line) for line in summary.roles},
        "partly": summary.partly, "offered": summary.offered, "nobody": summary.nobody,
        "guardrails": [
            {"id": spoke.name, "effect": spoke.effect, "because": spoke.because, "count": spoke.count, "outcomes": dict(spoke.outcomes)}
            for spoke in summary.guardrails
        ],
        "needs": [{"fact": fact, "question": question, "count": count} for fact, question, count in summary.needs],
        "told": list(_told(summary, language)), "findings": list(summary.findings),
    }  # fmt: skip


def kept_dict(kept: Kept) -> dict[str, Any]:
    """What a durable ledger says of it, as plain data."""
    return {"ledger": {"entries": kept.entries, "allowed": kept.allowed, "confirmed": kept.confirmed, "given": f"{kept.given:.2f}"}}


def _line(line: Line) -> dict[str, Any]:
    return {"count": line.count, "asked": f"{line.asked:.2f}", "given": f"{line.given:.2f}"}


def _told(summary: Summary, language: str) -> Iterator[dict[str, Any]]:
    for decided in summary.told:
        if decided.decision is not None:
            customer = decided.decision.told(language).customer
            yield {**decided.decision.to_dict(), "say": {"staff": decided.decision.say.staff, "customer": customer}}
