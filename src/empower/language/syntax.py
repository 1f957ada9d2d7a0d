"""Text of an expression → Python's syntax tree: bounded, ASCII outside quotes, with brackets where `and` meets `or`.

The text is never evaluated. Every refusal names the construct and says how to write it. What stands in quotes is kept from Python: the
tree is made from a text of the same length without it, so a backslash there is a backslash, and columns count characters.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from empower import ir
from empower.language.odd import ODD, PLAIN, QUOTED, refused
from empower.language.quantities import Misfit
from empower.language.unread import unread

LENGTH_MAX = 2_000
NODES_MAX = 400
DEPTH_MAX = 25

_ONE_QUOTED = re.compile(QUOTED)
_SPELLED = re.compile(f"(?P<quoted>{QUOTED})|(?P<percent>%\\s*of\\b)|(?P<per>\\bper\\b)")


def parse(text: str, facts: Mapping[str, ir.FactType]) -> ast.expr:
    """Text → Python's syntax tree, or a `Misfit` with its place in the text; the facts are for its help."""
    if len(text) > LENGTH_MAX:
        raise Misfit("too-big", f"this expression is {len(text)} characters long; at most {LENGTH_MAX} are read", "split it with `define`")
    for found in ODD.finditer(text) if not PLAIN.fullmatch(text) else ():
        if found.lastgroup:
            raise refused(text, found)
    source = _SPELLED.sub(_spelled, text).replace("\n", " ").replace("\t", " ")
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _why(text, error, facts) from None
    _check_shape(tree, source, text)
    return tree


def _why(text: str, error: Exception, facts: Mapping[str, ir.FactType]) -> Misfit:
    """Why Python cannot read a text."""
    if isinstance(error, (MemoryError, RecursionError)) or "too many nested" in str(error):
        return Misfit("too-big", "this expression is nested too deeply", "split it with `define`")
    if not text.strip():
        return Misfit("bad-syntax", "there is nothing here to read", "write a condition or an amount, or leave the key out")
    return unread(text, facts)


def _spelled(match: re.Match[str]) -> str:
    """`% of` as `@` and `per` as `//`, and what is quoted as letters, of the same length, so that columns stay true."""
    written = match.group()
    if match.group("quoted"):
        return f"'{'x' * (len(written) - 2)}'"
    return ("@" if match.group("percent") else "//").ljust(len(written))


# ------------------------------------------------------------------------------------------------ size and brackets


def _check_shape(tree: ast.expr, source: str, text: str) -> None:
    """Bound size and depth before anything recurses into the tree, and ask for brackets."""
    level: list[ast.expr] = [tree]
    depth = count = 0
    while level:
        depth += 1
        count += len(level)
        if depth > DEPTH_MAX or count > NODES_MAX:
            raise Misfit("too-big", "this expression is too large or nested too deeply", "split it with `define`")
        below: list[ast.expr] = []
        for node in level:
            kind = type(node)
            if kind is ast.BoolOp:
                _check_brackets(node, source, text)
            if kind is not ast.Name and kind is not ast.Constant:
                below += _parts(node)
        level = below


def _parts(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.Attribute(value=value):
            return [value]
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.BoolOp(values=values):
            return values
        case _:
            return [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]


def _check_brackets(node: ast.expr, source: str, text: str) -> None:
    assert isinstance(node, ast.BoolOp)
    for child in node.values:
        if not isinstance(child, ast.BoolOp) or type(child.op) is type(node.op):
            continue
        start, end = columns(child)
        if source[:start].rstrip()[-1:] != "(" or source[end:].lstrip()[:1] != ")":
            help_ = f"put brackets where you mean them, such as ({text[start:end]})"
            raise Misfit("needs-brackets", "`and` mixed with `or` can be read in two ways", help_, (start, end))


# ------------------------------------------------------------------------------------------------ about nodes


def columns(node: ast.expr) -> tuple[int, int]:
    """Where a node begins and ends in its text."""
    return node.col_offset, node.end_col_offset or node.col_offset + 1


def segment(text: str, node: ast.expr) -> str:
    """The text of a node, as written."""
    return text[node.col_offset : node.end_col_offset]


def quoted(written: str) -> str:
    """What stands between the quotes of one word, as it stands there."""
    if written[:1] not in ("'", '"'):
        raise Misfit("forbidden-construct", "a letter before a quote is not part of the language", "use plain quotes")
    if not _ONE_QUOTED.fullmatch(written):
        doubled = re.fullmatch(r"'([^'\"]+)''([^'\"]+)'", written)
        help_ = f'write `"{doubled.group(1)}\'{doubled.group(2)}"`' if doubled else "put a comma between them"
        raise Misfit("bad-syntax", "two words in quotes stand side by side", help_)
    if f"\\{written[0]}" in written:
        raise Misfit("bad-syntax", "a backslash does not hide a quote", "use the other kind of quotes around the word")
    return written[1:-1]


def dotted(node: ast.AST) -> str | None:
    """`a.b.c` of names and attributes; None for anything else."""
    if type(node) is ast.Name:
        return node.id
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def construct(node: ast.AST) -> str:
    """How a forbidden construct is called in a message."""
    return _CONSTRUCTS.get(type(node), "this")


_CONSTRUCTS: dict[type[ast.AST], str] = {
    ast.Lambda: "a lambda", ast.IfExp: "`… if … else …`", ast.Subscript: "a subscript `[…]`", ast.ListComp: "a comprehension",
    ast.GeneratorExp: "a comprehension", ast.SetComp: "a comprehension", ast.DictComp: "a comprehension", ast.Dict: "a mapping `{…}`",
    ast.NamedExpr: "`:=`", ast.JoinedStr: "an f-string", ast.Await: "`await`", ast.Yield: "`yield`", ast.YieldFrom: "`yield`",
    ast.Starred: "`*`", ast.Slice: "a slice", ast.Call: "a call", ast.Attribute: "a dot after something that is not a name",
    ast.UnaryOp: "this sign",
}  # fmt: skip
