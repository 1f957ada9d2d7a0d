"""How what an author wrote otherwise is written here, from the syntax tree and its text: only asked once something is refused."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from empower import ir
from empower.language.habits import NOTHING, TODAY
from empower.language.quantities import Misfit, decimal
from empower.language.syntax import construct, dotted, segment
from empower.noun import frozen

NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_LISTS = (ast.List, ast.Tuple, ast.Set)
_FLIPPED = {ast.Lt: ">", ast.LtE: ">=", ast.Gt: "<", ast.GtE: "<=", ast.Eq: "==", ast.NotEq: "!="}
_SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_UNUSED: Mapping[type[ast.operator], tuple[str, str]] = {
    ast.Mod: ("%", "nothing is divided here, so there is no remainder; a part is written `50% of x`"),
    ast.Pow: ("**", "only a constant multiplies, as in `2 * order.total`"),
    ast.BitAnd: ("&", "join conditions with `and`"),
    ast.BitOr: ("|", "join conditions with `or`"),
    ast.BitXor: ("^", "only a constant multiplies, as in `2 * order.total`"),
    ast.LShift: ("<<", "write `<`"),
    ast.RShift: (">>", "write `>`"),
}
Facts = Mapping[str, ir.FactType]


def forbidden(text: str, node: ast.expr) -> Misfit:
    """A construct that is no part of the language."""
    help_ = "write comparisons such as `order.total > 20`, joined by `and`, `or` and `not`"
    if isinstance(node, ast.IfExp):
        help_ = "write `(a and b) or (not a and c)`, or two rules"
    if isinstance(node, ast.UnaryOp):
        sign = "+" if isinstance(node.op, ast.UAdd) else "~"
        return Misfit(
            "forbidden-construct", f"the sign `{sign}` before a value is not part of the language", "leave it out, or write `not`"
        )
    if isinstance(node, ast.Subscript):
        part, whole = segment(text, node.slice), dotted(node.value)
        help_ = "name the whole fact; what a text holds is asked with `starts_with(order.id, 'UK')` or `contains(…)`"
        help_ = f"write `{whole}.{part[1:-1][:40]}`" if part[:1] in ("'", '"') and whole else help_
    return Misfit("forbidden-construct", f"{construct(node)} is not part of the language", help_)


def comma(text: str, node: ast.List | ast.Tuple | ast.Set) -> Misfit:
    """Why a comma stands outside brackets: in a number, in a list, or between conditions."""
    if number := re.search(r"(?<![\w.])[0-9]+(?:[.,][0-9]+)*,[0-9]+(?:[.,][0-9]+)*", segment(text, node)):
        at = node.col_offset + number.start()
        *whole, last = re.split("[.,]", number.group())
        thousands = len(last) == 3 and "." not in number.group()
        plain = "".join(whole) + (last if thousands else f".{last}")
        help_ = f"write `{plain}`" + (f", or `{''.join(whole)}.{last}` for a decimal" if thousands and len(whole) == 1 else "")
        return Misfit("bad-number", f"'{number.group()[:40]}' has a comma in it", help_, (at, at + len(number.group())))
    first = node.elts[0]
    if isinstance(first, ast.Compare) and len(node.elts) > 1 and isinstance(first.ops[-1], (ast.Eq, ast.In)):
        items = [segment(text, each) for each in (first.comparators[-1], *node.elts[1:])]
        if all(re.fullmatch(r"['\"\w-]+", item) for item in items):
            listed = ", ".join(item if item[0] in "'\"" else f"'{item}'" for item in items)
            help_ = f"write `{segment(text, first.left)} in [{listed[:200]}]`"
            return Misfit("bad-syntax", "a list stands here without its brackets", help_)
    at = (first.end_col_offset or 0) + text[first.end_col_offset or 0 :].find(",")
    return Misfit("bad-syntax", "a comma joins nothing here", "join conditions with `and` or `or`", (at, at + 1))


# ------------------------------------------------------------------------------------------------ calculations


def not_calculated(text: str, node: ast.BinOp) -> Misfit:
    """Why an operator has no place, and how the same is said."""
    left, right = segment(text, node.left), segment(text, node.right)
    if isinstance(node.op, ast.Div):
        share = Fraction(100, Fraction(right)) if NUMBER.fullmatch(right) and len(right) < 10 and Fraction(right) else None
        part = f"{decimal(share)}% of {left}" if share is not None and (share * 10_000).denominator == 1 else "50% of x"
        message = "'/' is not part of the language: it would need rounding"
        return Misfit("forbidden-construct", message, f"multiply instead: write `{part}`")
    if isinstance(node.op, ast.Mod) and NUMBER.fullmatch(left):
        return Misfit("bad-syntax", "'%' must be followed by 'of': of what is it a part?", f"write `{left}% of {right}`")
    sign, help_ = _UNUSED.get(type(node.op), ("…", ""))
    return Misfit("forbidden-construct", f"the operator `{sign}` is not part of the language", help_)


def split_name(text: str, node: ast.BinOp, facts: Facts) -> Misfit | None:
    """`order-total`, `order/total`: one name, written as two."""
    left, right = dotted(node.left), dotted(node.right)
    if not isinstance(node.op, (ast.Sub, ast.Div)) or left is None or right is None or (left in facts and right in facts):
        return None
    joined = next((f"{left}{sign}{right}" for sign in "._" if f"{left}{sign}{right}" in facts), None)
    if joined is None:
        return None
    return Misfit("unknown-name", f"'{segment(text, node)[:60]}' is not one name", f"did you mean `{joined}`?")


def time_since(node: ast.BinOp, facts: Facts) -> str:
    """How the time since a date or instant in a sum is counted."""
    named = [name for side in (node.left, node.right) if (name := dotted(side)) is not None and name != "now"]
    fact = next((name for name in named if isinstance(facts.get(name), (ir.DateType, ir.InstantType))), "order.delivered_at")
    counted = "hours_since" if isinstance(facts.get(fact), ir.InstantType) else "days_since"
    return f"count the time until now: `{counted}({fact}) > 30`, and `< 0` for what lies ahead"


# ------------------------------------------------------------------------------------------------ comparisons


@frozen
class Side:
    """One side of a comparison, and what it is compared with."""

    text: str
    node: ast.expr
    other: ast.expr
    operator: ast.cmpop
    facts: Facts

    def better(self, place: ast.expr) -> tuple[ast.expr, Misfit] | None:
        """A better word on what is wrong at a place on this side, from what stands on the other; and its place."""
        fact, name = dotted(self.other) or "", segment(self.text, place)
        kind = self.facts.get(fact)
        items = self.node.elts if isinstance(self.node, _LISTS) else []
        if found := self.words(items, fact):
            return place, Misfit("unknown-name", f"'{name[:60]}' is a word of '{fact}', and no fact", found)
        whole = segment(self.text, self.node)
        if isinstance(kind, ir.TextType) and name[:1].isalpha() and re.fullmatch(r"[A-Za-z][\w-]*", whole) and whole.lower() not in NOTHING:
            return self.node, Misfit("unknown-name", f"'{whole[:60]}' is not declared", f"put quotes around a text: `'{whole[:60]}'`")
        if items and self.looks_inside and isinstance(kind, (ir.NumberType, ir.DateType, ir.InstantType)):
            help_ = written_out(self.text, self.other, items, self.operator)
            return self.node, Misfit("wrong-type", "a list here holds words in quotes only", help_)
        if len(items) == 1 and dotted(items[0]) in self.facts and not self.looks_inside:
            return self.node, Misfit("wrong-type", "a name stands in brackets", f"write `{dotted(items[0])}` without them")
        written = self.constant(fact, name.lower()) if place is self.node and kind is not None else None
        return (place, Misfit("unknown-name", f"'{name}' is not a word of the language", written)) if written else None

    @property
    def looks_inside(self) -> bool:
        """Whether it is a comparison with `in`."""
        return isinstance(self.operator, (ast.In, ast.NotIn))

    def words(self, items: Sequence[ast.expr], fact: str) -> str | None:
        """How words of the fact are written that stand without quotes; None if they are none of its words."""
        words = [segment(self.text, item).strip("'\"") for item in items or [self.node]]
        near = {member.lower(): member for member in getattr(self.facts.get(fact), "members", ())}
        if not all(word.lower() in near for word in words):
            return None
        right = [f"'{near[word.lower()]}'" for word in words]
        if items:
            return f"put quotes around each: `[{', '.join(right)}]`"
        is_set = isinstance(self.facts.get(fact), ir.SetOfType)
        if is_set and not self.looks_inside:
            return f"put quotes around it, and `in` behind it: `{right[0]} in {fact}`"
        if self.looks_inside and not is_set:
            return f"put quotes around it: `{fact} {'==' if isinstance(self.operator, ast.In) else '!='} {right[0]}`"
        return f"put quotes around it: `{right[0]}`"

    def constant(self, fact: str, name: str) -> str | None:
        """How a comparison with a constant of another language is written."""
        kind = self.facts[fact]
        if name in ("none", "empty") and isinstance(kind, ir.SetOfType):
            return f"write a cell, `{{{fact}: none}}`"
        if name in NOTHING or name == "known":
            there = isinstance(self.operator, (ast.NotEq, ast.IsNot)) != (name == "known")
            return f"write `{'' if there else 'not '}known({fact})`"
        if name not in TODAY or not isinstance(kind, (ir.DateType, ir.InstantType)) or type(self.operator) not in _FLIPPED:
            return None
        sign = _FLIPPED[type(self.operator)] if self.node.col_offset > self.other.col_offset else _SIGNS[type(self.operator)]
        return f"write `days_since({fact}) {sign} {({'yesterday': '1', 'tomorrow': '-1'}).get(name, '0')}`"


def written_out(text: str, node: ast.expr, items: Sequence[ast.expr], operator: ast.cmpop) -> str:
    """`x in [1, 2]` as comparisons."""
    sign, join = ("==", " or ") if isinstance(operator, ast.In) else ("!=", " and ")
    return f"write `{join.join(f'{segment(text, node)} {sign} {segment(text, item)}' for item in items[:6])}`"


def named_again(text: str, child: ast.expr, node: ast.BoolOp) -> str:
    """`order.items == 5 or 10`, with the fact named on both sides."""
    before = [each for each in node.values if isinstance(each, ast.Compare) and len(each.ops) == 1 and each.col_offset < child.col_offset]
    if not before or not isinstance(child, ast.Constant):
        return ""
    right = before[-1].comparators[0]
    sign = text[before[-1].left.end_col_offset : right.col_offset].strip()
    return f"name the fact again: write `{segment(text, before[-1].left)[:60]} {sign} {segment(text, child)}`"
