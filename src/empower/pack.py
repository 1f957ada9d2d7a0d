"""The pack as its author wrote it: shapes and keys, nothing more. Every scalar is still text; `check` gives it meaning.

These models are the one boundary that pydantic guards, and the source of the published JSON Schema of a pack.
Conditions, amounts and cells stay plain values here (`object`), because only the checker knows the facts they speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from attrs import field, frozen
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from empower.noun import Noun
from empower.problems import PROBLEMS_MAX, Problem, Span, did_you_mean


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
    asks: Names = Field(default_factory=list)
    reasons: list[str] = Field(default_factory=list)
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
    then: Names = Field(default_factory=list)
    examples: list[dict[str, Any]] = Field(default_factory=list)


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
    per: Names = Field(default_factory=list)
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
    values: dict[str, Text] = {}
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
Find = Callable[[Place], Span]
"""Where something stands; see `places.Places.find`."""


@frozen(repr=False, eq=False)
class Pack(Noun):
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
    find: Find = field(repr=False, eq=False)
    """The place of a value in `pack.yaml`; worked out on demand, since only errors and explanations ask."""
    parent: Pack | None = None
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    """What is wrong with its files and its shape. `check_pack` reports it together with what is wrong with its meaning."""
    broken: frozenset[Place] = field(default=frozenset(), repr=False)
    """Declarations that were left out because of their shape, and guardrails that lost a key, by section and name."""


# ------------------------------------------------------------------------------------------------ shape


@frozen(repr=False, eq=False)
class Shaped(Noun):
    """A document with whatever had no fit shape left out, and a problem for each of these."""

    document: PackDocument
    problems: tuple[Problem, ...]
    broken: frozenset[Place]
    kept: Mapping[str, tuple[int, ...]]
    """Of each list some items of which were left out: at which places the others stood."""


_LISTS = ("rules", "caps", "budgets", "menu", "assume", "claims")
_DECLARED = ("facts", "actions", "values", "groups", "define", "obligations", "population")
_STAND_INS: Mapping[str, Any] = {
    "pack": "unnamed", "version": "0", "currency": "CLF", "timezone": "UTC", "mission": "", "languages": ["en"], "mode": "live",
}  # fmt: skip
"""What stands for a missing or misshapen key, so that the rest can be checked; in CLF no amount has too many decimals."""
_ROUNDS = 4


def shape_pack(value: Mapping[str, Any], find: Find) -> Shaped | tuple[Problem, ...]:
    """A document in its shape; or the problems alone, where too much is missing to go on.

    What is misshapen is left out, and the rest read again, until all that is left has its shape.
    """
    problems: list[Problem] = []
    broken: set[Place] = set()
    given = dict(value)
    kept: dict[str, tuple[int, ...]] = {}
    for _ in range(_ROUNDS):
        try:
            document = PackDocument.model_validate(given)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False)
        else:
            return Shaped(document, tuple(problems), frozenset(broken), kept)
        at = _at_home(find, kept)
        problems += [_shape_problem(fault, at) for fault in faults[: PROBLEMS_MAX + 1]]
        if len(problems) > PROBLEMS_MAX or not _leave_out(given, faults, broken, kept):
            return tuple(problems)
    return tuple(problems)


def _at_home(find: Find, kept: Mapping[str, tuple[int, ...]]) -> Find:
    """`find` for a document that lacks some items of its lists."""
    return lambda place: find(as_written(place, kept))


def as_written(place: Place, kept: Mapping[str, tuple[int, ...]]) -> Place:
    """A place in the document that is checked, as a place in the file."""
    if len(place) > 1 and isinstance(place[1], int) and (places := kept.get(str(place[0]))):
        return (place[0], places[place[1]], *place[2:])
    return place


def _leave_out(given: dict[str, Any], faults: list[Any], broken: set[Place], kept: dict[str, tuple[int, ...]]) -> bool:
    """Take what is misshapen out of a document; False when the rest could not be checked without it."""
    surplus: dict[Any, Any] = {}
    items: dict[str, set[int]] = {}
    for fault in faults:
        place: Place = tuple(fault["loc"])
        head = str(place[0])
        if fault["type"] == "extra_forbidden":
            _note(surplus, place)
            if head in _LISTS:
                broken.add((head, str(given[head][int(place[1])].get("id"))))
        elif head in _LISTS and len(place) > 1:
            items.setdefault(head, set()).add(int(place[1]))
        elif head in _LISTS:
            given[head] = []
        elif head in _DECLARED and len(place) > 1:
            _note(surplus, place[:2])
            broken.add(place[:2])
        elif head in _STAND_INS:
            given[head] = _STAND_INS[head]
            broken.add((head,))
        elif head == "roles":
            given.pop("roles", None)
            broken.add(("roles",))
        else:
            return False
    for section, left_out in items.items():
        _note_kept(kept, section, len(given[section]), left_out)
    given.update({key: part for key, part in _without(given, surplus).items() if key in surplus})
    for key in [key for key, below in surplus.items() if below is None]:
        given.pop(key, None)
    for section, left_out in items.items():
        given[section] = [item for index, item in enumerate(given[section]) if index not in left_out]
    return True


def _note(tree: dict[Any, Any], place: Place) -> None:
    """Note a place in a tree of places; None stands for the whole of what is there."""
    for part in place[:-1]:
        if part in tree and tree[part] is None:
            return
        tree = tree.setdefault(part, {})
    tree[place[-1]] = None


def _note_kept(kept: dict[str, tuple[int, ...]], section: str, count: int, left_out: set[int]) -> None:
    before = kept.get(section, tuple(range(count)))
    kept[section] = tuple(place for index, place in enumerate(before) if index not in left_out)


def _without(value: Any, surplus: Mapping[Any, Any]) -> Any:
    """A value without what a tree of places notes; keys only, so that the indices of lists stay true."""
    if isinstance(value, list):
        return [_without(item, surplus[index]) if surplus.get(index) else item for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    left = {key: item for key, item in value.items() if key not in surplus or surplus[key] is not None}
    return {key: _without(item, surplus[key]) if key in surplus else item for key, item in left.items()}


_NOUNS = {
    "rules": "a rule", "caps": "a cap", "budgets": "a budget", "menu": "an offer of the menu", "assume": "an assumption",
    "claims": "a claim", "facts": "a fact", "actions": "an action", "roles": "the roles", "say": "`say`", "campaign": "a campaign",
    "encourage": "`encourage`", "offer": "an offer",
}  # fmt: skip
_NAMES = ("deny", "escalate", "only_if", "ask", "oblige", "advise", "for", "per", "then", "asks")
_TEXTS = ("mission", "title", "staff", "customer", "ask", "nudge")
_SHAPES = {"string_type": "a text", "list_type": "a list", "dict_type": "a mapping of keys", "model_type": "a mapping of keys"}


def _shape_problem(fault: Any, find: Find) -> Problem:
    place: Place = tuple(fault["loc"])
    key = str(place[-1])
    if fault["type"] == "extra_forbidden":
        help_ = did_you_mean(key, _keys_at(place[:-1]))
        return Problem(find((*place, "<key>")), "unknown-key", f"'{key[:60]}' is not a key of {_noun(place[:-1])}", help_)
    if fault["type"] == "missing":
        owner = _owner(fault, place)
        if key == "because":
            help_ = "add `because:` with the name of the value of the mission that it serves"
            return Problem(find(place[:-1]), "no-value", f"{owner} names no value", help_)
        return Problem(find(place[:-1]), "missing-key", f"{owner} needs '{key}'", f"add `{key}: …`")
    what = f"item {int(key) + 1} of {_part(place[:-1])}" if isinstance(place[-1], int) else _part(place)
    names = fault["type"] == "list_type" and key in _NAMES
    wanted = (
        "a name or a list of names"
        if names
        else "a text"
        if _is_text(fault["type"], place)
        else _SHAPES.get(fault["type"], "something else")
    )
    if fault["input"] == "":
        return Problem(find((*place, "<key>")), "wrong-shape", f"{what} is empty, and must be {wanted}", "fill it in, or leave the key out")
    got = "a text" if isinstance(fault["input"], str) else "a list" if isinstance(fault["input"], list) else "a mapping of keys"
    return Problem(find(place), "wrong-shape", f"{what} must be {wanted}, not {got}", _how_to_shape(wanted))


def _is_text(fault: str, place: Place) -> bool:
    """Whether a mapping stands here for the texts of several languages, so that one text would do as well."""
    return fault == "dict_type" and (place[-1] in _TEXTS or (place[0] in ("values", "obligations") and len(place) == 2))


def _how_to_shape(wanted: str) -> str:
    ways = {
        "a name or a list of names": "such as `refund`, or `[refund, store_credit]`",
        "a list": "write `[a, b]`, or each on a line of its own after `- `",
        "a mapping of keys": "write `{key: value}`",
    }
    return ways.get(wanted, "write it as one text, in quotes if it holds brackets or a colon")


def _part(place: Place) -> str:
    if place and isinstance(place[-1], int):
        return f"item {place[-1] + 1} of {_part(place[:-1])}"
    noun = _noun(place[:-1])
    return f"'{place[-1] if place else ''}'" + (f" of {noun}" if noun != "a pack" else "")


def _owner(fault: Any, place: Place) -> str:
    given = fault["input"]
    name = given.get("id") if isinstance(given, dict) else None
    noun = _noun(place[:-1])
    return f"{noun.removeprefix('a ').removeprefix('an ')} '{name[:60]}'" if isinstance(name, str) else noun


def _noun(place: Place) -> str:
    for part in reversed(place):
        if isinstance(part, str) and part in _NOUNS:
            return _NOUNS[part]
    return "a pack"


def _keys_at(place: Place) -> Iterator[str]:
    """The keys that the model at a place knows, as an author writes them."""
    model: Any = PackDocument
    for part in place:
        if isinstance(part, str) and hasattr(model, "model_fields"):
            info = next((f for name, f in model.model_fields.items() if (f.alias or name) == part), None)
            model = _inner(info.annotation) if info else model
    for name, info in getattr(model, "model_fields", {}).items():
        yield info.alias or name


def _inner(annotation: Any) -> Any:
    """The model inside `list[Model]`, `dict[str, Model]`, `Model | None`, or the annotation itself."""
    if hasattr(annotation, "model_fields"):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        inner = _inner(argument)
        if hasattr(inner, "model_fields"):
            return inner
    return annotation
