"""What a condition or an amount says of one role, whatever the other facts are."""

from __future__ import annotations

from collections.abc import Sequence

from empower import ir
from empower.formulas import numbers_in
from empower.language.scope import Roles


def holds_for(condition: ir.Cond, role: str) -> bool | None:
    """Whether a condition holds for a role; None if that depends on other facts."""
    match condition:
        case ir.Constant(value=value):
            return value
        case ir.IsAmong(fact="actor.role", members=members):
            return role in members
        case ir.Not(condition=inner):
            found = holds_for(inner, role)
            return None if found is None else not found
        case ir.All(conditions=parts):
            each = {holds_for(part, role) for part in parts}
            return False if False in each else None if None in each else True
        case ir.Any(conditions=parts):
            each = {holds_for(part, role) for part in parts}
            return True if True in each else None if None in each else False
        case _:
            return None


def roles_of(condition: ir.Cond, roles: Roles) -> tuple[str, ...]:
    """The roles for which a condition may hold."""
    return tuple(role for role in roles.everyone() if holds_for(condition, role) is not False)


def constant_for(amounts: Sequence[ir.Num], role: str) -> int | None:
    """The smallest of several amounts for a role; None if one of them depends on other facts."""
    found = [value_for(amount, role) for amount in amounts]
    return min((value for value in found if value is not None), default=0) if None not in found else None


def most_for(amounts: Sequence[ir.Num], role: str) -> int:
    """The most that the smallest of several amounts can be for a role."""
    return min((ir.OPEN if (value := value_for(amount, role)) is None else value for amount in amounts), default=ir.OPEN)


def value_for(number: ir.Num, role: str) -> int | None:
    """A number for a role; None if it depends on other facts."""
    match number:
        case ir.Number(value=value):
            return value
        case ir.Chosen(fact="actor.role", cases=cases):
            return next((value_for(inner, role) for member, inner in cases if member == role), None)
        case ir.Floored(value=inner, divisor=divisor):
            found = value_for(inner, role)
            return None if found is None else found // divisor
        case ir.Scaled(value=inner, factor=factor):
            found = value_for(inner, role)
            return None if found is None else found * factor
        case ir.Sum(left=left, right=right):
            sides = (value_for(left, role), value_for(right, role))
            return None if sides[0] is None or sides[1] is None else sides[0] + sides[1]
        case _:
            return None


def reads_actor(numbers: Sequence[ir.Num]) -> bool:
    """Whether a number reads a fact of the actor besides the role: a higher role might have another value there."""
    facts = {part.fact for number in numbers for part in numbers_in(number) if isinstance(part, (ir.NumberFact, ir.DayOf, ir.Chosen))}
    return any(fact.startswith("actor.") and fact != "actor.role" for fact in facts)
