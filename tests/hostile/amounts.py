"""Hostile and good amounts: those of amounts.yaml, and those that YAML cannot write."""

from __future__ import annotations

import array
import datetime
import enum
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


# -- values that YAML cannot write


class Number(enum.IntEnum):
    FIVE_HUNDRED = 500


class Text(enum.StrEnum):
    FIVE = "5.00"
    POUND = "GBP"


class LyingText(str):
    """A text that shows itself as another."""

    __slots__ = ()

    def __str__(self) -> str:
        return "9999.00"

    def __repr__(self) -> str:
        raise AssertionError

    def __len__(self) -> int:
        return 10**9


class PosingText(str):
    """A text that takes itself for "1" when it is looked up."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return other == "1"

    def __hash__(self) -> int:
        return hash("1")


class LyingFloat(float):
    def __repr__(self) -> str:
        return "9999.0"

    __str__ = __repr__


class LyingDecimal(Decimal):
    def __str__(self) -> str:
        return "9999.00"

    def is_nan(self) -> bool:
        return True

    def as_tuple(self) -> Any:
        raise AssertionError


class Converts:
    """An object that would become five if it were asked to."""

    def __init__(self, method: str) -> None:
        self.method = method


class WithInt(Converts):
    def __int__(self) -> int:
        return 5


class WithFloat(Converts):
    def __float__(self) -> float:
        return 5.0


class WithIndex(Converts):
    def __index__(self) -> int:
        return 5


class FailingRepr:
    def __repr__(self) -> str:
        raise RuntimeError


class EqualToAll:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("5.00")


NAMED: dict[str, Any] = {
    "a giant negative number of minor units": {"minor": -(10**10_000), "currency": "GBP"},
    "a giant number of minor units": {"minor": 10**10_000, "currency": "GBP"},
    "a decimal of a thousand decimals": Decimal("0." + "1" * 1000),
    "a million digits": "9" * 10**6,
    "a million zeros": "0" * 10**6,
    "a million spaces": " " * 10**6,
    "a long text of letters": "five " * 100,
    "a giant integer": 10**10_000,
    "a member of an integer enumeration": Number.FIVE_HUNDRED,
    "bytes": b"5.00",
    "a byte array": bytearray(b"5.00"),
    "a memory view": memoryview(b"5.00"),
    "a tuple": ("5.00", "GBP"),
    "a set": {"5.00"},
    "a frozen set": frozenset({"5.00"}),
    "a complex number": 5 + 0j,
    "a fraction": Fraction(5),
    "an ellipsis": ...,
    "a bare object": object(),
    "a class": int,
    "a function": len,
    "a generator": (digit for digit in "5"),
    "an iterator": iter("5"),
    "a range": range(5),
    "an array of floats": array.array("d", [5.0]),
    "a date": datetime.date(2026, 5, 14),
    "a duration": datetime.timedelta(5),
    "an exception": ValueError("5.00"),
    "a module": array,
    "NotImplemented": NotImplemented,
    "the Decimal class": Decimal,
    "a mock of a decimal": MagicMock(spec=Decimal),
    "a mock of a text": MagicMock(spec=str),
    "minor units in a mock of an integer": {"minor": MagicMock(spec=int), "currency": "GBP"},
    "a currency in a mock of a text": {"minor": 500, "currency": MagicMock(spec=str)},
    "an object with __int__": WithInt("__int__"),
    "an object with __float__": WithFloat("__float__"),
    "an object with __index__": WithIndex("__index__"),
    "an object whose repr fails": FailingRepr(),
    "an object equal to all": EqualToAll(),
    "a mapping of ten thousand keys": {"minor": 500, "currency": "GBP"} | dict.fromkeys(map(str, range(10_000))),
    "minor units as a float": {"minor": 500.0, "currency": "GBP"},
    "minor units as a decimal": {"minor": Decimal(500), "currency": "GBP"},
    "minor units as NaN": {"minor": float("nan"), "currency": "GBP"},
    "minor units as a fraction": {"minor": Fraction(500), "currency": "GBP"},
    "a currency of a million letters": {"minor": 500, "currency": "G" * 10**6},
    "a text of a subclass": LyingText("5.00"),
    "a member of a text enumeration": Text.FIVE,
    "a decimal of a subclass": LyingDecimal("5.00"),
    "a float of a subclass": LyingFloat(0.1),
    "a read-only mapping": MappingProxyType({"minor": 500, "currency": "GBP"}),
    "a default dictionary": defaultdict(int, {"minor": 500, "currency": "GBP"}),
    "minor units of an integer enumeration": {"minor": Number.FIVE_HUNDRED, "currency": "GBP"},
    "a currency of a text enumeration": {"minor": 500, "currency": Text.POUND},
}

MAKERS: dict[str, Callable[[Any], Any]] = {
    "texts": str,
    "decimals": Decimal,
    "floats": float,
    "plain": lambda value: value,
    "named": NAMED.__getitem__,
}


def refused() -> list[Any]:
    """Each hostile value, with its currency and what the refusal has to say."""
    return [
        pytest.param(make(raw), group.get("currency", "GBP"), group["says"], id=f"{group['it']}: {ascii(raw)[:50]}")
        for group in HOSTILE["refused"]
        for made, make in MAKERS.items()
        for raw in group.get(made, ())
    ]


def accepted() -> list[Any]:
    """Each good value, with its currency and its minor units."""
    rows = []
    for group in HOSTILE["accepted"]:
        currency = group.get("currency", "GBP")
        rows += [
            (f"{made} {raw}", make(raw), currency, minor) for made, make in MAKERS.items() for raw, minor in group.get(made, {}).items()
        ]
        rows += [(f"minor {minor}", {"minor": minor, "currency": currency}, currency, minor) for minor in group.get("minors", ())]
    return [pytest.param(value, currency, minor, id=f"{currency} {name}") for name, value, currency, minor in rows]
