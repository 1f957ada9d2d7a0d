"""A pack that has passed the checker: the same guardrails, typed. Only `check_pack` makes a `CheckedPack`, so what follows may trust it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from empower import ir
from empower.language.scope import Roles
from empower.noun import field, frozen
from empower.pack import Pack
from empower.problems import Span

Words = Mapping[str, str]
"""A text by language."""


@frozen
class Voices:
    """What a guardrail says to staff and to the customer; empty where the author wrote nothing."""

    staff: Words
    customer: Words


@frozen
class About:
    """What every guardrail has, whatever it does."""

    id: str
    effect: str
    pack: str
    """The pack that declares it."""
    because: str
    """The value of the mission that it serves."""
    title: Words
    say: Voices
    shadow: bool
    span: Callable[[], Span] = field(repr=False, eq=False)


@frozen
class Kind:
    """A kind of action."""

    name: str
    amount: tuple[int, int] | None
    title: Words
    asks: tuple[str, ...]
    parameters: tuple[str, ...]
    """Names of the parameters that the kind takes, `reason` among them."""


@frozen
class FactNote:
    """What is said about a fact besides its type."""

    ask: Words
    title: Words
    customer_may_see: bool
    supplied_by: Literal["staff", "host"]


@frozen
class Terms:
    """The conditions of a guardrail as its author set them apart, each in negation normal form; what it does follows from all of them."""

    wanted: ir.Cond = ir.Constant(value=True)
    """What a positive list, a call for evidence or an assumption asks for."""
    when: ir.Cond = ir.Constant(value=True)
    unless: ir.Cond = ir.Constant(value=False)


@frozen
class CheckedRule:
    """`deny`, `escalate`, `only_if`, `ask` or `assume`: it speaks when `fires` holds."""

    id: str
    effect: Literal["deny", "escalate", "only_if", "ask", "assume"]
    kinds: tuple[str, ...]
    fires: ir.Cond
    """In negation normal form, and monotone in the amount."""
    outcome: Literal["deny", "escalate"]
    role: str | None
    evidence: tuple[int, tuple[str, ...]] | None
    shadow: bool
    terms: Terms = field(default=Terms(), repr=False)


@frozen
class CheckedDuty:
    """`oblige` or `advise`."""

    id: str
    effect: Literal["oblige", "advise"]
    kinds: tuple[str, ...]
    holds: ir.Cond
    then: tuple[str, ...]
    terms: Terms = field(default=Terms(), repr=False)


@frozen
class Row:
    """One row of a cap: when it applies, and the amounts of which the smallest (of a floor: the largest) counts."""

    condition: ir.Cond
    amounts: tuple[ir.Num, ...]
    span: Callable[[], Span] = field(repr=False, eq=False)


@frozen
class CheckedCap:
    """The most or the least that one action may give."""

    id: str
    effect: Literal["cap", "floor"]
    kinds: tuple[str, ...]
    rows: tuple[Row, ...]
    """The last one is the `otherwise`; no match gives 0."""
    collect: bool
    """All matching rows count, the smallest wins; otherwise the first match."""
    applies: ir.Cond
    dated: ir.Cond | None
    outside_zero: bool
    outcome: Literal["deny", "escalate"]
    shadow: bool
    ceiling: bool = False
    """A parent's cap, constant by role, that a child's constants may not exceed."""
    terms: Terms = field(default=Terms(), repr=False)


@frozen
class CheckedBudget:
    """The most that may be given per key in a window."""

    id: str
    pack: str
    zone: str
    kinds: tuple[str, ...]
    keys: tuple[str, ...]
    window: tuple[str, int]
    amounts: tuple[ir.Num, ...]
    times: int | None
    already: ir.Num | None
    already_times: ir.Num | None
    outcome: Literal["deny", "escalate"]
    campaign: tuple[int | None, int | None] | None
    shared_at_most: int | None
    unknown_role: str | None
    shadow: bool
    encourage: int | None
    nudge: Words


@frozen
class CheckedOffer:
    """A gesture on the menu."""

    id: str
    kind: str
    amount: int | None
    parameters: tuple[tuple[str, str], ...]
    rank: int
    when: ir.Cond
    title: Words


@frozen
class CheckedClaim:
    """A sentence that must be provable: `never` this, or `always` that."""

    id: str
    mode: Literal["never", "always"]
    condition: ir.Cond
    because: str


@frozen
class CheckedPack:
    """Everything a pack and its parents say, typed and in order: the parents' guardrails first."""

    pack: Pack
    currency: str
    zone: str
    languages: tuple[str, ...]
    mission: Words
    values: Mapping[str, Words]
    roles: Roles
    groups: Mapping[str, tuple[str, ...]]
    facts: Mapping[str, ir.FactType]
    fact_notes: Mapping[str, FactNote]
    define: Mapping[str, Any]
    kinds: Mapping[str, Kind]
    obligations: Mapping[str, Words]
    about: Mapping[str, About] = field(repr=False)
    rules: tuple[CheckedRule, ...] = field(repr=False)
    duties: tuple[CheckedDuty, ...] = field(repr=False)
    caps: tuple[CheckedCap, ...] = field(repr=False)
    budgets: tuple[CheckedBudget, ...] = field(repr=False)
    menu: tuple[CheckedOffer, ...] = field(repr=False)
    claims: tuple[CheckedClaim, ...] = field(repr=False)
    order: tuple[str, ...] = field(repr=False)
    """The ids of all guardrails in the pack's order."""
    when_ledger_unavailable: tuple[Literal["deny", "escalate"], str | None] | None = None
    """The declared fallback and the role it names; None: `LedgerUnavailable` is raised."""
    parent: CheckedPack | None = field(default=None, repr=False)
    approval_cost: int | None = None
    """What it costs to ask somebody, in minor units; for `empower lint`."""
