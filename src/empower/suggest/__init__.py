"""Cases that are missing, written for their author to read: what `empower test --suggest` shows.

    suggested = suggest(cover(load_pack("rules/hotel")))
    print(suggested.text)

A suggestion says what the pack answers today. Whether that is right only its author knows: so each is marked, and meant to be read.
"""

from __future__ import annotations

from collections.abc import Sequence

from empower.cases import read_cases
from empower.checked import CheckedPack
from empower.compile import compile_pack
from empower.coverage import Coverage, is_reached, told_by
from empower.coverage.goals import Family, Goal
from empower.coverage.looks import Look, Told
from empower.decision import Decision
from empower.load import read_yaml
from empower.noun import evolve, field, frozen
from empower.periods import day_in
from empower.suggest.drafts import Draft, base_draft, draft_of, look, usual_drafts
from empower.suggest.search import Search, decided
from empower.suggest.written import HEADING, each_once, entry, expectation, given, title

FIRST: Sequence[Family] = ("bound", "comparison", "budget", "unknown", "offer", "row", "duty", "condition", "rule", "action")
"""In this order goals are looked for: what shows much on the way to it comes first, so that few cases do."""


@frozen
class Suggestion:
    """A case that reaches a goal."""

    goal: Goal
    draft: Draft
    decision: Decision
    looks: tuple[Look, ...] = field(repr=False)
    told: Told = field(repr=False)


@frozen
class Suggested:
    """Cases for what is missing, and what no case was found for."""

    coverage: Coverage
    suggestions: tuple[Suggestion, ...]
    unreached: tuple[Goal, ...]
    text: str
    """What to append to `cases.yaml`; empty where nothing is suggested."""


def suggest(coverage: Coverage) -> Suggested:
    """Cases for the goals that no case reaches."""
    pack = coverage.pack
    rules = compile_pack(pack)
    base = base_draft(rules)
    known = [draft for example in read_cases(pack) if (draft := draft_of(rules, example)) is not None]
    search = Search(rules, day_in(pack.zone), base, [*usual_drafts(rules, base, known), *known])
    found: list[Suggestion] = []
    unreached = sorted(coverage.missing, key=lambda goal: FIRST.index(goal.family))
    before = len(unreached) + 1
    while len(unreached) < before:  # what was found for one goal is something to begin from for another
        before = len(unreached)
        unreached = _found(search, unreached, found)
    kept = _needed(found, coverage.missing)
    return Suggested(coverage, tuple(kept), tuple(unreached), _text(pack, base, kept))


def _found(search: Search, goals: Sequence[Goal], found: list[Suggestion]) -> list[Goal]:
    """Look for each goal that is not reached on the way to another, and give those for which nothing was found."""
    missing = {goal.id: goal for goal in goals}
    unreached: dict[str, Goal] = {}
    while missing:
        goal = missing.pop(next(iter(missing)))
        suggestion = _suggestion(search, goal)
        if suggestion is None:
            unreached[goal.id] = goal
            continue
        found.append(suggestion)
        search.drafts.append(suggestion.draft)
        for each in [*missing.values(), *unreached.values()]:
            if _shows(suggestion, each):
                missing.pop(each.id, None)
                unreached.pop(each.id, None)
    return list(unreached.values())


def _suggestion(search: Search, goal: Goal) -> Suggestion | None:
    draft = search.reach(goal)
    if draft is None:
        return None
    decision = decided(search.rules, draft).decision
    if decision is None:
        return None
    return Suggestion(goal, draft, decision, (look(search.rules, draft),), told_by(decision))


def _shows(suggestion: Suggestion, goal: Goal) -> bool:
    return is_reached(goal, suggestion.looks, suggestion.told)


def _needed(found: Sequence[Suggestion], wanted: Sequence[Goal]) -> list[Suggestion]:
    """Suggestions without those that show nothing which the others do not show."""
    shown = [{goal.id for goal in wanted if _shows(each, goal)} for each in found]
    kept = list(range(len(found)))
    for number in range(len(found)):
        others = set().union(*(shown[other] for other in kept if other != number))
        if shown[number] <= others:
            kept.remove(number)
    return [found[number] for number in kept]


def _text(pack: CheckedPack, base: Draft, found: Sequence[Suggestion]) -> str:
    if not found:
        return ""
    order = {goal.id: place for place, goal in enumerate(each.goal for each in found)}
    sorted_ = sorted(found, key=lambda each: (each.goal.span, order[each.goal.id]))
    taken = {example.it for example in read_cases(pack)}
    titles = each_once((title(pack, each.draft, each.decision, each.goal) for each in sorted_), taken)
    entries = [
        entry(pack, each.draft, base, name, expectation(pack, each.decision, each.goal)) for each, name in zip(sorted_, titles, strict=True)
    ]
    last = [entry for entry in pack.pack.cases if set(entry) == {"given"}][-1:]
    first = [entry for entry in pack.pack.cases if set(entry) == {"given"}][:1]
    beginning = given(pack, base) if last != first or not first else ""
    gap = [""] if pack.pack.cases else []
    return "\n".join([*gap, HEADING, *([beginning] if beginning else []), *entries])


def with_cases(pack: CheckedPack, text: str) -> CheckedPack:
    """A pack as it would be with more in its `cases.yaml`."""
    file = str(pack.pack.directory / "cases.yaml")
    whole = pack.pack.sources.get(file, "") + text
    return evolve(pack, pack=evolve(pack.pack, cases=tuple(read_yaml(whole, file)), sources={**pack.pack.sources, file: whole}))
