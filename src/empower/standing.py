"""The approver who is best placed: values of the actor facts, free of the role, at which nothing that reads them speaks.

Where there are such values, trying one approver of each role is as good as trying all (`authority.py` makes the full search).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from empower import ir
from empower.authority import SOMEBODY
from empower.backends.interpret import holds
from empower.environment import Environment
from empower.formulas import atom_facts, atoms
from empower.lower import facts_of_number


def somebody(plan: ir.Plan, program: ir.Program) -> Mapping[str, Any] | None:
    """Values of the actor facts that a role does not fix at which no condition on them holds, if there are such.

    Then trying one approver of each role is as good as trying all. None: it takes a search, which the careful way makes.
    """
    found: dict[str, Any] = {"actor.id": SOMEBODY}
    for fact in plan.slots:
        if fact.startswith("actor.") and fact != "actor.role" and (fact != "actor.id" or fact in plan.free):
            value = _best(fact, plan, program.facts[fact])
            if value is None:
                return None
            found[fact] = value
    return found


def _best(fact: str, plan: ir.Plan, kind: ir.FactType) -> Any:
    literals = list(_literals(fact, plan))
    if any(atom is None for atom, _ in literals):
        return None
    for value in _tries(kind):
        if all(settled(atom, positive, {fact: value}) is False for atom, positive in literals if atom is not None):
            return value
    return None


def _tries(kind: ir.FactType) -> Iterator[Any]:
    match kind:
        case ir.NumberType(low=low, high=high):
            yield from (high, low)
        case ir.YesNoType():
            yield from (True, False)
        case ir.OneOfType(members=members):
            yield from members
        case ir.SetOfType(members=members):
            yield from (frozenset(), frozenset(members))
        case ir.TextType():
            yield SOMEBODY
        case _:
            return


def _literals(fact: str, plan: ir.Plan) -> Iterator[tuple[ir.Atom | None, bool]]:
    """The literals that read a fact; (None, …) where it is read in a way that this does not understand."""
    for bar in plan.bars:
        node = bar.threshold.exact
        while isinstance(node, ir.If) and node.otherwise == ir.Number(ir.OPEN):
            yield from _reading(fact, node.condition)
            node = node.then
        if fact in facts_of_number(node):
            yield None, True


def _reading(fact: str, condition: ir.Cond) -> Iterator[tuple[ir.Atom | None, bool]]:
    for atom, positive in atoms(condition):
        facts = atom_facts(atom)
        if fact in facts:
            yield (atom if facts == {fact} else None), positive


def conjuncts(condition: ir.Cond) -> Iterator[tuple[ir.Atom, bool]]:
    """The literals of a conjunction, each with its sign."""
    for part in condition.conditions if isinstance(condition, ir.All) else (condition,):
        if isinstance(part, ir.Not):
            yield part.condition, False  # type: ignore[misc]
        elif not isinstance(part, (ir.All, ir.Any, ir.AtLeast, ir.Constant)):
            yield part, True


def settled(atom: ir.Atom, positive: bool, values: Mapping[str, Any]) -> bool | None:  # noqa: FBT001
    """Whether a literal holds at these values; None when they do not settle it."""
    facts = atom_facts(atom)
    if isinstance(atom, ir.AmountAbove) or not facts or not facts <= values.keys():
        return None
    return holds(atom, Environment(values, 0, 0, int)) == positive
