"""What the guard answers in a world that may be any, as formulas: `judge` for all requests at once.

For one request these formulas say what `judge.judge` says; that is a test. With nothing drawn from any budget unless balances are given:

    world = World(Terms(program), program, program.plans["refund"])
    verdict = symbolic_verdict(world)
    verdict.allowed                      # the outcome is allow, at `world.amount`: so "the limit is at least x" is `allowed` where amount == x
    verdict.denied, verdict.escalates    # the outcome is deny for sure; somebody would be asked, if there is anybody (`answerable`)
    verdict.by("no-more-than-paid")      # how one guardrail speaks: in truth (`exact`), for certain, possibly

To compare two packs put both programs into one `Terms`, and the second into `world.under(program, plan)`: then *looser* is
`every([after.allowed, opposite(before.allowed)])`. Since an allowed amount allows every smaller one down to the least that is asked for,
that covers the limit too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from empower import ir
from empower.authority import SOMEBODY
from empower.backends.smt import Term, World, choice, constant, every, opposite, some
from empower.noun import frozen

NOTHING_SPENT: tuple[Term, Term] = (0, 0)
YES, NO = constant(value=True), constant(value=False)


@frozen
class Voice:
    """How one guardrail speaks in a world."""

    guardrail: str
    effect: str
    outcome: Literal["deny", "escalate"]
    role: str | None
    exact: Term
    """It would speak if everything were known that is true."""
    certain: Term
    """It speaks in every completion of what is unknown."""
    possible: Term
    """It speaks in some completion."""


@frozen
class SymbolicVerdict:
    """The answer of the rules in a world."""

    world: World
    voices: tuple[Voice, ...]
    missing: Term
    """A parameter that the kind asks for is not given."""

    @property
    def allowed(self) -> Term:
        """The outcome is allow."""
        return opposite(some([self.missing, *(voice.possible for voice in self.voices)]))

    @property
    def denied(self) -> Term:
        """A denial is certain to speak."""
        return some(voice.certain for voice in self.voices if voice.outcome == "deny")

    @property
    def escalates(self) -> Term:
        """No denial may speak, and an escalation is certain: somebody is asked, if anybody could say yes."""
        barred = some(voice.possible for voice in self.voices if voice.outcome == "deny")
        return every([opposite(barred), some(voice.certain for voice in self.voices if voice.outcome == "escalate")])

    def by(self, guardrail: str) -> Voice:
        """What one guardrail says; a budget with a campaign has two voices, of which this is the one within it."""
        return next(voice for voice in reversed(self.voices) if voice.guardrail == guardrail)


def symbolic_verdict(
    world: World, spent: Mapping[str, tuple[Term, Term]] | None = None, *, fresh: bool = False, without: Iterable[str] = ()
) -> SymbolicVerdict:
    """The verdict in a world.

    Args:
        world: the request.
        spent: by budget, the (amount, times) that its window holds; nothing where it is not named.
        fresh: budgets kept per actor are those of somebody who has drawn nothing.
        without: guardrails that are left out.
    """
    left_out = frozenset(without)
    voices = [_bar(bar, world) for bar in world.plan.bars if bar.guardrail not in left_out]
    for account in world.plan.accounts:
        if not account.shadow and account.guardrail not in left_out:
            held = NOTHING_SPENT if fresh and account.personal else (spent or {}).get(account.guardrail, NOTHING_SPENT)
            voices += _account(account, world, held)
    missing = some(opposite(world.known(f"action.{name}")) for name in world.plan.asks)
    return SymbolicVerdict(world, tuple(voices), missing)


def _bar(bar: ir.Bar, world: World) -> Voice:
    exact, low, high = bar.threshold.exact, bar.threshold.low, bar.threshold.high
    if bar.effect == "floor":
        certain, possible, truly = world.below(world.amount, low), world.below(world.amount, high), world.below(world.amount, exact)
    else:
        certain, possible, truly = world.above(world.amount, high), world.above(world.amount, low), world.above(world.amount, exact)
    return Voice(bar.guardrail, bar.effect, bar.outcome, bar.role, truly, certain, possible)


# ------------------------------------------------------------------------------------------------ budgets


def _account(account: ir.Account, world: World, held: tuple[Term, Term]) -> list[Voice]:
    """A budget speaks outside its campaign; within it, beyond what is left of its window."""
    keyed = every(world.known(key) for key in account.keys)
    outside = outside_campaign(account, world)
    exact, certain, possible = (beyond(account, world, held, reading) for reading in ("exact", "high", "low"))
    voices = [] if account.campaign is None else [Voice(account.guardrail, "budget", "deny", None, outside, outside, outside)]
    inside = opposite(outside)
    role, outcome = None, account.outcome
    known = [every([inside, keyed, each]) for each in (exact, certain, possible)]
    voices.append(Voice(account.guardrail, "budget", outcome, role, *known))
    if not account.keys:
        return voices
    unknown = every([inside, opposite(keyed)])
    if account.shared_at_most is None:
        return [Voice(account.guardrail, "budget", outcome, None, NO, NO, unknown), *voices]
    if account.unknown_role is not None:
        role, outcome = account.unknown_role, "escalate"
        unknown = every([unknown, opposite(ranks(world, role))])
    shared = [every([unknown, beyond(account, world, held, reading, shared=True)]) for reading in ("exact", "high", "low")]
    return [Voice(account.guardrail, "budget", outcome, role, *shared), *voices]


def beyond(account: ir.Account, world: World, held: tuple[Term, Term], reading: str, *, shared: bool = False) -> Term:
    """Whether giving the amount would go beyond a budget's limits; `reading`: of its triples, as of any threshold."""
    amount, times = held
    found = []
    if shared:
        found.append(world.amount + amount > account.shared_at_most)
    elif account.amount is not None:
        before = given_before(account.already, world, reading)
        found.append(world.above(world.amount + amount + before, getattr(account.amount, reading)))
    if account.times is not None:
        found.append(times + given_before(account.already_times, world, reading) >= account.times)
    return some(found)


def given_before(already: ir.Triple | None, world: World, reading: str) -> Term:
    """What was given before: where a limit reads low, an unknown one reads high."""
    if already is None:
        return constant(0)
    return world.number({"exact": already.exact, "low": already.high, "high": already.low}[reading])


def outside_campaign(account: ir.Account, world: World) -> Term:
    """Whether a campaign budget gives nothing today."""
    if account.campaign is None:
        return NO
    first, last = account.campaign
    today = world.day(world.now, account.zone)
    return some([*([today < first] if first is not None else []), *([today > last] if last is not None else [])])


def ranks(world: World, role: str) -> Term:
    """Whether who asks holds a role of the ladder, or a higher one."""
    ladder = world.program.ladder
    return world.holds(ir.IsAmong("actor.role", frozenset(ladder[ladder.index(role) :])))


# ------------------------------------------------------------------------------------------------ who can say yes


def somebody(world: World, role: str) -> World:
    """The world as somebody of a role meets it, who has any value of the facts that a role does not fix."""
    free = world.plan.free
    fixed = {"actor.role": role} if "actor.id" in free else {"actor.role": role, "actor.id": SOMEBODY}
    return world.but(f"{role}: ", free, fixed=fixed, sure=free)


def answerable(verdict: SymbolicVerdict, spent: Mapping[str, tuple[Term, Term]] | None = None) -> Term:
    """Somebody higher could be allowed this. Only where it stands without `opposite`: it holds for some values of their facts."""
    world = verdict.world
    return some(every([may_answer(verdict, role), could_allow(world, role, spent)]) for role in world.program.ladder)


def could_allow(world: World, role: str, spent: Mapping[str, tuple[Term, Term]] | None = None) -> Term:
    """Somebody of a role, who has drawn nothing yet, is allowed this."""
    theirs = somebody(world, role)
    other = opposite(theirs.value("actor.id") == world.value("actor.id"))
    answer = symbolic_verdict(theirs, spent, fresh=True)
    return every([other, *(opposite(voice.possible) for voice in answer.voices)])


def may_answer(verdict: SymbolicVerdict, role: str) -> Term:
    """Whether a role ranks above who asks, and at or above every role that is named."""
    ladder, world = verdict.world.program.ladder, verdict.world
    place = ladder.index(role)
    too_high = [voice.possible for voice in verdict.voices if voice.role is not None and ladder.index(voice.role) > place]
    return every([ranks_below(world, role), opposite(some(too_high))])


def ranks_below(world: World, role: str) -> Term:
    """Whether who asks stands below a role, or beside the ladder and asks it or a lower one."""
    ladder, beside = world.program.ladder, world.program.beside
    place = ladder.index(role)
    below = [*ladder[:place], *(other for other, asks in beside.items() if ladder.index(asks) <= place)]
    return world.holds(ir.IsAmong("actor.role", frozenset(below))) if below else NO


__all__ = ["SymbolicVerdict", "Voice", "answerable", "choice", "symbolic_verdict"]
