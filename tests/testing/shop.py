"""A small pack of a shop, in the words of its author, and one with a mistake in it."""

from __future__ import annotations

from pathlib import Path

from empower import load_pack
from empower.checked import CheckedPack

PACK = """\
pack: corner-shop
version: 1
currency: GBP
timezone: Europe/London
mission: Put it right.
values: {trust: We trust.}
roles: {ladder: [clerk, manager]}
facts:
  order.total: {type: money 0..1000, customer_may_see: yes}
  order.lines: integer 0..100
  customer.category: one of [new, loyal]
actions: {refund: {amount: money 0.01..500}, hand_over: {}}
rules:
  - {id: lines, escalate: refund, to: manager, when: order.lines > 3, because: trust, examples: [EXAMPLE]}
  - {id: paid, deny: refund, when: action.amount > 50% of order.total, because: trust, say: {customer: "Half of {order.total}."}}
caps:
  - id: by-role
    for: refund
    because: trust
    first: [{actor.role: clerk, customer.category: loyal, at_most: 50}, {actor.role: clerk, at_most: 20}, {otherwise: 500}]
budgets:
  - {id: month, for: refund, per: actor.id, window: calendar month, at_most: {amount: 100, times: 3}, because: trust}
"""
EXAMPLE = "{it: has many lines, action: refund 5, context: {actor.role: clerk, order.lines: 4}, expect: escalate}"
CASES = """\
- given: {actor.role: clerk, order.total: 80, order.lines: 1, customer.category: new}
- {it: gives twenty, action: refund 20, expect: {outcome: allow, limit: 20}}
- {it: gives forty to the loyal, action: refund 40, context: {customer.category: loyal}, expect: allow}
"""


def write_shop(folder: Path, cases: str = CASES, pack: str = PACK) -> Path:
    """The pack in a folder, with these cases; none: no file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(pack.replace("EXAMPLE", EXAMPLE), encoding="utf-8")
    if cases:
        (folder / "cases.yaml").write_text(cases, encoding="utf-8")
    return folder


def shop(folder: Path) -> CheckedPack:
    """The pack, read."""
    return load_pack(write_shop(folder / "shop"))
