"""A document as YAML, laid out as a person would write it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 120
_PLAIN = re.compile(r"[^\W_][\w .()=+*/%;!?_-]*(?<! )|[<=(][\w .()<>=+*/-]*(?<! )")
"""What needs no quotes, wherever it stands: a pack reads every scalar as text, `yes` and `2026-11-22` too."""


def page(document: Mapping[str, Any]) -> str:
    """The text of a `pack.yaml`."""
    return "\n".join(_keys(document, "")) + "\n"


def _keys(document: Mapping[str, Any], margin: str) -> Iterator[str]:
    for key, value in document.items():
        line = f"{margin}{_flow(key)}: {_flow(value)}"
        deep = margin == "" and value and isinstance(value, (Mapping, list))
        if not deep and (len(line) <= WIDTH or not isinstance(value, (Mapping, list))):
            yield line
        else:
            yield f"{margin}{_flow(key)}:"
            yield from _below(value, f"{margin}  ")


def _below(value: Mapping[str, Any] | list[Any], margin: str) -> Iterator[str]:
    """The lines of something that does not fit behind its key."""
    if isinstance(value, Mapping):
        yield from _keys(value, margin)
        return
    for item in value:
        line = f"{margin}- {_flow(item)}"
        if len(line) <= WIDTH or not isinstance(item, Mapping):
            yield line
        else:
            first, *rest = _keys(item, f"{margin}  ")
            yield f"{margin}- {first.strip()}"
            yield from rest


def _flow(value: Any) -> str:
    """On one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
