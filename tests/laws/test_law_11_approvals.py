"""Law 11, an approval is a second verdict: the law stated again with the oracle, and whose budgets are charged."""

from __future__ import annotations

from attrs import evolve
from hypothesis import assume, given, strategies as st

from empower import Guard
from empower.testing import DrawnPack, World, packs
from empower.testing.authoring.drawing import loaded, manuscripts
from empower.testing.edges import Edges
from empower.testing.strategies import Chances, approval_in, facts_of
from laws import oracle
from laws.profile import searched
from laws.worlds import question, worlds


@st.composite
def trained_only(draw: st.DrawFn) -> DrawnPack:
    """A pack in which training is needed, or a higher role: it matters whose training and whose role are looked at."""
    written = draw(manuscripts(actor=True, escalating=True, most=draw(st.sampled_from([1, 3])), extending=False))
    effect = draw(st.sampled_from([{"deny": "everything"}, {"escalate": "everything", "to": written.document["roles"]["ladder"][-1]}]))
    rule = {"id": "trained-only", **effect, "when": "not actor.trained", "because": "trust"}
    facts = {**written.document["facts"], "actor.trained": "yes/no"}
    return loaded(written.changed(facts=facts, rules=[*written.part("rules"), rule]))


PACKS = st.one_of(packs(actor=True, escalating=True), trained_only())


@st.composite
def approvers(draw: st.DrawFn, world: World) -> World:
    """The same world as somebody else would ask in it: mostly of a higher role, now and then the requester, or somebody of whom little is known.

    Every `actor.*` fact is theirs, none inherited.
    """
    theirs = draw(facts_of(Edges(world.rules), world.kind, world.at, Chances(unknown=draw(st.sampled_from([5, 5, 1])), above=True)))
    facts = {path: None if path.startswith("actor.") else value for path, value in world.facts.items()}
    facts |= {path: value for path, value in theirs.items() if path.startswith("actor.")}
    facts["actor.id"] = draw(st.sampled_from(["m1", "m1", "m2", str(world.facts["actor.id"])]))
    return evolve(world, facts=facts)


def expected(world: World, approver: World) -> tuple[tuple[oracle.Outcome, str | None], bool]:
    """The law: what the answer is, and whether the approval was used."""
    own = oracle.verdict(question(world))
    assume(own is not None)
    assert own is not None
    if own[0] != "escalate":
        return own, False
    roles = world.rules.checked.roles
    ladder = roles.ladder
    role, requester = approver.facts["actor.role"], str(world.facts["actor.role"])
    least = ladder.index(roles.beside[requester]) if requester in roles.beside else ladder.index(requester) + 1
    high_enough = role in ladder and ladder.index(role) >= max(least, ladder.index(str(own[1])))
    if not high_enough or approver.facts["actor.id"] == world.facts["actor.id"]:
        return own, False
    theirs = oracle.verdict(question(evolve(approver, amount=world.amount)))
    assume(theirs is not None)
    return (("allow", None), True) if theirs == ("allow", None) else (own, False)


@searched(250)
@given(worlds(PACKS, unknown=9), st.data())
def test_an_approval_is_a_second_verdict(world: World, data: st.DataObject) -> None:
    """It is used only if the requester's own verdict is not allow: the requester's verdict, of which only `deny`, `over: deny` and missing
    facts count; and the approver's, with every `actor.*` fact replaced by the approver's (what it lacks is unknown, never inherited), which
    must be `allow`. The approver ranks above the requester, holds at least the role named and is another person.
    """  # noqa: D205  (the law's own sentences)
    approver = data.draw(approvers(world))
    answer, used = expected(world, approver)
    decision = world.guard().preview(world.action(), world.context(), approval=approval_in(approver))
    assert (decision.outcome, decision.who) == answer
    assert decision.extra.approved == used
    refused = any(reason.guardrail == "approval_refused" for reason in decision.reasons)
    assert refused == (decision.outcome == "escalate")


@searched(150)
@given(worlds(PACKS, unknown=0), st.data())
def test_the_approver_is_charged(world: World, data: st.DataObject) -> None:
    """Budgets keyed by `actor.*` are charged to the approver, all others once; both people are recorded."""
    empty = evolve(world, spent={})
    approver = data.draw(approvers(empty))
    guard = Guard(empty.rules, clock=lambda: empty.at)
    decision = guard.decide(empty.action(), empty.context(), key="k", approval=approval_in(approver))
    answer, used = expected(empty, approver)
    assert (decision.outcome, decision.extra.approved) == (answer[0], used)
    authority = approver if used else empty
    charged = {counter for counter in authority.case().counters if counter is not None} if decision.allowed else set()
    looked_at = charged | {counter for counter in (*empty.case().counters, *approver.case().counters) if counter is not None}
    for counter in looked_at:
        (held,) = guard.ledger.balances([counter])
        assert (held.amount, held.times) == ((empty.amount or 0, 1) if counter in charged else (0, 0))
    (entry,) = guard.history()
    assert entry.record is not None
    for person in (empty.facts["actor.id"], approver.facts["actor.id"]):
        assert f'"actor.id":"{person}"' in entry.record.to_json()


@searched(100)
@given(worlds(PACKS, unknown=0), st.data())
def test_up_to_then_means_the_approvers_limit(world: World, data: st.DataObject) -> None:
    """`up_to` then means the approver's limit: as much as the two verdicts together allow, at most the amount asked."""
    assume(world.plan.amount is not None)
    empty = evolve(world, spent={})
    approver = data.draw(approvers(empty))
    guard = Guard(empty.rules, clock=lambda: empty.at)
    asked = empty.amount or 1
    each = [evolve(empty, amount=amount) for amount in range(1, asked + 1)]
    most = max((one.amount or 0 for one in each if expected(one, approver)[0][0] == "allow"), default=None)
    decision = guard.decide(evolve(empty, amount=asked).action(), empty.context(), key="k", up_to=True, approval=approval_in(approver))
    if most is None or not each[0].plan.amount[0] <= asked:  # type: ignore[index]
        assert not decision.allowed
    else:
        assert decision.allowed
        assert decision.amount is not None
        assert int(decision.amount.scaleb(-int(decision.amount.as_tuple().exponent))) == most
