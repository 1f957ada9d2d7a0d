"""How to make a condition hold: a draft changed fact by fact, as little as possible, until it does. No solver, so not every way is found.

A comparison is met where it turns: the fact that it reads is moved there by halving, since each side is monotone in it; a test of words by
trying its words. Of alternatives each is tried; of several conditions one after another, and from the beginning where one undoes another.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

from empower import ir
from empower.backends.interpret import holds, number
from empower.compile import Rules
from empower.environment import Environment, Unread, Value
from empower.formulas import certainly, negation_normal
from empower.lower import every_number, facts_of_number
from empower.moments import milliseconds
from empower.noun import define, evolve, field
from empower.suggest.drafts import USUALLY, Draft, environment, usual_value

WAYS_MAX = 8
"""So many ways to meet one condition are followed up."""
STEPS_MAX = 14
"""So many conditions are met one after another before it is given up."""
TRIES_MAX = 250
"""So many steps are taken from one draft."""
_MINUTE_MS = 60_000
_OPPOSITE: dict[ir.Operator, ir.Operator] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
Step = Callable[[int], Draft]
Certain = dict[int, tuple[ir.Cond, ir.Cond]]
"""Conditions that were met before, by identity, each with what certainly holds of it."""


@define
class Ways:
    """Looks for ways under one pack, within a number of tries."""

    rules: Rules
    day_of: Callable[..., int]
    _certain: Certain = field(factory=dict)
    at_a_bound: bool = False
    """The amount is set by an equation: whatever else is wanted of it is met by moving something else, where that is possible."""
    left: int = TRIES_MAX

    _seen: tuple[Draft, Environment] | None = None
    """The draft that was looked at last."""

    def meets(self, condition: ir.Cond, draft: Draft) -> bool:
        """Whether a condition certainly holds for a draft."""
        if id(condition) not in self._certain:
            self._certain[id(condition)] = (condition, certainly(condition))
        try:
            return holds(self._certain[id(condition)][1], self._environment(draft))
        except Unread:
            return False

    def _environment(self, draft: Draft) -> Environment:
        if self._seen is None or self._seen[0] is not draft:
            self._seen = (draft, environment(self.rules, draft, self.day_of))
        return self._seen[1]

    def to(self, condition: ir.Cond, draft: Draft) -> Iterator[Draft]:
        """Drafts for which a condition in negation normal form certainly holds, those with the fewest changes first."""
        self.left -= 1
        if self.left <= 0:
            return
        if not isinstance(condition, ir.All) and self.meets(condition, draft):
            yield draft
            return
        match condition:
            case ir.All(conditions=parts):
                yield from self._all(parts, draft, STEPS_MAX, set())
            case ir.Any(conditions=parts):
                for part in parts:
                    yield from itertools.islice(self.to(part, draft), WAYS_MAX)
            case ir.AtLeast(count=count, conditions=parts):
                for chosen in itertools.islice(itertools.combinations(parts, count), WAYS_MAX):
                    yield from self._all(chosen, draft, STEPS_MAX, set())
            case ir.Not(condition=ir.AtLeast() as inner):
                yield from self.to(negation_normal(inner, negated=True), draft)
            case ir.Not(condition=inner):
                yield from self._checked(condition, self._atom(inner, draft, wanted=False))
            case _:
                yield from self._checked(condition, self._atom(condition, draft, wanted=True))

    def _checked(self, condition: ir.Cond, drafts: Iterator[Draft]) -> Iterator[Draft]:
        return (each for each in drafts if self.left > 0 and self.meets(condition, each))

    def _all(self, parts: Sequence[ir.Cond], draft: Draft, steps: int, seen: set[object]) -> Iterator[Draft]:
        unmet = next((part for part in parts if not self.meets(part, draft)), None)
        if unmet is None:
            yield draft
        elif steps > 0:
            for changed in itertools.islice(self.to(unmet, draft), WAYS_MAX):
                if changed.key not in seen:
                    seen.add(changed.key)
                    yield from self._all(parts, changed, steps - 1, seen)

    def unmet(self, condition: ir.Cond, draft: Draft) -> int:
        """How many parts of a condition do not hold for a draft."""
        parts = condition.conditions if isinstance(condition, ir.All) else (condition,)
        return sum(not self.meets(part, draft) for part in parts)

    # -- atoms

    def _atom(self, atom: ir.Cond, draft: Draft, *, wanted: bool) -> Iterator[Draft]:
        match atom:
            case ir.Compare(operator=sign, left=left, right=right):
                yield from self._compare(sign if wanted else _OPPOSITE[sign], left, right, draft)
            case ir.AmountAbove(threshold=threshold):
                yield from self._compare(">" if wanted else "<=", ir.Amount(), threshold, draft)
            case ir.IsYes(fact=fact):
                yield draft.told(fact, wanted)
            case ir.IsAmong(fact=fact, members=members):
                yield from self._words(fact, members, draft, wanted=wanted)
            case ir.SameWord(left=left_fact, right=right_fact):
                yield from self._same(left_fact, right_fact, draft, wanted=wanted)
            case ir.Has(fact=fact, member=member):
                held = self._set(fact, draft)
                yield draft.told(fact, held | {member} if wanted else held - {member})
            case ir.SetTest(fact=fact):
                yield from self._sets(fact, atom.members, draft)
            case ir.TextTest(fact=fact, text=text):
                yield from (draft.told(fact, each) for each in ((text, f"{text} x", f"x {text}") if wanted else (USUALLY, "x")) if each)
            case ir.Known(fact=fact):
                yield draft.told(fact, self._some(fact, draft) if wanted else None)

    def _some(self, fact: str, draft: Draft) -> Value:
        value = draft.value(fact)
        return usual_value(self.rules.program.facts[fact], draft.at, self.day_of(draft.at)) if value is None else value

    def _words(self, fact: str, members: frozenset[str], draft: Draft, *, wanted: bool) -> Iterator[Draft]:
        if fact == "action.kind":
            return
        kind = self.rules.program.facts[fact]
        known = kind.members if isinstance(kind, ir.OneOfType) else (*sorted(members), USUALLY)
        yield from (draft.told(fact, each) for each in known if (each in members) == wanted)

    def _same(self, left: str, right: str, draft: Draft, *, wanted: bool) -> Iterator[Draft]:
        for fact, other in ((left, right), (right, left)):
            value = self._some(other, draft)
            if fact == "action.kind":
                continue
            if wanted:
                yield draft.told(other, value).told(fact, value)
            else:
                yield from self._words(fact, frozenset({str(value)}), draft.told(other, value), wanted=False)

    def _set(self, fact: str, draft: Draft) -> frozenset[str]:
        value = draft.value(fact)
        return value if isinstance(value, frozenset) else frozenset()

    def _sets(self, fact: str, members: frozenset[str], draft: Draft) -> Iterator[Draft]:
        kind = self.rules.program.facts[fact]
        every = kind.members if isinstance(kind, ir.SetOfType) else ()
        held = self._set(fact, draft)
        few = [frozenset(), *(frozenset({member}) for member in every), frozenset(members), frozenset(every)]
        yield from (draft.told(fact, each) for each in dict.fromkeys((held | members, held - members, held & members, *few)))

    # -- comparisons

    def _compare(self, sign: ir.Operator, left: ir.Num, right: ir.Num, draft: Draft) -> Iterator[Draft]:
        """Move each thing that a comparison reads to where it turns, first of all the amount."""
        wanted = ir.Compare(sign, left, right)
        read = sorted(facts_of_number(left) | facts_of_number(right))
        unknown = [fact for fact in read if draft.value(fact) is None and fact not in ("now", "action.kind")]
        for fact in unknown:
            draft = draft.told(fact, self._some(fact, draft))
        if unknown and self.meets(wanted, draft):
            yield draft
        parts = {type(part) for side in (left, right) for part in every_number(side)}
        last = self.at_a_bound and sign != "=="
        if ir.Amount in parts and not last:
            yield from self._amounts(wanted, draft)
        for fact in read:
            yield from self._moved(fact, wanted, draft)
        if ir.Amount in parts and last:
            yield from self._amounts(wanted, draft)
        if ir.Today in parts:
            yield from self._turning(lambda days: later(self.rules, draft, days), (-800, 800), (0, 1, -1), wanted)

    def _amounts(self, wanted: ir.Compare, draft: Draft) -> Iterator[Draft]:
        bounds = self.rules.program.plans[draft.kind].amount
        if bounds is not None:
            yield from self._turning(lambda amount: evolve(draft, amount=amount), bounds, (0, -1, 1), wanted)

    def _moved(self, fact: str, wanted: ir.Compare, draft: Draft) -> Iterator[Draft]:
        match self.rules.program.facts.get(fact):
            case ir.NumberType(unit=unit, low=low, high=high):
                near = (0, -60, 60, -1, 1) if unit == "duration" else (0, -1, 1)
                yield from self._turning(lambda value: draft.told(fact, value), (low, high), near, wanted)
            case ir.DateType(never=never):
                today = self.day_of(draft.at)
                yield from self._turning(lambda days: draft.told(fact, today - days), (-4_000, 40_000), (0, -1, 1), wanted)
                yield from (draft.told(fact, ir.NEVER_DAY),) if never else ()
            case ir.InstantType(never=never):
                zone = ZoneInfo(self.rules.program.zone)
                yield from self._turning(
                    lambda days: draft.told(fact, days_after(draft.at, -days, zone)), (-4_000, 20_000), (0, -1, 1), wanted
                )
                yield from self._turning(
                    lambda passed: draft.told(fact, draft.at - passed * _MINUTE_MS), (-90_000, 90_000), (0, -1, 1), wanted
                )
                yield from (draft.told(fact, ir.NEVER_MS),) if never else ()
            case ir.OneOfType(members=members):
                yield from (draft.told(fact, each) for each in members)
            case ir.YesNoType():
                yield from (draft.told(fact, value=each) for each in (False, True))
            case ir.SetOfType():
                yield from self._sets(fact, frozenset(), draft)
            case _:
                return

    def _turning(self, step: Step, bounds: tuple[int, int], near: Sequence[int], wanted: ir.Compare) -> Iterator[Draft]:
        """The drafts next to where a comparison turns, then those at the ends, as one number is moved between its bounds."""
        low, high = bounds
        turn = self._turn(step, low, high, wanted)
        values = [turn + each for each in near if low <= turn + each <= high] if turn is not None else []
        yield from (step(value) for value in dict.fromkeys((*values, low, high)))

    def _turn(self, step: Step, low: int, high: int, wanted: ir.Compare) -> int | None:
        """The first value at which the two sides have changed their order, or meet."""

        def above(value: int) -> bool:
            env = environment(self.rules, step(value), self.day_of)
            return number(wanted.left, env) > number(wanted.right, env)

        self.left -= 1
        try:
            at_low = above(low)
            if above(high) == at_low:
                return high if wanted.operator == "==" else None
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if above(middle) == at_low else (low, middle)
        except Unread:
            return None
        return high


def later(rules: Rules, draft: Draft, days: int) -> Draft:
    """The same request some days later, at the same time of day: what was three days ago then, is three days ago now."""
    zone = ZoneInfo(rules.program.zone)
    moved: dict[str, int] = {}
    for fact, value in draft.facts.items():
        kind = rules.program.facts.get(fact)
        if isinstance(kind, ir.DateType) and isinstance(value, int) and value != ir.NEVER_DAY:
            moved[fact] = value + days
        elif isinstance(kind, ir.InstantType) and isinstance(value, int) and value != ir.NEVER_MS:
            moved[fact] = days_after(value, days, zone)
    return evolve(draft, facts={**draft.facts, **moved}, at=days_after(draft.at, days, zone))


def days_after(at: int, days: int, zone: ZoneInfo) -> int:
    """An instant so many days later on the calendar of a zone."""
    moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(milliseconds=at)
    return milliseconds(moment.astimezone(zone) + datetime.timedelta(days=days))


__all__ = ["Certain", "Ways", "later"]
