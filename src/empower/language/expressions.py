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

from empower import ir
from empower.formulas import ALWAYS_KNOWN
from empower.language.advice import NUMBER, Side, comma, forbidden, named_again, not_calculated, split_name, time_since, written_out
from empower.language.comparisons import check_sign, check_units, check_within_bounds, compared
from empower.language.habits import function
from empower.language.quantities import (
    Misfit,
    Quantity,
    add,
    bare,
    countable,
    greatest,
    least,
    literal,
    noun,
    per,
    percent,
    scale,
    simplify,
    times,
)  # fmt: skip
from empower.language.scope import Scope, Sign
from empower.language.syntax import columns, construct, dotted, parse, quoted, segment
from empower.language.values import (
    CONDITIONS,
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
from empower.language.words import check_member, loose_word, membership, text_tested
from empower.moments import milliseconds
from empower.noun import frozen
from empower.pack import Place
from empower.problems import Problem, did_you_mean

HELP_MAX = 400
"""Characters of help: a rewrite of a very long text helps nobody."""
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
    if value is None or (isinstance(value, Quantity) and not (scope.product and value.unit == "number")):
        return value
    help_ = "write a number, a fact, or `N% of` one"
    message = f"`{text.strip()[:60]}` is not an amount or a number"
    if isinstance(value, Quantity):
        product = re.fullmatch(r"([0-9.]+) *\* *([\w.]+)|([\w.]+) *\* *([0-9.]+)", text.strip())
        factors = [part for part in product.groups() if part] if product else []
        help_ = (
            f"write `{' per '.join(sorted(factors))}`" if factors else "write a number in major units, a money fact, or `12 per` a count"
        )
        message = f"`{text.strip()[:60]}` is a count, and not an amount of money"
    _report(scope, place, Misfit("wrong-type", message, help_))
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
    """Report a problem, at its stretch of the text if it has one. No test of what is known is advised where it could not stand."""
    named_alone = misfit.code == "unknown-name" and misfit.message.startswith("`known`")
    advised = misfit.help.startswith(("write `known(", "write `not known(")) and not named_alone
    if advised and scope.sign == (-1 if "not known(" in misfit.help else 1):
        misfit.help = "leave the test out: a fact that is not known is asked for where it matters"
    if len(misfit.help) > HELP_MAX:
        misfit.help = f"{misfit.help[:HELP_MAX]}…"
    where = place if misfit.at is None else (*place, "<text>", misfit.at[0] + shift, misfit.at[1] + shift)
    scope.report(Problem(scope.find(where), misfit.code, misfit.message, misfit.help))


def _read(text: str, scope: Scope, place: Place) -> Value | None:
    bare_text = text.strip(" \t\n")
    shift = text.find(bare_text)
    try:
        tree = parse(bare_text, scope.facts)
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
        if self.scope.product and all(isinstance(value, Quantity) for value in found):
            listed = ", ".join(segment(self.text, each) for each in node.values)
            raise Misfit("wrong-type", "`and` and `or` join conditions, not amounts", f"write the list `[{listed}]`: the smallest applies")
        parts = []
        for child, value in zip(node.values, found, strict=True):
            if isinstance(value, Literal):
                raise _At(child, loose_word(value, found))
            try:
                parts.append(as_condition(value))  # type: ignore[arg-type]
            except Misfit as misfit:
                misfit.help = named_again(self.text, child, node) or misfit.help
                raise _At(child, misfit) from None
        return ir.All(tuple(parts)) if isinstance(node.op, ast.And) else ir.Any(tuple(parts))

    def forbidden(self, node: ast.expr) -> NoReturn:
        """Whatever is not part of the language."""
        misfit = forbidden(self.text, node)
        if isinstance(node, ast.IfExp) and self.scope.product:
            misfit.help = "write a table of rows under `first:`, or two caps with `when`"
        raise misfit

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
        if NUMBER.fullmatch(written):
            return bare(literal(written), written)
        if isinstance(node.value, bool) or node.value is None:
            raise unknown_name(written, self.scope)
        if not isinstance(node.value, (int, float)):
            raise Misfit("forbidden-construct", f"'{written[:40]}' is not part of the language", "use plain quotes around words")
        raise Misfit("bad-number", f"'{written[:40]}' is not a plain number", "write digits and at most four decimals, such as 12 or 0.25")

    def list(self, node: ast.List | ast.Tuple | ast.Set) -> Literal:
        """`['a', 'b']`."""
        if segment(self.text, node)[:1] not in ("[", "(", "{"):
            raise comma(self.text, node)
        texts = []
        for item in node.elts:
            if isinstance(item, (ast.Compare, ast.BoolOp)):
                raise _At(
                    item, Misfit("wrong-type", "a list here holds words in quotes only", "put round brackets around conditions, or none")
                )
            value = self.value(item)
            if not isinstance(value, Literal) or value.listed:
                written = segment(self.text, item)
                help_ = f"put quotes around it: `'{written}'`" if NUMBER.fullmatch(written) else "write `in ['a', 'b']`"
                raise _At(item, Misfit("wrong-type", "a list here holds words in quotes only", help_))
            texts.append(value.texts[0])
        return Literal(tuple(texts), listed=True)

    def name(self, node: ast.Name | ast.Attribute) -> Value:
        """A fact, a named expression, `yes`, `no`, `never`."""
        name = dotted(node)
        if name is None:
            raise Misfit("forbidden-construct", f"{construct(node)} is not part of the language", "name a fact, such as `order.total`")
        if name not in self.scope.facts and self.text[: node.col_offset].rstrip().endswith("--"):
            raise Misfit(
                "bad-syntax", "'--' begins no comment inside an expression", "put the comment behind the expression, after `#` of YAML"
            )
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
        if (split := split_name(self.text, node, self.scope.facts)) is not None:
            raise split
        if type(node.op) not in _CALCULATED:
            raise not_calculated(self.text, node)
        left, right = self.quantity(node.left), self.quantity(node.right)
        match node.op:
            case ast.Add() | ast.Sub():
                if (unit := next((side.unit for side in (left, right) if side.unit in ("date", "instant")), None)) is not None:
                    code = "wrong-type" if None in (left.unit, right.unit) or left.unit == right.unit else "mixed-units"
                    raise Misfit(code, f"nothing can be added to {noun(unit)}, or taken from it", time_since(node, self.scope.facts))
                return add(left, right if isinstance(node.op, ast.Add) else scale(right, Fraction(-1)), self.scope.currency)
            case ast.MatMult():
                return percent(left, countable(right))
            case ast.Mult():
                return times(countable(left), countable(right))
            case _:
                if self.scope.product:
                    return per(left, right, self.scope.currency)
                help_ = "write the condition without a product"
                raise Misfit("fact-times-fact", "`per` may stand only in the amount of a cap or a budget", help_)

    def comparison(self, node: ast.Compare) -> ir.Cond:
        """`a < b`, `a < b <= c`, `a in b`."""
        if len(node.ops) == 1:
            return self.compared(node.ops[0], node.left, node.comparators[0])
        sides = [node.left, *node.comparators]
        return ir.All(tuple(self.compared(each, left, right) for each, left, right in zip(node.ops, sides, sides[1:], strict=False)))

    def compared(self, operator: ast.cmpop, left_node: ast.expr, right_node: ast.expr) -> ir.Cond:
        """Two sides compared; what is wrong on both is reported of both."""
        sides = self.side(left_node, right_node, operator), self.side(right_node, left_node, operator)
        left, right = sides
        if left is None or right is None:
            raise _Silent
        try:
            return self.tested(operator, left, right, left_node, right_node)
        except Misfit as misfit:
            if misfit.code in ("not-in-set", "bad-date"):
                misfit.at = self.word_at((left_node, right_node), misfit.message)
            elif isinstance(left, Quantity) and isinstance(right, Literal):
                misfit.at = columns(right_node)
            elif isinstance(right, Quantity) and isinstance(left, Literal):
                misfit.at = columns(left_node)
            raise

    def side(self, node: ast.expr, other: ast.expr, operator: ast.cmpop) -> Value | None:
        """One side of a comparison, or None after its problem has been reported; what stands on the other side helps to mend it."""
        try:
            return self.value(node)
        except _Silent:
            return None
        except _At as found:
            place, misfit = found.node, found.misfit
            if misfit.code in ("unknown-name", "wrong-type") and (
                advice := Side(self.text, node, other, operator, self.scope.facts).better(place)
            ):
                place, misfit = advice
            misfit.at = misfit.at or columns(place)
            _report(self.scope, self.place, misfit, self.shift)
            return None

    def tested(self, operator: ast.cmpop, left: Value, right: Value, left_node: ast.expr, right_node: ast.expr) -> ir.Cond:
        """Two values held against each other."""
        if isinstance(operator, (ast.In, ast.NotIn)):
            if isinstance(left, Quantity) and isinstance(right_node, (ast.List, ast.Tuple, ast.Set)) and right_node.elts:
                help_ = written_out(self.text, left_node, right_node.elts, operator)
                raise Misfit("wrong-type", f"`in` cannot look for {shown(left)} in a list", help_)
            found = membership(left, right)
            return ir.Not(found) if isinstance(operator, ast.NotIn) else found
        if type(operator) not in _OPERATORS:
            said, sign = ("is not", "!=") if isinstance(operator, ast.IsNot) else ("is", "==")
            help_ = f"write `{segment(self.text, left_node)[:60]} {sign} {segment(self.text, right_node)[:60]}`"
            raise Misfit("forbidden-construct", f"`{said}` is not part of the language", help_)
        if isinstance(left, Quantity) and isinstance(right, Quantity):
            check_units(left, right)
            check_within_bounds(_OPERATORS[type(operator)], left, right, self.scope)
        return compared(_OPERATORS[type(operator)], left, right, self.scope)

    def word_at(self, nodes: Sequence[ast.expr], message: str) -> tuple[int, int] | None:
        """Where the word stands with which a message begins."""
        words = [word for node in nodes for word in (node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else (node,))]
        return next((columns(word) for word in words if message.startswith(f"'{segment(self.text, word)[1:-1][:40]}")), None)

    def call(self, node: ast.Call) -> Value:
        """One of the functions."""
        name = dotted(node.func)
        if name is None and isinstance(node.func, ast.Constant) and len(node.args) == 1:
            help_ = f"write `{segment(self.text, node.func)} * {segment(self.text, node.args[0])}`"
            raise Misfit("unknown-function", f"'{segment(self.text, node.func)[:40]}' is not a function of the language", help_)
        if name not in _FUNCTIONS:
            written = name or construct(node.func)
            arguments = [segment(self.text, each) for each in node.args]
            help_ = function(written, arguments, self.scope.facts, tuple(_FUNCTIONS)) or did_you_mean(written, _FUNCTIONS)
            raise Misfit("unknown-function", f"'{written[:60]}' is not a function of the language", help_, columns(node.func))
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
            fact = dotted(nodes[0]) if nodes else None
            written = fact if fact in self.scope.facts and fact != "now" else "order.id" if function == "known" else "order.delivered_at"
            raise Misfit(
                "wrong-argument",
                f"`{function}` takes one fact",
                f"write `{function}({written})`" + (" or the like" if written != fact else ""),
            )
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
            fact = dotted(nodes[0]) if nodes else None
            moment_ = isinstance(self.scope.facts.get(fact or ""), (ir.DateType, ir.InstantType))
            help_ = f"for the days since then write `days_since({fact})`" if moment_ else "write `minutes(30)`, `hours(2)` or `days(1)`"
            raise Misfit("wrong-argument", "a length of time takes one plain number", help_)
        exact = value.constant * seconds
        return simplify(Quantity(ir.Number(exact.numerator), "duration", exact.numerator, exact.numerator, exact.denominator))

    def text_test(self, nodes: Sequence[ast.expr], operator: str) -> Value:
        """A test of a text fact against a constant."""
        for node in nodes[1:]:
            if isinstance(node, ast.Name) and node.id not in self.scope.facts:
                raise _At(
                    node, Misfit("unknown-name", f"'{node.id[:60]}' is not declared", f"put quotes around a text: `'{node.id[:60]}'`")
                )
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
_CALCULATED = (ast.Add, ast.Sub, ast.MatMult, ast.Mult, ast.FloorDiv)
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
    "Literal", "Never", "Value", "Word", "YesNo", "as_condition", "check_member", "check_sign", "check_within_bounds", "compared", "milliseconds", "moment", "name_value",
    "read_condition", "read_either", "read_quantity", "reads_amount",
]  # fmt: skip
