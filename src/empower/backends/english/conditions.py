"""Conditions as clauses that can follow `if`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from empower import ir
from empower.backends.english.comparisons import amount_asked, compared
from empower.backends.english.words import Lexicon, is_or_are, is_plural, listed, name_of, roles, spelt, without_article, words

_PLAIN_QUESTION = re.compile(r"(Is|Are|Was|Were) (it|they) ([^.?!]+)\?")
"""A question that is its own answer once turned round: `Is it a gift?`, it is a gift."""
_SEVERAL = re.compile(r",| or | and ")
_AT_LEAST_SO_LONG = re.compile(r"\.\{([0-9]+),\}")


def clause(condition: ir.Cond, lexicon: Lexicon, *, positive: bool = True) -> str:
    """A condition as a clause that can follow `if`."""
    match condition:
        case ir.Constant(value=value):
            return "always" if value == positive else "never"
        case ir.Not(condition=inner):
            return clause(inner, lexicon, positive=not positive)
        case ir.All(conditions=parts):
            return _joined(parts, lexicon, "and" if positive else "or", positive=positive)
        case ir.Any(conditions=parts):
            return _joined(parts, lexicon, "or" if positive else "and", positive=positive)
        case ir.AtLeast(count=count, conditions=parts):
            said = "; ".join(clause(part, lexicon) for part in parts)
            return f"{'at least' if positive else 'fewer than'} {spelt(count)} of these hold: {said}"
        case _:
            return _atom(condition, lexicon, positive=positive)


def _joined(parts: Sequence[ir.Cond], lexicon: Lexicon, joint: str, *, positive: bool) -> str:
    said = []
    for part in parts:
        text = clause(part, lexicon, positive=positive)
        if isinstance(part, (ir.All, ir.Any)):
            text = f"{'both' if joint == 'or' else 'either'} {text}"
        said.append(text)
    return listed(said, joint)


def _atom(atom: ir.Atom | ir.Cond, lexicon: Lexicon, *, positive: bool) -> str:
    match atom:
        case ir.Compare():
            return compared(atom, lexicon, positive=positive)
        case ir.AmountAbove(threshold=threshold):
            return amount_asked(threshold, lexicon, positive=positive)
        case ir.IsYes(fact=fact):
            return _answered(fact, lexicon, positive=positive)
        case ir.IsAmong(fact="actor.role", members=members):
            return f"it is {'' if positive else 'not '}{roles(members, lexicon)} who gives it"
        case ir.IsAmong(fact=fact, members=members):
            return _among(fact, members, lexicon, positive=positive)
        case ir.SameWord(left=left, right=right):
            return f"{name_of(left, lexicon)} {is_or_are(left, lexicon)} {'the same as' if positive else 'other than'} {name_of(right, lexicon)}"
        case ir.Has(fact=fact, member=member):
            return f"{name_of(fact, lexicon)} {_does('include', fact, lexicon, positive=positive)} “{words(member)}”"
        case ir.SetTest():
            return _set_test(atom, lexicon, positive=positive)
        case ir.TextTest():
            return _text_test(atom, lexicon, positive=positive)
        case ir.Known(fact=fact):
            return f"{name_of(fact, lexicon)} {is_or_are(fact, lexicon)} {'known' if positive else 'unknown'}"
        case _:
            message = f"no condition of a checked pack: {atom}"
            raise AssertionError(message)


def _does(verb: str, fact: str, lexicon: Lexicon, *, positive: bool) -> str:
    several = is_plural(name_of(fact, lexicon))
    if positive:
        return verb if several else f"{verb}s"
    return f"{'do' if several else 'does'} not {verb}"


def _answered(fact: str, lexicon: Lexicon, *, positive: bool) -> str:
    if fact == "approved":
        return "somebody approved it" if positive else "nobody approved it"
    plain = _PLAIN_QUESTION.fullmatch(lexicon.questions.get(fact, ""))
    if plain and not _SEVERAL.search(plain[3]):
        return f"{plain[2]} {plain[1].lower()} {'' if positive else 'not '}{plain[3]}"
    if fact in lexicon.questions:
        return f"the answer to “{lexicon.questions[fact]}” is {'yes' if positive else 'no'}"
    name = name_of(fact, lexicon)
    if name.startswith("“"):
        return f"{name} {'holds' if positive else 'does not hold'}"
    be = "are" if is_plural(name) else "is"
    return f"there {be} {name}" if positive else f"there {be} no {without_article(name)}"


def _among(fact: str, members: frozenset[str], lexicon: Lexicon, *, positive: bool) -> str:
    name, kind = name_of(fact, lexicon), lexicon.facts.get(fact)
    if fact == "action.kind":
        said = [lexicon.kinds.get(member, words(member)) for member in sorted(members)]
        return f"it is {'' if positive else 'not '}{listed(said, 'or')}"
    be = is_or_are(fact, lexicon)
    if isinstance(kind, ir.OneOfType):
        order = [member for member in kind.members if member in members]
        if kind.ordered and positive and len(order) > 1 and order == list(kind.members[-len(order) :]):
            return f"{name} {be} “{words(order[0])}” or above"
        if kind.ordered and positive and len(order) > 1 and order == list(kind.members[: len(order)]):
            return f"{name} {be} “{words(order[-1])}” or below"
    else:
        order = sorted(members)
    said = [f"“{words(member) if isinstance(kind, ir.OneOfType) else member}”" for member in order]
    if positive:
        return f"{name} {be} {listed(said, 'or')}"
    return f"{name} {be} {'not' if len(said) == 1 else 'none of'} {listed(said)}"


def _set_test(test: ir.SetTest, lexicon: Lexicon, *, positive: bool) -> str:
    name = name_of(test.fact, lexicon)
    said = [f"“{words(member)}”" for member in sorted(test.members)]
    if not said and test.operator == "contained_by":
        return f"there are {'no' if positive else 'any'} {without_article(name)}"
    what = {
        "contains_all": listed(said), "shares_at_least_one": listed(said, "or"), "shares_exactly_one": f"exactly one of {listed(said)}",
        "contained_by": f"nothing besides {listed(said)}" if positive else f"anything besides {listed(said)}",
    }[test.operator]  # fmt: skip
    keeps = positive or test.operator == "contained_by"
    return f"{name} {_does('include', test.fact, lexicon, positive=keeps)} {what}"


def _text_test(test: ir.TextTest, lexicon: Lexicon, *, positive: bool) -> str:
    name = name_of(test.fact, lexicon)
    long = _AT_LEAST_SO_LONG.fullmatch(test.text)
    if long and test.operator in ("matches", "found"):
        return f"{name} has {'at least' if positive else 'fewer than'} {long.group(1)} characters"
    if test.operator in ("matches", "found"):
        return f"{name} {_does('fit', test.fact, lexicon, positive=positive)} the pattern that the pack gives"
    verb = {"equals": "read", "starts_with": "begin with", "ends_with": "end with", "contains": "contain"}[test.operator]
    head, _, rest = verb.partition(" ")
    return " ".join(filter(None, [name, _does(head, test.fact, lexicon, positive=positive), rest, f"“{test.text}”"]))
