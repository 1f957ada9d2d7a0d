"""What came of cases as JUnit XML, which every build server reads: a suite for each pack, a test for each case.

There is no standard. This is what Jenkins' schema knows, with the `file` and `line` of a test beside, by which others link to its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from empower.cases import Result
from empower.cli.screen import USAGE, Wrong
from empower.cli.tried import Tried, asked, met

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold, escaped or not."""


def write_junit(path: Path, packs: Sequence[Tried]) -> None:
    """Write a report; the folder it goes into is made.

    Raises:
        Wrong: it cannot be written.
    """
    root = ET.Element("testsuites", {"name": "empower", **_counts(packs)})
    root.extend(_suite(tried) for tried in packs)
    ET.indent(root)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
    except OSError as error:
        message = f"--junit: cannot write '{path}': {(error.strerror or str(error)).lower()}"
        raise Wrong(USAGE, "usage", message, "name a file in a folder that can be written to") from None


def _counts(packs: Sequence[Tried]) -> dict[str, str]:
    unread = sum(tried.error is not None for tried in packs)
    tests = sum(len(tried.results) for tried in packs)
    failures = sum(len(tried.failed) for tried in packs)
    nanoseconds = sum(sum(tried.nanoseconds) for tried in packs)
    return {"tests": str(tests + unread), "failures": str(failures), "errors": str(unread), "time": _seconds(nanoseconds)}


def _seconds(nanoseconds: int) -> str:
    """Seconds with three decimals: some readers take no more."""
    return f"{nanoseconds / 1_000_000_000:.3f}"


def _suite(tried: Tried) -> ET.Element:
    suite = ET.Element("testsuite", {"name": clean(tried.name), **_counts([tried]), "skipped": "0"})
    if tried.error is not None:
        case = ET.SubElement(suite, "testcase", {"classname": clean(tried.name), "name": "can be read", "time": _seconds(0)})
        error = ET.SubElement(case, "error", {"type": tried.error.problems[0].code, "message": clean(tried.error.problems[0].message)})
        error.text = clean(str(tried.error))
    suite.extend(_case(tried, result, time) for result, time in zip(tried.results, tried.nanoseconds, strict=True))
    return suite


def _case(tried: Tried, result: Result, nanoseconds: int) -> ET.Element:
    span = result.example.span
    about = {"classname": clean(tried.name), "name": clean(result.example.it), "file": span.file, "line": str(span.line)}
    case = ET.Element("testcase", {**about, "time": _seconds(nanoseconds)})
    if not result.passed:
        failure = ET.SubElement(case, "failure", {"type": result.apart[0].what, "message": clean(result.differences[0])})
        failure.text = clean(_told(result))
    return case


def _told(result: Result) -> str:
    reasons = () if result.decision is None else result.decision.reasons
    because = [f"because {reason.guardrail}: {met(reason)} ({reason.place})" for reason in reasons]
    return "\n  ".join([str(result.example), f"asked: {asked(result.example)}", *result.differences, *because])


def clean(text: str) -> str:
    """A text as XML can hold it."""
    return _NO_XML.sub("\ufffd", text)
