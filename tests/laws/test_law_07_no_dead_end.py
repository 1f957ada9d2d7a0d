"""Law 7, a no is never a dead end: what is offered, and in which order; several at once; what may be done right now.

That each option is allowed, and that what is asked for settles the question, is shown by the law as a function.
"""

from __future__ import annotations

from attrs import evolve
from hypothesis import given, strategies as st

from empower import Guard
from empower.decision import Decision
from empower.money import exponent_of
from empower.request import written
from empower.testing import World
from empower.testing.strategies import amounts
from laws.profile import searched
from laws.worlds import value_of, worlds


def preview(world: World) -> Decision:
    """What the guard says to a world."""
    return world.guard().preview(world.action(), world.context())


@searched(100)
@given(worlds(unknown=8))
def test_options_stand_in_their_order(world: World) -> None:
    """Every non-allow carries the limit and the options that would be allowed at this instant: same action at its limit, then the menu, ranked."""
    decision = preview(world)
    if decision.outcome == "allow":
        assert decision.options == ()
        return
    ranks = {offer.id: offer.rank for offer in world.rules.checked.menu}
    assert [option.id for option in decision.options].count("") == (decision.limit is not None)
    assert decision.limit is None or decision.options[0].id == ""
    offered = [ranks[option.id] for option in decision.options if option.id]
    assert offered == sorted(offered)


@searched(60)
@given(worlds(unknown=8), st.data())
def test_options_are_allowed_whatever_else_the_context_holds(world: World, data: st.DataObject) -> None:
    """Each option re-decides to `allow`: also where a fact that only another kind reads is of a form that nobody can read."""
    unread = sorted(path for path in world.facts if path not in world.plan.slots)
    broken = tuple(data.draw(st.sets(st.sampled_from(unread)))) if unread else ()
    decision = preview(evolve(world, broken=broken))
    for option in decision.options:
        assert world.guard().preview(option.action, evolve(world, broken=broken).context()).outcome == "allow"


@searched(60)
@given(worlds(unknown=8), st.data())
def test_whatever_can_be_done_right_now_is_allowed(world: World, data: st.DataObject) -> None:
    """`guard.options(context)`: what can I do for this customer right now? Each re-decides to `allow` once it says what it needs, if anything."""
    guard = world.guard()
    program = world.rules.program
    for option in guard.options(world.context()):
        for _ in range(3):
            answers = {need.fact: value_of(world, need.fact, data) for need in option.needs}
            told = {path.removeprefix("action."): written(each, program.facts[path], program.currency) for path, each in answers.items()}
            assert guard.preview({**option.action, **told}, world.context()).outcome == "allow", (option, told)


@searched(40)
@given(worlds(unknown=8))
def test_an_unknown_kind_is_no_dead_end_either(world: World) -> None:
    """An undeclared kind is a `deny` that says so, with the menu."""
    decision = world.guard().preview({"kind": "parachute"}, world.context())
    assert decision.outcome == "deny"
    assert decision.reasons[0].guardrail == "unknown_kind"
    for option in decision.options:
        assert world.guard().preview(option.action, world.context()).outcome == "allow"


# ------------------------------------------------------------------------------------------------ several at once


@searched(120)
@given(worlds(unknown=8), st.data())
def test_several_refused_at_once_are_no_dead_end(world: World, data: st.DataObject) -> None:
    """Every non-allow carries the options that would be allowed at this instant: of `decide_all` the whole and each part; each by itself."""
    guard = Guard(world.rules, clock=lambda: world.at)
    guard.decide(world.action(), world.context(), key="before")
    others = [evolve(world, kind=kind, parameters={}) for kind in world.rules.program.plans]
    others = [evolve(each, amount=data.draw(amounts(each, none=True))) for each in others]
    asked = [world, *data.draw(st.lists(st.sampled_from([world, *others]), min_size=1, max_size=3))]
    decision = guard.decide_all([each.action() for each in asked], world.context(), key="several")
    for each in (decision, *decision.parts):
        assert not (each.outcome == "allow" and each.options)
        for option in each.options:
            assert guard.preview(option.action, world.context()).outcome == "allow", option
    if decision.outcome != "allow":
        able = [guard.preview(part.action(), world.context()) for part in asked]
        assert decision.options or not any(alone.outcome == "allow" or alone.limit is not None for alone in able)


@searched(120)
@given(worlds(unknown=0, free_amount=False), st.integers(2, 3), st.data())
def test_the_limit_of_alike_parts_is_their_largest_sum(world: World, count: int, data: st.DataObject) -> None:
    """The limit is the largest amount allowed, one minor unit more is not: of several alike parts, their sum, divided as they please."""
    plan = world.plan
    if plan.amount is None:
        return

    def ask(parts: list[int]) -> Decision:
        guard = Guard(world.rules, clock=lambda: world.at)
        return guard.decide_all([evolve(world, amount=amount).action() for amount in parts], world.context(), key="several")

    least, most = plan.amount
    decision = ask([data.draw(st.integers(least, most)) for _ in range(count)])
    if decision.outcome == "allow":
        assert decision.amount is not None
        assert decision.limit is not None
        assert decision.limit >= decision.amount
    if decision.limit is None:
        assert ask([data.draw(st.integers(least, most)) for _ in range(count)]).outcome != "allow"
        return
    limit = int(decision.limit.scaleb(exponent_of(world.rules.program.currency)))
    assert ask(divided(limit, count, least, most)).outcome == "allow"
    assert limit == count * most or ask(divided(limit + 1, count, least, most)).outcome != "allow"


def divided(whole: int, count: int, least: int, most: int) -> list[int]:
    """A sum in parts, the first ones as large as can be."""
    found = []
    for rest in reversed(range(count)):
        found.append(min(most, whole - rest * least))
        whole -= found[-1]
    return found


# ------------------------------------------------------------------------------------------------ questions and names


@searched(150)
@given(worlds(unknown=3))
def test_needs_ask_for_what_is_unknown(world: World) -> None:
    """`needs` lists alternatives, each with the questions to ask, and nothing that is known already."""
    unknown = {path for path, value in world.everything.items() if value is None} | ({"action.amount"} if world.amount is None else set())
    for alternative in preview(world).needs:
        assert {need.fact for need in alternative} <= unknown
        assert all(need.question for need in alternative)


@searched(100)
@given(worlds(unknown=6))
def test_only_an_escalation_names_a_role(world: World) -> None:
    """For an escalation the lowest role that could say yes; a deny names no role."""
    decision = preview(world)
    assert (decision.who is not None) == (decision.outcome == "escalate")
    assert decision.who is None or decision.who in world.rules.checked.roles.ladder
    assert "None" not in decision.say.staff


@searched(60)
@given(worlds(unknown=8))
def test_an_option_taken_is_given(world: World) -> None:
    """Taking an option of the same kind uses the same key; any other option is a wish of its own. From an empty ledger, each is given."""
    for number, option in enumerate(preview(evolve(world, spent={})).options):
        guard = Guard(world.rules, clock=lambda: world.at)
        assert guard.decide(world.action(), world.context(), key="wish").outcome != "allow"
        same = option.action["kind"] == world.kind and not option.id
        assert guard.decide(option.action, world.context(), key="wish" if same else f"other-{number}").allowed
