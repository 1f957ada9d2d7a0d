"""Conditions in all their forms, such that a larger amount, or a fact becoming known, can only tighten."""

from __future__ import annotations

from empower.testing.authoring.author import OPPOSITE, Author, Sign
from empower.testing.authoring.cells import cells
from empower.testing.authoring.comparisons import comparison, money
from empower.testing.authoring.trees import tree
from empower.testing.authoring.vocabulary import REASONS


def condition(author: Author, sign: Sign, *, amount: bool = True, known: bool = True) -> object:
    """A condition in any of its three forms."""
    form = author.pick(("text", "text", "cells", "tree"))
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
        return _person(author) if author.chance(2) else _role(author)
    if author.chance(8) and "condition" in author.defined.values():
        return author.pick([name for name, kind in author.defined.items() if kind == "condition"])
    if author.chance(25):
        return f"action.kind {author.pick(('==', '!='))} '{author.pick(author.actions).name}'"
    if author.chance(12):
        return f"action.reason {author.pick(('==', '!='))} '{author.pick(REASONS)}'"
    return comparison(author, author.pick(author.facts))


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
