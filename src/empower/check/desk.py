"""The checker's desk: where problems are collected and places found, and what has been declared so far."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from empower import ir
from empower.checked import About, FactNote, Kind, Voices, Words
from empower.language.quantities import Misfit, Quantity
from empower.language.scope import AmountUse, Roles, Scope, Sign
from empower.language.values import extent
from empower.money import MINOR_MAX
from empower.noun import define, field
from empower.pack import Guardrail, OfferDocument, Pack, Place
from empower.problems import PROBLEMS_MAX, Problem, did_you_mean

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*")
NAME_MAX = 100
"""Longer names help nobody."""
DEFINED_PARTS, DEFINED_DEPTH, DEFINED_CHAIN = 500, 60, 25
"""How many parts a named expression has when written out, how deep they are nested, and how many wait for one another."""
WRITTEN_OUT_MAX, SMALL = 500_000, 20
"""How many parts all uses of named expressions have together, small ones not counted: a pack of a few lines may not grow without bound."""
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_STAFF_WORDS = ("amount", "limit", "role", "left", "currency")


class TooMany(Exception):
    """More problems than anybody reads: checking ends."""


@define
class Desk:
    """What the parts of the checker share while one pack is checked. Declarations of the parents are in it from the start."""

    pack: Pack
    problems: list[Problem]
    """Those of the parents are in the same list."""
    currency: str
    zone: str
    languages: tuple[str, ...]
    values: dict[str, Words] = field(factory=dict)
    roles: Roles = field(factory=lambda: Roles((), {}))
    groups: dict[str, tuple[str, ...]] = field(factory=dict)
    facts: dict[str, ir.FactType] = field(factory=dict)
    fact_notes: dict[str, FactNote] = field(factory=dict)
    define: dict[str, Quantity | ir.Cond] = field(factory=dict)
    kinds: dict[str, Kind] = field(factory=dict)
    obligations: dict[str, Words] = field(factory=dict)
    about: dict[str, About] = field(factory=dict)
    broken: set[Place] = field(factory=set)
    """Declarations with a problem of their own, as (section, name) or (section,): what names them is not complained of again."""
    doubtful: set[str] = field(factory=set)
    """Guardrails with a problem of their own: what they do is not known, so no conclusions are drawn from it."""
    defining: dict[str, Callable[[], Quantity | ir.Cond | None]] = field(factory=dict)
    """This pack's own definitions that have no meaning yet."""
    under_way: list[str] = field(factory=list)
    noted: int = 0
    written_out: int = 0
    _sizes: dict[str, int] = field(factory=dict)
    _kinds_of: dict[tuple[str, ...], tuple[str, ...]] = field(factory=dict)
    amount_max: int = MINOR_MAX
    """The most that the kinds of the rule under way can give: what its conditions are kept from overflowing with."""
    _scopes: dict[tuple[AmountUse, bool, Sign, int], Scope] = field(factory=dict)

    # -- problems

    def report(self, problem: Problem) -> None:
        """Note a problem; checking goes on. One without a code follows from another that has been noted."""
        self.noted += 1
        if problem.code:
            self.problems.append(problem)
        if len(self.problems) > PROBLEMS_MAX:
            raise TooMany

    def problem(self, place: Place, code: str, message: str, help_: str = "") -> None:
        """Note a problem at a place of this pack."""
        self.report(Problem(self.pack.find(place), code, message, help_))

    def misfit(self, place: Place, misfit: Misfit) -> None:
        """Note what does not fit at a place of this pack, or at a stretch of the text there."""
        where = place if misfit.at is None else (*place, "<text>", *misfit.at)
        self.problem(where, misfit.code, misfit.message, misfit.help)

    @contextmanager
    def doubting(self, guardrail: str) -> Iterator[None]:
        """Draw no conclusions from a guardrail in which a problem is found."""
        before = self.noted
        yield
        if self.noted > before:
            self.doubtful.add(guardrail)

    def is_broken(self, section: str, name: str) -> bool:
        """Whether a declaration has a problem of its own."""
        return bool(self.broken) and ((section, name) in self.broken or (section,) in self.broken)

    def follows(self) -> None:
        """Note that something could not be checked because of a problem noted elsewhere."""
        self.noted += 1

    # -- what conditions may name

    def scope(self, amount: AmountUse = "tightens", *, product: bool = False, sign: Sign = 0) -> Scope:
        """What a condition of this pack may name."""
        most = self.amount_max if amount == "tightens" else MINOR_MAX
        key = (amount, product, sign, most)
        if key not in self._scopes or self._scopes[key].roles is not self.roles:
            self._scopes[key] = Scope(
                self.currency,
                self.zone,
                self.facts,
                self.roles,
                self.meaning,
                _Declared(self),
                self.report,
                self.pack.find,
                amount,
                product,
                sign,
                most,
            )
        return self._scopes[key]

    def meaning(self, name: str) -> Quantity | ir.Cond | None:
        """The meaning of a named expression, worked out when first asked for (see `definitions.define`)."""
        if not self.defining and not self.define:
            return None
        found = self.define.get(name)
        if found is None and name in self.defining:
            found = self._defined(name)
        if found is None:
            return None
        if name not in self._sizes:
            self._sizes[name] = max(0, (extent(found, DEFINED_PARTS, DEFINED_DEPTH) or DEFINED_PARTS) - SMALL)
        self.written_out += self._sizes[name]
        if self.written_out > WRITTEN_OUT_MAX:
            message = f"written out, the named expressions of this pack have more than {WRITTEN_OUT_MAX} parts"
            raise Misfit("too-big", message, "use them less often, or make them smaller")
        return found

    def _defined(self, name: str) -> Quantity | ir.Cond | None:
        if name in self.under_way:
            circle = " → ".join([*self.under_way[self.under_way.index(name) :], name])
            raise Misfit("circular-definition", f"'{name}' is defined by way of itself: {circle[:200]}", "break the circle")
        if len(self.under_way) >= DEFINED_CHAIN:
            raise Misfit("too-big", f"more than {DEFINED_CHAIN} definitions wait for one another here", "define the inner ones first")
        self.under_way.append(name)
        try:
            found = self.defining[name]()
        finally:
            self.under_way.pop()
        self.defining.pop(name)
        if found is None:
            self.broken.add(("define", name))
        else:
            self.define[name] = found
        return found

    # -- names and words

    def name(self, text: str, place: Place, what: str) -> bool:
        """Whether a text is a fit name; otherwise a problem is noted."""
        if NAME.fullmatch(text) and len(text) <= NAME_MAX:
            return True
        odd = did_you_mean(text, ()) if text and len(text) <= NAME_MAX else ""
        help_ = "use plain letters, digits, `-`, `_` and dots, beginning with a letter"
        self.problem(place, "bad-name", f"'{text[:60]}' is not a name for {what}", f"{help_} {odd}".rstrip())
        return False

    def variable(self, text: str, place: Place, what: str) -> bool:
        """Whether a text is a name that conditions can read; otherwise a problem is noted."""
        if not self.name(text, place, what):
            return False
        if "-" in text:
            help_ = f"write `{text.replace('-', '_')}`: in a condition `-` is a minus"
            self.problem(place, "bad-name", f"'{text}' is not a name for {what}", help_)
            return False
        for part in text.split("."):
            if keyword.iskeyword(part) or part == "per":
                self.problem(place, "reserved-name", f"'{part}' is a word of its own in conditions", "choose another name")
                return False
        return True

    def words(self, text: Mapping[str, str] | None, place: Place) -> Words:
        """A text by language; a bare one speaks the first language."""
        if text is None:
            return {}
        for language in text:
            if language and language not in self.languages and ("languages",) not in self.broken:
                help_ = did_you_mean(language, self.languages)
                self.problem((*place, language, "<key>"), "unknown-language", f"'{language[:60]}' is not a language of this pack", help_)
        return {language or self.languages[0]: words for language, words in text.items()}

    def yes_no(self, text: str, place: Place) -> bool:
        """`yes` or `no`; `true` and `false` are read as well."""
        if text not in ("yes", "no", "true", "false"):
            self.problem(place, "wrong-type", f"'{text[:40]}' is neither yes nor no", "write `yes` or `no`")
        return text in ("yes", "true")

    def choice(self, text: str, choices: Iterable[str], place: Place, what: str) -> str:
        """One of several words; the first one after a problem."""
        options = list(choices)
        if text in options:
            return text
        self.problem(place, "not-in-set", f"'{text[:40]}' is not {what}", did_you_mean(text, options))
        return options[0]

    def kinds_of(self, names: Sequence[str], place: Place) -> tuple[str, ...]:
        """The kinds that kinds and groups name, in the pack's order, each once."""
        key = tuple(names)
        if key in self._kinds_of:
            return self._kinds_of[key]
        found: set[str] = set()
        before = self.noted
        for index, name in enumerate(names):
            if name == "everything":
                found.update(self.kinds)
            elif name in self.kinds:
                found.add(name)
            elif name in self.groups:
                found.update(self.groups[name])
            else:
                self._unknown_kind(name, (*place, index))
        kinds = tuple(kind for kind in self.kinds if kind in found) if len(found) > 1 else tuple(found)
        if not names:
            self.problem(place, "wrong-shape", "this list names no action", "name an action, a group, or `everything`")
        if self.noted == before:
            self._kinds_of[key] = kinds
        return kinds

    def _unknown_kind(self, name: str, place: Place) -> None:
        if self.is_broken("actions", name) or self.is_broken("groups", name):
            self.follows()
            return
        help_ = did_you_mean(name, [*self.kinds, *self.groups, "everything"])
        self.problem(place, "unknown-kind", f"'{name[:60]}' is neither an action nor a group", help_)

    def role(self, text: str, place: Place) -> str | None:
        """A role of the ladder: the only ones that can say yes for others."""
        if text in self.roles.ladder:
            return text
        if self.is_broken("roles", text):
            self.follows()
        elif text in self.roles.beside:
            help_ = f"name a role of the ladder: {', '.join(self.roles.ladder[:12])}"
            self.problem(place, "dead-escalation", f"'{text}' stands beside the ladder and cannot say yes for others", help_)
        else:
            self.problem(place, "unknown-role", f"'{text[:60]}' is not a role of this pack", did_you_mean(text, self.roles.ladder))
        return None

    def value(self, text: str, place: Place) -> None:
        """Note a value that the mission does not have."""
        if text not in self.values and not self.is_broken("values", text):
            self.problem(place, "unknown-value", f"'{text[:60]}' is not a value of the mission", did_you_mean(text, self.values))

    def near_duty(self, duty: str, place: Place) -> None:
        """Note a duty that has no text, but is nearly one that has: a slip of the pen. Any other may go without one."""
        near = did_you_mean(duty, self.obligations)
        if near.startswith("did you mean"):
            self.problem(place, "unknown-name", f"'{duty[:60]}' has no text under `obligations:`", near)

    def unknown_fact(self, fact: str, place: Place) -> None:
        """Note a fact that is not declared; nothing if its declaration has a problem of its own."""
        if self.is_broken("facts", fact):
            self.follows()
        else:
            self.problem(place, "unknown-name", f"'{fact[:60]}' is not declared", did_you_mean(fact, self.facts))

    # -- guardrails

    def most_of(self, kinds: Collection[str]) -> int:
        """The most that one of these kinds can give, in minor units."""
        bounds = [self.kinds[kind].amount for kind in kinds]
        return max((bound[1] for bound in bounds if bound is not None), default=MINOR_MAX)

    def describe(self, document: Guardrail | OfferDocument, effect: str, place: Place, *, shadow: bool = False) -> None:
        """Note what every guardrail has: a fresh id, a value, its words."""
        self.value(document.because, (*place, "because"))
        say = document.say if isinstance(document, Guardrail) else None
        staff = self.template(say.staff if say else None, (*place, "say", "staff"), customer=False)
        customer = self.template(say.customer if say else None, (*place, "say", "customer"), customer=True)
        title = self.template(document.title, (*place, "title"), customer=isinstance(document, OfferDocument))
        if not self.fresh(document.id, place):
            return
        find = self.pack.find
        self.about[document.id] = About(
            document.id, effect, self.pack.name, document.because, title, Voices(staff, customer), shadow, lambda: find(place)
        )

    def fresh(self, name: str, place: Place) -> bool:
        """Whether an id can be used; otherwise a problem is noted."""
        if not self.name(name, (*place, "id"), "a guardrail"):
            return False
        if name not in self.about:
            return True
        self.doubtful.add(name)
        other = self.about[name].span()
        help_ = (
            "choose another id; a pack may not redefine a guardrail of its parent"
            if other.file != self.pack.file
            else "ids are unique in a pack"
        )
        self.problem((*place, "id"), "duplicate-id", f"'{name}' is already the id of a guardrail at {other}", help_)
        return False

    def template(self, text: Mapping[str, str] | None, place: Place, *, customer: bool, words: Sequence[str] = ()) -> Words:
        """A text with `{placeholders}`, each a fact or a word that this voice may use; where there are `words`, one of these."""
        if text is None:
            return {}
        for language, template in text.items():
            if "{" in template or "}" in template:
                self._placeholders(template, (*place, language) if language else place, customer=customer, words=words)
        return self.words(text, place)

    def _placeholders(self, template: str, place: Place, *, customer: bool, words: Sequence[str]) -> None:
        for found in _PLACEHOLDER.finditer(template):
            name, where = found.group(1), (*place, "<text>", found.start(), found.end())
            if words:
                if name not in words:
                    message, help_ = f"'{{{name[:40]}}}' is nothing that this text may show", did_you_mean(name, words)
                    self.problem(where, "unknown-placeholder", message, help_)
                continue
            if name == "amount" or (not customer and name in _STAFF_WORDS) or self.is_broken("facts", name):
                continue
            if name not in self.facts:
                allowed = ["amount", *self.facts] if customer else [*_STAFF_WORDS, *self.facts]
                self.problem(
                    where, "unknown-placeholder", f"'{{{name[:40]}}}' is not a fact that a text may show", did_you_mean(name, allowed)
                )
            elif customer and not self._customer_may_see(name):
                help_ = f"declare it with `customer_may_see: yes` under `facts:`, as in `{name}: {{type: …, customer_may_see: yes}}`, or leave it out"
                self.problem(where, "leaks-to-customer", f"'{{{name}}}' would be shown to the customer", help_)
        rest = _PLACEHOLDER.sub(lambda match: " " * len(match.group()), template)
        if lone := re.search(r"[{}]", rest):
            message, help_ = "a lone brace stands in this text", "write a placeholder such as {order.total}, or leave braces out"
            self.problem((*place, "<text>", *lone.span()), "unknown-placeholder", message, help_)

    def _customer_may_see(self, fact: str) -> bool:
        note = self.fact_notes.get(fact)
        return note is not None and note.customer_may_see


@define
class _Declared(Collection[str]):
    """Every name that a condition may use, also those that have a problem of their own."""

    desk: Desk

    def __contains__(self, name: object) -> bool:
        desk = self.desk
        return name in desk.define or name in desk.defining or desk.is_broken("facts", str(name)) or desk.is_broken("define", str(name))

    def __iter__(self) -> Iterator[str]:
        yield from self.desk.define
        yield from self.desk.defining

    def __len__(self) -> int:
        return len(self.desk.define) + len(self.desk.defining)


def keys_of(given: Any, known: Iterable[str], desk: Desk, place: Place, owner: str) -> None:
    """Note keys of a mapping that mean nothing there."""
    for key in given if isinstance(given, dict) else ():
        if key not in known:
            desk.problem((*place, key, "<key>"), "unknown-key", f"'{key[:60]}' is not a key of {owner}", did_you_mean(key, known))
