"""Text → `Pack`. The only module that knows YAML; it bounds size and depth, and reads every scalar as text.

YAML is read as a stream of events, without recursion, so a hostile document is refused by its size, depth or first forbidden
construct before anything is built from it. Positions are worked out by a second reading, only when a problem must be shown.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from empower import unreadable
from empower.files import identity, read_text, shown_path
from empower.noun import define, evolve, field, frozen
from empower.pack import Find, Pack, PackDocument, Shaped, as_written, every_key, shape_pack
from empower.places import Node, Places, written_columns
from empower.problems import INVISIBLE_HELP, PROBLEMS_MAX, PackError, Problem, Span, invisible, split_lines

_LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)
_TABLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.csv")
_THOUSANDS = re.compile(r"[0-9]{1,3},[0-9]{3}(?:\.[0-9]+)?")
_STRIDE, _DENSITY = 2**16, 3
"""How often it is looked whether there are so few characters to a part that nobody can have written it."""


@frozen
class Limits:
    """Bounds on what is read; a pack beyond them is refused with code `too-big`."""

    bytes_max: int = 8 * 2**20
    """Of `pack.yaml`, of `cases.yaml`, and of all tables of a pack together."""
    depth_max: int = 24
    scalar_max: int = 20_000
    items_max: int = 20_000
    """Keys of one mapping, and texts of one list; a list of mappings, such as rules, may be longer."""
    parents_max: int = 8

    @property
    def nodes_max(self) -> int:
        """How many keys, values and containers a file may hold: what a file of that size holds that is written by people."""
        return self.bytes_max // 6


def read_pack(path: str | Path, limits: Limits = Limits()) -> Pack:  # noqa: B008  (immutable)
    """Read a pack: a folder with `pack.yaml`, or that file itself.

    What is wrong with its shape stands in its `problems`; what its words mean is for `check_pack`, which reports both.

    Raises:
        PackError: it cannot be read so far that its meaning could be checked.
    """
    return _Reading(Path(path), limits, ancestors=()).pack()


@define
class _Reading:
    """One pack being read."""

    path: Path
    limits: Limits
    ancestors: tuple[tuple[int, int], ...]
    """The files, by device and number, of the packs that extend this one."""
    problems: list[Problem] = field(factory=list)
    sources: dict[str, str] = field(factory=dict)

    def pack(self) -> Pack:
        """The pack, with its parents."""
        file = self.path / "pack.yaml" if os.path.isdir(self.path) else self.path  # noqa: PTH112  (never raises)
        name = shown_path(file)
        text = self.text(file, name, "no-such-file", "a pack is a folder with a file `pack.yaml`")
        find = Places(text, name, _tree).find
        shaped = self.shaped(text, name, find)
        home: Find = lambda place: find(as_written(place, shaped.kept))  # noqa: E731  (an annotated name for a closure)
        tables = self.tables(shaped.document, file.parent, home)
        cases = self.cases(file.parent / "cases.yaml")
        parent = self.parent(shaped.document, file, home)
        digest = hashlib.sha256()
        for part, content in [("pack.yaml", text), *sorted(tables.items()), ("parent", parent.digest if parent else "")]:
            digest.update(f"{part}\0{len(content.encode())}\0{content}".encode())
        return Pack(
            shaped.document, shaped.document.pack, digest.hexdigest(), Path(name).parent, name, tables, cases,
            {**(parent.sources if parent else {}), **self.sources}, home, parent, tuple(self.problems), shaped.broken,
        )  # fmt: skip

    def refuse(self, *problems: Problem) -> PackError:
        """The end of reading: these problems, and those noted before."""
        return PackError([*self.problems, *problems], self.sources)

    def text(self, file: Path, name: str, code: str, help_: str) -> str:
        """The text of a file, noted as a source."""
        self.sources[name], problem = read_text(file, name, self.limits.bytes_max, code, help_)
        if problem is not None:
            raise self.refuse(problem)
        return self.sources[name]

    def shaped(self, text: str, name: str, find: Find) -> Shaped:
        """The document of `pack.yaml`."""
        value = self.yaml(text, name)
        if not isinstance(value, dict):
            raise self.refuse(Problem(Span(name), "wrong-shape", "a pack must be a mapping of keys", "begin with `pack: my-pack`"))
        shaped = shape_pack(value, find)
        if not isinstance(shaped, Shaped):
            raise self.refuse(*shaped)
        self.problems += shaped.problems
        return shaped

    def yaml(self, text: str, name: str) -> Any:
        """The value of a YAML file."""
        builder = _Builder(text, name, self.limits)
        value = builder.value()
        self.problems += builder.problems
        if builder.spoilt:
            raise self.refuse()
        return value

    def tables(self, document: PackDocument, folder: Path, find: Find) -> dict[str, str]:
        """The CSV tables that caps name, each read once."""
        found: dict[str, str] = {}
        left = self.limits.bytes_max
        for index, cap in enumerate(document.caps):
            if cap.table is None or cap.table in found:
                continue
            file, place = folder / cap.table, ("caps", index, "table")
            if not _TABLE.fullmatch(cap.table) or len(cap.table) > 200:
                message = f"'{cap.table[:60]}' is not the name of a CSV file beside the pack"
                help_ = "name a CSV file that lies beside pack.yaml, such as `caps.csv`"
                self.problems.append(Problem(find(place), "bad-table", message, help_))
                continue
            text, problem = read_text(file, shown_path(file), left, "bad-table", "put the table beside pack.yaml")
            self.sources[shown_path(file)] = text
            if problem is not None:
                self.problems.append(problem if text else evolve(problem, span=find(place)))
                continue
            left -= len(text)
            found[cap.table] = text
        return found

    def cases(self, file: Path) -> tuple[Mapping[str, Any], ...]:
        """The cases beside the pack, if there are any."""
        if not os.path.lexists(file):
            return ()
        name = shown_path(file)
        text, problem = read_text(file, name, self.limits.bytes_max, "no-such-file", "")
        self.sources[name] = text
        if problem is not None:
            self.problems.append(problem)
            return ()
        builder = _Builder(text, name, self.limits)
        cases = builder.value()
        self.problems += builder.problems
        if isinstance(cases, list) and all(isinstance(case, dict) for case in cases):
            return tuple(cases)
        if not builder.spoilt:
            at = next((index for index, case in enumerate(cases) if not isinstance(case, dict)), 0) if isinstance(cases, list) else 0
            span = Places(text, name, _tree).find((at,))
            self.problems.append(Problem(span, "wrong-shape", "cases.yaml must be a list of cases", "begin each case with `- it: …`"))
        return ()

    def parent(self, document: PackDocument, file: Path, find: Find) -> Pack | None:
        """The pack that is extended; its problems come together with those of this one."""
        if document.extends is None:
            return None
        span = find(("extends",))
        path = Path(os.path.join(file.parent, document.extends))  # noqa: PTH118  (as written, for the messages)
        target = path / "pack.yaml" if os.path.isdir(path) else path  # noqa: PTH112  (never raises)
        itself = identity(target)
        seen = (*self.ancestors, identity(file) or (0, 0))
        if itself is None:
            help_ = "name the parent's folder, relative to this pack, such as `../company`"
            raise self.refuse(Problem(span, "bad-parent", f"there is no pack at '{document.extends[:200]}'", help_))
        if itself in seen:
            raise self.refuse(
                Problem(span, "bad-parent", f"'{document.extends[:200]}' leads back to this pack", "a pack cannot extend itself")
            )
        if len(seen) >= self.limits.parents_max:
            raise self.refuse(
                Problem(span, "bad-parent", f"more than {self.limits.parents_max} packs extend one another", "use fewer layers")
            )
        try:
            return _Reading(path, self.limits, seen).pack()
        except PackError as error:
            self.sources.update(error.sources)
            raise self.refuse(*error.problems) from None


# ------------------------------------------------------------------------------------------------ YAML


class _Spoilt(Exception):
    """The rest of a file cannot be read."""


def read_yaml(text: str, file: str, limits: Limits = Limits()) -> Any:  # noqa: B008  (immutable)
    """YAML text → dicts, lists and texts; raises `PackError` for anything a pack may not contain."""
    builder = _Builder(text, file, limits)
    value = builder.value()
    if builder.problems:
        raise PackError(builder.problems, {file: text})
    return value


def read_places(text: str) -> Node:
    """Where everything stands in a text that has been read before."""
    *_, root = _tree(text)
    return root


def places_of(text: str, file: str) -> Places:
    """Where everything stands in a file that has been read before, worked out when it is asked for."""
    return Places(text, file, _tree)


def _events(text: str) -> Iterator[Any]:
    loader = _LOADER(text)
    try:
        while (event := loader.get_event()) is not None:
            yield event
    finally:
        loader.dispose()


@define
class _Builder:
    """Builds the value of a YAML file from its events, without recursion.

    A construct that a pack may not contain is noted; as long as the value is not lost by it, reading goes on.
    """

    text: str
    file: str
    limits: Limits
    problems: list[Problem] = field(factory=list)
    spoilt: bool = False
    """Part of the value was lost: what it means cannot be checked."""

    def value(self) -> Any:
        """The value, as far as it could be read."""
        root: list[Any] = []
        try:
            self.build(root)
        except _Spoilt:
            self.spoilt = True
        except yaml.YAMLError as error:
            self.problems.append(_syntax(error, self.text, self.file))
            self.spoilt = True
        if not root and not self.problems:
            self.problems.append(Problem(Span(self.file), "bad-yaml", "the file is empty", "see the tutorial for a first pack"))
            self.spoilt = True
        return root[0] if root else None

    def build(self, root: list[Any]) -> None:
        """Put the value into a list. A frame of the stack is a container and its pending key, or None."""
        stack: list[list[Any]] = [[root, None]]
        documents = 0
        scalar, mapping, sequence = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
        depth_max, scalar_max, nodes_max = self.limits.depth_max, self.limits.scalar_max, self.limits.nodes_max
        for nodes, event in enumerate(_events(self.text)):
            kind = type(event)
            if kind is scalar:
                value = event.value
                if event.anchor is not None or event.tag is not None or len(value) > scalar_max or not value.isprintable():
                    self.decoration(event)
                self.place(stack[-1], value, event)
            elif kind is mapping or kind is sequence:
                if event.anchor is not None or event.tag is not None:
                    self.decoration(event)
                value = {} if kind is mapping else []
                self.place(stack[-1], value, event)
                stack.append([value, None])
                if len(stack) > depth_max + 1:
                    self.lose(event, "too-big", f"this is nested more than {depth_max} deep", "a pack needs no such depth")
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                stack.pop()
            elif kind is yaml.AliasEvent:
                self.lose(event, "forbidden-yaml", f"'*{event.anchor[:60]}' refers to another place", "write the value out, or `define` it")
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self.lose(event, "forbidden-yaml", "a second document begins here", "keep one document in a file")
            if nodes > nodes_max or (nodes % _STRIDE == 0 and event.start_mark.index < _DENSITY * nodes):
                self.lose(
                    event, "too-big", f"the file has more than {min(nodes, nodes_max)} parts", "split it, or raise `Limits(bytes_max=…)`"
                )

    def place(self, frame: list[Any], value: Any, event: Any) -> None:
        """Put a value, or a key, where it belongs."""
        container, key = frame
        if type(container) is list:
            container.append(value)
            if type(value) is str and len(container) > self.limits.items_max:
                self.lose(event, "too-big", f"this list has more than {self.limits.items_max} items", "split it")
        elif key is not None:
            if value != "" or not self.cut_by_comma(container, key, event):
                container.setdefault(key, value)
            frame[1] = None
        elif type(value) is not str:
            self.lose(event, "bad-yaml", "a key must be a word, not a list or mapping", "put quotes around a text with brackets")
        elif value == "<<":
            self.lose(event, "forbidden-yaml", "'<<' merges another mapping", "write the keys out")
        else:
            if len(container) >= self.limits.items_max:
                self.lose(event, "too-big", f"this mapping has more than {self.limits.items_max} keys", "split it")
            if value in container:
                first = container[value]
                said = f"; the first says `{first[:60]}`" if isinstance(first, str) and first else ""
                self.note(event, "duplicate-key", f"'{value[:60]}' stands here twice", f"keep one of them{said}")
            frame[1] = value

    def cut_by_comma(self, container: dict[str, Any], key: str, event: Any) -> bool:
        """Whether a key without a value is the second half of a number, as in `{manager: 1,500}`; it is noted, and put together again."""
        name = next(reversed(container), "")
        first = container.get(name)
        if not isinstance(first, str) or not _THOUSANDS.fullmatch(written := f"{first},{key}"):
            return False
        before = self.text[: event.start_mark.index].rstrip()
        if not before.endswith(written):
            return False
        container[name] = written.replace(",", "")
        column = len(before) - before.rfind("\n") - len(written)
        span = Span(self.file, before.count("\n") + 1, column, column + len(written))
        message = f"`{written}` is two things here: between {{ and }} a comma ends a value"
        self.note(event, "bad-number", message, f"put nothing between thousands: write `{name[:60]}: {container[name]}`", span)
        return True

    def decoration(self, event: Any) -> None:
        """Note anchors, tags, invisible characters; lose a text that is too long."""
        if event.anchor is not None:
            message = f"'&{event.anchor[:60]}' names a place to be repeated"
            self.note(event, "forbidden-yaml", message, "write the value out, or `define` it", self.where(event, f"&{event.anchor}"))
        if event.tag is not None and event.tag != "!":
            message = f"'{event.tag[:60]}' is a YAML tag"
            self.note(event, "forbidden-yaml", message, "leave it out: the schema gives every value its type", self.where(event, "!"))
        if type(event) is not yaml.ScalarEvent:
            return
        if len(event.value) > self.limits.scalar_max:
            self.lose(event, "too-big", f"this text is longer than {self.limits.scalar_max} characters", "shorten it")
        at = next((at for at, character in enumerate(event.value) if invisible(character)), None)
        if at is not None:
            name = unicodedata.name(event.value[at], f"U+{ord(event.value[at]):04X}")
            message = f"this text holds the invisible character {name}"
            self.note(event, "invisible-character", message, INVISIBLE_HELP, self.inside(event, at))

    def where(self, event: Any, sign: str) -> Span | None:
        """Where an anchor or a tag stands before a value."""
        written = self.text[event.start_mark.index : event.end_mark.index].split("\n", 1)[0]
        at = written.find(sign)
        if at < 0:
            return None
        column = event.start_mark.column + at + 1
        return Span(self.file, event.start_mark.line + 1, column, column + len(written[at:].split(None, 1)[0]))

    def inside(self, event: Any, at: int) -> Span | None:
        """Where a character of a text on one line stands."""
        start, end = event.start_mark, event.end_mark
        columns = written_columns(self.text[start.index : end.index], event.style) if start.line == end.line else ()
        if at + 1 >= len(columns):
            return None
        return Span(self.file, start.line + 1, start.column + columns[at] + 1, start.column + columns[at + 1] + 1)

    def note(self, event: Any, code: str, message: str, help_: str, span: Span | None = None) -> None:
        """Note a problem, and go on unless there are too many."""
        self.problems.append(Problem(span or _span(event, self.file), code, message, help_))
        if len(self.problems) > PROBLEMS_MAX:
            raise _Spoilt

    def lose(self, event: Any, code: str, message: str, help_: str) -> None:
        """Note a problem that spoils the value, and end."""
        self.note(event, code, message, help_)
        raise _Spoilt


def _span(event: Any, file: str) -> Span:
    start, end = event.start_mark, event.end_mark
    quotes = 1 if getattr(event, "style", None) in ("'", '"') else 0
    last = end.column + 1 - quotes if end.line == start.line and type(event) is yaml.ScalarEvent else 0
    first = start.column + 1 + quotes
    return Span(file, start.line + 1, first, max(last, first + 1))


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Problem:
    mark, around = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0])
    opens = mark is not None and text[mark.index : mark.index + 1] in ("[", "{")  # in the middle of an item
    if mark is not None and around is not None and around.line != mark.line and "expected ',' or" in said and not opens:
        mark = around  # the bracket that is not closed, and not the end of the file
    position = getattr(error, "position", None)
    span = Span(file)
    if mark is not None:
        span = Span(file, mark.line + 1, mark.column + 1, mark.column + 2)
    elif isinstance(position, int):
        before = text[:position]
        column = len(before) - before.rfind("\n")
        span = Span(file, before.count("\n") + 1, column, column + 1)
    opened = around.line if mark is not None and mark is around else None
    message, help_ = unreadable.told(unreadable.Slip(said, split_lines(text), span.line - 1, span.column - 1, opened, every_key()))
    return Problem(span, "bad-yaml", message, help_)


@define
class _Frame:
    """A container whose places are being noted, and the key that waits for its value."""

    node: Node
    key: Node | None = None
    name: str = ""

    def hang(self, node: Node, event: Any) -> bool:
        """Hang a node into the container; false for a key, which waits."""
        children = self.node.children
        if isinstance(children, list):
            children.append(node)
        elif self.key is None:
            self.key, self.name = node, event.value
            return False
        elif children is not None:
            node.key, self.key = self.key, None
            children.setdefault(self.name, node)
        return True


def _tree(text: str) -> Iterator[Node]:
    """The positions of everything in a text that has been read before: the root, again and again, each time with more in it."""
    root = Node(0, 0, 0, 0, None, open=True)
    stack: list[_Frame] = []
    for event in _events(text):
        kind = type(event)
        if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            node = stack.pop().node
            node.open = False
            if node.flow:
                node.last_line, node.last_column = event.end_mark.line, event.end_mark.column
            yield root
        elif kind is yaml.ScalarEvent or kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            start, end = event.start_mark, event.end_mark
            node = Node(start.line, start.column, end.line, end.column, event.style if kind is yaml.ScalarEvent else None)
            root = node if not stack else root
            if (not stack or stack[-1].hang(node, event)) and kind is not yaml.ScalarEvent:
                node.children, node.open, node.flow = ({} if kind is yaml.MappingStartEvent else []), True, bool(event.flow_style)
                stack.append(_Frame(node))
    root.open = False
    yield root
