"""The base of the nouns: frozen attrs classes that are told, compared and hashed by their fields.

attrs can write these methods for each class, and does so by compiling text at import; for a hundred nouns that was a quarter of the
time to start (`benchmarks/`). Written once here, they cost nothing there, and the nouns that are hashed often are few.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

_KEYS: dict[type, Callable[[Any], Any]] = {}
"""What each class is compared by; filled when a class is first compared."""


class Noun:
    """Base of a noun made with `@frozen(repr=False, eq=False)`; fields marked `repr=False` or `eq=False` are left out as in attrs."""

    __slots__ = ()

    def __repr__(self) -> str:
        fields = (field.name for field in self.__attrs_attrs__ if field.repr)  # type: ignore[attr-defined]
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in fields)})"

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        key = _KEYS.get(type(self)) or _key_of(type(self))
        return bool(key(self) == key(other))

    def __hash__(self) -> int:
        key = _KEYS.get(type(self)) or _key_of(type(self))
        return hash((type(self), key(self)))


def _key_of(noun: type) -> Callable[[Any], Any]:
    names = [field.name for field in noun.__attrs_attrs__ if field.eq]  # type: ignore[attr-defined]
    return _KEYS.setdefault(noun, attrgetter(*names) if names else lambda _noun: ())
