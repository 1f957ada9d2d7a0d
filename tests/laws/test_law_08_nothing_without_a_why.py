"""Law 8, nothing without a why: every guardrail that spoke is cited, and nothing leaks to the customer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hypothesis import given

from empower import ir
from empower.decision import Decision
from empower.money import format_money
from empower.phrases import PHRASES
from empower.testing import World, packs
from laws.profile import searched
from laws.test_law_07_no_dead_end import preview
from laws.worlds import worlds

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def tightening(world: World) -> set[str]:
    """Every guardrail that could speak, duties apart."""
    return {bar.guardrail for bar in world.plan.bars} | {account.guardrail for account in world.plan.accounts if not account.shadow}


@searched(200)
@given(worlds(unknown=6))
def test_every_guardrail_that_spoke_is_cited_with_its_value_and_place(world: World) -> None:
    """Every guardrail names the value of the mission it serves; every decision cites the guardrails that spoke."""
    decision = preview(world)
    checked = world.rules.checked
    reasons = [reason for reason in decision.reasons if reason.effect != "notice"]
    if decision.outcome != "allow":
        assert {reason.guardrail for reason in reasons} == set(decision.guardrails) & tightening(world)
    for reason in reasons:
        assert reason.value == checked.values[reason.because][checked.languages[0]]
        assert stands_there(world, reason.place, reason.guardrail)


def stands_there(world: World, place: str, name: str) -> bool:
    """Whether a place, `file:line:column`, is where a guardrail is written."""
    file, line, _ = place.rsplit(":", 2)
    text = world.rules.checked.pack.sources[file].splitlines()[int(line) - 1]
    return re.search(rf"\bid: {name}\b", text) is not None


@searched(150)
@given(worlds(unknown=8))
def test_a_number_is_cited_with_its_bound_and_gap(world: World) -> None:
    """Every decision cites the guardrails that spoke, with the actual value, the bound and the gap."""
    decision = preview(world)
    for reason in decision.reasons:
        amount = world.amount
        if reason.effect == "cap" and reason.certain and amount is not None and decision.outcome != "allow":
            assert reason.actual == shown(amount, world)
            bounds = {amount - step: step for step in range(1, amount + 1)}
            assert (reason.bound, reason.gap) in {(shown(bound, world), shown(gap, world)) for bound, gap in bounds.items()}


def shown(minor: int, world: World) -> str:
    """An amount as people read it."""
    return format_money(minor, world.rules.program.currency, world.rules.checked.languages[0])


# ------------------------------------------------------------------------------------------------ the customer's voice


def permitted(world: World, decision: Decision) -> Iterator[str]:
    """Whatever the customer may hear: a neutral sentence, or the author's words with facts declared `customer_may_see`."""
    language = world.rules.checked.languages[0]
    yield PHRASES[language][f"customer.{decision.outcome}"]
    for about in world.rules.checked.about.values():
        if language in about.say.customer:
            yield PLACEHOLDER.sub(lambda found: _visible(world, found.group(1)), about.say.customer[language])


def _visible(world: World, name: str) -> str:
    if name == "amount":
        return "" if world.amount is None else shown(world.amount, world)
    assert world.rules.checked.fact_notes[name].customer_may_see
    value = world.facts.get(name)
    if value is None:
        return PHRASES[world.rules.checked.languages[0]]["value.unknown"]
    kind = world.rules.program.facts[name]
    return shown(int(value), world) if isinstance(kind, ir.NumberType) else str(value)  # type: ignore[arg-type]


@searched(250)
@given(worlds(packs(talkative=True), unknown=8))
def test_nothing_leaks_to_the_customer(world: World) -> None:
    """The customer hears the author's words and facts declared `customer_may_see` only: no risk flag, limit, option, role or rule id."""
    decision = preview(world)
    assert decision.say.customer in set(permitted(world, decision))
    for reason in decision.reasons:
        assert not reason.customer or reason.customer in set(permitted(world, decision))
