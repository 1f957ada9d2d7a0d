"""What the words of a pack mean where a condition stands: its facts, named expressions, roles, and what may be said of the amount."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal

from empower import ir
from empower.language.quantities import Quantity
from empower.money import MINOR_MAX
from empower.noun import frozen
from empower.pack import Place
from empower.problems import Problem, Span

AmountUse = Literal["tightens", "free", "refused"]
Sign = Literal[-1, 0, 1]
"""What a condition does when it comes true: 1 tightens (`when` of a rule), -1 loosens (`unless`, `only_if`), 0: free, or not yet known."""


@frozen
class Roles:
    """The ladder, lowest first, and the roles beside it with the role each asks."""

    ladder: tuple[str, ...]
    beside: Mapping[str, str]

    def everyone(self) -> tuple[str, ...]:
        """Every role: beside the ladder first, then up the ladder."""
        return (*self.beside, *self.ladder)

    def rank(self, role: str) -> int:
        """The place on the ladder from 0; −1 for a role beside it, which counts as below the ladder in comparisons."""
        return self.ladder.index(role) if role in self.ladder else -1

    def compared(self, operator: str, role: str) -> frozenset[str]:
        """Every role for which `actor.role <operator> role` holds."""
        tests: dict[str, Callable[[int], bool]] = {
            "<": lambda rank: rank < self.rank(role),
            "<=": lambda rank: rank <= self.rank(role),
            ">": lambda rank: rank > self.rank(role),
            ">=": lambda rank: rank >= self.rank(role),
        }
        return frozenset(each for each in self.everyone() if tests[operator](self.rank(each)))


@frozen
class Scope:
    """Everything that a condition may name, and where problems go."""

    currency: str
    zone: str
    facts: Mapping[str, ir.FactType]
    roles: Roles
    define: Callable[[str], Quantity | ir.Cond | None]
    """The meaning of a named expression; None when there is none of that name."""
    defined: Collection[str]
    """Every name that is declared; one that has no meaning yet has a problem of its own, and what uses it is not complained of again."""
    report: Callable[[Problem], None]
    find: Callable[[Place], Span]
    amount: AmountUse = "tightens"
    product: bool = False
    """Whether one money may be multiplied by one small integer: in the amount of a cap or budget."""
    sign: Sign = 0
    """What the condition that is read does when it comes true; each `not` turns it."""
    amount_max: int = MINOR_MAX
    """The most, in minor units, that can be asked for where the condition stands."""
