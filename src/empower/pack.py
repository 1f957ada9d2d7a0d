"""The pack as its author wrote it: shapes and keys, nothing more. Every scalar is still text; `check` gives it meaning.

Every key is declared here, once: the reader in `shape` and the published schema in `schema` are made from these classes.
Conditions, amounts and cells stay plain values here (`Any`), because only the checker knows the facts they speak of.

Annotations are values here, not texts (there is no `from __future__ import annotations`), since the reader looks at them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

from empower import shape
from empower.noun import field, frozen
from empower.problems import PROBLEMS_MAX, Problem, Span, did_you_mean
from empower.shape import Bare, Misshapen, Shape, declared_keys, read_shape

Names = Annotated[Sequence[str], Bare(lambda name: [name])]
"""One name or a list of names."""
Text = Annotated[Mapping[str, str], Bare(lambda text: {"": text})]
"""A text, or one a language: `{en: …, de: …}`. A bare text is kept under `""` and speaks the pack's first language."""


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

    ladder: Sequence[str]
    beside: Mapping[str, str] = {}


class ActionDocument(Shape):
    """A kind of action."""

    amount: str | None = None
    title: Text | None = None
    asks: Names = ()
    reasons: Sequence[str] = ()
    parameters: Mapping[str, str] = {}


class Guardrail(Shape):
    """What every guardrail has: an id, the value it serves, its dates, its mode and its words."""

    id: str
    because: str
    title: Text | None = None
    say: Say | None = None
    from_: str | None = None
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
    of: Sequence[str] | None = None
    otherwise: Any = None
    then: Names = ()
    examples: Sequence[Mapping[str, Any]] = ()


class CapDocument(Guardrail):
    """The most, or least, that one action may give."""

    for_: Names
    first: Sequence[Mapping[str, Any]] | None = None
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

    from_: str | None = None
    until: str | None = None


class EncourageDocument(Shape):
    """How often the company hopes a budget is used in its window, and the nudge towards it."""

    aim: str
    nudge: Text | None = None


class BudgetDocument(Guardrail):
    """The most that may be given per key in a window, by amount or times or both."""

    for_: Names
    per: Names = ()
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
    offer: Mapping[str, str]
    because: str
    title: Text | None = None
    when: Any = None
    rank: str = "100"


class AssumeDocument(Guardrail):
    """A world the proofs rely on: a deny rule by another name, enforced live."""

    for_: Names
    that: Any


class ClaimDocument(Shape):
    """A sentence about the pack that must be provable."""

    id: str
    because: str
    never: Any = None
    always: Any = None
    title: Text | None = None


class AcceptDocument(Shape):
    """A finding of `empower lint` that the author has looked at and wants as it is."""

    finding: str
    of: str
    why: str


class PackDocument(Shape):
    """The top level of `pack.yaml`."""

    pack: str
    version: str
    currency: str
    timezone: str
    mission: Text
    languages: Sequence[str] = ("en",)
    extends: str | None = None
    mode: str = "live"
    when_ledger_unavailable: Any = None
    values: Mapping[str, Text] = {}
    roles: RolesDocument | None = None
    groups: Mapping[str, Sequence[str]] = {}
    facts: Mapping[str, Annotated[FactDocument, Bare(lambda kind: {"type": kind})]] = {}
    define: Mapping[str, Any] = {}
    obligations: Mapping[str, Text] = {}
    actions: Mapping[str, Annotated[ActionDocument, Bare(lambda _: {}, only="")]] = {}
    rules: Sequence[RuleDocument] = ()
    caps: Sequence[CapDocument] = ()
    budgets: Sequence[BudgetDocument] = ()
    menu: Sequence[OfferDocument] = ()
    assume: Sequence[AssumeDocument] = ()
    claims: Sequence[ClaimDocument] = ()
    population: Mapping[str, str] = {}
    approval_cost: str | None = None
    accept: Sequence[AcceptDocument] = ()


Place = shape.Place
"""A path into a document: keys and indices."""
Find = Callable[[Place], Span]
"""Where something stands; see `places.Places.find`."""


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
    find: Find = field(repr=False, eq=False)
    """The place of a value in `pack.yaml`; worked out on demand, since only errors and explanations ask."""
    parent: "Pack | None" = None
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    """What is wrong with its files and its shape. `check_pack` reports it together with what is wrong with its meaning."""
    broken: frozenset[Place] = field(default=frozenset(), repr=False)
    """Declarations that were left out because of their shape, and guardrails that lost a key, by section and name."""


# ------------------------------------------------------------------------------------------------ shape


@frozen
class Shaped:
    """A document with whatever had no fit shape left out, and a problem for each of these."""

    document: PackDocument
    problems: tuple[Problem, ...]
    broken: frozenset[Place]
    kept: Mapping[str, tuple[int, ...]]
    """Of each list some items of which were left out: at which places the others stood."""


_LISTS = ("rules", "caps", "budgets", "menu", "assume", "claims", "accept")
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
        misshapen: list[Misshapen] = []
        document = read_shape(PackDocument, given, (), misshapen)
        if not misshapen:
            return Shaped(document, tuple(problems), frozenset(broken), kept)
        at, misspelt = _at_home(find, kept), _misspelt(misshapen)
        problems += [
            _shape_problem(each, at) for each in misshapen[: PROBLEMS_MAX + 1] if each.wanted != "present" or each.place not in misspelt
        ]
        if len(problems) > PROBLEMS_MAX or not _leave_out(given, misshapen, broken, kept):
            return tuple(problems)
    return tuple(problems)


def _misspelt(misshapen: Iterable[Misshapen]) -> set[Place]:
    """The places of keys that are there, but misspelt: to say that they are missing would say it twice."""
    surplus = [each.place for each in misshapen if each.wanted == "known"]
    return {
        (*place[:-1], key)
        for place in surplus
        for key in _keys_at(place[:-1])
        if f"'{key}'?" in did_you_mean(str(place[-1]), _keys_at(place[:-1]))
    }


def _at_home(find: Find, kept: Mapping[str, tuple[int, ...]]) -> Find:
    """`find` for a document that lacks some items of its lists."""
    return lambda place: find(as_written(place, kept))


def as_written(place: Place, kept: Mapping[str, tuple[int, ...]]) -> Place:
    """A place in the document that is checked, as a place in the file."""
    if len(place) > 1 and isinstance(place[1], int) and (places := kept.get(str(place[0]))):
        return (place[0], places[place[1]], *place[2:])
    return place


def _leave_out(given: dict[str, Any], misshapen: list[Misshapen], broken: set[Place], kept: dict[str, tuple[int, ...]]) -> bool:
    """Take what is misshapen out of a document; False when the rest could not be checked without it."""
    surplus: dict[Any, Any] = {}
    items: dict[str, set[int]] = {}
    for each in misshapen:
        place = each.place
        head = str(place[0])
        if each.wanted == "known":
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
    "claims": "a claim", "accept": "an accepted finding", "facts": "a fact", "actions": "an action", "roles": "the roles", "say": "`say`", "campaign": "a campaign",
    "encourage": "`encourage`", "offer": "an offer",
}  # fmt: skip
_NAMES = ("deny", "escalate", "only_if", "ask", "oblige", "advise", "for", "per", "then", "asks")
_TEXTS = ("mission", "title", "staff", "customer", "ask", "nudge")
_SHAPES = {"text": "a text", "list": "a list", "mapping": "a mapping of keys", "shape": "a mapping of keys"}


def _shape_problem(misshapen: Misshapen, find: Find) -> Problem:
    place, value = misshapen.place, misshapen.value
    key = str(place[-1])
    if misshapen.wanted == "known":
        help_ = did_you_mean(key, _keys_at(place[:-1]))
        if value == "" and not help_.startswith("did you mean"):
            help_ = f"{help_}; if it is part of a text, put the text in quotes: between {{ and }} a comma ends it"
        return Problem(find((*place, "<key>")), "unknown-key", f"'{key[:60]}' is not a key of {_noun(place[:-1])}", help_)
    if misshapen.wanted == "present":
        owner = _owner(value, place)
        if key == "because":
            help_ = "add `because:` with the name of the value of the mission that it serves"
            return Problem(find(place[:-1]), "no-value", f"{owner} names no value", help_)
        return Problem(find(place[:-1]), "missing-key", f"{owner} needs '{key}'", f"add `{key}: …`")
    what = f"item {int(key) + 1} of {_part(place[:-1])}" if isinstance(place[-1], int) else _part(place)
    wanted = _wanted(misshapen.wanted, place)
    if value == "":
        return Problem(find((*place, "<key>")), "wrong-shape", f"{what} is empty, and must be {wanted}", "fill it in, or leave the key out")
    got = "a text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping of keys"
    if isinstance(value, dict) and value and len(place) == 1 and place[0] in _LISTS:
        help_ = f"write `- ` before the first key of each, such as `- {next(iter(value))}: …`"
        return Problem(find((*place, "<key>")), "wrong-shape", f"{what} must be a list, not a mapping of keys", help_)
    return Problem(find(place), "wrong-shape", f"{what} must be {wanted}, not {got}", _how_to_shape(wanted))


def _wanted(wanted: str, place: Place) -> str:
    """What should stand at a place, as little as would do there: one name for a list of names, one text for those of several languages."""
    if wanted == "list" and place[-1] in _NAMES:
        return "a name or a list of names"
    if wanted == "mapping" and (place[-1] in _TEXTS or (place[0] in ("values", "obligations") and len(place) == 2)):
        return "a text"
    return _SHAPES[wanted]


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


def _owner(given: Any, place: Place) -> str:
    name = given.get("id")
    noun = _noun(place[:-1])
    return f"{noun.removeprefix('a ').removeprefix('an ')} '{name[:60]}'" if isinstance(name, str) else noun


def _noun(place: Place) -> str:
    for part in reversed(place):
        if isinstance(part, str) and part in _NOUNS:
            return _NOUNS[part]
    return "a pack"


def _keys_at(place: Place) -> Iterable[str]:
    """The keys that the shape at a place knows, as an author writes them."""
    found: type[Shape] | None = PackDocument
    for part in place:
        key = declared_keys(found).get(str(part)) if found is not None else None
        found = _shape_in(key.kind) if key is not None else found
    return declared_keys(found) if found is not None else ()


def every_key() -> frozenset[str]:
    """Every key that may stand somewhere in a pack."""
    shapes = [each for each in globals().values() if isinstance(each, type) and issubclass(each, Shape)]
    return frozenset(key for shape in shapes for key in declared_keys(shape))


def _shape_in(kind: Any) -> type[Shape] | None:
    """The shape inside `Sequence[Shape]`, `Mapping[str, Shape]`, `Shape | None`; None when there is none."""
    if isinstance(kind, type) and issubclass(kind, Shape):
        return kind
    return next((found for part in get_args(kind) if (found := _shape_in(part)) is not None), None)
