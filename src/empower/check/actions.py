"""What a pack declares about actions: kinds with their amounts and parameters, and groups of kinds."""

from __future__ import annotations

from collections.abc import Sequence

from empower import ir
from empower.check.declarations import read_members, read_type
from empower.check.desk import Desk
from empower.checked import Kind
from empower.language.quantities import Misfit
from empower.money import MINOR_MAX
from empower.pack import ActionDocument, Place
from empower.problems import did_you_mean


def actions(desk: Desk) -> None:
    """The kinds of action, their parameters as facts, and the groups."""
    documents = desk.pack.document.actions
    for name, document in documents.items():
        _reasons(desk, document, ("actions", name, "reasons"))
    for name, document in documents.items():
        place: Place = ("actions", name)
        if not desk.name(name, (*place, "<key>"), "an action"):
            desk.broken.add(place)
        elif name == "everything":
            desk.problem((*place, "<key>"), "reserved-name", "'everything' stands for every action", "choose another name")
        elif name in desk.kinds:
            help_ = "a pack may not redefine its parent's actions"
            desk.problem((*place, "<key>"), "redeclared", f"the action '{name}' is declared already", help_)
        else:
            desk.kinds[name] = _kind(desk, name, document, place)
    if not desk.kinds and not any(place[0] == "actions" for place in desk.broken):
        desk.problem((), "missing-key", "a pack needs 'actions'", "add `actions: {refund: {amount: money 0.01..100}}`")
        desk.broken.add(("actions",))
    desk.facts["action.kind"] = ir.OneOfType(tuple(desk.kinds) or ("none",))
    desk.facts.setdefault("action.reason", ir.TextType())
    _groups(desk)


def _reasons(desk: Desk, document: ActionDocument, place: Place) -> None:
    if not document.reasons:
        return
    try:
        _parameter(desk, "reason", ir.OneOfType(read_members(document.reasons)), place)
    except Misfit as misfit:
        misfit.at = None
        desk.misfit(place, misfit)


def _kind(desk: Desk, name: str, document: ActionDocument, place: Place) -> Kind:
    for parameter, text in document.parameters.items():
        where = (*place, "parameters", parameter)
        kind = read_type(text, desk, where)
        if desk.variable(parameter, (*where, "<key>"), "a parameter") and kind is not None:
            _parameter(desk, parameter, kind, (*where, "<key>"))
        else:
            desk.broken.add(("facts", f"action.{parameter}"))
    parameters = tuple(dict.fromkeys(("reason", *document.parameters)))
    for index, ask in enumerate(document.asks):
        if ask not in parameters:
            help_ = did_you_mean(ask, parameters)
            desk.problem(
                (*place, "asks", index), "unknown-parameter", f"'{name}' asks for '{ask[:60]}', which is not a parameter of it", help_
            )
    return Kind(name, _bounds(desk, name, document, place), desk.words(document.title, (*place, "title")), tuple(document.asks), parameters)


def _bounds(desk: Desk, name: str, document: ActionDocument, place: Place) -> tuple[int, int] | None:
    if document.amount is None:
        return None
    amount = read_type(document.amount, desk, (*place, "amount"))
    if isinstance(amount, ir.NumberType) and amount.unit == "money" and amount.low > 0:
        return amount.low, amount.high
    if amount is not None:
        help_ = "write the least and the largest amount, such as `amount: money 0.01..5000`"
        desk.problem((*place, "amount"), "bad-amount", f"the amount of '{name}' must be money above 0", help_)
    return 1, MINOR_MAX


def _parameter(desk: Desk, name: str, kind: ir.FactType, place: Place) -> None:
    if name in ("kind", "amount", "currency"):
        desk.problem(place, "reserved-name", f"'{name}' has a fixed meaning in an action", "choose another name")
    elif desk.facts.setdefault(f"action.{name}", kind) != kind:
        help_ = "give it one type, or two names"
        desk.problem(place, "redeclared", f"the parameter '{name}' has another type in another action", help_)


def _groups(desk: Desk) -> None:
    for name, members in desk.pack.document.groups.items():
        place: Place = ("groups", name)
        if not desk.name(name, (*place, "<key>"), "a group"):
            desk.broken.add(place)
        elif name in desk.groups or name in desk.kinds or name == "everything":
            help_ = "choose another name"
            desk.problem((*place, "<key>"), "redeclared", f"'{name}' is the name of an action or a group already", help_)
        else:
            desk.groups[name] = _members(desk, name, members, place)


def _members(desk: Desk, name: str, members: Sequence[str], place: Place) -> tuple[str, ...]:
    found: set[str] = set()
    for index, member in enumerate(members):
        where = (*place, index)
        if member in found:
            desk.problem(where, "duplicate-id", f"'{member}' stands here twice", "name each action once")
        elif member in desk.groups or (member in desk.pack.document.groups and member not in desk.kinds):
            desk.problem(where, "unknown-kind", f"'{member[:60]}' is a group, and groups hold actions only", "name the actions themselves")
        elif member in desk.kinds:
            found.add(member)
        elif desk.is_broken("actions", member):
            desk.follows()
        else:
            desk.problem(where, "unknown-kind", f"'{member[:60]}' is not an action", did_you_mean(member, desk.kinds))
    if not members:
        desk.problem((*place, "<key>"), "wrong-shape", f"the group '{name}' has no action", "name at least one")
    return tuple(kind for kind in desk.kinds if kind in found)
