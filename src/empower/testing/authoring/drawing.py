"""`packs()`: whole packs, as the loader reads them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hypothesis import reject, strategies as st

from empower.problems import PackError
from empower.testing.authoring.author import Author, Document
from empower.testing.authoring.budgets import budget
from empower.testing.authoring.caps import cap
from empower.testing.authoring.conditions import text
from empower.testing.authoring.declarations import actions, declarations
from empower.testing.authoring.manuscript import DrawnPack, Manuscript
from empower.testing.authoring.menu import offer
from empower.testing.authoring.rules import assumption, rule
from empower.testing.authoring.vocabulary import CURRENCIES, LADDERS, facts

GUARDRAILS = ("rules", "caps", "budgets", "assume", "menu")
OPTIONAL = (
    *GUARDRAILS, "accept", "approval_cost", "claims", "define", "extends", "languages", "mode", "population", "when_ledger_unavailable",
)  # fmt: skip
"""What a pack may do without."""
FACTS_MIN, FACTS_MAX = 3, 7
OFFERS_MAX = 2


def packs(
    *, most: int = 3, without: Collection[str] = (), actor: bool = False, escalating: bool = False, talkative: bool = False
) -> st.SearchStrategy[DrawnPack]:
    """Whole packs that load, from any corner of the language.

    Args:
        most: so many rules, caps and budgets, of each, at most.
        without: top-level keys that no pack shall have, of `OPTIONAL`; no `languages`: English only.
        actor: every pack asks about whoever asks: their tenure, training, region.
        escalating: most guardrails leave it to a higher role.
        talkative: every guardrail has words for the customer.

    Raises:
        ValueError: `without` names what every pack has, or what none has.
    """
    unknown = sorted(set(without) - set(OPTIONAL))
    if unknown:
        raise ValueError(f"'{unknown[0]}' cannot be left out; what can: {', '.join(OPTIONAL)}")
    return manuscripts(most=most, without=without, actor=actor, escalating=escalating, talkative=talkative).map(loaded)


def loaded(manuscript: Manuscript) -> DrawnPack:
    """What the loader makes of a manuscript; one that it refuses is not drawn."""
    try:
        return manuscript.load()
    except PackError:
        reject()


@st.composite
def manuscripts(
    draw: st.DrawFn,
    *,
    most: int = 3,
    without: Collection[str] = (),
    actor: bool = False,
    escalating: bool = False,
    talkative: bool = False,
    extending: bool | None = None,
) -> Manuscript:
    """Packs as written, of which the loader may refuse some; arguments as of `packs`. `extending`: whether they extend another; None: some do."""
    author = draw(authors(actor=actor, escalating=escalating, talkative=talkative))
    author.draw = draw
    head = declarations(author, without)
    tables: dict[str, str] = {}
    document = head | guardrails(author, tables, most=most, without=without) | _for_proofs(author, without)
    if extending is None:
        extending = "extends" not in without and author.chance(8)
    if not extending:
        return Manuscript(document, tables)
    return _extending(author, head, Manuscript(document, tables), most=most, without=without)


@st.composite
def authors(draw: st.DrawFn, *, actor: bool = False, talkative: bool = False, escalating: bool = False) -> Author:
    """Random authors, who know what facts, roles and actions their pack declares."""
    currency = draw(st.sampled_from(CURRENCIES))
    ladder = draw(st.sampled_from(LADDERS[:-1] if escalating else LADDERS))
    author = Author(draw, currency, ladder, {}, (), (), escalating=escalating, talkative=talkative)
    author.beside = {"agent": f"asks {author.pick(ladder)}"} if author.chance(3) else {}
    every = facts(currency)
    about_actor = [fact for fact in every if fact.about_the_actor]
    others = [fact for fact in every if not fact.about_the_actor]
    chosen = [*author.some(others, 2, 4), *author.some(about_actor, 1, 2)] if actor else author.some(every, FACTS_MIN, FACTS_MAX)
    shown = [fact for fact in others if fact.customer_may_see] if talkative else []
    author.facts = tuple(dict.fromkeys((*chosen, *shown)))
    author.reasons = author.chance(3)
    author.actions = actions(author)
    return author


def guardrails(
    author: Author, tables: dict[str, str], prefix: str = "", *, most: int = 3, without: Collection[str] = ()
) -> dict[str, list[Document]]:
    """Rules, caps, budgets, assumptions and a menu; what goes into CSV tables is put among these."""
    amounts = any(action.bounds for action in author.actions)
    most_of = {"rules": most, "caps": most if amounts else 0, "budgets": most, "menu": OFFERS_MAX}
    count = {part: author.pick(range(of + 1)) if part not in without else 0 for part, of in most_of.items()}
    count["assume"] = int("assume" not in without and not author.escalating and author.chance(4))
    found = {
        "rules": [rule(author, f"{prefix}rule-{number}") for number in range(count["rules"])],
        "caps": [cap(author, f"{prefix}cap-{number}", tables) for number in range(count["caps"])],
        "budgets": [budget(author, f"{prefix}budget-{number}") for number in range(count["budgets"])],
        "assume": [assumption(author, f"{prefix}assume-{number}") for number in range(count["assume"])],
        "menu": [offer(author, f"{prefix}offer-{number}") for number in range(count["menu"])],
    }
    return {part: written for part, written in found.items() if written}


def _for_proofs(author: Author, without: Collection[str]) -> Document:
    """What is for proofs and for `empower lint`, and changes no decision."""
    found: dict[str, Any] = {}
    if author.chance(5):
        held = text(author, "free", 1, known=False)
        held = f"({held}) and not approved" if author.chance(3) else held
        found["claims"] = [{"id": "claim", author.pick(("never", "always")): held, "because": "trust", "title": author.words("a claim")}]
    if author.chance(10):
        found["population"] = {"actor.id": "40"}
    if author.chance(10):
        found["approval_cost"] = author.money(least=1)
    if author.chance(10):
        found["accept"] = [{"finding": "unused", "of": author.facts[0].path, "why": "a later version asks for it"}]
    return {key: value for key, value in found.items() if key not in without}


def _extending(author: Author, head: Document, alone: Manuscript, *, most: int, without: Collection[str]) -> Manuscript:
    """A pack that extends one which declares its facts and has guardrails of its own."""
    tables: dict[str, str] = {}
    parent = head | {"pack": "company"} | guardrails(author, tables, "company-", most=most, without=without)
    inherited = head.keys() - {"pack", "version", "currency", "timezone", "languages", "mission", "mode"}
    child = {key: value for key, value in alone.document.items() if key not in inherited} | {"extends": "../company"}
    return Manuscript(child, alone.tables, Manuscript(parent, tables))
