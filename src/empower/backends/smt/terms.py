"""Terms of the solver: how they are joined, and what the worlds of one program share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import z3

from empower import ir
from empower.environment import text_test
from empower.noun import evolve

Term = Any
"""A number or formula of the solver; `+ - * < <= > >= ==` make new ones, and so do the functions below."""

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
FIRST_DAY, LAST_DAY = 1, 3_652_059
EPOCH_DAY = 719_163
FIRST_MS, LAST_MS = -62_135_596_800_000, 253_402_300_799_999
ALWAYS_KNOWN = frozenset({"actor.id", "actor.role", "action.kind", "now"})
STRANGERS = ("other-1", "other-2", "other-3")
"""Texts that a pack hardly names: what an example has for an id."""


def every(parts: Iterable[Term]) -> Term:
    """All of these hold."""
    return z3.And(*parts)


def some(parts: Iterable[Term]) -> Term:
    """One of these holds."""
    return z3.Or(*parts)


def opposite(formula: Term) -> Term:
    """A formula does not hold."""
    return z3.Not(formula)


def same(left: Term, right: Term) -> Term:
    """Both are equal."""
    return left == right


def choice(condition: Term, then: Term, otherwise: Term) -> Term:
    """One term or another."""
    return z3.If(condition, then, otherwise)


def constant(value: int | bool) -> Term:  # noqa: FBT001  (a value, and not a switch)
    """A number, or a formula that always or never holds."""
    return z3.BoolVal(value) if isinstance(value, bool) else z3.IntVal(value)


def fresh(name: str) -> Term:
    """A number that may be anything; one name is one number."""
    return z3.Int(name)


def flag(name: str) -> Term:
    """A formula that may hold or not; one name is one formula."""
    return z3.Bool(name)


class Terms:
    """What the worlds of one program share: its words, and what is known of them. Two programs that are compared share one too."""

    def __init__(self, *programs: ir.Program) -> None:
        self.axioms: list[Term] = []
        """What holds of every term made so far; a solver takes it in by itself."""
        self._taken: set[int] = set()
        self._numbers: dict[str, int] = {}
        self._words: list[str] = []
        self._tests: dict[ir.TextTest, Callable[[Term], Term]] = {}
        for text in STRANGERS:
            self.word(text)
        for program in programs:
            for kind in program.facts.values():
                for member in kind.members if isinstance(kind, ir.OneOfType) else ():
                    self.word(member)

    def take(self, *formulas: Term) -> None:
        """Note what holds of terms, once."""
        for formula in formulas:
            if formula.get_id() not in self._taken:
                self._taken.add(formula.get_id())
                self.axioms.append(formula)

    def word(self, text: str) -> int:
        """The number of a word."""
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self._words)
            self._words.append(text)
            for test, function in self._tests.items():
                self.take(function(z3.IntVal(number)) == text_test(test, text))
        return number

    def text(self, number: int) -> str | None:
        """The word of a number; None: a text that no guardrail names."""
        return self._words[number] if 0 <= number < len(self._words) else None

    @property
    def words(self) -> Sequence[str]:
        """Every word so far, by number."""
        return self._words

    def tested(self, test: ir.TextTest, value: Term) -> Term:
        """What a test makes of a text: known for every word, open for all others."""
        alike = evolve(test, fact="")
        function = self._tests.get(alike)
        if function is None:
            function = self._tests[alike] = z3.Function(f"test {alike!r}", z3.IntSort(), z3.BoolSort())
            for number, text in enumerate(self._words):
                self.take(function(z3.IntVal(number)) == text_test(alike, text))
            for example in _near(alike.text):
                self.word(example)
        return function(value)


def _near(text: str) -> Sequence[str]:
    """Texts of which a test with this constant is likely to hold, and likely not."""
    return (text, f"{text}1", f"1{text}", text.swapcase()) if text else ()
