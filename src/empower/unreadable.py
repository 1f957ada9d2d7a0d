"""Why a file cannot be read as YAML, in the words of its author.

A YAML library says what it expected; an author wants to know what to write. So what the library says is only where one begins to look:
the lines around that place tell which slip of the pen it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from empower.noun import frozen

_WORDS = {
    "mapping values are not allowed": ("a second colon stands here", "put quotes around a text that holds a colon and a space"),
    "did not find expected key": ("this does not fit the lines above", "check the indentation, and close every bracket and quote above"),
    "could not find expected ':'": ("a key without a colon stands here, or in the line above", "write `key: value`"),
    "did not find expected ',' or ']'": (
        "this list is not closed, or an item does not end here",
        "put commas between items, `]` behind the last, and quotes around a text with brackets in it",
    ),
    "did not find expected ',' or '}'": (
        "this mapping is not closed, or a value does not end here",
        "put commas between keys, `}` behind the last, and quotes around a text with brackets in it",
    ),
    "did not find expected '-' indicator": ("this does not fit the list above", "begin each item with `- `, all in one column"),
    "block sequence entries are not allowed": ("a list cannot begin here", "begin it on a line of its own"),
    "found character that cannot start any token": ("a text cannot begin with this character", "put quotes around the text"),
    "found unexpected end of stream": ("a quote or bracket is not closed before the file ends", "close it"),
    "found unknown escape character": ("this backslash means nothing in double quotes", "use single quotes, or write `\\\\`"),
    "did not find expected <document start>": (
        "a second document begins here, or the first has ended",
        "check the indentation of this line",
    ),
    "control characters are not allowed": ("a control character stands here", "save the file as plain text in UTF-8"),
}
"""What the YAML library says, in the words of an author, with a help line."""
_SHOWN_MAX = 60


@frozen
class Slip:
    """What the library said, and where: line and column count from 0."""

    said: str
    lines: list[str]
    line: int
    column: int
    around: int | None
    """The line on which the bracket was opened that this stands in; None if there is none."""
    keys: Collection[str]
    """Every key that a pack may have somewhere."""

    @property
    def text(self) -> str:
        """The line."""
        return self.lines[self.line] if self.line < len(self.lines) else ""


def told(slip: Slip) -> tuple[str, str]:
    """What is wrong, as a sentence, and how to mend it."""
    if slip.text[slip.column :].startswith("\t"):
        return "a tab stands where spaces belong", "use spaces to indent, not tabs"
    for says, reading in _READINGS:
        if slip.said.startswith(says) and (found := reading(slip)) is not None:
            return found
    known = next((words for start, words in _WORDS.items() if slip.said.startswith(start)), None)
    return known or (f"this is not YAML: {slip.said}", "check the indentation and the brackets of this line and the one above")


def _bracket_left_open(slip: Slip) -> tuple[str, str] | None:
    if slip.around is None:
        return None
    bracket = slip.text[slip.column : slip.column + 1]
    return (
        (f"this `{bracket}` is never closed", f"write `{'}' if bracket == '{' else ']'}` behind the last of it")
        if bracket in "{["
        else None
    )


def _brackets_inside(slip: Slip) -> tuple[str, str] | None:
    """In a list or mapping an item goes on with a bracket, as `book.fault in [torn, wet]` does: it wants quotes as a whole."""
    before, after = slip.text[: slip.column], slip.text[slip.column :]
    start = max(before.rfind(sign) for sign in "{,[") + 1
    if slip.around is not None or after[:1] not in ("[", "{") or not before[start:].strip():
        return None
    key, colon, text = (before[start:] + after[: _end_of_item(after)]).strip().rpartition(": ")
    quote = "'" if '"' in text else '"'
    if not _end_of_item(after) or quote in text or len(text) > 2 * _SHOWN_MAX:
        return "a text with brackets in it needs quotes", "put quotes around the whole text, from its first word to the end of it"
    return "a text with brackets in it needs quotes", f"write `{key}{colon}{quote}{text}{quote}`"


def _end_of_item(text: str) -> int:
    """Where a text that begins with a bracket ends in what stands around it; 0: not on this line."""
    depth = 0
    for at, sign in enumerate(text):
        if depth == 0 and sign in ",]}":
            return at
        depth += (sign in "[{(") - (sign in "]})")
    return 0


def _colon_between(slip: Slip) -> tuple[str, str] | None:
    """In `{…}` a second colon: a comma is missing before a key, or a text wants quotes."""
    before, after = slip.text[: slip.column], slip.text[slip.column :]
    word = re.search(r"([\w.-]+)$", before)
    if not after.startswith(":") or word is None:
        return None
    if (word[1] in slip.keys or "." in word[1]) and before[: word.start()].endswith(" "):
        return f"a comma is missing before '{word[1]}'", f"write `, {word[1]}:`"
    start = max(before.rfind(sign) for sign in "{,[")
    return _quotes(before[start + 1 :] + re.split(r"[,}\]]", after)[0])


def _colon_again(slip: Slip) -> tuple[str, str] | None:
    """A second colon on a line `key: …`; or a line that is indented as if it went on from the one above."""
    line = re.sub(r"^\s*(?:- +)*", "", slip.text)
    return _quotes(line) if ": " in slip.text[: slip.column] else _between_two_levels(slip)


def _quotes(pair: str) -> tuple[str, str] | None:
    key, colon, text = pair.strip().partition(": ")
    if not colon or not text.strip() or len(pair) > _SHOWN_MAX or text.strip()[0] in "'\"":
        return None
    return "a text with a colon in it needs quotes", f'write `{key}: "{text.strip()}"`'


def _between_two_levels(slip: Slip) -> tuple[str, str] | None:
    """A key that begins neither where the keys above it begin, nor where a new item would."""
    indent = len(slip.text) - len(slip.text.lstrip())
    above = next((line for line in reversed(slip.lines[: slip.line]) if line.strip() and not line.lstrip().startswith("#")), "")
    found = re.match(r"( *(?:- +)*)([\w.-]+):", above)
    if found is None or not re.match(r" *[\w.-]+:", slip.text) or indent == len(found[1]) or slip.text.lstrip().startswith("- "):
        return None
    message = f"this begins in column {indent + 1}, and the key above it in column {len(found[1]) + 1}"
    return message, f"begin it under '{found[2]}', in column {len(found[1]) + 1}"


_READINGS: tuple[tuple[str, Callable[[Slip], tuple[str, str] | None]], ...] = (
    ("did not find expected ',' or", _brackets_inside),
    ("did not find expected ',' or", _bracket_left_open),
    ("did not find expected ',' or", _colon_between),
    ("mapping values are not allowed", _colon_again),
    ("did not find expected '-' indicator", _between_two_levels),
    ("did not find expected key", _between_two_levels),
)
"""What the library says → who looks closer; the first that finds something tells."""
