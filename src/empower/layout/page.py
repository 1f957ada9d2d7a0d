"""The lines of a file, written anew from where everything stands in it.

No scalar and no comment is made here: each is carried over as it is written, save its quotes. Line breaks within texts and brackets stay
where their author put them. A comment stays with the key that it stands above or beside, wherever that key goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from empower.layout.margins import Comment, body_of, header_of
from empower.noun import define, frozen
from empower.pack import Place
from empower.places import Node

STEP = 2
Line = str | None
"""A line; None: a blank one between parts, of which one is as good as several."""


@frozen
class Entry:
    """A key with its value, and what stands above them."""

    key: str
    above: Sequence[Line]
    body: Sequence[Line]


@frozen
class Part:
    """Something in brackets, and whether it begins on a line of its own."""

    node: Node
    place: Place
    turned: bool


@define
class Page:
    """A file that is being written anew."""

    lines: Sequence[str]
    comments: dict[int, Comment]
    """Those not written yet, by their line."""
    order: Callable[[Place], Sequence[str]]
    upto: int = 0
    """All lines before this one are written."""

    def whole(self, root: Node) -> list[Line]:
        """All lines."""
        found = self.above(root.line, 0) if root.flow or root.children is None else []
        found += (
            self.flow("", root, ())
            if root.flow
            else self.block(root, 0, (), -1)
            if root.children is not None
            else self.text("", root, 0, 0)
        )
        return [*found, *self.above(len(self.lines), 0)]

    # -------------------------------------------------------------------------------------------- margins

    def above(self, line: int, indent: int) -> list[Line]:
        """The comments and blank lines before a line that were not written yet."""
        found: list[Line] = []
        for number in range(self.upto, line):
            comment = self.comments.pop(number, None)
            if comment is not None:
                found.append(" " * indent + comment.text)
            elif not self.lines[number].strip():
                found.append(None)
        self.upto = max(self.upto, line)
        return found

    def beside(self, text: str, line: int, shift: int = 0) -> str:
        """A line with the comment that stands behind it, in its column where that is still free."""
        comment = self.comments.pop(line, None)
        self.upto = max(self.upto, line + 1)
        return text if comment is None else text + " " * max(2, comment.column + shift - len(text)) + comment.text

    def below(self, column: int, around: int, indent: int) -> list[Line]:
        """The comments behind the last part of a block that stand in its column, so that they belong to it."""
        found: list[Line] = []
        blank: list[Line] = []
        for number in range(self.upto, len(self.lines)):
            comment = self.comments.get(number)
            if comment is None and not self.lines[number].strip():
                blank.append(None)
            elif comment is not None and comment.column >= column and comment.column > around and self._alone(number):
                found += [*blank, " " * indent + comment.text]
                blank = []
                del self.comments[number]
                self.upto = number + 1
            else:
                break
        return found

    def _alone(self, line: int) -> bool:
        return not self.lines[line][: self.comments[line].column].strip()

    # -------------------------------------------------------------------------------------------- blocks

    def block(self, node: Node, indent: int, place: Place, around: int) -> list[Line]:
        """A mapping or list without brackets; `around` is the column of what it stands in."""
        found: list[Line] = []
        if isinstance(node.children, dict):
            for entry in self.entries(node, indent, place):
                found += [*entry.above, *entry.body]
        else:
            for index, child in enumerate(node.children or ()):
                found += self.item(child, indent, (*place, index), node.column)
        return [*found, *self.below(node.column, around, indent)]

    def entries(self, node: Node, indent: int, place: Place) -> list[Entry]:
        """The keys of a mapping, in order."""
        assert isinstance(node.children, dict)
        found = []
        for name, value in node.children.items():
            assert value.key is not None
            above = self.above(value.key.line, indent)
            found.append(Entry(name, above, self.pair(value.key, value, indent, (*place, name))))
        order = {key: number for number, key in enumerate(self.order(place))}
        return sorted(found, key=lambda entry: order.get(entry.key, len(order))) if order else found

    def pair(self, key: Node, value: Node, indent: int, place: Place) -> list[Line]:
        """A key and its value."""
        head, shift = f"{' ' * indent}{self.written(key)}:", indent - key.column
        if value.children is not None and not value.flow:
            return [self.beside(head, key.last_line, shift), *self.block(value, indent + STEP, place, key.column)]
        if _empty(value):
            return [self.beside(head, key.last_line, shift)]
        if value.line == key.last_line:
            return self.value(f"{head} ", value, place, indent + STEP, shift)
        first = self.beside(head, key.last_line, shift)
        above = self.above(value.line, indent + STEP)
        return [first, *above, *self.value(" " * (indent + STEP), value, place, indent + STEP, indent + STEP - value.column)]

    def item(self, node: Node, indent: int, place: Place, around: int) -> list[Line]:
        """An item of a list, behind its dash."""
        above = self.above(node.line, indent)
        dash = f"{' ' * indent}- "
        if node.children is None or node.flow:
            return [
                *above,
                *(
                    [self.beside(dash.rstrip(), node.line)]
                    if _empty(node)
                    else self.value(dash, node, place, indent + STEP, indent + STEP - node.column)
                ),
            ]
        if isinstance(node.children, dict):
            first, *others = self.entries(node, indent + STEP, place)
            above += [f"{' ' * indent}{line.lstrip()}" for line in first.above if line is not None]
            body = [
                *first.body,
                *(line for entry in others for line in (*entry.above, *entry.body)),
                *self.below(node.column, around, indent + STEP),
            ]
        else:
            body = self.block(node, indent + STEP, place, around)
        while body[0] is None or body[0].lstrip().startswith("#"):  # what stands above the first part goes above its dash
            line = body.pop(0)
            above.append(line if line is None else f"{' ' * indent}{line.lstrip()}")
        return [*above, dash + str(body[0]).lstrip(), *body[1:]]

    # -------------------------------------------------------------------------------------------- values

    def value(self, start: str, node: Node, place: Place, hang: int, shift: int) -> list[Line]:
        """A scalar, or something in brackets, behind what stands before it on its line; further lines hang at a column."""
        if node.flow:
            lines = self.flow(start, node, place)
            lines[-1] = self.beside(str(lines[-1]), node.last_line, shift)
            return lines
        return self.literal(start, node, hang, shift) if node.style in ("|", ">") else self.text(start, node, hang, shift)

    def text(self, start: str, node: Node, hang: int, shift: int) -> list[Line]:
        """A plain or quoted scalar, on as many lines as it was."""
        first, *others = self.pieces(node)
        lines: list[Line] = [start + first, *(f"{' ' * hang}{piece}" if piece else "" for piece in others)]
        lines[-1] = self.beside(str(lines[-1]), node.last_line, shift)
        return lines

    def literal(self, start: str, node: Node, hang: int, shift: int) -> list[Line]:
        """A block scalar: its header, and its lines moved as a whole."""
        header = header_of(node, self.lines)
        body = [self.lines[number] for number in body_of(node, self.lines)]
        digit = re.search("[0-9]", header)
        indents = [len(line) - len(line.lstrip(" ")) for line in body if line.strip()]
        before = min(indents, default=0) if digit is None else _indent_of(self.lines[node.line]) + int(digit.group())
        while body and "+" not in header and not body[-1][before:]:
            body.pop()
        after = hang if digit is None else hang - STEP + int(digit.group())
        first = self.beside(start + header, node.line, shift)
        self.upto = max(self.upto, node.line + 1 + len(body))
        return [first, *(" " * after + line[before:] if line[before:] else "" for line in body)]

    def pieces(self, node: Node) -> list[str]:
        """The lines of a plain or quoted scalar without what indents them."""
        if node.line == node.last_line:
            return [self.written(node)]
        inner = [self.lines[number].strip() for number in range(node.line + 1, node.last_line)]
        return [self.lines[node.line][node.column :].strip(), *inner, self.lines[node.last_line][: node.last_column].strip()]

    def written(self, node: Node) -> str:
        """A scalar on one line as it is written; in double quotes if it is quoted and needs no escapes in them."""
        raw = self.lines[node.line][node.column : node.last_column]
        plain = raw[1:-1].replace("''", "'")
        return f'"{plain}"' if node.style == "'" and not set('"\\') & set(plain) else raw

    # -------------------------------------------------------------------------------------------- brackets

    def flow(self, start: str, node: Node, place: Place) -> list[Line]:
        """Something in brackets. What began on a line of its own still does, in the column of the first item."""
        opened = self.lines[node.line][node.column] in "{["
        signs = ("{", "}") if isinstance(node.children, dict) else ("[", "]")
        lines: list[Line] = [start + (signs[0] if opened else "")]
        parts = self.parts(node, place)
        hanging = bool(parts) and not parts[0].turned
        column = len(str(lines[0])) if hanging else _indent_of(start) + STEP
        line = node.line
        for number, part in enumerate(parts):
            lines[-1] = f"{lines[-1]}{',' if number else ''}"
            if part.turned:
                self.turn(lines, line, _start_of(part.node).line, column)
            elif number:
                lines[-1] = f"{lines[-1]} "
            self.inside(lines, part.node, part.place)
            line = max(line, _end_of(part.node))
        if opened and node.last_line > line:
            self.turn(lines, line, node.last_line, column)
            lines[-1] = " " * (column - 1 if hanging else _indent_of(start))
        lines[-1] = f"{lines[-1]}{signs[1] if opened else ''}"
        self.upto = max(self.upto, node.last_line)
        return lines

    def parts(self, node: Node, place: Place) -> list[Part]:
        """What stands in brackets. On one line it is put in order; over several lines the author chose what stands on which."""
        pairs: list[tuple[str | int, Node]] = [
            *(node.children.items() if isinstance(node.children, dict) else enumerate(node.children or ()))
        ]
        ends = [node.line, *(_end_of(child) for _, child in pairs)]
        found = [Part(child, (*place, name), _start_of(child).line > end) for (name, child), end in zip(pairs, ends, strict=False)]
        order = {key: number for number, key in enumerate(self.order(place))}
        if not order or node.last_line > node.line:
            return found
        return sorted(found, key=lambda part: order.get(str(part.place[-1]), len(order)))

    def turn(self, lines: list[Line], line: int, begins: int, column: int) -> None:
        """Go on to a new line within brackets, with the comments that stand behind the last one and above the next."""
        lines[-1] = self.beside(str(lines[-1]), line)
        lines += self.above(begins, column)
        lines.append(" " * column)

    def inside(self, lines: list[Line], node: Node, place: Place) -> None:
        """An item within brackets, at the end of the last line."""
        hang = len(str(lines[-1])) + STEP
        if node.key is not None:
            colon = self.lines[node.key.last_line][node.key.last_column :].lstrip().startswith(":") or not _empty(node)
            lines[-1] = f"{lines[-1]}{self.written(node.key)}{':' if colon else ''}"
            if not _empty(node) and node.line > node.key.last_line and node.key.last_line in self.comments:
                self.turn(lines, node.key.last_line, node.line, hang)
            elif not _empty(node) or colon:
                lines[-1] = f"{lines[-1]} "
        if node.flow:
            lines[-1:] = self.flow(str(lines[-1]), node, place)
        elif not _empty(node):
            first, *others = self.pieces(node)
            lines[-1] = f"{lines[-1]}{first}"
            lines += [f"{' ' * hang}{piece}" if piece else "" for piece in others]


def _start_of(node: Node) -> Node:
    return node.key or node


def _end_of(node: Node) -> int:
    return max(_start_of(node).last_line, node.last_line)


def _empty(node: Node) -> bool:
    """Whether a scalar is not written at all."""
    return node.children is None and node.style is None and (node.line, node.column) == (node.last_line, node.last_column)


def _indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
