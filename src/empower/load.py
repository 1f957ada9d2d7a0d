"""Text → `Pack`. The only module that knows YAML; it bounds size and depth, and reads every scalar as text.

YAML is read as a stream of events, without recursion, so a hostile document is refused by its size, depth or first forbidden
construct before anything is built from it. Positions are worked out by a second reading, only when a problem must be shown.
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen
from pydantic import ValidationError

from empower.pack import Pack, PackDocument, Place
from empower.problems import PackError, Problem, Span, did_you_mean

_LOADER = getattr(yaml, "CLoader", yaml.Loader)
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")


@frozen
class Limits:
    """Bounds on what is read; a pack beyond them is refused with code `too-big`."""

    bytes_max: int = 8 * 2**20
    depth_max: int = 24
    scalar_max: int = 20_000
    parents_max: int = 8


def read_pack(path: str | Path, limits: Limits = Limits()) -> Pack:  # noqa: B008  (immutable)
    """Read a pack: a folder with `pack.yaml`, or that file itself.

    Raises:
        PackError: every fault of YAML and of shape, with its place. What the words mean is for `check_pack`.
    """
    return _load(Path(path), limits, seen=())


def _load(path: Path, limits: Limits, seen: tuple[Path, ...]) -> Pack:
    file = path / "pack.yaml" if path.is_dir() else path
    text = _read(file, limits)
    find = functools.cache(lambda place: _locate(text, str(file)).get(place) or _nearest(_locate(text, str(file)), place, str(file)))
    document = _validate(read_yaml(text, str(file), limits), text, str(file), find)
    tables = _tables(document, file, limits, find)
    cases_text, cases = _cases(file.parent / "cases.yaml", limits)
    parent = _parent(document, file, limits, (*seen, file.resolve()), find)
    digest = hashlib.sha256()
    for name, content in [("pack.yaml", text), *sorted(tables.items()), ("parent", parent.digest if parent else "")]:
        digest.update(f"{name}\0{len(content.encode())}\0{content}".encode())
    sources = {**(parent.sources if parent else {}), str(file): text, **{str(file.parent / name): content for name, content in tables.items()}}
    if cases_text:
        sources[str(file.parent / "cases.yaml")] = cases_text
    return Pack(document, document.pack, digest.hexdigest(), file.parent, str(file), tables, cases, sources, find, parent)


def _read(file: Path, limits: Limits, code: str = "no-such-file", missing: str = "a pack is a folder with a file `pack.yaml`") -> str:
    span = Span(str(file))
    try:
        with file.open("rb") as stream:
            content = stream.read(limits.bytes_max + 1)
    except OSError as error:
        raise PackError([Problem(span, code, f"cannot read '{file}': {(error.strerror or str(error)).lower()}", missing)]) from None
    if len(content) > limits.bytes_max:
        message = f"the file is larger than {limits.bytes_max} bytes"
        raise PackError([Problem(span, "too-big", message, "split the pack, or raise `Limits(bytes_max=…)` for a pack you trust")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = f"byte {error.start} is not UTF-8"
        raise PackError([Problem(Span(str(file), line), "bad-yaml", message, "save the file as UTF-8")]) from None


def _cases(file: Path, limits: Limits) -> tuple[str, tuple[Mapping[str, Any], ...]]:
    if not file.exists():
        return "", ()
    text = _read(file, limits)
    cases = read_yaml(text, str(file), limits)
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        message = "cases.yaml must be a list of cases"
        raise PackError([Problem(Span(str(file)), "wrong-shape", message, "begin each case with `- it: …`")], {str(file): text})
    return text, tuple(cases)


def _tables(document: PackDocument, file: Path, limits: Limits, find: Callable[[Place], Span]) -> dict[str, str]:
    tables: dict[str, str] = {}
    for index, cap in enumerate(document.caps):
        if cap.table is None:
            continue
        span = find(("caps", index, "table"))
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.csv", cap.table):
            help_ = "name a CSV file that lies beside pack.yaml, such as `caps.csv`"
            raise PackError([Problem(span, "bad-table", f"'{cap.table}' is not the name of a CSV file beside the pack", help_)])
        try:
            tables[cap.table] = _read(file.parent / cap.table, limits)
        except PackError as error:
            raise PackError([Problem(span, "bad-table", error.problems[0].message, "put the table beside pack.yaml")]) from None
    return tables


def _parent(document: PackDocument, file: Path, limits: Limits, seen: tuple[Path, ...], find: Callable[[Place], Span]) -> Pack | None:
    if document.extends is None:
        return None
    path = file.parent / document.extends
    target = (path / "pack.yaml" if path.is_dir() else path).resolve()
    span = find(("extends",))
    if target in seen:
        raise PackError([Problem(span, "bad-parent", f"'{document.extends}' leads back to this pack", "a pack cannot extend itself")])
    if len(seen) >= limits.parents_max:
        message = f"more than {limits.parents_max} packs extend one another"
        raise PackError([Problem(span, "bad-parent", message, "use fewer layers")])
    if not target.is_file():
        help_ = "name the parent's folder, relative to this pack, such as `../company`"
        raise PackError([Problem(span, "bad-parent", f"there is no pack at '{document.extends}'", help_)])
    return _load(path, limits, seen)


# ------------------------------------------------------------------------------------------------ YAML


class _Refused(Exception):  # noqa: N818  (never leaves this module)
    def __init__(self, mark: Any, code: str, message: str, help_: str = "") -> None:
        self.mark, self.code, self.message, self.help = mark, code, message, help_


def read_yaml(text: str, file: str, limits: Limits = Limits()) -> Any:  # noqa: B008  (immutable)
    """YAML text → dicts, lists and texts; raises `PackError` for anything a pack may not contain."""
    try:
        return _build(text, limits)
    except _Refused as refused:
        span = Span(file, refused.mark.line + 1, refused.mark.column + 1, refused.mark.column + 2)
        raise PackError([Problem(span, refused.code, refused.message, refused.help)], {file: text}) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        span = Span(file, mark.line + 1, mark.column + 1, mark.column + 2) if mark else Span(file)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise PackError([Problem(span, "bad-yaml", f"this is not YAML: {what}", _yaml_help(what, text, span))], {file: text}) from None


def _yaml_help(what: str, text: str, span: Span) -> str:
    line = (text.splitlines()[span.line - 1 : span.line] or [""])[0]
    if "\t" in line:
        return "use spaces to indent, not tabs"
    if "mapping values are not allowed" in what:
        return "put quotes around a text that holds a colon and a space"
    if "found character" in what or "'%'" in what:
        return "put quotes around a text that begins with a special character"
    return "check the indentation and the brackets of this line and the one above"


def _build(text: str, limits: Limits) -> Any:
    """Events → values, iteratively. A frame is (container, pending key or None)."""
    root: list[Any] = []
    stack: list[list[Any]] = [[root, None]]
    documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if event.anchor is not None or (event.tag is not None and event.tag != "!") or len(event.value) > limits.scalar_max:
                _refuse_decoration(event, limits)
            _place(stack[-1], event.value, event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            _refuse_decoration(event, limits)
            if len(stack) > limits.depth_max:
                raise _Refused(event.start_mark, "too-big", f"this is nested more than {limits.depth_max} deep", "a pack needs no such depth")
            value: Any = {} if kind is yaml.MappingStartEvent else []
            _place(stack[-1], value, event)
            stack.append([value, None])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            stack.pop()
        elif kind is yaml.AliasEvent:
            raise _Refused(event.start_mark, "forbidden-yaml", f"'*{event.anchor}' refers to another place", "write the value out, or `define` it")
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise _Refused(event.start_mark, "forbidden-yaml", "a second document begins here", "keep one document in a file")
    if not root:
        raise _Refused(yaml.Mark("", 0, 0, 0, None, None), "bad-yaml", "the file is empty", "see the tutorial for a first pack")
    return root[0]


def _refuse_decoration(event: Any, limits: Limits) -> None:
    if event.anchor is not None:
        message = f"'&{event.anchor}' names a place to be repeated"
        raise _Refused(event.start_mark, "forbidden-yaml", message, "write the value out, or `define` it")
    if event.tag is not None and event.tag != "!":
        raise _Refused(event.start_mark, "forbidden-yaml", f"'{event.tag[:60]}' is a YAML tag", "leave it out: the schema gives every value its type")
    if type(event) is yaml.ScalarEvent and len(event.value) > limits.scalar_max:
        raise _Refused(event.start_mark, "too-big", f"this text is longer than {limits.scalar_max} characters", "shorten it")


def _place(frame: list[Any], value: Any, event: Any) -> None:
    container, key = frame
    if type(container) is list:
        container.append(value)
    elif key is not None:
        container[key] = value
        frame[1] = None
    elif type(value) is not str:
        raise _Refused(event.start_mark, "bad-yaml", "a key must be a word, not a list or mapping", "put quotes around a text with brackets")
    elif value in container:
        raise _Refused(event.start_mark, "duplicate-key", f"'{value}' stands here twice", "keep one of them")
    elif value == "<<":
        raise _Refused(event.start_mark, "forbidden-yaml", "'<<' merges another mapping", "write the keys out")
    else:
        frame[1] = value
    if type(value) is str and not value.isascii() and (found := _BIDI.search(value)):
        message = f"this text holds the invisible character {unicodedata.name(found.group())}"
        raise _Refused(event.start_mark, "invisible-character", message, "type the text anew, without it")


# ------------------------------------------------------------------------------------------------ places


@functools.lru_cache(maxsize=4)
def _locate(text: str, file: str) -> dict[Place, Span]:
    """Every place of a document: of each value, and of each key as (*place, "<key>")."""
    places: dict[Place, Span] = {}
    stack: list[list[Any]] = []
    for event in yaml.parse(text, Loader=_LOADER):
        if type(event) in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
            stack.pop()
        if type(event) not in (yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent):
            continue
        span = _span(event, file)
        if not _is_key(stack, event):
            place = _next_place(stack)
            places[place] = span
        else:
            stack[-1][2] = event.value
            places[(*stack[-1][0], event.value, "<key>")] = span
            continue
        if type(event) is yaml.MappingStartEvent:
            stack.append([place, "map", None])
        elif type(event) is yaml.SequenceStartEvent:
            stack.append([place, "list", 0])
    return places


def _is_key(stack: list[list[Any]], event: Any) -> bool:
    return bool(stack) and stack[-1][1] == "map" and stack[-1][2] is None and type(event) is yaml.ScalarEvent


def _next_place(stack: list[list[Any]]) -> Place:
    if not stack:
        return ()
    prefix, kind, at = stack[-1]
    stack[-1][2] = at + 1 if kind == "list" else None
    return (*prefix, at)


def _span(event: Any, file: str) -> Span:
    start, end = event.start_mark, event.end_mark
    column = start.column + (2 if getattr(event, "style", None) in ("'", '"') else 1)
    last = end.column + 1 if end.line == start.line and type(event) is yaml.ScalarEvent else column + 1
    if getattr(event, "style", None) in ("'", '"'):
        last -= 1
    return Span(file, start.line + 1, column, max(last, column + 1))


def _nearest(places: Mapping[Place, Span], place: Place, file: str) -> Span:
    while place:
        place = place[:-1]
        if place in places:
            return places[place]
    return Span(file)


# ------------------------------------------------------------------------------------------------ shape

_NOUNS = {
    "rules": "a rule", "caps": "a cap", "budgets": "a budget", "menu": "an offer of the menu", "assume": "an assumption",
    "claims": "a claim", "facts": "a fact", "actions": "an action", "roles": "the roles", "say": "`say`", "campaign": "a campaign",
    "encourage": "`encourage`", "values": "a value",
}  # fmt: skip
_SHAPES = {"string_type": "a text", "list_type": "a list", "dict_type": "a mapping of keys", "model_type": "a mapping of keys"}


def _validate(value: Any, text: str, file: str, find: Callable[[Place], Span]) -> PackDocument:
    if not isinstance(value, dict):
        problem = Problem(Span(file), "wrong-shape", "a pack must be a mapping of keys", "begin with `pack: my-pack`")
        raise PackError([problem], {file: text})
    try:
        return PackDocument.model_validate(value)
    except ValidationError as error:
        raise PackError([_shape_problem(item, find) for item in error.errors(include_url=False)], {file: text}) from None


def _shape_problem(item: Any, find: Callable[[Place], Span]) -> Problem:
    place: Place = tuple(item["loc"])
    key = str(place[-1]) if place else ""
    if item["type"] == "extra_forbidden":
        help_ = did_you_mean(key, _keys_at(place[:-1]))
        return Problem(find((*place, "<key>")), "unknown-key", f"'{key}' is not a key of {_noun(place[:-1])}", help_)
    if item["type"] == "missing":
        owner = _owner(item, place)
        if key == "because":
            help_ = "add `because:` with the name of the value of the mission that it serves"
            return Problem(find(place[:-1]), "no-value", f"{owner} names no value", help_)
        return Problem(find(place[:-1]), "missing-key", f"{owner} needs '{key}'", f"add `{key}: …`")
    wanted = _SHAPES.get(item["type"], "something else")
    got = {str: "a text", list: "a list", dict: "a mapping of keys"}.get(type(item["input"]), "something else")
    return Problem(find(place), "wrong-shape", f"'{key}' of {_noun(place[:-1])} must be {wanted}, not {got}", "")


def _owner(item: Any, place: Place) -> str:
    given = item["input"]
    name = given.get("id") if isinstance(given, dict) else None
    noun = _noun(place[:-1])
    return f"{noun.removeprefix('a ').removeprefix('an ')} '{name}'" if isinstance(name, str) else noun


def _noun(place: Place) -> str:
    for part in reversed(place):
        if isinstance(part, str) and part in _NOUNS:
            return _NOUNS[part]
    return "a pack"


def _keys_at(place: Place) -> Iterator[str]:
    """The keys that the model at a place knows, as an author writes them."""
    model: Any = PackDocument
    for part in place:
        if isinstance(part, str) and hasattr(model, "model_fields"):
            info = next((f for name, f in model.model_fields.items() if (f.alias or name) == part), None)
            model = _inner(info.annotation) if info else model
    for name, info in getattr(model, "model_fields", {}).items():
        yield info.alias or name


def _inner(annotation: Any) -> Any:
    """The model inside `list[Model]`, `dict[str, Model]`, `Model | None`, or the annotation itself."""
    if hasattr(annotation, "model_fields"):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        inner = _inner(argument)
        if hasattr(inner, "model_fields"):
            return inner
    return annotation
