"""The laws as functions: they hold for the packs that ship, and each tells in one message what was asked, both answers, and who spoke."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from empower import judge, load_pack
from empower.checked import CheckedPack
from empower.compile import compile_pack
from empower.demo import shipped_packs
from empower.errors import MalformedRequest
from empower.testing import LAWS, Law, LawBrokenError, law_04_unknown_is_never_generous, law_06_the_limit_is_exact, world_of
from empower.testing.pack_laws import hold
from laws.profile import LONG
from testing.shop import CASES, shop, write_shop

PACKS = shipped_packs()
CLERK = {"actor": {"id": "d7", "role": "clerk"}, "order": {"total": "80", "lines": 1}}


@pytest.fixture
def pack(tmp_path: Path) -> CheckedPack:
    """The pack of the shop."""
    return shop(tmp_path)


@pytest.mark.parametrize("name", PACKS)
def test_the_laws_hold_for_the_packs_that_ship(name: str) -> None:
    """On requests at the edges of each."""
    rules = compile_pack(load_pack(PACKS[name]))
    for law in LAWS:
        hold(law, rules, 2_000 if LONG else 6)


def test_a_law_is_asked_about_one_request(pack: CheckedPack) -> None:
    """With a pack, an action and a context as `decide` takes them; what cannot be read is refused as there."""
    law_04_unknown_is_never_generous(pack, {"kind": "refund", "amount": "20"}, CLERK)
    law_04_unknown_is_never_generous(pack, {"kind": "refund", "amount": "20"}, CLERK, spent={"month": (9_000, 2)}, at=0)
    with pytest.raises(MalformedRequest, match=r"order\.total"):
        law_04_unknown_is_never_generous(pack, {"kind": "refund", "amount": "20"}, {**CLERK, "order": {"total": "much"}})


def test_a_world_knows_what_was_spent(pack: CheckedPack) -> None:
    """`spent` is what the windows of budgets hold: the limit is what is left."""
    world = world_of(pack, {"kind": "refund", "amount": "20"}, {**CLERK, "customer": {"category": "new"}}, spent={"month": (9_500, 1)})
    assert str(world.guard().preview(world.action(), world.context()).limit) == "5.00"
    assert "spent:   month: 95.00 in 1 times" in repr(world)


def test_a_broken_law_is_told_in_one_message(pack: CheckedPack, monkeypatch: pytest.MonkeyPatch, repository: Path) -> None:
    """The law in a sentence, the request line by line, both answers, the guardrails: as docs/testing.md shows it."""
    limit: Callable[..., Any] = judge.limit
    monkeypatch.setattr(judge, "limit", lambda case, speaking: (found := limit(case, speaking)) and found + 1)
    with pytest.raises(LawBrokenError) as caught:
        law_06_the_limit_is_exact(pack, {"kind": "refund", "amount": "20"}, CLERK)
    page = (repository / "docs" / "testing.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    assert str(caught.value) + "\n" == shown


def test_the_page_shows_what_pytest_says(pytester: pytest.Pytester, repository: Path) -> None:
    """The failure of a case on docs/testing.md is one, and the one line that holds a pack to the laws is one."""
    write_shop(pytester.path / "rules" / "corner-shop", CASES.splitlines()[0] + "\n" + CASES.splitlines()[1] + THIRTY)
    page = (repository / "docs" / "testing.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```console\n\$ pytest [^\n]*\n(.*?)```", page, re.DOTALL)
    result = pytester.runpytest("-p", "pytest_empower", "rules/corner-shop", "-q")
    said = result.stdout.str()
    assert shown in said
    pytester.makepyfile(re.findall(r"```python\n(from empower.testing import PackLaws.*?)```", page, re.DOTALL)[0])
    pytester.runpytest("-p", "pytest_empower", "--co", "-q").stdout.fnmatch_lines(["*TestLaws::test_law?law 9*"])


THIRTY = "\n\n- {it: gives thirty, action: refund 30, expect: {outcome: allow, limit: 30}}\n"


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_a_law_says_what_it_is(law: Law) -> None:
    """Its number, its name and its sentence."""
    assert re.fullmatch(r"law [0-9]+, [a-z ]+", str(law))
    assert re.fullmatch(r"[A-Z][^.]+\.", law.sentence)
