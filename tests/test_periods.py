"""For how long a verdict holds: until the local day ends, or a comparison with the clock turns, whichever comes first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from empower import Guard, load_pack
from empower.asking import make_case, read_asked
from empower.compile import Rules, compile_pack
from empower.judge import judge
from empower.moments import milliseconds
from empower.periods import ALWAYS, day_in, valid_during

PACK = """\
pack: shop
version: 1
currency: EUR
timezone: Europe/Berlin
mission: Put it right.
values: {trust: We trust.}
roles: {ladder: [clerk, lead]}
facts:
  customer.id: text
  order.due: date
  order.sent_at: instant
actions: {refund: {amount: money 0.01..500}}
obligations: {sign: Sign it.}
"""
RULES = "rules: [{id: r, %s, because: trust}]\n"
BUDGETS = "budgets: [{id: b, for: refund, per: customer.id, window: ever, %s, because: trust}]\n"
NOON = datetime(2026, 11, 16, 11, tzinfo=UTC)
"""In Berlin."""
MIDNIGHTS = (datetime(2026, 11, 15, 23, tzinfo=UTC), datetime(2026, 11, 16, 23, tzinfo=UTC))
ACTION = {"kind": "refund", "amount": "5"}


def written(folder: Path, guardrails: str) -> Path:
    """The small pack with these guardrails."""
    folder.mkdir()
    (folder / "pack.yaml").write_text(PACK + guardrails, encoding="utf-8")
    return folder


def judged(rules: Rules, at: datetime, *, sent: datetime) -> tuple[str, tuple[int, int]]:
    """The outcome at an instant, and when it holds."""
    context = {
        "actor": {"id": "a1", "role": "clerk"},
        "customer": {"id": "c1"},
        "order": {"due": "2026-11-14", "sent_at": sent.isoformat().replace("+00:00", "Z")},
    }
    day_of = day_in(rules.program.zone)
    case = make_case(rules, read_asked(rules, ACTION, context, None), milliseconds(at), {}, day_of)
    return judge(case).outcome, valid_during(case.plan, case.environment(), rules.program.zone)


def span(start: datetime, end: datetime) -> tuple[int, int]:
    """An interval of ledger time."""
    return milliseconds(start), milliseconds(end)


@pytest.mark.parametrize(
    "guardrails",
    [
        RULES % "deny: refund, when: days_since(order.due) > 2",
        RULES % "oblige: refund, when: days_since(order.due) > 2, then: [sign]",
        "caps: [{id: c, for: refund, first: [{when: days_since(order.due) > 2, at_most: 5}, {otherwise: 6}], because: trust}]\n",
        BUDGETS % "at_most: {times: 9}, already: {times: 'max(0, days_since(order.due))'}",
        BUDGETS % "at_most: 50, campaign: {from: 2026-11-01}",
        RULES % "deny: refund, from: 2026-11-20",
    ],
)
def test_what_counts_days_holds_until_the_local_day_ends(tmp_path: Path, guardrails: str) -> None:
    """A verdict that looks at the day holds for this day, in the pack's zone, and a preview says at which instant it was made."""
    pack = load_pack(written(tmp_path / "shop", guardrails))
    assert judged(compile_pack(pack), NOON, sent=NOON)[1] == span(*MIDNIGHTS)
    context = {"actor": {"id": "a1", "role": "clerk"}, "customer": {"id": "c1"}, "order": {"due": "2026-11-14"}}
    assert Guard(pack, clock=lambda: milliseconds(NOON)).preview(ACTION, context).at == milliseconds(NOON)


def test_what_looks_at_no_clock_holds_always(tmp_path: Path) -> None:
    """A preview whose answer is the same at every instant tells none."""
    pack = load_pack(written(tmp_path / "shop", RULES % "deny: refund, when: order.due < '2026-11-20'"))
    assert judged(compile_pack(pack), NOON, sent=NOON) == ("deny", ALWAYS)
    context = {"actor": {"id": "a1", "role": "clerk"}, "order": {"due": "2026-11-14"}}
    assert Guard(pack, clock=lambda: milliseconds(NOON)).preview(ACTION, context).at is None


@pytest.mark.parametrize(
    "guardrails", [RULES % "deny: refund, when: days_since(order.due) > 2", BUDGETS % "at_most: 50, campaign: {from: 2026-11-01}"]
)
def test_days_of_a_parent_end_in_its_zone(tmp_path: Path, guardrails: str) -> None:
    """The parent's dates, campaigns and `days_since` count in its zone: the verdict holds while it is the same day in both."""
    parent = written(tmp_path / "company", guardrails)
    (parent / "pack.yaml").write_text((parent / "pack.yaml").read_text().replace("Europe/Berlin", "Asia/Tokyo"), encoding="utf-8")
    child = tmp_path / "shop"
    child.mkdir()
    head = "pack: child\nversion: 1\nextends: ../company\ncurrency: EUR\ntimezone: Europe/Berlin\nmission: Put it right.\nvalues: {calm: Calm.}\n"
    (child / "pack.yaml").write_text(head, encoding="utf-8")
    midnight_in_tokyo = datetime(2026, 11, 16, 15, tzinfo=UTC)
    assert judged(compile_pack(load_pack(child)), NOON, sent=NOON)[1] == span(MIDNIGHTS[0], midnight_in_tokyo)


TURNS = [
    ("hours_since(order.sent_at) >= 24", 0),
    ("hours_since(order.sent_at) > 24", 1),
    ("hours_since(order.sent_at) < 24", 0),
    ("hours_since(order.sent_at) <= 24", 1),
    ("hours_since(order.sent_at) == 24", 0),
    ("order.sent_at < now", 1),
]


def around(condition: str, ahead: timedelta) -> datetime:
    """When an order was sent, if its comparison turns so far ahead of noon."""
    return NOON + ahead - (timedelta(hours=24) if "24" in condition else timedelta(0))


@pytest.fixture
def timed(tmp_path: Path) -> Callable[[str], Rules]:
    """The pack with a rule on the clock."""
    return lambda condition: compile_pack(load_pack(written(tmp_path / "shop", RULES % f"deny: refund, when: {condition}")))


@pytest.mark.parametrize(("condition", "later_ms"), TURNS)
@pytest.mark.parametrize("ahead_ms", [1, 2, 777, 59_999])
def test_a_comparison_with_the_clock_holds_until_it_turns(
    timed: Callable[[str], Rules], condition: str, later_ms: int, ahead_ms: int
) -> None:
    """In the whole of its interval a verdict is the same; it ends where both sides are equal, after which it is another."""
    rules, sent = timed(condition), around(condition, timedelta(milliseconds=ahead_ms))
    outcome, during = judged(rules, NOON, sent=sent)
    end = NOON + timedelta(milliseconds=ahead_ms)
    assert during == span(NOON, end)
    assert judged(rules, end - timedelta(milliseconds=1), sent=sent)[0] == outcome
    assert judged(rules, end + timedelta(milliseconds=later_ms), sent=sent)[0] != outcome


@pytest.mark.parametrize("condition", [condition for condition, _ in TURNS])
def test_where_both_sides_are_equal_a_verdict_holds_for_a_millisecond(timed: Callable[[str], Rules], condition: str) -> None:
    """At the instant at which a comparison turns, it may turn again at once."""
    found = judged(timed(condition), NOON, sent=around(condition, timedelta(0)))[1]
    assert found == span(NOON, NOON + timedelta(milliseconds=1))


@pytest.mark.parametrize(("condition", "later_ms"), TURNS)
def test_a_comparison_with_the_clock_is_looked_at_a_minute_ahead(timed: Callable[[str], Rules], condition: str, later_ms: int) -> None:
    """A comparison that does not turn for long is asked anew after a minute, and at once where it turned a moment ago."""
    rules, minute = timed(condition), span(NOON, NOON + timedelta(minutes=1))
    assert judged(rules, NOON, sent=around(condition, timedelta(hours=5)))[1] == minute
    assert judged(rules, NOON, sent=around(condition, timedelta(milliseconds=-1 - later_ms)))[1] == minute


def test_what_does_not_look_at_the_clock_does_not_turn(timed: Callable[[str], Rules]) -> None:
    """Beside a comparison with the clock a condition may hold anything else."""
    rules = timed("hours_since(order.sent_at) > 24 and customer.id == 'c1' and order.due < '2026-11-20'")
    assert judged(rules, NOON, sent=around("24", timedelta(seconds=5)))[1] == span(NOON, NOON + timedelta(seconds=5))


def test_a_comparison_with_the_clock_ends_with_the_day_too(timed: Callable[[str], Rules]) -> None:
    """Shortly before midnight the day ends first."""
    late = MIDNIGHTS[1] - timedelta(seconds=3)
    assert judged(timed("hours_since(order.sent_at) > 24"), late, sent=NOON - timedelta(days=9))[1] == span(late, MIDNIGHTS[1])


def test_an_instant_needs_its_offset() -> None:
    """A time without an offset is no instant: whose clock showed it is not said."""
    with pytest.raises(ValueError, match="offset from UTC"):
        milliseconds(NOON.replace(tzinfo=None))


@pytest.mark.parametrize(("at", "day"), [(-(10**15), date.min), (10**15, date.max), (milliseconds(MIDNIGHTS[1]), date(2026, 11, 17))])
def test_days_are_those_of_the_calendar(at: int, day: date) -> None:
    """An instant before the year 1 or after 9999 lies on the first or the last day that there is."""
    assert day_in("Europe/Berlin")(at) == day.toordinal()
