"""Where the answers of a pack turn: the values of each fact beside which a condition, a table or a limit goes over into another.

Constants are read off the program. Of comparisons between facts, such as `item.value > 50% of order.total`, the turning point depends on
the other facts, so it is searched with the interpreter, by halving: right for whatever grows or falls with the fact.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from empower import ir
from empower.backends.interpret import number
from empower.cases import read_cases
from empower.compile import Rules
from empower.environment import Environment, Unread, Value
from empower.formulas import numbers_in
from empower.noun import evolve, frozen
from empower.problems import PackError
from empower.request import read_facts
from empower.testing.world import settable

DAY_MS = 86_400_000
EPOCH_DAY = 719_163
"""1970-01-01 as an ordinal."""
DAYS_AROUND = 4_000
"""How far from the instant of a decision the dates lie at which something may turn."""
FEW = 12
"""A fact with so few values takes all of them."""
NEAR = (-1, 0, 1)
WORDS = ("a", "b", "AB-1", "{limit} {role}")
"""Texts that no pack names; the last one shows whether a value is taken for a template."""
PEOPLE = ("d7", "d8")


@frozen
class Comparison:
    """Two numbers of which it matters which one is larger."""

    left: ir.Num
    right: ir.Num

    @property
    def facts(self) -> frozenset[str]:
        """The facts that count in them; not those that only choose among numbers."""
        parts = (*numbers_in(self.left), *numbers_in(self.right))
        return frozenset(part.fact for part in parts if isinstance(part, (ir.NumberFact, ir.DayOf)))


class Edges:
    """What the programs of a pack compare, and with what; read off once."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._facts = rules.program.facts
        nodes = [node for plan in rules.program.plans.values() for node in inside(_formulas(plan))]
        nodes += [node for offer in rules.program.menu for node in inside(offer.certain)]
        self.comparisons = tuple(dict.fromkeys(each for node in nodes for each in _compared(node) if each.facts))
        self._numbers = sorted({node.value for node in nodes if isinstance(node, ir.Number) and abs(node.value) < ir.OPEN})
        self._texts = _texts(nodes, self._facts)
        self.patterns = _patterns(nodes)
        self.days = _days(rules.program, nodes)
        self.usual = tuple(_usual(rules))

    def __repr__(self) -> str:
        return f"Edges of {self.rules.program.name}"

    def values(self, path: str, at: int) -> tuple[Value, ...]:
        """Values of a fact beside which something turns, its simplest value first; all of them where they are few."""
        kind = self._facts[path]
        match kind:
            case ir.YesNoType():
                return (False, True)
            case ir.OneOfType(members=members):
                return members
            case ir.SetOfType(members=members):
                return (frozenset(), *(frozenset((member,)) for member in members), frozenset(members))
            case ir.TextType():
                own = PEOPLE if path == "actor.id" else WORDS
                return tuple(dict.fromkeys((*own, *self._texts.get(path, ()), *self._texts.get("", ()))))
            case ir.NumberType():
                return self._near(kind)
            case ir.DateType(never=never):
                today = EPOCH_DAY + at // DAY_MS
                return (*(today - days for days in (0, 1, 7, 30, 365, -1)), *([ir.NEVER_DAY] if never else []))
            case ir.InstantType(never=never):
                return (*(at - hours * 3_600_000 for hours in (1, 0, 24, 168, 720, -1)), *([ir.NEVER_MS] if never else []))

    def _near(self, kind: ir.NumberType) -> tuple[int, ...]:
        if kind.high - kind.low <= FEW:
            return tuple(range(kind.low, kind.high + 1))
        beside = {number + step for number in (*self._numbers, kind.low, kind.high) for step in NEAR}
        return tuple(sorted(number for number in beside if kind.low <= number <= kind.high))

    def turning(self, comparison: Comparison, path: str, env: Environment) -> tuple[Value, ...]:
        """The values of a fact just beside the point at which a comparison turns; none if it never does, or reads something unknown."""
        low, high = _bounds(self._facts[path], env.now)
        first, last = low, high

        def side(value: int) -> tuple[bool, bool]:
            there = evolve(env, facts={**env.facts, path: value})
            gap = number(comparison.left, there) - number(comparison.right, there)
            return gap > 0, gap >= 0

        try:
            here = side(low)
            if side(high) == here:
                return ()
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if side(middle) == here else (low, middle)
        except Unread:
            return ()
        return tuple(value for value in range(low - 1, high + 2) if first <= value <= last)


# ------------------------------------------------------------------------------------------------ reading a program


def inside(thing: Any) -> Iterator[Any]:
    """A formula and every formula inside it."""
    if isinstance(thing, tuple):
        for each in thing:
            yield from inside(each)
    elif getattr(type(thing), "__match_args__", None) is not None:
        yield thing
        for name in type(thing).__match_args__:
            yield from inside(getattr(thing, name))


def _formulas(plan: ir.Plan) -> tuple[Any, ...]:
    """Everything that a plan evaluates, as it reads with everything known."""
    thresholds = tuple(bar.threshold.exact for bar in (*plan.bars, *plan.shadows))
    limits = tuple(each.exact for account in plan.accounts for each in (account.amount, account.already, account.already_times) if each)
    return (*thresholds, *limits, *(duty.exact for duty in plan.duties))


def _compared(node: Any) -> Iterator[Comparison]:
    match node:
        case ir.Compare(left=left, right=right):
            yield Comparison(left, right)
        case ir.Least(values=values) | ir.Greatest(values=values):
            yield from (Comparison(one, other) for one, other in itertools.pairwise(values))


def _texts(nodes: list[Any], facts: Mapping[str, ir.FactType]) -> dict[str, tuple[str, ...]]:
    """The texts that each fact is compared with; under "" one word for facts that are compared with one another."""
    found: dict[str, list[str]] = {}
    for node in nodes:
        match node:
            case ir.IsAmong(fact=fact, members=members) if isinstance(facts.get(fact), ir.TextType):
                found.setdefault(fact, []).extend(sorted(members))
            case ir.TextTest(operator=sign, fact=fact, text=text) if sign not in ("matches", "found"):
                found.setdefault(fact, []).extend((text, f"{text}x", f"x{text}", text.swapcase()))
            case ir.SameWord():
                found[""] = list(PEOPLE)
    return {fact: tuple(text for text in texts if text) for fact, texts in found.items()}


def _patterns(nodes: list[Any]) -> dict[str, tuple[str, ...]]:
    """The regular expressions that each fact is matched with."""
    found: dict[str, dict[str, None]] = {}
    for node in nodes:
        if isinstance(node, ir.TextTest) and node.operator in ("matches", "found"):
            found.setdefault(node.fact, {})[node.text] = None
    return {fact: tuple(texts) for fact, texts in found.items()}


def _days(program: ir.Program, nodes: list[Any]) -> tuple[int, ...]:
    """The local days on which something begins or ends."""
    days = {day for plan in program.plans.values() for account in plan.accounts for day in account.campaign or () if day is not None}
    return tuple(sorted(days | {node.value for node in nodes if isinstance(node, ir.Number) and 730_000 < node.value < 770_000}))


def _usual(rules: Rules) -> Iterator[Mapping[str, Value | None]]:
    """The situations that the author had in mind: those of the pack's own cases, each once. Cases that cannot be read are none."""
    try:
        contexts = [example.context for example in read_cases(rules.checked)]
    except PackError:
        return
    seen = set()
    for context in contexts:
        facts = read_facts(context, settable(rules), rules.program.facts, rules.program.currency, [])
        told = {path: value for path, value in facts.items() if value is not None}
        if repr(told) not in seen and "actor.role" in told:
            seen.add(repr(told))
            yield told


def _bounds(kind: ir.FactType, now: int) -> tuple[int, int]:
    match kind:
        case ir.NumberType(low=low, high=high):
            return low, high
        case ir.DateType():
            today = EPOCH_DAY + now // DAY_MS
            return today - DAYS_AROUND, today + DAYS_AROUND
        case _:
            return now - DAYS_AROUND * DAY_MS, now + DAYS_AROUND * DAY_MS
