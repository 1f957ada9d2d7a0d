"""The schema of `cases.yaml`, and of the examples under a rule: which keys a case has, and what it may expect."""

from __future__ import annotations

from typing import Any

from empower.cases import EXPECTATIONS, OUTCOMES
from empower.published.host import DIALECT

_TEXT = {"type": ["string", "number", "boolean"]}
"""Every scalar of a pack is read as text; an editor that knows YAML takes some for numbers, and `yes` for more than a word."""
_NAMES = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_FACTS = {"type": "object"}


def cases_schema() -> dict[str, Any]:
    """The JSON Schema, 2020-12, of `cases.yaml`: its keys and shapes, not what its words mean."""
    return {
        "$schema": DIALECT, "title": "cases.yaml", "description": "What the author of a pack expects of it.", "type": "array",
        "items": {"if": {"required": ["given"]}, "then": {"$ref": "#/$defs/given"}, "else": {"$ref": "#/$defs/case"}},
        "$defs": {
            "given": {
                "description": "The facts that all cases below start from, until the next `given`.", "type": "object",
                "properties": {"given": _FACTS}, "required": ["given"], "additionalProperties": False,
            },
            "case": _case(),
        },
    }  # fmt: skip


def _case() -> dict[str, Any]:
    return {
        "description": "A situation, and what is expected in it.", "type": "object", "required": ["it", "action", "expect"],
        "additionalProperties": False,
        "properties": {
            "it": {**_TEXT, "description": 'What the case shows: a sentence that reads on from "it".'},
            "action": {
                "description": "`refund 40`, or `{kind: refund, amount: 40, reason: late}`.",
                "anyOf": [{"type": "string"}, {"type": "object", "required": ["kind"]}],
            },
            "context": {**_FACTS, "description": "Facts on top of what is given; `unknown` takes one back, `3 days ago` is a date or an instant."},
            "approval": {
                "description": "Who approves: a role, or `{id: m2, role: manager}`.", "anyOf": [{"type": "string"}, {"type": "object"}],
            },
            "spent": {
                "description": "What budgets hold already: `{month: 480}`, or `{order: {amount: 30, times: 2}}`.", "type": "object",
                "additionalProperties": {"anyOf": [_TEXT, _parts()]},
            },
            "now": {**_TEXT, "description": "The local instant of the decision, such as 2026-11-18 12:00."},
            "expect": {"anyOf": [{"enum": list(OUTCOMES)}, _expected()]},
        },
    }  # fmt: skip


def _parts() -> dict[str, Any]:
    return {"type": "object", "properties": {"amount": _TEXT, "times": _TEXT}, "additionalProperties": False}


def _expected() -> dict[str, Any]:
    kinds = {"outcome": {"enum": list(OUTCOMES)}, "limit": _TEXT, "amount": _TEXT, "who": _TEXT}
    properties = {
        name: {**kinds.get(name, _NAMES), "description": f"{about[:1].upper()}{about[1:]}."} for name, about in EXPECTATIONS.items()
    }
    return {"type": "object", "properties": properties, "required": ["outcome"], "additionalProperties": False}
