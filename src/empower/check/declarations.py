"""What a pack declares first: roles, values, facts and their types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from empower import ir
from empower.check.desk import Desk
from empower.checked import FactNote
from empower.language.cells import read_cell
from empower.language.quantities import INT64, Misfit, literal, refuse_grouped
from empower.language.scope import Roles
from empower.money import MINOR_MAX, exponent_of
from empower.pack import FactDocument, Place
from empower.problems import did_you_mean

MEMBER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+./ -]*")
MONEY_MAX = 10**12
"""The largest bound of a money fact, in major units, where minor units still fit."""
ROLES_MAX = 100
BUILT_IN: dict[str, ir.FactType] = {
    "actor.id": ir.TextType(),
    "customer.id": ir.TextType(),
    "incident.id": ir.TextType(),
    "place.store": ir.TextType(),
    "now": ir.InstantType(),
}
_RESERVED = ("actor.role", "now", "yes", "no", "never", "approved", "true", "false", "null", "nil", "everything")


def roles(desk: Desk) -> None:
    """The ladder, and the roles beside it."""
    document = desk.pack.document.roles
    if document is None:
        if not desk.roles.ladder and ("roles",) not in desk.broken:
            desk.problem((), "missing-key", "a pack needs 'roles'", "add `roles: {ladder: [clerk, manager]}`")
            desk.broken.add(("roles",))
        return
    if desk.roles.ladder:
        desk.problem(("roles", "<key>"), "redeclared", "the roles are the parent's", "leave `roles` out; the parent's hold")
        return
    if not document.ladder:
        desk.problem(("roles", "ladder", "<key>"), "missing-key", "the ladder has no role", "name at least one, the lowest first")
        desk.broken.add(("roles",))
        return
    if len(document.ladder) + len(document.beside) > ROLES_MAX:
        desk.problem(("roles", "<key>"), "too-big", f"the pack has more than {ROLES_MAX} roles", "join roles that may do the same")
        desk.broken.add(("roles",))
        return
    seen: set[str] = set()
    for index, role in enumerate(document.ladder):
        desk.name(role, ("roles", "ladder", index), "a role")
        if role in seen:
            desk.problem(("roles", "ladder", index), "duplicate-id", f"the role '{role}' stands here twice", "name each role once")
        seen.add(role)
    beside = {name: _asked(desk, name, text, document.ladder) for name, text in document.beside.items()}
    desk.roles = Roles(tuple(dict.fromkeys(document.ladder)), {name: asked for name, asked in beside.items() if name not in seen})


def _asked(desk: Desk, name: str, text: str, ladder: Sequence[str]) -> str:
    place: Place = ("roles", "beside", name)
    desk.name(name, (*place, "<key>"), "a role")
    if name in ladder:
        desk.problem(
            (*place, "<key>"), "duplicate-id", f"the role '{name}' is on the ladder already", "a role stands on the ladder or beside it"
        )
    asked = text.removeprefix("asks ").strip()
    if text.startswith("asks ") and asked in ladder:
        return asked
    shown = ladder[0]
    if text.startswith("asks "):
        desk.problem(place, "unknown-role", f"'{asked[:60]}' is not a role of the ladder", did_you_mean(asked, ladder))
    else:
        desk.problem(place, "unknown-role", f"'{text[:60]}' does not say whom '{name[:60]}' asks", f"write `{name[:60]}: asks {shown}`")
    return shown


def values(desk: Desk) -> None:
    """The values of the mission."""
    for name, text in desk.pack.document.values.items():
        desk.name(name, ("values", name, "<key>"), "a value")
        if name in desk.values:
            desk.problem(("values", name, "<key>"), "redeclared", f"the value '{name}' is the parent's", "leave it out")
            continue
        desk.values[name] = desk.words(text, ("values", name))
    if not desk.values and not any(place[0] == "values" for place in desk.broken):
        desk.problem((), "missing-key", "a pack needs 'values'", "add `values: {trust: We trust the person at the door.}`")
        desk.broken.add(("values",))


# ------------------------------------------------------------------------------------------------ facts


def facts(desk: Desk) -> None:
    """The facts, with the built-in ones."""
    for name, kind in BUILT_IN.items():
        desk.facts.setdefault(name, kind)
    if ("roles",) in desk.broken:
        desk.broken.add(("facts", "actor.role"))
    else:
        desk.facts["actor.role"] = ir.OneOfType(desk.roles.everyone())
    for name, document in desk.pack.document.facts.items():
        if not _fact(desk, name, document, ("facts", name)):
            desk.broken.add(("facts", name))
    _refuse_nested(desk)


def _fact(desk: Desk, name: str, document: FactDocument, place: Place) -> bool:
    if not desk.variable(name, (*place, "<key>"), "a fact"):
        return False
    if name.startswith("action.") or name in _RESERVED:
        help_ = "parameters of an action are declared under `actions:`" if name.startswith("action.") else "choose another name"
        desk.problem((*place, "<key>"), "reserved-name", f"'{name}' has a fixed meaning", help_)
        return name in desk.facts
    kind = read_type(document.type, desk, (*place, "type"))
    if kind is None:
        return False
    if desk.facts.get(name, kind) != kind:
        desk.problem(
            (*place, "<key>"), "redeclared", f"'{name}' is declared already with another type", "leave it out, or use another name"
        )
        return True
    desk.facts[name] = kind
    if name in desk.fact_notes:
        for key in sorted(document.given - {"type"}):
            help_ = "leave it out; the parent's holds"
            desk.problem((*place, key, "<key>"), "redeclared", f"'{key}' of '{name}' is the parent's to say", help_)
        return True
    desk.fact_notes[name] = _note(desk, name, document, place)
    return True


def _refuse_nested(desk: Desk) -> None:
    """A fact may not be both a value and a group of others."""
    own = desk.pack.document.facts
    said: set[str] = set()
    for name in desk.facts:
        parts = name.split(".")
        around = next((group for length in range(1, len(parts)) if (group := ".".join(parts[:length])) in desk.facts), None)
        if around is not None and around in own and around not in said:
            said.add(around)
            desk.problem(("facts", around, "<key>"), "reserved-name", f"'{around}' is also the group of '{name}'", "rename it")
        elif around is not None and around not in own and name in own:
            message = f"'{name}' lies inside the parent's fact '{around}'"
            desk.problem(("facts", name, "<key>"), "reserved-name", message, "choose another name")


def _note(desk: Desk, name: str, document: FactDocument, place: Place) -> FactNote:
    if document.typical is not None:
        read_cell(document.typical, name, desk.scope("refused"), (*place, "typical"))
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
        return _type(text, desk.currency)
    except Misfit as misfit:
        desk.misfit(place, misfit)
        return None


_SIMPLE: dict[str, ir.FactType] = {
    "yes/no": ir.YesNoType(),
    "text": ir.TextType(),
    "date": ir.DateType(),
    "date, may be never": ir.DateType(never=True),
    "instant": ir.InstantType(),
    "instant, may be never": ir.InstantType(never=True),
}
_LISTED = re.compile(r"(one of|ordered one of|set of) ?\[(.*)\]", re.DOTALL)
_RANGED = re.compile(r"(money|integer|decimal\(([1-9])\)|duration) +(-?[0-9.]+)\.\.(-?[0-9.]+)( minutes| hours| days)?")
_TYPES = [
    *_SIMPLE,
    "money 0..5000",
    "integer 0..100",
    "decimal(2) 0..100",
    "duration 0..48 hours",
    "one of [a, b]",
    "ordered one of [a, b]",
    "set of [a, b]",
]
_OTHER_NAMES = {
    "boolean": "yes/no", "bool": "yes/no", "string": "text", "str": "text", "int": "integer 0..100", "number": "integer 0..100",
    "float": "decimal(2) 0..100", "datetime": "instant", "timestamp": "instant", "enum": "one of [a, b]", "list": "set of [a, b]",
}  # fmt: skip


def _type(written: str, currency: str) -> ir.FactType:
    text = written.rstrip()
    if text in _SIMPLE:
        return _SIMPLE[text]
    if listed := _LISTED.fullmatch(text):
        members = read_members(listed.group(2).split(","), listed.start(2))
        if listed.group(1) == "set of":
            return ir.SetOfType(members)
        return ir.OneOfType(members, ordered=listed.group(1).startswith("ordered"))
    if ranged := _RANGED.fullmatch(text):
        return _range(ranged, currency)
    word = re.split(r"[ (]", text)[0]
    if word in ("money", "integer", "decimal", "duration"):
        example = next(kind for kind in _TYPES if kind.startswith(word))
        plain = re.sub(r"[£$€¥]|,(?=[0-9]{3})", "", text)
        if plain != text and _RANGED.fullmatch(plain):
            sign = "comma" if "," in text else "currency sign"
            raise Misfit("unbounded", f"'{text[:60]}' has a {sign} in its bounds", f"write `{plain[:60]}`")
        what = "has no bounds" if text in (word, f"{word}(2)") else "has bounds that cannot be read"
        raise Misfit("unbounded", f"'{text[:60]}' {what}", f"give the least and the largest value, such as `{example}`")
    other = _OTHER_NAMES.get(word.lower())
    raise Misfit("unknown-type", f"'{text[:60]}' is not a type", f"write `{other}`" if other else did_you_mean(text, _TYPES))


def read_members(written: Sequence[str], start: int = 0) -> tuple[str, ...]:
    """The words that a fact may be, or raise `Misfit`; `start` tells where in a text they begin, each with a comma behind it."""
    members: dict[str, None] = {}
    for part in written:
        member = part.strip().strip("'\"")
        at = start + len(part) - len(part.lstrip())
        where = (at, at + max(1, len(part.strip())))
        start += len(part) + 1
        if not MEMBER.fullmatch(member):
            help_ = f"separate members by commas; use plain letters, digits, `-`, `_` {did_you_mean(member[:60], ())}".rstrip()
            raise Misfit("bad-name", f"'{member[:40]}' is not a member", help_, where)
        if member == "never":
            raise Misfit("reserved-name", "'never' has a fixed meaning", "call the member something else", where)
        if member in members:
            raise Misfit("duplicate-id", f"'{member[:60]}' stands here twice", "name each member once", where)
        members[member] = None
    return tuple(members)


def _range(match: re.Match[str], currency: str) -> ir.NumberType:
    word, places, low, high, unit = match.groups()
    family = word.split("(")[0]
    per_unit = {" minutes": 60, " hours": 3_600, " days": 86_400}.get(unit or "", 0)
    if (family == "duration") != bool(unit):
        message = f"'{match.group()[:60]}' is not a type"
        raise Misfit("unknown-type", message, "write `duration 0..48 hours`; other numbers have no unit of time")
    factor = {"money": 10 ** exponent_of(currency), "integer": 1, "decimal": 10 ** int(places or 0), "duration": per_unit}[family]
    for text in (low, high) if family == "money" else ():
        refuse_grouped(text, currency)
    bounds = [_bound(text) * factor for text in (low, high)]
    shown = match.group()[:60]
    if any(bound.denominator != 1 for bound in bounds):
        raise Misfit("bad-number", f"a bound of '{shown}' has too many decimals", "round it")
    if bounds[0] > bounds[1]:
        raise Misfit("bad-number", f"the bounds of '{shown}' are the wrong way round", "write the smaller one first")
    most = min(MONEY_MAX, MINOR_MAX // factor) if family == "money" else MONEY_MAX
    if family == "money" and (bounds[0] < 0 or bounds[1] > most * factor):
        raise Misfit("bad-number", f"money lies between 0 and {most}", "choose bounds within that")
    if max(abs(bound) for bound in bounds) > INT64:
        raise Misfit("overflow", f"a bound of '{shown}' does not fit in 64 bits", "choose tighter bounds")
    return ir.NumberType(family, int(bounds[0]), int(bounds[1]), factor if family == "decimal" else 1)  # type: ignore[arg-type]


def _bound(text: str) -> Fraction:
    value = literal(text.removeprefix("-"))
    return -value if text.startswith("-") else value
