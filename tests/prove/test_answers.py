"""What `empower prove` answers: nothing on a clean pack, each planted defect by its name, and an example that is really decided so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from empower import ir, load_pack, lower
from empower.cases import run_cases
from empower.checked import CheckedPack
from empower.demo import shipped_packs
from empower.noun import evolve
from empower.prove import limits, verdict
from empower.prove.answers import Accepted, Answer, Fails, NotReproduced, Proved, Unknown, Vacuous, fine, word_for
from empower.prove.worker import FAMILIES, NoSuchQuestion, answers_of, prove_pack
from laws.profile import LONG
from prove.shop import Document, Spoil, loaded, read, shop, spoiled, write


def adds(section: str, text: str) -> Spoil:
    """A defect that is one guardrail or claim more."""
    return lambda document: document[section].append(read(text))


def row(place: int, text: str) -> Spoil:
    """A defect that is one row more in the table of refunds."""
    return lambda document: document["caps"][0]["first"].insert(place, read(text))


def found(pack: CheckedPack, *only: str) -> dict[str, Answer]:
    """Everything that is not proved, by question."""
    return {answer.question.name: answer for answer in answers_of(pack, only) if not isinstance(answer, Proved)}


DEFECTS: dict[str, tuple[str, Spoil, str]] = {
    "dead, two parts": ("dead/x", adds("rules", "{id: x, deny: refund, when: customer.claims > 50 and customer.claims < 20, because: thrift}"), "never speaks"),
    "dead, two facts": (
        "dead/x", adds("rules", "{id: x, deny: refund, when: order.total < 10 and action.amount > 1000 and order.total > 5, because: thrift}"), "never speaks",
    ),
    "dead duty": (
        "dead/x", adds("rules", "{id: x, advise: refund, when: customer.claims > 9 and customer.claims < 8, say: {staff: A}, because: thrift}"), "never holds",
    ),
    "shadowed row": ("row/by-role", row(2, "{actor.role: clerk, customer.tier: silver, at_most: 20}"), "row 2"),
    "shadowed by two": (
        "row/by-role", row(3, "{actor.role: agent, customer.tier: gold, at_most: 20}"), "row 4",
    ),
    "overridden": ("overridden/x", adds("rules", "{id: x, escalate: credit, to: lead, when: action.amount > order.total + 10, because: thrift}"), "'paid' denies"),
    "unanswerable": (
        "answerable/x", adds("rules", "{id: x, escalate: refund, to: manager, when: action.amount > 250 and item.code == 'A', because: thrift}"), "nobody there",
    ),
    "role without anything": ("role/agent", adds("rules", "{id: x, deny: everything, when: actor.role == 'agent', because: thrift}"), "agent"),
    "kind for nobody": ("kind/credit", adds("rules", "{id: x, deny: credit, when: order.total < 10 or order.total > 9, because: thrift}"), "never allowed"),
    "higher role worse": (
        "rank/refund", adds("rules", "{id: x, deny: refund, when: actor.role == 'manager' and action.amount > 30, because: thrift}"), "not to a manager",
    ),
    "flags better": (
        "flags/customer.flags",
        adds("rules", "{id: x, deny: refund, when: action.amount > 20 and not ('chargeback' in customer.flags), because: thrift}"),
        "without 'chargeback'",
    ),
    "claim broken": ("claim/x", adds("claims", "{id: x, never: action.kind == 'refund' and action.amount > 100, because: thrift}"), "£100.01"),
    "claim broken by an approval": (
        "claim/x", adds("claims", "{id: x, never: actor.role == 'clerk' and action.amount > 40, because: thrift}"), "approves",
    ),
    "claim broken, always": ("claim/x", adds("claims", "{id: x, always: action.amount <= 100, because: thrift}"), "says always"),
    "claim vacuous": ("claim/x", adds("claims", "{id: x, never: action.amount > 2000, because: thrift}"), "cannot happen"),
}  # fmt: skip


def test_a_clean_pack_has_nothing_to_tell() -> None:
    """Nothing is reported on a pack with nothing wrong in it, and every family is asked."""
    answers = list(answers_of(loaded(shop())))
    assert [answer for answer in answers if not fine(answer)] == []
    assert {answer.question.family for answer in answers} == set(FAMILIES) - {"accept"}


@pytest.mark.parametrize(("question", "spoil", "says"), DEFECTS.values(), ids=DEFECTS)
def test_a_defect_is_found_by_its_name(question: str, spoil: Spoil, says: str) -> None:
    """Each planted defect is found by the question that is there for it, and said in words that name it."""
    answer = found(spoiled(spoil), question)[question]
    assert isinstance(answer, Vacuous if "vacuous" in says or "cannot happen" in says else Fails)
    assert says in answer.says


@pytest.mark.parametrize(
    ("question", "spoil"), [(name, spoil) for name, spoil, _ in DEFECTS.values() if not name.startswith(("dead", "row"))]
)
def test_an_example_is_a_case_that_passes(question: str, spoil: Spoil, tmp_path: Path) -> None:
    """An example is printed as a ready case: put into cases.yaml as it stands, it is read, and decided as it says."""
    pack = spoiled(spoil)
    answer = found(pack, question)[question]
    if not isinstance(answer, Fails) or answer.example is None:
        return
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "cases.yaml").write_text("\n".join(answer.example.cases) + "\n", encoding="utf-8")
    document = shop()
    spoil(document)
    results = run_cases(write(document, tmp_path / "shop"))
    assert len(results) == len(answer.example.cases) > 0
    assert [str(result) for result in results if not result.passed] == []


def test_a_gap_is_found() -> None:
    """The checker refuses every table in which it cannot show that some row applies; if one got past it, the proof would find the case."""
    checked = loaded(shop())
    table, *others = checked.caps
    answer = found(evolve(checked, caps=(evolve(table, rows=(table.rows[0], *table.rows[2:])), *others)), "gap")["gap/by-role"]
    assert isinstance(answer, Fails)
    assert answer.says == "A clerk asks for 'refund' of £0.01: no row of 'by-role' says how much, so nothing may be given."


def test_an_example_is_least() -> None:
    """An example stands at the boundary and tells only what is unusual: one penny above the claim, and nothing that need not be."""
    answer = found(spoiled(DEFECTS["claim broken"][1]), "claim/x")["claim/x"]
    assert answer.says == "A lead asks for 'refund' of £100.01, with order.total £110.00: allowed up to £110.00, but 'x' says never."
    assert answer.question.places[0].rpartition(":")[0].endswith("pack.yaml")


# ------------------------------------------------------------------------------------------------ the guard spoilt


def test_a_budget_off_by_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The classic slip, `spent > limit` where it should be `spent + amount > limit`, is found, and told as what it is: the pack decides otherwise."""
    right = verdict.beyond

    def slip(account: Any, world: Any, held: Any, reading: str, *, shared: bool = False) -> Any:
        lenient = (
            world.above(held[0], getattr(account.amount, reading)) if account.amount is not None else right(account, world, held, reading)
        )
        return right(account, world, held, reading, shared=True) if shared else lenient

    monkeypatch.setattr(verdict, "beyond", slip)
    answers = found(loaded(shop()), "budget")
    assert isinstance(answers["budget/month"], NotReproduced)
    assert "month" in answers["budget/month"].case


def test_a_window_that_forgets_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The induction looks at every event: one that gives back more than was held breaks it."""
    right = limits.events

    def generous(window: limits.Window) -> Any:
        confirm, *others = right(window)
        return (
            limits.Event("confirm", confirm.guard, limits.Window(window.amount + 1, window.times, window.last_amount, window.last_times)),
            *others,
        )

    monkeypatch.setattr(limits, "events", generous)
    assert "budget/month" in found(loaded(shop()), "budget")


def test_unknown_treated_better_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """If guardrails that hinge on something unknown were left out, law 4 would not hold, and proofs say so."""
    right = verdict._bar

    def forgetful(bar: Any, world: Any) -> verdict.Voice:
        voice = right(bar, world)
        return verdict.Voice(voice.guardrail, voice.effect, voice.outcome, voice.role, voice.exact, voice.certain, voice.certain)

    monkeypatch.setattr(verdict, "_bar", forgetful)
    answers = found(loaded(shop()), "unknown")
    assert isinstance(answers["unknown/refund"], NotReproduced)


def test_a_hole_in_the_engine_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a row applied only where it certainly does, an unknown fact would give away what a later, larger row gives: law 4 would not hold."""
    right = lower._first_match

    def sure_rows_only(rows: Any, *, floor: bool) -> ir.Triple:
        triple = right(rows, floor=floor)
        assert isinstance(triple.low, ir.Rows)
        return evolve(triple, low=evolve(triple.low, rows=tuple(evolve(each, possible=each.certain) for each in triple.low.rows)))

    document = shop()
    row(0, "{actor.role: clerk, customer.tier: new, at_most: 5}")(document)
    assert found(loaded(document), "unknown") == {}
    monkeypatch.setattr(lower, "_first_match", sure_rows_only)
    answer = found(loaded({**document, "caps": document["caps"][:1]}), "unknown/refund")["unknown/refund"]
    assert isinstance(answer, Fails)
    assert answer.says == (
        "A clerk asks for 'refund' of £5.01, with customer.tier unknown and order.total £20.00: "
        "allowed, but it would not be if everything were known."
    )


# ------------------------------------------------------------------------------------------------ what else may come out


def accepting(name: str) -> Document:
    """A shop in which a higher role is treated worse, which it accepts."""
    document = shop()
    DEFECTS["higher role worse"][1](document)
    finding, _, of = name.partition("/")
    document["accept"] = [{"finding": finding, "of": of, "why": "The manager is never at the counter."}]
    return document


def test_what_is_meant_is_accepted() -> None:
    """The pack says why a finding is meant, and then nothing is left to do."""
    answers = list(answers_of(loaded(accepting("rank/refund"))))
    assert all(map(fine, answers))
    (accepted,) = [answer for answer in answers if isinstance(answer, Accepted)]
    assert (accepted.question.name, accepted.why) == ("rank/refund", "The manager is never at the counter.")


@pytest.mark.parametrize(("name", "says"), [("rank/refunds", "not a question"), ("cap/by-role", "no matter of choice")])
def test_nothing_else_is_accepted(name: str, says: str) -> None:
    """What is no question of the pack, or no matter of choice, cannot be accepted."""
    answers = found(loaded(accepting(name)))
    assert says in answers[f"accept/{name}"].says
    assert isinstance(answers["rank/refund"], Fails)


def test_too_much_work_is_never_a_proof() -> None:
    """A solver that gives up leaves everything unknown, and proves nothing."""
    answers = list(answers_of(loaded(shop()), ["budget", "unknown", "claim"], work=1))
    assert {word_for(answer) for answer in answers} == {"unknown"}


def test_time_out_is_never_a_proof(tmp_path: Path) -> None:
    """When the time is over the process is stopped, and what is open is unknown."""
    write(shop(), tmp_path / "shop")
    answers = list(prove_pack(tmp_path / "shop", seconds=0))
    assert answers
    assert all(isinstance(answer, Unknown) for answer in answers)


def test_what_hangs_on_a_pattern_is_unknown() -> None:
    """A claim about a text that only a pattern knows is neither proved nor broken."""
    document = shop()
    document["claims"].append(
        read("{id: x, never: \"action.kind == 'refund' and matches(item.code, '[A-Z]{3}-[0-9]{5}')\", because: thrift}")
    )
    assert isinstance(found(loaded(document), "claim/x")["claim/x"], Unknown)


def test_a_claim_about_a_parameter_is_about_those_who_take_it() -> None:
    """What a claim says of a parameter says nothing of actions that have none."""
    document = shop()
    document["actions"]["gift"] = {"amount": "money 0.01..10", "parameters": {"what": "one of [card, wine]"}}
    document["caps"].append(read("{id: gifts, for: gift, at_most: {by: action.what, card: 5, wine: 10}, because: trust}"))
    document["claims"].append(read("{id: cheap, never: action.what == 'card' and action.amount > 5, because: thrift}"))
    document["claims"].append(read("{id: cheaper, never: action.what != 'wine' and action.amount > 4.50, because: thrift}"))
    answers = found(loaded(document), "claim/cheap", "claim/cheaper")
    assert [(name, answer.says) for name, answer in answers.items()] == [
        ("claim/cheaper", "An agent asks for 'gift' of £4.51: allowed up to £5.00, but 'cheaper' says never.")
    ]


def test_only_what_is_named_is_asked() -> None:
    """Questions are chosen by their name or by that of their family; a name that is none is told with the nearest."""
    pack = loaded(shop())
    assert [answer.question.name for answer in answers_of(pack, ["claim/no-fee", "flags"])] == ["claim/no-fee", "flags/customer.flags"]
    with pytest.raises(NoSuchQuestion, match="did you mean 'claim/no-fee'"):
        list(answers_of(pack, ["claim/no-feee"]))


@pytest.mark.parametrize("name", sorted(shipped_packs()))
def test_shipped_packs_are_proved(name: str) -> None:
    """Of every pack that ships, everything is proved, or the pack says why not; histories of all of them are told in the long run."""
    asked = () if LONG or name == "grocery-doorstep" else tuple(family for family in FAMILIES if family != "exposure")
    answers = list(answers_of(load_pack(shipped_packs()[name]), asked))
    assert [f"{answer.question.name}: {answer.says}" for answer in answers if not fine(answer)] == []
