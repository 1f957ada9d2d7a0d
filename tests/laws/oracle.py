"""The laws said a second time, slowly: three truth values over the checked guardrails, and every completion tried.

Nothing here looks at the formulas, thresholds or back ends of the library; only at what the checker made of the pack. So it is no part of
`empower.testing`, whose laws ask the interpreter. Requests come from the strategies of users, which do look at thresholds to stand on an edge;
every fifth amount lies anywhere, and where the oracle is asked for a limit, every amount is tried.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from attrs import evolve, frozen

from empower import ir
from empower.checked import CheckedBudget, CheckedCap, CheckedPack, CheckedRule
from empower.ledger import Balance

Three = bool | None
Outcome = Literal["allow", "needs_info", "escalate", "deny"]


@frozen
class View:
    """Facts as somebody sees them, at an instant."""

    facts: Mapping[str, Any]
    now: int
    day_of: Callable[..., int]
    amount: int = 0


# ------------------------------------------------------------------------------------------------ three truth values


def both(parts: Sequence[Three]) -> Three:
    """All hold."""
    return False if any(part is False for part in parts) else None if any(part is None for part in parts) else True


def either(parts: Sequence[Three]) -> Three:
    """At least one holds."""
    return True if any(part is True for part in parts) else None if any(part is None for part in parts) else False


def opposite(part: Three) -> Three:
    """The contrary."""
    return None if part is None else not part


def truth(condition: ir.Cond, view: View) -> Three:
    """Kleene's reading of a condition: an atom that reads something unknown is neither true nor false."""
    match condition:
        case ir.Constant(value=value):
            return value
        case ir.Known(fact=fact):
            return view.facts.get(fact) is not None
        case ir.Not(condition=inner):
            return opposite(truth(inner, view))
        case ir.All(conditions=parts):
            return both([truth(part, view) for part in parts])
        case ir.Any(conditions=parts):
            return either([truth(part, view) for part in parts])
        case ir.AtLeast(count=count, conditions=parts):
            found = [truth(part, view) for part in parts]
            sure, possible = found.count(True), len(found) - found.count(False)
            return True if sure >= count else None if possible >= count else False
        case ir.Compare(operator=operator, left=left, right=right):
            return _compared(operator, value_of(left, view), value_of(right, view))
        case ir.AmountAbove(threshold=threshold):
            return _compared(">", view.amount, value_of(threshold, view))
        case ir.SameWord(left=one, right=other):
            words = (view.facts.get(one), view.facts.get(other))
            return None if None in words else words[0] == words[1]
        case _:
            value = view.facts.get(condition.fact)
            return None if value is None else _holds(condition, value)


def _compared(operator: str, left: int | None, right: int | None) -> Three:
    if left is None or right is None:
        return None
    return {"<": left < right, "<=": left <= right, "==": left == right, "!=": left != right, ">": left > right, ">=": left >= right}[
        operator
    ]


def _holds(atom: ir.Cond, value: Any) -> bool:
    match atom:
        case ir.IsYes():
            return bool(value)
        case ir.IsAmong(members=members):
            return value in members
        case ir.Has(member=member):
            return member in value
        case ir.SetTest(operator="contains_all", members=members):
            return all(member in value for member in members)
        case ir.SetTest(operator="contained_by", members=members):
            return all(member in members for member in value)
        case ir.SetTest(operator="shares_at_least_one", members=members):
            return any(member in members for member in value)
        case ir.SetTest(members=members):
            return sum(member in members for member in value) == 1
        case ir.TextTest(operator="matches", text=text):
            return re.fullmatch(text, value) is not None
        case ir.TextTest(operator="found", text=text):
            return re.search(text, value) is not None
        case ir.TextTest(operator=operator, text=text, ignore_case=ignore):
            one, other = (value.lower(), text.lower()) if ignore else (value, text)
            return {
                "equals": one == other,
                "starts_with": one.startswith(other),
                "ends_with": one.endswith(other),
                "contains": other in one,
            }[operator]
    raise AssertionError(atom)


def value_of(number: ir.Num, view: View) -> int | None:
    """A number; None if anything that it needs is unknown."""
    match number:
        case ir.Number(value=value):
            return value
        case ir.NumberFact(fact=fact):
            return view.facts.get(fact)
        case ir.DayOf(fact=fact):
            at = view.facts.get(fact)
            return None if at is None else view.day_of(at, number.zone)
        case ir.Today():
            return view.day_of(view.now, number.zone)
        case ir.Now():
            return view.now
        case ir.Amount():
            return view.amount
        case ir.Chosen(fact=fact, cases=cases):
            member = view.facts.get(fact)
            return None if member is None else value_of(dict(cases)[member], view)
        case ir.Sum(left=left, right=right):
            return _worked_out(lambda a, b: a + b, [left, right], view)
        case ir.Product(left=left, right=right):
            return _worked_out(lambda a, b: a * b, [left, right], view)
        case ir.Scaled(value=value, factor=factor):
            return _worked_out(lambda a: a * factor, [value], view)
        case ir.Floored(value=value, divisor=divisor):
            return _worked_out(lambda a: (a - a % divisor) // divisor, [value], view)
        case ir.Least(values=values):
            return _worked_out(lambda *all_: min(all_), values, view)
        case ir.Greatest(values=values):
            return _worked_out(lambda *all_: max(all_), values, view)
    raise AssertionError(number)


def _worked_out(work: Callable[..., int], parts: Sequence[ir.Num], view: View) -> int | None:
    found = [value_of(part, view) for part in parts]
    return None if any(value is None for value in found) else work(*found)


# ------------------------------------------------------------------------------------------------ who speaks


@frozen
class Voice:
    """A guardrail's answer to one amount: whether it speaks, what it asks for, and the role it names."""

    id: str
    speaks: Three
    outcome: Literal["deny", "escalate"]
    role: str | None = None


def rule_voice(rule: CheckedRule, view: View) -> Voice:
    """A rule speaks when it fires."""
    return Voice(rule.id, truth(rule.fires, view), rule.outcome, rule.role)


def cap_voice(cap: CheckedCap, view: View) -> Voice:
    """A cap speaks when the amount is beyond it, in whichever of its rows."""
    if cap.dated is not None and not truth(cap.dated, view):
        beyond: Three = cap.outside_zero
        return Voice(cap.id, beyond and (cap.effect == "floor" or view.amount > 0), cap.outcome)
    found = set(_beyond(cap, view))
    spoken: Three = found.pop() if len(found) == 1 else None
    return Voice(cap.id, both([truth(cap.applies, view), spoken]), cap.outcome)


def _beyond(cap: CheckedCap, view: View) -> Iterator[Three]:
    """Of every completion of the rows' conditions, whether the amount is beyond."""
    conditions = [truth(row.condition, view) for row in cap.rows]
    for chosen in itertools.product(*[(True, False) if each is None else (each,) for each in conditions]):
        matching = [row for row, holds in zip(cap.rows, chosen, strict=True) if holds]
        counted = matching if cap.collect else matching[:1]
        each = [[values_of(amount, view) for amount in row.amounts] for row in counted] or [[[0]]]
        if cap.effect == "cap":
            yield either([_beyond_all(">", view.amount, bounds) for row in each for bounds in row])
        else:
            yield both([either([_beyond_all("<", view.amount, bounds) for bounds in row]) for row in each])


def values_of(number: ir.Num, view: View) -> list[int | None]:
    """What a number may be: of a lookup among constants by something unknown, each of them."""
    if (
        isinstance(number, ir.Chosen)
        and view.facts.get(number.fact) is None
        and all(isinstance(value, ir.Number) for _, value in number.cases)
    ):
        return [value_of(value, view) for _, value in number.cases]
    return [value_of(number, view)]


def _beyond_all(sign: str, amount: int, bounds: Sequence[int | None]) -> Three:
    return _common([_compared(sign, amount, bound) for bound in bounds])


def budget_voice(
    budget: CheckedBudget, view: View, balance: Callable[[CheckedBudget, tuple[str, ...]], Balance], checked: CheckedPack
) -> Voice:
    """A budget speaks when its window would hold more than its limit."""
    today = view.day_of(view.now, budget.zone)
    first, last = budget.campaign or (None, None)
    if (first is not None and today < first) or (last is not None and today > last):
        return Voice(budget.id, True, "deny")  # noqa: FBT003  (as everywhere in this file: whether it speaks)
    keys = [view.facts.get(key) for key in budget.keys]
    if None not in keys:
        held = balance(budget, tuple(str(key) for key in keys))
        before = 0 if budget.already is None else value_of(budget.already, view)
        times_before = 0 if budget.already_times is None else value_of(budget.already_times, view)
        parts = [
            _common([_exceeds(view.amount + held.amount, before, most) for most in values_of(limit, view)]) for limit in budget.amounts
        ]
        if budget.times is not None:
            parts.append(_exceeds(1 + held.times, times_before, budget.times))
        return Voice(budget.id, either(parts), budget.outcome)
    if budget.shared_at_most is None:
        return Voice(budget.id, None, budget.outcome)
    held = balance(budget, ("",) * len(keys))
    over = view.amount + held.amount > budget.shared_at_most or (budget.times is not None and held.times >= budget.times)
    role = budget.unknown_role
    if role is None:
        return Voice(budget.id, over, budget.outcome)
    return Voice(budget.id, over and checked.roles.rank(view.facts["actor.role"]) < checked.roles.rank(role), "escalate", role)


def _exceeds(drawn: int, before: int | None, limit: int | None) -> Three:
    """Neither a limit nor what was given before lies below nothing: that much is known of the unknown."""
    if limit is None:
        return False if before is not None and drawn + max(before, 0) <= 0 else None
    if before is None:
        return True if drawn > max(limit, 0) else None
    return drawn + max(before, 0) > max(limit, 0)


# ------------------------------------------------------------------------------------------------ the outcome


@frozen(eq=False)
class Question:
    """Everything that an answer depends on."""

    checked: CheckedPack
    kind: str
    amount: int | None
    missing: bool
    facts: Mapping[str, Any]
    now: int
    day_of: Callable[..., int]
    balance: Callable[[CheckedBudget, tuple[str, ...]], Balance]
    fresh: bool = False
    """Whether nothing is drawn yet from the budgets kept per actor."""

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Least and largest amount of the kind."""
        return self.checked.kinds[self.kind].amount

    def voices(self) -> list[Voice]:
        """What every guardrail says; of an amount that is not given, what it says to all of them."""
        if self.bounds is None or self.amount is not None:
            return self._at(self.amount or 0)
        told = [self._at(amount) for amount in range(self.bounds[0], self.bounds[1] + 1)]
        return [evolve(each[0], speaks=_common([voice.speaks for voice in each])) for each in zip(*told, strict=True)]

    def _at(self, amount: int) -> list[Voice]:
        view = View(self.facts, self.now, self.day_of, amount)
        live = [
            each for each in (*self.checked.rules, *self.checked.caps, *self.checked.budgets) if self.kind in each.kinds and not each.shadow
        ]
        return [self._voice(each, view) for each in live]

    def _voice(self, guardrail: CheckedRule | CheckedCap | CheckedBudget, view: View) -> Voice:
        if isinstance(guardrail, CheckedRule):
            return rule_voice(guardrail, view)
        if isinstance(guardrail, CheckedCap):
            return cap_voice(guardrail, view)
        return budget_voice(guardrail, view, self._held, self.checked)

    def _held(self, budget: CheckedBudget, keys: tuple[str, ...]) -> Balance:
        personal = any(key.startswith("actor.") for key in budget.keys)
        return Balance(0, 0, None) if self.fresh and personal else self.balance(budget, keys)


def _common(parts: Sequence[Three]) -> Three:
    return parts[0] if len(set(parts)) == 1 else None


def outcomes(question: Question, most: int = 10) -> set[tuple[Outcome, str | None]] | None:
    """Of every completion, its outcome and whom it names; None if there are too many to try."""
    if question.bounds is not None and question.amount is not None and not question.bounds[0] <= question.amount <= question.bounds[1]:
        return {("deny", None)}
    voices = question.voices()
    open_ = [voice for voice in voices if voice.speaks is None]
    if len(open_) > most:
        return None
    sure = [voice for voice in voices if voice.speaks]
    able = able_roles(question) if any(voice.outcome == "escalate" for voice in (*sure, *open_)) else {}
    found: set[tuple[Outcome, str | None]] = set()
    for count in range(len(open_) + 1):
        for speaking in itertools.combinations(open_, count):
            found |= set(_completed(question, [*sure, *speaking], able))
    return found


def _completed(question: Question, speaking: Sequence[Voice], able: Mapping[str, Three]) -> Iterator[tuple[Outcome, str | None]]:
    """Deny > escalate > needs_info > allow; an escalation that nobody can answer is a denial."""
    if any(voice.outcome == "deny" for voice in speaking):
        yield "deny", None
    elif speaking:
        ladder = question.checked.roles.ladder
        named = max((ladder.index(voice.role) for voice in speaking if voice.role is not None), default=0)
        for role in (role for role in ladder[named:] if role in able):
            if able[role] is not False:
                yield "escalate", role
            if able[role]:
                return
        yield "deny", None
    elif question.missing or (question.bounds is not None and question.amount is None):
        yield "needs_info", None
    else:
        yield "allow", None


def able_roles(question: Question) -> dict[str, Three]:
    """Of every role above the requester's, whether it could say yes, for some value of the facts that a role does not fix."""
    roles = question.checked.roles
    own = str(question.facts["actor.role"])
    first = roles.ladder.index(roles.beside[own]) if own in roles.beside else roles.ladder.index(own) + 1
    return {role: either([_says_yes(each) for each in _as_anybody(question, role)]) for role in roles.ladder[first:]}


def _says_yes(question: Question) -> Three:
    return both([opposite(voice.speaks) for voice in question.voices()])


def _as_anybody(question: Question, role: str) -> Iterator[Question]:
    """The question as somebody of a role would ask it: every value of every small fact of theirs."""
    types = {
        fact: kind for fact, kind in question.checked.facts.items() if fact.startswith("actor.") and fact not in ("actor.id", "actor.role")
    }
    ids = [text for text in ("somebody else", "m1", *_texts(question)) if text != question.facts["actor.id"]]
    for name in ids:
        for values in itertools.product(*[_domain(kind) for kind in types.values()]):
            facts = {**question.facts, **dict(zip(types, values, strict=True)), "actor.role": role, "actor.id": name}
            yield evolve(question, facts=facts, fresh=True)


def _texts(question: Question) -> Iterator[str]:
    """Ids that a condition could compare with."""
    if any(isinstance(kind, ir.TextType) and fact.startswith("order.") for fact, kind in question.checked.facts.items()):
        yield from {value for fact, value in question.facts.items() if fact in ("order.id", "order.note") and value is not None}


def _domain(kind: ir.FactType) -> Sequence[Any]:
    match kind:
        case ir.YesNoType():
            return (False, True)
        case ir.OneOfType(members=members):
            return members
        case ir.SetOfType(members=members):
            return [frozenset(some) for size in range(len(members) + 1) for some in itertools.combinations(members, size)]
        case ir.NumberType(low=low, high=high):
            return range(low, high + 1)
    raise AssertionError(kind)


def verdict(question: Question) -> tuple[Outcome, str | None] | None:
    """The outcome that all completions share, else `needs_info`; if they name different roles, the highest. None: too many to try."""
    found = outcomes(question)
    if found is None:
        return None
    if len({outcome for outcome, _ in found}) > 1:
        return "needs_info", None
    named = [role for _, role in found if role is not None]
    return next(iter(found))[0], max(named, key=question.checked.roles.ladder.index, default=None)
