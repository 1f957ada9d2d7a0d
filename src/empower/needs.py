"""What to ask for: sets of facts that, supplied in full, leave no further question (law 7). Words are found for them elsewhere."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from empower import ir
from empower.environment import Environment, Value
from empower.formulas import atoms
from empower.judge import Case, Speaking, Verdict, lowest_role, roles_above, somebodies, speak
from empower.lower import every_number, facts_of_number
from empower.noun import define, field
from empower.reasons import undecided, undecided_facts, unknown_under_known

ALTERNATIVES_MAX = 16
"""At most so many alternatives are told; any one of them settles the question."""
Met = ir.Bar | ir.Account


def alternatives(case: Case, verdict: Verdict) -> list[frozenset[str]]:
    """Sets of facts of which each, supplied in full (evidence: shown), leaves no further question; parameters are `action.…`."""
    asking = _Asking(case)
    certain = [each for each in verdict.speaking if each.certain(*case.span)]
    loosened = _loosened_by_telling(case, certain)
    if verdict.outcome == "deny" and not loosened:
        return []
    if verdict.outcome == "needs_info" or loosened:
        asking.common |= loosened
        asking.about(case.facts, verdict.speaking)
        asking.about_approvers(verdict.speaking)
        asking.close()
    asking.common.update(f"action.{name}" for name in case.missing)
    if case.plan.amount is not None and case.amount is None:
        asking.common.add("action.amount")
    return [each for each in asking.sets() if each]


def _loosened_by_telling(case: Case, certain: Sequence[Speaking]) -> set[str]:
    """Facts whose telling could end what stands in the way: those under `known(…)`, if all that decides hinges on such."""
    met = {bar.guardrail: bar for bar in case.plan.bars}
    deciding = [each for each in certain if each.outcome == "deny"] or certain
    env = case.environment()
    found = [unknown_under_known(met[each.guardrail].threshold.exact, env) if each.guardrail in met else set() for each in deciding]
    return set().union(*found) if all(found) else set()


@define
class _Asking:
    """What is asked for in any case, and what there is a choice of: of each demand for evidence, which pieces to show."""

    case: Case
    common: set[str] = field(factory=set)
    choices: dict[str, list[frozenset[str]]] = field(factory=dict)

    def about(self, facts: Mapping[str, Value | None], speaking: Iterable[Speaking]) -> None:
        """Ask for what the guardrails that may speak hinge on."""
        env = self.case.environment(facts)
        for each, met in zip(speaking, _met(self.case.plan), strict=True):
            if not each.possible(*self.case.span) or each.certain(*self.case.span):
                continue
            if isinstance(met, ir.Bar) and met.evidence is not None:
                self._about_evidence(met, met.evidence, env)
            else:
                self.common |= unknown_facts(met, env)

    def _about_evidence(self, bar: ir.Bar, evidence: tuple[int, tuple[str, ...]], env: Environment) -> None:
        wanted, facts = evidence
        shown = sum(env.facts.get(fact) is True for fact in facts)
        open_facts = [fact for fact in facts if env.facts.get(fact) is None]
        chosen = itertools.combinations(open_facts, max(0, wanted - shown))
        self.choices[bar.guardrail] = [frozenset(each) for each in itertools.islice(chosen, ALTERNATIVES_MAX)]
        condition = bar.threshold.exact.condition if isinstance(bar.threshold.exact, ir.If) else ir.Constant(value=True)
        for part in condition.conditions if isinstance(condition, ir.All) else (condition,):
            if not isinstance(part, ir.AtLeast) or {fact for atom, _ in atoms(part) for fact in [getattr(atom, "fact", "")]} != set(facts):
                self.common |= undecided(part, env)

    def about_approvers(self, speaking: Sequence[Speaking]) -> None:
        """Ask for what those hinge on who could say yes, unless it is certain already who can, or that nobody can."""
        spoken = [each for each in speaking if each.possible(*self.case.span) and each.outcome == "escalate"]
        least = [each.role for each in spoken if each.role is not None and each.certain(*self.case.span)]
        if not spoken or lowest_role(self.case, [each.role for each in spoken if each.role is not None])[0] is not None:
            return
        for role in roles_above(self.case.program, str(self.case.facts["actor.role"]), least):
            for facts in somebodies(self.case, role):
                answers = speak(self.case, facts, fresh=True)
                if not any(each.certain(*self.case.span) for each in answers):
                    self.about(facts, answers)

    def close(self) -> None:
        """Once a fact is known, what stood beside its `known(…)` counts: ask for that too."""
        unknown = {fact for fact in self.case.plan.slots if self.case.facts.get(fact) is None}
        asked: set[str] = set()
        while asked != self._asked():
            asked = self._asked()
            for met in _met(self.case.plan):
                if isinstance(met, ir.Bar) and asked & set(_under_known(met.threshold.exact)):
                    self.common |= facts_of_number(met.threshold.exact) & unknown

    def _asked(self) -> set[str]:
        return self.common.union(*(each for chosen in self.choices.values() for each in chosen))

    def sets(self) -> list[frozenset[str]]:
        """The alternatives."""
        some = itertools.islice(itertools.product(*self.choices.values()), ALTERNATIVES_MAX)
        return list(dict.fromkeys(frozenset(self.common.union(*chosen)) for chosen in some))


def _met(plan: ir.Plan) -> Sequence[Met]:
    """The guardrails in the order in which they speak."""
    return (*plan.bars, *(account for account in plan.accounts if not account.shadow))


def _under_known(node: ir.Num) -> Iterator[str]:
    for part in every_number(node):
        if isinstance(part, ir.If):
            yield from (atom.fact for atom, _ in atoms(part.condition) if isinstance(atom, ir.Known))


def unknown_facts(met: ir.Bar | ir.Account | ir.Duty | None, env: Environment) -> set[str]:
    """The unknown facts on which a guardrail hinges here."""
    if isinstance(met, ir.Bar):
        return undecided_facts(met.threshold.exact, env)
    if not isinstance(met, ir.Account):
        return set()
    found = {key for key in met.keys if env.facts.get(key) is None}
    for triple in (met.amount, met.already, met.already_times):
        found |= undecided_facts(triple.exact, env) if triple is not None else set()
    return found
