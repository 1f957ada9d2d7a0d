"""The menu: gestures to choose from, each an action that can be taken as it is offered."""

from __future__ import annotations

import re

from empower import ir
from empower.check.budgets import minor
from empower.check.desk import Desk
from empower.check.rules import condition
from empower.checked import CheckedOffer, Kind
from empower.formulas import negation_normal
from empower.language.cells import read_cell
from empower.money import plain_money
from empower.pack import OfferDocument, Place
from empower.problems import did_you_mean

_RANK = re.compile(r"[0-9]{1,6}")


def menu(desk: Desk) -> list[CheckedOffer]:
    """Every offer of the pack."""
    found = []
    for index, document in enumerate(desk.pack.document.menu):
        place: Place = ("menu", index)
        desk.describe(document, "offer", place)
        offer = _offer(desk, document, place)
        if offer is not None:
            found.append(offer)
    return found


def _offer(desk: Desk, document: OfferDocument, place: Place) -> CheckedOffer | None:
    kind = _kind(desk, document, place)
    amount = _amount(desk, document, kind, place) if kind is not None else None
    parameters = _parameters(desk, document, kind, place) if kind is not None else ()
    when: ir.Cond = ir.Constant(value=True)
    if document.when is not None:
        when = condition(desk, document.when, (*place, "when"), desk.scope("refused"))
    if not _RANK.fullmatch(document.rank):
        help_ = "write a whole number; the lowest is offered first"
        desk.problem((*place, "rank"), "bad-number", f"'{document.rank[:40]}' is not a rank", help_)
    if kind is None:
        return None
    rank = int(document.rank) if _RANK.fullmatch(document.rank) else 0
    about = desk.about.get(document.id)
    return CheckedOffer(document.id, kind.name, amount, parameters, rank, negation_normal(when), about.title if about else {})


def _kind(desk: Desk, document: OfferDocument, place: Place) -> Kind | None:
    name = document.offer.get("kind")
    if name is None:
        desk.problem(
            (*place, "offer", "<key>"),
            "missing-key",
            f"offer '{document.id[:60]}' needs 'kind'",
            "such as `offer: {kind: gesture, amount: 12}`",
        )
        return None
    found = desk.kinds.get(name)
    if found is None and desk.is_broken("actions", name):
        desk.follows()
    elif found is None:
        desk.problem((*place, "offer", "kind"), "unknown-kind", f"'{name[:60]}' is not an action", did_you_mean(name, desk.kinds))
    return found


def _amount(desk: Desk, document: OfferDocument, kind: Kind, place: Place) -> int | None:
    text = document.offer.get("amount")
    if text is None:
        return None
    where: Place = (*place, "offer", "amount")
    before = desk.noted
    amount = minor(desk, text, where)
    if desk.noted > before:
        return None
    if kind.amount is None:
        desk.problem(where, "no-amount", f"'{kind.name}' has no amount", "leave it out")
    elif not kind.amount[0] <= amount <= kind.amount[1]:
        low, high = (plain_money(bound, desk.currency) for bound in kind.amount)
        desk.problem(where, "bad-amount", f"'{text}' is not an amount that '{kind.name}' can have", f"it lies between {low} and {high}")
    return amount


def _parameters(desk: Desk, document: OfferDocument, kind: Kind, place: Place) -> tuple[tuple[str, str], ...]:
    given = {name: text for name, text in document.offer.items() if name not in ("kind", "amount")}
    for name, text in given.items():
        where: Place = (*place, "offer", name)
        fact = f"action.{name}"
        if name not in kind.parameters:
            help_ = did_you_mean(name, kind.parameters)
            desk.problem((*where, "<key>"), "unknown-parameter", f"'{name[:60]}' is not a parameter of '{kind.name}'", help_)
        elif isinstance(desk.facts.get(fact), ir.OneOfType):
            read_cell(text, fact, desk.scope("refused"), where)
    for name in kind.asks:
        if name not in given:
            help_ = f"add `{name}: …`, so that the offer can be taken as it is"
            desk.problem(
                (*place, "offer", "<key>"), "missing-key", f"offer '{document.id[:60]}' needs '{name}', for which '{kind.name}' asks", help_
            )
    return tuple(sorted(given.items()))
