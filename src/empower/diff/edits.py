"""What an author edited between two versions of a pack, line by line: the same two files, compared by what their keys mean.

Guardrails, offers and claims are told by their ids, everything else by its key; the order in which they stand means nothing, and neither
does layout.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from empower.load import read_yaml
from empower.noun import frozen
from empower.pack import Pack, Place
from empower.problems import Span

_LISTS = {"rules": "rule", "caps": "cap", "budgets": "budget", "menu": "offer", "assume": "assumption", "claims": "claim"}
_TABLES = {
    "facts": "fact", "define": "definition", "actions": "action", "groups": "group", "values": "value", "obligations": "duty's text",
    "population": "population of", "roles": "roles'",
}  # fmt: skip
GUARDRAILS = frozenset({"rule", "cap", "budget", "assumption"})
"""The nouns of what may tighten."""
_SAID_ONLY = frozenset(
    {"say", "title", "because", "examples", "mission", "values", "obligations", "ask", "nudge", "version", "accept", "languages"}
)
"""Keys that are told and never decide."""
_SHOWN_MAX = 80


@frozen
class Edit:
    """One thing that an author added, took out or changed."""

    noun: str
    """What it is: rule, cap, fact, definition …"""
    name: str
    """Its id or key."""
    change: Literal["added", "removed", "changed"]
    details: tuple[str, ...]
    """Of something changed, each key with what it was and what it is."""
    pack: str
    before: Span | None
    after: Span | None
    decides: bool
    """Whether it may change a decision, rather than only what is said."""

    @property
    def says(self) -> str:
        """The edit as a phrase."""
        return f"{self.noun} '{self.name}' {self.change}" + (f": {'; '.join(self.details)}" if self.details else "")

    @property
    def place(self) -> str:
        """Where it stands now, or stood, as `file:line`."""
        span = self.after or self.before
        return f"{span.file}:{span.line}" if span is not None else ""


def edits(before: Pack, after: Pack) -> tuple[Edit, ...]:
    """Every edit between two versions of a pack and of its parents; parents first, each in the order of its file."""
    found: list[Edit] = []
    old, new = dict(_chain(before)), dict(_chain(after))
    for name in dict.fromkeys((*old, *new)):
        found += _in_one_pack(old.get(name), new.get(name))
    return tuple(found)


def _chain(pack: Pack) -> Iterator[tuple[str, Pack]]:
    """The topmost parent first. The pack itself goes by no name, so that a renamed one is still compared."""
    above = pack.parent
    chain: list[tuple[str, Pack]] = [("", pack)]
    while above is not None:
        chain.append((above.name, above))
        above = above.parent
    yield from reversed(chain)


# ------------------------------------------------------------------------------------------------ one pack


@frozen
class _Part:
    """Something in a pack that has a name, its value as written, and where it stands."""

    noun: str
    name: str
    value: Any
    place: Place


def _in_one_pack(before: Pack | None, after: Pack | None) -> Iterator[Edit]:
    old = {} if before is None else {(part.noun, part.name): part for part in _parts(before)}
    new = {} if after is None else {(part.noun, part.name): part for part in _parts(after)}
    owner = after or before
    assert owner is not None
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        if was is not None and now is not None and was.value == now.value:
            continue
        details = tuple(_differences(was.value, now.value, "")) if was is not None and now is not None else ()
        noun, name = key
        change: Literal["added", "removed", "changed"] = "added" if was is None else "removed" if now is None else "changed"
        yield Edit(
            noun, name, change, tuple(text for text, _ in details), owner.name,
            before.find(was.place) if before is not None and was is not None else None,
            after.find(now.place) if after is not None and now is not None else None,
            _may_decide(noun, name, [key for _, key in details]),
        )  # fmt: skip


def _parts(pack: Pack) -> Iterator[_Part]:
    document = read_yaml(pack.sources[pack.file], pack.file)
    for section, value in document.items():
        if section in _LISTS:
            for index, item in enumerate(value):
                yield _Part(_LISTS[section], str(item.get("id")), _with_table(item, pack), (section, index))
        elif section in _TABLES and isinstance(value, Mapping):
            for name, item in value.items():
                yield _Part(_TABLES[section], str(name), item, (section, name))
        else:
            yield _Part("key", section, value, (section,))


def named_parts(pack: Pack) -> Iterator[tuple[str, str]]:
    """Everything in a pack and its parents that has a name, as one line of text."""
    for _, each in _chain(pack):
        for part in _parts(each):
            yield part.name, f"{part.value}"


def _with_table(item: Mapping[str, Any], pack: Pack) -> Mapping[str, Any]:
    """A cap with the rows of its CSV file in place of the file's name."""
    text = pack.tables.get(str(item.get("table"))) if "table" in item else None
    if text is None:
        return item
    return {**item, "table": list(csv.DictReader(text.splitlines()))}


def _may_decide(noun: str, name: str, keys: Sequence[str]) -> bool:
    if noun in ("claim", "value", "duty's text", "population of") or (noun == "key" and name in _SAID_ONLY):
        return False
    return not keys or any(not _SAID_ONLY & set(re.split(r"[ .]", key)) for key in keys)


# ------------------------------------------------------------------------------------------------ differences


def _differences(was: Any, now: Any, key: str) -> Iterator[tuple[str, str]]:
    """Each key in which two values differ, with what stood there and what stands there; and the key."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for part in dict.fromkeys((*was, *now)):
            below = f"{key} {part}".strip()
            if part not in was:
                yield f"{below} added: {_shown(now[part])}", below
            elif part not in now:
                yield f"{below} removed, which was {_shown(was[part])}", below
            elif was[part] != now[part]:
                yield from _differences(was[part], now[part], below)
    elif isinstance(was, list) and isinstance(now, list) and any(isinstance(item, Mapping) for item in (*was, *now)):
        yield from _rows(was, now, key)
    else:
        yield f"{key} {_shown(was)} → {_shown(now)}".strip(), key


def _rows(was: list[Any], now: list[Any], key: str) -> Iterator[tuple[str, str]]:
    """Two lists of rows: those that stand in both are left aside, those in between are compared in pairs."""
    start = next((index for index, (one, other) in enumerate(zip(was, now, strict=False)) if one != other), min(len(was), len(now)))
    end = 0
    while end < min(len(was), len(now)) - start and was[-1 - end] == now[-1 - end]:
        end += 1
    old, new = was[start : len(was) - end], now[start : len(now) - end]
    for index in range(max(len(old), len(new))):
        row = f"{key} row {start + index + 1}"
        if index >= len(old):
            yield f"{row} added: {_shown(new[index])}", row
        elif index >= len(new):
            yield f"{row} removed, which was {_shown(old[index])}", row
        else:
            yield from _differences(old[index], new[index], row)


def _shown(value: Any) -> str:
    """A value as an author would write it on one line."""
    if isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key}: {_shown(inner)}" for key, inner in value.items()) + "}"
    elif isinstance(value, list):
        text = "[" + ", ".join(map(_shown, value)) + "]"
    else:
        text = str(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[: _SHOWN_MAX - 1]}…"
