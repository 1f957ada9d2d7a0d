"""Table cells in the style of DMN → IR, and what two rows of a table have in common.

A cell says which values of one fact it takes:

| cell                               | fact                          | takes                                                       |
|------------------------------------|-------------------------------|-------------------------------------------------------------|
| nothing, `-`                       | any                           | everything                                                  |
| `25`, `<= 25`, `< 25`, `>= 25`     | number, date, instant         | that one; those below or above                              |
| `10..50`, `[10..50)`, `(10..50]`   | number, date, instant         | both ends included, or the one with `)` or `(` left out     |
| `never`                            | date, instant that may be     | never; which lies before every date                         |
| `gold`, `"gold"`, `gold, silver`   | one of, text                  | that word; one of them                                      |
| `gold or above`, `gold or below`   | ordered one of, `actor.role`  | it and those above or below; so `>= gold`, `< gold`         |
| `chargeback`, `has a, b`           | set of                        | the sets that hold it; that hold at least one of them       |
| `none`                             | set of                        | the empty set                                               |
| `yes`, `no`                        | yes/no, a named condition     | that                                                        |
| `not(…)`                           | any                           | what the cell inside does not take                          |

A list of YAML is the same as its items with commas between. Money is written in major units, lengths of time as `48 hours`.
Columns are facts or named expressions; a row takes what all its cells take.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NoReturn, TypeVar

from empower import ir
from empower.formulas import reads_the_amount
from empower.language import habits
from empower.language.boxes import Box, Dimension, Numbers, Sets, Words, alternatives, labels_of
from empower.language.expressions import (
    Literal,
    Never,
    Value,
    Word,
    as_condition,
    check_member,
    check_within_bounds,
    compared,
    moment,
    name_value,
    reads_amount,
)
from empower.language.quantities import Misfit, Quantity, literal, refuse_grouped, stretch
from empower.language.scope import Scope
from empower.money import exponent_of
from empower.noun import evolve, frozen
from empower.pack import Place
from empower.problems import Problem, Span

_T = TypeVar("_T")
CELL_MAX = 2_000
ROWS_MAX = 10_000
WORK_MAX = 3_000_000
"""How many times a class of values is held against a row before `uncovered` gives up."""

_ITEM = re.compile(r"""\s*("[^"]*"|'[^']*'|[^,'"]*)\s*(,|$)""")
_NOT = re.compile(r"not\s*\((.*)\)", re.DOTALL)
_SIGNED = re.compile(r"(<=|>=|<|>)\s*(.+)")
_RANGE = re.compile(r"([\[(]?)(.+?)\.\.(.+?)([\])]?)")
_NEIGHBOURS = re.compile(r"(.+) or (above|below)")
_LENGTH = re.compile(r"(.+?)( minutes| hours| days)?")
_SECONDS = {" minutes": 60, " hours": 3_600, " days": 86_400}


@frozen
class Row:
    """What the cells of one row take: as a condition, and as a box with a side for every fact that is not left open."""

    condition: ir.Cond
    box: Mapping[str, Box]


def read_cell(text: object, fact: str, scope: Scope, place: Place) -> ir.Cond | None:
    """One cell as a condition; None if it has problems, which are then reported. `place` is the cell's own."""
    return found[0] if (found := _cell(text, fact, scope, place)) is not None else None


def read_cells(cells: Mapping[str, object], scope: Scope, place: Place) -> ir.Cond | None:
    """The cells of a row, all of which must hold, as a condition; None if they have problems, which are then reported."""
    return row.condition if (row := read_row(cells, scope, place)) is not None else None


def read_row(cells: Mapping[str, object], scope: Scope, place: Place) -> Row | None:
    """The cells of a row by fact, each at `(*place, fact)`; None if they have problems, which are then reported."""
    found = {fact: _cell(cell, fact, scope, (*place, fact)) for fact, cell in cells.items()}
    made = {fact: pair for fact, pair in found.items() if pair is not None}
    if len(made) < len(found):
        return None
    box = {fact: side for fact, (_, side) in made.items() if side is not None}
    return Row(_joined(ir.All, [condition for condition, side in made.values() if side is not None]), box)


def _joined(join: type[ir.All | ir.Any], parts: Sequence[ir.Cond]) -> ir.Cond:
    return parts[0] if len(parts) == 1 else join(tuple(parts)) if parts else ir.Constant(join is ir.All)


def _cell(cell: object, fact: str, scope: Scope, place: Place) -> tuple[ir.Cond, Box | None] | None:
    try:
        subject = _subject(fact, scope)
    except Misfit as unfit:
        if fact.lower() in ("and", "or", "not") and unfit.code == "unknown-name":
            unfit.help = "a condition tree begins with `all` or `any`"
        scope.report(Problem(scope.find((*place, "<key>")), unfit.code, str(unfit), unfit.help))
        return None
    try:
        return _taken(cell, subject, fact, scope)
    except _OfItem as found:
        item, misfit = found.item, found.misfit
    except Misfit as whole:
        item, misfit = str(cell), whole
    misfit.help = _meant(str(cell), item, misfit, fact, scope) or misfit.help
    at = cell.find(item) if isinstance(cell, str) and item != cell.strip() else -1
    where: Place = (*place, "<text>", at, at + len(item)) if at >= 0 else place
    code = "bad-cell" if misfit.code == "constant-condition" else misfit.code
    scope.report(Problem(scope.find(where), code, str(misfit), misfit.help))
    return None


def _taken(cell: object, subject: Quantity | Word | ir.Cond, fact: str, scope: Scope) -> tuple[ir.Cond, Box | None]:
    """What a cell takes."""
    items, negated = _items(cell)
    if not items:
        return ir.Constant(value=True), None
    if isinstance(subject, Quantity) and isinstance(cell, str) and (found := re.search(r"(?<![\d,.])(\d+),(\d{1,3})(?![\d,.])", cell)):
        whole, last = found.groups()
        one = f"{whole}{last}" if len(last) == 3 else f"{whole}.{last}"
        _bad(f"'{found.group()}' could be one number or two", f"write {one}, or `{whole}, {last}` with a space")
    condition, box = _read(subject, fact, items, scope)
    return (ir.Not(condition), _opposite(box, fact, str(cell))) if negated else (condition, box)


class _OfItem(Exception):
    """What is wrong with one alternative of a cell."""

    def __init__(self, item: str, misfit: Misfit) -> None:
        self.item, self.misfit = item, misfit


def _meant(cell: str, written: str, misfit: Misfit, fact: str, scope: Scope) -> str | None:
    """What is most likely meant in a cell by what cannot be read, as help; None if nothing that can be read comes to mind."""
    subject = _subject(fact, scope)
    kind = subject.type if isinstance(subject, Word) else None
    members = () if kind is None or isinstance(kind, ir.TextType) else kind.members
    if isinstance(kind, ir.TextType) or len(written) > 60 or "one number or two" in misfit.message:
        return None
    if isinstance(kind, ir.SetOfType) and re.search(r"\band\b|&", written):
        return "write one row for each: `a, b` holds for either"
    for guess in habits.cells(written, members):
        try:
            _taken(cell.replace(written, guess, 1), subject, fact, scope)
        except (Misfit, _OfItem):
            continue
        return None if guess in members and misfit.help.startswith("did you mean") else f"write `{guess}`"
    return None


def _each(items: Sequence[str], read: Callable[[str], _T]) -> list[_T]:
    """What the alternatives stand for; a problem of one of them tells which it is."""
    found = []
    for item in items:
        try:
            found.append(read(item))
        except Misfit as misfit:
            raise _OfItem(item, misfit) from None
    return found


def _bad(message: str, help_: str) -> NoReturn:
    raise Misfit("bad-cell", message, help_)


def _subject(fact: str, scope: Scope) -> Quantity | Word | ir.Cond:
    if fact == "action.amount":
        _bad("'action.amount' cannot be a column", "the cap is the amount; write how much in `at_most`")
    value = name_value(fact, scope)
    if depends_on_amount(value):
        _bad(f"'{fact}' depends on the amount asked for and cannot be a column", "the cap is the amount")
    return value if isinstance(value, (Quantity, Word)) else as_condition(value)


def depends_on_amount(value: Value) -> bool:
    """Whether the amount asked for stands in a number or condition, such as a named one."""
    return reads_amount(value.node) if isinstance(value, Quantity) else isinstance(value, ir.Cond) and reads_the_amount(value)


def _items(cell: object) -> tuple[tuple[str, ...], bool]:
    """The alternatives of a cell, and whether they stand in `not(…)`; none for a cell that takes everything."""
    if isinstance(cell, (list, tuple)):
        if not cell or not all(isinstance(item, str) and item.strip() for item in cell):
            _bad("a list in a cell holds one or more words or numbers", "write `[a, b]`, or `-` for everything")
        return tuple(item.strip() for item in cell), False
    if not isinstance(cell, str):
        _bad("a cell is a text or a list", "write `-`, `<= 25`, `[10..50)`, `a, b`, or a list `[a, b]`")
    if len(cell) > CELL_MAX:
        _bad(f"this cell is longer than {CELL_MAX} characters", "split the row")
    text = cell.strip()
    if text in ("", "-"):
        return (), False
    inside = _NOT.fullmatch(text)
    return tuple(_split(inside.group(1) if inside else text)), inside is not None


def _split(text: str) -> Iterable[str]:
    at, more = 0, True
    while more:
        found = _ITEM.match(text, at)
        if found is None:
            _bad(f"the quotes in `{text[:60]}` do not close around one word", "put each word into double quotes, with commas between")
        if not found.group(1).strip():
            _bad(f"there is nothing between two commas of `{text[:60]}`", "leave the comma out, or write `-` alone for everything")
        yield found.group(1).strip()
        at, more = found.end(), bool(found.group(2))


def _read(subject: Quantity | Word | ir.Cond, fact: str, items: Sequence[str], scope: Scope) -> tuple[ir.Cond, Box]:
    if isinstance(subject, Quantity):
        return _numbers(subject, fact, items, scope)
    if not isinstance(subject, Word):
        if len(items) != 1 or items[0] not in ("yes", "no"):
            raise Misfit("wrong-type", f"'{', '.join(items)[:60]}' is neither yes nor no", "write `yes`, `no`, or `-` for both")
        return (subject if items[0] == "yes" else ir.Not(subject)), Words(frozenset(items), ("yes", "no"))
    if isinstance(subject.type, ir.SetOfType):
        return _sets(subject, subject.type.members, items)
    members = frozenset().union(*_each(items, lambda item: _words(subject, item, scope)))
    return ir.IsAmong(fact, members), Words(members, getattr(subject.type, "members", None))


def _opposite(box: Box, fact: str, cell: str) -> Box:
    """What a side leaves out; a problem when that is nothing."""
    box = evolve(box, negated=True)
    if all(not classes for taken in alternatives(fact, box, labels_of(fact, [box])) for classes in taken.values()):
        _bad(f"`{cell[:60]}` leaves nothing over, so its row can never apply", "leave the row out")
    return box


def whole_bound(operator: ir.Operator, bound: Fraction) -> int:
    """The whole number that bounds whole numbers as `bound` does: n > 2.5 is n > 2, n < 2.5 is n < 3."""
    return math.floor(bound) if operator in (">", "<=") else math.ceil(bound)


def _numbers(subject: Quantity, fact: str, items: Sequence[str], scope: Scope) -> tuple[ir.Cond, Box]:
    low, high = subject.low, subject.high
    if subject.unit in ("date", "instant") and not getattr(scope.facts.get(fact), "never", False):
        low = 1 if subject.unit == "date" else ir.NEVER_MS + 1  # below lies only `never`

    def read(item: str) -> tuple[ir.Cond, tuple[int, int]]:
        bounds = _bounds(item, subject, scope)
        ends = _stretch(bounds, low, high)
        if ends[0] > ends[1]:
            _bad(f"`{item[:60]}` can never hold", f"'{fact}' lies within {stretch((low, high), subject, scope.currency)}")
        wholes = [(sign, whole_bound(sign, bound)) for sign, bound in bounds]
        points = [(sign, evolve(subject, node=ir.Number(n), low=n, high=n)) for sign, n in wholes]
        for sign, point in points:
            check_within_bounds(sign, subject, point, scope)
        return _joined(ir.All, [compared(sign, subject, point, scope) for sign, point in points]), ends

    found = _each(items, read)
    return _joined(ir.Any, [condition for condition, _ in found]), Numbers(tuple(ends for _, ends in found), low, high)


def _bounds(item: str, subject: Quantity, scope: Scope) -> list[tuple[ir.Operator, Fraction]]:
    """The comparisons that an alternative stands for, with bounds in whole parts of the fact's unit."""
    if signed := _SIGNED.fullmatch(item):
        sign: ir.Operator = signed.group(1)  # type: ignore[assignment]
        return [(sign, _point(signed.group(2), subject, scope))]
    if (found := _RANGE.fullmatch(item)) is None:
        return [("==", _point(item, subject, scope))]
    opening, first, last, closing = found.groups()
    if bool(opening) != bool(closing):
        _bad(f"`{item[:60]}` has one bracket", "write `10..50`, `[10..50)` or `(10..50]`; a round one leaves that end out")
    first, last = first.strip(), last.strip()
    unit = (_LENGTH.fullmatch(last) or found).group(2)
    if subject.unit == "duration" and not any(first.endswith(each) for each in _SECONDS):
        first += unit or ""
    ends = _point(first, subject, scope), _point(last, subject, scope)
    if ends[0] > ends[1]:
        _bad(f"the ends of `{item[:60]}` are the wrong way round", "write the smaller one first")
    return [(">" if opening == "(" else ">=", ends[0]), ("<" if closing == ")" else "<=", ends[1])]


def _point(text: str, subject: Quantity, scope: Scope) -> Fraction:
    """A number, length of time, date or instant as written, in whole parts of the fact's unit."""
    text = text.strip()
    if subject.unit in ("date", "instant"):
        return _moment(text, subject, scope)
    factor = subject.denominator * (10 ** exponent_of(scope.currency) if subject.unit == "money" else 1)
    if subject.unit == "duration":
        length = _LENGTH.fullmatch(text)
        if length is None or not length.group(2):
            raise Misfit("bad-number", f"'{text[:40]}' is not a length of time", "write `30 minutes`, `48 hours` or `2 days`")
        text, factor = length.group(1), factor * _SECONDS[length.group(2)]
    digits = text.removeprefix("-")
    if subject.unit == "money":
        refuse_grouped(digits, scope.currency)
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        raise Misfit("bad-number", "a number may not begin with a needless 0", "leave the zeros out")
    return literal(digits) * factor * (-1 if text.startswith("-") else 1)


def _moment(text: str, subject: Quantity, scope: Scope) -> Fraction:
    text = text[1:-1] if len(text) > 1 and text[0] in "'\"" and text[0] == text[-1] else text
    found = moment(subject, Never() if text == "never" else Literal((text,), listed=False), scope)
    return Fraction(found.low)


def _stretch(bounds: Sequence[tuple[ir.Operator, Fraction]], low: int, high: int) -> tuple[int, int]:
    """The first and the last whole number that meet all bounds."""
    for sign, bound in bounds:
        if sign in (">", ">=", "=="):
            low = max(low, math.floor(bound) + 1 if sign == ">" else math.ceil(bound))
        if sign in ("<", "<=", "=="):
            high = min(high, math.ceil(bound) - 1 if sign == "<" else math.floor(bound))
    return low, high


def _unquoted(item: str) -> tuple[str, bool]:
    quoted = len(item) > 1 and item[0] in "'\"" and item[0] == item[-1]
    return (item[1:-1] if quoted else item), quoted


def _words(subject: Word, item: str, scope: Scope) -> frozenset[str]:
    """The words that an alternative stands for."""
    word, quoted = _unquoted(item)
    sign: ir.Operator = "=="
    if not quoted and word not in getattr(subject.type, "members", ()):
        if near := _NEIGHBOURS.fullmatch(word):
            word, sign = near.group(1), ">=" if near.group(2) == "above" else "<="
        elif signed := _SIGNED.fullmatch(word):
            sign, word = signed.groups()  # type: ignore[assignment]
        elif re.search(r"[<>=()\[\]]|\.\.", word):
            _bad(f"`{word[:60]}` is not a plain word", "put it into double quotes")
    found = compared(sign, subject, Literal((word,), listed=False), scope)
    assert isinstance(found, ir.IsAmong)
    if not found.members:
        _bad(f"`{item[:60]}` can never hold", f"nothing of '{subject.fact}' is {'above' if '>' in sign else 'below'} it")
    return found.members


def _sets(subject: Word, universe: tuple[str, ...], items: Sequence[str]) -> tuple[ir.Cond, Box]:
    touching: set[str] = set()
    empty: list[ir.Cond] = []

    def read(item: str) -> None:
        word, quoted = _unquoted(item)
        if word == "none" and not quoted:
            if word in universe:
                _bad(f"`none` is the empty set, and also a value of '{subject.fact}'", "write `has none` for the value")
            empty[:] = [ir.SetTest("contained_by", subject.fact, frozenset())]
            return
        if not quoted and word not in universe:
            word = word.removeprefix("has ").strip()
        check_member(subject, word)
        touching.add(word)

    _each(items, read)
    held: list[ir.Cond] = [ir.Has(subject.fact, word) for word in touching]
    if len(held) > 1:
        held = [ir.SetTest("shares_at_least_one", subject.fact, frozenset(touching))]
    return _joined(ir.Any, [*held, *empty]), Sets(frozenset(touching), bool(empty), universe)


# ------------------------------------------------------------------------------------------------ rows together


def rows_overlap(first: Row, second: Row) -> bool:
    """Whether some facts satisfy both rows. Exact for facts; named expressions count as if they were facts of their own."""
    for fact in first.box.keys() & second.box.keys():
        sides = (first.box[fact], second.box[fact])
        labels = labels_of(fact, sides)
        one, other = (alternatives(fact, side, labels) for side in sides)
        if not any(all(a[key] & b[key] for key in a.keys() & b.keys()) for a in one for b in other):
            return False
    return True


def uncovered(rows: Sequence[Row], scope: Scope) -> dict[str, str] | None:
    """A case that no row takes, in words by fact; None if there is none. Exact, as `rows_overlap` is.

    An empty mapping says that no fact matters, as there is no row; or that the table is too large to tell.
    """
    labels: dict[Dimension, tuple[Any, ...]] = {}
    for fact in dict.fromkeys(fact for row in rows for fact in row.box):
        labels.update(labels_of(fact, [row.box[fact] for row in rows if fact in row.box]))
    if len(labels) > 200 or sum(map(len, labels.values())) * len(rows) > WORK_MAX:
        return {}
    boxes: list[dict[Dimension, frozenset[Any]]] = []
    for row in rows:
        sides = [alternatives(fact, side, labels) for fact, side in row.box.items()]
        if math.prod(map(len, sides)) + len(boxes) > ROWS_MAX:
            return {}
        boxes.extend({key: value for part in parts for key, value in part.items()} for parts in itertools.product(*sides))
    order = list(labels)
    ends = [max((order.index(key) + 1 for key in box), default=0) for box in boxes]
    try:
        found = _Cover(boxes, ends, list(labels.items()), [WORK_MAX], set()).gap(0, frozenset(range(len(boxes))))
    except Misfit:
        return {}
    return None if found is None else _described(found, scope)


@frozen
class _Cover:
    """A search for a case outside all boxes, one dimension after the other; `ends` tells how many of these each box needs."""

    boxes: list[dict[Dimension, frozenset[Any]]]
    ends: list[int]
    dimensions: list[tuple[Dimension, tuple[Any, ...]]]
    work: list[int]
    full: set[tuple[int, frozenset[int]]]

    def gap(self, at: int, alive: frozenset[int]) -> tuple[tuple[Dimension, Any], ...] | None:
        """What is outside the boxes still alive, from a dimension on; None if nothing is."""
        self.work[0] -= len(alive) + 1
        if self.work[0] < 0:
            raise Misfit("too-big", "this table is too large to tell")
        if any(self.ends[box] <= at for box in alive) or (at, alive) in self.full:
            return None
        if not alive:
            return ()
        dimension, classes = self.dimensions[at]
        bounded = any(dimension in self.boxes[box] for box in alive)
        for label in classes if bounded else classes[:1]:
            left = frozenset(box for box in alive if label in self.boxes[box].get(dimension, (label,)))
            rest = self.gap(at + 1, left)
            if rest is not None:
                return ((dimension, label), *rest) if bounded else rest
        self.full.add((at, alive))
        return None


def _described(gap: Iterable[tuple[Dimension, Any]], scope: Scope) -> dict[str, str]:
    words: dict[str, str] = {}
    for (fact, member), label in gap:
        if isinstance(label, bool):
            words[fact] = f"{words[fact]} and " if fact in words else ""
            words[fact] += f"{'has' if label else 'has not'} {member or 'another value'}"
        elif isinstance(label, str):
            words[fact] = label or "any other text"
        else:
            subject = _subject(fact, scope)
            assert isinstance(subject, Quantity)
            words[fact] = stretch(label, subject, scope.currency)
    return words


# ------------------------------------------------------------------------------------------------ files


def read_csv(text: str, file: str) -> tuple[list[tuple[int, dict[str, str]]], list[Problem]]:
    """The rows of a CSV table, each with its line and its cells by column, and what is wrong with it; no rows if anything is."""
    problems: list[Problem] = []
    records: list[tuple[int, list[str]]] = []

    def refuse(line: int, message: str, help_: str, column: int = 1, length: int = 1) -> None:
        problems.append(Problem(Span(file, line, column, column + length), "bad-table", message, help_))

    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        while (cells := next(reader, None)) is not None:
            records += [(reader.line_num, [cell.strip() for cell in cells])] if cells else []
    except csv.Error as error:
        refuse(reader.line_num, f"this cannot be read as CSV: {error}", "put a cell with a quote or comma in it into double quotes")
    header = records[0][1] if records else []
    for index, name in enumerate(header):
        if not name or name in header[:index]:
            message = f"the column '{name}' stands here twice" if name else f"column {index + 1} has no name"
            refuse(records[0][0], message, "name one fact for each column", sum(map(len, header[:index])) + index + 1, max(1, len(name)))
    if "\0" in text or not records or len(records) > ROWS_MAX + 1:
        message = "holds a NUL character" if "\0" in text else f"has more than {ROWS_MAX} rows" if records else "is empty"
        refuse(text.partition("\0")[0].count("\n") + 1 if "\0" in text else 1, f"this table {message}", "the first line names the columns")
    for line, cells in records[1:]:
        if len(cells) != len(header):
            message = f"this row has {len(cells)} cells, and the first line has {len(header)}"
            refuse(line, message, "put a cell with a comma in it into double quotes")
    return ([] if problems else [(line, dict(zip(header, cells, strict=True))) for line, cells in records[1:]]), problems
