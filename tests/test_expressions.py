"""Conditions as text: those of hostile/conditions.yaml, and where the words of the hostile ones are underlined in every style of YAML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from empower import PackError, load_pack
from empower.language.expressions import read_condition
from empower.language.scope import Roles, Scope
from empower.language.syntax import DEPTH_MAX, LENGTH_MAX, NODES_MAX
from empower.problems import CODES, Problem, Span

FILE = Path(__file__).parent / "hostile" / "conditions.yaml"
BOOK = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  (every scalar as text)
KEYS = {
    "when": "rules: [{{id: r, deny: refund, because: trust, when: {}}}]",
    "unless": "rules: [{{id: r, deny: refund, because: trust, unless: {}}}]",
    "any": "rules: [{{id: r, only_if: refund, because: trust, any: [{}]}}]",
    "oblige": "rules: [{{id: r, oblige: refund, because: trust, then: [note], when: {}}}]",
    "that": "assume: [{{id: r, for: refund, because: trust, that: {}}}]",
    "claim": "claims: [{{id: r, because: trust, never: {}}}]",
    "at_most": "caps: [{{id: r, for: refund, because: trust, at_most: {}}}]",
    "cap-when": "caps: [{{id: r, for: refund, because: trust, at_most: 5, when: {}}}]",
    "row-when": "caps: [{{id: r, for: refund, because: trust, first: [{{at_most: 5, when: {}}}, {{otherwise: 0}}]}}]",
    "offer": "menu: [{{id: r, because: trust, offer: {{kind: refund, amount: 5}}, when: {}}}]",
}
HEAD = f"""\
pack: hostile
version: 1
currency: GBP
timezone: Europe/London
mission: Put it right.
values: {{trust: We believe our customers.}}
roles: {{ladder: [clerk, manager], beside: {{bot: asks clerk}}}}
actions: {{refund: {{amount: money 0.01..5000}}}}
facts: {json.dumps(BOOK["facts"])}
define: {json.dumps(BOOK["define"])}
"""


def cases(part: str) -> list[Any]:
    """Every condition of a part of the book: its group, its text, the word that is underlined."""
    found = []
    for group in BOOK[part]:
        for condition in group["conditions"]:
            text, word = next(iter(condition.items())) if isinstance(condition, dict) else (condition, None)
            found.append(pytest.param(group, text, word, id=f"{group.get('where', 'when')}: {text[:60]}"))
    return found


def problems(folder: Path, text: str) -> tuple[tuple[Problem, ...], list[str]]:
    """What is wrong with a pack, and its lines."""
    (folder / "pack.yaml").write_text(text, encoding="utf-8")
    try:
        load_pack(folder)
    except PackError as refusal:
        return refusal.problems, text.split("\n")
    return (), []


def underlined(problem: Problem, lines: list[str]) -> str:
    """The word that a problem underlines."""
    return lines[problem.span.line - 1][problem.span.column - 1 : problem.span.end - 1]


def test_the_book_is_thick_enough() -> None:
    """There are enough hostile conditions and good controls, and every code in the book exists."""
    assert len(cases("refused")) >= 150
    assert len(cases("good")) >= 40
    assert {group["code"] for group in BOOK["refused"]} <= set(CODES)


@pytest.mark.parametrize(("group", "text", "word"), cases("refused"))
def test_hostile_conditions_are_refused(group: dict[str, str], text: str, word: str | None, tmp_path: Path) -> None:
    """Each is refused by one problem, of its code, at its word."""
    found, lines = problems(tmp_path, HEAD + KEYS[group.get("where", "when")].format(json.dumps(text, ensure_ascii=False)))
    assert [problem.code for problem in found] == [group["code"]], found
    assert group.get("says", "") in f"{found[0].message} | {found[0].help}"
    assert word in (None, underlined(found[0], lines))


@pytest.mark.parametrize(("group", "text"), [pytest.param(*case.values[:2], id=case.id) for case in cases("good")])
def test_good_conditions_are_accepted(group: dict[str, str], text: str, tmp_path: Path) -> None:
    """None of the good ones is refused."""
    found, _ = problems(tmp_path, HEAD + KEYS[group.get("where", "when")].format(json.dumps(text, ensure_ascii=False)))
    assert found == ()


# ------------------------------------------------------------------------------------------------ places

STYLES = {
    "plain": "    when: order.id == 'x' and order.totl > 5\n",
    "single quotes": "    when: 'order.id == ''x'' and order.totl > 5'\n",
    "double quotes": '    when: "order.id == \\"\\u00fc\\x41\\U0001F600\\" and order.totl > 5"\n',
    "flow": "    unless: {all: [{name: order.totl, operator: greater_than, value: 5}]}\n",
    "literal": "    when: |\n\n      order.id == 'x'\n      and order.totl > 5\n",
    "literal, indented further": "    when: |\n      order.id == 'x'\n        and order.totl > 5\n",
    "literal, stripped": "    when: |-  # as it stands\n      order.totl > 5\n",
    "folded, one line": "    when: >\n      order.id == 'x' and order.totl > 5\n    unless: item.opened\n",
    "wide letters before it": "    when: order.id == '日本' and order.totl > 5\n",
    "in a list": "    when: {order.totl: <= 5}\n",
    "tabs": "    when: order.id == 'x'\tand\torder.totl > 5\n",
}


def guarded(body: str) -> str:
    return f"{HEAD}rules:\n  - id: r\n    deny: refund\n{body}    because: trust\n"


@pytest.mark.parametrize("style", STYLES)
def test_the_word_is_underlined_in_every_style(style: str, tmp_path: Path) -> None:
    """The very word is underlined, however the text is written in YAML."""
    (problem,), lines = problems(tmp_path, guarded(STYLES[style]))
    assert (problem.code, underlined(problem, lines)) == ("unknown-name", "order.totl")


@pytest.mark.parametrize(
    "body",
    [
        "    when: order.id == 'x'\n      and order.totl > 5\n",
        "    when: >\n      order.id == 'x'\n      and order.totl > 5\n",
        "    when: \"order.id == 'x'\n      and order.totl > 5\"\n",
        "    when: |2\n      order.totl > 5\n",
    ],
)
def test_a_text_over_several_lines_is_shown_by_its_key(body: str, tmp_path: Path) -> None:
    """Where the characters of a text do not stand in the file as they are read, the key is underlined."""
    (problem,), lines = problems(tmp_path, guarded(body))
    assert (problem.code, underlined(problem, lines)) == ("unknown-name", "when")


def test_what_is_wrong_on_both_sides_is_told_of_both(tmp_path: Path) -> None:
    """Every unknown name of a condition is told in one run."""
    found, lines = problems(tmp_path, guarded("    when: (a > b and c == 'x') or d in ['y'] or not e\n"))
    assert [underlined(problem, lines) for problem in found] == list("abcde")


# ------------------------------------------------------------------------------------------------ bounds


def refused(text: str) -> list[str]:
    """The codes of the problems of a condition, in a scope without facts."""
    found: list[Problem] = []
    scope = Scope("GBP", "UTC", {}, Roles(("clerk",), {}), {}.get, (), found.append, lambda _: Span("x"))
    assert read_condition(text, scope, ()) is None
    return [problem.code for problem in found]


@pytest.mark.parametrize(
    "text",
    [
        "a" * (LENGTH_MAX + 1),
        " or ".join("a" for _ in range(NODES_MAX)),
        "not " * (DEPTH_MAX + 1) + "a",
        "(" * 500 + "a" + ")" * 500,
        "-" * 1_900 + "1",
        "not " * 480 + "a",
        ".".join("a" * 900),
        "[" * 900,
        "min(" * 30 + "1" + ")" * 30,
        "a + " * 300 + "a > 1",
    ],
    ids=lambda text: text[:20],
)
def test_large_expressions_are_refused_before_they_are_read(text: str) -> None:
    """Length, size and depth are bounded before anything recurses: no text can exhaust the stack."""
    assert refused(text) in (["too-big"], ["bad-syntax"])


def test_as_deep_as_allowed_can_be_read() -> None:
    """An expression at the bound is read: its problem is another one."""
    assert refused("not " * (DEPTH_MAX - 1) + "a") == ["unknown-name"]


# ------------------------------------------------------------------------------------------------ what is said once, or not at all


def test_an_invisible_character_is_told_once(tmp_path: Path) -> None:
    """One mistake is one problem, though both the file and the condition are looked at; and it is not shown raw."""
    (problem,), lines = problems(tmp_path, guarded('    when: "order.total\\u200b > 5"\n'))
    assert (problem.code, underlined(problem, lines)) == ("invisible-character", "\\u200b")
    assert problem.help.isprintable()


@pytest.mark.parametrize(("most", "codes"), [("5000", []), ("1000000000000", ["overflow"])])
def test_a_share_of_the_amount_overflows_only_where_so_much_can_be_given(most: str, codes: list[str], tmp_path: Path) -> None:
    """A percentage of the amount is bounded by what the actions of its rule can give."""
    text = guarded("    when: 33.3333% of action.amount > order.total\n").replace("0.01..5000}", f"0.01..{most}}}")
    assert [problem.code for problem in problems(tmp_path, text)[0]] == codes


@pytest.mark.parametrize(("duty", "help_"), [("lable", "did you mean 'label'?"), ("label", None), ("wrap", None)])
def test_a_duty_that_is_nearly_one_is_a_slip(duty: str, help_: str | None, tmp_path: Path) -> None:
    """A duty needs no text; one that is nearly a duty with a text is taken for that."""
    rule = f"rules: [{{id: r, oblige: refund, because: trust, then: [{duty}]}}]\n"
    found, lines = problems(tmp_path, f"{HEAD}obligations: {{label: Put a label on it}}\n{rule}")
    assert [(problem.code, underlined(problem, lines), problem.help) for problem in found] == (
        [("unknown-name", duty, help_)] if help_ else []
    )
