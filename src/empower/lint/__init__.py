"""`empower lint`: what is allowed in a pack and yet seldom meant. Needs no solver; what needs one is a question of `empower prove`.

    report = lint_pack(load_pack("rules/hotel"), today=datetime.date.today().toordinal())
    print(report)

Each family of findings has a file: `cases` (what no case shows), `guardrails` (what they do), `unused` (what is declared), `words`. A finding
is silenced by its author, at the end of the pack, with the reason: `accept: [{finding: unlimited, of: remake, why: …}]`.
"""

from __future__ import annotations

from collections.abc import Iterable

from empower.checked import CheckedPack
from empower.coverage import Coverage, cover
from empower.lint.cases import lint_cases
from empower.lint.findings import FINDINGS, Finding, Findings
from empower.lint.guardrails import lint_guardrails
from empower.lint.unused import lint_unused
from empower.lint.words import lint_words
from empower.noun import frozen
from empower.problems import did_you_mean, render_problems
from empower.prove.answers import FAMILIES

DATED = frozenset({"over"})
"""Findings that come with time: to accept one in advance is not needless."""


@frozen
class Report:
    """What was found in a pack, sorted by place, and what its author has accepted."""

    pack: CheckedPack
    findings: tuple[Finding, ...]
    accepted: tuple[Finding, ...]

    def __str__(self) -> str:
        return render_problems((each.problem for each in self.findings), self.pack.pack.sources, noun="finding")


def lint_pack(pack: CheckedPack, *, today: int, coverage: Coverage | None = None) -> Report:
    """Everything found in a pack.

    `today` is the ordinal of the day on which it is looked at; `coverage` what its cases reach, where that is known already.

    Raises:
        PackError: a case cannot be read.
    """
    reached = cover(pack) if coverage is None else coverage
    everything = sorted({*lint_cases(reached), *lint_guardrails(pack, today), *lint_unused(pack), *lint_words(pack)})
    accepted = {(each.finding, each.of) for each in pack.pack.document.accept}
    left = [each for each in everything if (each.code, each.of) not in accepted]
    silenced = tuple(each for each in everything if (each.code, each.of) in accepted)
    return Report(pack, tuple(sorted([*left, *_needless(pack, silenced)])), silenced)


def _needless(pack: CheckedPack, silenced: Iterable[Finding]) -> Findings:
    """What is accepted, but was not found."""
    there = {(each.code, each.of) for each in silenced}
    for index, each in enumerate(pack.pack.document.accept):
        if each.finding in FAMILIES:  # `empower prove` looks after these
            continue
        if each.finding not in FINDINGS:
            message, help_ = f"'{each.finding[:60]}' is nothing that is ever found", did_you_mean(each.finding, {*FINDINGS, *FAMILIES})
            yield Finding(pack.pack.find(("accept", index, "finding")), "needless-accept", each.of, message, help_)
        elif (each.finding, each.of) not in there and each.finding not in DATED:
            message = f"'{each.finding}' is not found of '{each.of[:60]}', so there is nothing to accept"
            yield Finding(pack.pack.find(("accept", index, "finding")), "needless-accept", each.of, message, "leave this out")


__all__ = ["FINDINGS", "Finding", "Report", "lint_pack"]
