"""The order in which a pack is checked: parents first, then what is declared, then what uses it, then the whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from empower.check import actions, budgets, caps, declarations, definitions, menu, rules
from empower.check.ceilings import ceilings
from empower.check.desk import Desk, TooMany
from empower.check.escalations import escalations
from empower.check.hidden import hidden_escalations
from empower.checked import CheckedBudget, CheckedCap, CheckedDuty, CheckedPack, CheckedRule
from empower.formulas import in_zone
from empower.money import MoneyError, exponent_of
from empower.noun import evolve
from empower.pack import Pack
from empower.problems import PackError, Problem, Span

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_NO_CURRENCY = "CLF"
POPULATION_DIGITS = 12
"""Nobody counts more than this many digits of people, stores or orders."""
"""Stands for a currency that is not known: it has so many decimals that no amount has too many."""
Inherited = TypeVar("Inherited")
Guardrail = TypeVar("Guardrail", CheckedRule, CheckedDuty, CheckedCap, CheckedBudget)


def check_pack(pack: Pack) -> CheckedPack:
    """Give a loaded pack its meaning.

    Raises:
        PackError: with every problem found in the pack, its tables and its parents, sorted by place.
    """
    problems: list[Problem] = []
    try:
        checked, _ = _check(pack, problems)
    except TooMany:
        raise PackError(problems, pack.sources) from None
    except RecursionError:
        message = "this pack is nested too deeply to be checked from here"
        problems.append(Problem(Span(pack.file), "too-big", message, "split it with `define`"))
        raise PackError(problems, pack.sources) from None
    if problems:
        raise PackError(problems, pack.sources)
    return checked


def _check(pack: Pack, problems: list[Problem]) -> tuple[CheckedPack, Desk]:
    parent, above = _check(pack.parent, problems) if pack.parent is not None else (None, None)
    problems += pack.problems
    desk = _desk(pack, problems)
    if parent is not None and above is not None:
        _inherit(desk, parent, above)
    declarations.values(desk)
    declarations.roles(desk)
    actions.actions(desk)
    declarations.facts(desk)
    definitions.define(desk)
    _obligations(desk)
    _population(desk)
    return _guardrails(desk, parent), desk


def _guardrails(desk: Desk, parent: CheckedPack | None) -> CheckedPack:
    pack = desk.pack
    tightening, duties = rules.rules(desk)
    own_caps, own_budgets = caps.caps(desk), budgets.budgets(desk)
    menu_ = sorted((*_dated_above(desk, parent, parent.menu if parent else ()), *menu.menu(desk)), key=lambda offer: offer.rank)
    tightening += rules.assumptions(desk)
    inherited = _dated_above(desk, parent, parent.claims if parent else ())
    claims = (*inherited, *rules.claims(desk, inherited))
    everywhere = frozenset(_everywhere(pack.parent))
    checked = CheckedPack(
        pack, desk.currency, desk.zone, desk.languages, desk.words(pack.document.mission, ("mission",)), desk.values, desk.roles, desk.groups,
        desk.facts, desk.fact_notes, desk.define, desk.kinds, desk.obligations, desk.about,
        (*_widened(desk, _dated_above(desk, parent, parent.rules if parent else ()), everywhere), *tightening),
        (*_widened(desk, _dated_above(desk, parent, parent.duties if parent else ()), everywhere), *duties),
        (*_widened(desk, _dated_above(desk, parent, parent.caps if parent else ()), everywhere, amounts_only=True), *own_caps),
        (*_widened(desk, _dated_above(desk, parent, parent.budgets if parent else ()), everywhere), *own_budgets),
        tuple(menu_), claims, tuple(desk.about), _fallback(desk, parent), parent, _approval_cost(desk, parent),
    )  # fmt: skip
    ceilings(desk, checked)
    escalations(desk, checked)
    hidden_escalations(desk, checked)
    return checked


def _population(desk: Desk) -> None:
    """How many values a fact has: a whole number, at least 1."""
    for name, count in desk.pack.document.population.items():
        if name not in desk.facts:
            desk.unknown_fact(name, ("population", name, "<key>"))
        elif not (count.isascii() and count.isdigit() and 1 <= len(count) <= POPULATION_DIGITS and int(count) >= 1):
            help_ = "a whole number such as 400, at least 1 and without signs"
            desk.problem(("population", name), "bad-number", f"'{count[:60]}' is not how many there are", help_)


# ------------------------------------------------------------------------------------------------ head


def _desk(pack: Pack, problems: list[Problem]) -> Desk:
    document = pack.document
    desk = Desk(pack, problems, document.currency, document.timezone, tuple(dict.fromkeys(document.languages)), broken=set(pack.broken))
    desk.doubtful = {str(place[1]) for place in pack.broken if len(place) > 1}
    try:
        exponent_of(document.currency)
    except MoneyError as error:
        desk.problem(("currency",), "unknown-currency", error.message, error.help)
        desk.currency = _NO_CURRENCY
        desk.broken.add(("currency",))
    if not _is_zone(document.timezone):
        help_ = "write an IANA name such as Europe/London"
        desk.problem(("timezone",), "unknown-timezone", f"'{document.timezone[:60]}' is not a time zone", help_)
        desk.zone = "UTC"
    desk.name(document.pack, ("pack",), "a pack")
    if not document.version.strip():
        desk.problem(("version",), "bad-name", "the version is empty", "write a number or a date, such as 2026.11")
    desk.choice(document.mode, ("live", "shadow"), ("mode",), "a mode")
    _check_languages(desk)
    return desk


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder, a name that leads elsewhere, an unknown name
        return False
    return True


def _check_languages(desk: Desk) -> None:
    given = desk.pack.document.languages
    for index, language in enumerate(given):
        if not _LANGUAGE.fullmatch(language):
            help_ = "write a code such as `en` or `pt-BR`"
            desk.problem(("languages", index), "unknown-language", f"'{language[:40]}' is not the code of a language", help_)
        elif language in given[:index]:
            desk.problem(("languages", index), "duplicate-id", f"'{language}' stands here twice", "name each language once")
    if not given:
        desk.problem(("languages", "<key>"), "missing-key", "a pack needs at least one language", "write `languages: [en]`")
        desk.languages = ("en",)


def _obligations(desk: Desk) -> None:
    for name, text in desk.pack.document.obligations.items():
        if desk.name(name, ("obligations", name, "<key>"), "an obligation"):
            desk.obligations[name] = desk.template(text, ("obligations", name), customer=False)


def _fallback(desk: Desk, parent: CheckedPack | None) -> tuple[Literal["deny", "escalate"], str | None] | None:
    given = desk.pack.document.when_ledger_unavailable
    if given is None:
        return parent.when_ledger_unavailable if parent is not None else None
    return rules.otherwise(desk, given, ("when_ledger_unavailable",))


def _approval_cost(desk: Desk, parent: CheckedPack | None) -> int | None:
    given = desk.pack.document.approval_cost
    if given is None:
        return parent.approval_cost if parent is not None else None
    return budgets.minor(desk, given, ("approval_cost",))


# ------------------------------------------------------------------------------------------------ layers


def _inherit(desk: Desk, parent: CheckedPack, above: Desk) -> None:
    """Put what the parent declares on the desk: it holds here, and cannot be redefined."""
    if desk.currency != parent.currency and ("currency",) not in desk.broken | above.broken:
        message = f"this pack is in {desk.currency}, its parent '{parent.pack.name}' in {parent.currency}"
        desk.problem(("currency",), "mixed-currencies", message, f"write `currency: {parent.currency}`")
    names = {each.name for each in _ancestors(desk.pack)}
    if desk.pack.name in names:
        desk.problem(
            ("pack",), "duplicate-id", f"a pack that it extends is also called '{desk.pack.name[:60]}'", "give this pack another name"
        )
    desk.values.update(parent.values)
    desk.roles = parent.roles
    desk.groups.update(parent.groups)
    desk.facts.update(parent.facts)
    desk.fact_notes.update(parent.fact_notes)
    desk.define.update(zip(parent.define, _dated_above(desk, parent, tuple(parent.define.values())), strict=True))
    desk.kinds.update(parent.kinds)
    desk.obligations.update(parent.obligations)
    desk.about.update(parent.about)
    desk.broken |= {place for place in above.broken if place not in (("currency",), ("languages",))}
    desk.doubtful |= above.doubtful


def _dated_above(desk: Desk, parent: CheckedPack | None, inherited: tuple[Inherited, ...]) -> tuple[Inherited, ...]:
    """What a parent says of days holds in the parent's zone, wherever its children are: a child may not date it anew."""
    return inherited if parent is None or parent.zone == desk.zone else in_zone(inherited, parent.zone)


def _ancestors(pack: Pack) -> Iterator[Pack]:
    while pack.parent is not None:
        pack = pack.parent
        yield pack


def _everywhere(pack: Pack | None) -> Iterator[str]:
    """The guardrails of a pack and its parents that are for everything: also for what a child adds."""
    for each in (pack, *_ancestors(pack)) if pack is not None else ():
        document = each.document
        for rule in document.rules:
            if any("everything" in (getattr(rule, effect) or ()) for effect in rules.EFFECTS):
                yield rule.id
        yield from (cap.id for cap in document.caps if "everything" in cap.for_)
        yield from (budget.id for budget in document.budgets if "everything" in budget.for_)
        yield from (assumption.id for assumption in document.assume if "everything" in assumption.for_)


def _widened(desk: Desk, inherited: Iterable[Guardrail], everywhere: frozenset[str], *, amounts_only: bool = False) -> Iterator[Guardrail]:
    kinds = tuple(kind for kind in desk.kinds if not amounts_only or desk.kinds[kind].amount is not None)
    for guardrail in inherited:
        yield evolve(guardrail, kinds=kinds) if guardrail.id in everywhere else guardrail
