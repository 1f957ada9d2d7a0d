"""What the cases of a pack should reach: every rule both ways, every row and bound, every comparison on both sides of where it turns.

A goal is worked out from the pack as checked, never from its text. Only what the pack itself declares makes goals: its parent has cases of
its own. A child is looked at with its parents' guardrails in force.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Literal

from empower import ir
from empower.checked import CheckedBudget, CheckedCap, CheckedDuty, CheckedPack, CheckedRule, Row
from empower.coverage.possible import can_hold
from empower.coverage.words import told, told_number
from empower.formulas import all_of, any_of, atom_facts, atoms, certainly, negated, negation_normal, number_facts, reads_the_amount
from empower.noun import field, frozen
from empower.problems import Span

Family = Literal["action", "rule", "duty", "row", "bound", "comparison", "condition", "budget", "unknown", "offer"]
FAMILIES: dict[Family, str] = {
    "action": "actions asked for", "rule": "rules, speaking and silent", "duty": "duties, there and not", "row": "rows that decide",
    "bound": "bounds, at them and beyond", "budget": "budgets, within and exceeded", "comparison": "comparisons, both sides of the turn",
    "condition": "conditions, true and false", "unknown": "facts asked for", "offer": "offers made",
}  # fmt: skip
ALWAYS = ir.Constant(value=True)
NOTHING = ir.Number(0)
WHOLE = "the amount"
"""What the one amount of a cap without rows is called."""
_MINUTE = {"duration": 60, "instant": 60_000}
"""The steps in which people write lengths of time and instants: a minute, in seconds and in milliseconds."""


Side = Literal["within", "exceeded", "at", "beyond", "last", "again", "outside"]


@frozen
class Holds:
    """An action of one of these kinds is asked for, and a condition certainly holds; where `allowed`, the answer is allow as well."""

    kinds: tuple[str, ...]
    condition: ir.Cond
    certain: ir.Cond = field(repr=False)
    """The same where some fact is not known: what certainly holds."""
    allowed: bool = False


@frozen
class Draws:
    """A budget of some kind is drawn from, and this is what it says."""

    kinds: tuple[str, ...]
    budget: str
    condition: ir.Cond
    certain: ir.Cond = field(repr=False)
    side: Side
    """`at`: the amount uses up what is left, `beyond`: one minor unit more; `last`, `again`: the last time, and one time more."""


@frozen
class Asks:
    """The answer is that a fact, or a parameter of the action, has to be found out."""

    fact: str


@frozen
class Offers:
    """The answer is no, and a gesture of the menu is offered instead."""

    offer: str


Aim = Holds | Draws | Asks | Offers
Tightening = CheckedRule | CheckedCap | CheckedBudget


@frozen
class Goal:
    """One thing that some case should show."""

    id: str
    """Stable as long as the guardrail has its name and its rows their order: `too-long-out: speaks`."""
    family: Family
    of: str
    """The guardrail, fact, offer or action that it is about."""
    wanted: str
    """What the case would show; a sentence that reads on from "no case in which"."""
    detail: str
    """The same at the end of a title, behind a comma; empty where the answer says it already."""
    span: Span
    aim: Aim = field(repr=False)


def holding(kinds: tuple[str, ...], condition: ir.Cond, *, allowed: bool = False) -> Holds:
    """The aim that a condition, in negation normal form, holds."""
    return Holds(kinds, condition, certainly(condition), allowed)


def goals_of(pack: CheckedPack) -> tuple[Goal, ...]:
    """Every goal of a pack, in the order in which its guardrails stand."""
    own = [name for name, about in pack.about.items() if about.pack == pack.pack.name]
    everything: Iterator[CheckedDuty | Tightening] = itertools.chain(pack.duties, tightening(pack))
    guardrails = {each.id: each for each in everything}
    found = [*_actions(pack)]
    for name in own:
        match guardrails.get(name):
            case CheckedRule() as rule:
                found += _rule(pack, rule)
            case CheckedDuty() as duty:
                found += _duty(pack, duty)
            case CheckedCap() as cap:
                found += _cap(pack, cap)
            case CheckedBudget() as budget:
                found += _budget(pack, budget)
    found += _offers(pack, own)
    return (*found, *_unknowns(pack))


def tightening(pack: CheckedPack) -> Iterator[Tightening]:
    """The guardrails that can stand in the way, those of its parents too."""
    yield from pack.rules
    yield from pack.caps
    yield from pack.budgets


def _actions(pack: CheckedPack) -> Iterator[Goal]:
    for kind in pack.pack.document.actions:
        place = pack.pack.find(("actions", kind, "<key>"))
        yield Goal(f"{kind}: asked", "action", kind, f"somebody asks for '{kind}'", "", place, holding((kind,), ALWAYS))


# ------------------------------------------------------------------------------------------------ rules and duties


def _rule(pack: CheckedPack, rule: CheckedRule) -> Iterator[Goal]:
    span = pack.about[rule.id].span()
    silent = negated(rule.fires)
    said = f"'{rule.id}' speaks"
    yield Goal(f"{rule.id}: speaks", "rule", rule.id, said, f"since {said}", span, holding(rule.kinds, rule.fires))
    if not isinstance(silent, ir.Constant):
        said = f"'{rule.id}' is silent"
        yield Goal(f"{rule.id}: silent", "rule", rule.id, said, f"where {said}", span, holding(rule.kinds, silent))
    yield from _conditions(pack, rule.id, rule.kinds, rule.fires, span)
    if reads_the_amount(rule.fires):
        above = [atom for atom, _ in atoms(rule.fires) if isinstance(atom, ir.AmountAbove)]
        for number, atom in enumerate(dict.fromkeys(above), 1):
            rest = (_with(rule.fires, atom, value=True), negated(_with(rule.fires, atom, value=False)))
            label = f"{rule.id}: amount" if len(above) == 1 else f"{rule.id}: amount {number}"
            yield from _edges(pack, label, rule.id, rule.kinds, Band("", negation_normal(all_of(rest)), atom.threshold, span), floor=False)


def _with(condition: ir.Cond, atom: ir.Cond, *, value: bool) -> ir.Cond:
    """A condition with one of its atoms settled."""
    match condition:
        case ir.All(conditions=parts):
            return all_of(tuple(_with(part, atom, value=value) for part in parts))
        case ir.Any(conditions=parts):
            return any_of(tuple(_with(part, atom, value=value) for part in parts))
        case _ if condition == atom:
            return ir.Constant(value)
        case _:
            return condition


def _duty(pack: CheckedPack, duty: CheckedDuty) -> Iterator[Goal]:
    span = pack.about[duty.id].span()
    word = "comes with it" if duty.effect == "oblige" else "is given"
    yield Goal(f"{duty.id}: there", "duty", duty.id, f"'{duty.id}' {word}", f"with '{duty.id}'", span, holding(duty.kinds, duty.holds))
    absent = negated(duty.holds)
    if not isinstance(absent, ir.Constant):
        no = f"'{duty.id}' does not come with it" if duty.effect == "oblige" else f"'{duty.id}' is not given"
        yield Goal(f"{duty.id}: absent", "duty", duty.id, no, f"without '{duty.id}'", span, holding(duty.kinds, absent))
    yield from _conditions(pack, duty.id, duty.kinds, duty.holds, span)


# ------------------------------------------------------------------------------------------------ conditions


def _conditions(pack: CheckedPack, owner: str, kinds: tuple[str, ...], condition: ir.Cond, span: Span) -> Iterator[Goal]:
    """Both sides of every comparison, and of every other test where there are several; the amount has bounds of its own."""
    found = dict.fromkeys(atom for atom, _ in atoms(condition) if not isinstance(atom, ir.AmountAbove))
    tests = [atom for atom in found if not _of_the_role(atom)]
    for atom in tests:
        if isinstance(atom, ir.Compare):
            yield from _comparison(pack, owner, kinds, atom, span)
        elif len(tests) > 1:
            for value, word in ((True, "holds"), (False, "fails")):
                text = told(atom, pack, positive=value)
                aim = holding(kinds, atom if value else ir.Not(atom))
                name = f"{owner}: {told(atom, pack)} {word}"
                yield Goal(name, "condition", owner, f"'{owner}' meets '{text}'", f"where {text}", span, aim)


def _of_the_role(atom: ir.Atom) -> bool:
    """The roles below the one that an escalation names: what it means to escalate, not something its author wrote."""
    return isinstance(atom, ir.IsAmong) and atom.fact == "actor.role"


def _comparison(pack: CheckedPack, owner: str, kinds: tuple[str, ...], atom: ir.Compare, span: Span) -> Iterator[Goal]:
    """The last value on each side of where a comparison turns; having met both, it has been true and false."""
    step = step_of(atom, pack)
    text = told(atom, pack)
    for side, condition in zip(("on one side", "on the other"), sides(atom, step), strict=True):
        just = "just" if _value_at(atom, side) else "just not"
        detail = f"where {text} {'just holds' if just == 'just' else 'just fails'}"
        wanted = f"'{owner}' meets '{text}' {'just holding' if just == 'just' else 'just failing'}"
        yield Goal(f"{owner}: {text}, {just}", "comparison", owner.partition(":")[0], wanted, detail, span, holding(kinds, condition))


def _value_at(atom: ir.Compare, side: str) -> bool:
    return (atom.operator in ("<=", ">=", "==")) == (side == "on one side")


def sides(atom: ir.Compare, step: int) -> tuple[ir.Cond, ir.Cond]:
    """(at the turn, just beyond it): the values next to where a comparison turns, at most a step apart."""
    left, right = atom.left, atom.right
    if atom.operator in ("<", ">="):
        left, right = right, left
    nearly = ir.Compare("<", right, ir.Sum(left, ir.Number(step)))
    at = all_of((ir.Compare("<=", left, right), nearly))
    beyond = all_of((ir.Compare(">", left, right), ir.Compare("<=", left, ir.Sum(right, ir.Number(step)))))
    if atom.operator in ("==", "!="):
        below = all_of((ir.Compare(">", right, left), ir.Compare("<=", right, ir.Sum(left, ir.Number(step)))))
        return ir.Compare("==", left, right), any_of((beyond, below))
    return at, beyond


def step_of(atom: ir.Compare, pack: CheckedPack) -> int:
    """By how much the two sides of a comparison come nearer when the finest of its facts moves by as little as people write."""
    steps = [*_steps(atom.left, 1, pack), *_steps(atom.right, 1, pack)]
    return min(steps, default=1)


def _steps(number: ir.Num, factor: int, pack: CheckedPack) -> Iterator[int]:
    match number:
        case ir.NumberFact(fact=fact):
            kind = pack.facts[fact]
            unit = kind.unit if isinstance(kind, ir.NumberType) else "instant" if isinstance(kind, ir.InstantType) else ""
            yield abs(factor) * _MINUTE.get(unit, 1)
        case ir.Amount() | ir.DayOf():
            yield abs(factor)
        case ir.Scaled(value=value, factor=more):
            yield from _steps(value, factor * more, pack)
        case ir.Sum(left=left, right=right):
            yield from _steps(left, factor, pack)
            yield from _steps(right, factor, pack)
        case _:
            return


# ------------------------------------------------------------------------------------------------ caps


@frozen
class Band:
    """One amount of a cap, and when it is the one that counts."""

    label: str
    condition: ir.Cond
    amount: ir.Num
    span: Span
    in_case: bool = False
    """It gives nothing in all other cases: written to be safe, also where there is no other case."""


def _cap(pack: CheckedPack, cap: CheckedCap) -> Iterator[Goal]:
    floor = cap.effect == "floor"
    bands = [band for band in bands_of(pack, cap) if not (band.in_case and not can_hold(band.condition, pack))]
    for band in bands:
        if len(bands) > 1:
            wanted = f"{band.label} of '{cap.id}' decides"
            detail = f"by {band.label} of '{cap.id}'"
            yield Goal(f"{cap.id}: {band.label}", "row", cap.id, wanted, detail, band.span, holding(cap.kinds, band.condition))
        label = f"{cap.id}: {band.label}" if len(bands) > 1 else cap.id
        yield from _edges(pack, label, cap.id, cap.kinds, band, floor=floor)
    span = pack.about[cap.id].span()
    within = all_of((cap.applies, *((cap.dated,) if cap.dated is not None else ())))
    yield from _conditions(pack, cap.id, cap.kinds, within, span)
    for number, row in enumerate(cap.rows, 1):
        for atom in dict.fromkeys(atom for atom, _ in atoms(row.condition) if isinstance(atom, ir.Compare)):
            yield from _comparison(pack, f"{cap.id}: row {number}" if len(cap.rows) > 1 else cap.id, cap.kinds, atom, row.span())


def bands_of(pack: CheckedPack, cap: CheckedCap) -> Iterator[Band]:
    """Every row, each member of a lookup in it, and each amount of several."""
    least = "<=" if cap.effect == "cap" else ">="
    within = (cap.applies, *((cap.dated,) if cap.dated is not None else ()))
    for number, row in enumerate(cap.rows):
        others = cap.rows if cap.collect else cap.rows[:number]
        label = f"row {number + 1}" if len(cap.rows) > 1 else ""
        for member, condition, amount in _members(row.amounts):
            rivals = [each for place, each in enumerate(row.amounts) if place != member]
            settled = [ir.Compare(least, amount, each) for each in rivals]  # type: ignore[arg-type]
            elsewhere = [_not_there(other, amount) if cap.collect else negated(other.condition) for other in others if other is not row]
            decides = negation_normal(all_of((*within, row.condition, *elsewhere, condition, *settled)))
            said = " for ".join(part for part in (label, _member_label(condition, row.amounts, amount, pack)) if part)
            yield Band(said or WHOLE, decides, amount, row.span(), in_case=row is cap.rows[-1] and amount == NOTHING)


def _not_there(other: Row, amount: ir.Num) -> ir.Cond:
    """Of all matching rows the smallest counts: another does not match, or is no smaller."""
    return any_of((negated(other.condition), *(ir.Compare("<=", amount, each) for each in other.amounts)))


def _members(amounts: Sequence[ir.Num]) -> Iterator[tuple[int, ir.Cond, ir.Num]]:
    """(which of several amounts, for which members of its lookup, the amount)."""
    for place, amount in enumerate(amounts):
        if not isinstance(amount, ir.Chosen):
            yield place, ALWAYS, amount
            continue
        alike: dict[ir.Num, list[str]] = {}
        for member, value in amount.cases:
            alike.setdefault(value, []).append(member)
        for value, members in alike.items():
            yield place, ir.IsAmong(amount.fact, frozenset(members)), value


def _member_label(condition: ir.Cond, amounts: Sequence[ir.Num], amount: ir.Num, pack: CheckedPack) -> str:
    if isinstance(condition, ir.IsAmong):
        kind = pack.facts[condition.fact]
        order = kind.members if isinstance(kind, ir.OneOfType) else sorted(condition.members)
        return " or ".join(member for member in order if member in condition.members)
    return told_number(amount, pack, "money") if len(amounts) > 1 else ""


def _edges(pack: CheckedPack, label: str, owner: str, kinds: tuple[str, ...], band: Band, *, floor: bool) -> Iterator[Goal]:
    """Allowed at the bound, refused one minor unit beyond it; save where the kinds cannot give so little or so much."""
    spans = [bound for kind in kinds if (bound := pack.kinds[kind].amount) is not None]
    least, most = min((low for low, _ in spans), default=0), max((high for _, high in spans), default=0)
    constant = band.amount.value if isinstance(band.amount, ir.Number) else None
    beyond = -1 if floor else 1
    what = f"the bound of '{owner}'" + (f" ({band.label})" if band.label and band.label != WHOLE else "")
    if constant is None or least <= constant <= most:
        at = all_of((band.condition, ir.Compare("==", ir.Amount(), band.amount)))
        yield Goal(
            f"{label}, at", "bound", owner, f"exactly {what} is allowed", f"exactly {what}", band.span, holding(kinds, at, allowed=True)
        )
    if constant is None or least <= constant + beyond <= most:
        past = all_of((band.condition, ir.Compare("==", ir.Amount(), ir.Sum(band.amount, ir.Number(beyond)))))
        wanted = f"one minor unit {'less' if floor else 'more'} than {what} is refused"
        yield Goal(f"{label}, beyond", "bound", owner, wanted, f"just beyond {what}", band.span, holding(kinds, past))


# ------------------------------------------------------------------------------------------------ budgets


def _budget(pack: CheckedPack, budget: CheckedBudget) -> Iterator[Goal]:
    span = pack.about[budget.id].span()
    kinds = budget.kinds
    counted = tuple(kind for kind in kinds if pack.kinds[kind].amount is not None)

    def goal(side: Side, wanted: str, detail: str, condition: ir.Cond = ALWAYS, label: str = "") -> Goal:
        name = f"{budget.id}: {label}, {side}" if label else f"{budget.id}: {side}"
        among = counted if side in ("at", "beyond") else kinds
        family: Family = "bound" if side in _BOUNDS else "budget"
        return Goal(name, family, budget.id, wanted, detail, span, Draws(among, budget.id, condition, certainly(condition), side))

    named = f"'{budget.id}'"
    yield goal("within", f"{named} has enough left", f"with enough left of {named}")
    yield goal("exceeded", f"{named} has not enough left", f"with too little left of {named}")
    for _, condition, amount in _members(budget.amounts) if counted else ():
        label = _member_label(condition, budget.amounts, amount, pack)
        what = f"what is left of {named}" + (f" for {label}" if label else "")
        yield goal("at", f"exactly {what} is allowed", f"exactly {what}", condition, label)
        yield goal("beyond", f"the least bit more than {what} is refused", f"just beyond {what}", condition, label)
    if budget.times is not None:
        yield goal("last", f"the last time of {named} is allowed", f"for the last time of {named}")
        yield goal("again", f"one time more than {named} gives is refused", f"once more than {named} gives")
    if budget.campaign is not None:
        yield goal("outside", f"it is no day of the campaign {named}", f"on no day of the campaign {named}")


_BOUNDS = ("at", "beyond", "last", "again")


# ------------------------------------------------------------------------------------------------ unknown facts and offers


def _offers(pack: CheckedPack, own: Sequence[str]) -> Iterator[Goal]:
    everything = tuple(pack.kinds)
    for offer in pack.menu:
        if offer.id in own:
            span = pack.about[offer.id].span()
            yield Goal(
                f"{offer.id}: offered",
                "offer",
                offer.id,
                f"'{offer.id}' is offered instead",
                f"and offers '{offer.id}'",
                span,
                Offers(offer.id),
            )
            yield from _conditions(pack, offer.id, everything, offer.when, span)


def _unknowns(pack: CheckedPack) -> Iterator[Goal]:
    """Facts that a guardrail of this pack hinges on, and what its actions ask for."""
    for fact, reader in sorted(facts_asked_for(pack).items()):
        yield Goal(f"{fact}: asked for", "unknown", fact, f"'{fact}' has to be found out", "", _declared(pack, fact, reader), Asks(fact))
    for kind, document in pack.pack.document.actions.items():
        for name in document.asks:
            place = pack.pack.find(("actions", kind, "asks"))
            yield Goal(f"{kind}: asks {name}", "unknown", kind, f"'{kind}' has to be told its {name}", "", place, Asks(f"action.{name}"))


def facts_asked_for(pack: CheckedPack) -> dict[str, str]:
    """The facts on which an answer can hinge, each with the first guardrail of this pack that reads it."""
    live = [name for name, about in pack.about.items() if about.pack == pack.pack.name and not about.shadow]
    found: dict[str, str] = {}
    for each in tightening(pack):
        if each.id in live:
            found.update({fact: each.id for fact in _hinges_on(each) if fact not in found})
    return {fact: reader for fact, reader in found.items() if fact not in NEVER_UNKNOWN and not fact.startswith("action.")}


def _hinges_on(guardrail: Tightening) -> set[str]:
    match guardrail:
        case CheckedRule():
            return _facts_of(guardrail.fires)
        case CheckedCap():
            read = {fact for row in guardrail.rows for fact in _facts_of(row.condition)} | _facts_of(guardrail.applies)
            return read | {fact for row in guardrail.rows for amount in row.amounts for fact in number_facts(amount)}
        case _:
            numbers = [each for each in (*guardrail.amounts, guardrail.already, guardrail.already_times) if each is not None]
            read = {fact for number in numbers for fact in number_facts(number)}
            return read | (set(guardrail.keys) if guardrail.shared_at_most is None else set())


NEVER_UNKNOWN = frozenset({"actor.id", "actor.role", "action.kind", "now"})


def _facts_of(condition: ir.Cond) -> set[str]:
    return {fact for atom, _ in atoms(condition) if not isinstance(atom, ir.Known) for fact in atom_facts(atom)}


def _declared(pack: CheckedPack, fact: str, reader: str) -> Span:
    """Where a fact is declared in this pack, or else the guardrail that reads it."""
    return pack.pack.find(("facts", fact, "<key>")) if fact in pack.pack.document.facts else pack.about[reader].span()


__all__ = [
    "FAMILIES",
    "Aim",
    "Asks",
    "Draws",
    "Family",
    "Goal",
    "Holds",
    "Offers",
    "bands_of",
    "facts_asked_for",
    "goals_of",
    "sides",
    "step_of",
]
