"""Whatever an author writes where a condition belongs is read as it says, or refused with one code, a place, a sentence and a help line."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from empower import PackError, ir, load_pack
from empower.backends.interpret import holds, number
from empower.environment import Environment
from empower.expressions import read_condition, read_either, read_quantity
from empower.formulas import certainly, negation_normal, possibly
from empower.load import Limits
from empower.problems import Problem, Span
from empower.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator


    from empower.pack import Place

DATA = yaml.safe_load((Path(__file__).parent / "hostile" / "conditions.yaml").read_text(encoding="utf-8"))
WORK_MAX = 50_000
"""Calls of functions, Python's own included, that any one text may cost: a measure which no slow machine changes."""

PACK = """\
pack: hostile
version: 1
currency: GBP
timezone: Europe/London
languages: [en]
mission: Nothing that an author writes is misread.
values: {trust: We say what is wrong.}
roles: {ladder: [driver, lead, manager], beside: {ai: asks lead}}
facts:
  customer.tier: ordered one of [bronze, silver, gold]
  customer.kind: one of [new, regular, loyal]
  customer.flags: set of [vip, chargeback, new]
  customer.last_gesture: date, may be never
  order.id: text
  order.total: money 0..5000
  order.claims: integer 0..1000
  order.weight: decimal(3) 0..50
  order.wait: duration 0..48 hours
  order.opened: yes/no
  order.day: date
  order.at: instant
  item.value: money 0..1000
  stay.nights: integer 0..30
define:
  recovery: 5.20
  patience: {by: customer.tier, bronze: 14, silver: 14, gold: 30}
  cheap: 60% of item.value <= recovery
actions:
  refund: {amount: money 0.01..5000}
"""
NAMED = {
    "400 digits": f"order.total > {'9' * 400}",
    "10000 brackets": f"{'(' * 10_000}order.opened{')' * 10_000}",
    "5000 nots": f"{'not ' * 5_000}order.opened",
    "3000 characters in quotes": f"order.id == '{'x' * 3_000}'",
    "3000 letters": "x" * 3_000,
    "900 brackets": f"{'(' * 900}order.opened{')' * 900}",
    "300 nots": f"{'not ' * 300}order.opened",
    "300 minuses": f"{'-' * 300}order.total > 5",
    "300 sums": f"{'order + ' * 200}5 > 3",
    "300 powers": f"{'9 ** ' * 300}9 > 3",
    "300 calls": f"{'f(' * 300}1{')' * 300}",
    "500 comparisons": " > ".join("1" * 500),
    "190 comparisons": " and ".join(["x > 1"] * 190),
    "200 brackets of lists": f"order.id in {'[' * 150}'a'{']' * 150}",
    "30 nots": f"{'not ' * 30}order.opened",
    "30 nested brackets of and and or": f"{'(order.opened and (order.opened or ' * 15}order.opened{'))' * 15}",
    "1900 blanks and a word too many": f"order.opened{' ' * 1_900}order",
    "a name of 1900 letters": f"{'x' * 1_900} > 5",
    "900 dots": f"a{'.a' * 900} > 5",
    "a word of 1900 letters": f"customer.tier == '{'x' * 1_900}'",
}




def _declared() -> Any:
    """The pack that all these conditions are read in."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pack.yaml").write_text(PACK, encoding="utf-8")
        return load_pack(folder)


CHECKED = _declared()
LARGE = ir.AmountAbove(ir.Number(5_000))


def scope_for(kind: str, problems: list[Problem], text: str) -> Scope:
    """What a text may name where it stands, as the checker has it; places are columns of the text itself."""

    def find(place: Place) -> Span:
        return Span("text", 1, place[-2] + 1, place[-1] + 1) if "<text>" in place else Span("text", 1, 1, len(text) + 1)  # type: ignore[operator]

    defined = {**CHECKED.define, "large": LARGE}
    amount: Any = {"claim": "free", "define": "refused", "cap": "refused"}.get(kind, "tightens")
    sign: Any = {"when": 1, "unless": -1}.get(kind, 0)
    return Scope(
        CHECKED.currency, CHECKED.zone, CHECKED.facts, CHECKED.roles, defined.get, tuple(defined), problems.append, find, amount,
        product=kind == "cap", sign=sign,
    )  # fmt: skip


READ: dict[str, Any] = {"define": read_either, "cap": read_quantity}


def problems_of(text: str, kind: str = "when") -> list[Problem]:
    """What the reader has against a text; what it reads has no problem, and what it does not read has one."""
    problems: list[Problem] = []
    found = READ.get(kind, read_condition)(text, scope_for(kind, problems, text), ("rules", 0, "when"))
    assert (found is None) == bool(problems)
    return problems


def texts_of(group: dict[str, Any]) -> list[str]:
    """The texts of a group, those that are built here included."""
    return [*group.get("texts", []), *(NAMED[name] for name in group.get("named", []))]
