"""Findings about what is declared: values that nothing serves, names that nothing uses, names that are easily confused."""

from __future__ import annotations

import re

from empower.checked import CheckedPack
from empower.lint.findings import Finding, Findings, own

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


def lint_unused(pack: CheckedPack) -> Findings:
    """Every finding about what is declared."""
    yield from _unserved(pack)


def _unserved(pack: CheckedPack) -> Findings:
    served = {pack.about[name].because for name in own(pack)} | {claim.because for claim in pack.pack.document.claims}
    for name in pack.pack.document.values:
        if name not in served:
            message = f"no guardrail and no offer serves '{name}'"
            help_ = f"write `because: {name}` where it is the reason, or drop a value that the pack does not live by"
            yield Finding(pack.pack.find(("values", name, "<key>")), "unserved-value", name, message, help_)
