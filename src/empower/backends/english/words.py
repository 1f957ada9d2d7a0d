"""What the things of a pack are called, and words that follow from them: articles, plurals, lists, dates, amounts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from empower import ir
from empower.money import exponent_of, format_money
from empower.noun import field, frozen

_VOWELS = "aeiouAEIOU"
_ARTICLE = re.compile(r"^(the|an|a) ")
_QUOTED = re.compile("“[^”]*”")
_SPELT = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@frozen
class Lexicon:
    """What the things of a pack are called, and which numbers its author wrote."""

    currency: str
    language: str
    """Of the amounts; the sentences are English."""
    ladder: tuple[str, ...]
    facts: Mapping[str, ir.FactType] = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    """Facts by path, each as a noun phrase."""
    questions: Mapping[str, str] = field(repr=False)
    """How a yes/no fact is asked for, where it is."""
    kinds: Mapping[str, str] = field(repr=False)
    defined: Mapping[Fraction, str] = field(repr=False)
    """The names of constants, by their value as written."""
    literals: frozenset[Fraction] = field(repr=False)
    """Every number that stands in the pack."""


def words(name: str) -> str:
    """A name as words: `duty_lead` is duty lead; what is short for something keeps its letters."""
    return " ".join("AI" if word == "ai" else word for word in re.split(r"[_-]", name))


def listed(parts: Sequence[str], joint: str = "and") -> str:
    """`a, b and c`; by semicolons where a part has a comma of its own."""
    if len(parts) < 2:
        return "".join(parts)
    if any("," in _QUOTED.sub("", part) for part in parts):
        return "; ".join(parts[:-1]) + f"; {joint} {parts[-1]}"
    return f"{', '.join(parts[:-1])} {joint} {parts[-1]}"


def with_article(noun: str) -> str:
    """`a driver`, `an agent`."""
    return f"{'an' if noun[:1] in _VOWELS else 'a'} {noun}"


def without_article(phrase: str) -> str:
    """A noun phrase without its article."""
    return _ARTICLE.sub("", phrase)


def capital(text: str) -> str:
    """A text that begins a sentence."""
    return text[:1].upper() + text[1:]


def counted(count: int, noun: str) -> str:
    """`1 day`, `2 days`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def times(count: int) -> str:
    """How often: once, twice, 3 times."""
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count:,} times")


def spelt(count: int) -> str:
    """A small number in letters."""
    return _SPELT[count] if count < len(_SPELT) else str(count)


def day(ordinal: int) -> str:
    """A date: 1 October 2026."""
    date = datetime.date.fromordinal(ordinal)
    return f"{date.day} {date:%B} {date.year}"


def roles(names: Iterable[str], lexicon: Lexicon) -> str:
    """Several roles: `a team lead or above` where they are the upper end of the ladder, else each by name."""
    given = set(names)
    upper = [role for role in lexicon.ladder if role in given]
    if len(upper) > 1 and given == set(lexicon.ladder[-len(upper) :]):
        return f"{with_article(words(upper[0]))} or above"
    return listed([with_article(words(role)) for role in sorted(given, key=lambda role: _rank(role, lexicon))], "or")


def _rank(role: str, lexicon: Lexicon) -> int:
    return lexicon.ladder.index(role) if role in lexicon.ladder else -1


def money(minor: int, lexicon: Lexicon) -> str:
    """An amount without needless pence: £40, £3.20."""
    text = format_money(minor, lexicon.currency, lexicon.language)
    exponent = exponent_of(lexicon.currency)
    return text if exponent == 0 or minor % 10**exponent else re.sub(rf"[.,]0{{{exponent}}}(?!\d)", "", text)


def is_plural(name: str) -> bool:
    """Whether a noun phrase takes `are`: its first noun, possessives passed over, ends in s."""
    head = re.split(r" (?:of|since|in|to|on|at|for|from|that|it|tonight|left|due)\b", without_article(name))[0]
    last = head.split(" ")[-1]
    return last.endswith("s") and not last.endswith(("ss", "us", "is", "'s"))


def single(name: str) -> str:
    """One of what a noun phrase names: passenger, of the passengers."""
    bare = without_article(name)
    if "'s " in bare:
        return f"of {name}"
    return bare[:-1] if is_plural(name) and bare.endswith("s") else bare


def name_of(fact: str, lexicon: Lexicon) -> str:
    """What a fact is called."""
    return lexicon.names[fact]


def is_or_are(fact: str, lexicon: Lexicon) -> str:
    """The verb that goes with a fact."""
    return "are" if is_plural(name_of(fact, lexicon)) else "is"
