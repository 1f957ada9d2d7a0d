"""Generated packs: each planted defect is found by the question that is there for it, and nothing in a pack without one."""

from __future__ import annotations

import pytest

from benchmarks.proofs import IN_THE_GUARD, PLANTS, SORTS, clean, planted
from laws.profile import LONG

EVERY_SORT = (*SORTS, *IN_THE_GUARD)
ROUNDS = PLANTS // len(EVERY_SORT) if LONG else 1


@pytest.mark.parametrize("seed", range(ROUNDS))
@pytest.mark.parametrize("sort", EVERY_SORT)
def test_a_planted_defect_is_found(sort: str, seed: int) -> None:
    """Seeded defects are found in all plants: `python -m benchmarks.proofs` plants more than two hundred into larger packs."""
    assert planted(sort, seed, rules=60 if LONG else 26)


@pytest.mark.parametrize("seed", range(20 if LONG else 1))
def test_nothing_is_found_where_nothing_is_wrong(seed: int) -> None:
    """None is reported on clean packs."""
    assert clean(seed, rules=60 if LONG else 26) == []
