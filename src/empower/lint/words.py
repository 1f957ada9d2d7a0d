"""Findings about what is said: texts that a language lacks, questions that nobody wrote, denials without a word for the customer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from empower.checked import CheckedPack
from empower.coverage.goals import facts_asked_for, tightening
from empower.lint.findings import Finding, Findings, own
from empower.noun import frozen
from empower.pack import Place

CUSTOMER = "what the customer is told"
"""Customers are answered in every language of the pack."""


@frozen
class Said:
    """A text of a pack: whose it is, what it is for, and where it stands."""

    of: str
    what: str
    text: Mapping[str, str]
    place: Place


def lint_words(pack: CheckedPack) -> Findings:
    """Every finding about what is said."""
    yield from _missing_languages(pack)
    yield from _no_question(pack)
    yield from _no_customer_words(pack)
    yield from _no_staff_words(pack)
    yield from _no_nudge(pack)


# ------------------------------------------------------------------------------------------------ languages


def _missing_languages(pack: CheckedPack) -> Findings:
    """A text that lacks a language in which others of its sort are written: where staff read one language, none is missing in another."""
    languages = pack.pack.document.languages
    everything = list(texts(pack))
    written: dict[str, set[str]] = {CUSTOMER: set(languages)}
    for said in everything:
        written.setdefault(said.what, {languages[0]}).update(language or languages[0] for language in said.text)
    for said in everything:
        there = {language or languages[0] for language in said.text}
        wanted = [language for language in languages if language in written[said.what]]
        lacking = [language for language in wanted if language not in there]
        if lacking:
            message = f"{said.what} of '{said.of}' is not there in {' and '.join(lacking)}"
            help_ = f"write `{{{', '.join(f'{language}: …' for language in wanted)}}}`"
            yield Finding(pack.pack.find(said.place), "missing-language", said.of, message, help_)


def texts(pack: CheckedPack) -> Iterator[Said]:
    """Every text for people that a pack itself writes."""
    document = pack.pack.document
    yield Said("mission", "the sentence", document.mission, ("mission",))
    for section in ("values", "obligations"):
        for name, text in getattr(document, section).items():
            yield Said(name, "the sentence", text, (section, name))
    for name, fact in document.facts.items():
        yield from _of(name, ("facts", name), {"ask": "the question", "title": "the title"}, fact)
    for name, action in document.actions.items():
        yield from _of(name, ("actions", name), {"title": "the title"}, action)
    for section in ("rules", "caps", "budgets", "menu", "assume", "claims"):
        for index, each in enumerate(getattr(document, section)):
            yield from _of_guardrail(each, (section, index))


def _of_guardrail(each: Any, place: Place) -> Iterator[Said]:
    yield from _of(each.id, place, {"title": "the title"}, each)
    if getattr(each, "say", None) is not None:
        yield from _of(each.id, (*place, "say"), {"staff": "what staff is told", "customer": CUSTOMER}, each.say)
    if getattr(each, "encourage", None) is not None:
        yield from _of(each.id, (*place, "encourage"), {"nudge": "the nudge"}, each.encourage)


def _of(name: str, place: Place, keys: Mapping[str, str], holder: object) -> Iterator[Said]:
    for key, what in keys.items():
        text = getattr(holder, key)
        if text is not None:
            yield Said(name, what, text, (*place, key))


# ------------------------------------------------------------------------------------------------ what nobody wrote


def _no_question(pack: CheckedPack) -> Findings:
    wanted = facts_asked_for(pack)
    for name, fact in pack.pack.document.facts.items():
        if name in wanted and pack.fact_notes[name].supplied_by == "staff" and fact.ask is None:
            message = f"where '{name}' is not known, staff is not told what to ask"
            help_ = f"add the question, `{name}: {{type: …, ask: …}}`, or `supplied_by: host` where no person can tell"
            yield Finding(pack.pack.find(("facts", name, "<key>")), "no-question", name, message, help_)


def _no_customer_words(pack: CheckedPack) -> Findings:
    mine = set(own(pack))
    for each in tightening(pack):
        if each.id in mine and each.outcome == "deny" and not each.shadow and not pack.about[each.id].say.customer:
            message = f"'{each.id}' denies, and has no word for the customer but that we are sorry"
            help_ = "add `say: {customer: …}` with what you would say at the counter"
            yield Finding(pack.about[each.id].span(), "no-customer-words", each.id, message, help_)


def _no_staff_words(pack: CheckedPack) -> Findings:
    mine = set(own(pack))
    for each in tightening(pack):
        about = pack.about[each.id]
        if each.id in mine and not each.shadow and not about.say.staff and not about.title:
            message = f"staff is told of '{each.id}' by its id, for it has neither a title nor a word for them"
            help_ = "add `title: …`, or `say: {staff: …}` with what to do next"
            yield Finding(pack.about[each.id].span(), "no-staff-words", each.id, message, help_)


def _no_nudge(pack: CheckedPack) -> Findings:
    for index, each in enumerate(pack.pack.document.budgets):
        if each.encourage is not None and each.encourage.nudge is None:
            message = f"'{each.id}' is encouraged, but nobody hears of it"
            help_ = 'add a nudge, such as `encourage: {aim: 3, nudge: "{left} left until {until}"}`'
            yield Finding(pack.pack.find(("budgets", index, "encourage", "<key>")), "no-nudge", each.id, message, help_)
