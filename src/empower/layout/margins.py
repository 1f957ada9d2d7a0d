"""What stands in the margins of a YAML file: its comments, found as what lies outside every scalar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from empower.noun import frozen
from empower.places import Node

_HEADER = re.compile(r"[|>][0-9+-]*")
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#")


@frozen
class Comment:
    """A comment: the column of its `#`, and its text from there on."""

    column: int
    text: str


def find_comments(lines: Sequence[str], root: Node) -> dict[int, Comment]:
    """Every comment, by its line."""
    taken: dict[int, list[range]] = {}
    for leaf in leaves(root):
        for number, start, end in _stretches(leaf, lines):
            taken.setdefault(number, []).append(range(start, end))
    found = {}
    for number, line in enumerate(lines):
        for sign in _COMMENT.finditer(line):
            at = sign.start()
            if not any(at in stretch for stretch in taken.get(number, ())):
                found[number] = Comment(at, line[at:].rstrip())
                break
    return found


def leaves(node: Node) -> Iterator[Node]:
    """Every scalar below a node, keys included."""
    if node.key is not None:
        yield node.key
    if node.children is None:
        yield node
        return
    children = node.children.values() if isinstance(node.children, dict) else node.children
    for child in children:
        yield from leaves(child)


def header_of(leaf: Node, lines: Sequence[str]) -> str:
    """The sign with which a block scalar begins, and what stands at it: `|`, `>-`, `|2+`."""
    found = _HEADER.match(lines[leaf.line], leaf.column)
    assert found is not None
    return found.group()


def body_of(leaf: Node, lines: Sequence[str]) -> range:
    """The lines of a block scalar below its header."""
    last = leaf.last_line + 1 if leaf.last_column else leaf.last_line
    return range(leaf.line + 1, min(last, len(lines)))


def _stretches(leaf: Node, lines: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """The parts of lines that a scalar takes."""
    if leaf.style in ("|", ">"):
        yield leaf.line, leaf.column, leaf.column + len(header_of(leaf, lines))
        yield from ((number, 0, len(lines[number])) for number in body_of(leaf, lines))
        return
    for number in range(leaf.line, leaf.last_line + 1):
        start = leaf.column if number == leaf.line else 0
        yield number, start, leaf.last_column if number == leaf.last_line else len(lines[number])
