"""The order in which a pack is checked: parents first, then what is declared, then what uses it, then the whole."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from empower.check import budgets, caps, declarations, rules, whole
from empower.check.desk import Desk
from empower.checked import CheckedPack
from empower.money import MoneyError, exponent_of
from empower.pack import Pack
from empower.problems import PackError, Problem


def check_pack(pack: Pack) -> CheckedPack:
    """Give a loaded pack its meaning.

    Raises:
        PackError: with every problem found, sorted by place.
    """
    parent = check_pack(pack.parent) if pack.parent is not None else None
    desk = _desk(pack, parent)
    declarations.values(desk)
    declarations.roles(desk)
    declarations.actions(desk)
    declarations.facts(desk)
    declarations.define(desk)
    _obligations(desk)
    tightening, duties = rules.rules(desk)
    tightening += rules.assumptions(desk)
    checked = CheckedPack(
        pack, desk.currency, desk.zone, desk.languages, desk.words(pack.document.mission, ("mission",)), desk.values, desk.roles, desk.groups,
        desk.facts, desk.fact_notes, desk.define, desk.kinds, desk.obligations, desk.about,
        (*(parent.rules if parent else ()), *tightening),
        (*(parent.duties if parent else ()), *duties),
        (*(parent.caps if parent else ()), *caps.caps(desk)),
        (*(parent.budgets if parent else ()), *budgets.budgets(desk)),
        tuple(sorted((*(parent.menu if parent else ()), *budgets.menu(desk)), key=lambda offer: offer.rank)),
        (*(parent.claims if parent else ()), *rules.claims(desk)),
        tuple(desk.about), _fallback(desk, parent), parent,
    )  # fmt: skip
    whole.check_whole(desk, checked)
    if desk.problems:
        raise PackError(desk.problems, pack.sources)
    return checked


def _desk(pack: Pack, parent: CheckedPack | None) -> Desk:
    document = pack.document
    desk = Desk(pack, document.currency, document.timezone, tuple(document.languages))
    try:
        exponent_of(document.currency)
    except MoneyError as error:
        raise PackError([Problem(pack.find(("currency",)), "unknown-currency", error.message, error.help), *desk.problems], pack.sources) from None
    try:
        ZoneInfo(document.timezone)
    except (OSError, ValueError, KeyError):
        desk.problem(("timezone",), "unknown-timezone", f"'{document.timezone[:60]}' is not a time zone", "write an IANA name such as Europe/London")
        desk.zone = "UTC"
    desk.name(document.pack, ("pack",), "a pack")
    if not desk.languages:
        desk.problem(("languages",), "missing-key", "a pack needs at least one language", "write `languages: [en]`")
        desk.languages = ("en",)
    if parent is not None:
        _inherit(desk, parent)
    return desk


def _inherit(desk: Desk, parent: CheckedPack) -> None:
    if desk.currency != parent.currency:
        help_ = f"write `currency: {parent.currency}`"
        message = f"this pack is in {desk.currency}, its parent '{parent.pack.name}' in {parent.currency}"
        raise PackError([Problem(desk.pack.find(("currency",)), "mixed-currencies", message, help_)], desk.pack.sources)
    if desk.pack.name == parent.pack.name:
        desk.problem(("pack",), "duplicate-id", f"the parent is also called '{parent.pack.name}'", "give this pack another name")
    desk.values.update(parent.values)
    desk.roles = parent.roles
    desk.groups.update(parent.groups)
    desk.facts.update(parent.facts)
    desk.fact_notes.update(parent.fact_notes)
    desk.define.update(parent.define)
    desk.kinds.update(parent.kinds)
    desk.obligations.update(parent.obligations)
    desk.about.update(parent.about)


def _obligations(desk: Desk) -> None:
    for name, text in desk.pack.document.obligations.items():
        if desk.name(name, ("obligations", name, "<key>"), "an obligation"):
            desk.obligations[name] = desk.template(text, ("obligations", name), customer=False)


def _fallback(desk: Desk, parent: CheckedPack | None) -> tuple[Literal["deny", "escalate"], str | None] | None:
    given = desk.pack.document.when_ledger_unavailable
    if given is None:
        return parent.when_ledger_unavailable if parent is not None else None
    return rules.otherwise(desk, given, ("when_ledger_unavailable",))
