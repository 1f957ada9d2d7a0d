"""A history that gives away as much as it can in a stretch of time, told by the compiled pack and a ledger in memory.

At each instant at which some budget is fresh everybody in the scope gives the largest gift of each kind, and then whatever is still allowed, until
nothing is. What a budget counts by, and the scope does not fix, is somebody or something new each time.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import islice, product
from math import prod
from typing import Any

from empower import ir
from empower.decide import Guard
from empower.environment import Value
from empower.ledger.memory import MemoryLedger
from empower.money import format_money, parse_money, plain_money
from empower.noun import define, evolve, field, frozen
from empower.periods import day_in
from empower.prove.calendar import Stretch
from empower.prove.examples import Scenario, read_scenario, tighten
from empower.prove.inquiry import Inquiry
from empower.request import nested, written

ASKS_MAX = 4_000
"""So many gifts a history has at most."""
NOON_MS = 12 * 3_600_000
DAY_MS = 2 * NOON_MS
SHOWN_MAX = 4


@frozen
class Giving:
    """Whose gifts they are, and of what size at most."""

    fixed: frozenset[str]
    role: str | None
    population: Mapping[str, int]
    gifts: Mapping[str, int]
    """By kind, in minor units."""


@frozen
class History:
    """What was given, and whether more would be."""

    total: int
    told: str
    more: bool
    """Whether the least gift of any kind would still be allowed after it."""


@define
class _Teller:
    """Gives as much as it can, and keeps count."""

    inquiry: Inquiry
    giving: Giving
    at: int = 0
    asks: int = 0
    total: int = 0
    gifts: Counter[tuple[int, str, int]] = field(factory=Counter)
    """How often what was given: (day, kind, minor units)."""


def replay(inquiry: Inquiry, giving: Giving, stretch: Stretch, most: int) -> History:
    """Give as much as can be in a stretch of time, beginning with nothing given; the history that gives the most of those that were tried.

    Where anybody may give, everybody is of one role: the highest that reaches `most`, or else gives the most.
    """
    roles = [giving.role] if giving.role is not None else list(reversed(inquiry.checked.roles.everyone()))
    best: History | None = None
    for role in roles:
        history = _by_role(inquiry, evolve(giving, role=role), stretch, most)
        if best is None or history.total > best.total:
            best = history
        if best.total >= most:
            break
    assert best is not None
    return best


def _by_role(inquiry: Inquiry, giving: Giving, stretch: Stretch, most: int) -> History:
    """Where everybody can give as much as one of them, and all that together is `most`, only that one is told."""
    everybody = list(islice(_givers(inquiry, giving), ASKS_MAX))
    one = _given(inquiry, giving, stretch, everybody[:1])
    if len(everybody) == 1 or one.total * _how_many(inquiry, giving) == most:
        each = f"each of {_how_many(inquiry, giving):,}: " if len(everybody) > 1 else ""
        return History(one.total * _how_many(inquiry, giving), f"{each}{one.told}", one.more)
    return _given(inquiry, giving, stretch, everybody)


def _given(inquiry: Inquiry, giving: Giving, stretch: Stretch, everybody: Sequence[Mapping[str, str]]) -> History:
    teller = _Teller(inquiry, giving, stretch.start)
    guard = Guard(inquiry.rules, MemoryLedger(lambda: teller.at))
    kinds = sorted(giving.gifts, key=lambda kind: -giving.gifts[kind])
    for instant in stretch.instants:
        teller.at = instant
        for who in everybody:
            for kind in kinds:
                _give(teller, guard, kind, who)
    more = any(_one_more(teller, guard, kind, who) for kind in kinds for who in everybody)
    return History(teller.total, _told(teller), more)


def _counted(inquiry: Inquiry, giving: Giving) -> list[str]:
    """Facts that budgets count by, of which the pack says how many there are."""
    keys = {key for plan in inquiry.program.plans.values() for account in plan.accounts for key in account.keys}
    return [key for key in sorted(keys - giving.fixed) if key in giving.population and isinstance(inquiry.program.facts[key], ir.TextType)]


def _how_many(inquiry: Inquiry, giving: Giving) -> int:
    return prod(giving.population[key] for key in _counted(inquiry, giving))


def _givers(inquiry: Inquiry, giving: Giving) -> Iterator[Mapping[str, str]]:
    """Every one of those of whom the pack says how many there are, as far as budgets count by them."""
    counted = _counted(inquiry, giving)
    fixed = {key: f"{key.rpartition('.')[0]}-1" for key in giving.fixed if isinstance(inquiry.program.facts[key], ir.TextType)}
    for numbers in product(*(range(1, giving.population[key] + 1) for key in counted)):
        yield {**fixed, **{key: f"{key.rpartition('.')[0]}-{number}" for key, number in zip(counted, numbers, strict=True)}}


def _give(teller: _Teller, guard: Guard, kind: str, who: Mapping[str, str]) -> None:
    """Give of one kind until nothing more is allowed."""
    while teller.asks < ASKS_MAX:
        request = _request(teller, kind, who, teller.giving.gifts[kind])
        if request is None:
            return
        decision = guard.decide(*request, up_to=True)
        if not decision.allowed or decision.amount is None:
            return
        amount = parse_money(decision.amount, teller.inquiry.program.currency)
        teller.total += amount
        teller.gifts[_day(teller, teller.at), kind, amount] += 1


def _one_more(teller: _Teller, guard: Guard, kind: str, who: Mapping[str, str]) -> bool:
    bounds = teller.inquiry.program.plans[kind].amount
    request = _request(teller, kind, who, bounds[0] if bounds else 0) if teller.asks < ASKS_MAX else None
    return request is not None and guard.preview(*request).allowed


# ------------------------------------------------------------------------------------------------ requests


def _request(teller: _Teller, kind: str, who: Mapping[str, str], amount: int) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """A request of this instant, with somebody or something new wherever a budget counts by it and the scope does not fix it."""
    scenario = _scenario(teller, kind)
    if scenario is None:
        return None
    teller.asks += 1
    program = teller.inquiry.program
    keys = {key for account in program.plans[kind].accounts for key in account.keys if isinstance(program.facts[key], ir.TextType)}
    new = {key: f"{key.rpartition('.')[0]}-new-{teller.asks}" for key in keys}
    facts: dict[str, Value | None] = {**scenario.facts, **_moved(scenario, program, teller.at), **new, **who}
    action: dict[str, Any] = {"kind": kind, "amount": plain_money(amount, program.currency)}
    told = nested({path: written(value, program.facts[path], program.currency) for path, value in facts.items() if value is not None})
    return {**action, **told.pop("action", {})}, told


def _moved(scenario: Scenario, program: ir.Program, at: int) -> dict[str, Value]:
    """Instants and dates as long before the request as in the scenario."""
    found: dict[str, Value] = {}
    for path, value in scenario.facts.items():
        kind = program.facts.get(path)
        if isinstance(kind, ir.InstantType) and value not in (None, ir.NEVER_MS):
            found[path] = int(value) + at - scenario.now  # type: ignore[arg-type]
        elif isinstance(kind, ir.DateType) and value not in (None, ir.NEVER_DAY):
            days = day_in(program.zone)
            found[path] = int(value) + days(at) - days(scenario.now)  # type: ignore[arg-type]
    return found


def _scenario(teller: _Teller, kind: str) -> Scenario | None:
    """Somebody to whom the largest gift of a kind is allowed; looked for again each day only where the kind has dates."""
    plan, giving = teller.inquiry.program.plans[kind], teller.giving
    key = (kind, giving.role, giving.gifts[kind], _day(teller, teller.at) if plan.clock != "never" else 0)
    givers: dict[Hashable, Scenario | None] = teller.inquiry.givers
    if key not in givers:
        givers[key] = _solved(teller, kind)
    return givers[key]


def _solved(teller: _Teller, kind: str) -> Scenario | None:
    situation = teller.inquiry.situation(kind)
    solver = situation.solver
    for world, allowed in ((situation.told, situation.allowed), (situation.world, situation.guarded_allowed)):
        role = [] if teller.giving.role is None else [world.holds(ir.IsAmong("actor.role", frozenset((teller.giving.role,))))]
        with solver.supposing(allowed, world.amount == teller.giving.gifts[kind], world.now == _noon(teller), *role):
            if tighten(teller.inquiry, solver, [world]):
                scenario = read_scenario(solver, world)
                return evolve(scenario, facts={path: value for path, value in scenario.facts.items() if value is not None})
    return None


def _noon(teller: _Teller) -> int:
    return teller.at + NOON_MS


def _day(teller: _Teller, at: int) -> int:
    return day_in(teller.inquiry.program.zone)(at)


# ------------------------------------------------------------------------------------------------ words


def _told(teller: _Teller) -> str:
    """The largest gifts, with how often and when."""
    inquiry = teller.inquiry
    found = sorted(teller.gifts.items(), key=lambda each: (each[0][0], -each[1] * each[0][2]))
    lines = [
        f"{count} × {inquiry.title(kind)} of {format_money(amount, inquiry.program.currency)} on {datetime.date.fromordinal(day):%Y-%m-%d}"
        for (day, kind, amount), count in found
    ]
    rest = len(lines) - SHOWN_MAX
    return ", ".join(lines[:SHOWN_MAX]) + (f", and {rest} more" if rest > 0 else "")
