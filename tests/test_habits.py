"""Whatever language an author thinks in, the problem names the word and writes out how the same is said here: the texts of hostile/habits.yaml."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from empower.language.odd import ODD, PLAIN
from test_expressions import HEAD, KEYS, problems, underlined

BOOK: dict[str, dict[str, list[str]]] = yaml.safe_load((Path(__file__).parent / "hostile" / "habits.yaml").read_text(encoding="utf-8"))
CASES = [pytest.param(place, text, entry, id=f"{place}: {text[:60]}") for place, texts in BOOK.items() for text, entry in texts.items()]
CELL = "caps: [{{id: r, for: refund, because: trust, first: [{{{}: {}, at_most: 5}}, {{otherwise: 0}}]}}]"
INSIDE = re.compile(
    r"Traceback|SyntaxError|invalid syntax|NoneType|<unknown>|object at 0x|\bast\.|\b(?:Constant|BinOp|Compare|BoolOp|Name|Attribute|Load)\b"
)
"""What nobody should learn of Python."""


def pack(place: str, text: str) -> str:
    """A pack with a text at a place."""
    written = json.dumps(text, ensure_ascii=False)
    fact = place.removeprefix("cell:")
    return HEAD + (KEYS[place].format(written) if fact == place else CELL.format(fact, written))


@pytest.mark.parametrize(("place", "text", "entry"), CASES)
def test_a_habit_is_answered(place: str, text: str, entry: list[str], tmp_path: Path) -> None:
    """One problem for one mistake: its code, the very word, and how the same is written; what becomes of the text is accepted."""
    code, word, help_, *becomes = entry
    found, lines = problems(tmp_path, pack(place, text))
    assert [(problem.code, underlined(problem, lines)) for problem in found] == [(code, word)]
    assert found[0].help.startswith(help_)
    assert not INSIDE.search(f"{found[0].message} {found[0].help}")
    for mended in becomes:
        assert problems(tmp_path, pack(place, mended))[0] == ()


@pytest.mark.parametrize("text", [text for texts in BOOK.values() for text in texts])
def test_nothing_odd_passes_for_plain(text: str) -> None:
    """The quick look at a whole text never overlooks what the slow one finds."""
    odd = any(found.lastgroup for found in ODD.finditer(text))
    assert not (odd and PLAIN.fullmatch(text))


def test_the_book_of_habits_is_thick_enough() -> None:
    """There are many, and most of them are mended by what the help says."""
    entries: list[Any] = [entry for texts in BOOK.values() for entry in texts.values()]
    assert len(entries) >= 500
    assert sum(len(entry) == 4 for entry in entries) >= len(entries) // 2
