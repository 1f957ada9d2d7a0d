"""A page as plain text, wrapped for a terminal or a printer."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from empower.pages.page import Item, Page, Section, small_print, whole_text

WIDTH = 88


def as_text(page: Page, width: int = WIDTH) -> str:
    """The page as lines of at most `width` characters."""
    lines = [page.kicker.upper(), page.title, "=" * len(page.title)]
    if page.lead:
        lines += ["", *_wrapped(page.lead, width)]
    for section in page.sections:
        lines += ["", *_section(section, width)]
    if page.foot:
        lines += ["", *_wrapped(page.foot, width)]
    return "\n".join(lines)


def _section(section: Section, width: int) -> Iterator[str]:
    yield section.title
    yield "-" * len(section.title)
    if section.lead:
        yield from _wrapped(section.lead, width)
        yield ""
    for number, item in enumerate(section.items, 1):
        yield from _item(item, f"{number}. " if section.numbered else "* ", width)


def _item(item: Item, mark: str, width: int) -> Iterator[str]:
    inside = " " * len(mark)
    yield from _wrapped(whole_text(item), width, mark, inside)
    for label, text in item.lines:
        line = f"{label}: {text}" if label else text
        yield from _wrapped(line, width, f"{inside}- ", f"{inside}  ")
    for more in (item.after, item.quote):
        if more:
            yield from _wrapped(more, width, inside, inside)
    *reasons, name = small_print(item)
    small = " ".join([*reasons, *([f"[{name}]"] if name else [])])
    if small:
        yield from _wrapped(small, width, inside, inside)


def _wrapped(text: str, width: int, first: str = "", then: str = "") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False)
