"""Text of an expression → Python's syntax tree: bounded, ASCII outside quotes, with brackets where `and` meets `or`.

The text is never evaluated. Every refusal names the construct and says how to write it. What stands in quotes is kept from Python: the
tree is made from a text of the same length without it, so a backslash there is a backslash, and columns count characters.
"""

from __future__ import annotations

import ast
import re
import unicodedata

from empower.quantities import Misfit

LENGTH_MAX = 2_000
NODES_MAX = 400
DEPTH_MAX = 25

_QUOTED = r"'(?:[^'\\\n]|\\.)*'" + r'|"(?:[^"\\\n]|\\.)*"'
_ONE_QUOTED = re.compile(_QUOTED)
_SPELLED = re.compile(f"(?P<quoted>{_QUOTED})|(?P<percent>%\\s*of\\b)|(?P<per>\\bper\\b)")
_ODD = re.compile(
    f"{_QUOTED}|(?P<odd>"
    r"[^\x20-\x7e\n\t]"  # whatever is not plain ASCII
    r"|&&|\|\||<>|===|=>|=<|(?<![=<>!:])=(?!=)"  # operators of other languages
    r"|(?<![\w.])0[0-9]+|(?<![\w.])[0-9][0-9.]*[A-Za-z_]\w*"  # 010, 1e9, 0x10, 25p
    r"|//|[@$#;\\`?'\"])"
)
_OPERATORS = {"&&": "and", "||": "or", "<>": "!=", "===": "==", "=>": ">=", "=<": "<="}
_LIKE = {
    "≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "·": "*", "−": "-", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"',
    "«": '"', "»": '"', "＝": "==", "∧": "and", "∨": "or", "¬": "not", "∈": "in", "…": "..",
}  # fmt: skip
_LETTERS = str.maketrans("аеорсухіјѕһԁӏкмнтвгαερουνκτιχ", "aeopcyxijshdlkmhtbraepouvktix")
_SPOKEN = re.compile(
    r"\b(is not|is greater than|is more than|is less than|is at least|is at most|is one of|is in|greater than|more than|less than|at least"
    r"|at most|equals|equal to|between|is)\b",
    re.IGNORECASE,
)
_WRITTEN = {
    "is": "==", "is not": "!=", "equals": "==", "equal to": "==", "at least": ">=", "is at least": ">=", "at most": "<=", "is at most": "<=",
    "less than": "<", "is less than": "<", "is one of": "in ['…', '…']", "is in": "in ['…', '…']", "between": "10 <= order.total <= 50",
}  # fmt: skip


def parse(text: str) -> ast.expr:
    """Text → Python's syntax tree, or a `Misfit` with its place in the text."""
    if len(text) > LENGTH_MAX:
        raise Misfit("too-big", f"this expression is {len(text)} characters long; at most {LENGTH_MAX} are read", "split it with `define`")
    for found in _ODD.finditer(text):
        if found.group("odd"):
            raise _refused(text, found.group("odd"), found.start())
    source = _SPELLED.sub(_spelled, text).replace("\n", " ").replace("\t", " ")
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _unread(text, source, error) from None
    _check_shape(tree, source, text)
    return tree


def _spelled(match: re.Match[str]) -> str:
    """`% of` as `@` and `per` as `//`, and what is quoted as letters, of the same length, so that columns stay true."""
    written = match.group()
    if match.group("quoted"):
        return f"'{'x' * (len(written) - 2)}'"
    return ("@" if match.group("percent") else "//").ljust(len(written))


def _refused(text: str, odd: str, at: int) -> Misfit:
    """Why a character, an operator or a number has no place here."""
    where = (at, at + len(odd))
    if not odd.isascii() or not odd.isprintable():
        return _look_alike(odd, where)
    if odd in _OPERATORS:
        return Misfit("bad-syntax", f"'{odd}' is not an operator here", f"write `{_OPERATORS[odd]}`", where)
    if odd == "=":
        return Misfit("single-equals", "'=' does not compare", "write `==`", where)
    if odd in ("'", '"'):
        return Misfit("bad-syntax", "this quote is never closed", "end the word with the same quote", where)
    if odd[0] == "0" and (thousands := re.search(r"[0-9]+,$", text[:at])):
        shown = thousands.group() + odd
        return Misfit("bad-number", f"'{shown[:40]}' could be one number or two", "write it without a comma", (thousands.start(), where[1]))
    if odd[0] == "0" and odd.isdigit():
        return Misfit("bad-number", f"'{odd[:40]}' begins with a needless 0", "leave the zeros out", where)
    if odd[0].isdigit():
        return Misfit(
            "bad-number", f"'{odd[:40]}' is not a plain number", "write digits and at most four decimals, such as 12 or 0.25", where
        )
    if odd == "#":
        return Misfit(
            "bad-syntax", "'#' begins no comment inside an expression", "put the comment behind the expression or above it", where
        )
    help_ = "write money as a plain number, percentages as `N% of X`" if odd in ("@", "//", "$") else "leave it out"
    return Misfit("bad-syntax", f"'{odd}' has no meaning here", help_, where)


def _look_alike(odd: str, where: tuple[int, int]) -> Misfit:
    name = unicodedata.name(odd, f"U+{ord(odd):04X}")
    if unicodedata.category(odd) == "Sc":
        return Misfit("bad-syntax", f"'{odd}' has no meaning here", "write money as a plain number, in the pack's currency", where)
    plain = _LIKE.get(odd) or odd.translate(_LETTERS)
    plain = plain if plain.isascii() else unicodedata.normalize("NFKC", odd)
    help_ = f"write `{plain}`" if plain.isascii() and plain.strip() else "type it anew on a plain keyboard"
    help_ = "write a plain space" if unicodedata.category(odd) == "Zs" else help_
    return Misfit("look-alike", f"the character {name} may stand only in quotes", help_, where)


# ------------------------------------------------------------------------------------------------ what Python cannot read


def _unread(text: str, source: str, error: Exception) -> Misfit:
    """Why Python cannot read a text, in words that do not depend on its version."""
    if isinstance(error, (MemoryError, RecursionError)) or "too many nested" in str(error):
        return Misfit("too-big", "this expression is nested too deeply", "split it with `define`")
    if not text.strip():
        return Misfit("bad-syntax", "there is nothing here to read", "write a condition or an amount, or leave the key out")
    plain = re.sub("'x*'", lambda match: " " * len(match.group()), source)
    return _unbalanced(plain) or _other_language(text, plain) or _somewhere(text, error)


def _unbalanced(plain: str) -> Misfit | None:
    opened: list[int] = []
    for at, sign in enumerate(plain):
        if sign in "([{":
            opened.append(at)
        elif sign in ")]}" and (not opened or plain[opened.pop()] + sign not in ("()", "[]", "{}")):
            return Misfit("bad-syntax", f"this '{sign}' closes nothing", "leave it out, or open it before", (at, at + 1))
    if opened:
        return Misfit(
            "bad-syntax", f"this '{plain[opened[-1]]}' is never closed", "close it, or leave it out", (opened[-1], opened[-1] + 1)
        )
    return None


def _other_language(text: str, plain: str) -> Misfit | None:
    """What people write who think in another language, or in English."""
    if found := re.search(r"%", plain):
        return Misfit("bad-syntax", "'%' must be followed by 'of'", "write `50% of order.total`", found.span())
    if found := re.search(r"!(?!=)", plain):
        return Misfit("bad-syntax", "'!' is not an operator here", "write `not`", found.span())
    if found := re.search(r"\d\.\.\d", plain):
        return Misfit("bad-syntax", "'..' is written in table cells only", "write `10 <= order.total <= 50`", found.span())
    if found := re.search(r"\b(AND|OR|NOT|IN)\b", plain):
        return Misfit("bad-syntax", f"'{found.group()}' is not a word of the language", f"write `{found.group().lower()}`", found.span())
    if found := _SPOKEN.search(plain):
        sign = _WRITTEN.get(found.group().lower(), ">")
        return Misfit("bad-syntax", f"'{found.group()}' is not a word of the language", f"write `{sign}`", found.span())
    if found := re.search(f"({_QUOTED})\\s*({_QUOTED})", text):
        return Misfit("bad-syntax", "two words in quotes stand side by side", "put a comma between them", found.span())
    return None


def _somewhere(text: str, error: Exception) -> Misfit:
    help_ = "write comparisons such as `order.total > 20`, joined by `and`, `or` and `not`"
    offset = getattr(error, "offset", None) or 0
    at = min(max(0, offset - 1), len(text.rstrip()) - 1)
    return Misfit("bad-syntax", "this cannot be read from here on", help_, (at, at + 1))


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
        raise Misfit("bad-syntax", "two words in quotes stand side by side", "put a comma between them")
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
    return _CONSTRUCTS.get(type(node), f"`{type(node).__name__}`")


_CONSTRUCTS: dict[type[ast.AST], str] = {
    ast.Lambda: "a lambda", ast.IfExp: "`… if … else …`", ast.Subscript: "a subscript `[…]`", ast.ListComp: "a comprehension",
    ast.GeneratorExp: "a comprehension", ast.SetComp: "a comprehension", ast.DictComp: "a comprehension", ast.Dict: "a mapping `{…}`",
    ast.NamedExpr: "`:=`", ast.JoinedStr: "an f-string", ast.Await: "`await`", ast.Yield: "`yield`", ast.YieldFrom: "`yield`",
    ast.Starred: "`*`", ast.Slice: "a slice", ast.Call: "a call", ast.Attribute: "a dot after something that is not a name",
    ast.UnaryOp: "this sign",
}  # fmt: skip
