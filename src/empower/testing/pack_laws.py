"""All laws for one's own pack, as a base class for pytest: `class TestLaws(PackLaws): pack = "rules/my-pack"`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings

from empower.checked import CheckedPack
from empower.compile import Rules, compile_pack, load_pack
from empower.ledger import Ledger
from empower.ledger.memory import MemoryLedger
from empower.testing.asks import Clock
from empower.testing.giving import OF_GIVING
from empower.testing.laws import OF_ANSWERS
from empower.testing.shop import play
from empower.testing.strategies import Chances, drawn_worlds
from empower.testing.trial import Law, trial_of
from empower.testing.world import World

LAWS: tuple[Law, ...] = tuple(sorted((*OF_ANSWERS, *OF_GIVING), key=lambda law: law.number))
"""Every law, in order."""


def hold(law: Law, rules: Rules, examples: int | None = None) -> None:
    """Search for a request in which a law does not hold; what is found is made as small as can be. Always along the same way.

    Args:
        law: one of `LAWS`.
        rules: the pack.
        examples: how many requests are tried; None: as many as the profile of Hypothesis says, 100 if nobody chose one.

    Raises:
        LawBrokenError: with that request.
    """
    count = settings().max_examples if examples is None else examples
    quietly = settings(
        max_examples=count, deadline=None, derandomize=True, database=None, print_blob=False, suppress_health_check=list(HealthCheck)
    )

    @quietly
    @given(drawn_worlds(trial_of(rules).edges, Chances()))
    def holds(world: World) -> None:
        law.check(world)

    holds()


DAYS = 25


class PackLaws:
    """The laws of one pack. A subclass names it, may set `examples` and `days` for a longer search, and may say on which ledger days are played."""

    pack: ClassVar[str | Path | CheckedPack]
    """A folder, seen from the root of the tests (`rootdir`), or a pack that was read."""
    examples: ClassVar[int | None] = None
    """How many requests are tried for each law; None: as many as the profile of Hypothesis says."""
    days: ClassVar[int] = DAYS
    """How many days are played in the shop."""

    def new_ledger(self, clock: Clock) -> Ledger:
        """An empty ledger that goes by this clock; in memory, unless a subclass says otherwise."""
        return MemoryLedger(clock)

    @pytest.fixture(scope="class")
    @classmethod
    def rules(cls, request: pytest.FixtureRequest) -> Rules:
        """The pack, ready to decide."""
        named = cls.pack
        return compile_pack(named if isinstance(named, CheckedPack) else load_pack(request.config.rootpath.joinpath(named)))

    @pytest.mark.parametrize("law", LAWS, ids=str)
    def test_law(self, law: Law, rules: Rules) -> None:
        hold(law, rules, self.examples)

    def test_days_in_the_shop(self, rules: Rules) -> None:
        play(rules, self.new_ledger, days=self.days)


def checks(rules: Rules) -> dict[str, Callable[[], None]]:
    """Everything that a pack is held to, by what it is called."""
    days: dict[str, Callable[[], None]] = {"laws 1 and 9, in days in the shop": partial(play, rules, MemoryLedger, days=DAYS)}
    return {**{str(law): partial(hold, law, rules) for law in LAWS}, **days}


__all__ = ["LAWS", "PackLaws", "checks", "hold"]
