"""The nouns: frozen classes as attrs makes them, told, compared and hashed by their fields, without the cost of making so many at import.

attrs writes the methods of each class as text and compiles it; for a hundred and fifty classes that was a quarter of the time to start,
and loading attrs another tenth. Here what can be is written once for all nouns, and `__init__` when the first object of a class is made,
which in a process that only decides is never for half of them (docs/design/0012).

For a type checker these are the functions of attrs, and attrs takes a noun for a class of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["define", "evolve", "field", "frozen"]

_ABSENT: Any = type("_Absent", (), {"__slots__": (), "__repr__": lambda _: "NOTHING"})()
"""Stands for a default that there is not, and for an argument that was not given."""


class _Field:
    """What the class says of one field."""

    __slots__ = ("default", "eq", "factory", "repr")

    def __init__(
        self,
        *,
        default: Any = _ABSENT,
        factory: Callable[[], Any] | None = None,
        repr: bool = True,  # noqa: A002  (as attrs calls it)
        eq: bool = True,
    ) -> None:
        self.default, self.factory, self.repr, self.eq = default, factory, repr, eq


class _Told:
    """What attrs asks its classes for; worked out when its functions are used on one of ours."""

    def __get__(self, _: object, made: type[_Made]) -> tuple[Any, ...]:
        return _TOLD.get(made) or _TOLD.setdefault(made, _told(made))


_TOLD: dict[type, tuple[Any, ...]] = {}


def _told(made: type[_Made]) -> tuple[Any, ...]:
    import attrs  # noqa: PLC0415  (see docs/design/0012)

    fields = {}
    for name, about in made.__fields__.items():
        default = attrs.Factory(about.factory) if about.factory else attrs.NOTHING if about.default is _ABSENT else about.default
        fields[name] = attrs.field(default=default, repr=about.repr, eq=about.eq)
    return attrs.fields(attrs.make_class(made.__name__, fields))  # type: ignore[no-any-return]


class _Made:
    """What every class made here does: it is told by its fields, save those marked `repr=False`, and compared by identity."""

    __slots__ = ()
    __fields__: Mapping[str, _Field] = {}
    __attrs_attrs__ = _Told()

    def __repr__(self) -> str:
        fields = (name for name, about in self.__fields__.items() if about.repr)
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in fields)})"


class _Noun(_Made):
    """What every noun does: it never changes, and is compared and hashed by its fields, save those marked `eq=False`."""

    __slots__ = ()

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

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: '{name}' cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: '{name}' cannot be deleted")

    def __setstate__(self, state: tuple[Any, Mapping[str, Any]]) -> None:
        for name in self.__fields__:
            object.__setattr__(self, name, state[1][name])


_KEYS: dict[type, Callable[[Any], Any]] = {}
"""What each class is compared by; filled when a class is first compared."""


def _key_of(noun: type[_Made]) -> Callable[[Any], Any]:
    names = [name for name, about in noun.__fields__.items() if about.eq]
    return _KEYS.setdefault(noun, attrgetter(*names) if names else lambda _noun: ())


def _before(self: Any, other: Any) -> Any:
    """`<`, field by field, of nouns that have an order."""
    if type(self) is not type(other):
        return NotImplemented
    key = _KEYS.get(type(self)) or _key_of(type(self))
    return key(self) < key(other)


def _kept_hash(self: Any) -> int:
    """The hash of a noun that keeps it, since it is a key of dictionaries."""
    try:
        return self.kept_hash  # type: ignore[no-any-return]
    except AttributeError:
        found = _Noun.__hash__(self)
        object.__setattr__(self, "kept_hash", found)
        return found


# ------------------------------------------------------------------------------------------------ making


def _frozen(cls: type | None = None, *, order: bool = False, cache_hash: bool = False) -> Any:
    """Makes a noun of a class: its annotations are its fields, which become its slots."""
    if cls is None:
        return partial(_frozen, order=order, cache_hash=cache_hash)
    methods = {**({"__lt__": _before} if order else {}), **({"__hash__": _kept_hash} if cache_hash else {})}
    return _made(cls, _Noun, methods, ("kept_hash",) if cache_hash else ())


def _define(cls: type) -> type:
    """Makes a class whose fields may be set."""
    return _made(cls, _Made, {}, ())


def _made(cls: type, base: type[_Made], methods: dict[str, Any], slots: tuple[str, ...]) -> type:
    body = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    own = {name: _field_of(body.pop(name, _ABSENT)) for name in cls.__annotations__}
    above = next((each.__fields__ for each in cls.__bases__ if issubclass(each, _Made)), None)
    body["__qualname__"] = cls.__qualname__
    body["__fields__"] = {**(above or {}), **own}
    body["__slots__"] = (*(name for name in own if name not in (above or {})), *slots)
    body["__match_args__"] = tuple(body["__fields__"])
    body.setdefault("__init__", _first_init)
    bases = tuple(each for each in cls.__bases__ if each is not object)
    return type(cls)(cls.__name__, bases if above is not None else (base, *bases), body | methods)


def _field_of(given: Any) -> _Field:
    return given if isinstance(given, _Field) else _Field(default=given)


def _first_init(self: Any, *arguments: Any, **named: Any) -> None:
    """The `__init__` of a class of which no object has been made: it writes the one that takes its place."""
    made = type(self)
    made.__init__ = _written_init(made)
    made.__init__(self, *arguments, **named)


def _written_init(made: type[_Made]) -> Any:
    """`__init__` with the fields as parameters, each put into its slot."""
    parameters, lines = ["self"], []
    scope: dict[str, Any] = {"ABSENT": _ABSENT}
    for number, (name, about) in enumerate(made.__fields__.items()):
        given = name.lstrip("_")
        value, default = given, ""
        if about.factory is not None:
            scope[f"make_{number}"] = about.factory
            value, default = f"make_{number}() if {given} is ABSENT else {given}", "=ABSENT"
        elif about.default is not _ABSENT:
            scope[f"default_{number}"] = about.default
            default = f"=default_{number}"
        scope[f"set_{number}"] = getattr(made, name).__set__
        parameters.append(f"{given}{default}")
        lines.append(f" set_{number}(self, {value})")
    if hasattr(made, "__attrs_post_init__"):
        lines.append(" self.__attrs_post_init__()")
    text = f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or [" pass"])
    exec(text, scope)  # noqa: S102  (made of the names of fields, and of nothing else)
    written = scope["__init__"]
    written.__qualname__ = f"{made.__qualname__}.__init__"  # as which it is told when an argument is missing
    return written


def _evolve(noun: Any, **changes: Any) -> Any:
    """A noun with some of its fields changed."""
    made = type(noun)
    places, values = _VALUES.get(made) or _values_of(made)
    arguments = [*values(noun)]
    for name, value in changes.items():
        if name not in places:
            raise TypeError(f"{made.__name__} has no field {name!r} (help: it has {', '.join(places)})")
        arguments[places[name]] = value
    return made(*arguments)


_VALUES: dict[type, tuple[Mapping[str, int], Callable[[Any], tuple[Any, ...]]]] = {}
"""The place of each argument that makes a class, and what reads their values from an object; filled when one of it is first changed."""


def _values_of(noun: type[_Made]) -> tuple[Mapping[str, int], Callable[[Any], tuple[Any, ...]]]:
    fields = tuple(noun.__fields__)
    read = attrgetter(*fields) if len(fields) > 1 else lambda made: tuple(getattr(made, name) for name in fields)
    return _VALUES.setdefault(noun, ({name.lstrip("_"): place for place, name in enumerate(fields)}, read))


if TYPE_CHECKING:
    from attrs import define, evolve, field, frozen
else:
    define, evolve, field, frozen = _define, _evolve, _Field, _frozen
