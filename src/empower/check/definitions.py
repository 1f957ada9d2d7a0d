"""Named expressions and lookup tables, which may refer to one another in any order; and local dates."""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Callable
from typing import Any

from empower import ir
from empower.check.desk import DEFINED_DEPTH, DEFINED_PARTS, Desk
from empower.language.expressions import read_either
from empower.language.quantities import Misfit, Quantity, chosen
from empower.language.scope import Scope
from empower.language.values import extent
from empower.pack import Place
from empower.problems import did_you_mean


def define(desk: Desk) -> None:
    """Named expressions and lookup tables; each is read once, in whatever order they refer to one another."""
    for name, given in desk.pack.document.define.items():
        place: Place = ("define", name)
        if not desk.variable(name, (*place, "<key>"), "a named expression"):
            desk.broken.add(place)
        elif name in desk.facts or name in desk.define or name in ("yes", "no", "never", "action.amount", "approved"):
            desk.problem((*place, "<key>"), "redeclared", f"'{name}' is declared already", "choose another name")
        else:
            desk.defining[name] = _reading(desk, name, given, place)
    for name in desk.pack.document.define:
        if name in desk.defining:
            _read_now(desk, name)


def _read_now(desk: Desk, name: str) -> None:
    try:
        desk.meaning(name)
    except Misfit as misfit:
        desk.misfit(("define", name), misfit)


def _reading(desk: Desk, name: str, given: Any, place: Place) -> Callable[[], Quantity | ir.Cond | None]:
    def read() -> Quantity | ir.Cond | None:
        found = _definition(desk, given, place)
        if found is not None and extent(found, DEFINED_PARTS, DEFINED_DEPTH) is None:
            message = f"written out, '{name}' has more than {DEFINED_PARTS} parts, or is nested more than {DEFINED_DEPTH} deep"
            desk.problem(place, "too-big", message, "no pack needs so large a definition")
            return None
        return found

    return read


def _definition(desk: Desk, given: Any, place: Place) -> Quantity | ir.Cond | None:
    if isinstance(given, str):
        return read_either(given, desk.scope(), place)
    if isinstance(given, dict) and "by" in given:
        return read_lookup(desk, given, place)
    if isinstance(given, dict) and ("all" in given or "any" in given):
        return condition_tree(given, desk.scope(), place)
    help_ = "write an expression, or a table such as `{by: customer.category, new: 14, loyal: 30}`"
    desk.problem(place, "wrong-shape", "a definition is an expression or a table by one fact", help_)
    return None


def condition_tree(given: object, scope: Scope, place: Place) -> ir.Cond | None:
    """A condition tree as a condition; None if it has problems, which are then reported. Only a pack that holds one loads their library."""
    from empower.language.trees import read_tree  # noqa: PLC0415  (see docs/design/0012)

    return read_tree(given, scope, place)


def read_lookup(desk: Desk, table: dict[str, Any], place: Place, *, product: bool = False) -> Quantity | None:
    """`{by: fact, member: expression, …}`: every member of the fact has a line."""
    fact = table["by"] if isinstance(table["by"], str) else ""
    kind = desk.facts.get(fact)
    if not isinstance(kind, ir.OneOfType):
        if desk.is_broken("facts", fact):
            desk.follows()
        else:
            listed = [name for name, each in desk.facts.items() if isinstance(each, ir.OneOfType)]
            desk.problem((*place, "by"), "wrong-type", f"'{fact[:60]}' is not a fact with members", did_you_mean(fact, listed))
        return None
    cases: list[tuple[str, Quantity]] = []
    members = set(kind.members)
    failed = False
    for member, given in table.items():
        if member == "by":
            continue
        value = _line(desk, given, (*place, member), product=product)
        if member not in members:
            help_ = did_you_mean(member, kind.members)
            desk.problem((*place, member, "<key>"), "not-in-set", f"'{member[:60]}' is not a value of '{fact}'", help_)
        elif value is not None:
            cases.append((member, value))
        failed = failed or value is None or member not in members
    missing = [member for member in kind.members if member not in table]
    if missing:
        shown = ", ".join(f"`{member}: …`" for member in missing[:12])
        desk.problem((*place, "by"), "missing-member", f"this table says nothing about '{missing[0]}' of '{fact}'", f"add {shown}")
    if failed or missing:
        return None
    try:
        return chosen(fact, cases, desk.currency)
    except Misfit as misfit:
        desk.misfit((*place, "by"), misfit)
        return None


def _line(desk: Desk, given: Any, place: Place, *, product: bool) -> Quantity | None:
    value = read_either(given, desk.scope("refused", product=product), place) if isinstance(given, str) else None
    if isinstance(value, Quantity):
        return value
    if value is not None or not isinstance(given, str):
        desk.problem(place, "wrong-type", "a line of a lookup table holds a number", "write a number or an amount")
    return None


def local_day(text: str, desk: Desk, place: Place) -> int | None:
    """A local date as its ordinal; None after a problem."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return datetime.date.fromisoformat(text).toordinal()
    except ValueError:
        pass
    desk.problem(place, "bad-date", f"'{text[:40]}' is not a date", _as_date(text))
    return None


def _as_date(text: str) -> str:
    """How a date that is written as people do at home is written here; both ways where it can be read in two."""
    numbers = re.fullmatch(r"([0-9]{1,2})[/. -]([0-9]{1,2})[/. -]([0-9]{4})", text)
    found = []
    if numbers is not None:
        first, second, year = (int(number) for number in numbers.groups())
        for month, day in dict.fromkeys([(second, first), (first, second)]):
            with contextlib.suppress(ValueError):
                found.append(f"`{datetime.date(year, month, day)}`")
    return "write year, month and day, such as 2026-11-22" if not found else f"write {' or '.join(found)}: year, month and day"
