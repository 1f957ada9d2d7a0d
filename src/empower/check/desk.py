"""The checker's desk: where problems are collected and places found, and what has been declared so far."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, field

from empower import ir
from empower.checked import About, FactNote, Kind, Voices, Words
from empower.pack import Guardrail, OfferDocument, Pack, Place
from empower.problems import Problem, Span, did_you_mean
from empower.quantities import Quantity
from empower.scope import AmountUse, Roles, Scope

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_STAFF_WORDS = ("amount", "limit", "role", "left", "currency")


@define
class Desk:
    """What the parts of the checker share while one pack is checked. Declarations of the parents are in it from the start."""

    pack: Pack
    currency: str
    zone: str
    languages: tuple[str, ...]
    problems: list[Problem] = field(factory=list)
    values: dict[str, Words] = field(factory=dict)
    roles: Roles = field(factory=lambda: Roles((), {}))
    groups: dict[str, tuple[str, ...]] = field(factory=dict)
    facts: dict[str, ir.FactType] = field(factory=dict)
    fact_notes: dict[str, FactNote] = field(factory=dict)
    define: dict[str, Any] = field(factory=dict)
    kinds: dict[str, Kind] = field(factory=dict)
    obligations: dict[str, Words] = field(factory=dict)
    about: dict[str, About] = field(factory=dict)
    defining: dict[str, Any] = field(factory=dict)
    """This pack's own definitions: their text, until their meaning is asked for."""

    def report(self, problem: Problem) -> None:
        """Note a problem; checking goes on. One without a code follows from another that has been noted."""
        if problem.code:
            self.problems.append(problem)

    def problem(self, place: Place, code: str, message: str, help_: str = "") -> None:
        """Note a problem at a place of this pack."""
        self.problems.append(Problem(self.pack.find(place), code, message, help_))

    def scope(self, amount: AmountUse = "tightens", *, product: bool = False) -> Scope:
        """What a condition of this pack may name."""
        return Scope(
            self.currency, self.zone, self.facts, self.roles, self.meaning, tuple({**self.define, **self.defining}), self.report, self.pack.find,
            amount, product,
        )  # fmt: skip

    def meaning(self, name: str) -> Quantity | ir.Cond | None:
        """The meaning of a named expression, worked out when first asked for (see `declarations.define`)."""
        pending = self.defining.get(name)
        if callable(pending):
            found = pending()
            return found if found is None else self.define.setdefault(name, found)
        return self.define.get(name)

    def name(self, text: str, place: Place, what: str) -> bool:
        """Whether a text is a fit name; otherwise a problem is noted."""
        if NAME.fullmatch(text) and len(text) <= 100:
            return True
        shown = text[:60]
        self.problem(place, "bad-name", f"'{shown}' is not a name for {what}", "use plain letters, digits, `-`, `_` and dots, beginning with a letter")
        return False

    def words(self, text: Mapping[str, str] | None, place: Place) -> Words:
        """A text by language; a bare one speaks the first language."""
        if text is None:
            return {}
        for language in text:
            if language and language not in self.languages:
                help_ = did_you_mean(language, self.languages)
                self.problem((*place, language, "<key>"), "unknown-language", f"'{language}' is not a language of this pack", help_)
        return {language or self.languages[0]: words for language, words in text.items()}

    def yes_no(self, text: str, place: Place) -> bool:
        """`yes` or `no`."""
        if text not in ("yes", "no"):
            self.problem(place, "wrong-type", f"'{text[:40]}' is neither yes nor no", "write `yes` or `no`")
        return text == "yes"

    def choice(self, text: str, choices: Iterable[str], place: Place, what: str) -> str:
        """One of several words; the first one after a problem."""
        options = list(choices)
        if text in options:
            return text
        self.problem(place, "not-in-set", f"'{text[:40]}' is not {what}", did_you_mean(text, options))
        return options[0]

    def kinds_of(self, names: Iterable[str], place: Place) -> tuple[str, ...]:
        """The kinds that kinds and groups name, in the pack's order, each once."""
        found: set[str] = set()
        for name in names:
            if name == "everything":
                found.update(self.kinds)
            elif name in self.kinds:
                found.add(name)
            elif name in self.groups:
                found.update(self.groups[name])
            else:
                help_ = did_you_mean(name, [*self.kinds, *self.groups, "everything"])
                self.problem(place, "unknown-kind", f"'{name[:60]}' is neither an action nor a group", help_)
        return tuple(kind for kind in self.kinds if kind in found)

    def role(self, text: str, place: Place) -> str | None:
        """A role of the ladder: the only ones that can say yes for others."""
        if text in self.roles.ladder:
            return text
        if text in self.roles.beside:
            help_ = f"name a role of the ladder: {', '.join(self.roles.ladder)}"
            self.problem(place, "dead-escalation", f"'{text}' stands beside the ladder and cannot say yes for others", help_)
        else:
            self.problem(place, "unknown-role", f"'{text[:60]}' is not a role of this pack", did_you_mean(text, self.roles.ladder))
        return None

    def describe(self, document: Guardrail | OfferDocument, effect: str, place: Place, *, shadow: bool = False) -> None:
        """Note what every guardrail has: a fresh id, a value, its words."""
        if not self.name(document.id, (*place, "id"), "a guardrail"):
            return
        if document.id in self.about:
            other = self.about[document.id].span()
            help_ = "choose another id; a pack may not redefine a guardrail of its parent" if other.file != self.pack.file else "ids are unique in a pack"
            self.problem((*place, "id"), "duplicate-id", f"'{document.id}' is already the id of a guardrail at {other}", help_)
            return
        if document.because not in self.values:
            help_ = did_you_mean(document.because, self.values)
            self.problem((*place, "because"), "unknown-value", f"'{document.because[:60]}' is not a value of the mission", help_)
        say = getattr(document, "say", None)
        staff = self.template(say.staff if say else None, (*place, "say", "staff"), customer=False)
        customer = self.template(say.customer if say else None, (*place, "say", "customer"), customer=True)
        title = self.template(document.title, (*place, "title"), customer=isinstance(document, OfferDocument))
        find = self.pack.find
        self.about[document.id] = About(
            document.id, effect, self.pack.name, document.because, title, Voices(staff, customer), shadow, lambda: find(place)
        )

    def template(self, text: Mapping[str, str] | None, place: Place, *, customer: bool) -> Words:
        """A text with `{placeholders}`, each a fact or a word that this voice may use."""
        words = self.words(text, place)
        for language, template in words.items():
            where = (*place, language) if text and language in text else place
            self._placeholders(template, where, customer=customer)
        return words

    def _placeholders(self, template: str, place: Place, *, customer: bool) -> None:
        for name in _PLACEHOLDER.findall(template):
            if name == "amount" or (not customer and name in _STAFF_WORDS):
                continue
            if name not in self.facts:
                allowed = ["amount", *self.facts] if customer else [*_STAFF_WORDS, *self.facts]
                self.problem(place, "unknown-placeholder", f"'{{{name[:40]}}}' is not a fact that a text may show", did_you_mean(name, allowed))
            elif customer and not self._customer_may_see(name):
                help_ = f"declare it with `customer_may_see: yes` under `facts: {name}`, or leave it out"
                self.problem(place, "leaks-to-customer", f"'{{{name}}}' would be shown to the customer", help_)
        if "{" in _PLACEHOLDER.sub("", template) or "}" in _PLACEHOLDER.sub("", template):
            self.problem(place, "unknown-placeholder", "a lone brace stands in this text", "write a placeholder such as {order.total}, or leave braces out")

    def _customer_may_see(self, fact: str) -> bool:
        note = self.fact_notes.get(fact)
        return note is not None and note.customer_may_see

    def span(self, place: Place) -> Span:
        """Where something stands in this pack."""
        return self.pack.find(place)
