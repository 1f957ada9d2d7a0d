"""Law 9, asked twice, given once: a key names one wish, whatever happens to it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from attrs import define, evolve
from hypothesis import assume, given, strategies as st

from empower import Guard
from empower.decision import Decision
from empower.errors import KeyConflict
from empower.judge import judge
from empower.ledger import Balance
from laws.profile import searched
from laws.worlds import SPENT, World, worlds

MINUTE = 60_000


@define
class Till:
    """A guard with an empty ledger of its own, and a clock moved by hand."""

    world: World
    at: int
    guard: Guard

    @staticmethod
    def of(world: World) -> Till:
        """The till of a world."""
        made = Till(world, world.at, Guard(world.made.rules, clock=lambda: 0))
        made.guard = Guard(world.made.rules, clock=lambda: made.at)
        return made

    def ask(self, world: World | None = None, **options: Any) -> Decision:
        """Ask under the key `k`."""
        asked = world or self.world
        return self.guard.decide(asked.action(), asked.context(), **{"key": "k", **options})

    def allows(self) -> int:
        """How often anything was allowed."""
        return sum(entry.event == "allowed" for entry in self.guard.history())

    def balances(self) -> tuple[Balance, ...]:
        """What every counter holds that the wish draws on."""
        return self.guard.ledger.balances([counter for counter in self.world.case().counters if counter is not None])


def allowed(world: World) -> World:
    """The same wish at its limit, from an empty ledger: one that is allowed."""
    empty = evolve(world, spent=dict.fromkeys(world.spent, SPENT[:2]))
    verdict = judge(empty.case())
    if empty.plan.amount is None:
        assume(verdict.outcome == "allow")
        return empty
    assume(verdict.limit is not None)
    return evolve(empty, amount=verdict.limit)


@searched(100)
@given(worlds(unknown=8), st.integers(1, 4))
def test_the_same_wish_is_given_once(world: World, times: int) -> None:
    """Once allowed, every ask of the wish returns that allow with the amount still given."""
    till = Till.of(allowed(world))
    first = till.ask()
    held = till.balances()
    assert first.allowed
    for _ in range(times):
        again = till.ask()
        assert again.allowed
        assert again.replayed
        assert again.amount == first.amount
    assert till.allows() == 1
    assert till.balances() == held


@searched(100)
@given(worlds(unknown=8), st.data())
def test_the_same_key_for_another_wish_is_a_conflict(world: World, data: st.DataObject) -> None:
    """Same key, other wish: `KeyConflict`, nothing spent."""
    till = Till.of(allowed(world))
    assert till.ask().allowed
    before, asked = till.balances(), till.world
    other_reason = "late" if asked.parameters.get("reason") == "broken" else "broken"
    others = [asked.with_facts(**{"actor.id": "d8"}), evolve(asked, parameters={**asked.parameters, "reason": other_reason})]
    if asked.amount is not None and asked.amount > 1:
        others.append(evolve(asked, amount=asked.amount - 1))
    kinds = [kind for kind in asked.made.program.plans if kind != asked.kind]
    if kinds:
        amount = 1 if asked.made.program.plans[kinds[0]].amount else None
        others.append(evolve(asked, kind=kinds[0], amount=amount, parameters={}))
    with pytest.raises(KeyConflict):
        till.ask(data.draw(st.sampled_from(others)))
    assert till.balances() == before
    assert till.allows() == 1


@searched(60)
@given(worlds(unknown=8))
def test_up_to_is_part_of_the_wish(world: World) -> None:
    """Once allowed, every ask of the wish (`up_to` is part of it) returns that allow: without it, it is another wish."""
    till = Till.of(allowed(world))
    asked = evolve(till.world, amount=None if till.world.amount is None else till.world.amount + 5)
    first = till.ask(asked, up_to=True)
    assume(first.allowed)
    assert till.ask(asked, up_to=True).amount == first.amount
    with pytest.raises(KeyConflict):
        till.ask(asked)


@searched(100)
@given(worlds(unknown=8))
def test_until_it_is_allowed_a_wish_may_change_its_amount(world: World) -> None:
    """Until the wish is allowed, every ask decides anew under the same key, its amount may change and a reason may be filled in."""
    till = Till.of(allowed(world))
    asked = till.world
    tries = [evolve(asked, parameters={})] if asked.made.pack.kinds[asked.kind].asks else []
    tries += [evolve(asked, amount=asked.amount + step) for step in (1, 7)] if asked.amount is not None else []
    for number, each in enumerate(tries, 1):
        assert not till.ask(each).allowed
        assert len(till.guard.history()) == number
    assert till.ask().allowed


@searched(100)
@given(worlds(unknown=8), st.sampled_from(["void", "reverse", "expire"]), st.integers(1, 3))
def test_what_has_ended_is_never_given_again(world: World, how: str, times: int) -> None:
    """If it was voided, wholly reversed or has expired, the answer is `deny` (`hold_ended`), never a second allow."""
    till = Till.of(allowed(world))
    options = {"hold_for": datetime.timedelta(minutes=1)} if how == "expire" else {}
    first = till.ask(**options)
    assert first.allowed
    if how == "void":
        till.guard.void("k")
    elif how == "reverse":
        till.guard.confirm("k")
        till.guard.reverse("k", amount="0" if first.amount is None else str(first.amount), because="a mistake")
    else:
        till.at += MINUTE
    for _ in range(times):
        again = till.ask(**options)
        assert again.outcome == "deny"
        assert again.reasons[0].guardrail == "hold_ended"
        for option in again.options:
            assert till.guard.preview(option.action, till.world.context()).outcome == "allow"
        till.at += MINUTE
    assert till.allows() == 1
    assert all((each.amount, each.times) == (0, 0) for each in till.balances())


@searched(60)
@given(worlds(unknown=8), st.data())
def test_the_amount_is_what_is_still_given(world: World, data: st.DataObject) -> None:
    """The amount still given: reserved or confirmed, less reversed."""
    till = Till.of(allowed(world))
    assume(till.world.amount is not None and till.world.amount > 1)
    reserved = till.world.amount or 0
    assert till.ask().allowed
    final = data.draw(st.integers(1, reserved))
    back = data.draw(st.integers(0, final - 1))
    money = {"currency": till.world.made.pack.currency}
    till.guard.confirm("k", {"minor": final, **money})
    till.guard.reverse("k", amount={"minor": back, **money}, because="a mistake")
    again = till.ask()
    assert again.allowed
    assert again.amount is not None
    assert again.amount == till.guard.confirm("k", {"minor": final, **money}).amount
    assert int(again.amount.scaleb(-int(again.amount.as_tuple().exponent))) == final - back


@searched(60)
@given(worlds(unknown=8))
def test_an_option_of_the_same_kind_is_taken_under_the_same_key(world: World) -> None:
    """Taking an option of the same kind uses the same key."""
    till = Till.of(allowed(world))
    assume(till.world.amount is not None)
    refused = till.ask(evolve(till.world, amount=(till.world.amount or 0) + 1))
    assert not refused.allowed
    option = refused.options[0]
    assert till.guard.decide(option.action, till.world.context(), key="k").allowed
