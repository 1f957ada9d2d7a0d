"""Nouns of the ledger as text, and back: what every durable store writes, so that all of them write the same.

Texts are canonical: equal nouns have equal texts, to the byte, so a text may be compared, indexed and hashed. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from empower.ledger import Counter, Part, Record, Window, Wish

BEGINNING = -(2**63)
"""The start of a period that has none: of a counter that is not kept by calendar period."""


@lru_cache(maxsize=4096)
def counter_text(counter: Counter) -> str:
    """A counter's identity: pack, budget, key values, kind of window, its length, zone, currency."""
    window = counter.window
    return _text([counter.pack, counter.budget, counter.keys, window.kind, window.length_ms, counter.zone, counter.currency])


def counter_from(text: str) -> Counter:
    """The counter that has this identity."""
    pack, budget, keys, kind, length, zone, currency = json.loads(text)
    return Counter(pack, budget, tuple((name, value) for name, value in keys), Window(kind, length), zone, currency)


def wish_text(wish: Wish) -> str:
    """The fingerprint of a wish: all that names it, readable. Two asks of one text are the same wish."""
    parts = [[part.kind, part.parameters, part.amount] for part in wish.parts]
    return _text([wish.key, wish.actor, parts, int(wish.up_to), int(wish.together)])


def wish_from(text: str) -> Wish:
    """The wish of this fingerprint."""
    key, actor, parts, up_to, together = json.loads(text)
    made = tuple(Part(kind, tuple((name, value) for name, value in given), amount) for kind, given, amount in parts)
    return Wish(key, actor, made, up_to=bool(up_to), together=bool(together))


def names_of_others(wish: Wish) -> tuple[str, ...]:
    """The keys under which another wish would stand that has a name of this one: a part of it, or what it is a part of."""
    whole, mark, number = wish.key.rpartition("#")
    names = wish.hold_keys() if wish.together else ()
    return (*names, whole) if mark and number.isdecimal() else names


def shared_name(wish: Wish, other: Wish) -> str | None:
    """A name that two wishes would both have: their own keys, and those of their parts; None: they can stand side by side."""
    names = {other.key, *other.hold_keys()}
    return next((name for name in (wish.key, *wish.hold_keys()) if name in names), None)


def subjects_text(subjects: Mapping[str, str]) -> str:
    """Whom an ask is about, sorted by name."""
    return _text(dict(sorted(subjects.items())))


def subjects_from(text: str) -> dict[str, str]:
    """The subjects of this text."""
    found: dict[str, str] = json.loads(text)
    return found


def subject_fragment(name: str, value: str) -> str:
    """What stands in the text of all subjects that have this one; some others may hold it too."""
    return _text({name: value})[1:-1]


class Written:
    """A record as a durable store gives it back: its text. Two records are equal if they say the same."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def to_json(self) -> str:
        """The record as text."""
        return self._text

    def __eq__(self, other: object) -> bool:
        told = getattr(other, "to_json", None)
        return callable(told) and told() == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Written({self._text!r})"


def record_from(text: str | None) -> Record | None:
    """The record of this text, if there is one."""
    return None if text is None else Written(text)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _text(value: Any) -> str:
    return _encode(value)
