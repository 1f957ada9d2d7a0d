"""What a host hands in for a pack, as JSON Schema 2020-12: the action and the context.

Whatever fits can be read by a guard, save that the bounds of numbers which are written as texts stand in descriptions only. The reverse
does not hold: money that is a number of JSON is read too, but has no place in an interface.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from empower import ir
from empower.checked import CheckedPack, Kind
from empower.money import MINOR_MAX, exponent_of, plain_money
from empower.request import TEXT_MAX, written

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NEEDED = ("actor.id", "actor.role")
_MONEY = {"$ref": "#/$defs/money"}
_DATE = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_INSTANT = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"


def host_schema(pack: CheckedPack, *, strict: bool = False) -> dict[str, Any]:
    """The schema of `{"action": …, "context": …}`; `strict` refuses what is not declared, as `Guard(strict=True)` does."""
    document = pack.pack.document
    return {
        "$schema": DIALECT, "title": f"{document.pack} {document.version}", "description": _said(pack, pack.mission), "type": "object",
        "properties": {"action": {"$ref": "#/$defs/action"}, "context": {"$ref": "#/$defs/context"}}, "required": ["action", "context"],
        "$defs": {
            "money": _money(pack.currency),
            "action": {"description": "What somebody wants to do.", "oneOf": [_action(pack, kind, strict=strict) for kind in pack.kinds.values()]},
            "context": _context(pack, strict=strict),
        },
    }  # fmt: skip


def _said(pack: CheckedPack, words: Mapping[str, str]) -> str:
    return words.get(pack.languages[0], "")


def _action(pack: CheckedPack, kind: Kind, *, strict: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {"kind": {"const": kind.name}}
    if kind.amount is not None:
        low, high = (plain_money(bound, pack.currency) for bound in kind.amount)
        about = f"What is given away, in {pack.currency}: from {low} to {high}; anything else is denied."
        properties["amount"] = _or_unknown({"description": about} | _MONEY)
        properties["currency"] = {"enum": [pack.currency, None]}
    for name in kind.parameters:
        properties[name] = _or_unknown(_fact(pack, f"action.{name}"))
    closed = {"additionalProperties": False} if strict else {}
    without = {} if kind.amount is not None else {"not": {"required": ["amount"]}}
    title = _said(pack, kind.title) or kind.name
    return {"title": title, "type": "object", "properties": properties, "required": ["kind"]} | closed | without


def _context(pack: CheckedPack, *, strict: bool) -> dict[str, Any]:
    """The facts, nested. Each may be left out or null, which is unknown, save who acts and in which role."""
    closed = {"additionalProperties": False} if strict else {}
    root: dict[str, Any] = {"description": "The facts.", "type": "object", "properties": {}, "required": ["actor"], **closed}
    for path in pack.facts:
        if path.startswith("action.") or path == "now":
            continue
        *groups, name = path.split(".")
        inner = root
        for depth, group in enumerate(groups):
            empty = {"type": ["object", "null"], "properties": {}, **closed}
            actor = {"type": "object", "properties": {}, "required": ["id", "role"], **closed}
            inner = inner["properties"].setdefault(group, actor if (group, depth) == ("actor", 0) else empty)
        inner["properties"][name] = _fact(pack, path) if path in _NEEDED else _or_unknown(_fact(pack, path))
    return root


def _or_unknown(schema: dict[str, Any]) -> dict[str, Any]:
    """The same, or null: not known."""
    about: dict[str, Any] = {key: schema.pop(key) for key in ("title", "description") if key in schema}
    return {**about, "anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]}


def _fact(pack: CheckedPack, path: str) -> dict[str, Any]:
    note = pack.fact_notes.get(path)
    title, ask = (_said(pack, note.title), _said(pack, note.ask)) if note is not None else ("", "")
    about: dict[str, Any] = {key: text for key, text in (("title", title), ("description", ask)) if text}
    return {**about, **_type(pack.facts[path], pack.currency)}


def _type(kind: ir.FactType, currency: str) -> dict[str, Any]:
    match kind:
        case ir.NumberType(unit="integer"):
            return {"type": "integer", "minimum": kind.low, "maximum": kind.high}
        case ir.NumberType():
            return _number(kind, currency)
        case ir.YesNoType():
            return {"enum": [True, False, "yes", "no"]}
        case ir.OneOfType():
            return {"enum": list(kind.members)}
        case ir.SetOfType():
            return {"type": "array", "items": {"enum": list(kind.members)}, "uniqueItems": True}
        case ir.TextType():
            return {"type": "string", "minLength": 1, "maxLength": TEXT_MAX}
        case ir.DateType() | ir.InstantType():
            moment = {"type": "string", "format": "date", "pattern": _DATE} if isinstance(kind, ir.DateType) else _instant()
            return {"anyOf": [moment, {"const": "never"}]} if kind.never else moment


def _instant() -> dict[str, Any]:
    return {"type": "string", "format": "date-time", "pattern": _INSTANT}


def _number(kind: ir.NumberType, currency: str) -> dict[str, Any]:
    """A number with exact decimals, which JSON can only hold as a text."""
    low, high = (written(bound, kind, currency) for bound in (kind.low, kind.high))
    about = f"From {low} to {high}."
    if kind.unit == "money":
        return {"description": f"From {low} to {high} {currency}."} | _MONEY
    if kind.unit == "duration":
        return {"type": "string", "pattern": r"^[0-9]{1,9} (second|minute|hour|day)s?$", "description": about}
    places = len(str(kind.denominator)) - 1
    return {"type": "string", "pattern": rf"^-?[0-9]{{1,18}}(\.[0-9]{{1,{places}}})?$", "description": about}


def _money(currency: str) -> dict[str, Any]:
    decimals = exponent_of(currency)
    pattern = r"^(0|[1-9][0-9]{0,14})" + (rf"(\.[0-9]{{1,{decimals}}})?" if decimals else "") + "$"
    minor = {"minor": {"type": "integer", "minimum": 0, "maximum": MINOR_MAX}, "currency": {"const": currency}}
    exact = {"type": "object", "properties": minor, "required": [*minor], "additionalProperties": False}
    return {"description": f"An amount in {currency}.", "anyOf": [{"type": "string", "pattern": pattern}, exact]}
