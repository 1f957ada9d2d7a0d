"""What is wrong with a pack: problems with a place, a sentence and a help line, and how they are printed.

The style is the one of a good compiler: all problems at once, sorted by place, in the author's words.
Every code has a section of the same name in `docs/problems.md`, and a pack with that one mistake in `tests/packs/bad/`.
"""

from __future__ import annotations

import difflib
import heapq
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping

from empower.errors import EmpowerError
from empower.noun import field, frozen

CODES: Mapping[str, str] = {
    # -- files
    "no-such-file": "there is no pack at this place",
    "not-a-file": "what stands there is no plain file: a folder, a pipe, a device",
    "not-utf8": "the file is written in another encoding than UTF-8",
    "too-big": "something is larger, longer or deeper than is read",
    # -- YAML
    "bad-yaml": "this is not YAML",
    "duplicate-key": "a key stands twice in one mapping",
    "forbidden-yaml": "anchors, aliases, merges, tags and second documents have no place in a pack",
    "invisible-character": "a text holds a character that nobody can see",
    # -- shape
    "wrong-shape": "a list, a mapping or a text stands where another of these belongs",
    "unknown-key": "a key that means nothing here",
    "missing-key": "a key that is needed is not there",
    "no-value": "a guardrail does not say which value of the mission it serves",
    # -- names
    "bad-name": "a name has characters that names cannot have",
    "reserved-name": "a name that has a fixed meaning",
    "duplicate-id": "two things have one name",
    "redeclared": "something is declared already, in this pack or in its parent",
    "unknown-name": "a fact or named expression that is not declared",
    "unknown-kind": "neither an action nor a group",
    "unknown-parameter": "the action has no parameter of this name",
    "unknown-role": "not a role of the pack",
    "unknown-value": "not a value of the mission",
    "unknown-currency": "not a currency of ISO 4217",
    "unknown-timezone": "not a time zone of the IANA",
    "unknown-language": "not a language of the pack",
    # -- facts, actions, definitions
    "unknown-type": "not a type that a fact can have",
    "unbounded": "a number without its least and largest value",
    "circular-definition": "a definition that needs itself",
    "missing-member": "a lookup table leaves out a word of its fact",
    # -- numbers and dates
    "bad-number": "a number that cannot be read, or lies outside what is possible here",
    "bad-amount": "an amount that cannot be given",
    "bad-date": "a date or an instant that cannot be read",
    "overflow": "a calculation that could leave 64 bits",
    # -- how a condition is written
    "bad-syntax": "a condition that cannot be read",
    "look-alike": "a character that looks like another one",
    "single-equals": "`=` does not compare",
    "needs-brackets": "`and` mixed with `or` can be read in two ways",
    "forbidden-construct": "a construct of Python that is no part of the language",
    "unknown-function": "not a function of the language",
    "wrong-argument": "a function does not take this",
    # -- what a condition means
    "word-as-condition": "a word alone is neither true nor false",
    "number-as-condition": "a number alone is neither true nor false",
    "constant-condition": "a comparison that always comes out the same",
    "wrong-type": "something of one type stands where another belongs",
    "mixed-units": "money, counts, lengths of time and dates cannot be mixed",
    "not-ordered": "these words have no order",
    "not-in-set": "not one of the words that may stand here",
    "fact-times-fact": "a product of two facts",
    "bad-pattern": "a regular expression that is not read in linear time, or not at all",
    "bad-cell": "a table cell that cannot be read, or never holds",
    "bad-tree": "a condition tree that cannot be read",
    "unknown-operator": "not an operator of a condition tree",
    # -- what a larger amount, or a fact told, may do
    "not-monotone": "a larger amount would loosen",
    "amount-not-here": "the amount asked for cannot be used here",
    "known-tightens": "telling a fact would tighten",
    # -- guardrails
    "one-effect": "a rule does none of the things that a rule can do, or two of them",
    "one-bound": "a cap has no amount, or two",
    "no-amount": "an amount is limited that the action does not have",
    "missing-case": "a table says nothing about some case",
    "misplaced-otherwise": "`otherwise` is not the last row, or has cells",
    "overlapping-rows": "two rows of a table apply at once, which its hit policy forbids",
    "bad-table": "a CSV table that cannot be read",
    "bad-window": "not a window of a budget",
    "dead-escalation": "an escalation that nobody can ever answer",
    "hidden-escalation": "a denial holds whenever an escalation does",
    # -- what is said
    "unknown-placeholder": "a text names something that it cannot show",
    "leaks-to-customer": "a text for the customer shows what the customer may not see",
    # -- layers
    "bad-parent": "the pack that is extended cannot be used",
    "mixed-currencies": "a pack and its parent count in different currencies",
    "bad-ceiling": "a ceiling that is not constant by role",
    "exceeds-ceiling": "a cap gives more than a parent's ceiling",
    # -- examples
    "bad-case": "a case or an example that cannot be read",
}
"""Every code and what it stands for. A code is never used again for something else."""

PROBLEMS_MAX = 1_000
"""More than this many problems are counted, not shown."""
_WIDTH = 110
_NEAR_MAX, _KNOWN_MAX, _ALIKE = 200, 2_000, 0.6
INVISIBLE_HELP = "type the text anew, without it"
_JOINERS = "\u200c\u200d"
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


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
    """The pack cannot be used. Holds every problem found, sorted by place, and the text of every file that was read."""

    def __init__(self, problems: Iterable[Problem], sources: Mapping[str, str] | None = None) -> None:
        found = sorted(set(problems))
        self.problems = tuple(found[:PROBLEMS_MAX])
        self.left_out = len(found) - len(self.problems)
        self.sources = dict(sources or {})
        super().__init__(render_problems(self.problems, self.sources, self.left_out))


# ------------------------------------------------------------------------------------------------ printing


def render_problems(problems: Iterable[Problem], sources: Mapping[str, str], left_out: int = 0, noun: str = "problem") -> str:
    """Problems as text: `file:line:column: code: message`, the line underlined, the help; at the end how many there are."""
    lines: dict[str, list[str]] = {}
    blocks = []
    for problem in problems:
        file = problem.span.file
        if file not in lines:
            lines[file] = split_lines(sources.get(file, ""))
        blocks.append(_render_problem(problem, lines[file]))
    count = f"{len(blocks)} {noun}{'s' if len(blocks) != 1 else ''}"
    return "\n\n".join([*blocks, f"{count}, and {left_out} more" if left_out else count])


def split_lines(text: str) -> list[str]:
    """The lines of a text, as YAML counts them."""
    return _BREAK.split(text)


def _render_problem(problem: Problem, lines: list[str]) -> str:
    span = problem.span
    block = [f"{span}: {problem.code}: {visible(problem.message)}"]
    text = lines[span.line - 1] if span.line <= len(lines) else ""
    if text.strip():
        start = 0 if len(text) <= _WIDTH else max(0, min(span.column - 1 - _WIDTH // 2, len(text) - _WIDTH))
        shown = text[start : start + _WIDTH]
        first = min(max(0, span.column - 1 - start), len(shown))
        last = max(first, min(span.end - 1 - start, len(shown)))
        gutter = " " * len(str(span.line))
        block.append(f"  {span.line} | {visible(shown)}")
        block.append(f"  {gutter} | {' ' * _width(shown[:first])}{'^' * max(1, _width(shown[first:last]))}")
    if problem.help:
        block.append(f"  help: {visible(problem.help)}")
    return "\n".join(block)


def visible(text: str) -> str:
    """Text with control and direction characters shown as escapes, so that a message cannot disguise itself."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() or character == "\N{NO-BREAK SPACE}":
        return character
    return "→" if character == "\t" else f"\\u{ord(character):04x}"


def invisible(character: str) -> bool:
    """Whether nobody can see a character, which has no place in a pack. Joiners of letters and pictures are not meant."""
    if character.isprintable() or character in _JOINERS or character in "\n\t":
        return False
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _width(text: str) -> int:
    """How many columns of a terminal a text takes: wide letters two, combining marks none."""
    shown = visible(text)
    if shown.isascii():
        return len(shown)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in shown)


# ------------------------------------------------------------------------------------------------ advice


def did_you_mean(word: str, known: Iterable[str], *, in_order: bool = False) -> str:
    """A help line that names the nearest known words, or lists them when few; and the letter in the word that only looks plain.

    They are listed by the alphabet, or `in_order` as they were given.
    """
    known = list(known)
    words = set(known)
    near = _near(word, words)
    if near:
        return "did you mean " + " or ".join(f"'{item}'" for item in near) + "?" + _odd_letter(word)
    if not words or len(words) > _KNOWN_MAX:
        return _odd_letter(word).lstrip()
    shown = known[:12] if in_order else heapq.nsmallest(12, words)
    return "known here: " + ", ".join(shown) + (f" and {len(words) - 12} more" if len(words) > len(shown) else "") + _odd_letter(word)


def _near(word: str, words: Collection[str]) -> list[str]:
    """At most two words like this one; among very many, only those nearest to its length are looked at."""
    if len(word) > 60:
        return []
    size = len(word)
    if len(words) > _KNOWN_MAX:
        words = {each for each in words if each[:1] == word[:1]}
    if len(words) > _KNOWN_MAX:
        return []
    likely = sorted((abs(len(each) - size), each) for each in words if 3 * max(len(each), size) <= 7 * min(len(each), size))
    candidates = [each for _, each in likely[:_NEAR_MAX] if each != word and _may_be(word, each)]
    return difflib.get_close_matches(word, candidates, n=2, cutoff=0.85) or difflib.get_close_matches(word, candidates, n=1, cutoff=_ALIKE)


def _may_be(word: str, other: str) -> bool:
    """Of two names that share all before the last dot, what comes after it has to be alike: `customer.tier` is not `customer.id`."""
    group, dot, last = word.rpartition(".")
    if not dot or not other.startswith(f"{group}."):
        return True
    return difflib.SequenceMatcher(None, last, other[len(group) + 1 :]).ratio() >= _ALIKE


def _odd_letter(word: str) -> str:
    odd = next((character for character in word if not character.isascii()), None)
    if odd is None:
        return ""
    return f" ('{odd}' in it is {unicodedata.name(odd, f'U+{ord(odd):04X}')})"
