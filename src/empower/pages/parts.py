"""Parts of sentences: conditions with their exceptions, dates, windows, rows of amounts."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from empower import ir
from empower.backends.english.conditions import clause
from empower.backends.english.numbers import amount, chosen_rows
from empower.backends.english.words import Lexicon, counted, day, listed, money, roles, words
from empower.checked import CheckedCap, Row, Terms
from empower.formulas import all_of
from empower.pages.roles import ALWAYS, NEVER, alike

_EVERY = {"day": "in a day", "week": "in a week", "month": "in a month", "quarter": "in a quarter", "year": "in a year", "ever": ""}
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000


def sentence(*parts: str) -> str:
    """Parts joined by commas, closed by a full stop."""
    return f"{', '.join(part for part in parts if part)}."


def comma(text: str) -> str:
    """A part that follows after a comma, if there is one."""
    return f", {text}" if text else ""


def space(text: str) -> str:
    """A part that follows after a space, if there is one."""
    return f" {text}" if text else ""


def conditions(terms: Terms, lexicon: Lexicon) -> str:
    """`if …, unless …`; empty where a guardrail always speaks."""
    parts = []
    if terms.when != ALWAYS:
        parts.append(f"if {clause(terms.when, lexicon)}")
    if terms.unless != NEVER:
        parts.append(f"unless {clause(terms.unless, lexicon)}")
    return ", ".join(parts)


# ------------------------------------------------------------------------------------------------ time


def dates(first: str | None, last: str | None) -> str:
    """`from 1 to 30 September 2026`, of dates as they are written in a pack."""
    ends = [None if text is None else datetime.date.fromisoformat(text).toordinal() for text in (first, last)]
    return between(*ends)


def between(first: int | None, last: int | None) -> str:
    """`from 1 to 31 October 2026`, of ordinals; empty without ends."""
    if first is None or last is None:
        return " ".join(filter(None, [f"from {day(first)}" if first else "", f"until {day(last)}" if last else ""]))
    start, end = day(first).split(" "), day(last)
    while len(start) > 1 and end.endswith(" ".join(day(first).split(" ")[len(start) - 1 :])):
        start.pop()
    return f"from {' '.join(start)} to {end}"


def window(of: tuple[str, int]) -> str:
    """The stretch over which a budget counts; empty where it counts for ever."""
    kind, length = of
    if kind != "rolling":
        return _EVERY[kind]
    if length % _DAY_MS == 0 and length > _DAY_MS:
        return f"within {counted(length // _DAY_MS, 'day')}"
    return f"within {counted(length // _HOUR_MS, 'hour')}"


# ------------------------------------------------------------------------------------------------ amounts


def least_of(amounts: Sequence[ir.Num], lexicon: Lexicon, *, floor: bool = False) -> str:
    """Several amounts of which the smallest counts; of a floor the largest."""
    texts = [nothing(amount(node, lexicon), lexicon) for node in amounts]
    return texts[0] if len(texts) == 1 else f"{listed(texts, 'or')}, whichever is {'more' if floor else 'less'}"


def nothing(text: str, lexicon: Lexicon) -> str:
    """An amount; `nothing` for 0."""
    return "nothing" if text == money(0, lexicon) else text


def lookup_lines(node: ir.Num, lexicon: Lexicon) -> list[tuple[str, str]]:
    """An amount as lines: one, or one for each group of members of a lookup."""
    if not isinstance(node, ir.Chosen):
        return [("", nothing(amount(node, lexicon), lexicon))]
    rows = chosen_rows(node, lexicon)
    if len(rows) == 1:
        return [("", nothing(rows[0][0], lexicon))]
    name = roles if node.fact == "actor.role" else _members
    return [(name(members, lexicon), nothing(value, lexicon)) for value, members in rows]


def _members(members: Sequence[str], _: Lexicon) -> str:
    return listed([words(member) for member in members], "or")


def cap_lines(cap: CheckedCap, lexicon: Lexicon, everyone: Sequence[str]) -> list[tuple[str, str]]:
    """The rows of a cap as lines: one for each group of roles that it treats alike, or one for each row where it treats all alike."""
    groups = alike(cap, everyone)
    if len(groups) > 1:
        return [(roles(group, lexicon), "; ".join(tried(rows, cap, lexicon))) for group, rows in groups]
    ((_, rows),) = groups
    if len(rows) == 1 and len(rows[0].amounts) == 1 and rows[0].condition == ALWAYS:
        return lookup_lines(rows[0].amounts[0], lexicon)
    return [("", text) for text in tried(rows, cap, lexicon)]


def tried(rows: Sequence[Row], cap: CheckedCap, lexicon: Lexicon) -> list[str]:
    """Rows as they are tried one after another: `£40 if …`, `otherwise £25`."""
    lines: list[str] = []
    for row in rows:
        text = least_of(row.amounts, lexicon, floor=cap.effect == "floor")
        text = text if row.condition == ALWAYS else f"{text} if {clause(row.condition, lexicon)}"
        again = lines and (not cap.collect or row.condition == ALWAYS)
        lines.append(f"otherwise {text}" if again else text)
    return lines


def split_role(condition: ir.Cond) -> tuple[frozenset[str] | None, ir.Cond]:
    """The roles that a condition names beside all else that it asks for, and the rest of it; None: it names none."""
    parts = condition.conditions if isinstance(condition, ir.All) else (condition,)
    named = [part.members for part in parts if isinstance(part, ir.IsAmong) and part.fact == "actor.role"]
    rest = tuple(part for part in parts if not (isinstance(part, ir.IsAmong) and part.fact == "actor.role"))
    return (frozenset.intersection(*named) if named else None), all_of(rest)
