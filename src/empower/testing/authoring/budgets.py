"""Budgets of every window, by amount, times or both, kept by whatever may be a key."""

from __future__ import annotations

from typing import Any

from empower.testing.authoring.author import Author, Document
from empower.testing.authoring.caps import amount, lookup
from empower.testing.authoring.comparisons import money
from empower.testing.authoring.guardrails import dated, guardrail, kinds

WINDOWS = ("ever", "30 days", "24 hours", "2 weeks", "calendar day", "calendar week", "calendar month", "calendar quarter", "calendar year")
ALWAYS_KNOWN = {"actor.id", "actor.role"}


def budget(author: Author, name: str) -> Document:
    """A budget of a random window, key and limit."""
    keys = [fact.path for fact in author.of("text", "one of", "ordered")]
    per = author.some(["actor.id", "customer.id", "place.store", "actor.role", "action.reason", *keys], 0, 2)
    per = ["actor.id"] if author.escalating or author.chance(3) else per
    chosen = kinds(author)
    found = guardrail(author, name) | {"for": chosen} | ({"per": per} if per else {})
    if author.chance(8):
        found["wait"] = author.pick(("30 days", "24 hours"))
    else:
        found |= {"window": author.pick(WINDOWS), "at_most": _limit(author, chosen)}
    limit = found.get("at_most")
    if author.chance(3):
        answerable = any(key.startswith("actor.") for key in per) or _rises(limit)
        found["over"] = author.pick(("deny", "escalate") if answerable else ("deny",))
    if author.chance(5):
        found |= _already(author, limit)
    if set(per) - ALWAYS_KNOWN and author.chance(3):
        found |= _when_unknown(author)
    if author.chance(8):
        found["campaign"] = dated(author)
    if author.chance(8):
        found["encourage"] = {"aim": "3", "nudge": author.words("{left} left")}
    return found


def _limit(author: Author, chosen: str | list[str]) -> Any:
    """What a budget for some kinds gives at most."""
    if author.chance(3) or not _amounts(author, chosen):
        often: Document = {"times": str(author.pick((1, 2, 3)))}
        return often | ({"amount": amount(author, least=1)} if author.chance(2) and _amounts(author, chosen) else {})
    return lookup(author, least=1, by_role=True) if author.chance(3) else amount(author, least=author.pick((30, 30, 1)))


def _amounts(author: Author, chosen: str | list[str]) -> bool:
    """Whether any of some kinds has an amount."""
    named = {chosen} if isinstance(chosen, str) else set(chosen)
    return any(action.bounds is not None and (action.name in named or named <= {"money_back", "everything"}) for action in author.actions)


def _rises(limit: Any) -> bool:
    """Whether some role has a higher limit than another."""
    return isinstance(limit, dict) and limit.get("by") == "actor.role" and len(set(limit.values())) > 2


def _already(author: Author, limit: Any) -> Document:
    """What was given before, of whatever is limited."""
    found: Document = {}
    if author.of("money") and limit is not None and (not isinstance(limit, dict) or "by" in limit or "amount" in limit):
        found["amount"] = money(author, 1) if author.chance(3) else author.pick(author.of("money")).path
    claims = [fact.path for fact in author.facts if fact.path == "customer.claims"]
    if isinstance(limit, dict) and "times" in limit and claims and ("amount" not in limit or author.chance(2)):
        found["times"] = claims[0]
    if not found:
        return {}
    return {"already": found if "times" in found else found["amount"]}


def _when_unknown(author: Author) -> Document:
    shared = {"shared_at_most": author.money()}
    if author.chance(2):
        return {"when_unknown": {"escalate": author.pick(author.ladder[1:] or author.ladder), **shared}}
    return {"when_unknown": "shared", **shared}
