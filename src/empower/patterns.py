"""Regular expressions that Python matches in linear time: which are accepted, and how they are compiled.

A small part of Python's own syntax is read here into positions, each a set of characters, with what may follow each (Glushkov's
automaton). An expression is accepted when no text can be read in two ways: the sets that may follow one another are disjoint, only one
alternative may be empty, and nothing that may be empty is repeated. A backtracking matcher then has one thing to try at each character,
so its work is at most the length of the text times the length of the expression.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Sequence

from empower.noun import field, frozen

LENGTH_MAX = 200
GROUPS_MAX = 20
COUNT_MAX = 500
POSITIONS_MAX = 1_000

_LAST = 0x10FFFF
_DIGITS = ((48, 57),)
_WORD = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE = ((9, 13), (32, 32))
_CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11}
_COUNT = re.compile(r"\{([0-9]{0,4})(?:(,)([0-9]{0,4}))?\}")
_DOUBLED = ("--", "&&", "||", "~~")

Ranges = tuple[tuple[int, int], ...]
"""A set of characters, as sorted stretches of code points that do not touch."""


class PatternError(ValueError):
    """An expression that is not accepted: what is wrong with it, and how to mend it."""

    def __init__(self, message: str, help_: str = "") -> None:
        super().__init__(message)
        self.message, self.help = message, help_


@frozen
class _Characters:
    """One character out of a set; `text` is how the author wrote it."""

    ranges: Ranges
    text: str


@frozen
class _Edge:
    """A place between characters: `^`, `$`, a boundary of a word."""

    text: str


@frozen
class _Row:
    """One after the other."""

    items: tuple[_Node, ...]


@frozen
class _Choice:
    """One of several."""

    items: tuple[_Node, ...]


@frozen
class _Repeat:
    """Several times; `high` None: without bound."""

    item: _Node
    low: int
    high: int | None
    text: str


_Node = _Characters | _Edge | _Row | _Choice | _Repeat


def check_pattern(text: str, *, ignore_case: bool = False, found: bool = False) -> None:
    """Accept an expression, or raise `PatternError`.

    `found` asks for more, since the expression is then tried from every character of the text (business-rules' `matches_regex`): no attempt
    may run far before it fails. It must begin with `^`, or its unbounded parts must stand where the match is complete already.
    """
    tree = _parse(text, ignore_case=ignore_case, shorthands=not found)
    _check_empty(tree)
    automaton = _Automaton()
    whole = automaton.add(tree)
    _check_disjoint(automaton, whole.first)
    for after in automaton.follow:
        _check_disjoint(automaton, after)
    edges = any(isinstance(node, _Edge) for node in _inside(tree))
    if found and not _anchored(tree) and (edges or not whole.empty):
        _check_attempts(automaton, whole, accepting=set() if edges else set(whole.last))


@functools.lru_cache(maxsize=1024)
def compile_pattern(text: str, ignore_case: bool = False) -> re.Pattern[str]:  # noqa: FBT001, FBT002  (as in `ir.TextTest`)
    """An expression that was accepted, ready to match; letters, digits and spaces are those of ASCII."""
    return re.compile(text, re.ASCII | (re.IGNORECASE if ignore_case else re.NOFLAG))


# ------------------------------------------------------------------------------------------------ reading


def _parse(text: str, *, ignore_case: bool, shorthands: bool) -> _Node:
    if len(text) > LENGTH_MAX:
        raise PatternError(f"this expression is {len(text)} characters long; at most {LENGTH_MAX} are read", "split it into several tests")
    reader = _Reader(text, ignore_case, shorthands)
    tree, at = reader.choice(0, 0)
    if at < len(text):
        raise PatternError("there is a `)` too many", r"write `\)` for the character itself")
    try:
        compile_pattern(text, ignore_case)
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternError(f"Python cannot read this expression: {error}", "see `docs/packs.md` for the forms") from None
    return tree


@frozen
class _Reader:
    """Recursive descent; each method takes an offset into the text and gives a node with the offset behind it."""

    text: str
    ignore_case: bool
    shorthands: bool

    def choice(self, at: int, depth: int) -> tuple[_Node, int]:
        """`row | row | …`."""
        items = []
        while True:
            row, at = self.row(at, depth)
            items.append(row)
            if not self.text.startswith("|", at):
                return (items[0] if len(items) == 1 else _Choice(tuple(items))), at
            at += 1

    def row(self, at: int, depth: int) -> tuple[_Node, int]:
        """Items up to the end, a `|` or a `)`."""
        items: list[_Node] = []
        while at < len(self.text) and self.text[at] not in "|)":
            atom, behind = self.atom(at, depth)
            item, behind = self.repeated(atom, at, behind)
            items.append(item)
            at = behind
        return (items[0] if len(items) == 1 else _Row(tuple(items))), at

    def atom(self, at: int, depth: int) -> tuple[_Node, int]:
        """A group, a class, an escape, an edge, or a character."""
        match self.text[at]:
            case "(":
                return self.group(at, depth)
            case "[":
                return self.class_(at)
            case "\\":
                return self.escape(at)
            case "^" | "$" as sign:
                return _Edge(sign), at + 1
            case ".":
                return _Characters(_opposite(((10, 10),)), "."), at + 1
            case "*" | "+" | "?" | "{" as sign:
                raise PatternError(f"`{sign}` stands after nothing that can be repeated", rf"write `\{sign}` for the character itself")
            case "]" | "}" as sign:
                raise PatternError(f"`{sign}` closes nothing", rf"write `\{sign}` for the character itself")
            case sign:
                return self.characters(((ord(sign), ord(sign)),), sign), at + 1

    def characters(self, ranges: Ranges, text: str, *, negated: bool = False) -> _Characters:
        """A set with both cases of each letter where case is ignored, and then its opposite where it is negated."""
        if self.ignore_case:
            ranges = _both_cases(ranges)
        return _Characters(_opposite(ranges) if negated else _joined(ranges), text)

    def group(self, at: int, depth: int) -> tuple[_Node, int]:
        """`( … )` or `(?: … )`."""
        if depth >= GROUPS_MAX:
            raise PatternError(f"groups are nested more than {GROUPS_MAX} deep", "split it into several tests")
        if self.text.startswith("(?", at) and not self.text.startswith("(?:", at):
            shown = self.text[at : at + 4]
            message = f"`{shown}` is not part of the language: flags, names, comments, conditions and looking around are left out"
            raise PatternError(message, "use a plain group `( … )`, and several tests joined with `and`")
        inner, behind = self.choice(at + (3 if self.text.startswith("(?:", at) else 1), depth + 1)
        if not self.text.startswith(")", behind):
            raise PatternError("a `(` is not closed", r"add `)`, or write `\(` for the character itself")
        return inner, behind + 1

    def escape(self, at: int) -> tuple[_Node, int]:
        r"""`\d` and its like, `\b` and its like, or a sign taken literally."""
        letter = self.text[at + 1 : at + 2]
        if letter and letter in "AZbB":
            if letter in "bB" and not self.shorthands:
                raise _unicode(letter)
            return _Edge("\\" + letter), at + 2
        ranges = self.escaped(letter)
        return self.characters(ranges, "\\" + letter), at + 2

    def escaped(self, letter: str) -> Ranges:
        """The characters that a backslash and a letter or sign stand for, in a class or outside."""
        kinds = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
        if letter.lower() in kinds and letter:
            if not self.shorthands:
                raise _unicode(letter)
            ranges = kinds[letter.lower()]
            return ranges if letter.islower() else _opposite(ranges)
        if letter in _CONTROLS:
            return ((_CONTROLS[letter], _CONTROLS[letter]),)
        if letter.isdigit():
            raise PatternError(f"`\\{letter}` repeats an earlier group, which cannot be matched in linear time", "write the characters out")
        if not letter or letter.isalnum() or not letter.isascii():
            raise PatternError(f"`\\{letter}` is not part of the language", r"write the character itself; a backslash is `\\`")
        return ((ord(letter), ord(letter)),)

    def class_(self, at: int) -> tuple[_Node, int]:
        """`[…]` or `[^…]`."""
        start, negated = at, self.text.startswith("[^", at)
        at += 2 if negated else 1
        ranges: list[tuple[int, int]] = []
        while not self.text.startswith("]", at) or at == start + 1 + negated:
            found, at = self.member(at)
            ranges += found
        text = self.text[start : at + 1]
        return self.characters(tuple(ranges), text, negated=negated), at + 1

    def member(self, at: int) -> tuple[Ranges, int]:
        """A character, an escape, or a stretch `a-z` in a class."""
        low, behind = self.point(at)
        if self.text[behind : behind + 1] != "-" or self.text[behind + 1 : behind + 2] in ("]", ""):
            return low, behind
        high, behind = self.point(behind + 1)
        (first, first_end), (last, last_end) = low[0], high[0]
        if len(low) > 1 or len(high) > 1 or (first, last) != (first_end, last_end) or first > last:
            shown = self.text[at:behind]
            raise PatternError(f"`{shown}` in `[…]` is not a stretch of characters", "write it as `a-z`, the lower end first")
        return ((first, last),), behind

    def point(self, at: int) -> tuple[Ranges, int]:
        """One character or escape in a class."""
        letter = self.text[at : at + 1]
        if not letter:
            raise PatternError("a `[` is not closed", r"add `]`, or write `\[` for the character itself")
        if letter == "\\":
            return self.escaped(self.text[at + 1 : at + 2]), at + 2
        if letter in "[]" or self.text[at : at + 2] in _DOUBLED:
            shown = self.text[at : at + 2] if letter not in "[]" else letter
            raise PatternError(f"`{shown}` inside `[…]` could be read in two ways", f"write a backslash before `{letter}`")
        return ((ord(letter), ord(letter)),), at + 1

    def repeated(self, item: _Node, start: int, at: int) -> tuple[_Node, int]:
        """An item with the quantifier behind it, if there is one."""
        low, high, behind = self.count(at)
        if behind == at:
            return item, at
        if self.text.startswith("?", behind):
            behind += 1  # lazy: where there is one way to match, the order of trying makes no difference
        text = self.text[start:behind]
        if self.text[behind : behind + 1] in tuple("*+?{"):
            raise PatternError(f"`{self.text[start : behind + 1]}` repeats a repetition", "keep one quantifier")
        if high is not None and (high < max(low, 1)):
            raise PatternError(f"`{text}` can never be met, or only by nothing", "write the smaller count first, and no 0 alone")
        if max(low, high or 0) > COUNT_MAX:
            raise PatternError(f"`{text}` counts further than {COUNT_MAX}", "use `*` or `+`, or several tests")
        return _Repeat(item, low, high, text), behind

    def count(self, at: int) -> tuple[int, int | None, int]:
        """The least, the most, and the offset behind a quantifier; the same offset where there is none."""
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        sign = self.text[at : at + 1]
        if sign in simple:
            return (*simple[sign], at + 1)
        if sign != "{":
            return 1, 1, at
        counts = _COUNT.match(self.text, at)
        if counts is None or not (counts.group(1) or counts.group(3)):
            raise PatternError("`{` does not begin a count such as `{2,4}`", r"write `\{` for the character itself")
        low = int(counts.group(1) or 0)
        high = low if counts.group(2) is None else int(counts.group(3)) if counts.group(3) else None
        return low, high, counts.end()


def _unicode(letter: str) -> PatternError:
    message = f"`\\{letter}` here takes every script of the world, and which letters those are changes with the version of Python"
    plain = {"d": "[0-9]", "w": "[A-Za-z0-9_]", "s": "[ ]", "D": "[^0-9]", "W": "[^A-Za-z0-9_]", "S": "[^ ]"}.get(letter)
    return PatternError(message, f"write `{plain}`" if plain else "name the characters before and after")


# ------------------------------------------------------------------------------------------------ sets of characters


def _joined(ranges: Sequence[tuple[int, int]]) -> Ranges:
    result: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], high))
        else:
            result.append((low, high))
    return tuple(result)


def _opposite(ranges: Sequence[tuple[int, int]]) -> Ranges:
    result, start = [], 0
    for low, high in _joined(ranges):
        if low > start:
            result.append((start, low - 1))
        start = high + 1
    return (*result, (start, _LAST)) if start <= _LAST else tuple(result)


def _both_cases(ranges: Sequence[tuple[int, int]]) -> Ranges:
    result = list(ranges)
    for low, high in ranges:
        result += [(max(low, 65) + 32, min(high, 90) + 32)] if low <= 90 and high >= 65 else []
        result += [(max(low, 97) - 32, min(high, 122) - 32)] if low <= 122 and high >= 97 else []
    return _joined(result)


# ------------------------------------------------------------------------------------------------ one way only


def _may_be_empty(node: _Node) -> bool:
    match node:
        case _Characters():
            return False
        case _Edge():
            return True
        case _Row(items=items):
            return all(_may_be_empty(item) for item in items)
        case _Choice(items=items):
            return any(_may_be_empty(item) for item in items)
        case _Repeat(item=item, low=low):
            return low == 0 or _may_be_empty(item)


def _inside(node: _Node) -> Iterator[_Node]:
    yield node
    below = node.items if isinstance(node, (_Row, _Choice)) else (node.item,) if isinstance(node, _Repeat) else ()
    for item in below:
        yield from _inside(item)


def _anchored(node: _Node) -> bool:
    """Whether a match can only begin where the text does."""
    match node:
        case _Edge(text=text):
            return text in ("^", "\\A")
        case _Row(items=items):
            return bool(items) and _anchored(items[0])
        case _Choice(items=items):
            return all(_anchored(item) for item in items)
        case _:
            return False


def _check_empty(tree: _Node) -> None:
    for node in _inside(tree):
        if isinstance(node, _Repeat) and _may_be_empty(node.item):
            help_ = "repeat something that takes at least one character, such as `(a+b)*`"
            raise PatternError(f"`{node.text}` repeats what may be empty, so it can be tried in many ways", help_)
        if isinstance(node, _Choice) and sum(map(_may_be_empty, node.items)) > 1:
            raise PatternError("two alternatives may be empty, so there are two ways to take neither", "let at most one of them be empty")


@frozen
class _Part:
    """Whether a part may be empty, and the positions at which it can begin and end."""

    empty: bool
    first: tuple[int, ...]
    last: tuple[int, ...]


@frozen
class _Automaton:
    """Positions, and what may follow each: once for every way in which it may."""

    positions: list[_Characters] = field(factory=list)
    follow: list[list[int]] = field(factory=list)

    def add(self, node: _Node) -> _Part:
        """Add the positions of a node, counted repetitions written out."""
        match node:
            case _Characters():
                return self.position(node)
            case _Edge():
                return _Part(empty=True, first=(), last=())
            case _Row(items=items):
                row = _Part(empty=True, first=(), last=())
                for item in items:
                    row = self.joined(row, self.add(item))
                return row
            case _Choice(items=items):
                parts = [self.add(item) for item in items]
                first = tuple(position for part in parts for position in part.first)
                last = tuple(position for part in parts for position in part.last)
                return _Part(any(part.empty for part in parts), first, last)
            case _Repeat():
                return self.repeat(node)

    def position(self, node: _Characters) -> _Part:
        """A new position."""
        if len(self.positions) >= POSITIONS_MAX:
            raise PatternError(f"written out, this is longer than {POSITIONS_MAX} characters", "count less far, or use `*` or `+`")
        self.positions.append(node)
        self.follow.append([])
        at = (len(self.positions) - 1,)
        return _Part(empty=False, first=at, last=at)

    def joined(self, left: _Part, right: _Part) -> _Part:
        """One part after the other."""
        for position in left.last:
            self.follow[position].extend(right.first)
        first = left.first + right.first if left.empty else left.first
        last = right.last + left.last if right.empty else right.last
        return _Part(left.empty and right.empty, first, last)

    def repeat(self, node: _Repeat) -> _Part:
        """`x{2,4}` as `xx(x(x)?)?`, `x{2,}` as `xx+`, `x*` as `(x+)?`."""
        copies = [self.add(node.item) for _ in range(node.high if node.high is not None else max(node.low, 1))]
        if node.high is None:
            self.joined(copies[-1], copies[-1])
        whole = copies[-1]
        for index in range(len(copies) - 2, -1, -1):
            optional = _Part(empty=index + 1 >= node.low, first=whole.first, last=whole.last)
            whole = self.joined(copies[index], optional)
        return _Part(node.low == 0, whole.first, whole.last)


def _check_disjoint(automaton: _Automaton, ahead: Sequence[int]) -> None:
    """No character may be taken in two ways by what can come next."""
    stretches = sorted((low, high, position) for position in ahead for low, high in automaton.positions[position].ranges)
    for (_, high, one), (low, end, other) in itertools.pairwise(stretches):
        if low <= high:
            clash = automaton.positions[one].text, automaton.positions[other].text
            raise _ambiguous(*clash, low if low > 32 else min(high, end))


def _ambiguous(one: str, other: str, character: int) -> PatternError:
    shown = f"'{chr(character)}'" if 32 < character < 127 else "the same character"
    if one == other:
        message = f"`{one}` can take {shown} in more than one way, so a text could be tried in very many ways"
    else:
        message = f"`{one}` and `{other}` can both take {shown} at one place, so a text could be tried in very many ways"
    if "." in (one, other):
        return PatternError(message, "use `contains(…)`, or name the characters in place of `.`, as in `[^,]*,`")
    return PatternError(message, "let what follows begin with another character, and move what alternatives share in front, as in `a(b|c)`")


def _check_attempts(automaton: _Automaton, whole: _Part, accepting: set[int]) -> None:
    """No attempt that fails may have gone round a loop: the positions passed before the match is complete lie on no circle."""
    done: set[int] = set()
    path: set[int] = set()
    stack = [(position, False) for position in whole.first]
    while stack:
        position, leaving = stack.pop()
        if leaving:
            path.discard(position)
            done.add(position)
        elif position in path:
            repeated = automaton.positions[position].text
            message = f"looked for anywhere in a text, the repeated `{repeated}` could be tried from every character"
            raise PatternError(message, "begin with `^`, or count how often, as in `{1,20}`")
        elif position not in done and position not in accepting:
            path.add(position)
            stack.append((position, True))
            stack.extend((after, False) for after in automaton.follow[position])
