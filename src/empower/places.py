"""Where everything stands in a file of a pack: from a path into the document, and a stretch of a text, to lines and columns.

A mapping is shown by its `id`, or else by its first key; a list by its first item; a text over several lines by its key.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence

from empower.noun import define
from empower.pack import Place
from empower.problems import Span, split_lines

_ESCAPE = re.compile(r"\\(?:x..|u.{4}|U.{8}|.)|.")
_APOSTROPHE = re.compile("''|.")


@define
class Node:
    """A value, or a key, of a YAML document; lines and columns count from 0, as its reader does."""

    line: int
    column: int
    last_line: int
    last_column: int
    style: str | None
    """How a scalar is written: None (plain), `'`, `"`, `|`, `>`."""
    key: Node | None = None
    children: dict[str, Node] | list[Node] | None = None
    open: bool = False
    """More children may come: the reader has not seen the end yet."""
    flow: bool = False
    """Of a container: it stands in brackets, and its last line and column are those of its end; of any other they are those of its start."""


class Places:
    """The places of one file. It is read for them when one is asked for, and no further than that one, since only errors and explanations ask.

    `read` gives the root again and again, each time with more in it.
    """

    def __init__(self, text: str, file: str, read: Callable[[str], Iterator[Node]]) -> None:
        self._text, self._file, self._read = text, file, read
        self._lines: list[str] = []
        self._more: Iterator[Node] | None = None
        self._lock = threading.Lock()
        self._root = Node(0, 0, 0, 0, None, children={}, open=True)

    def find(self, place: Place) -> Span:
        """The span of a value; of a key, as (*place, "<key>"); of a stretch of a text, as (*place, "<text>", start, end)."""
        with self._lock:
            if len(place) > 2 and place[-3] == "<text>":
                node = self._node(place[:-3])
                return self._stretch(node, int(place[-2]), int(place[-1])) or self._span(node)
            if place and place[-1] == "<key>":
                node = self._node(place[:-1])
                return self._span(node.key or node)
            return self._span(self._node(place))

    def _node(self, place: Place) -> Node:
        """The node at a place, or the nearest one around it; reads on until it is certain."""
        if self._more is None:
            self._lines = split_lines(self._text)
            self._more = self._read(self._text)
        while True:
            node = _walk(self._root, place)
            settled = not node.open or (not place and bool(node.children))
            if settled or (root := next(self._more, None)) is None:
                return node
            self._root = root

    def _span(self, node: Node) -> Span:
        node = _head(node)
        if node.line == node.last_line:
            quotes = 1 if node.style in ("'", '"') else 0
            return self._made(node.line, node.column + quotes, node.last_column - quotes)
        if node.key is not None:
            return self._span(node.key)
        return self._made(node.line, node.column, len(self._lines[node.line].rstrip()))

    def _made(self, line: int, start: int, end: int) -> Span:
        return Span(self._file, line + 1, start + 1, max(end, start + 1) + 1)

    def _stretch(self, node: Node, start: int, end: int) -> Span | None:
        """A stretch of a scalar; None where its characters do not stand in the file as they are read."""
        if node.children is not None:
            return None
        if node.line == node.last_line:
            written = self._lines[node.line][node.column : node.last_column]
            columns = written_columns(written, node.style)
            if end >= len(columns):
                return None
            return self._made(node.line, node.column + columns[start], node.column + columns[end])
        return self._block_stretch(node, start, end) if node.style in ("|", ">") else None

    def _block_stretch(self, node: Node, start: int, end: int) -> Span | None:
        body = self._lines[node.line + 1 : node.last_line + 1]
        header = self._lines[node.line][node.column :].split("#")[0]
        indent = next((len(line) - len(line.lstrip(" ")) for line in body if line.strip()), 0)
        inside = [line for line in body if line[:indent].isspace() and line.strip()]
        if not inside or re.search(r"\d", header) or (node.style == ">" and len(inside) > 1):
            return None
        for number, line in enumerate(body):
            length = max(0, len(line) - indent)
            if start <= length:
                return self._made(node.line + 1 + number, indent + start, indent + min(end, length))
            start, end = start - length - 1, end - length - 1
        return None


def _walk(node: Node, place: Place) -> Node:
    """The node at a place, or the nearest one around it."""
    for part in place:
        children = node.children
        if isinstance(children, dict) and part in children:
            node = children[str(part)]
        elif isinstance(children, list) and isinstance(part, int) and part < len(children):
            node = children[part]
        else:
            break
    return node


def _head(node: Node) -> Node:
    """What a container is shown by."""
    while node.children:
        if isinstance(node.children, list):
            node = node.children[0]
        elif "id" in node.children and node.children["id"].children is None:
            return node.children["id"]
        else:
            first = next(iter(node.children.values()))
            node = first.key or first
    empty = node.children is None and node.style is None and (node.line, node.column) == (node.last_line, node.last_column)
    if node.children is not None:
        return node.key or Node(node.line, node.column, node.line, node.column + 1, None)
    return node.key if empty and node.key is not None else node


def written_columns(written: str, style: str | None) -> Sequence[int]:
    """The column, in a scalar on one line as it is written, of each character that is read, and of its end."""
    if style not in ("'", '"'):
        return range(len(written) + 1)
    tokens = (_APOSTROPHE if style == "'" else _ESCAPE).finditer(written, 1, len(written) - 1)
    return [*(token.start() for token in tokens), len(written) - 1]
