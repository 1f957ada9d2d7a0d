"""In which order the keys of a guardrail and of a case stand. All other mappings keep the order of their author."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from empower.pack import Place

_DATED = ("from", "until", "mode")
_PACK: Mapping[str, Sequence[str]] = {
    "rules": (
        "id", "title", "deny", "escalate", "only_if", "ask", "oblige", "advise", "to", "at_least", "of", "any", "all", "when", "unless", "otherwise",
        "then", *_DATED, "because", "say", "examples",
    ),
    "caps": (
        "id", "title", "for", "at_least", "at_most", "table", "hit", "when", "unless", "over", *_DATED, "outside", "ceiling", "because", "first", "say",
    ),
    "budgets": (
        "id", "title", "for", "per", "window", "wait", "at_most", "already", "over", "when_unknown", "shared_at_most", "campaign", "encourage",
        *_DATED, "because", "say",
    ),
    "menu": ("id", "offer", "title", "rank", "when", "because"),
    "assume": ("id", "title", "for", "that", *_DATED, "because", "say"),
    "claims": ("id", "title", "never", "always", "because"),
    "accept": ("finding", "of", "why"),
}  # fmt: skip
_CASE = ("it", "action", "now", "context", "approval", "spent", "expect")


def order_in_pack(place: Place) -> Sequence[str]:
    """The order of the keys of the mapping at a place of `pack.yaml`; empty where its author decides."""
    if len(place) == 2:
        return _PACK.get(str(place[0]), ())
    return _CASE if len(place) == 4 and (place[0], place[2]) == ("rules", "examples") else ()


def order_in_cases(place: Place) -> Sequence[str]:
    """The same of `cases.yaml`."""
    return _CASE if len(place) == 1 else ()
