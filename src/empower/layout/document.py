"""A whole file laid out, and the proof that it says what it said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from empower.layout.margins import find_comments
from empower.layout.orders import order_in_cases, order_in_pack
from empower.layout.page import Line, Page
from empower.load import read_places, read_yaml
from empower.pack import Place
from empower.problems import split_lines

_Order = Callable[[Place], Sequence[str]]


class LayoutError(ValueError):
    """A file could not be laid out without losing something; a defect here, never of the file."""


def lay_out_pack(text: str, file: str = "pack.yaml") -> str:
    """The text of a `pack.yaml`, laid out.

    Raises:
        PackError: it cannot be read.
        LayoutError: it would say something else than before.
    """
    return _laid_out(text, file, order_in_pack)


def lay_out_cases(text: str, file: str = "cases.yaml") -> str:
    """The text of a `cases.yaml`, laid out.

    Raises:
        As `lay_out_pack`.
    """
    return _laid_out(text, file, order_in_cases)


def _laid_out(text: str, file: str, order: _Order) -> str:
    value = read_yaml(text, file)
    found = _written(text, order)
    if not _same(value, read_yaml(found, file), (), order):
        raise LayoutError(f"'{file}' would no longer mean the same")
    if _comments(text) != _comments(found):
        raise LayoutError(f"'{file}' would lose a comment")
    return found


def _written(text: str, order: _Order) -> str:
    lines, root = split_lines(text), read_places(text)
    page = Page(lines, find_comments(lines, root), order)
    return "".join(f"{line}\n" for line in _spaced(page.whole(root)))


def _spaced(lines: Sequence[Line]) -> list[str]:
    """The lines with one blank line in place of several, and none at either end."""
    found: list[str] = []
    blank = False
    for line in lines:
        if line is not None:
            found += ["", line] if blank and found else [line]
        blank = line is None
    return found


def _comments(text: str) -> Counter[str]:
    return Counter(comment.text for comment in find_comments(split_lines(text), read_places(text)).values())


def _same(before: Any, after: Any, place: Place, order: _Order) -> bool:
    """Whether two values are the same; keys may stand otherwise only where they have an order of their own."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = (sorted(before), sorted(after)) if order(place) else (list(before), list(after))
        return keys[0] == keys[1] and all(_same(value, after[key], (*place, key), order) for key, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(
            _same(*pair, (*place, index), order) for index, pair in enumerate(zip(before, after, strict=True))
        )
    return bool(before == after)
