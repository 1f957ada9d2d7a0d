"""What a case cannot show of the packs that are shipped: their words in every language, their parent, and their budgets as they are drawn on.

`tests/test_rules.py` holds each pack to its own cases.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from empower import Decision, Guard, PackError, load_pack
from empower.cases import read_cases, run_cases
from empower.checked import CheckedPack
from empower.demo import shipped_packs
from empower.load import read_yaml
from empower.moments import milliseconds
from empower.phrases import PHRASES

PACKS = shipped_packs()
COMPLETE = ("hotel", "parcel-desk")
"""The packs that say everything in each of their languages."""
TEXTS = ("mission", "title", "ask", "staff", "customer", "nudge")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def document(name: str) -> dict[str, Any]:
    """A pack as its author wrote it."""
    file = PACKS[name] / "pack.yaml"
    return read_yaml(file.read_text(encoding="utf-8"), str(file))  # type: ignore[no-any-return]


def family(name: str) -> list[dict[str, Any]]:
    """A pack and its parents, as written."""
    written = document(name)
    return [written] + (family(Path(written["extends"]).name) if "extends" in written else [])


# ------------------------------------------------------------------------------------------------ words


def texts(part: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every text for people in a pack, with its place."""
    for key, value in part.items() if isinstance(part, Mapping) else enumerate(part) if isinstance(part, list) else ():
        here = f"{place}/{key}"
        if key in TEXTS and (key != "ask" or here.startswith("/facts")):
            yield here, value
        elif here in ("/values", "/obligations"):
            yield from ((f"{here}/{name}", text) for name, text in value.items())
        else:
            yield from texts(value, here)


def untold(written: Mapping[str, Any]) -> list[str]:
    """Where a text is missing in some language of the pack."""
    return [place for place, text in texts(written) if not isinstance(text, Mapping) or set(text) != set(written["languages"])]


@pytest.mark.parametrize("name", COMPLETE)
def test_every_text_is_there_in_every_language(name: str) -> None:
    """Whatever the pack says, it says in each of its languages."""
    written = document(name)
    assert written["languages"] == ["en", "de"]
    assert len(list(texts(written))) > 50
    assert untold(written) == []


def test_a_missing_language_is_noticed() -> None:
    """A text in one language alone is found, wherever it stands."""
    written = {
        "languages": ["en", "de"],
        "mission": "Help.",
        "rules": [{"say": {"staff": {"en": "No."}}}],
        "obligations": {"note": "Write."},
    }
    assert untold(written) == ["/mission", "/rules/0/say/staff", "/obligations/note"]


@pytest.mark.parametrize("name", PACKS)
def test_nothing_is_told_by_its_id(name: str) -> None:
    """No sentence for staff falls back on the id of a guardrail, in the languages that staff read: what has no words of its own has a title."""
    pack = load_pack(PACKS[name])
    for decision in decisions(pack):
        for language in pack.languages if name in COMPLETE else pack.languages[:1]:
            said = decision.told(language).staff
            assert not [reason.guardrail for reason in decision.reasons if f". {reason.guardrail}: " in said], said


def decisions(pack: CheckedPack) -> list[Decision]:
    """The decisions of a pack's cases."""
    return [result.decision for result in run_cases(pack) if result.decision is not None]


def permitted(name: str, language: str) -> Iterator[re.Pattern[str]]:
    """Whatever a customer may hear: a neutral sentence, or the author's words with facts declared `customer_may_see`."""
    yield from (re.compile(re.escape(text)) for key, text in PHRASES[language].items() if key.startswith("customer."))
    layers = family(name)
    visible = {fact for layer in layers for fact, kind in layer.get("facts", {}).items() if "customer_may_see" in kind}
    for layer in layers:
        for guardrail in (each for part in ("rules", "caps", "budgets", "assume") for each in layer.get(part, ())):
            words = guardrail.get("say", {}).get("customer", "")
            text = words.get(language, "") if isinstance(words, Mapping) else words if language == layer.get("languages", ["en"])[0] else ""
            assert set(PLACEHOLDER.findall(text)) <= {*visible, "amount"}
            yield re.compile(".+".join(re.escape(part) for part in PLACEHOLDER.split(text)[::2]))


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", PACKS)
def test_nothing_leaks_to_the_customer(name: str, language: str) -> None:
    """The customer hears the author's words and facts declared `customer_may_see` only: no risk flag, limit, option, role or rule id."""
    pack = load_pack(PACKS[name])
    if language not in pack.languages:
        return
    allowed = list(permitted(name, language))
    for decision in decisions(pack):
        said = decision.told(language).customer
        assert any(pattern.fullmatch(said) for pattern in allowed), said


# ------------------------------------------------------------------------------------------------ a company and its shops


SHOP = """\
pack: corner
version: 1
extends: COMPANY
currency: GBP
timezone: Europe/London
mission: Kind and quick.
values: {kind: We are kind.}
"""


def shop(folder: Path, text: str) -> CheckedPack:
    """A shop of the company, with these guardrails."""
    (folder / "pack.yaml").write_text(SHOP.replace("COMPANY", str(PACKS["company"])) + text, encoding="utf-8")
    return load_pack(folder)


def test_a_shop_may_give_less_than_the_company(tmp_path: Path) -> None:
    """The tightest cap wins: a shop that sets 20 below a ceiling of 30 gives 20."""
    pack = shop(
        tmp_path,
        "caps: [{id: ours, for: gesture, at_most: {by: actor.role, ai_agent: 0, associate: 20, supervisor: 60, manager: 100}, because: kind}]",
    )
    facts = {
        "item": {"age_restricted": False},
        "customer": {"close_to_staff": False},
        "visit": {"somebody_hurt": False},
        "place": {"store": "a"},
    }
    decision = Guard(pack).decide({"kind": "gesture", "amount": "30"}, {"actor": {"id": "a", "role": "associate"}, **facts})
    assert (decision.outcome, decision.limit) == ("escalate", Decimal(20))


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("caps: [{id: ours, for: gesture, at_most: {by: actor.role, ai_agent: 0, associate: 40, supervisor: 60, manager: 100}, because: kind}]",
         "exceeds-ceiling", ("ours", "company-ceiling")),
        ("rules: [{id: age-restricted, deny: gesture, when: item.age_restricted and visit.somebody_hurt, because: kind}]",
         "duplicate-id", ("age-restricted",)),
    ],
)  # fmt: skip
def test_a_shop_cannot_loosen_what_the_company_says(tmp_path: Path, text: str, code: str, named: tuple[str, ...]) -> None:
    """A shop that sets 40 above a ceiling of 30, or writes the rule about age limits anew, is refused, and told which."""
    with pytest.raises(PackError) as caught:
        shop(tmp_path, text)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert all(f"'{name}'" in problem.message for name in named), problem.message


# ------------------------------------------------------------------------------------------------ budgets as they are drawn on


def at(text: str) -> int:
    """A local instant in London, where the clocks are on summer time, as milliseconds."""
    return milliseconds(datetime.datetime.fromisoformat(f"{text}+01:00"))


def test_a_campaign_is_given_away_to_the_last_whole_act() -> None:
    """Five shops that each ask 40 times for £7 of £1,000 get it 142 times, £994 in all, and nothing in November."""
    guard = Guard(load_pack(PACKS["random-acts"]), clock=lambda: at("2026-10-15 10:00"))
    facts = {
        "item": {"age_restricted": False},
        "customer": {"close_to_staff": False, "asked": False, "is_child": False},
        "visit": {"somebody_hurt": False, "complaint": False, "photo": False},
    }
    asked = [
        {"actor": {"id": f"a{number}", "role": "associate"}, "place": {"store": f"shop-{number % 5}"}, **facts} for number in range(200)
    ]
    given = [decision.amount for decision in (guard.decide({"kind": "gesture", "amount": "7"}, each) for each in asked) if decision.allowed]
    assert (len(given), sum(amount for amount in given if amount is not None)) == (142, Decimal(994))


def test_one_incident_is_one_sum() -> None:
    """Of 2,000 for an incident, 1,200 and 700 leave 100, whatever the gesture; another incident begins anew."""
    guard = Guard(load_pack(PACKS["hotel"]))

    def ask(amount: str, incident: str) -> Decision:
        facts = {"customer": {"id": "room-417"}, "incident": {"id": incident, "our_fault": False, "somebody_hurt": False}}
        return guard.decide({"kind": "make_good", "amount": amount}, {"actor": {"id": "a", "role": "host"}, **facts})

    assert ask("1200", "i1").allowed
    assert ask("700", "i1").allowed
    last = ask("150", "i1")
    assert (last.outcome, last.limit) == ("escalate", Decimal(100))
    assert ask("2000", "i2").allowed


def test_an_unused_treat_is_brought_to_mind() -> None:
    """Who has given away one of four by Thursday hears that three are left until Sunday."""
    now = [milliseconds(datetime.datetime.fromisoformat("2026-11-16T09:00:00+00:00"))]
    guard = Guard(load_pack(PACKS["coffee-shop"]), clock=lambda: now[0])
    facts = {
        "actor": {"id": "b1", "role": "associate"}, "place": {"store": "station"}, "item": {"age_restricted": False},
        "customer": {"close_to_staff": False}, "visit": {"somebody_hurt": False, "waited": "1 minutes"}, "food": {"out_of_the_fridge": "1 hours"},
    }  # fmt: skip
    assert guard.decide({"kind": "comp", "amount": "3.20"}, facts).allowed
    now[0] = milliseconds(datetime.datetime.fromisoformat("2026-11-19T09:00:00+00:00"))
    (nudge,) = (each for each in guard.nudges(facts) if each.budget == "treats")
    assert (nudge.left, nudge.until) == (3, "2026-11-22")
    assert nudge.text.startswith("3 to give away until ")


# ------------------------------------------------------------------------------------------------ the page about them


def test_the_page_names_each_pack_and_cases_that_are_there(repository: Path) -> None:
    """Every pack has its line on the page, and every case that the page names stands in the pack beside it."""
    page = (repository / "docs" / "packs-that-ship.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| \[`([\w-]+)`\]", page, re.MULTILINE)) == set(PACKS)
    rows = re.findall(r"^\| [^|`]+ \| ((?:`[\w-]+`(?:, )?)+) \| (.+) \|$", page, re.MULTILINE)
    assert len(rows) > 20
    for packs, titles in rows:
        told = {example.it for name in re.findall(r"`([\w-]+)`", packs) for example in read_cases(load_pack(PACKS[name]))}
        assert set(titles.split(" · ")) <= told
