"""Requests to any pack that somebody may write, and the same requests as the oracle is asked them."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from hypothesis import strategies as st

from empower.compile import compile_pack
from empower.judge import Verdict, judge
from empower.testing import DrawnPack, Manuscript, World, packs
from empower.testing.authoring.drawing import loaded
from empower.testing.edges import Edges
from empower.testing.strategies import Chances, drawn_worlds, values
from laws import oracle


def worlds(drawn: st.SearchStrategy[DrawnPack] | None = None, *, unknown: int = 3, free_amount: bool = True) -> st.SearchStrategy[World]:
    """A request to a drawn pack; of about one fact in `unknown` nothing is known (0: all is known)."""
    chances = Chances(unknown, free_amount=free_amount)
    return (packs() if drawn is None else drawn).flatmap(lambda pack: drawn_worlds(Edges(compile_pack(pack)), chances))


def manuscript_of(world: World) -> Manuscript:
    """What was written."""
    assert isinstance(world.rules.checked, DrawnPack)
    return world.rules.checked.manuscript


def under(world: World, manuscript: Manuscript) -> World:
    """The same request to another pack; one that the loader refuses is not looked at."""
    return evolve(world, rules=compile_pack(loaded(manuscript)))


def verdict(world: World) -> Verdict:
    """What the judge says."""
    return judge(world.case())


def question(world: World, **changes: Any) -> oracle.Question:
    """The same question to the oracle."""
    checked = world.rules.checked
    missing = any(name not in world.parameters for name in checked.kinds[world.kind].asks)

    def held(budget: Any, keys: tuple[str, ...]) -> Any:
        return world.held(budget.id, tuple(zip(budget.keys, keys, strict=True)))

    asked = oracle.Question(checked, world.kind, world.amount, missing, world.everything, world.at, world.day_of, held)
    return evolve(asked, **changes)


def value_of(world: World, path: str, data: st.DataObject) -> Any:
    """Some value of a fact or parameter."""
    return data.draw(values(Edges(world.rules), path, world.at), path)


def all_told(world: World) -> bool:
    """Whether every fact is known that a context may tell, and the amount."""
    return all(value is not None for value in world.facts.values()) and world.amount is not None
