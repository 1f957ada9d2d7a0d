"""`empower demo`: what it says is true of the data and of the pack, the same every time, and fit to be read by people and programs."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from commands import run, run_apart
from empower import load_pack
from empower.compile import Rules, compile_pack
from empower.demo import DOORSTEP, PACK, RETAIL, Decided, Replay, Request, read_requests, requests_for, shipped_packs, summarize

LIMITS = {"day": Decimal(200), "month": Decimal(500), "customer": Decimal(150), "nobody": Decimal(100)}
"""The budgets of an associate in rules/online-retail, written down again: what is checked here does not come from the pack."""
RATE = re.compile(r"^\d+ requests decided and settled in .*$", re.MULTILINE)


@pytest.fixture(scope="module")
def rules() -> Rules:
    """The pack that the demo decides under."""
    return compile_pack(load_pack(shipped_packs()[PACK]))


@pytest.fixture(scope="module")
def decided(rules: Rules) -> list[Decided]:
    """All requests, decided by one associate."""
    replay = Replay.under(rules, "associate")
    return [replay.step(request) for request in read_requests()]


# -- the data


def test_the_data_are_all_there(repository: Path) -> None:
    """778 requests in time order, each with an id of its own; their source and licence stand beside them."""
    requests = read_requests()
    assert len(requests) == len({request.id for request in requests}) == 778
    assert [request.at for request in requests] == sorted(request.at for request in requests)
    readme = (repository / "src/empower/data/README.md").read_text(encoding="utf-8")
    for name in ("Online Retail", "Daqing Chen", "UCI Machine Learning Repository", "10.24432/C5BW33", "CC BY 4.0"):
        assert name in readme
        assert name in RETAIL


def test_times_are_those_of_the_shop() -> None:
    """The data say no offset; the replay says London, with its summer time."""
    offsets = {request.at.month: request.at.utcoffset() for request in read_requests()}
    assert (offsets[1], offsets[7]) == (timedelta(0), timedelta(hours=1))


# -- what comes out


def test_outcomes_are_what_the_pack_means(decided: list[Decided]) -> None:
    """How many of each; a change of the pack, the data or the engine shows here."""
    counts: dict[str, int] = defaultdict(int)
    for each in decided:
        counts[each.outcome] += 1
    assert dict(counts) == {"allow": 428, "needs_info": 152, "escalate": 91, "deny": 107}


def test_what_is_not_above_nothing_is_denied(decided: list[Decided]) -> None:
    """The 104 requests for 0.00, and the one above the bound, are denied by the bounds of the kind."""
    outside = [each for each in decided if not Decimal("0.01") <= each.request.amount <= 5000]
    assert len(outside) == 105
    assert {each.outcome for each in outside} == {"deny"}
    assert all("amount_bounds" in {reason.guardrail for reason in each.decision.reasons} for each in outside if each.decision is not None)


def test_no_budget_is_exceeded(decided: list[Decided]) -> None:
    """Counted again by hand: no day, no month, no thirty days of a customer holds more than its limit."""
    given = [(each.request, each.decision.amount) for each in decided if each.decision is not None and each.decision.amount is not None]
    days: dict[Any, Decimal] = defaultdict(Decimal)
    for request, amount in given:
        days["day", request.at.date()] += amount
        days["month", request.at.year, request.at.month] += amount
    assert all(total <= LIMITS[key[0]] for key, total in days.items())
    for request, _ in given:
        customer = request.context["customer"]["id"]
        window = [a for other, a in given if other.context["customer"]["id"] == customer and within_30_days(other, request)]
        assert sum(window) <= (LIMITS["customer"] if customer else LIMITS["nobody"])


def within_30_days(earlier: Request, later: Request) -> bool:
    """Whether the one lies in the thirty days that end with the other; exactly thirty days ago is out."""
    return timedelta(0) <= later.at - earlier.at < timedelta(days=30)


def test_every_no_says_what_to_do(decided: list[Decided]) -> None:
    """What is not allowed cites a reason, an escalation names a role, a question can be asked; a customer who is there is offered something."""
    for each in decided:
        decision = each.decision
        assert decision is not None
        if decision.outcome == "allow":
            assert decision.amount == each.request.amount
            continue
        assert decision.reasons
        assert (decision.who is not None) == (decision.outcome == "escalate")
        assert bool(decision.needs) == (decision.outcome == "needs_info")
        if each.request.context["customer"]["id"] is not None and decision.outcome != "deny":
            assert decision.options


def test_every_option_would_be_allowed(rules: Rules) -> None:
    """Each option of the first hundred requests, asked for at that instant, is allowed (law 7)."""
    replay = Replay.under(rules, "associate")
    tried = 0
    for request in read_requests(100):
        decision = replay.step(request).decision
        context = {"actor": {"id": "demo", "role": "associate"}, **request.context}
        for option in decision.options if decision is not None else ():
            again = replay.guard.preview(option.action, context)
            assert again.allowed, (request.id, option, again)
            tried += 1
    assert tried > 100


def test_nothing_leaks_to_the_customer(decided: list[Decided]) -> None:
    """The customer's voice names no guardrail, no role, no amount and no flag, in either language."""
    secret = re.compile(r"£|\d|associate|team|manager|director|budget|limit|flag|_", re.IGNORECASE)
    for each in decided:
        for language in ("en", "de"):
            assert each.decision is not None
            assert not secret.search(each.decision.told(language).customer)


# -- the summary


def test_the_summary_adds_up(rules: Rules, decided: list[Decided]) -> None:
    """Counts and sums of the parts are those of the whole, and of the data."""
    summary = summarize(rules, "associate", requests_for(PACK), decided)
    *parts, whole = summary.outcomes
    assert whole.count == sum(part.count for part in parts) == 778
    assert whole.asked == sum(part.asked for part in parts) == Decimal("34422.33")
    assert whole.given == sum(part.given for part in parts) == next(part.given for part in parts if part.name == "allow")
    assert sum(role.count for role in summary.roles) == next(part.count for part in parts if part.name == "escalate")
    assert summary.partly <= summary.offered == 778 - 428 - summary.nobody
    assert [decision.outcome for decision in summary.told] == ["allow", "escalate", "needs_info"]


def test_the_findings_are_said(rules: Rules, decided: list[Decided]) -> None:
    """What the data cannot follow is told in numbers, not worked around."""
    told = " ".join(summarize(rules, "associate", requests_for(PACK), decided).findings)
    for number in ("713", "130", "104", "£5,575.28", "No request names who decided it", "refunds_30d"):
        assert number in told


def test_a_pack_that_cannot_read_the_data_says_so() -> None:
    """Under a pack with other words, what cannot be read is counted and shown, and nothing is given for it."""
    answer = run("demo", "--pack", "hotel", "--limit", "300")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "cannot be read" in answer.stdout
    assert "is 'GBP', but the pack is in EUR" in " ".join(answer.stdout.split())


# -- at the door


def test_the_requests_at_the_door_are_the_same_everywhere() -> None:
    """Worked out from one number, with nothing that a version of Python may change: 588 in time order, all readable, and said to be made up."""
    source = requests_for(DOORSTEP)
    told = json.dumps([[each.id, each.at.isoformat(), each.action, each.context] for each in source.requests], sort_keys=True)
    assert hashlib.sha256(told.encode()).hexdigest() == "fa629c52ca7f09ea7e29dd4f474156afb22b7a660ccfc3f14a5d79d92c5e3848"
    assert len({each.id for each in source.requests}) == len(source.requests) == 588
    assert [each.at for each in source.requests] == sorted(each.at for each in source.requests)
    assert {each.at.utcoffset() for each in source.requests} == {timedelta(0), timedelta(hours=1)}
    assert "made up" in source.credit


def test_at_the_door_every_guardrail_speaks() -> None:
    """The pack of the doorstep is decided with requests of its own, not with those of a web shop."""
    summary = json.loads(run("demo", "--pack", DOORSTEP, "--json").stdout)
    assert summary["outcomes"]["all"]["count"] == 588
    assert "unreadable" not in summary["outcomes"]
    spoke = {each["id"] for each in summary["guardrails"]}
    assert {"driver-month", "customer-30d", "order", "refund-by-role", "kindness-by-role", "in-time", "many-claims", "proof"} <= spoke
    told = " ".join(run("demo", "--pack", DOORSTEP).stdout.split())
    assert "588 made-up requests at the doors of a grocery shop" in told
    assert "Data: made up for this demo" in told


# -- as it is run


def test_plain_where_there_is_no_terminal() -> None:
    """In a pipe there is no colour, no bar, nothing on standard error, and no line has spaces at its end or is longer than it should be."""
    answer = run_apart("demo")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "\x1b" not in answer.stdout
    assert "\r" not in answer.stdout
    lines = answer.stdout.splitlines()
    assert [line for line in lines if line != line.rstrip() or len(line) > 80] == []
    assert "What became of them" in lines
    assert "allowed at once        428" in answer.stdout


def test_the_same_every_time() -> None:
    """Two runs print the same, whatever the order of hashes, save the one line that says how fast it went."""
    first, second = (RATE.sub("", run_apart("demo", "--limit", "200", PYTHONHASHSEED=seed).stdout) for seed in ("1", "2"))
    assert first == second
    assert len(RATE.findall(run("demo", "--limit", "10").stdout)) == 1


def test_json_is_the_same_to_the_byte() -> None:
    """One line of JSON, with nothing in it that differs from run to run."""
    first, second = (run_apart("demo", "--json", "--limit", "200", PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert first.stdout == second.stdout
    assert (first.returncode, first.stderr, first.stdout.count("\n")) == (0, "", 1)
    summary = json.loads(first.stdout)
    assert summary["outcomes"]["all"]["count"] == 200
    assert summary["source"] == RETAIL
    assert {told["outcome"] for told in summary["told"]} == {"allow", "escalate", "needs_info"}


@pytest.mark.parametrize("columns", ["40", "60", "120", "200"])
def test_any_terminal(columns: str) -> None:
    """Narrow or wide, no line is longer than the terminal, or than what can be read."""
    answer = run("demo", "--limit", "60", columns=columns)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert max(len(line) for line in answer.stdout.splitlines()) <= min(int(columns), 110)


def test_a_higher_role_gives_more() -> None:
    """A team lead is asked by nobody below, and gives more at once than an associate."""
    given = {
        role: Decimal(json.loads(run("demo", "--json", "--role", role).stdout)["outcomes"]["allow"]["given"])
        for role in ("associate", "team_lead")
    }
    assert given["associate"] < given["team_lead"]


def test_customers_are_answered_in_their_language() -> None:
    """With `--language de` the customers hear German; the staff go on reading the pack's first language."""
    answer = run("demo", "--language", "de", "--limit", "30")
    assert "Ja, das machen wir gern für Sie." in answer.stdout
    assert "Go ahead" in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--role", "asociate"], "'asociate' is not a role of this pack\nhelp: did you mean 'associate'?"),
        (["--language", "fr"], "'fr' is not a language of this pack"),
        (["--pack", "online-retial"], "there is no pack 'online-retial'\nhelp: did you mean 'online-retail'?"),
        (["--limit", "0"], "0 is not in the range"),
        (["--limit", "many"], "'many' is not a valid integer range"),
    ],
)
def test_called_wrongly(arguments: list[str], message: str) -> None:
    """A wrong word is answered with a sentence and what was probably meant, and exit code 2."""
    answer = run("demo", *arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert message in answer.stderr
