"""Whose power is used: the requester's own, an approver's (law 11), and as much of a wish as it covers (`up_to`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve, frozen

from empower.asking import Asked, as_approver, make_case
from empower.compile import Rules
from empower.judge import Case, Verdict, judge, roles_above
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
    if asked.up_to and _fits(case, verdict):
        return _up_to(case, verdict, case)
    if asked.approver is not None and verdict.outcome == "escalate":
        return _approved(asked, case, verdict, balances)
    return Judged(verdict, case, case, None)


def _up_to(case: Case, verdict: Verdict, requester: Case, *, approved: bool = False) -> Judged:
    """The same wish at the authority's limit."""
    given = evolve(case, amount=verdict.limit)
    return Judged(evolve(judge(given), limit=verdict.limit), given, requester, verdict.limit, approved=approved)


def _approved(asked: Asked, case: Case, verdict: Verdict, balances: Balances) -> Judged:
    approver = asked.approver or {}
    refused = ""
    program = case.program
    if approver["actor.id"] == case.facts["actor.id"]:
        refused = "same_person"
    elif approver["actor.role"] not in roles_above(program, str(case.facts["actor.role"]), [str(verdict.who)]):
        refused = "too_low"
    else:
        theirs = as_approver(case, approver, balances)
        answer = judge(theirs)
        if answer.outcome == "allow":
            return Judged(answer, theirs, case, theirs.amount, approved=True)
        if asked.up_to and _fits(theirs, answer):
            return _up_to(theirs, answer, case, approved=True)
        refused = "not_allowed"
    return Judged(verdict, case, case, None, approval_refused=refused)


def _fits(case: Case, verdict: Verdict) -> bool:
    """Whether the wish can be met in part: there is a limit, and it is below what was asked."""
    return verdict.limit is not None and case.amount is not None and verdict.limit < case.amount
