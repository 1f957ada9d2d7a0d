"""A condition tree means here what it means to the business-rules library, whose own engine is asked in every property."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from business_rules.engine import check_conditions_recursively
from business_rules.operators import BooleanType, NumericType, SelectMultipleType, SelectType, StringType
from business_rules.variables import BaseVariables, rule_variable
from hypothesis import example, given, strategies as st

from empower import ir
from empower.backends.interpret import holds
from empower.environment import Environment
from empower.language.quantities import Quantity
from empower.language.scope import AmountUse, Roles, Scope
from empower.language.trees import _OPERATORS, read_tree
from empower.problems import Problem, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from empower.pack import Place

TIERS = ("new", "regular", "Loyal", "loyal-plus")
FLAGS = ("vip", "VIP", "chargeback", "claimer")
FACTS: dict[str, ir.FactType] = {
    "order.total": ir.NumberType("money", 0, 500_000),
    "customer.claims": ir.NumberType("integer", -1_000, 1_000),
    "meter": ir.NumberType("decimal", -(10**12), 10**12, 10**9),
    "order.note": ir.TextType(),
    "customer.tier": ir.OneOfType(TIERS),
    "customer.flags": ir.SetOfType(FLAGS),
    "item.opened": ir.YesNoType(),
    "order.day": ir.DateType(),
    "wait": ir.NumberType("duration", 0, 86_400),
}
DEFINED: dict[str, Any] = {
    "half": Quantity(ir.NumberFact("order.total"), "money", 0, 500_000, 2),
    "fresh": ir.Not(ir.IsYes("item.opened")),
    "large": ir.Not(ir.Not(ir.AmountAbove(ir.Number(5_000)))),
    "big": Quantity(ir.Scaled(ir.Amount(), 3), "money", 0, 3 * 10**15, 2),
}


def scope_for(problems: list[Problem], amount: AmountUse = "tightens") -> Scope:
    def find(place: Place) -> Span:
        return Span("/".join(map(str, place)))

    roles = Roles(("driver", "team_lead"), {"ai": "team_lead"})
    return Scope("GBP", "UTC", FACTS, roles, DEFINED.get, tuple(DEFINED), problems.append, find, amount)


def read(tree: object, amount: AmountUse = "tightens") -> ir.Cond:
    problems: list[Problem] = []
    found = read_tree(tree, scope_for(problems, amount), ("when",))
    assert problems == []
    assert found is not None
    return found


def refused(tree: object, amount: AmountUse = "tightens") -> Problem:
    problems: list[Problem] = []
    assert read_tree(tree, scope_for(problems, amount), ("when",)) is None
    assert len(problems) == 1
    return problems[0]


def leaf(name: str, operator: str, *value: object) -> dict[str, object]:
    return {"name": name, "operator": operator, **({"value": value[0]} if value else {})}


# -- the library as the judge


def variables(facts: Mapping[str, Any], amount: int = 0) -> BaseVariables:
    """The variables of a host: money in major units, one of several words as a string."""
    total, tier = facts["order.total"], facts["customer.tier"]
    values: dict[str, tuple[type, Any]] = {
        "order.total": (NumericType, Decimal(total).scaleb(-2)),
        "customer.claims": (NumericType, facts["customer.claims"]),
        "meter": (NumericType, Decimal(facts["meter"]).scaleb(-9)),
        "half": (NumericType, Decimal(total).scaleb(-2) / 2),
        "big": (NumericType, Decimal(amount * 3).scaleb(-2) / 2),
        "action.amount": (NumericType, Decimal(amount).scaleb(-2)),
        "order.note": (StringType, facts["order.note"]),
        "customer.tier": (StringType, tier),
        "tier as select": (SelectType, [tier]),
        "customer.flags": (SelectMultipleType, sorted(facts["customer.flags"])),
        "flags as select": (SelectType, sorted(facts["customer.flags"])),
        "item.opened": (BooleanType, facts["item.opened"]),
        "fresh": (BooleanType, not facts["item.opened"]),
    }
    methods = {name: rule_variable(kind)(lambda _, value=value: value) for name, (kind, value) in values.items()}
    return type("HostVariables", (BaseVariables,), methods)()


NUMBERS = {"order.total", "customer.claims", "meter", "half", "big", "action.amount"}
SELECTS = {"customer.tier": "tier as select", "customer.flags": "flags as select"}


def typed(tree: Any) -> Any:
    """The same tree as a host would hand it to the library: numbers as decimals, selects by their own variable."""
    for join in ("all", "any"):
        if join in tree:
            return {join: [typed(part) for part in tree[join]]}
    name, operator, value = tree["name"], tree["operator"], tree.get("value")
    if name in NUMBERS:
        value = Decimal(value)
    if operator in ("contains", "does_not_contain"):
        name = SELECTS.get(name, name)
    return {"name": name, "operator": operator, "value": value}


def evaluated(condition: ir.Cond, facts: Mapping[str, Any], amount: int = 0) -> bool:
    return holds(condition, Environment(facts, amount, 0, lambda moment: moment))


NUMERIC = {"equal_to", "greater_than", "greater_than_or_equal_to", "less_than", "less_than_or_equal_to"}
NUMERIC_OPERATORS = st.sampled_from(sorted(NUMERIC))
TINY = st.sampled_from(
    [Fraction(0)] + [sign * Fraction(n, 10**9) for n in (1, 999, 1_000, 1_001, 999_999_000, 500_000_000) for sign in (1, -1)]
)
LETTERS = st.text("abAé1 .", max_size=3)


@st.composite
def facts(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "order.total": draw(st.sampled_from([0, 1, 2_499, 2_500, 2_501, 499_999, 500_000]) | st.integers(0, 500_000)),
        "customer.claims": draw(st.integers(-3, 3) | st.sampled_from([-1_000, 1_000])),
        "meter": draw(st.sampled_from([0, 999, 1_000, 1_001, -1_000, 10**9 - 1_000, 10**9 - 1_001, 10**12, -(10**12)])),
        "order.note": draw(st.text("abAé1 .", min_size=1, max_size=6)),
        "customer.tier": draw(st.sampled_from(TIERS)),
        "customer.flags": draw(st.frozensets(st.sampled_from(FLAGS))),
        "item.opened": draw(st.booleans()),
    }


def plain(number: Fraction) -> str:
    text = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return "0" if text in ("-0", "-0.0") else text


@st.composite
def near(draw: st.DrawFn, whole: st.SearchStrategy[Fraction]) -> str:
    return plain(draw(whole) + draw(TINY))


MONEY = st.sampled_from([Fraction(n, 100) for n in (-1, 0, 1, 2_500, 2_501, 1_250, 250_000, 500_000, 600_000)])
WHOLE = st.integers(-3, 3).map(Fraction) | st.sampled_from([Fraction(1_000), Fraction(-1_000), Fraction(10**12 - 1), Fraction(5, 2)])
WORDS = st.sampled_from(["new", "NEW", "loyal", "Loyal", "LOYAL-plus"])
FLAG_LISTS = st.lists(st.sampled_from(["vip", "Vip", "VIP", "chargeback", "CHARGEBACK", "claimer"]), max_size=4)
REGEX = st.sampled_from(["a", "^a", "a$", "^[ab]{1,3}$", "(a|b)1", "[^a]", "é?A", "^$", "b.*", r"\."])

MONEY_LEAVES = st.builds(leaf, st.sampled_from(["order.total", "half"]), NUMERIC_OPERATORS, near(MONEY))
NUMBER_LEAVES = st.builds(leaf, st.sampled_from(["customer.claims", "meter"]), NUMERIC_OPERATORS, near(WHOLE))
TEXT_LEAVES = st.one_of(
    st.builds(
        leaf,
        st.just("order.note"),
        st.sampled_from(["equal_to", "equal_to_case_insensitive", "starts_with", "ends_with", "contains", "non_empty"]),
        LETTERS,
    ),
    st.builds(leaf, st.just("order.note"), st.just("matches_regex"), REGEX),
)
TIER_LEAVES = st.one_of(
    st.builds(leaf, st.just("customer.tier"), st.just("equal_to"), st.sampled_from(TIERS)),
    st.builds(leaf, st.just("customer.tier"), st.sampled_from(["equal_to_case_insensitive", "contains", "does_not_contain"]), WORDS),
    st.builds(leaf, st.just("customer.tier"), st.just("starts_with"), st.sampled_from(["", "n", "L", "loyal"])),
    st.builds(leaf, st.just("customer.tier"), st.just("ends_with"), st.sampled_from(["", "r", "al", "plus"])),
    st.builds(leaf, st.just("customer.tier"), st.just("matches_regex"), st.sampled_from(["oyal", "^new$", "-", "[A-Z]"])),
    st.just(leaf("customer.tier", "non_empty", "")),
)
SET_LEAVES = st.one_of(
    st.builds(
        leaf,
        st.just("customer.flags"),
        st.sampled_from(sorted(set(_OPERATORS["a set"]) - {"contains", "does_not_contain"})),
        FLAG_LISTS,
    ),
    st.builds(leaf, st.just("customer.flags"), st.sampled_from(["contains", "does_not_contain"]), st.sampled_from(["vip", "CLAIMER"])),
)
YES_NO_LEAVES = st.builds(leaf, st.sampled_from(["item.opened", "fresh"]), st.sampled_from(["is_true", "is_false"]), st.just(""))
LEAVES = st.one_of(MONEY_LEAVES, NUMBER_LEAVES, TEXT_LEAVES, TIER_LEAVES, SET_LEAVES, YES_NO_LEAVES)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(lambda join, parts: {join: parts}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=5,
)


@given(TREES, facts())
def test_a_tree_means_what_the_library_says(tree: Any, given_facts: dict[str, Any]) -> None:
    expected = bool(check_conditions_recursively(typed(tree), variables(given_facts)))
    assert evaluated(read(tree), given_facts) == expected


@given(LEAVES, facts())
@example(leaf("meter", "equal_to", "0"), {"meter": 1_000})
@example(leaf("meter", "equal_to", "0"), {"meter": 1_001})
@example(leaf("meter", "greater_than", "0"), {"meter": 1_000})
@example(leaf("meter", "greater_than", "0"), {"meter": 1_001})
@example(leaf("meter", "less_than_or_equal_to", "-0.000001"), {"meter": 0})
@example(leaf("customer.flags", "shares_exactly_one_element_with", ["vip"]), {"customer.flags": frozenset({"vip", "VIP"})})
@example(leaf("customer.flags", "shares_exactly_one_element_with", ["claimer", "Claimer"]), {"customer.flags": frozenset({"claimer"})})
@example(leaf("customer.flags", "contains_all", ["Vip"]), {"customer.flags": frozenset({"VIP"})})
@example(leaf("customer.flags", "contains_all", ["Vip", "claimer"]), {"customer.flags": frozenset({"VIP"})})
@example(leaf("order.note", "equal_to_case_insensitive", "AÉ"), {"order.note": "aé"})
def test_an_operator_means_what_the_library_says(one: Any, given_facts: dict[str, Any]) -> None:
    """Boundaries a millionth off, and words that differ by case or stand twice, included."""
    rest = {
        "order.total": 0,
        "customer.claims": 0,
        "meter": 0,
        "order.note": "a",
        "customer.tier": "new",
        "customer.flags": (),
        "item.opened": True,
    }
    whole = {**rest, **given_facts}
    expected = bool(check_conditions_recursively(typed(one), variables(whole)))
    assert evaluated(read(one), whole) == expected


@given(NUMERIC_OPERATORS, near(MONEY), st.sampled_from([0, 1, 2_499, 2_500, 2_501, 500_000]), st.sampled_from(["action.amount", "big"]))
def test_the_amount_means_what_the_library_says(operator: str, value: str, amount: int, name: str) -> None:
    tree = leaf(name, operator, value)
    judge = variables(
        {
            "order.total": 0,
            "customer.claims": 0,
            "meter": 0,
            "order.note": "",
            "customer.tier": "",
            "customer.flags": (),
            "item.opened": True,
        },
        amount,
    )
    expected = bool(check_conditions_recursively(typed(tree), judge))
    assert evaluated(read(tree, "free"), {}, amount) == expected
    if operator != "equal_to":
        assert evaluated(read(tree), {}, amount) == expected


def test_every_operator_of_the_library_is_read() -> None:
    """None more, none less; `one of` is a string and a select, `set of` a select_multiple and a select."""
    names = {
        kind: {operator["name"] for operator in kind.get_all_operators()}
        for kind in (NumericType, StringType, BooleanType, SelectType, SelectMultipleType)
    }
    assert set(_OPERATORS["a number"]) == names[NumericType] == NUMERIC
    assert set(_OPERATORS["a text"]) == names[StringType]
    assert set(_OPERATORS["yes or no"]) == names[BooleanType]
    assert set(_OPERATORS["one of several words"]) == names[StringType] | names[SelectType]
    assert set(_OPERATORS["a set"]) == names[SelectMultipleType] | names[SelectType]


# -- how it is lowered


def test_a_millionth_does_not_show_in_whole_pence() -> None:
    total = ir.NumberFact("order.total")
    assert read(leaf("order.total", "greater_than", "25")) == ir.Compare(">", total, ir.Number(2_500))
    assert read(leaf("order.total", "greater_than_or_equal_to", "25")) == ir.Compare(">=", total, ir.Number(2_500))
    assert read(leaf("order.total", "less_than", "25")) == ir.Compare("<", total, ir.Number(2_500))
    assert read(leaf("order.total", "less_than_or_equal_to", "25")) == ir.Compare("<=", total, ir.Number(2_500))
    assert read(leaf("order.total", "equal_to", "25")) == ir.Compare("==", total, ir.Number(2_500))


def test_bounds_stay_within_the_limits_of_the_fact() -> None:
    """So no constant leaves 64 bits, however large the number the author wrote."""
    assert read(leaf("meter", "less_than", "1000000000000")) == ir.Compare("<=", ir.NumberFact("meter"), ir.Number(10**12))
    assert read(leaf("meter", "greater_than", "1000000000000")) == ir.Compare(">", ir.NumberFact("meter"), ir.Number(10**12))
    assert read(leaf("meter", "less_than", "-1000000000000")) == ir.Compare("<", ir.NumberFact("meter"), ir.Number(-(10**12)))


def test_the_amount_can_only_tighten() -> None:
    """Where a larger amount may only tighten, its one form is a threshold."""
    assert read(leaf("action.amount", "greater_than", "40")) == ir.AmountAbove(ir.Number(4_000))
    assert read(leaf("action.amount", "greater_than_or_equal_to", "40")) == ir.AmountAbove(ir.Number(3_999))
    assert read(leaf("action.amount", "less_than", "40")) == ir.Not(ir.AmountAbove(ir.Number(3_999)))
    assert read(leaf("action.amount", "less_than", "40"), "free") == ir.Compare("<", ir.Amount(), ir.Number(4_000))
    assert refused(leaf("action.amount", "equal_to", "40")).code == "not-monotone"
    assert refused(leaf("big", "equal_to", "40")).code == "not-monotone"
    assert refused(leaf("action.amount", "greater_than", "40"), "refused").code == "amount-not-here"


def test_the_amount_does_not_come_in_by_another_name() -> None:
    """Where it may not stand, no named expression that holds it may."""
    assert read(leaf("large", "is_true")) == DEFINED["large"]
    assert refused(leaf("large", "is_true"), "refused").code == "amount-not-here"
    assert refused(leaf("big", "greater_than", "40"), "refused").code == "amount-not-here"


def test_no_value_is_needed_where_none_is_read() -> None:
    assert read({"name": "item.opened", "operator": "is_true"}) == ir.IsYes("item.opened")
    assert read({"name": "order.note", "operator": "non_empty"}) == ir.Not(ir.TextTest("equals", "order.note", ""))


# -- problems


@pytest.mark.parametrize(
    ("tree", "where", "code", "words"),
    [
        ("order.total > 5", "when", "bad-tree", "mapping"),
        ({}, "when", "bad-tree", "'name'"),
        ({"all": []}, "when/all", "bad-tree", "at least one"),
        ({"any": {"name": "x"}}, "when/any", "bad-tree", "list"),
        ({"all": [leaf("item.opened", "is_true")], "any": []}, "when", "bad-tree", "'any'"),
        ({"any": [], **leaf("item.opened", "is_true")}, "when", "bad-tree", "'any' stands alone"),
        ({"all": [{"any": [7]}]}, "when/all/0/any/0", "bad-tree", "mapping"),
        ({**leaf("item.opened", "is_true"), "valeu": "1"}, "when/valeu/<key>", "bad-tree", "did you mean 'value'"),
        ({"name": "item.opened"}, "when", "bad-tree", "'operator'"),
        ({"operator": "is_true"}, "when", "bad-tree", "'name'"),
        (leaf("order.total", "greater_than"), "when", "bad-tree", "'value'"),
        (leaf("order.totl", "greater_than", "5"), "when/name", "unknown-name", "did you mean 'order.total'"),
        (leaf("yes", "is_true"), "when/name", "wrong-type", "'yes'"),
        (leaf("order.day", "greater_than", "5"), "when/name", "wrong-type", "`define:`"),
        (leaf("wait", "greater_than", "5"), "when/name", "wrong-type", "`define:`"),
        (leaf("order.total", "greater", "5"), "when/operator", "unknown-operator", "did you mean 'greater_than'"),
        (leaf("order.total", ">", "5"), "when/operator", "unknown-operator", "write `greater_than`"),
        (leaf("customer.flags", "in", "vip"), "when/operator", "unknown-operator", "write `contains`"),
        (leaf("order.total", "greater_than", "£1,000.50"), "when/value", "wrong-type", "write `1000.50`"),
        ({"fact": "order.total", "operator": "greater_than", "value": "5"}, "when/fact/<key>", "bad-tree", "write `name`"),
        (leaf("order.total", "starts_with", "5"), "when/operator", "wrong-type", "which is a number"),
        (leaf("order.total", "__class__", "5"), "when/operator", "unknown-operator", ""),
        (leaf("order.total", "greater_than", "lots"), "when/value", "wrong-type", "'lots' is not a plain number"),
        (leaf("order.total", "greater_than", ["5"]), "when/value", "wrong-type", "not a plain number"),
        (leaf("order.total", "greater_than", "1e3"), "when/value", "wrong-type", "nine decimals"),
        (leaf("order.total", "greater_than", "007"), "when/value", "wrong-type", "'007'"),
        (leaf("order.total", "greater_than", "1.0000000001"), "when/value", "wrong-type", "nine decimals"),
        (leaf("order.total", "greater_than", "1000000000001"), "when/value", "bad-number", "larger"),
        (leaf("customer.tier", "equal_to", "loyal"), "when/value", "not-in-set", "did you mean 'Loyal'"),
        (leaf("customer.tier", "does_not_contain", "lojal"), "when/value", "not-in-set", "did you mean 'Loyal'"),
        (leaf("customer.tier", "starts_with", "x"), "when/value", "not-in-set", "no value of 'customer.tier'"),
        (leaf("customer.tier", "contains", ["new"]), "when/value", "wrong-type", "one text"),
        (leaf("customer.flags", "contains_all", ["vip", "vlp"]), "when/value", "not-in-set", "did you mean 'vip'"),
        (leaf("customer.flags", "contains_all", "vip"), "when/value", "wrong-type", "list of words"),
        (leaf("customer.flags", "contains", "nobody"), "when/value", "not-in-set", "'nobody'"),
        (leaf("order.note", "matches_regex", "(a+)+$"), "when/value", "bad-pattern", "in more than one way"),
        (leaf("order.note", "matches_regex", r"\d"), "when/value", "bad-pattern", "[0-9]"),
        (leaf("order.note", "matches_regex", "a+b"), "when/value", "bad-pattern", "`^`"),
    ],
)
def test_a_problem_has_its_place_and_a_help(tree: object, where: str, code: str, words: str) -> None:
    problem = refused(tree)
    assert (problem.span.file, problem.code) == (where, code)
    assert words in f"{problem.message} | {problem.help}"
    assert problem.help


def test_all_problems_are_reported_at_once() -> None:
    problems: list[Problem] = []
    tree = {
        "all": [leaf("order.totl", "greater_than", "5"), {"any": [leaf("order.total", "grater_than", "5"), leaf("item.opened", "is_true")]}]
    }
    assert read_tree(tree, scope_for(problems), ("when",)) is None
    assert [problem.span.file for problem in problems] == ["when/all/0/name", "when/all/1/any/0/operator"]


def test_a_deep_tree_is_refused_before_it_is_followed() -> None:
    tree: dict[str, Any] = leaf("item.opened", "is_true")
    for _ in range(5_000):
        tree = {"all": [tree]}
    assert refused(tree).code == "too-big"


@given(
    st.recursive(
        st.text(max_size=5) | st.none() | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["all", "any", "name", "operator", "value"]), inner),
        max_leaves=8,
    )
)
def test_any_value_is_read_or_refused_by_name(tree: object) -> None:
    problems: list[Problem] = []
    assert (read_tree(tree, scope_for(problems), ()) is None) == bool(problems)
