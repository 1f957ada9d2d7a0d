"""IR → Python source → functions. The source is kept in `linecache`, so tracebacks and debuggers show it.

One function for each plan and question, made when first asked for. Facts are read into local variables once; every branch and
comparison then works on integers, words and sets. The text holds only names made here and literals of checked values: no author's text.
"""

from __future__ import annotations

import itertools
import linecache
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from empower import ir
from empower.environment import AccountReading, Environment, set_test, text_test
from empower.noun import define, field

TABLE_MAX = 4_096
"""A table of words with at most so many combinations becomes a dictionary."""
_COUNTER = itertools.count(1)


def make_function(name: str, lines: Sequence[str], names: Mapping[str, Any]) -> Callable[..., Any]:
    """Source → function; the file name says what it is, and the text can be seen in a traceback."""
    source = "\n".join(lines) + "\n"
    file = f"<empower {name} {next(_COUNTER)}>"
    scope = dict(names)
    exec(compile(source, file, "exec"), scope)  # noqa: S102  (the source holds only checked names and literals)
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    made = scope[name]
    # A host that goes on under ever new packs must not keep the text of each: it goes with its function.
    weakref.finalize(made, linecache.cache.pop, file, None).atexit = False
    return made  # type: ignore[no-any-return]


@define
class Emitter:
    """Writes nodes as Python. `variables` names the local variable of each fact; `constants` collects what the text refers to."""

    variables: Mapping[str, str]
    program: ir.Program
    amount: str = "amount"
    lines: list[str] = field(factory=list)
    constants: dict[str, Any] = field(factory=lambda: {"_set_test": set_test, "_text_test": text_test})
    depth: int = 1
    _fresh: Any = field(factory=lambda: itertools.count(1))

    def line(self, text: str) -> None:
        """One line at the present depth."""
        self.lines.append("    " * self.depth + text)

    def fresh(self) -> str:
        """A new local name."""
        return f"t{next(self._fresh)}"

    def constant(self, value: Any) -> str:
        """A name for a value that has no short literal."""
        for name, known in self.constants.items():
            if known is value or (isinstance(value, (frozenset, ir.TextTest)) and known == value):
                return name
        name = f"_c{len(self.constants)}"
        self.constants[name] = value
        return name

    # -------------------------------------------------------------------------------------------- numbers

    def assign(self, target: str, node: ir.Num) -> None:
        """Statements that put a number into a variable."""
        match node:
            case ir.If(condition=condition, then=then, otherwise=otherwise) if not _inline(node):
                self.line(f"if {self.condition(condition)}:")
                self._indented(target, then)
                self.line("else:")
                self._indented(target, otherwise)
            case ir.Rows() if not _inline(node):
                self._walk(target, node)
            case ir.Least(values=values) | ir.Greatest(values=values) if not _inline(node):
                names = [self._named(value) for value in values]
                self.line(f"{target} = {'min' if isinstance(node, ir.Least) else 'max'}({', '.join(names)})")
            case _:
                self.line(f"{target} = {self.number(node)}")

    def _indented(self, target: str, node: ir.Num) -> None:
        self.depth += 1
        self.assign(target, node)
        self.depth -= 1

    def _named(self, node: ir.Num) -> str:
        name = self.fresh()
        self.assign(name, node)
        return name

    def _walk(self, target: str, table: ir.Rows) -> None:
        """A table with rows that may apply: one pass, left at the first that is certain to."""
        sign = "<" if table.pick == "least" else ">"
        self.line(f"{target} = {ir.OPEN if table.pick == 'least' else ir.CLOSED}")
        self.line("while True:")
        self.depth += 1
        for row in table.rows:
            self.line(f"if {self.condition(row.possible)}:")
            self.depth += 1
            self._pick(target, row.value, sign)
            certain = self.condition(row.certain)
            self.line("break" if certain == "True" else f"if {certain}: break")
            self.depth -= 1
        self._pick(target, table.otherwise, sign)
        self.line("break")
        self.depth -= 1

    def _pick(self, target: str, value: ir.Num, sign: str) -> None:
        name = self._named(value)
        self.line(f"if {name} {sign} {target}: {target} = {name}")

    def number(self, node: ir.Num) -> str:
        """A number as an expression."""
        match node:
            case ir.Number(value=value):
                return str(value)
            case ir.NumberFact(fact=fact):
                return self.variables[fact]
            case ir.Amount():
                return self.amount
            case ir.Sum(left=left, right=ir.Scaled(value=right, factor=-1)):
                return f"({self.number(left)} - {self.number(right)})"
            case ir.Sum(left=left, right=right):
                return f"({self.number(left)} + {self.number(right)})"
            case ir.Scaled(value=value, factor=factor):
                return f"{self.number(value)} * {factor}"
            case ir.Product(left=left, right=right):
                return f"({self.number(left)}) * ({self.number(right)})"
            case ir.Floored(value=value, divisor=divisor):
                return f"(({self.number(value)}) // {divisor})"
            case ir.Least(values=values):
                return self._pairwise(values, "min", "<")
            case ir.Greatest(values=values):
                return self._pairwise(values, "max", ">")
            case ir.KthLeast(count=count, values=values):
                return f"sorted(({', '.join(self.number(value) for value in values)},))[{count - 1}]"
            case ir.Chosen(fact=fact, cases=cases):
                return self._chosen(fact, cases)
            case ir.If(condition=condition, then=then, otherwise=otherwise):
                return f"({self.number(then)} if {self.condition(condition)} else {self.number(otherwise)})"
            case ir.Rows():
                return self._table(node)
            case ir.Today(zone=zone):
                return f"day_of(now{self._zone(zone)})"
            case ir.DayOf(fact=fact, zone=zone):
                return f"day_of({self.variables[fact]}{self._zone(zone)})"
            case ir.Now():
                return "now"

    def _zone(self, zone: str) -> str:
        return f", {self.constant(zone)}" if zone else ""

    def _pairwise(self, values: Sequence[ir.Num], function: str, sign: str) -> str:
        parts = [self.number(value) for value in values]
        if len(parts) == 2 and all(part.isidentifier() or part.isdigit() for part in parts):
            return f"({parts[0]} if {parts[0]} {sign} {parts[1]} else {parts[1]})"
        return f"{function}({', '.join(parts)})"

    def _chosen(self, fact: str, cases: Sequence[tuple[str, ir.Num]]) -> str:
        if all(isinstance(value, ir.Number) for _, value in cases):
            table = {member: value.value for member, value in cases if isinstance(value, ir.Number)}
            return f"{self.constant(table)}[{self.variables[fact]}]"
        *others, (_, last) = cases
        chain = "".join(f"{self.number(value)} if {self.variables[fact]} == {member!r} else " for member, value in others)
        return f"({chain}{self.number(last)})"

    def _table(self, table: ir.Rows) -> str:
        """A first-match table with everything known: a dictionary where it is one of words, else a chain of choices."""
        words = word_table(table, self.program)
        if words is not None:
            facts, values = words
            keys = "".join(f"[{self.variables[fact]}]" for fact in facts)
            return f"{self.constant(values)}{keys}"
        chain = "".join(f"{self.number(row.value)} if {self.condition(row.certain)} else " for row in table.rows)
        return f"({chain}{self.number(table.otherwise)})"

    # -------------------------------------------------------------------------------------------- conditions

    def condition(self, node: ir.Cond) -> str:
        """A condition as an expression."""
        match node:
            case ir.Constant(value=value):
                return str(value)
            case ir.Compare(operator=sign, left=left, right=right):
                return f"{self.number(left)} {sign} {self.number(right)}"
            case ir.AmountAbove(threshold=threshold):
                return f"{self.amount} > {self.number(threshold)}"
            case ir.IsYes(fact=fact):
                return f"{self.variables[fact]} is True"
            case ir.IsAmong(fact=fact, members=members):
                return self._among(self.variables[fact], members)
            case ir.SameWord(left=left_fact, right=right_fact):
                return f"{self.variables[left_fact]} == {self.variables[right_fact]}"
            case ir.Has(fact=fact, member=member):
                return f"{member!r} in {self.variables[fact]}"
            case ir.SetTest(operator=sign, fact=fact, members=members):
                return f"_set_test({sign!r}, {self.variables[fact]}, {self.constant(members)})"
            case ir.TextTest(fact=fact):
                return f"_text_test({self.constant(node)}, {self.variables[fact]})"
            case ir.Known(fact=fact):
                return f"{self.variables[fact]} is not None"
            case ir.Not(condition=ir.Known(fact=fact)):
                return f"{self.variables[fact]} is None"
            case ir.Not(condition=inner):
                return f"not ({self.condition(inner)})"
            case ir.All(conditions=parts):
                return self._joined(parts, " and ", "True")
            case ir.Any(conditions=parts):
                return self._joined(parts, " or ", "False")
            case ir.AtLeast(count=count, conditions=parts):
                return f"({' + '.join(f'bool({self.condition(part)})' for part in parts) or '0'}) >= {count}"

    def _among(self, variable: str, members: frozenset[str]) -> str:
        if len(members) == 1:
            return f"{variable} == {next(iter(members))!r}"
        if len(members) == 2:
            first, second = sorted(members)
            return f"({variable} == {first!r} or {variable} == {second!r})"
        return f"{variable} in {self.constant(members)}"

    def _joined(self, parts: Sequence[ir.Cond], word: str, empty: str) -> str:
        inner = (
            [self.condition(part) for part in sorted(parts, key=_cost)] if self._pure(parts) else [self.condition(part) for part in parts]
        )
        return f"({word.join(inner)})" if inner else empty

    @staticmethod
    def _pure(parts: Iterable[ir.Cond]) -> bool:
        """Whether the parts may be tried in any order: not where one asks whether a fact is known, which guards the others."""
        return not any(
            isinstance(part, (ir.Known, ir.All, ir.Any, ir.AtLeast)) or (isinstance(part, ir.Not) and isinstance(part.condition, ir.Known))
            for part in parts
        )


_COSTS: dict[type, int] = {ir.IsYes: 0, ir.Has: 1, ir.SameWord: 2, ir.Compare: 2, ir.AmountAbove: 2, ir.SetTest: 5, ir.TextTest: 6}


def _cost(condition: ir.Cond) -> int:
    """How dear a test is: the cheap ones first, since most of them fail."""
    inner = condition.condition if isinstance(condition, ir.Not) else condition
    if isinstance(inner, ir.IsAmong):
        return 1 if len(inner.members) == 1 else 3
    return _COSTS.get(type(inner), 4)


def _exact(table: ir.Rows) -> bool:
    return all(row.certain == row.possible for row in table.rows)


def _inline(node: ir.Num) -> bool:
    """Whether a number can be written as one expression."""
    match node:
        case ir.Rows(rows=rows, otherwise=otherwise):
            return _exact(node) and all(_inline(row.value) for row in rows) and _inline(otherwise)
        case ir.If(then=then, otherwise=otherwise):
            return _inline(then) and _inline(otherwise)
        case ir.Least(values=values) | ir.Greatest(values=values):
            return all(_inline(value) for value in values)
        case _:
            return True


def word_table(table: ir.Rows, program: ir.Program) -> tuple[tuple[str, ...], dict[str, Any]] | None:
    """(facts, value of each combination) of a table whose rows only name members and constants; None for any other."""
    facts: dict[str, tuple[str, ...]] = {}
    for row in table.rows:
        for part in row.certain.conditions if isinstance(row.certain, ir.All) else (row.certain,):
            kind = program.facts.get(part.fact) if isinstance(part, ir.IsAmong) else None
            if isinstance(part, ir.IsAmong) and isinstance(kind, ir.OneOfType):
                facts[part.fact] = kind.members
            elif part != ir.Constant(value=True):
                return None
        if not isinstance(row.value, ir.Number):
            return None
    size = 1
    for members in facts.values():
        size *= len(members)
    if not facts or size > TABLE_MAX or not isinstance(table.otherwise, ir.Number):
        return None
    names = tuple(facts)
    values: dict[str, Any] = {}
    for combination in itertools.product(*facts.values()):
        inner = values  # a dictionary of dictionaries: looking up twice is quicker than making a tuple
        for member in combination[:-1]:
            inner = inner.setdefault(member, {})
        inner[combination[-1]] = _first(table, dict(zip(names, combination, strict=True)))
    return names, values


def _first(table: ir.Rows, chosen: Mapping[str, str]) -> int:
    for row in table.rows:
        parts = row.certain.conditions if isinstance(row.certain, ir.All) else (row.certain,)
        if all(chosen[part.fact] in part.members for part in parts if isinstance(part, ir.IsAmong)) and isinstance(row.value, ir.Number):
            return row.value.value
    return table.otherwise.value if isinstance(table.otherwise, ir.Number) else 0


# ------------------------------------------------------------------------------------------------ the back end


class Compiled:
    """The back end that decides in production. Thread-safe; each function is made once, when first asked for."""

    def __init__(self, program: ir.Program) -> None:
        self.program = program
        self._made: dict[tuple[str, int], Callable[..., Any]] = {}
        self._plans: dict[int, ir.Plan] = {}
        self._lock = threading.Lock()

    def bars(self, plan: ir.Plan, env: Environment) -> Sequence[tuple[int, int]]:
        """(low, high) of each of `plan.bars`."""
        return cast("Sequence[tuple[int, int]]", self._call("bars", plan, env))

    def shadows(self, plan: ir.Plan, env: Environment) -> Sequence[tuple[int, int]]:
        """(low, high) of each of `plan.shadows`."""
        return cast("Sequence[tuple[int, int]]", self._call("shadows", plan, env))

    def duties(self, plan: ir.Plan, env: Environment) -> Sequence[tuple[bool, bool]]:
        """(certain, possible) of each of `plan.duties`."""
        return cast("Sequence[tuple[bool, bool]]", self._call("duties", plan, env))

    def accounts(self, plan: ir.Plan, env: Environment) -> Sequence[AccountReading]:
        """The reading of each of `plan.accounts`."""
        return [AccountReading(*each) for each in self._call("accounts", plan, env)] if plan.accounts else ()

    def _call(self, question: str, plan: ir.Plan, env: Environment) -> Any:
        function = self._made.get((question, id(plan)))
        if function is None:
            with self._lock:
                function = _MAKERS[question](plan, self.program)
                self._plans[id(plan)] = plan  # kept alive, so that its id stays its own
                self._made[question, id(plan)] = function
        return function(env.facts, env.amount, env.now, env.day_of)


def fact_variables(slots: Iterable[str]) -> dict[str, str]:
    """A readable local name for each fact, each its own."""
    found: dict[str, str] = {}
    for slot in slots:
        name = "f_" + "".join(c if c.isalnum() else "_" for c in slot)
        while name in found.values():
            name += "_"
        found[slot] = name
    return found


def _start(name: str, plan: ir.Plan, program: ir.Program) -> Emitter:
    emitter = Emitter({**fact_variables(plan.slots), "action.kind": "kind"}, program)
    emitter.lines.append(f"def {name}(facts, amount, now, day_of):")
    emitter.line("get = facts.get")
    emitter.line(f"kind = {plan.kind!r}")
    for slot in plan.slots:
        emitter.line(f"{emitter.variables[slot]} = get({slot!r})")
    return emitter


def _make_bars(bars: Sequence[ir.Bar], name: str, plan: ir.Plan, program: ir.Program) -> Callable[..., Any]:
    emitter = _start(name, plan, program)
    _write_exact(emitter, bars, plan)
    pairs = []
    for bar in bars:
        emitter.line(f"# {bar.effect} {bar.guardrail}")
        low, high = emitter.fresh(), emitter.fresh()
        emitter.assign(low, bar.threshold.low)
        emitter.assign(high, bar.threshold.high)
        pairs.append(f"({low}, {high})")
    emitter.line(f"return [{', '.join(pairs)}]")
    return make_function(name, emitter.lines, emitter.constants)


def _write_exact(emitter: Emitter, bars: Sequence[ir.Bar], plan: ir.Plan) -> None:
    """With every fact known, as is usual, both ends of a threshold are one number."""
    emitter.line(f"if None not in ({''.join(f'{emitter.variables[slot]}, ' for slot in plan.slots)}):")
    emitter.depth += 1
    names = []
    for bar in bars:
        names.append(emitter.fresh())
        emitter.line(f"# {bar.effect} {bar.guardrail}")
        emitter.assign(names[-1], bar.threshold.exact)
    emitter.line(f"return [{', '.join(f'({name}, {name})' for name in names)}]")
    emitter.depth -= 1


def _make_duties(plan: ir.Plan, program: ir.Program) -> Callable[..., Any]:
    emitter = _start("duties", plan, program)
    pairs = [f"({emitter.condition(duty.certain)}, {emitter.condition(duty.possible)})" for duty in plan.duties]
    emitter.line(f"return [{', '.join(pairs)}]")
    return make_function("duties", emitter.lines, emitter.constants)


def _make_accounts(plan: ir.Plan, program: ir.Program) -> Callable[..., Any]:
    emitter = _start("accounts", plan, program)
    found = []
    for account in plan.accounts:
        emitter.line(f"# budget {account.guardrail}")
        keys = "".join(f"{emitter.variables[key]}, " for key in account.keys)
        amount = _limits(emitter, account.amount, account.already) if account.amount is not None else "None"
        times = "None"
        if account.times is not None:
            fixed = ir.Number(account.times)
            times = _limits(emitter, ir.Triple(fixed, fixed, fixed), account.already_times)
        found.append(f"(({keys}), {amount}, {times})")
    emitter.line(f"return [{', '.join(found)}]")
    return make_function("accounts", emitter.lines, emitter.constants)


def _limits(emitter: Emitter, limit: ir.Triple, already: ir.Triple | None) -> str:
    low, high = emitter.fresh(), emitter.fresh()
    emitter.assign(low, limit.low)
    emitter.assign(high, limit.high)
    if already is not None:
        least, most = emitter.fresh(), emitter.fresh()
        emitter.assign(least, already.low)
        emitter.assign(most, already.high)
        emitter.line(f"{low} -= {most}")
        emitter.line(f"if {high} < {ir.OPEN}: {high} -= {least}")
    return f"({low}, {high})"


_MAKERS: Mapping[str, Callable[[ir.Plan, ir.Program], Callable[..., Any]]] = {
    "bars": lambda plan, program: _make_bars(plan.bars, "bars", plan, program),
    "shadows": lambda plan, program: _make_bars(plan.shadows, "shadows", plan, program),
    "duties": _make_duties,
    "accounts": _make_accounts,
}
