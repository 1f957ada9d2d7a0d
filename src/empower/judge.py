"""How thresholds become a verdict: laws 3 to 7 of `docs/guarantees.md` in one place, whichever back end worked the thresholds out.

A guardrail speaks when the amount is above its threshold (a floor: below it). With unknowns a threshold is an interval: above `high`
it is certain to speak, above `low` it may. The outcome is the one that all completions share, else `needs_info`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, Protocol

from empower import ir
from empower.authority import SOMEBODY, candidates
from empower.environment import AccountReading, Environment, Value
from empower.ledger import Balance, Counter
from empower.noun import evolve, frozen

Outcome = Literal["allow", "needs_info", "escalate", "deny"]


class BackEnd(Protocol):
    """What a back end answers about one kind of action. Equal answers of all back ends are a test."""

    def bars(self, plan: ir.Plan, env: Environment) -> Sequence[tuple[int, int]]:
        """(low, high) of each of `plan.bars`."""

    def shadows(self, plan: ir.Plan, env: Environment) -> Sequence[tuple[int, int]]:
        """(low, high) of each of `plan.shadows`."""

    def accounts(self, plan: ir.Plan, env: Environment) -> Sequence[AccountReading]:
        """The reading of each of `plan.accounts`."""

    def duties(self, plan: ir.Plan, env: Environment) -> Sequence[tuple[bool, bool]]:
        """(certain, possible) of each of `plan.duties`."""


@frozen
class Speaking:
    """One guardrail's thresholds in an environment."""

    guardrail: str
    effect: str
    outcome: Literal["deny", "escalate"]
    role: str | None
    low: int
    high: int

    def certain(self, least: int, most: int) -> bool:
        """Whether it speaks in every completion, whichever of these amounts it is about."""
        return most < self.low if self.effect == "floor" else least > self.high

    def possible(self, least: int, most: int) -> bool:
        """Whether it speaks in some completion."""
        return least < self.high if self.effect == "floor" else most > self.low


@frozen
class Case:
    """One question to the rules: everything that a verdict depends on."""

    program: ir.Program
    plan: ir.Plan
    back_end: BackEnd
    facts: Mapping[str, Value | None]
    amount: int | None
    """Minor units; None: not given, or the kind has none."""
    missing: tuple[str, ...]
    """Parameters that the kind asks for and the action lacks."""
    at: int
    day_of: Callable[..., int]
    balances: tuple[Balance, ...] = ()
    """What the window of each account holds; ignored where its key is unknown and nothing is shared."""
    readings: tuple[AccountReading, ...] = ()
    """What each account says in these facts, before balances."""
    counters: tuple[Counter | None, ...] = ()
    """The counter that each account draws from; None where its key is unknown and nothing is shared."""
    others: int = 0
    """Minor units of earlier parts of the same wish and kind: several parts of one kind meet each cap with their sum (`decide_all`)."""

    def environment(self, facts: Mapping[str, Value | None] | None = None) -> Environment:
        """What formulas are evaluated in."""
        return Environment(self.facts if facts is None else facts, self.asked + self.others, self.at, self.day_of)

    @property
    def asked(self) -> int:
        """The amount that the guardrails look at; the least of the kind where none was given, 0 where it has none."""
        if self.plan.amount is None:
            return 0
        return self.plan.amount[0] if self.amount is None else self.amount

    @property
    def span(self) -> tuple[int, int]:
        """Least and largest amount that this may be about: a missing amount is unknown, and not the least of its kind (law 3)."""
        return self.plan.amount if self.plan.amount is not None and self.amount is None else (self.asked, self.asked)


@frozen
class Verdict:
    """The pure answer of the rules."""

    outcome: Outcome
    limit: int | None
    who: str | None
    certain: tuple[str, ...]
    """Ids of the guardrails that speak, in the pack's order; duties that hold included."""
    possible: tuple[str, ...]
    """Ids of the guardrails that may speak, depending on what is unknown."""
    speaking: tuple[Speaking, ...]
    """Of every guardrail of the kind, its thresholds: what reasons are told from."""
    out_of_bounds: bool = False


def judge(case: Case) -> Verdict:
    """The verdict on a case."""
    speaking = speak(case, case.facts, fresh=False)
    span = case.span
    certain = [each for each in speaking if each.certain(*span)]
    possible = [each for each in speaking if each.possible(*span) and not each.certain(*span)]
    out_of_bounds = (
        case.plan.amount is not None and case.amount is not None and not case.plan.amount[0] <= case.amount <= case.plan.amount[1]
    )
    outcome, who = _outcome(case, certain, possible, out_of_bounds=out_of_bounds)
    sure, unsure = _duties(case)
    spoke, may = {each.guardrail for each in certain} | sure, {each.guardrail for each in possible} | unsure
    return Verdict(
        outcome, limit(case, speaking), who, _in_order(spoke, case.plan), _in_order(may, case.plan), tuple(speaking), out_of_bounds
    )


def _in_order(names: set[str], plan: ir.Plan) -> tuple[str, ...]:
    return tuple([name for name in plan.order if name in names]) if names else ()


def _outcome(case: Case, certain: Sequence[Speaking], possible: Sequence[Speaking], *, out_of_bounds: bool) -> tuple[Outcome, str | None]:
    """The strongest outcome that all completions share (law 3)."""
    if out_of_bounds or any(each.outcome == "deny" for each in certain):
        return "deny", None
    if certain:
        # Each completion names the roles of those that speak in it: the most are named when all do, the fewest when only the certain do.
        role, nobody = lowest_role(case, [each.role for each in (*certain, *possible) if each.role is not None])
        if nobody and (not possible or lowest_role(case, [each.role for each in certain if each.role is not None])[1]):
            return "deny", None
        if role is None or any(each.outcome == "deny" for each in possible):
            return "needs_info", None
        return "escalate", role
    if possible or case.missing or (case.plan.amount is not None and case.amount is None):
        return "needs_info", None
    return "allow", None


def limit(case: Case, speaking: Sequence[Speaking], parts: int = 1) -> int | None:
    """The largest amount that would be allowed; None if there is none (law 6). Of several alike `parts`: the largest sum."""
    if case.plan.amount is None or case.missing:
        return None
    least, most = case.plan.amount
    top = min([parts * most, *(each.low for each in speaking if each.effect != "floor")])
    floor = max([least, *(each.high for each in speaking if each.effect == "floor")])
    # The first of several parts meets a floor by itself, so it takes whatever the others can do without.
    return top if min(most, top - (parts - 1) * least) >= floor else None


# ------------------------------------------------------------------------------------------------ thresholds


def speak(case: Case, facts: Mapping[str, Value | None], *, fresh: bool) -> list[Speaking]:
    """The thresholds of every guardrail; `fresh`: with nothing drawn yet from budgets kept per actor."""
    env = case.environment(facts)
    bars = case.back_end.bars(case.plan, env)
    found = [
        Speaking(bar.guardrail, bar.effect, bar.outcome, bar.role, _less(low, case.others), _less(high, case.others))
        for bar, (low, high) in zip(case.plan.bars, bars, strict=True)
    ]
    accounts = case.readings if facts is case.facts else case.back_end.accounts(case.plan, env)
    return [*found, *_budgets(case, env, accounts, fresh=fresh)]


def speak_of_budgets(case: Case, speaking: Sequence[Speaking]) -> list[Speaking]:
    """The thresholds of a case whose balances alone are others than when it was spoken of: those of its budgets anew."""
    return [*speaking[: len(case.plan.bars)], *_budgets(case, case.environment(), case.readings, fresh=False)]


def _budgets(case: Case, env: Environment, accounts: Sequence[AccountReading], *, fresh: bool) -> Iterator[Speaking]:
    for account, reading, balance in zip(case.plan.accounts, accounts, case.balances, strict=True):
        if not account.shadow:
            spent = Balance(0, 0, None) if fresh and account.personal else balance
            yield speak_account(account, reading, spent, env, case.program)


def speak_account(account: ir.Account, reading: AccountReading, spent: Balance, env: Environment, program: ir.Program) -> Speaking:
    """A budget as a threshold: what is left of its window."""
    if outside_campaign(account, env):
        return Speaking(account.guardrail, "budget", "deny", None, ir.CLOSED, ir.CLOSED)
    role = None
    outcome = account.outcome
    if None in reading.keys:
        if account.shared_at_most is None:
            return Speaking(account.guardrail, "budget", outcome, None, ir.CLOSED, ir.OPEN)
        role, outcome = account.unknown_role, "escalate" if account.unknown_role else outcome
        if role is not None and _ranks(env.facts["actor.role"], role, program):
            return Speaking(account.guardrail, "budget", outcome, role, ir.OPEN, ir.OPEN)
        reading = AccountReading(reading.keys, (account.shared_at_most, account.shared_at_most), reading.times)
    low = high = ir.OPEN
    if reading.amount is not None:
        low, high = _less(reading.amount[0], spent.amount), _less(reading.amount[1], spent.amount)
    if reading.times is not None:
        low = low if spent.times < reading.times[0] else ir.CLOSED
        high = high if spent.times < reading.times[1] else ir.CLOSED
    return Speaking(account.guardrail, "budget", outcome, role, low, high)


def _less(bound: int, taken: int) -> int:
    return bound if bound >= ir.OPEN else bound - taken


def outside_campaign(account: ir.Account, env: Environment) -> bool:
    """Whether a campaign budget gives nothing today."""
    if account.campaign is None:
        return False
    first, last = account.campaign
    today = env.day_of(env.now, account.zone)
    return (first is not None and today < first) or (last is not None and today > last)


def _ranks(role: Value | None, wanted: str, program: ir.Program) -> bool:
    return role in program.ladder and program.ladder.index(str(role)) >= program.ladder.index(wanted)


# ------------------------------------------------------------------------------------------------ who can say yes


def lowest_role(case: Case, named: Sequence[str]) -> tuple[str | None, bool]:
    """The lowest role that could say yes, and whether it is certain that nobody could."""
    possible = False
    for role in roles_above(case.program, str(case.facts["actor.role"]), named):
        answer = could_allow(case, role)
        if answer == "yes":
            return role, False
        possible = possible or answer == "maybe"
    return None, not possible


def roles_above(program: ir.Program, role: str, named: Sequence[str]) -> tuple[str, ...]:
    """The roles of the ladder above the requester's, at or above every role named, lowest first."""
    first = program.ladder.index(program.beside[role]) if role in program.beside else program.ladder.index(role) + 1
    return program.ladder[max([first, *(program.ladder.index(each) for each in named)]) :]


def could_allow(case: Case, role: str) -> Literal["yes", "maybe", "no"]:
    """Whether somebody of a role could be allowed this, for some value of the actor facts that a role does not fix."""
    span = case.span
    answer: Literal["maybe", "no"] = "no"
    for facts in somebodies(case, role):
        speaking = speak(case, facts, fresh=True)
        if not any(each.possible(*span) for each in speaking):
            return "yes"
        if not any(each.certain(*span) for each in speaking):
            answer = "maybe"
    return answer


def somebodies(case: Case, role: str) -> Iterator[Mapping[str, Value | None]]:
    """The facts as those of a role would have them, for each way in which the guardrails can tell them apart."""
    facts = {**case.facts, "actor.role": role, "actor.id": SOMEBODY}
    if not case.plan.free:
        yield facts
        return
    for chosen in candidates(case.program, case.plan, evolve(case.environment(), facts=facts), other_than=str(case.facts["actor.id"])):
        yield {**facts, **chosen}


def _duties(case: Case) -> tuple[set[str], set[str]]:
    holding = case.back_end.duties(case.plan, case.environment())
    sure = {duty.guardrail for duty, (certain, _) in zip(case.plan.duties, holding, strict=True) if certain}
    unsure = {duty.guardrail for duty, (certain, possible) in zip(case.plan.duties, holding, strict=True) if possible and not certain}
    return sure, unsure
