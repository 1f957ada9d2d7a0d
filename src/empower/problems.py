"""What is wrong with a pack: problems with a place, a sentence and a help line, and how they are printed.

The style is the one of a good compiler: all problems at once, sorted by place, in the author's words.
Every code has a section of the same name in `docs/problems.md`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from attrs import field, frozen

from empower.errors import EmpowerError


@frozen(order=True)
class Span:
    """A stretch of one line of one file; lines and columns count from 1, `end` is the column after the last."""

    file: str
    line: int = 1
    column: int = 1
    end: int = 2

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@frozen(order=True)
class Problem:
    """One mistake: where it is, its stable code, one lower-case sentence, and how to mend it."""

    span: Span
    code: str
    message: str
    help: str = field(default="")


class PackError(EmpowerError, ValueError):
    """The pack cannot be used. Holds every problem found, sorted by place."""

    def __init__(self, problems: Iterable[Problem], sources: Mapping[str, str] | None = None) -> None:
        self.problems = tuple(sorted(set(problems)))
        self.sources = dict(sources or {})
        super().__init__(render_problems(self.problems, self.sources))


def render_problems(problems: Iterable[Problem], sources: Mapping[str, str]) -> str:
    """Problems as text: `file:line:column: code: message`, the line underlined, the help."""
    blocks = [_render_problem(problem, sources.get(problem.span.file, "")) for problem in problems]
    count = f"{len(blocks)} problem{'s' if len(blocks) != 1 else ''}"
    return "\n\n".join([*blocks, count])


def _render_problem(problem: Problem, source: str) -> str:
    span = problem.span
    lines = [f"{span}: {problem.code}: {_visible(problem.message)}"]
    text = source.splitlines()[span.line - 1 : span.line] if source else []
    if text:
        shown, offset = _window(text[0], span.column)
        gutter = " " * len(str(span.line))
        lines.append(f"  {span.line} | {_visible(shown)}")
        length = max(1, min(span.end - span.column, len(shown) - offset))
        lines.append(f"  {gutter} | {' ' * offset}{'^' * length}")
    if problem.help:
        lines.append(f"  help: {_visible(problem.help)}")
    return "\n".join(lines)


def _window(line: str, column: int, width: int = 110) -> tuple[str, int]:
    """The part of a long line around a column, and the offset of the column in it."""
    start = 0 if len(line) <= width else max(0, min(column - 1 - width // 2, len(line) - width))
    return line[start : start + width], max(0, column - 1 - start)


def _visible(text: str) -> str:
    """Text with control and direction characters shown as escapes, so that a message cannot disguise itself."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A help line that names the nearest known words, or lists them when few."""
    words = sorted(set(known))
    near = difflib.get_close_matches(word, words, n=2, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(f"'{item}'" for item in near) + "?"
    if not words:
        return ""
    return "known here: " + ", ".join(words[:12]) + (f" and {len(words) - 12} more" if len(words) > 12 else "")
