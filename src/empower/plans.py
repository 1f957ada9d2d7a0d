"""The plans of a program, made when first asked for, and the part of a large plan that concerns one value of a fact.

Where many guardrails each name members of one fact ("store == 's17' and …"), that fact is an index: of a thousand rules for other
stores none is looked at. Leaving them out changes nothing, for they cannot speak there (`ir.Bar.scope`).
"""

from __future__ import annotations

import threading
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping

from empower import ir
from empower.environment import Value
from empower.noun import evolve

INDEX_MIN = 48
"""From so many guardrails on that name members of one fact, that fact becomes an index."""


class Plans(Mapping[str, ir.Plan]):
    """The plans of a program by kind. Thread-safe; each is made once."""

    def __init__(self, kinds: Iterable[str], make: Callable[[str], ir.Plan]) -> None:
        self._kinds = tuple(kinds)
        self._make = make
        self._made: dict[str, ir.Plan] = {}
        self._indexes: dict[str, Index | None] = {}
        self._lock = threading.RLock()

    def __getitem__(self, kind: str) -> ir.Plan:
        made = self._made.get(kind)
        if made is None:
            if kind not in self._kinds:
                raise KeyError(kind)
            with self._lock:
                made = self._made.get(kind) or self._made.setdefault(kind, self._make(kind))
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    def index(self, kind: str) -> Index | None:
        """The index of a kind's plan, where it has one."""
        if kind not in self._indexes:
            with self._lock:
                self._indexes[kind] = make_index(self[kind])
        return self._indexes[kind]

    def narrowed(self, kind: str, facts: Mapping[str, Value | None]) -> ir.Plan:
        """The plan of a kind without the guardrails that cannot speak for these facts; all of it where the indexed fact is unknown."""
        index = self.index(kind)
        value = facts.get(index.fact) if index is not None else None
        return index.plan(value) if index is not None and isinstance(value, str) else self[kind]


class Index:
    """A plan by the values of one fact."""

    def __init__(self, plan: ir.Plan, fact: str) -> None:
        self.fact = fact
        self._plan = plan
        self._always = {bar.guardrail for bar in plan.bars}
        self._by_value: dict[str, set[str]] = {}
        self._made: dict[str | None, ir.Plan] = {}
        for bar in plan.bars:
            for members in (members for name, members in bar.scope if name == fact):
                self._always.discard(bar.guardrail)
                for member in members:
                    self._by_value.setdefault(member, set()).add(bar.guardrail)

    def named(self, value: object) -> str | None:
        """The value, if some guardrail names it; all others are alike."""
        return value if isinstance(value, str) and value in self._by_value else None

    def plan(self, value: object) -> ir.Plan:
        """The plan for a value."""
        name = self.named(value)
        made = self._made.get(name)
        if made is None:
            kept = self._always | self._by_value.get(name or "", set()) if name is not None else self._always
            bars = tuple(bar for bar in self._plan.bars if bar.guardrail in kept)
            made = self._made.setdefault(name, evolve(self._plan, bars=bars))
        return made


def make_index(plan: ir.Plan) -> Index | None:
    """An index by the fact whose members most guardrails are limited to, if they are many."""
    tally = Tally(fact for bar in plan.bars for fact in {fact for fact, _ in bar.scope})
    fact = max(tally, key=tally.__getitem__, default="")
    return Index(plan, fact) if tally[fact] >= INDEX_MIN else None
