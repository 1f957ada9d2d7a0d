"""Small memories of the quick way: plain dictionaries of what has been worked out before, bounded, shared by all threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from empower.money import MoneyMemo, to_decimal

MEMO_MAX = 4_096
"""So many answers are remembered; then all are forgotten, and learning begins anew."""


class Memo:
    """A plain dictionary of what has been worked out before, and the function that works out the rest; bounded.

    Plain, because looking up a subclass with `__missing__` costs three times as much.
    """

    def __init__(self, work_out: Callable[[Any], Any]) -> None:
        self.known: dict[Any, Any] = {}
        self._work_out = work_out

    def learn(self, key: Any) -> Any:
        """The value of a key, remembered."""
        if len(self.known) >= MEMO_MAX:
            self.known.clear()
        return self.known.setdefault(key, self._work_out(key))


class MoneyTexts:
    """Texts of one money type that have been read before, each with its minor units (and, of an amount, its `Decimal`)."""

    def __init__(self, currency: str, bounds: tuple[int, int], *, paired: bool) -> None:
        self._memo = MoneyMemo(currency, *bounds)
        self.known: dict[str, Any] = {}
        self._paired = paired
        self._currency = currency

    def learn(self, raw: Any) -> bool:
        """Read and remember one more text; False when there was nothing to learn. Raises `MoneyError` for one that cannot be read."""
        if type(raw) is not str or raw in self.known:
            return False
        minor = self._memo.read(raw)
        if len(self.known) >= MEMO_MAX:
            self.known.clear()
        self.known[raw] = (minor, to_decimal(minor, self._currency)) if self._paired else minor
        return True


class SetLists:
    """Lists of members that have been read before, each as its set. Looking a list up is quicker than making a set and checking it."""

    def __init__(self, members: frozenset[str]) -> None:
        self.known: dict[tuple[Any, ...], frozenset[str]] = {}
        self._members = members

    def learn(self, raw: Any) -> bool:
        """Check and remember one more list; False when there was nothing to learn. Raises `KeyError` for a word that is no member."""
        if type(raw) is not list or not raw or tuple(raw) in self.known:
            return False
        found = frozenset(raw)
        if not found <= self._members:
            raise KeyError
        if len(self.known) >= MEMO_MAX:
            self.known.clear()
        self.known[tuple(raw)] = found
        return True


class Ids:
    """Ids that have been read before: of those who ask, who are few and ask often."""

    def __init__(self, read: Callable[[Any], str]) -> None:
        self.known: dict[str, str] = {}
        self._read = read

    def learn(self, raw: Any) -> bool:
        """Read and remember one more; False when there was nothing to learn. Raises what reading it raises."""
        if type(raw) is not str or raw in self.known:
            return False
        found = self._read(raw)
        if len(self.known) >= MEMO_MAX:
            self.known.clear()
        self.known[raw] = found
        return True
