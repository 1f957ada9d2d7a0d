"""Who could say yes: values of the actor facts that a role does not fix, tried where the answer can change.

An approver of a role may have any tenure, any region, any training. Each such fact is tried at its bounds and around every value at
which a comparison that reads it turns; words at every member and one that nobody names.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

from empower import ir
from empower.backends.interpret import number
from empower.environment import Environment, Unread, Value
from empower.formulas import atom_facts, atoms, number_facts, numbers_in
from empower.noun import evolve

COMBINATIONS_MAX = 4_096
"""More combinations than this are not tried: then a role may be passed over that could have said yes, never the other way round."""
_SET_MEMBERS_MAX = 6


SOMEBODY = "\0somebody"
"""The id of an approver who has not been named yet: equal to no id that a host can give, since texts with NUL match no literal."""


def candidates(program: ir.Program, plan: ir.Plan, env: Environment, *, other_than: str) -> Iterator[Mapping[str, Value]]:
    """Assignments to the free facts, at least one for each way in which the guardrails can tell them apart.

    Nobody approves their own request, so an approver is `other_than` the requester.
    """
    found = plan_atoms(plan)
    grids = [turning_points(fact, program.facts[fact], found, env) for fact in plan.free]
    grids = [
        [each for each in grid if each != other_than] if fact == "actor.id" else grid for fact, grid in zip(plan.free, grids, strict=True)
    ]
    for values in itertools.islice(itertools.product(*grids), COMBINATIONS_MAX):
        yield dict(zip(plan.free, values, strict=True))


def plan_atoms(plan: ir.Plan) -> list[ir.Atom]:
    """Every atom that a plan's guardrails read, each once."""
    numbers = [bar.threshold.exact for bar in plan.bars]
    for account in plan.accounts:
        numbers += [triple.exact for triple in (account.amount, account.already, account.already_times) if triple is not None]
    found: dict[ir.Atom, None] = {}
    for each in numbers:
        _note(each, found)
        _collect(each, found)
    return list(found)


def _note(number: ir.Num, found: dict[ir.Atom, None]) -> None:
    """A threshold is compared with the amount: as good as an atom."""
    if number_facts(number):
        found[ir.AmountAbove(number)] = None


def _collect(node: ir.Num, found: dict[ir.Atom, None]) -> None:
    for part in numbers_in(node):
        conditions: list[ir.Cond] = []
        inner: list[ir.Num] = []
        if isinstance(part, ir.If):
            conditions, inner = [part.condition], [part.then, part.otherwise]
        elif isinstance(part, ir.Rows):
            conditions, inner = [row.certain for row in part.rows], [*(row.value for row in part.rows), part.otherwise]
        for condition in conditions:
            for atom, _ in atoms(condition):
                found[atom] = None
        for value in inner:
            _note(value, found)
            _collect(value, found)


def turning_points(fact: str, kind: ir.FactType, found: Sequence[ir.Atom], env: Environment) -> list[Value]:
    """The values of a fact at its bounds and around every point where one of these atoms turns, all other facts as they are."""
    reading = [atom for atom in found if fact in atom_facts(atom)]
    match kind:
        case ir.YesNoType():
            return [False, True]
        case ir.OneOfType(members=members):
            return list(members)
        case ir.SetOfType(members=members):
            return _sets(members)
        case ir.TextType():
            return _texts(fact, reading, env)
        case ir.NumberType(low=low, high=high):
            return _turning(fact, low, high, reading, env)
        case ir.DateType():
            return _turning(fact, 1, 3_652_059, reading, env, extra=[ir.NEVER_DAY] if kind.never else [])
        case ir.InstantType():
            return _turning(fact, -62_135_596_800_000, 253_402_300_799_999, reading, env, extra=[ir.NEVER_MS] if kind.never else [])


def _sets(members: tuple[str, ...]) -> list[Value]:
    sizes = range(len(members) + 1) if len(members) <= _SET_MEMBERS_MAX else (0, 1, len(members))
    return [frozenset(chosen) for size in sizes for chosen in itertools.combinations(members, size)]


def _texts(fact: str, reading: Sequence[ir.Atom], env: Environment) -> list[Value]:
    found: dict[str, None] = {SOMEBODY: None}
    for atom in reading:
        if isinstance(atom, ir.IsAmong):
            found.update(dict.fromkeys(sorted(atom.members)))
        elif isinstance(atom, ir.TextTest):
            found[atom.text] = None
        elif isinstance(atom, ir.SameWord):
            other = env.facts.get(atom.right if atom.left == fact else atom.left)
            if isinstance(other, str):
                found[other] = None
    return list(found)


def _turning(fact: str, low: int, high: int, reading: Sequence[ir.Atom], env: Environment, *, extra: Sequence[int] = ()) -> list[Value]:
    """The bounds, and each value from which on a comparison comes out otherwise: so one of every stretch in which all come out the same."""
    found: dict[int, None] = dict.fromkeys([high, low, *extra])
    for atom in reading:
        found.update(dict.fromkeys(_turns(atom, fact, low, high, env)))
    return list(found)


def _turns(atom: ir.Atom, fact: str, low: int, high: int, env: Environment) -> list[int]:
    """The values from which on the left side is larger or no longer so, and is as large or no longer so; none if it reads what is unknown."""
    if isinstance(atom, ir.Compare):
        left, right = atom.left, atom.right
    elif isinstance(atom, ir.AmountAbove):
        left, right = ir.Amount(), atom.threshold
    else:
        return []

    def gap(value: int) -> int:
        at = evolve(env, facts={**env.facts, fact: value})
        return number(left, at) - number(right, at)

    try:
        return [*turn(lambda value: gap(value) > 0, low, high), *turn(lambda value: gap(value) >= 0, low, high)]
    except Unread:
        return []


def turn(side: Callable[[int], object], low: int, high: int) -> Iterator[int]:
    """The first value on another side than the lowest, if there is one: found by halving, since what is compared is monotone in it."""
    begins = side(low)
    if side(high) == begins:
        return
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if side(middle) == begins else (low, middle)
    yield high
