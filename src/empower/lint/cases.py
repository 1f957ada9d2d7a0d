"""Findings about the cases of a pack: what no case shows, and titles that do not read."""

from __future__ import annotations

import re

from empower.cases import read_cases
from empower.coverage import Coverage, is_impossible
from empower.coverage.goals import Goal
from empower.lint.findings import Finding, Findings

_SUGGEST = "`empower test --suggest` writes a case for it"
_SPEAKS = ("speaks", "there", "exceeded", "offered", "asked")
"""How the ids of goals end that say: this was met at all."""


def lint_cases(coverage: Coverage) -> Findings:
    """Every finding about the cases."""
    pack = coverage.pack
    if not read_cases(pack):
        message = f"'{pack.pack.name}' has no case that says what is expected of it"
        yield Finding(
            pack.pack.find(("pack",)), "no-cases", pack.pack.name, message, "`empower test --suggest --write` begins `cases.yaml`"
        )
        return
    yield from _untried(coverage)
    yield from _titles(coverage)


def _untried(coverage: Coverage) -> Findings:
    missing = {goal.id for goal in coverage.missing if not is_impossible(goal, coverage.pack)}
    bounds: dict[str, list[Goal]] = {}
    for goal in coverage.goals:
        if goal.family == "bound":
            bounds.setdefault(goal.of, []).append(goal)
        side = goal.id.removeprefix(f"{goal.of}: ")
        if goal.id in missing and side in _SPEAKS:
            yield Finding(goal.span, "untried", goal.of, f"there is no case in which {goal.wanted}", _SUGGEST)
        elif goal.id in missing and side in ("silent", "absent", "within"):
            yield Finding(goal.span, "one-sided", goal.of, f"there is no case in which {goal.wanted}", _SUGGEST)
    for name, goals in bounds.items():
        if (
            name in coverage.pack.about
            and all(goal.id in missing for goal in goals)
            and coverage.pack.about[name].effect in ("cap", "floor")
        ):
            message = f"there is no case at a bound of '{name}', or beyond one"
            yield Finding(goals[0].span, "untried", name, message, _SUGGEST)


def _titles(coverage: Coverage) -> Findings:
    seen: dict[str, Finding] = {}
    for example in read_cases(coverage.pack):
        title = example.it.strip()
        wrong = _misread(title) if not example.rule else ""
        if wrong:
            yield Finding(
                example.span, "unread-title", title, f"'it {title[:60]}' {wrong}", "write what it does, such as `it: gives 25 alone`"
            )
        twice = seen.get(title) if not example.rule else None
        if twice is not None:
            message = f"another case, at {twice.span}, is also called '{title[:60]}'"
            yield Finding(example.span, "same-title", title, message, "say what is different here")
        if not example.rule:
            seen[title] = Finding(example.span, "", title, "", "")


def _misread(title: str) -> str:
    if not title:
        return "says nothing"
    if re.match(r"it\b", title, re.IGNORECASE):
        return "says it twice"
    if re.match(r"(should|must|shall)\b", title, re.IGNORECASE):
        return "says what should be, not what is"
    if title[0].isupper() and not title.split(maxsplit=1)[0].isupper():
        return "does not read on from the word it"
    return ""
