"""Whose power is used: the requester's own, an approver's (law 11), and as much of a wish as it covers (`up_to`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from empower.asking import Asked, as_approver, make_case, with_balances
from empower.compile import Rules
from empower.environment import Value
from empower.judge import Case, Verdict, judge, limit, roles_above, speak, speak_of_budgets
from empower.ledger import Balance, Counter
from empower.noun import evolve, frozen

Balances = Mapping[Counter, Balance]


@frozen
class Judged:
    """A verdict with the authority whose power is used."""

    verdict: Verdict
    case: Case
    """The authority's case: its budgets are charged."""
    requester: Case
    amount: int | None
    """What would be given, in minor units."""
    approved: bool = False
    approval_refused: str = ""


def judge_asked(rules: Rules, day_of: Callable[..., int], asked: Asked, at: int, balances: Balances, *, others: int = 0) -> Judged:
    """The requester's verdict, or the approver's where it counts (law 11), or what can be given where that is asked for."""
    case = make_case(rules, asked, at, balances, day_of, others=others)
    verdict = judge(case)
    if verdict.outcome == "allow":
        return Judged(verdict, case, case, case.amount)
    alone = _alone(asked, case, verdict)
    return alone if asked.approver is None else _by_approval(asked, asked.approver, alone, balances)


def as_met(judged: Judged, balances: Balances, at: int) -> Judged:
    """What was judged, with the limit that follows from the balances that the ledger met, at an instant at which the verdict is the same.

    Where the requester's own verdict was used, only what the budgets say is worked out anew: no threshold that reads the day alone
    has moved, because the day is the same.
    """
    met = with_balances(judged.requester, balances, at)
    own = judged.case is judged.requester
    again = own and met.plan.clock != "instant"
    most = limit(met, speak_of_budgets(met, judged.verdict.speaking) if again else speak(met, met.facts, fresh=False))
    verdict = judged.verdict if most == judged.verdict.limit else evolve(judged.verdict, limit=most)
    return evolve(judged, verdict=verdict, case=met if own else evolve(judged.case, at=at))


def _alone(asked: Asked, case: Case, verdict: Verdict) -> Judged:
    """What the requester may do alone: nothing, or part of the wish where that is asked for."""
    if not asked.up_to or case.amount is None or verdict.limit is None or verdict.limit >= case.amount:
        return Judged(verdict, case, case, None)
    given = evolve(case, amount=verdict.limit)
    return Judged(evolve(judge(given), limit=verdict.limit), given, case, verdict.limit)


def _by_approval(asked: Asked, approver: Mapping[str, Value | None], alone: Judged, balances: Balances) -> Judged:
    """What the approver's yes adds to what the requester may do alone."""
    case = alone.requester
    role, own_role = approver["actor.role"], str(case.facts["actor.role"])
    if approver["actor.id"] == case.facts["actor.id"]:
        return _refused(alone, "same_person")
    if role not in roles_above(case.program, own_role, []):
        return _refused(alone, "too_low")
    theirs = as_approver(case, approver, balances)
    amount = case.amount
    if asked.up_to and amount is not None:
        amount = _largest(case, theirs)
        if amount is None or (alone.amount is not None and amount <= alone.amount):
            return _refused(alone, "not_allowed")
        case, theirs = evolve(case, amount=amount), evolve(theirs, amount=amount)
    verdict = judge(case)
    if verdict.outcome != "escalate":
        return alone
    if role not in roles_above(case.program, own_role, [str(verdict.who)]):
        return _refused(alone, "too_low")
    answer = judge(theirs)
    if answer.outcome != "allow":
        return _refused(alone, "not_allowed")
    # The limit is what is allowed without an approval (law 6).
    return Judged(evolve(answer, limit=verdict.limit), theirs, alone.requester, amount, approved=True)


def _refused(alone: Judged, why: str) -> Judged:
    """The requester's own answer; where it names somebody to ask, with the reason why this approval is not enough."""
    return evolve(alone, approval_refused=why) if alone.verdict.outcome == "escalate" else alone


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
