"""`empower options`: what can be done for a customer now, what else must be found out first, and what is left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands import Answer, run
from empower import Guard, load_pack
from empower.cli.inputs import with_facts
from empower.demo import shipped_packs

NOW = "2026-11-18 12:00"
FACTS = {
    "customer.id": "c1", "customer.category": "loyal", "order.total": "30", "order.id": "o1", "order.refunded_before": "0",
    "order.delivered_at": "2 days ago", "customer.risk_flags": "none", "customer.claims_90d": "0", "item.value": "3", "customer.last_gesture": "never",
}  # fmt: skip
KNOWN = [word for name, value in FACTS.items() for word in ("--fact", f"{name}={value}")]


def options(*arguments: str) -> Answer:
    """What a driver can do at the door."""
    return run("options", "grocery-doorstep", "--role", "driver", "--now", NOW, *arguments)


def test_it_shows_what_can_be_done() -> None:
    """Each kind at its limit with what to find out first, the menu, what cannot be done yet and why, and what is left."""
    answer = options(*KNOWN)
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = answer.stdout.splitlines()
    assert lines[0].split() == ["answer", "what", "at", "most", "first,", "or", "why", "not"]
    for shown in (
        "yes         refund                       £30.00  What is the reason?", "yes         a box of cookies             £12.00",
        "left  £200.00: what you may give in a month", "left  £60.00, 3 more times: this household's 30 days",
    ):  # fmt: skip
        assert shown in lines
    assert any(line.startswith("needs info  hand over to somebody else") for line in lines)


def test_what_it_offers_is_allowed() -> None:
    """Every option decides to allow at that instant, once what it needs is added; and whatever is no option does not, however little is asked."""
    answer = json.loads(options(*KNOWN, "--json").stdout)
    pack = load_pack(shipped_packs()["grocery-doorstep"])
    at = 1_795_003_200_000
    guard = Guard(pack, clock=lambda: at)
    context = with_facts({}, pack, facts=[f"{name}={value}" for name, value in FACTS.items()], role="driver", at=at)
    assert len(answer["options"]) == 5
    for option in answer["options"]:
        action = option["action"] | {need["fact"].removeprefix("action."): "damaged" for need in option["needs"]}
        assert guard.preview(action, context).allowed, action
    assert [(other["kind"], other["outcome"]) for other in answer["others"]] == [("release", "needs_info")]


def test_nothing_at_all() -> None:
    """Where nothing is known, nothing can be given at once, and the questions are shown."""
    answer = run("options", "online-retail", "--role", "associate")
    assert answer.returncode == 0
    assert answer.stdout.startswith("nothing can be given at once\n")
    assert "When was it bought?" in answer.stdout


def test_a_role_that_nobody_has() -> None:
    """An unknown role is a slip at the option; in a context it can do nothing, and is told why."""
    answer = run("options", "grocery-doorstep", "--role", "drivr")
    assert (answer.returncode, "did you mean 'driver'?" in answer.stderr) == (2, True)
    answer = run("options", "grocery-doorstep", "--context", '{"actor": {"id": "a", "role": "boss"}}')
    assert answer.returncode == 0
    assert "'boss' is not a role of this pack" in answer.stdout


def test_what_a_ledger_holds_counts(tmp_path: Path) -> None:
    """With `--ledger` the limits are what is left there, and nothing is reserved by asking."""
    pack = load_pack(shipped_packs()["grocery-doorstep"])
    address = f"sqlite:///{tmp_path / 'till.db'}"
    context = {"actor": {"id": "you", "role": "driver"}}
    guard = Guard(pack, address)
    assert guard.decide({"kind": "gesture", "amount": "20.00"}, context, key="k").allowed
    guard.ledger.close()
    for _ in range(2):
        answer = run("options", "grocery-doorstep", "--role", "driver", "--ledger", address, "--json")
        left = {each["budget"]: each["left"] for each in json.loads(answer.stdout)["left"]}
        assert (answer.returncode, left["driver-month"]) == (0, "180.00")


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        ([], 3, "`--role NAME` says in which role"),
        (["--role", "driver", "--fact", "order.totl=5"], 2, "did you mean 'order.total'?"),
        (["--role", "driver", "--ledger", "sqlite:///nowhere/till.db"], 2, "there is no ledger at"),
        (["--role", "driver", "--ledger", "till.db"], 4, "is not a ledger"),
        (["--role", "driver", "--ledger", "sqlite:///till.db", "--now", "2026-11-18 12:00"], 2, "a ledger has a clock of its own"),
        (["--role", "driver", "--context", "{"], 3, "this is not JSON"),
    ],
)
def test_called_wrongly(arguments: list[str], code: int, word: str) -> None:
    """What is wrong is said in a sentence, and how to mend it."""
    answer = run("options", "grocery-doorstep", *arguments)
    assert (answer.returncode, answer.stdout) == (code, "")
    assert word in answer.stderr
