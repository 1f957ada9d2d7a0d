"""Law 9, asked twice, given once: a key names one wish, whatever becomes of it.

That a wish is given once, and never again once it has ended, is shown by the law as a function; here, what else may be asked under its key.
"""

from __future__ import annotations

import datetime

import pytest
from attrs import evolve
from hypothesis import assume, given, strategies as st

from empower.errors import KeyConflict
from empower.testing import World
from empower.testing.giving import MINUTE_MS, Till, at_its_limit
from laws.profile import searched
from laws.worlds import worlds


def allowed(world: World) -> tuple[Till, World]:
    """The same wish at its limit, which is allowed, and a till with nothing spent yet."""
    asked = at_its_limit(world)
    assume(asked.amount is not None if asked.plan.amount else asked.guard().preview(asked.action(), asked.context()).allowed)
    return Till(asked), asked


@searched(100)
@given(worlds(unknown=8), st.data())
def test_the_same_key_for_another_wish_is_a_conflict(world: World, data: st.DataObject) -> None:
    """Same key, other wish: `KeyConflict`, nothing spent."""
    till, asked = allowed(world)
    assert till.ask(asked).allowed
    before = till.balances(asked)
    assert till.ask(asked).replayed
    other_reason = "late" if asked.parameters.get("reason") == "broken" else "broken"
    others = [asked.with_facts(**{"actor.id": "somebody else"}), evolve(asked, parameters={**asked.parameters, "reason": other_reason})]
    if asked.amount is not None and asked.amount > 1:
        others.append(evolve(asked, amount=asked.amount - 1))
    kinds = [kind for kind in asked.rules.program.plans if kind != asked.kind]
    if kinds:
        amount = 1 if asked.rules.program.plans[kinds[0]].amount else None
        others.append(evolve(asked, kind=kinds[0], amount=amount, parameters={}))
    with pytest.raises(KeyConflict):
        till.ask(data.draw(st.sampled_from(others)))
    assert till.balances(asked) == before
    assert till.allows() == 1


@searched(60)
@given(worlds(unknown=8))
def test_up_to_is_part_of_the_wish(world: World) -> None:
    """Once allowed, every ask of the wish (`up_to` is part of it) returns that allow: without it, it is another wish."""
    till, wish = allowed(world)
    asked = evolve(wish, amount=None if wish.amount is None else wish.amount + 5)
    first = till.ask(asked, up_to=True)
    assume(first.allowed)
    assert till.ask(asked, up_to=True).amount == first.amount
    with pytest.raises(KeyConflict):
        till.ask(asked)


@searched(100)
@given(worlds(unknown=8))
def test_until_it_is_allowed_a_wish_may_change_its_amount(world: World) -> None:
    """Until the wish is allowed, every ask decides anew under the same key, its amount may change and a reason may be filled in."""
    till, asked = allowed(world)
    tries = [evolve(asked, parameters={})] if asked.rules.checked.kinds[asked.kind].asks else []
    tries += [evolve(asked, amount=asked.amount + step) for step in (1, 7)] if asked.amount is not None else []
    for number, each in enumerate(tries, 1):
        assert not till.ask(each).allowed
        assert len(till.guard.history()) == number
    assert till.ask(asked).allowed


@searched(100)
@given(worlds(unknown=8), st.sampled_from(["void", "reverse", "expire"]), st.integers(1, 3))
def test_what_has_ended_is_told_so(world: World, how: str, times: int) -> None:
    """If it was voided, wholly reversed or has expired, the answer is `deny` (`hold_ended`), with options that hold, and nothing stays spent."""
    till, asked = allowed(world)
    options = {"hold_for": datetime.timedelta(minutes=1)} if how == "expire" else {}
    first = till.ask(asked, **options)
    assert first.allowed
    if how == "void":
        till.guard.void("k")
    elif how == "reverse":
        till.guard.confirm("k")
        till.guard.reverse("k", amount="0" if first.amount is None else str(first.amount), because="a mistake")
    else:
        till.at += MINUTE_MS
    for _ in range(times):
        again = till.ask(asked, **options)
        assert again.outcome == "deny"
        assert again.reasons[0].guardrail == "hold_ended"
        for option in again.options:
            assert till.guard.preview(option.action, asked.context()).outcome == "allow"
        till.at += MINUTE_MS
    assert till.allows() == 1
    assert all((each.amount, each.times) == (0, 0) for each in till.balances(asked))


@searched(60)
@given(worlds(unknown=8), st.data())
def test_the_amount_is_what_is_still_given(world: World, data: st.DataObject) -> None:
    """The amount still given: reserved or confirmed, less reversed."""
    till, asked = allowed(world)
    assume(asked.amount is not None and asked.amount > 1)
    reserved = asked.amount or 0
    assert till.ask(asked).allowed
    final = data.draw(st.integers(1, reserved))
    back = data.draw(st.integers(0, final - 1))
    money = {"currency": asked.rules.program.currency}
    till.guard.confirm("k", {"minor": final, **money})
    till.guard.reverse("k", amount={"minor": back, **money}, because="a mistake")
    again = till.ask(asked)
    assert again.allowed
    assert again.amount is not None
    assert again.amount == till.guard.confirm("k", {"minor": final, **money}).amount
    assert int(again.amount.scaleb(-int(again.amount.as_tuple().exponent))) == final - back


@searched(60)
@given(worlds(unknown=8))
def test_an_option_of_the_same_kind_is_taken_under_the_same_key(world: World) -> None:
    """Taking an option of the same kind uses the same key."""
    till, asked = allowed(world)
    assume(asked.amount is not None)
    refused = till.ask(evolve(asked, amount=(asked.amount or 0) + 1))
    assert not refused.allowed
    option = refused.options[0]
    assert till.guard.decide(option.action, asked.context(), key="k").allowed
