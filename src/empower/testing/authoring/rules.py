"""Rules of all six effects, and assumptions."""

from __future__ import annotations

from empower.testing.authoring.author import Author, Document, Sign
from empower.testing.authoring.conditions import condition
from empower.testing.authoring.guardrails import dated, guardrail, kinds
from empower.testing.authoring.vocabulary import OBLIGATIONS

EFFECTS = ("escalate", "deny", "only_if", "ask", "oblige", "advise", "escalate", "escalate")


def rule(author: Author, name: str) -> Document:
    """A rule of a random effect."""
    effect = author.pick(("escalate", "escalate", "only_if", "oblige")) if author.escalating else author.pick(EFFECTS)
    if effect == "ask" and not author.of("yes/no"):
        effect = "deny"
    found = guardrail(author, name) | {effect: kinds(author)} | _own(author, effect)
    duty = effect in ("oblige", "advise")
    sign: Sign = "free" if duty else "tightens"
    if effect not in ("only_if", "ask") or author.chance(3):
        found["when"] = condition(author, sign)
    if author.chance(4):
        found["unless"] = condition(author, "free" if duty else "loosens")
    return found | (dated(author) if author.chance(8) else {})


def _own(author: Author, effect: str) -> Document:
    """The keys that belong to an effect."""
    found: Document = {}
    match effect:
        case "oblige" | "advise":
            found["then"] = [author.pick(tuple(OBLIGATIONS))]
        case "escalate":
            lowest = author.beside and author.chance(6)
            found["to"] = author.ladder[0] if lowest else author.pick(author.ladder[1:] or author.ladder)
        case "only_if":
            found[author.pick(("any", "any", "all"))] = [condition(author, "loosens") for _ in range(author.pick((2, 1, 3)))]
        case "ask":
            asked = [fact.path for fact in author.of("yes/no") if not fact.about_the_actor] or [author.of("yes/no")[0].path]
            found |= {"of": asked, "at_least": str(author.pick(range(1, len(asked) + 1)))}
    if effect in ("only_if", "ask") and not author.chance(3):
        found["otherwise"] = author.pick(
            ({"escalate": author.pick(author.ladder[1:] or author.ladder)}, {"escalate": author.ladder[-1]}, "deny")
        )
    return found


def assumption(author: Author, name: str) -> Document:
    """A deny rule by another name."""
    found = guardrail(author, name) | {"for": kinds(author), "that": condition(author, "loosens")}
    found.pop("mode", None)  # what the proofs rely on is always live
    return found
