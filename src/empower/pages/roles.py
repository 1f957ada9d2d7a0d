"""What is left of conditions, amounts and the rows of a cap once the role is known."""

from __future__ import annotations

from collections.abc import Sequence

from empower import ir
from empower.checked import CheckedCap, Row
from empower.formulas import all_of, any_of, negated

ALWAYS, NEVER = ir.Constant(value=True), ir.Constant(value=False)


def condition_for(condition: ir.Cond, role: str) -> ir.Cond:
    """A condition without the role."""
    match condition:
        case ir.IsAmong(fact="actor.role", members=members):
            return ir.Constant(role in members)
        case ir.Not(condition=inner):
            left = condition_for(inner, role)
            return ir.Constant(not left.value) if isinstance(left, ir.Constant) else ir.Not(left)
        case ir.All(conditions=parts):
            return all_of(tuple(condition_for(part, role) for part in parts))
        case ir.Any(conditions=parts):
            return any_of(tuple(condition_for(part, role) for part in parts))
        case _:
            return condition


def amount_for(amount: ir.Num, role: str) -> ir.Num:
    """An amount without the role."""
    match amount:
        case ir.Chosen(fact="actor.role", cases=cases):
            return amount_for(dict(cases)[role], role)
        case ir.Chosen(fact=fact, cases=cases):
            return ir.Chosen(fact, tuple((member, amount_for(value, role)) for member, value in cases))
        case ir.Least(values=values):
            return ir.Least(tuple(amount_for(value, role) for value in values))
        case ir.Greatest(values=values):
            return ir.Greatest(tuple(amount_for(value, role) for value in values))
        case _:
            return amount


def rows_for(cap: CheckedCap, role: str) -> tuple[Row, ...]:
    """The rows of a cap that a role can meet, up to the first that always applies to it."""
    found = []
    for row in as_tried(cap):
        condition = condition_for(row.condition, role)
        if condition != NEVER:
            found.append(Row(condition, tuple(amount_for(amount, role) for amount in row.amounts), row.span))
        if condition == ALWAYS and not cap.collect:
            break
    return tuple(found)


def as_tried(cap: CheckedCap) -> tuple[Row, ...]:
    """The rows of a cap; where all that match count, the last is again the `otherwise` that its author wrote."""
    *others, last = cap.rows
    if cap.collect and others and last.condition == negated(any_of(tuple(row.condition for row in others))):
        return (*others, Row(ALWAYS, last.amounts, last.span))
    return cap.rows


def alike(cap: CheckedCap, everyone: Sequence[str]) -> list[tuple[tuple[str, ...], tuple[Row, ...]]]:
    """The roles, those that meet the same rows together, each group with its rows."""
    found: dict[tuple[Row, ...], list[str]] = {}
    for role in everyone:
        found.setdefault(rows_for(cap, role), []).append(role)
    return [(tuple(group), rows) for rows, group in found.items()]
