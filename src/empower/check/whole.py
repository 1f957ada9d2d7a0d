"""What shows only when the whole pack is seen: ceilings, escalations nobody can answer, denials that hide an escalation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from empower import ir
from empower.check.desk import Desk
from empower.checked import CheckedCap, CheckedPack, CheckedRule, Row
from empower.formulas import atoms
from empower.money import plain_money


def check_whole(desk: Desk, checked: CheckedPack) -> None:
    """Note every problem that lies between guardrails."""
    _ceilings(desk, checked)
    _dead_escalations(desk, checked)
    _hidden_escalations(desk, checked)


# ------------------------------------------------------------------------------------------------ ceilings


def _ceilings(desk: Desk, checked: CheckedPack) -> None:
    own = {cap.id: ("caps", index) for index, cap in enumerate(desk.pack.document.caps)}
    for cap in checked.caps:
        if cap.ceiling and constants_by_role(cap, checked) is None and cap.id in own:
            help_ = "give it constant amounts that depend on `actor.role` at most"
            desk.problem(own[cap.id], "bad-ceiling", f"the ceiling '{cap.id}' is not constant by role", help_)
    inherited = [cap for cap in (checked.parent.caps if checked.parent else ()) if cap.ceiling]
    for cap in checked.caps:
        if cap.id in own and cap.effect == "cap":
            for ceiling in inherited:
                _compare_with_ceiling(desk, checked, cap, ceiling, own[cap.id])


def _compare_with_ceiling(desk: Desk, checked: CheckedPack, cap: CheckedCap, ceiling: CheckedCap, place: tuple[str, int]) -> None:
    limits = constants_by_role(ceiling, checked)
    if limits is None or not set(cap.kinds) & set(ceiling.kinds):
        return
    for index, row in enumerate(cap.rows):
        amounts = [amount.value for amount in row.amounts if isinstance(amount, ir.Number)]
        for role in roles_of(row.condition, checked):
            if amounts and len(amounts) == len(row.amounts) and min(amounts) > limits[role]:
                given, most = (plain_money(value, checked.currency) for value in (min(amounts), limits[role]))
                message = f"'{cap.id}' gives a {role} {given}, above the ceiling '{ceiling.id}' of {most} at {checked.about[ceiling.id].span()}"
                desk.problem((*place, "first", index), "exceeds-ceiling", message, f"write {most} or less")
                return


def constants_by_role(cap: CheckedCap, checked: CheckedPack) -> Mapping[str, int] | None:
    """The amount of a cap for each role, if it depends on nothing else."""
    if any(fact != "actor.role" for row in cap.rows for atom, _ in atoms(row.condition) for fact in [getattr(atom, "fact", "")]):
        return None
    if not isinstance(cap.applies, ir.Constant) or any(not isinstance(amount, ir.Number) for row in cap.rows for amount in row.amounts):
        return None
    found: dict[str, int] = {}
    for role in checked.roles.everyone():
        row = next((row for row in cap.rows if role in roles_of(row.condition, checked)), None)
        found[role] = min((amount.value for amount in row.amounts if isinstance(amount, ir.Number)), default=0) if row else 0
    return found


def roles_of(condition: ir.Cond, checked: CheckedPack) -> tuple[str, ...]:
    """The roles that a conjunction does not rule out by itself."""
    roles = set(checked.roles.everyone())
    for part in condition.conditions if isinstance(condition, ir.All) else (condition,):
        if isinstance(part, ir.IsAmong) and part.fact == "actor.role":
            roles &= part.members
        elif isinstance(part, ir.Not) and isinstance(part.condition, ir.IsAmong) and part.condition.fact == "actor.role":
            roles -= part.condition.members
        elif isinstance(part, ir.Constant) and not part.value:
            return ()
    return tuple(role for role in checked.roles.everyone() if role in roles)


# ------------------------------------------------------------------------------------------------ escalations


def _dead_escalations(desk: Desk, checked: CheckedPack) -> None:
    own = {rule.id: ("rules", index) for index, rule in enumerate(desk.pack.document.rules)}
    for rule in checked.rules:
        if rule.role is None or rule.id not in own:
            continue
        for kind in rule.kinds:
            least = (checked.kinds[kind].amount or (0, 0))[0]
            able = [role for role in checked.roles.ladder if checked.roles.rank(role) >= checked.roles.rank(rule.role)]
            if not any(_could_ever(checked, kind, role, least) for role in able):
                message = f"'{rule.id}' sends '{kind}' to {rule.role}, but neither {rule.role} nor a higher role may ever give any"
                desk.problem(own[rule.id], "dead-escalation", message, "raise a cap for that role, or write `deny` instead")
                break


def _could_ever(checked: CheckedPack, kind: str, role: str, least: int) -> bool:
    """Whether no cap that always applies holds this role below the least amount of the kind, whatever the facts."""
    caps = [cap for cap in checked.caps if cap.effect == "cap" and kind in cap.kinds and not cap.shadow and cap.dated is None]
    return all(_most(cap, role, checked) >= least for cap in caps if isinstance(cap.applies, ir.Constant) and cap.applies.value)


def _most(cap: CheckedCap, role: str, checked: CheckedPack) -> int:
    """The largest amount that a cap could give a role: of constant rows their amount, of computed ones no bound."""
    rows: list[Row] = []
    for row in cap.rows:
        if role in roles_of(row.condition, checked):
            rows.append(row)
            if not any(atom_fact != "actor.role" for atom, _ in atoms(row.condition) for atom_fact in [getattr(atom, "fact", "?")]):
                break
    return max((min((a.value if isinstance(a, ir.Number) else ir.OPEN for a in row.amounts), default=0) for row in rows), default=0)


# ------------------------------------------------------------------------------------------------ hidden escalations


def _hidden_escalations(desk: Desk, checked: CheckedPack) -> None:
    """A denial that holds whenever an escalation does: the escalation can never be answered, which the author hardly meant."""
    own = {rule.id: ("rules", index) for index, rule in enumerate(desk.pack.document.rules)}
    denials: dict[str, list[tuple[frozenset[ir.Cond], CheckedRule]]] = defaultdict(list)
    for rule in checked.rules:
        if rule.outcome == "deny" and rule.effect == "deny" and not rule.shadow:
            parts = _parts(rule.fires)
            denials[min((repr(part) for part in parts), default="")].append((parts, rule))
    if not denials:
        return
    for rule in checked.rules:
        if rule.effect != "escalate" or rule.shadow or rule.id not in own:
            continue
        parts = _parts(rule.fires)
        for denial in _implied(parts, denials, rule):
            message = f"'{rule.id}' can never escalate: '{denial.id}' denies whenever it holds"
            help_ = f"add `unless: …` to '{denial.id}' with the case that '{rule.id}' is for, or drop one of them"
            desk.problem(own[rule.id], "hidden-escalation", message, help_)
            break


def _implied(parts: frozenset[ir.Cond], denials: Mapping[str, list[tuple[frozenset[ir.Cond], CheckedRule]]], rule: CheckedRule) -> Iterable[CheckedRule]:
    for key in ["", *(repr(part) for part in parts)]:
        for denied, denial in denials.get(key, ()):
            if denied <= parts and set(rule.kinds) <= set(denial.kinds):
                yield denial


def _parts(condition: ir.Cond) -> frozenset[ir.Cond]:
    if isinstance(condition, ir.All):
        return frozenset(condition.conditions)
    if isinstance(condition, ir.Constant):
        return frozenset() if condition.value else frozenset((condition,))
    return frozenset((condition,))
