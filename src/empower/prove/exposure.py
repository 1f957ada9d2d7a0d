"""The most that one actor, one store, or the whole company can give away in a day, a week, a month; and a history that reaches it.

Whatever is given is given by somebody's power, alone or as an approver, and every gift is charged to each budget of its kind. So in a stretch of time
the sum of the kinds that draw on a budget is at most its largest limit, times how often it starts anew, times how many keys it has there. A kind that
is counted only is as much as one gift can be, times how often. The most under all of these together is the answer: a closed formula over budgets,
whose figures the solver finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import prod

from empower import ir
from empower.backends.smt import Solver, Term, Terms, constant, fresh
from empower.checked import CheckedPack
from empower.money import format_money
from empower.noun import evolve, frozen
from empower.prove.answers import Answer, NotReproduced, Proved, Question, Unbounded
from empower.prove.asking import Asking, too_much
from empower.prove.calendar import PERIODS, worst_stretches
from empower.prove.history import Giving, replay
from empower.prove.inquiry import Inquiry, Situation
from empower.prove.limits import limits_in_force

AMOUNT_MAX = 10**15
"""No amount is larger than this, in minor units."""
STORE = "place.store"
SHOWN_MAX = 4


@frozen
class Scope:
    """Whose gifts are added up."""

    name: str
    words: str
    fixed: frozenset[str]
    """Facts that are the same for all of these gifts."""
    role: str | None = None


@frozen
class Limit:
    """What a budget gives for one key in one window; None: no bound."""

    amount: int | None
    """In minor units."""
    times: int | None
    shared: int = 0
    """What all whose key is unknown may have together besides."""
    also_unknown: bool = False
    """Whether there is such a counter besides."""


@frozen
class Figures:
    """What the solver found for a scope: the largest gift of each kind, and the largest limit and the keys of each budget."""

    gifts: Mapping[str, int]
    limits: Mapping[str, Limit]
    """Of each budget that any of these gifts draws on."""
    keys: Mapping[str, int]
    """By budget: how many keys it has in the scope; one that may have any number is left out."""
    missing: Mapping[str, tuple[str, ...]]
    """By budget: the facts of which nobody says how many there are."""


@frozen
class Bound:
    """What a budget says of the sums of some kinds in a stretch of time."""

    kinds: tuple[str, ...]
    amount: int | None
    times: int | None


class TooMuch(Exception):
    """The solver gave up."""


def ask_exposure(inquiry: Inquiry) -> Iterator[Asking]:
    """Each role, a store where there are any, and the whole company; for a day, a week and a month."""
    if not any(plan.amount is not None for plan in inquiry.program.plans.values()):
        return
    for scope in scopes(inquiry):
        question = Question(f"exposure/{scope.name}", f"how much {scope.words} can give away at most")
        yield Asking(question, partial(_answer, inquiry, question, scope))


def scopes(inquiry: Inquiry) -> Iterator[Scope]:
    """Whose gifts are added up, narrowest first."""
    actor = frozenset({"actor.id", "actor.role"})
    for role in inquiry.checked.roles.everyone():
        yield Scope(f"actor/{role}", f"one {role.replace('_', ' ')}", actor, role)
    stores = STORE in population(inquiry) or any(
        STORE in account.keys for plan in inquiry.program.plans.values() for account in plan.accounts
    )
    if stores:
        yield Scope("store", "one store", frozenset({STORE}))
    yield Scope("company", "the whole company", frozenset())


def population(inquiry: Inquiry) -> Mapping[str, int]:
    """How many values a fact has: as the pack says, its parents' words included; of words as many as there are."""
    found: dict[str, int] = {}
    for path, kind in inquiry.program.facts.items():
        if isinstance(kind, ir.OneOfType):
            found[path] = len(kind.members)
        elif isinstance(kind, ir.YesNoType):
            found[path] = 2
    for each in reversed(list(_family(inquiry.checked))):
        found.update({path: int(count) for path, count in each.pack.document.population.items()})
    return found


def _family(pack: CheckedPack | None) -> Iterator[CheckedPack]:
    while pack is not None:
        yield pack
        pack = pack.parent


def _answer(inquiry: Inquiry, question: Question, scope: Scope) -> Answer:
    try:
        figures = figures_of(inquiry, scope)
    except TooMuch:
        return too_much(question)
    accounts = _accounts(inquiry)
    endless = [kind for kind in figures.gifts if not any(_limits(account, kind, inquiry, figures) for account in accounts)]
    figures = evolve(figures, gifts={kind: gift for kind, gift in figures.gifts.items() if kind not in endless})
    told = [_figure(inquiry, scope, figures, period) for period in PERIODS]
    for each in told:
        if each.defect:
            return NotReproduced(question, each.defect, each.words)
    figure = "\n".join(each.words for each in told) if figures.gifts else "nothing"
    return _unbounded(inquiry, question, figures, endless, figure) if endless else Proved(question, figure)


def _accounts(inquiry: Inquiry) -> tuple[ir.Account, ...]:
    """Every budget that counts, once."""
    found = {account.guardrail: account for plan in inquiry.program.plans.values() for account in plan.accounts if not account.shadow}
    return tuple(found.values())


def _kinds(account: ir.Account, inquiry: Inquiry) -> tuple[str, ...]:
    return tuple(kind for kind, plan in inquiry.program.plans.items() if any(each.guardrail == account.guardrail for each in plan.accounts))


def _limits(account: ir.Account, kind: str, inquiry: Inquiry, figures: Figures) -> bool:
    """Whether a budget limits what is given of a kind in the scope."""
    limit = figures.limits.get(account.guardrail)
    if limit is None or account.guardrail not in figures.keys or kind not in _kinds(account, inquiry):
        return False
    return limit.amount is not None or limit.times is not None


def _unbounded(inquiry: Inquiry, question: Question, figures: Figures, endless: Sequence[str], rest: str) -> Answer:
    """No figure for some kinds, with what is missing; and the figure for all the others."""
    keys = {kind: _uncounted(inquiry, figures, kind) for kind in endless}
    free, counted = [kind for kind in endless if not keys[kind]], [kind for kind in endless if keys[kind]]
    missing = _fewest([keys[kind] for kind in counted])
    says = [f"no budget limits how often {_listed(free)} can be given"] if free else []
    helps = ["add a budget, such as one `per: actor.id`"] if free else []
    if counted:
        says.append(f"{_listed(counted)} can be given anew for each {' and '.join(missing)}, and nobody says how many there are")
        counts = ", ".join(f"{fact}: 400" for fact in missing)
        helps.insert(0, f"say how many there are, such as `population: {{{counts}}}`, or add a budget that they share")
    told = "; ".join(says)
    return Unbounded(question, told if not figures.gifts else f"{told}. All else together:\n{rest}", "; ".join(helps))


def _listed(kinds: Sequence[str]) -> str:
    more = len(kinds) - SHOWN_MAX
    return " and ".join(f"'{kind}'" for kind in kinds[:SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")


def _uncounted(inquiry: Inquiry, figures: Figures, kind: str) -> list[tuple[str, ...]]:
    """For each budget of a kind the facts of which nobody says how many there are, the fewest first."""
    found = [figures.missing[each.guardrail] for each in _accounts(inquiry) if kind in _kinds(each, inquiry)]
    return sorted((keys for keys in found if keys), key=lambda keys: (len(keys), keys))


def _fewest(needs: Sequence[Sequence[tuple[str, ...]]]) -> tuple[str, ...]:
    """The fewest facts of which somebody must say how many there are, so that each of several kinds is limited."""
    facts = sorted({fact for each in needs for keys in each for fact in keys}, key=lambda fact: (fact != "actor.id", fact))
    one = next((fact for fact in facts if all((fact,) in each for each in needs)), None)
    return (one,) if one else tuple(sorted({fact for each in needs for fact in each[0]}))


# ------------------------------------------------------------------------------------------------ figures


def figures_of(inquiry: Inquiry, scope: Scope) -> Figures:
    """The largest gifts, limits and numbers of keys.

    Raises:
        TooMuch: the solver gave up.
    """
    gifts: dict[str, int] = {}
    limits: dict[str, Limit] = {}
    for kind in inquiry.kinds:
        situation = inquiry.situation(kind)
        here = _in_scope(situation, scope)
        largest = greatest(situation.solver, situation.world.amount, situation.plan.amount[1], *here) if situation.plan.amount else None
        if largest is None:
            continue
        gifts[kind] = largest
        for account in situation.plan.accounts:
            if not account.shadow:
                limits[account.guardrail] = _larger(limits.get(account.guardrail), _limit(situation, account, scope, here))
    counts, accounts = population(inquiry), _accounts(inquiry)
    missing = {each.guardrail: tuple(key for key in each.keys if key not in scope.fixed and key not in counts) for each in accounts}
    keys = {
        each.guardrail: prod(counts[key] for key in each.keys if key not in scope.fixed) for each in accounts if not missing[each.guardrail]
    }
    return Figures(gifts, limits, keys, missing)


def _in_scope(situation: Situation, scope: Scope) -> list[Term]:
    """What is allowed, in a role where the scope has one."""
    world = situation.world
    role = [] if scope.role is None else [world.holds(ir.IsAmong("actor.role", frozenset((scope.role,))))]
    return [situation.guarded_allowed, *role]


def _limit(situation: Situation, account: ir.Account, scope: Scope, here: Sequence[Term]) -> Limit:
    """The largest limit in force for a gift that is allowed. Those whose key is unknown have a counter of their own, or need none."""
    amount, _ = limits_in_force(account, situation.world)
    largest = greatest(situation.solver, amount, AMOUNT_MAX, *here) if account.amount is not None else None
    if account.shared_at_most is None:
        return Limit(largest, account.times)
    if account.unknown_role is not None and _needs_nobody(situation.program, scope.role, account.unknown_role):
        return Limit(None, None)
    return Limit(largest, account.times, account.shared_at_most, also_unknown=True)


def _needs_nobody(program: ir.Program, role: str | None, wanted: str) -> bool:
    """Whether somebody of the scope holds a role or a higher one."""
    return role is None or (role in program.ladder and program.ladder.index(role) >= program.ladder.index(wanted))


def _larger(one: Limit | None, other: Limit) -> Limit:
    """The larger of two limits; none is the largest."""
    if one is None:
        return other
    amount = None if one.amount is None or other.amount is None else max(one.amount, other.amount)
    times = None if one.times is None or other.times is None else max(one.times, other.times)
    return Limit(amount, times, max(one.shared, other.shared), one.also_unknown or other.also_unknown)


def greatest(solver: Solver, number: Term, most: int, *formulas: Term) -> int | None:
    """The greatest value, at most `most`, of a number for which formulas hold; None: they never do.

    Raises:
        TooMuch: the solver gave up.
    """
    answer = solver.check(*formulas)
    if answer == "no":
        return None
    low, high = -1, most
    if answer == "yes":
        low = solver.number(number)
    while low < high:
        middle = -(-(low + high) // 2) if low + high < 2 * most else most
        answer = solver.check(*formulas, number >= middle)
        if answer == "unknown":
            raise TooMuch
        if answer == "yes":
            low = solver.number(number)
        else:
            high = middle - 1
    return low


# ------------------------------------------------------------------------------------------------ the sum


def bounds_in(inquiry: Inquiry, figures: Figures, accounts: Sequence[ir.Account], counts: Sequence[int]) -> list[Bound]:
    """What each budget says of a stretch of time in which it starts anew so often."""
    found = []
    for account, count in zip(accounts, counts, strict=True):
        limit, keys = figures.limits.get(account.guardrail), figures.keys.get(account.guardrail)
        if limit is not None and keys is not None:
            amount = None if limit.amount is None else (limit.amount * keys + limit.shared) * count
            times = None if limit.times is None else limit.times * (keys + limit.also_unknown) * count
            found.append(Bound(tuple(kind for kind in _kinds(account, inquiry) if kind in figures.gifts), amount, times))
    return found


def most_under(bounds: Sequence[Bound], gifts: Mapping[str, int]) -> int:
    """The greatest sum of gifts that the bounds leave, each at most the largest of its kind."""
    sums = {kind: fresh(f"sum of {kind}") for kind in gifts}
    times = {kind: fresh(f"times of {kind}") for kind in gifts}
    formulas = [
        formula for kind, gift in gifts.items() for formula in (sums[kind] >= 0, times[kind] >= 0, sums[kind] <= times[kind] * gift)
    ]
    ceiling = 0
    for bound in bounds:
        if bound.amount is not None:
            formulas.append(_sum(sums, bound.kinds) <= bound.amount)
        if bound.times is not None:
            formulas.append(_sum(times, bound.kinds) <= bound.times)
        by_times = 0 if bound.times is None else bound.times * max((gifts[kind] for kind in bound.kinds), default=0)
        ceiling += by_times if bound.amount is None else bound.amount
    return greatest(Solver(Terms()), _sum(sums, tuple(gifts)), ceiling, *formulas) or 0


def _sum(numbers: Mapping[str, Term], kinds: Sequence[str]) -> Term:
    found = constant(0)
    for kind in kinds:
        found = found + numbers[kind]
    return found


# ------------------------------------------------------------------------------------------------ what is told


@frozen
class _Figure:
    """The most in one sort of stretch of time, in words."""

    words: str
    defect: str = ""
    """How the compiled pack differs from the formula."""


def _figure(inquiry: Inquiry, scope: Scope, figures: Figures, period: str) -> _Figure:
    """The most, with the history that reaches it, as the compiled pack and a ledger in memory tell it."""
    accounts = _accounts(inquiry)
    stretches = worst_stretches(period, inquiry.program.zone, accounts)
    totals = [most_under(bounds_in(inquiry, figures, accounts, stretch.counts), figures.gifts) for stretch in stretches]
    total = max(totals)
    history = replay(inquiry, Giving(scope.fixed, scope.role, population(inquiry), figures.gifts), stretches[totals.index(total)], total)
    shown, reached = (format_money(each, inquiry.program.currency) for each in (total, history.total))
    if history.total > total:
        return _Figure(history.told, f"at most {shown} in a {period} by the formula, but the compiled pack gave {reached}")
    if history.total < total:
        return _Figure(f"in a {period} at most {shown}; the history that was found gives {reached}: {history.told}")
    if history.more:
        return _Figure(history.told, f"{shown} in a {period} by the formula, but the compiled pack would give more after it")
    return _Figure(f"in a {period} {shown}" + (f": {history.told}" if history.told else ""))
