"""The original policy for zen-engine: one decision table that collects its hits, and a fold of the hits in Python.

The engine's best route is used: a `ZenEngine` with a static loader, and `engine.evaluate`. (`create_decision(…).evaluate` takes ten times
as long, JSON text instead of a dict a third more, a batch half as much again, a decision for each kind the same.) Two layouts of the
table are here, because they differ:

* `COLUMNS`: one column for each fact, as its editor lays a table out;
* `KEYS`: columns only for kind, role and tier, which its index likes, and one column of free conditions. This is the fastest we found.

Comparing two facts and testing the flags needs a free condition in both.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import zen

from benchmarks.original import Ref, canonical, expand_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.original import Condition, Facts, Rule

COLUMNS = (
    "action.kind",
    "actor.role",
    "customer.tier",
    "channel",
    "actor.tenure_days",
    "order.age_days",
    "customer.refunds_90d",
    "action.amount",
    "customer.spend_12m",
    "item.perishable",
)
KEYS = COLUMNS[:3]


def _free(condition: Condition) -> str:
    """Write a condition as an expression of its own."""
    path, op, right = condition
    if op == "has":
        return f"contains({path}, {json.dumps(right)})"
    if op == "in":
        return f"{path} in {json.dumps(list(right))}"
    return f"{path} {op} {right.path if isinstance(right, Ref) else json.dumps(right)}"


def _cell(condition: Condition) -> str:
    """Write a condition as a cell under its fact."""
    _, op, right = condition
    if op == "in":
        return ", ".join(json.dumps(member) for member in right)
    if op == "==":
        return json.dumps(right)
    return f"$ {op} {json.dumps(right)}"


def _row(rule: Rule, columns: tuple[str, ...]) -> dict[str, str]:
    row = {"_id": rule.id, **dict.fromkeys(columns, "")}
    row["action.kind"] = ", ".join(json.dumps(kind) for kind in rule.kinds)
    free = []
    for condition in rule.when:
        path, op, right = condition
        if path in columns and op != "has" and not isinstance(right, Ref):
            row[path] = _cell(condition)
        else:
            free.append(_free(condition))
    cap = json.dumps(rule.value) if rule.effect == "cap" else "null"
    return row | {"free": " and ".join(free), "id": json.dumps(rule.id), "effect": json.dumps(rule.effect), "cap": cap}


def decision(columns: tuple[str, ...]) -> dict[str, Any]:
    """Build the decision graph: input, one table, output."""
    inputs = [{"id": column, "name": column, "field": column} for column in columns] + [{"id": "free", "name": "free"}]
    table = {
        "hitPolicy": "collect",
        "inputs": inputs,
        "outputs": [{"id": name, "name": name, "field": name} for name in ("id", "effect", "cap")],
        "rules": [_row(rule, columns) for rule in expand_tables(canonical())],
    }
    at = {"position": {"x": 0, "y": 0}}
    return {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", **at},
            {"id": "table", "type": "decisionTableNode", "name": "table", "content": table, **at},
            {"id": "out", "type": "outputNode", "name": "out", **at},
        ],
        "edges": [
            {"id": "first", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "second", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }


def _fold(hits: list[dict[str, Any]], amount: int) -> tuple[str, int, tuple[str, ...]]:
    """Combine the hits: what the engine has no idea of."""
    ids = []
    limit = 1 << 60
    deny = escalate = False
    for hit in hits:
        effect = hit["effect"]
        if effect == "cap":
            cap = int(hit["cap"])
            limit = min(limit, cap)
            if amount <= cap:
                continue
            escalate = True
        elif effect == "deny":
            deny = True
        elif effect == "escalate":
            escalate = True
        ids.append(hit["id"])
    if deny:
        return "deny", 0, tuple(ids)
    return ("escalate" if escalate else "allow"), limit, tuple(ids)


def build(columns: tuple[str, ...] = KEYS) -> Callable[[Facts], tuple[str, int, tuple[str, ...]]]:
    """Load the policy and return the function that decides."""
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"goodwill": decision(columns)}}})
    evaluate = engine.evaluate

    def decide(facts: Facts) -> tuple[str, int, tuple[str, ...]]:
        hits: Any = evaluate("goodwill", facts)["result"]  # a list, since the table collects; its stub says dict
        return _fold(hits, facts["action"]["amount"])

    return decide
