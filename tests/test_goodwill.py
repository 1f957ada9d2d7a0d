"""The policy of the benchmarks, three times: as data with a slow search, as a function written by hand, and as a pack.

A ratio between two programs means something only if both give the same answers, so this comes before any timing.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from benchmarks import handwritten, oracle
from benchmarks.facts import at_amount, distinct_money, make_facts, to_call, to_native
from benchmarks.original import ORDER, reference
from benchmarks.packs import GOODWILL, write
from benchmarks.peers import business_rules_peer
from empower import Guard, load_pack

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.handwritten import Answer
    from benchmarks.original import Facts

CASES = 5_000
THRESHOLDS = (500, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000)


def by_hand(facts: Facts) -> Answer:
    """Ask the function written by hand."""
    return handwritten.decide(*to_native(facts))


def by_guard(guard: Guard, facts: Facts) -> Answer:
    """Ask the guard, and write its limit in minor units."""
    decision = guard.preview(*to_call(facts))
    limit = None if decision.limit is None else int(decision.limit * 100)
    assert limit is None or decision.limit == Decimal(limit) / 100
    return decision.outcome, limit, decision.who, decision.guardrails


def on_the_edges(cases: list[Facts]) -> list[Facts]:
    """Return each case at its limit, one penny above it, and on both sides of a threshold of the policy."""
    edges = []
    for number, facts in enumerate(cases):
        limit = by_hand(facts)[1] or 0
        threshold = THRESHOLDS[number % len(THRESHOLDS)]
        edges += [at_amount(facts, amount) for amount in (limit, limit + 1, threshold, threshold + 1) if amount]
    return edges


@pytest.fixture(scope="module")
def goodwill() -> Guard:
    """Return a guard over the goodwill pack."""
    return Guard(load_pack(GOODWILL))


def test_the_function_written_by_hand_is_the_policy() -> None:
    """The fast function and the slow search agree on outcome, limit, role and ids."""
    for facts in make_facts(CASES):
        assert oracle.decide(facts) == by_hand(facts)


def test_the_function_written_by_hand_is_the_policy_on_its_edges() -> None:
    """They agree at every limit, one penny above it, and around every threshold."""
    for facts in on_the_edges(make_facts(CASES // 4, seed=8)):
        assert oracle.decide(facts) == by_hand(facts)


def test_the_search_finds_what_trying_every_amount_finds() -> None:
    """Bisection misses nothing: the amounts allowed are all those up to the limit."""
    largest = 161_000  # above the highest cell of any table
    for facts in make_facts(3, seed=9):
        assert oracle.limit_by_trying_all(facts, largest) == oracle.limit_by_search(facts)


def test_the_extended_function_only_adds_the_laws_to_the_original() -> None:
    """What was denied stays denied, what was allowed stays allowed, and the same rules speak where supervisors are not concerned."""
    for facts in make_facts(CASES):
        outcome, limit, _, ids = by_hand(facts)
        before, old_limit, old_ids = reference(facts)
        if before != "escalate":
            assert outcome == before
        if before != "deny":
            assert (limit or 0) <= old_limit or facts["actor"]["role"] in {"supervisor", "manager"}
        if facts["actor"]["role"] in {"associate", "senior"}:
            assert tuple(sorted(ids, key=ORDER.__getitem__)) == old_ids


def test_the_pack_is_the_function(goodwill: Guard) -> None:
    """The guard gives the answers of the function written by hand: outcome, limit, role and ids."""
    for facts in make_facts(CASES):
        assert by_guard(goodwill, facts) == by_hand(facts)


def test_the_pack_is_the_function_on_its_edges(goodwill: Guard) -> None:
    """They agree at every limit, one penny above it, and around every threshold."""
    for facts in on_the_edges(make_facts(CASES // 4, seed=8)):
        assert by_guard(goodwill, facts) == by_hand(facts)


def test_the_pack_is_the_function_on_any_amount(goodwill: Guard) -> None:
    """They agree on amounts that were never seen before, in every fact that is money."""
    for batch in distinct_money(2, CASES // 4):
        for facts in batch:
            assert by_guard(goodwill, facts) == by_hand(facts)


def test_minor_units_are_the_same_amount(goodwill: Guard) -> None:
    """An amount in minor units is decided as the same amount in major ones."""
    for facts in make_facts(50):
        _, context = to_call(facts)
        asked = {"kind": facts["action"]["kind"], "amount": {"minor": facts["action"]["amount"], "currency": "GBP"}}
        assert goodwill.preview(asked, context).limit == goodwill.preview(*to_call(facts)).limit


def test_a_larger_amount_never_loosens(goodwill: Guard) -> None:
    """Every amount up to the limit is allowed and none above it is."""
    for facts in make_facts(40, seed=10):
        limit = by_hand(facts)[1] or 0
        around = sorted({max(1, limit + step) for step in range(-3, 4)} | set(THRESHOLDS))
        outcomes = [(amount <= limit, by_guard(goodwill, at_amount(facts, amount))[0] == "allow") for amount in around]
        assert all(expected == actual for expected, actual in outcomes)
        assert all(not (later and not earlier) for (_, earlier), (_, later) in pairwise(outcomes))


def test_rules_of_other_stores_change_nothing(goodwill: Guard, tmp_path: Path) -> None:
    """A thousand rules, of which 26 matter, give the answers of the 26."""
    scaled = Guard(load_pack(write(tmp_path, 1_000)))
    for facts in make_facts(500):
        assert by_guard(scaled, facts) == by_guard(goodwill, facts)


@pytest.mark.parametrize("fastest", [True, False])
def test_business_rules_decides_the_original_policy(fastest: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """It gives the original function's answers in both of the orders that are timed."""
    decide = business_rules_peer.build(fastest=fastest)
    for facts in make_facts(200):
        assert decide(facts) == reference(facts)


@pytest.mark.parametrize("layout", ["KEYS", "COLUMNS"])
def test_zen_decides_the_original_policy(layout: str) -> None:
    """It gives the original function's answers in both of the layouts that are timed."""
    pytest.importorskip("zen")
    from benchmarks.peers import zen_peer  # noqa: PLC0415 - only where it is installed

    decide = zen_peer.build(getattr(zen_peer, layout))
    for facts in make_facts(CASES // 5):
        assert decide(facts) == reference(facts)
