"""The pocket card of each role: every line of it is decided, as its holder would have it decided."""

from __future__ import annotations

import datetime
import re
from functools import cache

import pytest

from commands import run
from empower import load_pack
from empower.backends.english.words import words
from empower.cases import run_case
from empower.compile import Rules, compile_pack
from empower.demo import shipped_packs
from empower.moments import milliseconds
from empower.money import parse_money
from empower.noun import evolve
from empower.pages.card import Card, Line, card_page, deal_card
from empower.pages.page import whole_text
from empower.pages.text import as_text
from empower.pages.worlds import Work
from pages.showing import faults, spoken
from test_shipped_packs import permitted

PACKS = shipped_packs()


@cache
def rules_of(name: str) -> Rules:
    """The rules of a pack that is shipped."""
    return compile_pack(load_pack(PACKS[name]))


def instant(name: str) -> int:
    """A day on which everything of a pack is in force."""
    return milliseconds(datetime.datetime.fromisoformat("2026-10-15T12:00+00:00" if name == "random-acts" else "2026-11-18T12:00+00:00"))


@cache
def card_of(name: str, role: str) -> Card:
    """The card of a role."""
    return deal_card(rules_of(name), role, instant(name), rules_of(name).checked.languages[0])


def lines(card: Card) -> list[Line]:
    """Every line of a card."""
    return [line for part in card.parts for line in part.lines]


CARDS = [(name, role) for name in PACKS for role in load_pack(PACKS[name]).roles.everyone()]
each_card = pytest.mark.parametrize(("name", "role"), CARDS)


@each_card
def test_every_line_is_decided(name: str, role: str) -> None:
    """Each line of a card carries requests that show it, and each of them is decided as the line says."""
    card = card_of(name, role)
    assert lines(card)
    for line in lines(card):
        assert line.shows, line
        for shown in line.shows:
            assert faults(rules_of(name), shown) == [], (whole_text(line.item), shown.example.action, shown.example.context)


@each_card
def test_a_limit_is_exact(name: str, role: str) -> None:
    """A line with a figure is allowed at the figure and not at one minor unit more; beyond it, whom it names is who can say yes."""
    rules = rules_of(name)
    for line in (line for line in lines(card_of(name, role)) if line.item.figure):
        (within, beyond) = (shown.example for shown in line.shows)
        limit = re.sub(r"[^0-9.]", "", line.item.figure)
        assert parse_money(within.action["amount"], rules.program.currency) == parse_money(limit, rules.program.currency)
        assert parse_money(beyond.action["amount"], rules.program.currency) > parse_money(limit, rules.program.currency)
        assert (within.expect["outcome"], beyond.expect["outcome"] != "allow") == ("allow", True)
        assert (words(beyond.expect["who"]) in line.item.text) if beyond.expect["who"] else line.item.text == ""


@pytest.mark.parametrize("name", PACKS)
def test_no_card_leaks_to_the_customer(name: str) -> None:
    """In every situation of every card the customer hears, in each language of the pack, the author's words and facts that they may see only:
    no risk flag, limit, option, role or rule id.
    """  # noqa: D205  (one sentence of a law)
    rules = rules_of(name)
    shows = [shown for role in rules.checked.roles.everyone() for line in lines(card_of(name, role)) for shown in line.shows]
    decisions = [result.decision for shown in shows if (result := run_case(rules, shown.example)).decision is not None]
    assert len(decisions) == len(shows)
    for language in rules.checked.languages:
        allowed = list(permitted(name, language))
        said = {decision.told(language).customer for decision in decisions if decision is not None}
        assert [text for text in said if not any(pattern.fullmatch(text) for pattern in allowed)] == []


def test_a_wrong_line_is_found() -> None:
    """A request that is to come out otherwise than it does is found: a limit that is a penny off, an outcome, a guardrail, a nudge."""
    rules, (line, *_) = rules_of("coffee-shop"), lines(card_of("coffee-shop", "associate"))
    within, beyond = line.shows
    for planted in (
        evolve(within, example=evolve(within.example, expect={**within.example.expect, "limit": 7499})),
        evolve(within, example=evolve(within.example, action=beyond.example.action)),
        evolve(within, guardrail="too-long-out"),
        evolve(within, nudge="treats"),
    ):
        assert faults(rules, planted)


@each_card
def test_a_card_is_short(name: str, role: str) -> None:
    """A card has no more lines than fit into a pocket, and none twice."""
    texts = [(part.title, whole_text(line.item)) for part in card_of(name, role).parts for line in part.lines]
    assert len(texts) <= 30
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("name", PACKS)
def test_what_a_pack_says_is_on_some_card(name: str) -> None:
    """Every rule, duty and budget that can ever decide stands on the card of somebody."""
    rules = rules_of(name)
    heard = {
        decided
        for role in rules.checked.roles.everyone()
        for line in lines(card_of(name, role))
        for shown in line.shows
        for decided in spoken(rules, shown)
    }
    said = {each.id for each in (*rules.checked.rules, *rules.checked.duties, *rules.checked.budgets)}
    assert said - heard <= set()


def test_a_card_in_words() -> None:
    """The card of a driver says how much for whom, who says yes beyond, and what the office asks of them."""
    text = as_text(card_page(card_of("grocery-doorstep", "driver")), 200)
    for said in (
        "Refund, up to £40 if the customer's category is “loyal”; otherwise £25 or 50% of the order's total, whichever is less. For more, ask a team lead.",
        "A gesture: up to £25. For more, ask a team lead.",
        "Refund and store credit together: £60 and 3 times within 30 days, for each customer.",
        "Say: “That is a while ago. I will ask what we can do.”",
    ):
        assert said in text


def test_what_nobody_may_give_alone() -> None:
    """What a role cannot give at all is said with whom to ask."""
    text = as_text(card_page(card_of("grocery-doorstep", "ai_agent")))
    assert "Not on your own" in text
    assert "* Refund: ask a team lead." in text


def test_a_pack_too_large_for_a_card_says_so() -> None:
    """The search for situations is bounded; a card that was not finished says that not everything stands on it, and what stands on it is right."""
    rules = rules_of("hotel")
    card = deal_card(rules, "host", instant("hotel"), "en", Work(400))
    assert not card.whole
    assert "too large for a card" in card_page(card).foot
    assert [faults(rules, shown) for line in lines(card) for shown in line.shows if faults(rules, shown)] == []


def test_a_card_knows_its_day() -> None:
    """After a campaign its gestures are no longer on the card as given."""
    later = milliseconds(datetime.datetime.fromisoformat("2026-11-01T12:00+00:00"))
    text = as_text(card_page(deal_card(rules_of("random-acts"), "associate", later, "en")))
    assert "* A small present: not possible." in text
    assert "as of 1 November 2026" in text


# -- the command


def test_a_role_may_be_spoken() -> None:
    """A role is found by the words that people say for it; who names none that there is reads them up the ladder."""
    assert (
        run("explain", "grocery-doorstep", "--card", "Team lead").stdout == run("explain", "grocery-doorstep", "--card", "team_lead").stdout
    )
    wrong = run("explain", "grocery-doorstep", "--card", "boss")
    assert (wrong.returncode, wrong.stderr.splitlines()[-1]) == (2, "help: known here: ai_agent, driver, team_lead, manager")


def test_the_command_makes_cards() -> None:
    """`--card ROLE` is one card, `--card` alone one for each role; another role is refused with those there are."""
    one = run("explain", "coffee-shop", "--card", "associate", "--now", "2026-11-18 12:00")
    assert one.stdout == as_text(card_page(card_of("coffee-shop", "associate"))) + "\n"
    every = run("explain", "coffee-shop", "--card", "--now", "2026-11-18 12:00").stdout
    assert every.count("POCKET CARD") == len(rules_of("coffee-shop").checked.roles.everyone())
    wrong = run("explain", "coffee-shop", "--card", "asociate")
    assert (wrong.returncode, "did you mean 'associate'?" in wrong.stderr) == (2, True)
