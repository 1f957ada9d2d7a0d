"""Two values compared, and what a comparison may say of the amount: that a larger one can only tighten (`docs/packs.md`, *The amount in conditions*)."""

from __future__ import annotations

from fractions import Fraction

from empower import ir
from empower.formulas import atoms
from empower.language.habits import NO, YES
from empower.language.quantities import Misfit, Quantity, amount_above, common_unit, compare, noun, same_parts, stretch
from empower.language.scope import Scope, Sign
from empower.language.values import CONDITIONS, Literal, Never, Value, Word, YesNo, moment, reads_amount, shown
from empower.language.words import words_compared

_FLIPPED: dict[ir.Operator, ir.Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_HARMLESS = (ir.Compare, ir.IsAmong, ir.IsYes, ir.Has, ir.TextTest, ir.SameWord, ir.SetTest, ir.Constant)


def check_sign(found: ir.Cond, sign: Sign) -> None:
    """Raise `Misfit` for a condition under which a larger amount, or a fact becoming known, could loosen the other way."""
    if not sign or isinstance(found, _HARMLESS):
        return
    for atom, positive in atoms(found):
        tightens = positive == (sign == 1)
        if isinstance(atom, ir.AmountAbove) and not tightens:
            wanted, sides = (">", ("above", "below")) if sign == 1 else ("<=", ("below", "above"))
            message = f"a larger amount would loosen: here the amount must lie {sides[0]} something, not {sides[1]}"
            help_ = (
                f"write `action.amount {wanted} …` (`not` turns it round), or a cap: `at_most` bounds it from above, `at_least` from below"
            )
            raise Misfit("not-monotone", message, help_)
        if isinstance(atom, ir.Known) and tightens:
            wanted = "not known" if sign == 1 else "known"
            message = f"telling '{atom.fact}' would tighten: here only `{wanted}({atom.fact})` may stand"
            raise Misfit("known-tightens", message, "nobody may be better off for keeping silent: drop it, or turn it round")


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
    raise Misfit("wrong-type", f"cannot compare {shown(left)} with {shown(right)}".rstrip(","), _of_its_type(operator, left, right))


def _of_its_type(operator: str, left: Value, right: Value) -> str:
    """What a fact is compared with instead."""
    fact, other = (left, right) if isinstance(left, CONDITIONS) else (right, left)
    if isinstance(fact, CONDITIONS):
        named = fact.fact if isinstance(fact, ir.IsYes) else "…"
        text = other.texts[0].lower() if isinstance(other, Literal) and len(other.texts) == 1 else ""
        number = other.constant if isinstance(other, Quantity) else None
        if operator in ("==", "!=") and (text in YES | NO or number in (0, 1)):
            meant = (text in YES or number == 1) == (operator == "==")
            return f"write `{named} == {'yes' if text in YES or number == 1 else 'no'}`, or `{'' if meant else 'not '}{named}` alone"
        if isinstance(other, CONDITIONS):
            one, two = (each.fact if isinstance(each, ir.IsYes) else "…" for each in (left, right))
            same = f"({one} and {two}) or (not {one} and not {two})"
            return f"write `{same if operator == '==' else f'({one} and not {two}) or ({two} and not {one})'}`"
        return f"write `{named}` alone, or `not {named}`"
    word, other = (left, right) if isinstance(left, Word) else (right, left)
    if isinstance(word, Word) and isinstance(other, YesNo):
        return f"put quotes around it: `{word.fact} {operator} '{shown(other)}'`"
    if isinstance(word, Word):
        return f"compare it with a word in quotes, as in `{word.fact} == '…'`"
    return "compare a fact with a value of its own type"


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


def check_units(left: Quantity, right: Quantity) -> None:
    """Raise `Misfit` for a date beside a number of days, and the like, with the function that counts them."""
    timed, other = (left, right) if left.unit in ("date", "instant") else (right, left)
    if timed.unit in ("date", "instant") and other.unit != timed.unit:
        facts = [side.node.fact for side in (timed, other) if isinstance(side.node, ir.NumberFact) and side.unit in ("date", "instant")]
        counted = f"days_since({facts[0] if facts else 'order.delivered_at'})"
        help_ = f"count the days that have passed: `{counted} > 30`, or `{counted} < 0` for what lies ahead"
        code = "wrong-type" if other.unit is None else "mixed-units"
        raise Misfit(code, f"cannot compare {noun(timed.unit)} with {noun(other.unit)}", help_)
    if {left.unit, right.unit} == {"duration", "number"} and (left.constant is not None or right.constant is not None):
        help_ = "`days_since(…)` counts days and `hours_since(…)` hours: write the plain number"
        raise Misfit("mixed-units", "cannot compare a number with a duration", help_)


def check_within_bounds(operator: ir.Operator, left: Quantity, right: Quantity, scope: Scope) -> None:
    """Raise `Misfit` for a number beside a fact that can never be so, or always is: it never holds, or the number lies outside the fact's bounds."""
    fact, constant, sign = (left, right, operator) if isinstance(left.node, ir.NumberFact) else (right, left, _FLIPPED[operator])
    if not isinstance(fact.node, ir.NumberFact) or not isinstance(constant.node, ir.Number):
        return
    kind, currency = scope.facts.get(fact.node.fact), scope.currency
    if not isinstance(kind, ir.NumberType) or fact.denominator != kind.denominator:
        return  # a date; or a part of the fact, such as half of it
    within, point = same_parts(common_unit((fact, constant), currency))
    low, high, value = within.low, within.high, point.low
    never = {"<": value <= low, "<=": value < low, ">": value >= high, ">=": value > high, "==": not low <= value <= high, "!=": False}[
        sign
    ]
    if never or not low <= value <= high:
        bounds, number = stretch((low, high), within, currency), stretch((value,), point, currency)
        message = (
            f"this {'can never hold' if never else 'always holds'}: '{fact.node.fact}' lies within {bounds}, and is compared with {number}"
        )
        raise Misfit(
            "constant-condition", message, "compare it with a value within its bounds, or change the bounds where the fact is declared"
        )


def _amount_factor(value: Quantity) -> Fraction | None:
    """K of `k × action.amount`, when it is positive and that is all there is."""
    if isinstance(value.node, ir.Amount):
        return Fraction(1, value.denominator)
    if isinstance(value.node, ir.Scaled) and isinstance(value.node.value, ir.Amount) and value.node.factor > 0:
        return Fraction(value.node.factor, value.denominator)
    return None
