"""A random author: somebody who picks among the words that there are, and knows what the pack has declared so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Literal, TypeVar

from hypothesis import strategies as st

from empower.noun import define, field, frozen
from empower.testing.authoring.vocabulary import AMOUNTS, Fact, money_text

T = TypeVar("T")
Document = dict[str, Any]
"""A mapping of `pack.yaml`: keys, and texts, lists or mappings."""
Sign = Literal["tightens", "loosens", "free"]
"""What becoming true does in the place of a condition: `when` tightens, `unless` and `only_if` loosen, in a duty it is free."""
OPPOSITE: dict[Sign, Sign] = {"tightens": "loosens", "loosens": "tightens", "free": "free"}


@cache
def below(count: int) -> st.SearchStrategy[int]:
    """Whole numbers from 0, below a count; shrinks to 0."""
    return st.integers(0, count - 1)


@frozen
class Action:
    """A kind of action: its bounds in minor units, what it takes and what it insists on."""

    name: str
    bounds: tuple[int, int] | None
    parameters: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


@define
class Author:
    """What a random author knows of the pack being written."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    currency: str
    ladder: tuple[str, ...]
    beside: dict[str, str]
    facts: tuple[Fact, ...]
    actions: tuple[Action, ...]
    defined: dict[str, str] = field(factory=dict)
    """Named expressions by what they are: `condition` or `money`."""
    languages: tuple[str, ...] = ("en",)
    escalating: bool = False
    """Whether most guardrails leave it to a higher role."""
    talkative: bool = False
    """Whether every guardrail has words for the customer."""
    reasons: bool = False
    """Whether `reason` is one of several words, and no free text."""

    def pick(self, options: Sequence[T]) -> T:
        """One of several; the first is the simplest."""
        return options[self.draw(below(len(options)))] if len(options) > 1 else options[0]

    def chance(self, one_in: int) -> bool:
        """True once in so many times."""
        return bool(self.draw(below(one_in)) == one_in - 1)

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Some of several, in their order."""
        count = least + self.draw(below(max(1, min(most, len(options)) - least + 1)))
        left = list(options)
        while len(left) > count:
            left.pop(self.draw(below(len(left))))
        return left

    def of(self, *kinds: str) -> list[Fact]:
        """The facts of some kinds."""
        return [fact for fact in self.facts if fact.kind in kinds]

    def money(self, *, least: int = 0, most: int = AMOUNTS[-1]) -> str:
        """A constant amount, in major units."""
        return money_text(self.pick([amount for amount in AMOUNTS if least <= amount <= most]), self.currency)

    def roles(self) -> tuple[str, ...]:
        """Every role."""
        return (*self.ladder, *self.beside)

    def words(self, text: str) -> str | dict[str, str]:
        """A text, or one in each language of the pack."""
        return {language: f"{text} ({language})" for language in self.languages} if len(self.languages) > 1 and self.chance(2) else text
