"""Edits to packs that ship, one number or word at a time: what an author changes in a hurry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(path.parent.name for path in ROOT.glob("rules/*/pack.yaml"))
NUMBER = re.compile(r"(?<![\w.'-])(\d+(?:\.\d+)?)(?![\w.'%-])")
SAID = re.compile(r"#|\b(say|staff|customer|examples|title|nudge|from|until|rank|it|action|context)\b[^,]*$")
"""Before a number that decides nothing: in a comment, a text, a date, a case."""
SECTIONS = re.compile(r"^(define|rules|caps|budgets|assume):\n(.*?)(?=^\w|\Z)", re.MULTILINE | re.DOTALL)


@frozen
class Plant:
    """One place in a pack where one number is replaced by another."""

    pack: str
    line: int
    text: str
    """The whole of `pack.yaml` with it."""
    said: str

    def __str__(self) -> str:
        return f"{self.pack}:{self.line} {self.said}"


def plants() -> Iterator[Plant]:
    """Every number in the guardrails of every pack that ships, made larger and smaller by one."""
    for pack in SHIPPED:
        text = (ROOT / "rules" / pack / "pack.yaml").read_text(encoding="utf-8")
        for section in SECTIONS.finditer(text):
            for number in NUMBER.finditer(text, section.start(2), section.end(2)):
                before = text[text.rfind("\n", 0, number.start()) + 1 : number.start()]
                yield from around(pack, text, number, decides=not SAID.search(before))


def around(pack: str, text: str, number: re.Match[str], *, decides: bool) -> Iterator[Plant]:
    """One number, one larger and one smaller."""
    whole, dot, rest = number[1].partition(".")
    for other in (int(whole) + 1, int(whole) - 1):
        if decides and other >= 0:
            made = f"{other}{dot}{rest}"
            line = text.count("\n", 0, number.start()) + 1
            yield Plant(pack, line, text[: number.start()] + made + text[number.end() :], f"{number[1]} → {made}")
