"""Requests that show a line of a card, decided: whether they come out as the line says."""

from __future__ import annotations

from empower import Guard
from empower.cases import Result, run_case
from empower.compile import Rules
from empower.pages.limits import Shown


def faults(rules: Rules, shown: Shown) -> list[str]:
    """How a request comes out otherwise than its line says."""
    result = run_case(rules, shown.example)
    return [*result.differences, *_silent(rules, shown, result)]


def _silent(rules: Rules, shown: Shown, result: Result) -> list[str]:
    if result.decision is None:
        return []
    heard = {reason.guardrail for reason in result.decision.reasons} | {duty.guardrail for duty in result.decision.obligations}
    found = [f"{shown.guardrail} is silent"] if shown.guardrail and shown.guardrail not in heard else []
    return found + ([f"{shown.nudge} does not encourage"] if shown.nudge and shown.nudge not in nudges(rules, shown) else [])


def nudges(rules: Rules, shown: Shown) -> set[str]:
    """The budgets that encourage whoever asks, before anything is given."""
    guard = Guard(rules, clock=lambda: shown.example.at)
    return {nudge.budget for nudge in guard.preview(shown.example.action, shown.example.context).nudges}


def spoken(rules: Rules, shown: Shown) -> set[str]:
    """Every guardrail that speaks in a request, or comes with it."""
    decision = run_case(rules, shown.example).decision
    return set() if decision is None else {*decision.guardrails, *(duty.guardrail for duty in decision.obligations)}
