"""Whose power is used: the requester's own, an approver's (law 11), and as much of a wish as it covers (`up_to`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve, frozen

from empower.asking import Asked, as_approver, make_case
from empower.compile import Rules
from empower.judge import Case, Verdict, judge, limit, roles_above, speak
from empower.ledger import Balance, Counter
from empower.noun import Noun

Balances = Mapping[Counter, Balance]


@frozen(repr=False, eq=False)
class Judged(Noun):
    """A verdict with the authority whose power is used."""

    verdict: Verdict
    case: Case
    """The authority's case: its budgets are charged."""
    requester: Case
    amount: int | None
    """What would be given, in minor units."""
    approved: bool = False
    approval_refused: str = ""


def judge_asked(rules: Rules, day_of: Callable[[int], int], asked: Asked, at: int, balances: Balances, *, others: int = 0) -> Judged:
    """The requester's verdict, or the approver's where it counts (law 11), or what can be given where that is asked for."""
    case = make_case(rules, asked, at, balances, day_of, others=others)
    verdict = judge(case)
    if verdict.outcome == "allow":
        return Judged(verdict, case, case, case.amount)
    alone = _alone(asked, case, verdict)
    if asked.approver is None:
        return alone
    return _by_approval(asked, as_approver(case, asked.approver, balances), alone)


def _alone(asked: Asked, case: Case, verdict: Verdict) -> Judged:
    """What the requester may do alone: nothing, or part of the wish where that is asked for."""
    if not asked.up_to or case.amount is None or verdict.limit is None or verdict.limit >= case.amount:
        return Judged(verdict, case, case, None)
    given = evolve(case, amount=verdict.limit)
    return Judged(evolve(judge(given), limit=verdict.limit), given, case, verdict.limit)


def _by_approval(asked: Asked, theirs: Case, alone: Judged) -> Judged:
    """What the approver's yes adds to what the requester may do alone."""
    case, approver = alone.requester, theirs.facts
    amount = case.amount
    if asked.up_to and amount is not None:
        amount = _largest(case, theirs)
        if amount is None or (alone.amount is not None and amount <= alone.amount):
            return alone
        case, theirs = evolve(case, amount=amount), evolve(theirs, amount=amount)
    verdict = judge(case)
    refused = ""
    if verdict.outcome != "escalate":
        return alone
    if approver["actor.id"] == case.facts["actor.id"]:
        refused = "same_person"
    elif approver["actor.role"] not in roles_above(case.program, str(case.facts["actor.role"]), [str(verdict.who)]):
        refused = "too_low"
    else:
        answer = judge(theirs)
        if answer.outcome == "allow":
            # The limit is what is allowed without an approval (law 6).
            return Judged(evolve(answer, limit=verdict.limit), theirs, alone.requester, amount, approved=True)
        refused = "not_allowed"
    return alone if alone.amount is not None else evolve(alone, approval_refused=refused)


def _largest(case: Case, theirs: Case) -> int | None:
    """The largest amount, at most the one asked for, that the approver is allowed and for which the requester need only ask them."""
    role = theirs.facts["actor.role"]
    ladder = case.program.ladder
    allowed = limit(theirs, speak(theirs, theirs.facts, fresh=False))
    if allowed is None or case.amount is None or role not in ladder:
        return None
    too_high = ladder[ladder.index(str(role)) + 1 :]
    own = speak(case, case.facts, fresh=False)
    barred = (each.low for each in own if each.effect != "floor" and (each.outcome == "deny" or each.role in too_high))
    return min([case.amount, allowed, *barred])
