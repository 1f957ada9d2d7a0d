"""One kind of action under two versions of a pack: the same request, and what each makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from empower import ir
from empower.backends.smt import Solver, Term, Terms, World, choice, constant, every, fresh, opposite, same, some
from empower.prove.inquiry import Inquiry
from empower.prove.verdict import SymbolicVerdict, answerable, could_allow, may_answer, ranks_below, symbolic_verdict

Spent = Mapping[str, tuple[Term, Term]]
ASKS, ROLES = "\0asks", "\0roles"
"""Stand among guardrails for what a kind asks for, and for who ranks above whom."""


class Pair:
    """A request of one kind that may be any, and the verdicts of two versions on it, whatever their budgets hold.

    Counters that are the same in both hold the same. A value that only one version knows is left aside here: see `widened`.
    """

    def __init__(self, before: Inquiry, after: Inquiry, kind: str, work: int) -> None:
        self.before, self.after, self.kind = before, after, kind
        old, new = before.program, after.program
        self.terms = Terms(old, new)
        self.solver = Solver(self.terms, work)
        self.old = World(self.terms, old, old.plans[kind])
        retyped = {fact for fact in set(old.facts) & set(new.facts) if type(old.facts[fact]) is not type(new.facts[fact])}
        self.new = World(self.terms, new, new.plans[kind], prefixes=dict.fromkeys(retyped, "now "))
        self.spent_before = dict(self._spent(self.old))
        self.spent_after = dict(self._spent(self.new))
        for world in (self.old, self.new):
            world.value("actor.role")  # every request has one that the pack knows, or it is denied
        self.solver.keep(*self._same_members())

    def _spent(self, world: World) -> Iterator[tuple[str, tuple[Term, Term]]]:
        for account in world.plan.accounts:
            name = f"counter {account.pack} {account.guardrail} {account.keys} {account.window} {account.zone} {world.program.currency}"
            amount, times = fresh(f"{name} amount"), fresh(f"{name} times")
            self.terms.take(amount >= 0, times >= 0, amount <= ir.OPEN, times <= 2**31)
            yield account.guardrail, (amount, times)

    def _same_members(self) -> Iterator[Term]:
        """Of a set that has other members now, those that both versions know."""
        for fact in sorted({*self.old.plan.slots, *self.new.plan.slots}):
            kinds = [program.facts.get(fact) for program in (self.old.program, self.new.program)]
            if all(isinstance(kind, ir.SetOfType) for kind in kinds):
                held = [world.members(fact) for world in (self.old, self.new)]
                for one, other in (held, reversed(held)):
                    yield from (opposite(bit) for member, bit in one.items() if member not in other)

    @cached_property
    def was(self) -> SymbolicVerdict:
        """What the version before says, with any fact unknown."""
        return symbolic_verdict(self.old, self.spent_before)

    @cached_property
    def now(self) -> SymbolicVerdict:
        """What the version after says."""
        return symbolic_verdict(self.new, self.spent_after)

    @cached_property
    def told_before(self) -> SymbolicVerdict:
        """What the version before says with every fact known."""
        return symbolic_verdict(_fully_told(self.old), self.spent_before)

    @cached_property
    def told_after(self) -> SymbolicVerdict:
        """What the version after says with every fact known."""
        return symbolic_verdict(_fully_told(self.new), self.spent_after)

    # -------------------------------------------------------------------------------------------- what differs

    @cached_property
    def touched(self) -> tuple[str, ...]:
        """The guardrails that are not the same in both versions; `ASKS` for what the kind asks for."""
        old, new = _by_id(self.old.plan), _by_id(self.new.plan)
        found = [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]
        if self.spent_before != self.spent_after:
            both = set(self.spent_before) & set(self.spent_after)
            found += [name for name in sorted(both) if not all(map(same_term, self.spent_before[name], self.spent_after[name]))]
        if self.old.plan.asks != self.new.plan.asks:
            found.append(ASKS)
        if (self.old.program.ladder, self.old.program.beside) != (self.new.program.ladder, self.new.program.beside):
            found.append(ROLES)
        return tuple(dict.fromkeys(found))

    def differs(self, guardrail: str, was: SymbolicVerdict, now: SymbolicVerdict) -> Term:
        """A guardrail speaks in one version and not in the other, or otherwise."""
        if guardrail == ASKS:
            return opposite(same(was.missing, now.missing))
        if guardrail == ROLES:
            shared = [role for role in now.world.program.ladder if role in was.world.program.ladder]
            return some(opposite(same(ranks_below(was.world, role), ranks_below(now.world, role))) for role in shared)
        speaks = [
            some(
                every([voice.possible, constant(value=voice.outcome == outcome)])
                for voice in verdict.voices
                if voice.guardrail == guardrail
            )
            for outcome in ("deny", "escalate")
            for verdict in (was, now)
        ]
        named = [self._named(verdict, guardrail) for verdict in (was, now)]
        return opposite(every([same(speaks[0], speaks[1]), same(speaks[2], speaks[3]), same(*named)]))

    def _named(self, verdict: SymbolicVerdict, guardrail: str) -> Term:
        """The highest role that a guardrail names where it speaks, by its place on the ladder after the change; −1 for none."""
        ladder = self.after.program.ladder
        found = constant(-1)
        for place, role in enumerate(ladder):
            names = [voice.possible for voice in verdict.voices if voice.role == role and guardrail == voice.guardrail]
            found = choice(some(names), constant(place), found) if names else found
        return found

    def matters(self, guardrail: str) -> Term:
        """A guardrail speaks otherwise in a request that is decided otherwise."""
        alone = every([some([self.alone(looser=True), self.alone(looser=False)]), self.differs(guardrail, self.was, self.now)])
        asking = some([self.asking(looser=True), self.asking(looser=False)])
        return some([alone, every([asking, self.differs(guardrail, self.told_before, self.told_after)])])

    # -------------------------------------------------------------------------------------------- ways to differ

    def alone(self, *, looser: bool) -> Term:
        """Somebody is allowed by themselves what they were not; or the other way round."""
        more, less = (self.now, self.was) if looser else (self.was, self.now)
        return every([more.allowed, opposite(less.allowed)])

    def asking(self, *, looser: bool) -> Term:
        """Where everything is known: somebody can say yes to what was denied, or a lower role than before; or the other way round."""
        more, less = (self.told_after, self.told_before) if looser else (self.told_before, self.told_after)
        spent = self.spent_after if looser else self.spent_before
        opened = every([less.denied, more.escalates, answerable(more, spent)])
        both = every([less.escalates, more.escalates])
        roles = [role for role in more.world.program.ladder if role in less.world.program.ladder]
        lower = [every([may_answer(more, role), could_allow(more.world, role, spent), opposite(may_answer(less, role))]) for role in roles]
        return some([opened, every([both, some(lower)])])


def _fully_told(world: World) -> World:
    """A world with every fact known that the kind reads, if only as the key of a budget, and every parameter that it asks for."""
    told = world.fully_told()
    for fact in (*told.plan.slots, *(f"action.{name}" for name in told.plan.asks)):
        told.members(fact) if isinstance(told.program.facts[fact], ir.SetOfType) else told.value(fact)
    return told


def same_term(one: Term, other: Term) -> bool:
    """Whether two terms are one."""
    return bool(one.eq(other))


def _by_id(plan: ir.Plan) -> dict[str, list[ir.Bar | ir.Account]]:
    found: dict[str, list[ir.Bar | ir.Account]] = {}
    speaking: list[ir.Bar | ir.Account] = [*plan.bars, *(account for account in plan.accounts if not account.shadow)]
    for each in speaking:
        found.setdefault(each.guardrail, []).append(each)
    return found
