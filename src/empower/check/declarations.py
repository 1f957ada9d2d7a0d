"""What a pack declares: roles, values, facts, actions, groups, named expressions."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from empower import ir
from empower.check.desk import Desk
from empower.checked import FactNote, Kind
from empower.expressions import as_condition, read_either, reads_amount
from empower.money import exponent_of
from empower.pack import ActionDocument, FactDocument, Place
from empower.problems import did_you_mean
from empower.quantities import INT64, Misfit, Quantity, chosen, literal
from empower.scope import Roles
from empower.trees import read_tree

MEMBER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+./ -]*")
TEXT_MAX = 1_000
MONEY_MAX = 10**12
"""The largest bound of a money fact, in major units."""
BUILT_IN: dict[str, ir.FactType] = {
    "actor.id": ir.TextType(),
    "customer.id": ir.TextType(),
    "incident.id": ir.TextType(),
    "place.store": ir.TextType(),
    "now": ir.InstantType(),
}


def roles(desk: Desk) -> None:
    """The ladder, and the roles beside it."""
    document = desk.pack.document.roles
    if document is None:
        if not desk.roles.ladder:
            desk.problem((), "missing-key", "a pack needs 'roles'", "add `roles: {ladder: [clerk, manager]}`")
        return
    if desk.roles.ladder:
        desk.problem(("roles", "<key>"), "redeclared", "the roles are the parent's", "leave `roles` out; the parent's hold")
        return
    seen: set[str] = set()
    for index, role in enumerate(document.ladder):
        desk.name(role, ("roles", "ladder", index), "a role")
        if role in seen:
            desk.problem(("roles", "ladder", index), "duplicate-id", f"the role '{role}' stands here twice", "name each role once")
        seen.add(role)
    if not document.ladder:
        desk.problem(("roles", "ladder"), "missing-key", "the ladder has no role", "name at least one")
    beside = {name: _asked(desk, name, text, document.ladder) for name, text in document.beside.items()}
    desk.roles = Roles(tuple(dict.fromkeys(document.ladder)), beside)


def _asked(desk: Desk, name: str, text: str, ladder: list[str]) -> str:
    place: Place = ("roles", "beside", name)
    desk.name(name, (*place, "<key>"), "a role")
    if name in ladder:
        desk.problem((*place, "<key>"), "duplicate-id", f"the role '{name}' is on the ladder already", "a role stands on the ladder or beside it")
    asked = text.removeprefix("asks ").strip()
    if not text.startswith("asks ") or asked not in ladder:
        help_ = f"write `{name}: asks {ladder[0] if ladder else 'team_lead'}`"
        desk.problem(place, "unknown-role", f"'{text[:60]}' does not say whom '{name}' asks", help_)
        return ladder[0] if ladder else ""
    return asked


def values(desk: Desk) -> None:
    """The values of the mission."""
    for name, text in desk.pack.document.values.items():
        desk.name(name, ("values", name, "<key>"), "a value")
        if name in desk.values:
            desk.problem(("values", name, "<key>"), "redeclared", f"the value '{name}' is the parent's", "leave it out")
            continue
        desk.values[name] = desk.words(text, ("values", name))


def facts(desk: Desk) -> None:
    """The facts, with the built-in ones."""
    for name, kind in BUILT_IN.items():
        desk.facts.setdefault(name, kind)
    desk.facts["actor.role"] = ir.OneOfType(desk.roles.everyone())
    for name, document in desk.pack.document.facts.items():
        place: Place = ("facts", name)
        if not desk.name(name, (*place, "<key>"), "a fact"):
            continue
        _refuse_reserved(desk, name, (*place, "<key>"))
        kind = read_type(document.type, desk, (*place, "type") if desk.span((*place, "type")) != desk.span(place) else place)
        if kind is None:
            continue
        if desk.facts.get(name, kind) != kind:
            desk.problem((*place, "<key>"), "redeclared", f"'{name}' is declared already with another type", "leave it out, or use another name")
            continue
        desk.facts[name] = kind
        desk.fact_notes[name] = _note(desk, document, place)
    _refuse_nested(desk)


def _refuse_reserved(desk: Desk, name: str, place: Place) -> None:
    if name.startswith("action.") or name in ("actor.role", "now", "yes", "no", "never", "approved"):
        desk.problem(place, "reserved-name", f"'{name}' has a fixed meaning", "parameters of an action are declared under `actions:`")


def _refuse_nested(desk: Desk) -> None:
    """A fact may not be both a value and a group of others."""
    for name in desk.pack.document.facts:
        parts = name.split(".")
        for length in range(1, len(parts)):
            if ".".join(parts[:length]) in desk.facts:
                message = f"'{name}' lies inside the fact '{'.'.join(parts[:length])}'"
                desk.problem(("facts", name, "<key>"), "reserved-name", message, "rename one of them")


def _note(desk: Desk, document: FactDocument, place: Place) -> FactNote:
    return FactNote(
        desk.words(document.ask, (*place, "ask")),
        desk.words(document.title, (*place, "title")),
        desk.yes_no(document.customer_may_see, (*place, "customer_may_see")),
        desk.choice(document.supplied_by, ("staff", "host"), (*place, "supplied_by"), "who supplies a fact"),  # type: ignore[arg-type]
    )


# ------------------------------------------------------------------------------------------------ types


def read_type(text: str, desk: Desk, place: Place) -> ir.FactType | None:
    """A type as written, such as `money 0..5000` or `one of [new, regular]`; None after a problem."""
    try:
        return _type(text.strip(), desk.currency)
    except Misfit as misfit:
        desk.problem(place, misfit.code, misfit.message, misfit.help)
        return None


_SIMPLE: dict[str, ir.FactType] = {
    "yes/no": ir.YesNoType(),
    "text": ir.TextType(),
    "date": ir.DateType(),
    "date, may be never": ir.DateType(never=True),
    "instant": ir.InstantType(),
    "instant, may be never": ir.InstantType(never=True),
}
_LISTED = re.compile(r"(one of|ordered one of|set of) \[(.*)\]")
_RANGED = re.compile(r"(money|integer|decimal\(([1-9])\)|duration) +(-?[0-9.]+)\.\.(-?[0-9.]+)( minutes| hours| days)?")
_TYPES = [*_SIMPLE, "money 0..5000", "integer 0..100", "decimal(2) 0..100", "duration 0..48 hours", "one of [a, b]", "ordered one of [a, b]", "set of [a, b]"]


def _type(text: str, currency: str) -> ir.FactType:
    if text in _SIMPLE:
        return _SIMPLE[text]
    if listed := _LISTED.fullmatch(text):
        members = _members(listed.group(2))
        if listed.group(1) == "set of":
            return ir.SetOfType(members)
        return ir.OneOfType(members, ordered=listed.group(1).startswith("ordered"))
    if ranged := _RANGED.fullmatch(text):
        return _range(ranged, currency)
    word = text.split(" ", maxsplit=1)[0]
    if word in ("money", "integer", "decimal", "duration"):
        example = next(kind for kind in _TYPES if kind.startswith(word))
        raise Misfit("unbounded", f"'{text[:60]}' has no bounds", f"give the least and the largest value, such as `{example}`")
    raise Misfit("unknown-type", f"'{text[:60]}' is not a type", did_you_mean(text, _TYPES))


def _members(text: str) -> tuple[str, ...]:
    members = tuple(part.strip().strip("'\"") for part in text.split(","))
    for member in members:
        if not MEMBER.fullmatch(member):
            raise Misfit("bad-name", f"'{member[:40]}' is not a member", "separate members by commas; use plain letters, digits, `-`, `_`")
        if member == "never":
            raise Misfit("reserved-name", "'never' has a fixed meaning", "call the member something else")
    if len(set(members)) != len(members):
        twice = next(m for m in members if members.count(m) > 1)
        raise Misfit("duplicate-id", f"'{twice}' stands here twice", "name each member once")
    return members


def _range(match: re.Match[str], currency: str) -> ir.NumberType:
    word, places, low, high, unit = match.groups()
    family = word.split("(")[0]
    per_unit = {" minutes": 60, " hours": 3_600, " days": 86_400}.get(unit or "", 0)
    if (family == "duration") != bool(unit):
        raise Misfit("unknown-type", f"'{match.group()}' is not a type", "write `duration 0..48 hours`; other numbers have no unit of time")
    factor = {"money": 10 ** exponent_of(currency), "integer": 1, "decimal": 10 ** int(places or 0), "duration": per_unit}[family]
    bounds = [_bound(text) * factor for text in (low, high)]
    if any(bound.denominator != 1 for bound in bounds):
        raise Misfit("bad-number", f"a bound of '{match.group()}' has too many decimals", "round it")
    if bounds[0] > bounds[1]:
        raise Misfit("bad-number", f"the bounds of '{match.group()}' are the wrong way round", "write the smaller one first")
    if family == "money" and (bounds[0] < 0 or bounds[1] > MONEY_MAX * factor):
        raise Misfit("bad-number", f"money lies between 0 and {MONEY_MAX}", "choose bounds within that")
    if max(abs(bound) for bound in bounds) > INT64:
        raise Misfit("overflow", f"a bound of '{match.group()}' does not fit in 64 bits", "choose tighter bounds")
    return ir.NumberType(family, int(bounds[0]), int(bounds[1]), factor if family == "decimal" else 1)  # type: ignore[arg-type]


def _bound(text: str) -> Fraction:
    value = literal(text.removeprefix("-"))
    return -value if text.startswith("-") else value


# ------------------------------------------------------------------------------------------------ actions


def actions(desk: Desk) -> None:
    """The kinds of action, their parameters as facts, and the groups."""
    for name, document in desk.pack.document.actions.items():
        place: Place = ("actions", name)
        if not desk.name(name, (*place, "<key>"), "an action"):
            continue
        if name in desk.kinds or name == "everything":
            desk.problem((*place, "<key>"), "redeclared", f"the action '{name}' is declared already", "a pack may not redefine its parent's actions")
            continue
        desk.kinds[name] = _kind(desk, name, document, place)
    if not desk.kinds:
        desk.problem((), "missing-key", "a pack needs 'actions'", "add `actions: {refund: {amount: money 0.01..100}}`")
    desk.facts["action.kind"] = ir.OneOfType(tuple(desk.kinds) or ("none",))
    _groups(desk)


def _kind(desk: Desk, name: str, document: ActionDocument, place: Place) -> Kind:
    amount = read_type(document.amount, desk, (*place, "amount")) if document.amount is not None else None
    bounds = None
    if isinstance(amount, ir.NumberType) and amount.unit == "money" and amount.low > 0:
        bounds = (amount.low, amount.high)
    elif document.amount is not None and amount is not None:
        help_ = "write the least and the largest amount, such as `amount: money 0.01..5000`"
        desk.problem((*place, "amount"), "bad-amount", f"the amount of '{name}' must be money above 0", help_)
        bounds = (1, 1)
    if document.reasons:
        _parameter(desk, "reason", ir.OneOfType(tuple(document.reasons)), (*place, "reasons"))
    else:
        desk.facts.setdefault("action.reason", ir.TextType())
    for parameter, text in document.parameters.items():
        kind = read_type(text, desk, (*place, "parameters", parameter))
        if kind is not None and desk.name(parameter, (*place, "parameters", parameter, "<key>"), "a parameter"):
            _parameter(desk, parameter, kind, (*place, "parameters", parameter))
    parameters = ("reason", *document.parameters)
    for ask in document.asks:
        if ask not in parameters:
            help_ = did_you_mean(ask, parameters)
            desk.problem((*place, "asks"), "unknown-parameter", f"'{name}' asks for '{ask}', which is not a parameter of it", help_)
    return Kind(name, bounds, desk.words(document.title, (*place, "title")), tuple(document.asks), parameters)


def _parameter(desk: Desk, name: str, kind: ir.FactType, place: Place) -> None:
    if name in ("kind", "amount"):
        desk.problem(place, "reserved-name", f"'{name}' has a fixed meaning in an action", "choose another name")
    elif desk.facts.setdefault(f"action.{name}", kind) != kind:
        desk.problem(place, "redeclared", f"the parameter '{name}' has another type in another action", "give it one type, or two names")


def _groups(desk: Desk) -> None:
    for name, members in desk.pack.document.groups.items():
        place: Place = ("groups", name)
        if not desk.name(name, (*place, "<key>"), "a group"):
            continue
        if name in desk.groups or name in desk.kinds or name == "everything":
            desk.problem((*place, "<key>"), "redeclared", f"'{name}' is the name of an action or a group already", "choose another name")
            continue
        for index, member in enumerate(members):
            if member not in desk.kinds:
                desk.problem((*place, index), "unknown-kind", f"'{member[:60]}' is not an action", did_you_mean(member, desk.kinds))
        desk.groups[name] = tuple(member for member in desk.kinds if member in members)


# ------------------------------------------------------------------------------------------------ named expressions


def define(desk: Desk) -> None:
    """Named expressions and lookup tables; each is read once, in whatever order they refer to one another."""
    for name, text in desk.pack.document.define.items():
        place: Place = ("define", name)
        if not desk.name(name, (*place, "<key>"), "a named expression"):
            continue
        if name in desk.facts or name in desk.define:
            desk.problem((*place, "<key>"), "redeclared", f"'{name}' is declared already", "choose another name")
            continue
        desk.defining[name] = _once(desk, name, text, place)
    for name in list(desk.defining):
        desk.meaning(name)


def _once(desk: Desk, name: str, text: Any, place: Place) -> Callable[[], Any]:
    def meaning() -> Any:
        desk.defining[name] = _circular
        found = _definition(desk, text, place)
        desk.defining[name] = (lambda: found) if found is not None else _reported
        return found

    def _circular() -> Any:
        raise Misfit("circular-definition", f"'{name}' is defined by way of itself", "break the circle")

    def _reported() -> Any:
        # The definition itself has a problem; what uses it gets a harmless stand-in instead of a second complaint.
        return None

    return meaning


def _definition(desk: Desk, text: Any, place: Place) -> Quantity | ir.Cond | None:
    if isinstance(text, str):
        return read_either(text, desk.scope(), place)
    if isinstance(text, dict) and "by" in text:
        return read_lookup(desk, text, place)
    if isinstance(text, dict) and ("all" in text or "any" in text):
        return read_tree(text, desk.scope(), place)
    desk.problem(place, "wrong-shape", "a definition is an expression or a table `{by: fact, member: …}`", "see `docs/packs.md`")
    return None


def read_lookup(desk: Desk, table: dict[str, Any], place: Place, *, product: bool = False) -> Quantity | None:
    """`{by: fact, member: expression, …}`: every member of the fact has a line."""
    fact = str(table["by"])
    kind = desk.facts.get(fact)
    if not isinstance(kind, ir.OneOfType):
        desk.problem((*place, "by"), "wrong-type", f"'{fact[:60]}' is not a fact with members", did_you_mean(fact, desk.facts))
        return None
    cases: list[tuple[str, Quantity]] = []
    failed = False
    for member, text in table.items():
        if member == "by":
            continue
        if member not in kind.members:
            help_ = did_you_mean(member, kind.members)
            desk.problem((*place, member, "<key>"), "not-in-set", f"'{member[:60]}' is not a value of '{fact}'", help_)
            failed = True
            continue
        value = read_either(text, desk.scope("refused", product=product), (*place, member)) if isinstance(text, str) else None
        failed = failed or not isinstance(value, Quantity)
        if isinstance(value, Quantity):
            cases.append((member, value))
        elif value is not None or not isinstance(text, str):
            desk.problem((*place, member), "wrong-type", "a line of a lookup table holds a number", "write a number or an amount")
    missing = [member for member in kind.members if member not in table]
    if missing:
        desk.problem(place, "missing-member", f"this table says nothing about '{missing[0]}' of '{fact}'", f"add `{missing[0]}: …`")
    if failed or missing:
        return None
    try:
        return chosen(fact, cases, desk.currency)
    except Misfit as misfit:
        desk.problem(place, misfit.code, misfit.message, misfit.help)
        return None


def local_day(text: str, desk: Desk, place: Place) -> int | None:
    """A local date as its ordinal; None after a problem."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError  # noqa: TRY301  (one message for both)
        return datetime.date.fromisoformat(text).toordinal()
    except ValueError:
        desk.problem(place, "bad-date", f"'{text[:40]}' is not a date", "write year, month and day, such as 2026-11-22")
        return None


__all__ = ["actions", "as_condition", "define", "facts", "local_day", "read_lookup", "read_type", "reads_amount", "roles", "values"]
