"""How a question is put: what it is called, how it is answered, and how an example of the solver becomes part of the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from empower.backends.smt import Term, World
from empower.decision import Decision
from empower.noun import evolve, frozen
from empower.prove.answers import Answer, Example, Fails, NotReproduced, Question, Unknown
from empower.prove.examples import Scenario, read_scenario, sentence, show, tell, tighten
from empower.prove.inquiry import Inquiry, Situation

TOO_MUCH = "this would be more work than one question may be"
TOO_MUCH_HELP = "`--work` allows more; a pack for each region or kind is less"
OPAQUE = "it hangs on what a text pattern makes of a text, or on an hour near midnight, and proofs do not look into these"
OPAQUE_HELP = "compare whole words where it matters, and say what holds at the edge of a day with a case"
Expected = Callable[[Decision], bool]
Say = Callable[[Sequence[Scenario], Sequence[Decision]], str]


@frozen
class Asking:
    """A question, and the way to its answer."""

    question: Question
    answer: Callable[[], Answer]


def too_much(question: Question) -> Unknown:
    """The solver gave up."""
    return Unknown(question, TOO_MUCH, TOO_MUCH_HELP)


def is_allowed(decision: Decision) -> bool:
    """The example is one that is allowed."""
    return decision.allowed


def is_not_allowed(decision: Decision) -> bool:
    """The example is one that is not allowed."""
    return not decision.allowed


@frozen
class Search:
    """One kind of action, searched for an example against what a question says."""

    inquiry: Inquiry
    question: Question
    situation: Situation
    help: str = ""
    """What the author may do about an example."""

    def example(
        self,
        formulas: Sequence[Term],
        worlds: Sequence[World],
        say: Say,
        *,
        read: Callable[[], Sequence[Scenario]] | None = None,
        expected: Sequence[Expected] = (is_allowed,),
        numbers: Sequence[Term] = (),
    ) -> Answer | None:
        """An example in which formulas hold together, tightened, decided and said; None: they cannot hold together.

        Args:
            formulas: what holds in the example.
            worlds: the requests that they are about; the first is made readable first.
            say: the sentence, from the scenarios and what is decided in them.
            read: the scenarios of the solver's answer; of each world one where it is left out.
            expected: what the decision of each scenario must be like, or it is a defect of empower.
            numbers: to be small, besides the amount.
        """
        solver, question = self.situation.solver, self.question
        answer = solver.check(*formulas)
        if answer == "no":
            return None
        if answer == "unknown":
            return too_much(question)
        with solver.supposing(*formulas):
            if not tighten(self.inquiry, solver, worlds, numbers):
                return Unknown(question, OPAQUE, OPAQUE_HELP)
            scenarios = [read_scenario(solver, world) for world in worlds] if read is None else list(read())
        return self._decided(scenarios, expected, say)

    def _decided(self, scenarios: Sequence[Scenario], expected: Sequence[Expected], say: Say) -> Answer:
        cases, decisions = [], []
        for scenario, fits in zip(scenarios, expected, strict=True):
            case, decision = show(self.inquiry, scenario, f"shows '{self.question.name}' today")
            if decision is None or not fits(decision):
                return NotReproduced(self.question, f"{tell(self.inquiry, scenario)}: the compiled pack decides otherwise", case)
            cases.append(case)
            decisions.append(decision)
        spoke = [name for decision in decisions if not decision.allowed for name in decision.guardrails]
        question = evolve(self.question, guardrails=tuple(dict.fromkeys((*self.question.guardrails, *spoke))))
        said = sentence(say(scenarios, decisions))
        return Fails(question, said, Example(said, tuple(cases)), self.help)
