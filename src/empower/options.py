"""A no is never a dead end: what would be allowed instead, at this instant and these balances (law 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from empower import ir
from empower.asking import read_asked
from empower.backends.interpret import holds
from empower.decision import Decision, Option
from empower.environment import Environment, Value
from empower.errors import MalformedRequest
from empower.judge import judge
from empower.money import plain_money
from empower.request import Misread, read_value, written

if TYPE_CHECKING:
    from empower.explain import Teller


def options_instead(teller: Teller, decision: Decision, language: str) -> tuple[Option, ...]:
    """What would be allowed instead, at this instant and these balances."""
    if decision.outcome == "allow" or decision.extra.notice in ("unknown_role", "ledger_unavailable"):
        return ()
    if teller.lenient(decision.context, "actor.role") is None:  # an unknown kind asked for in an unknown role
        return ()
    found = list(at_its_limit(teller, decision, language))
    return (*found, *on_the_menu(teller, decision, decision.parameters, language))


def at_its_limit(teller: Teller, decision: Decision, language: str) -> Iterator[Option]:
    """The same action at the most that would be allowed."""
    currency = teller.rules.program.currency
    if decision.limit is None:
        return
    given = _handed_in(teller, decision.parameters)
    case = teller.case(decision)
    verdict = teller.verdict(decision, case) if case is not None else None
    if verdict is None or verdict.limit is None:
        return
    yield Option(
        {"kind": decision.kind, "amount": plain_money(verdict.limit, currency), **given}, _title(teller, decision.kind, language), ""
    )


def _title(teller: Teller, kind: str, language: str) -> str:
    return teller.rules.checked.kinds[kind].title.get(language, kind)


def on_the_menu(teller: Teller, decision: Decision, parameters: Mapping[str, Any], language: str) -> Iterator[Option]:
    """The offers of the menu that would be allowed, best rank first."""
    for offer in teller.rules.program.menu:
        option = _offered(teller, offer, decision, parameters, language)
        if option is not None:
            yield option


def _offered(teller: Teller, offer: ir.Offer, decision: Decision, parameters: Mapping[str, Any], language: str) -> Option | None:
    """An offer, if its own condition holds and its action would be allowed."""
    typed = offered_parameters(teller, offer, parameters)
    if typed is None:
        return None
    case = teller.case_in(decision.context, offer.kind, decision.judged_at, decision.extra.balances, typed)
    condition_facts: dict[str, Value | None] = {
        path: teller.lenient(decision.context, path) for path in teller.rules.program.facts if not path.startswith("action.")
    }
    # In the condition of an offer the action is the one that is offered.
    condition_facts |= {"action.kind": offer.kind, **{f"action.{name}": value for name, value in typed.items()}}
    if not holds(offer.certain, Environment(condition_facts, 0, decision.judged_at, teller.day_of)):
        return None
    amount = offer.amount
    if amount is None and case.plan.amount is not None:
        limit = judge(evolve(case, amount=case.plan.amount[0])).limit
        amount = limit if limit is None or decision.asked is None else min(limit, decision.asked)
    if amount is None and case.plan.amount is not None:
        return None
    if judge(evolve(case, amount=amount)).outcome != "allow":
        return None
    action: dict[str, Any] = {"kind": offer.kind, **_handed_in(teller, typed)}
    if amount is not None:
        action["amount"] = plain_money(amount, teller.rules.program.currency)
    if not _can_be_read(teller, action, decision.context):
        return None
    note = teller.rules.checked.about[offer.id]
    return Option(action, note.title.get(language, _title(teller, offer.kind, language)), offer.id, note.because)


def _can_be_read(teller: Teller, action: Mapping[str, Any], context: Any) -> bool:
    """Whether this action can be asked for; not if a fact that only its kind reads is there in a form that nobody can read."""
    try:
        read_asked(teller.rules, action, context, None)
    except MalformedRequest:
        return False
    return True


def offered_parameters(teller: Teller, offer: ir.Offer, parameters: Mapping[str, Any]) -> dict[str, Value] | None:
    """The parameters of an offer: its own, and of those it asks for besides, what the action already says."""
    kind = teller.rules.checked.kinds[offer.kind]
    found: dict[str, Value] = {name: value for name, value in parameters.items() if name in kind.parameters}
    try:
        for name, text in offer.parameters:
            type_ = teller.rules.program.facts[f"action.{name}"]
            found[name] = read_value(_plain(text, type_), type_, teller.rules.program.currency)
    except Misread:
        return None
    return found


def _plain(text: str, kind: ir.FactType) -> Any:
    """The text of an offer in the JSON shape that its type has: a whole number, a list."""
    if isinstance(kind, ir.SetOfType):
        return [word.strip() for word in text.split(",") if word.strip()]
    whole = isinstance(kind, ir.NumberType) and kind.unit == "integer" and text.removeprefix("-").isdecimal() and len(text) <= 20
    return int(text) if whole else text


def _handed_in(teller: Teller, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Typed parameters as an action has them."""
    program = teller.rules.program
    return {name: written(value, program.facts[f"action.{name}"], program.currency) for name, value in parameters.items()}


def options_now(teller: Teller, decision: Decision, language: str) -> tuple[Option, ...]:
    """Every kind at its limit, then the menu."""
    if decision.extra.notice:
        return ()
    found = []
    for kind in teller.rules.program.plans:
        case = teller.case_in(decision.context, kind, decision.judged_at, decision.extra.balances)
        if case.plan.amount is None:
            allowed = judge(evolve(case, missing=())).outcome == "allow"
            found += [Option({"kind": kind}, _title(teller, kind, language), "")] if allowed else []
            continue
        limit = judge(evolve(case, amount=case.plan.amount[0], missing=())).limit
        if limit is not None:
            found.append(
                Option({"kind": kind, "amount": plain_money(limit, teller.rules.program.currency)}, _title(teller, kind, language), "")
            )
    readable = [option for option in found if _can_be_read(teller, option.action, decision.context)]
    return (*readable, *on_the_menu(teller, decision, {}, language))
