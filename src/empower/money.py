"""Money: text, decimals and JSON shapes go in, integers in minor units come out, and the other way round.

Inside the library an amount is an `int` of minor units (pence, cents, yen) from 0 to `MINOR_MAX`; its currency stands in the pack.
Nothing here rounds, guesses a unit, computes with floats, or reads the locale or the decimal context: what is not plainly an amount
is refused by name (`docs/api.md`, *What goes in*). Every refusal is a `MoneyError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeGuard, TypeVar

MINOR_MAX: Final = 10**15
"""The largest amount, in minor units of any currency; thousands of them, or any percentage in whole points, stay within 64 bits."""

_TEXT_MAX: Final = 40
"""Longest text that is looked at, in characters; the longest good amount has 17."""

_MEMO_MAX: Final = 4096
"""Most texts a memo keeps, and most decimals `to_decimal` keeps."""

_NBSP: Final = "\N{NO-BREAK SPACE}"
_T = TypeVar("_T")


class MoneyError(ValueError):
    """Something is not an amount of money. `message`: one lower-case sentence with the value; `help`: how to mend it."""

    def __init__(self, message: str, help_: str) -> None:
        super().__init__(message, help_)
        self.message = message
        self.help = help_

    def __str__(self) -> str:
        return f"{self.message} (help: {self.help})"


class BoundsError(MoneyError):
    """A well-formed amount, of `minor` units, that lies outside the bounds asked for."""

    def __init__(self, message: str, help_: str, minor: int) -> None:
        super().__init__(message, help_)
        self.args = (message, help_, minor)
        self.minor = minor


# -- currencies: ISO 4217 as published on 2026-01-01, active codes by the number of their decimals

_CODES: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC
          CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
          KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN
          PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS
          UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG""",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS: Final = {code: exponent for exponent, codes in _CODES.items() for code in codes.split()}

CURRENCIES: Final = tuple(sorted(_EXPONENTS))
"""Every active code of ISO 4217 that has a minor unit, sorted."""

_UNCOUNTED: Final = frozenset({"XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA"})
"""Codes of ISO 4217 without a minor unit: metals, units of account, tests. (Its code for "no currency" is simply none.)"""

_WITHDRAWN: Final = {"ANG": "XCG", "BGN": "EUR", "CUC": "CUP", "HRK": "EUR", "SLL": "SLE", "ZWL": "ZWG"}
"""Codes withdrawn since 2021, with what took their place."""

_COMMON: Final = ("AUD", "CAD", "CHF", "CNY", "EUR", "GBP", "JPY", "NZD", "SEK", "USD")
"""Tried first when a code is mistyped."""

_SYMBOLS: Final = {"AUD": "A$", "CAD": "CA$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥", "NZD": "NZ$", "USD": "$"}
"""Symbols that stand for one currency only, the same in every language; all other currencies are shown by their code."""

_UNITS: Final = {"EUR": ("euros", "cents"), "GBP": ("pounds", "pence"), "USD": ("dollars", "cents")}
"""What to call major and minor units, where the code alone would be stiff; all others are named by `_PARTS`."""

_PARTS: Final = ("wholes", "tenths", "hundredths", "thousandths", "ten-thousandths")


def exponent_of(currency: str) -> int:
    """How many decimals the currency has: 0 (JPY), 2 (GBP), 3 (KWD) or 4 (CLF).

    Raises:
        MoneyError: not an active currency of ISO 4217 in upper case; the help names the likely one.
    """
    try:
        return _EXPONENTS[currency]
    except (KeyError, TypeError):
        raise _unknown_currency(currency) from None


def _unknown_currency(currency: object) -> MoneyError:
    if not _is(currency, str):
        return MoneyError(f"{_described(currency)} is not a currency", "use the three letters of ISO 4217, such as 'GBP'")
    shown = _shown(currency)
    if currency in _UNCOUNTED:
        return MoneyError(f"{shown} has no minor unit to count in", "use the currency in which you pay, such as 'GBP'")
    likely = _likely_currency(currency)
    advice = f"did you mean '{likely}'?" if likely else "use the three letters of ISO 4217, such as 'GBP'"
    if currency in _WITHDRAWN:
        return MoneyError(f"{shown} is no longer a currency of ISO 4217", advice)
    if currency.upper() in _EXPONENTS:
        return MoneyError(f"{shown} is not in upper case, as currencies are", advice)
    return MoneyError(f"{shown} is not a currency of ISO 4217", advice)


def _likely_currency(wrong: str) -> str | None:
    """The code that was probably meant: same letters, successor, symbol, same letters in another order, else the closest."""
    if len(wrong) > _TEXT_MAX:
        return None
    code = wrong.strip().upper()
    by_symbol = {symbol: known for known, symbol in _SYMBOLS.items()}
    direct = code if code in _EXPONENTS else _WITHDRAWN.get(code) or by_symbol.get(code)
    if direct:
        return direct
    anagrams = [known for known in CURRENCIES if sorted(known) == sorted(code)]
    alike = [known for known in CURRENCIES if known[0] == code[:1]]
    close = anagrams or get_close_matches(code, _COMMON) or get_close_matches(code, alike)
    return close[0] if close else None


# -- reading


def parse_money(value: object, currency: str) -> int:
    """Read an amount from outside as minor units of `currency`, 0 to `MINOR_MAX`; bounds of your own: see `MoneyMemo`.

    * text in plain notation, `amount = "0" | [1-9][0-9]*, then optionally "." [0-9]+`: "5", "5.0", "5.00", "0.50". Not ".5", "5.",
      "+5", "1e3", "1,000" or " 5"; nor "007.00", because fields padded with zeros are usually counted in minor units.
    * `Decimal`, any exact notation: `Decimal("5.00")`, `Decimal("1E+2")`.
    * `float`, by its shortest repr: 0.1 and 5.0 (which has no decimals), not 0.1 + 0.2. No arithmetic is done with it.
    * `{"minor": 500, "currency": "GBP"}`, exactly these keys.

    None may have more decimals than the currency, even if they are zeros ("5.000" GBP). Subclasses are read as their base class.

    Raises:
        MoneyError: anything else, by name: bare integers (pounds or pence?), yes/no, NaN, infinities, negatives and -0, amounts
            above `MINOR_MAX`, another currency, an unknown currency, every other type.
    """
    exponent_of(currency)
    if type(value) is str:
        return _from_plain_text(value, currency)
    for kind, read in _READERS:
        if issubclass(type(value), kind):
            return read(value, currency)
    raise MoneyError(f"{_described(value)} is not an amount", f"write {_ways(currency)}")


_PLAIN: Final = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?")


def _from_text(value: str, currency: str) -> int:
    text = str.__str__(value)
    if len(text) > _TEXT_MAX:
        raise MoneyError(f"{_shown(text)} has {len(text)} characters, more than the {_TEXT_MAX} of any amount", _example(currency))
    match = _PLAIN.fullmatch(text)
    if match is None:
        raise _not_plain(text, currency)
    return _counted(match[1], match[2] or "", _shown(text), currency)


_from_plain_text = lru_cache(maxsize=_MEMO_MAX)(_from_text)
"""Remembers what it read; only ever asked with what is exactly a `str`, so nothing else can be taken for a text that it knows."""


_SIGNS: Final = r"[$\u00a2-\u00a5\u0e3f\u20a0-\u20c0\ufdfc\ufe69\uff04\uffe0\uffe1\uffe5\uffe6]"
"""The signs of currencies, the full-width ones too."""

_NOT_PLAIN: Final = (
    (r"\A\Z", "the text is empty", "leave the amount out if there is none; otherwise {example}"),
    (r"(?i)\A[-+]?s?nan[0-9]*\Z", "{shown} is not a number", "{example}"),
    (r"(?i)\A[-+]?inf(inity)?\Z", "{shown} is infinite", "{example}"),
    (r"\A[-+]?([0-9]+\.?|\.[0-9])[0-9]*[eE][-+]?[0-9]+\Z", "{shown} is in scientific notation", "write out its digits; {example}"),
    (_SIGNS, "{shown} has a currency symbol in it", "leave it out, the currency is {currency}; {example}"),
    (r"[A-Za-z]", "{shown} has letters in it", "only the number, the currency is {currency}; {example}"),
    (r"\s", "{shown} has white space in it", "take it out; {example}"),
    (r"[^!-~]", "{shown} has the character {odd} in it", "use the digits 0 to 9 and a point; {example}"),
    (r"\A-0+(\.0*)?\Z", "{shown} is a negative zero", 'write "0"'),
    (r"\A-[0-9.]", "{shown} is negative", "an amount is what is given away, so it is never below zero"),
    (r"\A\+", "{shown} has a plus sign", "take it out; {example}"),
    (r",", "{shown} has a comma in it", "put a point before the decimals and nothing between thousands; {example}"),
    (r"_", "{shown} has an underscore in it", "put nothing between thousands; {example}"),
    (r"\A\.[0-9]+\Z", "{shown} has no digit before the point", 'write "0{text}"'),
    (r"\A[0-9]+\.\Z", "{shown} has no digit after the point", "take out the point, or add decimals; {example}"),
    (r"\A0[0-9]+(\.[0-9]+)?\Z", "{shown} starts with a needless zero", "padded numbers are often minor units; {example}"),
    (r"", "{shown} is not a plain decimal number", "{example}"),
)
"""What is wrong with a text that is not `_PLAIN`: the first pattern found speaks. Compiled when needed: a start is quick."""


def _not_plain(text: str, currency: str) -> MoneyError:
    message, advice = next((message, advice) for pattern, message, advice in _NOT_PLAIN if re.search(pattern, text))
    odd = next((f"U+{ord(character):04X}" for character in text if not "!" <= character <= "~"), "")
    facts = {"shown": _shown(text), "text": text, "odd": odd, "currency": currency, "example": _example(currency)}
    return MoneyError(message.format_map(facts), advice.format_map(facts))


def _from_decimal(value: Decimal, currency: str) -> int:
    exact = Decimal(value)
    shown = _cut(str(exact))
    sign, digits, power = exact.as_tuple()
    if isinstance(power, str):
        raise _not_finite(shown, currency)
    if sign:
        raise _negative(shown, zero=not exact)
    if -power > exponent_of(currency):
        raise _too_many_decimals(shown, -power, currency)
    if not exact:
        return 0
    if exact.adjusted() >= len(str(MINOR_MAX)):
        raise _too_large(shown, currency)
    return _bounded(int("".join(map(str, digits))) * 10 ** (power + exponent_of(currency)), shown, currency)


def _from_float(value: float, currency: str) -> int:
    text = float.__repr__(value)
    if text in ("nan", "inf", "-inf"):
        raise _not_finite(text, currency)
    if text.startswith("-"):
        raise _negative(text, zero=text == "-0.0")
    number, _, power = text.partition("e")
    whole, _, fraction = number.partition(".")
    if power.startswith("+"):
        raise _too_large(text, currency)
    if power:
        raise _too_many_decimals(text, len(fraction) - int(power), currency)
    return _counted(whole, "" if fraction == "0" else fraction, text, currency)


def _from_mapping(value: Mapping[object, object], currency: str) -> int:
    _check_keys(set(value), currency)
    _check_currency(value["currency"], currency)
    minor = value["minor"]
    if not _is(minor, int) or minor is True or minor is False:
        raise MoneyError(f"{_described(minor)} is not a whole number of minor units", f"write {_ways(currency)}")
    count = int.__index__(minor)
    shown = f"an amount of {_digits(count)} minor units"
    if count < 0:
        raise _negative(shown, zero=False)
    return _bounded(count, shown, currency)


def _check_keys(keys: set[object], currency: str) -> None:
    lacking = [name for name in ("minor", "currency") if name not in keys]
    extra = sorted(_described(key) for key in keys - {"minor", "currency"})
    if lacking:
        instead = f", but {extra[0]}" if extra else ""
        raise MoneyError(f"the mapping has no '{lacking[0]}'{instead}", f"write {_ways(currency)}")
    if extra:
        raise MoneyError(f"the mapping has a key too many, {extra[0]}", f"write {_ways(currency)}")


def _check_currency(other: object, currency: str) -> None:
    if not _is(other, str):
        raise _unknown_currency(other)
    code = str.__str__(other)
    exponent_of(code)
    if code != currency:
        raise MoneyError(f"the amount is in {code}, but amounts here are in {currency}", "convert it before you ask")


def _refuse_yes_no(value: object, currency: str) -> int:
    raise MoneyError(f"{value} is yes/no, not an amount", f"write {_ways(currency)}")


def _refuse_bare(value: int, currency: str) -> int:
    """A bare integer may be major or minor units; the help shows how to say either."""
    count = int.__index__(value)
    places = exponent_of(currency)
    shown = count if 0 <= count * 10**places <= MINOR_MAX else 5
    major, minor = _UNITS.get(currency, (currency, f"{_PARTS[places]} of {currency}"))
    question = f"{shown} {major} or {shown} {minor}? " if places else ""
    text = f"{shown}.{'0' * places}" if places else f"{shown}"
    advice = f'{question}write "{text}" or {{"minor": {shown}, "currency": "{currency}"}}'
    raise MoneyError(f"{_digits(count)} is a bare integer, whose unit is not said", advice)


_READERS: Final[tuple[tuple[type, Callable[[Any, str], int]], ...]] = (
    (str, _from_text),
    (Decimal, _from_decimal),
    (float, _from_float),
    (bool, _refuse_yes_no),
    (int, _refuse_bare),
    (Mapping, _from_mapping),
)
"""In this order, for a `bool` is an `int` too."""


def _is(value: object, kind: type[_T]) -> TypeGuard[_T]:
    """`isinstance`, but asked of the value's type only and not of what the value says about itself."""
    return issubclass(type(value), kind)


def _counted(whole: str, fraction: str, shown: str, currency: str) -> int:
    """Minor units of digits before and after the point."""
    places = exponent_of(currency)
    if len(fraction) > places:
        raise _too_many_decimals(shown, len(fraction), currency)
    return _bounded(int(whole + fraction.ljust(places, "0")), shown, currency)


def _bounded(minor: int, shown: str, currency: str) -> int:
    if minor > MINOR_MAX:
        raise _too_large(shown, currency)
    return minor


# -- what refusals say


def _not_finite(shown: str, currency: str) -> MoneyError:
    return MoneyError(f"{shown} is {'infinite' if 'inf' in shown.lower() else 'not a number'}", _example(currency))


def _negative(shown: str, *, zero: bool) -> MoneyError:
    if zero:
        return MoneyError(f"{shown} is a negative zero", 'write "0"')
    return MoneyError(f"{shown} is negative", "an amount is what is given away, so it is never below zero")


def _too_many_decimals(shown: str, decimals: int, currency: str) -> MoneyError:
    message = f"{shown} has {decimals} decimal{'s' * (decimals != 1)}, more than the {exponent_of(currency)} of {currency}"
    return MoneyError(message, "round it before you ask, your way; amounts are never rounded here")


def _too_large(shown: str, currency: str) -> MoneyError:
    message = f"{shown} is above {plain_money(MINOR_MAX, currency)} {currency}, the most that any amount may be"
    return MoneyError(message, "check the unit of the amount")


def _example(currency: str) -> str:
    return f'write an amount such as "{plain_money(12345 * 10 ** exponent_of(currency) // 10, currency)}"'


def _ways(currency: str) -> str:
    """Both ways to write five."""
    minor = 5 * 10 ** exponent_of(currency)
    return f'"{plain_money(minor, currency)}" or {{"minor": {minor}, "currency": "{currency}"}}'


def _shown(text: str) -> str:
    """The text in quotes, on one line, cut when long."""
    return repr(_cut(str.__str__(text)))


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}…"


def _digits(count: int) -> str:
    """An integer in digits; a giant one, which Python may refuse to print, by its size."""
    return str(count) if count.bit_length() <= 128 else f"({count.bit_length()} bits)"


def _described(value: object) -> str:
    """A short value as it is; any other by its type, so that no foreign `repr` is run."""
    if _is(value, str):
        return _shown(value)
    if value is None or type(value) in (bool, float):
        return repr(value)
    return _digits(value) if type(value) is int else f"a value of type {_cut(type(value).__name__)}"


# -- writing


def plain_money(minor: int, currency: str) -> str:
    """Minor units as a plain decimal number with all the currency's decimals ("5.00"): what `parse_money` reads back.

    Raises:
        MoneyError: unknown currency.
    """
    whole, fraction = _split(minor, currency)
    return f"{'-' * (minor < 0)}{whole}.{fraction}" if fraction else f"{'-' * (minor < 0)}{whole}"


def _split(minor: int, currency: str) -> tuple[int, str]:
    """Whole units and the digits after the point, without a sign."""
    places = exponent_of(currency)
    whole, part = divmod(abs(minor), 10**places)
    return whole, f"{part:0{places}d}" if places else ""


@lru_cache(maxsize=_MEMO_MAX)
def to_decimal(minor: int, currency: str) -> Decimal:
    """Minor units as an exact `Decimal` with the currency's exponent: 500 GBP is `Decimal("5.00")`. Memoised.

    Raises:
        MoneyError: unknown currency.
    """
    return Decimal(plain_money(minor, currency))


class _Style(NamedTuple):
    """How a language writes money."""

    group: str
    point: str
    symbol_first: bool
    gap: str = _NBSP
    grouped_from: int = 1_000


_STYLES: Final = {
    tag: style
    for tags, style in (
        ("en es-mx es-us", _Style(",", ".", symbol_first=True, gap="")),
        ("da de el ro", _Style(".", ",", symbol_first=False)),
        ("es it", _Style(".", ",", symbol_first=False, grouped_from=10_000)),
        ("cs fi fr nb nn no sv uk", _Style(_NBSP, ",", symbol_first=False)),
        ("hu pl pt-pt", _Style(_NBSP, ",", symbol_first=False, grouped_from=10_000)),
        ("de-at nl pt", _Style(".", ",", symbol_first=True)),
        ("tr", _Style(".", ",", symbol_first=True, gap="")),
        ("de-ch", _Style("'", ".", symbol_first=True)),
    )
    for tag in tags.split()
}
"""By language tag, from Unicode CLDR 48 (patterns, separators and minimum grouping of the standard currency format). Others, among
them cy, ga, gd, ja, ko and zh, write as English does. Unlike CLDR: one no-break space throughout (fr has a narrow one, which many
receipt printers lack), the sign always first, symbols the same in every language, and codes always after the number."""


def format_money(minor: int, currency: str, language: str = "en") -> str:
    """Minor units for people to read: "£1,234.50", in German "1.234,50 £"; without a symbol of its own "5.00 CHF".

    The spaces are no-break spaces. An unknown language or region falls back: "de-DE" to "de", "xx" to "en".

    Raises:
        MoneyError: unknown currency.
    """
    tag = language.lower().replace("_", "-")
    style = _STYLES.get(tag) or _STYLES.get(tag.partition("-")[0]) or _STYLES["en"]
    whole, fraction = _split(minor, currency)
    number = f"{whole:,}".replace(",", style.group) if whole >= style.grouped_from else str(whole)
    number += f"{style.point}{fraction}" if fraction else ""
    sign = "-" if minor < 0 else ""
    symbol = _SYMBOLS.get(currency)
    if symbol and style.symbol_first:
        return f"{sign}{symbol}{style.gap}{number}"
    return f"{sign}{number}{_NBSP}{symbol or currency}"


# -- the fast path


class MoneyMemo(dict[str, int]):
    """Amounts of one currency within bounds, remembered by their text: `memo["5.00"]` is one dictionary look-up when seen before.

    At most 4096 texts are kept (then all are forgotten), refusals never. Invariant: every key is exactly a `str`, so neither 5, 5.0,
    True nor `Decimal(5)`, which are equal to one another, can ever find an amount that was stored for something else.
    `memo[value]` raises what `read` raises, and `TypeError` for a value that cannot be hashed (a mapping, a signalling NaN).
    """

    __slots__ = ("currency", "high", "low")

    def __init__(self, currency: str, low: int = 0, high: int = MINOR_MAX) -> None:
        """Bounds in minor units, both included, 0 <= low <= high <= `MINOR_MAX`.

        Raises:
            MoneyError: unknown currency, or bounds that are none.
        """
        exponent_of(currency)
        if not 0 <= low <= high <= MINOR_MAX:
            raise MoneyError(f"{low}..{high} are no bounds of an amount", f"use 0 <= low <= high <= {MINOR_MAX} minor units")
        super().__init__()
        self.currency = currency
        self.low = low
        self.high = high

    def read(self, value: object) -> int:
        """Minor units of any value that `parse_money` reads.

        Raises:
            BoundsError: an amount below `low` or above `high`; carries its minor units.
            MoneyError: not an amount.
        """
        return self[value] if type(value) is str else self._parse(value)

    def __missing__(self, key: str) -> int:
        minor = self._parse(key)
        if type(key) is str:
            if len(self) >= _MEMO_MAX:
                self.clear()
            self[key] = minor
        return minor

    def _parse(self, value: object) -> int:
        minor = parse_money(value, self.currency)
        if self.low <= minor <= self.high:
            return minor
        low, high, shown = (f"{plain_money(count, self.currency)} {self.currency}" for count in (self.low, self.high, minor))
        side = f"below {low}, the least" if minor < self.low else f"above {high}, the most"
        raise BoundsError(f"{shown} is {side} that this amount may be", f"use an amount from {low} to {high}", minor)
