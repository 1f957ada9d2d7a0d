"""Caps: amounts, tables in YAML and CSV, hit policies, ceilings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from attrs import evolve, frozen

from empower import ir
from empower.cells import Row as CellRow, read_cells, read_csv, read_row, rows_overlap, uncovered
from empower.check.declarations import read_lookup
from empower.check.desk import Desk
from empower.check.rules import condition, dates, shadow
from empower.checked import CheckedCap, Row
from empower.expressions import read_quantity
from empower.formulas import all_of, atoms, negated, negation_normal
from empower.pack import CapDocument, Place
from empower.problems import Problem, Span
from empower.quantities import Misfit, Quantity, floored, with_unit

HIT_POLICIES = ("first", "unique", "any", "collect-min")
BOUNDS = ("at_most", "at_least")


@frozen
class _Line:
    """A row as written: its cells, its amount, where it stands."""

    cells: Mapping[str, Any]
    when: Any
    bound: str
    amount: Any
    place: Place
    last: bool


def caps(desk: Desk) -> list[CheckedCap]:
    """Every cap of the pack."""
    found = []
    for index, document in enumerate(desk.pack.document.caps):
        place: Place = ("caps", index)
        lines = _lines(desk, document, place)
        bound = lines[0].bound if lines else "at_most"
        desk.describe(document, "cap" if bound == "at_most" else "floor", place, shadow=shadow(desk, document, place))
        found.append(_cap(desk, document, place, lines, bound))
    return found


def _cap(desk: Desk, document: CapDocument, place: Place, lines: Sequence[_Line], bound: str) -> CheckedCap:
    kinds = desk.kinds_of(document.for_, (*place, "for"))
    for kind in kinds:
        if desk.kinds[kind].amount is None and "everything" not in document.for_:
            help_ = "leave it out of `for`, or forbid it with a `deny` rule"
            desk.problem((*place, "for"), "no-amount", f"'{kind}' has no amount, so a cap cannot apply to it", help_)
    kinds = tuple(kind for kind in kinds if desk.kinds[kind].amount is not None)
    policy = desk.choice(document.hit or "first", HIT_POLICIES, (*place, "hit"), "a hit policy")
    rows = [_row(desk, line) for line in lines]
    _check_policy(desk, policy, lines, rows, place)
    dated = dates(desk, document, place)
    outside = document.outside
    if dated is not None and outside is None:
        help_ = "add `outside: absent` (then the cap does not speak) or `outside: 0`"
        desk.problem(place, "missing-key", f"the dated cap '{document.id}' does not say what holds outside its dates", help_)
    if outside is not None:
        desk.choice(outside, ("absent", "0"), (*place, "outside"), "what holds outside the dates")
    return CheckedCap(
        document.id,
        "cap" if bound == "at_most" else "floor",
        kinds,
        tuple(row for row, _ in rows),
        policy == "collect-min",
        _applies(desk, document, place),
        dated,
        outside == "0",
        over(desk, document.over, (*place, "over")),
        shadow(desk, document, place),
        desk.yes_no(document.ceiling, (*place, "ceiling")),
    )


def over(desk: Desk, text: str, place: Place) -> Literal["deny", "escalate"]:
    """What exceeding gives."""
    return desk.choice(text, ("escalate", "deny"), place, "what exceeding gives")  # type: ignore[return-value]


def _applies(desk: Desk, document: CapDocument, place: Place) -> ir.Cond:
    parts = []
    if document.when is not None:
        parts.append(condition(desk, document.when, (*place, "when"), desk.scope("refused")))
    if document.unless is not None:
        parts.append(negated(condition(desk, document.unless, (*place, "unless"), desk.scope("refused"))))
    return _without_known(desk, negation_normal(all_of(tuple(parts))), place)


def _without_known(desk: Desk, given: ir.Cond, place: Place) -> ir.Cond:
    """`known(x)` has no place in a cap: a fact becoming known could move it either way."""
    from_atoms = [atom for atom, _ in atoms(given) if isinstance(atom, ir.Known)]
    if from_atoms:
        message = f"`known({from_atoms[0].fact})` cannot decide which cap applies"
        desk.problem(place, "known-tightens", message, "what is unknown already counts as the tightest possible row")
    return given


# ------------------------------------------------------------------------------------------------ tables


def _lines(desk: Desk, document: CapDocument, place: Place) -> list[_Line]:
    given = [key for key in ("first", "table", "at_most", "at_least") if getattr(document, key) is not None]
    if len(given) != 1:
        said = " and ".join(f"'{key}'" for key in given) or "no amount"
        help_ = "give exactly one of `at_most`, `at_least`, `first` (a list of rows) and `table` (a CSV file)"
        desk.problem(place, "one-bound", f"cap '{document.id[:60]}' has {said}", help_)
        return []
    if document.hit is not None and given[0] not in ("first", "table"):
        desk.problem((*place, "hit", "<key>"), "unknown-key", "`hit` goes with a table", "leave it out")
    if given[0] in BOUNDS:
        return [_Line({}, None, given[0], getattr(document, given[0]), (*place, given[0]), last=True)]
    lines = _yaml_lines(desk, document, place) if given[0] == "first" else _csv_lines(desk, document, place)
    for line in lines:
        if line.bound != lines[0].bound:
            help_ = "write two caps: one with `at_most`, one with `at_least`"
            desk.problem(line.place, "one-bound", "this table has both `at_most` and `at_least` rows", help_)
    if not lines:
        desk.problem(place, "missing-key", f"the table of cap '{document.id}' has no row", "add a row such as `{otherwise: 0}`")
    return lines


def _yaml_lines(desk: Desk, document: CapDocument, place: Place) -> list[_Line]:
    lines = []
    rows = document.first or []
    bound = next((key for row in rows for key in BOUNDS if key in row), "at_most")
    for index, row in enumerate(rows):
        where: Place = (*place, "first", index)
        given = [key for key in (*BOUNDS, "otherwise") if key in row]
        if len(given) != 1:
            desk.problem(where, "one-bound", "a row has one amount: `at_most`, `at_least` or `otherwise`", "such as `{actor.role: driver, at_most: 25}`")
            continue
        cells = {key: value for key, value in row.items() if key not in (*BOUNDS, "otherwise", "when")}
        last = given[0] == "otherwise"
        if last and (cells or "when" in row or index != len(rows) - 1):
            desk.problem(where, "misplaced-otherwise", "`otherwise` is the last row and has no cells", "move it to the end, alone")
        lines.append(_Line(cells, row.get("when"), bound if last else given[0], row[given[0]], where, last))
    return lines


def _csv_lines(desk: Desk, document: CapDocument, place: Place) -> list[_Line]:
    file = str(desk.pack.directory / str(document.table))
    rows, problems = read_csv(desk.pack.tables[str(document.table)], file)
    for problem in problems:
        desk.report(problem)
    lines = []
    for number, row in rows:
        given = [key for key in BOUNDS if key in row]
        if len(given) != 1:
            message = "a table of caps has one column `at_most` or `at_least`"
            desk.report(Problem(Span(file, 1), "bad-table", message, "add it to the first line"))
            return []
        cells = {key: value for key, value in row.items() if key not in BOUNDS}
        blank = all(value.strip() in ("", "-") for value in cells.values())
        lines.append(_Line(cells, None, given[0], row[given[0]], (*place, "table", number), blank))
    return lines


def _row(desk: Desk, line: _Line) -> tuple[Row, CellRow | None]:
    file_span = _csv_span(desk, line)
    scope = desk.scope("refused")
    if file_span is not None:
        scope = _at(scope, file_span)
    made = read_row(line.cells, scope, line.place)
    parts: list[ir.Cond] = [made.condition if made is not None else ir.Constant(value=False)]
    if line.when is not None:
        parts.append(condition(desk, line.when, (*line.place, "when"), scope))
    applies = _without_known(desk, negation_normal(all_of(tuple(parts))), line.place)
    place = line.place if file_span is not None else (*line.place, line.bound) if not line.last else line.place
    return Row(applies, amounts(desk, line.amount, place, span=file_span)), made if line.when is None else None


def _csv_span(desk: Desk, line: _Line) -> Span | None:
    if len(line.place) == 4 and line.place[2] == "table":
        name = desk.pack.document.caps[int(line.place[1])].table
        return Span(str(desk.pack.directory / str(name)), int(line.place[3]), 1, 200)
    return None


def _at(scope: Any, span: Span) -> Any:
    """The same scope, with every problem placed at one line of a CSV file."""
    return evolve(scope, find=lambda _place: span)


def amounts(desk: Desk, given: Any, place: Place, *, span: Span | None = None) -> tuple[ir.Num, ...]:
    """An amount: an expression, a list of them, or a lookup; each in whole minor units, rounded down."""
    if isinstance(given, list):
        if not given:
            desk.problem(place, "wrong-shape", "this list of amounts is empty", "name at least one")
        return tuple(node for index, each in enumerate(given) for node in amounts(desk, each, (*place, index), span=span))
    scope = desk.scope("refused", product=True)
    scope = _at(scope, span) if span is not None else scope
    value = None
    if isinstance(given, str):
        value = read_quantity(given, scope, place)
    elif isinstance(given, dict) and "by" in given:
        value = read_lookup(desk, given, place, product=True)
    else:
        desk.problem(place, "wrong-shape", "an amount is a number, an expression, a list of them, or `{by: fact, …}`", "such as `25`")
    return (_money(desk, value, place),) if value is not None else (ir.Number(0),)


def _money(desk: Desk, value: Quantity, place: Place) -> ir.Num:
    try:
        money = with_unit(value, "money", desk.currency)
    except Misfit as misfit:
        desk.problem(place, misfit.code, misfit.message, misfit.help)
        return ir.Number(0)
    if money.unit != "money":
        desk.problem(place, "wrong-type", "this is not an amount of money", "write a number in major units, or a money fact")
    elif money.constant is not None and money.constant < 0:
        desk.problem(place, "bad-amount", "an amount cannot be below 0", "write 0 to allow nothing")
    elif money.constant is not None and money.constant.denominator != 1 and isinstance(value.node, ir.Number) and value.unit is None:
        desk.problem(place, "bad-amount", f"this amount has more decimals than {desk.currency} has", "round it")
    return floored(money)


def _check_policy(desk: Desk, policy: str, lines: Sequence[_Line], rows: Sequence[tuple[Row, CellRow | None]], place: Place) -> None:
    made = [cells for _, cells in rows]
    if policy in ("unique", "any"):
        _check_overlaps(desk, policy, lines, rows)
    if lines and not lines[-1].last and all(cells is not None for cells in made):
        gap = uncovered([cells for cells in made if cells is not None], desk.scope("refused"))
        if gap is not None:
            shown = " and ".join(f"{fact} {value}" for fact, value in gap.items()) or "any case"
            message = f"no row of this table speaks of {shown}; the cap would be 0"
            desk.problem(lines[-1].place if _csv_span(desk, lines[-1]) is None else (*place, "table"), "missing-case", message, "add a row, or `{otherwise: 0}` at the end")
    elif lines and not lines[-1].last:
        desk.problem(lines[-1].place, "missing-case", "it cannot be shown that some row always applies", "add `{otherwise: 0}` at the end")


def _check_overlaps(desk: Desk, policy: str, lines: Sequence[_Line], rows: Sequence[tuple[Row, CellRow | None]]) -> None:
    for index, (line, (row, cells)) in enumerate(zip(lines, rows, strict=True)):
        if line.last and index == len(lines) - 1:
            continue
        if cells is None:
            desk.problem(line.place, "bad-table", f"a row with `when` cannot be checked for the hit policy `{policy}`", "use cells only, or `hit: first`")
            continue
        for other_line, (other, other_cells) in list(zip(lines, rows, strict=True))[:index]:
            same = policy == "any" and row.amounts == other.amounts
            if other_cells is not None and not same and rows_overlap(cells, other_cells):
                where = other_line.place[3] if _csv_span(desk, other_line) else int(str(other_line.place[-1])) + 1
                message = f"this row and row {where} can both apply, which the hit policy `{policy}` forbids"
                desk.problem(line.place, "overlapping-rows", message, "narrow one of them, or use `hit: first`")
                break


__all__ = ["amounts", "caps", "over", "read_cells"]
