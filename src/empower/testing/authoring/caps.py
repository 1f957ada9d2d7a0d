"""Caps of every form and under every hit policy, and the amounts that caps and budgets have."""

from __future__ import annotations

import csv
import io
from typing import Any

from empower.testing.authoring.author import Author, Document
from empower.testing.authoring.cells import cells
from empower.testing.authoring.comparisons import money
from empower.testing.authoring.conditions import condition, text
from empower.testing.authoring.guardrails import dated, guardrail, kinds
from empower.testing.authoring.vocabulary import AMOUNTS, MEMBERS, money_text


def amount(author: Author, *, least: int = 0) -> Any:
    """The amount of a cap or a budget: a constant, an expression, a list of which the smallest wins, or a lookup."""
    match author.pick(("constant", "constant", "money", "percent", "list", "lookup", "per")):
        case "money":
            return money(author, 2)
        case "percent" if author.of("money"):
            return f"{author.pick(('50', '12.5', '60'))}% of {author.pick(author.of('money')).path}"
        case "list":
            return [author.money(least=least), money(author, 1)]
        case "lookup":
            return lookup(author, least=least)
        case "per" if any(fact.path in ("customer.claims", "actor.tenure") for fact in author.facts):
            count = author.pick([fact.path for fact in author.facts if fact.path in ("customer.claims", "actor.tenure")])
            return f"{author.money(least=1)} per {count}"
        case _:
            return author.money(least=least)


def lookup(author: Author, *, least: int = 0, by_role: bool = False) -> Document:
    """A table by the member of one fact."""
    words = [] if by_role else author.of("one of", "ordered")
    if not by_role and author.chance(8):
        return {"by": "action.kind", **{action.name: author.money(least=least) for action in author.actions}}
    if not words or author.chance(2):
        return {"by": "actor.role", **dict(zip((*author.beside, *author.ladder), _rising(author, least), strict=True))}
    fact = author.pick(words)
    return {"by": fact.path, **{member: author.money(least=least) for member in MEMBERS[fact.path]}}


def _rising(author: Author, least: int) -> list[str]:
    """Amounts for the roles: mostly the higher the role the more, with the kind's all for the highest."""
    amounts = [author.pick([amount for amount in AMOUNTS if amount >= least]) for _ in author.roles()]
    if not author.chance(4):
        amounts = [*sorted(amounts)[:-1], AMOUNTS[-1]]
    return [money_text(amount, author.currency) for amount in amounts]


def cap(author: Author, name: str, tables: dict[str, str]) -> Document:
    """A cap of a random form; a table may go into a CSV file."""
    found = guardrail(author, name) | {"for": kinds(author, amount=True)}
    if author.chance(3):
        found["over"] = author.pick(("deny", "escalate"))
    if author.chance(5):
        found["when"] = condition(author, "tightens", amount=False, known=False)
    if author.chance(8):
        found["unless"] = condition(author, "loosens", amount=False, known=False)
    if author.chance(8):
        found |= dated(author) | {"outside": author.pick(("absent", "0"))}
    bound = "at_least" if author.chance(4) else "at_most"
    form = author.pick(("plain", "first", "first", "unique", "collect-min", "csv"))
    if form == "plain" or author.escalating:
        return found | _plain(author, bound)
    rows = _partition(author, bound) if form == "unique" else _rows(author, bound, plain=form == "csv")
    if form == "csv":
        tables[f"{name}.csv"] = _csv(rows, bound)
        return found | {"table": f"{name}.csv", "hit": _hit(author, form, bound)}
    hit = _hit(author, form, bound)
    return found | {"first": rows} | ({"hit": hit} if hit != "first" else {})


def _plain(author: Author, bound: str) -> Document:
    """One amount for everybody, or one for each role: then it may be a ceiling for packs that extend this one."""
    if bound == "at_least":
        return {bound: money_text(author.pick((1, 5, 10, 25, 50)), author.currency)}
    by_role = author.escalating or author.chance(2)
    ceiling = {"ceiling": "yes"} if by_role and author.chance(2) else {}
    return {bound: lookup(author, by_role=True) if by_role else amount(author), **ceiling}


def _hit(author: Author, form: str, bound: str) -> str:
    """A hit policy that goes with the rows."""
    if form == "unique":
        return author.pick(("unique", "any", "first"))
    return author.pick(("collect-min", "first")) if form in ("collect-min", "csv") and bound == "at_most" else "first"


def _rows(author: Author, bound: str, *, plain: bool) -> list[Document]:
    """Rows of any cells, the last of which always applies."""
    rows = []
    for _ in range(author.pick((1, 2, 3))):
        row: Document = {str(fact): cell for fact, cell in cells(author).items()}
        if not plain and author.chance(6):
            row["when"] = text(author, "tightens", 1, amount=False, known=False)
        rows.append(row | {bound: author.money() if plain else amount(author)})
    last = money_text(0, author.currency) if bound == "at_least" else author.money(least=author.pick((1, 0)))
    if bound == "at_most" and not author.chance(5):
        rows.insert(
            author.pick((len(rows), 0)), {"actor.role": f"{author.ladder[-1]} or above", bound: money_text(AMOUNTS[-1], author.currency)}
        )
    return [*rows, {bound: last} if plain else {"otherwise": last}]


def _partition(author: Author, bound: str) -> list[Document]:
    """Rows that do not overlap: a member of one fact each, or a part of the ladder each."""
    words = author.of("one of", "ordered")
    if words and author.chance(2):
        fact = author.pick(words)
        return [{fact.path: member, bound: amount(author)} for member in MEMBERS[fact.path]]
    return [{"actor.role": role, bound: most} for role, most in zip((*author.beside, *author.ladder), _rising(author, 1), strict=True)]


def _csv(rows: list[Document], bound: str) -> str:
    columns = sorted({column for row in rows for column in row} - {bound})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*columns, bound])
    for row in rows:
        written = [row.get(column, "-") for column in columns]
        writer.writerow([*(", ".join(cell) if isinstance(cell, list) else str(cell) for cell in written), row[bound]])
    return out.getvalue()
