"""Whatever a pack says, solver and compiled pack agree: no question about a random pack ends in an example that is decided otherwise."""

from __future__ import annotations

from hypothesis import given

from empower import ir
from empower.checked import CheckedClaim
from empower.noun import evolve
from empower.prove.answers import FAMILIES, NotReproduced, Unknown
from empower.prove.worker import answers_of
from empower.testing import DrawnPack, packs
from laws.profile import LONG, searched

ABOVE_TEN = ir.Compare(">", ir.Amount(), ir.Number(10))
ALONE = ir.All((ABOVE_TEN, ir.Not(ir.IsYes("approved"))))
CLAIMS = (
    CheckedClaim("ten", "never", ABOVE_TEN, "trust"), CheckedClaim("ten-alone", "never", ALONE, "trust"),
    CheckedClaim("clerk", "always", ir.Any((ir.Compare("<=", ir.Amount(), ir.Number(25)), ir.IsAmong("actor.role", frozenset(("manager",))))), "trust"),
)  # fmt: skip
ASKED = FAMILIES if LONG else tuple(family for family in FAMILIES if family != "exposure")


@searched(25)
@given(packs(escalating=True))
def test_what_is_shown_is_what_is_decided(pack: DrawnPack) -> None:
    """Every counterexample is decided by the compiled pack as it is told, with unknown facts, balances and approvals."""
    for answer in answers_of(evolve(pack, claims=CLAIMS), ASKED):
        assert not isinstance(answer, NotReproduced), answer
        if isinstance(answer, Unknown):
            assert answer.question.family != "unknown"


@searched(12)
@given(packs(most=2))
def test_no_history_gives_more_than_the_formula(pack: DrawnPack) -> None:
    """The most that can be given away is never less than what a history gives."""
    for answer in answers_of(pack, ["exposure"]):
        assert not isinstance(answer, (NotReproduced, Unknown)), answer
