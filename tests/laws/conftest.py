"""The slow searches run with `EMPOWER_PROFILE=long` only, so that the default run stays short."""

from laws.profile import LONG

SLOW = ("law_01_never_exceeded", "law_02_deterministic", "law_05_guardrails_only_tighten", "law_11_approvals", "planted_faults")
collect_ignore = [] if LONG else [f"test_{name}.py" for name in SLOW]
