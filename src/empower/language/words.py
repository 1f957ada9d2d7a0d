"""Words compared: members of facts, texts, ranks of roles, what is in a set or a list."""

from __future__ import annotations

from collections.abc import Sequence

from empower import ir
from empower.language.quantities import Misfit, Quantity, decimal
from empower.language.scope import Scope
from empower.language.values import Literal, Value, Word, shown
from empower.patterns import PatternError, check_pattern
from empower.problems import did_you_mean


def words_compared(operator: str, left: Word, right: Value, scope: Scope) -> ir.Cond:
    """A fact of words compared with a word, or with another fact of its type."""
    if isinstance(left.type, ir.SetOfType):
        texts = right.texts if isinstance(right, Literal) else ()
        help_ = "write " + " and ".join(f"`'{text[:40]}' in {left.fact}`" for text in texts[:3] or ("…",))
        help_ = f"for the empty set write a cell, `{{{left.fact}: none}}`" if isinstance(right, Literal) and not texts else help_
        raise Misfit("wrong-type", f"'{left.fact}' is a set and cannot be compared as a whole", help_)
    if isinstance(right, Word):
        return _same_words(operator, left, right)
    if not isinstance(right, Literal) or right.listed:
        help_ = f"compare it with a word in quotes, as in `{left.fact} == '…'`"
        if isinstance(right, Literal):
            help_ = f"write `{left.fact} {'not in' if operator == '!=' else 'in'} [{_listed(right.texts)}]`"
        if isinstance(right, Quantity) and right.constant is not None and isinstance(left.type, ir.TextType):
            help_ = f"put quotes around it: `{left.fact} {operator} '{decimal(right.constant)}'`"
        raise Misfit("wrong-type", f"cannot compare '{left.fact}' with {shown(right)}", help_)
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
        raise Misfit(
            "wrong-type", f"cannot compare '{left.fact}' with '{right.fact}' by `{operator}`", "compare facts of one type with == or !="
        )
    mine, theirs = getattr(left.type, "members", None), getattr(right.type, "members", None)
    if mine is not None and theirs is not None and not set(mine) & set(theirs):
        help_ = f"'{right.fact}' is one of {', '.join(theirs[:12])}: compare with one of these in quotes, or with another fact"
        raise Misfit("constant-condition", f"'{left.fact}' and '{right.fact}' have no word in common, so they are never the same", help_)
    found = ir.SameWord(left.fact, right.fact)
    return found if operator == "==" else ir.Not(found)


def check_member(word: Word, text: str) -> None:
    """Raise `Misfit` when a text is not a member of the fact's type."""
    members = getattr(word.type, "members", None)
    if members is not None and text not in members:
        same = next((f"did you mean '{member}'?" for member in members if member.lower() == text.strip().lower()), None)
        raise Misfit("not-in-set", f"'{text[:60]}' is not a value of '{word.fact}'", same or did_you_mean(text, members))


def membership(left: Value, right: Value) -> ir.Cond:
    """`left in right`: a word in a set, or a fact in a list of words."""
    if isinstance(right, Word) and isinstance(right.type, ir.SetOfType):
        if not isinstance(left, Literal) or left.listed:
            words = left.texts if isinstance(left, Literal) and left.texts else ("…",)
            help_ = "write `" + " or ".join(f"'{text[:40]}' in {right.fact}" for text in words[:4]) + "`"
            raise Misfit("wrong-type", f"`in {right.fact}` needs one word in quotes before it", help_)
        check_member(right, left.texts[0])
        return ir.Has(right.fact, left.texts[0])
    if isinstance(right, Literal) and not right.listed:
        if isinstance(left, Word) and isinstance(left.type, ir.SetOfType):
            raise Misfit(
                "wrong-type", f"'{left.fact}' is a set, so the word stands before `in`", f"write `'{right.texts[0][:40]}' in {left.fact}`"
            )
        help_ = f"write `in ['{right.texts[0][:40]}']`, or `{left.fact if isinstance(left, Word) else '…'} == '{right.texts[0][:40]}'`"
        raise Misfit("wrong-type", "`in` needs a list after it", help_)
    if not isinstance(left, Word) or not isinstance(right, Literal) or isinstance(left.type, ir.SetOfType):
        raise Misfit("wrong-type", f"`in` cannot look for {shown(left)} in {shown(right)}", _how_to_look(left, right))
    if not right.texts:
        raise Misfit("wrong-type", "the list after `in` is empty", "name at least one member")
    for text in right.texts:
        check_member(left, text)
    return ir.IsAmong(left.fact, frozenset(right.texts))


def _how_to_look(left: Value, right: Value) -> str:
    if isinstance(right, Word) and isinstance(left, Literal) and left.texts:
        if isinstance(right.type, ir.TextType):
            return f"write `contains({right.fact}, '{left.texts[0][:40]}')`"
        return f"'{right.fact}' is one word: write `{right.fact} in [{_listed(left.texts)}]`"
    if isinstance(left, Word) and isinstance(right, Word):
        return f"write `{left.fact} == {right.fact}`, or a list of words after `in`"
    if isinstance(left, Word) and isinstance(left.type, ir.SetOfType):
        texts = right.texts if isinstance(right, Literal) else ()
        return "write " + " or ".join(f"`'{text[:40]}' in {left.fact}`" for text in texts[:3] or ("…",)) + ", joined by `and` or `or`"
    if isinstance(left, Quantity):
        return "write the comparisons out, such as `x == 1 or x == 2`"
    return "write `fact in ['a', 'b']` or `'a' in set_fact`"


def text_tested(operator: str, values: Sequence[Value]) -> ir.Cond:
    """A test of a text fact against a constant: `starts_with`, `ends_with`, `contains`, `matches`."""
    if len(values) != 2 or not isinstance(values[0], Word) or not isinstance(values[1], Literal) or values[1].listed:
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


def loose_word(word: Literal, found: Sequence[Value | None]) -> Misfit:
    """`x == 'a' or 'b'`, `x != 'a' and 'b'`: the rewrite names the fact when it can be seen."""
    message = f"'{word.texts[0][:60] if word.texts else ''}' alone is not a condition"
    refused = [each.condition for each in found if isinstance(each, ir.Not) and isinstance(each.condition, ir.IsAmong)]
    named = [condition for condition in found if isinstance(condition, ir.IsAmong)] or refused
    held = next((each.fact for each in found if isinstance(each, ir.Has)), None)
    if held is not None and not named and word.texts:
        return Misfit("word-as-condition", message, f"name the set again: write `'{word.texts[0][:40]}' in {held}`")
    fact = min((condition.fact for condition in named), default="fact")
    members = {member for condition in named if condition.fact == fact for member in condition.members}
    loose = {text for each in found if isinstance(each, Literal) for text in each.texts}
    sign = "not in" if named and named == refused else "in"
    return Misfit("word-as-condition", message, f"write `{fact} {sign} [{_listed(sorted(members | loose))}]`")


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"'{word[:40]}'" for word in words[:12])
