"""Two versions of a pack compared for every request at once: who is allowed more, who less, by which edit; and a proof where nobody is.

Compared are answers at the same balances. Where something is unknown, what is allowed is compared; which questions are asked is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from empower import ir
from empower.backends.smt import WORK, Term, World, every, opposite, some
from empower.backends.smt.solver import Answer
from empower.checked import CheckedBudget, CheckedPack
from empower.decision import Decision
from empower.diff.attribute import Attribution
from empower.diff.edits import Edit, edits
from empower.diff.pair import ASKS, ROLES, Pair
from empower.errors import NotAnswerable
from empower.noun import evolve, frozen
from empower.prove.examples import Scenario, read_scenario, sentence, show, tell, tighten
from empower.prove.inquiry import Inquiry, Situation
from empower.reasons import Shown


class NotComparable(NotAnswerable):
    """Two packs of which one cannot be held against the other."""


GROUPS_MAX = 40
"""More groups of edits than this, for one kind and direction, are not looked for."""
_STRENGTH = {"allow": 0, "needs_info": 1, "escalate": 2, "deny": 3}


@frozen
class Change:
    """One way in which decisions differ, with an example that both versions decided."""

    kind: str
    looser: bool
    edits: tuple[Edit, ...]
    """What the author edited that is behind it."""
    guardrails: tuple[str, ...]
    says: str
    """The example, as a sentence."""
    case: str
    """Ready for cases.yaml, as the version after decides it; of a kind that is gone, as the version before did."""
    reproduced: bool = True
    """False: the compiled packs decide otherwise than the solver says, which is a defect of empower."""


@frozen
class Comparison:
    """What changes between two versions of a pack."""

    before: CheckedPack
    after: CheckedPack
    edits: tuple[Edit, ...]
    changes: tuple[Change, ...]
    looser: Answer
    """Whether anybody is allowed more, or has fewer people to ask; `unknown` when that would have been too much work to tell."""
    stricter: Answer
    idle: tuple[Edit, ...] = ()
    """Edits that could change decisions and were proved to change none."""
    restarted: tuple[str, ...] = ()
    """Budgets that go on under another counter: what was given before does not count there."""
    more: bool = False
    """There are more groups of changes than are shown."""

    @property
    def verdict(self) -> Literal["same", "never looser", "never stricter", "both", "unknown"]:
        """The whole, in a word or two."""
        if self.looser == self.stricter == "yes":
            return "both"
        if "unknown" in (self.looser, self.stricter):
            return "never looser" if self.looser == "no" else "never stricter" if self.stricter == "no" else "unknown"
        return "same" if self.looser == self.stricter == "no" else "never looser" if self.looser == "no" else "never stricter"

    @property
    def defects(self) -> tuple[Change, ...]:
        """Changes that could not be reproduced."""
        return tuple(change for change in self.changes if not change.reproduced)


def compare(before: CheckedPack, after: CheckedPack, work: int = WORK) -> Comparison:
    """Compare two versions of a pack.

    Args:
        before: the version that is.
        after: the version that shall be. Both count in the same currency.
        work: for one question, in the solver's units.

    Raises:
        NotComparable: they count in different currencies.
    """
    if before.currency != after.currency:
        raise NotComparable(f"one version counts in {before.currency}, the other in {after.currency}", "amounts cannot be compared")
    edited = edits(before.pack, after.pack)
    comparing = _Comparing(Inquiry(before, work), Inquiry(after, work), Attribution(before, after, edited), work)
    changes = tuple(comparing.changes())
    answers: dict[bool, Answer] = {
        looser: "yes" if any(change.looser == looser for change in changes) else "unknown" if looser in comparing.unsure else "no"
        for looser in (True, False)
    }
    idle = tuple(edit for edit in edited if edit.decides and comparing.is_idle(edit))
    return Comparison(before, after, edited, changes, answers[True], answers[False], idle, _restarted(before, after), comparing.more)


def _restarted(before: CheckedPack, after: CheckedPack) -> tuple[str, ...]:
    """The budgets whose counter is new, although budgets of before are gone or count otherwise."""
    old, new = ({_counter(budget): budget.id for budget in pack.budgets} for pack in (before, after))
    return tuple(name for counter, name in new.items() if counter not in old) if set(old) - set(new) else ()


def _counter(budget: CheckedBudget) -> tuple[object, ...]:
    return (budget.pack, budget.id, budget.keys, budget.window, budget.zone)


class _Comparing:
    """A comparison under way."""

    def __init__(self, before: Inquiry, after: Inquiry, attribution: Attribution, work: int) -> None:
        self.before, self.after, self.attribution, self.work = before, after, attribution, work
        self.unsure: set[bool] = set()
        """Directions in which some question was too much work."""
        self.more = False
        self._busy: set[Edit] = set()
        """Edits that change a decision, or may."""

    def is_idle(self, edit: Edit) -> bool:
        """Whether an edit was shown to change no decision."""
        return edit not in self._busy and not self.unsure and not self.more

    def changes(self) -> Iterator[Change]:
        """Every change, kind by kind."""
        for kind in dict.fromkeys((*self.before.kinds, *self.after.kinds)):
            if kind in self.before.kinds and kind in self.after.kinds:
                yield from self._of_both(Pair(self.before, self.after, kind, self.work))
            for looser, one, other in ((True, self.after, self.before), (False, self.before, self.after)):
                if kind in one.kinds:
                    yield from self._of_one(one, other, kind, looser=looser)

    # -------------------------------------------------------------------------------------------- in both versions

    def _of_both(self, pair: Pair) -> Iterator[Change]:
        if not pair.touched:
            return
        for looser in (True, False):
            yield from self._groups(pair, pair.alone(looser=looser), told=False, looser=looser)
            yield from self._groups(pair, pair.asking(looser=looser), told=True, looser=looser)
        for name in pair.touched:
            behind = self.attribution.behind(name, pair.kind)
            if not self._busy.issuperset(behind) and pair.solver.check(pair.matters(name)) != "no":
                self._busy.update(behind)

    def _groups(self, pair: Pair, formula: Term, *, told: bool, looser: bool) -> Iterator[Change]:
        """One change for each smallest set of guardrails that is enough for it; complete when it ends by itself."""
        was, now = (pair.told_before, pair.told_after) if told else (pair.was, pair.now)
        bits = {name: pair.differs(name, was, now) for name in pair.touched}
        blocked: list[Term] = []
        for _ in range(GROUPS_MAX):
            answer = pair.solver.check(formula, *blocked)
            if answer == "no":
                return
            if answer == "unknown":
                self.unsure.add(looser)
                return
            live = self._least(pair, bits, formula, blocked)
            enough = every(bits[name] for name in live)
            found = self._change(
                pair,
                [formula, *blocked, enough, *(opposite(bits[name]) for name in bits if name not in live)],
                live,
                told=told,
                looser=looser,
            )
            if found is None:
                self.unsure.add(looser)
            else:
                yield found
            if not live:
                return
            blocked.append(opposite(enough))
        self.more = True

    def _least(self, pair: Pair, bits: Mapping[str, Term], formula: Term, blocked: Sequence[Term]) -> list[str]:
        """As few guardrails as will do, of those that speak otherwise in the solver's answer."""
        quiet: list[Term] = []
        live = [name for name, bit in bits.items() if pair.solver.holds(bit)]
        for name in list(live):
            if name in live and pair.solver.check(formula, *blocked, *quiet, opposite(bits[name])) == "yes":
                quiet.append(opposite(bits[name]))
                live = [each for each, bit in bits.items() if pair.solver.holds(bit)]
        return live

    def _change(self, pair: Pair, formulas: Sequence[Term], live: Sequence[str], *, told: bool, looser: bool) -> Change | None:
        """The change, with an example made readable and decided by both versions; None where it hangs on what is opaque."""
        old, new = (pair.told_before.world, pair.told_after.world) if told else (pair.old, pair.new)
        spent = [term for held in (*pair.spent_after.values(), *pair.spent_before.values()) for term in held]
        with pair.solver.supposing(*formulas):
            if not tighten(pair.after, pair.solver, [new, old], spent):
                return None
            was = read_scenario(pair.solver, old, spent=pair.spent_before)
            now = read_scenario(pair.solver, new, spent=pair.spent_after)
        it = "shows what changed" if looser else "shows what is no longer so"
        decided_before = show(self.before, was, it)[1]
        case, decided_after = show(self.after, now, it)
        edits_ = tuple(dict.fromkeys(edit for name in live for edit in self.attribution.behind(name, pair.kind)))
        self._busy.update(edits_)
        says = f"{tell(self.after, _joined(was, now, self.after))}: {self._outcomes(decided_before, decided_after)}"
        reproduced = (
            decided_before is not None and decided_after is not None and _goes(decided_before, decided_after, self.after.program) == looser
        )
        return Change(
            pair.kind, looser, edits_, tuple(name for name in live if name not in (ASKS, ROLES)), sentence(says), case, reproduced
        )

    def _outcomes(self, before: Decision | None, after: Decision | None) -> str:
        return f"before {self._outcome(self.before, before)}, now {self._outcome(self.after, after)}"

    @staticmethod
    def _outcome(inquiry: Inquiry, decision: Decision | None) -> str:
        if decision is None:
            return "not understood"
        if decision.outcome == "escalate":
            return f"{Shown(inquiry.checked, 'en').role(str(decision.who))} is asked"
        return {"allow": "allowed", "needs_info": "something is asked first", "deny": "denied"}[decision.outcome]

    # -------------------------------------------------------------------------------------------- in one version only

    def _of_one(self, one: Inquiry, other: Inquiry, kind: str, *, looser: bool) -> Iterator[Change]:
        """What only one version knows: a kind, a role, an amount, a value of a fact; if anything is allowed with it."""
        situation = one.situation(kind)
        situation.world.value("actor.role")
        for formula, name in self._only(situation.world, other, kind):
            answer = situation.solver.check(formula, situation.guarded_allowed)
            if answer == "no":
                continue
            scenario = self._readable(one, situation, formula) if answer == "yes" else None
            if scenario is None:
                self.unsure.add(looser)
                continue
            case, decision = show(one, scenario, "shows what only one version knows")
            said = (
                f"{tell(one, scenario)}: {'could not be asked before, now allowed' if looser else 'allowed before, now it cannot be asked'}"
            )
            edits_ = self.attribution.behind(name, kind)
            self._busy.update(self.attribution.all)  # what reads something new may be behind it as well
            yield Change(kind, looser, edits_, (), sentence(said), case, decision is not None and decision.allowed)

    @staticmethod
    def _readable(inquiry: Inquiry, situation: Situation, formula: Term) -> Scenario | None:
        """A request that is allowed and for which a formula holds, made readable; None where it hangs on what is opaque."""
        with situation.solver.supposing(formula, situation.guarded_allowed):
            if not tighten(inquiry, situation.solver, [situation.world]):
                return None
            return read_scenario(situation.solver, situation.world)

    @staticmethod
    def _only(world: World, other: Inquiry, kind: str) -> Iterator[tuple[Term, str]]:
        """What a request of this kind may be that the other version does not know, and by which name that goes."""
        plan = other.program.plans.get(kind)
        if plan is None:
            yield every([]), kind
            return
        if world.plan.amount is not None:
            if plan.amount is None:
                yield every([]), kind
            else:
                yield some([world.amount < plan.amount[0], world.amount > plan.amount[1]]), kind
        for fact in dict.fromkeys(("actor.role", *world.plan.slots)):
            ours, theirs = world.program.facts[fact], other.program.facts.get(fact)
            beyond = _beyond(world, fact, ours, theirs)
            if beyond is not None:
                yield every([world.known(fact), beyond]), "roles'" if fact == "actor.role" else fact


def _beyond(world: World, fact: str, ours: ir.FactType, theirs: ir.FactType | None) -> Term | None:
    """A fact has a value that the other version refuses; None where there is none."""
    match ours, theirs:
        case ir.NumberType(low=low, high=high), ir.NumberType(low=other_low, high=other_high) if low < other_low or high > other_high:
            return some([world.value(fact) < other_low, world.value(fact) > other_high])
        case ir.OneOfType(members=members), ir.OneOfType(members=known) if set(members) - set(known):
            return world.holds(ir.IsAmong(fact, frozenset(members) - frozenset(known)))
        case ir.SetOfType(members=members), ir.SetOfType(members=known) if set(members) - set(known):
            return some(world.members(fact)[member] for member in members if member not in known)
        case _:
            return None


def _joined(was: Scenario, now: Scenario, inquiry: Inquiry) -> Scenario:
    """What there is to tell of a request, whichever version reads it."""
    facts = {path: value for path, value in {**was.facts, **now.facts}.items() if path in inquiry.program.facts}
    held = [scenario.spent or {} for scenario in (was, now)]
    spent = {name: max(each.get(name, (0, 0)) for each in held) for name in dict.fromkeys((*held[0], *held[1]))}
    return evolve(now, facts=facts, spent=spent)


def _goes(before: Decision, after: Decision, program: ir.Program) -> bool | None:
    """True: the decision after is looser. False: stricter. None: neither."""
    one, other = _STRENGTH[before.outcome], _STRENGTH[after.outcome]
    if one != other:
        return one > other
    if before.who == after.who or before.who not in program.ladder or after.who not in program.ladder:
        return None
    return program.ladder.index(before.who) > program.ladder.index(after.who)
