"""Why a text cannot be read as an expression, in words that depend on no version of Python, and what to write instead.

Only asked once Python has refused the text. It is walked word by word: what stands where no value, or no operator, can stand is the mistake,
unless a habit of another language explains it (`is greater than`, `AND`, `starts with`, `50 EUR`).
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence

from empower import ir
from empower.language.odd import QUOTED
from empower.language.quantities import Misfit
from empower.language.spoken import LEFT_OUT, LONGEST, UNITS, is_coin, like, meant
from empower.noun import frozen

_ONE_QUOTED = re.compile(QUOTED)
_TOKEN = re.compile(
    r"(?P<quoted>'x*'|\"x*\")|(?P<number>[0-9][\w.]*)|(?P<name>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)"
    r"|(?P<sign>%\s*of\b|!==|[=!<>]=|\*\*|->|::|:=|![<>]|<<|>>|[-+*/%@<>~&|^()\[\]{},:.!])"
)
_MARKS = "'\""
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_JOINING = frozenset(
    [
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "**",
        "&",
        "|",
        "^",
        "<<",
        ">>",
        ",",
        ":",
        ":=",
        ".",
        "and",
        "or",
        "in",
        "is",
        "per",
    ]
)
_BEFORE_VALUES = frozenset(["(", "[", "{", "-", "+", "~", "*", "**", "not", "lambda", "await", "yield", "from"])
_FUNCTIONS = (
    "known",
    "days_since",
    "hours_since",
    "min",
    "max",
    "minutes",
    "hours",
    "days",
    "starts_with",
    "ends_with",
    "contains",
    "matches",
)


@frozen
class _Word:
    """A word, number, quoted text or sign, and where it stands."""

    kind: str
    start: int
    end: int
    text: str
    """As written, without blanks around its dots."""

    @property
    def is_value(self) -> bool:
        """Whether it stands for something by itself."""
        return self.kind in ("quoted", "number") or (self.kind == "name" and self.text != "per" and not keyword.iskeyword(self.text))


def unread(text: str, facts: Mapping[str, ir.FactType]) -> Misfit:
    """What is wrong with a text that Python cannot read."""
    masked = _ONE_QUOTED.sub(lambda found: f"{found.group()[0]}{'x' * (len(found.group()) - 2)}{found.group()[0]}", text)
    blank = re.sub("'x*'|\"x*\"", lambda found: " " * len(found.group()), masked)
    return _range(text, masked) or _unbalanced(blank) or _Walk(text, _words(masked, text), facts).problem()


def _words(masked: str, text: str) -> tuple[_Word, ...]:
    found = _TOKEN.finditer(masked)
    return tuple(
        _Word(str(each.lastgroup), *each.span(), re.sub(r"\s", "", each.group()) if each.lastgroup == "name" else text[slice(*each.span())])
        for each in found
    )


def _range(text: str, masked: str) -> Misfit | None:
    """`order.total in 10..50`: a range of table cells."""
    one = r"[0-9]+(?:\.[0-9]+)?|'x*'|\"x*\""
    found = re.search(rf"[\[(]?(?<![\w.])(?P<low>{one}) ?\.\. ?(?P<high>{one})[\])]?", masked)
    if found is None:
        return None
    before = re.search(r"((?!in\b|is\b)[A-Za-z_][\w.]*(?:\([^()]*\))?) *(?:in|==|is|between)? *$", masked[: found.start()])
    name = before.group(1) if before else "order.total"
    ends = text[slice(*found.span("low"))], text[slice(*found.span("high"))]
    low, high = (">" if found.group()[0] == "(" else ">="), ("<" if found.group()[-1] == ")" else "<=")
    low = {">": "<", ">=": "<="}[low]
    help_ = f"write `{ends[0]} {low} {name} {high} {ends[1]}`"
    return Misfit("bad-syntax", f"a range such as `{text[slice(*found.span())][:40]}` is written in table cells only", help_, found.span())


def _unbalanced(plain: str) -> Misfit | None:
    opened: list[int] = []
    for at, sign in enumerate(plain):
        if sign in _CLOSING:
            opened.append(at)
        elif sign in ")]}" and (not opened or _CLOSING[plain[opened.pop()]] != sign):
            return Misfit("bad-syntax", f"this '{sign}' closes nothing", "leave it out, or open it before", (at, at + 1))
    if opened:
        last = plain[opened[-1]]
        return Misfit(
            "bad-syntax", f"this '{last}' is never closed", f"add `{_CLOSING[last]}`, or leave it out", (opened[-1], opened[-1] + 1)
        )
    return None


def _bad(message: str, help_: str, where: tuple[int, int]) -> Misfit:
    return Misfit("bad-syntax", message, help_, where)


@frozen
class _Walk:
    """Goes through the words of a text until one has no place where it stands."""

    text: str
    words: Sequence[_Word]
    facts: Mapping[str, ir.FactType]

    def problem(self) -> Misfit:
        """The first word that has no place; there is one, or the text breaks off."""
        wants_value = True
        for at, word in enumerate(self.words):
            found = self.no_value(at) if wants_value else self.no_operator(at)
            if found is not None:
                return found
            opens = word.text in _CLOSING
            joins = word.text in _JOINING or word.text in _BEFORE_VALUES or word.text[0] == "%"
            wants_value = opens or (joins and not (word.text == "not" and not wants_value))
        if wants_value and self.words:
            return self.broken_off(self.words[-1])
        help_ = "write comparisons such as `order.total > 20`, joined by `and`, `or` and `not`"
        return _bad("this cannot be read", help_, (0, max(1, len(self.text))))

    # -- where a value is wanted

    def no_value(self, at: int) -> Misfit | None:
        """What is wrong with a word that should be, or begin, a value."""
        word = self.words[at]
        lower = word.text.lower()
        if lower == "not" and word.text != "not":
            return _bad(f"'{word.text}' is not a word of the language", "write `not`", (word.start, word.end))
        if word.text == "!":
            return _bad("'!' is not an operator here", "write `not`", (word.start, word.end))
        following = self.words[at + 1] if at + 1 < len(self.words) else None
        applied = following is not None and following.text == "("
        if at == 0 and not applied and lower not in ("in", "is") and (said := self.said(0)) is not None:
            said.help = "name the fact before it, as in `order.total <= 25`; as an amount write the number alone"
            return said
        if lower == "nicht":
            return _bad("'nicht' is not a word of the language", "write `not`", (word.start, word.end))
        if lower in LEFT_OUT and (following is None or following.is_value or following.text in ("(", "not")):
            help_ = f"leave it out: {LEFT_OUT[lower]}" if lower != "either" else LEFT_OUT[lower]
            return _bad(f"'{word.text}' is not a word of the language", help_, (word.start, word.end))
        if word.is_value or word.text in _BEFORE_VALUES:
            return None
        before = self.words[at - 1] if at else None
        if word.text in _CLOSING.values() and before is not None and before.text in (*_CLOSING, ","):
            return None
        if word.kind == "name" and word.text not in _JOINING:
            return _bad(
                f"'{word.text}' is a word of Python that has no place here", "leave it out, or choose another name", (word.start, word.end)
            )
        return self.missing(at)

    def missing(self, at: int) -> Misfit:
        """An operator before which a value should stand."""
        word, where = self.words[at], (self.words[at].start, self.words[at].end)
        if at == 0:
            return _bad(f"there is nothing before `{word.text}`", "write a fact before it, such as `order.total`, or leave it out", where)
        before = self.words[at - 1]
        if before.text in ("and", "or") and word.text in ("==", "!=", "<", "<=", ">", ">=", "in") and (left := self.last_compared(at)):
            rewrite = f"{before.text} {left} {word.text} {self.operand_after(at + 1)}"
            return _bad(f"there is nothing between `{before.text}` and `{word.text}`", f"name the fact again: write `{rewrite}`", where)
        return _bad(
            f"there is nothing between `{before.text}` and `{word.text}`",
            "write a fact, a number or a word in quotes there, or leave one out",
            where,
        )

    def broken_off(self, last: _Word) -> Misfit:
        """A text that ends where a value should follow."""
        wanted = "a condition" if last.text in ("and", "or", "not") else "a value"
        help_ = f"write {wanted} after it, or leave it out"
        return _bad(f"the text ends after `{last.text}`, where {wanted} should follow", help_, (last.start, last.end))

    # -- where an operator is wanted

    def no_operator(self, at: int) -> Misfit | None:
        """What is wrong with a word that should follow a value."""
        word = self.words[at]
        if found := self.of_other_signs(at) or self.said(at):
            return found
        if word.text in _JOINING or word.text in _CLOSING or word.text in _CLOSING.values() or word.text[0] == "%":
            return None
        before = self.words[at - 1]
        if word.text == "not":
            following = self.words[at + 1].text if at + 1 < len(self.words) else ""
            if following == "in":
                return None
            rewrite = f"{self.operand_before(at)} != {self.operand_after(at + 1 + (following == '=='))}"
            return _bad(
                f"'not' follows `{before.text}` with nothing between them", f"write `{rewrite}`, or `and not …`", (word.start, word.end)
            )
        if before.kind == word.kind == "quoted" and before.end == word.start and before.text[0] == word.text[0] == "'":
            help_ = f'write `"{before.text[1:-1]}\'{word.text[1:-1]}"`'
            return _bad("two words in quotes stand side by side", help_, (before.start, word.end))
        if before.kind == word.kind == "quoted":
            help_ = "put a comma between them" if self.inside(at, "[({") else "leave one out, or write `in ['…', '…']`"
            return _bad("two words in quotes stand side by side", help_, (before.start, word.end))
        return self.without_brackets(at) or self.measured(at) or self.one_name(before, word) or self.side_by_side(at)

    def of_other_signs(self, at: int) -> Misfit | None:
        """Signs that mean something elsewhere."""
        word, where = self.words[at], (self.words[at].start, self.words[at].end)
        before, after = self.operand_before(at), self.operand_after(at + 1)
        if word.text == "%" and not (at + 1 < len(self.words) and (self.words[at + 1].is_value or self.words[at + 1].text == "(")):
            following = self.words[at + 1].text if at + 1 < len(self.words) else ""
            earlier = self.words[at - 2].text if at > 1 else ""
            whole = self.operand_after(at + 2) if following == "*" else ""
            whole = whole or (self.operand_before(at - 2) if earlier == "*" else "order.total")
            number = before if re.fullmatch(r"[0-9.]+", before) else "50"
            return _bad("'%' must be followed by 'of': of what is it a part?", f"write `{number}% of {whole}`", where)
        signs = {"!==": "!=", "!>": "<=", "!<": ">="}
        if word.text in signs:
            return _bad(f"'{word.text}' is not an operator here", f"write `{before} {signs[word.text]} {after}`", where)
        if word.text == "!":
            return _bad("'!' is not an operator here", f"write `{before} != {after}`, or `not` before a condition", where)
        if word.text == ":=":
            return _bad("':=' is not an operator here", f"write `{before} == {after}`", where)
        if word.text == "~":
            return _bad("'~' is not an operator here", f"write `matches({before}, {after})`", where)
        if word.text in ("->", "::", ":") and at + 1 < len(self.words) and self.words[at - 1].kind == self.words[at + 1].kind == "name":
            return _bad(f"'{word.text}' is not an operator here", f"write `{before}.{after}`", where)
        return None

    def said(self, at: int) -> Misfit | None:
        """An operator said in words, or written in capitals."""
        word = self.words[at]
        if word.kind != "name":
            return None
        following = self.words[at + 1] if at + 1 < len(self.words) else word
        both: Sequence[_Word] = (word, following) if (word.text.lower(), following.text.lower()) == ("not", "in") else (word,)
        shown = " ".join(each.text for each in both)
        if shown.lower() in ("and", "or", "in", "not in") and shown != shown.lower():
            return _bad(f"'{shown}' is not a word of the language", f"write `{shown.lower()}`", (word.start, both[-1].end))
        for length in range(min(LONGEST, len(self.words) - at), 0, -1):
            group = self.words[at : at + length]
            if any(each.kind != "name" for each in group):
                continue
            written = meant([each.text.lower() for each in group])
            if written:
                where = (group[0].start, group[-1].end)
                shown = " ".join(self.text[slice(*where)].split())
                return _bad(f"'{shown[:60]}' is not a word of the language", f"write `{self.filled(written, at, at + length)}`", where)
        return None

    def without_brackets(self, at: int) -> Misfit | None:
        """`known order.id`, `days since order.day`."""
        before, word = self.words[at - 1], self.words[at]
        if not word.is_value:
            return None
        if f"{before.text}_{word.text}" in _FUNCTIONS:
            before, at = _Word("name", before.start, word.end, f"{before.text}_{word.text}"), at + 1
        if before.text not in _FUNCTIONS:
            return None
        help_ = f"write `{before.text}({self.operand_after(at)})`"
        return _bad(f"`{before.text}` takes what it is about in brackets", help_, (before.start, before.end))

    def measured(self, at: int) -> Misfit | None:
        """`45 minutes`, `30 days ago`, `50 EUR`, `EUR 50`."""
        before, word = self.words[at - 1], self.words[at]
        where = (before.start, word.end)
        if before.kind == "name" and word.kind == "number" and is_coin(before.text):
            return _bad(f"'{before.text}' stands before a number", f"write `{word.text}`: money is in the pack's currency", where)
        if before.kind != "number" or word.kind != "name":
            return None
        if (span := re.fullmatch("(week|month|year)s?", word.text.lower())) is not None:
            days = (
                {"week": 7, "month": 30, "year": 365}[span.group(1)] * int(before.text)
                if before.text.isdigit() and len(before.text) < 5
                else 30
            )
            return _bad(
                f"'{before.text} {word.text}' is not how a length of time is written", f"count the days: `{days}`, or `days({days})`", where
            )
        unit = UNITS.get(word.text.lower())
        if unit and f"{unit}_since(" in self.text:
            return _bad(
                f"'{before.text} {word.text}' is not how a number is written",
                f"write `{before.text}`: `{unit}_since(…)` is in {unit}",
                where,
            )
        if unit and at + 1 < len(self.words) and self.words[at + 1].text == "ago":
            since = f"{'hours' if unit == 'hours' else 'days'}_since({self.last_compared(at) or 'order.day'})"
            where = (before.start, self.words[at + 1].end)
            return _bad("'ago' is not a word of the language", f"write `{since} > {before.text}` for longer ago, `<` for later", where)
        if unit:
            help_ = f"write `{unit}({before.text})`, or `{before.text}` beside `{'hours' if unit == 'hours' else 'days'}_since(…)`"
            return _bad(f"'{before.text} {word.text}' is not how a length of time is written", help_, where)
        if is_coin(word.text):
            return _bad(f"'{word.text}' stands behind a number", f"write `{before.text}`: money is in the pack's currency", where)
        return None

    def one_name(self, before: _Word, word: _Word) -> Misfit | None:
        """`order total`: a name with a blank in it."""
        if before.kind != "name" or word.kind != "name":
            return None
        joined = next((name for sign in "._" if (name := f"{before.text}{sign}{word.text}") in self.facts), None)
        if joined is None:
            return None
        return _bad(f"'{before.text} {word.text}' is not one name", f"did you mean `{joined}`?", (before.start, word.end))

    def side_by_side(self, at: int) -> Misfit:
        """Two values, or two conditions, with nothing between them."""
        before, word = self.words[at - 1], self.words[at]
        lower, where = word.text.lower(), (word.start, word.end)
        if lower == "of":
            help_ = f"write `{before.text if before.kind == 'number' else 50}% of {self.operand_after(at + 1)}`"
            return _bad("'of' stands behind a percentage only", help_, where)
        if lower in ("mod", "modulo", "div"):
            return _bad(f"'{word.text}' is not a word of the language", "nothing is divided here: write `0.5 * x` or `50% of x`", where)
        if lower in LEFT_OUT:
            return _bad(f"'{word.text}' is not a word of the language", f"end before it: {LEFT_OUT[lower]}", where)
        help_ = "put an operator such as `==`, `and` or `or` between them, or leave one out"
        if lower == "x" or (before.kind == "number" and isinstance(self.facts.get(word.text), ir.NumberType)):
            first, second = (self.operand_before(at), self.operand_after(at + 1)) if lower == "x" else (before.text, word.text)
            help_ = f"write `{first} * {second}`"
        return _bad(f"`{word.text[:40]}` follows `{before.text[:40]}` with nothing between them", help_, where)

    # -- what stands beside a word

    def inside(self, at: int, brackets: str) -> bool:
        """Whether a word stands in brackets."""
        before = "".join(word.text for word in self.words[:at] if word.kind == "sign")
        return sum(map(before.count, brackets)) > sum(map(before.count, ")]}"))

    def operand_before(self, at: int) -> str:
        """The value that ends before a word, as written."""
        if at < 1:
            return "…"
        first = last = at - 1
        if self.words[last].text in _CLOSING.values():
            depth = 0
            for first in range(last, -1, -1):
                depth += (self.words[first].text in _CLOSING.values()) - (self.words[first].text in _CLOSING)
                if depth == 0:
                    break
            first -= first > 0 and self.words[first - 1].is_value
        elif not self.words[last].is_value:
            return "…"
        return self.text[self.words[first].start : self.words[last].end]

    def operand_after(self, at: int) -> str:
        """The value that begins at a word, as written."""
        return self.text[self.words[at].start : self.words[self.end_of(at)].end] if at < len(self.words) else "…"

    def end_of(self, at: int) -> int:
        """Where the value that begins at a word has its last word."""
        if self.words[at].text == "-" and at + 1 < len(self.words):
            return self.end_of(at + 1)
        end = at + 1 if self.words[at].kind == "name" and at + 1 < len(self.words) and self.words[at + 1].text == "(" else at
        depth = 0
        for last in range(end, len(self.words)):
            depth += (self.words[last].text in _CLOSING) - (self.words[last].text in _CLOSING.values())
            if depth <= 0:
                return last
        return at

    def last_compared(self, at: int) -> str:
        """What was compared last before a word."""
        comparisons = ("==", "!=", "<", "<=", ">", ">=", "in")
        for each in range(at - 1, 0, -1):
            if self.words[each].text in comparisons:
                left, right = self.operand_before(each), self.operand_after(each + 1)
                return right if left[:1].isdigit() and not right[:1].isdigit() else left
        return ""

    def filled(self, written: str, at: int, after: int) -> str:
        """A rewrite with the values on both sides put in."""
        left, right = self.operand_before(at), self.operand_after(after)
        if "contains(" in written and isinstance(self.facts.get(left), ir.SetOfType):
            written = "{b} not in {a}" if written.startswith("not") else "{b} in {a}"
        third = ""
        if "{c}" in written:
            comma = self.end_of(after) + 1 if after < len(self.words) else after
            third = self.operand_after(comma + 1)
            if right.startswith("(") and "," in right:
                right, third = (part.strip() for part in right[1:-1].split(",", 1))
        parts = {
            "{like}": f"{like(right)}", "{list}": self.listed(after), "{a}": left, "{b}": self.worded(left, right), "{c}": third,
            "{any}": self.held(after, left, " or "), "{all}": self.held(after, left, " and "),
            "{l}": self.text[: self.words[at].start].strip(), "{r}": self.text[self.words[after - 1].end :].strip() or "…",
        }  # fmt: skip
        return re.sub(r"\{(like|list|any|all|[abclr])\}", lambda found: parts[found.group()].replace("{a}", left), written)

    def held(self, at: int, fact: str, joined: str) -> str:
        """The words of a list, each looked for in a set."""
        listed = re.findall(r"(?:'[^']*'|\"[^\"]*\"|[\w-]+)", self.listed(at))
        return joined.join(f"'{word.strip(_MARKS)}' in {fact}" for word in listed[:4])

    def worded(self, fact: str, word: str) -> str:
        """A word that is one of the fact's, in quotes."""
        return f"'{word}'" if word in getattr(self.facts.get(fact), "members", ()) else word

    def listed(self, at: int) -> str:
        """The words of a list, each in quotes."""
        if at < len(self.words) and self.words[at].text in _CLOSING:
            return self.operand_after(at)
        items = []
        for word in self.words[at:]:
            if word.is_value:
                items.append(word.text if word.kind == "quoted" else f"'{word.text}'")
            elif word.text not in (",", "or", "and"):
                break
        return f"[{', '.join(items[:6]) or '…'}]"
