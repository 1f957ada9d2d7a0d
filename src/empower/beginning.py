"""A first pack, from a few answers: the texts of a `pack.yaml` and a `cases.yaml` that check, pass, and teach what they are made of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from string import Template

from empower.money import MINOR_MAX, plain_money
from empower.noun import frozen

LEAST = 4
"""The least that the lowest role may give at once, in minor units, so that there is a half and a quarter of it."""
MOST = MINOR_MAX // 100_000
"""The most that a role may give at once, in minor units: an order is a hundred times as large, also where a currency has no smaller unit."""


@frozen
class Trade:
    """The words of a trade."""

    back: str
    """The kind of action that gives money back."""
    back_title: str
    gift_title: str
    thing: str
    """What was paid for: the group of its facts."""
    mission: str
    roles: tuple[str, str]
    """The lowest role, and the one that it asks."""


TRADES: Mapping[str, Trade] = {
    "shop": Trade("refund", "refund", "a small gift", "order", "Put it right while the customer is still here.", ("associate", "manager")),
    "cafe": Trade("comp", "on the house", "a coffee on the house", "order", "Nobody leaves unhappy.", ("barista", "manager")),
    "delivery": Trade("refund", "refund", "a small extra", "order", "Settle it at the door.", ("driver", "team_lead")),
    "hotel": Trade("make_good", "money off the bill", "something for the room", "stay", "A guest never asks twice.", ("host", "manager")),
    "support": Trade(
        "bill_credit", "money off the bill", "a gesture of goodwill", "bill", "Solve it on the first call.", ("agent", "team_lead")
    ),
}
"""By the name that one chooses."""


@frozen
class Beginning:
    """The answers."""

    name: str
    folder: str
    """How the author would call the folder of the pack."""
    trade: str
    currency: str
    zone: str
    roles: tuple[tuple[str, int], ...]
    """The roles, lowest first, each with the most it may give at once, in minor units; rising."""
    mission: str


def begin_pack(beginning: Beginning) -> dict[str, str]:
    """The files of a first pack, by name."""
    words = _words(beginning)
    alone = len(beginning.roles) == 1
    cases = _CASES.substitute(words) + (_ALONE if alone else _ASKING).substitute(words)
    return {"pack.yaml": _aligned(_PACK.substitute(words)), "cases.yaml": cases}


def _aligned(text: str) -> str:
    """A text with its comments behind lines in one column, or two blanks behind a line that is longer."""
    return re.sub(r"(?m)^(.*\S) {2,}(?=# )", lambda found: f"{found[1]:<30}  ", text)


def _words(beginning: Beginning) -> dict[str, str]:
    trade, currency = TRADES[beginning.trade], beginning.currency
    names, most = [name for name, _ in beginning.roles], [minor for _, minor in beginning.roles]

    def money(minor: int) -> str:
        return re.sub(r"\.0+$", "", plain_money(minor, currency))

    low, high = most[0], most[-1]
    rows = "\n".join(f"      - {{actor.role: {name}, at_most: {money(minor)}}}" for name, minor in beginning.roles)
    months = ", ".join(f"{name}: {money(10 * minor)}" for name, minor in beginning.roles)
    over, who, customer = _ALONE_WORDS if len(names) == 1 else _ASKING_WORDS
    beyond = f"    over: {over}".ljust(32) + f"# {who} can say yes"
    amounts = {
        "unit": money(1), "low": money(low), "over": money(low + 1), "high": money(high), "most": money(100 * high), "half": money(low // 2),
        "above_half": money(low // 2 + 1), "quarter": money(low // 4), "plenty": money(2 * high), "drawn": money(10 * low - low // 2),
    }  # fmt: skip
    return {
        **amounts, "name": beginning.name, "folder": beginning.folder, "currency": currency, "zone": beginning.zone, "mission": _scalar(beginning.mission),
        "ladder": ", ".join(names), "lowest": names[0], "next": names[min(1, len(names) - 1)], "highest": names[-1], "rows": rows, "months": months,
        "back": trade.back, "back_title": trade.back_title, "gift_title": trade.gift_title, "thing": trade.thing, "beyond": beyond, "customer": customer,
    }  # fmt: skip


def _scalar(text: str) -> str:
    """A text as a YAML scalar."""
    return text if re.fullmatch(r"[^\W\d_][\w ,.'!?;()-]*(?<! )", text) else json.dumps(text, ensure_ascii=False)


_ASKING_WORDS = ("escalate", "somebody above", "For that I ask a colleague; it takes a minute.")
_ALONE_WORDS = ("deny", "nobody", "That is more than I can give.")
"""What becomes of more than may be given, who can say yes to it, and what the customer hears."""
_PACK = Template("""\
# What the people at $name may give away on the spot, without asking anybody.
# It is yours: change a line, and `empower test $folder --watch` shows at once what else it changed.

pack: $name
version: 1
currency: $currency
timezone: $zone          # days and months are cut there
languages: [en]

mission: $mission
values:                         # every guardrail names the value that it serves (`because`)
  trust: We trust the people who stand before our customers.
  thrift: What we give away, somebody has to earn.

roles:
  ladder: [$ladder]             # lowest first; each asks those above

# ------------------------------------------------------------------------------ what is known, or has to be asked

facts:                          # any fact may be unknown; then `ask` says how to find it out
  $thing.total: {type: money 0..$most, title: what was paid, ask: What was paid?, customer_may_see: yes}

# ------------------------------------------------------------------------------ what can be done

actions:
  $back: {amount: money $unit..$most, title: $back_title, asks: [reason]}
  gesture: {amount: money $unit..$most, title: a gesture}

menu:                           # what can be offered instead of a no, best first
  - {id: gift, offer: {kind: gesture, amount: $quarter}, title: $gift_title, rank: 1, because: trust}

# ------------------------------------------------------------------------------ the guardrails

rules:                          # `deny` is a no for everybody; `escalate` asks a role above
  - id: not-more-than-paid
    deny: $back
    when: action.amount > $thing.total
    because: thrift
    say:
      staff: No more than was paid, {$thing.total}.
      customer: We can give back up to what was paid.

caps:                           # the most that one person may give at once
  - id: at-once
    title: what you may give at once
    for: [$back, gesture]
$beyond
    because: trust
    first:                      # the first row that fits
$rows
    say: {customer: $customer}

budgets:                        # the most that they may give in a while, over all that they give
  - id: month
    title: what you may give in a month
    for: [$back, gesture]
    per: actor.id
    window: calendar month      # or `30 days`, `calendar week`, `ever`
    at_most: {by: actor.role, $months}
$beyond
    because: thrift
    say: {customer: $customer}

claims:                         # sentences that must hold whatever happens
  - {id: lowest-alone, never: actor.role == '$lowest' and action.amount > $low and not approved, because: thrift}

population: {actor.id: 20}      # how many people there are, so that `empower prove` can say what they could give away in all
""")
_CASES = Template("""\
# What you expect of it. Each case is decided from the facts that are given, until the next `given`, and those of its own.

- given:
    actor.role: $lowest
    $thing.total: $plenty

- it: gives back $low on the spot
  action: {kind: $back, amount: $low, reason: late}
  expect: {outcome: allow, limit: $low, guardrails: none}

- it: asks for the reason, and for nothing else
  action: $back $low
  expect: {outcome: needs_info, needs: action.reason, guardrails: none}

- it: gives a little something without a question
  action: gesture $quarter
  expect: {outcome: allow, limit: $low}

- it: gives back all that was paid
  action: {kind: $back, amount: $half, reason: late}
  context: {$thing.total: $half}
  expect: {outcome: allow, limit: $half}

- it: never gives back more than was paid
  action: {kind: $back, amount: $above_half, reason: late}
  context: {$thing.total: $half}
  expect: {outcome: deny, limit: $half, guardrails: not-more-than-paid, offers: gift}

- it: asks what was paid before it gives anything back      # unknown is not zero
  action: {kind: $back, amount: $low, reason: late}
  context: {$thing.total: unknown}
  expect: {outcome: needs_info, needs: $thing.total}

- it: lets the highest role give $high
  action: gesture $high
  context: {actor.role: $highest}
  expect: {outcome: allow, limit: $high}
""")
_ASKING = Template("""
- it: asks somebody above for any more, and offers what can be given at once
  action: {kind: $back, amount: $over, reason: late}
  expect: {outcome: escalate, who: $next, limit: $low, guardrails: at-once, offers: gift}

- it: goes ahead once they have said yes
  action: {kind: $back, amount: $over, reason: late}
  approval: $next
  expect: {outcome: allow, amount: $over}

- it: stops when the month's money is spent, with what is left as the limit
  action: {kind: $back, amount: $low, reason: late}
  spent: {month: $drawn}
  expect: {outcome: escalate, who: $next, limit: $half, guardrails: month, offers: gift}
""")
_ALONE = Template("""
- it: gives no more than that at once, and offers what can be given
  action: {kind: $back, amount: $over, reason: late}
  expect: {outcome: deny, limit: $low, guardrails: at-once, offers: gift}

- it: stops when the month's money is spent, with what is left as the limit
  action: {kind: $back, amount: $low, reason: late}
  spent: {month: $drawn}
  expect: {outcome: deny, limit: $half, guardrails: month, offers: gift}
""")
