"""The meaning of the intermediate representation: one `match`, a branch for each node. Slow, obvious, and what all else is tested against.

With unknown facts only formulas made by `lower` are evaluated; those guard every reading of a fact with its `Known` bit.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from empower import ir
from empower.environment import AccountReading, Environment, Unread, Value, set_test, text_test

_OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def number(node: ir.Num, env: Environment) -> int:
    """The value of a number."""
    match node:
        case ir.Number(value=value):
            return value
        case ir.NumberFact(fact=fact):
            return int(_fact(fact, env))  # type: ignore[arg-type]
        case ir.Amount():
            return env.amount
        case ir.Sum(left=left, right=right):
            return number(left, env) + number(right, env)
        case ir.Scaled(value=value, factor=factor):
            return number(value, env) * factor
        case ir.Product(left=left, right=right):
            return number(left, env) * number(right, env)
        case ir.Floored(value=value, divisor=divisor):
            return number(value, env) // divisor
        case ir.Least(values=values):
            return min(number(value, env) for value in values)
        case ir.Greatest(values=values):
            return max(number(value, env) for value in values)
        case ir.KthLeast(count=count, values=values):
            return sorted(number(value, env) for value in values)[count - 1]
        case ir.Chosen(fact=fact, cases=cases):
            return number(dict(cases)[str(_fact(fact, env))], env)
        case ir.If(condition=condition, then=then, otherwise=otherwise):
            return number(then if holds(condition, env) else otherwise, env)
        case ir.Rows():
            return _first_match(node, env)
        case ir.Today(zone=zone):
            return _day(env.now, zone, env)
        case ir.DayOf(fact=fact, zone=zone):
            return _day(int(_fact(fact, env)), zone, env)  # type: ignore[arg-type]
        case ir.Now():
            return env.now


def _first_match(table: ir.Rows, env: Environment) -> int:
    pick = min if table.pick == "least" else max
    found: list[int] = []
    for row in table.rows:
        if holds(row.possible, env):
            found.append(number(row.value, env))
            if holds(row.certain, env):
                return pick(found)
    return pick([*found, number(table.otherwise, env)])


def holds(condition: ir.Cond, env: Environment) -> bool:
    """Whether a condition holds."""
    match condition:
        case ir.Constant(value=value):
            return value
        case ir.Compare(operator=sign, left=left, right=right):
            return _OPERATORS[sign](number(left, env), number(right, env))
        case ir.AmountAbove(threshold=threshold):
            return env.amount > number(threshold, env)
        case ir.IsYes(fact=fact):
            return _fact(fact, env) is True
        case ir.IsAmong(fact=fact, members=members):
            return _fact(fact, env) in members
        case ir.SameWord(left=left_fact, right=right_fact):
            return _fact(left_fact, env) == _fact(right_fact, env)
        case ir.Has(fact=fact, member=member):
            return member in _fact(fact, env)  # type: ignore[operator]
        case ir.SetTest(operator=sign, fact=fact, members=members):
            return set_test(sign, _fact(fact, env), members)  # type: ignore[arg-type]
        case ir.TextTest():
            return text_test(condition, str(_fact(condition.fact, env)))
        case ir.Known(fact=fact):
            return env.facts.get(fact) is not None
        case ir.Not(condition=inner):
            return not holds(inner, env)
        case ir.All(conditions=parts):
            return all(holds(part, env) for part in parts)
        case ir.Any(conditions=parts):
            return any(holds(part, env) for part in parts)
        case ir.AtLeast(count=count, conditions=parts):
            return sum(holds(part, env) for part in parts) >= count


def _day(at: int, zone: str, env: Environment) -> int:
    return env.day_of(at, zone) if zone else env.day_of(at)


def _fact(name: str, env: Environment) -> Value:
    value = env.facts.get(name)
    if value is None:
        raise Unread(name)
    return value


class Interpreter:
    """The back end that evaluates every formula afresh."""

    def bars(self, plan: ir.Plan, env: Environment) -> list[tuple[int, int]]:
        """(low, high) of each of `plan.bars`."""
        return [(number(bar.threshold.low, env), number(bar.threshold.high, env)) for bar in plan.bars]

    def shadows(self, plan: ir.Plan, env: Environment) -> list[tuple[int, int]]:
        """(low, high) of each of `plan.shadows`."""
        return [(number(bar.threshold.low, env), number(bar.threshold.high, env)) for bar in plan.shadows]

    def accounts(self, plan: ir.Plan, env: Environment) -> list[AccountReading]:
        """The reading of each of `plan.accounts`."""
        return [read_account(account, env) for account in plan.accounts]

    def duties(self, plan: ir.Plan, env: Environment) -> list[tuple[bool, bool]]:
        """(certain, possible) of each of `plan.duties`."""
        return [(holds(duty.certain, env), holds(duty.possible, env)) for duty in plan.duties]


def read_account(account: ir.Account, env: Environment) -> AccountReading:
    """A budget's limits, what was given before already subtracted."""
    keys = tuple(None if (value := env.facts.get(key)) is None else str(value) for key in account.keys)
    return AccountReading(keys, *account_limits(account, env))


def account_limits(account: ir.Account, env: Environment) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """(low, high) of the amount and of the times that an account still admits before its balance is looked at."""
    amount = times = None
    if account.amount is not None:
        before = _range(account.already, env)
        low, high = number(account.amount.low, env), number(account.amount.high, env)
        amount = (low - before[1], high if high >= ir.OPEN else high - before[0])
    if account.times is not None:
        before = _range(account.already_times, env)
        times = (account.times - before[1], account.times - before[0])
    return amount, times


def _range(triple: ir.Triple | None, env: Environment) -> tuple[int, int]:
    return (0, 0) if triple is None else (number(triple.low, env), number(triple.high, env))
