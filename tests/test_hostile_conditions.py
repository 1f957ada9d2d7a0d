"""Whatever an author writes where a condition belongs is read as it says, or refused with one code, a place, a sentence and a help line."""

from __future__ import annotations

import datetime
import json
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from empower import PackError, ir, load_pack
from empower.backends.interpret import holds, number
from empower.environment import Environment
from empower.formulas import certainly, negation_normal, possibly
from empower.language.expressions import read_condition, read_either, read_quantity
from empower.language.scope import Scope
from empower.load import Limits
from empower.lower import lower_pack
from empower.problems import Problem, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from empower.pack import Place

DATA = yaml.safe_load((Path(__file__).parent / "hostile" / "expressions.yaml").read_text(encoding="utf-8"))
WORK_MAX = 10_000
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
        return Span("text", 1, place[-2] + 1, place[-1] + 1) if "<text>" in place else Span("text", 1, 1, max(len(text), 1) + 1)  # type: ignore[operator]

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


REFUSED = [(group, text) for group in DATA["refused"] for text in texts_of(group)]
TAKEN = [(group, text, truth) for group in DATA["good"] for truth in (True, False) for text in group.get(str(truth).lower(), [])]


def name_of(value: object) -> str | None:
    """A text as the name of its test; the group's sentence does not help there."""
    return ascii(value)[:50] if isinstance(value, str) else "" if isinstance(value, dict) else None


def codes(group: dict[str, Any]) -> list[str]:
    """The code of a group, or its codes."""
    return [group["code"]] if isinstance(group["code"], str) else group["code"]


# -- refused


@pytest.mark.parametrize(("group", "text"), REFUSED, ids=name_of)
def test_refused(group: dict[str, Any], text: str) -> None:
    """Each hostile text has the problem it should have, inside the text, in a sentence, with a help line."""
    found = problems_of(text, group.get("as", "when"))
    assert [problem.code for problem in found] == codes(group)
    for problem in found:
        assert group.get("says", "") in f"{problem.message} | {problem.help}"
        assert 1 <= problem.span.column < problem.span.end <= max(len(text), 1) + 1
        assert re.match(r"[a-z'`]", problem.message)
        assert problem.message == problem.message.rstrip(".\n ")
        assert problem.help
        assert len(problem.message) <= 250
        assert len(problem.help) <= 600


def calls(text: str, kind: str) -> int:
    """How many functions are called while a text is read."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        problems_of(text, kind)
    finally:
        sys.setprofile(before)
    return count


def test_no_text_costs_much() -> None:
    """Reading is bounded by the length that is read, whatever stands there."""
    texts = [(text, group.get("as", "when")) for group, text in REFUSED] + [(text, "when") for _, text, _ in TAKEN]
    assert [text[:60] for text, kind in texts if calls(text, kind) > WORK_MAX] == []


def scalar(text: str) -> str:
    """A text in YAML's double quotes; what nobody sees is written out."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in quoted)


def pack_of(texts: list[str]) -> tuple[str, dict[int, int]]:
    """A pack with one rule for each text, and which text stands on which line."""
    head = f"{PACK}rules:\n"
    first = head.count("\n") + 1
    rules = [f"  - {{id: r{index}, deny: refund, when: {scalar(text)}, because: trust}}\n" for index, text in enumerate(texts)]
    return head + "".join(rules), {first + index: index for index in range(len(texts))}


# -- refused in a pack, with everything else that an author sees


LONGEST = Limits().scalar_max
"""A longer text ends the reading of the file."""


def test_refused_in_a_pack(tmp_path: Path) -> None:
    """All of them as conditions of rules of one pack: every rule has its problems, on its own line, and no other."""
    rules = [(group, text) for group, text in REFUSED if group.get("as", "when") == "when" and "large" not in text and len(text) <= LONGEST]
    text, lines = pack_of([text for _, text in rules])
    (tmp_path / "pack.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PackError) as error:
        load_pack(tmp_path)
    met: dict[int, Counter[str]] = {index: Counter() for index in lines.values()}
    for problem in error.value.problems:
        met[lines[problem.span.line]][problem.code] += 1
    wrong = []
    for index, (group, text) in enumerate(rules):
        if met[index] != Counter(codes(group)):
            wrong.append((text[:60], met[index]))
    assert wrong == []
    assert error.value.left_out == 0
    assert_shown_well(str(error.value))


def assert_shown_well(shown: str) -> None:
    """What is printed cannot disguise itself, shows nothing of Python, and stays short."""
    assert all(line.replace("\N{NO-BREAK SPACE}", " ").isprintable() for line in shown.split("\n"))
    assert max(map(len, shown.split("\n"))) < 900
    assert not re.search(r"Traceback|SyntaxError|<unknown>|<string>|object at 0x|\bast\.|_ast", shown)


# -- good


NOW = datetime.datetime(2026, 6, 22, 9, tzinfo=datetime.UTC)
LONDON = ZoneInfo("Europe/London")


def instant(text: str) -> int:
    """Milliseconds of an instant."""
    return int(datetime.datetime.fromisoformat(text).timestamp()) * 1_000


def local_day(moment: int) -> int:
    """The ordinal of the day of an instant in the pack's zone."""
    return datetime.datetime.fromtimestamp(moment / 1_000, LONDON).toordinal()


FACTS: dict[str, Any] = {
    "actor.id": "d1", "actor.role": "driver", "action.kind": "refund", "customer.tier": "silver", "customer.kind": "new",
    "customer.flags": frozenset({"vip"}), "customer.last_gesture": ir.NEVER_DAY, "order.id": "UK-123", "order.total": 40_00, "order.claims": 3,
    "order.weight": 1_250, "order.wait": 90 * 60, "order.opened": True, "order.day": datetime.date(2026, 6, 20).toordinal(),
    "order.at": instant("2026-06-18T23:30:00+00:00"), "item.value": 8_00, "stay.nights": 4,
}  # fmt: skip
"""A request for £25, on the morning of 22 June; the order came half an hour after midnight of 19 June, in London."""


def environment(unknown: Sequence[str] = ()) -> Environment:
    """The facts as the engine calculates with them, without those that are unknown."""
    facts = {name: value for name, value in FACTS.items() if name not in unknown}
    return Environment({**facts, "now": instant(NOW.isoformat())}, 25_00, instant(NOW.isoformat()), local_day)


def read(text: str, kind: str) -> ir.Cond:
    """The meaning of a good text."""
    problems: list[Problem] = []
    found = read_condition(text, scope_for(kind, problems, text), ("rules", 0, "when"))
    assert problems == []
    assert found is not None
    return found


@pytest.mark.parametrize(("group", "text", "truth"), TAKEN, ids=name_of)
def test_taken(group: dict[str, Any], text: str, *, truth: bool) -> None:
    """Each good text holds where it should; with every fact known, what is certain, what is possible and what is so are one."""
    condition = read(text, group.get("as", "when"))
    normal = negation_normal(condition)
    env = environment()
    assert [holds(each, env) for each in (condition, normal, certainly(normal), possibly(normal))] == [truth] * 4


KLEENE = {"certain": [True, True], "possible": [False, True], "excluded": [False, False]}


@pytest.mark.parametrize("case", DATA["unsure"], ids=lambda case: case["text"])
def test_unsure(case: dict[str, Any]) -> None:
    """With facts unknown, a text is certain or merely possible, as Kleene has it."""
    normal = negation_normal(read(case["text"], case.get("as", "when")))
    env = environment(case["unknown"])
    assert [holds(certainly(normal), env), holds(possibly(normal), env)] == KLEENE[case["is"]]


def test_taken_in_a_pack(tmp_path: Path) -> None:
    """All good conditions as rules of one pack, but for an unseen space in quotes: each rule stands in the way exactly where it holds."""
    rules = [(text, truth) for group, text, truth in TAKEN if group.get("as", "when") == "when" and "\u200b" not in text]
    path = tmp_path / "pack.yaml"
    path.write_text(pack_of([text for text, _ in rules])[0], encoding="utf-8")
    plan = lower_pack(load_pack(path)).plans["refund"]
    env = environment()
    bars = {bar.guardrail: bar for bar in plan.bars}
    wrong = [
        text
        for index, (text, truth) in enumerate(rules)
        for threshold in [bars[f"r{index}"].threshold]
        if [env.amount > number(each, env) for each in (threshold.low, threshold.exact, threshold.high)] != [truth] * 3
    ]
    assert wrong == []
    assert len(bars) == len(rules)
