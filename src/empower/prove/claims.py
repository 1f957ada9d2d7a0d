"""Claims of the author: what is never allowed, and what always holds of whatever is allowed; with an approval and without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from empower import ir
from empower.backends.smt import Term, World, every, fresh, opposite, some
from empower.checked import CheckedClaim, Kind
from empower.decision import Decision
from empower.formulas import all_of, any_of, condition_facts, negated
from empower.money import format_money, parse_money
from empower.prove.answers import Answer, Proved, Question, Vacuous
from empower.prove.asking import Asking, Search
from empower.prove.examples import Scenario, read_scenario, tell
from empower.prove.inquiry import Inquiry, Situation
from empower.prove.verdict import SymbolicVerdict, may_answer, symbolic_verdict
from empower.reasons import Shown


def ask_claims(inquiry: Inquiry) -> Iterator[Asking]:
    """Every claim."""
    for claim in inquiry.checked.claims:
        words = next((each.title for each in inquiry.checked.pack.document.claims if each.id == claim.id), None)
        says = next(iter(words.values())) if isinstance(words, Mapping) else f"the claim '{claim.id}' holds"
        question = Question(f"claim/{claim.id}", str(says), (claim.id,))
        yield Asking(question, partial(_answer, inquiry, question, claim))


def _answer(inquiry: Inquiry, question: Question, claim: CheckedClaim) -> Answer:
    broken = claim.condition if claim.mode == "never" else negated(claim.condition)
    alone, approved = with_approved(broken, value=False), with_approved(broken, value=True)
    for kind in inquiry.kinds:
        situation = inquiry.situation(kind)
        here, there = (of_kind(each, inquiry.checked.kinds[kind]) for each in (alone, approved))
        for answer in (_alone(inquiry, question, claim, situation, here), _approved(inquiry, question, claim, situation, there)):
            if answer is not None:
                return answer
    return _vacuous(inquiry, question, claim, any_of((alone, approved))) or Proved(question)


def _alone(inquiry: Inquiry, question: Question, claim: CheckedClaim, situation: Situation, broken: ir.Cond) -> Answer | None:
    """Somebody is allowed, by themselves, what breaks the claim."""
    if broken == ir.Constant(value=False):
        return None
    world = situation.world
    return Search(inquiry, question, situation).example(
        [world.holds(broken), situation.guarded_allowed],
        [world],
        lambda scenarios, decisions: (
            f"{tell(inquiry, scenarios[0])}: allowed{_up_to(inquiry, decisions[0])}, but '{claim.id}' says {claim.mode}"
        ),
    )


def _up_to(inquiry: Inquiry, decision: Decision) -> str:
    """How much would be allowed there, which tells what to change."""
    return (
        ""
        if decision.limit is None
        else f" up to {format_money(parse_money(decision.limit, inquiry.program.currency), inquiry.program.currency)}"
    )


# ------------------------------------------------------------------------------------------------ with an approval


def _approved(inquiry: Inquiry, question: Question, claim: CheckedClaim, situation: Situation, broken: ir.Cond) -> Answer | None:
    """Somebody is allowed, with somebody else's approval, what breaks the claim."""
    if broken == ir.Constant(value=False):
        return None
    world, solver = situation.world, situation.solver
    spent = {
        account.guardrail: (fresh(f"held by {account.guardrail}"), fresh(f"times of {account.guardrail}"))
        for account in situation.plan.accounts
        if not account.shadow
    }
    theirs = approver_of(world)
    requester, approver = symbolic_verdict(world, spent), symbolic_verdict(theirs, spent, fresh=True)
    held = [formula for amount, times in spent.values() for formula in (amount >= 0, times >= 0)]
    shown = Shown(inquiry.checked, "en")

    def say(scenarios: Sequence[Scenario], decisions: Sequence[Decision]) -> str:
        by = shown.role(str((scenarios[0].approver or {})["actor.role"]))
        return f"{tell(inquiry, scenarios[0])}, and {by} approves: {decisions[0].outcome}ed, but '{claim.id}' says {claim.mode}"

    return Search(inquiry, question, situation).example(
        [world.holds(broken), approved(requester, approver), *held],
        [world, theirs],
        say,
        read=lambda: [read_scenario(solver, world, theirs, spent)],
        numbers=[number for pair in spent.values() for number in pair],
    )


def approver_of(world: World) -> World:
    """The same request with every `actor.*` fact another's; what that one lacks is unknown."""
    facts = [path for path in world.program.facts if path.startswith("actor.")]
    return world.but("approver: ", {*facts, "actor.id", "actor.role"})


def approved(requester: SymbolicVerdict, approver: SymbolicVerdict) -> Term:
    """The requester would have to ask, and somebody else, who is high enough, is allowed it (law 11)."""
    world, theirs = requester.world, approver.world
    somebody_else = opposite(theirs.value("actor.id") == world.value("actor.id"))
    ladder = world.program.ladder
    high_enough = some(every([theirs.holds(ir.IsAmong("actor.role", frozenset((role,)))), may_answer(requester, role)]) for role in ladder)
    return every([requester.escalates, approver.allowed, somebody_else, high_enough])


# ------------------------------------------------------------------------------------------------ vacuity


def _vacuous(inquiry: Inquiry, question: Question, claim: CheckedClaim, broken: ir.Cond) -> Answer | None:
    """A claim that nobody could break: what it forbids cannot be asked, or those whom it speaks of are never allowed anything."""
    if claim.mode == "never" and not any(
        _possible(inquiry.situation(kind), of_kind(broken, inquiry.checked.kinds[kind])) for kind in inquiry.kinds
    ):
        return Vacuous(
            question, "what it forbids cannot happen at all, whatever the rules say", "read the claim again: it holds of nothing"
        )
    about = _about(broken) if claim.mode == "never" else ir.Constant(value=True)
    for kind in inquiry.kinds:
        situation = inquiry.situation(kind)
        if situation.solver.check(situation.allowed, situation.told.holds(about)) != "no":
            return None
    return Vacuous(question, "those whom it speaks of are never allowed anything of the kind", "look at 'role' and 'kind' first")


def _possible(situation: Situation, condition: ir.Cond) -> bool:
    return situation.solver.check(situation.told.holds(condition)) != "no"


def _about(condition: ir.Cond) -> ir.Cond:
    """Whom and which actions a condition speaks of; whatever else it asks is left out. It is in negation normal form."""
    match condition:
        case ir.All(conditions=parts):
            return all_of(tuple(_about(part) for part in parts))
        case ir.Any(conditions=parts):
            return any_of(tuple(_about(part) for part in parts))
        case ir.IsAmong(fact="actor.role" | "action.kind") | ir.Not(condition=ir.IsAmong(fact="actor.role" | "action.kind")):
            return condition
        case _:
            return ir.Constant(value=True)


def of_kind(condition: ir.Cond, kind: Kind) -> ir.Cond:
    """A condition as one kind can meet it: what is said of parameters that it does not take, or of their opposite, does not hold."""
    match condition:
        case ir.All(conditions=parts):
            return all_of(tuple(of_kind(part, kind) for part in parts))
        case ir.Any(conditions=parts):
            return any_of(tuple(of_kind(part, kind) for part in parts))
        case ir.AtLeast(count=count, conditions=parts):
            return ir.AtLeast(count, tuple(of_kind(part, kind) for part in parts))
        case _:
            given = {fact.removeprefix("action.") for fact in condition_facts(condition) if fact.startswith("action.")}
            return condition if given <= {"kind", *kind.parameters} else ir.Constant(value=False)


def with_approved(condition: ir.Cond, *, value: bool) -> ir.Cond:
    """A condition with `approved` settled. It is in negation normal form."""
    match condition:
        case ir.All(conditions=parts):
            return all_of(tuple(with_approved(part, value=value) for part in parts))
        case ir.Any(conditions=parts):
            return any_of(tuple(with_approved(part, value=value) for part in parts))
        case ir.AtLeast(count=count, conditions=parts):
            return ir.AtLeast(count, tuple(with_approved(part, value=value) for part in parts))
        case ir.Not(condition=inner):
            settled = with_approved(inner, value=value)
            return ir.Constant(not settled.value) if isinstance(settled, ir.Constant) else ir.Not(settled)
        case ir.IsYes(fact="approved"):
            return ir.Constant(value)
        case ir.Known(fact="approved"):
            return ir.Constant(value=True)
        case _:
            return condition
