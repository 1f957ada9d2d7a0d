"""Conditions as trees of the business-rules library."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from empower.testing.authoring.author import Author, Sign
from empower.testing.authoring.vocabulary import MEMBERS, Fact


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
    facts = [
        *(fact for fact in author.facts if fact.kind in _LEAVES),
        *3 * author.of("set of"),
        *2 * author.of("text"),
    ]  # which have most operators
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
