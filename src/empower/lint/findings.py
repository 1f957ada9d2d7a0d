"""What `empower lint` can find: its codes, and one finding as a noun.

Every code has a section of the same name in `docs/lint.md`, and in `tests/packs/lint/` a pack with that one finding beside one without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from empower.checked import CheckedPack
from empower.noun import frozen
from empower.problems import Problem, Span

FINDINGS: Mapping[str, str] = {
    # -- cases
    "no-cases": "a pack without a single case",
    "untried": "a guardrail, an offer or an action that no case reaches",
    "one-sided": "a rule that speaks in every case in which it could",
    "unread-title": "the `it` of a case does not read on from the word it",
    "same-title": "two cases have the same `it`",
    # -- what the guardrails do
    "never-speaks": "a condition that nothing can make true",
    "never-decides": "a row of a table that others always come before",
    "nothing-to-offer": "a denial that can leave nothing on the menu",
    "unlimited": "an action that no cap and no budget limits",
    "dear-approval": "a limit below what it costs to ask somebody",
    "over": "a guardrail or campaign whose last day has passed",
    # -- what is declared
    "unserved-value": "a value of the mission that no guardrail serves",
    "unused": "something is declared that nothing uses",
    "alike": "two names that are easily taken for one another",
    # -- words
    "missing-language": "a text that some language of the pack lacks",
    "no-question": "a fact that staff can find out, without the question to ask",
    "no-customer-words": "a denial that gives the customer no reason",
    "no-staff-words": "a guardrail that staff only hear of by its id",
    "no-nudge": "something is encouraged without a word of encouragement",
    # -- what was accepted
    "needless-accept": "something is accepted that is not found, or not any more",
}
"""Every code and what it stands for. A code is never used again for something else."""


@frozen(order=True)
class Finding:
    """Something in a pack that is allowed, and yet is seldom meant."""

    span: Span
    code: str
    of: str
    """The guardrail, fact, action, value or other name that it is about: what `accept` names it by."""
    message: str
    help: str

    @property
    def problem(self) -> Problem:
        """The finding as it is printed."""
        return Problem(self.span, self.code, self.message, self.help)


Findings = Iterator[Finding]


def own(pack: CheckedPack) -> Sequence[str]:
    """The ids of the guardrails and offers that the pack itself declares; its parents are looked at by themselves."""
    return [name for name, about in pack.about.items() if about.pack == pack.pack.name]
