"""No action is allowed above a cap, no budget takes in more than its limit, and nobody is treated better for what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from empower import ir
from empower.backends.smt import Term, World, choice, every, flag, fresh, opposite, some
from empower.noun import frozen
from empower.prove.answers import Answer, Proved, Question, Vacuous
from empower.prove.asking import Asking, Search, too_much
from empower.prove.examples import read_scenario, tell
from empower.prove.inquiry import Inquiry, Situation
from empower.prove.verdict import outside_campaign, ranks, symbolic_verdict


def ask_limits(inquiry: Inquiry) -> Iterator[Asking]:
    """Every cap, every budget, every kind."""
    for cap in inquiry.checked.caps:
        if not cap.shadow:
            least = cap.effect == "floor"
            says = f"nothing is allowed {'below' if least else 'above'} '{cap.id}'"
            question = Question(f"cap/{cap.id}", says, (cap.id,))
            yield Asking(question, partial(_cap, inquiry, question, cap.id, cap.kinds))
    for budget in inquiry.checked.budgets:
        if not budget.shadow:
            question = Question(f"budget/{budget.id}", f"whatever happens, '{budget.id}' never holds more than its limit", (budget.id,))
            yield Asking(question, partial(_budget, inquiry, question, budget.id, budget.kinds))
    for kind in inquiry.kinds:
        question = Question(f"unknown/{kind}", f"for '{kind}', nobody is treated better because something is not known")
        yield Asking(question, partial(_unknown, inquiry, question, kind))


def ever_allowed(inquiry: Inquiry, kinds: Sequence[str]) -> bool:
    """Whether any of these kinds is ever allowed: without it a limit on them promises nothing."""
    return any(inquiry.situation(kind).ever_allowed for kind in kinds)


def _cap(inquiry: Inquiry, question: Question, name: str, kinds: Sequence[str]) -> Answer:
    for kind in kinds:
        situation = inquiry.situation(kind)
        formulas = [situation.guarded_allowed, situation.guarded.by(name).exact]
        answer = _refuted(inquiry, question, situation, formulas, f"allowed, although '{name}' speaks against it")
        if answer is not None:
            return answer
    if not ever_allowed(inquiry, kinds):
        return Vacuous(question, f"nothing that '{name}' limits is ever allowed", "look at 'role' and 'kind' first")
    return Proved(question)


def _unknown(inquiry: Inquiry, question: Question, kind: str) -> Answer:
    situation = inquiry.situation(kind)
    formulas = [situation.guarded_allowed, some(voice.exact for voice in situation.guarded.voices)]
    answer = _refuted(inquiry, question, situation, formulas, "allowed, but it would not be if everything were known")
    if answer is not None:
        return answer
    if not ever_allowed(inquiry, [kind]):
        return Vacuous(question, f"'{kind}' is never allowed", f"look at 'kind/{kind}' first")
    return Proved(question)


def _refuted(inquiry: Inquiry, question: Question, situation: Situation, formulas: list[Term], end: str) -> Answer | None:
    """An example in which formulas hold together; None: they cannot."""
    search = Search(inquiry, question, situation)
    return search.example(formulas, [situation.world], lambda scenarios, _: f"{tell(inquiry, scenarios[0])}: {end}")


# ------------------------------------------------------------------------------------------------ budgets


@frozen
class Window:
    """What a budget's window holds, and the limit in force for the entry that it took in last: the state of the induction."""

    amount: Term
    times: Term
    last_amount: Term
    last_times: Term

    @property
    def kept(self) -> Term:
        """The window holds no more than the limit that was in force when it last took anything in, and nothing below zero."""
        within = [some([last >= ir.OPEN, held <= last]) for held, last in ((self.amount, self.last_amount), (self.times, self.last_times))]
        return every([self.amount >= 0, self.times >= 0, *within])


@frozen
class Event:
    """Something that happens to a window: what must hold for it, and the window after it."""

    name: str
    guard: Term
    after: Window


def _window() -> Window:
    return Window(*(fresh(f"window {name}") for name in ("amount", "times", "last amount", "last times")))


def events(window: Window) -> Sequence[Event]:
    """Everything that happens to a window besides taking in an entry: all of it only takes away."""
    held, less = fresh("one hold"), fresh("less")
    one_hold = every([held >= 0, held <= window.amount, window.times >= 1])
    part = every([one_hold, less >= 0, less <= held])

    def after(amount: Term, times: Term) -> Window:
        return Window(amount, times, window.last_amount, window.last_times)

    times_out = fresh("times out")
    slid = every([less >= 0, less <= window.amount, times_out >= 0, times_out <= window.times])
    whole = flag("wholly reversed")
    return (
        Event("confirm", part, after(window.amount - less, window.times)),
        Event("void or expire", one_hold, after(window.amount - held, window.times - 1)),
        Event("reverse", part, after(window.amount - less, choice(whole, window.times - 1, window.times))),
        Event("time passes", slid, after(window.amount - less, window.times - times_out)),
    )


def _budget(inquiry: Inquiry, question: Question, name: str, kinds: Sequence[str]) -> Answer:
    """By induction: an empty window keeps its promise, and whatever happens to one that does leaves one that does."""
    window = _window()
    for kind in kinds:
        situation = inquiry.situation(kind)
        for event in events(window):
            if situation.solver.check(window.kept, event.guard, opposite(event.after.kept)) != "no":
                return too_much(question)
        answer = _takes_in(inquiry, question, situation, name, window)
        if answer is not None:
            return answer
    if not ever_allowed(inquiry, kinds):
        return Vacuous(question, f"nothing that draws on '{name}' is ever allowed", "look at 'role' and 'kind' first")
    return Proved(question)


def _takes_in(inquiry: Inquiry, question: Question, situation: Situation, name: str, window: Window) -> Answer | None:
    """The one event that adds: an entry that is allowed. Each counter is met, also the one that all unknown keys share."""
    world, solver = situation.world, situation.solver
    account = next(each for each in situation.plan.accounts if each.guardrail == name)
    spent = {name: (window.amount, window.times)}
    verdict = symbolic_verdict(world, spent)
    after = Window(window.amount + world.amount, window.times + 1, *limits_in_force(account, world))
    return Search(inquiry, question, situation).example(
        [window.kept, verdict.allowed, drawn(account, world), opposite(after.kept)],
        [world],
        lambda scenarios, _: f"{tell(inquiry, scenarios[0])}: allowed, which leaves more in '{name}' than its limit",
        read=lambda: [read_scenario(solver, world, spent=spent)],
        numbers=(window.amount, window.times),
    )


def drawn(account: ir.Account, world: World) -> Term:
    """Whether a request draws on a counter: with a key unknown on the shared one, unless who asks needs nobody above them for that."""
    keyed = every(world.known(key) for key in account.keys)
    if account.unknown_role is None:
        return every([]) if account.shared_at_most is not None else keyed
    return some([keyed, opposite(ranks(world, account.unknown_role))])


def limits_in_force(account: ir.Account, world: World) -> tuple[Term, Term]:
    """The limit of amount and of times for an entry, with everything known that is true; `OPEN` where there is none."""
    keyed = every(world.known(key) for key in account.keys)
    outside = outside_campaign(account, world)
    amount: Term = ir.OPEN
    if account.amount is not None:
        amount = world.number(account.amount.exact) - _exact(account.already, world)
    if account.shared_at_most is not None:
        amount = choice(keyed, amount, account.shared_at_most)
    times: Term = ir.OPEN if account.times is None else account.times - _exact(account.already_times, world)
    return choice(outside, 0, amount), choice(outside, 0, times)


def _exact(already: ir.Triple | None, world: World) -> Term:
    return 0 if already is None else world.number(already.exact)
