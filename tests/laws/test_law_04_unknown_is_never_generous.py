"""Law 4, unknown is never generous: what is allowed in the dark is allowed in every light."""

from __future__ import annotations

from attrs import evolve
from hypothesis import assume, given, strategies as st

from empower.judge import judge
from laws.packs import packs
from laws.profile import searched
from laws.vocabulary import values_of
from laws.worlds import World, worlds


def at_most(limit: int | None, other: int | None) -> bool:
    """Whether a limit is no larger than another; none is the smallest."""
    return limit is None or (other is not None and limit <= other)


def shares_a_counter(world: World) -> bool:
    """The one named exception: a budget with `when_unknown: shared` whose key is unknown."""
    facts = world.everything
    budgets = [budget for budget in world.made.pack.budgets if budget.shared_at_most is not None and world.kind in budget.kinds]
    return any(facts.get(key) is None for budget in budgets for key in budget.keys)


def completed(world: World, data: st.DataObject, *, wholly: bool) -> World:
    """The same world with some, or all, of its unknowns told: facts, and parameters that the kind takes."""
    types = world.made.program.facts
    told = {
        path: data.draw(values_of(types[path]), path)
        for path, value in world.facts.items()
        if value is None and (wholly or data.draw(st.booleans()))
    }
    lacking = [name for name in world.made.pack.kinds[world.kind].parameters if name not in world.parameters]
    given_ = {name: data.draw(values_of(types[f"action.{name}"]), name) for name in lacking if wholly or data.draw(st.booleans())}
    return evolve(world, facts={**world.facts, **told}, parameters={**world.parameters, **given_})  # type: ignore[dict-item]


def check(world: World, data: st.DataObject, *, wholly: bool) -> None:
    """Nothing that is allowed, and no limit, is lost by telling more."""
    assume(any(value is None for value in world.facts.values()) and not shares_a_counter(world))
    dark = judge(world.case())
    assume(dark.outcome == "allow" or dark.limit is not None)
    for _ in range(4):
        light = judge(completed(world, data, wholly=wholly).case())
        assert at_most(dark.limit, light.limit)
        assert dark.outcome != "allow" or light.outcome == "allow"


@searched(150)
@given(worlds(unknown=4), st.data())
def test_what_is_allowed_is_allowed_in_every_completion(world: World, data: st.DataObject) -> None:
    """A request with unknowns is allowed only if every completion is, and its limit is at most the least of theirs."""
    check(world, data, wholly=True)


@searched(100)
@given(worlds(packs(budgets=False), unknown=4), st.data())
def test_telling_a_little_more_never_takes_anything_away(world: World, data: st.DataObject) -> None:
    """A request with unknowns is allowed only if every completion is: also if only a few of them are told."""
    check(world, data, wholly=False)
