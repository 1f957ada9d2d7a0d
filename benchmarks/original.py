# ruff: noqa: PLR1714, PLR1730, SIM300 - the original, kept as it was
"""The policy *goodwill* as it was first written: one plain function, and the same 26 rules as data.

Our own file: adapted from ``bench/goodwill_policy.py`` of the project's steering repository, unchanged in meaning. Peers are compared with
`reference`; `empower` is compared with `benchmarks.handwritten.decide`, which extends it to the laws.

Amounts are integers in minor units. Three tables hold 48 cells, so a peer without tables needs 71 rows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Facts = dict[str, Any]

KINDS = ("refund", "discount", "credit", "gift", "replacement", "waive_fee")
MONETARY = ("refund", "discount", "credit", "gift", "waive_fee")
ROLES = ("associate", "senior", "supervisor", "manager")
TIERS = ("new", "regular", "gold", "vip")
FLAGS = ("chargeback", "serial_returner", "account_takeover", "abusive")
CHANNELS = ("till", "doorstep", "phone", "chat")


def _table(base: int, steps: tuple[int, ...], tenths: tuple[int, ...]) -> dict[str, dict[str, int]]:
    """Build a role × tier table of caps."""
    return {r: {t: base * s * m // 10 for t, m in zip(TIERS, tenths, strict=True)} for r, s in zip(ROLES, steps, strict=True)}


CAP_TABLES = {
    "C1": _table(2000, (1, 2, 5, 20), (10, 15, 25, 40)),
    "C2": _table(1000, (1, 2, 4, 15), (10, 12, 20, 30)),
    "C3": _table(1500, (1, 2, 6, 25), (8, 10, 20, 35)),
}
CAP_KINDS = {"C1": ("refund",), "C2": ("discount", "credit", "gift"), "C3": ("waive_fee", "replacement")}
KIND_TABLE = {kind: (cap, CAP_TABLES[cap]) for cap, kinds in CAP_KINDS.items() for kind in kinds}
_MONETARY = frozenset(MONETARY)


def reference(f: Facts) -> tuple[str, int, tuple[str, ...]]:
    """Decide by the original policy: (outcome, limit in minor units, ids of the rules that fired in the order D, E, C, O)."""
    a = f["action"]
    kind = a["kind"]
    amount = a["amount"]
    actor = f["actor"]
    role = actor["role"]
    tenure = actor["tenure_days"]
    cust = f["customer"]
    tier = cust["tier"]
    flags = cust["risk_flags"]
    r90 = cust["refunds_90d"]
    spend = cust["spend_12m"]
    order = f["order"]
    age = order["age_days"]
    channel = f["channel"]
    fired = []
    deny = esc = False
    # deny
    if kind in _MONETARY and "account_takeover" in flags:
        fired.append("D1")
    if kind == "refund":
        if age > 180:
            fired.append("D2")
        if amount > order["total"]:
            fired.append("D3")
    if (kind == "discount" or kind == "gift") and "abusive" in flags:
        fired.append("D4")
    if kind == "waive_fee" and tier == "new" and r90 >= 2:
        fired.append("D5")
    if kind == "replacement" and age > 365:
        fired.append("D6")
    if kind == "gift" and tier == "new" and spend < 1000:
        fired.append("D7")
    if kind == "credit" and "chargeback" in flags and "serial_returner" in flags:
        fired.append("D8")
    if fired:
        deny = True
    nd = len(fired)
    # escalate
    if kind in ("refund", "replacement") and "serial_returner" in flags and r90 >= 3:
        fired.append("E1")
    if kind in _MONETARY and "chargeback" in flags and amount > 2000:
        fired.append("E2")
    if tenure < 14 and amount > 1000:
        fired.append("E3")
    if kind == "refund" and (channel == "phone" or channel == "chat") and amount > 5000:
        fired.append("E4")
    if "abusive" in flags and amount > 500:
        fired.append("E5")
    if kind == "refund" and tier != "vip" and amount > spend:
        fired.append("E6")
    if kind == "gift" and role == "associate" and channel == "doorstep" and amount > 1500:
        fired.append("E7")
    if kind == "waive_fee" and r90 >= 5:
        fired.append("E8")
    # caps
    cid, table = KIND_TABLE[kind]
    limit = table[role][tier]
    if amount > limit:
        fired.append(cid)
    if channel == "doorstep":
        if 6000 < limit:
            limit = 6000
        if amount > 6000:
            fired.append("C4")
    if tenure < 90:
        if 4000 < limit:
            limit = 4000
        if amount > 4000:
            fired.append("C5")
    if kind == "refund" and age > 90:
        if 2500 < limit:
            limit = 2500
        if amount > 2500:
            fired.append("C6")
    if len(fired) > nd:
        esc = True
    # obligations
    if kind == "refund" or kind == "replacement":
        item = f["item"]
        if item["perishable"]:
            fired.append("O1")
        if item["value"] <= item["handling_cost"]:
            fired.append("O2")
    if amount > 3000:
        fired.append("O3")
    if channel == "phone" and amount > 2500:
        fired.append("O4")
    if deny:
        return "deny", 0, tuple(fired)
    return ("escalate" if esc else "allow"), limit, tuple(fired)


class Ref(NamedTuple):
    """A fact on the right-hand side of a comparison."""

    path: str


Condition = tuple[str, str, Any]


class Rule(NamedTuple):
    """One rule as data; `kinds` and `store` are its scope, every condition of `when` must hold."""

    id: str
    effect: str  # deny | escalate | cap | oblige
    kinds: tuple[str, ...]  # () = any kind
    when: tuple[Condition, ...]  # (path, operator, constant or Ref); operators == != > >= < <= in has
    value: Any = None  # a cap's amount or its role × tier table, an obligation's name
    store: str = ""  # "" = any store


AMOUNT = "action.amount"
FLAG = "customer.risk_flags"
GOODS_BACK = ("refund", "replacement")


def canonical() -> list[Rule]:
    """Return the 26 rules, in the order D, E, C, O."""
    return [
        Rule("D1", "deny", MONETARY, ((FLAG, "has", "account_takeover"),)),
        Rule("D2", "deny", ("refund",), (("order.age_days", ">", 180),)),
        Rule("D3", "deny", ("refund",), ((AMOUNT, ">", Ref("order.total")),)),
        Rule("D4", "deny", ("discount", "gift"), ((FLAG, "has", "abusive"),)),
        Rule("D5", "deny", ("waive_fee",), (("customer.tier", "==", "new"), ("customer.refunds_90d", ">=", 2))),
        Rule("D6", "deny", ("replacement",), (("order.age_days", ">", 365),)),
        Rule("D7", "deny", ("gift",), (("customer.tier", "==", "new"), ("customer.spend_12m", "<", 1000))),
        Rule("D8", "deny", ("credit",), ((FLAG, "has", "chargeback"), (FLAG, "has", "serial_returner"))),
        Rule("E1", "escalate", GOODS_BACK, ((FLAG, "has", "serial_returner"), ("customer.refunds_90d", ">=", 3))),
        Rule("E2", "escalate", MONETARY, ((FLAG, "has", "chargeback"), (AMOUNT, ">", 2000))),
        Rule("E3", "escalate", (), (("actor.tenure_days", "<", 14), (AMOUNT, ">", 1000))),
        Rule("E4", "escalate", ("refund",), (("channel", "in", ("phone", "chat")), (AMOUNT, ">", 5000))),
        Rule("E5", "escalate", (), ((FLAG, "has", "abusive"), (AMOUNT, ">", 500))),
        Rule("E6", "escalate", ("refund",), (("customer.tier", "!=", "vip"), (AMOUNT, ">", Ref("customer.spend_12m")))),
        Rule("E7", "escalate", ("gift",), (("actor.role", "==", "associate"), ("channel", "==", "doorstep"), (AMOUNT, ">", 1500))),
        Rule("E8", "escalate", ("waive_fee",), (("customer.refunds_90d", ">=", 5),)),
        Rule("C1", "cap", CAP_KINDS["C1"], (), CAP_TABLES["C1"]),
        Rule("C2", "cap", CAP_KINDS["C2"], (), CAP_TABLES["C2"]),
        Rule("C3", "cap", CAP_KINDS["C3"], (), CAP_TABLES["C3"]),
        Rule("C4", "cap", (), (("channel", "==", "doorstep"),), 6000),
        Rule("C5", "cap", (), (("actor.tenure_days", "<", 90),), 4000),
        Rule("C6", "cap", ("refund",), (("order.age_days", ">", 90),), 2500),
        Rule("O1", "oblige", GOODS_BACK, (("item.perishable", "==", True),), "keep_item"),
        Rule("O2", "oblige", GOODS_BACK, (("item.value", "<=", Ref("item.handling_cost")),), "keep_item"),
        Rule("O3", "oblige", (), ((AMOUNT, ">", 3000),), "note_required"),
        Rule("O4", "oblige", (), (("channel", "==", "phone"), (AMOUNT, ">", 2500)), "verify_identity"),
    ]


def fillers(count: int) -> list[Rule]:
    """Return rules that never apply to the sampled facts: 3 of 4 name another store, 1 of 4 another kind of action."""
    rules = []
    for i in range(count):
        store, kind = ("s0", "price_match") if i % 4 == 3 else (f"s{1 + i // 30}", KINDS[i % 6])
        rules.append(Rule(f"F{i}", "escalate", (kind,), ((AMOUNT, ">", 500 + i % 977), ("customer.refunds_90d", ">=", i % 7)), None, store))
    return rules


def expand_tables(rules: list[Rule]) -> list[Rule]:
    """Turn each table into rows, one for each role and tier, for peers without tables."""
    rows = []
    for rule in rules:
        if not isinstance(rule.value, dict):
            rows.append(rule)
            continue
        for role, by_tier in rule.value.items():
            for tier, cap in by_tier.items():
                cells = (("actor.role", "==", role), ("customer.tier", "==", tier))
                rows.append(rule._replace(when=rule.when + cells, value=cap))
    return rows


ORDER = {rule.id: place for place, rule in enumerate(canonical())}
