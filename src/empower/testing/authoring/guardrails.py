"""What all guardrails have: an id, the value they serve, words for both voices, dates, the kinds that they are for."""

from __future__ import annotations

from empower.testing.authoring.author import Author, Document
from empower.testing.authoring.vocabulary import day_text


def guardrail(author: Author, name: str) -> Document:
    """What every guardrail begins with; now and then with words for both voices, or in shadow."""
    found: Document = {"id": name, "because": author.pick(("trust", "thrift"))}
    if author.talkative or author.chance(3):
        visible = [f"{{{fact.path}}}" for fact in author.facts if fact.customer_may_see]
        customer, staff = f"Sorry! {' '.join(visible)} ({{amount}})", "At most {limit}; ask {role}."
        found["say"] = {"customer": author.words(customer), "staff": author.words(staff)}
    if author.chance(4):
        found["title"] = author.words(f"what '{name}' is about")
    if author.chance(10):
        found["mode"] = "shadow"
    return found


def dated(author: Author) -> Document:
    """Local dates around the instants of most requests, either end open."""
    days = [day_text(step) for step in (-30, -1, 0, 1, 10)]
    first, last = sorted((author.pick(range(5)), author.pick(range(5))))
    return author.pick(({"from": days[first], "until": days[last]}, {"from": days[first]}, {"until": days[last]}))


def kinds(author: Author, *, amount: bool = False) -> str | list[str]:
    """Kinds and groups that a guardrail is for; `amount`: all of them have one."""
    fit = [action.name for action in author.actions if action.bounds is not None or not amount]
    if author.chance(4):
        return "everything" if author.chance(2) or not amount else "money_back"
    chosen = author.some(fit, 1, len(fit))
    return chosen[0] if len(chosen) == 1 and author.chance(2) else chosen
