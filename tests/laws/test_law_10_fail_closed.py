"""Law 10, fail closed, by name: what cannot be read is refused whole, and a broken ledger never allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from empower import Guard
from empower.errors import LedgerUnavailable, MalformedRequest
from empower.ledger.memory import MemoryLedger
from empower.request import Approval
from empower.testing import World
from empower.testing.giving import Failing
from laws.profile import searched
from laws.test_law_09_asked_twice_given_once import allowed
from laws.worlds import worlds

GARBAGE = (
    float("nan"),
    float("inf"),
    -1,
    10**40,
    b"bytes",
    ["x"],
    "",
    object(),
    {"deep": {"er": 1}},
    "\ud800",
    "never ever",
    2.5,
    "12,50",
    True,
)


def asks(guard: Guard, world: World) -> Mapping[str, Callable[[Any, Any], Any]]:
    """Every way to ask."""
    return {
        "preview": guard.preview,
        "decide": lambda action, context: guard.decide(action, context, key="k"),
        "up_to": lambda action, context: guard.decide(action, context, key="k", up_to=True),
        "decide_all": lambda action, context: guard.decide_all([world.action(), action], context, key="k"),
    }


@searched(150)
@given(worlds(unknown=8), st.data())
def test_malformed_input_is_one_error_with_every_path(world: World, data: st.DataObject) -> None:
    """Malformed input: one typed error listing every problem with its path; nothing spent."""
    guard = Guard(world.rules, clock=lambda: world.at)
    read = sorted(path for path in world.plan.slots if not path.startswith("action."))
    broken = tuple(data.draw(st.sets(st.sampled_from(read), min_size=1)))
    way = asks(guard, world)[data.draw(st.sampled_from(["preview", "decide", "up_to", "decide_all"]))]
    with pytest.raises(MalformedRequest) as caught:
        way({**world.action(), "reason": {"not": "a reason"}}, evolve(world, broken=broken).context())
    paths = {fault.path for fault in caught.value.faults}
    assert {path for path in paths if not path.startswith("action")} == set(broken)
    assert any(path.endswith(".reason") for path in paths)
    assert guard.history() == ()


@searched(150)
@given(worlds(unknown=8), st.data())
def test_garbage_is_refused_or_answered_and_never_crashes(world: World, data: st.DataObject) -> None:
    """What is not plainly a request raises `MalformedRequest`, and nothing else ever leaves; nothing is given that is not in the history."""
    guard = Guard(world.rules, clock=lambda: world.at)
    context, action = world.context(), world.action()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(["amount", "kind", "reason", "fact", "group", "context"]))
        value = data.draw(st.sampled_from(GARBAGE))
        if place in ("amount", "kind", "reason"):
            action[place] = value
        elif place == "fact":
            group = context.setdefault("order", {})
            if isinstance(group, dict):
                group[data.draw(st.sampled_from(["total", "id", "delivered", "tier"]))] = value
        else:
            context = {**context, "customer": value} if place == "group" else context
    way = asks(guard, world)[data.draw(st.sampled_from(["preview", "decide", "up_to", "decide_all"]))]
    try:
        decision = way(action, context)
    except MalformedRequest as malformed:
        assert all(fault.path and fault.message for fault in malformed.faults)  # noqa: PT017  (either answer is right)
        assert guard.history() == ()
    else:
        decision.to_json()


@searched(60)
@given(worlds(unknown=8))
def test_a_request_without_its_actor_is_malformed(world: World) -> None:
    """actor.id and actor.role: malformed without them; a role the pack does not know is a deny."""
    guard = Guard(world.rules, clock=lambda: world.at)
    context = world.context()
    with pytest.raises(MalformedRequest) as caught:
        guard.decide(world.action(), {**context, "actor": {}})
    assert {fault.path for fault in caught.value.faults} == {"actor.id", "actor.role"}
    stranger = {**context, "actor": {**context["actor"], "role": "stranger"}}
    decision = guard.decide(world.action(), stranger, key="k")
    assert decision.outcome == "deny"
    assert decision.reasons[0].guardrail == "unknown_role"
    assert guard.preview(world.action(), stranger).outcome == "deny"
    assert guard.options(stranger) == ()
    decision.to_json()


@searched(40)
@given(worlds(unknown=8))
def test_an_approval_that_names_nobody_is_malformed(world: World) -> None:
    """Malformed input, the approval included: one typed error listing every problem with its path."""
    guard = Guard(world.rules, clock=lambda: world.at)
    with pytest.raises(MalformedRequest) as caught:
        guard.decide(world.action(), world.context(), key="k", approval=Approval(by={"id": ""}))
    assert {fault.path for fault in caught.value.faults} == {"approval.by.id", "approval.by.role"}
    assert guard.history() == ()


@searched(150)
@given(
    worlds(unknown=8), st.integers(0, 3), st.sampled_from([OSError, ValueError, LedgerUnavailable, TimeoutError]), st.booleans(), st.data()
)
def test_a_broken_ledger_never_allows(world: World, call: int, error: type[Exception], after: bool, data: st.DataObject) -> None:  # noqa: FBT001
    """A broken or unreachable ledger: `LedgerUnavailable`, or the pack's declared fallback (escalate or deny), never allow."""
    guard = Guard(world.rules, Failing(lambda: world.at, call, after=after, error=error))
    healthy = Guard(world.rules, clock=lambda: world.at)
    ways = data.draw(st.sampled_from(["decide", "up_to", "decide_all"]))
    expected = asks(healthy, world)[ways](world.action(), world.context())
    declared = world.rules.checked.when_ledger_unavailable
    try:
        decision = asks(guard, world)[ways](world.action(), world.context())
    except LedgerUnavailable:
        assert declared is None
    else:
        if decision.reasons[:1] and decision.reasons[0].guardrail == "ledger_unavailable":
            assert declared is not None
            assert decision.outcome in ("deny", declared[0])
            assert (decision.who is not None) == (decision.outcome == "escalate")
            assert decision.options == ()
        else:
            assert decision.outcome == expected.outcome
        decision.to_json()


class LosesAnAnswer(MemoryLedger):
    """A ledger whose first answer to a reservation is lost on its way."""

    lost = False

    def reserve(self, *arguments: Any, **options: Any) -> Any:
        answer = super().reserve(*arguments, **options)
        if not self.lost:
            self.lost = True
            raise OSError("the line is gone")
        return answer


@searched(40)
@given(worlds(unknown=8))
def test_after_a_failure_the_same_key_tells_whether_it_was_given(world: World) -> None:
    """Any method of a ledger may fail after it has reserved; then nothing was allowed, and the same key tells on the next ask."""
    till, asked = allowed(world)
    guard = Guard(asked.rules, LosesAnAnswer(lambda: till.at))
    if asked.rules.checked.when_ledger_unavailable is None:
        with pytest.raises(LedgerUnavailable):
            guard.decide(asked.action(), asked.context(), key="k")
    else:
        assert not guard.decide(asked.action(), asked.context(), key="k").allowed
    assert guard.decide(asked.action(), asked.context(), key="k").replayed
    assert sum(entry.event == "allowed" for entry in guard.history()) == 1


@searched(60)
@given(worlds(unknown=8))
def test_what_is_left_can_be_told_with_any_of_the_subjects(world: World) -> None:
    """`guard.left(actor=…)` answers whoever is named: a limit that depends on what is not told is none."""
    guard = Guard(world.rules, clock=lambda: world.at)
    for subjects in ({"actor": "d7"}, {"actor": "d7", "role": str(world.facts["actor.role"])}, {"customer": "c1"}, {}):
        for line in guard.left(**subjects):
            assert line.left is None or line.limit is None or line.left <= line.limit
    guard.nudges(world.context())
