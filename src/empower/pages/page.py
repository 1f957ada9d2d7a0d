"""A page: what is said, before it is written down as text, Markdown or HTML."""

from __future__ import annotations

from empower.noun import frozen


@frozen
class Item:
    """One thing said: a sentence, what belongs to it line by line, and in small print why and where it stands."""

    text: str
    lines: tuple[str, ...] = ()
    after: str = ""
    """What follows from the lines together."""
    quote: str = ""
    """The author's own words for staff."""
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
    language: str = "en"
