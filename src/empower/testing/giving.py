"""The laws about what is given, as functions to call on one's own pack: never exceeded, given once, fail closed, approvals.

Each opens ledgers in memory of its own. What any ledger promises is in `LedgerConformance`; what a pack and a ledger promise together,
over whole days, is in `shop`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from empower import ir
from empower.decide import Guard
from empower.decision import Decision
from empower.errors import KeyConflict, LedgerUnavailable, MalformedRequest
from empower.ledger import Balance
from empower.ledger.memory import MemoryLedger
from empower.noun import evolve
from empower.request import Approval, written
from empower.testing.trial import Law, answer, broken, dice, law, minor, plain_case, shown, trial_of
from empower.testing.world import World

MINUTE_MS = 60_000
SOMEBODY_ELSE = "somebody-else"

# ------------------------------------------------------------------------------------------------ 1


@law(1)
def law_01_never_exceeded(world: World) -> None:
    """No action is allowed above a cap that applies, and no budget takes in more than its limit.

    One request, against the numbers of the interpreter; `ShopDay` plays whole days.
    """
    decision = trial_of(world.rules).preview(world)
    if decision.outcome != "allow":
        return
    case = plain_case(world)
    for bar, (low, _) in zip(case.plan.bars, case.back_end.bars(case.plan, case.environment()), strict=True):
        if bar.effect == "cap" and case.asked > low:
            broken(law_01_never_exceeded, world, answer(decision), f"but '{bar.guardrail}' gives at most {shown(low, world)}")
    for account, reading, counter in zip(case.plan.accounts, case.readings, case.counters, strict=True):
        if account.shadow or counter is None or (None in reading.keys):
            continue
        held = world.balance(counter)
        amount = reading.amount is not None and reading.amount[0] < ir.OPEN and held.amount + case.asked > reading.amount[0]
        if amount or (reading.times is not None and held.times + 1 > reading.times[0]):
            spent = f"{shown(held.amount, world)} in {held.times} times"
            broken(law_01_never_exceeded, world, answer(decision), f"but '{account.guardrail}' holds {spent} already, of {reading}")


# ------------------------------------------------------------------------------------------------ 9


class Till:
    """A guard with an empty ledger of its own, and a clock that is moved by hand."""

    def __init__(self, world: World) -> None:
        self.at = world.at
        self.guard = Guard(world.rules, MemoryLedger(lambda: self.at))

    def ask(self, world: World, **options: Any) -> Decision:
        """Ask under the key `k`."""
        return self.guard.decide(world.action(), world.context(), key="k", **options)

    def allows(self) -> int:
        """How often anything was allowed."""
        return sum(entry.event == "allowed" for entry in self.guard.history())

    def balances(self, world: World) -> tuple[Balance, ...]:
        """What every counter holds on which a wish draws."""
        return self.guard.ledger.balances([counter for counter in world.case().counters if counter is not None])


@law(9)
def law_09_asked_twice_given_once(world: World) -> None:
    """Once allowed a wish answers that allow, another wish under its key is refused, and what has ended is never given again.

    The wish at its limit, from an empty ledger: asked twice, asked as another, then ended by a void, a reversal or its expiry.
    """
    world = at_its_limit(world)
    first = Till(world).ask(world)
    if first.outcome != "allow":
        return
    for how in ("void", "reverse", "expire"):
        till = Till(world)
        options = {"hold_for": datetime.timedelta(minutes=1)} if how == "expire" else {}
        first = till.ask(world, **options)
        again = till.ask(world, **options)
        if not (again.allowed and again.replayed and again.amount == first.amount and till.allows() == 1):
            broken(law_09_asked_twice_given_once, world, answer(first), "asked again", answer(again), f"given {till.allows()} times")
        _another_wish(till, world, first)
        _end(till, how, first)
        ended = till.ask(world, **options)
        if ended.outcome != "deny" or till.allows() != 1:
            broken(law_09_asked_twice_given_once, world, answer(first), f"asked again after '{how}'", answer(ended))


def at_its_limit(world: World) -> World:
    """The same wish with nothing spent yet, for as much as there is."""
    empty = evolve(world, spent={})
    if world.plan.amount is None:
        return empty
    return evolve(empty, amount=minor(trial_of(world.rules).preview(empty).limit, world))


def _another_wish(till: Till, world: World, first: Decision) -> None:
    other = world.with_facts(**{"actor.id": f"not-{world.facts['actor.id']}"})
    try:
        found = till.ask(other)
    except KeyConflict:
        return
    broken(law_09_asked_twice_given_once, world, answer(first), "asked under the same key by another person", answer(found))


def _end(till: Till, how: str, first: Decision) -> None:
    """End what is given under the key."""
    if how == "void":
        till.guard.void("k")
    elif how == "expire":
        till.at += MINUTE_MS
    else:
        till.guard.confirm("k")
        till.guard.reverse("k", amount="0" if first.amount is None else first.amount, because="a mistake")


# ------------------------------------------------------------------------------------------------ 10


class Failing(MemoryLedger):
    """A ledger that fails at one of its calls and from then on, before or after having done what was asked."""

    def __init__(self, clock: Callable[[], int], at_call: int, *, after: bool, error: type[Exception] = OSError) -> None:
        super().__init__(clock)
        self.left, self.after, self.error = at_call, after, error

    def _failing(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        self.left -= 1
        if self.left < 0 and not self.after:
            raise self.error("the disk is gone")
        found = call(*arguments, **options)
        if self.left < 0:
            raise self.error("the line is gone")
        return found

    def now(self) -> int:
        """Ledger time, if it can be told."""
        return int(self._failing(super().now))

    def reserve(self, *arguments: Any, **options: Any) -> Any:
        """Reserve, if it works."""
        return self._failing(super().reserve, *arguments, **options)

    def attempt(self, *arguments: Any, **options: Any) -> Any:
        """Note an attempt, if it works."""
        return self._failing(super().attempt, *arguments, **options)

    def balances(self, *arguments: Any, **options: Any) -> Any:
        """Tell balances, if it works."""
        return self._failing(super().balances, *arguments, **options)


@law(10)
def law_10_fail_closed(world: World) -> None:
    """What cannot be read is refused by its path, and a ledger that cannot be reached never leads to an allow.

    A fact that nobody can read; and a ledger that fails at its first, second or third call, before or after doing its work.
    """
    for path in [path for path in world.plan.slots if not path.startswith("action.") and path != "now"][:3]:
        unreadable = evolve(world, broken=(path,))
        guard = Guard(world.rules, MemoryLedger(lambda: world.at))
        try:
            decision = guard.decide(unreadable.action(), unreadable.context(), key="k")
        except MalformedRequest as malformed:
            if path not in {fault.path for fault in malformed.faults} or guard.history():
                broken(law_10_fail_closed, world, f"'{path}' cannot be read", f"and the error names {malformed}")
            continue
        broken(law_10_fail_closed, world, f"'{path}' cannot be read", answer(decision))
    healthy = Guard(world.rules, MemoryLedger(lambda: world.at)).decide(world.action(), world.context(), key="k")
    for at_call in range(3):
        for after in (False, True):
            _over_a_failing_ledger(world, at_call, healthy, after=after)


def _over_a_failing_ledger(world: World, at_call: int, healthy: Decision, *, after: bool) -> None:
    ledger = Failing(lambda: world.at, at_call, after=after)
    declared = world.rules.checked.when_ledger_unavailable
    try:
        decision = Guard(world.rules, ledger).decide(world.action(), world.context(), key="k")
    except LedgerUnavailable:
        if declared is not None:
            broken(law_10_fail_closed, world, f"the ledger failed at call {at_call + 1}", "and the declared fallback was not used")
        return
    fallback = decision.reasons[:1] and decision.reasons[0].guardrail == "ledger_unavailable"
    if (decision.outcome == "allow" and ledger.left < 0) or (not fallback and decision.outcome != healthy.outcome):
        broken(law_10_fail_closed, world, f"the ledger failed at call {at_call + 1}", answer(decision))


# ------------------------------------------------------------------------------------------------ 11


@law(11)
def law_11_an_approval_is_a_second_verdict(world: World) -> None:
    """A yes of another person counts where the answer is escalate, they rank high enough, and could do it by themselves.

    With an approval by somebody else of every role of the ladder, and by whoever asks: with the same `actor.*` facts, with others, and without.
    """
    own = trial_of(world.rules).preview(world)
    edges, throw = trial_of(world.rules).edges, dice(world)
    about = [path for path in world.plan.slots if path.startswith("actor.") and path not in ("actor.id", "actor.role")]
    for role in world.rules.program.ladder:
        for person in (SOMEBODY_ELSE, str(world.facts["actor.id"])):
            theirs = world.with_facts(**{"actor.id": person, "actor.role": role})
            _by_approval(world, theirs, own)
            if about:
                others = {path: throw.choice((*edges.values(path, world.at), None)) for path in about}
                _by_approval(world, theirs.with_facts(**others), own)


def _by_approval(world: World, theirs: World, own: Decision) -> None:
    """The answer with the approval of the actor of another world, who knows and may what that actor does."""
    trial = trial_of(world.rules)
    program = world.rules.program
    told = {path: value for path, value in theirs.facts.items() if path.startswith("actor.") and value is not None}
    by = {path.removeprefix("actor."): written(value, program.facts[path], program.currency) for path, value in told.items()}
    decision = trial.preview(world, approval=Approval(by))
    expected = own.outcome
    if own.outcome == "escalate" and theirs.facts["actor.id"] != world.facts["actor.id"]:
        ladder = program.ladder
        high_enough = ladder.index(str(theirs.facts["actor.role"])) >= ladder.index(str(own.who))
        if high_enough and trial.preview(theirs).outcome == "allow":
            expected = "allow"
    if decision.outcome != expected or decision.limit != own.limit:
        by_whom = f"with an approval by {', '.join(f'{name} {value}' for name, value in by.items())}"
        broken(law_11_an_approval_is_a_second_verdict, world, answer(own), by_whom, answer(decision), f"expected: {expected}")


OF_GIVING: tuple[Law, ...] = (
    law_01_never_exceeded,
    law_09_asked_twice_given_once,
    law_10_fail_closed,
    law_11_an_approval_is_a_second_verdict,
)
