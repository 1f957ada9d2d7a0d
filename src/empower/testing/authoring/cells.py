"""Cells: what a row of a table, or a condition written as one, wants of each fact."""

from __future__ import annotations

from empower.testing.authoring.author import Author
from empower.testing.authoring.vocabulary import MEMBERS, Fact, day_text, money_text


def cells(author: Author, least: int = 0, most: int = 2, *, role: bool = True) -> dict[str, object]:
    """Cells of a row by fact; the role among them now and then."""
    found: dict[str, object] = {fact.path: cell(author, fact) for fact in author.some(author.facts, least, most)}
    if role and author.chance(2):
        found["actor.role"] = role_cell(author)
    return found


def role_cell(author: Author) -> object:
    """A cell for `actor.role`."""
    if author.chance(3):
        return f"{author.pick(author.ladder)} or {author.pick(('above', 'below'))}"
    if author.chance(4):
        return f"not({author.pick(author.ladder)})" if len(author.roles()) > 1 else author.ladder[0]
    return author.pick(author.roles())


def cell(author: Author, fact: Fact) -> object:
    """A cell for a fact."""
    match fact.kind:
        case "yes/no":
            return author.pick(("yes", "no"))
        case "one of" | "ordered" | "set of":
            return _word_cell(author, fact)
        case "text":
            return author.pick(('"a"', '"a", "b"', "AB-1", 'not("b")'))
        case "date":
            return author.pick((f"<= {day_text(-1)}", f"{day_text(-30)}..{day_text(0)}", f"> {day_text(-7)}"))
        case "instant":
            return author.pick((f"< {day_text(0)}T00:00:00+00:00", f">= {day_text(-1)}T12:00:00+00:00"))
        case "duration":
            return author.pick(("<= 30 minutes", "[5..60 minutes)", "> 1 hours"))
        case "money":
            low, high = (money_text(amount, author.currency) for amount in ((10, 50) if fact.most > 50 else (5, 10)))
            return author.pick((f"<= {high}", f"[{low}..{high})", f"({low}..{high}]", f">= {low}", f"not({low}..{high})"))
        case "decimal":
            return author.pick(("<= 2.5", "[1..2.5)", "> 4"))
        case _:
            return author.pick(("0", "1..2", ">= 2", "[0..3)", "not(1)"))


def _word_cell(author: Author, fact: Fact) -> object:
    members = MEMBERS[fact.path]
    some = author.some(members, 1, 2)
    if fact.kind == "ordered" and author.chance(3):
        return author.pick(("silver or above", "silver or below", ">= gold", "< gold"))
    if fact.kind == "set of" and author.chance(4):
        return "none"
    if author.chance(4) and len(some) < len(members):
        return f"not({', '.join(some)})"
    return list(some) if author.chance(2) else ", ".join(some)
