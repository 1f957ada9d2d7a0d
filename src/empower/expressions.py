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
from empower.comparisons import check_sign, compared
from empower.formulas import ALWAYS_KNOWN
from empower.moments import milliseconds
from empower.pack import Place
from empower.problems import Problem, did_you_mean
from empower.quantities import (
    Misfit,
    Quantity,
    add,
    bare,
    countable,
    greatest,
    least,
    literal,
    per,
    percent,
    scale,
    simplify,
    times,
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
    name_value,
    reads_amount,
    shown,
    unknown_name,
)  # fmt: skip
from empower.words import check_member, loose_word, membership, text_tested

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
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
        return scale(countable(self.quantity(node.operand)), Fraction(-1))

    def arithmetic(self, node: ast.BinOp) -> Value:
        """Sums, multiples, percentages, products of money and a small count."""
        left, right = self.quantity(node.left), self.quantity(node.right)
        match node.op:
            case ast.Add():
                return add(left, right, self.scope.currency)
            case ast.Sub():
                return add(left, scale(right, Fraction(-1)), self.scope.currency)
            case ast.MatMult():
                return percent(left, countable(right))
            case ast.Mult():
                return times(countable(left), countable(right))
            case ast.FloorDiv():
                if self.scope.product:
                    return per(left, right, self.scope.currency)
                help_ = "write the condition without a product"
                raise Misfit("fact-times-fact", "`per` may stand only in the amount of a cap or a budget", help_)
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
        try:
            return self.tested(operator, left, right)
        except Misfit as misfit:
            if misfit.code in ("not-in-set", "bad-date"):
                misfit.at = self.word_at((left_node, right_node), misfit.message)
            raise

    def tested(self, operator: ast.cmpop, left: Value, right: Value) -> ir.Cond:
        """Two values held against each other."""
        if isinstance(operator, (ast.In, ast.NotIn)):
            found = membership(left, right)
            return ir.Not(found) if isinstance(operator, ast.NotIn) else found
        if type(operator) not in _OPERATORS:
            raise Misfit("forbidden-construct", "`is` is not part of the language", "write `==`")
        return compared(_OPERATORS[type(operator)], left, right, self.scope)

    def word_at(self, nodes: Sequence[ast.expr], message: str) -> tuple[int, int] | None:
        """Where the word stands with which a message begins."""
        words = [word for node in nodes for word in (node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else (node,))]
        return next((columns(word) for word in words if message.startswith(f"'{segment(self.text, word)[1:-1][:40]}")), None)

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
            message = f"'{written[:60]}' is not a function of the language"
            raise Misfit("unknown-function", message, did_you_mean(written, _FUNCTIONS), columns(node.func))
        starred = next((each for each in node.args if isinstance(each, ast.Starred)), None)
        if starred is not None:
            self.value(starred)
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
        try:
            return text_tested(operator, [self.value(node) for node in nodes])
        except Misfit as misfit:
            if misfit.code == "bad-pattern":
                misfit.at = columns(nodes[1])
            raise


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


__all__ = [
    "Literal", "Never", "Value", "Word", "YesNo", "as_condition", "check_member", "check_sign", "compared", "milliseconds", "name_value",
    "read_condition", "read_either", "read_quantity", "reads_amount",
]  # fmt: skip
