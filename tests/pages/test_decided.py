"""One decision explained: what was answered is told as it was, and why the others were silent is worked out, with value, bound and gap."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from commands import run
from empower import Guard, load_pack
from empower.cases import read_cases, run_cases
from empower.compile import compile_pack
from empower.demo import shipped_packs
from empower.noun import evolve
from empower.pages.card import card_page, deal_card
from empower.pages.decided import explain_decision
from empower.pages.page import Page, whole_text
from empower.pages.record import NotADecision, read_decisions, with_facts
from empower.pages.text import as_text
from empower.pages.whole import explain_pack

PACKS = shipped_packs()
CONTEXT: dict[str, Any] = {
    "actor": {"id": "d7", "role": "driver"},
    "customer": {"id": "c1", "category": "loyal", "risk_flags": ["serial_claimer"], "claims_90d": 3},
    "order": {"id": "o1", "total": "80.00", "refunded_before": "0.00", "delivered_at": "2026-11-16T10:00:00+00:00"},
    "item": {"value": "30.00"},
}
REFUND = {"kind": "refund", "amount": "30.00", "reason": "damaged"}
AT = 1_795_003_200_000


def story(address: str = "", **facts: Any) -> tuple[Guard, Any]:
    """A guard of the doorstep, and a decision by it."""
    guard = Guard(load_pack(PACKS["grocery-doorstep"]), ledger=address or None, clock=lambda: AT)
    return guard, guard.decide(REFUND, {**CONTEXT, **facts}, key="k1")


def page_of(guard: Guard, data: Any, language: str = "en") -> Page:
    """The page of the first decision in some JSON."""
    return explain_decision(guard.rules, read_decisions(json.loads(json.dumps(data)))[0], language)


def history(guard: Guard) -> dict[str, Any]:
    """What `empower ledger history --json` writes."""
    return {
        "entries": [
            {"at": each.at, "key": each.key, "event": each.event, "record": each.record.to_json() if each.record else None}
            for each in guard.history()
        ]
    }


def test_why_clause_by_clause() -> None:
    """A guardrail that spoke is told with every comparison behind it: the value, and by how much it was past the bound."""
    guard, _ = story()
    text = as_text(page_of(guard, history(guard)), 200)
    assert "The claims of the last 90 days are at least 3: it is 3, exactly" in text
    assert "The item's value is more than the recovery cost (£5.20): it is £30.00, £24.80 past it" in text


def test_why_not() -> None:
    """A guardrail that was silent is told with the room that was left, in money or in what it counts."""
    guard, _ = story()
    text = as_text(page_of(guard, history(guard)), 200)
    assert "It would have spoken above £40: asked was £30, £10 below." in text
    assert "have passed since the delivery: it is 2, 28 to spare" in text


def test_an_answer_with_its_facts_is_explained_as_of_its_instant() -> None:
    """Days are counted from the instant that the answer tells, as they were when it was decided."""
    guard, decision = story()
    told = with_facts(guard.rules, read_decisions(json.loads(decision.to_json()))[0], CONTEXT)
    text = as_text(explain_decision(guard.rules, told, "en"), 200)
    assert told.at == AT
    assert "have passed since the delivery: it is 2, 28 to spare" in text


def test_what_was_met_is_no_part_of_a_list() -> None:
    """Of a rule that is a list of alternatives, what was met stands below the list and is labelled."""
    guard = Guard(load_pack(PACKS["company"]), clock=lambda: AT)
    facts = {"actor": {"id": "a", "role": "associate"}, "evidence": {"receipt": False}}
    guard.decide({"kind": "refund", "amount": "12.00"}, facts, key="k")
    text = as_text(page_of(guard, history(guard)), 200)
    assert "  - The amount is at most £10\n  - Here: The answer to " in text


def test_both_voices_in_the_language_asked() -> None:
    """What to say to staff and to the customer stands in the language asked for."""
    guard = Guard(load_pack(PACKS["parcel-desk"]), clock=lambda: AT)
    facts = {"parcel": {"id": "p", "flags": ["recalled"], "age_restricted": False, "duty_due": "0.00"}, "evidence": {"photo_id": True}}
    guard.decide({"kind": "release"}, {"actor": {"id": "a", "role": "clerk"}, **facts}, key="k")
    text = as_text(page_of(guard, history(guard), "de"), 200)
    assert "Der Absender hat dieses Paket zurückgerufen. Er schreibt der Käuferin." in text
    assert "Der Absender hat es zurückgerufen. Es bleibt hier." in text
    assert "the note on the parcel includes “recalled”" in text


@pytest.mark.parametrize("name", PACKS)
def test_every_decision_can_be_explained(name: str) -> None:
    """Of every case of every pack: each guardrail of its kind is told once, as one that spoke or as one that was silent."""
    pack = load_pack(PACKS[name])
    rules = compile_pack(pack)
    for example in read_cases(pack):
        guard = Guard(rules, clock=lambda example=example: example.at)
        decision = guard.decide(example.action, example.context, key="k", approval=example.approval)
        page = page_of(guard, history(guard))
        told = [item.name for section in page.sections if section.title.startswith("Why") for item in section.items]
        wanted = [each for each in rules.program.plans[decision.kind].order if pack.about[each].effect not in ("oblige", "advise")]
        live = [each for each in wanted if not pack.about[each].shadow]
        assert sorted(set(told) & set(live)) == sorted(live)
        assert len(told) == len(set(told))
        assert as_text(page)


@pytest.mark.parametrize("name", PACKS)
def test_an_answer_is_told_as_it_was(name: str) -> None:
    """Of a decision's JSON outcome, words, reasons and options are read, not decided anew, and missing facts are named."""
    pack = load_pack(PACKS[name])
    for result in run_cases(pack):
        assert result.decision is not None
        data = result.decision.to_dict()
        text = "".join(as_text(explain_decision(compile_pack(pack), read_decisions(data)[0], pack.languages[0]), 10_000).split())
        for said in (data["say"]["staff"], data["say"]["customer"]):
            assert "".join(said.split()) in text


def test_facts_that_a_decision_lacks_are_named() -> None:
    """The JSON of a decision holds no facts: the page says which it would take, and `--context` gives them."""
    guard, decision = story(
        customer={**CONTEXT["customer"], "risk_flags": []}, order={**CONTEXT["order"], "delivered_at": "2026-10-01T10:00:00+00:00"}
    )
    page = page_of(guard, decision.to_dict())
    (why_not,) = (section for section in page.sections if section.title == "Why not")
    assert whole_text(why_not.items[0]).startswith("To tell why the other guardrails were silent, it takes")
    assert "the customer's risk flags" in whole_text(why_not.items[0])


def test_what_budgets_held_is_not_made_up() -> None:
    """A record does not hold what the budgets held: where that decided, the page says so, and does not invent a sentence."""
    guard, _ = story(customer={**CONTEXT["customer"], "risk_flags": []})
    for number in range(3):
        guard.decide(
            {**REFUND, "amount": "10.00"}, {**CONTEXT, "customer": {**CONTEXT["customer"], "risk_flags": []}}, key=f"more-{number}"
        )
    recorded = read_decisions(history(guard))[0]
    text = as_text(explain_decision(guard.rules, recorded, "en"), 200)
    assert "Refund of £10: a budget had too little left" in text
    assert "What the budgets held then is not on record." in text
    assert text.count("It may have been this one.") == 3
    assert "What to say" not in text


def test_what_spoke_is_believed() -> None:
    """A guardrail that is on record as having spoken is told so, even if deciding again would not show it."""
    guard, _ = story(customer={**CONTEXT["customer"], "risk_flags": []})
    recorded = evolve(read_decisions(history(guard))[0], outcome="deny", guardrails=("customer-30d",))
    text = as_text(explain_decision(guard.rules, recorded, "en"), 200)
    assert "what the budgets held then is not on record" in text
    assert "It spoke; what it held then is not on record." in text


def test_a_decision_of_another_version() -> None:
    """Another version of the pack is pointed out."""
    guard, decision = story()
    recorded = evolve(read_decisions(decision.to_dict())[0], digest="0" * 64)
    assert "decided under another version of the pack" in explain_decision(guard.rules, recorded, "en").foot


@pytest.mark.parametrize(
    "data", [{}, [], 1, None, {"entries": []}, {"kind": "refund"}, {"asked": [{}], "digest": "x"}, {"record": "{}", "at": 1}]
)
def test_what_is_no_decision(data: Any) -> None:
    """JSON that holds no decision is refused, with what would."""
    with pytest.raises(NotADecision) as caught:
        read_decisions(data)
    assert "empower decide --json" in caught.value.help


def test_the_page_of_the_docs_shows_what_is_said(repository: Path) -> None:
    """Whatever docs/explain.md shows of a page, a card or a decision is what is written of them."""
    guard, _ = story()
    rules = guard.rules
    pages = [explain_pack(rules.checked, "en"), card_page(deal_card(rules, "driver", AT, "en")), page_of(guard, history(guard))]
    said = " ".join(" ".join(as_text(page).split()) for page in pages)
    blocks = re.findall(r"```text\n(.*?)```", (repository / "docs" / "explain.md").read_text(encoding="utf-8"), re.DOTALL)
    parts = [" ".join(part.split()) for block in blocks for part in re.split(r"\n(?=\* |\n)", block) if part.strip()]
    assert len(parts) >= 5
    assert [part for part in parts if part not in said] == []


# -- the command


def test_the_command_reads_files_and_standard_input(tmp_path: Path) -> None:
    """`--decision` reads a file or standard input; several parts are several pages; wrong ones end in a sentence."""
    _, decision = story()
    (tmp_path / "d.json").write_text(decision.to_json(), encoding="utf-8")
    pages = [
        run("explain", "grocery-doorstep", "--decision", str(tmp_path / "d.json")),
        run("explain", "grocery-doorstep", "--decision", "-", given=decision.to_json()),
    ]
    assert pages[0].stdout == pages[1].stdout
    assert "Refund of £30: ask a team lead" in pages[0].stdout
    with_facts = run("explain", "grocery-doorstep", "--decision", "-", "--context", json.dumps(CONTEXT), given=decision.to_json())
    assert "The item's value is more than the recovery cost (£5.20): it is £30.00, £24.80 past it" in " ".join(with_facts.stdout.split())


def test_the_command_called_wrongly() -> None:
    """A pack that did not decide, JSON that is none, and two pages at once are refused in a sentence."""
    _, decision = story()
    other = run("explain", "hotel", "--decision", "-", given=decision.to_json())
    assert (other.returncode, "this was decided under 'grocery-doorstep', not under 'hotel'" in other.stderr) == (2, True)
    assert run("explain", "hotel", "--decision", "-", given="[]").returncode == 3
    assert run("explain", "hotel", "--decision", "-", given="nonsense").returncode == 3
    assert run("explain", "hotel", "--decision", "no-such-file").returncode == 2
    assert run("explain", "hotel", "--card", "host", "--decision", "-", given="{}").returncode == 2
