"""One case looked at: what the rules see of it, and which goals it reaches. All by the interpreter, which is the meaning."""

from __future__ import annotations

from collections.abc import Mapping

from empower import ir
from empower.asking import NOTHING_DRAWN, Asked, as_approver, make_case, read_asked
from empower.backends.interpret import holds
from empower.cases import Example, Spent
from empower.compile import Rules
from empower.coverage.goals import Asks, Draws, Holds, Offers
from empower.decision import Decision
from empower.environment import Environment
from empower.errors import Fault
from empower.judge import Case, Speaking, Verdict, judge, outside_campaign, speak_account
from empower.ledger import Balance, Counter
from empower.noun import evolve, frozen
from empower.periods import day_in
from empower.request import read_facts


@frozen
class Look:
    """A question to the rules as one authority meets it, with everything that is known."""

    case: Case
    verdict: Verdict

    @property
    def env(self) -> Environment:
        """What conditions are evaluated in."""
        return self.case.environment()


def looks_at(rules: Rules, example: Example) -> tuple[Look, ...]:
    """A case as its asker meets it, and as the approver does where there is one; nothing for a kind that the pack does not have.

    Raises:
        MalformedRequest: the request cannot be read.
    """
    asked = read_asked(rules, example.action, example.context, example.approval)
    if asked.kind not in rules.program.plans:
        return ()
    unread: list[Fault] = []
    paths = [path for path in rules.program.facts if not path.startswith("action.") and path not in asked.facts]
    more = read_facts(example.context, paths, rules.program.facts, rules.program.currency, unread)
    return looks_of(rules, evolve(asked, facts={**more, **asked.facts}), example.at, example.spent)


def looks_of(rules: Rules, asked: Asked, at: int, spent: Mapping[str, Spent]) -> tuple[Look, ...]:
    """A request as read, looked at against windows that hold this much already."""
    case = make_case(rules, asked, at, {}, day_in(rules.program.zone))
    case = evolve(case, plan=rules.program.plans[asked.kind])
    balances = _balances(case, spent)
    case = _drawn(case, balances)
    looks = [Look(case, judge(case))]
    if asked.approver is not None:
        theirs = _drawn(as_approver(case, asked.approver, {}), balances)
        looks.append(Look(theirs, judge(theirs)))
    return tuple(looks)


def _balances(case: Case, spent: Mapping[str, Spent]) -> dict[Counter, Balance]:
    found = {}
    for account, counter in zip(case.plan.accounts, case.counters, strict=True):
        held = spent.get(account.guardrail)
        if held is not None and counter is not None:
            found[counter] = Balance(held.amount, held.times, None)
    return found


def _drawn(case: Case, balances: Mapping[Counter, Balance]) -> Case:
    held = (balances.get(counter, NOTHING_DRAWN) if counter is not None else NOTHING_DRAWN for counter in case.counters)
    return evolve(case, balances=tuple(held))


# ------------------------------------------------------------------------------------------------ what is reached


def reaches(aim: Holds | Draws, look: Look) -> bool:
    """Whether a question to the rules reaches a goal."""
    if look.case.plan.kind not in aim.kinds:
        return False
    if not holds(aim.certain, look.env) or not _amount_known(look):
        return False
    if isinstance(aim, Holds):
        return not aim.allowed or look.verdict.outcome == "allow"
    return _draws(aim, look)


@frozen
class Told:
    """What an answer asks for, and what it offers instead."""

    asked: frozenset[str]
    """Facts, and parameters as `action.…`, that would settle the question; empty where the answer is another one."""
    offered: frozenset[str]


def told_by(decision: Decision | None) -> Told:
    """What a decision asks for and offers; worked out once, since it takes long."""
    if decision is None or decision.allowed:
        return Told(frozenset(), frozenset())
    needs = decision.needs if decision.outcome == "needs_info" else ()
    asked = frozenset(need.fact for each in needs for need in each)
    return Told(asked, frozenset(option.id for option in decision.options))


def answers(aim: Asks | Offers, told: Told) -> bool:
    """Whether an answer reaches a goal."""
    return aim.offer in told.offered if isinstance(aim, Offers) else aim.fact in told.asked


def _amount_known(look: Look) -> bool:
    """An amount that was not given is not the least of its kind, though that stands for it."""
    return look.case.amount is not None or look.case.plan.amount is None


def _draws(aim: Draws, look: Look) -> bool:
    case = look.case
    place = next((place for place, account in enumerate(case.plan.accounts) if account.guardrail == aim.budget), None)
    if place is None:
        return False
    account, reading, balance = case.plan.accounts[place], case.readings[place], case.balances[place]
    spoken = speak_account(account, reading, balance, look.env, case.program)
    if aim.side == "outside":
        return outside_campaign(account, look.env)
    if outside_campaign(account, look.env) or None in reading.keys:
        return False
    asked = case.asked
    allowed = look.verdict.outcome == "allow"
    match aim.side:
        case "within":
            return not spoken.possible(asked, asked)
        case "exceeded":
            return spoken.certain(asked, asked)
        case "at":
            return allowed and _settled(spoken) and asked == spoken.high
        case "beyond":
            return _settled(spoken) and asked == spoken.high + 1
        case _:
            left = None if reading.times is None or reading.times[0] != reading.times[1] else reading.times[0] - balance.times
            return left == 1 and allowed if aim.side == "last" else left == 0


def _settled(spoken: Speaking) -> bool:
    """Whether an amount is what decides: some is left, and how much is certain."""
    return spoken.low == spoken.high and ir.CLOSED < spoken.high < ir.OPEN
