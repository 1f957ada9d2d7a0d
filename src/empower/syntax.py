"""Text of an expression → Python's syntax tree: bounded, ASCII outside quotes, with brackets where `and` meets `or`.

The text is never evaluated. Every refusal names the construct and says how to write it.
"""

from __future__ import annotations

import ast
import re
import unicodedata
import warnings

from empower.quantities import Misfit

LENGTH_MAX = 2_000
NODES_MAX = 400
DEPTH_MAX = 25

_QUOTED = r"'(?:[^'\\\n]|\\.)*'" + r'|"(?:[^"\\\n]|\\.)*"'
_PERCENT = re.compile(_QUOTED + r"|(%\s*of\b)|(\bper\b)")


def parse(text: str) -> ast.Expression:
    """Text → Python's syntax tree, or a `Misfit`: bounded, ASCII outside quotes, brackets where `and` meets `or`."""
    if len(text) > LENGTH_MAX:
        raise Misfit("too-big", f"this expression is {len(text)} characters long; at most {LENGTH_MAX} are read", "split it with `define`")
    _check_characters(text)
    source = _PERCENT.sub(_spelled, text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _syntax(text, error) from None
    _check_size(tree)
    _check_brackets(tree, source)
    return tree


def _spelled(match: re.Match[str]) -> str:
    """`% of` as `@` and `per` as `//`, of the same length, so that columns stay true."""
    if match.group(1):
        return "@".ljust(len(match.group()))
    return "// " if match.group(2) else match.group()


def _check_characters(text: str) -> None:
    bare_text = _PERCENT.sub(lambda m: " " * len(m.group()), text)
    for column, character in enumerate(bare_text):
        if ord(character) > 126 or (ord(character) < 32 and character not in "\n\t"):  # noqa: PLR2004  (the printable ASCII range)
            name = unicodedata.name(character, f"U+{ord(character):04X}")
            raise _column(Misfit("look-alike", f"the character {name} may stand only in quotes", "type it anew on a plain keyboard"), column)
    for token, wanted in (("&&", "and"), ("||", "or"), ("<>", "!="), ("===", "=="), ("=>", ">="), ("=<", "<=")):
        if (at := bare_text.find(token)) >= 0:
            raise _column(Misfit("bad-syntax", f"'{token}' is not an operator here", f"write `{wanted}`"), at)
    if (single := re.search(r"(?<![=<>!:])=(?!=)", bare_text)) is not None:
        raise _column(Misfit("single-equals", "'=' does not compare", "write `==`"), single.start())
    for found in re.finditer(r"@|//|\$|[£€]", bare_text):
        raise _column(Misfit("bad-syntax", f"'{found.group()}' has no meaning here", "write money as a plain number, percentages as `N% of X`"), found.start())


def _column(misfit: Misfit, column: int) -> Misfit:
    misfit.column = column  # type: ignore[attr-defined]
    return misfit


def _syntax(text: str, error: Exception) -> Misfit:
    if isinstance(error, (MemoryError, RecursionError)) or "too many nested" in str(error) or "nested too deep" in str(error):
        return Misfit("too-big", "this expression is nested too deeply", "split it with `define`")
    if not text.strip():
        return Misfit("bad-syntax", "there is no expression here", "write a condition, or leave the key out")
    if re.search(r"%(?!\s*of\b)", text):
        return Misfit("bad-syntax", "'%' must be followed by 'of'", "write `50% of order.total`")
    if re.search(r"!(?!=)", text):
        return Misfit("bad-syntax", "'!' is not an operator here", "write `not`")
    if isinstance(error, SyntaxError) and "leading zeros" in str(error):
        return Misfit("bad-number", "a number may not begin with a needless 0", "leave the zeros out")
    misfit = Misfit("bad-syntax", f"'{text[:60]}' cannot be read as a condition", "see `docs/packs.md` for the forms")
    offset = getattr(error, "offset", None)
    return _column(misfit, max(0, min(offset - 1, len(text) - 1))) if offset and offset <= len(text) else misfit


def _check_size(tree: ast.AST) -> None:
    level: list[ast.AST] = [tree]
    depth = count = 0
    while level:
        depth += 1
        count += len(level)
        if depth > DEPTH_MAX or count > NODES_MAX:
            raise Misfit("too-big", "this expression is too large or nested too deeply", "split it with `define`")
        level = [child for node in level for child in ast.iter_child_nodes(node) if not isinstance(child, (ast.expr_context, ast.operator, ast.boolop, ast.cmpop, ast.unaryop))]


def _check_brackets(tree: ast.AST, source: str) -> None:
    encoded = source.encode()
    for node in ast.walk(tree):
        if not isinstance(node, ast.BoolOp):
            continue
        for child in node.values:
            if isinstance(child, ast.BoolOp) and type(child.op) is not type(node.op):
                before = encoded[: child.col_offset].rstrip()[-1:]
                after = encoded[child.end_col_offset or 0 :].lstrip()[:1]
                if before != b"(" or after != b")":
                    inner = encoded[child.col_offset : child.end_col_offset].decode()
                    misfit = Misfit("needs-brackets", "`and` mixed with `or` can be read in two ways", f"put brackets where you mean them, such as ({inner})")
                    raise _column(misfit, child.col_offset)


def dotted(node: ast.AST) -> str | None:
    """`a.b.c` of names and attributes; None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def construct(node: ast.AST) -> str:
    """How a forbidden construct is called in a message."""
    return _CONSTRUCTS.get(type(node), f"`{type(node).__name__}`")


def segment(text: str, node: ast.expr) -> str:
    """The text of a node, cut by bytes as `ast` counts them; "" where it spans lines."""
    if node.lineno != 1 or node.end_lineno != 1 or node.end_col_offset is None:
        lines = text.splitlines()[node.lineno - 1 : node.lineno]
        text = lines[0] if lines and node.end_lineno == node.lineno else ""
    return text.encode()[node.col_offset : node.end_col_offset].decode()


_CONSTRUCTS: dict[type[ast.AST], str] = {
    ast.Lambda: "a lambda", ast.IfExp: "`… if … else …`", ast.Subscript: "a subscript `[…]`", ast.ListComp: "a comprehension",
    ast.GeneratorExp: "a comprehension", ast.SetComp: "a comprehension", ast.DictComp: "a comprehension", ast.Dict: "a mapping `{…}`",
    ast.NamedExpr: "`:=`", ast.JoinedStr: "an f-string", ast.Await: "`await`", ast.Yield: "`yield`", ast.YieldFrom: "`yield`",
    ast.Starred: "`*`", ast.Slice: "a slice", ast.Call: "a call", ast.Attribute: "a dot after something that is not a name",
    ast.UnaryOp: "this sign",
}  # fmt: skip
