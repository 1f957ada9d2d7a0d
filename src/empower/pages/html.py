"""A page as one HTML file that needs nothing else: no network, no script, its style within. Every text is escaped by the tree that holds it."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from empower.pages.page import Item, Page, Section, small_print
from empower.pages.style import CARD_SHEET, STYLE

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def as_html(*pages: Page) -> str:
    """One or more pages as a file; printed, each begins on a sheet of its own."""
    first = pages[0]
    html = Element("html", lang="en")  # the sentences are; an author's text may be in another language
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    SubElement(head, "title").text = f"{first.title}: {first.kicker}"
    SubElement(head, "style")
    body = SubElement(html, "body", {"class": first.form})
    for page in pages:
        _page(body, page)
    text = tostring(html, encoding="unicode", method="html")
    style = STYLE + (CARD_SHEET if first.form == "card" else "")
    return f"<!doctype html>\n{text.replace('<style></style>', f'<style>{style}</style>', 1)}"


def _page(body: Element, page: Page) -> None:
    main = SubElement(body, "main")
    header = SubElement(main, "header")
    _said(header, "p", page.kicker, "kicker")
    _said(header, "h1", page.title)
    if page.lead:
        _said(header, "p", page.lead, "lead")
    for section in page.sections:
        _section(main, section)
    if page.foot:
        _said(SubElement(main, "footer"), "p", page.foot)


def _section(main: Element, section: Section) -> None:
    block = SubElement(main, "section")
    _said(block, "h2", section.title)
    if section.lead:
        _said(block, "p", section.lead, "lead")
    plain = all(item == Item(item.text) for item in section.items)
    items = SubElement(block, "ol" if section.numbered else "ul", {"class": "items plain" if plain else "items"})
    for item in section.items:
        _item(SubElement(items, "li", {"class": "shadow"} if item.shadow else {}), item)


def _item(parent: Element, item: Item) -> None:
    if item.figure:
        short = SubElement(parent, "p", {"class": "short"})
        _said(short, "strong", item.subject)
        _said(short, "b", item.figure)
        if item.text:
            _said(parent, "p", item.text, "after")
    else:
        _sentence(parent, item)
    if item.lines and all(label for label, _ in item.lines):
        _table(parent, item)
    elif item.lines:
        lines = SubElement(parent, "ul", {"class": "lines"})
        for label, text in item.lines:
            _said(lines, "li", f"{label}: {text}" if label else text)
    if item.after:
        _said(parent, "p", item.after, "after")
    if item.quote:
        _said(parent, "p", item.quote, "quote")
    *reasons, name = small_print(item)
    text = " ".join(reasons)
    if text or name:
        small = _said(parent, "p", f"{text} " if text else "", "small")
        if name:
            _said(small, "code", name)


def _sentence(parent: Element, item: Item) -> None:
    sentence = SubElement(parent, "p")
    if item.subject:
        subject = SubElement(sentence, "strong")
        subject.text, subject.tail = item.subject, item.text
    else:
        sentence.text = item.text


def _table(parent: Element, item: Item) -> None:
    table = SubElement(parent, "table")
    for label, text in item.lines:
        row = SubElement(table, "tr")
        _said(row, "th", label).set("scope", "row")
        _said(row, "td", text)


def _said(parent: Element, tag: str, text: str, class_: str = "") -> Element:
    element = SubElement(parent, tag, {"class": class_} if class_ else {})
    element.text = text
    return element
