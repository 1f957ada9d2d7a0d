"""A no is never a dead end: what would be allowed instead, at this instant and these balances (law 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from empower import ir
from empower.asking import read_asked, with_balances
from empower.backends.interpret import holds
from empower.decision import Decision, Option
from empower.environment import Environment, Value
from empower.errors import MalformedRequest
from empower.judge import Case, judge, limit, speak
from empower.money import plain_money
from empower.noun import evolve
from empower.reasons import Shown, fill_known
from empower.request import Misread, read_value, written

if TYPE_CHECKING:
    from empower.explain import Teller


def options_instead(teller: Teller, decision: Decision, language: str) -> tuple[Option, ...]:
    """What would be allowed instead, at this instant and these balances."""
    if decision.outcome == "allow" or decision.extra.notice in ("unknown_role", "ledger_unavailable"):
        return ()
    if teller.lenient(decision.context, "actor.role") is None:  # an unknown kind asked for in an unknown role
        return ()
    # What is given already under this key is not offered again.
    own = (_by_itself(teller, alike, language) for alike in alike_parts(decision) if not alike[0].replayed)
    found = [option for option in own if option is not None]
    return tuple(_each_once([*found, *on_the_menu(teller, decision, decision.parameters, language)]))


def _each_once(options: Iterable[Option]) -> Iterator[Option]:
    """Options of which no two are the same action: the menu may offer just what was asked for, at the same limit."""
    told: list[Mapping[str, Any]] = []
    for option in options:
        if option.action not in told:
            told.append(option.action)
            yield option


def alike_parts(decision: Decision) -> list[list[Decision]]:
    """The parts of a decision (a plain one is its own) that are of one kind with the same parameters; none that the pack does not know."""
    found: dict[tuple[str, frozenset[tuple[str, Value]]], list[Decision]] = {}
    for part in decision.parts or (decision,):
        if not part.extra.notice:
            found.setdefault((part.kind, frozenset(part.parameters.items())), []).append(part)
    return list(found.values())


def _by_itself(teller: Teller, alike: list[Decision], language: str) -> Option | None:
    """One action in place of alike parts, without the rest of its wish: all that was asked, or the most that would be allowed."""
    case = _alone(teller, alike[0])
    action: dict[str, Any] = {"kind": case.plan.kind}
    if case.plan.amount is None:
        if judge(case).outcome != "allow":
            return None
    else:
        amounts = [part.asked for part in alike if part.asked is not None]
        whole = evolve(case, amount=sum(amounts) if amounts else None)
        amount = whole.amount if judge(whole).outcome == "allow" else limit(case, speak(case, case.facts, fresh=False))
        if amount is None:
            return None
        action["amount"] = plain_money(amount, teller.rules.program.currency)
    return Option({**action, **_handed_in(teller, alike[0].parameters)}, _title(teller, case.plan.kind, language), "")


def _alone(teller: Teller, decision: Decision) -> Case:
    """The case of a decision as if its action were the whole wish."""
    case = teller.case(decision)
    assert case is not None  # a decision with a plan: `alike_parts` leaves out any other
    return with_balances(evolve(case, others=0), decision.extra.alone, case.at)


def limit_together(teller: Teller, decision: Decision) -> int | None:
    """The largest sum that the parts of `decide_all` would be allowed, in minor units; None if there is none, or they are not alike."""
    (alike, *others) = alike_parts(decision) or [[]]
    if others or len(alike) < len(decision.parts):
        return None
    case, count = _alone(teller, alike[0]), len(alike)
    drawn = tuple(evolve(held, times=held.times + count - 1) for held in case.balances)  # by the parts before the last one
    case = evolve(case, balances=drawn)
    return limit(case, speak(case, case.facts, fresh=False), count)


def _title(teller: Teller, kind: str, language: str) -> str:
    return Shown(teller.rules.checked, language).said(teller.rules.checked.kinds[kind].title, kind.replace("_", " "))


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
    case = teller.case_in(decision.context, offer.kind, decision.judged_at, decision.extra.alone, typed)
    condition_facts: dict[str, Value | None] = {
        path: teller.lenient(decision.context, path) for path in teller.rules.program.facts if not path.startswith("action.")
    }
    # In the condition of an offer the action is the one that is offered.
    condition_facts |= {"action.kind": offer.kind, **{f"action.{name}": value for name, value in typed.items()}}
    if not holds(offer.certain, Environment(condition_facts, 0, decision.judged_at, teller.day_of)):
        return None
    amount = offer.amount
    if amount is None and case.plan.amount is not None:
        most = judge(evolve(case, amount=case.plan.amount[0])).limit
        amount = most if most is None or decision.asked is None else min(most, decision.asked)
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
    shown = Shown(teller.rules.checked, language)
    values = {path: shown.fact(path, value) for path, value in condition_facts.items()}
    values["amount"] = "" if amount is None else shown.money(amount)
    title = fill_known(shown.said(note.title), values, condition_facts)
    return Option(action, title or _title(teller, offer.kind, language), offer.id, note.because)


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
    found = [option for kind in teller.rules.program.plans if (option := _of_kind(teller, kind, decision, language)) is not None]
    readable = [option for option in found if _can_be_read(teller, option.action, decision.context)]
    return tuple(_each_once([*readable, *on_the_menu(teller, decision, {}, language)]))


def _of_kind(teller: Teller, kind: str, decision: Decision, language: str) -> Option | None:
    """A kind at the most that would be allowed whatever is said to what it asks for."""
    case = evolve(teller.case_in(decision.context, kind, decision.judged_at, decision.extra.alone), missing=())
    action = {"kind": kind}
    if case.plan.amount is not None:
        most = judge(evolve(case, amount=case.plan.amount[0])).limit
        if most is None:
            return None
        action["amount"] = plain_money(most, teller.rules.program.currency)
    elif judge(case).outcome != "allow":
        return None
    needs = tuple(teller.need(f"action.{name}", language) for name in case.plan.asks)
    return Option(action, _title(teller, kind, language), "", needs=needs)
