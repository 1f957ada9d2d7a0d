"""`CheckedPack` → `ir.Program`: every guardrail of a kind becomes a threshold on the amount, with what is unknown worked into formulas.

Law 3 and law 4 live here. A rule fires when the amount is above its threshold: `OPEN` when it does not hold, `CLOSED` when it does
whatever the amount. `low` is the least threshold over the completions of what is unknown, `high` the greatest. A cap is the same thing.
Plans are made when first asked for, so that a large pack costs nothing for the kinds that nobody uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from empower import ir
from empower.checked import CheckedBudget, CheckedCap, CheckedDuty, CheckedPack, CheckedRule, Row
from empower.formulas import (
    all_of,
    any_of,
    atoms,
    certainly,
    condition_facts,
    numbers_in,
    possibly,
    readable,
    reads_the_amount,
)  # fmt: skip
from empower.plans import Plans

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
OPEN = ir.Number(ir.OPEN)
CLOSED = ir.Number(ir.CLOSED)
NOTHING = ir.Number(0)


def lower_pack(checked: CheckedPack) -> ir.Program:
    """A checked pack as a program; cannot fail."""
    by_kind = _by_kind(checked)
    menu = tuple(
        ir.Offer(offer.id, offer.kind, offer.amount, offer.parameters, offer.rank, certainly(offer.when)) for offer in checked.menu
    )
    return ir.Program(
        checked.pack.name, checked.pack.digest, checked.currency, checked.zone, checked.roles.ladder, checked.roles.beside, checked.facts,
        Plans(checked.kinds, lambda kind: _plan(checked, kind, by_kind[kind])), menu,
    )  # fmt: skip


Guardrails = list[CheckedRule | CheckedCap | CheckedDuty | CheckedBudget]


def _by_kind(checked: CheckedPack) -> dict[str, Guardrails]:
    found: dict[str, Guardrails] = {kind: [] for kind in checked.kinds}
    everything: Guardrails = [*checked.rules, *checked.caps, *checked.duties, *checked.budgets]
    for guardrail in everything:
        for kind in guardrail.kinds:
            found[kind].append(guardrail)
    return found


def _plan(checked: CheckedPack, kind: str, guardrails: Guardrails) -> ir.Plan:
    declared = checked.kinds[kind]
    order = {name: place for place, name in enumerate(checked.order)}
    guardrails = sorted(guardrails, key=lambda guardrail: order[guardrail.id])
    bars = [
        _bar(each) if isinstance(each, CheckedRule) else _cap(each) for each in guardrails if isinstance(each, (CheckedRule, CheckedCap))
    ]
    shadowed = {each.id for each in guardrails if isinstance(each, (CheckedRule, CheckedCap)) and each.shadow}
    live = tuple(bar for bar in bars if bar.guardrail not in shadowed)
    shadows = tuple(bar for bar in bars if bar.guardrail in shadowed)
    duties = tuple(
        ir.Duty(each.id, each.effect, each.holds, certainly(each.holds), possibly(each.holds), each.then)
        for each in guardrails
        if isinstance(each, CheckedDuty) and not checked.about[each.id].shadow
    )
    accounts = tuple(_account(each) for each in guardrails if isinstance(each, CheckedBudget))
    slots = tuple(sorted({*_slots(bars, duties, accounts), *_told(checked, guardrails)}))
    free = _free(live, accounts)
    return ir.Plan(
        kind,
        declared.amount,
        declared.asks,
        live,
        shadows,
        duties,
        accounts,
        _clock(bars, duties, accounts),
        tuple(each.id for each in guardrails),
        slots,
        free,
        _zones(bars, duties, accounts, checked.zone),
    )


def _told(checked: CheckedPack, guardrails: Guardrails) -> Iterator[str]:
    """The facts that the texts of these guardrails show: they are read with the others, so that a text never lacks one."""
    for guardrail in guardrails:
        about = checked.about[guardrail.id]
        texts = [*about.title.values(), *about.say.staff.values(), *about.say.customer.values()]
        if isinstance(guardrail, CheckedDuty):
            texts += [text for name in guardrail.then for text in checked.obligations.get(name, {}).values()]
        for text in texts:
            yield from (name for name in _PLACEHOLDER.findall(text) if name in checked.facts and name not in ("action.kind", "now"))


def _slots(bars: Iterable[ir.Bar], duties: Iterable[ir.Duty], accounts: Iterable[ir.Account]) -> tuple[str, ...]:
    found: set[str] = {"actor.id", "actor.role"}
    for bar in bars:
        found |= facts_of_number(bar.threshold.exact)
    for duty in duties:
        found |= condition_facts(duty.exact)
    for account in accounts:
        found.update(account.keys)
        for triple in (account.amount, account.already, account.already_times):
            found |= facts_of_number(triple.exact) if triple else set()
    return tuple(sorted(found - {"action.kind", "now"}))


def _free(bars: Iterable[ir.Bar], accounts: Iterable[ir.Account]) -> tuple[str, ...]:
    """The facts of an approver that their role does not fix. Who they are is free only where a condition looks at it, not as a key."""
    read: set[str] = set()
    for bar in bars:
        read |= facts_of_number(bar.threshold.exact)
    for account in accounts:
        read.update(key for key in account.keys if key != "actor.id")
        for triple in (account.amount, account.already, account.already_times):
            read |= facts_of_number(triple.exact) if triple else set()
    return tuple(sorted(fact for fact in read if fact.startswith("actor.") and fact != "actor.role"))


def _clock(bars: Iterable[ir.Bar], duties: Iterable[ir.Duty], accounts: Sequence[ir.Account]) -> Literal["never", "day", "instant"]:
    parts = {type(part) for part in _numbers(bars, duties, accounts)}
    if ir.Now in parts:
        return "instant"
    campaign = any(account.campaign is not None for account in accounts)
    return "day" if campaign or ir.Today in parts else "never"


def _zones(bars: Iterable[ir.Bar], duties: Iterable[ir.Duty], accounts: Sequence[ir.Account], own: str) -> tuple[str, ...]:
    """The zones besides the pack's own in which days are counted."""
    found = {part.zone for part in _numbers(bars, duties, accounts) if isinstance(part, (ir.Today, ir.DayOf))}
    found |= {account.zone for account in accounts if account.campaign is not None}
    return tuple(sorted(found - {"", own}))


def _numbers(bars: Iterable[ir.Bar], duties: Iterable[ir.Duty], accounts: Iterable[ir.Account]) -> Iterator[ir.Num]:
    triples = [bar.threshold for bar in bars]
    triples += [each for account in accounts for each in (account.amount, account.already, account.already_times) if each is not None]
    for triple in triples:
        yield from every_number(triple.exact)
    for duty in duties:
        yield from condition_numbers(duty.exact)


def facts_of_number(number: ir.Num) -> set[str]:
    """Every fact that a number reads, through its conditions too."""
    found: set[str] = set()
    for part in every_number(number):
        if isinstance(part, (ir.NumberFact, ir.DayOf, ir.Chosen)):
            found.add(part.fact)
        elif isinstance(part, ir.If):
            found |= condition_facts(part.condition)
        elif isinstance(part, ir.Rows):
            found.update(fact for row in part.rows for fact in condition_facts(row.certain))
    return found


def every_number(number: ir.Num) -> Iterator[ir.Num]:
    """A number and every number inside it, through its conditions too."""
    for part in numbers_in(number):
        yield part
        if isinstance(part, ir.If):
            yield from condition_numbers(part.condition)
            yield from every_number(part.then)
            yield from every_number(part.otherwise)
        elif isinstance(part, ir.Rows):
            for row in part.rows:
                yield from condition_numbers(row.certain)
                yield from every_number(row.value)
            yield from every_number(part.otherwise)


def condition_numbers(condition: ir.Cond) -> Iterator[ir.Num]:
    """Every number inside a condition."""
    for atom, _ in atoms(condition):
        if isinstance(atom, ir.Compare):
            yield from every_number(atom.left)
            yield from every_number(atom.right)
        elif isinstance(atom, ir.AmountAbove):
            yield from every_number(atom.threshold)


# ------------------------------------------------------------------------------------------------ rules


def _bar(rule: CheckedRule) -> ir.Bar:
    fires = rule.fires
    threshold = ir.Triple(_threshold(fires, "exact"), _threshold(fires, "low"), _threshold(fires, "high"))
    return ir.Bar(rule.id, rule.effect, rule.outcome, rule.role, threshold, rule.evidence, _scope(fires))


def _scope(fires: ir.Cond) -> tuple[tuple[str, frozenset[str]], ...]:
    """Facts outside whose members the condition is certainly false: what an index may use."""
    parts = fires.conditions if isinstance(fires, ir.All) else (fires,)
    return tuple(
        (part.fact, part.members) for part in parts if isinstance(part, ir.IsAmong) and part.fact not in ("actor.role", "action.kind")
    )


def _threshold(fires: ir.Cond, reading: str) -> ir.Num:
    """The largest amount at which a condition, monotone in the amount, does not hold."""
    if not reads_the_amount(fires):
        return if_(_reading(fires, reading), CLOSED, OPEN)
    match fires:
        case ir.AmountAbove(threshold=threshold):
            if reading == "exact":
                return threshold
            return if_(readable(threshold), threshold, CLOSED if reading == "low" else OPEN)
        case ir.All(conditions=parts):
            free = all_of(tuple(part for part in parts if not reads_the_amount(part)))
            bound = tuple(_threshold(part, reading) for part in parts if reads_the_amount(part))
            return if_(_reading(free, reading), bound[0] if len(bound) == 1 else ir.Greatest(bound), OPEN)
        case ir.Any(conditions=parts):
            free = any_of(tuple(part for part in parts if not reads_the_amount(part)))
            bound = tuple(_threshold(part, reading) for part in parts if reads_the_amount(part))
            return if_(_reading(free, reading), CLOSED, bound[0] if len(bound) == 1 else ir.Least(bound))
        case ir.AtLeast(count=count, conditions=parts):
            # At least k hold above the k-th smallest threshold: written out as alternatives it would grow without bound.
            return ir.KthLeast(count, tuple(_threshold(part, reading) for part in parts))
        case _:
            message = f"not a monotone condition: {fires}"
            raise AssertionError(message)


def _reading(condition: ir.Cond, reading: str) -> ir.Cond:
    if reading == "exact":
        return condition
    return possibly(condition) if reading == "low" else certainly(condition)


def if_(condition: ir.Cond, then: ir.Num, otherwise: ir.Num) -> ir.Num:
    """A choice, unless it is none."""
    if isinstance(condition, ir.Constant):
        return then if condition.value else otherwise
    return ir.If(condition, then, otherwise)


# ------------------------------------------------------------------------------------------------ caps


def _cap(cap: CheckedCap) -> ir.Bar:
    floor = cap.effect == "floor"
    triple = _collected(cap, floor=floor) if cap.collect else _first_match(cap.rows, floor=floor)
    absent = NOTHING if floor else OPEN
    exact = if_(cap.applies, triple.exact, absent)
    low = if_(certainly(cap.applies), triple.low, if_(possibly(cap.applies), _either(triple.low, absent, least=True), absent))
    high = if_(certainly(cap.applies), triple.high, if_(possibly(cap.applies), _either(triple.high, absent, least=False), absent))
    if cap.dated is not None:
        outside = (OPEN if floor else NOTHING) if cap.outside_zero else absent
        exact, low, high = (if_(cap.dated, value, outside) for value in (exact, low, high))
    return ir.Bar(cap.id, cap.effect, cap.outcome, None, ir.Triple(exact, low, high), None, _scope(cap.applies))


def _either(value: ir.Num, other: ir.Num, *, least: bool) -> ir.Num:
    return ir.Least((value, other)) if least else ir.Greatest((value, other))


def _first_match(rows: tuple[Row, ...], *, floor: bool) -> ir.Triple:
    amounts = [amount_triple(row.amounts, floor=floor) for row in rows]
    exact = ir.Rows(tuple(ir.Row(r.condition, r.condition, a.exact) for r, a in zip(rows, amounts, strict=True)), NOTHING, "least")
    low = ir.Rows(
        tuple(ir.Row(certainly(r.condition), possibly(r.condition), a.low) for r, a in zip(rows, amounts, strict=True)), NOTHING, "least"
    )
    high = ir.Rows(
        tuple(ir.Row(certainly(r.condition), possibly(r.condition), a.high) for r, a in zip(rows, amounts, strict=True)),
        NOTHING,
        "greatest",
    )
    return ir.Triple(*(_single(each) for each in (exact, low, high)))


def _single(rows: ir.Rows) -> ir.Num:
    """A table whose first row always applies is just its amount."""
    match rows.rows:
        case (ir.Row(certain=ir.Constant(value=True), value=value), *_):
            return value
        case _:
            return rows


def amount_triple(amounts: tuple[ir.Num, ...], *, floor: bool = False) -> ir.Triple:
    """The smallest of several amounts (of a floor: the largest); one that reads something unknown lies somewhere between its ends."""
    amounts = tuple(_not_below_nothing(each) for each in amounts)
    pick = ir.Greatest if floor else ir.Least
    ends = [_ends(each) for each in amounts]
    low = tuple(if_(readable(a), a, least) for a, (least, _) in zip(amounts, ends, strict=True))
    high = tuple(if_(readable(a), a, most) for a, (_, most) in zip(amounts, ends, strict=True))
    if len(amounts) == 1:
        return ir.Triple(amounts[0], low[0], high[0])
    return ir.Triple(pick(amounts), pick(low), pick(high))


def _ends(amount: ir.Num) -> tuple[ir.Num, ir.Num]:
    """The least and the most that an amount can be while nothing is known: of a lookup among constants its ends, as of rows of a table."""
    constants = [value.value for _, value in amount.cases if isinstance(value, ir.Number)] if isinstance(amount, ir.Chosen) else []
    if not isinstance(amount, ir.Chosen) or len(constants) < len(amount.cases):
        return NOTHING, OPEN
    return ir.Number(min(constants)), ir.Number(max(constants))


def _not_below_nothing(amount: ir.Num) -> ir.Num:
    """An amount, as 0 where it would come out below: then an unknown one is at least 0 too."""
    parts = numbers_in(amount)
    below = any((isinstance(part, ir.Scaled) and part.factor < 0) or (isinstance(part, ir.Number) and part.value < 0) for part in parts)
    return ir.Greatest((amount, NOTHING)) if below else amount


def _collected(cap: CheckedCap, *, floor: bool) -> ir.Triple:
    """Hit policy collect-min: of all matching rows the smallest; none matching gives 0."""
    rows = [(row.condition, amount_triple(row.amounts, floor=floor)) for row in cap.rows]
    some = any_of(tuple(condition for condition, _ in rows))
    sure = any_of(tuple(certainly(condition) for condition, _ in rows))
    exact = if_(some, ir.Least(tuple(if_(c, a.exact, OPEN) for c, a in rows)), NOTHING)
    low = if_(sure, ir.Least(tuple(if_(possibly(c), a.low, OPEN) for c, a in rows)), NOTHING)
    matched = ir.Least(tuple(if_(certainly(c), a.high, OPEN) for c, a in rows))
    guessed = ir.Greatest(tuple(if_(possibly(c), a.high, NOTHING) for c, a in rows))
    return ir.Triple(exact, low, if_(sure, matched, guessed))


# ------------------------------------------------------------------------------------------------ budgets


def _account(budget: CheckedBudget) -> ir.Account:
    # What was given before must not make room that is not there, if a sum of facts comes out below nothing.
    already = _already(_not_below_nothing(budget.already)) if budget.already is not None else None
    already_times = _already(ir.Greatest((budget.already_times, NOTHING))) if budget.already_times is not None else None
    return ir.Account(
        budget.id, budget.pack, budget.zone, budget.keys, budget.window, amount_triple(budget.amounts) if budget.amounts else None, budget.times,
        already, already_times, budget.outcome, any(key.startswith("actor.") for key in budget.keys), budget.campaign, budget.shared_at_most,
        budget.unknown_role, budget.shadow, budget.encourage,
    )  # fmt: skip


def _already(given: ir.Num) -> ir.Triple:
    """What was given before: the more it is, the less is left, so an unknown one reads high where a limit reads low."""
    return ir.Triple(given, if_(readable(given), given, NOTHING), if_(readable(given), given, OPEN))
