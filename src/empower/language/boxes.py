"""What the cells of a table take, as boxes: the values of one fact, and the classes into which the rows of a table cut them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from empower.noun import frozen


@frozen
class Numbers:
    """The whole numbers in any of the stretches, both ends included, out of those from `low` to `high`; with `negated`, the others."""

    stretches: tuple[tuple[int, int], ...]
    low: int
    high: int
    negated: bool = False


@frozen
class Words:
    """Some words, out of `universe` or (None) of all texts; with `negated`, the others."""

    members: frozenset[str]
    universe: tuple[str, ...] | None
    negated: bool = False


@frozen
class Sets:
    """The sets that hold one of `touching`, or nothing if `empty`; with `negated`, the others."""

    touching: frozenset[str]
    empty: bool
    universe: tuple[str, ...]
    negated: bool = False


Box = Numbers | Words | Sets
Dimension = tuple[str, str]
"""A fact; of a set, a fact and one of its members, or "" for all that no row names."""


def labels_of(fact: str, sides: Sequence[Box]) -> dict[Dimension, tuple[Any, ...]]:
    """Into which classes all rows together cut the values of a fact."""
    first = sides[0]
    if isinstance(first, Numbers):
        cuts = {cut for side in sides if isinstance(side, Numbers) for a, b in side.stretches for cut in (a, b + 1)}
        starts = sorted({first.low, *cuts} - {first.high + 1})
        return {(fact, ""): tuple(zip(starts, [start - 1 for start in (*starts[1:], first.high + 1)], strict=True))}
    if isinstance(first, Words):
        mentioned = {word for side in sides if isinstance(side, Words) for word in side.members}
        return {(fact, ""): first.universe or (*sorted(mentioned), "")}
    touched = {word for side in sides if isinstance(side, Sets) for word in side.touching}
    rest = [""] if set(first.universe) - touched else []
    return {(fact, member): (False, True) for member in (*sorted(touched), *rest)}


def alternatives(fact: str, side: Box, labels: Mapping[Dimension, tuple[Any, ...]]) -> list[dict[Dimension, frozenset[Any]]]:
    """A side as boxes over the classes, any of which it takes."""
    match side:
        case Numbers(stretches, _, _, negated):
            taken = frozenset(label for label in labels[fact, ""] if any(a <= label[0] <= b for a, b in stretches) != negated)
            return [{(fact, ""): taken}]
        case Words(members, _, negated):
            return [{(fact, ""): frozenset(label for label in labels[fact, ""] if (label in members) != negated)}]
        case Sets(touching, empty, _, negated):
            own = [key for key in labels if key[0] == fact]
            if not negated:
                none = [dict.fromkeys(own, frozenset((False,)))] if empty else []
                return [*({(fact, word): frozenset((True,))} for word in sorted(touching)), *none]
            without = {(fact, word): frozenset((False,)) for word in touching}
            return [{**without, key: frozenset((True,))} for key in own if key not in without] if empty else [without]
