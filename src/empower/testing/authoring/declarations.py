"""What stands before the guardrails of a pack: its roles, facts, actions and names."""

from __future__ import annotations

from collections.abc import Collection

from empower.testing.authoring.author import Action, Author, Document
from empower.testing.authoring.caps import lookup
from empower.testing.authoring.cells import cell
from empower.testing.authoring.comparisons import money
from empower.testing.authoring.conditions import text
from empower.testing.authoring.vocabulary import AMOUNT_MAX, OBLIGATIONS, PARAMETERS, REASONS, ZONES, Fact, money_text

LANGUAGES = (("en",), ("en",), ("en",), ("de",), ("en", "de"))


def actions(author: Author) -> tuple[Action, ...]:
    """The actions of a pack: a refund and others, or one without an amount alone."""
    names = ("release",) if author.chance(12) else ("refund", *author.some(("credit", "release", "gesture"), 0, 2))
    return tuple(_action(author, name) for name in names)


def _action(author: Author, name: str) -> Action:
    asks = ("reason",) if author.chance(3) else ()
    parameters = tuple(author.some(tuple(PARAMETERS), 0, 2)) if author.chance(3) else ()
    return Action(name, None if name == "release" else (1, author.pick((AMOUNT_MAX, 30, AMOUNT_MAX))), parameters, asks)


def declarations(author: Author, without: Collection[str]) -> Document:
    """The head of a pack: everything but its guardrails."""
    author.languages = author.pick(LANGUAGES) if "languages" not in without else ("en",)
    document: Document = {
        "pack": "random", "version": "1", "currency": author.currency, "timezone": author.pick(ZONES),
        **({"languages": list(author.languages)} if author.languages != ("en",) else {}), "mission": author.words("Be generous, within reason."),
        "values": {"trust": author.words("We trust the person at the door."), "thrift": author.words("Margins are low.")},
        "roles": {"ladder": list(author.ladder), **({"beside": dict(author.beside)} if author.beside else {})},
        "facts": {fact.path: _fact(author, fact) for fact in author.facts},
        "actions": {action.name: _declared(author, action) for action in author.actions},
    }  # fmt: skip
    amounts = [action.name for action in author.actions if action.bounds]
    document |= {"groups": {"money_back": amounts}} if amounts else {}
    if author.chance(3):
        document["obligations"] = {name: author.words(words) for name, words in OBLIGATIONS.items()}
    if "define" not in without and author.chance(3):
        document["define"] = _definitions(author)
    if "when_ledger_unavailable" not in without and author.chance(3):
        document["when_ledger_unavailable"] = author.pick(("deny", {"escalate": author.ladder[-1]}))
    if "mode" not in without and author.chance(20):
        document["mode"] = "shadow"
    return document


def _fact(author: Author, fact: Fact) -> str | Document:
    """A fact in its short form, or in its long one."""
    found: Document = {"type": fact.type} | ({"customer_may_see": "yes"} if fact.customer_may_see else {})
    if author.chance(8):
        spoken = fact.path.replace(".", " ")
        found |= {"title": author.words(spoken), "ask": author.words(f"What about the {spoken}?")}
    if author.chance(12):
        found["supplied_by"] = author.pick(("host", "staff"))
    if author.chance(12):
        typical = cell(author, fact)
        found |= {"typical": typical} if isinstance(typical, str) else {}
    return found if len(found) > 1 else fact.type


def _declared(author: Author, action: Action) -> Document:
    found: Document = {}
    if action.bounds is not None:
        low, high = (money_text(bound, author.currency) for bound in action.bounds)
        found["amount"] = f"money {low}..{high}"
    if author.chance(8):
        found["title"] = author.words(f"Give a {action.name}")
    if action.asks:
        found["asks"] = list(action.asks)
    if action.parameters:
        found["parameters"] = {name: PARAMETERS[name] for name in action.parameters}
    if author.reasons:
        found["reasons"] = list(REASONS)
    return found


def _definitions(author: Author) -> Document:
    """Named expressions, and a table by the member of a fact."""
    found: Document = {
        "cheap": text(author, "free", 1, amount=False, known=False), "recovery": money(author, 1), "patience": lookup(author, least=1),
    }  # fmt: skip
    author.defined = {"cheap": "condition", "recovery": "money", "patience": "money"}
    return found
