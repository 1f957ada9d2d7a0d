"""Law 12, what is proved is what runs: every node of the IR on every back end, at the values where it turns.

Random programs seldom stand just there: a planted fault in the rounding of negative numbers was missed by thousands of them. So the solver fills in
the facts: each comparison one below, at and one above where it turns, each condition once true and once not. The interpreter is the meaning.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import pytest

from empower import ir
from empower.backends import interpret, smt
from empower.backends.interpret import Interpreter
from empower.backends.python import Compiled
from empower.backends.smt import world as smt_world
from empower.environment import Environment, Value
from empower.periods import day_in

FACTS: dict[str, ir.FactType] = {
    "actor.id": ir.TextType(), "actor.role": ir.OneOfType(("clerk", "manager"), ordered=True), "a": ir.NumberType("money", 0, 500),
    "b": ir.NumberType("integer", -9, 9), "c": ir.NumberType("integer", -9, 9), "tier": ir.OneOfType(("new", "silver", "gold")),
    "other": ir.OneOfType(("gold", "lead")), "flags": ir.SetOfType(("x", "y", "z")), "yes": ir.YesNoType(), "code": ir.TextType(),
    "note": ir.TextType(), "since": ir.DateType(never=True), "at": ir.InstantType(never=True),
}  # fmt: skip
A, B, C = ir.NumberFact("a"), ir.NumberFact("b"), ir.NumberFact("c")
NEW, SILVER = (ir.IsAmong("tier", frozenset((word,))) for word in ("new", "silver"))
KNOWN_TIER = ir.Known("tier")
ROWS = (
    ir.Row(ir.All((KNOWN_TIER, NEW)), ir.Any((ir.Not(KNOWN_TIER), NEW)), ir.Number(40)),
    ir.Row(ir.All((KNOWN_TIER, SILVER)), ir.Any((ir.Not(KNOWN_TIER), SILVER)), A),
)
NUMBERS: dict[str, ir.Num] = {
    "number": ir.Number(7), "fact": A, "amount": ir.Amount(), "sum": ir.Sum(B, C), "scaled": ir.Scaled(B, -3), "product": ir.Product(A, B),
    "floored": ir.Floored(A, 7), "floored below zero": ir.Floored(ir.Scaled(B, 5), 3), "floored in a sum": ir.Sum(ir.Floored(ir.Sum(B, C), 4), A),
    "least": ir.Least((A, B, C)), "greatest": ir.Greatest((A, B, C)), "first least": ir.KthLeast(1, (A, B, C)), "second least": ir.KthLeast(2, (A, B, C)),
    "third least": ir.KthLeast(3, (B, A, C)), "chosen": ir.Chosen("tier", (("new", A), ("silver", B), ("gold", ir.Number(5)))),
    "if": ir.If(ir.IsYes("yes"), A, B), "rows": ir.Rows(tuple(ir.Row(r.possible, r.possible, r.value) for r in ROWS), ir.Number(3), "least"),
    "rows, least": ir.Rows(ROWS, ir.Number(25), "least"), "rows, greatest": ir.Rows(ROWS, ir.Number(25), "greatest"),
    "days": ir.Sum(ir.Today(), ir.Scaled(ir.DayOf("at"), -1)), "days elsewhere": ir.Sum(ir.Today("Asia/Tokyo"), ir.Scaled(ir.DayOf("at", "Asia/Tokyo"), -1)),
    "date": ir.Sum(ir.Today(), ir.Scaled(ir.NumberFact("since"), -1)), "hours": ir.Floored(ir.Sum(ir.Now(), ir.Scaled(ir.NumberFact("at"), -1)), 3_600_000),
}  # fmt: skip
OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
CONDITIONS: dict[str, ir.Cond] = {
    "amount above": ir.AmountAbove(ir.If(ir.IsYes("yes"), A, ir.Number(ir.OPEN))), "amount above rows": ir.AmountAbove(NUMBERS["rows, least"]),
    "amount above the second": ir.AmountAbove(ir.KthLeast(2, (A, ir.Number(30), ir.Number(60)))),
    "amount above all": ir.AmountAbove(ir.Greatest((A, ir.Number(50)))), "yes": ir.IsYes("yes"), "among": ir.IsAmong("tier", frozenset(("new", "gold"))),
    "text among": ir.IsAmong("code", frozenset(("A-1", "B"))), "same word": ir.SameWord("tier", "other"), "same text": ir.SameWord("code", "note"),
    "has": ir.Has("flags", "y"), "contains all": ir.SetTest("contains_all", "flags", frozenset("xy")),
    "contained by": ir.SetTest("contained_by", "flags", frozenset("xy")), "shares one": ir.SetTest("shares_at_least_one", "flags", frozenset("xy")),
    "shares just one": ir.SetTest("shares_exactly_one", "flags", frozenset("xyz")), "equals": ir.TextTest("equals", "code", "Ab"),
    "equals, any case": ir.TextTest("equals", "code", "Ab", ignore_case=True), "starts": ir.TextTest("starts_with", "code", "AB-"),
    "ends": ir.TextTest("ends_with", "code", "-9"), "contains": ir.TextTest("contains", "code", "xx"), "found": ir.TextTest("found", "code", "Q1"),
    "known": KNOWN_TIER, "not": ir.Not(NEW), "all": ir.All((NEW, ir.IsYes("yes"))), "all of none": ir.All(()), "any": ir.Any((NEW, ir.IsYes("yes"))),
    "any of none": ir.Any(()), "two of three": ir.AtLeast(2, (NEW, ir.IsYes("yes"), ir.Has("flags", "x"))), "none of two": ir.AtLeast(0, (NEW, SILVER)),
    "constant": ir.Constant(value=True),
}  # fmt: skip
ALWAYS_SO = {"all of none", "any of none", "none of two", "constant"}
UNKNOWN = {"known", "rows", "rows, least", "rows, greatest", "amount above rows"}
"""What is asked where the tier may be unknown; all others read their facts without asking."""
THRESHOLDS_ONLY = {"rows, least", "rows, greatest", "amount above rows"}
"""Tables with rows that may apply: `lower` makes them for thresholds, and never puts one into a condition."""


def planned(*, exact: ir.Cond, number: ir.Num) -> tuple[ir.Program, ir.Plan]:
    """A program with one threshold and one duty."""
    bar = ir.Bar("bar", "cap", "deny", None, ir.Triple(number, number, number))
    duty = ir.Duty("duty", "oblige", exact, exact, exact, ())
    slots = tuple(sorted(FACTS))
    plan = ir.Plan("refund", (0, 900), (), (bar,), (), (duty,), (), "instant", ("bar", "duty"), slots)
    return ir.Program("edges", "", "GBP", "Europe/London", ("clerk", "manager"), {}, FACTS, {"refund": plan}), plan


def agree(name: str, condition: ir.Cond, number: ir.Num, wanted: Callable[[smt.World], list[Any]]) -> tuple[bool, int] | None:
    """What all back ends say of a condition and a number where something holds; None: it cannot hold."""
    program, plan = planned(exact=condition, number=number)
    sure = FACTS.keys() - ({"tier"} if name in UNKNOWN else set())
    world = smt.World(smt.Terms(program), program, plan, sure=sure)
    solver = smt.Solver(world.terms)
    terms = world.holds(condition), world.number(number), world.above(world.amount, number), world.below(world.amount, number)
    if solver.check(*wanted(world), world.plain, world.now >= 0) != "yes":
        return None
    facts: dict[str, Value | None] = dict.fromkeys(FACTS)
    facts |= {"actor.id": "a1", "actor.role": "clerk", **solver.facts(world)}
    env = Environment(facts, solver.number(world.amount), solver.number(world.now), day_in(program.zone))
    meant = interpret.holds(condition, env), interpret.number(number, env)
    assert (solver.holds(terms[0]), solver.number(terms[1])) == meant
    assert (solver.holds(terms[2]), solver.holds(terms[3])) == (env.amount > meant[1], env.amount < meant[1])
    compiled, plain = Compiled(program), Interpreter()
    assert list(compiled.bars(plan, env)) == plain.bars(plan, env) == [(meant[1], meant[1])]
    if name not in THRESHOLDS_ONLY:
        assert list(compiled.duties(plan, env)) == plain.duties(plan, env) == [(meant[0], meant[0])]
    return meant


def compared(name: str) -> None:
    """A number compared with another by every operator, one below, at, and one above where it turns; and with one that is negative."""
    left = NUMBERS[name]
    reached = set()
    for sign, right, gap in product(OPERATORS, (ir.Number(4), ir.Number(-3), ir.Sum(C, ir.Number(1))), (-1, 0, 1)):
        condition = ir.Compare(sign, left, right)  # type: ignore[arg-type]
        found = agree(name, condition, left, partial(_apart, left, right, gap))
        if found is not None:
            assert found[0] == OPERATORS[sign](gap, 0)
            reached.add(gap)
    assert 0 in reached or name == "number"


def _apart(left: ir.Num, right: ir.Num, gap: int, world: smt.World) -> list[Any]:
    """Two numbers are so far apart; and so is the amount from the first, where it can be."""
    value = world.number(left)
    near = smt.some([world.amount - value == gap, value < 1, value > 898, left == ir.Amount()])
    return [value - world.number(right) == gap, near]


@pytest.mark.parametrize("name", NUMBERS)
def test_a_comparison_where_it_turns(name: str) -> None:
    """Every back end reads the same IR: each number compared by each operator, at −1, 0 and +1, on each back end."""
    compared(name)


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_both_ways(name: str) -> None:
    """Every back end reads the same IR: each condition once where it holds, and once where it does not."""
    condition = CONDITIONS[name]
    ways = [agree(name, condition, A, lambda world, way=way: [world.holds(condition) == way]) for way in (True, False)]  # type: ignore[misc]
    assert [way[0] for way in ways if way is not None] == (
        [True] if name in ALWAYS_SO - {"any of none"} else [False] if name in ALWAYS_SO else [True, False]
    )


# ------------------------------------------------------------------------------------------------ planted faults

FAULTS: dict[str, tuple[str, Any, str]] = {
    "division truncates": ("floored", lambda value, divisor: smt.choice(value >= 0, _down(value, divisor), -_down(-value, divisor)), "floored below zero"),
    "the ends are left out": ("OPERATORS", {**smt_world.OPERATORS, "<=": lambda left, right: left < right}, "fact"),
    "one too many": ("kth_least", lambda count, values: smt_world.extreme(values, least=count == 1), "second least"),
    "least is greatest": ("extreme", lambda values, **_: _extreme(values, least=True), "greatest"),
    "otherwise is forgotten": ("if_", lambda condition, then, _: smt.every([condition, then]), "if"),
}  # fmt: skip
_down, _extreme = smt_world.floored, smt_world.extreme


@pytest.mark.parametrize(("name", "fault", "where"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_the_terms_is_found(name: str, fault: Any, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that cannot fail promises nothing."""
    monkeypatch.setattr(smt_world, name, fault)
    with pytest.raises(AssertionError):
        compared(where)
