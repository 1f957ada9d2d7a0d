"""A small shop with nothing wrong in it, and ways to spoil it: each plants one defect that a question must find."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from empower import load_pack
from empower.checked import CheckedPack

SHOP = """
pack: shop
version: 1
currency: GBP
timezone: Europe/London
mission: Put it right.
values: {trust: We trust our people., thrift: Margins are low.}
roles: {ladder: [clerk, lead, manager], beside: {agent: asks lead}}
facts:
  customer.tier: one of [new, silver, gold]
  customer.flags: {type: "set of [claimer, chargeback]", supplied_by: host}
  customer.claims: integer 0..100
  customer.since: date
  order.total: money 0..5000
  order.delivered: instant
  item.code: text
  evidence.photo: yes/no
  evidence.message: yes/no
actions:
  refund: {amount: money 0.01..1000}
  credit: {amount: money 0.01..1000}
  release: {}
rules:
  - {id: paid, deny: [refund, credit], when: action.amount > order.total, because: thrift}
  - {id: claims, escalate: refund, to: lead, when: "'claimer' in customer.flags and customer.claims >= 3", because: thrift}
  - {id: late, escalate: refund, to: manager, when: days_since(order.delivered) > 30, because: thrift}
  - {id: fee, deny: refund, when: item.code == 'FEE', because: thrift}
  - {id: shown, ask: release, at_least: 1, of: [evidence.photo, evidence.message], because: trust}
caps:
  - id: by-role
    for: refund
    because: trust
    first:
      - {actor.role: clerk, customer.tier: gold, at_most: 40}
      - {actor.role: clerk, at_most: [25, 50% of order.total]}
      - {actor.role: agent, at_most: 10}
      - {actor.role: lead or above, at_most: 250}
  - {id: goodwill, for: credit, at_most: {by: actor.role, agent: 5, clerk: 20, lead: 50, manager: 100}, because: trust}
budgets:
  - {id: month, for: [refund, credit], per: actor.id, window: calendar month, at_most: 300, because: trust}
  - {id: once, for: credit, per: item.code, window: 30 days, at_most: {amount: 120, times: 2}, over: deny, because: thrift}
population: {actor.id: 40}
claims:
  - {id: clerk-alone, never: actor.role == 'clerk' and action.amount > 40 and not approved, because: thrift}
  - {id: no-fee, never: action.kind == 'refund' and item.code == 'FEE', because: thrift}
  - {id: within-total, always: action.kind == 'release' or action.amount <= order.total, because: thrift}
"""
Document = dict[str, Any]
Spoil = Callable[[Document], None]


def read(text: str) -> Any:
    """A pack, or a fragment of one; every scalar is text."""
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506


def shop() -> Document:
    """The shop as a document."""
    return read(SHOP)  # type: ignore[no-any-return]


def loaded(document: Mapping[str, Any]) -> CheckedPack:
    """A document as a checked pack."""
    with tempfile.TemporaryDirectory() as folder:
        return write(document, Path(folder) / "shop")


def write(document: Mapping[str, Any], folder: Path) -> CheckedPack:
    """A document written into a folder, and read."""
    folder.mkdir(exist_ok=True)
    (folder / "pack.yaml").write_text(yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True), encoding="utf-8")
    return load_pack(folder)


def spoiled(spoil: Spoil) -> CheckedPack:
    """The shop with a defect."""
    document = deepcopy(shop())
    spoil(document)
    return loaded(document)
