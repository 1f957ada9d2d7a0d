"""The page of a pack, read as its manager reads it. `python tests/pages/test_whole.py` writes the approved pages anew: read the difference aloud.

What stands in `approved/` is what `empower explain` prints of each pack that is shipped.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from empower import load_pack
from empower.checked import CheckedPack
from empower.demo import shipped_packs
from empower.pages.page import Item, Page, whole_text
from empower.pages.text import as_text
from empower.pages.whole import explain_pack

PACKS = shipped_packs()
APPROVED = Path(__file__).parent / "approved"
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
QUOTED = re.compile(r"“[^”]*”")


def page_of(name: str, language: str | None = None) -> tuple[CheckedPack, Page]:
    """A pack and its page."""
    checked = load_pack(PACKS[name])
    return checked, explain_pack(checked, language or checked.languages[0])


def items(page: Page) -> list[Item]:
    """Everything that is said."""
    return [item for section in page.sections for item in section.items]


def prose(item: Item) -> str:
    """What is read aloud of an item; the small print is not."""
    return " ".join([whole_text(item), *(f"{label}: {text}" if label else text for label, text in item.lines), item.after])


@pytest.mark.parametrize("name", PACKS)
def test_the_page_reads_as_approved(name: str) -> None:
    """The page of each pack that is shipped is the one that was read aloud and approved."""
    assert as_text(page_of(name)[1]) + "\n" == (APPROVED / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PACKS)
def test_everything_is_said_once(name: str) -> None:
    """Each guardrail, offer and claim of a pack and its parents stands on its page exactly once."""
    checked, page = page_of(name)
    told = Counter(item.name for item in items(page) if item.name)
    assert told == Counter([*checked.about, *(claim.id for claim in checked.claims)])


@pytest.mark.parametrize("name", PACKS)
def test_a_parent_is_named(name: str) -> None:
    """What a parent declares is told as the parent's."""
    checked, page = page_of(name)
    for item in items(page):
        if item.name in checked.about:
            owner = checked.about[item.name].pack
            assert item.origin == ("" if owner == name else owner)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", PACKS)
def test_no_name_of_the_code_is_read_aloud(name: str, language: str) -> None:
    """Neither ids nor the dotted names of facts nor words with underscores stand in what is read aloud."""
    checked, page = page_of(name, language)
    ids = [each for each in checked.about if "-" in each]
    for item in items(page):
        text = prose(item)
        assert not re.search(r"[a-z]_[a-z]|[{}`]", text), text
        assert not [fact for fact in checked.facts if "." in fact and fact in text], text
        assert not [each for each in ids if re.search(rf"(?<![\w-]){each}(?![\w-])", QUOTED.sub("", text))], text


@pytest.mark.parametrize("name", PACKS)
def test_every_number_is_the_authors(name: str) -> None:
    """Each number that is read aloud stands in the pack; nothing is converted into one that its author would not know again."""
    checked, page = page_of(name)
    pack, written = checked.pack, set()
    while pack is not None:
        for text in (*pack.sources.values(), *pack.tables.values()):
            written |= {Decimal(found) for found in re.findall(r"\d+(?:\.\d+)?", text)}
            written |= {Decimal(part) for day in re.findall(r"\d{4}-\d{2}-\d{2}", text) for part in day.split("-")}
        pack = pack.parent
    for item in items(page):
        said = {Decimal(found.rstrip(",").replace(",", "")) for found in NUMBER.findall(prose(item))}
        assert said <= written, (item, said - written)


@pytest.mark.parametrize("name", PACKS)
def test_no_sentence_stumbles(name: str) -> None:
    """Plurals and articles are right, no word stands twice, and every sentence ends."""
    for item in items(page_of(name)[1]):
        text = prose(item)
        assert not re.search(
            r"\b1 (?:days|hours|minutes|times)\b|\b(?:a [aeio]|an [bcdfgjklmnpqrstvwxz])|\b(\w+) \1\b", QUOTED.sub("", text)
        ), text
        assert whole_text(item).endswith((".", ":", "?", "!", "”")), text


def test_an_exception_is_told_apart() -> None:
    """`unless` is said as the exception that it is, and a named constant by its name, with its value."""
    (item,) = (item for item in items(page_of("grocery-doorstep")[1]) if item.name == "many-claims")
    assert whole_text(item).endswith("at least 3, unless the item's value is at most the recovery cost (£5.20).")


ODD = """\
pack: odd-shop
version: 1
currency: GBP
timezone: Europe/London
mission: Fair.
values: {fair: We are fair.}
roles: {ladder: [clerk, lead, boss], beside: {ai_agent: asks lead}}
facts:
  order.total: money 0..5000
  order.weight: decimal(2) 0..100
  order.placed: {type: instant, title: the order}
  order.due: {type: "date, may be never", title: the delivery}
  order.lines: integer 0..100
  order.wait: duration 0..48 hours
  order.notes: text
  order.other: text
  order.tags: set of [fragile, big_item, gift]
  customer.tier: ordered one of [basic, silver, gold]
  customer.is_new: yes/no
  order.gift: {type: yes/no, ask: Is it a gift?}
define: {small: 10, half: 50% of order.total}
actions: {refund: {amount: money 0.01..5000}, credit: {amount: money 0.01..5000}, release: {}}
"""
SENTENCES = {
    "deny: refund, when: order.weight > 2.5 and (order.lines == 3 or order.lines != 7)":
        "Refund: not if the order's weight is more than 2.5 and either the order's lines are 3 or the order's lines are not 7.",
    "deny: refund, when: hours_since(order.placed) >= 36 and order.due == never":
        "Refund: not if at least 36 hours have passed since the order and the delivery has never happened.",
    "escalate: refund, to: lead, when: \"starts_with(order.notes, 'x')\", unless: known(order.other), from: 2026-03-01":
        "Refund: ask a lead first, if the order's notes begin with “x”, unless the order's other is known, from 1 March 2026.",
    "only_if: credit, all: [\"order.placed > '2026-01-01T09:30:00Z'\", order.wait <= minutes(90)], when: customer.is_new":
        "Credit, if “customer is new” holds: only if the order is after 1 January 2026 at 09:30 UTC and the order's wait is at most 90 minutes. "
        "Otherwise the answer is no. Of other cases it says nothing.",
    "deny: credit, when: {order.tags: fragile, customer.tier: silver or above, order.lines: '[10..50)'}":
        "Credit: not if the order's tags include “fragile”, the customer's tier is “silver” or above, the order's lines are at least 10 and "
        "the order's lines are fewer than 50.",
    "deny: refund, when: {all: [{name: order.tags, operator: shares_at_least_one_element_with, value: [fragile, gift]}]}":
        "Refund: not if the order's tags include “fragile” or “gift”.",
    "deny: [refund, credit], when: action.amount >= 100 and order.notes == order.other":
        "Refund or credit: not if the amount is at least £100 and the order's notes are the same as the order's other.",
    "deny: refund, when: action.amount > half + small":
        "Refund: not if the amount is more than 50% of the order's total plus the small (£10).",
    'deny: release, when: "min(order.lines, 5) + 2 > 6 and days_since(order.due) < 0"':
        "Release: not if the least of the order's lines and 5 plus 2 is more than 6 and the delivery lies ahead.",
    "deny: refund, when: order.gift":
        "Refund: not if it is a gift.",
    "deny: credit, when: not order.gift":
        "Credit: not if it is not a gift.",
    "only_if: release, any: [order.gift, order.lines == 3, order.lines == 5], otherwise: {escalate: boss}":
        "Release: only if one of these holds: It is a gift The order's lines are 3 The order's lines are 5 Otherwise ask a boss.",
    "only_if: release, any: [not customer.is_new]": "Release: not if “customer is new” holds.",
    "deny: credit, when: {order.tags: not(none)}": "Credit: not if there are any order's tags.",
    "escalate: release, to: boss, when: actor.role < 'lead', mode: shadow": "Release: ask a boss first, if it is an AI agent or a clerk who gives it.",
}  # fmt: skip


@pytest.mark.parametrize("rule", SENTENCES)
def test_each_form_of_a_condition_has_its_words(rule: str, tmp_path: Path) -> None:
    """Comparisons, sets, texts, times, cells and trees are each said in the words of a person."""
    (tmp_path / "pack.yaml").write_text(f"{ODD}rules:\n  - {{id: a-rule, because: fair, {rule}}}\n", encoding="utf-8")
    checked = load_pack(tmp_path)
    (item,) = (item for item in items(explain_pack(checked, "en")) if item.name == "a-rule")
    assert prose(item).strip() == SENTENCES[rule]
    assert item.shadow == ("shadow" in rule)


def write_approved() -> None:
    """Write every approved page anew."""
    for name in PACKS:
        (APPROVED / f"{name}.txt").write_text(as_text(page_of(name)[1]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_approved()
