"""The pack as its author wrote it: shapes and keys, nothing more. Every scalar is still text; `check` gives it meaning.

These models are the one boundary that pydantic guards, and the source of the published JSON Schema of a pack.
Conditions, amounts and cells stay plain values here (`object`), because only the checker knows the facts they speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from attrs import field, frozen
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from empower.problems import Span


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_text(value: object) -> object:
    return {"": value} if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_as_list)]
"""One name or a list of names."""
Text = Annotated[dict[str, str], BeforeValidator(_as_text)]
"""A text, or one a language: `{en: …, de: …}`. A bare text is kept under `""` and speaks the pack's first language."""


class Shape(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False, frozen=True, defer_build=True)


class Say(Shape):
    """What a guardrail says, in two voices."""

    staff: Text | None = None
    customer: Text | None = None


class FactDocument(Shape):
    """The long form of a fact: its type, the question to ask for it, and who may see or supply it."""

    type: str
    ask: Text | None = None
    title: Text | None = None
    customer_may_see: str = "no"
    supplied_by: str = "staff"
    typical: str | None = None


class RolesDocument(Shape):
    """The ladder of roles, lowest first, and the roles beside it with the one each asks."""

    ladder: list[str]
    beside: dict[str, str] = {}


class ActionDocument(Shape):
    """A kind of action."""

    amount: str | None = None
    title: Text | None = None
    asks: Names = []
    reasons: list[str] = []
    parameters: dict[str, str] = {}


class Guardrail(Shape):
    """What every guardrail has: an id, the value it serves, its dates, its mode and its words."""

    id: str
    because: str
    title: Text | None = None
    say: Say | None = None
    from_: str | None = Field(default=None, alias="from")
    until: str | None = None
    mode: str = "live"


class RuleDocument(Guardrail):
    """A rule: exactly one of `deny`, `escalate`, `only_if`, `ask`, `oblige`, `advise`, with the kinds it is for."""

    deny: Names | None = None
    escalate: Names | None = None
    only_if: Names | None = None
    ask: Names | None = None
    oblige: Names | None = None
    advise: Names | None = None
    to: str | None = None
    when: Any = None
    unless: Any = None
    any: Any = None
    all: Any = None
    at_least: str | None = None
    of: list[str] | None = None
    otherwise: Any = None
    then: Names = []
    examples: list[dict[str, Any]] = []


class CapDocument(Guardrail):
    """The most, or least, that one action may give."""

    for_: Names = Field(alias="for")
    first: list[dict[str, Any]] | None = None
    table: str | None = None
    hit: str | None = None
    at_most: Any = None
    at_least: Any = None
    when: Any = None
    unless: Any = None
    over: str = "escalate"
    outside: str | None = None
    ceiling: str = "no"


class CampaignDocument(Shape):
    """The local days, both included, on which a budget gives anything."""

    from_: str | None = Field(default=None, alias="from")
    until: str | None = None


class EncourageDocument(Shape):
    """How often the company hopes a budget is used in its window, and the nudge towards it."""

    aim: str
    nudge: Text | None = None


class BudgetDocument(Guardrail):
    """The most that may be given per key in a window, by amount or times or both."""

    for_: Names = Field(alias="for")
    per: Names = []
    window: str | None = None
    wait: str | None = None
    at_most: Any = None
    already: Any = None
    over: str | None = None
    when_unknown: Any = None
    shared_at_most: str | None = None
    campaign: CampaignDocument | None = None
    encourage: EncourageDocument | None = None


class OfferDocument(Shape):
    """A gesture on the menu: an action template."""

    id: str
    offer: dict[str, str]
    because: str
    title: Text | None = None
    when: Any = None
    rank: str = "100"


class AssumeDocument(Guardrail):
    """A world the proofs rely on: a deny rule by another name, enforced live."""

    for_: Names = Field(alias="for")
    that: Any


class ClaimDocument(Shape):
    """A sentence about the pack that must be provable."""

    id: str
    because: str
    never: Any = None
    always: Any = None
    title: Text | None = None


class PackDocument(Shape):
    """The top level of `pack.yaml`."""

    pack: str
    version: str
    currency: str
    timezone: str
    mission: Text
    languages: list[str] = ["en"]
    extends: str | None = None
    mode: str = "live"
    when_ledger_unavailable: Any = None
    values: dict[str, Text]
    roles: RolesDocument | None = None
    groups: dict[str, list[str]] = {}
    facts: dict[str, Annotated[FactDocument, BeforeValidator(lambda v: {"type": v} if isinstance(v, str) else v)]] = {}
    define: dict[str, Any] = {}
    obligations: dict[str, Text] = {}
    actions: dict[str, Annotated[ActionDocument, BeforeValidator(lambda v: {} if v == "" else v)]] = {}
    rules: list[RuleDocument] = []
    caps: list[CapDocument] = []
    budgets: list[BudgetDocument] = []
    menu: list[OfferDocument] = []
    assume: list[AssumeDocument] = []
    claims: list[ClaimDocument] = []
    population: dict[str, str] = {}


Place = tuple[str | int, ...]
"""A path into a document: keys and indices."""


@frozen
class Pack:
    """One pack as loaded: its document, its CSV tables, its cases, its parent if it extends one, and where everything stands."""

    document: PackDocument
    name: str
    digest: str
    """SHA-256 over the names and bytes of all files read, the parent's included."""
    directory: Path
    file: str
    """How the author would call `pack.yaml`, as given to `read_pack`."""
    tables: Mapping[str, str] = field(repr=False)
    """The text of each CSV table, by the name the pack gives it."""
    cases: tuple[Mapping[str, Any], ...] = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)
    find: Callable[[Place], Span] = field(repr=False, eq=False)
    """The place of a value in `pack.yaml`; worked out on demand, since only errors and explanations ask."""
    parent: Pack | None = None
