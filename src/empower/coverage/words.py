"""Conditions of the IR in the words of an author: short, for naming a goal; nothing reads them again."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from empower import ir
from empower.checked import CheckedPack
from empower.formulas import atom_facts
from empower.money import plain_money

_OPPOSITE: Mapping[str, str] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))


def told(condition: ir.Cond, pack: CheckedPack, *, positive: bool = True) -> str:
    """One test as its author would write it."""
    no = "" if positive else "not "
    match condition:
        case ir.Compare(operator=sign, left=left, right=right):
            unit = unit_of(condition, pack)
            return f"{told_number(left, pack, unit)} {sign if positive else _OPPOSITE[sign]} {told_number(right, pack, unit)}"
        case ir.AmountAbove(threshold=threshold):
            return f"action.amount {'>' if positive else '<='} {told_number(threshold, pack, 'money')}"
        case ir.IsYes(fact=fact):
            return f"{no}{fact}"
        case ir.IsAmong(fact=fact, members=members):
            return f"{fact} is {no}{' or '.join(sorted(members))}"
        case ir.SameWord(left=left_fact, right=right_fact):
            return f"{left_fact} is {no}{right_fact}"
        case ir.Has(fact=fact, member=member):
            return f"{member} {no}in {fact}"
        case ir.SetTest(operator=operator, fact=fact, members=members):
            return f"{no}{fact} {operator} {', '.join(sorted(members))}"
        case ir.TextTest(operator=operator, fact=fact, text=text):
            return f"{no}{fact} {operator} '{text}'"
        case ir.Known(fact=fact):
            return f"{no}known({fact})"
        case _:
            return "a condition"


def unit_of(atom: ir.Compare, pack: CheckedPack) -> str:
    """What the two sides of a comparison count."""
    for fact in sorted(atom_facts(atom)):
        kind = pack.facts.get(fact)
        if isinstance(kind, ir.NumberType):
            return kind.unit
        if isinstance(kind, ir.DateType):
            return "date" if isinstance(atom.left, ir.NumberFact) else "days"
    return "money" if isinstance(atom.left, ir.Amount) or isinstance(atom.right, ir.Amount) else "day" if _dated(atom) else "number"


def _dated(atom: ir.Compare) -> bool:
    return isinstance(atom.left, ir.Today)


def told_number(number: ir.Num, pack: CheckedPack, unit: str) -> str:
    """A number as its author would write it."""
    match number:
        case ir.Number(value=value):
            return _constant(value, pack, unit)
        case ir.NumberFact(fact=fact):
            return fact
        case ir.DayOf(fact=fact):
            return f"the day of {fact}"
        case ir.Amount():
            return "action.amount"
        case ir.Today():
            return "today"
        case ir.Now():
            return "now"
        case ir.Sum(left=ir.Today(), right=ir.Scaled(value=ir.NumberFact(fact=fact) | ir.DayOf(fact=fact), factor=-1)):
            return f"days_since({fact})"
        case ir.Sum(left=ir.Now(), right=ir.Scaled(value=ir.NumberFact(fact=fact), factor=-1)):
            return f"time since {fact}"
        case ir.Sum(left=left, right=right):
            return f"{told_number(left, pack, unit)} + {told_number(right, pack, unit)}"
        case ir.Scaled(value=value, factor=factor):
            return f"{factor} x {told_number(value, pack, unit)}"
        case ir.Product(left=left, right=right):
            return f"{told_number(left, pack, unit)} x {told_number(right, pack, unit)}"
        case ir.Floored(value=value, divisor=divisor):
            return f"{told_number(value, pack, unit)} / {divisor}"
        case ir.Least(values=values) | ir.Greatest(values=values):
            name = "min" if isinstance(number, ir.Least) else "max"
            return f"{name}({', '.join(told_number(value, pack, unit) for value in values)})"
        case ir.Chosen(fact=fact):
            return f"what {fact} gives"
        case _:
            return "a number"


def _constant(value: int, pack: CheckedPack, unit: str) -> str:
    match unit:
        case "money":
            return plain_money(value, pack.currency)
        case "duration":
            name, seconds = next((name, seconds) for name, seconds in _UNITS if value % seconds == 0)
            return f"{value // seconds} {name if value != seconds else name[:-1]}"
        case "date" | "day" if 0 < value <= datetime.date.max.toordinal():
            return datetime.date.fromordinal(value).isoformat()
        case _:
            return str(value)
