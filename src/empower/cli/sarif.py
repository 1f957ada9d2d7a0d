"""Findings as SARIF 2.1.0, the format in which code review tools take them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

from empower.lint import FINDINGS, Finding, Report
from empower.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_log(reports: Sequence[Report]) -> dict[str, Any]:
    """One run with the findings of all packs; what an author accepted is there too, suppressed with their reason."""
    codes = sorted({each.code for report in reports for each in (*report.findings, *report.accepted)})
    rules = [{"id": code, "shortDescription": {"text": FINDINGS[code]}} for code in codes]
    driver = {"name": "empower", "version": __version__, "rules": rules}
    results = [result for report in reports for result in _results(report, codes)]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _results(report: Report, codes: Sequence[str]) -> Iterator[dict[str, Any]]:
    why = {(each.finding, each.of): each.why for each in report.pack.pack.document.accept}
    for finding in report.findings:
        yield _result(finding, codes)
    for finding in report.accepted:
        yield {**_result(finding, codes), "suppressions": [{"kind": "inSource", "justification": why[finding.code, finding.of]}]}


def _result(finding: Finding, codes: Sequence[str]) -> dict[str, Any]:
    span = finding.span
    region = {"startLine": span.line, "startColumn": span.column, "endColumn": span.end}
    file = {"uri": PurePath(span.file).as_posix()}
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": "warning",
        "message": {"text": f"{finding.message}; {finding.help}"},
        "locations": [{"physicalLocation": {"artifactLocation": file, "region": region}}],
    }
