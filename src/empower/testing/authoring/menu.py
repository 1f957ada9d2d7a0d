"""Gestures on the menu."""

from __future__ import annotations

from empower.testing.authoring.author import Author, Document
from empower.testing.authoring.conditions import condition
from empower.testing.authoring.vocabulary import REASONS, money_text


def offer(author: Author, name: str) -> Document:
    """A gesture on the menu."""
    action = author.pick(author.actions)
    template: Document = {"kind": action.name}
    if action.bounds is not None and not author.chance(3):
        low, high = action.bounds
        template["amount"] = money_text(author.pick(sorted({low, (low + high) // 2, high, min(high, max(low, 10))})), author.currency)
    if "reason" in action.asks:
        template["reason"] = author.pick(REASONS)
    if "rush" in action.parameters:
        template["rush"] = author.pick(("yes", "no"))
    found: Document = {"id": name, "offer": template, "because": "trust", "title": author.words(f"Offer {name}")}
    if not author.chance(4):
        found["rank"] = str(author.pick((1, 2, 3)))
    return found | ({"when": condition(author, "loosens", amount=False)} if author.chance(2) else {})
