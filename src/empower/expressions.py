"""Text of a condition or amount → typed IR.

The language is a small part of Python's syntax, read with `ast` and never evaluated as text, plus `N% of X` and `X per Y`.
Everything outside an allow-list is refused by name. Bounds on length, size and depth come before any recursion.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NoReturn

from attrs import frozen

from empower import ir
from empower.formulas import ALWAYS_KNOWN, atoms, numbers_in
from empower.moments import milliseconds
from empower.pack import Place
from empower.problems import Problem, did_you_mean
from empower.quantities import (
    Misfit,
    Quantity,
    add,
    amount_above,
    bare,
    common_unit,
    compare,
    greatest,
    least,
    literal,
    noun,
    product,
    scale,
    simplify,
)  # fmt: skip
from empower.scope import Scope, Sign
from empower.syntax import columns, construct, dotted, parse, quoted, segment
from empower.values import (
    CONDITIONS,
    REWRITES,
    Literal,
    Never,
    Value,
    Word,
    YesNo,
    amount_not_here,
    as_condition,
    depends_on_amount,
    moment,
    name_value,
    reads_amount,
    shown,
    unknown_name,
)  # fmt: skip
from empower.words import check_member, loose_word, membership, text_tested, words_compared

PRODUCT_MAX = 1_000
"""A count that multiplies money may not exceed this: 'small-range' in DESIGN §4."""

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_FLIPPED: dict[ir.Operator, ir.Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_TURNED: dict[Sign, Sign] = {1: -1, 0: 0, -1: 1}
_OPERATORS: dict[type[ast.cmpop], ir.Operator] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip


class _At(Exception):
    def __init__(self, node: ast.expr, misfit: Misfit) -> None:
        self.node, self.misfit = node, misfit


class _Silent(Exception):
    pass


def read_condition(text: str, scope: Scope, place: Place) -> ir.Cond | None:
    """A condition; None if it has problems, which are then reported."""
    value = _read(text, scope, place)
    if value is None:
        return None
    try:
        return as_condition(value)
    except Misfit as misfit:
        _report(scope, place, misfit)
        return None


def read_quantity(text: str, scope: Scope, place: Place) -> Quantity | None:
    """A number or amount; None if it has problems, which are then reported."""
    value = _read(text, scope, place)
    if value is None or isinstance(value, Quantity):
        return value
    help_ = "write a number, a fact, or `N% of` one"
    _report(scope, place, Misfit("wrong-type", f"'{text.strip()[:60]}' is not an amount or a number", help_))
    return None


def read_either(text: str, scope: Scope, place: Place) -> Quantity | ir.Cond | None:
    """What a `define` may hold: a number or a condition."""
    value = _read(text, scope, place)
    if value is None or isinstance(value, Quantity):
        return value
    try:
        return as_condition(value)
    except Misfit as misfit:
        _report(scope, place, misfit)
        return None


def _report(scope: Scope, place: Place, misfit: Misfit, shift: int = 0) -> None:
    """Report a problem, at its stretch of the text if it has one."""
    where = place if misfit.at is None else (*place, "<text>", misfit.at[0] + shift, misfit.at[1] + shift)
    scope.report(Problem(scope.find(where), misfit.code, misfit.message, misfit.help))


def _read(text: str, scope: Scope, place: Place) -> Value | None:
    bare_text = text.strip(" \t\n")
    shift = text.find(bare_text)
    try:
        tree = parse(bare_text)
    except Misfit as misfit:
        _report(scope, place, misfit, shift)
        return None
    return _Reader(bare_text, scope, place, shift).attempt(tree, scope.sign)


# ------------------------------------------------------------------------------------------------ what may stand before a larger amount


_HARMLESS = (ir.Compare, ir.IsAmong, ir.IsYes, ir.Has, ir.TextTest, ir.SameWord, ir.SetTest, ir.Constant)


def check_sign(found: ir.Cond, sign: Sign) -> None:
    """Raise `Misfit` for a condition under which a larger amount, or a fact becoming known, could loosen the other way (DESIGN §4)."""
    if not sign or isinstance(found, _HARMLESS):
        return
    for atom, positive in atoms(found):
        tightens = positive == (sign == 1)
        if isinstance(atom, ir.AmountAbove) and not tightens:
            wanted, sides = (">", ("above", "below")) if sign == 1 else ("<=", ("below", "above"))
            message = f"a larger amount would loosen: here the amount must lie {sides[0]} something, not {sides[1]}"
            help_ = f"write `action.amount {wanted} …` (`not` turns it round), or a cap with `at_most` or `at_least`"
            raise Misfit("not-monotone", message, help_)
        if isinstance(atom, ir.Known) and tightens:
            wanted = "not known" if sign == 1 else "known"
            message = f"telling '{atom.fact}' would tighten: here only `{wanted}({atom.fact})` may stand"
            raise Misfit("known-tightens", message, "nobody may be better off for keeping silent: drop it, or turn it round")


# ------------------------------------------------------------------------------------------------ nodes


@frozen
class _Reader:
    """Gives every node its meaning. `sign` says what a node does when it comes true; 0 for nodes that are no conditions."""

    text: str
    scope: Scope
    place: Place
    shift: int

    def attempt(self, node: ast.expr, sign: Sign = 0) -> Value | None:
        """The meaning of a node, or None after its problem has been reported."""
        try:
            return self.value(node, sign)
        except _Silent:
            return None
        except _At as found:
            found.misfit.at = found.misfit.at or columns(found.node)
            _report(self.scope, self.place, found.misfit, self.shift)
            return None

    def value(self, node: ast.expr, sign: Sign = 0) -> Value:
        """The meaning of a node; raises `_At` with the innermost node that has none."""
        try:
            kind = type(node)
            if kind is ast.BoolOp:
                return self.several(node, sign)  # type: ignore[arg-type]
            if kind is ast.UnaryOp and isinstance(node.op, ast.Not):  # type: ignore[attr-defined]
                return ir.Not(as_condition(self.value(node.operand, _TURNED[sign])))  # type: ignore[attr-defined]
            read = _NODES.get(kind, _Reader.forbidden)
            found = read(self, node)
            if sign and isinstance(found, CONDITIONS):
                check_sign(found, sign)
        except Misfit as misfit:
            raise _At(node, misfit) from None
        return found

    def several(self, node: ast.BoolOp, sign: Sign) -> ir.Cond:
        """`a and b`, `a or b`."""
        found = [self.attempt(value, sign) for value in node.values]
        if any(value is None for value in found):
            raise _Silent  # each part has reported its own
        parts = []
        for child, value in zip(node.values, found, strict=True):
            if isinstance(value, Literal):
                raise _At(child, loose_word(value, found))
            try:
                parts.append(as_condition(value))  # type: ignore[arg-type]
            except Misfit as misfit:
                raise _At(child, misfit) from None
        return ir.All(tuple(parts)) if isinstance(node.op, ast.And) else ir.Any(tuple(parts))

    def forbidden(self, node: ast.expr) -> NoReturn:
        """Whatever is not part of the language."""
        raise Misfit("forbidden-construct", f"{construct(node)} is not part of the language", "see `docs/packs.md` for what is")

    def quantity(self, node: ast.expr) -> Quantity:
        """A node that must be a number."""
        value = self.value(node)
        if isinstance(value, Quantity):
            return value
        raise _At(node, Misfit("wrong-type", f"{shown(value)} is not a number", "only numbers can be calculated with"))

    def constant(self, node: ast.Constant) -> Value:
        """A number, or a word in quotes."""
        written = segment(self.text, node)
        if isinstance(node.value, str):
            return Literal((quoted(written),), listed=False)
        if _NUMBER.fullmatch(written):
            return bare(literal(written))
        if written in REWRITES:
            raise Misfit("unknown-name", f"'{written}' is not a word of the language", f"write `{REWRITES[written]}`")
        if not isinstance(node.value, (int, float)):
            raise Misfit("forbidden-construct", f"'{written[:40]}' is not part of the language", "use plain quotes around words")
        raise Misfit("bad-number", f"'{written[:40]}' is not a plain number", "write digits and at most four decimals, such as 12 or 0.25")

    def list(self, node: ast.List | ast.Tuple | ast.Set) -> Literal:
        """`['a', 'b']`."""
        if segment(self.text, node)[:1] not in ("[", "(", "{"):
            raise Misfit("bad-syntax", "a comma stands here", "write 1000 without a comma; join conditions with `and`")
        texts = []
        for item in node.elts:
            value = self.value(item)
            if not isinstance(value, Literal) or value.listed:
                raise _At(item, Misfit("wrong-type", "a list here holds words in quotes only", "write `in ['a', 'b']`"))
            texts.append(value.texts[0])
        return Literal(tuple(texts), listed=True)

    def name(self, node: ast.Name | ast.Attribute) -> Value:
        """A fact, a named expression, `yes`, `no`, `never`."""
        name = dotted(node)
        if name is None:
            raise Misfit("forbidden-construct", f"{construct(node)} is not part of the language", "name a fact, such as `order.total`")
        value = name_value(name, self.scope)
        if self.scope.amount == "refused" and depends_on_amount(value):
            raise amount_not_here(f"'{name}' depends on the amount asked for, which")
        return value

    def sign(self, node: ast.UnaryOp) -> Value:
        """A number with a minus before it."""
        if not isinstance(node.op, ast.USub):
            self.forbidden(node)
        return scale(_countable(self.quantity(node.operand)), Fraction(-1))

    def arithmetic(self, node: ast.BinOp) -> Value:
        """Sums, multiples, percentages, products of money and a small count."""
        left, right = self.quantity(node.left), self.quantity(node.right)
        match node.op:
            case ast.Add():
                return add(left, right, self.scope.currency)
            case ast.Sub():
                return add(left, scale(right, Fraction(-1)), self.scope.currency)
            case ast.MatMult():
                return _percent(left, _countable(right))
            case ast.Mult():
                return _times(_countable(left), _countable(right))
            case ast.FloorDiv():
                return _per(left, right, self.scope)
            case ast.Div():
                help_ = "multiply instead, such as `0.5 * x` or `50% of x`"
                raise Misfit("forbidden-construct", "'/' is not part of the language: it would need rounding", help_)
            case _:
                raise Misfit(
                    "forbidden-construct", "this operator is not part of the language", "use + and −, a constant times a fact, or `N% of X`"
                )

    def comparison(self, node: ast.Compare) -> ir.Cond:
        """`a < b`, `a < b <= c`, `a in b`."""
        if len(node.ops) == 1:
            return self.compared(node.ops[0], node.left, node.comparators[0])
        sides = [node.left, *node.comparators]
        return ir.All(tuple(self.compared(each, left, right) for each, left, right in zip(node.ops, sides, sides[1:], strict=False)))

    def compared(self, operator: ast.cmpop, left_node: ast.expr, right_node: ast.expr) -> ir.Cond:
        """Two sides compared; what is wrong on both is reported of both."""
        left = self.attempt(left_node)
        self.refuse_bare_word(left, right_node)
        right = self.attempt(right_node)
        if left is None or right is None:
            raise _Silent
        if isinstance(operator, (ast.In, ast.NotIn)):
            found = membership(left, right)
            return ir.Not(found) if isinstance(operator, ast.NotIn) else found
        if type(operator) not in _OPERATORS:
            raise Misfit("forbidden-construct", "`is` is not part of the language", "write `==`")
        return compared(_OPERATORS[type(operator)], left, right, self.scope)

    def refuse_bare_word(self, left: Value | None, node: ast.expr) -> None:
        """`customer.category == loyal`, with the quotes forgotten."""
        if isinstance(left, Word) and isinstance(node, ast.Name) and node.id in getattr(left.type, "members", ()):
            raise _At(
                node, Misfit("unknown-name", f"'{node.id}' is a word of '{left.fact}', and no fact", f"put quotes around it: `'{node.id}'`")
            )

    def call(self, node: ast.Call) -> Value:
        """One of the functions."""
        name = dotted(node.func)
        if name not in _FUNCTIONS:
            written = name or construct(node.func)
            raise Misfit("unknown-function", f"'{written[:60]}' is not a function of the language", did_you_mean(written, _FUNCTIONS))
        if node.keywords:
            raise Misfit("wrong-argument", f"`{name}` takes no named arguments", f"write `{name}(…)` with the values alone")
        return _FUNCTIONS[name](self, node.args)

    def fact(self, nodes: Sequence[ast.expr], function: str) -> str:
        """The one fact that a function takes."""
        name = dotted(nodes[0]) if len(nodes) == 1 else None
        if name is None or name in ("action.amount", "now"):
            raise Misfit("wrong-argument", f"`{function}` takes one fact", f"write `{function}(order.delivered_at)` or the like")
        if name not in self.scope.facts:
            if self.scope.define(name) is not None:
                raise Misfit("wrong-argument", f"`{function}` takes a fact, and '{name}' is a named expression", "name the fact itself")
            raise unknown_name(name, self.scope)
        return name

    def days_since(self, nodes: Sequence[ast.expr]) -> Value:
        """Calendar days, in the pack's zone, from a date or instant fact to now; negative when it lies ahead."""
        fact = self.fact(nodes, "days_since")
        if isinstance(self.scope.facts[fact], ir.DateType):
            day: ir.Num = ir.NumberFact(fact)
        elif isinstance(self.scope.facts[fact], ir.InstantType):
            day = ir.DayOf(fact)
        else:
            raise Misfit("wrong-type", f"'{fact}' is not a date or an instant", "`days_since` needs one")
        return Quantity(ir.Sum(ir.Today(), ir.Scaled(day, -1)), "number", -3_652_060, 3_652_060)

    def hours_since(self, nodes: Sequence[ast.expr]) -> Value:
        """Elapsed hours from an instant fact to now, exact to the millisecond."""
        fact = self.fact(nodes, "hours_since")
        if not isinstance(self.scope.facts[fact], ir.InstantType):
            raise Misfit("wrong-type", f"'{fact}' is not an instant", "`hours_since` needs one; for a date use `days_since`")
        return Quantity(ir.Sum(ir.Now(), ir.Scaled(ir.NumberFact(fact), -1)), "number", -(10**15), 10**15, 3_600_000)

    def known(self, nodes: Sequence[ast.expr]) -> Value:
        """Whether a fact is known at all."""
        fact = self.fact(nodes, "known")
        if fact in ALWAYS_KNOWN:
            raise Misfit("constant-condition", f"'{fact}' is always known", "leave the test out")
        return ir.Known(fact)

    def smallest(self, nodes: Sequence[ast.expr]) -> Value:
        """The least of several numbers."""
        return least([self.quantity(node) for node in _some(nodes, "min")], self.scope.currency)

    def largest(self, nodes: Sequence[ast.expr]) -> Value:
        """The greatest of several numbers."""
        return greatest([self.quantity(node) for node in _some(nodes, "max")], self.scope.currency)

    def duration(self, nodes: Sequence[ast.expr], seconds: int) -> Value:
        """A length of time written out."""
        value = self.quantity(nodes[0]) if len(nodes) == 1 else None
        if value is None or value.constant is None or value.unit is not None:
            raise Misfit("wrong-argument", "a length of time takes one plain number", "write `minutes(30)` or `hours(2)`")
        exact = value.constant * seconds
        return simplify(Quantity(ir.Number(exact.numerator), "duration", exact.numerator, exact.numerator, exact.denominator))

    def text_test(self, nodes: Sequence[ast.expr], operator: str) -> Value:
        """A test of a text fact against a constant."""
        return text_tested(operator, [self.value(node) for node in nodes])


_NODES: dict[type[ast.expr], Callable[[_Reader, Any], Value]] = {
    ast.UnaryOp: _Reader.sign,
    ast.Compare: _Reader.comparison,
    ast.BinOp: _Reader.arithmetic,
    ast.Constant: _Reader.constant,
    ast.Name: _Reader.name,
    ast.Attribute: _Reader.name,
    ast.List: _Reader.list,
    ast.Tuple: _Reader.list,
    ast.Set: _Reader.list,
    ast.Call: _Reader.call,
}
_FUNCTIONS: dict[str, Callable[[_Reader, Sequence[ast.expr]], Value]] = {
    "days_since": _Reader.days_since,
    "hours_since": _Reader.hours_since,
    "known": _Reader.known,
    "min": _Reader.smallest,
    "max": _Reader.largest,
    "minutes": lambda reader, nodes: reader.duration(nodes, 60),
    "hours": lambda reader, nodes: reader.duration(nodes, 3_600),
    "days": lambda reader, nodes: reader.duration(nodes, 86_400),
    "starts_with": lambda reader, nodes: reader.text_test(nodes, "starts_with"),
    "ends_with": lambda reader, nodes: reader.text_test(nodes, "ends_with"),
    "contains": lambda reader, nodes: reader.text_test(nodes, "contains"),
    "matches": lambda reader, nodes: reader.text_test(nodes, "matches"),
}


def _some(nodes: Sequence[ast.expr], function: str) -> Sequence[ast.expr]:
    if len(nodes) < 2:
        raise Misfit("wrong-argument", f"`{function}` takes two or more numbers", f"write `{function}(a, b)`")
    return nodes


# ------------------------------------------------------------------------------------------------ calculating


def _countable(value: Quantity) -> Quantity:
    if value.unit in ("date", "instant"):
        raise Misfit("wrong-type", f"{noun(value.unit)} cannot be multiplied", "use `days_since(…)` or `hours_since(…)`")
    return value


def _percent(left: Quantity, right: Quantity) -> Quantity:
    if left.constant is None or left.unit is not None:
        raise Misfit("wrong-type", "the percentage must be a plain number", "write `50% of order.total`")
    return scale(right, left.constant / 100)


def _times(left: Quantity, right: Quantity) -> Quantity:
    if left.constant is not None and left.unit is None:
        return scale(right, left.constant)
    if right.constant is not None and right.unit is None:
        return scale(left, right.constant)
    help_ = "multiply by a constant, or write `12 per stay.nights` in the amount of a cap"
    raise Misfit("fact-times-fact", "two facts cannot be multiplied", help_)


def _per(left: Quantity, right: Quantity, scope: Scope) -> Quantity:
    if not scope.product:
        raise Misfit("fact-times-fact", "`per` may stand only in the amount of a cap or a budget", "write the condition without a product")
    money = left if left.unit == "money" else common_unit((left, Quantity(ir.Number(0), "money", 0, 0)), scope.currency)[0]
    if any(isinstance(part, ir.Product) for part in numbers_in(money.node)):
        raise Misfit("fact-times-fact", "`per` stands here twice", "multiply one amount by one count")
    if right.unit != "number" or right.denominator != 1 or right.low < 0 or right.high > PRODUCT_MAX:
        message = f"after `per` stands a whole number between 0 and {PRODUCT_MAX}, such as `stay.nights`"
        raise Misfit("fact-times-fact", message, "declare tight bounds for it")
    return product(money, right)


# ------------------------------------------------------------------------------------------------ comparing


def compared(operator: ir.Operator, left: Value, right: Value, scope: Scope) -> ir.Cond:
    """Two values compared."""
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return _numbers_compared(operator, left, right, scope)
    if isinstance(left, Quantity) and isinstance(right, (Literal, Never)):
        return compare(operator, left, moment(left, right, scope), scope.currency)
    if isinstance(right, Quantity) and isinstance(left, (Literal, Never)):
        return compared(_FLIPPED[operator], right, left, scope)
    if isinstance(left, CONDITIONS) and isinstance(right, YesNo):
        return _yes_no(operator, left, right)
    if isinstance(right, CONDITIONS) and isinstance(left, YesNo):
        return _yes_no(operator, right, left)
    if isinstance(left, Word):
        return words_compared(operator, left, right, scope)
    if isinstance(right, Word) and isinstance(left, Literal):
        return words_compared(_FLIPPED[operator], right, left, scope)
    raise Misfit("wrong-type", f"cannot compare {shown(left)} with {shown(right)}", "compare a fact with a value of its own type")


def _yes_no(operator: str, condition: ir.Cond, value: YesNo) -> ir.Cond:
    if operator not in ("==", "!="):
        raise Misfit("not-ordered", "yes and no have no order (only == and != apply)", "name the fact alone, or write `not` before it")
    return condition if value.value == (operator == "==") else ir.Not(condition)


def _numbers_compared(operator: ir.Operator, left: Quantity, right: Quantity, scope: Scope) -> ir.Cond:
    if isinstance(left.node, ir.Number) and isinstance(right.node, ir.Number):
        raise Misfit(
            "constant-condition", "there is no fact in this comparison, so it always comes out the same", "name the fact that decides"
        )
    if reads_amount(right.node) and not reads_amount(left.node):
        left, right, operator = right, left, _FLIPPED[operator]
    if not reads_amount(left.node) or scope.amount == "free":
        return compare(operator, left, right, scope.currency)
    factor = _amount_factor(left)
    if factor is None or reads_amount(right.node):
        message = "`action.amount` must stand alone, or times a positive constant, on one side"
        raise Misfit("not-monotone", message, "move the rest to the other side, or write it as a cap")
    bound = common_unit((left, right), scope.currency)[1]
    match operator:
        case ">" | ">=":
            return amount_above(factor, bound, or_equal=operator == ">=")
        case "<" | "<=":
            return ir.Not(amount_above(factor, bound, or_equal=operator == "<"))
        case _:
            help_ = "write `>` or `>=`; to fix an amount exactly use a cap with `at_most` and one with `at_least`"
            raise Misfit("not-monotone", f"`action.amount {operator} …` could loosen as the amount grows", help_)


def _amount_factor(value: Quantity) -> Fraction | None:
    """K of `k × action.amount`, when it is positive and that is all there is."""
    if isinstance(value.node, ir.Amount):
        return Fraction(1, value.denominator)
    if isinstance(value.node, ir.Scaled) and isinstance(value.node.value, ir.Amount) and value.node.factor > 0:
        return Fraction(value.node.factor, value.denominator)
    return None


__all__ = [
    "Literal", "Never", "Value", "Word", "YesNo", "as_condition", "check_member", "check_sign", "compared", "milliseconds", "name_value",
    "read_condition", "read_either", "read_quantity", "reads_amount",
]  # fmt: skip
