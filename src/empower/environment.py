"""What formulas are evaluated in, and the few tests of words and sets that every back end shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from empower import ir
from empower.noun import frozen
from empower.patterns import compile_pattern

Value = int | bool | str | frozenset[str]
"""A fact as the engine calculates with it."""


@frozen
class AccountReading:
    """A budget's limits in an environment, what was given before already subtracted; None where it has none.

    `keys` has None for each unknown key. Limits are the least and the greatest over the completions of what is unknown.
    """

    keys: tuple[str | None, ...]
    amount: tuple[int, int] | None
    times: tuple[int, int] | None


@frozen
class Environment:
    """What a formula is evaluated in."""

    facts: Mapping[str, Value | None]
    """By path; None or absent: unknown."""
    amount: int
    """Minor units; 0 for a kind without an amount."""
    now: int
    """Milliseconds UTC."""
    day_of: Callable[..., int]
    """The ordinal of the local day of an instant, in the pack's zone or in one that is named."""


class Unread(LookupError):
    """A formula read an unknown fact: a defect of `lower`, never of a pack."""


def set_test(sign: str, value: frozenset[str], members: frozenset[str]) -> bool:
    """A set compared with constant members."""
    match sign:
        case "contains_all":
            return members <= value
        case "contained_by":
            return value <= members
        case "shares_at_least_one":
            return bool(members & value)
        case _:
            return len(members & value) == 1


def text_test(test: ir.TextTest, value: str) -> bool:
    """A text compared with a constant."""
    text = test.text
    if test.operator in ("matches", "found"):
        pattern = compile_pattern(text, test.ignore_case)
        return bool(pattern.fullmatch(value) if test.operator == "matches" else pattern.search(value))
    if test.ignore_case:
        value, text = value.lower(), text.lower()
    match test.operator:
        case "equals":
            return value == text
        case "starts_with":
            return value.startswith(text)
        case "ends_with":
            return value.endswith(text)
        case _:
            return text in value
