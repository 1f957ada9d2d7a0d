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
        assert whole_text(item).endswith((".", ":", "?", "!")), text


def test_an_exception_is_told_apart() -> None:
    """`unless` is said as the exception that it is, and a named constant by its name, with its value."""
    (item,) = (item for item in items(page_of("grocery-doorstep")[1]) if item.name == "many-claims")
    assert whole_text(item).endswith("at least 3, unless the item's value is at most the recovery cost (£5.20).")


def write_approved() -> None:
    """Write every approved page anew."""
    for name in PACKS:
        (APPROVED / f"{name}.txt").write_text(as_text(page_of(name)[1]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_approved()
