"""Ceilings of a parent: what no constant amount of a child may exceed (`docs/packs.md`, *Layers*)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from empower import ir
from empower.check.desk import Desk
from empower.check.roles import constant_for, roles_of
from empower.checked import CheckedCap, CheckedPack, Row
from empower.formulas import atoms, condition_facts, numbers_in
from empower.money import plain_money
from empower.noun import frozen
from empower.pack import Place


@frozen
class _Ceiling:
    """The strictest ceiling that one kind and one role have."""

    cap: str
    most: int


def ceilings(desk: Desk, checked: CheckedPack) -> None:
    """Refuse ceilings that are not constant by role, and caps of a child above a ceiling of a parent."""
    own = {cap.id: index for index, cap in enumerate(desk.pack.document.caps)}
    for cap in checked.caps:
        if cap.ceiling and cap.id in own and cap.id not in desk.doubtful and _constants(cap, checked) is None:
            help_ = "give it `at_most` with constant amounts, which depend on `actor.role` at most, and no dates"
            desk.problem(("caps", own[cap.id], "ceiling"), "bad-ceiling", f"the ceiling '{cap.id}' is not constant by role", help_)
    inherited = checked.parent.caps if checked.parent is not None and checked.parent.currency == desk.currency else ()
    strictest = _strictest(desk, (cap for cap in inherited if cap.ceiling and not cap.shadow), checked)
    if strictest:
        for cap in checked.caps:
            if cap.id in own and cap.effect == "cap" and cap.id not in desk.doubtful:
                _hold_against(desk, checked, cap, ("caps", own[cap.id]), strictest)


def _strictest(desk: Desk, inherited: Iterable[CheckedCap], checked: CheckedPack) -> Mapping[tuple[str, str], _Ceiling]:
    found: dict[tuple[str, str], _Ceiling] = {}
    for cap in inherited:
        limits = _constants(cap, checked) if cap.id not in desk.doubtful else None
        for (role, most), kind in itertools.product((limits or {}).items(), cap.kinds):
            other = found.get((kind, role))
            if other is None or most < other.most:
                found[kind, role] = _Ceiling(cap.id, most)
    return found


def _hold_against(desk: Desk, checked: CheckedPack, cap: CheckedCap, place: Place, strictest: Mapping[tuple[str, str], _Ceiling]) -> None:
    for index, row in enumerate(cap.rows):
        named = _names_roles(row)
        for role in roles_of(row.condition, checked.roles):
            given = constant_for(row.amounts, role)
            above = [strictest[kind, role] for kind in cap.kinds if (kind, role) in strictest]
            # A ceiling of 0 says that a role may not do this at all: a constant for everybody is no promise to it.
            above = [each for each in above if named or each.most > 0]
            ceiling = min(above, key=lambda each: each.most, default=None)
            if given is not None and ceiling is not None and given > ceiling.most:
                shown, most = (plain_money(value, checked.currency) for value in (given, ceiling.most))
                where = checked.about[ceiling.cap].span()
                message = f"'{cap.id}' gives {shown} to '{role}', above the ceiling '{ceiling.cap}' of {most} at {where}"
                desk.problem(_amount_place(desk, place, index, role), "exceeds-ceiling", message, f"write {most} or less")
                return


def _names_roles(row: Row) -> bool:
    """Whether a row is for some roles, or differs by role."""
    parts = [part for amount in row.amounts for part in numbers_in(amount)]
    return "actor.role" in condition_facts(row.condition) or any(
        isinstance(part, ir.Chosen) and part.fact == "actor.role" for part in parts
    )


def _amount_place(desk: Desk, place: Place, index: int, role: str) -> Place:
    """Where the amount of a row stands in `pack.yaml`; for a CSV table, its name."""
    document = desk.pack.document.caps[int(place[1])]
    if document.table is not None:
        return (*place, "table")
    if document.first is None:
        return (*place, "at_most", role)
    row = document.first[index]
    return (*place, "first", index, "at_most" if "at_most" in row else "otherwise", role)


def _constants(cap: CheckedCap, checked: CheckedPack) -> Mapping[str, int] | None:
    """The amount of a cap for each role, if it depends on nothing else."""
    if cap.effect != "cap" or cap.dated is not None or not isinstance(cap.applies, ir.Constant) or not cap.applies.value:
        return None
    if any(getattr(atom, "fact", "") != "actor.role" for row in cap.rows for atom, _ in atoms(row.condition)):
        return None
    found: dict[str, int] = {}
    for role in checked.roles.everyone():
        rows = [row for row in cap.rows if role in roles_of(row.condition, checked.roles)]
        amounts = [constant_for(row.amounts, role) for row in (rows if cap.collect else rows[:1])]
        if None in amounts:
            return None
        found[role] = min((amount for amount in amounts if amount is not None), default=0)
    return found
