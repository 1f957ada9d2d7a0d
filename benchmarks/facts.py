"""Random facts for the goodwill policy, and the shapes in which they are handed over.

`make_facts` is our own generator from ``bench/goodwill_policy.py`` of the project's steering repository, unchanged: the same seed gives
the same cases. Its amounts are integers in minor units, for the functions written by hand; `to_call` makes the call an embedder would
make, with money as strings in major units.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from benchmarks.original import CHANNELS, FLAGS, KINDS, ROLES, TIERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.original import Facts

Call = tuple[dict[str, Any], dict[str, Any]]
MONEY = (("customer", "spend_12m"), ("order", "total"), ("item", "value"), ("item", "handling_cost"))


def make_facts(n: int, seed: int = 7) -> list[Facts]:
    """Draw `n` cases, amounts as integers in minor units."""
    rnd = random.Random(seed)
    return [
        {
            "action": {"kind": rnd.choice(KINDS), "amount": int(rnd.choice((400, 1500, 4000, 20000)) * rnd.random()) + 1},
            "actor": {"role": rnd.choice(ROLES), "tenure_days": rnd.choice((3, 13, 14, 40, 89, 90, 400, 2000))},
            "customer": {
                "tier": rnd.choice(TIERS),
                "risk_flags": [x for x in FLAGS if rnd.random() < 0.12],
                "refunds_90d": rnd.choice((0, 0, 0, 1, 2, 3, 5)),
                "spend_12m": rnd.choice((0, 900, 5000, 40000, 250000)),
            },
            "order": {"total": rnd.choice((800, 2500, 9000, 30000)), "age_days": rnd.choice((1, 5, 20, 60, 91, 150, 200, 400))},
            "item": {"value": rnd.choice((200, 900, 5000)), "perishable": rnd.random() < 0.2, "handling_cost": rnd.choice((300, 900))},
            "channel": rnd.choice(CHANNELS),
            "store": "s0",
        }
        for _ in range(n)
    ]


def at_amount(facts: Facts, amount: int) -> Facts:
    """Return the same case with another amount."""
    return {**facts, "action": {**facts["action"], "amount": amount}}


def distinct_money(rounds: int, n: int, seed: int = 11) -> Iterator[list[Facts]]:
    """Yield `rounds` lists of `n` cases in which no amount of money ever comes twice, so that no memo of amounts can help."""
    rnd = random.Random(seed)
    asked = list(range(1, rounds * n + 1))
    others = list(range(rounds * n + 1, rounds * n * 5 + 1))
    rnd.shuffle(asked)
    rnd.shuffle(others)
    for number in range(rounds):
        batch = make_facts(n, seed + number)
        for facts in batch:
            facts["action"]["amount"] = asked.pop()
            for part, name in MONEY:
                facts[part][name] = others.pop()
        yield batch


def money(minor: int) -> str:
    """Write an amount as an embedder does: 2000 is "20.00"."""
    return f"{minor // 100}.{minor % 100:02d}"


def to_native(facts: Facts) -> Call:
    """Split a case into action and context, integers as they are: what the hand-written function is called with."""
    return facts["action"], {name: part for name, part in facts.items() if name != "action"}


def to_call(facts: Facts) -> Call:
    """Make the call an embedder would make: money as strings, an actor with an id."""
    action, context = to_native(facts)
    context = {name: dict(part) if isinstance(part, dict) else part for name, part in context.items()}
    context["actor"] = {"id": "a1", **context["actor"]}
    for part, name in MONEY:
        context[part][name] = money(context[part][name])
    return {"kind": action["kind"], "amount": money(action["amount"])}, context
