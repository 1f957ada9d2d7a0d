"""A small good pack that tests of the checker spoil, and what its author is told."""

from __future__ import annotations

from pathlib import Path

from empower import PackError, load_pack
from empower.problems import Problem

HEAD = """\
pack: corner-shop
version: 1
currency: GBP
timezone: Europe/London
languages: [en, de]
mission: Put it right.
values: {trust: We believe our customers., thrift: Every pound is somebody's.}
roles: {ladder: [clerk, lead, manager], beside: {bot: asks lead}}
groups: {money_back: [refund, credit]}
facts:
  actor.years: integer 0..50
  customer.category: one of [new, regular, loyal]
  customer.flags: set of [chargeback, serial_claimer]
  customer.claims: {type: integer 0..100, customer_may_see: no}
  order.total: {type: money 0..5000, customer_may_see: yes}
  order.items: integer 0..100
  order.id: text
  order.day: date
  evidence.photo: yes/no
  evidence.receipt: yes/no
  stay.nights: integer 0..30
define: {half: 50% of order.total, small: order.total <= 20}
actions:
  refund: {amount: money 0.01..5000, asks: [reason]}
  credit: {amount: money 0.01..5000}
  gesture: {amount: money 0.01..100, parameters: {what: "one of [card, gift]"}}
  release: {}
"""


def written(folder: Path, text: str) -> Path:
    """A folder with this pack."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(text, encoding="utf-8")
    return folder


def problems(folder: Path) -> tuple[Problem, ...]:
    """What is wrong with a pack."""
    try:
        load_pack(folder)
    except PackError as refusal:
        return refusal.problems
    return ()


def told(folder: Path) -> list[tuple[str, str]]:
    """The codes of all problems, each with the word that it underlines."""
    found = []
    for problem in problems(folder):
        line = Path(problem.span.file).read_text(encoding="utf-8").split("\n")[problem.span.line - 1]
        found.append((problem.code, line[problem.span.column - 1 : problem.span.end - 1]))
    return found


RULES = "rules:\n  - "
CAPS = "caps:\n  - "
BUDGETS = "budgets:\n  - "
PARENT = HEAD.replace("corner-shop", "company") + (
    "caps:\n  - {id: most, for: refund, at_most: {by: actor.role, bot: 5, clerk: 40, lead: 100, manager: 500}, ceiling: yes, because: trust}\n"
    "rules:\n"
)
