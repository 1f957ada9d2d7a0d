"""A pack as a page that its manager reads aloud: mission, values, who may give how much, rules, budgets, menu, and what is promised."""

from __future__ import annotations

from collections.abc import Iterator

from empower.backends.english.words import capital, listed, with_article, words
from empower.checked import CheckedPack
from empower.formulas import condition_facts
from empower.pages.lexicon import said
from empower.pages.page import Item, Page, Section
from empower.pages.sentences import Writer, make_writer
from empower.phrases import BUILT_IN, phrase


def explain_pack(checked: CheckedPack, language: str) -> Page:
    """The page of a pack, in one of its languages; the sentences between the author's texts are English."""
    writer = make_writer(checked, language)
    document = checked.pack.document
    sections = (
        Section("What we stand for", tuple(Item(said(text, checked, language)) for text in checked.values.values())),
        Section(
            "Who decides",
            tuple(_people(writer)),
        ),
        Section("How much at a time", tuple(writer.cap(cap) for cap in checked.caps), "Where several of these apply, the tightest holds."),
        Section("How much in all", tuple(writer.budget(budget) for budget in checked.budgets)),
        Section("When it is allowed, and when not", tuple(writer.rule(rule) for rule in checked.rules)),
        Section("What comes with it", tuple(writer.duty(duty) for duty in checked.duties if duty.effect == "oblige")),
        Section("Good advice", tuple(writer.duty(duty) for duty in checked.duties if duty.effect == "advise")),
        Section("What can be offered instead, best first", tuple(writer.offer(offer) for offer in checked.menu), numbered=True),
        Section("If something is not known", tuple(_unknown(writer))),
        Section(
            "What is promised",
            tuple(writer.claim(claim) for claim in checked.claims),
            "Each of these must be provable from the rules above.",
        ),
    )
    mission = said(checked.mission, checked, language)
    above = f", builds on {checked.parent.pack.name}" if checked.parent is not None else ""
    foot = f"{checked.pack.name} {document.version}{above}; amounts in {checked.currency}, days as in {checked.zone}."
    return Page(capital(words(checked.pack.name)), "What we may give away", mission, tuple(each for each in sections if each.items), foot)


def _people(writer: Writer) -> Iterator[Item]:
    checked = writer.checked
    ladder = [words(role) for role in checked.roles.ladder]
    if len(ladder) > 1:
        yield Item(f"{capital(listed(ladder))}, the lowest first. “Higher up” is the nearest above you who may say yes.")
    else:
        yield Item(f"{capital(with_article(ladder[0]))} decides alone.")
    for role, asked in checked.roles.beside.items():
        yield Item(f"{capital(with_article(words(role)))} asks {with_article(words(asked))}.")
    met = [each.kinds for each in checked.rules] + [each.kinds for each in checked.caps] + [each.kinds for each in checked.budgets]
    spoken_of = {kind for kinds in met for kind in kinds}
    for kind in checked.kinds:
        if kind not in spoken_of:
            yield Item(f"{capital(writer.lexicon.kinds[kind])}: everybody may, for no guardrail speaks of it.")


def _unknown(writer: Writer) -> list[Item]:
    checked = writer.checked
    asked = list(_questions(writer))
    shared = any(budget.shared_at_most is not None for budget in checked.budgets)
    generous = "and never makes an answer more generous" + (", save where a budget above says what is shared meanwhile" if shared else "")
    found = [Item(f"What is not known is found out first. It never counts as no, as nothing or as zero, {generous}.")]
    if asked:
        found.append(Item("What we ask:", lines=tuple(("", question) for question in asked)))
    told = [writer.lexicon.names[path] for path, note in checked.fact_notes.items() if note.supplied_by == "host"]
    if told:
        found.append(Item(f"What the system tells: {listed(told)}."))
    match checked.when_ledger_unavailable:
        case ("escalate", str(role)):
            found.append(Item(f"If the ledger cannot be reached, ask {with_article(words(role))}."))
        case ("deny", _):
            found.append(Item("If the ledger cannot be reached, nothing is given."))
        case _:
            found.append(Item("If the ledger cannot be reached, there is no answer, and nothing is given."))
    return found


def _questions(writer: Writer) -> Iterator[str]:
    """What staff ask: in the author's words, and in the library's for what the pack reads without declaring it."""
    checked, asked = writer.checked, writer.lexicon.questions
    yield from (writer.words(note.ask) for path, note in checked.fact_notes.items() if note.supplied_by == "staff" and path in asked)
    alone = [budget for budget in checked.budgets if budget.shared_at_most is None]  # the others go on while it is not known
    read = {key for budget in alone for key in budget.keys}.union(*(condition_facts(rule.fires) for rule in checked.rules))
    for path in BUILT_IN:
        if path in read and path not in checked.fact_notes and path != "actor.id":  # who is at the till, the till knows
            yield phrase(writer.lexicon.language, f"ask.{path}")
