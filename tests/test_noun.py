"""Nouns are what attrs would have made of the same classes, each of them and in all that is done with them."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
from typing import Any

import attrs
import pytest

import empower
from empower import noun

MODULES = [each.name for each in pkgutil.walk_packages(empower.__path__, "empower.") if "__main__" not in each.name]
NOUNS = {
    f"{each.__module__}.{each.__qualname__}": each
    for name in MODULES
    for each in vars(importlib.import_module(name)).values()
    if inspect.isclass(each) and issubclass(each, noun._Made) and each.__module__ == name != "empower.noun"
}


def shapes_by(maker: Any) -> dict[str, Any]:
    """One class of every sort, made by attrs or by us."""
    frozen, field = maker.frozen, maker.field

    @frozen
    class Plain:
        first: int
        second: str = "two"

        @property
        def both(self) -> str:
            return f"{self.first} {self.second}"

    @frozen
    class Marked:
        first: int
        silent: int = field(default=5, repr=False)
        apart: list[int] = field(factory=list, eq=False)

    @frozen
    class Below(Plain):
        third: int = 3

    @frozen
    class Checked:
        first: int

        def __attrs_post_init__(self) -> None:
            if self.first < 0:
                raise ValueError

    @frozen(order=True)
    class Ordered:
        first: int
        second: str = ""

    @frozen(cache_hash=True)
    class Kept:
        first: int

    @frozen
    class Hidden:
        _first: int

    @frozen
    class Empty:
        pass

    return {each.__name__: each for each in (Plain, Marked, Below, Checked, Ordered, Kept, Hidden, Empty)}


OURS, THEIRS = shapes_by(noun), shapes_by(attrs)
Plain, Ordered, Kept, Marked = OURS["Plain"], OURS["Ordered"], OURS["Kept"], OURS["Marked"]

CALLS = {
    "plain": lambda of: of["Plain"](1),
    "plain, all": lambda of: of["Plain"](1, "x"),
    "plain, by name": lambda of: of["Plain"](second="x", first=1),
    "too few": lambda of: of["Plain"](),
    "too many": lambda of: of["Plain"](1, "x", 3),
    "unknown": lambda of: of["Plain"](1, third=3),
    "property": lambda of: of["Plain"](1).both,
    "marked": lambda of: of["Marked"](1),
    "marked, equal": lambda of: of["Marked"](1, apart=[1]) == of["Marked"](1, apart=[2]),
    "marked, unequal": lambda of: of["Marked"](1, 2) == of["Marked"](1, 3),
    "own list": lambda of: of["Marked"](1).apart is of["Marked"](1).apart,
    "below": lambda of: of["Below"](1),
    "below, all": lambda of: (of["Below"](1, "x", 4).third, of["Below"](1, "x", 4).both),
    "another class": lambda of: of["Below"](1) == of["Plain"](1),
    "checked": lambda of: of["Checked"](-1),
    "ordered": lambda of: sorted([of["Ordered"](2), of["Ordered"](1, "b"), of["Ordered"](1, "a")]),
    "unordered": lambda of: of["Plain"](1) < of["Plain"](2),
    "ordered, mixed": lambda of: of["Ordered"](1) < of["Plain"](2),
    "hashed": lambda of: (
        {of["Plain"](1), of["Plain"](1), of["Plain"](2), of["Kept"](1), of["Kept"](1)} and len({of["Kept"](1), of["Kept"](1)})
    ),
    "unhashable": lambda of: hash(of["Plain"]([])),
    "hidden": lambda of: of["Hidden"](first=1)._first,
    "hidden, told": lambda of: of["Hidden"](1),
    "empty": lambda of: (of["Empty"](), of["Empty"]() == of["Empty"]()),
    "evolved": lambda of: attrs.evolve(of["Plain"](1), second="y"),
    "evolved, hidden": lambda of: attrs.evolve(of["Hidden"](1), first=2),
    "evolved, unknown": lambda of: attrs.evolve(of["Plain"](1), third="y"),
    "as a dictionary": lambda of: attrs.asdict(of["Below"](1)),
    "fields": lambda of: [(each.name, each.alias, each.repr, each.eq) for each in attrs.fields(of["Marked"])],
    "copied": lambda of: copy.deepcopy(of["Marked"](1, apart=[[1]])),
    "copied, apart": lambda of: copy.deepcopy(each := of["Marked"](1, apart=[[1]])).apart is each.apart,
    "set": lambda of: setattr(of["Plain"](1), "first", 2),
    "set, unknown": lambda of: setattr(of["Plain"](1), "third", 2),
    "deleted": lambda of: delattr(of["Plain"](1), "first"),
    "dictionary": lambda of: vars(of["Plain"](1)),
}


def told(call: Any, of: dict[str, Any]) -> str:
    """What a call gives, or what it raises: of errors about frozen classes only that they are attribute errors."""
    try:
        return repr(call(of)).replace("shapes_by.<locals>.", "")
    except AttributeError:
        return "AttributeError"
    except Exception as error:  # noqa: BLE001  (whichever it is)
        return repr(error)


@pytest.mark.parametrize("name", CALLS)
def test_a_noun_does_what_attrs_would(name: str) -> None:
    """Made, compared, hashed, told, copied, changed, refused: a noun and an attrs class of the same text give the same."""
    assert told(CALLS[name], OURS) == told(CALLS[name], THEIRS)


def test_our_evolve_is_that_of_attrs() -> None:
    """`evolve` of the package gives what the one of attrs gives."""
    assert noun.evolve(Plain(1), second="y") == attrs.evolve(Plain(1), second="y") == Plain(1, "y")


def test_patterns_match() -> None:
    """A noun can be taken apart by position and by name."""
    match Plain(1, "x"):
        case Plain(first, second="x"):
            assert first == 1
        case _:
            pytest.fail("no match")


def test_a_kept_hash_is_the_hash() -> None:
    """A hash that is kept is the one of the fields, and does not travel."""
    one = Kept(1)
    assert hash(one) == hash(one) == hash(Kept(1)) == hash(copy.copy(one))


def test_nouns_travel() -> None:
    """A noun that is sent to another process arrives."""
    span = empower.Span("pack.yaml", 3)
    assert pickle.loads(pickle.dumps(span)) == span  # noqa: S301  (made here)


def test_a_defined_class_may_be_changed() -> None:
    """What is made with `define` has fields that may be set, no others, and is nobody but itself."""

    @noun.define
    class Open:
        first: int
        rest: list[int] = noun.field(factory=list)

    one = Open(1)
    one.first = 2
    assert repr(one).endswith("Open(first=2, rest=[])")
    assert one != Open(2)
    with pytest.raises(AttributeError):
        one.second = 3  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(NOUNS))
def test_every_noun_is_an_attrs_class_to_attrs(name: str) -> None:
    """Of every class of the package: attrs sees its fields, objects have these and no dictionary, and arguments come in their order."""
    made = NOUNS[name]
    names = [each.name for each in attrs.fields(made)]
    assert names == list(made.__match_args__)
    assert made.__dictoffset__ == 0 or any("__dict__" in vars(base) for base in made.__mro__)
    if made.__init__ is noun._first_init:
        assert list(inspect.signature(noun._written_init(made)).parameters)[1:] == [each.lstrip("_") for each in names]
