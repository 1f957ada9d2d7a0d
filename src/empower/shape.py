"""Shapes: which keys a mapping of a pack may have, declared once, and plain values read by that declaration.

A shape is a class whose annotated attributes are its keys: `from_: str | None = None` is the key `from`, without the underscore that Python needs.
A key without a default must be there. An annotation says what a value is, and may be made of

* `str`, a text, and `Any`, whatever the checker makes of it;
* another shape, `Sequence[…]` and `Mapping[str, …]`;
* `… | None`, with None as the default, for a key that may be left out;
* `Annotated[…, Bare(…)]`, where a bare text stands for something larger.

`read_shape` reads by these declarations, and `schema` makes the published schema from them, so there is no second list of keys.
"""

from __future__ import annotations

from collections.abc import Callable, KeysView, Mapping, Sequence
from functools import cache, partial
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from empower.noun import frozen

Place = tuple[str | int, ...]
"""A path into a document: keys and indices."""


class Shape:
    """A mapping whose keys are all known. It holds what was given; what was not given has the default of its class."""

    def __init__(self, **given: Any) -> None:
        vars(self).update(given)

    @property
    def given(self) -> KeysView[str]:
        """The attributes whose keys were written."""
        return vars(self).keys()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a pack is frozen: '{name}' cannot be set")


Any_Shape = TypeVar("Any_Shape", bound=Shape)


@frozen
class Bare:
    """A bare text that stands for something larger."""

    meant: Callable[[str], object]
    only: str | None = None
    """The one text that does; None: every text."""


@frozen
class Key:
    """One key of a shape."""

    name: str
    """The attribute that holds it."""
    kind: Any
    """Its annotation."""
    default: Any
    needed: bool


@frozen
class Misshapen:
    """A value without its shape: a key that is unknown or missing, or what should have stood at a place where something else does."""

    wanted: Literal["known", "present", "text", "list", "mapping", "shape"]
    place: Place
    value: Any
    """What stands there; where a key is missing, the mapping without it."""


def declared_keys(shape: type[Shape]) -> Mapping[str, Key]:
    """The keys of a shape as an author writes them, those of the shape it is made from first."""
    kinds = {name: kind for each in reversed(shape.__mro__) if issubclass(each, Shape) for name, kind in each.__annotations__.items()}
    return {name.rstrip("_"): Key(name, kind, getattr(shape, name, None), needed=not hasattr(shape, name)) for name, kind in kinds.items()}


# ------------------------------------------------------------------------------------------------ reading

_Read = Callable[[Any, Place, list[Misshapen]], Any]
"""Reads a value at a place, and notes what has not its shape; what it gives then is of no use."""
_READERS: dict[type[Shape], Mapping[str, tuple[str, _Read, bool]]] = {}
"""By shape and key: the attribute, how its value is read, and whether it must be there; filled when a shape is first read."""


def read_shape(shape: type[Any_Shape], value: Any, place: Place, misshapen: list[Misshapen]) -> Any_Shape:
    """A mapping as a shape. What has not its shape is noted, in the order of the declaration, and unknown keys behind it."""
    if not isinstance(value, dict):
        misshapen.append(Misshapen("shape", place, value))
        return shape()
    given = {}
    readers = _READERS.get(shape) or _readers_of(shape)
    for key, (name, read, needed) in readers.items():
        if key in value:
            given[name] = read(value[key], (*place, key), misshapen)
        elif needed:
            misshapen.append(Misshapen("present", (*place, key), value))
    if len(given) < len(value):
        misshapen += [Misshapen("known", (*place, key), value[key]) for key in value if key not in readers]
    return shape(**given)


def _readers_of(shape: type[Shape]) -> Mapping[str, tuple[str, _Read, bool]]:
    readers = {key: (declared.name, _reader(declared.kind), declared.needed) for key, declared in declared_keys(shape).items()}
    return _READERS.setdefault(shape, readers)


@cache
def _reader(kind: Any) -> _Read:
    """How a value with this annotation is read."""
    if kind is str:
        return _read_text
    if kind is Any:
        return lambda value, _place, _misshapen: value
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return partial(_read_bare, parts[1], _reader(parts[0]))
    if origin is Union or origin is UnionType:
        return _reader(parts[0])
    if origin is Sequence:
        return partial(_read_list, _reader(parts[0]))
    if origin is Mapping:
        return partial(_read_mapping, _reader(parts[1]))
    return partial(read_shape, kind)


def _read_text(value: Any, place: Place, misshapen: list[Misshapen]) -> Any:
    if not isinstance(value, str):
        misshapen.append(Misshapen("text", place, value))
    return value


def _read_bare(bare: Bare, read: _Read, value: Any, place: Place, misshapen: list[Misshapen]) -> Any:
    if isinstance(value, str) and bare.only in (None, value):
        value = bare.meant(value)
    return read(value, place, misshapen)


def _read_list(read: _Read, value: Any, place: Place, misshapen: list[Misshapen]) -> Any:
    if not isinstance(value, list):
        misshapen.append(Misshapen("list", place, value))
        return ()
    return [read(item, (*place, index), misshapen) for index, item in enumerate(value)]


def _read_mapping(read: _Read, value: Any, place: Place, misshapen: list[Misshapen]) -> Any:
    if not isinstance(value, dict):
        misshapen.append(Misshapen("mapping", place, value))
        return {}
    return {key: read(item, (*place, key), misshapen) for key, item in value.items()}
