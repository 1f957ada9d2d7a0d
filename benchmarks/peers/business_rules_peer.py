# ruff: noqa: D102 - the variables and actions are the policy's own, by name
"""The original policy for business-rules: its condition trees, a class of variables, a class of actions that collects the hits.

It cannot compare two facts, so three comparisons (D3, E6, O2) are variables of their own; it has no "not equal", so E6 tests the other
tiers. The tables become 48 rules. Two orders of the conditions are here, because they differ: as the policy reads (the kind first), and
the fastest we found (the kind first only where it is a single one, since a list of kinds is an `any` of tests).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from business_rules import run_all
from business_rules.actions import BaseActions, rule_action
from business_rules.fields import FIELD_NUMERIC, FIELD_TEXT
from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    select_rule_variable,
    string_rule_variable,
)

from benchmarks.original import TIERS, Ref, canonical, expand_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.original import Condition, Facts, Rule

Answer = tuple[str, int, tuple[str, ...]]
_OPERATORS = {">": "greater_than", ">=": "greater_than_or_equal_to", "<": "less_than", "<=": "less_than_or_equal_to"}
_DERIVED = {
    ("action.amount", "order.total"): "above_total",
    ("action.amount", "customer.spend_12m"): "above_spend",
    ("item.value", "item.handling_cost"): "not_worth_handling",
}


class Variables(BaseVariables):  # type: ignore[misc]
    """The facts, one method each."""

    def __init__(self, facts: Facts) -> None:
        """Keep the case."""
        self.facts = facts

    @string_rule_variable()
    def kind(self) -> str:
        return self.facts["action"]["kind"]  # type: ignore[no-any-return]

    @numeric_rule_variable()
    def amount(self) -> int:
        return self.facts["action"]["amount"]  # type: ignore[no-any-return]

    @string_rule_variable()
    def role(self) -> str:
        return self.facts["actor"]["role"]  # type: ignore[no-any-return]

    @numeric_rule_variable()
    def tenure_days(self) -> int:
        return self.facts["actor"]["tenure_days"]  # type: ignore[no-any-return]

    @string_rule_variable()
    def tier(self) -> str:
        return self.facts["customer"]["tier"]  # type: ignore[no-any-return]

    @select_rule_variable()
    def risk_flags(self) -> list[str]:
        return self.facts["customer"]["risk_flags"]  # type: ignore[no-any-return]

    @numeric_rule_variable()
    def refunds_90d(self) -> int:
        return self.facts["customer"]["refunds_90d"]  # type: ignore[no-any-return]

    @numeric_rule_variable()
    def spend_12m(self) -> int:
        return self.facts["customer"]["spend_12m"]  # type: ignore[no-any-return]

    @numeric_rule_variable()
    def age_days(self) -> int:
        return self.facts["order"]["age_days"]  # type: ignore[no-any-return]

    @boolean_rule_variable()
    def perishable(self) -> bool:
        return self.facts["item"]["perishable"]  # type: ignore[no-any-return]

    @string_rule_variable()
    def channel(self) -> str:
        return self.facts["channel"]  # type: ignore[no-any-return]

    @boolean_rule_variable()
    def above_total(self) -> bool:
        return bool(self.facts["action"]["amount"] > self.facts["order"]["total"])

    @boolean_rule_variable()
    def above_spend(self) -> bool:
        return bool(self.facts["action"]["amount"] > self.facts["customer"]["spend_12m"])

    @boolean_rule_variable()
    def not_worth_handling(self) -> bool:
        return bool(self.facts["item"]["value"] <= self.facts["item"]["handling_cost"])


class Hits(BaseActions):  # type: ignore[misc]
    """Collects what the rules say, and combines it: what the engine has no idea of."""

    def __init__(self, amount: int) -> None:
        """Start with nothing said."""
        self.amount = amount
        self.limit = 1 << 60
        self.denied = self.escalated = False
        self.ids: list[str] = []

    @rule_action(params={"rule": FIELD_TEXT})
    def deny(self, rule: str) -> None:
        self.denied = True
        self.ids.append(rule)

    @rule_action(params={"rule": FIELD_TEXT})
    def escalate(self, rule: str) -> None:
        self.escalated = True
        self.ids.append(rule)

    @rule_action(params={"rule": FIELD_TEXT})
    def oblige(self, rule: str) -> None:
        self.ids.append(rule)

    @rule_action(params={"rule": FIELD_TEXT, "at_most": FIELD_NUMERIC})
    def cap(self, rule: str, at_most: int) -> None:
        self.limit = min(self.limit, at_most)
        if self.amount > at_most:
            self.escalated = True
            self.ids.append(rule)

    def answer(self) -> Answer:
        """Return outcome, limit and ids."""
        if self.denied:
            return "deny", 0, tuple(self.ids)
        return ("escalate" if self.escalated else "allow"), self.limit, tuple(self.ids)


def _equals_one_of(name: str, members: tuple[str, ...]) -> dict[str, Any]:
    tests = [{"name": name, "operator": "equal_to", "value": member} for member in members]
    return tests[0] if len(tests) == 1 else {"any": tests}


def _condition(condition: Condition) -> dict[str, Any]:
    path, op, right = condition
    if isinstance(right, Ref):
        return {"name": _DERIVED[path, right.path], "operator": "is_true", "value": ""}
    name = path.rpartition(".")[2]
    if op == "has":
        return {"name": name, "operator": "contains", "value": right}
    if right is True:
        return {"name": name, "operator": "is_true", "value": ""}
    if op == "!=":
        return _equals_one_of(name, tuple(tier for tier in TIERS if tier != right))
    if op in {"==", "in"}:
        return _equals_one_of(name, right if op == "in" else (right,))
    return {"name": name, "operator": _OPERATORS[op], "value": right}


def _rule(rule: Rule, *, fastest: bool) -> dict[str, Any]:
    kinds = [_equals_one_of("kind", rule.kinds)] if rule.kinds else []
    when = [_condition(condition) for condition in rule.when]
    tests = when + kinds if fastest and len(rule.kinds) > 1 else kinds + when
    params = {"rule": rule.id} | ({"at_most": rule.value} if rule.effect == "cap" else {})
    return {"conditions": {"all": tests}, "actions": [{"name": rule.effect, "params": params}]}


def build(*, fastest: bool = True) -> Callable[[Facts], Answer]:
    """Load the policy and return the function that decides."""
    rules = [_rule(rule, fastest=fastest) for rule in expand_tables(canonical())]

    def decide(facts: Facts) -> Answer:
        hits = Hits(facts["action"]["amount"])
        run_all(rule_list=rules, defined_variables=Variables(facts), defined_actions=hits, stop_on_first_trigger=False)
        return hits.answer()

    return decide
