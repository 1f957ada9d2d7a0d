"""A cell takes what it says, rows are held together exactly, and a table that cannot be read says where and why."""

from __future__ import annotations

import datetime
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, strategies as st

from empower import ir
from empower.backends.interpret import holds
from empower.environment import Environment
from empower.language.cells import ROWS_MAX, Row, read_cell, read_cells, read_csv, read_row, rows_overlap, uncovered, whole_bound
from empower.language.quantities import Quantity
from empower.language.scope import Roles, Scope
from empower.problems import Problem, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from empower.pack import Place

ROLES = Roles(("driver", "team_lead", "manager"), {"ai": "team_lead"})
FACTS: dict[str, ir.FactType] = {
    "actor.role": ir.OneOfType(ROLES.everyone()),
    "now": ir.InstantType(),
    "order.total": ir.NumberType("money", 0, 500_000),
    "small": ir.NumberType("integer", -2, 4),
    "meter": ir.NumberType("decimal", 0, 1_000, 100),
    "wait": ir.NumberType("duration", 0, 172_800),
    "order.id": ir.TextType(),
    "city": ir.OneOfType(("New York", "Rome", "10..20")),
    "tier": ir.OneOfType(("bronze", "silver", "gold"), ordered=True),
    "flags": ir.SetOfType(("vip", "chargeback", "claimer")),
    "odd": ir.SetOfType(("none", "has", "x")),
    "item.opened": ir.YesNoType(),
    "order.day": ir.DateType(),
    "gesture.day": ir.DateType(never=True),
    "order.at": ir.InstantType(never=True),
}
DEFINED: dict[str, Any] = {
    "half": Quantity(ir.NumberFact("order.total"), "money", 0, 500_000, 2),
    "fresh": ir.Not(ir.IsYes("item.opened")),
    "large": ir.Any((ir.IsYes("item.opened"), ir.AmountAbove(ir.Number(5_000)))),
    "big": Quantity(ir.Amount(), "money", 0, 10**15),
}


def scope_for(problems: list[Problem]) -> Scope:
    def find(place: Place) -> Span:
        return Span("/".join(map(str, place)))

    return Scope("GBP", "UTC", FACTS, ROLES, DEFINED.get, tuple(DEFINED), problems.append, find, "refused")


SCOPE = scope_for([])


def row_of(**cells: object) -> Row:
    return row({name.replace("__", "."): cell for name, cell in cells.items()})


def row(cells: Mapping[str, object]) -> Row:
    problems: list[Problem] = []
    found = read_row(cells, scope_for(problems), ("rows", 0))
    assert problems == []
    assert found is not None
    return found


def read(fact: str, cell: object) -> ir.Cond:
    return row({fact: cell}).condition


def refused(fact: str, cell: object) -> Problem:
    problems: list[Problem] = []
    assert read_cell(cell, fact, scope_for(problems), ("rows", 0, fact)) is None
    assert len(problems) == 1
    return problems[0]


def takes(condition: ir.Cond, facts: Mapping[str, Any]) -> bool:
    return holds(condition, Environment(facts, 0, 0, lambda moment: moment))


def day(text: str) -> int:
    return datetime.date.fromisoformat(text).toordinal()


# -- what a cell takes

TAKEN: list[tuple[str, object, list[Any], list[Any]]] = [
    ("order.total", "-", [0, 500_000], []),
    ("order.total", "", [0, 500_000], []),
    ("order.total", " <= 25 ", [0, 2_500], [2_501]),
    ("order.total", "<25", [0, 2_499], [2_500]),
    ("order.total", "> 25", [2_501], [2_500]),
    ("order.total", ">= 25.50", [2_550], [2_549]),
    ("order.total", "25", [2_500], [2_499, 2_501]),
    ("order.total", "[10..50)", [1_000, 4_999], [999, 5_000]),
    ("order.total", "[10 .. 50]", [1_000, 5_000], [999, 5_001]),
    ("order.total", "(10..50]", [1_001, 5_000], [1_000, 5_001]),
    ("order.total", "(10..50)", [1_001, 4_999], [1_000, 5_000]),
    ("order.total", "10..50", [1_000, 5_000], [999, 5_001]),
    ("order.total", ["10..50"], [1_000, 5_000], [999, 5_001]),
    ("order.total", "< 10, 20, > 30", [999, 2_000, 3_001], [1_000, 1_999, 3_000]),
    ("order.total", ["< 10", "> 30"], [999, 3_001], [1_000, 3_000]),
    ("order.total", "not(10..50)", [999, 5_001], [1_000, 5_000]),
    ("order.total", "not (5, 7)", [600], [500, 700]),
    ("order.total", "1, 500", [100, 50_000], [150_000]),
    ("order.total", "<= 10.005", [1_000], [1_001]),
    ("small", "-2..-1", [-2, -1], [0]),
    ("small", "-1", [-1], [1]),
    ("small", "< 2.5", [2], [3]),
    ("small", ">= 2.5", [3], [2]),
    ("meter", "<= 2.25", [225], [226]),
    ("half", "<= 10", [2_000], [2_001]),
    ("wait", "<= 30 minutes", [1_800], [1_801]),
    ("wait", "[1..2 hours)", [3_600, 7_199], [3_599, 7_200]),
    ("wait", "30 minutes..1 days", [1_800, 86_400], [1_799, 86_401]),
    ("order.day", "2026-01-01", [day("2026-01-01")], [day("2026-01-02")]),
    ("order.day", ">= 2026-01-01", [day("2026-01-01")], [day("2025-12-31")]),
    ("order.day", "2026-01-01..2026-03-31", [day("2026-03-31")], [day("2026-04-01")]),
    ("order.day", '"2026-01-01"', [day("2026-01-01")], [day("2026-01-02")]),
    ("gesture.day", "never", [ir.NEVER_DAY], [day("2026-01-01"), 1]),
    ("gesture.day", "not(never)", [1], [ir.NEVER_DAY]),
    ("gesture.day", "never, >= 2026-01-01", [ir.NEVER_DAY, day("2026-01-01")], [day("2025-12-31")]),
    ("gesture.day", "< 2026-01-01", [ir.NEVER_DAY, 1], [day("2026-01-01")]),
    ("order.at", "< 1970-01-01T01:00:00+00:00", [0, 3_599_999, ir.NEVER_MS], [3_600_000]),
    ("order.at", "never", [ir.NEVER_MS], [0]),
    ("order.id", "A-1", ["A-1"], ["a-1", "A-2"]),
    ("order.id", '"A, 1", B', ["A, 1", "B"], ["A"]),
    ("order.id", "'<= 3'", ["<= 3"], ["3"]),
    ("order.id", '"-"', ["-"], ["a"]),
    ("order.id", "not(A, B)", ["C"], ["A", "B"]),
    ("city", "New York", ["New York"], ["Rome"]),
    ("city", "New York, 10..20", ["New York", "10..20"], ["Rome"]),
    ("city", ["New York", "Rome"], ["New York", "Rome"], ["10..20"]),
    ("city", '"New York","Rome"', ["New York", "Rome"], ["10..20"]),
    ("city", "not(Rome)", ["New York"], ["Rome"]),
    ("tier", "silver or above", ["silver", "gold"], ["bronze"]),
    ("tier", "silver or below", ["silver", "bronze"], ["gold"]),
    ("tier", "> silver", ["gold"], ["silver"]),
    ("tier", "< silver, gold", ["bronze", "gold"], ["silver"]),
    ("actor.role", "team_lead or above", ["team_lead", "manager"], ["driver", "ai"]),
    ("actor.role", "team_lead or below", ["team_lead", "driver", "ai"], ["manager"]),
    ("actor.role", "ai, manager", ["ai", "manager"], ["driver"]),
    ("flags", "vip", [{"vip"}, {"vip", "claimer"}], [set(), {"claimer"}]),
    ("flags", "has vip, claimer", [{"vip"}, {"claimer"}], [set(), {"chargeback"}]),
    ("flags", ["vip", "claimer"], [{"vip"}, {"claimer"}], [set(), {"chargeback"}]),
    ("flags", "none", [set()], [{"vip"}]),
    ("flags", "none, vip", [set(), {"vip", "claimer"}], [{"claimer"}]),
    ("flags", "not(none)", [{"vip"}], [set()]),
    ("flags", "not(vip, claimer)", [set(), {"chargeback"}], [{"vip"}]),
    ("flags", "not(none, vip)", [{"claimer"}], [set(), {"vip"}, {"vip", "claimer"}]),
    ("odd", "has none", [{"none"}], [set(), {"x"}]),
    ("odd", '"none"', [{"none"}], [set(), {"x"}]),
    ("odd", "has", [{"has"}], [{"x"}]),
    ("item.opened", "yes", [True], [False]),
    ("item.opened", "no", [False], [True]),
    ("item.opened", "not(yes)", [False], [True]),
]


@pytest.mark.parametrize(("fact", "cell", "taken", "left"), TAKEN)
def test_a_cell_takes_what_it_says(fact: str, cell: object, taken: list[Any], left: list[Any]) -> None:
    condition = read(fact, cell)
    source = {"half": "order.total"}.get(fact, fact)
    given_facts = [{source: frozenset(value) if isinstance(value, set) else value} for value in taken + left]
    assert [takes(condition, facts) for facts in given_facts] == [True] * len(taken) + [False] * len(left)


def test_a_row_takes_what_all_its_cells_take() -> None:
    made = row({"order.total": "<= 25", "tier": "gold", "flags": "-"})
    assert made.condition == ir.All(
        (ir.Compare("<=", ir.NumberFact("order.total"), ir.Number(2_500)), ir.IsAmong("tier", frozenset({"gold"})))
    )
    assert set(made.box) == {"order.total", "tier"}
    assert row({}).condition == row({"tier": "-"}).condition == ir.Constant(value=True)
    assert read_cells({"tier": "gold"}, SCOPE, ()) == ir.IsAmong("tier", frozenset({"gold"}))
    assert read_cell("gold", "tier", SCOPE, ()) == ir.IsAmong("tier", frozenset({"gold"}))


def test_a_named_condition_is_a_column() -> None:
    assert read("fresh", "no") == ir.Not(DEFINED["fresh"])


@pytest.mark.parametrize(
    ("fact", "cell", "code", "words"),
    [
        ("action.amount", "<= 5", "bad-cell", "the cap is the amount"),
        ("big", "<= 5", "bad-cell", "depends on the amount"),
        ("large", "yes", "bad-cell", "depends on the amount"),
        ("order.totl", "<= 5", "unknown-name", "did you mean 'order.total'"),
        ("order.total", {"a": "b"}, "bad-cell", "a text or a list"),
        ("order.total", [], "bad-cell", "a list in a cell"),
        ("order.total", ["5", ["6"]], "bad-cell", "a list in a cell"),
        ("order.total", "5,", "bad-cell", "nothing between two commas"),
        ("order.total", "not()", "bad-cell", "nothing between two commas"),
        ("order.total", "1,500", "bad-cell", "write 1500, or `1, 500`"),
        ("order.total", "£5", "bad-number", "'£5'"),
        ("order.total", "five", "bad-number", "'five'"),
        ("order.total", "05", "bad-number", "needless 0"),
        ("order.total", "= 5", "bad-number", "'= 5'"),
        ("order.total", "<= ", "bad-number", "'='"),
        ("order.total", "=< 5", "bad-number", "'=< 5'"),
        ("order.total", "5%", "bad-number", "'5%'"),
        ("order.total", "10...50", "bad-number", "'.50'"),
        ("order.total", "[10..50", "bad-cell", "one bracket"),
        ("order.total", "]10..50[", "bad-number", "']10'"),
        ("order.total", "50..10", "bad-cell", "wrong way round"),
        ("order.total", "(10..10)", "bad-cell", "can never hold"),
        ("order.total", "> 6000", "bad-cell", "'order.total' lies within 0..5000"),
        ("order.total", "10.005", "bad-cell", "can never hold"),
        ("order.total", "never", "bad-number", "'never'"),
        ("order.total", "not(0..5000)", "bad-cell", "leaves nothing over"),
        ("order.total", "9999999999999", "bad-number", "larger"),
        ("small", "> 4", "bad-cell", "lies within -2..4"),
        ("meter", "> 10", "bad-cell", "lies within 0..10"),
        ("wait", "30", "bad-number", "`48 hours`"),
        ("wait", "> 3 days", "bad-cell", "lies within 0..48 hours"),
        ("order.day", "20260101", "bad-date", "2026-11-22"),
        ("order.day", "2026-02-30", "bad-date", "2026-02-30"),
        ("order.day", "never", "wrong-type", "may be never"),
        ("order.day", "> 2026-13-01", "bad-date", ""),
        ("order.at", "2026-01-01T00:00:00", "bad-date", "instant"),
        ("order.id", "a..b", "bad-cell", "double quotes"),
        ("order.id", "<= 3", "not-ordered", "no order"),
        ("order.id", "O'Brien", "bad-cell", "double quotes"),
        ("order.id", '"a" b', "bad-cell", "double quotes"),
        ("order.id", "a or above", "not-ordered", "no order"),
        ("city", "rome", "not-in-set", "did you mean 'Rome'"),
        ("city", "Rome or above", "not-ordered", "no order"),
        ("tier", "gold or abov", "not-in-set", "known here: bronze, gold"),
        ("tier", "> gold", "bad-cell", "nothing of 'tier' is above it"),
        ("tier", "not(bronze, silver, gold)", "bad-cell", "leaves nothing over"),
        ("tier", "not(bronze), gold", "bad-cell", "double quotes"),
        ("actor.role", "ai or above", "not-ordered", "beside the ladder"),
        ("actor.role", "drivr", "not-in-set", "did you mean 'driver'"),
        ("flags", "vlp", "not-in-set", "did you mean 'vip'"),
        ("flags", "has vlp", "not-in-set", "did you mean 'vip'"),
        ("flags", "not(vip, chargeback, claimer, none)", "bad-cell", "leaves nothing over"),
        ("odd", "none", "bad-cell", "`has none`"),
        ("item.opened", "true", "wrong-type", "neither yes nor no"),
        ("item.opened", "yes, no", "wrong-type", "`-` for both"),
        ("tier", "x" * 2_001, "bad-cell", "longer than"),
    ],
)
def test_a_problem_names_the_cell_and_the_remedy(fact: str, cell: object, code: str, words: str) -> None:
    problem = refused(fact, cell)
    assert problem.code == code
    assert words in f"{problem.message} | {problem.help}"
    assert problem.help
    about_column = fact in ("action.amount", "big", "large", "order.totl")
    assert problem.span.file.partition("/<text>")[0] == f"rows/0/{fact}" + ("/<key>" if about_column else "")


def test_all_cells_are_read_before_a_row_is_refused() -> None:
    problems: list[Problem] = []
    assert read_row({"tier": "gild", "city": "Rome", "small": "x"}, scope_for(problems), ("first", 3)) is None
    assert [problem.span.file for problem in problems] == ["first/3/tier", "first/3/small"]


@given(st.sampled_from(sorted(FACTS)), st.text(st.sampled_from("-0125.<>=[](),\"' notverabhs:T"), max_size=20))
def test_any_cell_is_read_or_refused_by_name(fact: str, cell: str) -> None:
    problems: list[Problem] = []
    assert (read_cell(cell, fact, scope_for(problems), ()) is None) == bool(problems)


# -- boxes against the conditions of the same rows, by trying every case of a small world

WORLD: dict[str, list[Any]] = {
    "small": list(range(-2, 5)),
    "tier": ["bronze", "silver", "gold"],
    "order.id": ["A", "B", "C", "something else"],
    "flags": [frozenset(part) for size in range(4) for part in itertools.combinations(("vip", "chargeback", "claimer"), size)],
    "item.opened": [True, False],
    "gesture.day": [ir.NEVER_DAY, 1, day("2025-12-31"), day("2026-01-01"), day("2026-01-02"), day("9999-12-31")],
}
NUMBER_ITEMS = st.one_of(
    st.integers(-2, 4).map(str),
    st.builds("{} {}".format, st.sampled_from(["<=", ">="]), st.integers(-2, 4)),
    st.integers(-1, 4).map("< {}".format),
    st.integers(-2, 3).map("> {}".format),
    st.tuples(st.integers(-2, 4), st.integers(-2, 4)).map(lambda pair: f"[{min(pair)}..{max(pair)}]"),
    st.tuples(st.integers(-2, 1), st.integers(2, 4)).map(lambda pair: f"({pair[0]}..{pair[1]})" if pair[1] - pair[0] > 1 else "3"),
)
ITEMS = {
    "small": NUMBER_ITEMS,
    "tier": st.sampled_from(["bronze", "silver", "gold", "silver or above", "silver or below"]),
    "order.id": st.sampled_from(["A", "B", "C"]),
    "flags": st.sampled_from(["vip", "has chargeback", "claimer", "none"]),
    "item.opened": st.just("yes"),
    "gesture.day": st.sampled_from(["never", "< 2026-01-01", ">= 2026-01-01", "2026-01-01"]),
}


def cells_of(fact: str) -> st.SearchStrategy[object]:
    """Cells which can be read; `not` of everything is left out."""
    several = st.lists(ITEMS[fact], min_size=1, max_size=1 if fact == "item.opened" else 3, unique=True)
    texts = several.map(", ".join)
    return st.one_of(st.just("-"), several, texts, texts.map("not({})".format).filter(lambda cell: can_be_read(fact, cell)))


def can_be_read(fact: str, cell: object) -> bool:
    return read_cell(cell, fact, scope_for([]), ()) is not None


ROWS = st.fixed_dictionaries({}, optional={fact: cells_of(fact) for fact in WORLD})


def world(facts: set[str]) -> Iterator[dict[str, Any]]:
    """Every case of the facts named."""
    names = sorted(facts)
    for values in itertools.product(*(WORLD[name] for name in names)):
        yield dict(zip(names, values, strict=True))


@given(ROWS, ROWS)
@example({"flags": "not(none)"}, {"flags": "not(vip, chargeback, claimer)"})
@example({"flags": "none"}, {"flags": "not(vip)"})
def test_two_rows_overlap_when_some_facts_satisfy_both(one: dict[str, object], other: dict[str, object]) -> None:
    first, second = row(one), row(other)
    shared = set(one) & set(other)
    both = all(
        any(takes(read(fact, one[fact]), {fact: value}) and takes(read(fact, other[fact]), {fact: value}) for value in WORLD[fact])
        for fact in shared
    )
    assert rows_overlap(first, second) == rows_overlap(second, first) == both


FEW = st.sets(st.sampled_from(sorted(WORLD)), min_size=1, max_size=3).flatmap(
    lambda facts: st.lists(st.fixed_dictionaries({}, optional={fact: cells_of(fact) for fact in sorted(facts)}), max_size=5)
)


@given(FEW)
@example([{"small": "< 0"}, {"small": "0"}, {"small": "> 0"}])
@example([{"flags": "vip"}, {"flags": "none"}])
@example([{"flags": "vip"}, {"flags": "not(vip)"}])
@example([{"tier": "gold", "small": "> 0"}, {"tier": "not(gold)"}, {"small": "<= 0"}])
@example([{"order.id": "A"}, {"order.id": "not(A)"}])
@example([])
def test_a_case_that_no_row_takes_is_found(cells: list[dict[str, object]]) -> None:
    made = [row(each) for each in cells]
    facts = {fact for each in cells for fact in each}
    missing = [case for case in world(facts) if not any(takes(each.condition, case) for each in made)]
    gap = uncovered(made, SCOPE)
    assert (gap is None) == (missing == [])
    if gap is not None:
        assert any(all(shows(gap[fact], fact, case[fact]) for fact in gap) for case in missing)


def shows(words: str, fact: str, value: Any) -> bool:
    """Whether the words about a case fit a value."""
    if fact == "flags":
        said = [part.removeprefix("has ").removeprefix("not ") for part in words.split(" and ")]
        held = {part: not words_of.startswith("has not") for part, words_of in zip(said, words.split(" and "), strict=True)}
        named = all((member in value) == expected for member, expected in held.items() if member != "another value")
        return named and ("another value" not in held or bool(set(value) - set(held)) == held["another value"])
    if fact in ("small", "gesture.day"):
        low, _, high = words.partition("..")
        return number(fact, low) <= value <= number(fact, high or low)
    if fact == "item.opened":
        return words == ("yes" if value else "no")
    return words == value or (words == "any other text" and value == "something else")


def number(fact: str, text: str) -> int:
    return int(text) if fact == "small" else 0 if text == "never" else day(text)


@pytest.mark.parametrize(
    ("rows", "gap"),
    [
        ([{"order.total": "<= 25"}, {"order.total": "> 25.50"}], {"order.total": "25.01..25.5"}),
        ([{"order.total": "< 25"}, {"order.total": "> 25"}], {"order.total": "25"}),
        ([{"actor.role": "driver or above"}], {"actor.role": "ai"}),
        ([{"tier": "gold", "small": "> 0"}, {"tier": "not(gold)"}], {"tier": "gold", "small": "-2..0"}),
        ([{"order.id": "A"}], {"order.id": "any other text"}),
        ([{"flags": "vip"}, {"flags": "none"}], {"flags": "has not vip and has another value"}),
        ([{"gesture.day": ">= 2026-01-01"}], {"gesture.day": "never..2025-12-31"}),
        ([{"order.day": ">= 2026-01-01"}], {"order.day": "0001-01-01..2025-12-31"}),
        ([{"wait": "<= 30 minutes"}], {"wait": "0.500277777..48 hours"}),
        ([{"meter": "<= 2.25"}], {"meter": "2.26..10"}),
        ([{"item.opened": "yes"}], {"item.opened": "no"}),
        ([{"order.at": "never"}], {"order.at": "0001-01-01..9999-12-31"}),
        ([{"tier": "-"}], None),
        ([], {}),
    ],
)
def test_a_gap_is_told_in_words(rows: list[dict[str, object]], gap: dict[str, str] | None) -> None:
    assert uncovered([row(cells) for cells in rows], SCOPE) == gap


def test_a_table_too_large_to_tell_says_so_soon() -> None:
    """The search gives up after so much work, not after so much time."""
    facts = {f"f{index}": ir.NumberType("integer", 0, 1_000) for index in range(12)}
    scope = Scope("GBP", "UTC", facts, ROLES, DEFINED.get, (), lambda _: None, lambda _: Span("x"), "refused")
    rows = [
        read_row({fact: str((7 * index + step) % 97) for index, fact in enumerate(facts) if (index + step) % 3}, scope, ())
        for step in range(400)
    ]
    wide = [read_row({"flags": "vip, chargeback, claimer"}, SCOPE, ())] * (ROWS_MAX // 3 + 1)
    assert uncovered([each for each in rows if each], scope) is not None
    assert uncovered([each for each in wide if each], SCOPE) == {}


@given(st.sampled_from(["<", "<=", ">", ">="]), st.fractions(-5, 5, max_denominator=20), st.integers(-6, 6))
def test_a_whole_bound_bounds_as_the_fraction_does(operator: Any, bound: Any, value: int) -> None:
    tests: dict[str, Callable[[Any], bool]] = {
        "<": lambda b: value < b,
        "<=": lambda b: value <= b,
        ">": lambda b: value > b,
        ">=": lambda b: value >= b,
    }
    assert tests[operator](bound) == tests[operator](whole_bound(operator, bound))


# -- files


def test_rows_come_with_their_lines() -> None:
    text = 'actor.role,"order.total",at_most\r\n\r\ndriver , "<= 25" ,10\r\nmanager,"1, 2",20\r\n'
    assert read_csv(text.replace(' "<= 25" ', "<= 25"), "caps.csv") == (
        [
            (3, {"actor.role": "driver", "order.total": "<= 25", "at_most": "10"}),
            (4, {"actor.role": "manager", "order.total": "1, 2", "at_most": "20"}),
        ],
        [],
    )


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("", "caps.csv:1:1", "empty"),
        ("\n\n", "caps.csv:1:1", "empty"),
        ("a,b,a\n1,2,3\n", "caps.csv:1:5", "'a' stands here twice"),
        ("a,,c\n1,2,3\n", "caps.csv:1:3", "column 2 has no name"),
        ("a,b\n1\n", "caps.csv:2:1", "1 cells, and the first line has 2"),
        ("a,b\n1,2\n1,2,3\n", "caps.csv:3:1", "3 cells"),
        ("a,b\n1,\0\n", "caps.csv:2:1", "NUL"),
        ('a,b\n1,"2\n', "caps.csv:2:1", "cannot be read as CSV"),
        ('a,b\n1,"2"3\n', "caps.csv:2:1", "cannot be read as CSV"),
        ("a\n" + "1\n" * (ROWS_MAX + 1), "caps.csv:1:1", "more than 10000 rows"),
    ],
)
def test_a_table_that_cannot_be_read_says_where(text: str, where: str, words: str) -> None:
    rows, problems = read_csv(text, "caps.csv")
    assert rows == []
    assert [(str(problem.span), problem.code) for problem in problems] == [(where, "bad-table")]
    assert words in problems[0].message
    assert problems[0].help


def test_all_problems_of_a_table_are_told_at_once() -> None:
    _, problems = read_csv("a,a\n1\n1,2\n1,2,3\n", "caps.csv")
    assert [problem.span.line for problem in problems] == [1, 2, 4]


@given(st.text(st.sampled_from('ab,"\n\r\0 '), max_size=30))
def test_any_table_is_read_or_refused_by_name(text: str) -> None:
    rows, problems = read_csv(text, "caps.csv")
    assert not (rows and problems)
    assert all(line > 0 and cells for line, cells in rows)
