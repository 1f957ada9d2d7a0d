"""From a goal to a draft that reaches it: starting from drafts that are there already, nearest to the usual situation first."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from empower import ir
from empower.cases import Result, Spent, run_case
from empower.checked import CheckedBudget
from empower.compile import Rules
from empower.coverage.goals import Asks, Draws, Goal, Holds, Offers
from empower.coverage.looks import answers, reaches, told_by
from empower.formulas import all_of, negation_normal
from empower.lower import condition_numbers
from empower.noun import define, evolve, field
from empower.periods import day_in
from empower.suggest.drafts import Draft, example_of, look
from empower.suggest.ways import Certain, Ways, later

SEEDS_MAX, ALONE_MAX = 10, 3
"""A goal is looked for from so many drafts, and from so few for a case in which nothing else speaks."""
FOUND_MAX = 6
"""Of so many drafts that reach a goal the one with the fewest changes is taken."""
DECIDED_MAX = 60
"""So many drafts are decided in full, with options and questions, for one goal."""


@define
class Search:
    """Looks for drafts under one pack."""

    rules: Rules
    day_of: Callable[..., int]
    base: Draft
    """The usual situation: a draft is the better the less it differs from it."""
    drafts: list[Draft] = field(factory=list)
    """Every draft to begin from."""
    _certain: Certain = field(factory=dict)
    _within: dict[str, list[tuple[str, ir.Cond]]] = field(factory=dict)

    def cost(self, draft: Draft) -> int:
        """How much of a draft would have to be written down, and how much of what its kind asks for is not told."""
        changed = sum(draft.facts.get(fact) != self.base.facts.get(fact) for fact in {*draft.facts, *self.base.facts})
        untold = sum(name not in draft.parameters for name in self.rules.program.plans[draft.kind].asks)
        return 2 * changed + 2 * len(draft.spent) + len(draft.parameters) + 3 * (draft.at != self.base.at) + 8 * untold

    def reach(self, goal: Goal) -> Draft | None:
        """A draft that reaches a goal, with as few changes as were found; None where none was found."""
        match goal.aim:
            case Holds() as aim:
                alone = list(itertools.islice(self._holding(aim, goal.of), FOUND_MAX))
                found = iter(alone) if alone or aim.allowed else self._holding(aim, None)
            case Draws() as aim:
                found = self._drawing(aim)
            case Asks() as aim:
                found = self._asking(aim)
            case Offers() as aim:
                found = self._offering(aim)
        return min(itertools.islice(found, FOUND_MAX), key=self.cost, default=None)

    def _seeds(self, aim: Holds | Draws) -> list[Draft]:
        """The drafts for which the least is missing, and of these the ones with the fewest changes."""
        ways = Ways(self.rules, self.day_of, self._certain)
        fitting = [draft for draft in self.drafts if draft.kind in aim.kinds]
        return sorted(fitting, key=lambda draft: (ways.unmet(aim.condition, draft), self.cost(draft)))[:SEEDS_MAX]

    # -- conditions

    def _holding(self, aim: Holds, alone: str | None) -> Iterator[Draft]:
        """Drafts for which a condition holds; where one guardrail is to speak `alone`, with no other in the way."""
        for seed in self._seeds(aim)[: SEEDS_MAX if alone is None or aim.allowed else ALONE_MAX]:
            ways = Ways(
                self.rules,
                self.day_of,
                self._certain,
                at_a_bound=any(isinstance(part, ir.Amount) for part in condition_numbers(aim.condition)),
            )
            wanted = (
                aim.condition if alone is None and not aim.allowed else self._allowing(aim.condition, seed, "" if aim.allowed else alone)
            )
            found = (each for each in ways.to(wanted, evolve(seed, spent={})) if reaches(aim, look(self.rules, each)))
            yield from itertools.islice(found, 1)

    def _allowing(self, condition: ir.Cond, draft: Draft, but: str | None = None) -> ir.Cond:
        """A condition, and that no guardrail stands in the way, or none but one."""
        if draft.kind not in self._within:
            self._within[draft.kind] = list(_within(self.rules.program.plans[draft.kind]))
        return all_of((condition, *(within for guardrail, within in self._within[draft.kind] if guardrail != but)))

    # -- budgets

    def _drawing(self, aim: Draws) -> Iterator[Draft]:
        budget = next(each for each in self.rules.checked.budgets if each.id == aim.budget)
        for seed in self._seeds(aim):
            ways = Ways(self.rules, self.day_of, self._certain)
            start = evolve(seed, spent={})
            if aim.side == "outside":
                started: Iterator[Draft] = iter(_outside(self.rules, budget, start))
            else:
                # A no by another guardrail would show nothing of the budget, so begin from what would be allowed.
                started = itertools.islice(ways.to(self._allowing(aim.condition, start), start), 3)
            found = (drawn for each in started for drawn in self._drawn(aim, each))
            yield from itertools.islice((each for each in found if reaches(aim, look(self.rules, each))), 1)

    def _drawn(self, aim: Draws, draft: Draft) -> Iterator[Draft]:
        yield draft
        seen = look(self.rules, draft)
        place = next((place for place, account in enumerate(seen.case.plan.accounts) if account.guardrail == aim.budget), None)
        if place is None:
            return
        reading = seen.case.readings[place]
        amount = draft.amount or 0
        if aim.side in ("last", "again", "exceeded") and reading.times is not None:
            times = reading.times[0] - (aim.side == "last")
            yield evolve(draft, spent={aim.budget: Spent(0, max(0, times))})
        if reading.amount is None or aim.side == "within":
            return
        room, more = reading.amount[0], int(aim.side in ("beyond", "exceeded"))
        if room - amount + more >= 0:
            spent = room - amount + more
            yield evolve(draft, spent={aim.budget: Spent(spent, 1)} if spent else {})
        yield evolve(draft, amount=room + more)

    # -- questions

    def _asking(self, aim: Asks) -> Iterator[Draft]:
        """Drafts that hinge on what they do not tell; best those that would be allowed otherwise, for then nothing else is asked."""
        seeds = [draft for draft in self.drafts if self._is_read(aim.fact, draft)]
        seeds.sort(key=lambda draft: (look(self.rules, draft).verdict.outcome != "allow", self.cost(draft)))
        tried = (each for seed in seeds for each in self._hinging(seed.told(aim.fact, None)))
        hinging = (each for each in tried if look(self.rules, each).verdict.outcome == "needs_info")
        yield from (each for each in itertools.islice(hinging, DECIDED_MAX) if answers_to(self.rules, each, aim))

    def _is_read(self, fact: str, draft: Draft) -> bool:
        plan = self.rules.program.plans[draft.kind]
        return fact in plan.slots or fact.removeprefix("action.") in plan.asks

    def _hinging(self, draft: Draft) -> Iterator[Draft]:
        """Drafts on which something unknown may decide: as asked, just beyond what is certain, and the most there could be."""
        yield draft
        seen = look(self.rules, draft)
        bounds = seen.case.plan.amount
        if bounds is None:
            return
        tops = {each.low for each in seen.verdict.speaking if each.low < each.high} | {bounds[0], seen.verdict.limit or bounds[0]}
        for top in sorted(tops):
            for amount in (top, top + 1):
                if bounds[0] <= amount <= bounds[1]:
                    yield evolve(draft, amount=amount)

    # -- offers

    def _offering(self, aim: Offers) -> Iterator[Draft]:
        offer = next(each for each in self.rules.checked.menu if each.id == aim.offer)
        wanted = negation_normal(offer.when)
        seeds = sorted(self.drafts, key=self.cost)
        fitting = (each for seed in seeds for each in itertools.islice(Ways(self.rules, self.day_of, self._certain).to(wanted, seed), 2))
        refused = (each for draft in fitting for each in self._refused(draft))
        yield from (each for each in itertools.islice(refused, DECIDED_MAX) if answers_to(self.rules, each, aim))

    def _refused(self, draft: Draft) -> Iterator[Draft]:
        """Drafts that are not allowed: as asked, or just beyond the limit."""
        seen = look(self.rules, draft)
        if seen.verdict.outcome != "allow":
            yield draft
        bounds = seen.case.plan.amount
        if bounds is not None:
            beyond = (seen.verdict.limit if seen.verdict.limit is not None else bounds[1]) + 1
            yield evolve(draft, amount=beyond)


def _within(plan: ir.Plan) -> Iterator[tuple[str, ir.Cond]]:
    """For each guardrail of a kind that it does not stand in the way: the amount is within its threshold, the day within its campaign."""
    for bar in plan.bars:
        yield bar.guardrail, ir.Compare(">=" if bar.effect == "floor" else "<=", ir.Amount(), bar.threshold.exact)
    for account in plan.accounts:
        if account.amount is not None and not account.shadow:
            before = ir.Number(0) if account.already is None else account.already.exact
            yield account.guardrail, ir.Compare("<=", ir.Sum(ir.Amount(), before), account.amount.exact)
        first, last = account.campaign or (None, None)
        if first is not None:
            yield account.guardrail, ir.Compare(">=", ir.Today(account.zone), ir.Number(first))
        if last is not None:
            yield account.guardrail, ir.Compare("<=", ir.Today(account.zone), ir.Number(last))


def _outside(rules: Rules, budget: CheckedBudget, draft: Draft) -> Sequence[Draft]:
    """A draft on the day after a campaign, and on the day before it."""
    first, last = budget.campaign or (None, None)
    today = day_in(rules.program.zone)(draft.at, budget.zone)
    return [later(rules, draft, day - today) for day in (last + 1 if last else None, first - 1 if first else None) if day is not None]


def decided(rules: Rules, draft: Draft) -> Result:
    """A draft decided in full."""
    return run_case(rules, example_of(rules, draft))


def answers_to(rules: Rules, draft: Draft, aim: Asks | Offers) -> bool:
    """Whether a draft, decided in full, reaches a goal that is about the answer."""
    return answers(aim, told_by(decided(rules, draft).decision))


__all__ = ["Search", "answers_to", "decided"]
