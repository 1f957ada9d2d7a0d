"""A page: what is said, before it is written down as text, Markdown or HTML."""

from __future__ import annotations

from typing import Literal

from empower.noun import frozen


@frozen
class Item:
    """One thing said: a sentence, what belongs to it line by line, and in small print why and where it stands."""

    text: str
    subject: str = ""
    """What the sentence begins with: what it is about."""
    figure: str = ""
    """The one number of a short line, between its subject and its text."""
    lines: tuple[tuple[str, str], ...] = ()
    """Each with its label, which may be empty."""
    after: str = ""
    """What follows from the lines together."""
    quote: str = ""
    """The author's own words, in quotes."""
    value: str = ""
    """The sentence of the mission that it serves."""
    name: str = ""
    """The id of the guardrail, for small print."""
    origin: str = ""
    """The parent that declares it; empty for the pack itself."""
    shadow: bool = False
    """It only notes what it would have said."""


@frozen
class Section:
    """Several things under one heading."""

    title: str
    items: tuple[Item, ...]
    lead: str = ""
    numbered: bool = False


@frozen
class Page:
    """All that is on one page."""

    title: str
    kicker: str
    """What kind of page it is, above the title."""
    lead: str
    sections: tuple[Section, ...]
    foot: str = ""
    form: Literal["page", "card"] = "page"


def whole_text(item: Item) -> str:
    """All of a sentence, as it is read aloud."""
    if not item.figure:
        return item.subject + item.text
    return f"{item.subject}: {item.figure}.{' ' if item.text else ''}{item.text}"


def small_print(item: Item) -> tuple[str, ...]:
    """Why a guardrail is there and where it comes from, each a sentence; last its id, which may be empty."""
    reasons = [
        f"Because: {item.value}" if item.value else "",
        f"From {item.origin}, for all who build on it." if item.origin else "",
        "In shadow: it only notes what it would have said." if item.shadow else "",
    ]
    return (*(reason for reason in reasons if reason), item.name)
