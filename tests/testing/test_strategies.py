"""The strategies seek what they are there to seek: edges, members, what is unknown; and everything they draw is a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import find, given, settings

from empower import Guard, load_pack
from empower.checked import CheckedPack
from empower.testing import World, actions, approvals, contexts, worlds
from testing.shop import shop

SHORT = settings(max_examples=150, derandomize=True, database=None, deadline=None)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> CheckedPack:
    """The pack of the shop."""
    return shop(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="module")
def some(pack: CheckedPack) -> list[World]:
    """A thousand worlds of it."""
    return drawn(pack, 1_000)


def drawn(pack: CheckedPack, count: int, **options: Any) -> list[World]:
    """So many worlds of a pack, always the same."""
    found: list[World] = []

    @settings(SHORT, max_examples=count)
    @given(worlds(pack, **options))
    def note(world: World) -> None:
        found.append(world)

    note()
    return found


@pytest.mark.parametrize("step", [-1, 0, 1])
@pytest.mark.parametrize("edge", ["the cap", "the loyal cap", "half of the order", "what is left of the month", "the kind's own bound"])
def test_every_edge_is_met_and_both_sides_of_it(some: list[World], edge: str, step: int) -> None:
    """Every comparison at -1, 0 and +1 minor unit: constants, computed amounts, and what is left of a budget."""

    def beside(world: World) -> bool:
        total = world.facts.get("order.total")
        held = world.held("month", (("actor.id", str(world.facts["actor.id"])),))
        at = {
            "the cap": 2_000, "the loyal cap": 5_000, "half of the order": None if total is None else int(total) // 2,  # type: ignore[call-overload]
            "what is left of the month": 10_000 - held.amount if held.amount else None, "the kind's own bound": 50_000,
        }[edge]  # fmt: skip
        return world.kind == "refund" and at is not None and at > 1 and world.amount == at + step

    assert any(beside(world) for world in some)


def test_every_member_every_side_and_nothing_at_all_is_met(some: list[World]) -> None:
    """Every enum member, both sides of a comparison of a fact, every role, every kind; each fact unknown, save who asks."""
    for path, values in {
        "customer.category": {"new", "loyal", None}, "order.lines": {3, 4, None}, "actor.role": {"clerk", "manager"},
    }.items():  # fmt: skip
        assert values <= {world.facts[path] for world in some}, path
    assert {world.kind for world in some} == {"refund", "hand_over"}
    assert None not in {world.facts["actor.id"] for world in some} | {world.facts["actor.role"] for world in some}
    assert {"allow", "needs_info", "escalate", "deny"} == {world.guard().preview(world.action(), world.context()).outcome for world in some}


def test_where_nothing_may_be_unknown_nothing_is(pack: CheckedPack) -> None:
    """`unknown=0`: every fact is told, and every amount."""
    for world in drawn(pack, 100, unknown=0):
        assert None not in world.facts.values()
        assert (world.amount is None) == (world.kind == "hand_over")


def test_facts_are_moved_to_where_they_turn_one_another(tmp_path: Path) -> None:
    """A comparison of two facts is met on its edge, which no constant of the pack tells: `item.value` just above 37% of the order."""
    (tmp_path / "pack.yaml").write_text(
        """\
pack: relative
version: 1
currency: GBP
timezone: Europe/London
mission: Put it right.
values: {trust: We trust.}
roles: {ladder: [clerk]}
facts: {order.total: money 0..1000, item.value: money 0..1000}
actions: {refund: {amount: money 0.01..500}}
rules: [{id: large, deny: refund, when: item.value > 37% of order.total, because: trust}]
""",
        encoding="utf-8",
    )
    pack = load_pack(tmp_path)

    def just_above(world: World) -> bool:
        total, value = world.facts["order.total"], world.facts["item.value"]
        return isinstance(total, int) and isinstance(value, int) and total > 100 and value == total * 37 // 100 + 1

    assert find(worlds(pack, unknown=0), just_above, settings=settings(SHORT, max_examples=2_000))


def test_what_is_drawn_is_a_request(pack: CheckedPack) -> None:
    """No action, context or approval is malformed, and no fact undeclared."""
    guard = Guard(pack, strict=True)

    @SHORT
    @given(actions(pack), contexts(pack), approvals(pack))
    def is_answered(action: Any, context: Any, approval: Any) -> None:
        guard.preview(action, context, approval=approval).to_json()

    is_answered()
