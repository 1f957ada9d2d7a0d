"""One mutant after another: a forked child exchanges the code of one function, runs the tests that enter it, and says whether they noticed."""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import random
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Literal

import pytest
from attrs import frozen

from mutation.exchange import function_named
from mutation.mutants import Mutant, mutants
from mutation.watched import Chosen, Watch, Watched

Fate = Literal["noticed", "noticed by its time", "survived", "survived, since no test runs it"]
QUIETLY = ("-q", "-x", "--no-header", "--no-summary", "-p", "no:cacheprovider", "-p", "no:xdist")
BEGINNING_S = 60
"""So long a child may take until its first test."""


@frozen
class Target:
    """A module of the core, and the tests that have to notice whatever happens to it."""

    module: str
    tests: tuple[str, ...]
    templates: bool = False
    """Whether its texts are source of its own."""

    def loaded(self) -> ModuleType:
        """The module itself."""
        return importlib.import_module(self.module)

    def source(self) -> str:
        """Its text."""
        return Path(str(self.loaded().__file__)).read_text(encoding="utf-8")

    def mutants(self) -> list[Mutant]:
        """All its mutants."""
        return list(mutants(self.source(), str(self.loaded().__file__), templates=self.templates))


@frozen
class Judged:
    """A mutant, and what became of it."""

    mutant: Mutant
    fate: Fate


class Unfit(Exception):
    """The tests do not pass even without a mutant."""


def watch(targets: Sequence[Target]) -> list[Watched]:
    """Every test of these modules as it runs without a mutant, the quickest first.

    Raises:
        Unfit: One of them fails.
    """
    tests = list(dict.fromkeys(test for target in targets for test in target.tests))
    with Quiet():
        pytest.main(["--collect-only", *QUIETLY, *tests])  # the tests are loaded here, so that no child has to
    reading, writing = os.pipe()
    child = _child(lambda: _tell(writing, targets, tests))
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        text = told.read()
    os.waitpid(child, 0)
    if not text:
        message = f"tests fail without a mutant: python -m pytest {' '.join(tests)}"
        raise Unfit(message)
    return sorted(pickle.loads(text), key=lambda test: test.seconds)  # noqa: S301  (written by the child)


def _tell(writing: int, targets: Sequence[Target], tests: Sequence[str]) -> int:
    seen = Watch({target.loaded(): target.source() for target in targets})
    if pytest.main([*QUIETLY, *tests], plugins=[seen]) == 0:
        with os.fdopen(writing, "wb") as telling:
            pickle.dump(seen.tests, telling)
    return 0


def drawn(found: Sequence[Mutant], sample: int, seed: str) -> list[Mutant]:
    """Of many mutants only so many, drawn by the seed; 0: all of them."""
    if not 0 < sample < len(found):
        return list(found)
    return [found[number] for number in sorted(random.Random(seed).sample(range(len(found)), sample))]


def judge(target: Target, chosen: Sequence[Mutant], watched: Sequence[Watched], jobs: int) -> Iterator[Judged]:
    """Judge these mutants of a module, so many at a time, as they end."""
    module, own = target.loaded(), [test for test in watched if test.name.startswith(target.tests)]
    waiting, running = iter(chosen), dict[int, Mutant]()
    while True:
        while len(running) < jobs and (mutant := next(waiting, None)):
            tests = [test for test in own if (target.module, mutant.block) in test.blocks]
            if tests:
                running[_child(lambda mutant=mutant, tests=tests: _meet(module, mutant, tests))] = mutant
            else:
                yield Judged(mutant, "survived, since no test runs it")
        if not running:
            return
        child, status = os.wait()
        yield Judged(running.pop(child), _fate(child, os.waitstatus_to_exitcode(status)))


def _meet(module: ModuleType, mutant: Mutant, tests: Sequence[Watched]) -> int:
    """In a child: what pytest says of a mutant."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, BEGINNING_S)
    function_named(module, mutant.function).__code__ = mutant.code
    files = dict.fromkeys(test.name.split("::")[0] for test in tests)
    return int(pytest.main([*QUIETLY, *files], plugins=[Chosen(tests)]))


def _fate(child: int, code: int) -> Fate:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # whatever its tests had started
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        message = "pytest does not find the tests again that it has run"
        raise Unfit(message)
    return "survived" if code == 0 else "noticed by its time" if code == -signal.SIGALRM else "noticed"


def _child(work: Callable[[], int]) -> int:
    """Do something in a forked child, quietly, and end it with what that gives."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setsid()
            with Quiet():
                code = work()
        finally:
            os._exit(code)
    return child


class Quiet:
    """Nothing is printed."""

    def __enter__(self) -> None:
        sys.stdout.flush()
        self._kept = [os.dup(1), os.dup(2)]
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()
        for number, kept in enumerate(self._kept, 1):
            os.dup2(kept, number)
            os.close(kept)
