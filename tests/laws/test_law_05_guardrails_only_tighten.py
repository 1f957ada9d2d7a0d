"""Law 5, guardrails only tighten: a pack with more of them, or with a parent, gives nothing that it did not give before."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from hypothesis import given, strategies as st

from empower.judge import judge
from laws.author import Action, Author
from laws.guardrails import dated
from laws.packs import LAYERS, Made, Source, declarations, guardrails, make, packs, sources
from laws.profile import searched
from laws.test_law_03_certain_outcome import STRENGTH
from laws.test_law_04_unknown_is_never_generous import at_most
from laws.vocabulary import ZONES, facts
from laws.worlds import World, worlds

TIGHTENING = ("rules", "caps", "budgets", "assume")


def never_looser(tight: World, loose: World) -> None:
    """More guardrails at the same balances: never allowed where it was not, never a larger limit, never a weaker outcome."""
    more, fewer = judge(tight.case()), judge(loose.case())
    assert at_most(more.limit, fewer.limit)
    assert more.outcome != "allow" or fewer.outcome == "allow"
    if all(value is not None for value in tight.facts.values()) and tight.amount is not None:
        assert STRENGTH[more.outcome] >= STRENGTH[fewer.outcome]


def without(source: Source, lost: set[str]) -> Source:
    """The same pack without some of its guardrails, by id."""
    document = dict(source.document)
    for layer in TIGHTENING:
        document[layer] = [each for each in document[layer] if each["id"] not in lost]
    return evolve(source, document=document)


def ids(source: Source) -> list[str]:
    """Every guardrail that tightens."""
    return [each["id"] for layer in TIGHTENING for each in source.document[layer]]


@searched(150)
@given(worlds(unknown=4), st.data())
def test_adding_guardrails_never_loosens(world: World, data: st.DataObject) -> None:
    """Adding a rule, cap, budget, parent or campaign never loosens at the same balances: never allowed where it was not, never a larger
    limit, and, with all facts known, never a weaker outcome.
    """  # noqa: D205  (the law's own sentence)
    everything = ids(world.made.source)
    lost = data.draw(st.sets(st.sampled_from(everything), min_size=1)) if everything else set()
    never_looser(world, evolve(world, made=make(without(world.made.source, lost))))


@searched(80)
@given(worlds(unknown=0), st.data())
def test_adding_guardrails_never_weakens_an_outcome(world: World, data: st.DataObject) -> None:
    """With all facts known, never a weaker outcome."""
    everything = ids(world.made.source)
    lost = data.draw(st.sets(st.sampled_from(everything), min_size=1)) if everything else set()
    never_looser(world, evolve(world, made=make(without(world.made.source, lost))))


@searched(60)
@given(worlds(unknown=4), st.data())
def test_adding_a_campaign_never_loosens(world: World, data: st.DataObject) -> None:
    """A budget's `campaign: {from, until}` gives 0 outside; adding one never loosens."""
    author = Author(data.draw, "GBP", (), {}, (), ())
    budgets = [each if "campaign" in each else {**each, "campaign": dated(author)} for each in world.made.source.document["budgets"]]
    source = evolve(world.made.source, document={**world.made.source.document, "budgets": budgets})
    never_looser(evolve(world, made=make(source)), world)


@st.composite
def families(draw: st.DrawFn) -> tuple[Made, Made]:
    """The same guardrails twice: in a pack by themselves, and in a child of a pack with guardrails of its own."""
    alone = draw(sources())
    author = _author_of(alone, draw)
    tables: dict[str, str] = {}
    head = {key: value for key, value in alone.document.items() if key not in LAYERS}
    parent: dict[str, Any] = {**head, "pack": "company", **guardrails(author, tables, "company-", most=2)}
    kept = ("pack", "version", "currency", "timezone", "mission", *LAYERS)
    child: dict[str, Any] = {key: alone.document[key] for key in kept} | {"extends": "../company", "values": {}}
    return make(alone), make(Source(child, alone.tables, Source(parent, tables)))


def _author_of(source: Source, draw: Any) -> Author:
    """Somebody who writes about what a pack declares."""
    again = draw(_declared(source))
    again.draw = draw
    return again  # type: ignore[no-any-return]


@st.composite
def _declared(draw: st.DrawFn, source: Source) -> Author:
    document = source.document
    currency = document["currency"]
    known = tuple(fact for fact in facts(currency) if fact.path in document["facts"])
    roles = document["roles"]
    actions = tuple(
        Action(name, (1, 30) if "amount" in given else None, tuple(given.get("parameters", ())), tuple(given.get("asks", ())))
        for name, given in document["actions"].items()
    )
    defined = {"cheap": "condition", "recovery": "money"} if "define" in document else {}
    return Author(draw, currency, tuple(roles["ladder"]), dict(roles["beside"]), known, actions, defined)


@searched(100)
@given(families(), st.data())
def test_adding_a_parent_never_loosens(pair: tuple[Made, Made], data: st.DataObject) -> None:
    """`extends` adds the parent's guardrails: adding a parent never loosens."""
    alone, child = pair
    world = data.draw(worlds(st.just(child), unknown=4))
    never_looser(world, evolve(world, made=alone))


@searched(80)
@given(sources(), st.sampled_from(ZONES), st.data())
def test_a_child_dates_nothing_of_its_parent(source: Source, zone: str, data: st.DataObject) -> None:
    """A child may not redefine, shadow or date its parent's guardrails: wherever it lies, their days are those of the parent's zone."""
    parent = evolve(source, document={**source.document, "pack": "company"})
    head = {key: source.document[key] for key in ("version", "currency", "mission")}
    child = Source({**head, "pack": "shop", "timezone": zone, "extends": "../company", "values": {}}, {}, parent)
    world = data.draw(worlds(st.just(make(child)), unknown=6))
    above = evolve(world, made=make(parent))
    ours, theirs = (judge(each.case()) for each in (world, above))
    assert (ours.outcome, ours.limit, ours.who, ours.certain) == (theirs.outcome, theirs.limit, theirs.who, theirs.certain)
    here, there = (each.guard() for each in (world, above))
    for _ in range(2):
        told = [guard.preview(world.action(), world.context()) for guard in (here, there)]
        assert len({(each.outcome, each.limit, each.who, each.guardrails) for each in told}) == 1
        assert told[0].options == told[1].options


@searched(80)
@given(worlds(unknown=4), st.data())
def test_a_shadow_guardrail_changes_nothing(world: World, data: st.DataObject) -> None:
    """A `mode: shadow` guardrail affects neither outcome, limit, options nor needs."""
    everything = [each["id"] for layer in TIGHTENING[:3] for each in world.made.source.document[layer]]
    some = data.draw(st.sets(st.sampled_from(everything), min_size=1)) if everything else set()
    document = dict(world.made.source.document)
    for layer in TIGHTENING[:3]:
        document[layer] = [{**each, "mode": "shadow"} if each["id"] in some else each for each in document[layer]]
    shadowed = evolve(world, made=make(evolve(world.made.source, document=document)))
    absent = evolve(world, made=make(without(world.made.source, some)))
    told = [each.guard().preview(each.action(), each.context()) for each in (shadowed, absent)]
    one, other = [(each.outcome, each.limit, each.who, each.guardrails, each.options, each.needs) for each in told]
    assert one == other


__all__ = ["declarations", "packs"]
