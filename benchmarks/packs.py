"""Packs of any size: the 26 rules that matter and as many that never do.

The fillers are those of `benchmarks.original.fillers`: three of four name another store, the fourth another kind of action. They are put
into the text of the goodwill pack, behind its own rules, so a scaled pack is a file as an author could have written it.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.facts import money
from benchmarks.original import Rule, canonical, fillers

GOODWILL = Path(__file__).parent / "goodwill"
SIZES = (26, 1_000, 10_000, 100_000)
_KIND = "  price_match: {amount: money 0.01..5000, title: Match a price}\n"


def _written(rule: Rule) -> str:
    (_, _, above), (_, _, refunds) = rule.when
    return (
        f"  - id: {rule.id}\n"
        f"    escalate: {rule.kinds[0]}\n"
        "    to: supervisor\n"
        f"    when: store == '{rule.store}' and action.amount > {money(above)} and customer.refunds_90d >= {refunds}\n"
        "    because: thrift\n"
    )


def scaled(rules: int) -> str:
    """Return the text of a goodwill pack with that many rules."""
    text = (GOODWILL / "pack.yaml").read_text(encoding="utf-8")
    head, caps = text.split("\ncaps:\n")
    facts, own = head.split("\nrules:\n")
    more = "".join(_written(rule) for rule in fillers(rules - len(canonical())))
    return f"{facts}\n{_KIND}rules:\n{own}\n{more}caps:\n{caps}"


def write(folder: Path, rules: int) -> Path:
    """Write a pack with that many rules and return its folder."""
    home = folder / f"goodwill-{rules}"
    home.mkdir(parents=True, exist_ok=True)
    (home / "pack.yaml").write_text(scaled(rules), encoding="utf-8")
    return home
