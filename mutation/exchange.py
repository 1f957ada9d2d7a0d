"""Other code for functions that are loaded already: whoever imported one of them before runs the new code, too."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of a module and the methods of its classes, by their qualified names."""
    for child in getattr(node, "body", ()):
        if isinstance(child, FUNCTIONS):
            yield f"{prefix}{child.name}", child  # type: ignore[misc]
        elif isinstance(child, ast.ClassDef):
            yield from functions(child, f"{prefix}{child.name}.")


def function_named(module: ModuleType, name: str) -> FunctionType:
    """The plain function of this qualified name, in whatever it was wrapped in."""
    found: Any = module
    for part in name.split("."):
        found = vars(found)[part]
    while not isinstance(found, FunctionType) or hasattr(found, "__wrapped__"):
        if isinstance(found, property):
            found = found.fget
        elif isinstance(found, functools.cached_property):
            found = found.func
        else:
            found = getattr(found, "__wrapped__", None) or found.__func__
    return found


def code_named(code: CodeType, name: str) -> CodeType:
    """The code of a function, in that of its module."""
    for part in name.split("."):
        code = next(each for each in code.co_consts if isinstance(each, CodeType) and each.co_name == part)
    return code


def changed(module: ModuleType, before: str, after: str) -> Iterator[tuple[FunctionType, CodeType]]:
    """The functions of a module that another text of it changes, each with its new code."""
    file = str(module.__file__)
    old, new = (dict(functions(ast.parse(text))) for text in (before, after))
    code = compile(after, file, "exec")
    for name, function in new.items():
        if ast.dump(function) != ast.dump(old[name]):
            yield function_named(module, name), code_named(code, name)


def changed_constants(module: ModuleType, before: str, after: str) -> dict[str, Any]:
    """The constants of a module that another text of it changes, by name."""
    old, new = (
        {ast.unparse(each) for each in ast.parse(text).body if isinstance(each, (ast.Assign, ast.AnnAssign))} for text in (before, after)
    )
    scope = dict(vars(module))
    for statement in new - old:
        exec(compile(statement, str(module.__file__), "exec"), scope)  # noqa: S102  (the text of the module itself, one constant changed)
    return {name: value for name, value in scope.items() if vars(module).get(name) is not value and name != "__builtins__"}
