"""One mutant after another: a forked child exchanges the code of one function, runs the tests of its module, and says whether they noticed."""

from __future__ import annotations

import importlib
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
from attrs import frozen

from mutation.exchange import function_named
from mutation.mutants import Mutant, mutants

Fate = Literal["killed", "survived", "timeout"]
SLOW = 4
"""A mutant is given so many times as long as the tests take without one: whatever takes longer has been noticed."""
SLOW_MIN = 20
QUIETLY = ("-q", "-x", "--no-header", "--no-summary", "-p", "no:cacheprovider", "-p", "no:xdist")


@frozen
class Target:
    """A module of the core, and the tests that have to notice whatever happens to it."""

    module: str
    tests: tuple[str, ...]
    templates: bool = False
    """Whether its texts are source of its own."""


@frozen
class Judged:
    """A mutant, and what became of it."""

    mutant: Mutant
    fate: Fate


class Unfit(Exception):
    """The tests of a module do not pass even without a mutant."""


def judge(target: Target, sample: int, seed: str) -> Iterator[Judged]:
    """Judge the mutants of a module; of many only `sample`, drawn by the seed (0: all of them)."""
    module = importlib.import_module(target.module)
    file = str(module.__file__)
    found = list(mutants(Path(file).read_text(encoding="utf-8"), file, templates=target.templates))
    chosen = (
        sorted(random.Random(f"{seed}/{target.module}").sample(range(len(found)), sample)) if 0 < sample < len(found) else range(len(found))
    )
    limit = max(SLOW_MIN, SLOW * _seconds(target))
    for number in chosen:
        mutant = found[number]
        yield Judged(mutant, _fate(target, limit, lambda mutant=mutant: _become(module, mutant)))


def _become(module: ModuleType, mutant: Mutant) -> None:
    function_named(module, mutant.function).__code__ = mutant.code


def count(target: Target) -> int:
    """How many mutants a module has."""
    file = Path(str(importlib.import_module(target.module).__file__))
    return sum(1 for _ in mutants(file.read_text(encoding="utf-8"), str(file), templates=target.templates))


def _seconds(target: Target) -> int:
    """How long the tests take without a mutant; they are loaded here, so that no child has to."""
    with Quiet():
        pytest.main(["--collect-only", *QUIETLY, *target.tests])
    start = time.monotonic()
    if _fate(target, 600, lambda: None) != "survived":
        raise Unfit(f"the tests of {target.module} fail without a mutant: {' '.join(target.tests)}")
    return int(time.monotonic() - start) + 1


def _fate(target: Target, limit: int, change: Any) -> Fate:
    """What the tests say in a child in which something was changed before."""
    child = os.fork()
    if child == 0:
        os.setsid()
        with Quiet():
            change()
            os._exit(0 if pytest.main([*QUIETLY, *target.tests]) == 0 else 1)
    return _wait(child, limit)


def _wait(child: int, limit: int) -> Fate:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "survived" if status == 0 else "killed"
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


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
