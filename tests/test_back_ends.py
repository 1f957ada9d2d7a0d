"""The meaning of every node, as a table: what the interpreter says, and the functions written as Python after it, whatever else is unknown."""

from __future__ import annotations

import gc
import linecache
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from empower import ir
from empower.backends.interpret import Interpreter, number
from empower.backends.python import TABLE_MAX, Compiled, make_function, word_table
from empower.environment import AccountReading, Environment, Unread
from empower.judge import BackEnd

TYPES: dict[str, ir.FactType] = {
    "order.total": ir.NumberType("money", 0, 100),
    "order.tip": ir.NumberType("money", 0, 100),
    "order.a_b": ir.NumberType("integer", 0, 9),
    "order_a.b": ir.NumberType("integer", 0, 9),
    "order.sent_at": ir.InstantType(),
    "order.paid": ir.YesNoType(),
    "order.late": ir.YesNoType(),
    "order.note": ir.TextType(),
    "order.same_note": ir.TextType(),
    "customer.level": ir.OneOfType(("bronze", "silver", "gold")),
    "customer.sort": ir.OneOfType(("new", "old")),
    "customer.flags": ir.SetOfType(("a", "b", "c")),
    "order.hidden": ir.NumberType("money", 0, 100),
}
FACTS = {
    "order.total": 70, "order.tip": 30, "order.a_b": 1, "order_a.b": 2, "order.sent_at": 25, "order.paid": True, "order.late": False,
    "order.note": "W-17", "order.same_note": "W-17", "customer.level": "gold", "customer.sort": "old", "customer.flags": frozenset({"a", "b"}),
}  # fmt: skip
"""All that is known; nobody knows `order.hidden`."""
NOW, AMOUNT = 30, 50
TOTAL, TIP, HIDDEN = ir.NumberFact("order.total"), ir.NumberFact("order.tip"), ir.NumberFact("order.hidden")
PAID, LATE, UNSEEN = ir.IsYes("order.paid"), ir.IsYes("order.late"), ir.Known("order.hidden")
ALWAYS, NEVER = ir.Constant(value=True), ir.Constant(value=False)


def day_of(at: int, zone: str = "") -> int:
    """A calendar of short days, which begin earlier in a zone that is named."""
    return (at + len(zone)) // 10


def plan(
    *, bars: Sequence[ir.Bar] = (), duties: Sequence[ir.Duty] = (), accounts: Sequence[ir.Account] = (), hidden: bool = False
) -> ir.Plan:
    """A plan of these alone; `hidden`: one that reads a fact which is not known."""
    slots = tuple(sorted([*FACTS, *(["order.hidden"] if hidden else [])]))
    return ir.Plan("refund", (1, 100), (), tuple(bars), tuple(bars), tuple(duties), tuple(accounts), "day", (), slots)


PROGRAM = ir.Program("table", "", "EUR", "Europe/Berlin", ("clerk",), {}, TYPES, {})


def seen(facts: Mapping[str, Any] = FACTS) -> Environment:
    """What the nodes are evaluated in."""
    return Environment({**facts, "action.kind": "refund"}, AMOUNT, NOW, day_of)


def back_ends() -> Iterator[BackEnd]:
    """Both."""
    yield Interpreter()
    yield Compiled(PROGRAM)


def values(exact: ir.Num, low: ir.Num | None = None, high: ir.Num | None = None) -> set[tuple[int, int]]:
    """What the back ends make of a threshold, with everything known, and with something that it does not read unknown."""
    bar = ir.Bar("g", "deny", "deny", None, ir.Triple(exact, low or exact, high or exact))
    found = set()
    for back_end in back_ends():
        for hidden in [True] if low else [True, False]:
            made = plan(bars=[bar], hidden=hidden)
            found |= {*back_end.bars(made, seen()), *back_end.shadows(made, seen())}
    return found


def row(condition: ir.Cond, value: ir.Num, possible: ir.Cond | None = None) -> ir.Row:
    """A row that applies on a condition; `possible`: where it may apply."""
    return ir.Row(condition, possible or condition, value)


def level(*members: str) -> ir.Cond:
    """The customer is of one of these levels."""
    return ir.IsAmong("customer.level", frozenset(members))


def many_words(count: int) -> ir.Rows:
    """A table of words with more combinations than are written down."""
    word = ir.IsAmong("customer.level", frozenset({"gold"}))
    return ir.Rows(
        (row(ir.All((word, ir.IsAmong("order.note", frozenset(f"n{n}" for n in range(count))))), ir.Number(1)),), ir.Number(2), "least"
    )


UNSURE = ir.Rows((row(LATE, ir.Number(4), PAID), row(PAID, ir.Number(6)), row(ALWAYS, ir.Number(1))), ir.Number(9), "least")
"""A table whose first row may apply, and whose second does."""
NUMBERS: list[tuple[ir.Num, int]] = [
    (ir.Number(-4), -4),
    (TOTAL, 70),
    (ir.Amount(), 50),
    (ir.Sum(TOTAL, TIP), 100),
    (ir.Sum(TOTAL, ir.Scaled(TIP, -1)), 40),
    (ir.Sum(TOTAL, ir.Scaled(ir.Sum(TIP, ir.Number(5)), -1)), 35),
    (ir.Sum(TOTAL, ir.Scaled(TIP, -2)), 10),
    (ir.Scaled(TIP, 3), 90),
    (ir.Scaled(ir.Sum(TOTAL, TIP), 2), 200),
    (ir.Product(ir.Sum(TOTAL, ir.Number(1)), ir.Sum(TIP, ir.Number(1))), 71 * 31),
    (ir.Floored(TOTAL, 9), 7),
    (ir.Floored(ir.Scaled(TOTAL, -1), 9), -8),
    (ir.Floored(ir.Sum(TOTAL, TIP), 30), 3),
    (ir.Least((TOTAL, TIP)), 30),
    (ir.Least((TIP, TOTAL)), 30),
    (ir.Greatest((TOTAL, TIP)), 70),
    (ir.Greatest((TIP, TOTAL)), 70),
    (ir.Least((TOTAL, TIP, ir.Number(50))), 30),
    (ir.Greatest((TOTAL, TIP, ir.Number(80))), 80),
    (ir.Least((TOTAL, ir.Number(80))), 70),
    (ir.Greatest((ir.Sum(TOTAL, TIP), TIP)), 100),
    (ir.Least((UNSURE, TIP)), 4),
    (ir.Greatest((UNSURE, TIP)), 30),
    (ir.KthLeast(1, (TOTAL, TIP, ir.Number(50))), 30),
    (ir.KthLeast(2, (TOTAL, TIP, ir.Number(50))), 50),
    (ir.KthLeast(1, (TOTAL,)), 70),
    (ir.Chosen("customer.level", (("bronze", ir.Number(1)), ("silver", ir.Number(2)), ("gold", ir.Number(3)))), 3),
    (ir.Chosen("customer.level", (("bronze", TIP), ("silver", ir.Number(2)), ("gold", TOTAL))), 70),
    (ir.Chosen("customer.sort", (("new", ir.Number(1)), ("old", TIP))), 30),
    (ir.Chosen("customer.sort", (("old", TIP), ("new", ir.Number(1)))), 30),
    (ir.If(PAID, TOTAL, TIP), 70),
    (ir.If(LATE, TOTAL, TIP), 30),
    (ir.If(PAID, UNSURE, TIP), 4),
    (ir.If(LATE, TIP, UNSURE), 4),
    (ir.If(LATE, UNSURE, TIP), 30),
    (ir.If(PAID, ir.If(LATE, UNSURE, TIP), UNSURE), 30),
    (ir.Sum(ir.If(LATE, TOTAL, TIP), ir.Number(1)), 31),
    (ir.Today(), 3),
    (ir.Today("Asia/Tokyo"), 4),
    (ir.DayOf("order.sent_at"), 2),
    (ir.DayOf("order.sent_at", "Asia/Tokyo"), 3),
    (ir.Now(), 30),
    (ir.Sum(ir.Scaled(ir.NumberFact("order.a_b"), 10), ir.NumberFact("order_a.b")), 12),
    # tables with everything known: a dictionary where every row names words, else a chain
    (ir.Rows((row(level("bronze", "silver"), ir.Number(1)), row(level("gold"), ir.Number(2))), ir.Number(3), "least"), 2),
    (ir.Rows((row(level("bronze"), ir.Number(1)),), ir.Number(3), "least"), 3),
    (ir.Rows((row(ir.All((level("gold"), ir.IsAmong("customer.sort", frozenset({"old"})))), ir.Number(1)),), ir.Number(3), "least"), 1),
    (ir.Rows((row(ir.All((level("gold"), ir.IsAmong("customer.sort", frozenset({"new"})))), ir.Number(1)),), ir.Number(3), "least"), 3),
    (ir.Rows((row(level("gold"), ir.Number(1)), row(level("gold"), ir.Number(2))), ir.Number(3), "greatest"), 1),
    (ir.Rows((row(level("silver"), ir.Number(1)), row(ALWAYS, ir.Number(2))), ir.Number(3), "least"), 2),
    (ir.Rows((row(level("gold"), TIP), row(ALWAYS, ir.Number(2))), ir.Number(3), "least"), 30),
    (ir.Rows((row(level("silver"), ir.Number(2)),), TIP, "least"), 30),
    (ir.Rows((row(LATE, ir.Number(1)), row(PAID, ir.Number(2))), ir.Number(3), "least"), 2),
    (ir.Rows((row(LATE, ir.Number(1)),), TOTAL, "greatest"), 70),
    (ir.Rows((row(ALWAYS, TIP),), ir.Number(1), "least"), 30),
    (ir.Rows((), ir.Number(5), "least"), 5),
    (ir.Rows((row(NEVER, ir.Number(1)),), ir.Number(5), "least"), 5),
    (ir.Rows((row(level("gold"), TIP),), ir.Number(3), "least"), 30),
    (ir.Rows((row(level("silver"), ir.Number(1)), row(NEVER, ir.Number(2))), ir.Number(3), "least"), 3),
    (ir.Rows((row(LATE, ir.Number(1)), row(PAID, UNSURE)), ir.Number(3), "greatest"), 4),
    (many_words(1), 2),
    # tables with rows that may apply
    (UNSURE, 4),
    (ir.Rows((row(LATE, ir.Number(4), PAID),), ir.Number(9), "least"), 4),
    (ir.If(PAID, ir.Rows((row(LATE, UNSURE), row(PAID, TIP)), UNSURE, "least"), TIP), 30),
    (ir.If(PAID, ir.Rows((row(PAID, UNSURE), row(LATE, TIP)), TIP, "least"), TIP), 4),
    (ir.Rows(UNSURE.rows, UNSURE.otherwise, "greatest"), 6),
    (ir.Rows((row(LATE, ir.Number(4), PAID), row(LATE, ir.Number(1))), ir.Number(9), "least"), 4),
    (ir.Rows((row(LATE, ir.Number(4), PAID), row(LATE, ir.Number(99))), ir.Number(9), "greatest"), 9),
    (ir.Rows((row(ALWAYS, ir.Number(4)), row(LATE, ir.Number(1), PAID)), ir.Number(0), "least"), 4),
    (ir.Rows((row(LATE, TIP, PAID), row(PAID, TOTAL), row(PAID, ir.Number(1))), ir.Number(0), "least"), 30),
    (ir.Rows((row(LATE, UNSURE, PAID),), ir.Number(99), "greatest"), 99),
]  # fmt: skip


@pytest.mark.parametrize(("node", "value"), NUMBERS)
def test_a_number_means_this(node: ir.Num, value: int) -> None:
    """Each node has one meaning, in every back end."""
    assert number(node, seen()) == value
    assert values(node) == {(value, value)}


def test_both_ends_of_a_threshold_are_worked_out() -> None:
    """While something is unknown, a threshold lies between its own two ends."""
    assert values(TOTAL, ir.Number(3), ir.Number(8)) == {(3, 8)}


CONDITIONS: list[tuple[ir.Cond, bool]] = [
    (ALWAYS, True),
    (NEVER, False),
    *((ir.Compare(sign, TIP, ir.Number(30)), truth) for sign, truth in (("<", False), ("<=", True), ("==", True), ("!=", False), (">", False), (">=", True))),
    *((ir.Compare(sign, TIP, TOTAL), truth) for sign, truth in (("<", True), ("<=", True), ("==", False), ("!=", True), (">", False), (">=", False))),
    (ir.AmountAbove(ir.Number(49)), True),
    (ir.AmountAbove(ir.Number(50)), False),
    (PAID, True),
    (LATE, False),
    (level("gold"), True),
    (level("silver"), False),
    (level("gold", "silver"), True),
    (level("silver", "gold"), True),
    (level("bronze", "silver"), False),
    (ir.IsAmong("action.kind", frozenset({"refund"})), True),
    (ir.IsAmong("order.note", frozenset({"x", "y", "W-17"})), True),
    (ir.IsAmong("order.note", frozenset({"x", "y", "z"})), False),
    (ir.SameWord("order.note", "order.same_note"), True),
    (ir.SameWord("order.note", "customer.level"), False),
    (ir.Has("customer.flags", "a"), True),
    (ir.Has("customer.flags", "c"), False),
    (ir.SetTest("contains_all", "customer.flags", frozenset({"a"})), True),
    (ir.SetTest("contains_all", "customer.flags", frozenset({"a", "c"})), False),
    (ir.SetTest("contained_by", "customer.flags", frozenset({"a", "b", "c"})), True),
    (ir.SetTest("contained_by", "customer.flags", frozenset({"a"})), False),
    (ir.SetTest("shares_at_least_one", "customer.flags", frozenset({"b", "c"})), True),
    (ir.SetTest("contains_all", "customer.flags", frozenset({"a", "b"})), True),
    (ir.SetTest("contained_by", "customer.flags", frozenset({"a", "b"})), True),
    (ir.SetTest("shares_at_least_one", "customer.flags", frozenset({"c"})), False),
    (ir.SetTest("shares_exactly_one", "customer.flags", frozenset({"a", "b"})), False),
    (ir.SetTest("shares_exactly_one", "customer.flags", frozenset({"b", "c"})), True),
    (ir.SetTest("shares_exactly_one", "customer.flags", frozenset({"c"})), False),
    (ir.TextTest("equals", "order.note", "W-17"), True),
    (ir.TextTest("equals", "order.note", "w-17"), False),
    (ir.TextTest("equals", "order.note", "w-17", ignore_case=True), True),
    (ir.TextTest("ends_with", "order.note", "17"), True),
    (ir.TextTest("ends_with", "order.note", "W"), False),
    (ir.TextTest("contains", "order.note", "-1"), True),
    (ir.TextTest("contains", "order.note", "71"), False),
    (ir.TextTest("matches", "order.note", "W-[0-9]+"), True),
    (ir.TextTest("matches", "order.note", "W"), False),
    (ir.TextTest("found", "order.note", "[0-9]"), True),
    (ir.TextTest("found", "order.note", "[x-z]"), False),
    (ir.TextTest("found", "order.note", "w", ignore_case=True), True),
    (ir.TextTest("starts_with", "order.note", "W-"), True),
    (ir.TextTest("starts_with", "order.note", "w-"), False),
    (ir.TextTest("starts_with", "order.note", "w-", ignore_case=True), True),
    (UNSEEN, False),
    (ir.Known("order.total"), True),
    (ir.Not(UNSEEN), True),
    (ir.Not(ir.Known("order.total")), False),
    (ir.Not(PAID), False),
    (ir.Not(ir.All((PAID, LATE))), True),
    (ir.All((PAID, ir.Not(LATE))), True),
    (ir.All((PAID, LATE)), False),
    (ir.All(()), True),
    (ir.Any((PAID, LATE)), True),
    (ir.Any((LATE, ir.Not(PAID))), False),
    (ir.Any(()), False),
    (ir.All((ir.Any((LATE, PAID)), ir.Any((PAID, LATE)))), True),
    (ir.Any((ir.All((PAID, LATE)), ir.All((LATE, PAID)))), False),
    (ir.AtLeast(1, (PAID, LATE)), True),
    (ir.AtLeast(2, (PAID, LATE)), False),
    (ir.AtLeast(2, (PAID, ir.Not(LATE), LATE)), True),
    (ir.AtLeast(0, ()), True),
    (ir.AtLeast(1, ()), False),
    # what is unknown is not read where its own bit, or what stands before it, says so
    (ir.All((UNSEEN, ir.Compare("<", HIDDEN, TIP))), False),
    (ir.Any((ir.Not(UNSEEN), ir.Compare("<", HIDDEN, TIP))), True),
    (ir.All((ir.All((UNSEEN, ir.IsYes("order.paid"))), ir.Compare("<", HIDDEN, TIP))), False),
    (ir.All((ir.AtLeast(1, (UNSEEN, LATE)), ir.Compare("<", HIDDEN, TIP))), False),
    (ir.Any((ir.Any((ir.Not(UNSEEN), LATE)), ir.Compare("<", HIDDEN, TIP))), True),
]  # fmt: skip


@pytest.mark.parametrize(("node", "truth"), CONDITIONS)
def test_a_condition_means_this(node: ir.Cond, *, truth: bool) -> None:
    """Each node has one meaning, in every back end."""
    for back_end in back_ends():
        for certain, possible, holding in ((node, ALWAYS, (truth, True)), (NEVER, node, (False, truth))):
            duty = ir.Duty("d", "oblige", node, certain, possible, ())
            assert list(back_end.duties(plan(duties=[duty], hidden=True), seen())) == [holding]
    chosen = ir.If(node, ir.Number(1), ir.Number(0))
    assert values(chosen, chosen) == {(truth, truth)}


def test_only_yes_is_yes() -> None:
    """A yes/no fact that is 1 says nothing: the request reads it before."""
    for back_end in back_ends():
        duty = ir.Duty("d", "oblige", PAID, PAID, ir.Not(PAID), ())
        assert list(back_end.duties(plan(duties=[duty]), seen({**FACTS, "order.paid": 1}))) == [(False, True)]


def test_what_is_unknown_is_never_read() -> None:
    """A formula that reads an unknown fact is a defect, which the interpreter tells."""
    with pytest.raises(Unread, match=r"order\.hidden"):
        number(HIDDEN, seen())


# ------------------------------------------------------------------------------------------------ budgets


def account(**parts: Any) -> ir.Account:
    """A budget per customer's note."""
    given = {"amount": None, "times": None, "already": None, "already_times": None, **parts}
    return ir.Account(
        "b", "table", "Europe/Berlin", given.pop("keys", ("order.note",)), ("ever", 0), **given, outcome="deny", personal=False
    )


def between(low: int, high: int) -> ir.Triple:
    """A number that lies between two."""
    return ir.Triple(HIDDEN, ir.Number(low), ir.Number(high))


@pytest.mark.parametrize(
    ("budget", "reading"),
    [
        (account(amount=between(40, 60)), AccountReading(("W-17",), (40, 60), None)),
        (account(amount=between(40, 60), already=between(5, 8)), AccountReading(("W-17",), (32, 55), None)),
        (account(amount=between(40, ir.OPEN), already=between(5, 8)), AccountReading(("W-17",), (32, ir.OPEN), None)),
        (account(amount=between(40, 60), already=between(0, ir.OPEN)), AccountReading(("W-17",), (40 - ir.OPEN, 60), None)),
        (account(times=3), AccountReading(("W-17",), None, (3, 3))),
        (account(times=3, already_times=between(1, 2)), AccountReading(("W-17",), None, (1, 2))),
        (
            account(amount=between(4, 6), times=3, already=between(1, 2), already_times=between(0, 3)),
            AccountReading(("W-17",), (2, 5), (0, 3)),
        ),
        (account(times=3, keys=("order.note", "order.hidden")), AccountReading(("W-17", None), None, (3, 3))),
        (account(times=3, keys=()), AccountReading((), None, (3, 3))),
    ],
)
def test_a_budget_reads_this(budget: ir.Account, reading: AccountReading) -> None:
    """The more was given before, the less is left; an unknown key is None, and no bound is no bound whatever was given."""
    for back_end in back_ends():
        assert list(back_end.accounts(plan(accounts=[budget], hidden=True), seen())) == [reading]


# ------------------------------------------------------------------------------------------------ the text that is written


def test_the_source_can_be_seen_while_its_function_lives() -> None:
    """The text is kept for tracebacks and debuggers, and goes with its function."""
    made = make_function("answer", ["def answer():", "    return one"], {"one": 1})
    file = made.__code__.co_filename
    assert made() == 1
    assert linecache.getlines(file) == ["def answer():\n", "    return one\n"]
    linecache.checkcache(file)
    assert linecache.getline(file, 2) == "    return one\n"
    del made
    gc.collect()
    assert linecache.getlines(file) == []


def test_the_source_names_the_guardrails() -> None:
    """Whoever sees a line in a debugger sees whose it is, with everything known or not."""
    compiled, bar = Compiled(PROGRAM), ir.Bar("no-more", "cap", "deny", None, ir.Triple(TOTAL, TIP, TOTAL))
    made = plan(bars=[bar], accounts=[account(times=3)])
    compiled.bars(made, seen())
    compiled.accounts(made, seen())
    bars, accounts = (compiled._made[question, id(made)].__code__.co_filename for question in ("bars", "accounts"))
    assert "".join(linecache.getlines(bars)).count("# cap no-more\n") == 2
    assert "".join(linecache.getlines(accounts)).count("# budget b\n") == 1


def test_functions_are_made_once_for_each_plan() -> None:
    """A back end asked twice about one plan answers with the same function, and about another plan with another."""
    compiled = Compiled(PROGRAM)
    three, four = (plan(bars=[ir.Bar("g", "cap", "deny", None, ir.Triple(*[ir.Number(bound)] * 3))]) for bound in (3, 4))
    assert [list(compiled.bars(each, seen())) for each in (three, four, three)] == [[(3, 3)], [(4, 4)], [(3, 3)]]


@pytest.mark.parametrize(("count", "written_down"), [(64, True), (65, False)])
def test_a_table_of_too_many_words_is_a_chain(count: int, *, written_down: bool) -> None:
    """A table of words becomes a dictionary only while it has few combinations; its meaning is the same."""
    words = {f"order.w{n}": tuple(f"w{n}" for n in range(size)) for n, size in enumerate((count, 64))}
    types = {**TYPES, **{fact: ir.OneOfType(members) for fact, members in words.items()}}
    program = ir.Program("table", "", "EUR", "Europe/Berlin", ("clerk",), {}, types, {})
    both = ir.All(tuple(ir.IsAmong(fact, frozenset({"w63"})) for fact in words))
    table = ir.Rows((row(both, ir.Number(1)),), ir.Number(2), "least")
    assert (count * 64 <= TABLE_MAX) is written_down
    assert (word_table(table, program) is not None) is written_down
    bar = ir.Bar("g", "cap", "deny", None, ir.Triple(table, table, table))
    made = ir.Plan("refund", (1, 100), (), (bar,), (), (), (), "never", (), tuple(words))
    for last, value in (("w63", 1), ("w62", 2)):
        env = seen({"order.w0": "w63", "order.w1": last})
        assert [list(each.bars(made, env)) for each in (Interpreter(), Compiled(program))] == [[(value, value)]] * 2
