"""What is asked of a pack, and what came out."""

from __future__ import annotations

from empower.noun import frozen

FAMILIES = (
    "claim", "cap", "budget", "unknown", "dead", "row", "gap", "overridden", "answerable", "role", "kind", "rank", "flags", "exposure",
    "accept",
)  # fmt: skip
"""Every family of questions; docs/proofs.md has a section for each."""
MATTERS_OF_CHOICE = ("dead", "row", "gap", "overridden", "answerable", "role", "kind", "rank", "flags", "exposure")
"""Families in which an author may mean what is found: `accept` in the pack says why."""


@frozen
class Question:
    """One thing that is asked of a pack."""

    name: str
    """Stable: the family, a slash, and what it is about, such as `claim/driver-ceiling`."""
    says: str
    """What would be good to know, as a sentence that is true or not."""
    guardrails: tuple[str, ...] = ()
    """Ids of the guardrails or claims that it is about."""
    places: tuple[str, ...] = ()
    """Where these stand, as `file:line`."""

    @property
    def family(self) -> str:
        """The section of docs/proofs.md that explains it."""
        return self.name.partition("/")[0]


@frozen
class Example:
    """A request, or two, that shows why a sentence is not true; decided by the compiled pack before it is shown."""

    says: str
    """One sentence."""
    cases: tuple[str, ...] = ()
    """Ready for cases.yaml: what is decided today."""


@frozen
class Proved:
    """True for every request."""

    question: Question
    says: str = ""
    """The figure, where the question asks for one."""


@frozen
class Fails:
    """Not true."""

    question: Question
    says: str
    example: Example | None = None
    """None: nothing happens, and that is what is wrong."""
    help: str = ""


@frozen
class Vacuous:
    """True, but only because nothing of the kind ever happens; so it promises nothing."""

    question: Question
    says: str
    help: str = ""


@frozen
class Unknown:
    """Not answered."""

    question: Question
    says: str
    help: str = ""


@frozen
class Unbounded:
    """There is no most: nothing limits it, or not enough is known to tell."""

    question: Question
    says: str
    help: str = ""


@frozen
class Accepted:
    """Not true, and the pack says why that is meant."""

    question: Question
    says: str
    why: str


@frozen
class NotReproduced:
    """The solver and the compiled pack disagree: a defect of empower, never of a pack."""

    question: Question
    says: str
    case: str


Answer = Proved | Fails | Vacuous | Unknown | Unbounded | Accepted | NotReproduced
WORDS = {
    Proved: "proved", Fails: "fails", Vacuous: "vacuous", Unknown: "unknown", Unbounded: "unbounded", Accepted: "accepted",
    NotReproduced: "not reproduced",
}  # fmt: skip
"""How each kind of answer is called."""


def word_for(answer: Answer) -> str:
    """How an answer is called."""
    return WORDS[type(answer)]


def fine(answer: Answer) -> bool:
    """Whether nothing has to be done about an answer."""
    return isinstance(answer, (Proved, Accepted))
