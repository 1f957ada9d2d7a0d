"""Law 5, guardrails only tighten: a pack with more of them, or with a parent, gives nothing that it did not give before."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given, strategies as st

from empower.judge import judge
from empower.testing import Manuscript
from empower.testing.authoring.author import Author
from empower.testing.authoring.guardrails import dated
from empower.testing.authoring.vocabulary import ZONES
from laws.packs import LAYERS, make, sources
from laws.profile import searched
from laws.test_law_03_certain_outcome import STRENGTH
from laws.test_law_04_unknown_is_never_generous import at_most
from laws.worlds import World, worlds

TIGHTENING = ("rules", "caps", "budgets", "assume")


def never_looser(tight: World, loose: World) -> None:
    """More guardrails at the same balances: never allowed where it was not, never a larger limit, never a weaker outcome."""
    more, fewer = judge(tight.case()), judge(loose.case())
    assert at_most(more.limit, fewer.limit)
    assert more.outcome != "allow" or fewer.outcome == "allow"
    if all(value is not None for value in tight.facts.values()) and tight.amount is not None:
        assert STRENGTH[more.outcome] >= STRENGTH[fewer.outcome]


def without(source: Manuscript, lost: set[str]) -> Manuscript:
    """The same pack without some of its guardrails, by id."""
    return source.changed(**{layer: [each for each in source.part(layer) if each["id"] not in lost] for layer in TIGHTENING})


def ids(source: Manuscript) -> list[str]:
    """Every guardrail that tightens."""
    return [each["id"] for layer in TIGHTENING for each in source.part(layer)]


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
    source = world.made.source
    budgets = [each if "campaign" in each else {**each, "campaign": dated(author)} for each in source.part("budgets")]
    never_looser(evolve(world, made=make(source.changed(budgets=budgets))), world)


def alone(child: Manuscript) -> Manuscript:
    """The guardrails of a child in a pack by themselves, with what its parent declares."""
    assert child.parent is not None
    declared = {key: value for key, value in child.parent.document.items() if key not in LAYERS}
    return Manuscript({**declared, **{key: value for key, value in child.document.items() if key != "extends"}}, child.tables)


@searched(100)
@given(sources(extending=True), st.data())
def test_adding_a_parent_never_loosens(child: Manuscript, data: st.DataObject) -> None:
    """`extends` adds the parent's guardrails: adding a parent never loosens."""
    world = data.draw(worlds(st.just(make(child)), unknown=4))
    never_looser(world, evolve(world, made=make(alone(child))))


@searched(80)
@given(sources(), st.sampled_from(ZONES), st.data())
def test_a_child_dates_nothing_of_its_parent(source: Manuscript, zone: str, data: st.DataObject) -> None:
    """A child may not redefine, shadow or date its parent's guardrails: wherever it lies, their days are those of the parent's zone."""
    parent = source.changed(pack="company")
    head = {key: source.document[key] for key in ("version", "currency", "mission")}
    child = Manuscript({**head, "pack": "shop", "timezone": zone, "extends": "../company"}, {}, parent)
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
    source = world.made.source
    everything = [each["id"] for layer in TIGHTENING[:3] for each in source.part(layer)]
    some = data.draw(st.sets(st.sampled_from(everything), min_size=1)) if everything else set()
    changed = {
        layer: [{**each, "mode": "shadow"} if each["id"] in some else each for each in source.part(layer)] for layer in TIGHTENING[:3]
    }
    shadowed = evolve(world, made=make(source.changed(**changed)))
    absent = evolve(world, made=make(without(source, some)))
    told = [each.guard().preview(each.action(), each.context()) for each in (shadowed, absent)]
    one, other = [(each.outcome, each.limit, each.who, each.guardrails, each.options, each.needs) for each in told]
    assert one == other
