"""Mutants that no test has to notice, and why: they change nothing that anybody was promised."""

from __future__ import annotations

_SAME_MEANING = "another text of the same meaning, at most a slower one"
_CHEAPEST_FIRST = "the order in which tests of equal meaning are tried, for speed"
_NEVER_BELOW = "at least 0 is asked of an amount that is never below 0"
_ASKED_ANEW = "a memory that is not used: the answer is worked out anew"

EXPLAINED: dict[str, dict[str, str]] = {
    "empower.lower": {
        "_not_below_nothing: `part.factor < 0` becomes `part.factor <= 0`": _NEVER_BELOW,
        "_not_below_nothing: `part.value < 0` becomes `part.value <= 0`": _NEVER_BELOW,
        "_not_below_nothing: `0` becomes `1`": _NEVER_BELOW,
        "_not_below_nothing: `0` becomes `1` (number 2)": _NEVER_BELOW,
    },
    "empower.authority": {
        "_sets: `1` becomes `2` (number 2)": "there are no sets of more members than there are",
    },
    "empower.authorise": {
        "as_met: `met.plan.clock != 'instant'` becomes `met.plan.clock == 'instant'`": (
            "all thresholds worked out anew, or only those of the budgets: while the verdict holds no other has moved"
        ),
        "_alone: `verdict.limit >= case.amount` becomes `verdict.limit > case.amount`": "an amount at its limit is allowed, and never comes here",
        "_by_approval: `amount <= alone.amount` becomes `amount < alone.amount`": "as much as alone is allowed alone, by the lines after it",
    },
    "empower.periods": {
        "day_in: `at < 0` becomes `at <= 0`": "the instant 0 lies within the calendar, and never comes here",
        "day_in: `0` becomes `1`": "the instant 0 lies within the calendar, and never comes here",
    },
    "empower.backends.python": {
        "make_function: `False` becomes `True`": "a text is forgotten when the process ends, where nobody sees it any more",
        "Emitter.constant: `known is value or (isinstance(value, (frozenset, ir.TextTest)) and …` becomes "
        "`known is value and (isinstance(value, (frozenset, ir.TextTest)) and…`": "equal constants are kept twice",
        "Emitter._pairwise: `all((part.isidentifier() or part.isdigit() for part in parts))` becomes "
        "`any((part.isidentifier() or part.isdigit() for part in parts))`": _SAME_MEANING,
        "Emitter._pairwise: `part.isidentifier() or part.isdigit()` becomes `part.isidentifier() and part.isdigit()`": _SAME_MEANING,
        "_cost: `len(inner.members) == 1` becomes `len(inner.members) != 1`": _CHEAPEST_FIRST,
        "_cost: `1` becomes `2`": _CHEAPEST_FIRST,
        "_cost: `3` becomes `4`": _CHEAPEST_FIRST,
        "_cost: `1` becomes `2` (number 2)": _CHEAPEST_FIRST,
        "_cost: `4` becomes `5`": _CHEAPEST_FIRST,
        "_inline: `True` becomes `False`": _SAME_MEANING,
        "_first: `0` becomes `1`": "a table whose last number is not constant has been left out before",
    },
    "empower.money": {
        "_likely_currency: `len(wrong) > _TEXT_MAX` becomes `len(wrong) >= _TEXT_MAX`": "a text of 40 characters is like no currency",
        "_from_decimal: `exact.adjusted() >= len(str(MINOR_MAX))` becomes `exact.adjusted() > len(str(MINOR_MAX))`": (
            "refused by the next line, in the same words: the bound only spares it giant powers"
        ),
        "MoneyMemo._parse: `minor < self.low` becomes `minor <= self.low`": "the least itself is within the bounds, and never comes here",
    },
    "empower.ledger.clocks": {
        "Mark.followed: `0` becomes `1`": "a thousandth of a second, divided by 2000, is none either",
    },
    "empower.ledger.windows": {
        "window_interval: `known[0] <= at_ms < known[1]` becomes `known[0] < at_ms < known[1]`": _ASKED_ANEW,
        "window_interval: `0` becomes `1`": _ASKED_ANEW,
        "local_day: `at_ms // _HOUR_MS` becomes `at_ms * _HOUR_MS`": _ASKED_ANEW,
        "local_day: `known[0] <= at_ms < known[1]` becomes `known[0] < at_ms < known[1]`": _ASKED_ANEW,
        "local_day: `0` becomes `1`": _ASKED_ANEW,
        "local_day: `at_ms >= _first_instant(zone, day + 1)` becomes `at_ms > _first_instant(zone, day + 1)`": (
            "at the first instant of a day the clocks show that day: it is looked for only after it"
        ),
        "_first_instant: `0` becomes `1`": "where there is no gap, the end of one is found in no step, at the same second",
    },
}
"""Of each module, by the names of its mutants."""
