"""The laws that `empower.testing` gives to its users hold for whatever pack somebody may write, and not only for those that ship.

What one request can show is shown here, with the functions themselves. The files beside this one hold the laws against an oracle, and show
what takes more than one request: histories, other versions of a pack, processes, solvers.
"""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from empower.testing import LAWS, Law, World, packs
from laws.profile import searched
from laws.worlds import worlds

ANY = st.one_of(
    worlds(unknown=4),
    worlds(packs(actor=True, escalating=True), unknown=9),
    worlds(packs(without=["budgets"], actor=True), unknown=0),
    worlds(packs(talkative=True), unknown=8),
)
"""Requests of which nothing much is known, to packs in which it matters who asks, without the ledger in the way, with words for the customer."""
EXAMPLES = {4: 200, 5: 120, 7: 250, 12: 300}
"""Of the laws that have no file with an oracle of their own, or where few requests show a fault."""


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_a_law_holds_for_any_pack(law: Law) -> None:
    """Each with the sentence that it is told by."""

    @searched(EXAMPLES.get(law.number, 80))
    @given(ANY)
    def holds(world: World) -> None:
        law.check(world)

    holds()
