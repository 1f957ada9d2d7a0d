"""The checkers behind test_tidy.py, and the few who may do what nobody else may.

A checker takes a module, or the text of a file, and gives the faults it finds. A new habit is a new checker here, a promise there, and a
planted fault which shows that the checker can find it.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"

FUNCTION_LINES = 60
FILE_LINES = 500
LONG_FILES = (
    "tests.hostile.packs",
    "tests.test_check",
)  # collections: one short function a bad pack, one short test a sentence of docs/packs.md
NESTING = 3

# Who may do what nobody else may. A name stands for the module and everything below it.
PRINTS = ("empower.cli", "empower.__main__")
ROLLS_DICE = ("empower.testing",)  # worlds are drawn from a seed
KNOWS_THE_CLOCK = ("empower.cli", "empower.decide", "empower.ledger.clocks")

# Who may write what elsewhere would be a float: a `literal` such as 0.5, the `name` of the type, a `division`.
MEETS_FLOATS = {
    "empower.cli": ("literal", "name", "division"),  # seconds and widths, shown to a person
    "empower.language.expressions": (
        "name",
        "division",
    ),  # a number written by an author is read from its text; the rest is fractions
    "empower.backends.english": ("division",),  # of fractions
    "empower.check": ("division",),  # of paths
    "empower.ledger.postgres": ("division",),  # a connection is waited for in seconds
    "empower.ledger.sqlite": ("division",),  # a lock is waited for in seconds
    "empower.load": ("division",),  # of paths
    "empower.money": ("name",),  # a caller may hand in a float: its digits are read, nothing is computed with it
    "empower.problems": ("literal",),  # how alike two words are before one is suggested for the other
    "empower.language.quantities": ("division",),  # of fractions
    "empower.request": ("name",),  # as money: a float from a caller is read by its digits, or refused
    "empower.testing.simulation": ("literal",),  # how likely something is
    "empower.testing.threads": ("literal",),  # how many seconds a thread may run before another one does
}

# Imports inside a function, by module: an extra, at its one door, so that a base install works without it; and what few callers need.
LATE_IMPORTS: dict[str, tuple[str, ...]] = {
    "empower.decide": (
        "asyncio",  # a tenth of the time to start, for `adecide` alone; its callers have it loaded already
        "empower.ledger.postgres",  # the extra `postgres`, for an address that begins with `postgresql:`
        "empower.ledger.sqlite",  # loads SQLite, for an address that begins with `sqlite:`
    ),
    "empower.cli.schema": ("empower.schema",),  # and with it pydantic, which no other command needs
    "empower.cli.watch": ("watchfiles",),  # loads a good deal, for `--watch` alone
    "empower.check.definitions": ("empower.language.trees",),  # and with it business-rules, which only a pack with condition trees needs
    "empower.cli.diff": ("empower.diff.compare",),  # the extra `prove`
    "empower.cli.prove": ("empower.prove.worker",),  # the extra `prove`
    "empower.noun": ("attrs",),  # most processes never use its functions on a noun, and loading it is a tenth of the time to start
    "empower.ledger.windows": ("tzdata",),  # there only where the system has no time-zone data of its own
    "pytest_empower": ("empower",),  # pytest loads it at every start, also where nobody uses a pack
    "empower.__main__": ("empower.cli",),  # without the extra `cli` there is a sentence, not a traceback
}

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
NESTS = (*FUNCTIONS, ast.ClassDef, ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


@frozen
class Module:
    """One file of Python: its dotted name, its text, and its tree."""

    name: str
    text: str
    tree: ast.Module
    is_package: bool = False


def read(name: str, text: str, *, is_package: bool = False) -> Module:
    """Parse the text of a module."""
    return Module(name, text, ast.parse(text), is_package)


@cache
def package() -> tuple[Module, ...]:
    """Every module under src/, in order of its path."""
    return tuple(module_at(path, SOURCE) for path in sorted(SOURCE.rglob("*.py")))


@cache
def suite() -> tuple[Module, ...]:
    """Every file of Python under tests/ and torture/, in order of its path."""
    return tuple(module_at(path, ROOT) for folder in ("tests", "torture") for path in sorted((ROOT / folder).rglob("*.py")))


def module_at(path: Path, below: Path) -> Module:
    """The module in this file, named from the folder `below`."""
    parts = path.relative_to(below).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    return read(".".join(parts[:-1] if is_package else parts), path.read_text(encoding="utf-8"), is_package=is_package)


def within(name: str, places: Iterable[str]) -> bool:
    """Is this dotted name one of these places, or below one?"""
    return any(name == place or name.startswith(f"{place}.") for place in places)


def faults(checker: Callable[[Module], Iterator[str]], where: tuple[Module, ...]) -> list[str]:
    """What a checker finds, each with its module."""
    return [f"{module.name}: {fault}" for module in where for fault in checker(module)]


# -- sizes


def long_files(module: Module) -> Iterator[str]:
    """A file of more than 500 lines."""
    count = len(module.text.splitlines())
    if count > FILE_LINES and module.name not in LONG_FILES:
        yield f"{count} lines, more than {FILE_LINES}"


def long_functions(module: Module) -> Iterator[str]:
    """A function of more than 60 lines, its docstring not counted."""
    for node in ast.walk(module.tree):
        if isinstance(node, FUNCTIONS) and (count := size(node)) > FUNCTION_LINES:
            yield f"line {node.lineno}: {node.name} has {count} lines, more than {FUNCTION_LINES}"


def size(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function from `def` to its last, without its docstring."""
    docstring = function.body[0] if ast.get_docstring(function) is not None else None
    return span(function) - (span(docstring) if docstring else 0)


def span(node: ast.stmt) -> int:
    """How many lines a statement spans."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def deep_functions(module: Module) -> Iterator[str]:
    """A function in which blocks lie more than 3 deep."""
    for node in ast.walk(module.tree):
        if isinstance(node, FUNCTIONS) and (found := depth(node) - 1) > NESTING:
            yield f"line {node.lineno}: {node.name} nests {found} deep, more than {NESTING}"


def depth(node: ast.AST) -> int:
    """How deep the blocks of a node lie, the node itself counted; an `elif` adds none to its `if`."""
    below = 0
    for child in ast.iter_child_nodes(node):
        below = max(below, depth(child) - is_elif(node, child))
    return below + isinstance(node, NESTS)


def is_elif(node: ast.AST, child: ast.AST) -> bool:
    """Is the child the `elif` of this `if`? The tree alone cannot tell it from an `if` alone in an `else`, but the column can."""
    return isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child] and child.col_offset == node.col_offset


# -- imports


def late_imports(module: Module) -> Iterator[str]:
    """An import inside a function that is not an extra at its one door."""
    permitted = LATE_IMPORTS.get(module.name, ())
    functions = [node for node in ast.walk(module.tree) if isinstance(node, FUNCTIONS)]
    for node, target in (found for function in functions for found in imports(function, module)):
        if not within(target, permitted):
            yield f"line {node.lineno}: imports {target} inside a function"


def imports(inside: ast.AST, module: Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Every import in a piece of a module, with the full dotted name of what is imported."""
    for node in ast.walk(inside):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = base(node, module)
            yield from ((node, f"{origin}.{alias.name}") for alias in node.names)


def base(node: ast.ImportFrom, module: Module) -> str:
    """The module from which something is imported, dots resolved."""
    if not node.level:
        return node.module or ""
    parents = module.name.split(".")
    package = parents[: len(parents) - node.level + module.is_package]
    return ".".join([*package, *([node.module] if node.module else [])])


def imported_at_start(module: Module, known: frozenset[str]) -> set[str]:
    """The modules of the package which this one loads when it is loaded: not in a function, and not for the type checker alone."""
    tree = Startup().visit(ast.parse(module.text))
    loaded = {target if target in known else target.rpartition(".")[0] for _, target in imports(tree, module)}
    return (loaded & known) - {module.name}


class Startup(ast.NodeTransformer):
    """Takes out of a tree what does not run when the module is loaded."""

    def visit_FunctionDef(self, _: ast.FunctionDef) -> None:
        """The body of a function runs later."""

    def visit_AsyncFunctionDef(self, _: ast.AsyncFunctionDef) -> None:
        """The body of a function runs later."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """`if TYPE_CHECKING:` never runs, though its `else` does."""
        whole = self.generic_visit(node)
        return node.orelse if ast.unparse(node.test).endswith("TYPE_CHECKING") else whole


def circles(of: tuple[Module, ...]) -> list[str]:
    """The modules which load themselves again through others."""
    known = frozenset(module.name for module in of)
    loads = {module.name: imported_at_start(module, known) for module in of}
    return [name for name in loads if name in reachable(name, loads)]


def reachable(start: str, loads: dict[str, set[str]]) -> set[str]:
    """Every module that is loaded, directly or not, by loading this one."""
    seen: set[str] = set()
    ahead = list(loads[start])
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(loads[name])
    return seen


# -- money, printing, clocks


def floats(module: Module) -> Iterator[str]:
    """A number that is not exact: a float literal, the name `float`, a true division, or a method that makes a float of a time."""
    permitted = {kind for place, kinds in MEETS_FLOATS.items() if within(module.name, [place]) for kind in kinds}
    for node in ast.walk(module.tree):
        kind = float_kind(node)
        if kind and kind not in permitted:
            yield f"line {getattr(node, 'lineno', 0)}: {kind} `{ast.unparse(node)}`"


def float_kind(node: ast.AST) -> str:
    """How this piece of code, taken alone, makes or names a float; empty if it does neither."""
    match node:
        case ast.Constant(value=float()):
            return "literal"
        case ast.Name(id="float"):
            return "name"
        case ast.BinOp(op=ast.Div()) if not (is_text(node.left) or is_text(node.right)):
            return "division"
        case ast.AugAssign(op=ast.Div()):
            return "division"
        case ast.Attribute(attr="total_seconds" | "timestamp"):
            return "time as a float"
    return ""


def is_text(node: ast.AST) -> bool:
    """Is this surely a text, or a path ending in one? Then the `/` beside it joins a path."""
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr() | ast.Call(func=ast.Name(id="str")):
            return True
        case ast.BinOp(op=ast.Div()):
            return is_text(node.right)
    return False


def prints(module: Module) -> Iterator[str]:
    """A word to the terminal from somewhere else than the command line."""
    if within(module.name, PRINTS):
        return
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Name(id="print")):
                yield f"line {node.lineno}: print"
            case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr"):
                yield f"line {node.lineno}: sys.{node.attr}"


CLOCKS = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "localtime", "gmtime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}


def clocks(module: Module) -> Iterator[str]:
    """A look at the clock by a pass, which should be given its instant."""
    if within(module.name, KNOWS_THE_CLOCK):
        return
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=attr) if attr in CLOCKS.get(owner, ()):
                yield f"line {node.lineno}: {owner}.{attr}"
            case ast.ImportFrom(module="time") if any(alias.name in CLOCKS["time"] for alias in node.names):
                yield f"line {node.lineno}: imports a clock from time"


def dice(module: Module) -> Iterator[str]:
    """A source of randomness: the same pack, action, context, instant and balances give the same decision."""
    if within(module.name, ROLLS_DICE):
        return
    for node, target in imports(module.tree, module):
        if target.partition(".")[0] in {"random", "secrets", "uuid"}:
            yield f"line {node.lineno}: imports {target}"


# -- words


def undocumented(module: Module) -> Iterator[str]:
    """A module, or something public in it, without a docstring; the name of a test is its promise."""
    if not ast.get_docstring(module.tree):
        yield "the module has no docstring"
    for name, node in public(module.tree, ""):
        if not ast.get_docstring(node) and not is_overload(node) and not node.name.startswith("test_"):
            yield f"line {node.lineno}: {name} has no docstring"


def public(inside: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    """Each public function, class and method, with its dotted name; what is inside a function is nobody else's business."""
    for node in inside.body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_"):
            yield f"{prefix}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node, f"{prefix}{node.name}.")


def is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Is this one of several signatures, of which the last one has the docstring?"""
    return any(ast.unparse(decorator).endswith(("overload", ".setter")) for decorator in node.decorator_list)


# Written in two halves, so that this file does not find itself. The third leftover counts only as a note, for it is a currency code too.
LEFTOVER = re.compile("|".join([r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bXX" + r"X(?=:)", r"#\s*XX" + r"X\b"]))
HOST = re.compile("|".join(["pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.(?:org|com)", "index-" + "url", "find-" + "links"]))
MACHINE = re.compile(r"(?<![\w.~>}-])/(?:" + "|".join(["ro" + "ot", "wo" + "rk", "ho" + "me", "op" + "t", "Us" + "ers"]) + r")/[\w.-]")


def leftovers(text: str) -> Iterator[str]:
    """A note to oneself that was left behind."""
    yield from (f"line {number}: {found}" for number, found in matches(LEFTOVER, text))


def hosts(text: str) -> Iterator[str]:
    """The address of a package registry: where packages come from is settled where they are installed, not here."""
    yield from (f"line {number}: {found}" for number, found in matches(HOST, text))


def machine_paths(text: str) -> Iterator[str]:
    """A path that exists on somebody's machine only."""
    yield from (f"line {number}: {found}" for number, found in matches(MACHINE, text))
    here = (str(path) for path in (ROOT, Path.home()) if len(path.parts) > 2)
    yield from (f"the path {path}" for path in here if path in text)


def matches(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    """Each match, with the number of its line."""
    for number, line in enumerate(text.splitlines(), start=1):
        yield from ((number, found.group()) for found in pattern.finditer(line))


@cache
def tracked() -> dict[str, str]:
    """The text of each file that is in the repository, or would be after the next commit."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if answer.returncode:
        pytest.skip("this is not a checkout, so nothing says which files belong to it")
    texts = {}
    for name in filter(None, answer.stdout.split("\0")):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if b"\0" not in content:
            texts[name] = content.decode("utf-8", errors="replace")
    return texts


def text_faults(checker: Callable[[str], Iterator[str]]) -> list[str]:
    """What a checker finds in the tracked files, each with its file."""
    return [f"{name}: {fault}" for name, text in tracked().items() for fault in checker(text)]
