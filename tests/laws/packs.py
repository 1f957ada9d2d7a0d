"""Whole random packs: written as YAML, read by the real loader, checked by the real checker."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from attrs import field, frozen
from hypothesis import reject, strategies as st

from empower import ir
from empower.checked import CheckedPack
from empower.compile import Rules, compile_pack, load_pack
from empower.problems import PackError
from laws.author import Action, Author, text
from laws.guardrails import assumption, budget, cap, money, offer, rule
from laws.vocabulary import AMOUNT_MAX, CURRENCIES, PARAMETERS, ZONES, Fact, facts, money_text

LADDERS = (*[("clerk", "lead", "manager"), ("clerk", "manager"), ("clerk", "lead", "manager", "head")] * 3, ("clerk",))
LAYERS = ("rules", "caps", "budgets", "assume", "menu")
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@frozen
class Source:
    """A pack as its author wrote it."""

    document: dict[str, Any]
    tables: dict[str, str] = field(factory=dict)
    parent: Source | None = None

    def text(self) -> str:
        """As YAML."""
        return str(yaml.dump(self.document, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=10_000))

    def write(self, folder: Path) -> Path:
        """Write it into a new folder, its parent beside it."""
        folder.mkdir(parents=True)
        (folder / "pack.yaml").write_text(self.text(), encoding="utf-8")
        for name, table in self.tables.items():
            (folder / name).write_text(table, encoding="utf-8")
        if self.parent is not None:
            self.parent.write(folder.parent / str(self.document["extends"]).removeprefix("../"))
        return folder

    def load(self) -> CheckedPack:
        """Read and check it; raises `PackError`."""
        with tempfile.TemporaryDirectory() as folder:
            return load_pack(self.write(Path(folder) / "pack"))


DISCARDED: Counter[str] = Counter()
"""Codes of the problems for which packs were discarded; `made` counts those that were not."""


def checked(source: Source) -> CheckedPack:
    """The checked pack; one that the checker refuses is discarded."""
    try:
        pack = source.load()
    except PackError as error:
        DISCARDED.update({problem.code for problem in error.problems})
        DISCARDED["discarded"] += 1
        reject()
    DISCARDED["made"] += 1
    return pack


@frozen(eq=False, repr=False)
class Made:
    """A random pack with its source."""

    source: Source
    pack: CheckedPack
    rules: Rules

    def __repr__(self) -> str:
        family = [self.source, *([self.source.parent] if self.source.parent is not None else [])]
        return "\n".join(f"{each.text()}{each.tables or ''}" for each in family)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  (how Hypothesis prints what failed)
        printer.text(repr(self))

    @property
    def program(self) -> ir.Program:
        """What the back ends read."""
        return self.rules.program


def make(source: Source) -> Made:
    """Load and compile a source, or discard it."""
    pack = checked(source)
    return Made(source, pack, compile_pack(pack))


@st.composite
def authors(draw: st.DrawFn, *, actor: bool = False, talkative: bool = False, escalating: bool = False) -> Author:
    """A random author, with everything declared that a pack declares; `actor`: surely with facts of the actor."""
    currency = draw(st.sampled_from(CURRENCIES))
    ladder = draw(st.sampled_from(LADDERS[:-1] if escalating else LADDERS))
    author = Author(draw, currency, ladder, {}, (), ())
    author.beside = {"agent": f"asks {author.pick(ladder)}"} if author.chance(3) else {}
    about_actor = [fact for fact in facts(currency) if fact.path.startswith("actor.")]
    others = [fact for fact in facts(currency) if fact not in about_actor]
    author.facts = (*author.some(others, 2, 4), *author.some(about_actor, 1, 2)) if actor else tuple(author.some(facts(currency), 3, 7))
    author.escalating = escalating
    if talkative:
        author.talkative = True
        author.facts = tuple(dict.fromkeys((*author.facts, *(fact for fact in others if fact.customer_may_see))))
    author.reasons = author.chance(3)
    author.actions = tuple(_action(author, name) for name in _names(author))
    return author


def _names(author: Author) -> tuple[str, ...]:
    others = author.some(("credit", "release", "gesture"), 0, 2)
    return ("release",) if author.chance(12) else ("refund", *others)


def _action(author: Author, name: str) -> Action:
    asks = ("reason",) if author.chance(3) else ()
    parameters = tuple(author.some(tuple(PARAMETERS), 0, 2)) if author.chance(3) else ()
    return Action(name, None if name == "release" else (1, author.pick((AMOUNT_MAX, 30, AMOUNT_MAX))), parameters, asks)


def declarations(author: Author) -> dict[str, Any]:
    """The head of a pack: everything but its guardrails."""
    document: dict[str, Any] = {
        "pack": "random", "version": "1", "currency": author.currency, "timezone": author.pick(ZONES), "mission": "Be generous, within reason.",
        "values": {"trust": "We trust the person at the door.", "thrift": "Margins are low."},
        "roles": {"ladder": list(author.ladder), "beside": dict(author.beside)},
        "facts": {fact.path: _fact(fact) for fact in author.facts},
        "actions": {action.name: _declared(author, action) for action in author.actions},
    }  # fmt: skip
    document["groups"] = {"money_back": [action.name for action in author.actions if action.bounds]}
    if author.chance(3):
        document["define"] = {"cheap": text(author, "free", 1, amount=False, known=False), "recovery": money(author, 1)}
        author.defined = {"cheap": "condition", "recovery": "money"}
    if author.chance(3):
        document["when_ledger_unavailable"] = author.pick(("deny", {"escalate": author.pick(author.ladder)}))
    return document


def _fact(fact: Fact) -> Any:
    return {"type": fact.type, "customer_may_see": "yes"} if fact.customer_may_see else fact.type


def _declared(author: Author, action: Action) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if action.bounds is not None:
        low, high = (money_text(bound, author.currency) for bound in action.bounds)
        found["amount"] = f"money {low}..{high}"
    if action.asks:
        found["asks"] = list(action.asks)
    if action.parameters:
        found["parameters"] = {name: PARAMETERS[name] for name in action.parameters}
    if author.reasons:
        found["reasons"] = ["late", "broken"]
    return found


def guardrails(author: Author, tables: dict[str, str], prefix: str = "", *, most: int = 3) -> dict[str, list[dict[str, Any]]]:
    """Rules, caps, budgets, assumptions and a menu."""
    amounts = any(action.bounds for action in author.actions)
    return {
        "rules": [rule(author, f"{prefix}rule-{n}") for n in range(author.pick(range(most + 2)))],
        "caps": [cap(author, f"{prefix}cap-{n}", tables) for n in range(author.pick(range(most)) if amounts else 0)],
        "budgets": [budget(author, f"{prefix}budget-{n}") for n in range(author.pick(range(most)))],
        "assume": [
            assumption(author, f"{prefix}assume-{n}") for n in range(author.pick((0, 0, 0, 0, 0, 0, 0, 1)) * (not author.escalating))
        ],
        "menu": [offer(author, f"{prefix}offer-{n}") for n in range(author.pick((0, 1, 2)))],
    }


@st.composite
def sources(draw: st.DrawFn, *, budgets: bool = True, most: int = 3, **author_is: bool) -> Source:
    """A random pack as written, by an author of some sort, with about `most` guardrails of each sort at most."""
    author = draw(authors(**author_is))
    author.draw = draw
    document = declarations(author)
    tables: dict[str, str] = {}
    document |= guardrails(author, tables, most=most)
    if not budgets:
        document["budgets"] = []
    return Source(document, tables)


@st.composite
def packs(draw: st.DrawFn, *, budgets: bool = True, most: int = 3, **author_is: bool) -> Made:
    """A random pack that passes the checker, by an author of some sort."""
    return make(draw(sources(budgets=budgets, most=most, **author_is)))
