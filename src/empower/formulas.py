"""Rewriting of conditions: negation normal form, the facts they read, and Kleene's meaning as two-valued formulas.

Law 3 (`docs/guarantees.md`): completions are Kleene's, atom by atom. `certainly(c)` holds when c is true in every completion of what is unknown,
`certainly_not(c)` when it is false in every one; both are ordinary formulas over facts and `Known` bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from empower import ir
from empower.noun import evolve

ALWAYS_KNOWN = frozenset({"actor.id", "actor.role", "action.kind", "now"})
"""A request without actor.id or actor.role is malformed; the kind and the instant are part of every request."""


def negation_normal(condition: ir.Cond, *, negated: bool = False) -> ir.Cond:
    """The same condition with `Not` only before atoms and `AtLeast`."""
    match condition:
        case ir.Constant(value=value):
            return ir.Constant(value != negated)
        case ir.Not(condition=inner):
            return negation_normal(inner, negated=not negated)
        case ir.All(conditions=parts):
            made = tuple(negation_normal(part, negated=negated) for part in parts)
            return any_of(made) if negated else all_of(made)
        case ir.Any(conditions=parts):
            made = tuple(negation_normal(part, negated=negated) for part in parts)
            return all_of(made) if negated else any_of(made)
        case ir.AtLeast(count=count, conditions=parts) if negated:
            return ir.AtLeast(len(parts) - count + 1, tuple(negation_normal(part, negated=True) for part in parts))
        case ir.AtLeast(count=count, conditions=parts):
            return ir.AtLeast(count, tuple(negation_normal(part) for part in parts))
        case _:
            return ir.Not(condition) if negated else condition


def in_zone(thing: Any, zone: str) -> Any:
    """The same condition, number, or noun with some in it, its days counted in a zone; save those that are counted in one already."""
    if isinstance(thing, (ir.Today, ir.DayOf)):
        return thing if thing.zone else evolve(thing, zone=zone)
    if isinstance(thing, tuple):
        return tuple(in_zone(each, zone) for each in thing)
    parts = {name: getattr(thing, name) for name in getattr(thing, "__match_args__", ())}  # of a noun its fields, of anything else nothing
    changed = {name: moved for name, part in parts.items() if (moved := in_zone(part, zone)) != part}
    return evolve(thing, **changed) if changed else thing


def all_of(parts: tuple[ir.Cond, ...]) -> ir.Cond:
    """The conjunction, without needless nesting or constants."""
    flat: list[ir.Cond] = []
    for part in parts:
        if isinstance(part, ir.Constant):
            if not part.value:
                return part
        elif isinstance(part, ir.All):
            flat.extend(part.conditions)
        else:
            flat.append(part)
    return ir.Constant(value=True) if not flat else flat[0] if len(flat) == 1 else ir.All(tuple(flat))


def any_of(parts: tuple[ir.Cond, ...]) -> ir.Cond:
    """The disjunction, without needless nesting or constants."""
    flat: list[ir.Cond] = []
    for part in parts:
        if isinstance(part, ir.Constant):
            if part.value:
                return part
        elif isinstance(part, ir.Any):
            flat.extend(part.conditions)
        else:
            flat.append(part)
    return ir.Constant(value=False) if not flat else flat[0] if len(flat) == 1 else ir.Any(tuple(flat))


def negated(condition: ir.Cond) -> ir.Cond:
    """The opposite, in negation normal form."""
    return negation_normal(condition, negated=True)


def atoms(condition: ir.Cond, *, positive: bool = True) -> Iterator[tuple[ir.Atom, bool]]:
    """Every atom with the sign in which it stands."""
    match condition:
        case ir.Constant():
            return
        case ir.Not(condition=inner):
            yield from atoms(inner, positive=not positive)
        case ir.All(conditions=parts) | ir.Any(conditions=parts) | ir.AtLeast(conditions=parts):
            for part in parts:
                yield from atoms(part, positive=positive)
        case _:
            yield condition, positive


def numbers_in(number: ir.Num) -> Iterator[ir.Num]:
    """A number and every number inside it."""
    yield number
    match number:
        case ir.Sum(left=left, right=right) | ir.Product(left=left, right=right):
            yield from numbers_in(left)
            yield from numbers_in(right)
        case ir.Scaled(value=value) | ir.Floored(value=value):
            yield from numbers_in(value)
        case ir.Least(values=values) | ir.Greatest(values=values) | ir.KthLeast(values=values):
            for value in values:
                yield from numbers_in(value)
        case ir.Chosen(cases=cases):
            for _, value in cases:
                yield from numbers_in(value)
        case _:
            return


def number_facts(number: ir.Num) -> frozenset[str]:
    """The facts that a number reads."""
    return frozenset(part.fact for part in numbers_in(number) if isinstance(part, (ir.NumberFact, ir.DayOf, ir.Chosen)))


def atom_facts(atom: ir.Atom) -> frozenset[str]:
    """The facts that an atom reads."""
    match atom:
        case ir.Compare(left=left, right=right):
            return number_facts(left) | number_facts(right)
        case ir.AmountAbove(threshold=threshold):
            return number_facts(threshold)
        case ir.SameWord(left=left_fact, right=right_fact):
            return frozenset((left_fact, right_fact))
        case _:
            return frozenset((atom.fact,))


def condition_facts(condition: ir.Cond) -> frozenset[str]:
    """The facts that a condition reads, `known(x)` included."""
    return frozenset(fact for atom, _ in atoms(condition) for fact in atom_facts(atom))


def reads_the_amount(condition: ir.Cond) -> bool:
    """Whether the amount asked for stands in a condition."""
    return any(isinstance(atom, ir.AmountAbove) for atom, _ in atoms(condition))


def known(facts: frozenset[str]) -> ir.Cond:
    """All these facts are known."""
    return all_of(tuple(ir.Known(fact) for fact in sorted(facts - ALWAYS_KNOWN)))


def settled(atom: ir.Cond) -> ir.Cond:
    """Everything that an atom needs is known."""
    match atom:
        case ir.Compare(left=left, right=right):
            return readable(left, right)
        case ir.AmountAbove(threshold=threshold):
            return readable(threshold)
        case _:
            return known(condition_facts(atom))


def readable(*numbers: ir.Num) -> ir.Cond:
    """Everything that these numbers need is known; of a lookup, only what its member leads to."""
    parts = [part for number in numbers for part in numbers_in(number)]
    if not any(isinstance(part, ir.Chosen) and any(number_facts(value) for _, value in part.cases) for part in parts):
        return known(frozenset(fact for number in numbers for fact in number_facts(number)))
    return all_of(tuple(dict.fromkeys(_needed(number) for number in numbers)))


def _needed(number: ir.Num) -> ir.Cond:
    match number:
        case ir.NumberFact(fact=fact) | ir.DayOf(fact=fact):
            return known(frozenset((fact,)))
        case ir.Chosen(fact=fact, cases=cases):
            elsewhere = [(ir.Not(ir.IsAmong(fact, frozenset((member,)))), _needed(value)) for member, value in cases]
            return all_of((known(frozenset((fact,))), *(any_of(each) for each in elsewhere)))
        case ir.Sum(left=left, right=right) | ir.Product(left=left, right=right):
            return all_of((_needed(left), _needed(right)))
        case ir.Scaled(value=value) | ir.Floored(value=value):
            return _needed(value)
        case ir.Least(values=values) | ir.Greatest(values=values):
            return all_of(tuple(_needed(value) for value in values))
        case _:
            return ir.Constant(value=True)


def certainly(condition: ir.Cond) -> ir.Cond:
    """True in every completion of what is unknown. The condition is in negation normal form."""
    match condition:
        case ir.Constant() | ir.Known() | ir.Not(condition=ir.Known()):
            return condition
        case ir.All(conditions=parts):
            return all_of(tuple(certainly(part) for part in parts))
        case ir.Any(conditions=parts):
            return any_of(tuple(certainly(part) for part in parts))
        case ir.AtLeast(count=count, conditions=parts):
            return ir.AtLeast(count, tuple(certainly(part) for part in parts))
        case ir.Not(condition=inner):
            return all_of((settled(inner), condition))
        case _:
            return all_of((settled(condition), condition))


def possibly(condition: ir.Cond) -> ir.Cond:
    """True in some completion of what is unknown: not certainly false."""
    return negation_normal(certainly(negated(condition)), negated=True)
