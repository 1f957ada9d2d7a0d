"""Drafts of cases: a request with typed values, which can be changed fact by fact and looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from empower import ir
from empower.asking import Asked, read_asked
from empower.cases import SOMEBODY, Example, Spent, read_cases
from empower.compile import Rules
from empower.coverage.looks import Look, looks_of
from empower.environment import Environment, Value
from empower.errors import Fault, MalformedRequest
from empower.noun import evolve, frozen
from empower.periods import day_in
from empower.problems import Span
from empower.request import nested, read_facts, written

USUALLY = "something"
"""The text of a fact of which nothing more is known."""
_DAY_MS = 86_400_000


@frozen
class Draft:
    """A case without a title and without an expectation; changing it gives another one."""

    kind: str
    amount: int | None
    """Minor units; None where the kind has none, or none is told."""
    parameters: Mapping[str, Value]
    facts: Mapping[str, Value | None]
    """By path, every fact of the pack that is known; the parameters are not among them."""
    spent: Mapping[str, Spent]
    at: int

    def asked(self) -> Asked:
        """The request, as if it had been read."""
        facts = {**self.facts, **{f"action.{name}": value for name, value in self.parameters.items()}}
        return Asked(self.kind, self.amount, self.parameters, facts)

    @property
    def key(self) -> object:
        """What two drafts have in common that are the same."""
        return self.kind, self.amount, frozenset(self.parameters.items()), frozenset(self.facts.items()), self.at

    def told(self, fact: str, value: Value | None) -> Draft:
        """The draft with another value of a fact, or of a parameter; None: not known."""
        if fact.startswith("action."):
            name = fact.removeprefix("action.")
            others = {each: kept for each, kept in self.parameters.items() if each != name}
            return evolve(self, parameters=others if value is None else {**others, name: value})
        return evolve(self, facts={**self.facts, fact: value})

    def value(self, fact: str) -> Value | None:
        """What is known of a fact or a parameter."""
        return self.parameters.get(fact.removeprefix("action.")) if fact.startswith("action.") else self.facts.get(fact)


def look(rules: Rules, draft: Draft) -> Look:
    """A draft as the rules see it."""
    return looks_of(rules, draft.asked(), draft.at, draft.spent)[0]


def environment(rules: Rules, draft: Draft, day_of: Any) -> Environment:
    """What conditions on a draft are evaluated in; cheaper than a whole look."""
    plan = rules.program.plans[draft.kind]
    amount = (draft.amount if draft.amount is not None else plan.amount[0]) if plan.amount is not None else 0
    return Environment({**draft.asked().facts, "action.kind": draft.kind}, amount, draft.at, day_of)


# ------------------------------------------------------------------------------------------------ cases and drafts


def draft_of(rules: Rules, example: Example) -> Draft | None:
    """A case as a draft; None where it cannot be read, is of an unknown kind, or has somebody approve."""
    if example.approval is not None:
        return None
    try:
        asked = read_asked(rules, example.action, example.context, None)
    except MalformedRequest:
        return None
    if asked.kind not in rules.program.plans:
        return None
    return Draft(asked.kind, asked.amount, asked.parameters, read_all(rules, example.context), example.spent, example.at)


def read_all(rules: Rules, context: Any) -> dict[str, Value | None]:
    """Every fact of the pack that a context tells, also those that no guardrail of a kind reads."""
    unread: list[Fault] = []
    paths = [path for path in rules.program.facts if not path.startswith("action.") and path != "now"]
    return {
        path: value
        for path, value in read_facts(context, paths, rules.program.facts, rules.program.currency, unread).items()
        if value is not None
    }


def example_of(rules: Rules, draft: Draft) -> Example:
    """A draft as a case that can be decided; how that comes out is what one wants to know."""
    facts, currency = rules.program.facts, rules.program.currency
    context = nested({path: None if value is None else written(value, facts[path], currency) for path, value in draft.facts.items()})
    action: dict[str, Any] = {"kind": draft.kind}
    action |= {name: written(value, facts[f"action.{name}"], currency) for name, value in draft.parameters.items()}
    if draft.amount is not None:
        action["amount"] = {"minor": draft.amount, "currency": currency}
    return Example("", Span(""), "", action, context, None, draft.spent, draft.at, {"outcome": "allow"})


# ------------------------------------------------------------------------------------------------ some value of a fact


def usual_value(kind: ir.FactType, at: int, day: int) -> Value:
    """Some value of a type: the least, the first, nothing, yesterday."""
    match kind:
        case ir.NumberType(low=low):
            return max(low, 0)
        case ir.YesNoType():
            return False
        case ir.OneOfType(members=members):
            return members[0]
        case ir.SetOfType():
            return frozenset()
        case ir.DateType():
            return day - 1
        case ir.InstantType():
            return at - _DAY_MS
        case _:
            return USUALLY


def base_draft(rules: Rules) -> Draft:
    """The usual situation: what is given first in the cases; in a pack without cases some value of every fact."""
    pack = rules.checked
    first = next((entry for entry in pack.pack.cases if set(entry) == {"given"}), None)
    case = {"it": "is usual", "action": next(iter(pack.kinds)), "expect": "allow"}
    usual = evolve(pack, pack=evolve(pack.pack, cases=(*([first] if first else []), case)))
    example = read_cases(usual)[0]
    if first is not None:
        facts = {"actor.role": rules.program.ladder[0], **read_all(rules, example.context)}
    else:
        declared = [path for path in rules.program.facts if path in pack.pack.document.facts]
        day = day_in(pack.zone)(example.at)
        facts = {
            "actor.role": rules.program.ladder[0],
            **{path: usual_value(rules.program.facts[path], example.at, day) for path in declared},
        }
    return Draft(str(case["action"]), None, {}, {"actor.id": SOMEBODY, **facts}, {}, example.at)


def usual_drafts(rules: Rules, base: Draft, known: Sequence[Draft]) -> list[Draft]:
    """For each kind a small request in the usual situation, with everything told that the kind asks for, as in some known draft."""
    program = rules.program
    before = {(draft.kind, name): value for draft in reversed(known) for name, value in draft.parameters.items()}
    made = []
    for kind, declared in rules.checked.kinds.items():
        amount = None if declared.amount is None else min(max(declared.amount[0], SMALL), declared.amount[1])
        parameters = {name: before.get((kind, name)) or usual_value(program.facts[f"action.{name}"], base.at, 0) for name in declared.asks}
        made.append(evolve(base, kind=kind, amount=amount, parameters=parameters))
    return made


SMALL = 100
"""Minor units of a small request."""


__all__ = ["Draft", "base_draft", "draft_of", "environment", "example_of", "look", "read_all", "usual_drafts", "usual_value"]
