"""What has no place in an expression outside quotes, each refused with what to write instead.

Characters that are not plain, signs and comments of other languages, numbers and dates that are written otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from empower.language.quantities import Misfit
from empower.moments import dates_meant
from empower.problems import INVISIBLE_HELP, invisible

QUOTED = r"'(?:[^'\\\n]|\\.)*'" + r'|"(?:[^"\\\n]|\\.)*"'
_LEFT, _RIGHT = "„“”«»‚‘’‹›´′`", "“”„«»’‘‚‹›´′`"
_NAME = r"[A-Za-z_][\w.]*"
ODD = re.compile(
    f"{QUOTED}"
    f"|(?P<typographic>[{_LEFT}][^{_RIGHT}'\"\\n]{{0,100}}[{_RIGHT}])"
    r"|(?P<date>(?<![\w.])(?:[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:T[0-9:.]*(?:Z|[+-][0-9:]{2,5})?)?|[0-9]{1,2}(?P<between>[./-])[0-9]{1,2}(?P=between)[0-9]{4})(?!\w))"
    r"|(?P<clock>(?<![\w.])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?!\w))"
    r"|(?P<thousands>(?<![\w.])(?:[0-9]{1,3}(?:[\s'’_][0-9]{3})+(?:[.,][0-9]+)?|[0-9]{1,3}(?:[.,][0-9]{3})*,0[0-9]+(?:\.[0-9]+)?)(?![\w.]))"
    f"|(?P<money>[$£€¥₹]\\s?(?P<coins>[0-9][0-9.]*)|(?P<coins_before>(?<![\\w.])[0-9][0-9.]*)\\s?[$£€¥₹])"
    f"|(?P<sigil>[$@#]\\{{?(?P<named>{_NAME})\\}}?)"
    r"|(?P<character>[^\x20-\x7e\n\t])"
    r"|(?P<operator>&&|\|\||<>|><|===|<=>|==>|[<>]==|~=|=>|=<|=!|[<>!=] =(?!=))"
    r"|(?P<equals>(?P<before>[-+*/]?)(?<![=<>!:])=(?!=)~?)"
    r"|(?P<number>(?<![\w.])(?:0[0-9]+(?:\.[0-9]+)?|[0-9][0-9.]*[A-Za-z_]\w*)|(?<![\w.)\]])\.[0-9]+(?!\w)|\.[0-9]+[A-Za-z_]\w*|(?<![\w.])[0-9]+\.(?![\w.]))"
    r"|(?P<comment>#|//|/\*)"
    r"|(?P<quote>['\"])"
    r"|(?P<sign>[@$;\\`]|\?\??)"
)
"""What is odd, by kind; a quoted text is passed over."""
PLAIN = re.compile(
    rf"(?:[A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+)*+|[ \n\t]|{QUOTED}|[<>!=]=(?![=>])|[<>](?![ <>=])|[<>] (?!=)|[-+*%()\[\]]|,(?!\d)"
    r"|(?:0|[1-9][0-9]{0,12})(?:\.[0-9]{1,4})?+(?![\w.:/'-]| [0-9']))*+",
    re.ASCII,
)
"""A text in which nothing is odd, as most are: told faster than by looking for each oddity."""

_OPERATORS = {
    "&&": "and", "||": "or", "<>": "!=", "===": "==", "=>": ">=", "=<": "<=", "=!": "!=", "><": "!=", "<=>": "==", "==>": ">=", ">==": ">=",
    "<==": "<=", "~=": "!=", "< =": "<=", "> =": ">=", "! =": "!=", "= =": "==",
}  # fmt: skip
_LIKE = {
    "≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "·": "*", "−": "-", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"',
    "«": '"', "»": '"', "＝": "==", "∧": "and", "∨": "or", "¬": "not", "∈": "in", "…": "..", "‚": "'", "′": "'", "´": "'", "`": "'", "÷": "/",
}  # fmt: skip
_LETTERS = str.maketrans("аеорсухіјѕһԁӏкмнтвгαερουνκτιχ", "aeopcyxijshdlkmhtbraepouvktix")
_LENGTHS = {
    "min": "minutes", "mins": "minutes", "minutes": "minutes", "minute": "minutes", "h": "hours", "hr": "hours", "hrs": "hours", "hours": "hours",
    "hour": "hours", "d": "days", "day": "days", "days": "days",
}  # fmt: skip
_TIMES = {"k": 1_000, "K": 1_000, "m": 1_000_000, "M": 1_000_000}


def refused(text: str, found: re.Match[str]) -> Misfit:
    """Why what was found has no place where it stands."""
    misfit = _REFUSALS[str(found.lastgroup)](text, found)
    misfit.at = misfit.at or found.span()
    return misfit


def _bad(message: str, help_: str) -> Misfit:
    return Misfit("bad-syntax", message, help_)


# ------------------------------------------------------------------------------------------------ characters


def _typographic(_: str, found: re.Match[str]) -> Misfit:
    word = found.group()[1:-1].strip()
    code = "bad-syntax" if found.group()[0] == "`" else "look-alike"
    return Misfit(code, f"the quotes of {found.group()[:60]} are not plain", f"write `'{word[:60]}'`")


def _character(text: str, found: re.Match[str]) -> Misfit:
    odd = found.group()
    name = unicodedata.name(odd, f"U+{ord(odd):04X}")
    if invisible(odd) or unicodedata.category(odd) == "Cf":
        return Misfit("invisible-character", f"this text holds the invisible character {name}", INVISIBLE_HELP)
    if unicodedata.category(odd) == "Sc":
        return _bad(f"'{odd}' has no meaning here", "write money as a plain number, in the pack's currency")
    if unicodedata.category(odd) == "Zs":
        return Misfit("look-alike", f"the character {name} may stand only in quotes", "write a plain space")
    digits = re.match(r"\d+", text[found.start() :])
    if digits is not None:
        shown = digits.group()
        misfit = Misfit("look-alike", f"the digits '{shown[:40]}' are those of another script", f"write `{_plain_digits(shown)[:40]}`")
        misfit.at = (found.start(), found.start() + len(shown))
        return misfit
    return Misfit("look-alike", f"the character {name} may stand only in quotes", _plain(odd))


def _plain_digits(written: str) -> str:
    return "".join(str(unicodedata.decimal(each)) for each in written)


def _plain(odd: str) -> str:
    """What a character is meant to be."""
    plain = _LIKE.get(odd) or odd.translate(_LETTERS)
    if plain.isascii():
        return f"write `{plain}`"
    if unicodedata.category(odd) in ("No", "Nl"):
        return (
            "there are no powers: write the number out"
            if unicodedata.decomposition(odd).startswith("<super>")
            else "write it as a plain number, such as 0.5"
        )
    plain = unicodedata.normalize("NFKC", odd)
    return f"write `{plain}`" if plain.isascii() and plain.strip() else "write it with plain letters, digits and signs"


# ------------------------------------------------------------------------------------------------ numbers, dates, money


def _date(text: str, found: re.Match[str]) -> Misfit:
    written = found.group()
    if function := re.search(r"\b(days_since|hours_since|known)\s*\($", text[: found.start()].rstrip()):
        help_ = "name the fact whose time is counted, or compare a fact with the date itself, in quotes"
        return Misfit("wrong-argument", f"`{function.group(1)}` takes one fact, and {written[:40]} is a date", help_)
    meant = [written] if "T" in written else dates_meant(written)
    help_ = "write " + " or ".join(f"`'{each}'`" for each in meant) if meant else "write a day of the calendar, such as `'2026-11-22'`"
    return Misfit("bad-date", f"the date {written[:40]} stands here without quotes", help_)


def _clock(_: str, found: re.Match[str]) -> Misfit:
    parts = [int(part) for part in found.group().split(":")]
    minutes = parts[0] * 60 + parts[1]
    return Misfit("bad-number", f"'{found.group()}' is not how a length of time is written", f"write `minutes({minutes})`")


def _thousands(_: str, found: re.Match[str]) -> Misfit:
    written = found.group()
    whole, decimals = written, ""
    if tail := re.search(r"[.,](?![0-9]{3}(?![0-9]))([0-9]+)$", written):
        whole, decimals = written[: tail.start()], f".{tail.group(1)}"
    plain = re.sub(r"\D", "", whole).lstrip("0") or "0"
    return Misfit(
        "bad-number",
        f"'{written[:40]}' could be one number or two",
        f"write `{plain[:40]}{decimals[:10]}`, without anything between its digits",
    )


def _money(_: str, found: re.Match[str]) -> Misfit:
    number = found.group("coins") or found.group("coins_before")
    sign = next(each for each in found.group() if each in "$£€¥₹")
    misfit = _bad(f"'{sign}' has no meaning here", f"write `{number[:40]}`: money is in the pack's currency")
    at = found.start() + found.group().index(sign)
    misfit.at = (at, at + 1)
    return misfit


def _number(_: str, found: re.Match[str]) -> Misfit:
    odd = found.group()
    if odd[0] == "0" and odd.replace(".", "").isdigit():
        plain = odd.lstrip("0")
        return Misfit(
            "bad-number", f"'{odd[:40]}' begins with a needless 0", f"write `{'0' if plain[:1] in ('.', '') else ''}{plain[:40]}`"
        )
    return Misfit("bad-number", f"'{odd[:40]}' is not a plain number", _plain_number(odd))


def _plain_number(odd: str) -> str:
    """A number of programmers, or with its unit, as it is written here."""
    if odd[0] == "." or odd[-1] == ".":
        return f"write `0{odd[:40]}`" if odd[0] == "." else f"write `{odd[:40].rstrip('.')}`"
    if parts := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([A-Za-z]+)", odd):
        digits, unit = parts.groups()
        if unit in _LENGTHS:
            return f"write `{_LENGTHS[unit]}({digits})`"
        if unit in ("x", "X"):
            return f"write `{digits} *`"
        if unit in _TIMES and "." not in digits and len(digits) < 6:
            return f"write `{int(digits) * _TIMES[unit]}`"
        if unit in ("and", "or", "in", "if", "not"):
            return f"write `{digits} {unit}`, with a blank between"
        if (
            len(digits) <= 13
            and (unit.isupper() or unit in ("p", "pounds", "euro", "euros", "usd", "gbp", "eur"))
            and unit not in ("E", "J")
        ):
            return f"write `{digits}`: money is in the pack's currency"
    if (whole := re.fullmatch(r"(?i)0x[0-9a-f]{1,9}|0b[01]{1,30}|0o[0-7]{1,10}|[1-9](?:_?[0-9]){0,12}", odd)) is not None:
        return f"write `{int(whole.group(), 0)}`"
    if (power := re.fullmatch(r"([1-9])[eE]([0-9]|1[0-2])", odd)) is not None:
        return f"write `{power.group(1)}{'0' * int(power.group(2))}`"
    return "write digits and at most four decimals, such as 12 or 0.25"


# ------------------------------------------------------------------------------------------------ signs


def _sigil(_: str, found: re.Match[str]) -> Misfit:
    if found.group()[0] == "#":
        return _comment(_, found)
    return _bad(f"'{found.group()[0]}' has no meaning here", f"write the name alone: `{found.group('named')[:60]}`")


def _operator(_: str, found: re.Match[str]) -> Misfit:
    odd = found.group()
    if odd == "= =":
        return Misfit("single-equals", "'= =' has a blank in it", "write `==`")
    return _bad(f"'{odd}' is not an operator here", f"write `{_OPERATORS[odd]}`")


def _equals(text: str, found: re.Match[str]) -> Misfit:
    before = text[: found.start()]
    if not before.strip():
        return Misfit("single-equals", "a condition is no formula of a spreadsheet: nothing begins with '='", "leave the '=' out")
    if found.group().endswith("~"):
        return _bad("'=~' is not an operator here", "write `matches(order.id, '…')`")
    if found.group("before"):
        return Misfit("single-equals", f"'{found.group()}' changes something, and a condition changes nothing", "write `==` to compare")
    if argument := re.search(r"[\w.]+\s*\((?:[^()]*,)?\s*(\w+)\s*$", before):
        name = argument.group(1)
        misfit = Misfit(
            "wrong-argument",
            f"functions take no named arguments, such as '{name[:40]}='",
            f"leave `{name[:40]}=` out, and write `==` to compare",
        )
        misfit.at = (argument.start(1), found.end())
        return misfit
    return Misfit("single-equals", "'=' does not compare", "write `==`")


def _comment(text: str, found: re.Match[str]) -> Misfit:
    sign = found.group()[:2] if found.group()[0] == "/" else "#"
    if sign == "//" and re.match(r"\s*[0-9(]", text[found.end() :]):
        return _bad("'//' has no meaning here", "nothing is divided here: write `0.5 * x` or `50% of x`")
    misfit = _bad(
        f"'{sign}' begins no comment inside an expression", "put the comment behind the expression or above it, after `#` of YAML"
    )
    misfit.at = (found.start(), found.start() + len(sign))
    return misfit


def _quote(_: str, found: re.Match[str]) -> Misfit:
    return _bad(
        "this quote is never closed",
        f"end the word with the same quote, `{found.group()}`; a word with one in it takes the other kind around it",
    )


def _sign(text: str, found: re.Match[str]) -> Misfit:
    before = text[: found.start()]
    if found.group() == ";" and before.count("(") > before.count(")"):
        return _bad("';' has no meaning here", "write a comma between what stands in brackets")
    helps = {
        ";": "leave it out; join conditions with `and`", "?": "leave it out: a condition says only when",
        "??": "leave it out: what is not known stays unknown (`known(…)` asks whether it is)", "@": "write percentages as `50% of x`",
        "$": "write the number alone: money is in the pack's currency", "`": "put words in plain quotes `'…'`, and names in none",
    }  # fmt: skip
    return _bad(f"'{found.group()}' has no meaning here", helps.get(found.group(), "leave it out"))


_REFUSALS: Mapping[str, Callable[[str, re.Match[str]], Misfit]] = {
    "typographic": _typographic, "character": _character, "date": _date, "clock": _clock, "thousands": _thousands, "money": _money,
    "number": _number, "sigil": _sigil, "operator": _operator, "equals": _equals, "comment": _comment, "quote": _quote, "sign": _sign,
}  # fmt: skip
