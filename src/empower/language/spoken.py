"""What is said in words, as in `is greater than`, and how it is written; units and currencies behind numbers."""

from __future__ import annotations

import re

_SAID: tuple[tuple[str, str, str], ...] = (
    ("greater than or equal to|greater or equal to|at least|no less than|gte", "{a} >= {b}", "{a} < {b}"),
    ("less than or equal to|less or equal to|at most|no more than|up to|lte", "{a} <= {b}", "{a} > {b}"),
    ("greater than|more than|larger than|bigger than|higher than|later than|above|over|exceeds|after|gt", "{a} > {b}", "{a} <= {b}"),
    ("less than|fewer than|smaller than|lower than|earlier than|below|under|before|lt", "{a} < {b}", "{a} >= {b}"),
    ("gleich|egal", "{a} == {b}", "{a} != {b}"),
    ("mindestens", "{a} >= {b}", "{a} < {b}"),
    ("kleiner als|kleiner|weniger als", "{a} < {b}", "{a} >= {b}"),
    ("mehr als", "{a} > {b}", "{a} <= {b}"),
    ("und|et|plus que", "{l} and {r}", ""),
    ("oder|ou", "{l} or {r}", ""),
    ("equal to|equals to|equals|equal|the same as|same as|eq", "{a} == {b}", "{a} != {b}"),
    ("differs from|different from|ne", "{a} != {b}", "{a} == {b}"),
    ("is in|one of|any of|either", "{a} in {list}", "{a} not in {list}"),
    ("between", "{b} <= {a} <= {c}", "not ({b} <= {a} <= {c})"),
    ("is null|is none|is nil|is blank|is empty|is missing|is undefined|is unknown|is unset", "not known({a})", "known({a})"),
    ("is known|is present|is given|is set|is defined|exists|exist", "known({a})", "not known({a})"),
    ("contains any|contains any of|has any|has any of|includes any|includes any of|contains one of|has one of", "{any}", "not ({any})"),
    ("contains all|contains all of|has all|has all of|includes all|includes all of", "{all}", "not ({all})"),
    ("within|within the last|in the last|in last|newer than|younger than|less than ago", "days_since({a}) <= {b}", "days_since({a}) > {b}"),
    ("older than|longer ago than", "days_since({a}) > {b}", "days_since({a}) <= {b}"),
    ("contains|contain|includes|include|has|have|holds", "contains({a}, {b})", "not contains({a}, {b})"),
    ("starts with|start with|begins with|begin with", "starts_with({a}, {b})", "not starts_with({a}, {b})"),
    ("ends with|end with", "ends_with({a}, {b})", "not ends_with({a}, {b})"),
    ("matches|match|regexp|rlike", "matches({a}, {b})", "not matches({a}, {b})"),
    ("like|ilike", "{like}", "not {like}"),
    ("xor", "({l} and not {r}) or ({r} and not {l})", ""),
    ("unless", "{l} and not ({r})", ""),
    ("but|as well as", "{l} and {r}", "{l} and not {r}"),
    ("plus", "{a} + {b}", ""),
    ("minus", "{a} - {b}", ""),
    ("times", "{a} * {b}", ""),
    ("percent of|per cent of|pct of|percent|pct", "{a}% of {b}", ""),
    ("is", "{a} == {b}", "{a} != {b}"),
)
"""What people say, and how it is written: as it is, and with `not` in it."""
_WRITTEN = {tuple(said.split()): (so, not_so) for row, so, not_so in _SAID for said in row.split("|")}
LONGEST = max(map(len, _WRITTEN)) + 2
LEFT_OUT = {
    "if": "only the condition stands here", "when": "only the condition stands here", "where": "only the condition stands here",
    "either": "write `… or …`", "the": "name the fact alone", "then": "what happens is said by the rule, such as `deny: refund`",
    "return": "only the condition stands here", "typeof": "a fact has the type that is declared for it",
}  # fmt: skip
UNITS = {
    "minute": "minutes", "minutes": "minutes", "min": "minutes", "mins": "minutes", "hour": "hours", "hours": "hours", "hr": "hours",
    "hrs": "hours", "h": "hours", "day": "days", "days": "days", "d": "days",
}  # fmt: skip
_COINS = frozenset(
    [
        "pound",
        "pounds",
        "quid",
        "pence",
        "p",
        "euro",
        "euros",
        "eur",
        "cent",
        "cents",
        "dollar",
        "dollars",
        "usd",
        "gbp",
        "chf",
        "franken",
        "bucks",
    ]
)


def meant(said: list[str]) -> str | None:
    """How it is written what is said in these words, `is` and `not` among them."""
    if tuple(said) in _WRITTEN:
        return _WRITTEN[tuple(said)][0]
    without = [word for word in said if word != "not"]
    negated = len(without) < len(said)
    if without and without[0] in ("does", "do"):
        without = without[1:]
    for words in (without, without[1:] if without[:1] == ["is"] else without):
        if tuple(words) in _WRITTEN and (negated or words is not without):
            return _WRITTEN[tuple(words)][negated] or None
    return None


def like(pattern: str) -> str:
    """`'UK%'` as the test that it stands for."""
    word = pattern.strip("'\"")
    bare = word.strip("%*")
    if word.startswith(("%", "*")) and word.endswith(("%", "*")):
        return f"contains({{a}}, '{bare}')"
    return f"ends_with({{a}}, '{bare}')" if word.startswith(("%", "*")) else f"starts_with({{a}}, '{bare}')"


def is_coin(word: str) -> bool:
    """Whether a word names a currency."""
    return word.lower() in _COINS or re.fullmatch("[A-Z]{3}", word) is not None
