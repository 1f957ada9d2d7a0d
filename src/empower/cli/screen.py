"""Where the command line writes to, how it says that something is wrong, and with which exit code it ends."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from empower.money import format_money, parse_money

WIDTH_MAX = 110
"""Lines of text longer than this are hard to read, however wide the terminal."""

OK = 0
PACK_PROBLEMS = 1
USAGE = 2
MALFORMED = 3
UNAVAILABLE = 4
DEFECT = 70
"""The solver and the compiled pack disagree: a defect of empower."""
INTERRUPTED = 130
OUTCOME_CODES = {"allow": OK, "needs_info": 10, "escalate": 11, "deny": 12}
"""Exit codes of `empower decide`, by outcome."""

COLOURS = {"allow": "green", "needs_info": "yellow", "escalate": "cyan", "deny": "red", "unreadable": "magenta"}


class Wrong(Exception):
    """Something that ends a command: what it says, how to mend it, and the exit code."""

    def __init__(
        self, code: int, kind: str, message: str, help_: str = "", *, details: Mapping[str, Any] | None = None, shown: str = ""
    ) -> None:
        super().__init__(message)
        self.code, self.kind, self.message, self.help = code, kind, message, help_
        self.details = dict(details or {})
        self.shown = shown
        """What stands below the message, where the details are better read than listed."""


def prepare() -> None:
    """What the terminal cannot show becomes `?`, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


class _Trimmed:
    """A stream without the spaces that a table leaves at the ends of lines: what is read by a program, or kept in a file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding or "utf-8"

    def write(self, text: str) -> int:
        """Write a text, which ends with its line."""
        self._stream.write(re.sub(r" +(?=\n)", "", text))
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        self._stream.flush()

    @staticmethod
    def isatty() -> bool:
        """No terminal is behind it."""
        return False


def console(stream: TextIO | None = None) -> Console:
    """A console on standard output, or another stream: as wide as the terminal, within reason; plain where there is no terminal."""
    target = stream or sys.stdout
    made = Console(file=target if target.isatty() else _Trimmed(target), highlight=False, emoji=False, markup=False)  # type: ignore[arg-type]
    made.width = min(made.width, WIDTH_MAX)
    return made


def say(text: str) -> None:
    """A text as it is, without wrapping, on standard output."""
    sys.stdout.write(f"{text}\n")


def say_json(value: Any) -> None:
    """A value as one line of JSON with sorted keys."""
    say(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


def complain(wrong: Wrong, *, as_json: bool) -> int:
    """Say what is wrong: as JSON on standard output where that was asked for, else in words on standard error."""
    if as_json:
        error = {"kind": wrong.kind, "message": wrong.message, "help": wrong.help, **wrong.details}
        say_json({"error": error, "exit": wrong.code})
        return wrong.code
    screen = console(sys.stderr)
    screen.print(Text.assemble(("error: ", "bold red"), wrong.message), soft_wrap=True)
    if wrong.shown:
        screen.print(Text(wrong.shown), soft_wrap=True)
    if wrong.help:
        screen.print(Text.assemble(("help: ", "bold"), wrong.help), soft_wrap=True)
    return wrong.code


def money(amount: Decimal | None, currency: str, language: str = "en") -> str:
    """An amount for people; nothing for none."""
    return "" if amount is None else format_money(parse_money(amount, currency), currency, language)


def words(name: str) -> str:
    """A name of a role or an outcome as words."""
    return name.replace("_", " ")


def listed(names: Sequence[str], joint: str = "or") -> str:
    """`a, b or c`."""
    return f" {joint} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
