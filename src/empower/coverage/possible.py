"""Whether anything can make a condition true, as far as that shows by trying: every word, and every number next to where a comparison turns.

A test that cannot be tried out (of two numbers against each other, of dates, of patterns) may come out either way. So what is said to be
impossible is; what is not said to be may still be.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from empower import ir
from empower.backends.interpret import holds
from empower.checked import CheckedPack
from empower.environment import Environment, Value
from empower.formulas import atom_facts, atoms

TRIED_MAX = 20_000
"""More combinations than this are not tried."""
_ELSE = "\0something else"
_SET_MAX = 5


def can_hold(condition: ir.Cond, pack: CheckedPack) -> bool:
    """Whether some facts may make a condition in negation normal form true; False only where none can."""
    found = list(dict.fromkeys(atom for atom, _ in atoms(condition)))
    tried = [atom for atom in found if _can_be_tried(atom, pack)]
    facts = sorted({fact for atom in tried for fact in atom_facts(atom)})
    grids = [_grid(fact, pack.facts[fact], [atom for atom in tried if fact in atom_facts(atom)]) for fact in facts]
    count = 1
    for grid in grids:
        count *= len(grid)
    if count > TRIED_MAX:
        return True
    known = frozenset(tried)
    return any(_may(condition, dict(zip(facts, values, strict=True)), known) for values in itertools.product(*grids))


def _may(condition: ir.Cond, facts: Mapping[str, Value], tried: frozenset[ir.Cond]) -> bool:
    match condition:
        case ir.Constant(value=value):
            return value
        case ir.All(conditions=parts):
            return all(_may(part, facts, tried) for part in parts)
        case ir.Any(conditions=parts):
            return any(_may(part, facts, tried) for part in parts)
        case ir.AtLeast(count=count, conditions=parts):
            return sum(_may(part, facts, tried) for part in parts) >= count
        case ir.Not(condition=inner):
            return inner not in tried or not holds(inner, _environment(facts))
        case _:
            return condition not in tried or holds(condition, _environment(facts))


def _environment(facts: Mapping[str, Value]) -> Environment:
    return Environment(facts, 0, 0, lambda *_: 0)


def _can_be_tried(atom: ir.Cond, pack: CheckedPack) -> bool:
    match atom:
        case ir.IsYes() | ir.IsAmong() | ir.Has() | ir.SetTest() | ir.TextTest(operator="equals", ignore_case=False):
            return True
        case ir.Compare(left=left, right=right):
            return _of_one_fact(left, pack) and all(isinstance(each, ir.Number) for each in _constants(right))
        case _:
            return False


def _of_one_fact(number: ir.Num, pack: CheckedPack) -> bool:
    inner = number.value if isinstance(number, ir.Scaled) else number
    return isinstance(inner, ir.NumberFact) and isinstance(pack.facts[inner.fact], ir.NumberType)


def _constants(number: ir.Num) -> Sequence[ir.Num]:
    return [value for _, value in number.cases] if isinstance(number, ir.Chosen) else [number]


def _grid(fact: str, kind: ir.FactType, reading: Sequence[ir.Cond]) -> Sequence[Value]:
    """At least one value of a fact for each way in which these tests can come out."""
    match kind:
        case ir.YesNoType():
            return [False, True]
        case ir.OneOfType(members=members):
            return members
        case ir.SetOfType(members=members):
            named = [member for member in members if any(member in _named(atom) for atom in reading)]
            other = [member for member in members if member not in named][:1]
            sizes = range(len(named) + 1) if len(named) <= _SET_MAX else (0, 1, 2, len(named))
            sets = [frozenset(each) for size in sizes for each in itertools.combinations(named, size)]
            return [*sets, *(each | set(other) for each in sets if other)]
        case ir.NumberType(low=low, high=high):
            turns = {turn + near for atom in reading for turn in _turns(atom, fact) for near in (-1, 0, 1)}
            return sorted({low, high, *(turn for turn in turns if low <= turn <= high)})
        case _:
            return sorted({_ELSE, *(name for atom in reading for name in _named(atom))})


def _named(atom: ir.Cond) -> frozenset[str]:
    match atom:
        case ir.IsAmong(members=members) | ir.SetTest(members=members):
            return members
        case ir.Has(member=name) | ir.TextTest(text=name):
            return frozenset({name})
        case _:
            return frozenset()


def _turns(atom: ir.Cond, fact: str) -> Iterator[int]:
    """The values of a number at which a comparison with constants turns."""
    if isinstance(atom, ir.Compare) and fact in atom_facts(ir.Compare("==", atom.left, ir.Number(0))):
        factor = atom.left.factor if isinstance(atom.left, ir.Scaled) else 1
        yield from (constant.value // factor for constant in _constants(atom.right) if isinstance(constant, ir.Number))


__all__ = ["can_hold"]
