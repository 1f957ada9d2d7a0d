"""Law 5, guardrails only tighten: a pack with a campaign more, or with a parent, gives nothing that it did not give before."""

from __future__ import annotations

from typing import Any

from hypothesis import given, strategies as st

from empower.testing import Manuscript, World, packs
from empower.testing.authoring.author import Author
from empower.testing.authoring.drawing import GUARDRAILS, loaded, manuscripts
from empower.testing.authoring.guardrails import dated
from empower.testing.authoring.vocabulary import ZONES
from empower.testing.laws import STRENGTH
from laws.profile import searched
from laws.test_law_04_unknown_is_never_generous import at_most
from laws.worlds import all_told, manuscript_of, under, verdict, worlds

SHADOWED = ("rules", "caps", "budgets")


def never_looser(tight: World, loose: World) -> None:
    """More guardrails at the same balances: never allowed where it was not, never a larger limit, never a weaker outcome."""
    more, fewer = verdict(tight), verdict(loose)
    assert at_most(more.limit, fewer.limit)
    assert more.outcome != "allow" or fewer.outcome == "allow"
    if all_told(tight):
        assert STRENGTH[more.outcome] >= STRENGTH[fewer.outcome]


@searched(60)
@given(worlds(unknown=4), st.data())
def test_adding_a_campaign_never_loosens(world: World, data: st.DataObject) -> None:
    """A budget's `campaign: {from, until}` gives 0 outside; adding one never loosens."""
    author, written = Author(data.draw, "GBP", (), {}, (), ()), manuscript_of(world)
    budgets = [each if "campaign" in each else {**each, "campaign": dated(author)} for each in written.part("budgets")]
    never_looser(under(world, written.changed(budgets=budgets)), world)


def alone(child: Manuscript) -> Manuscript:
    """The guardrails of a child in a pack by themselves, with what its parent declares."""
    assert child.parent is not None
    declared = {key: value for key, value in child.parent.document.items() if key not in GUARDRAILS}
    return Manuscript({**declared, **{key: value for key, value in child.document.items() if key != "extends"}}, child.tables)


@searched(100)
@given(worlds(manuscripts(extending=True).map(loaded), unknown=4))
def test_adding_a_parent_never_loosens(world: World) -> None:
    """`extends` adds the parent's guardrails: adding a parent never loosens."""
    never_looser(world, under(world, alone(manuscript_of(world))))


@searched(80)
@given(worlds(packs(without=["extends"]), unknown=6), st.sampled_from(ZONES))
def test_a_child_dates_nothing_of_its_parent(world: World, zone: str) -> None:
    """A child may not redefine, shadow or date its parent's guardrails: wherever it lies, their days are those of the parent's zone."""
    parent = manuscript_of(world).changed(pack="company")
    head = {key: parent.document[key] for key in ("version", "currency", "languages", "mission") if key in parent.document}
    below = under(world, Manuscript({**head, "pack": "shop", "timezone": zone, "extends": "../company"}, {}, parent))
    above = under(world, parent)
    ours, theirs = verdict(below), verdict(above)
    assert (ours.outcome, ours.limit, ours.who, ours.certain) == (theirs.outcome, theirs.limit, theirs.who, theirs.certain)
    here, there = below.guard(), above.guard()
    for _ in range(2):
        told = [guard.preview(world.action(), world.context()) for guard in (here, there)]
        assert len({(each.outcome, each.limit, each.who, each.guardrails) for each in told}) == 1
        assert told[0].options == told[1].options


@searched(80)
@given(worlds(unknown=4), st.data())
def test_a_shadow_guardrail_changes_nothing(world: World, data: st.DataObject) -> None:
    """A `mode: shadow` guardrail affects neither outcome, limit, options nor needs."""
    written = manuscript_of(world)
    everything = [each["id"] for part in SHADOWED for each in written.part(part)]
    some = data.draw(st.sets(st.sampled_from(everything), min_size=1)) if everything else set()
    shadowed: dict[str, Any] = {}
    for part in SHADOWED:
        shadowed[part] = [{**each, "mode": "shadow"} if each["id"] in some else each for each in written.part(part)]
    absent = {part: [each for each in written.part(part) if each["id"] not in some] for part in SHADOWED}
    told = [
        each.guard().preview(each.action(), each.context())
        for each in (under(world, written.changed(**part)) for part in (shadowed, absent))
    ]
    one, other = [(each.outcome, each.limit, each.who, each.guardrails, each.options, each.needs) for each in told]
    assert one == other
