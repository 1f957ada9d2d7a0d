"""A random author: writes conditions in all their forms, so that a larger amount, or a fact becoming known, can only tighten."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Literal, TypeVar

from attrs import define, field, frozen
from hypothesis import strategies as st

from laws.vocabulary import AMOUNTS, MEMBERS, NOON, TEXTS, TODAY, Fact, money_text

T = TypeVar("T")
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

    def money(self, *, least: int = 0) -> str:
        """A constant amount, in major units."""
        return money_text(self.pick([amount for amount in AMOUNTS if amount >= least]), self.currency)

    def roles(self) -> tuple[str, ...]:
        """Every role."""
        return (*self.ladder, *self.beside)


# ------------------------------------------------------------------------------------------------ conditions as text


def condition(author: Author, sign: Sign, *, amount: bool = True, known: bool = True) -> object:
    """A condition in any of its three forms."""
    form = author.pick(("text", "text", "text", "cells", "tree"))
    if form == "cells" and (found := cells(author, least=1)):
        return found
    if form == "tree":
        return tree(author, sign, 2, amount=amount)
    return text(author, sign, 2, amount=amount, known=known)


def text(author: Author, sign: Sign, depth: int, *, amount: bool = True, known: bool = True) -> str:
    """A condition as a text, with brackets wherever they could be needed."""
    narrow, wide = ("or", "and") if sign == "loosens" else ("and", "or")
    shape = author.pick(("atom", narrow, narrow, wide, "not")) if depth else "atom"
    if shape == "atom":
        return atom(author, sign, amount=amount, known=known)
    if shape == "not":
        return f"not ({text(author, OPPOSITE[sign], depth - 1, amount=amount, known=known)})"
    parts = [f"({text(author, sign, depth - 1, amount=amount, known=known)})" for _ in range(author.pick((2, 2, 3)))]
    return f" {shape} ".join(parts)


def atom(author: Author, sign: Sign, *, amount: bool, known: bool) -> str:
    """One test."""
    if amount and author.chance(5):
        return amount_test(author, sign)
    if known and author.chance(10):
        return _known(author, sign)
    if author.chance(8):
        return _person(author) if author.chance(4) else _role(author)
    if author.chance(8) and "condition" in author.defined.values():
        return author.pick([name for name, kind in author.defined.items() if kind == "condition"])
    if author.chance(25):
        return f"action.kind {author.pick(('==', '!='))} '{author.pick(author.actions).name}'"
    if author.chance(12):
        return f"action.reason {author.pick(('==', '!='))} '{author.pick(('late', 'broken'))}'"
    fact = author.pick(author.facts)
    return _TESTS[fact.kind](author, fact)


def amount_test(author: Author, sign: Sign) -> str:
    """`action.amount` against something, the way round that may stand here."""
    larger = author.pick((">", ">=")) if sign == "tightens" or (sign == "free" and author.chance(2)) else author.pick(("<", "<="))
    factor = author.pick(("", "", "2 * ", "3 * ", "0.5 * ", "50% of ", "12.5% of "))
    bound = money(author, 1)
    if author.chance(3):
        flipped = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[larger]
        return f"{bound} {flipped} {factor}action.amount"
    return f"{factor}action.amount {larger} {bound}"


def _known(author: Author, sign: Sign) -> str:
    told = f"known({author.pick(author.facts).path})"
    return f"not {told}" if sign == "tightens" else told


def _role(author: Author) -> str:
    if author.chance(2):
        return f"actor.role {author.pick(('<', '<=', '>', '>='))} '{author.pick(author.ladder)}'"
    return f"actor.role {author.pick(('==', '!='))} '{author.pick(author.roles())}'"


def _person(author: Author) -> str:
    texts = author.of("text")
    if texts and author.chance(2):
        return f"actor.id {author.pick(('==', '!='))} {author.pick(texts).path}"
    return f"actor.id {author.pick(('==', '!='))} '{author.pick(('m1', 'd7'))}'"


def money(author: Author, depth: int) -> str:
    """An expression of money."""
    facts = author.of("money")
    if not facts or author.chance(3):
        return author.money()
    if "money" in author.defined.values() and author.chance(5):
        return author.pick([name for name, kind in author.defined.items() if kind == "money"])
    first = author.pick(facts).path
    match author.pick(("fact", "percent", "sum", "min", "times", "less")) if depth else "fact":
        case "percent":
            return f"{author.pick(('50', '12.5', '33', '110'))}% of {first}"
        case "sum":
            return f"{first} + {money(author, depth - 1)}"
        case "min":
            return f"{author.pick(('min', 'max'))}({first}, {money(author, depth - 1)})"
        case "times":
            return f"{author.pick(('2', '0.5'))} * {first}"
        case "less":
            return f"{first} - {money(author, depth - 1)}"
        case _:
            return first


def _compare(author: Author, left: str, right: str) -> str:
    return f"{left} {author.pick(('>', '>=', '<', '<=', '==', '!='))} {right}"


def _money_test(author: Author, fact: Fact) -> str:
    return _compare(author, fact.path, money(author, 1))


def _whole_test(author: Author, fact: Fact) -> str:
    others = [other for other in author.of("integer") if other != fact]
    if others and author.chance(3):
        return _compare(author, fact.path, author.pick(others).path)
    return _compare(author, fact.path, str(author.pick((0, 1, 2, 3, 4, -1))))


def _decimal_test(author: Author, fact: Fact) -> str:
    return _compare(author, fact.path, author.pick(("2.5", "1", "2.05", "0.1")))


def _duration_test(author: Author, fact: Fact) -> str:
    return _compare(author, fact.path, author.pick(("minutes(30)", "hours(1)", "minutes(5)", "hours(2)")))


def _yes_no_test(author: Author, fact: Fact) -> str:
    return author.pick((fact.path, f"not {fact.path}", f"{fact.path} == yes", f"{fact.path} == no"))


def _word_test(author: Author, fact: Fact) -> str:
    members = MEMBERS[fact.path]
    if author.chance(3):
        listed = ", ".join(f"'{member}'" for member in author.some(members, 1, 2))
        return f"{fact.path} {author.pick(('in', 'not in'))} [{listed}]"
    signs = ("==", "!=", "<", "<=", ">", ">=") if fact.kind == "ordered" else ("==", "!=")
    return f"{fact.path} {author.pick(signs)} '{author.pick(members)}'"


def _set_test(author: Author, fact: Fact) -> str:
    return f"'{author.pick(MEMBERS[fact.path])}' {author.pick(('in', 'not in'))} {fact.path}"


def _text_test(author: Author, fact: Fact) -> str:
    others = [other for other in author.of("text") if other != fact]
    if others and author.chance(4):
        return f"{fact.path} {author.pick(('==', '!='))} {author.pick(others).path}"
    match author.pick(("equals", "in", "starts_with", "ends_with", "contains", "matches")):
        case "equals":
            return f"{fact.path} {author.pick(('==', '!='))} '{author.pick(TEXTS)}'"
        case "in":
            return f"{fact.path} in ['a', 'UK-77']"
        case "matches":
            return f"matches({fact.path}, '[A-Z]+-[0-9]+')"
        case test:
            return f"{test}({fact.path}, '{author.pick(('a', 'UK', '7', '-'))}')"


def _date_test(author: Author, fact: Fact) -> str:
    if author.chance(2):
        return f"days_since({fact.path}) {author.pick(('>', '<=', '==', '>='))} {author.pick((0, 1, 2, 30))}"
    if "never" in fact.type and author.chance(2):
        return f"{fact.path} {author.pick(('==', '!='))} never"
    day = datetime.date.fromordinal(TODAY - author.pick((0, 1, 30, -1)))
    return f"{fact.path} {author.pick(('<', '<=', '>', '>='))} '{day.isoformat()}'"


def _instant_test(author: Author, fact: Fact) -> str:
    match author.pick(("hours", "days", "never", "moment", "now")):
        case "hours":
            return f"hours_since({fact.path}) {author.pick(('>', '<=', '>=', '<'))} {author.pick((0, 1, 24, 48))}"
        case "days":
            return f"days_since({fact.path}) {author.pick(('>', '<=', '>='))} {author.pick((0, 1, 2))}"
        case "never" if "never" in fact.type:
            return f"{fact.path} {author.pick(('==', '!='))} never"
        case "now":
            return f"{fact.path} {author.pick(('<', '>='))} now"
        case _:
            moment = datetime.datetime.fromtimestamp((NOON - author.pick((0, 24)) * 3_600_000) // 1000, datetime.UTC)
            return f"{fact.path} {author.pick(('<', '<=', '>', '>='))} '{moment.isoformat()}'"


_TESTS: dict[str, Callable[[Author, Fact], str]] = {
    "money": _money_test,
    "integer": _whole_test,
    "decimal": _decimal_test,
    "duration": _duration_test,
    "yes/no": _yes_no_test,
    "one of": _word_test,
    "ordered": _word_test,
    "set of": _set_test,
    "text": _text_test,
    "date": _date_test,
    "instant": _instant_test,
}

# ------------------------------------------------------------------------------------------------ cells


def cells(author: Author, least: int = 0, most: int = 2, *, role: bool = True) -> dict[str, object]:
    """Cells of a row by fact; the role among them now and then."""
    found: dict[str, object] = {fact.path: cell(author, fact) for fact in author.some(author.facts, least, most)}
    if role and author.chance(2):
        found["actor.role"] = role_cell(author)
    return found


def role_cell(author: Author) -> object:
    """A cell for `actor.role`."""
    if author.chance(3):
        return f"{author.pick(author.ladder)} or {author.pick(('above', 'below'))}"
    if author.chance(4):
        return f"not({author.pick(author.ladder)})" if len(author.roles()) > 1 else author.ladder[0]
    return author.pick(author.roles())


def cell(author: Author, fact: Fact) -> object:
    """A cell for a fact."""
    match fact.kind:
        case "yes/no":
            return author.pick(("yes", "no"))
        case "one of" | "ordered" | "set of":
            return _word_cell(author, fact)
        case "text":
            return author.pick(('"a"', '"a", "b"', "AB-1", 'not("b")'))
        case "date":
            return author.pick(("<= 2026-11-21", "2026-10-23..2026-11-22", "> 2026-11-15"))
        case "instant":
            return author.pick(("< 2026-11-22T00:00:00+00:00", ">= 2026-11-21T10:00:00+00:00"))
        case "duration":
            return author.pick(("<= 30 minutes", "[5..60 minutes)", "> 1 hours"))
        case "money":
            low, high = (money_text(amount, author.currency) for amount in (10, 50))
            return author.pick((f"<= {high}", f"[{low}..{high})", f"({low}..{high}]", f">= {low}", f"not({low}..{high})"))
        case "decimal":
            return author.pick(("<= 2.5", "[1..2.5)", "> 4"))
        case _:
            return author.pick(("0", "1..2", ">= 2", "[0..3)", "not(1)"))


def _word_cell(author: Author, fact: Fact) -> object:
    members = MEMBERS[fact.path]
    some = author.some(members, 1, 2)
    if fact.kind == "ordered" and author.chance(3):
        return author.pick(("silver or above", "silver or below", ">= gold", "< gold"))
    if fact.kind == "set of" and author.chance(4):
        return "none"
    if author.chance(4) and len(some) < len(members):
        return f"not({', '.join(some)})"
    return list(some) if author.chance(2) else ", ".join(some)


# ------------------------------------------------------------------------------------------------ trees


def tree(author: Author, sign: Sign, depth: int, *, amount: bool = True) -> dict[str, object]:
    """A condition tree of the business-rules library."""
    parts = [_branch(author, sign, depth - 1, amount=amount) for _ in range(author.pick((1, 2, 2)))]
    return {author.pick(("all", "any")): parts}


def _branch(author: Author, sign: Sign, depth: int, *, amount: bool) -> dict[str, object]:
    if depth and author.chance(3):
        return tree(author, sign, depth, amount=amount)
    if amount and author.chance(5):
        operators = ("greater_than", "greater_than_or_equal_to") if sign != "loosens" else ("less_than", "less_than_or_equal_to")
        return {"name": "action.amount", "operator": author.pick(operators), "value": author.money()}
    facts = [fact for fact in author.facts if fact.kind in _LEAVES]
    if not facts:
        return _role_leaf(author)
    fact = author.pick(facts)
    operator, value = author.pick(_LEAVES[fact.kind](author, fact))
    return {"name": fact.path, "operator": operator} | ({} if value is None else {"value": value})


def _role_leaf(author: Author) -> dict[str, object]:
    return {"name": "actor.role", "operator": "equal_to", "value": author.pick(author.roles())}


Leaf = tuple[str, object]


def _number_leaves(author: Author, fact: Fact) -> Sequence[Leaf]:
    value = author.money() if fact.kind == "money" else author.pick(("0", "1", "2", "2.5"))
    names = ("equal_to", "greater_than", "greater_than_or_equal_to", "less_than", "less_than_or_equal_to")
    return [(name, value) for name in names]


def _text_leaves(author: Author, _fact: Fact) -> Sequence[Leaf]:
    word = author.pick(("a", "AB-1", "ab-1", "7"))
    names = ("equal_to", "equal_to_case_insensitive", "starts_with", "ends_with", "contains", "matches_regex")
    return [*((name, word) for name in names), ("non_empty", None)]


def _one_of_leaves(author: Author, fact: Fact) -> Sequence[Leaf]:
    member = author.pick(MEMBERS[fact.path])
    return [("equal_to", member), ("contains", member), ("does_not_contain", member), ("equal_to_case_insensitive", member.upper())]


def _set_leaves(author: Author, fact: Fact) -> Sequence[Leaf]:
    members = author.some(MEMBERS[fact.path], 1, 2)
    lists = (
        "contains_all",
        "is_contained_by",
        "shares_at_least_one_element_with",
        "shares_exactly_one_element_with",
        "shares_no_elements_with",
    )
    return [*((name, list(members)) for name in lists), ("contains", members[0]), ("does_not_contain", members[0])]


def _yes_no_leaves(_author: Author, _fact: Fact) -> Sequence[Leaf]:
    return [("is_true", None), ("is_false", None)]


_LEAVES: dict[str, Callable[[Author, Fact], Sequence[Leaf]]] = {
    "money": _number_leaves,
    "integer": _number_leaves,
    "decimal": _number_leaves,
    "text": _text_leaves,
    "one of": _one_of_leaves,
    "ordered": _one_of_leaves,
    "set of": _set_leaves,
    "yes/no": _yes_no_leaves,
}
