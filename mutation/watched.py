"""Which tests enter which blocks of a module, and how long each takes: a mutant meets those that enter its block, the quickest first."""

from __future__ import annotations

import signal
import time
from collections.abc import Generator, Mapping, Sequence
from types import ModuleType

import pytest
from attrs import frozen

from mutation.exchange import changed
from mutation.mutants import with_marks

SLOW, SLOW_MIN = 5, 10
"""A test is given so many times as long as it takes without a mutant, and so many seconds at least: more than that has been noticed."""


@frozen
class Watched:
    """A test, as it runs without a mutant."""

    name: str
    """As pytest names it."""
    seconds: float
    blocks: frozenset[tuple[str, int]]
    """The blocks that it enters: of each its module, and the line at which it begins."""


class Watch:
    """A plugin of pytest that watches every test."""

    def __init__(self, sources: Mapping[ModuleType, str]) -> None:
        self.tests: list[Watched] = []
        self._entered: set[tuple[str, int]] = set()
        for module, source in sources.items():
            vars(module)["_entered"] = lambda line, name=module.__name__: self._entered.add((name, line))
            for function, code in changed(module, source, with_marks(source, "_entered")):
                function.__code__ = code

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note the blocks between its beginning and its end."""
        self._entered.clear()
        start = time.monotonic()
        answer = yield
        self.tests.append(Watched(item.nodeid, time.monotonic() - start, frozenset(self._entered)))
        return answer


class Chosen:
    """A plugin of pytest that runs these tests alone, in this order, and none of them for much longer than it takes."""

    def __init__(self, tests: Sequence[Watched]) -> None:
        self._place = {test.name: place for place, test in enumerate(tests)}
        self._seconds = {test.name: test.seconds for test in tests}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the others out."""
        items[:] = sorted((item for item in items if item.nodeid in self._place), key=lambda item: self._place[item.nodeid])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Whatever takes longer ends this process, even a loop that calls nothing."""
        signal.setitimer(signal.ITIMER_REAL, max(SLOW_MIN, SLOW * self._seconds[item.nodeid]))
