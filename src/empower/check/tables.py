"""CSV tables of caps: their columns, their rows, and where each cell stands."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence

from empower.check.desk import Desk
from empower.language.cells import ROWS_MAX, read_csv
from empower.language.quantities import Misfit
from empower.language.values import name_value
from empower.noun import frozen
from empower.pack import Find, Place
from empower.problems import Problem, Span

COLUMNS_MAX = 100
_CELL = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)')


@frozen
class Table:
    """A table as read; without rows if it has a problem."""

    rows: Sequence[tuple[int, Mapping[str, str]]]
    bound: str
    """The column that holds the amounts."""
    find: Find
    """Where a cell stands, as (*place of the table, line, column); `<key>` stands for the column's name."""


def csv_rows(desk: Desk, text: str, file: str, place: Place, bounds: Sequence[str]) -> Table:
    """The rows of a table, each with its line."""
    header = _header(text)
    find = _finder(text, file, header, len(place))
    problem = _too_big(text, file, header)
    if problem is not None:
        desk.report(problem)
        return Table((), bounds[0], find)
    rows, problems = read_csv(text, file)
    for each in problems:
        desk.report(each)
    given = [name for name in header if name in bounds]
    if not problems and not rows:
        desk.report(Problem(find(place), "bad-table", "this table has no row below its first line", "add a row"))
    if not problems and len(given) != 1:
        message = "a table of caps has one column `at_most` or `at_least`"
        desk.report(Problem(find(place), "bad-table", message, "add it to the first line" if not given else "write two tables"))
    if len(given) != 1 or not _columns_known(desk, header, bounds, find, place):
        return Table((), bounds[0], find)
    return Table(rows, given[0], find)


def _header(text: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader(io.StringIO(text, newline=""), strict=True), [])]
    except csv.Error:
        return []


def _too_big(text: str, file: str, header: Sequence[str]) -> Problem | None:
    if len(header) > COLUMNS_MAX:
        return Problem(Span(file), "too-big", f"this table has more than {COLUMNS_MAX} columns", "split it")
    if text.count("\n") > 2 * ROWS_MAX:
        return Problem(Span(file), "too-big", f"this table has more than {ROWS_MAX} rows", "split it")
    return None


def _columns_known(desk: Desk, header: Sequence[str], bounds: Sequence[str], find: Find, place: Place) -> bool:
    """Whether every column is a fact or a named expression; said once, and not of every row."""
    before = desk.noted
    for name in header:
        if name in bounds:
            continue
        try:
            name_value(name, desk.scope("refused"))
        except Misfit as misfit:
            desk.report(Problem(find((*place, 1, name, "<key>")), misfit.code, misfit.message, misfit.help))
    return desk.noted == before


def _finder(text: str, file: str, header: Sequence[str], depth: int) -> Find:
    lines = re.split("\r\n|\r|\n", text)

    def find(place: Place) -> Span:
        inner = place[depth:]
        number = 1 if inner[-1:] == ("<key>",) else int(inner[0]) if inner else 1
        line = lines[number - 1] if number <= len(lines) else ""
        stretches = _stretches(line)
        column = header.index(str(inner[1])) if len(inner) > 1 and inner[1] in header else -1
        if not 0 <= column < len(stretches):
            return Span(file, number, 1, len(line) + 1)
        start, end = stretches[column]
        if len(inner) > 4 and inner[-3] == "<text>" and line[start - 1 : start] != '"':
            start, end = start + int(inner[-2]), start + int(inner[-1])
        return Span(file, number, start + 1, max(end, start + 1) + 1)

    return find


def _stretches(line: str) -> list[tuple[int, int]]:
    """Where each cell of a line begins and ends, without its quotes and the space around it."""
    found: list[tuple[int, int]] = []
    at = 0
    while at <= len(line) and (match := _CELL.match(line, at)) is not None:
        start, end = match.span(1) if match.group(1) is not None else match.span(2)
        found.append((start, start + len(line[start:end].rstrip())))
        if match.end() == len(line) and not match.group().endswith(","):
            break
        at = match.end()
    return found
