"""Names and functions of other languages, of spreadsheets and of English, and how the same is written here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from empower import ir

YES = frozenset(("true", "yes", "y", "on", "checked", "ja", "wahr", "oui", "vrai", "si"))
NO = frozenset(("false", "no", "n", "off", "unchecked", "nein", "falsch", "non", "faux"))
NOTHING = frozenset(("null", "none", "nil", "undefined", "nothing", "missing", "empty", "unknown", "na", "nan", "blank"))
TODAY = frozenset(("today", "yesterday", "tomorrow", "current_date", "sysdate", "date"))
UNLIMITED = frozenset(("unlimited", "none", "null", "inf", "infinity", "any", "all", "everything", "max", "no_limit", "nolimit", "endless"))
_ENDLESS = frozenset(("inf", "infinity", "infinite"))
_EXACT = "amounts are exact, and those of caps are rounded down by themselves: leave it out"
_HELPS: Mapping[str, str] = {
    name: help_
    for names, help_ in (
        ("round roundup rounddown floor ceil ceiling int trunc tofixed mround", _EXACT),
        (
            "str float bool decimal number value text parseint parsefloat cast to_number",
            "a fact has the type that is declared for it: name the fact alone",
        ),
        (
            "lower upper casefold tolowercase touppercase strip trim title proper ucase lcase",
            "words are compared as they are written: list the spellings, as in `in ['UK', 'uk']`",
        ),
        (
            "count len length size countif counta",
            "nothing is counted here: declare the count as a fact, or name the members, as in `'…' in customer.flags`",
        ),
        (
            "left right mid substr substring slice charat search find indexof",
            "use `starts_with(order.id, 'UK')`, `ends_with(…)` or `contains(…)`",
        ),
        (
            "coalesce ifnull nvl ifna iferror default get",
            "what is not known stays unknown, and is never 0: use `known(…)` where that has to be told apart",
        ),
        (
            "today current_date getdate sysdate curdate localtime",
            "compare the days that have passed, as in `days_since(order.delivered_at) <= 14`",
        ),
        ("now current_timestamp timestamp getutcdate", "`now` stands without brackets"),
        (
            "datediff dateadd date_add date_sub days_between timedelta datedif date_diff age days_until diff",
            "days and hours are counted until now: `days_since(order.delivered_at)`, `hours_since(…)`",
        ),
        ("date datetime todate to_date parse_date isodate datevalue strptime", "write the date in quotes alone: `'2026-11-22'`"),
        (
            "year month day",
            "compare with the first and the last day, as in `'2026-01-01' <= order.day <= '2026-12-31'`",
        ),
        (
            "weekday hour minute time dayofweek getday isweekend gethours",
            "there are no hours of the day here: declare a fact for it, such as `shop.open: yes/no`",
        ),
        ("if iif ifs case switch choose when wenn si", "a condition says only when, not what: write the test alone"),
        ("sum add total average avg mean product sumif", "write the sum out, such as `order.total + order.shipping`"),
        ("vlookup xlookup hlookup lookup index", "use a lookup under `define:`, such as `{by: customer.category, new: 14, loyal: 30}`"),
        ("sqrt pow power exp log mod quotient rand random abs sign divide", "only sums, multiples by a constant and parts are calculated"),
        ("concat concatenate join replace format split textjoin", "texts are compared, never put together"),
        ("print eval exec open getattr type isinstance globals locals __import__ import", "nothing is run here: write a comparison"),
    )
    for name in names.split()
}
_RENAMED = {
    "startswith": "starts_with", "startsWith": "starts_with", "endswith": "ends_with", "endsWith": "ends_with", "includes": "contains",
    "contains": "contains", "match": "matches", "matches": "matches", "test": "matches", "minimum": "min", "maximum": "max", "least": "min",
    "greatest": "max", "begins_with": "starts_with", "regexmatch": "matches",
}  # fmt: skip
_JOINING = {"and": "and", "all": "and", "und": "and", "et": "and", "or": "or", "any": "or", "oder": "or", "ou": "or"}
_PRESENCE = {
    "isblank": "not known({})", "isnull": "not known({})", "isna": "not known({})", "isempty": "not known({})", "is_null": "not known({})",
    "ismissing": "not known({})", "exists": "known({})", "isset": "known({})", "notnull": "known({})", "is_known": "known({})",
    "isknown": "known({})", "has_value": "known({})", "defined": "known({})", "present": "known({})", "isnotnull": "known({})",
    "isdefined": "known({})",
}  # fmt: skip


def constant(name: str) -> str | None:
    """How a constant of another language is written; None for any other name."""
    lower = name.lower()
    if lower in YES or lower in NO:
        return f"write `{'yes' if lower in YES else 'no'}`"
    if lower == "never":
        return "write `never`"
    if lower in NOTHING:
        return "what nobody told is unknown: write `not known(…)`, or `known(…)` for the opposite"
    if lower in TODAY:
        return "compare the days that have passed: `days_since(…) == 0` is today, `> 0` lies before it"
    if lower in _ENDLESS:
        return "no number is endless: leave the comparison out"
    if name != lower and lower in ("and", "or", "not", "in", "now"):
        return f"write `{lower}`"
    if lower in ("above", "below", "more", "less", "higher", "lower"):
        return "`or above` is written in table cells; in a text write `>=` or `<=`"
    return None


def function(name: str, arguments: Sequence[str], facts: Mapping[str, ir.FactType], functions: Sequence[str]) -> str | None:
    """How a function of another language, or a method, is written here; None for what nobody knows."""
    fact, _, method = name.rpartition(".")
    lower = method.lower()
    inside = ", ".join(arguments) or "…"
    if name in facts:
        return f"'{name}' is a fact, and facts take no brackets: write `{name}`"
    if lower in _JOINING:
        joined = f" {_JOINING[lower]} ".join(arguments)
        return f"write `{joined}`" if len(arguments) > 1 else f"write the conditions out, joined by `{_JOINING[lower]}`"
    if lower in ("not", "nicht", "xor"):
        return f"write `not ({inside})`" if lower != "xor" else "write `(a and not b) or (b and not a)`"
    if lower in _PRESENCE:
        return f"write `{_PRESENCE[lower].format(arguments[0] if arguments else fact or '…')}`"
    kind = facts.get(fact) or facts.get(arguments[0] if arguments else "")
    if lower in ("has", "includes", "contains", "contain", "include", "hasany") and isinstance(kind, ir.SetOfType):
        return f"write `{arguments[-1] if arguments else '…'} in {fact if fact in facts else arguments[0]}`"
    renamed = _RENAMED.get(method) or _RENAMED.get(lower) or (lower if lower in functions else None)
    if lower in ("sum", "add", "summe") and len(arguments) > 1:
        return f"write `{' + '.join(arguments)}`"
    if lower in ("isin", "in"):
        return f"write `{fact or 'fact'} in ['…', '…']`"
    if renamed and (name != renamed):
        return f"write `{renamed}({fact + ', ' if fact in facts else ''}{inside})`"
    if re.fullmatch(r"(is_?)?between", lower) and len(arguments) >= 2:
        return f"write `{arguments[-2]} <= {fact or arguments[0]} <= {arguments[-1]}`"
    return _HELPS.get(lower)


# ------------------------------------------------------------------------------------------------ table cells

_QUOTES = str.maketrans(dict.fromkeys("„“”«»‚‘’‹›´′`", '"'))
_EVERYTHING = frozenset(
    ("*", "any", "all", "every", "everything", "anything", "n/a", "na", "n.a.", "whatever", "?", "–", "—", "--", ".*", "both")
)
_CELLS: tuple[tuple[str, str], ...] = (
    (r"(?:=>|≥|at least|from|min|minimum|no less than|not less than) *(.+)", ">= {0}"),
    (r"(?:=<|≤|at most|up to|max|maximum|no more than|not more than) *(.+)", "<= {0}"),
    (r"(?:＞|more than|above|over|greater than|after) *(.+)", "> {0}"),
    (r"(?:＜|less than|below|under|fewer than|before) *(.+)", "< {0}"),
    (r"(?:!=|<>|≠|is not|not|!) *(.+)", "not({0})"),
    (r"(?:==|=|is|equals|equal to) *(.+)", "{0}"),
    (r"(.+?) *(?:\+|or more|or above|or higher|and above|and more|and up|or over|upwards)", ">= {0}"),
    (r"(.+?) *(?:or less|or below|or lower|and below|and less|or under)", "<= {0}"),
    (r">= *(.+?) *(?:and|&|,) *<= *(.+)", "{0}..{1}"),
    (r"> *(.+?) *(?:and|&|,) *< *(.+)", "({0}..{1})"),
    (r">= *(.+?) *(?:and|&|,) *< *(.+)", "[{0}..{1})"),
    (r"> *(.+?) *(?:and|&|,) *<= *(.+)", "({0}..{1}]"),
    (r"\.\. *(.+)", "<= {0}"),
    (r"(.+?) *\.\.", ">= {0}"),
    (r"(?:between|from)? *\[?(.+?) *(?:\.\.\.|…|–|—|-|\bto\b|\bbis\b|\band\b|;|,) *(.+?)\]?", "{0}..{1}"),
)
"""What people write into cells, and the cell that they mean, in order of preference; only one that can be read is ever advised."""


def cells(written: str, members: Sequence[str]) -> Sequence[str]:
    """Cells that may be meant by one that cannot be read, likeliest first."""
    text = " ".join(written.translate(_QUOTES).split())
    lower = text.lower()
    if lower in _EVERYTHING:
        return ("-",)
    if lower in YES or lower in NO or lower in ("1", "0", "x"):
        return ("yes" if lower in YES or lower in ("1", "x") else "no",)
    found = [text, *_of_words(text, members), plain_number(text)]
    for pattern, meant in _CELLS:
        if match := re.fullmatch(pattern, text, re.IGNORECASE):
            found.append(meant.format(*(plain_number(part) for part in match.groups())))
            found.append(meant.format(*(_near(part, members) for part in match.groups())))
    return found


def _of_words(text: str, members: Sequence[str]) -> list[str]:
    """Several words of a fact, joined otherwise than by commas; or a range of ordered ones."""
    parts = [_near(part, members) for part in re.split(r"\s*(?:\bor\b|\band\b|[/|;&,]|\.\.)\s*", text) if part]
    if not parts or any(part not in members for part in parts):
        return []
    if ".." in text and len(parts) == 2:
        parts = list(members[members.index(parts[0]) : members.index(parts[1]) + 1])
    return [", ".join(parts)]


def _near(word: str, members: Sequence[str]) -> str:
    """A word of a fact, whatever its capitals and quotes."""
    plain = word.strip("'\" ")
    return next((member for member in members if member.lower() == plain.lower()), word)


def plain_number(text: str) -> str:
    """A number or length of time without currency, quotes and thousands."""
    plain = re.sub(r"[£$€¥₹'\"]|\b[A-Z]{3}\b|\b(?:pounds?|euros?|dollars?|pence)\b", "", text).strip()
    plain = re.sub(r"(?<=[0-9])[,.' ](?=[0-9]{3}(?![0-9]))", "", plain)
    plain = re.sub(r"(?<=[0-9]),(?=[0-9]{1,2}(?![0-9]))", ".", plain)
    plain = re.sub(r"(?<![0-9.])0+(?=[0-9])", "", plain)
    for unit, seconds in (("min(?:ute)?s?", "minutes"), ("h(?:ou)?rs?|h", "hours"), ("d(?:ays?)?", "days")):
        plain = re.sub(rf"(?<=[0-9]) *(?:{unit})\b\.?", f" {seconds}", plain, flags=re.IGNORECASE)
    if single := re.fullmatch(r"(.*?)\b1 (hour|day)s", plain):
        plain = f"{single.group(1)}{'60 minutes' if single.group(2) == 'hour' else '24 hours'}"
    return plain.strip()
