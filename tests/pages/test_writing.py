"""Pages written down: the same words as text, Markdown and HTML, and nothing that an author writes becomes a sign of the form."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings, strategies
from markdown_it import MarkdownIt

from commands import run
from empower import load_pack
from empower.demo import shipped_packs
from empower.pages.html import as_html
from empower.pages.markdown import as_markdown
from empower.pages.page import Item, Page, Section, whole_text
from empower.pages.text import as_text
from empower.pages.whole import explain_pack

PACKS = shipped_packs()
NASTY = Item(
    text="<script>alert(1)</script> & *stars* _lines_ `code` [a](b) # 1. - end", subject="<b>bold</b>", lines=(("<i>", "a | b"), ("", "- c")),
    after="1. after &amp;", quote="“</p>”", value="<value>", name="an-id", origin="parent", shadow=True,
)  # fmt: skip
HARMLESS = Page("T<", "K&", "<lead>", (Section("S<", (NASTY, NASTY), "L<", numbered=True),), "F<")
ELEMENTS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "header",
    "footer",
    "section",
    "h1",
    "h2",
    "p",
    "ol",
    "ul",
    "li",
    "strong",
    "code",
}
MARKDOWN = MarkdownIt()


class Words(HTMLParser):
    """The words of a document, its style left out, and the names of its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.names: list[str] = [""]
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        assert all(name in ("class", "lang", "charset", "name", "content", "http-equiv", "scope") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        if self.names[-1] != "style":
            self.words.append(data)


def bare(text: str) -> str:
    """A text without its spaces."""
    return re.sub(r"\s+", "", text)


def said(page: Page) -> list[str]:
    """Everything that a page says."""
    found = [page.title, page.lead, page.foot]
    for section in page.sections:
        found += [section.title, section.lead]
        for item in section.items:
            found += [whole_text(item) if not item.figure else item.text, item.figure, item.after, item.quote, item.value, item.name]
            found += [part for line in item.lines for part in line]
    return [text for text in found if text]


@pytest.mark.parametrize("name", PACKS)
def test_all_forms_say_the_same(name: str) -> None:
    """Whatever is on a page is in its text, its Markdown and its HTML."""
    checked = load_pack(PACKS[name])
    page = explain_pack(checked, checked.languages[0])
    forms = bare(as_text(page)), bare(words_of(as_markdown(page))), bare("".join(Words(as_html(page)).words))
    for text in said(page):
        assert [bare(text) in form for form in forms] == [True] * 3, text


def words_of(markdown: str) -> str:
    """What a reader of Markdown sees."""
    return "".join(Words(MARKDOWN.render(markdown)).words)


@pytest.mark.parametrize("text", list(dict.fromkeys(said(HARMLESS))))
def test_what_an_author_writes_is_shown_as_written(text: str) -> None:
    """A text that looks like HTML or Markdown is shown, not obeyed."""
    page = as_html(HARMLESS)
    assert set(Words(page).names) <= {"", *ELEMENTS}
    assert bare(text) in bare("".join(Words(page).words))
    assert bare(text) in bare(words_of(as_markdown(HARMLESS)))


@settings(max_examples=40)
@given(strategies.text(min_size=1, max_size=60).filter(str.isprintable).filter(str.strip))
def test_any_text_survives(text: str) -> None:
    """No text breaks out of its element."""
    page = Page("T", "K", "", (Section("S", (Item(f"x{text}x"),)),))
    assert f"x{text}x" in html.unescape(as_html(page))
    assert bare(f"x{text}x") in bare(words_of(as_markdown(page)))


def test_a_file_needs_nothing_else() -> None:
    """The HTML names no other file and holds no script; its policy forbids both."""
    page = as_html(HARMLESS)
    assert not re.search(r"(?:src|href)=|url\(|@import|<script", page)
    assert "default-src 'none'" in page


def test_a_card_is_printed_on_its_own_sheet() -> None:
    """Several cards are one file, each on a sheet of A6."""
    card = Page("Driver", "Pocket card", "", (Section("S", (Item(".", "Refund"),)),), form="card")
    page = as_html(card, card)
    assert (page.count("<main>"), "size: A6" in page, "main + main { break-before: page }" in page) == (2, True, True)
    assert "size: A6" not in as_html(HARMLESS)


def test_the_command_writes_each_form() -> None:
    """`--format` chooses the form."""
    for form, sign in (("text", "Coffee shop\n==="), ("markdown", "# Coffee shop\n"), ("html", "<!doctype html>\n<html lang=")):
        assert sign in run("explain", "coffee-shop", "--format", form).stdout
