"""Whole random packs, with what the law tests ask of one: its manuscript, to write it otherwise, and its rules."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from hypothesis import strategies as st

from empower import ir
from empower.compile import Rules, compile_pack
from empower.testing import DrawnPack, Manuscript, packs as drawn
from empower.testing.authoring.drawing import GUARDRAILS as LAYERS, loaded, manuscripts

UNTRIED = ("extends", "languages")


@frozen(eq=False, repr=False)
class Made:
    """A random pack with its source."""

    source: Manuscript
    pack: DrawnPack
    rules: Rules

    def __repr__(self) -> str:
        return repr(self.pack)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  (how Hypothesis prints what failed)
        printer.text(repr(self))

    @property
    def program(self) -> ir.Program:
        """What the back ends read."""
        return self.rules.program


def make(source: Manuscript) -> Made:
    """Load and compile a source, or discard it."""
    return _made(loaded(source))


def _made(pack: DrawnPack) -> Made:
    return Made(pack.manuscript, pack, compile_pack(pack))


def sources(*, most: int = 3, **chosen: bool) -> st.SearchStrategy[Manuscript]:
    """Random packs as written."""
    return manuscripts(most=most, without=UNTRIED, **chosen)


def packs(*, budgets: bool = True, most: int = 3, **author_is: bool) -> st.SearchStrategy[Made]:
    """Random packs that pass the checker, by an author of some sort."""
    return drawn(most=most, without=UNTRIED if budgets else (*UNTRIED, "budgets"), **author_is).map(_made)


__all__ = ["LAYERS", "Made", "make", "packs", "sources"]
