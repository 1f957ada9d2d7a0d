"""A planted fault: one line of the engine written otherwise, and the test that has to notice it."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

import test_bad_packs
from empower.ledger import Ledger
from empower.ledger.memory import MemoryLedger
from empower.ledger.sqlite import SqliteLedger
from empower.testing import Clock, Law, World, worlds
from mutation.exchange import changed, changed_constants
from planted.pack import all_sorts

Check = Callable[[], object]


@frozen
class Fault:
    """What is broken, in a few words; where; how; and what notices it."""

    what: str
    module: str
    line: str
    """As it stands in the module, once."""
    instead: str
    caught_by: Check


def plant(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the engine, until the test is over."""
    module = importlib.import_module(fault.module)
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    assert text.count(fault.line) == 1, f"'{fault.line}' stands {text.count(fault.line)} times in {fault.module}"
    broken = text.replace(fault.line, fault.instead)
    functions = list(changed(module, text, broken))
    constants = changed_constants(module, text, broken)
    assert functions or constants
    for function, code in functions:
        monkeypatch.setattr(function, "__code__", code)
    for name, value in constants.items():
        monkeypatch.setattr(module, name, value)


# ------------------------------------------------------------------------------------------------ what notices

SMALL = settings(
    max_examples=1_000, derandomize=True, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False, print_blob=False,
)  # fmt: skip


def search(test: Callable[..., Any], *strategies: st.SearchStrategy[Any]) -> Check:
    """A small search with a law's own test, always along the same way."""

    def searched() -> None:
        SMALL(given(*strategies)(test.hypothesis.inner_test))()  # type: ignore[attr-defined]

    return searched


def holds(law: Law) -> Check:
    """A law as its users call it, on requests to the pack of all sorts."""

    def held() -> None:
        rules = all_sorts()
        SMALL(given(worlds(rules))(law.check))()

    return held


def holds_for_any(law: Law, drawn: st.SearchStrategy[World]) -> Check:
    """A law on requests to any pack."""
    return SMALL(given(drawn)(law.check))


def author_is_told(code: str) -> Check:
    """The bad pack of a problem, and what is said about it."""

    def told() -> None:
        with pytest.MonkeyPatch.context() as patch:
            test_bad_packs.test_what_the_author_is_told(code, patch)

    return told


def in_memory(test: Callable[..., object], **options: Any) -> Check:
    """A promise of every ledger, asked of the one in memory."""
    return partial(_kept_by, lambda clock, _: MemoryLedger(clock), test, options)


def in_a_file(test: Callable[..., object], **options: Any) -> Check:
    """A promise of every ledger, asked of the one in a file."""
    return partial(_kept_by, lambda clock, folder: SqliteLedger(folder / "till.db", clock=clock), test, options)


def _kept_by(make: Callable[[Clock, Path], Ledger], test: Callable[..., object], options: dict[str, Any]) -> None:
    clock = Clock()
    given_ = {"clock": clock} if "clock" in test.__code__.co_varnames[: test.__code__.co_argcount] else {}  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        ledger = make(clock, Path(folder))
        try:
            test(None, ledger, **given_, **options)
        finally:
            ledger.close()
