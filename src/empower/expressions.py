"""Text of a condition or amount → typed IR.

The language is a small part of Python's syntax, read with `ast` and never evaluated as text, plus `N% of X` and `X per Y`.
Everything outside an allow-list is refused by name. Bounds on length, size and depth come before any recursion.
"""

from __future__ import annotations

import ast
import datetime
import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from attrs import frozen

from empower import ir
from empower.pack import Place
from empower.patterns import PatternError, check_pattern
from empower.problems import Problem, Span, did_you_mean
from empower.quantities import (
    Misfit, Quantity, add, amount_above, bare, common_unit, compare, greatest, least, literal, noun, product, scale, simplify,
)  # fmt: skip
from empower.scope import Scope
from empower.syntax import construct, dotted, parse, segment

PRODUCT_MAX = 1_000
"""A count that multiplies money may not exceed this: 'small-range' in DESIGN §4."""

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPERATORS: dict[type[ast.cmpop], ir.Operator] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_REWRITES = {
    "true": "yes", "false": "no", "True": "yes", "False": "no", "None": "known(…)", "null": "known(…)", "nil": "known(…)",
    "AND": "and", "OR": "or", "NOT": "not", "IN": "in",
}  # fmt: skip


@frozen
class Word:
    """A fact of words: one of several, a text, or a set."""

    fact: str
    type: ir.OneOfType | ir.TextType | ir.SetOfType


@frozen
class Literal:
    """A text in quotes, or a list of them."""

    texts: tuple[str, ...]
    listed: bool


@frozen
class YesNo:
    """`yes` or `no` written out."""

    value: bool


@frozen
class Never:
    """The word `never`."""


Value = Quantity | Word | Literal | YesNo | Never | ir.Cond
_CONDITIONS = (
    ir.Constant, ir.Compare, ir.AmountAbove, ir.IsYes, ir.IsAmong, ir.SameWord, ir.Has, ir.SetTest, ir.TextTest, ir.Known,
    ir.Not, ir.All, ir.Any, ir.AtLeast,
)  # fmt: skip


class _At(Exception):  # noqa: N818  (never leaves this module)
    def __init__(self, node: ast.AST, misfit: Misfit) -> None:
        self.node, self.misfit = node, misfit


class _Silent(Exception):  # noqa: N818  (a problem that was reported already)
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
    _report(scope, place, Misfit("wrong-type", f"'{text[:60]}' is not an amount or a number", "write a number, a fact, or `N% of` one"))
    return None


def read_either(text: str, scope: Scope, place: Place) -> Quantity | ir.Cond | None:
    """What a `define` may hold: a number or a condition."""
    value = _read(text, scope, place)
    return value if value is None or isinstance(value, Quantity) else read_condition(text, scope, place)


def as_condition(value: Value) -> ir.Cond:
    """A value that stands where a condition is wanted."""
    if isinstance(value, _CONDITIONS):
        return value
    if isinstance(value, YesNo):
        return ir.Constant(value.value)
    if isinstance(value, Literal):
        shown = value.texts[0] if value.texts else ""
        help_ = f"name the fact on both sides, or write `fact in ['…', '{shown}']`"
        raise Misfit("word-as-condition", f"'{shown}' alone is not a condition", help_)
    if isinstance(value, Word):
        raise Misfit("word-as-condition", f"'{value.fact}' alone is not a condition", f"compare it, as in `{value.fact} == '…'`")
    raise Misfit("number-as-condition", "a number alone is not a condition", "compare it with something, such as `> 0`")


def _report(scope: Scope, place: Place, misfit: Misfit, column: int = 0, length: int = 0) -> None:
    span = scope.find(place)
    if length:
        span = Span(span.file, span.line, span.column + column, span.column + column + length)
    scope.report(Problem(span, misfit.code, misfit.message, misfit.help))


def _read(text: str, scope: Scope, place: Place) -> Value | None:
    try:
        tree = parse(text)
    except Misfit as misfit:
        column = getattr(misfit, "column", 0)
        _report(scope, place, misfit, column, 1 if column else 0)
        return None
    reader = _Reader(text, scope, place)
    return reader.attempt(tree.body)


@frozen
class _Reader:
    text: str
    scope: Scope
    place: Place

    def attempt(self, node: ast.expr) -> Value | None:
        """The meaning of a node, or None after its problem has been reported."""
        try:
            return self.value(node)
        except _Silent:
            return None
        except _At as found:
            start = getattr(found.node, "col_offset", 0)
            length = max(1, (getattr(found.node, "end_col_offset", start) or start) - start)
            multiline = getattr(found.node, "lineno", 1) != 1 or "\n" in self.text
            _report(self.scope, self.place, found.misfit, 0 if multiline else start, 0 if multiline else length)
            return None

    def value(self, node: ast.expr) -> Value:
        """The meaning of a node; raises `_At` with the innermost node that has none."""
        try:
            return self._value(node)
        except Misfit as misfit:
            raise _At(node, misfit) from None

    def _value(self, node: ast.expr) -> Value:  # noqa: PLR0911  (a branch for each kind of node)
        match node:
            case ast.BoolOp():
                return self._several(node)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ir.Not(as_condition(self.value(operand)))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return scale(self._quantity(operand), Fraction(-1))
            case ast.Compare():
                return self._comparison(node)
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.Constant():
                return self._constant(node)
            case ast.Name() | ast.Attribute():
                return self._name(node)
            case ast.List() | ast.Tuple() | ast.Set():
                return self._list(node)
            case ast.Call():
                return self._call(node)
            case _:
                raise Misfit("forbidden-construct", f"{construct(node)} is not part of the language", "see `docs/packs.md` for what is")

    def _several(self, node: ast.BoolOp) -> ir.Cond:
        found = [self.attempt(value) for value in node.values]
        if any(value is None for value in found):
            raise _Silent  # each part has reported its own
        parts = []
        for child, value in zip(node.values, found, strict=True):
            if isinstance(value, Literal):
                raise _At(child, _loose_word(value, found))
            try:
                parts.append(as_condition(value))  # type: ignore[arg-type]
            except Misfit as misfit:
                raise _At(child, misfit) from None
        return ir.All(tuple(parts)) if isinstance(node.op, ast.And) else ir.Any(tuple(parts))

    def _quantity(self, node: ast.expr) -> Quantity:
        value = self.value(node)
        if isinstance(value, Quantity):
            return value
        raise _At(node, Misfit("wrong-type", f"{_shown(value)} is not a number", "only numbers can be calculated with"))

    def _constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, bool) or node.value is None:
            shown = str(node.value)
            raise Misfit("unknown-name", f"'{shown}' is not a word of the language", f"write `{_REWRITES[shown]}`")
        if isinstance(node.value, str):
            if segment(self.text, node)[:1] not in ("'", '"'):
                raise Misfit("forbidden-construct", "a prefixed text is not part of the language", "use plain quotes")
            return Literal((node.value,), listed=False)
        written = segment(self.text, node)
        if isinstance(node.value, (int, float)) and _NUMBER.fullmatch(written):
            return bare(literal(written))
        raise Misfit("bad-number", f"'{written[:40]}' is not a plain number", "write digits and at most four decimals")

    def _list(self, node: ast.List | ast.Tuple | ast.Set) -> Literal:
        texts = []
        for item in node.elts:
            value = self.value(item)
            if not isinstance(value, Literal) or value.listed:
                raise _At(item, Misfit("wrong-type", "a list here holds words in quotes only", "write `in ['a', 'b']`"))
            texts.append(value.texts[0])
        return Literal(tuple(texts), listed=True)

    def _name(self, node: ast.expr) -> Value:
        name = dotted(node)
        if name is None:
            raise Misfit("forbidden-construct", f"{construct(node)} is not part of the language", "name a fact, such as `order.total`")
        return name_value(name, self.scope)

    def _arithmetic(self, node: ast.BinOp) -> Value:
        left, right = self._quantity(node.left), self._quantity(node.right)
        match node.op:
            case ast.Add():
                return add(left, right, self.scope.currency)
            case ast.Sub():
                return add(left, scale(right, Fraction(-1)), self.scope.currency)
            case ast.MatMult():
                return _percent(left, right)
            case ast.Mult():
                return _times(left, right)
            case ast.FloorDiv():
                return _per(left, right, self.scope)
            case ast.Div():
                help_ = "multiply instead, such as `0.5 * x` or `50% of x`"
                raise Misfit("forbidden-construct", "'/' is not part of the language: it would need rounding", help_)
            case _:
                raise Misfit("forbidden-construct", "this operator is not part of the language", "use + and −, a constant times a fact, or `N% of X`")

    def _comparison(self, node: ast.Compare) -> ir.Cond:
        parts: list[ir.Cond] = []
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            parts.append(self._compared(operator, left, right))
            left = right
        return parts[0] if len(parts) == 1 else ir.All(tuple(parts))

    def _compared(self, operator: ast.cmpop, left_node: ast.expr, right_node: ast.expr) -> ir.Cond:
        left, right = self.value(left_node), self.value(right_node)
        if isinstance(operator, (ast.In, ast.NotIn)):
            found = _membership(left, right, self.scope)
            return ir.Not(found) if isinstance(operator, ast.NotIn) else found
        if type(operator) not in _OPERATORS:
            raise Misfit("forbidden-construct", "`is` is not part of the language", "write `==`")
        return compared(_OPERATORS[type(operator)], left, right, self.scope)

    def _call(self, node: ast.Call) -> Value:
        name = dotted(node.func)
        if name not in _FUNCTIONS or node.keywords:
            shown = name or construct(node.func)
            raise Misfit("unknown-function", f"'{shown}' is not a function of the language", did_you_mean(shown, _FUNCTIONS))
        return _FUNCTIONS[name](self, node.args)

    def _fact(self, nodes: Sequence[ast.expr], function: str) -> str:
        name = dotted(nodes[0]) if len(nodes) == 1 else None
        if name is None or name in ("action.amount",):
            raise Misfit("wrong-argument", f"`{function}` takes one fact", f"write `{function}(order.delivered_at)` or the like")
        if name not in self.scope.facts:
            raise _unknown_name(name, self.scope)
        return name

    def days_since(self, nodes: Sequence[ast.expr]) -> Value:
        """Calendar days, in the pack's zone, from a date or instant fact to now; negative when it lies ahead."""
        fact = self._fact(nodes, "days_since")
        if isinstance(self.scope.facts[fact], ir.DateType):
            day: ir.Num = ir.NumberFact(fact)
        elif isinstance(self.scope.facts[fact], ir.InstantType):
            day = ir.DayOf(fact)
        else:
            raise Misfit("wrong-type", f"'{fact}' is not a date or an instant", "`days_since` needs one")
        return Quantity(ir.Sum(ir.Today(), ir.Scaled(day, -1)), "number", -3_652_060, 3_652_060)

    def hours_since(self, nodes: Sequence[ast.expr]) -> Value:
        """Elapsed hours from an instant fact to now, exact to the millisecond."""
        fact = self._fact(nodes, "hours_since")
        if not isinstance(self.scope.facts[fact], ir.InstantType):
            raise Misfit("wrong-type", f"'{fact}' is not an instant", "`hours_since` needs one; for a date use `days_since`")
        return Quantity(ir.Sum(ir.Now(), ir.Scaled(ir.NumberFact(fact), -1)), "number", -(10**15), 10**15, 3_600_000)

    def known(self, nodes: Sequence[ast.expr]) -> Value:
        """Whether a fact is known at all."""
        return ir.Known(self._fact(nodes, "known"))

    def smallest(self, nodes: Sequence[ast.expr]) -> Value:
        """The least of several numbers."""
        return least([self._quantity(node) for node in _some(nodes, "min")], self.scope.currency)

    def largest(self, nodes: Sequence[ast.expr]) -> Value:
        """The greatest of several numbers."""
        return greatest([self._quantity(node) for node in _some(nodes, "max")], self.scope.currency)

    def duration(self, nodes: Sequence[ast.expr], seconds: int) -> Value:
        """A length of time written out."""
        value = self._quantity(nodes[0]) if len(nodes) == 1 else None
        if value is None or value.constant is None or value.unit is not None:
            raise Misfit("wrong-argument", "a length of time takes one plain number", "write `minutes(30)` or `hours(2)`")
        exact = value.constant * seconds
        return simplify(Quantity(ir.Number(exact.numerator), "duration", exact.numerator, exact.numerator, exact.denominator))

    def text_test(self, nodes: Sequence[ast.expr], operator: str) -> Value:
        """A test of a text fact against a constant."""
        values = [self.value(node) for node in nodes]
        if len(values) != 2 or not isinstance(values[0], Word) or not isinstance(values[1], Literal) or values[1].listed:  # noqa: PLR2004
            raise Misfit("wrong-argument", f"`{operator}` takes a text fact and a text in quotes", f"write `{operator}(order.id, 'UK')`")
        if isinstance(values[0].type, ir.SetOfType):
            raise Misfit("wrong-type", f"'{values[0].fact}' is a set, not a text", f"write `'…' in {values[0].fact}`")
        text = values[1].texts[0]
        if operator == "matches":
            try:
                check_pattern(text)
            except PatternError as error:
                raise Misfit("bad-pattern", error.message, error.help) from None
        return ir.TextTest(operator, values[0].fact, text)  # type: ignore[arg-type]


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


def name_value(name: str, scope: Scope) -> Value:
    """What a name means in a scope."""
    if name in ("yes", "no"):
        return YesNo(name == "yes")
    if name == "never":
        return Never()
    if name == "action.amount":
        if scope.amount == "refused":
            raise Misfit("amount-not-here", "'action.amount' cannot be used here", "use it in a rule; an amount may not depend on the amount asked")
        return Quantity(ir.Amount(), "money", 0, 10**15)
    fact = scope.facts.get(name)
    if fact is not None:
        return _fact_value(name, fact)
    defined = scope.define(name)
    if defined is not None:
        return defined
    if name in scope.defined:
        raise Misfit("", f"'{name}' has a problem of its own, reported where it is defined")
    raise _unknown_name(name, scope)


def _fact_value(name: str, fact: ir.FactType) -> Value:
    match fact:
        case ir.NumberType(unit=unit):
            kind = {"money": "money", "duration": "duration"}.get(unit, "number")
            return Quantity(ir.NumberFact(name), kind, fact.low, fact.high, fact.denominator)
        case ir.DateType():
            return Quantity(ir.NumberFact(name), "date", ir.NEVER_DAY, 3_652_060)
        case ir.InstantType():
            return Quantity(ir.Now() if name == "now" else ir.NumberFact(name), "instant", ir.NEVER_MS, 253_402_300_800_000)
        case ir.YesNoType():
            return ir.IsYes(name)
        case _:
            return Word(name, fact)


def _unknown_name(name: str, scope: Scope) -> Misfit:
    if name in _REWRITES:
        return Misfit("unknown-name", f"'{name}' is not a word of the language", f"write `{_REWRITES[name]}`")
    help_ = did_you_mean(name, [*scope.facts, *scope.defined, "action.amount"])
    return Misfit("unknown-name", f"'{name}' is not declared", help_ if "did you" in help_ else f"declare it under `facts:`; {help_}")


def compared(operator: ir.Operator, left: Value, right: Value, scope: Scope) -> ir.Cond:
    """Two values compared."""
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return _numbers_compared(operator, left, right, scope)
    if isinstance(left, Quantity) and isinstance(right, (Literal, Never)):
        return compare(operator, left, _moment(left, right, scope), scope.currency)
    if isinstance(right, Quantity) and isinstance(left, (Literal, Never)):
        return compared(_FLIPPED[operator], right, left, scope)  # type: ignore[arg-type]
    if isinstance(left, _CONDITIONS) and isinstance(right, YesNo):
        return _yes_no(operator, left, right)
    if isinstance(right, _CONDITIONS) and isinstance(left, YesNo):
        return _yes_no(operator, right, left)
    if isinstance(left, Word):
        return _words_compared(operator, left, right, scope)
    if isinstance(right, Word) and isinstance(left, Literal):
        return _words_compared(_FLIPPED[operator], right, left, scope)  # type: ignore[arg-type]
    raise Misfit("wrong-type", f"cannot compare {_shown(left)} with {_shown(right)}", "compare a fact with a value of its own type")


def _yes_no(operator: str, condition: ir.Cond, value: YesNo) -> ir.Cond:
    if operator not in ("==", "!="):
        raise Misfit("not-ordered", "yes and no have no order (only == and != apply)", "name the fact alone, or write `not` before it")
    return condition if value.value == (operator == "==") else ir.Not(condition)


def _numbers_compared(operator: ir.Operator, left: Quantity, right: Quantity, scope: Scope) -> ir.Cond:
    if reads_amount(right.node) and not reads_amount(left.node):
        left, right, operator = right, left, _FLIPPED[operator]  # type: ignore[assignment]
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


def reads_amount(node: ir.Num) -> bool:
    """Whether a number depends on the amount asked for."""
    match node:
        case ir.Amount():
            return True
        case ir.Sum(left=left, right=right) | ir.Product(left=left, right=right):
            return reads_amount(left) or reads_amount(right)
        case ir.Scaled(value=value) | ir.Floored(value=value):
            return reads_amount(value)
        case ir.Least(values=values) | ir.Greatest(values=values):
            return any(reads_amount(value) for value in values)
        case ir.Chosen(cases=cases):
            return any(reads_amount(value) for _, value in cases)
        case _:
            return False


def _amount_factor(value: Quantity) -> Fraction | None:
    """k of `k × action.amount`, when it is positive and that is all there is."""
    if isinstance(value.node, ir.Amount):
        return Fraction(1, value.denominator)
    if isinstance(value.node, ir.Scaled) and isinstance(value.node.value, ir.Amount) and value.node.factor > 0:
        return Fraction(value.node.factor, value.denominator)
    return None


def _moment(left: Quantity, right: Literal | Never, scope: Scope) -> Quantity:
    """A date or instant written in quotes, or `never`, beside a fact of that type."""
    if left.unit not in ("date", "instant"):
        raise Misfit("wrong-type", f"cannot compare {noun(left.unit)} with {_shown(right)}", "write the number without quotes")
    if isinstance(right, Never):
        value = ir.NEVER_DAY if left.unit == "date" else ir.NEVER_MS
        if isinstance(left.node, ir.NumberFact) and not getattr(scope.facts[left.node.fact], "never", False):
            raise Misfit("wrong-type", f"'{left.node.fact}' is never `never`", "declare it as `date, may be never`, or leave the test out")
        return Quantity(ir.Number(value), left.unit, value, value)
    text = right.texts[0] if len(right.texts) == 1 and not right.listed else ""
    try:
        value = datetime.date.fromisoformat(text).toordinal() if left.unit == "date" else milliseconds(datetime.datetime.fromisoformat(text))
    except ValueError:
        wanted = "a date such as '2026-11-22'" if left.unit == "date" else "an instant such as '2026-11-22T09:00:00Z'"
        raise Misfit("bad-date", f"'{text[:40]}' is not {wanted}", f"write {wanted}") from None
    return Quantity(ir.Number(value), left.unit, value, value)


def milliseconds(moment: datetime.datetime) -> int:
    """An aware datetime as milliseconds UTC, rounded down; ValueError for a naive one."""
    if moment.tzinfo is None:
        message = "an instant needs its offset from UTC"
        raise ValueError(message)
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(milliseconds=1)


def _words_compared(operator: str, left: Word, right: Value, scope: Scope) -> ir.Cond:
    if isinstance(left.type, ir.SetOfType):
        help_ = f"write `'…' in {left.fact}`"
        raise Misfit("wrong-type", f"'{left.fact}' is a set and cannot be compared as a whole", help_)
    if isinstance(right, Word):
        return _same_words(operator, left, right)
    if not isinstance(right, Literal) or right.listed:
        raise Misfit("wrong-type", f"cannot compare '{left.fact}' with {_shown(right)}", "compare it with a word in quotes")
    word = right.texts[0]
    check_member(left, word)
    if operator in ("==", "!="):
        found = ir.IsAmong(left.fact, frozenset((word,)))
        return found if operator == "==" else ir.Not(found)
    return ir.IsAmong(left.fact, _ordered(operator, left, word, scope))


def _ordered(operator: str, left: Word, word: str, scope: Scope) -> frozenset[str]:
    if left.fact == "actor.role":
        if word in scope.roles.beside:
            raise Misfit("not-ordered", f"'{word}' stands beside the ladder and has no rank", "compare with a role of the ladder")
        return scope.roles.compared(operator, word)
    if not isinstance(left.type, ir.OneOfType) or not left.type.ordered:
        help_ = "declare it as `ordered one of [lowest, …, highest]`, or list the members with `in`"
        raise Misfit("not-ordered", f"'{left.fact}' has no order (only ==, != and in apply)", help_)
    at = left.type.members.index(word)
    test = {"<": range(at), "<=": range(at + 1), ">": range(at + 1, len(left.type.members)), ">=": range(at, len(left.type.members))}
    return frozenset(left.type.members[index] for index in test[operator])


def _same_words(operator: str, left: Word, right: Word) -> ir.Cond:
    if type(left.type) is not type(right.type) or isinstance(right.type, ir.SetOfType) or operator not in ("==", "!="):
        raise Misfit("wrong-type", f"cannot compare '{left.fact}' with '{right.fact}' by `{operator}`", "compare facts of one type with == or !=")
    found = ir.SameWord(left.fact, right.fact)
    return found if operator == "==" else ir.Not(found)


def check_member(word: Word, text: str) -> None:
    """Raise `Misfit` when a text is not a member of the fact's type."""
    members = getattr(word.type, "members", None)
    if members is not None and text not in members:
        raise Misfit("not-in-set", f"'{text[:60]}' is not a value of '{word.fact}'", did_you_mean(text, members))


def _membership(left: Value, right: Value, scope: Scope) -> ir.Cond:
    if isinstance(right, Word) and isinstance(right.type, ir.SetOfType):
        if not isinstance(left, Literal) or left.listed:
            raise Misfit("wrong-type", f"`in {right.fact}` needs one word in quotes before it", f"write `'…' in {right.fact}`")
        check_member(right, left.texts[0])
        return ir.Has(right.fact, left.texts[0])
    if isinstance(right, Literal) and not right.listed:
        raise Misfit("wrong-type", "`in` needs a list after it", f"write `in ['{right.texts[0]}']`, or `==`")
    if not isinstance(left, Word) or not isinstance(right, Literal) or isinstance(left.type, ir.SetOfType):
        raise Misfit("wrong-type", f"`in` cannot look for {_shown(left)} in {_shown(right)}", "write `fact in ['a', 'b']` or `'a' in set_fact`")
    if not right.texts:
        raise Misfit("wrong-type", "the list after `in` is empty", "name at least one member")
    for text in right.texts:
        check_member(left, text)
    return ir.IsAmong(left.fact, frozenset(right.texts))


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
    if right.unit != "number" or right.denominator != 1 or right.low < 0 or right.high > PRODUCT_MAX:
        message = f"after `per` stands a whole number between 0 and {PRODUCT_MAX}, such as `stay.nights`"
        raise Misfit("fact-times-fact", message, "declare tight bounds for it")
    return product(money, right)


def _some(nodes: Sequence[ast.expr], function: str) -> Sequence[ast.expr]:
    if len(nodes) < 2:  # noqa: PLR2004
        raise Misfit("wrong-argument", f"`{function}` takes two or more numbers", f"write `{function}(a, b)`")
    return nodes


def _loose_word(word: Literal, found: Sequence[Value | None]) -> Misfit:
    """`x == 'a' or 'b'`: the rewrite names the fact when it can be seen."""
    facts = sorted({c.fact for c in found if isinstance(c, ir.IsAmong)})
    members = sorted({m for c in found if isinstance(c, ir.IsAmong) for m in c.members} | set(word.texts))
    fact = facts[0] if facts else "fact"
    listed = ", ".join(f"'{m}'" for m in members)
    return Misfit("word-as-condition", f"'{word.texts[0] if word.texts else ''}' alone is not a condition", f"write `{fact} in [{listed}]`")


def _shown(value: Value) -> str:
    match value:
        case Quantity(unit=unit):
            return noun(unit)
        case Literal(texts=texts, listed=listed):
            return "a list" if listed else f"the text '{texts[0][:40]}'"
        case Word(fact=fact):
            return f"'{fact}'"
        case YesNo(value=yes):
            return "yes" if yes else "no"
        case Never():
            return "`never`"
        case _:
            return "a condition"
