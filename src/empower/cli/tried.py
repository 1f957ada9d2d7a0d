"""What came of the cases of a pack, told to a person: a line for each pack that is fine, and for each case that is not what differs and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from empower.cases import Difference, Example, Result
from empower.cli import inputs
from empower.cli.screen import COLOURS, words
from empower.compile import Rules
from empower.decision import Decision, Reason
from empower.noun import frozen
from empower.problems import PackError

_IN_ORDER = ("offers",)
_LISTS = ("guardrails", "duties", "advice", "offers", "needs")
NO_CASES = "write what you expect into `cases.yaml` beside the pack, such as `- {it: gives five back, action: refund 5, expect: allow}`"


@frozen
class Tried:
    """A pack whose cases were decided."""

    called: str
    """The path or name by which it was asked for."""
    rules: Rules | None
    """None: the pack, or a case, cannot be read."""
    results: tuple[Result, ...]
    """Of the cases that were chosen, in the order in which they are written."""
    nanoseconds: tuple[int, ...]
    """How long each of them took."""
    cases: int
    """How many cases and examples there are, chosen or not."""
    error: PackError | None

    @property
    def name(self) -> str:
        """The pack's own name, as far as it is known."""
        return self.called if self.rules is None else self.rules.checked.pack.name

    @property
    def failed(self) -> tuple[Result, ...]:
        """The cases that did not come out as expected."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def fine(self) -> bool:
        """Whether it could be read, and every case that was chosen came out as expected."""
        return self.error is None and not self.failed

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that was read, or that should have been: the parents' too."""
        return tuple(self.error.sources if self.error is not None else self.rules.checked.pack.sources if self.rules is not None else ())


def show_tried(screen: Console, packs: Sequence[Tried]) -> None:
    """Everything, for a person."""
    for tried in packs:
        if tried.error is not None:
            screen.print(Text.assemble(("cannot be read", "bold red"), f": {tried.called}"), soft_wrap=True)
            screen.print(Text(str(tried.error)), soft_wrap=True)
            screen.print()
        elif tried.failed:
            told = f": {tried.name}, {len(tried.failed)} of {_counted(len(tried.results))}"
            screen.print(Text.assemble(("not as expected", "bold red"), told), soft_wrap=True)
            for result in tried.failed:
                _show_failed(screen, result)
            screen.print()
        elif not tried.cases:
            screen.print(Text.assemble(("no cases", "bold yellow"), f": {tried.name}"), soft_wrap=True)
            screen.print(Text.assemble("  ", ("help", "bold"), f": {NO_CASES}"), soft_wrap=True)
        elif tried.results:
            screen.print(Text.assemble(("ok", "bold green"), f": {tried.name}, {_counted(len(tried.results))}"), soft_wrap=True)
    screen.print(_sum(packs), soft_wrap=True)


def _counted(count: int, what: str = "case") -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def _sum(packs: Sequence[Tried]) -> Text:
    results = [result for tried in packs for result in tried.results]
    failed = sum(not result.passed for result in results)
    unread = sum(tried.error is not None for tried in packs)
    parts = [f"{_counted(len(results))} in {_counted(len(packs), 'pack')}"]
    parts += [f"{failed} not as expected"] if failed else ["all as expected"] if results and not unread else []
    parts += [f"{_counted(unread, 'pack')} cannot be read"] if unread else []
    return Text(": ".join([parts[0], ", ".join(parts[1:])]) if parts[1:] else parts[0], style="bold red" if failed or unread else "bold")


# ------------------------------------------------------------------------------------------------ one case


def _show_failed(screen: Console, result: Result) -> None:
    example = result.example
    screen.print()
    screen.print(Text.assemble((f"{example.span.file}:{example.span.line}", "bold"), f": it {example.it}"), soft_wrap=True)
    screen.print(Text(f"  asked    {asked(example)}", style="dim"), soft_wrap=True)
    if result.decision is None:
        screen.print(Text(f"  {result.apart[0].found}".replace("\n", "\n  ")), soft_wrap=True)
        return
    screen.print(Padding(_table_of(result.apart), (0, 0, 0, 2)))
    for line in why(result.decision):
        screen.print(Text("  ").append_text(line), soft_wrap=True)


def asked(example: Example) -> str:
    """What a case asks for, in a few words: `refund 40 as driver, approved by manager`."""
    action = dict(example.action)
    words_ = [str(action.pop("kind", "")), str(action.pop("amount", "")), *(f"{name}={value}" for name, value in action.items())]
    actor = example.context.get("actor")
    role = actor.get("role") if isinstance(actor, dict) else None
    by = f", approved by {example.approval.by.get('role', 'somebody')}" if example.approval is not None else ""
    return " ".join(word for word in words_ if word) + (f" as {role}" if role else "") + by


def _table_of(apart: Sequence[Difference]) -> Table:
    """What differs, side by side; of lists only what one of them lacks."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("", style="dim", no_wrap=True)
    table.add_column("expected", style="green", overflow="fold")
    table.add_column("found", style="red", overflow="fold")
    for difference in apart:
        table.add_row(difference.what, *without_common(difference))
    return table


def without_common(difference: Difference) -> tuple[str, str]:
    """Both sides of a difference; of lists whose order says nothing, what they share is left out."""
    expected, found = difference.expected, difference.found
    if difference.what not in _LISTS or difference.what in _IN_ORDER or "none" in (expected, found):
        return (words(expected), words(found)) if difference.what in ("outcome", "who") else (expected, found)
    left, right = expected.split(", "), found.split(", ")
    shared = [name for name in left if name in right]
    also = f" (and {', '.join(shared)})" if shared else ""
    sides = ([name for name in left if name not in shared], [name for name in right if name not in shared])
    return ", ".join(sides[0]) + also, ", ".join(sides[1]) + also


def why(decision: Decision) -> Iterator[Text]:
    """The guardrails that spoke, each with what it met; then what has to be found out."""
    for reason in decision.reasons:
        place = f"  ({reason.place})" if reason.place else ""
        yield Text.assemble("because  ", (reason.guardrail, f"bold {COLOURS[reason.outcome]}"), f": {met(reason)}", (place, "dim"))
    for alternative in decision.needs:
        yield Text(f"find out {', '.join(need.fact for need in alternative)}")
    if not decision.reasons and not decision.needs:
        yield Text("because  no guardrail stood in the way" if decision.allowed else f"because  {decision.say.staff}")


def met(reason: Reason) -> str:
    """What a guardrail met: the value, its bound and the gap; the other comparisons behind it; else its own words."""
    parts = [clause.text for clause in reason.clauses]
    if reason.gap:
        parts.insert(0, f"{reason.actual} against {reason.bound}, {reason.gap} too {'little' if reason.effect == 'floor' else 'much'}")
    return "; ".join(parts) or reason.staff.removeprefix(f"{reason.guardrail}: ")


# ------------------------------------------------------------------------------------------------ data


def tried_dict(packs: Sequence[Tried]) -> dict[str, Any]:
    """The same, as plain data; nothing in it differs from run to run."""
    return {
        "ok": all(tried.fine for tried in packs), "packs": [_pack_dict(tried) for tried in packs],
        "cases": sum(len(tried.results) for tried in packs), "failed": sum(len(tried.failed) for tried in packs),
    }  # fmt: skip


def _pack_dict(tried: Tried) -> dict[str, Any]:
    problems = inputs.problems_of(tried.error)["problems"] if tried.error is not None else []
    return {
        "pack": tried.called, "name": tried.name, "ok": tried.fine, "problems": problems,
        "cases": [_case_dict(result) for result in tried.results],
    }  # fmt: skip


def _case_dict(result: Result) -> dict[str, Any]:
    example, decision = result.example, result.decision
    reasons = [] if decision is None or result.passed else [_reason_dict(reason) for reason in decision.reasons]
    return {
        "it": example.it, "file": example.span.file, "line": example.span.line, "rule": example.rule, "ok": result.passed,
        "outcome": None if decision is None else decision.outcome, "reasons": reasons,
        "differences": [{"what": each.what, "expected": each.expected, "found": each.found} for each in result.apart],
    }  # fmt: skip


def _reason_dict(reason: Reason) -> dict[str, Any]:
    return {
        "guardrail": reason.guardrail, "outcome": reason.outcome, "actual": reason.actual, "bound": reason.bound, "gap": reason.gap,
        "clauses": [clause.text for clause in reason.clauses], "place": reason.place,
    }  # fmt: skip
