"""The pocket card of a role: what may I give, up to what, who says yes beyond, what goes with it, and what I am encouraged to give.

Every line carries the requests that show it, for situations that `worlds` finds. What no situation shows, because something else is
always tighter for this role, is not on its card.
"""

from __future__ import annotations

from collections.abc import Iterator

from empower.backends.english.words import capital, day, times, words
from empower.backends.interpret import holds
from empower.checked import CheckedDuty, CheckedOffer, CheckedRule
from empower.compile import Rules
from empower.formulas import condition_facts
from empower.judge import Case, judge, speak
from empower.noun import evolve, frozen
from empower.pages.lexicon import said
from empower.pages.limits import Dealer, Line, ask, budget_line, kind_lines, show
from empower.pages.page import Item, Page, Section
from empower.pages.parts import space, window
from empower.pages.roles import NEVER, condition_for
from empower.pages.sentences import make_writer
from empower.pages.worlds import MISS, Work, Worlds, speaks
from empower.periods import day_in


@frozen
class Part:
    """Lines under one heading."""

    title: str
    lines: tuple[Line, ...]
    numbered: bool = False


@frozen
class Card:
    """The pocket card of one role, as of one day."""

    pack: str
    version: str
    role: str
    mission: str
    parts: tuple[Part, ...]
    day: int
    whole: bool = True
    """Whether everything was tried; of a pack with very many rules some lines may be missing."""


def deal_card(rules: Rules, role: str, at: int, language: str, work: Work | None = None) -> Card:
    """The card of a role, as of an instant; `work` bounds how much is tried for it."""
    checked = rules.checked
    worlds = Worlds(rules, role, at, work or Work())
    usual = {kind: found for kind in checked.kinds if (found := worlds.allowed(kind)) is not None}
    dealer = Dealer(rules, role, worlds, make_writer(checked, language), usual)
    parts = (
        Part("You may give", tuple(line for kind in usual for line in kind_lines(dealer, kind))),
        Part("Not on your own", tuple(_not_alone(dealer, kind) for kind in checked.kinds if kind not in usual)),
        Part("In all", tuple(line for budget in checked.budgets if not budget.shadow for line in budget_line(dealer, budget))),
        Part("First look, then give", tuple(line for rule in checked.rules if not rule.shadow for line in _rule(dealer, rule))),
        Part("With it", tuple(line for duty in checked.duties for line in _duty(dealer, duty))),
        Part("We hope that you will", tuple(_encouraged(dealer))),
        Part("You can offer instead, best first", tuple(line for offer in checked.menu for line in _offer(dealer, offer)), numbered=True),
    )
    today = day_in(rules.program.zone)(at)
    mission = said(checked.mission, checked, language)
    name, version = checked.pack.name, checked.pack.document.version
    return Card(name, version, role, mission, tuple(part for part in parts if part.lines), today, worlds.work.left >= 0)


def card_page(card: Card) -> Page:
    """A card as a page."""
    sections = tuple(Section(part.title, tuple(line.item for line in part.lines), numbered=part.numbered) for part in card.parts)
    kicker = f"Pocket card, {words(card.pack)}"
    foot = f"{card.pack} {card.version}, as of {day(card.day)}. If a line does not say whom to ask, that is the most. What is not on it: let the till decide."
    if not card.whole:
        foot += " This pack is too large for a card: not everything stands on it."
    return Page(capital(words(card.role)), kicker, card.mission, sections, foot, "card")


# ------------------------------------------------------------------------------------------------ what is not theirs alone


def _not_alone(dealer: Dealer, kind: str) -> Line:
    """A kind of which this role can give nothing, in no situation that was found."""

    def misses(case: Case) -> int:
        return sum(MISS for each in speak(case, case.facts, fresh=False) if speaks(each, case.asked) and each.outcome == "deny")

    case = dealer.worlds.find(kind, misses) or dealer.worlds.somewhere(kind)
    verdict = judge(case)
    title = capital(dealer.writer.lexicon.kinds[kind])
    return Line(Item(f": {ask(verdict)}.", title), (show(dealer, "is not given alone", case, verdict),))


# ------------------------------------------------------------------------------------------------ rules and duties


def _rule(dealer: Dealer, rule: CheckedRule) -> Iterator[Line]:
    """A rule, shown by a situation in which it decides; nothing where it never speaks to this role."""
    if condition_for(rule.fires, dealer.role) == NEVER:
        return
    for kind in rule.kinds:
        case = (
            dealer.worlds.find(kind, lambda case: _decided_by(rule, case), dealer.usual[kind], about=condition_facts(rule.fires))
            if kind in dealer.usual
            else None
        )
        if case is None:
            continue
        item = dealer.writer.rule(rule)
        customer = dealer.writer.quote(dealer.rules.checked.about[rule.id].say.customer)
        customer = f"Say: {customer}" if customer else ""
        shown = evolve(show(dealer, "is held by a rule", case, judge(case)), guardrail=rule.id)
        yield Line(evolve(item, quote=customer, value="", origin="", name=""), (shown,))
        return


def _decided_by(rule: CheckedRule, case: Case) -> int:
    """What keeps a rule from deciding a case: it is silent, or another speaks whose outcome is as strong."""
    missed = 0
    for each in speak(case, case.facts, fresh=False):
        if each.guardrail == rule.id:
            missed += 0 if speaks(each, case.asked) else MISS
        elif speaks(each, case.asked):
            missed += MISS if each.outcome == "deny" and rule.outcome == "escalate" else 1
    return missed


def _duty(dealer: Dealer, duty: CheckedDuty) -> Iterator[Line]:
    """A duty or an advice, shown by something that is allowed and comes with it."""
    note = dealer.rules.checked.about[duty.id]
    if note.shadow:
        return

    def misses(case: Case) -> int:
        spoken = sum(MISS for each in speak(case, case.facts, fresh=False) if speaks(each, case.asked))
        return spoken + (0 if holds(duty.holds, case.environment()) else MISS)

    about = condition_facts(duty.holds) or ("",)
    for kind in duty.kinds:
        case = dealer.worlds.find(kind, misses, dealer.usual[kind], about=about) if kind in dealer.usual else None
        if case is not None:
            item = dealer.writer.duty(duty)
            shown = evolve(show(dealer, "comes with it", case, judge(case)), guardrail=duty.id)
            yield Line(evolve(item, value="", origin="", name=""), (shown,))
            return


# ------------------------------------------------------------------------------------------------ encouraged


def _encouraged(dealer: Dealer) -> Iterator[Line]:
    """Budgets of which the company hopes that they are used."""
    for budget in dealer.rules.checked.budgets:
        kind = next((kind for kind in budget.kinds if kind in dealer.usual), None)
        if budget.encourage is None or kind is None or budget.shadow:
            continue
        case = dealer.usual[kind]
        subject = dealer.writer.kinds(budget.kinds)
        text = f": {times(budget.encourage)}{space(window(budget.window))}."
        shown = evolve(show(dealer, "is encouraged", case, judge(case)), nudge=budget.id)
        yield Line(Item(text, subject, quote=dealer.writer.quote(budget.nudge)), (shown,))


def _offer(dealer: Dealer, offer: CheckedOffer) -> Iterator[Line]:
    """An offer of the menu, shown by a situation in which it is allowed."""
    if offer.kind not in dealer.usual:
        return
    wanted = {f"action.{name}": value for name, value in offer.parameters}

    def misses(case: Case) -> int:
        if any(case.facts.get(path) != value for path, value in wanted.items()):
            return MISS
        asked = case.asked if offer.amount is None else offer.amount
        spoken = sum(MISS for each in speak(evolve(case, amount=asked), case.facts, fresh=False) if speaks(each, asked))
        return spoken + (0 if holds(offer.when, case.environment()) else MISS)

    case = dealer.worlds.find(offer.kind, misses, dealer.usual[offer.kind])
    if case is not None:
        given = evolve(case, amount=case.amount if offer.amount is None else offer.amount)
        yield Line(
            evolve(dealer.writer.offer(offer), value="", origin="", name=""),
            (show(dealer, "is on the menu", given, judge(given)),),
        )
