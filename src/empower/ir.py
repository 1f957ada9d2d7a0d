"""The intermediate representation: everything in front ends here, every back end starts here.

Numbers are integers: money in minor units, decimals and percentages scaled by a denominator that the checker knows, dates as day
ordinals, instants as milliseconds UTC. So no back end divides (save `Floored`), rounds, or sees a float.
Conditions are two-valued. What is unknown is handled before, by `lower`: formulas over facts and `Known` bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

from empower.noun import Noun

OPEN = 2**62
"""The threshold of a guardrail that does not speak: no amount is above it."""
CLOSED = -1
"""The threshold of a guardrail that always speaks: every amount is above it."""
NEVER_DAY = 0
"""How `never` reads as a date: before every date, so `days_since` of it is longer than any period."""
NEVER_MS = -62_135_683_200_000
"""How `never` reads as an instant: the midnight before 0001-01-01."""

# ---------------------------------------------------------------------------------------------- types


@frozen(repr=False, eq=False)
class NumberType(Noun):
    """A bounded number. `unit` tells what it counts; values are integers of 1/`denominator`, bounds included."""

    unit: Literal["money", "integer", "decimal", "duration", "days", "hours"]
    low: int
    high: int
    denominator: int = 1


@frozen(repr=False, eq=False)
class YesNoType(Noun):
    """True or false."""


@frozen(repr=False, eq=False)
class OneOfType(Noun):
    """One of several words; `ordered` lists them lowest first when they may be compared."""

    members: tuple[str, ...]
    ordered: bool = False


@frozen(repr=False, eq=False)
class SetOfType(Noun):
    """Any number of several words, none included."""

    members: tuple[str, ...]


@frozen(repr=False, eq=False)
class TextType(Noun):
    """Free text."""


@frozen(repr=False, eq=False)
class DateType(Noun):
    """A calendar date, as its proleptic ordinal; `never` says that it may be `never`, which is not unknown."""

    never: bool = False


@frozen(repr=False, eq=False)
class InstantType(Noun):
    """A point in time, as milliseconds UTC."""

    never: bool = False


FactType = NumberType | YesNoType | OneOfType | SetOfType | TextType | DateType | InstantType

# ---------------------------------------------------------------------------------------------- numbers


@frozen(repr=False, eq=False)
class Number(Noun):
    """A constant."""

    value: int


@frozen(repr=False, eq=False)
class NumberFact(Noun):
    """The value of a fact that reads as an integer."""

    fact: str


@frozen(repr=False, eq=False)
class Amount(Noun):
    """The amount asked for, in minor units; 0 for a kind without an amount. Only where a larger amount need not tighten."""


@frozen(repr=False, eq=False)
class Sum(Noun):
    """Left plus right."""

    left: Num
    right: Num


@frozen(repr=False, eq=False)
class Scaled(Noun):
    """An expression times a constant integer."""

    value: Num
    factor: int


@frozen(repr=False, eq=False)
class Product(Noun):
    """One expression times another (a cap of money by a small count)."""

    left: Num
    right: Num


@frozen(repr=False, eq=False)
class Floored(Noun):
    """An expression divided by a positive constant, rounded down: the only rounding there is."""

    value: Num
    divisor: int


@frozen(repr=False, eq=False)
class Least(Noun):
    """The smallest of several."""

    values: tuple[Num, ...]


@frozen(repr=False, eq=False)
class Greatest(Noun):
    """The largest of several."""

    values: tuple[Num, ...]


@frozen(repr=False, eq=False)
class Chosen(Noun):
    """A lookup by the member that a fact has; every member has a case."""

    fact: str
    cases: tuple[tuple[str, Num], ...]


@frozen(repr=False, eq=False)
class If(Noun):
    """One number or another, by a condition."""

    condition: Cond
    then: Num
    otherwise: Num


@frozen(repr=False, eq=False)
class Row(Noun):
    """A row of a table: certain to apply, possible at all, and its number. With everything known both conditions are the same."""

    certain: Cond
    possible: Cond
    value: Num


@frozen(repr=False, eq=False)
class Rows(Noun):
    """A first-match table: the least (or greatest) of the rows that could be the first to apply, up to the first certain one."""

    rows: tuple[Row, ...]
    otherwise: Num
    pick: Literal["least", "greatest"]


@frozen(repr=False, eq=False)
class KthLeast(Noun):
    """The k-th smallest of several, k from 1."""

    count: int
    values: tuple[Num, ...]


@frozen(repr=False, eq=False)
class Today(Noun):
    """The ordinal of the local date of the instant of the decision."""

    zone: str = ""
    """The zone of a parent that wrote it; empty: the program's."""


@frozen(repr=False, eq=False)
class DayOf(Noun):
    """The ordinal of the local date of an instant fact."""

    fact: str
    zone: str = ""
    """As of `Today`."""


@frozen(repr=False, eq=False)
class Now(Noun):
    """The instant of the decision."""


Num = (
    Number | NumberFact | Amount | Sum | Scaled | Product | Floored | Least | Greatest | Chosen | If | Rows | KthLeast | Today | DayOf | Now
)  # fmt: skip

# ---------------------------------------------------------------------------------------------- conditions

Operator = Literal["<", "<=", "==", "!=", ">", ">="]


@frozen(repr=False, eq=False)
class Constant(Noun):
    """Always, or never."""

    value: bool


@frozen(repr=False, eq=False)
class Compare(Noun):
    """Two numbers compared."""

    operator: Operator
    left: Num
    right: Num


@frozen(repr=False, eq=False)
class AmountAbove(Noun):
    """The amount asked for is above a threshold: the one way in which a tightening condition may look at the amount."""

    threshold: Num


@frozen(repr=False, eq=False)
class IsYes(Noun):
    """A yes/no fact is yes."""

    fact: str


@frozen(repr=False, eq=False)
class IsAmong(Noun):
    """A word or text is one of several."""

    fact: str
    members: frozenset[str]


@frozen(repr=False, eq=False)
class SameWord(Noun):
    """Two words or texts are equal."""

    left: str
    right: str


@frozen(repr=False, eq=False)
class Has(Noun):
    """A set holds a member."""

    fact: str
    member: str


@frozen(repr=False, eq=False)
class SetTest(Noun):
    """A set compared with constant members, as the business-rules operators of that name do."""

    operator: Literal["contains_all", "shares_at_least_one", "shares_exactly_one", "contained_by"]
    fact: str
    members: frozenset[str]


@frozen(repr=False, eq=False)
class TextTest(Noun):
    """A text compared with a constant text, or matched from its start (`matches`), or anywhere (`found`), by a checked expression."""

    operator: Literal["equals", "starts_with", "ends_with", "contains", "matches", "found"]
    fact: str
    text: str
    ignore_case: bool = False


@frozen(repr=False, eq=False)
class Known(Noun):
    """A fact is known."""

    fact: str


@frozen(repr=False, eq=False)
class Not(Noun):
    """The opposite."""

    condition: Cond


@frozen(repr=False, eq=False)
class All(Noun):
    """Every one holds; true of none."""

    conditions: tuple[Cond, ...]


@frozen(repr=False, eq=False)
class Any(Noun):
    """At least one holds; false of none."""

    conditions: tuple[Cond, ...]


@frozen(repr=False, eq=False)
class AtLeast(Noun):
    """At least `count` of several hold."""

    count: int
    conditions: tuple[Cond, ...]


Cond = Constant | Compare | AmountAbove | IsYes | IsAmong | SameWord | Has | SetTest | TextTest | Known | Not | All | Any | AtLeast
Atom = Compare | AmountAbove | IsYes | IsAmong | SameWord | Has | SetTest | TextTest | Known

# ---------------------------------------------------------------------------------------------- programs


@frozen(repr=False, eq=False)
class Triple(Noun):
    """A number with everything known, and its least and greatest over the completions of what is unknown."""

    exact: Num
    low: Num
    high: Num


@frozen(repr=False, eq=False)
class Bar(Noun):
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


@frozen(repr=False, eq=False)
class Duty(Noun):
    """An obligation or an advice; it never changes the outcome."""

    guardrail: str
    effect: Literal["oblige", "advise"]
    exact: Cond
    certain: Cond
    possible: Cond
    then: tuple[str, ...]


@frozen(repr=False, eq=False)
class Account(Noun):
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


@frozen(repr=False, eq=False)
class Offer(Noun):
    """A gesture on the menu."""

    id: str
    kind: str
    amount: int | None
    parameters: tuple[tuple[str, str], ...]
    rank: int
    certain: Cond


@frozen(repr=False, eq=False)
class Plan(Noun):
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


@frozen(repr=False, eq=False)
class Program(Noun):
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
