"""Coverage of cases: which rules, rows, bounds, comparisons, budgets, questions and offers of a pack its cases and examples reach.

    coverage = cover(load_pack("rules/hotel"))
    [goal.wanted for goal in coverage.missing]

`goals` says what should be reached, `looks` how one case is looked at. `empower.suggest` writes cases for what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from empower.cases import Result, run_cases
from empower.checked import CheckedPack
from empower.compile import Rules, compile_pack
from empower.coverage.goals import FAMILIES, Asks, Draws, Family, Goal, Holds, Offers, goals_of
from empower.coverage.looks import Look, Told, answers, looks_at, reaches, told_by
from empower.coverage.possible import can_hold
from empower.errors import MalformedRequest
from empower.noun import frozen


@frozen
class Coverage:
    """What the cases of a pack reach."""

    pack: CheckedPack
    goals: tuple[Goal, ...]
    reached: Mapping[str, tuple[Result, ...]]
    """By the id of a goal, the cases that reach it; a goal that none reaches is not there."""

    @property
    def missing(self) -> tuple[Goal, ...]:
        """The goals that no case reaches."""
        return tuple(goal for goal in self.goals if goal.id not in self.reached)

    @property
    def percent(self) -> int:
        """How many of a hundred goals are reached, rounded down; 100 where there is no goal."""
        return 100 * len(self.reached) // len(self.goals) if self.goals else 100

    def by_family(self) -> Mapping[Family, tuple[int, int]]:
        """(reached, all) of each family that has a goal."""
        found = {}
        for family in FAMILIES:
            goals = [goal for goal in self.goals if goal.family == family]
            if goals:
                found[family] = (sum(goal.id in self.reached for goal in goals), len(goals))
        return found


def cover(pack: CheckedPack, results: tuple[Result, ...] | None = None) -> Coverage:
    """What the cases and examples of a pack reach; `results`: those that have been run already.

    Raises:
        PackError: a case cannot be read.
    """
    ran = run_cases(pack) if results is None else results
    rules = compile_pack(pack)
    goals = goals_of(pack)
    reached: dict[str, list[Result]] = {}
    for result in ran:
        looks, told = _looks(rules, result), told_by(result.decision)
        for goal in goals:
            if is_reached(goal, looks, told):
                reached.setdefault(goal.id, []).append(result)
    return Coverage(pack, goals, {goal.id: tuple(reached[goal.id]) for goal in goals if goal.id in reached})


def _looks(rules: Rules, result: Result) -> tuple[Look, ...]:
    try:
        return looks_at(rules, result.example)
    except MalformedRequest:
        return ()  # the case fails by itself, and shows nothing


def is_reached(goal: Goal, looks: Sequence[Look], told: Told) -> bool:
    """Whether a case reaches a goal."""
    aim = goal.aim
    if isinstance(aim, (Asks, Offers)):
        return answers(aim, told)
    return any(reaches(aim, look) for look in looks)


def is_impossible(goal: Goal, pack: CheckedPack) -> bool:
    """Whether it shows, without a solver, that no case can ever reach a goal."""
    return isinstance(goal.aim, (Holds, Draws)) and not can_hold(goal.aim.condition, pack)


__all__ = ["Coverage", "Goal", "cover", "goals_of", "is_impossible", "is_reached", "told_by"]
