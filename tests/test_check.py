"""The checker: each mistake has its error at its word, all of them in one run, and nothing is told that only follows from another."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from attrs import evolve
from hypothesis import HealthCheck, example, given, settings, strategies as st

from empower import PackError
from empower.check import check_pack
from empower.checked import CheckedPack
from empower.load import read_pack
from empower.problems import CODES, render_problems
from hostile.shop import BUDGETS, CAPS, HEAD, PARENT, RULES, problems, told, written

BOOK = yaml.safe_load((Path(__file__).parent / "hostile" / "guardrails.yaml").read_text(encoding="utf-8"))
SECTIONS = ("rules", "caps", "budgets", "menu", "assume", "claims")


def section(name: str, guardrail: str) -> str:
    """A pack with one guardrail."""
    return f"{HEAD}{name}:\n  - {guardrail}\n"


WRONG = [
    *(pytest.param(HEAD.replace(before, after), wanted, id=after[:70]) for before, after, wanted in BOOK["head"]),
    *(pytest.param(section(name, text), wanted, id=text[:70]) for name in SECTIONS for text, wanted in BOOK[name]),
]


def test_every_replacement_takes_place() -> None:
    """Each part of the pack that is replaced stands in it once."""
    assert [before for before, _, _ in BOOK["head"] if HEAD.count(before) != 1] == []


@pytest.mark.parametrize(("text", "wanted"), WRONG)
def test_each_mistake_has_its_error_at_its_word(text: str, wanted: str, tmp_path: Path) -> None:
    """One mistake gives one problem: its code, and the word underlined."""
    code, _, word = wanted.partition(" ")
    ((found, underlined),) = told(written(tmp_path, text))
    assert found == code
    assert underlined == word or not word


def test_a_text_that_a_comma_ends_is_to_be_put_in_quotes(tmp_path: Path) -> None:
    """A problem says how to mend it: what follows the comma looks like a key that means nothing."""
    text = section("caps", "{id: c, for: refund, at_most: 5, because: trust, say: {staff: Sorry, dear colleague}}")
    (found,) = problems(written(tmp_path, text))
    assert (found.code, found.help.endswith("put the text in quotes: between { and } a comma ends it")) == ("unknown-key", True)
    assert problems(written(tmp_path, text.replace("Sorry, dear colleague", '"Sorry, dear colleague"'))) == ()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rules", "{id: r, only_if: refund, when: order.total > 5 or order.items > 3, because: trust}",
         'help: what it asks for stands there, not in `when`: write `any: ["order.total > 5 or order.items > 3"]` in its place'),
        ("budgets", "{id: b, for: refund, per: customer.id, window: calendar month, at_most: 50, over: escalate, because: trust}",
         "'b' is one for each customer.id, whoever asks, so nobody could say yes beyond it"),
        ("budgets", "{id: b, for: refund, window: calendar month, at_most: 50, over: escalate, because: trust}",
         "'b' is shared by everybody, so nobody could say yes beyond it"),
        ("caps", "{id: c, for: refund, at_most: {by: actor.role, manager: 1,500}, because: trust}",
         "help: put nothing between thousands: write `manager: 1500`"),
    ],
)  # fmt: skip
def test_a_problem_says_what_to_write(name: str, text: str, said: str, tmp_path: Path) -> None:
    """The words fit the mistake, and the help is what to write."""
    assert said in render_problems(problems(written(tmp_path, section(name, text))), {})


@pytest.mark.parametrize(
    ("bounds", "message", "help_"),
    [
        ("£0..£800", "'money £0..£800' has a currency sign in its bounds", "write `money 0..800`"),
        ('"money 0..1,500"', "'money 0..1,500' has a comma in its bounds", "write `money 0..1500`"),
        ("0 to 800", "'money 0 to 800' has bounds that cannot be read", "give the least and the largest value, such as `money 0..5000`"),
    ],
)
def test_a_sign_in_the_bounds_is_told(bounds: str, message: str, help_: str, tmp_path: Path) -> None:
    """Bounds that a person would read are shown as they are written here."""
    kind = bounds if bounds.startswith('"') else f"money {bounds}"
    (found,) = problems(written(tmp_path, HEAD.replace("facts:\n", f"facts:\n  order.tip: {kind}\n", 1)))
    assert (found.code, found.message, found.help) == ("unbounded", message, help_)


@pytest.mark.parametrize(("name", "text"), BOOK["good"], ids=lambda text: text[:70])
def test_good_guardrails_are_accepted(name: str, text: str, tmp_path: Path) -> None:
    """What is well written is accepted."""
    assert told(written(tmp_path, section(name, text))) == []


# ------------------------------------------------------------------------------------------------ all at once


def test_all_mistakes_are_told_in_one_run(tmp_path: Path) -> None:
    """YAML, shape, names, conditions, tables, escalations, ceilings, tables, cases and the parent: all in one run, sorted by place."""
    shop = written(tmp_path / "shop", ALL_WRONG)
    written(tmp_path / "company", PARENT + "  - {id: parents-own, deny: refnd, because: trust}\n")
    (shop / "table.csv").write_text("customer.categry,at_most\nnew,5\n", encoding="utf-8")
    (shop / "cases.yaml").write_text("it: is no list\n", encoding="utf-8")
    found = problems(shop)
    assert [(Path(problem.span.file).parent.name, Path(problem.span.file).name, problem.code) for problem in found] == [
        ("company", "pack.yaml", "unknown-kind"),
        ("shop", "cases.yaml", "wrong-shape"),
        *(("shop", "pack.yaml", code) for code in ALL_CODES),
        ("shop", "table.csv", "unknown-name"),
    ]
    assert list(found) == sorted(found)


ALL_WRONG = """\
pack: shop
version: 1
extends: ../company
currency: EUR
timezone: Europe/Londn
mission: Put it right.
facts:
  order.size: integer
  order.wrapped: [yes, no]
rules:
  - {id: r1, deny: refund, when: order.total = 5, because: trust}
  - {id: r2, deny: refund, when: small and evidence.photo or evidence.receipt, because: trust}
  - {id: r3, deny: refund, wen: small, because: trust}
  - {id: r4, deny: refund, when: order.size > 5}
  - {id: r5, deny: refund, when: order.totl > 5 or customer.category < 'loyal', because: trust}
  - {id: r5, deny: refund, when: order.size > 5, because: trust}
  - {id: r6, deny: refund, when: order.wrapped and 99999999 * order.items * order.total > 5, because: trust}
  - {id: r7, deny: refund, when: action.amount < 5, because: trust, because: thrift}
  - {id: r8, deny: refund, when: action.amount > 50, because: trust}
  - {id: r9, escalate: refund, to: lead, when: action.amount > 60, because: trust}
  - {id: r10, escalate: credit, to: lead, because: trust}
caps:
  - {id: c1, for: credit, at_most: {by: actor.role, bot: 5, clerk: 5, lead: 0, manager: 0}, because: trust}
  - {id: c2, for: refund, first: [{customer.category: new, at_most: 5}], because: trust}
  - {id: c3, for: gesture, table: table.csv, because: trust}
  - {id: c4, for: gesture, table: other.csv, because: trust}
"""
ALL_CODES = (
    "mixed-currencies", "unknown-timezone", "unbounded", "wrong-shape", "single-equals", "needs-brackets", "unknown-key", "no-value",
    "unknown-name", "not-ordered", "duplicate-id", "fact-times-fact", "not-monotone", "duplicate-key", "hidden-escalation", "dead-escalation",
    "missing-case", "bad-table",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (HEAD.replace("order.items: integer 0..100", "order.items: integer") + RULES + "{id: r, deny: refund, when: order.items > 5, because: trust}", ["unbounded"]),
        (HEAD.replace("order.id: text", "order.id: [text]") + BUDGETS + "{id: b, for: refund, per: order.id, window: ever, at_most: 5, because: trust}", ["wrong-shape"]),
        (HEAD.replace("{half: 50% of order.total", "{half: 50% of totl") + CAPS + "{id: c, for: refund, at_most: half, because: trust}", ["unknown-name"]),
        (HEAD.replace("  release: {}", "  release: [x]") + RULES + "{id: r, ask: release, of: [evidence.photo], because: trust}", ["wrong-shape"]),
        (HEAD.replace("{ladder", "{lader") + RULES + "{id: r, escalate: refund, to: lead, when: actor.role == 'bot', because: trust}", ["unknown-key"]),
        (HEAD.replace("values: {trust: We", "values: {trust: [x], x: We") + RULES + "{id: r, deny: refund, because: trust}", ["wrong-shape"]),
        (HEAD.replace("languages: [en, de]", "languages: en") + RULES + "{id: r, deny: refund, because: trust, say: {staff: {de: nein}}}", ["wrong-shape"]),
        (HEAD.replace("currency: GBP\n", "") + CAPS + "{id: c, for: refund, at_most: 5.001, because: trust}", ["missing-key"]),
        (HEAD.replace("currency: GBP", "currency: GPB") + CAPS + "{id: c, for: refund, at_most: 5.001, because: trust}", ["unknown-currency"]),
        (HEAD + RULES + "{id: r, deny: refund, when: order.totl > 5, because: trust}\n  - {id: e, escalate: refund, to: lead, because: trust}", ["unknown-name"]),
        (HEAD + RULES + "{id: r, deny: refund, wen: small, because: trust}\n  - {id: e, escalate: refund, to: lead, because: trust}", ["unknown-key"]),
        (HEAD + CAPS + "{id: c, for: refund, at_most: lots, because: trust}\nrules:\n  - {id: e, escalate: refund, to: lead, because: trust}", ["unknown-name"]),
        (HEAD + CAPS + "{id: c, for: refund, first: [{actor.rol: clerk, at_most: 5}], because: trust}", ["unknown-name"]),
    ],
)  # fmt: skip
def test_what_only_follows_is_not_told(text: str, codes: list[str], tmp_path: Path) -> None:
    """What uses something with a problem of its own is not complained of again."""
    assert [problem.code for problem in problems(written(tmp_path, text + "\n"))] == codes


# ------------------------------------------------------------------------------------------------ CSV


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ("actor.role,at_most\nclerk,lots\n-,5\n", [("unknown-name", "lots")]),
        ("actor.role,at_most\nclerk,-5\n-,5\n", [("bad-amount", "-5")]),
        ("actor.role,at_most\nclerkk,5\n-,5\n", [("not-in-set", "clerkk")]),
        ('actor.role,at_most\n"clerk, bott",5\n-,5\n', [("not-in-set", "clerk, bott")]),
        ("actor.role, order.totl ,at_most\nclerk,-,5\n-,-,5\n", [("unknown-name", "order.totl")]),
        ("actor.role,at_most\nclerk,5\nlead or above,5\n", [("missing-case", "table")]),
        ("actor.role,amount\nclerk,5\n", [("bad-table", "actor.role,amount")]),
        ("actor.role,at_most\n", [("bad-table", "actor.role,at_most")]),
        ("actor.role,at_most\nclerk,order.total + totl\n-,5\n", [("unknown-name", "totl")]),
        ("action.amount,at_most\n<= 5,5\n-,5\n", [("amount-not-here", "action.amount")]),
    ],
)
def test_a_table_tells_the_cell(table: str, wanted: list[tuple[str, str]], tmp_path: Path) -> None:
    """A problem in a table is told with the table's file, and the very cell is underlined."""
    folder = written(tmp_path, HEAD + CAPS + "{id: c, for: refund, table: table.csv, over: deny, because: trust}\n")
    (folder / "table.csv").write_text(table, encoding="utf-8")
    assert told(folder) == wanted


# ------------------------------------------------------------------------------------------------ never a traceback

SCALARS = ["", "yes", "5", "-1", "0", "refund", "order.total", "everything", "{}", "[]", "[x]", "{x: y}", "[[]]", "{by: actor.role}", "'", "{", "never",
           "{otherwise: 0}", "action.amount", "1e9", "9" * 400, "ü", "\u202e", "actor.role", "{all: []}", "{escalate: boss}", "clerk", "x" * 300]  # fmt: skip


def parts() -> str:
    """A good pack with nearly all good guardrails."""
    made = HEAD
    for name in SECTIONS:
        texts = [text for section, text in BOOK["good"] if section == name and "deny: everything" not in text]
        made += f"{name}:\n" + "".join(f"  - {{id: {name}-{number}, {text.partition(', ')[2]}\n" for number, text in enumerate(texts))
    return made


PARTS = parts()


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """A good pack in which some lines or values were lost, doubled or exchanged."""
    lines = PARTS.split("\n")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(("lose", "double", "exchange", "value", "value", "value", "letter"))):
            case "lose":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "exchange":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "letter":
                where = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:where] + draw(st.sampled_from("{}[]:,'\"&*#-?x .=<")) + lines[at][where + 1 :]
            case _:
                pieces = lines[at].split(": ")
                if len(pieces) > 1:
                    piece = draw(st.integers(1, len(pieces) - 1))
                    _, comma, rest = pieces[piece].partition(",")
                    pieces[piece] = draw(st.sampled_from(SCALARS)) + comma + rest
                lines[at] = ": ".join(pieces)
        lines = lines or [""]
    return "\n".join(lines)


@given(text=mangled())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(text=PARTS)
@example(text="")
@example(text="pack: x")
@example(text="rules: [{}, x, [], {id: {}}]\ncaps: {}\nfacts: []")
def test_no_traceback_ever_reaches_an_author(text: str, tmp_path: Path) -> None:
    """Whatever stands in a pack, it is accepted or refused with problems that have a known code and a place."""
    found = problems(written(tmp_path, text))
    for problem in found:
        assert problem.code in CODES
        assert problem.span.line >= 1
        assert 1 <= problem.span.column < problem.span.end
        assert problem.message


def test_the_mangled_pack_is_good_before(tmp_path: Path) -> None:
    """What is mangled was a good pack."""
    assert told(written(tmp_path, PARTS)) == []


def test_only_the_checker_makes_checked_packs(tmp_path: Path) -> None:
    """A pack that was read with problems in its shape is never accepted."""
    pack = read_pack(written(tmp_path, HEAD + "wrong: x\n"))
    assert [problem.code for problem in pack.problems] == ["unknown-key"]
    with pytest.raises(PackError):
        check_pack(pack)
    assert isinstance(check_pack(evolve(pack, problems=())), CheckedPack)
