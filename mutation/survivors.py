"""Mutants that no test has to notice, and why: they change nothing that anybody was promised."""

from __future__ import annotations

EXPLAINED: dict[str, dict[str, str]] = {}
"""Of each module, by the names of its mutants."""
