"""Mutants: a module's functions with one small change each, such as `<` for `<=`, `or` for `and`, a number one higher, a line left out."""

from __future__ import annotations

import ast
import copy
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from types import CodeType

from attrs import frozen

from mutation.exchange import code_named, functions

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
OPPOSITES = {"min": "max", "max": "min", "any": "all", "all": "any"}
TEMPLATES = {
    " < ": " <= ",
    " <= ": " < ",
    " > ": " >= ",
    " >= ": " > ",
    " and ": " or ",
    " or ": " and ",
    "min(": "max(",
    "max(": "min(",
    "not ": "",
}
"""What is exchanged in the text of generated source."""
TURNED_ALREADY = (ast.Compare, ast.BoolOp, ast.UnaryOp)
"""Conditions that have a mutant of their own."""
BLOCKS = ("body", "orelse", "finalbody")


@frozen
class Mutant:
    """One change in one function."""

    function: str
    """Its qualified name."""
    line: int
    change: str
    code: CodeType
    """The function with the change."""
    block: int
    """Where the block begins in which the change stands: only a test that enters it can notice."""

    @property
    def name(self) -> str:
        """What it is called in `survivors.py`: it outlives a change elsewhere in its module."""
        return f"{self.function}: {self.change}"


def mutants(source: str, file: str, *, templates: bool = False) -> Iterator[Mutant]:
    """Every mutant of the functions of a module; `templates`: of the source in its texts, too."""
    tree = ast.parse(source)
    for name, function in functions(tree):
        begins = _beginnings(function)
        alike: Counter[str] = Counter()
        for number in range(len(list(_places(function, templates=templates)))):
            changed = copy.deepcopy(tree)
            node, change = list(_places(dict(functions(changed))[name], templates=templates))[number]
            before, line = ast.unparse(node), node.lineno
            change()
            told = _told(node, before)
            alike[told] += 1
            told += f" (number {alike[told]})" if alike[told] > 1 else ""
            code = code_named(compile(ast.fix_missing_locations(changed), file, "exec"), name)
            yield Mutant(name, line, told, code, begins[line])


def _told(node: ast.AST, before: str) -> str:
    after = ast.unparse(node)
    if before != after:
        return f"`{_short(before)}` becomes `{_short(after)}`"
    return f"`{_short(before)}` is {'left out' if isinstance(node, ast.stmt) else 'turned round'}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 70 else text[:67] + "…"


# ------------------------------------------------------------------------------------------------ blocks


def with_marks(source: str, mark: str) -> str:
    """The same module, in which every block of a function first calls `mark` with the line at which it begins."""
    tree = ast.parse(source)
    for _, function in functions(tree):
        for block in list(_blocks(function)):
            block.insert(0, ast.parse(f"{mark}({block[0].lineno})").body[0])
    return ast.unparse(tree)


def _blocks(function: ast.FunctionDef) -> Iterator[list[ast.stmt]]:
    """Every block of a function, from the outside in."""
    for node in ast.walk(function):
        for name in BLOCKS:
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                yield block


def _beginnings(function: ast.FunctionDef) -> dict[int, int]:
    """Of each line of a function, where the innermost block begins in which it stands."""
    return {line: block[0].lineno for block in _blocks(function) for line in range(block[0].lineno, (block[-1].end_lineno or 0) + 1)}


# ------------------------------------------------------------------------------------------------ changes

Place = tuple[ast.expr | ast.stmt, Callable[[], None]]


def _places(function: ast.FunctionDef, *, templates: bool) -> Iterator[Place]:
    """Where something may be changed in a body, and how; docstrings, defaults and annotations are left alone, and so is
    `strict=True` of `zip`: it asserts what the types cannot say.
    """  # noqa: D205  (one sentence)
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    yield from _left_out(function)
    spared: set[ast.AST] = set()
    for node in itertools.chain.from_iterable(map(ast.walk, body)):
        if isinstance(node, ast.keyword) and node.arg == "strict":
            spared.add(node.value)
        elif isinstance(node, ast.AnnAssign):
            spared.update(ast.walk(node.annotation))
        if node not in spared:
            yield from _changes(node, templates=templates)
            yield from _left_out(node)


def _changes(node: ast.AST, *, templates: bool) -> Iterator[Place]:
    match node:
        case ast.Compare(ops=[sign]) if type(sign) in COMPARISONS:
            yield node, lambda: node.ops.__setitem__(0, COMPARISONS[type(sign)]())
        case ast.Compare(ops=[first, second]):
            yield node, lambda: node.ops.__setitem__(0, COMPARISONS[type(first)]())
            yield node, lambda: node.ops.__setitem__(1, COMPARISONS[type(second)]())
        case ast.BoolOp(op=sign):
            yield node, lambda: setattr(node, "op", ast.Or() if isinstance(sign, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not()):
            yield node, lambda: setattr(node, "operand", ast.UnaryOp(ast.Not(), node.operand))
        case ast.BinOp(op=sign) if type(sign) in ARITHMETIC:
            yield node, lambda: setattr(node, "op", ARITHMETIC[type(sign)]())
        case ast.Constant(value=bool(value)):
            yield node, lambda: setattr(node, "value", not value)
        case ast.Constant(value=int(value)):
            yield node, lambda: setattr(node, "value", value + 1)
        case ast.Constant(value=str(value)) if templates:
            yield from ((node, _exchange(node, value, old, new)) for old, new in TEMPLATES.items() if old in value)
        case ast.Call(func=ast.Name(id=name) as called) if name in OPPOSITES:
            yield node, lambda: setattr(called, "id", OPPOSITES[name])
        case ast.IfExp(test=test) | ast.If(test=test) if not isinstance(test, TURNED_ALREADY):
            yield test, lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), test))


def _exchange(node: ast.Constant, value: str, old: str, new: str) -> Callable[[], None]:
    return lambda: setattr(node, "value", re.sub(re.escape(old), new, value, count=1))


def _left_out(node: ast.AST) -> Iterator[Place]:
    """Statements of a block that may be missing: calls, assignments in place, `raise`."""
    for name in BLOCKS:
        block = getattr(node, name, None)
        for number, statement in enumerate(block if isinstance(block, list) else ()):
            if isinstance(statement, ast.AugAssign) or _refuses(statement) or _calls(statement):
                yield statement, _leave_out(block, number)  # type: ignore[arg-type]


def _calls(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)


def _refuses(statement: ast.stmt) -> bool:
    """Whether it raises something, save an `AssertionError`: that says that it cannot be reached."""
    return isinstance(statement, ast.Raise) and "AssertionError" not in ast.unparse(statement)


def _leave_out(block: list[ast.stmt], number: int) -> Callable[[], None]:
    return lambda: block.__setitem__(number, ast.copy_location(ast.Pass(), block[number]))
