"""Caps: amounts, tables in YAML and CSV, hit policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from empower import ir
from empower.check.definitions import read_lookup
from empower.check.desk import Desk
from empower.check.rules import applies, both, condition, dates, shadow
from empower.check.tables import csv_rows
from empower.checked import CheckedCap, Row
from empower.formulas import all_of, any_of, atoms, negated, negation_normal
from empower.language.cells import Row as CellRow, read_row, rows_overlap, uncovered
from empower.language.expressions import read_quantity
from empower.language.quantities import Misfit, Quantity, floored, raised, with_unit
from empower.noun import evolve, frozen
from empower.pack import CapDocument, Find, Place
from empower.problems import Problem

HIT_POLICIES = ("first", "unique", "any", "collect-min")
BOUNDS = ("at_most", "at_least")
PAIRS_MAX = 20_000
"""How many pairs of rows a pack may ask to hold against each other."""
UNTOLD_MAX = 3
"""How many tables may prove too large to tell before no other large one is tried."""


@frozen
class _Line:
    """A row as written: its cells, its amount, where it stands."""

    cells: Mapping[str, Any]
    when: Any
    bound: str
    amount: Any
    place: Place
    find: Find
    last: bool

    def amount_place(self) -> Place:
        """Where the amount stands."""
        return (*self.place, "otherwise" if self.last and not self.cells and "first" in self.place else self.bound)


def caps(desk: Desk) -> list[CheckedCap]:
    """Every cap of the pack."""
    found = []
    work = _Work()
    for index, document in enumerate(desk.pack.document.caps):
        place: Place = ("caps", index)
        in_shadow = shadow(desk, document, place)
        with desk.doubting(document.id):
            lines = _lines(desk, document, place)
            bound = lines[0].bound if lines else "at_most"
            found.append(_cap(desk, document, place, lines, bound, work=work, shadow=in_shadow))
        desk.describe(document, "cap" if bound == "at_most" else "floor", place, shadow=in_shadow)
    return found


class _Work:
    """What was spent so far on holding the rows of tables against one another."""

    def __init__(self) -> None:
        self.pairs = 0
        self.untold = 0


def _cap(desk: Desk, document: CapDocument, place: Place, lines: Sequence[_Line], bound: str, *, work: _Work, shadow: bool) -> CheckedCap:
    policy = desk.choice(document.hit or "first", HIT_POLICIES, (*place, "hit"), "a hit policy")
    if policy == "collect-min" and bound == "at_least":
        desk.problem((*place, "hit"), "not-in-set", "`collect-min` goes with `at_most` only", "write `hit: first`")
    before = desk.noted
    rows = [_row(desk, line) for line in lines]
    if desk.noted == before and lines:
        _check_overlaps(desk, policy, lines, rows, work)
        _check_cases(desk, lines, rows, place, work)
    dated = dates(desk, document, place)
    _check_outside(desk, document, place)
    terms = applies(desk, document.when, document.unless, place, "refused")
    return CheckedCap(
        document.id,
        "cap" if bound == "at_most" else "floor",
        _kinds(desk, document, place),
        _collected(tuple(row for row, _ in rows), lines) if policy == "collect-min" else tuple(row for row, _ in rows),
        policy == "collect-min",
        both(terms),
        dated,
        document.outside == "0",
        over(desk, document.over, (*place, "over")),
        shadow,
        desk.yes_no(document.ceiling, (*place, "ceiling")),
        terms,
    )


def _collected(rows: tuple[Row, ...], lines: Sequence[_Line]) -> tuple[Row, ...]:
    """Where every matching row counts, `otherwise` is what holds when none of the others does."""
    if len(rows) < 2 or not lines[-1].last:
        return rows
    others = any_of(tuple(row.condition for row in rows[:-1]))
    return (*rows[:-1], evolve(rows[-1], condition=negated(others)))


def _kinds(desk: Desk, document: CapDocument, place: Place) -> tuple[str, ...]:
    kinds = desk.kinds_of(document.for_, (*place, "for"))
    named = [] if "everything" in document.for_ else list(enumerate(document.for_))
    for index, kind in ((index, kind) for index, name in named for kind in (name, *desk.groups.get(name, ()))):
        if kind in desk.kinds and desk.kinds[kind].amount is None:
            help_ = "leave it out of `for`, or forbid it with a `deny` rule"
            desk.problem((*place, "for", index), "no-amount", f"'{kind}' has no amount, so a cap cannot apply to it", help_)
    return tuple(kind for kind in kinds if desk.kinds[kind].amount is not None)


def _check_outside(desk: Desk, document: CapDocument, place: Place) -> None:
    dated = document.from_ is not None or document.until is not None
    if dated and document.outside is None:
        help_ = "add `outside: absent` (then the cap does not speak) or `outside: 0`"
        desk.problem(place, "missing-key", f"the dated cap '{document.id[:60]}' does not say what holds outside its dates", help_)
    if not dated and document.outside is not None:
        message = "'outside' goes with `from` and `until`"
        desk.problem((*place, "outside", "<key>"), "unknown-key", message, "add a date, or leave it out")
    if document.outside is not None:
        desk.choice(document.outside, ("absent", "0"), (*place, "outside"), "what holds outside the dates")


def over(desk: Desk, text: str, place: Place) -> Literal["deny", "escalate"]:
    """What exceeding gives."""
    return desk.choice(text, ("escalate", "deny"), place, "what exceeding gives")  # type: ignore[return-value]


# ------------------------------------------------------------------------------------------------ rows


def _lines(desk: Desk, document: CapDocument, place: Place) -> list[_Line]:
    given = [key for key in ("first", "table", "at_most", "at_least") if getattr(document, key) is not None]
    if not given and desk.is_broken("caps", document.id):  # the key of its amount may be the one that is misspelt
        desk.follows()
        return []
    if len(given) != 1:
        said = " and ".join(f"'{key}'" for key in given) or "no amount"
        help_ = "give exactly one of `at_most`, `at_least`, `first` (a list of rows) and `table` (a CSV file)"
        said_at: Place = (*place, given[1], "<key>") if given else place
        desk.problem(said_at, "one-bound", f"cap '{document.id[:60]}' has {said}", help_)
        return []
    if document.hit is not None and given[0] in BOUNDS:
        desk.problem((*place, "hit", "<key>"), "unknown-key", "`hit` goes with a table", "leave it out")
    if given[0] in BOUNDS:
        return [_Line({}, None, given[0], getattr(document, given[0]), place, desk.pack.find, last=True)]
    lines = _yaml_lines(desk, document, place) if given[0] == "first" else _csv_lines(desk, document, place)
    for line in lines:
        if line.bound != lines[0].bound:
            help_ = "write two caps: one with `at_most`, one with `at_least`"
            where = line.find((*line.place, line.bound, "<key>"))
            desk.report(Problem(where, "one-bound", "this table has both `at_most` and `at_least` rows", help_))
            break
    return lines


def _yaml_lines(desk: Desk, document: CapDocument, place: Place) -> list[_Line]:
    lines = []
    rows = document.first or []
    bound = next((key for row in rows for key in BOUNDS if key in row), "at_most")
    for index, row in enumerate(rows):
        where: Place = (*place, "first", index)
        given = [key for key in (*BOUNDS, "otherwise") if key in row]
        if len(given) != 1:
            message = "a row has one amount: `at_most`, `at_least` or `otherwise`"
            desk.problem(where, "one-bound", message, "such as `{actor.role: driver, at_most: 25}`")
            continue
        cells = {key: value for key, value in row.items() if key not in (*BOUNDS, "otherwise", "when")}
        last = given[0] == "otherwise"
        if last and (cells or "when" in row or index != len(rows) - 1):
            message = "`otherwise` is the last row and has no cells"
            desk.problem((*where, "otherwise", "<key>"), "misplaced-otherwise", message, "move it to the end, alone")
        lines.append(_Line(cells, row.get("when"), bound if last else given[0], row[given[0]], where, desk.pack.find, last))
    if not rows:
        message = f"the table of cap '{document.id[:60]}' has no row"
        desk.problem((*place, "first", "<key>"), "missing-key", message, "add a row such as `{otherwise: 0}`")
    return lines


def _csv_lines(desk: Desk, document: CapDocument, place: Place) -> list[_Line]:
    name = str(document.table)
    if name not in desk.pack.tables:
        desk.follows()
        return []
    table: Place = (*place, "table")
    file = str(desk.pack.directory / name)
    read = csv_rows(desk, desk.pack.tables[name], file, table, BOUNDS)
    lines = []
    for number, row in read.rows:
        cells = {key: value for key, value in row.items() if key != read.bound}
        blank = all(value.strip() in ("", "-") for value in cells.values())
        lines.append(_Line(cells, None, read.bound, row[read.bound], (*table, number), read.find, blank))
    return lines


def _row(desk: Desk, line: _Line) -> tuple[Row, CellRow | None]:
    scope = desk.scope("refused")
    if line.find is not desk.pack.find:
        scope = evolve(scope, find=line.find)
    made = read_row(line.cells, scope, line.place)
    parts: list[ir.Cond] = [made.condition if made is not None else ir.Constant(value=False)]
    if line.when is not None:
        parts.append(condition(desk, line.when, (*line.place, "when"), scope))
    holds = negation_normal(all_of(tuple(parts)))
    if line.when is not None or desk.define:
        _refuse_known(desk, holds, line)
    given = amounts(desk, line.amount, line.amount_place(), line.find, least=line.bound == "at_least")
    return Row(holds, given, lambda: line.find(line.place)), made if line.when is None else None


def _refuse_known(desk: Desk, holds: ir.Cond, line: _Line) -> None:
    """`known(x)` has no place in a row: a fact becoming known could move it either way."""
    told = next((atom.fact for atom, _ in atoms(holds) if isinstance(atom, ir.Known)), None)
    if told is not None:
        message = f"`known({told})` cannot decide which row applies"
        help_ = "leave it out: what is unknown already counts as the tightest possible row"
        place = (*line.place, "when") if line.when is not None else line.place
        desk.report(Problem(line.find(place), "known-tightens", message, help_))


# ------------------------------------------------------------------------------------------------ amounts


def amounts(desk: Desk, given: Any, place: Place, find: Find | None = None, *, least: bool = False) -> tuple[ir.Num, ...]:
    """An amount: an expression, a list of them, or a lookup; each in whole minor units, rounded down, or up if it is the least to give."""
    if isinstance(given, list) and given:
        return tuple(node for index, each in enumerate(given) for node in amounts(desk, each, (*place, index), find, least=least))
    at = find or desk.pack.find
    value = None
    if isinstance(given, str):
        scope = desk.scope("refused", product=True)
        value = read_quantity(given, scope if find is None else evolve(scope, find=find), place)
    elif isinstance(given, dict) and "by" in given:
        value = read_lookup(desk, given, place, product=True)
    else:
        message = "an amount is a number, an expression, a list of them, or `{by: fact, …}`"
        desk.report(Problem(at(place), "wrong-shape", message, "write one, such as `25`"))
    if value is None:
        return (ir.Number(0),)
    try:
        return (_money(desk, value, least=least),)
    except Misfit as misfit:
        desk.report(Problem(at(place), misfit.code, misfit.message, misfit.help))
        return (ir.Number(0),)


def _money(desk: Desk, value: Quantity, *, least: bool) -> ir.Num:
    money = with_unit(value, "money", desk.currency)
    if money.unit != "money":
        raise Misfit("wrong-type", "this is not an amount of money", "write a number in major units, or a money fact")
    if money.constant is not None and money.constant < 0:
        raise Misfit("bad-amount", "an amount cannot be below 0", "write 0 to allow nothing")
    if money.constant is not None and money.constant.denominator != 1 and value.unit is None:
        raise Misfit("bad-amount", f"this amount has more decimals than {desk.currency} has", "round it")
    return raised(money) if least else floored(money)


# ------------------------------------------------------------------------------------------------ tables as a whole


def _check_cases(desk: Desk, lines: Sequence[_Line], rows: Sequence[tuple[Row, CellRow | None]], place: Place, work: _Work) -> None:
    """Ask for an `otherwise` where it can happen that no row matches."""
    if lines[-1].last:
        return
    made = [cells for _, cells in rows if cells is not None]
    where = (*place, "first" if "first" in lines[0].place else "table", "<key>")
    large = len(made) * max((len(cells.box) for cells in made), default=0) > 300
    gap = uncovered(made, desk.scope("refused")) if not large or work.untold < UNTOLD_MAX else {}
    work.untold += gap == {}
    if gap is None:
        return
    row = "a row for it"
    if not gap or len(made) < len(rows):
        message = "it cannot be shown that some row of this table always applies"
    else:
        if "first" in lines[0].place:
            row = f"a row such as `{{{', '.join(f'{fact}: {value}' for fact, value in gap.items())}, {lines[0].bound}: …}}`"
        shown = " and ".join(f"{fact} {value}" for fact, value in gap.items())
        message = f"no row of this table speaks of {shown}; {_silence(lines[0].bound)}"
    otherwise = "`{otherwise: 0}`" if "first" in lines[0].place else "a row of `-`"
    desk.problem(where, "missing-case", message, f"add {row}, or {otherwise} at the end")


def _silence(bound: str) -> str:
    return "the cap would be 0" if bound == "at_most" else "there would be no least amount"


def _check_overlaps(desk: Desk, policy: str, lines: Sequence[_Line], rows: Sequence[tuple[Row, CellRow | None]], work: _Work) -> None:
    """Under the hit policies `unique` and `any`, rows may not apply at once."""
    if policy not in ("unique", "any"):
        return
    work.pairs += len(rows) * len(rows) // 2
    if work.pairs > PAIRS_MAX:
        message = f"the tables with the hit policies `unique` and `any` have more than {PAIRS_MAX} pairs of rows"
        desk.report(Problem(lines[0].find(lines[0].place), "too-big", message, "use `hit: first`"))
        return
    for index, (line, (row, cells)) in enumerate(zip(lines, rows, strict=True)):
        if line.last and index == len(lines) - 1:
            continue
        if cells is None:
            message = f"a row with `when` cannot be checked for the hit policy `{policy}`"
            desk.report(Problem(line.find((*line.place, "when", "<key>")), "bad-table", message, "use cells only, or `hit: first`"))
            continue
        other = _overlapping(policy, row, cells, rows[:index])
        if other is not None:
            number = lines[other].place[-1] if "table" in line.place else other + 1
            kind = "line" if "table" in line.place else "row"
            message = f"this row and {kind} {number} can both apply, which the hit policy `{policy}` forbids"
            desk.report(Problem(line.find(line.place), "overlapping-rows", message, "narrow one of them, or use `hit: first`"))


def _overlapping(policy: str, row: Row, cells: CellRow, before: Sequence[tuple[Row, CellRow | None]]) -> int | None:
    for index, (other, other_cells) in enumerate(before):
        same = policy == "any" and row.amounts == other.amounts
        if other_cells is not None and not same and rows_overlap(cells, other_cells):
            return index
    return None
