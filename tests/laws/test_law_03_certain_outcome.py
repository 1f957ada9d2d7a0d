"""Law 3, strongest certain outcome: the judge against every completion of what is unknown."""

from __future__ import annotations

from hypothesis import assume, given, strategies as st

from empower.testing import World, packs
from empower.testing.trial import asks_what_is_known, shares_a_counter
from laws import oracle
from laws.profile import searched
from laws.worlds import question, verdict, worlds


def agrees(world: World) -> None:
    """The judge says what the oracle says: the outcome, and the role that could say yes."""
    expected = oracle.verdict(question(world))
    assume(expected is not None)
    said = verdict(world)
    assert (said.outcome, said.who) == expected


@searched(500)
@given(worlds())
def test_the_outcome_is_what_all_completions_share(world: World) -> None:
    """With unknowns: the outcome all completions share, else `needs_info` (if completions name different roles, the highest).

    Completions are Kleene's, atom by atom; in them `known(x)` keeps its present value. The oracle tries each of them.
    """
    agrees(world)


@searched(150)
@given(worlds(unknown=0))
def test_with_everything_known_the_strongest_outcome_wins(world: World) -> None:
    """With everything known: deny > escalate > needs_info > allow."""
    agrees(world)


@searched(250)
@given(st.one_of(worlds(packs(actor=True, escalating=True), unknown=9), worlds(packs(actor=True), unknown=6)))
def test_an_escalation_names_the_lowest_role_that_could_say_yes(world: World) -> None:
    """An escalation names the lowest role above the requester's, at or above every role so named, whose approval could be allowed for
    some value of the actor facts that a role does not fix, assuming a fresh personal budget and the shared balances as they are; if there
    is none, the outcome is `deny`. Here every value of every such fact is tried.
    """  # noqa: D205  (one sentence of the law)
    agrees(world)


@searched(100)
@given(worlds(), st.data())
def test_absent_and_null_are_unknown_alike(world: World, data: st.DataObject) -> None:
    """Unknown is never false, zero or empty; absent and null are unknown, an empty set is known."""
    absent = [path for path, value in world.facts.items() if value is None and "." in path]
    nulls = data.draw(st.sets(st.sampled_from(absent))) if absent else set()
    context = world.context()
    for path in nulls:
        group, name = path.split(".")
        context.setdefault(group, {})[name] = None
    guard = world.guard()
    assert guard.preview(world.action(), context).to_json() == guard.preview(world.action(), world.context()).to_json()


@searched(100)
@given(worlds(unknown=0), st.data())
def test_any_fact_may_be_unknown(world: World, data: st.DataObject) -> None:
    """Any fact may be unknown, save actor.id and actor.role: telling less never raises, and never makes a certain outcome another (unless a
    budget has a counter that all unknown keys share, which is the one named exception of law 4).
    """  # noqa: D205  (one sentence of the law)
    told = [path for path in world.facts if path not in ("actor.id", "actor.role")]
    lost = data.draw(st.sets(st.sampled_from(told))) if told else set()
    less = world.with_facts(**dict.fromkeys(lost))
    assert verdict(less).outcome in (verdict(world).outcome, "needs_info") or asks_what_is_known(world) or shares_a_counter(less)
