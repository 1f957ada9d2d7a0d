"""A key names one wish: kind, parameters and actor (docs/glossary.md)."""

from __future__ import annotations

import pytest
from attrs import evolve

from empower.ledger import Part, Wish
from empower.ledger.wishes import differences
from empower.testing.asks import wish


def kind(asked: Wish, name: str) -> Wish:
    return evolve(asked, parts=tuple(evolve(part, kind=name) for part in asked.parts))


def parameters(*pairs: tuple[str, str | None]) -> Wish:
    return Wish("k", "d7", (Part("refund", pairs, 100),))


@pytest.mark.parametrize("allowed", [False, True])
@pytest.mark.parametrize(
    ("known", "asked", "told"),
    [
        (wish(), wish(), ()),
        (wish(), kind(wish(), "gesture"), ("kind was 'refund', is 'gesture'",)),
        (wish(), wish(actor="d8"), ("actor was 'd7', is 'd8'",)),
        (wish(), wish(reason="broken"), ("reason was 'late', is 'broken'",)),
        (wish(), wish(reason=None), ("reason was 'late', is not given",)),
        (wish(), parameters(), ("reason was 'late', is not given",)),
        (wish(), wish(item=None), ()),
        (wish(item=None), wish(), ()),
        (wish(), wish(together=True), ("together was no, is yes",)),
        (wish("k", 1, 2), wish("k", 1, 2, 3), ("number of parts was 2, is 3",)),
        (wish("k", 1, 2), kind(wish("k", 1, 2), "comp"), ("part 1: kind was 'refund', is 'comp'", "part 2: kind was 'refund', is 'comp'")),
        (wish(b="x"), wish(actor="d8", b="y"), ("actor was 'd7', is 'd8'", "b was 'x', is 'y'")),
        (parameters(("a", "1"), ("b", "2")), parameters(("b", "2"), ("a", "1")), ()),
    ],
)
def test_what_names_a_wish_may_never_differ(known: Wish, asked: Wish, told: tuple[str, ...], *, allowed: bool) -> None:
    assert differences(known, asked, allowed=allowed) == told


@pytest.mark.parametrize(
    ("known", "asked", "told"),
    [
        (wish("k", 100), wish("k", 90), ("amount in minor units was 100, is 90",)),
        (wish("k", None), wish("k", 90), ("amount in minor units was not given, is 90",)),
        (wish(), wish(up_to=True), ("up_to was no, is yes",)),
        (wish(), wish(item="7"), ("item was not given, is '7'",)),
        (wish(item=None), wish(item="7"), ("item was not given, is '7'",)),
        (wish("k", 1, 2), wish("k", 1, 3), ("part 2: amount in minor units was 2, is 3",)),
    ],
)
def test_what_may_change_until_the_allow_may_not_after_it(known: Wish, asked: Wish, told: tuple[str, ...]) -> None:
    assert differences(known, asked, allowed=False) == ()
    assert differences(known, asked, allowed=True) == told
