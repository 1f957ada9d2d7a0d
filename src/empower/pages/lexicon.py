"""What the things of a pack are called, gathered from its titles, its questions and its names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from empower import ir
from empower.backends.english.words import Lexicon, without_article, words
from empower.checked import CheckedPack
from empower.language.quantities import Quantity
from empower.noun import evolve
from empower.pack import BudgetDocument, CapDocument, ClaimDocument, Guardrail, OfferDocument, Pack, RuleDocument
from empower.phrases import BUILT_IN, phrase

_DETERMINED = re.compile(r"^(the|an|a|what|how|your|our|who|all|any|some)\b")
_NUMBER = re.compile(r"(?<![\w.])[0-9]+(?:\.[0-9]+)?(?![\w.]*[a-zA-Z_])|(?<![\w.])[0-9]+(?=%)")
_LIBRARYS = {
    **{path: phrase("en", f"fact.{path}") for path in BUILT_IN},
    "actor.role": "the role", "action.amount": "the amount", "action.kind": "what is done", "action.reason": "the reason",
    "action.what": "what is given", "now": "now", "approved": "an approval",
}  # fmt: skip
_NUMBERED = ("number", "Nummer", "nummer", "code")
Document = Guardrail | OfferDocument | ClaimDocument


def make_lexicon(checked: CheckedPack, language: str) -> Lexicon:
    """What everything is called in a language; in the pack's first one where it has no name in this one."""
    return Lexicon(
        checked.currency, language, checked.roles.ladder, checked.facts,
        {path: fact_name(checked, path, language) for path in (*checked.facts, "action.amount", "approved")},
        {path: said(note.ask, checked, language) for path, note in checked.fact_notes.items() if said(note.ask, checked, language)},
        {name: kind_name(checked, name, language) for name in checked.kinds},
        {}, frozenset(_literals(checked.pack)),
    )  # fmt: skip


def said(texts: Mapping[str, str], checked: CheckedPack, language: str) -> str:
    """A text in a language, or in the pack's first; empty if there is none."""
    return texts.get(language) or texts.get(checked.languages[0]) or next(iter(texts.values()), "")


def kind_name(checked: CheckedPack, name: str, language: str) -> str:
    """What a kind of action is called."""
    return said(checked.kinds[name].title, checked, language) or words(name)


def fact_name(checked: CheckedPack, path: str, language: str) -> str:
    """What a fact is called, as a noun phrase."""
    note = checked.fact_notes.get(path)
    title = said(note.title, checked, language) if note is not None else ""
    if title:
        return title if language != "en" or _DETERMINED.match(title) or path in _yes_no(checked) else f"the {title}"
    if path in _LIBRARYS:
        return _LIBRARYS[path]
    if path in _yes_no(checked):
        return f"“{words(path.removeprefix('action.').replace('.', ' '))}”"
    *groups, name = path.removeprefix("action.").split(".")
    owner = " ".join(words(group) for group in groups)
    if not owner:
        return f"the {words(name)}"
    return f"the {owner}" if name == "id" else f"the {owner}'s {words(name)}"


def key_name(checked: CheckedPack, path: str, language: str) -> str:
    """For each of what a budget is kept: `customer` for customer.id, `shop` for a fact called the shop."""
    owner = path.rpartition(".")[0]
    if path == "actor.id":
        return "member of staff"
    title = without_article(fact_name(checked, path, language))
    return words(owner) if owner and title.endswith(_NUMBERED) else title


def _yes_no(checked: CheckedPack) -> frozenset[str]:
    return frozenset(path for path, kind in checked.facts.items() if isinstance(kind, ir.YesNoType))


def _literals(pack: Pack | None) -> Iterator[Fraction]:
    """Every number that stands in the files of a pack and its parents."""
    while pack is not None:
        for text in (*pack.sources.values(), *pack.tables.values()):
            yield from (Fraction(found) for found in _NUMBER.findall(text))
        pack = pack.parent


def documents(pack: Pack | None) -> dict[str, tuple[Document, Pack]]:
    """Every guardrail, offer and claim as its author wrote it, by id, with the pack in which it stands."""
    found: dict[str, tuple[Document, Pack]] = {}
    while pack is not None:
        document = pack.document
        lists = (document.rules, document.caps, document.budgets, document.assume, document.menu, document.claims)
        found.update({each.id: (each, pack) for each in itertools.chain[Document](*lists)})
        pack = pack.parent
    return found


def with_names(lexicon: Lexicon, checked: CheckedPack, document: Document) -> Lexicon:
    """A lexicon that knows the constants by the names which a guardrail uses for them."""
    used = set(re.findall(r"[A-Za-z_][\w.]*", " ".join(_texts(document))))
    named = {
        meaning.constant: words(name)
        for name, meaning in checked.define.items()
        if isinstance(meaning, Quantity) and meaning.constant is not None and name in used | _through(checked, used)
    }
    return evolve(lexicon, defined=named) if named else lexicon


def _through(checked: CheckedPack, used: set[str]) -> set[str]:
    """The names that the named expressions among these use themselves."""
    found: set[str] = set()
    ahead = [name for name in used if name in checked.define]
    while ahead:
        name = ahead.pop()
        inner = set(re.findall(r"[A-Za-z_][\w.]*", str(_definition(checked, name)))) & set(checked.define) - found - {name}
        found |= inner
        ahead.extend(inner)
    return found


def _definition(checked: CheckedPack, name: str) -> object:
    pack: Pack | None = checked.pack
    while pack is not None:
        if name in pack.document.define:
            return pack.document.define[name]
        pack = pack.parent
    return ""


def _texts(document: Document) -> Iterator[str]:
    """The conditions and amounts of a guardrail as written."""
    parts: list[object] = []
    match document:
        case RuleDocument():
            parts = [document.when, document.unless, document.any, document.all]
        case CapDocument():
            parts = [document.when, document.unless, document.first, document.at_most, document.at_least]
        case BudgetDocument():
            parts = [document.at_most, document.already]
        case OfferDocument():
            parts = [document.when]
        case ClaimDocument():
            parts = [document.never, document.always]
        case _:
            parts = [getattr(document, "that", None)]
    yield from (str(part) for part in parts if part is not None)
