"""Who is treated better than whom: a higher role never worse than a lower one, more flags never better than fewer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

from empower import ir
from empower.backends.smt import Term, World, every, opposite, some
from empower.decision import Decision
from empower.prove.answers import Answer, Proved, Question
from empower.prove.asking import Asking, Say, Search, is_allowed, is_not_allowed
from empower.prove.examples import Scenario, tell
from empower.prove.inquiry import Inquiry
from empower.prove.verdict import symbolic_verdict
from empower.reasons import Shown


def ask_fairness(inquiry: Inquiry) -> Iterator[Asking]:
    """Every kind by rank, every set of flags."""
    if len(inquiry.program.ladder) > 1:
        for kind in inquiry.kinds:
            question = Question(f"rank/{kind}", f"for '{kind}', a higher role may always do what a lower one may")
            yield Asking(question, partial(_rank, inquiry, question, kind))
    for fact, kind_ in sorted(inquiry.program.facts.items()):
        if isinstance(kind_, ir.SetOfType) and not fact.startswith(("actor.", "action.")):
            question = Question(f"flags/{fact}", f"nobody is treated better for more words in '{fact}'")
            yield Asking(question, partial(_flags, inquiry, question, fact))


def _rank(inquiry: Inquiry, question: Question, kind: str) -> Answer:
    situation = inquiry.situation(kind)
    higher = situation.told.but("higher: ", {"actor.role"})
    ladder = inquiry.program.ladder
    apart = some(every([_is(situation.told, low), _is(higher, high)]) for low, high in pairwise(ladder))
    shown = Shown(inquiry.checked, "en")

    def say(scenarios: Sequence[Scenario], decisions: Sequence[Decision]) -> str:
        return f"{tell(inquiry, scenarios[0])}: allowed, but not to {shown.role(str(scenarios[1].facts['actor.role']))} in the same situation{_because(decisions)}"

    return _better(Search(inquiry, question, situation, "let the higher role do it too"), higher, [apart], say) or Proved(question)


def _is(world: World, role: str) -> Term:
    return world.holds(ir.IsAmong("actor.role", frozenset((role,))))


def _flags(inquiry: Inquiry, question: Question, fact: str) -> Answer:
    for kind in inquiry.kinds:
        situation = inquiry.situation(kind)
        if fact not in situation.plan.slots:
            continue
        fewer = situation.told.but("fewer: ", {fact})
        subset = [some([opposite(fewer.members(fact)[member]), bit]) for member, bit in situation.told.members(fact).items()]

        def say(scenarios: Sequence[Scenario], decisions: Sequence[Decision]) -> str:
            more, less = (set(each.facts[fact] or ()) for each in scenarios)  # type: ignore[arg-type]
            extra = ", ".join(sorted(more - less))
            return f"{tell(inquiry, scenarios[0])}: allowed, but without '{extra}' in {fact} it is not{_because(decisions)}"

        search = Search(inquiry, question, situation, "a word that loosens is better a yes/no fact of its own")
        answer = _better(search, fewer, subset, say)
        if answer is not None:
            return answer
    return Proved(question)


def _because(decisions: Sequence[Decision]) -> str:
    """What speaks against the second request."""
    names = " and ".join(f"'{name}'" for name in decisions[1].guardrails)
    return f", because of {names}" if names else ""


def _better(search: Search, other: World, formulas: list[Term], say: Say) -> Answer | None:
    """An example in which a request is allowed, and the other one is not; None: there is none."""
    told = search.situation.told
    wanted = [*formulas, search.situation.allowed, opposite(symbolic_verdict(other).allowed)]
    return search.example(wanted, [told, other], say, expected=(is_allowed, is_not_allowed))
