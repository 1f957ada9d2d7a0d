"""The habits of this code that a machine can hold it to: sizes, imports, floats, printing, clocks, words.

The checkers are in tidy.py. The first half of this file says what is promised; the second shows that every checker finds a planted fault
and leaves alone what only looks like one, for a checker that cannot fail promises nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tidy import (
    Module,
    circles,
    clocks,
    deep_functions,
    dice,
    faults,
    floats,
    hosts,
    late_imports,
    leftovers,
    long_files,
    long_functions,
    machine_paths,
    package,
    prints,
    read,
    suite,
    text_faults,
    undocumented,
)


def no(found: list[str]) -> None:
    """Fail with everything that was found, one fault a line."""
    assert not found, "\n".join(found)


def test_files_are_short() -> None:
    """A file has at most 500 lines."""
    no(faults(long_files, package() + suite()))


def test_functions_are_short() -> None:
    """A function has at most 60 lines without its docstring."""
    no(faults(long_functions, package() + suite()))


def test_nesting_is_shallow() -> None:
    """Inside a function, blocks lie at most 3 deep."""
    no(faults(deep_functions, package() + suite()))


def test_imports_stand_at_the_top() -> None:
    """No import hides inside a function, except an extra at its one door."""
    no(faults(late_imports, package()))


def test_imports_go_in_no_circle() -> None:
    """No module loads itself again through others."""
    no(circles(package()))


def test_money_is_exact() -> None:
    """No float comes near money: it is counted in whole minor units, and time in whole units too."""
    no(faults(floats, package()))


def test_only_the_command_line_prints() -> None:
    """Nobody but the command line writes to the terminal."""
    no(faults(prints, package()))


def test_only_a_few_know_the_clock() -> None:
    """Nobody but the guard, the ledger's clock and the command line looks at the clock."""
    no(faults(clocks, package()))


def test_nobody_rolls_dice() -> None:
    """Nothing in a decision is random."""
    no(faults(dice, package()))


def test_everything_public_is_documented() -> None:
    """Every module, and every public function, class and method, says what it is for."""
    no(faults(undocumented, package()))


def test_nothing_is_left_behind() -> None:
    """No file holds a note to oneself."""
    no(text_faults(leftovers))


def test_no_registry_is_named() -> None:
    """No file says where packages come from."""
    no(text_faults(hosts))


def test_no_path_of_a_machine() -> None:
    """No file holds a path that exists on one machine only."""
    no(text_faults(machine_paths))


# -- the checkers themselves

DEEP = "def f(x):\n for a in x:\n  if a:\n   with a:\n    while a:\n     pass\n"
ELIFS = "def f(x):\n for a in x:\n  if a:\n   pass\n  elif x:\n   pass\n  elif not x:\n   with a:\n    pass\n"
ELSE_IF = "def f(x):\n if x:\n  pass\n else:\n  if x:\n   if x:\n    if x:\n     pass\n"
LONG = "def f():\n" + " pass\n" * 60
DOCUMENTED = 'def f():\n """' + "\n" * 60 + ' """\n' + " pass\n" * 50


@pytest.mark.parametrize(
    ("checker", "planted"),
    [
        (long_files, "pass\n" * 501),
        (long_functions, LONG),
        (long_functions, "class C:\n async def f():\n" + "  pass\n" * 60),
        (deep_functions, DEEP),
        (deep_functions, ELSE_IF),
        (deep_functions, "def f(x):\n for a in x:\n  match a:\n   case 1:\n    try:\n     def g(): pass\n    finally: pass\n"),
        (late_imports, "def f():\n import yaml\n"),
        (late_imports, "class C:\n def f(self):\n  if self:\n   from .money import Money\n"),
        (floats, "rate = 0.5"),
        (floats, "x = float('1')"),
        (floats, "def f(x: float): ..."),
        (floats, "x = a / b"),
        (floats, "x = a / 2"),
        (floats, "x /= 2"),
        (floats, "x = gap.total_seconds()"),
        (prints, "print('no')"),
        (prints, "import sys\nsys.stderr.write('no')"),
        (clocks, "import time\nnow = time.time()"),
        (clocks, "import time\ndef f(clock=time.time_ns): ..."),
        (clocks, "from time import monotonic"),
        (clocks, "from datetime import datetime\nnow = datetime.now()"),
        (clocks, "import datetime\nnow = datetime.datetime.now(zone)"),
        (clocks, "from datetime import date\ntoday = date.today()"),
        (dice, "from uuid import uuid4"),
        (dice, "import random"),
        (undocumented, "x = 1"),
        (undocumented, '"""A module."""\ndef f(): ...'),
        (undocumented, '"""A module."""\nclass C:\n """A class."""\n def f(self): ...'),
    ],
)
def test_a_planted_fault_is_found(checker: Callable[[Module], Iterator[str]], planted: str) -> None:
    """Every checker of modules can fail."""
    assert list(checker(read("empower.decision", planted))) != []


@pytest.mark.parametrize(
    ("checker", "name", "harmless"),
    [
        (long_files, "empower.load", "pass\n" * 500),
        (long_functions, "empower.load", DOCUMENTED),
        (deep_functions, "empower.load", ELIFS),
        (deep_functions, "empower.load", "class C:\n def f(x):\n  for a in x:\n   if a:\n    with a:\n     pass\n"),
        (late_imports, "empower.load", "import yaml\nif yaml:\n import attrs\n"),
        (late_imports, "empower.__main__", "def main():\n from empower.cli import main\n"),
        (floats, "empower.load", "path = folder / 'pack.yaml'\nother = folder / f'{x}' / 'y'\nwhole = 7 // 2"),
        (floats, "empower.money", "isinstance(x, float)"),
        (floats, "empower.cli.tables", "width = total / 2.5"),
        (prints, "empower.cli.tables", "print('yes')"),
        (prints, "empower.load", "say = 'print'"),
        (clocks, "empower.decide", "import time\nnow = time.time_ns()"),
        (clocks, "empower.load", "now = context.now\ntoday = calendar.today"),
        (dice, "empower.load", "import hashlib"),
        (undocumented, "empower.load", '"""A module."""\ndef _f(): ...\ndef g():\n """A function."""\n def h(): ...'),
    ],
)
def test_the_harmless_is_left_alone(checker: Callable[[Module], Iterator[str]], name: str, harmless: str) -> None:
    """No checker complains of what is allowed."""
    assert list(checker(read(name, harmless))) == []


def test_a_planted_circle_is_found() -> None:
    """A circle of imports is found, and one that closes only later, or for the type checker alone, is none."""
    below = read("empower.money", "import attrs")
    there = read("empower.pack", "from empower import load\nfrom empower.money import Money")
    back = "from .pack import Pack"
    assert circles((below, there, read("empower.load", back))) == ["empower.pack", "empower.load"]
    assert circles((below, there, read("empower.load", f"def f():\n {back}"))) == []
    assert circles((below, there, read("empower.load", f"if TYPE_CHECKING:\n {back}\nelse:\n Pack = None"))) == []


@pytest.mark.parametrize(
    ("checker", "planted"),
    [
        (leftovers, "# TO" + "DO: later"),
        (leftovers, "pass  # XX" + "X does this hold?"),
        (hosts, "see https://pypi" + ".org/project/x"),
        (machine_paths, "open('/ho" + "me/sam/till.db')"),
        (machine_paths, "open('file:///wo" + "rk/till.db')"),
    ],
)
def test_a_planted_word_is_found(checker: Callable[[str], Iterator[str]], planted: str) -> None:
    """Every checker of texts can fail."""
    assert list(checker(planted)) != []


@pytest.mark.parametrize(
    ("checker", "harmless"),
    [
        (leftovers, "what is still to do, a shirt of size XXXL, and the currency 'XXX'"),
        (hosts, "the registry"),
        (machine_paths, "docs/home/page.md, https://example.com/work/page, and /usr/bin/env"),
    ],
)
def test_a_harmless_word_is_left_alone(checker: Callable[[str], Iterator[str]], harmless: str) -> None:
    """No checker of texts complains of what is allowed."""
    assert list(checker(harmless)) == []
