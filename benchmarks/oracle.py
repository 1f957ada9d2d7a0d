"""The goodwill policy once more, slow and obviously right: what `benchmarks.handwritten` is tested against.

It reads the rules as data (`benchmarks.original.canonical`), knows one question, *would this amount be allowed for this person?*, and finds
the limit and the role by asking it again and again.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from benchmarks.facts import at_amount
from benchmarks.original import ROLES, Ref, Rule, canonical

if TYPE_CHECKING:
    from benchmarks.handwritten import Answer
    from benchmarks.original import Condition, Facts

LARGEST = 500_000  # the bound of every kind: 5,000.00
EVERY_TENURE = (0, 13, 14, 89, 90, 36_500)  # both sides of each threshold
_SECTIONS = {"deny": 0, "escalate": 1, "oblige": 2, "cap": 3}
RULES = sorted(canonical(), key=lambda rule: _SECTIONS[rule.effect])  # pack order: the sort is stable
_OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "in": lambda left, right: left in right,
    "has": lambda left, right: right in left,
}


def _read(facts: Facts, path: str) -> Any:
    value: Any = facts
    for name in path.split("."):
        value = value[name]
    return value


def _holds(facts: Facts, condition: Condition) -> bool:
    path, op, right = condition
    return bool(_OPERATORS[op](_read(facts, path), _read(facts, right.path) if isinstance(right, Ref) else right))


def _cap(rule: Rule, facts: Facts) -> int:
    if isinstance(rule.value, dict):
        return int(rule.value[facts["actor"]["role"]][facts["customer"]["tier"]])
    return int(rule.value)


def _speaks(rule: Rule, facts: Facts) -> bool:
    """Whether the rule fires: a cap by being exceeded, an escalation to a supervisor only for somebody below one."""
    if rule.kinds and facts["action"]["kind"] not in rule.kinds:
        return False
    if not all(_holds(facts, condition) for condition in rule.when):
        return False
    if rule.effect == "cap":
        return bool(facts["action"]["amount"] > _cap(rule, facts))
    if rule.effect == "escalate":
        return ROLES.index(facts["actor"]["role"]) < ROLES.index("supervisor")
    return True


def _spoken(facts: Facts) -> list[Rule]:
    return [rule for rule in RULES if _speaks(rule, facts)]


def allowed(facts: Facts) -> bool:
    """Whether exactly this may be done by exactly this person."""
    return all(rule.effect == "oblige" for rule in _spoken(facts))


def limit_by_search(facts: Facts) -> int | None:
    """Find the largest amount allowed by bisection: a larger amount only tightens, so the allowed ones are all below the others."""
    low, high = 0, LARGEST + 1  # `low` is allowed or 0, `high` is not allowed or out of bounds
    while high - low > 1:
        middle = (low + high) // 2
        if allowed(at_amount(facts, middle)):
            low = middle
        else:
            high = middle
    return low or None


def limit_by_trying_all(facts: Facts, largest: int = LARGEST) -> int | None:
    """Find the largest amount allowed by trying every amount there is."""
    return max((amount for amount in range(1, largest + 1) if allowed(at_amount(facts, amount))), default=None)


def could_say_yes(facts: Facts, role: str) -> bool:
    """Whether somebody of that role, of some tenure, would be allowed to do it."""
    return any(allowed({**facts, "actor": {"role": role, "tenure_days": tenure}}) for tenure in EVERY_TENURE)


def _who(facts: Facts, spoken: list[Rule]) -> str | None:
    lowest = ROLES.index(facts["actor"]["role"]) + 1
    if any(rule.effect == "escalate" for rule in spoken):
        lowest = max(lowest, ROLES.index("supervisor"))
    return next((role for role in ROLES[lowest:] if could_say_yes(facts, role)), None)


def decide(facts: Facts) -> Answer:
    """Decide, slowly: the same answer as `benchmarks.handwritten.decide`."""
    spoken = _spoken(facts)
    ids = tuple(rule.id for rule in spoken)
    limit = limit_by_search(facts)
    if any(rule.effect == "deny" for rule in spoken):
        return "deny", limit, None, ids
    if allowed(facts):
        return "allow", limit, None, ids
    who = _who(facts, spoken)
    return ("escalate" if who else "deny"), limit, who, ids
