"""A page as Markdown, for a repository or a wiki."""

from __future__ import annotations

import re
from collections.abc import Iterator

from empower.pages.page import Item, Page, Section, small_print, whole_text

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&])|^([-+])|^(\d+)(?=[.)])")


def as_markdown(page: Page) -> str:
    """The page, every sign that Markdown would take for its own escaped."""
    lines = [f"# {escaped(page.title)}", "", f"*{escaped(page.kicker)}*"]
    if page.lead:
        lines += ["", f"> {escaped(page.lead)}"]
    for section in page.sections:
        lines += ["", *_section(section)]
    if page.foot:
        lines += ["", "---", "", f"*{escaped(page.foot)}*"]
    return "\n".join(lines)


def _section(section: Section) -> Iterator[str]:
    yield f"## {escaped(section.title)}"
    yield ""
    if section.lead:
        yield from (escaped(section.lead), "")
    for number, item in enumerate(section.items, 1):
        yield from _item(item, f"{number}. " if section.numbered else "* ")


def _item(item: Item, mark: str) -> Iterator[str]:
    inside = " " * len(mark)
    subject = f"**{escaped(item.subject)}**" if item.subject else ""
    yield f"{mark}{subject}{escaped(whole_text(item).removeprefix(item.subject))}"
    if item.lines:
        yield ""
    for label, text in item.lines:
        yield f"{inside}* " + (f"**{escaped(label)}**: {escaped(text)}" if label else escaped(text))
    for more in (escaped(item.after), escaped(item.quote), _small(item)):
        if more:
            yield from ("", f"{inside}{more}")


def _small(item: Item) -> str:
    *reasons, name = small_print(item)
    text = " ".join(escaped(each) for each in reasons)
    return " ".join(filter(None, [f"*{text}*" if text else "", f"`{name}`" if name else ""]))


def escaped(text: str) -> str:
    """A text that Markdown shows as it is."""
    return _SPECIAL.sub(lambda found: f"{found.group(3)}\\" if found.group(3) else f"\\{found.group()}", text)
