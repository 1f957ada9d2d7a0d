"""A pack with something of every sort, small enough that a fault in any of it is met soon."""

from __future__ import annotations

import tempfile
from pathlib import Path

from empower import load_pack
from empower.compile import Rules, compile_pack

PACK = """\
pack: all-sorts
version: 1
currency: GBP
timezone: Europe/London
mission: Put it right.
values: {trust: We trust.}
roles: {ladder: [clerk, lead, manager], beside: {agent: asks lead}}
facts:
  order.total: {type: money 0..100, customer_may_see: yes}
  order.before: money 0..100
  order.note: {type: text, customer_may_see: yes}
  customer.category: one of [new, regular, loyal]
  order.tier: ordered one of [bronze, silver, gold]
  order.lines: integer 0..9
  actor.trained: yes/no
  evidence.number: yes/no
  evidence.message: yes/no
  evidence.photo: yes/no
actions: {refund: {amount: money 0.01..60, asks: [reason]}, gesture: {amount: money 0.01..60}, store_credit: {amount: money 0.01..60}, release: {}}
when_ledger_unavailable: {escalate: lead}
obligations: {leave_item: Let them keep it.}
rules:
  - {id: half, deny: refund, when: action.amount > 50% of order.total, because: trust, say: {customer: "Half of {order.total}: {order.note}"}}
  - {id: lines, escalate: [refund, gesture], to: lead, when: "order.lines >= 4 and customer.category in ['new', 'regular']", because: trust}
  - {id: training, escalate: gesture, to: manager, when: not actor.trained, because: trust}
  - {id: proof, ask: release, at_least: 2, of: [evidence.number, evidence.message, evidence.photo], because: trust}
  - {id: keep, oblige: refund, when: action.amount > order.before, then: [leave_item], because: trust}
caps:
  - id: by-category
    for: refund
    because: trust
    first: [{customer.category: loyal, at_most: 40}, {order.tier: gold, at_most: [30, 33% of order.total]}, {otherwise: 10}]
  - {id: by-tier, for: [refund, gesture, store_credit], at_most: {by: order.tier, bronze: 8, silver: 20, gold: 45}, because: trust}
  - {id: not-too-little, for: [gesture, store_credit], at_least: 2, because: trust}
  - {id: small, for: store_credit, at_most: 1, when: order.lines >= 5, because: trust}
  - {id: enough, for: gesture, at_least: 3, when: customer.category == 'loyal', because: trust}
budgets:
  - {id: month, for: [refund, gesture], per: actor.id, window: calendar month, at_most: {amount: 50, times: 3}, because: trust}
  - {id: order, for: refund, per: order.note, window: ever, at_most: order.total, already: order.before, over: deny, because: trust}
menu:
  - {id: card, offer: {kind: gesture, amount: 4}, because: trust}
  - {id: treat, offer: {kind: gesture, amount: 30}, because: trust}
"""


def all_sorts() -> Rules:
    """The pack, read and compiled anew."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pack.yaml").write_text(PACK, encoding="utf-8")
        return compile_pack(load_pack(folder))
