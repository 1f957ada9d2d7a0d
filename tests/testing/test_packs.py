"""Whole packs: everything that the language has is drawn, everything drawn loads, and what fails is printed to be pasted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings, strategies as st
from hypothesis.vendor.pretty import pretty

from empower import Guard, ir, load_pack
from empower.check.caps import HIT_POLICIES
from empower.language import expressions, trees
from empower.pack import PackDocument, _shape_in
from empower.shape import Shape, declared_keys
from empower.testing import DrawnPack, World, actions, approvals, contexts, packs, worlds
from empower.testing.authoring import OPTIONAL
from empower.testing.edges import inside

SOME = settings(
    max_examples=25, derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate]
)

NEVER_DRAWN = {
    "rules.examples": "an example says what the pack answers, which its author does not know yet; `empower test --suggest` writes cases",
    "budgets.from": "refused: a budget is dated by its campaign",
    "budgets.until": "refused: a budget is dated by its campaign",
    "assume.from": "refused: what the proofs rely on always holds",
    "assume.until": "refused: what the proofs rely on always holds",
    "assume.mode": "refused: what the proofs rely on always holds",
}
"""Keys of the language that no drawn pack has, and why."""


@cache
def many() -> tuple[DrawnPack, ...]:
    """Many packs, always the same."""
    found: list[DrawnPack] = []

    @settings(SOME, max_examples=600)
    @given(packs())
    def note(pack: DrawnPack) -> None:
        found.append(pack)

    note()
    return tuple(found)


def texts() -> str:
    """All of them, as text."""
    return "\n".join(map(repr, many()))


# ------------------------------------------------------------------------------------------------ what is drawn


def keys_of(shape: type[Shape], above: str = "") -> Iterator[str]:
    """Every key that a shape, and each shape in it, may have: `rules.say.staff`."""
    for name, key in declared_keys(shape).items():
        yield f"{above}{name}"
        inner = _shape_in(key.kind)
        if inner is not None:
            yield from keys_of(inner, f"{above}{name}.")


def written(document: Mapping[str, Any], shape: type[Shape], above: str = "") -> Iterator[str]:
    """The keys of a shape that a document has."""
    for name, key in declared_keys(shape).items():
        if name in document:
            yield f"{above}{name}"
            inner, value = _shape_in(key.kind), document[name]
            below = value if isinstance(value, list) else value.values() if name in ("facts", "actions") else [value]
            for each in below if inner is not None else ():
                yield from written(each, inner, f"{above}{name}.") if isinstance(each, Mapping) else ()


def test_every_key_of_the_language_is_drawn() -> None:
    """Whole packs have every key of `pack.yaml`, save those that are named with the reason."""
    manuscripts = [each for pack in many() for each in (pack.manuscript, pack.manuscript.parent) if each is not None]
    drawn = {key for manuscript in manuscripts for key in written(manuscript.document, PackDocument)}
    assert set(keys_of(PackDocument)) - drawn == set(NEVER_DRAWN)


def test_every_function_and_operator_is_drawn() -> None:
    """Conditions have every function of the language, and every operator of trees."""
    operators = {operator for each in trees._OPERATORS.values() for operator in each}
    assert {word for word in (*expressions._FUNCTIONS, *operators, "approved", "now") if not re.search(rf"\b{word}\b", texts())} == set()


def test_every_policy_window_and_type_is_drawn() -> None:
    """Every hit policy, every sort of window, every type of a fact."""
    assert all(f"hit: {policy}" in texts() for policy in HIT_POLICIES)
    assert {budget.window[0] for pack in many() for budget in pack.budgets} == {
        "ever",
        "rolling",
        "day",
        "week",
        "month",
        "quarter",
        "year",
    }
    assert {type(kind) for pack in many() for kind in pack.facts.values()} == set(get_args(ir.FactType))


MADE_IN_LOWERING = {"If", "Rows", "KthLeast"}
"""What the checker never makes of what an author writes."""


def test_every_condition_and_number_is_drawn() -> None:
    """Every node of the intermediate representation that a condition or an amount can become."""
    guardrails = [each for pack in many() for each in (pack.rules, pack.duties, pack.caps, pack.budgets, pack.menu, pack.claims)]
    nodes = {type(node).__name__ for each in guardrails for node in inside(each)}
    assert {node.__name__ for node in (*get_args(ir.Cond), *get_args(ir.Num))} - nodes == MADE_IN_LOWERING


# ------------------------------------------------------------------------------------------------ what can be chosen


@SOME
@given(packs(), st.data())
def test_a_drawn_pack_decides(pack: DrawnPack, data: st.DataObject) -> None:
    """A drawn pack stands wherever a loaded one does: for a guard, and for the other strategies."""
    decision = Guard(pack).preview(data.draw(actions(pack)), data.draw(contexts(pack)), approval=data.draw(approvals(pack)))
    assert decision.outcome in ("allow", "needs_info", "escalate", "deny")


@pytest.mark.parametrize("key", OPTIONAL)
def test_a_part_can_be_left_out(key: str) -> None:
    """`without`: no pack has it, nor a pack that it extends."""

    @SOME
    @given(packs(without=[key]))
    def lacks(pack: DrawnPack) -> None:
        assert key not in pack.manuscript.document

    lacks()


def test_what_every_pack_has_cannot_be_left_out() -> None:
    """`without` of something else is a slip, and told."""
    with pytest.raises(ValueError, match="'roles' cannot be left out; what can: rules, caps"):
        packs(without=["roles"])


@SOME
@given(packs(most=1, actor=True, talkative=True))
def test_packs_of_a_sort(pack: DrawnPack) -> None:
    """`most` of each, facts of whoever asks, words for the customer."""
    for manuscript in (pack.manuscript, pack.manuscript.parent):
        if manuscript is not None:
            assert all(len(manuscript.part(part)) <= 1 for part in ("rules", "caps", "budgets"))
    assert any(path.startswith("actor.") and path not in ("actor.id", "actor.role") for path in pack.facts)
    assert all(about.say.customer for about in pack.about.values() if about.effect != "offer")


# ------------------------------------------------------------------------------------------------ what fails


def test_what_fails_is_printed_to_be_pasted(tmp_path: Path) -> None:
    """A person can read the pack that a test fails on, and paste its files: they are the pack."""
    failing: list[DrawnPack] = []

    @settings(SOME, max_examples=200)
    @given(packs())
    def has_no_parent(pack: DrawnPack) -> None:
        failing.append(pack)
        assert pack.parent is None

    with pytest.raises(AssertionError) as caught:
        has_no_parent()
    (printed,) = [note for note in caught.value.__notes__ if "# pack.yaml" in note]
    _, *pasted = re.split(r"^# (\S+\.\w+)\n", printed.partition("\n,\n")[0] + "\n", flags=re.MULTILINE)
    for name, text in zip(pasted[::2], pasted[1::2], strict=True):
        file = tmp_path / "pack" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.removesuffix("\n") if name != pasted[-2] else text, encoding="utf-8")
    assert load_pack(tmp_path / "pack").pack.digest == failing[-1].pack.digest


@SOME
@given(packs().flatmap(worlds))
def test_a_request_is_printed_with_its_pack(world: World) -> None:
    """A request to a drawn pack says which pack: nobody could do anything with it otherwise."""
    assert pretty(world) == f"\n{world.rules.checked!r}\n{world!r}"


def test_what_fails_is_made_small() -> None:
    """Hypothesis leaves of a pack what matters: of one that has a budget, that budget and the least that a pack needs."""
    drawn = packs(most=1, without=[key for key in OPTIONAL if key != "budgets"])
    small = find(drawn, lambda pack: bool(pack.budgets), settings=settings(SOME, phases=tuple(Phase)))
    assert len(repr(small).splitlines()) <= 22, repr(small)
