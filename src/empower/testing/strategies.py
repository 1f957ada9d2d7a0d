"""Hypothesis strategies drawn from a pack: requests that stand on its edges, or one minor unit beside them, some facts unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from empower import ir
from empower.backends.interpret import Interpreter
from empower.checked import CheckedPack
from empower.compile import Rules, compile_pack
from empower.environment import AccountReading, Environment, Value
from empower.judge import speak
from empower.ledger import Balance
from empower.ledger.windows import day_interval
from empower.noun import evolve, frozen
from empower.request import TEXT_MAX, Approval, written
from empower.testing.edges import DAY_MS, FEW, NEAR, PEOPLE, Edges
from empower.testing.world import EMPTY, USUAL_NOW, World, settable

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
MOVED_MAX = 3
"""So many facts at most are moved to where a comparison turns."""
HOUR_MS = 3_600_000
OTHER_TIMES = (0, 12 * HOUR_MS - 1, 12 * HOUR_MS, 13 * DAY_MS + 12 * HOUR_MS, 43 * DAY_MS + 12 * HOUR_MS, -24 * DAY_MS, 131 * DAY_MS)
"""Around the usual instant: about midnight, the ends of a month and of a year, and both changes of the clocks in Europe."""
SPENT = (EMPTY, EMPTY, EMPTY, EMPTY, Balance(1, 1, None), Balance(10, 1, None), Balance(30, 2, None), Balance(60, 3, None))


def compiled(pack: CheckedPack | Rules) -> Rules:
    """A pack as rules that decide."""
    return pack if isinstance(pack, Rules) else compile_pack(pack)


def actions(pack: CheckedPack | Rules) -> st.SearchStrategy[dict[str, Any]]:
    """Actions as `Guard.decide` takes them: every kind, amounts at every limit and a minor unit beside it, now and then none."""
    return worlds(pack).map(World.action)


def contexts(pack: CheckedPack | Rules, *, unknown: int = 4) -> st.SearchStrategy[dict[str, Any]]:
    """Contexts as `Guard.decide` takes them; of about one fact in `unknown` nothing is known (0: all is known).

    Who asks, and in which role, is always known: without them a request is malformed.
    """
    return worlds(pack, unknown=unknown).map(World.context)


def approvals(pack: CheckedPack | Rules) -> st.SearchStrategy[Approval]:
    """Approvals by somebody of any role; now and then by whoever asks, or by somebody of whom little is known."""
    return drawn_worlds(Edges(compiled(pack)), Chances(above=True)).map(approval_in)


def approval_in(world: World) -> Approval:
    """An approval by the actor of a world."""
    program = world.rules.program
    told = {path: value for path, value in world.facts.items() if path.startswith("actor.") and value is not None}
    return Approval({path.removeprefix("actor."): written(value, program.facts[path], program.currency) for path, value in told.items()})


@frozen
class Chances:
    """How likely it is that something is not known, or that somebody of a high role asks."""

    unknown: int = 4
    """Of about one fact in so many nothing is known; 0: all is known, the amount too."""
    most_unknown: int = 99
    """Of so many facts at most nothing is known."""
    free_amount: bool = True
    """Now and then no amount is given, where something may be unknown."""
    above: bool = False
    """The actor is mostly of a high role."""


def worlds(pack: CheckedPack | Rules, *, unknown: int = 4) -> st.SearchStrategy[World]:
    """Requests to a pack with an instant and what its budgets hold, where together they meet an edge of the pack; `unknown` as of `contexts`."""
    return drawn_worlds(Edges(compiled(pack)), Chances(unknown))


@st.composite
def drawn_worlds(draw: st.DrawFn, edges: Edges, chances: Chances) -> World:
    """A world, drawn from the edges of its pack."""
    rules = edges.rules
    kind = draw(st.sampled_from(list(rules.program.plans)))
    at = draw(instants(edges))
    facts = draw(facts_of(edges, kind, at, chances))
    world = World(rules, kind, None, draw(parameters(edges, kind, at, lacking=chances.unknown > 0)), facts, at, {})
    world = evolve(world, spent=draw(spent(world)))
    return evolve(world, amount=draw(amounts(world, none=chances.free_amount and chances.unknown > 0)))


@st.composite
def facts_of(draw: st.DrawFn, edges: Edges, kind: str, at: int, chances: Chances) -> dict[str, Value | None]:
    """Facts that some kind reads; who asks, and in which role, is always known."""
    rules = edges.rules
    role = draw(st.sampled_from(_roles(rules, chances)))
    found: dict[str, Value | None] = {"actor.id": draw(st.sampled_from(PEOPLE)), "actor.role": role}
    read = {path for plan in rules.program.plans.values() for path in plan.slots}
    usual = draw(st.sampled_from(({}, *edges.usual, {}))) if edges.usual else {}
    found["actor.role"] = usual.get("actor.role", found["actor.role"])
    lacking = 0
    for path in (path for path in settable(rules) if path in read and path not in found):
        if path in usual and draw(st.integers(0, 3)):
            found[path] = usual[path]
        elif chances.unknown and lacking < chances.most_unknown and draw(st.integers(1, chances.unknown)) == chances.unknown:
            found[path] = None
            lacking += 1
        else:
            found[path] = draw(values(edges, path, at))
    turns = [(each, path) for each in edges.comparisons for path in sorted(each.facts) if found.get(path) is not None]
    for comparison, path in draw(st.lists(st.sampled_from(turns), max_size=MOVED_MAX)) if turns else ():
        env = Environment({**found, "action.kind": kind}, 0, at, World(rules, kind, None, {}, {}, at, {}).day_of)
        beside = edges.turning(comparison, path, env)
        found[path] = draw(st.sampled_from(beside)) if beside else found[path]
    return found


def _roles(rules: Rules, chances: Chances) -> tuple[str, ...]:
    """Every role; those at one end of the ladder more often."""
    ladder, beside = rules.program.ladder, tuple(rules.program.beside)
    return (*ladder[::-1], *ladder[1:], *beside) if chances.above else (*ladder[:1] * 3, *beside, *ladder)


def values(edges: Edges, path: str, at: int) -> st.SearchStrategy[Value]:
    """Values of a fact: beside the edges, and anywhere between."""
    kind = edges.rules.program.facts[path]
    known = st.sampled_from(edges.values(path, at))
    if isinstance(kind, ir.NumberType) and kind.high - kind.low > FEW:
        return known | st.integers(kind.low, kind.high)
    if isinstance(kind, ir.SetOfType):
        return st.frozensets(st.sampled_from(kind.members), max_size=len(kind.members))
    if isinstance(kind, ir.TextType) and path in edges.patterns:
        matching = st.one_of([st.from_regex(re.compile(text), fullmatch=True, alphabet=PRINTABLE) for text in edges.patterns[path]])
        return known | matching.filter(lambda text: 0 < len(text) <= TEXT_MAX)
    return known


@st.composite
def parameters(draw: st.DrawFn, edges: Edges, kind: str, at: int, *, lacking: bool) -> dict[str, Value]:
    """Parameters that a kind takes; now and then one is lacking, where it may."""
    found: dict[str, Value] = {}
    for name in edges.rules.checked.kinds[kind].parameters:
        if not lacking or draw(st.integers(0, 3)) < 3:
            found[name] = draw(values(edges, f"action.{name}", at))
    return found


def instants(edges: Edges) -> st.SearchStrategy[int]:
    """Instants of decisions: noon of a usual day, the edges of days, months and years, and the first and last instant of whatever is dated."""
    zone = edges.rules.program.zone
    dated = [edge + step for day in edges.days for edge in day_interval(zone, day) for step in (-1, 0)]
    return st.sampled_from([*(USUAL_NOW + step for step in OTHER_TIMES), *dated])


@st.composite
def spent(draw: st.DrawFn, world: World) -> dict[str, tuple[Balance, ...]]:
    """What the counters of each budget hold: mostly nothing, or all but a little, or a little more than there is."""
    case = evolve(world.case(), back_end=Interpreter())
    readings = {account.guardrail: reading for account, reading in zip(case.plan.accounts, case.readings, strict=True)}
    found: dict[str, tuple[Balance, ...]] = {}
    for budget in world.rules.checked.budgets:
        held = st.sampled_from([*SPENT, *_nearly_all(readings.get(budget.id))])
        found[budget.id] = draw(st.tuples(held, held))
    return found


def _nearly_all(reading: AccountReading | None) -> Iterator[Balance]:
    """What leaves of a budget a half, a minor unit, nothing, or less than nothing."""
    if reading is None:
        return
    most = [bound for bound in reading.amount or () if 0 < bound < ir.OPEN]
    often = [count for count in reading.times or () if count > 0]
    for bound in dict.fromkeys(most):
        yield from (Balance(given, 1, None) for given in (bound // 2, *(bound + step for step in NEAR)))
    for count in dict.fromkeys(often):
        yield from (Balance(0, count + step, None) for step in NEAR)


@st.composite
def amounts(draw: st.DrawFn, world: World, *, none: bool) -> int | None:
    """An amount for a world: beside every threshold that a guardrail has there, anywhere in its bounds, just above them; now and then none."""
    plan = world.plan
    if plan.amount is None or (none and draw(st.integers(0, 9)) == 9):
        return None
    least, most = plan.amount
    edges = {bound + step for bound in (least, most, *thresholds(world)) for step in NEAR}
    beside = sorted(edge for edge in edges if 0 < edge <= most + 1)
    return draw(st.integers(least, most) if draw(st.integers(0, 4)) == 4 else st.sampled_from(beside))


def thresholds(world: World) -> Iterator[int]:
    """The amounts at which some guardrail begins to speak, or surely speaks, as the interpreter tells them."""
    case = evolve(world.case(), back_end=Interpreter())
    for each in speak(case, case.facts, fresh=False):
        yield from (bound for bound in (each.low, each.high) if bound < ir.OPEN)
