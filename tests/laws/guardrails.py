"""The same random author at the guardrails: rules of all six effects, caps under every hit policy, budgets of every window, the menu."""

from __future__ import annotations

import csv
import datetime
import io
from typing import Any

from laws.author import Action, Author, Sign, cells, condition, money, role_cell, text
from laws.vocabulary import AMOUNTS, MEMBERS, TODAY, money_text

Document = dict[str, Any]
EFFECTS = ("escalate", "deny", "only_if", "ask", "oblige", "advise", "escalate", "escalate")
WINDOWS = ("ever", "30 days", "24 hours", "2 weeks", "calendar day", "calendar week", "calendar month", "calendar quarter", "calendar year")


def guardrail(author: Author, name: str) -> Document:
    """What every guardrail has, now and then with words for both voices, or in shadow."""
    found: Document = {"id": name, "because": author.pick(("trust", "thrift"))}
    if author.talkative or author.chance(4):
        visible = [f"{{{fact.path}}}" for fact in author.facts if fact.customer_may_see]
        found["say"] = {"customer": f"Sorry! {' '.join(visible)} ({{amount}})", "staff": "At most {limit}; ask {role}."}
    if author.chance(10):
        found["mode"] = "shadow"
    return found


def dated(author: Author) -> Document:
    """Local dates around the instants of decisions, either end open."""
    days = [datetime.date.fromordinal(TODAY + step).isoformat() for step in (-30, -1, 0, 1, 10)]
    first, last = sorted((author.pick(range(5)), author.pick(range(5))))
    return author.pick(({"from": days[first], "until": days[last]}, {"from": days[first]}, {"until": days[last]}))


def kinds(author: Author, *, amount: bool = False) -> object:
    """Kinds and groups that a guardrail is for."""
    fit = [action.name for action in author.actions if action.bounds is not None or not amount]
    if author.chance(4):
        return "everything" if author.chance(2) or not amount else "money_back"
    chosen = author.some(fit, 1, len(fit))
    return chosen[0] if len(chosen) == 1 and author.chance(2) else chosen


# ------------------------------------------------------------------------------------------------ rules


def rule(author: Author, name: str) -> Document:
    """A rule of a random effect."""
    effect = author.pick(("escalate", "escalate", "only_if", "oblige")) if author.escalating else author.pick(EFFECTS)
    if effect == "ask" and not author.of("yes/no"):
        effect = "deny"
    found = guardrail(author, name) | {effect: kinds(author)}
    sign: Sign = "free" if effect in ("oblige", "advise") else "tightens"
    if effect in ("oblige", "advise"):
        found["then"] = [author.pick(("leave_item", "say_sorry"))]
    if effect == "escalate":
        found["to"] = author.pick(author.ladder[1:] or author.ladder) if not author.chance(6) else author.ladder[0]
    if effect == "only_if":
        found[author.pick(("any", "any", "all"))] = [condition(author, "loosens") for _ in range(author.pick((2, 1, 3)))]
    if effect == "ask":
        asked = [fact.path for fact in author.of("yes/no") if not fact.path.startswith("actor.")] or [author.of("yes/no")[0].path]
        found |= {"of": asked, "at_least": str(author.pick(range(1, len(asked) + 1)))}
    if effect in ("only_if", "ask") and not author.chance(3):
        found["otherwise"] = author.pick(({"escalate": author.pick(author.ladder)}, {"escalate": author.ladder[-1]}, "deny"))
    if effect not in ("only_if", "ask") or author.chance(3):
        found["when"] = condition(author, sign)
    if author.chance(4):
        found["unless"] = condition(author, "free" if sign == "free" else "loosens")
    return found | (dated(author) if author.chance(8) else {})


def assumption(author: Author, name: str) -> Document:
    """A deny rule by another name."""
    found = guardrail(author, name) | {"for": kinds(author), "that": condition(author, "loosens")}
    found.pop("mode", None)
    return found


# ------------------------------------------------------------------------------------------------ caps


def amount(author: Author, *, least: int = 0) -> object:
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
        return {"by": "actor.role", **dict(zip((*author.beside, *author.ladder), _rising(author, least), strict=False))}
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
        by_role = author.escalating or author.chance(2)
        most = (lookup(author, by_role=True) if by_role else amount(author)) if bound == "at_most" else ""
        return found | {bound: most or money_text(author.pick((1, 5, 10, 25, 50)), author.currency)}
    rows = _partition(author, bound) if form == "unique" else _rows(author, bound, plain=form == "csv")
    hit = author.pick(("unique", "any", "first")) if form == "unique" else "collect-min" if form == "collect-min" else "first"
    if form == "csv":
        tables[f"{name}.csv"] = _csv(rows, bound)
        return found | {"table": f"{name}.csv", "hit": author.pick(("first", "collect-min"))}
    return found | {"first": rows} | ({"hit": hit} if hit != "first" else {})


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


# ------------------------------------------------------------------------------------------------ budgets


def budget(author: Author, name: str) -> Document:
    """A budget of a random window, key and limit."""
    keys = [fact.path for fact in author.of("text", "one of", "ordered")]
    per = author.some(["actor.id", "customer.id", "place.store", "actor.role", "action.reason", *keys], 0, 2)
    per = ["actor.id"] if author.escalating or author.chance(3) else per
    found = guardrail(author, name) | {"for": kinds(author)} | ({"per": per} if per else {})
    personal = any(key.startswith("actor.") for key in per)
    if author.chance(8):
        found["wait"] = author.pick(("30 days", "24 hours"))
    else:
        found |= {"window": author.pick(WINDOWS), "at_most": _limit(author, found["for"])}
    limit = found.get("at_most")
    by_role = isinstance(limit, dict) and limit.get("by") == "actor.role" and len(set(limit.values())) > 2
    if author.chance(3):
        found["over"] = author.pick(("deny", "escalate") if personal or by_role else ("deny",))
    if author.chance(5) and author.of("money") and _limits_amount(found.get("at_most")):
        found["already"] = money(author, 1) if author.chance(3) else author.pick(author.of("money")).path
    if per and author.chance(3):
        shared = {"shared_at_most": author.money()}
        found |= (
            {"when_unknown": {"escalate": author.pick(author.ladder), **shared}}
            if author.chance(2)
            else {"when_unknown": "shared", **shared}
        )
    if author.chance(8):
        found["campaign"] = dated(author)
    if author.chance(8):
        found["encourage"] = {"aim": "3", "nudge": "{left} left"}
    return found


def _limits_amount(limit: object) -> bool:
    return limit is not None and (not isinstance(limit, dict) or "by" in limit or "amount" in limit)


def _limit(author: Author, chosen: object) -> object:
    names = {action.name for action in author.actions if action.bounds is None}
    if chosen == "everything" or isinstance(chosen, list):
        counted = author.chance(3) or all(action.bounds is None for action in author.actions) or set(chosen) <= names
    else:
        counted = chosen in names or author.chance(3)
    if counted:
        return {"times": str(author.pick((1, 2, 3)))} | (
            {"amount": amount(author, least=1)} if author.chance(2) and not _no_amounts(author, chosen) else {}
        )
    return lookup(author, least=1, by_role=True) if author.chance(3) else amount(author, least=author.pick((30, 30, 1)))


def _no_amounts(author: Author, chosen: object) -> bool:
    amounts = {action.name for action in author.actions if action.bounds is not None} | ({"money_back", "everything"})
    return not amounts & set([chosen] if isinstance(chosen, str) else chosen) or all(action.bounds is None for action in author.actions)  # type: ignore[call-overload]


# ------------------------------------------------------------------------------------------------ menu


def offer(author: Author, name: str) -> Document:
    """A gesture on the menu."""
    action: Action = author.pick(author.actions)
    template: Document = {"kind": action.name}
    if action.bounds is not None and not author.chance(3):
        low, high = action.bounds
        template["amount"] = money_text(author.pick(sorted({low, (low + high) // 2, high, min(high, max(low, 10))})), author.currency)
    if "reason" in action.asks and not author.chance(3):
        template["reason"] = "late"
    if "rush" in action.parameters:
        template["rush"] = author.pick(("yes", "no"))
    found: Document = {"id": name, "offer": template, "because": "trust", "title": f"Offer {name}", "rank": str(author.pick((1, 2, 3)))}
    return found | ({"when": condition(author, "loosens", amount=False)} if author.chance(2) else {})


__all__ = ["amount", "assumption", "budget", "cap", "kinds", "offer", "role_cell", "rule"]
