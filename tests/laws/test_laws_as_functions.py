"""The laws that `empower.testing` gives to its users hold for whatever pack somebody may write, and not only for those that ship."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from empower.testing import LAWS, Law, World as Plain
from laws.profile import LONG
from laws.worlds import World, worlds


def plain(world: World) -> Plain:
    """A random world of a random pack, as a user's own."""
    return Plain(world.made.rules, world.kind, world.amount, world.parameters, world.facts, world.at, world.spent)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_a_law_holds_for_any_pack(law: Law) -> None:
    """Each with the sentence that it is told by; the tests beside this one hold the same sentences against an oracle."""

    @settings(max_examples=500 if LONG else 12, derandomize=not LONG, deadline=None, suppress_health_check=list(HealthCheck))
    @given(worlds(unknown=5))
    def holds(world: World) -> None:
        law.check(plain(world))

    holds()
