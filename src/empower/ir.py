"""The intermediate representation: everything in front ends here, every back end starts here.

Numbers are integers: money in minor units, decimals and percentages scaled by a denominator that the checker knows, dates as day
ordinals, instants as milliseconds UTC. So no back end divides (save `Floored`), rounds, or sees a float.
Conditions are two-valued. What is unknown is handled before, by `lower`: formulas over facts and `Known` bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from empower.noun import field, frozen

OPEN = 2**62
"""The threshold of a guardrail that does not speak: no amount is above it."""
CLOSED = -1
"""The threshold of a guardrail that always speaks: every amount is above it."""
NEVER_DAY = 0
"""How `never` reads as a date: before every date, so `days_since` of it is longer than any period."""
NEVER_MS = -62_135_683_200_000
"""How `never` reads as an instant: the midnight before 0001-01-01."""

# ---------------------------------------------------------------------------------------------- types


@frozen
class NumberType:
    """A bounded number. `unit` tells what it counts; values are integers of 1/`denominator`, bounds included."""

    unit: Literal["money", "integer", "decimal", "duration", "days", "hours"]
    low: int
    high: int
    denominator: int = 1


@frozen
class YesNoType:
    """True or false."""


@frozen
class OneOfType:
    """One of several words; `ordered` lists them lowest first when they may be compared."""

    members: tuple[str, ...]
    ordered: bool = False


@frozen
class SetOfType:
    """Any number of several words, none included."""

    members: tuple[str, ...]


@frozen
class TextType:
    """Free text."""


@frozen
class DateType:
    """A calendar date, as its proleptic ordinal; `never` says that it may be `never`, which is not unknown."""

    never: bool = False


@frozen
class InstantType:
    """A point in time, as milliseconds UTC."""

    never: bool = False


FactType = NumberType | YesNoType | OneOfType | SetOfType | TextType | DateType | InstantType

# ---------------------------------------------------------------------------------------------- numbers


@frozen
class Number:
    """A constant."""

    value: int


@frozen
class NumberFact:
    """The value of a fact that reads as an integer."""

    fact: str


@frozen
class Amount:
    """The amount asked for, in minor units; 0 for a kind without an amount. Only where a larger amount need not tighten."""


@frozen
class Sum:
    """Left plus right."""

    left: Num
    right: Num


@frozen
class Scaled:
    """An expression times a constant integer."""

    value: Num
    factor: int


@frozen
class Product:
    """One expression times another (a cap of money by a small count)."""

    left: Num
    right: Num


@frozen
class Floored:
    """An expression divided by a positive constant, rounded down: the only rounding there is."""

    value: Num
    divisor: int


@frozen
class Least:
    """The smallest of several."""

    values: tuple[Num, ...]


@frozen
class Greatest:
    """The largest of several."""

    values: tuple[Num, ...]


@frozen
class Chosen:
    """A lookup by the member that a fact has; every member has a case."""

    fact: str
    cases: tuple[tuple[str, Num], ...]


@frozen
class If:
    """One number or another, by a condition."""

    condition: Cond
    then: Num
    otherwise: Num


@frozen
class Row:
    """A row of a table: certain to apply, possible at all, and its number. With everything known both conditions are the same."""

    certain: Cond
    possible: Cond
    value: Num


@frozen
class Rows:
    """A first-match table: the least (or greatest) of the rows that could be the first to apply, up to the first certain one."""

    rows: tuple[Row, ...]
    otherwise: Num
    pick: Literal["least", "greatest"]


@frozen
class KthLeast:
    """The k-th smallest of several, k from 1."""

    count: int
    values: tuple[Num, ...]


@frozen
class Today:
    """The ordinal of the local date of the instant of the decision."""

    zone: str = ""
    """The zone of a parent that wrote it; empty: the program's."""


@frozen
class DayOf:
    """The ordinal of the local date of an instant fact."""

    fact: str
    zone: str = ""
    """As of `Today`."""


@frozen
class Now:
    """The instant of the decision."""


Num = (
    Number | NumberFact | Amount | Sum | Scaled | Product | Floored | Least | Greatest | Chosen | If | Rows | KthLeast | Today | DayOf | Now
)  # fmt: skip

# ---------------------------------------------------------------------------------------------- conditions

Operator = Literal["<", "<=", "==", "!=", ">", ">="]


@frozen
class Constant:
    """Always, or never."""

    value: bool


@frozen
class Compare:
    """Two numbers compared."""

    operator: Operator
    left: Num
    right: Num


@frozen
class AmountAbove:
    """The amount asked for is above a threshold: the one way in which a tightening condition may look at the amount."""

    threshold: Num


@frozen
class IsYes:
    """A yes/no fact is yes."""

    fact: str


@frozen
class IsAmong:
    """A word or text is one of several."""

    fact: str
    members: frozenset[str]


@frozen
class SameWord:
    """Two words or texts are equal."""

    left: str
    right: str


@frozen
class Has:
    """A set holds a member."""

    fact: str
    member: str


@frozen
class SetTest:
    """A set compared with constant members, as the business-rules operators of that name do."""

    operator: Literal["contains_all", "shares_at_least_one", "shares_exactly_one", "contained_by"]
    fact: str
    members: frozenset[str]


@frozen
class TextTest:
    """A text compared with a constant text, or matched from its start (`matches`), or anywhere (`found`), by a checked expression."""

    operator: Literal["equals", "starts_with", "ends_with", "contains", "matches", "found"]
    fact: str
    text: str
    ignore_case: bool = False


@frozen
class Known:
    """A fact is known."""

    fact: str


@frozen
class Not:
    """The opposite."""

    condition: Cond


@frozen
class All:
    """Every one holds; true of none."""

    conditions: tuple[Cond, ...]


@frozen
class Any:
    """At least one holds; false of none."""

    conditions: tuple[Cond, ...]


@frozen
class AtLeast:
    """At least `count` of several hold."""

    count: int
    conditions: tuple[Cond, ...]


Cond = Constant | Compare | AmountAbove | IsYes | IsAmong | SameWord | Has | SetTest | TextTest | Known | Not | All | Any | AtLeast
Atom = Compare | AmountAbove | IsYes | IsAmong | SameWord | Has | SetTest | TextTest | Known

# ---------------------------------------------------------------------------------------------- programs


@frozen
class Triple:
    """A number with everything known, and its least and greatest over the completions of what is unknown."""

    exact: Num
    low: Num
    high: Num


@frozen
class Bar:
    """A guardrail as one kind meets it: it speaks when the amount is above its threshold (or, a `floor`, below it).

    Rules without an amount have the threshold `OPEN` or `CLOSED`. Certain to speak: above `high`; may speak: above `low`.
    For a floor it is the other way round: certain below `low`, may speak below `high`.
    """

    guardrail: str
    effect: Literal["deny", "escalate", "only_if", "ask", "assume", "cap", "floor"]
    outcome: Literal["deny", "escalate"]
    role: str | None
    """The role that an escalation names; None for caps and denials."""
    threshold: Triple
    evidence: tuple[int, tuple[str, ...]] | None = None
    """Of an `ask`: how many, and of which yes/no facts."""
    scope: tuple[tuple[str, frozenset[str]], ...] = ()
    """Facts outside whose members the guardrail does not speak, if it is that simple: for an index."""


@frozen
class Duty:
    """An obligation or an advice; it never changes the outcome."""

    guardrail: str
    effect: Literal["oblige", "advise"]
    exact: Cond
    certain: Cond
    possible: Cond
    then: tuple[str, ...]


@frozen
class Account:
    """A budget as one kind meets it."""

    guardrail: str
    pack: str
    """The pack that declared it: its counters belong there."""
    zone: str
    """The time zone of that pack: its calendar windows are cut there."""
    keys: tuple[str, ...]
    window: tuple[str, int]
    """Kind of window, and its length in milliseconds where it rolls."""
    amount: Triple | None
    times: int | None
    already: Triple | None
    already_times: Triple | None
    outcome: Literal["deny", "escalate"]
    personal: bool
    """Kept per `actor.*`: an approver has their own."""
    campaign: tuple[int | None, int | None] | None = None
    """First and last local day (ordinals) on which it gives anything."""
    shared_at_most: int | None = None
    """With an unknown key: the limit, in minor units, of the one counter that all unknowns share; None: the key is asked for."""
    unknown_role: str | None = None
    """With an unknown key: the role asked beyond `shared_at_most`; None: as `outcome` says."""
    shadow: bool = False
    encourage: int | None = None


@frozen
class Offer:
    """A gesture on the menu."""

    id: str
    kind: str
    amount: int | None
    parameters: tuple[tuple[str, str], ...]
    rank: int
    certain: Cond


@frozen
class Plan:
    """All that one kind of action meets, in the pack's order."""

    kind: str
    amount: tuple[int, int] | None
    """Least and largest amount of the kind, in minor units; None: the kind has no amount."""
    asks: tuple[str, ...]
    bars: tuple[Bar, ...]
    shadows: tuple[Bar, ...]
    duties: tuple[Duty, ...]
    accounts: tuple[Account, ...]
    clock: Literal["never", "day", "instant"]
    """Whether a guardrail or duty looks at the time, and how closely: at the local day, or at the instant itself."""
    order: tuple[str, ...]
    """The ids of all its guardrails and duties, in the pack's order."""
    slots: tuple[str, ...]
    """Every fact that is read, sorted: the layout of the tuple of facts."""
    free: tuple[str, ...] = ()
    """The `actor.*` facts read that a role does not fix: an approver may have any value of them."""
    zones: tuple[str, ...] = ()
    """The zones of parents in which some of its guardrails count days, where these are not the program's."""


@frozen
class Program:
    """A checked pack, ready for any back end."""

    name: str
    digest: str
    currency: str
    zone: str
    ladder: tuple[str, ...]
    beside: Mapping[str, str]
    """Roles beside the ladder, each with the role it asks."""
    facts: Mapping[str, FactType]
    plans: Mapping[str, Plan] = field(repr=False)
    menu: tuple[Offer, ...] = ()
