"""The lines of a pocket card that hold a limit: of one action, and of all of them in a window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from empower import ir
from empower.backends.english.words import capital, listed, money, times, with_article, words
from empower.backends.interpret import holds, number
from empower.cases import Example, Spent
from empower.checked import CheckedBudget, CheckedCap, Row
from empower.compile import Rules
from empower.formulas import all_of, condition_facts
from empower.judge import Case, Verdict, judge, speak
from empower.noun import evolve, frozen
from empower.pages.lexicon import key_name
from empower.pages.page import Item
from empower.pages.parts import between, comma, conditions, least_of, space, tried, window
from empower.pages.roles import ALWAYS, NEVER, amount_for, condition_for, rows_for
from empower.pages.sentences import Writer
from empower.pages.worlds import MISS, Worlds, speaks

_STEP = 100
"""Minor units that are left of a budget in the request that shows it."""


@frozen
class Shown:
    """A request that shows a line: decided, it comes out as its case expects, and what is named here is part of the answer."""

    example: Example
    guardrail: str = ""
    """It speaks, or comes with it."""
    nudge: str = ""
    """The budget that encourages more."""


@frozen
class Line:
    """One line of a card, with the requests that show it."""

    item: Item
    shows: tuple[Shown, ...]


@frozen
class Dealer:
    """What the lines of one card are made with."""

    rules: Rules
    role: str
    worlds: Worlds
    writer: Writer
    usual: Mapping[str, Case]
    """Of each kind that the role can give, a situation in which nothing stands in the way of the least amount."""


def show(dealer: Dealer, it: str, case: Case, verdict: Verdict, spent: Mapping[str, Spent] | None = None) -> Shown:
    """A situation, and what is to come of it."""
    expect = {"outcome": verdict.outcome, "who": verdict.who, "limit": verdict.limit}
    return Shown(dealer.worlds.example(it, case, expect, spent))


def ask(verdict: Verdict) -> str:
    """What to do after a verdict that is not allow."""
    return f"ask {with_article(words(verdict.who))}" if verdict.who else "not possible"


def more(verdict: Verdict) -> str:
    """What to do beyond a limit; nothing where nobody may give more, which a card says once for all."""
    return f"For more, {ask(verdict)}." if verdict.who else ""


# ------------------------------------------------------------------------------------------------ one action


def kind_lines(dealer: Dealer, kind: str) -> Iterator[Line]:
    """What a role may give of one kind: the plain limit, then the tables that say how much in which case."""
    title = capital(dealer.writer.lexicon.kinds[kind])
    usual = dealer.usual[kind]
    if usual.plan.amount is None:
        yield Line(Item(".", title), (show(dealer, "is allowed", usual, judge(usual)),))
        return
    tables = [
        line for cap in dealer.rules.checked.caps if kind in cap.kinds and not cap.shadow for line in _table(dealer, cap, kind, title)
    ]
    plain = list(_plain(dealer, kind, title, among=bool(tables)))
    if plain:
        tables = [evolve(line, item=evolve(line.item, text=line.item.text.replace(", up to", ", never more than", 1))) for line in tables]
    if not plain and not tables:
        yield Line(Item(".", title), (show(dealer, "is allowed", usual, judge(usual)),))
    yield from (*plain, *tables)


def _plain(dealer: Dealer, kind: str, title: str, *, among: bool) -> Iterator[Line]:
    """The limit that holds in every case: the least of the constants that do. `among` tables the kind's own bound says nothing new."""
    bounds = dealer.usual[kind].plan.amount
    constants: list[tuple[int, str]] = [(bounds[1], "")] if bounds else []
    for cap in dealer.rules.checked.caps:
        value = constant_of(cap, dealer.role) if kind in cap.kinds and not cap.shadow else None
        constants += [(value, cap.id)] if value is not None else []
    for budget in dealer.rules.checked.budgets:
        amounts = [amount_for(each, dealer.role) for each in budget.amounts]
        fixed = [each.value for each in amounts if isinstance(each, ir.Number)]
        constants += (
            [(min(fixed), budget.id)] if kind in budget.kinds and not budget.shadow and fixed and len(fixed) == len(amounts) else []
        )
    least, name = min(constants, key=lambda found: found[0])
    case = dealer.worlds.find(kind, partial(_bound, name, least), dealer.usual[kind]) if name or not among else None
    if case is not None:
        shows, beyond = _both_sides(dealer, case, name, least)
        yield Line(Item(more(beyond), title, f"up to {money(least, dealer.writer.lexicon)}"), shows)


def constant_of(cap: CheckedCap, role: str) -> int | None:
    """The limit of a cap that is the same in every case; None where it is a table, or dated."""
    if cap.effect != "cap" or cap.dated is not None or condition_for(cap.applies, role) != ALWAYS:
        return None
    rows = rows_for(cap, role)
    if len(rows) != 1 or rows[0].condition != ALWAYS or not all(isinstance(each, ir.Number) for each in rows[0].amounts):
        return None
    return min(each.value for each in rows[0].amounts if isinstance(each, ir.Number))


def _table(dealer: Dealer, cap: CheckedCap, kind: str, title: str) -> Iterator[Line]:
    """A cap that says different things in different cases: all its rows, with a request for each amount that can decide."""
    if constant_of(cap, dealer.role) is not None or condition_for(cap.applies, dealer.role) == NEVER:
        return
    rows = rows_for(cap, dealer.role)
    mirror = next((each for each in dealer.rules.checked.caps if _mirrors(each, cap, kind, dealer.role)), None)
    if mirror is not None and cap.effect == "floor":
        return  # told with the cap that it mirrors
    shows, beyond = _rows_shown(dealer, cap, kind, rows)
    if not shows:
        return
    if mirror is not None:
        shows += _rows_shown(dealer, mirror, kind, rows)[0]
    lexicon = dealer.writer.lexicon_of(cap.id)
    terms = evolve(cap.terms, when=condition_for(cap.terms.when, dealer.role), unless=condition_for(cap.terms.unless, dealer.role))
    when, texts = conditions(terms, lexicon), tried(rows, cap, lexicon)
    bound = "exactly" if mirror is not None else "up to" if cap.effect == "cap" else "never less than"
    after = " ".join(dict.fromkeys(beyond))
    if len(texts) <= 2:
        yield Line(Item(f", {bound} {'; '.join(texts)}{comma(when)}.{space(after)}", title), tuple(shows))
    else:
        yield Line(Item(f", {bound}{comma(when)}:", title, "", tuple(("", capital(text)) for text in texts), after), tuple(shows))


def _rows_shown(dealer: Dealer, cap: CheckedCap, kind: str, rows: tuple[Row, ...]) -> tuple[list[Shown], list[str]]:
    """A request for each amount of a cap that can decide, and what to do beyond it."""
    facts = condition_facts(all_of((cap.applies, *(row.condition for row in rows))))
    shows: list[Shown] = []
    beyond: list[str] = []
    for index, row in enumerate(rows):
        for node in row.amounts:
            case = dealer.worlds.find(kind, partial(_by_row, cap, rows, index, node), dealer.usual[kind], about=facts)
            if case is not None:
                both, verdict = _both_sides(dealer, case, cap.id, number(node, case.environment()))
                shows += both
                beyond += [more(verdict)] if cap.effect == "cap" and verdict.who else []
    return shows, beyond


def _mirrors(one: CheckedCap, other: CheckedCap, kind: str, role: str) -> bool:
    """Whether one is the floor and the other the cap of the same amounts, so that only these may be given."""
    same = kind in one.kinds and not one.shadow and {one.effect, other.effect} == {"cap", "floor"}
    table = constant_of(one, role) is None and constant_of(other, role) is None
    return same and table and one.applies == other.applies and rows_for(one, role) == rows_for(other, role)


def _by_row(cap: CheckedCap, rows: tuple[Row, ...], index: int, node: ir.Num, case: Case) -> int:
    """What keeps one amount of one row of a cap from being the limit."""
    env = case.environment()
    row = rows[index]
    missed = 0 if holds(row.condition, env) and holds(cap.applies, env) else MISS
    missed += 0 if cap.collect else sum(MISS for other in rows[:index] if holds(other.condition, env))
    value = number(node, env)
    missed += sum(MISS for other in row.amounts if other != node and number(other, env) <= value)
    return missed + _bound(cap.id, value, case)


def _bound(name: str, value: int, case: Case) -> int:
    """What keeps an amount from being the limit by one guardrail alone, or by the bounds of the kind."""
    assert case.plan.amount is not None
    least, most = case.plan.amount
    missed = 0 if least <= value <= most else MISS
    for each in speak(case, case.facts, fresh=False):
        if each.effect == "floor":
            missed += MISS if (each.low != value if each.guardrail == name else each.low > value) else 0
        elif each.guardrail == name:
            missed += 0 if each.low == value else MISS
        else:
            missed += MISS if each.low < value else int(each.low == value)
    return missed


def _both_sides(dealer: Dealer, case: Case, name: str, value: int) -> tuple[tuple[Shown, Shown], Verdict]:
    """The limit of a guardrail shown at the limit and one minor unit beyond it, and what is decided there.

    Where another guardrail denies just there, what lies beyond is shown by a case in which this one alone stands in the way, if there is one.
    """
    floor = any(each.guardrail == name and each.effect == "floor" for each in case.plan.bars)
    within, beyond = (evolve(case, amount=amount) for amount in (value, value - 1 if floor else value + 1))
    verdict = judge(beyond)
    if verdict.outcome == "deny":
        other = dealer.worlds.find(case.plan.kind, partial(_beyond, name, value), beyond)
        if other is not None and judge(other).outcome == "escalate":
            beyond, verdict = other, judge(other)
    return (show(dealer, "is at the limit", within, judge(within)), show(dealer, "is beyond the limit", beyond, verdict)), verdict


def _beyond(name: str, value: int, case: Case) -> int:
    """What keeps a case from being refused by one guardrail alone, for being above its limit."""
    missed = 0 if case.asked > value else MISS
    for each in speak(case, case.facts, fresh=False):
        missed += MISS if speaks(each, case.asked) != (each.guardrail == name) else 0
    return missed


# ------------------------------------------------------------------------------------------------ all of them in a window


def budget_line(dealer: Dealer, budget: CheckedBudget) -> Iterator[Line]:
    """A budget, shown with almost all of it given, and with no more of it left than that."""
    lexicon = dealer.writer.lexicon_of(budget.id)
    kinds = [kind for kind in budget.kinds if kind in dealer.usual]
    amounts = [amount_for(each, dealer.role) for each in budget.amounts]
    shows: list[Shown] = []
    beyond = ""
    for spend in ([_spend_amount] if amounts else []) + ([_spend_times] if budget.times is not None else []):
        found = next((found for kind in kinds if (found := spend(dealer, budget, kind)) is not None), None)
        if found is not None:
            shows += found[0]
            beyond = more(found[1])
    if not shows:
        return
    per = [key_name(dealer.rules.checked, key, dealer.writer.lexicon.language) for key in budget.keys if key != "actor.id"]
    whom = f", for each {listed(per)}" if per else "" if budget.keys else ", for all of us together"
    most = least_of(amounts, lexicon) if amounts else ""
    limits = listed([each for each in (most, times(budget.times) if budget.times is not None else "") if each])
    together = " together" if len(kinds) > 1 else ""
    runs = f" Only {between(*budget.campaign)}." if budget.campaign else ""
    text = f"{together}: {limits}{space(window(budget.window))}{whom}.{runs}{space(beyond)}"
    yield Line(Item(text, dealer.writer.kinds(kinds, "and")), tuple(shows))


Spending = tuple[tuple[Shown, ...], Verdict]


def _spend_amount(dealer: Dealer, budget: CheckedBudget, kind: str) -> Spending | None:
    """With a little left of a budget: that much is allowed, one minor unit more is not, for its sake alone."""

    def misses(case: Case) -> int:
        missed = 0
        for each in speak(case, case.facts, fresh=False):
            if each.guardrail == budget.id:
                missed += MISS if each.low < _STEP else 0
            elif each.effect == "floor":
                missed += MISS if each.low > _STEP else 0
            else:
                missed += MISS if each.low <= _STEP else 0
        return missed

    bounds = dealer.usual[kind].plan.amount
    case = dealer.worlds.find(kind, misses, dealer.usual[kind]) if bounds and bounds[0] <= _STEP < bounds[1] else None
    if case is None:
        return None
    spent = Spent(_threshold(case, budget.id) - _STEP, 0)
    left = _after(case, budget.id, spent)
    cases = [evolve(left, amount=amount) for amount in (_STEP, _STEP + 1)]
    verdicts = [judge(each) for each in cases]
    earlier = {budget.id: spent} if spent.amount else {}
    shows = [show(dealer, "is left of a budget", each, verdict, earlier) for each, verdict in zip(cases, verdicts, strict=True)]
    return (shows[0], evolve(shows[1], guardrail=budget.id)), verdicts[1]


def _spend_times(dealer: Dealer, budget: CheckedBudget, kind: str) -> Spending | None:
    """With one time left of a budget it is allowed, with none left it is not, for its sake alone."""
    case = dealer.usual[kind]
    verdicts, shows = [], []
    for count in ((budget.times or 1) - 1, budget.times or 1):
        spent = Spent(0, count)
        verdicts.append(judge(_after(case, budget.id, spent)))
        shows.append(show(dealer, "is one of so many times", case, verdicts[-1], {budget.id: spent} if count else {}))
    if verdicts[0].outcome != "allow" or verdicts[1].outcome == "allow":
        return None
    return (shows[0], evolve(shows[1], guardrail=budget.id)), verdicts[1]


def _threshold(case: Case, name: str) -> int:
    return next(each.low for each in speak(case, case.facts, fresh=False) if each.guardrail == name)


def _after(case: Case, name: str, spent: Spent) -> Case:
    """A case after so much was given from one budget."""
    held = tuple(
        evolve(balance, amount=spent.amount, times=spent.times) if account.guardrail == name else balance
        for account, balance in zip(case.plan.accounts, case.balances, strict=True)
    )
    return evolve(case, balances=held)
