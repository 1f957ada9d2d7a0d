"""Pages of packs that nobody wrote: every condition and amount of the language has its words, and every line of every card is decided."""

from __future__ import annotations

import re
from collections import Counter

from hypothesis import given, strategies

from empower.compile import compile_pack
from empower.pages.card import card_page, deal_card
from empower.pages.text import as_text
from empower.pages.whole import explain_pack
from empower.testing import DrawnPack, packs
from empower.testing.strategies import OTHER_TIMES
from empower.testing.world import USUAL_NOW
from laws.profile import searched
from pages.showing import faults


@searched(40)
@given(packs())
def test_every_pack_can_be_read(pack: DrawnPack) -> None:
    """Of any pack each guardrail, offer and claim is said once, in words, with no name of a fact in them."""
    page = explain_pack(pack, pack.languages[0])
    told = Counter(item.name for section in page.sections for item in section.items if item.name)
    assert told == Counter([*pack.about, *(claim.id for claim in pack.claims)])
    text = re.sub(r"\[[^\]]*\]|“[^”]*”", "", as_text(page))
    assert not [fact for fact in pack.facts if "." in fact and fact in text]


@searched(12)
@given(packs(), strategies.sampled_from([USUAL_NOW + step for step in OTHER_TIMES]))
def test_every_line_of_any_card_is_decided(pack: DrawnPack, at: int) -> None:
    """Of any pack and role, each request that a card carries comes out as its line says."""
    rules = compile_pack(pack)
    for role in pack.roles.everyone():
        card = deal_card(rules, role, at, pack.languages[0])
        assert as_text(card_page(card))
        for line in (line for part in card.parts for line in part.lines):
            assert line.shows
            for shown in line.shows:
                assert faults(rules, shown) == [], line.item
