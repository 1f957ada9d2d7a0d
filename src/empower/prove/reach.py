"""What can be reached: rules that speak, rows that are used, cases that no row covers, escalations that somebody can answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from empower import ir
from empower.backends.smt import Solver, Term, every, fresh, opposite, some
from empower.checked import CheckedBudget, CheckedCap, CheckedPack, CheckedRule
from empower.prove.answers import Answer, Fails, Proved, Question
from empower.prove.asking import Asking, Search, is_not_allowed, too_much
from empower.prove.examples import tell
from empower.prove.inquiry import Inquiry, Situation
from empower.prove.verdict import SymbolicVerdict, Voice, could_allow, may_answer, symbolic_verdict

Settled = bool | None
"""Yes, no, or too much work to tell."""


def ask_reach(inquiry: Inquiry) -> Iterator[Asking]:
    """Rules, rows, roles and kinds."""
    checked = inquiry.checked
    for rule in checked.rules:
        if not rule.shadow and rule.effect != "assume":
            question = Question(f"dead/{rule.id}", f"'{rule.id}' speaks in some case", (rule.id,))
            yield Asking(question, partial(_dead, inquiry, question, rule.id, rule.kinds))
    for duty in checked.duties:
        if not checked.about[duty.id].shadow:
            question = Question(f"dead/{duty.id}", f"'{duty.id}' holds in some case", (duty.id,))
            yield Asking(question, partial(_dead_duty, inquiry, question, duty.id, duty.kinds))
    for cap in checked.caps:
        if not cap.shadow and len(cap.rows) > 1:
            question = Question(f"row/{cap.id}", f"every row of '{cap.id}' is used in some case", (cap.id,))
            yield Asking(question, partial(_rows, inquiry, question, cap))
            question = Question(f"gap/{cap.id}", f"'{cap.id}' has a row for every case", (cap.id,))
            yield Asking(question, partial(_gap, inquiry, question, cap))
    yield from _ask_escalations(inquiry)
    for role in checked.roles.everyone():
        question = Question(f"role/{role}", f"something can be allowed to {role}")
        yield Asking(question, partial(_role, inquiry, question, role))
    for kind in inquiry.kinds:
        question = Question(f"kind/{kind}", f"'{kind}' can be allowed to somebody")
        yield Asking(question, partial(_kind, inquiry, question, kind))


def _ask_escalations(inquiry: Inquiry) -> Iterator[Asking]:
    checked = inquiry.checked
    limits: list[CheckedRule | CheckedCap] = [*checked.rules, *checked.caps]
    every_one: list[CheckedRule | CheckedCap | CheckedBudget] = [*limits, *checked.budgets]
    for each in limits:
        if each.outcome == "escalate" and not each.shadow:
            question = Question(
                f"overridden/{each.id}", f"'{each.id}' counts in some case, and is not always beaten by a denial", (each.id,)
            )
            yield Asking(question, partial(_overridden, inquiry, question, each.id, each.kinds))
    for guardrail in every_one:
        if guardrail.outcome == "escalate" and not guardrail.shadow:
            says = f"when '{guardrail.id}' sends somebody higher up, there is somebody who can say yes"
            question = Question(f"answerable/{guardrail.id}", says, (guardrail.id,))
            yield Asking(question, partial(_answerable, inquiry, question, guardrail.id, guardrail.kinds))


def possible(solver: Solver, *formulas: Term) -> Settled:
    """Whether formulas can hold together; None: too much work."""
    return {"yes": True, "no": False, "unknown": None}[solver.check(*formulas)]


def anywhere(settled: Iterator[Settled]) -> Settled:
    """Whether it is so for one of several kinds."""
    found: Settled = False
    for each in settled:
        if each:
            return True
        found = None if each is None else found
    return found


def _told(question: Question, settled: Settled, says: str, help_: str) -> Answer:
    return Proved(question) if settled else too_much(question) if settled is None else Fails(question, says, help=help_)


# ------------------------------------------------------------------------------------------------ dead rules


def _voices(situation: Situation, name: str) -> list[Voice]:
    return [voice for voice in situation.verdict.voices if voice.guardrail == name]


def _dead(inquiry: Inquiry, question: Question, name: str, kinds: Sequence[str]) -> Answer:
    situations = [inquiry.situation(kind) for kind in kinds]
    speaks = anywhere(possible(each.solver, some(voice.certain for voice in _voices(each, name))) for each in situations)
    return _told(
        question,
        speaks,
        f"'{name}' never speaks: its condition cannot hold",
        "look for two parts that exclude each other, or take the rule out",
    )


def _dead_duty(inquiry: Inquiry, question: Question, name: str, kinds: Sequence[str]) -> Answer:
    def holds(situation: Situation) -> Settled:
        duty = next(each for each in situation.plan.duties if each.guardrail == name)
        return possible(situation.solver, situation.told.holds(duty.exact))

    return _told(
        question, anywhere(holds(inquiry.situation(kind)) for kind in kinds), f"'{name}' never holds: its condition cannot be true",
        "look for two parts that exclude each other, or take the rule out",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ tables


def _rows(inquiry: Inquiry, question: Question, cap: CheckedCap) -> Answer:
    """A row is used where it holds and none before it does; one that stands for all the rest need not be."""
    left = [place for place, row in enumerate(cap.rows) if place < len(cap.rows) - 1 or row.condition != ir.Constant(value=True)]
    unsure: set[int] = set()
    for kind in cap.kinds:
        found = dict(zip(left, _used(inquiry.situation(kind), cap, left), strict=True))
        unsure.update(place for place in left if found[place] is None)
        left = [place for place in left if not found[place]]
    if not left:
        return Proved(question)
    return too_much(question) if left[0] in unsure else _shadowed(inquiry, question, cap, left[0])


def _used(situation: Situation, cap: CheckedCap, places: Sequence[int]) -> Iterator[Settled]:
    """Of some rows, in order, whether each holds in some case in which none before it does."""
    told, solver = situation.told, situation.solver
    taken = 0
    with solver.supposing(told.holds(cap.applies)):
        for place in places:
            before, taken = cap.rows[taken:place], place
            solver.keep(*(opposite(told.holds(each.condition)) for each in before if not cap.collect))
            yield possible(solver, told.holds(cap.rows[place].condition))


def _reaches(situation: Situation, cap: CheckedCap, row: ir.Cond, *besides: ir.Cond) -> Settled:
    """Whether a row can hold where another does not."""
    told = situation.told
    return possible(situation.solver, told.holds(cap.applies), told.holds(row), *(opposite(told.holds(each)) for each in besides))


def _shadowed(inquiry: Inquiry, question: Question, cap: CheckedCap, index: int) -> Answer:
    row, name = cap.rows[index], f"row {index + 1} of '{cap.id}' ({row_place(inquiry, cap, index)})"
    if not anywhere(_reaches(inquiry.situation(kind), cap, row.condition) for kind in cap.kinds):
        return Fails(question, f"{name} is never used: its cells cannot hold together", help="take the row out, or change its cells")
    covers = (
        number
        for number, each in enumerate(cap.rows[:index])
        if anywhere(_reaches(inquiry.situation(kind), cap, row.condition, each.condition) for kind in cap.kinds) is False
    )
    first = next(covers, None)
    by = "the rows above it" if first is None else f"row {first + 1} ({row_place(inquiry, cap, first)})"
    return Fails(question, f"{name} is never used: {by} already covers all of it", help="move it further up, or take it out")


def row_place(inquiry: Inquiry, cap: CheckedCap, index: int) -> str:
    """Where a row of a cap stands, as `file:line`."""
    pack: CheckedPack | None = inquiry.checked
    while pack is not None:
        for number, document in enumerate(pack.pack.document.caps):
            if document.id == cap.id and document.table is not None:
                return f"{pack.pack.directory.joinpath(document.table)}:{index + 2}"
            if document.id == cap.id:
                span = pack.pack.find(("caps", number, "first", index))
                return f"{span.file}:{span.line}"
        pack = pack.parent
    return ""


def _gap(inquiry: Inquiry, question: Question, cap: CheckedCap) -> Answer:
    help_ = "add a row for it, or `otherwise` with what everybody else may give"
    for kind in cap.kinds:
        situation = inquiry.situation(kind)
        told = situation.told
        answer = Search(inquiry, question, situation, help_).example(
            [told.holds(cap.applies), *(opposite(told.holds(row.condition)) for row in cap.rows)],
            [told],
            lambda scenarios, _: f"{tell(inquiry, scenarios[0])}: no row of '{cap.id}' says how much, so nothing may be given",
            expected=(is_not_allowed,),
        )
        if answer is not None:
            return answer
    return Proved(question)


# ------------------------------------------------------------------------------------------------ escalations


def _denials(verdict: SymbolicVerdict) -> list[Voice]:
    return [voice for voice in verdict.voices if voice.outcome == "deny"]


def _overridden(inquiry: Inquiry, question: Question, name: str, kinds: Sequence[str]) -> Answer:
    situations = [inquiry.situation(kind) for kind in kinds]
    if not anywhere(_speaks(each, name) for each in situations):
        return Proved(question, "it never speaks, which is another question")
    counts = anywhere(_speaks(each, name, each.undenied) for each in situations)
    if counts is not False:
        return _told(question, counts, "", "")
    return Fails(
        question, f"'{name}' never counts: whenever it speaks, {_beaten_by(situations, name)} denies",
        help="add `unless: …` to the denial with the case that this one is for, or take one of them out",
    )  # fmt: skip


def _speaks(situation: Situation, name: str, *besides: Term) -> Settled:
    return possible(situation.solver, some(voice.certain for voice in _voices(situation, name)), *besides)


def _beaten_by(situations: Sequence[Situation], name: str) -> str:
    """The denials that beat a guardrail by themselves; else several together."""
    each = [set(_beat_alone(situation, name)) for situation in situations if _speaks(situation, name) is True]
    alone = sorted(set.intersection(*each)) if each else []
    return f"'{alone[0]}'" if alone else "one of several rules"


def _beat_alone(situation: Situation, name: str) -> Iterator[str]:
    """The denials that each beat a guardrail. Where one of them does not, neither do those that are as silent there."""
    left = _denials(situation.verdict)
    while left:
        denial, left = left[0], left[1:]
        speaks = _speaks(situation, name, opposite(denial.certain))
        if speaks is False:
            yield denial.guardrail
        elif speaks:
            left = [other for other in left if situation.solver.holds(other.certain)]


def _answerable(inquiry: Inquiry, question: Question, name: str, kinds: Sequence[str]) -> Answer:
    """Somebody can say yes in some case in which this guardrail sends somebody higher up."""
    asked = anywhere(_answers(inquiry.situation(kind), name) for kind in kinds)
    return _told(
        question, asked, f"whenever '{name}' sends somebody higher up, nobody there is allowed it either",
        "raise a limit for a higher role, or write `deny`",
    )  # fmt: skip


def _answers(situation: Situation, name: str) -> Settled:
    told, solver = situation.told, situation.solver
    if not any(account.guardrail == name for account in situation.plan.accounts):
        return anywhere(
            _speaks(situation, name, situation.undenied, situation.may_answer(role), situation.could_allow(role))
            for role in reversed(told.program.ladder)
        )
    held = (fresh(f"held by {name}"), fresh(f"times of {name}"))
    spent = {name: held}
    verdict = symbolic_verdict(told, spent)
    speaks = [
        some(voice.certain for voice in verdict.voices if voice.guardrail == name),
        opposite(verdict.denied),
        every([held[0] >= 0, held[1] >= 0]),
    ]
    return anywhere(
        possible(solver, *speaks, may_answer(verdict, role), could_allow(told, role, spent)) for role in reversed(told.program.ladder)
    )


# ------------------------------------------------------------------------------------------------ roles and kinds


def _role(inquiry: Inquiry, question: Question, role: str) -> Answer:
    def allowed(situation: Situation) -> Settled:
        return possible(situation.solver, situation.allowed, situation.told.holds(ir.IsAmong("actor.role", frozenset((role,)))))

    return _told(
        question, anywhere(allowed(inquiry.situation(kind)) for kind in inquiry.kinds), f"nothing is ever allowed to {role}",
        "look for a cap without a row for this role, or a rule that denies it everything",
    )  # fmt: skip


def _kind(inquiry: Inquiry, question: Question, kind: str) -> Answer:
    situation = inquiry.situation(kind)
    return _told(
        question, possible(situation.solver, situation.allowed), f"'{kind}' is never allowed to anybody",
        "look for rules that exclude each other, or leave the kind out",
    )  # fmt: skip
