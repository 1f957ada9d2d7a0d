"""Situations that show something: facts under which one guardrail decides, found by trying the values at which a comparison turns.

A search that ends without a situation proves nothing; whoever asks says what it means that none was found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from empower import ir
from empower.asking import Asked, make_case
from empower.authority import plan_atoms, turning_points
from empower.cases import SOMEBODY, Example, Spent
from empower.compile import Rules
from empower.environment import Value
from empower.formulas import atoms, condition_facts
from empower.judge import Case, Speaking, speak
from empower.money import plain_money
from empower.noun import define, field, frozen
from empower.periods import day_in
from empower.problems import Span
from empower.request import nested, written

MISS = 100
"""What keeps a situation from showing something; anything less is a blemish that it may have."""
_STEPS_MAX = 40
_TEXT = "one of many, told at some length"
_NOWHERE = Span("", 1)


@define
class Work:
    """How much may still be tried, counted in guardrails looked at: a pack of thousands of rules has no card that anybody could carry."""

    left: int = 4_000_000


@frozen
class Worlds:
    """Searches situations in which somebody of a role asks for something, at one instant."""

    rules: Rules
    role: str
    at: int
    work: Work = field(factory=Work, repr=False, eq=False)
    _atoms: dict[str, tuple[ir.Atom, ...]] = field(factory=dict, repr=False, eq=False)

    def find(self, kind: str, misses: Callable[[Case], int], start: Case | None = None, *, about: Collection[str] = ()) -> Case | None:
        """A situation that misses nothing; None if none was found. Where no one change helps, two are tried, one of them of a fact it is `about`."""
        case = start if start is not None and start.plan.kind == kind else self.somewhere(kind)
        missed = misses(case)
        for _ in range(_STEPS_MAX):
            if missed == 0:
                break
            better = self._best(self._changes(case), misses, missed)
            if better is None and missed >= MISS:
                twice = (next_ for once in self._changes(case, about) for next_ in self._changes(once))
                better = self._best(twice, misses, missed)
            if better is None:
                break
            missed, case = better
        return case if missed < MISS else None

    def _best(self, changed: Iterable[Case], misses: Callable[[Case], int], missed: int) -> tuple[int, Case] | None:
        """The change that misses least, if it misses less; the first that misses nothing ends the search."""
        best: tuple[int, Case] | None = None
        for case in changed:
            self.work.left -= len(case.plan.bars) + len(case.plan.accounts)
            now = misses(case)
            if now < (missed if best is None else best[0]):
                best = now, case
            if now == 0 or self.work.left < 0:
                break
        return best

    def allowed(self, kind: str) -> Case | None:
        """A situation in which nothing stands in the way of the least amount."""

        def misses(case: Case) -> int:
            return sum(MISS for each in speak(case, case.facts, fresh=False) if speaks(each, case.asked))

        return self.find(kind, misses)

    def somewhere(self, kind: str) -> Case:
        """A situation in which everything is known."""
        plan = self.rules.program.plans[kind]
        facts: dict[str, Value | None] = {path: _first(self.rules.program.facts[path]) for path in self._paths(plan)}
        return self.case(kind, {**facts, "actor.id": SOMEBODY, "actor.role": self.role})

    def case(self, kind: str, facts: Mapping[str, Value | None], amount: int | None = None) -> Case:
        """The question whether an amount, or the least there is, may be given in a situation."""
        bounds = self.rules.program.plans[kind].amount
        amount = bounds[0] if bounds and amount is None else amount
        known = {path: value for path, value in facts.items() if path != "action.kind"}
        parameters = {
            name.removeprefix("action."): value for name, value in known.items() if name.startswith("action.") and value is not None
        }
        return make_case(self.rules, Asked(kind, amount, parameters, known), self.at, {}, day_in(self.rules.program.zone))

    def atoms(self, plan: ir.Plan) -> tuple[ir.Atom, ...]:
        """Every comparison that the guardrails, duties and offers of a kind make."""
        if plan.kind not in self._atoms:
            conditions = [duty.exact for duty in plan.duties] + [offer.certain for offer in self._offers(plan.kind)]
            more = [atom for condition in conditions for atom, _ in atoms(condition)]
            self._atoms[plan.kind] = tuple(dict.fromkeys([*plan_atoms(plan), *more]))
        return self._atoms[plan.kind]

    def _offers(self, kind: str) -> list[ir.Offer]:
        return [offer for offer in self.rules.program.menu if offer.kind == kind]

    def _paths(self, plan: ir.Plan) -> tuple[str, ...]:
        found = {f"action.{name}" for name in self.rules.checked.kinds[plan.kind].parameters} | {*plan.slots}
        found |= {path for offer in self._offers(plan.kind) for path in condition_facts(offer.certain)}
        return tuple(sorted(found - {"actor.id", "actor.role", "action.kind", "action.amount", "now"}))

    def _changes(self, case: Case, about: Collection[str] = ()) -> Iterator[Case]:
        """The situation with one fact changed, one of these if some are named, or with another amount asked for."""
        found = self.atoms(case.plan)
        env = case.environment()
        for path in self._paths(case.plan):
            for value in turning_points(path, self.rules.program.facts[path], found, env) if not about or path in about else ():
                fit = _TEXT if isinstance(value, str) and "\0" in value else value
                if fit != case.facts.get(path):
                    yield self.case(case.plan.kind, {**case.facts, path: fit}, case.amount)
        for amount in self._amounts(case):
            yield self.case(case.plan.kind, case.facts, amount)

    def _amounts(self, case: Case) -> Iterator[int]:
        """Amounts around every threshold."""
        if case.plan.amount is None:
            return
        least, most = case.plan.amount
        turns = {bound for each in speak(case, case.facts, fresh=False) for bound in (each.low, each.low + 1)}
        for atom in self.atoms(case.plan):
            if isinstance(atom, ir.AmountAbove) and isinstance(atom.threshold, ir.Number):
                turns |= {atom.threshold.value, atom.threshold.value + 1}
            elif isinstance(atom, ir.Compare) and isinstance(atom.right, ir.Number):
                factor = (
                    atom.left.factor
                    if isinstance(atom.left, ir.Scaled) and atom.left.value == ir.Amount()
                    else int(atom.left == ir.Amount())
                )
                turns |= {atom.right.value // factor, atom.right.value // factor + 1} if factor else set()
        yield from sorted(amount for amount in turns if least <= amount <= most and amount != case.amount)

    # -------------------------------------------------------------------------------------------- as a case to decide

    def example(self, it: str, case: Case, expect: Mapping[str, Any], spent: Mapping[str, Spent] | None = None) -> Example:
        """A situation as a case that anybody can decide again."""
        program = self.rules.program
        action: dict[str, Any] = {"kind": case.plan.kind}
        if case.amount is not None:
            action["amount"] = plain_money(case.amount, program.currency)
        told = {path: value for path, value in sorted(case.facts.items()) if value is not None and path != "action.kind"}
        context = nested({path: written(value, program.facts[path], program.currency) for path, value in told.items()})
        action |= context.pop("action", {})
        return Example(it, _NOWHERE, "", action, context, None, spent or {}, self.at, dict(expect))


def speaks(each: Speaking, amount: int) -> bool:
    """Whether a guardrail speaks of an amount, where everything is known."""
    return each.certain(amount, amount)


def _first(kind: ir.FactType) -> Value:
    match kind:
        case ir.YesNoType():
            return False
        case ir.OneOfType(members=members):
            return members[0]
        case ir.SetOfType():
            return frozenset()
        case ir.NumberType(low=low, high=high):
            return (low + high) // 2
        case ir.DateType():
            return 738_000
        case ir.InstantType():
            return 1_600_000_000_000
        case _:
            return _TEXT
