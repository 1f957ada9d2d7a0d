"""Law 6, the limit is exact: every amount of a kind is tried, and the oracle asked for its own."""

from __future__ import annotations

from attrs import evolve
from hypothesis import assume, given, strategies as st

from empower.judge import judge
from empower.money import to_decimal
from empower.testing import World
from laws.profile import searched
from laws.worlds import manuscript_of, question, under, verdict, worlds


@searched(200)
@given(worlds(unknown=6))
def test_the_limit_is_the_largest_amount_allowed(world: World) -> None:
    """The limit is the largest amount allowed given the known facts and current balances and without an approval; every amount from the
    largest `at_least` in force up to it is allowed, one minor unit more is not. None if there is no such amount or the kind has none.
    """  # noqa: D205  (the law's own sentence)
    limit = verdict(world).limit
    if world.plan.amount is None:
        assert limit is None
        return
    case = world.case()
    least, most = world.plan.amount
    found = [amount for amount in range(least, most + 1) if judge(evolve(case, amount=amount)).outcome == "allow"]
    assert limit == max(found, default=None)
    assert found == list(range(min(found), max(found) + 1)) if found else True


@searched(80)
@given(worlds(unknown=6), st.integers(1, 60))
def test_below_the_least_amount_it_is_a_floor_that_speaks(world: World, amount: int) -> None:
    """Falling short of `at_least` gives that cap's `over`; below the limit nothing else stands in the way."""
    limit = verdict(world).limit
    assume(limit is not None and amount < limit)
    short = evolve(world, amount=amount)
    said = [voice for voice in question(short).voices() if voice.speaks is not False]
    floors = {cap.id for cap in world.rules.checked.caps if cap.effect == "floor"}
    assert {voice.id for voice in said} <= floors
    assert (verdict(short).outcome == "allow") == (not said)


@searched(60)
@given(worlds(unknown=6))
def test_the_oracle_finds_the_same_limit(world: World) -> None:
    """The limit is the largest amount allowed: also by those who never heard of thresholds."""
    assume(world.plan.amount is not None and not world.case().missing)
    least, most = world.plan.amount or (1, 0)
    asked = [question(world, amount=amount) for amount in range(least, most + 1)]
    fine = [each.amount for each in asked if not any(voice.speaks is not False for voice in each.voices())]
    assert verdict(world).limit == max(fine, default=None)  # type: ignore[type-var]


@searched(40)
@given(worlds(unknown=6))
def test_an_amount_outside_its_bounds_is_a_no_with_a_limit(world: World) -> None:
    """An amount outside the kind's bounds is a `deny` with limit and options; `decision.limit` is the limit in the pack's currency."""
    assume(world.plan.amount is not None)
    assert world.plan.amount is not None
    decision = world.guard().preview(evolve(world, amount=world.plan.amount[1] + 1).action(), world.context())
    limit = verdict(world).limit
    assert decision.outcome == "deny"
    assert decision.limit == (None if limit is None else to_decimal(limit, world.rules.program.currency))


@searched(40)
@given(worlds(unknown=0))
def test_without_guardrails_the_limit_is_the_kinds_own_bound(world: World) -> None:
    """The limit is the kind's own bound if no guardrail applies."""
    written = manuscript_of(world)
    assume(written.parent is None)
    bare = under(world, written.changed(rules=[], caps=[], budgets=[], assume=[]))
    assume(not bare.case().missing)
    assert verdict(bare).limit == (bare.plan.amount[1] if bare.plan.amount else None)
