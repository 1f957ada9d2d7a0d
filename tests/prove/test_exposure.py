"""How much can be given away at most: the figure, and a history in which the compiled pack gives just that and no penny more."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from empower.prove import exposure
from empower.prove.answers import Answer, NotReproduced, Proved, Unbounded
from empower.prove.calendar import worst_stretches
from empower.prove.inquiry import Inquiry
from empower.prove.worker import answers_of
from prove.shop import Document, loaded, read

HEAD = """
pack: shop
version: 1
currency: GBP
timezone: Europe/London
mission: Put it right.
values: {trust: We trust our people.}
roles: {ladder: [clerk, manager]}
facts: {order.id: text, order.total: money 0..50}
actions: {refund: {amount: money 0.01..100}, gift: {amount: money 0.01..10}}
"""
TABLE = {
    "per month": ("{per: actor.id, window: calendar month, at_most: 300}", (300, 600, 300)),
    "per week": ("{per: actor.id, window: calendar week, at_most: 50}", (50, 50, 300)),
    "per day": ("{per: actor.id, window: calendar day, at_most: 20}", (20, 140, 620)),
    "ever": ("{per: actor.id, window: ever, at_most: 70}", (70, 70, 70)),
    "30 days": ("{per: actor.id, window: 30 days, at_most: 100}", (100, 100, 200)),
    "10 days": ("{per: actor.id, window: 10 days, at_most: 100}", (100, 100, 400)),
    "24 hours": ("{per: actor.id, window: 24 hours, at_most: 15}", (30, 120, 480)),
    "counted": ("{per: actor.id, window: calendar day, at_most: {times: 2}}", (200, 1400, 6200)),
    "both": ("{per: actor.id, window: calendar day, at_most: {amount: 150, times: 2}}", (150, 1050, 4650)),
    "by role": ("{per: actor.id, window: calendar day, at_most: {by: actor.role, clerk: 5, manager: 9}}", (5, 35, 155)),
    "already": ("{per: actor.id, window: ever, at_most: 50, already: order.total}", (50, 50, 50)),
}


def shop(budget: str, **more: Any) -> Document:
    """A shop with one budget."""
    document: Document = read(HEAD)
    document["budgets"] = [{"id": "most", "for": "everything", "because": "trust", **read(budget)}]
    return document | more


def asked(document: Document, scope: str) -> Answer:
    """What comes of one question."""
    (answer,) = answers_of(loaded(document), [f"exposure/{scope}"])
    return answer


def figures(answer: Answer) -> tuple[int, ...]:
    """The figures of a day, a week and a month, in whole pounds."""
    assert isinstance(answer, Proved), answer
    assert "at most" not in answer.says
    return tuple(int(line.split("£")[1].split(".")[0].replace(",", "")) for line in answer.says.splitlines())


@pytest.mark.parametrize(("budget", "wanted"), TABLE.values(), ids=TABLE)
def test_the_most_is_reached_and_not_exceeded(budget: str, wanted: tuple[int, int, int]) -> None:
    """Calendar periods are held against rolling budgets by the worst history, and the compiled pack really gives it."""
    assert figures(asked(shop(budget), "actor/clerk")) == wanted


def test_people_are_counted() -> None:
    """`population` says how many there are; each of them can give as much."""
    budget, (day, week, month) = TABLE["per month"]
    assert figures(asked(shop(budget, population={"actor.id": "400"}), "company")) == (400 * day, 400 * week, 400 * month)


def test_a_budget_of_all_needs_no_count() -> None:
    """A budget that all share bounds the company, however many they are."""
    document = shop("{per: actor.id, window: calendar day, at_most: 60}")
    document["budgets"].append(read("{id: pot, for: everything, window: calendar month, at_most: 100, because: trust}"))
    assert figures(asked(document, "company")) == (100, 200, 100)
    assert figures(asked({**document, "population": {"actor.id": "400"}}, "company")) == (100, 200, 100)


def test_stores_are_asked_about_where_there_are_any() -> None:
    """A budget per store makes a question about one store."""
    assert figures(asked(shop("{per: place.store, window: calendar day, at_most: 60}"), "store")) == (60, 420, 1860)


def test_the_missing_count_is_named() -> None:
    """Without a count, and with no budget above, there is no most, and the missing key is named."""
    answer = asked(shop(TABLE["per month"][0]), "company")
    assert isinstance(answer, Unbounded)
    assert "`population: {actor.id: 400}`" in answer.help
    assert "each actor.id, and nobody says" in answer.says


def test_what_no_budget_limits_is_named() -> None:
    """A kind without any budget is named, and the figure of all others told."""
    document = shop(TABLE["per month"][0])
    document["budgets"][0]["for"] = "refund"
    answer = asked(document, "actor/clerk")
    assert isinstance(answer, Unbounded)
    assert answer.says.startswith("no budget limits how often 'gift' can be given. All else together:\nin a day £300.00")


def test_a_formula_that_is_too_low_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told is held against the compiled pack: a formula that promised less than is given is a defect of empower."""
    right = exposure.most_under
    monkeypatch.setattr(exposure, "most_under", lambda bounds, gifts: right(bounds, gifts) - 1)
    assert isinstance(asked(shop(TABLE["per month"][0]), "actor/clerk"), NotReproduced)


def test_the_calendar_is_worst_where_it_should_be() -> None:
    """A month meets six weeks, a week two months, and a day with 25 hours two stretches of 24."""
    budgets = ("{per: actor.id, window: calendar week, at_most: 1}", "{per: actor.id, window: 24 hours, at_most: 1}")
    for budget, period, count in zip(budgets, ("month", "day"), (6, 2), strict=True):
        inquiry = Inquiry(loaded(shop(budget)))
        account = inquiry.program.plans["refund"].accounts[0]
        (stretch,) = worst_stretches(period, inquiry.program.zone, [account])
        assert stretch.counts == (count,)
        assert datetime.date.fromordinal(stretch.first_day).year >= 2026
