"""Law 4, unknown is never generous: what is allowed in the dark is allowed in every light, and in every twilight."""

from __future__ import annotations

from attrs import evolve
from hypothesis import assume, given, strategies as st

from empower.testing import World, packs
from empower.testing.trial import shares_a_counter
from laws.profile import searched
from laws.worlds import value_of, verdict, worlds


def at_most(limit: int | None, other: int | None) -> bool:
    """Whether a limit is no larger than another; none is the smallest."""
    return limit is None or (other is not None and limit <= other)


def told_more(world: World, data: st.DataObject) -> World:
    """The same world with some of its unknowns told: facts, and parameters that the kind takes."""
    unknown = [path for path, value in world.facts.items() if value is None and data.draw(st.booleans())]
    lacking = [
        name for name in world.rules.checked.kinds[world.kind].parameters if name not in world.parameters and data.draw(st.booleans())
    ]
    parameters = {name: value_of(world, f"action.{name}", data) for name in lacking}
    facts = {path: value_of(world, path, data) for path in unknown}
    return evolve(world, facts={**world.facts, **facts}, parameters={**world.parameters, **parameters})


@searched(150)
@given(worlds(packs(without=["budgets"]), unknown=4), st.data())
def test_telling_a_little_more_never_takes_anything_away(world: World, data: st.DataObject) -> None:
    """A request with unknowns is allowed only if every completion is: also if only a few of them are told."""
    assume(any(value is None for value in world.facts.values()) and not shares_a_counter(world))
    dark = verdict(world)
    assume(dark.outcome == "allow" or dark.limit is not None)
    for _ in range(4):
        light = verdict(told_more(world, data))
        assert at_most(dark.limit, light.limit)
        assert dark.outcome != "allow" or light.outcome == "allow"
