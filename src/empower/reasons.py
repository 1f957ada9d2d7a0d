"""Why a guardrail spoke: the comparisons behind it, with the actual value, the bound and the gap."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from empower import ir
from empower.backends.interpret import holds, number
from empower.checked import About, CheckedPack
from empower.decision import Clause
from empower.environment import Environment, Unread, Value
from empower.formulas import atom_facts, certainly, negated, number_facts, possibly
from empower.judge import Case
from empower.lower import facts_of_number
from empower.money import format_money
from empower.noun import frozen
from empower.phrases import BUILT_IN, phrase

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@frozen
class Shown:
    """How values of a pack are shown in a language."""

    checked: CheckedPack
    language: str

    def money(self, minor: int) -> str:
        """An amount."""
        return format_money(minor, self.checked.currency, self.language)

    def fact(self, path: str, value: Value | None) -> str:
        """A fact's value, as its type is written."""
        kind = self.checked.facts.get(path)
        if value is None:
            return phrase(self.language, "value.unknown")
        if value in (ir.NEVER_DAY, ir.NEVER_MS) and isinstance(kind, (ir.DateType, ir.InstantType)):
            return phrase(self.language, "value.never")
        if isinstance(kind, (ir.DateType, ir.InstantType)) and isinstance(value, int):
            return _moment(kind, value)
        if isinstance(kind, ir.NumberType) and isinstance(value, int):
            return self.number(Fraction(value, kind.denominator), money=kind.unit == "money")
        if isinstance(value, frozenset):
            return ", ".join(self.word(path, each) for each in sorted(value)) or phrase(self.language, "value.none")
        return phrase(self.language, "value.yes" if value else "value.no") if isinstance(value, bool) else self.word(path, str(value))

    def word(self, path: str, value: str) -> str:
        """A value as it is said: a name that the pack made up without its underscores, a text as it stands."""
        return value if isinstance(self.checked.facts.get(path), ir.TextType) else value.replace("_", " ")

    def number(self, value: Fraction, *, money: bool) -> str:
        """A number; money in major units, rounded towards zero to whole minor ones."""
        if money:
            return self.money(int(value))
        if value.denominator == 1:
            return str(value.numerator)
        tenths = round(value * 100)
        return f"{tenths // 100}.{tenths % 100:02d}"

    def name(self, path: str) -> str:
        """What a fact or a parameter is called."""
        note = self.checked.fact_notes.get(path)
        if path == "action.reason":
            return phrase(self.language, "clause.reason")
        plain = phrase(self.language, f"fact.{path}") if path in BUILT_IN else path
        plain = path.removeprefix("action.").replace("_", " ") if path.startswith("action.") else plain
        return self.said(note.title, plain) if note is not None else plain

    def said(self, words: Mapping[str, str], otherwise: str = "") -> str:
        """What something is called: in the pack's first language where it has no name in this one."""
        return words.get(self.language) or words.get(self.checked.languages[0]) or otherwise

    def role(self, name: str | None) -> str:
        """A role as it is said, with its article where the language has one that does not depend on the word's gender."""
        said = str(name).replace("_", " ")
        return phrase(self.language, "role.vowel" if said[0] in "aeiou" else "role", role=said)


def _moment(kind: ir.FactType, value: int) -> str:
    if isinstance(kind, ir.DateType):
        return datetime.date.fromordinal(value).isoformat()
    return (datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(milliseconds=value)).isoformat()


# ------------------------------------------------------------------------------------------------ what decided


def decisive(condition: ir.Cond, env: Environment) -> Iterator[tuple[ir.Atom, bool]]:
    """The atoms, each with its sign, that make a condition hold; of alternatives all that hold."""
    match condition:
        case ir.Constant():
            return
        case ir.All(conditions=parts):
            for part in parts:
                yield from decisive(part, env)
        case ir.Any(conditions=parts) | ir.AtLeast(conditions=parts):
            for part in parts:
                if _may_hold(part, env):
                    yield from decisive(part, env)
        case ir.Not(condition=inner):
            yield inner, False  # type: ignore[misc]
        case _:
            yield condition, True


def _may_hold(condition: ir.Cond, env: Environment) -> bool:
    return holds(possibly(condition), env)


def clause(atom: ir.Atom, env: Environment, shown: Shown, *, positive: bool) -> Clause:
    """One comparison told with its values."""
    if isinstance(atom, ir.Compare):
        return _comparison(atom, env, shown, positive=positive)
    if isinstance(atom, ir.AmountAbove):
        bound = _try(atom.threshold, env)
        return _amount_above(bound, env, shown, positive=positive)
    fact = min(atom_facts(atom))
    actual = shown.fact(fact, env.facts.get(fact))
    test, wanted = _wanted(atom, env, shown, positive=positive)
    text = phrase(shown.language, f"test.{test}" if positive else f"test.not_{test}", name=shown.name(fact), wanted=wanted)
    return Clause(text, actual, wanted, "")


def _amount_above(bound: int | None, env: Environment, shown: Shown, *, positive: bool) -> Clause:
    name, asked = phrase(shown.language, "clause.amount"), shown.money(env.amount)
    if bound is None:
        return Clause(phrase(shown.language, "clause.open", name=name), asked, "", "")
    limit = shown.money(bound)
    text = phrase(shown.language, "clause.>" if positive else "clause.<=", name=name, actual=asked, bound=limit)
    return Clause(text, asked, limit, shown.money(env.amount - bound))


def _wanted(atom: ir.Atom, env: Environment, shown: Shown, *, positive: bool) -> tuple[str, str]:
    """What is tested of a word, set or text, by the name of its phrase, and what is wanted of it."""
    match atom:
        case ir.IsAmong(fact=fact, members=members):
            return "is", f" {phrase(shown.language, 'or')} ".join(shown.word(fact, each) for each in sorted(members))
        case ir.SetTest(fact=fact, operator=operator, members=members):
            return operator, ", ".join(shown.word(fact, each) for each in sorted(members))
        case ir.Has(fact=fact, member=member):
            return "has", shown.word(fact, member)
        case ir.TextTest(operator=operator, text=text):
            return {"equals": "is", "found": "matches"}.get(operator, operator), f"'{text}'"
        case ir.SameWord(right=right):
            return "is", shown.fact(right, env.facts.get(right))
        case ir.Known():
            return "is", phrase(shown.language, "value.known")
        case _:
            return "answer", phrase(shown.language, "value.yes" if positive else "value.no")


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def _comparison(atom: ir.Compare, env: Environment, shown: Shown, *, positive: bool) -> Clause:
    sign = atom.operator if positive else _OPPOSITE[atom.operator]
    if isinstance(atom.left, ir.Today) and isinstance(atom.right, ir.Number):
        today, day = (datetime.date.fromordinal(number(each, env)).isoformat() for each in (atom.left, atom.right))
        return Clause(phrase(shown.language, "clause.from" if sign in (">", ">=") else "clause.until", day=day), today, day, "")
    left, factor = _unscaled(atom.left)
    money = any(_is_money(fact, shown) for fact in atom_facts(atom)) or isinstance(left, ir.Amount)
    name = _name(left, shown)
    actual, bound = _try(left, env), _try(atom.right, env)
    if actual is None or bound is None:
        return Clause(phrase(shown.language, "clause.open", name=name), phrase(shown.language, "value.unknown"), "", "")
    scale = _denominator(left, shown)
    limit = Fraction(bound, factor * scale)
    value = Fraction(actual, scale)
    if isinstance(left, ir.NumberFact) and isinstance(shown.checked.facts.get(left.fact), (ir.DateType, ir.InstantType)):
        texts = shown.fact(left.fact, actual), shown.fact(left.fact, int(limit))
        return Clause(phrase(shown.language, f"clause.day.{sign}", name=name, actual=texts[0], bound=texts[1]), *texts, "")
    texts = shown.number(value, money=money), shown.number(limit, money=money)
    said = phrase(shown.language, f"clause.{sign}", name=name, actual=texts[0], bound=texts[1])
    return Clause(said, *texts, shown.number(abs(value - limit), money=money))


def _unscaled(node: ir.Num) -> tuple[ir.Num, int]:
    return (node.value, node.factor) if isinstance(node, ir.Scaled) and node.factor > 0 else (node, 1)


def _denominator(node: ir.Num, shown: Shown) -> int:
    if isinstance(node, ir.Sum) and isinstance(node.left, ir.Now):
        return 3_600_000  # what counts in milliseconds is told in hours
    kind = shown.checked.facts.get(node.fact) if isinstance(node, ir.NumberFact) else None
    return kind.denominator if isinstance(kind, ir.NumberType) else 1


def _is_money(fact: str, shown: Shown) -> bool:
    kind = shown.checked.facts.get(fact)
    return isinstance(kind, ir.NumberType) and kind.unit == "money"


def _name(node: ir.Num, shown: Shown) -> str:
    match node:
        case ir.NumberFact(fact=fact):
            return shown.name(fact)
        case ir.Amount():
            return phrase(shown.language, "clause.amount")
        case ir.Sum(left=ir.Today(), right=ir.Scaled(value=ir.DayOf(fact=fact) | ir.NumberFact(fact=fact))):
            return phrase(shown.language, "clause.days_since", fact=shown.name(fact))
        case ir.Sum(left=ir.Now(), right=ir.Scaled(value=ir.NumberFact(fact=fact))):
            return phrase(shown.language, "clause.hours_since", fact=shown.name(fact))
        case _:
            facts = (shown.name(fact) for fact in sorted(number_facts(node)))
            return f" {phrase(shown.language, 'and')} ".join(facts) or phrase(shown.language, "clause.this")


def _try(node: ir.Num, env: Environment) -> int | None:
    try:
        return number(node, env)
    except Unread:
        return None


# ------------------------------------------------------------------------------------------------ what is unknown


def undecided_facts(node: ir.Num, env: Environment) -> set[str]:
    """The unknown facts on which a threshold hinges here."""
    match node:
        case ir.If(condition=condition, then=then, otherwise=otherwise):
            sure, maybe = holds(certainly(condition), env), holds(possibly(condition), env)
            found = undecided(condition, env)
            found |= undecided_facts(then, env) if maybe else set()
            return found | (undecided_facts(otherwise, env) if not sure else set())
        case ir.Rows(rows=rows, otherwise=otherwise):
            found = set()
            for row in rows:
                if holds(possibly(row.certain), env):
                    found |= undecided(row.certain, env) | undecided_facts(row.value, env)
                if holds(certainly(row.certain), env):
                    return found
            return found | undecided_facts(otherwise, env)
        case ir.Least(values=values) | ir.Greatest(values=values) | ir.KthLeast(values=values):
            return {fact for value in values for fact in undecided_facts(value, env)}
        case _:
            return {fact for fact in facts_of_number(node) if env.facts.get(fact) is None}


def undecided(condition: ir.Cond, env: Environment) -> set[str]:
    """The unknown facts on which a condition hinges; none once it is certain either way."""
    if holds(certainly(condition), env) or holds(certainly(negated(condition)), env):
        return set()
    match condition:
        case ir.All(conditions=parts) | ir.Any(conditions=parts) | ir.AtLeast(conditions=parts):
            return {fact for part in parts for fact in undecided(part, env)}
        case ir.Not(condition=inner):
            return undecided(inner, env)
        case ir.Constant():
            return set()
        case _:
            return {fact for fact in atom_facts(condition) if env.facts.get(fact) is None}


def unknown_under_known(node: ir.Num, env: Environment) -> set[str]:
    """Unknown facts that stand under `known(…)`: telling them can only loosen."""
    found: set[str] = set()
    for part in _conditions(node):
        found |= {atom.fact for atom, _ in decisive(part, env) if isinstance(atom, ir.Known) and env.facts.get(atom.fact) is None}
    return found


def _conditions(node: ir.Num) -> Iterator[ir.Cond]:
    if isinstance(node, ir.If):
        yield node.condition
        yield from _conditions(node.then)
        yield from _conditions(node.otherwise)


def about(case: Case, checked: CheckedPack, name: str) -> tuple[About, ir.Bar | ir.Account | ir.Duty | None]:
    """What a guardrail is, and how this kind meets it."""
    met: list[ir.Bar | ir.Account | ir.Duty] = [*case.plan.bars, *case.plan.shadows, *case.plan.accounts, *case.plan.duties]
    for each in met:
        if each.guardrail == name:
            return checked.about[name], each
    return checked.about[name], None


def fill(template: str, values: Mapping[str, str]) -> str:
    """A template with its placeholders filled; one without a value stays as it is, and what a value says is never filled again."""
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group()), template)


def fill_known(template: str, values: Mapping[str, str], facts: Mapping[str, Value | None]) -> str:
    """A template filled, or nothing where it would have to show a fact that is not known, or a number that there is not."""
    shown = set(_PLACEHOLDER.findall(template)) & values.keys()
    return "" if any(not values[name] or (name in facts and facts[name] is None) for name in shown) else fill(template, values)
