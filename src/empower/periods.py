"""For how long a verdict holds: until the local day ends, or a comparison with the clock turns, whichever comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from empower import ir
from empower.authority import plan_atoms, turn
from empower.backends.interpret import number
from empower.environment import Environment, Unread
from empower.formulas import numbers_in
from empower.ledger.windows import day_interval, local_day
from empower.noun import evolve

ALWAYS = (-(2**62), 2**62)
FIRST_DAY, LAST_DAY = 1, 3_652_059
_AHEAD_MS = 60_000
"""How far ahead comparisons with the instant itself are looked at; a verdict on them holds no longer than this."""


def day_in(zone: str) -> Callable[..., int]:
    """The ordinal of the local day of an instant in a zone, or in another that is named; `never` lies before every day, and the calendar ends
    with the year 9999.
    """  # noqa: D205  (one sentence)

    def day_of(at: int, other: str = "") -> int:
        if at == ir.NEVER_MS:
            return ir.NEVER_DAY
        try:
            return local_day(other or zone, at)
        except ValueError:
            return FIRST_DAY if at < 0 else LAST_DAY

    return day_of


def timeless(plan: ir.Plan, program: ir.Program) -> bool:
    """Whether a preview, and what it offers instead, is the same at every instant: then it tells none."""
    return plan.clock == "never" and not plan.accounts and not program.menu


def valid_during(plan: ir.Plan, env: Environment, zone: str) -> tuple[int, int]:
    """The half-open interval of ledger time, around the instant of the decision, in which its verdict holds."""
    start, end = ALWAYS
    if plan.clock != "never":
        days = [day_interval(each, env.day_of(env.now, each)) for each in (zone, *plan.zones)]
        start, end = max(first for first, _ in days), min(last for _, last in days)
    if plan.clock == "instant":
        start, end = max(start, env.now), min(end, env.now + _AHEAD_MS, *_turns(plan, env))
    return start, end


def _turns(plan: ir.Plan, env: Environment) -> Iterator[int]:
    """The first instants within the look-ahead at which a comparison with the clock turns."""
    yield env.now + _AHEAD_MS
    for atom in plan_atoms(plan):
        if isinstance(atom, ir.Compare) and any(isinstance(part, ir.Now) for side in (atom.left, atom.right) for part in numbers_in(side)):
            yield from _turn(atom, env)


def _turn(atom: ir.Compare, env: Environment) -> Iterator[int]:
    def side(now: int) -> tuple[bool, bool]:
        at = evolve(env, now=now)
        gap = number(atom.left, at) - number(atom.right, at)
        return gap > 0, gap >= 0

    with suppress(Unread):
        yield from turn(side, env.now, env.now + _AHEAD_MS)
