"""Condition trees of the business-rules library → IR, with that library's own meaning. The only module that knows the library.

A tree is `{all: […]}` or `{any: […]}`, nested, with leaves `{name, operator, value}`. A fact reads as the variable that a host of that
library would declare for it:

* money (in major units), integer, decimal, and a named number: a numeric variable. Two numbers are equal when they differ by at most
  `NumericType.EPSILON`, a millionth, and every comparison respects it; here as whole-number bounds, so no back end needs to know.
* text: a string variable.
* one of: a string variable for the operators on strings; `contains` and `does_not_contain` read it as a select of the one word.
* set of: a select_multiple variable, and a select for `contains` and `does_not_contain`.
* yes/no, and a named condition: a boolean variable.

Words of selects are compared without regard to case, as the library does, and must be members of the fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from business_rules.operators import BooleanType, NumericType, SelectMultipleType, SelectType, StringType

from empower import ir
from empower.language.cells import depends_on_amount, whole_bound
from empower.language.expressions import Literal, Never, Value, Word, YesNo, as_condition, compared, name_value, reads_amount
from empower.language.habits import plain_number
from empower.language.quantities import LITERAL_MAX, Misfit, Quantity
from empower.language.scope import Scope
from empower.money import exponent_of
from empower.noun import evolve, frozen
from empower.pack import Place
from empower.patterns import PatternError, check_pattern
from empower.problems import Problem, did_you_mean

DEPTH_MAX = 25
EPSILON = Fraction(NumericType.EPSILON)

_LEAF = ("name", "operator", "value")
_KEYS = {
    "fact": "name", "field": "name", "variable": "name", "id": "name", "op": "operator", "comparison": "operator", "values": "value",
    "and": "all", "or": "any",
}  # fmt: skip
_SAME, _HOLDS, _TRUE, _FALSE = ("equal_to", "contains"), ("contains", "shares_at_least_one_element_with"), ("is_true",), ("is_false",)
_MEANT = {
    ">": ("greater_than",), "gt": ("greater_than",), ">=": ("greater_than_or_equal_to",), "gte": ("greater_than_or_equal_to",),
    "<": ("less_than",), "lt": ("less_than",), "<=": ("less_than_or_equal_to",), "lte": ("less_than_or_equal_to",), "=": (*_SAME, *_TRUE),
    "==": (*_SAME, *_TRUE), "eq": (*_SAME, *_TRUE), "equal": (*_SAME, *_TRUE), "equals": (*_SAME, *_TRUE), "is": (*_SAME, *_TRUE),
    "!=": ("does_not_contain", *_FALSE), "neq": ("does_not_contain", *_FALSE), "not_equal_to": ("does_not_contain", *_FALSE),
    "in": _HOLDS, "not_in": ("does_not_contain", "shares_no_elements_with"), "includes": _HOLDS, "has": _HOLDS, "regex": ("matches_regex",),
    "matches": ("matches_regex",), "startswith": ("starts_with",), "endswith": ("ends_with",), "true": _TRUE, "false": _FALSE,
}  # fmt: skip
"""Keys and operators of other trees, and those of the library that are meant."""
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,12})(?:\.[0-9]{1,9})?")
"""With at most nine decimals the library's own arithmetic, of 28 digits, is exact too."""


def read_tree(tree: object, scope: Scope, place: Place) -> ir.Cond | None:
    """A condition tree as a condition; None if it has problems, which are then reported."""
    return _Reader(scope).node(tree, place, 1)


@frozen
class _Reader:
    """Reads one tree; every method that gives None has reported why."""

    scope: Scope

    def problem(self, place: Place, code: str, message: str, help_: str) -> None:
        """Report a problem."""
        self.scope.report(Problem(self.scope.find(place), code, message, help_))

    def node(self, node: object, place: Place, depth: int) -> ir.Cond | None:
        """`{all: […]}`, `{any: […]}` or a leaf."""
        if not isinstance(node, Mapping):
            self.problem(place, "bad-tree", "here a condition is a mapping", "write `{name: …, operator: …, value: …}`, or `{all: […]}`")
            return None
        joins = [key for key in ("all", "any") if key in node]
        if not joins:
            return self.leaf(node, place)
        if len(node) > 1:
            others = " and ".join(f"'{key}'" for key in node if key != joins[0])
            self.problem(place, "bad-tree", f"'{joins[0]}' stands alone in its mapping, without {others}", "nest one inside the other")
            return None
        return self.joined(joins[0], node[joins[0]], (*place, joins[0]), depth)

    def joined(self, join: str, parts: object, place: Place, depth: int) -> ir.Cond | None:
        """The list below `all` or `any`."""
        if not isinstance(parts, (list, tuple)) or not parts:
            self.problem(place, "bad-tree", f"'{join}' needs a list of at least one condition", f"write `{join}: [{{name: …}}, …]`")
            return None
        if depth >= DEPTH_MAX:
            self.problem(place, "too-big", f"this tree is nested more than {DEPTH_MAX} deep", "split it with `define`")
            return None
        found = [self.node(part, (*place, index), depth + 1) for index, part in enumerate(parts)]
        made = tuple(part for part in found if part is not None)
        if len(made) < len(found):
            return None
        return ir.All(made) if join == "all" else ir.Any(made)

    def leaf(self, leaf: Mapping[str, object], place: Place) -> ir.Cond | None:
        """`{name, operator, value}`; an operator without input needs no `value`."""
        name, operator = leaf.get("name"), leaf.get("operator")
        unknown = [key for key in leaf if key not in _LEAF]
        if unknown:
            help_ = did_you_mean(str(unknown[0]), (*_LEAF, "all", "any"))
            help_ = f"write `{_KEYS[unknown[0]]}`" if unknown[0] in _KEYS else help_
            self.problem((*place, unknown[0], "<key>"), "bad-tree", f"'{unknown[0]}' is not a key of a condition", help_)
            return None
        if not isinstance(name, str) or not isinstance(operator, str):
            missing = "operator" if isinstance(name, str) else "name"
            self.problem(place, "bad-tree", f"this condition needs '{missing}', a text", "write `{name: …, operator: …, value: …}`")
            return None
        variable = self.variable(name, (*place, "name"))
        if variable is None or not self.knows(variable, operator, place):
            return None
        if "value" not in leaf and operator not in _WITHOUT_INPUT:
            self.problem(place, "bad-tree", f"`{operator}` needs 'value'", "add `value: …`")
            return None
        return self.test(variable, operator, leaf.get("value"), place)

    def test(self, variable: _Variable, operator: str, value: object, place: Place) -> ir.Cond | None:
        """The condition that an operator of the library makes."""
        try:
            return variable.operators[operator](variable, operator, value)
        except Misfit as misfit:
            about_name = misfit.code in ("not-monotone", "amount-not-here")
            self.problem((*place, "name" if about_name else "value"), misfit.code, str(misfit), misfit.help)
            return None

    def variable(self, name: str, place: Place) -> _Variable | None:
        """The variable that a fact or a named expression reads as."""
        try:
            value = name_value(name, self.scope)
        except Misfit as misfit:
            self.problem(place, misfit.code, str(misfit), misfit.help)
            return None
        if self.scope.amount == "refused" and depends_on_amount(value):
            self.problem(
                place, "amount-not-here", f"'{name}' depends on the amount asked for, which cannot be used here", "use it in a rule"
            )
            return None
        kind = _kind(value)
        if kind is None:
            message = f"'{name[:60]}' is nothing that the operators of a condition tree can test"
            self.problem(place, "wrong-type", message, "name the test under `define:` and use `is_true` on that")
            return None
        return _Variable(name, value, kind, _OPERATORS[kind], self.scope)

    def knows(self, variable: _Variable, operator: str, place: Place) -> bool:
        """Whether the variable has this operator; a problem is reported otherwise."""
        if operator in variable.operators:
            return True
        help_ = did_you_mean(operator, variable.operators)
        if any(operator in table for table in _OPERATORS.values()):
            message, code = f"`{operator}` does not apply to '{variable.name}', which is {variable.kind}", "wrong-type"
        else:
            message, code = f"'{operator[:60]}' is not an operator", "unknown-operator"
            meant = next((each for each in _MEANT.get(operator.lower(), ()) if each in variable.operators), None)
            help_ = f"write `{meant}`" if meant is not None else help_
        self.problem((*place, "operator"), code, message, help_)
        return False


@frozen
class _Variable:
    """What a leaf tests."""

    name: str
    value: Value
    kind: str
    operators: Mapping[str, _Operator]
    scope: Scope

    @property
    def members(self) -> tuple[str, ...]:
        """The members of a fact that has them."""
        assert isinstance(self.value, Word)
        assert not isinstance(self.value.type, ir.TextType)
        return self.value.type.members


_Operator = Callable[[_Variable, str, object], ir.Cond]


def _kind(value: Value) -> str | None:
    match value:
        case Quantity(unit="money" | "number" | None):
            return "a number"
        case Word(type=ir.TextType()):
            return "a text"
        case Word(type=ir.OneOfType()):
            return "one of several words"
        case Word(type=ir.SetOfType()):
            return "a set"
        case Quantity() | Literal() | YesNo() | Never():
            return None
        case _:
            return "yes or no"


# ------------------------------------------------------------------------------------------------ numbers


def _number(value: object) -> Fraction:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        shown = f"'{value[:40]}'" if isinstance(value, str) else "this value"
        plain = plain_number(value[:40]) if isinstance(value, str) else ""
        help_ = f"write `{plain}`" if _NUMBER.fullmatch(plain) else "write digits and at most nine decimals, such as 12 or 0.25"
        raise Misfit("wrong-type", f"{shown} is not a plain number", help_)
    if abs(number := Fraction(value)) > LITERAL_MAX:
        raise Misfit("bad-number", f"'{value}' is larger than {LITERAL_MAX}", "no pack needs so large a number")
    return number


def _compare(variable: _Variable, operator: ir.Operator, bound: Fraction) -> ir.Cond:
    """A number compared with a bound, as whole parts of its own, kept within the limits of the number."""
    number = variable.value
    assert isinstance(number, Quantity)
    whole = whole_bound(operator, bound * _parts(number, variable.scope))
    if whole > number.high:
        operator, whole = (">" if operator in (">", ">=") else "<="), number.high
    elif whole < number.low:
        operator, whole = (">=" if operator in (">", ">=") else "<"), number.low
    return compared(operator, number, evolve(number, node=ir.Number(whole), low=whole, high=whole), variable.scope)


def _parts(number: Quantity, scope: Scope) -> int:
    """Into how many parts a unit is divided; money is written in major units."""
    return number.denominator * (10 ** exponent_of(scope.currency) if number.unit == "money" else 1)


def _equal(variable: _Variable, _: str, value: object) -> ir.Cond:
    bound, number = _number(value), variable.value
    assert isinstance(number, Quantity)
    if reads_amount(number.node) and variable.scope.amount != "free":
        return compared("==", number, number, variable.scope)  # refused, in the words that it has for a text condition
    parts = _parts(number, variable.scope)
    low, high = whole_bound(">=", (bound - EPSILON) * parts), whole_bound("<=", (bound + EPSILON) * parts)
    if low == high and number.low <= low <= number.high:
        return compared("==", number, evolve(number, node=ir.Number(low), low=low, high=low), variable.scope)
    return ir.All((_compare(variable, ">=", bound - EPSILON), _compare(variable, "<=", bound + EPSILON)))


def _above(operator: ir.Operator, slack: Fraction) -> _Operator:
    return lambda variable, _, value: _compare(variable, operator, _number(value) + slack)


# ------------------------------------------------------------------------------------------------ words


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Misfit("wrong-type", "this operator takes one text, not a list or mapping", "write one word")
    return value


def _checked(operator: str, value: object) -> str:
    """The value of an operator on strings; an expression must be one that is searched for in linear time."""
    text = _text(value)
    if operator == StringType.matches_regex.__name__:
        try:
            check_pattern(text, found=True)
        except PatternError as error:
            raise Misfit("bad-pattern", error.message, error.help) from None
    return text


def _text_test(test: str, *, ignore_case: bool = False) -> _Operator:
    def made(variable: _Variable, operator: str, value: object) -> ir.Cond:
        return ir.TextTest(test, variable.name, _checked(operator, value), ignore_case)  # type: ignore[arg-type]

    return made


def _same_text(variable: _Variable, _: str, value: object) -> ir.Cond:
    return ir.IsAmong(variable.name, frozenset((_text(value),)))


def _non_empty(variable: _Variable, _operator: str, _value: object) -> ir.Cond:
    return ir.Not(ir.TextTest("equals", variable.name, ""))


def _word_test(kind: Callable[[str], Any]) -> _Operator:
    """A test of one of several words: the library itself is asked about each of them."""

    def made(variable: _Variable, operator: str, value: object) -> ir.Cond:
        arguments = () if operator in _WITHOUT_INPUT else (_checked(operator, value),)
        found = [member for member in variable.members if getattr(kind(member), operator)(*arguments)]
        word = "".join(arguments)
        if operator == SelectType.does_not_contain.__name__:
            _meant(variable, word)
        elif not found:
            message = f"no value of '{variable.name}' passes `{operator}` with '{word[:60]}'"
            raise Misfit("not-in-set", message, did_you_mean(word, variable.members))
        return ir.IsAmong(variable.name, frozenset(found))

    return made


def _meant(variable: _Variable, word: str) -> tuple[str, ...]:
    """The members that the library takes for this word: usually one; a problem when there is none."""
    found = tuple(member for member in variable.members if SelectType([member]).contains(word))
    if not found:
        raise Misfit("not-in-set", f"'{word[:60]}' is not a value of '{variable.name}'", did_you_mean(word, variable.members))
    return found


# ------------------------------------------------------------------------------------------------ sets


def _holds(variable: _Variable, _: str, value: object) -> ir.Cond:
    return _any(ir.Has(variable.name, member) for member in _meant(variable, _text(value)))


def _any(conditions: Iterable[ir.Cond]) -> ir.Cond:
    parts = tuple(conditions)
    return parts[0] if len(parts) == 1 else ir.Any(parts)


def _listed(variable: _Variable, value: object) -> list[tuple[str, ...]]:
    """For each word of a list the members that it stands for."""
    if not isinstance(value, (list, tuple)):
        raise Misfit("wrong-type", "this operator takes a list of words", f"write `value: [{variable.members[0]}, …]`")
    return [_meant(variable, _text(word)) for word in value]


def _members(words: Sequence[tuple[str, ...]]) -> frozenset[str]:
    return frozenset(member for group in words for member in group)


def _each_one_member(words: Sequence[tuple[str, ...]]) -> bool:
    """Whether every word stands for one member, and no two for the same."""
    return all(len(group) == 1 for group in words) and len(set(words)) == len(words)


def _contains_all(variable: _Variable, _: str, value: object) -> ir.Cond:
    words = _listed(variable, value)
    if all(len(group) == 1 for group in words):
        return ir.SetTest("contains_all", variable.name, _members(words))
    return ir.All(tuple(_any(ir.Has(variable.name, member) for member in group) for group in words))


def _shares_one(variable: _Variable, _: str, value: object) -> ir.Cond:
    words = _listed(variable, value)
    if _each_one_member(words):
        return ir.SetTest("shares_exactly_one", variable.name, _members(words))
    # The library counts the words of the list, not the members: a word that stands there twice counts twice.
    parts = tuple(_any(ir.Has(variable.name, member) for member in group) for group in words)
    return ir.All((ir.AtLeast(1, parts), ir.Not(ir.AtLeast(2, parts))))


def _shares(variable: _Variable, _: str, value: object) -> ir.Cond:
    return ir.SetTest("shares_at_least_one", variable.name, _members(_listed(variable, value)))


def _contained(variable: _Variable, _: str, value: object) -> ir.Cond:
    return ir.SetTest("contained_by", variable.name, _members(_listed(variable, value)))


def _negated(operator: _Operator) -> _Operator:
    return lambda variable, name, value: ir.Not(operator(variable, name, value))


def _is_true(variable: _Variable, _operator: str, _value: object) -> ir.Cond:
    return as_condition(variable.value)


# ------------------------------------------------------------------------------------------------ the library's names

_SELECT = {SelectType.contains.__name__: _holds, SelectType.does_not_contain.__name__: _negated(_holds)}
_STRING: dict[str, _Operator] = {
    StringType.equal_to.__name__: _same_text,
    StringType.equal_to_case_insensitive.__name__: _text_test("equals", ignore_case=True),
    StringType.starts_with.__name__: _text_test("starts_with"),
    StringType.ends_with.__name__: _text_test("ends_with"),
    StringType.contains.__name__: _text_test("contains"),
    StringType.matches_regex.__name__: _text_test("found"),
    StringType.non_empty.__name__: _non_empty,
}
_OPERATORS: dict[str, dict[str, _Operator]] = {
    "a number": {
        NumericType.equal_to.__name__: _equal,
        NumericType.greater_than.__name__: _above(">", EPSILON),
        NumericType.greater_than_or_equal_to.__name__: _above(">=", -EPSILON),
        NumericType.less_than.__name__: _above("<", -EPSILON),
        NumericType.less_than_or_equal_to.__name__: _above("<=", EPSILON),
    },
    "a text": _STRING,
    "one of several words": {
        **dict.fromkeys(_STRING, _word_test(StringType)),
        **dict.fromkeys(_SELECT, _word_test(lambda member: SelectType([member]))),
    },
    "a set": {
        **_SELECT,
        SelectMultipleType.contains_all.__name__: _contains_all,
        SelectMultipleType.is_contained_by.__name__: _contained,
        SelectMultipleType.shares_at_least_one_element_with.__name__: _shares,
        SelectMultipleType.shares_exactly_one_element_with.__name__: _shares_one,
        SelectMultipleType.shares_no_elements_with.__name__: _negated(_shares),
    },
    "yes or no": {BooleanType.is_true.__name__: _is_true, BooleanType.is_false.__name__: _negated(_is_true)},
}
_WITHOUT_INPUT = frozenset((BooleanType.is_true.__name__, BooleanType.is_false.__name__, StringType.non_empty.__name__))
