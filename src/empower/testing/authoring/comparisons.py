"""One comparison of a fact with something, as a text; and expressions of money."""

from __future__ import annotations

from collections.abc import Callable

from empower.testing.authoring.author import Author
from empower.testing.authoring.vocabulary import MEMBERS, TEXTS, Fact, day_text

SIGNS = (">", ">=", "<", "<=", "==", "!=")


def comparison(author: Author, fact: Fact) -> str:
    """One test of a fact, whatever its type."""
    return _TESTS[fact.kind](author, fact)


def money(author: Author, depth: int, *, least: int = 0, most: int = 100) -> str:
    """An expression of money; a constant lies within bounds, in minor units."""
    facts = author.of("money")
    if not facts or author.chance(3):
        return author.money(least=least, most=most)
    if "money" in author.defined.values() and author.chance(5):
        return author.pick([name for name, kind in author.defined.items() if kind == "money"])
    first = author.pick(facts).path
    match author.pick(("fact", "percent", "sum", "min", "times", "less")) if depth else "fact":
        case "percent":
            return f"{author.pick(('50', '12.5', '33', '110'))}% of {first}"
        case "sum":
            return f"{first} + {money(author, depth - 1)}"
        case "min":
            return f"{author.pick(('min', 'max'))}({first}, {money(author, depth - 1)})"
        case "times":
            return f"{author.pick(('2', '0.5'))} * {first}"
        case "less":
            return f"{first} - {money(author, depth - 1)}"
        case _:
            return first


def _compared(author: Author, left: str, right: str) -> str:
    return f"{left} {author.pick(SIGNS)} {right}"


def _money_test(author: Author, fact: Fact) -> str:
    return _compared(author, fact.path, money(author, 1, least=1, most=min(fact.most - 1, 100)))


def _whole_test(author: Author, fact: Fact) -> str:
    others = [other for other in author.of("integer") if other != fact]
    if others and author.chance(3):
        return _compared(author, fact.path, author.pick(others).path)
    if author.chance(4):
        return f"{fact.path} {author.pick(('>', '<=', '==', '!='))} 0"
    return _compared(author, fact.path, str(author.pick((1, 2, 3 if fact.most > 3 else -1))))


def _decimal_test(author: Author, fact: Fact) -> str:
    return _compared(author, fact.path, author.pick(("2.5", "1", "2.05", "0.1")))


def _duration_test(author: Author, fact: Fact) -> str:
    longest = "days(1)" if "days" in fact.type else "minutes(90)"
    return _compared(author, fact.path, author.pick(("minutes(30)", "hours(1)", "minutes(5)", longest)))


def _yes_no_test(author: Author, fact: Fact) -> str:
    return author.pick((fact.path, f"not {fact.path}", f"{fact.path} == yes", f"{fact.path} == no"))


def _word_test(author: Author, fact: Fact) -> str:
    members = MEMBERS[fact.path]
    if author.chance(3):
        listed = ", ".join(f"'{member}'" for member in author.some(members, 1, 2))
        return f"{fact.path} {author.pick(('in', 'not in'))} [{listed}]"
    signs = ("==", "!=", "<", "<=", ">", ">=") if fact.kind == "ordered" else ("==", "!=")
    return f"{fact.path} {author.pick(signs)} '{author.pick(members)}'"


def _set_test(author: Author, fact: Fact) -> str:
    return f"'{author.pick(MEMBERS[fact.path])}' {author.pick(('in', 'not in'))} {fact.path}"


def _text_test(author: Author, fact: Fact) -> str:
    others = [other for other in author.of("text") if other != fact]
    if others and author.chance(2):
        return f"{fact.path} {author.pick(('==', '!='))} {author.pick(others).path}"
    match author.pick(("equals", "in", "starts_with", "ends_with", "contains", "matches")):
        case "equals":
            return f"{fact.path} {author.pick(('==', '!='))} '{author.pick(TEXTS)}'"
        case "in":
            return f"{fact.path} in ['a', 'UK-77']"
        case "matches":
            return f"matches({fact.path}, '[A-Z]+-[0-9]+')"
        case test:
            return f"{test}({fact.path}, '{author.pick(('a', 'UK', '7', '-'))}')"


def _date_test(author: Author, fact: Fact) -> str:
    if author.chance(2):
        return f"days_since({fact.path}) {author.pick(('>', '<=', '==', '>='))} {author.pick((0, 1, 2, 30))}"
    if "never" in fact.type and author.chance(2):
        return f"{fact.path} {author.pick(('==', '!='))} never"
    return f"{fact.path} {author.pick(('<', '<=', '>', '>='))} '{day_text(author.pick((0, -1, -30, 1)))}'"


def _instant_test(author: Author, fact: Fact) -> str:
    match author.pick(("hours", "days", "never", "moment", "now")):
        case "hours":
            return f"hours_since({fact.path}) {author.pick(('>', '<=', '>=', '<'))} {author.pick((0, 1, 24, 48))}"
        case "days":
            return f"days_since({fact.path}) {author.pick(('>', '<=', '>='))} {author.pick((0, 1, 2))}"
        case "never" if "never" in fact.type:
            return f"{fact.path} {author.pick(('==', '!='))} never"
        case "now":
            return f"{fact.path} {author.pick(('<', '>='))} now"
        case _:
            return f"{fact.path} {author.pick(('<', '<=', '>', '>='))} '{day_text(author.pick((0, -1)))}T12:00:00+00:00'"


_TESTS: dict[str, Callable[[Author, Fact], str]] = {
    "money": _money_test,
    "integer": _whole_test,
    "decimal": _decimal_test,
    "duration": _duration_test,
    "yes/no": _yes_no_test,
    "one of": _word_test,
    "ordered": _word_test,
    "set of": _set_test,
    "text": _text_test,
    "date": _date_test,
    "instant": _instant_test,
}
