"""The slow searches run with `EMPOWER_PROFILE=long` only, so that the default run stays short."""

from laws.profile import LONG

collect_ignore = (
    []
    if LONG
    else [
        "test_law_01_never_exceeded.py",
        "test_law_02_deterministic.py",
        "test_law_05_guardrails_only_tighten.py",
        "test_planted_faults.py",
    ]
)
