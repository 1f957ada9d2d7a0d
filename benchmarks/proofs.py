"""Row 7 of the numbers to reach: what a proof of all questions costs, and whether it finds what it is there to find.

``python -m benchmarks.proofs`` proves generated packs of 200, 1,000 and 5,000 rules, and plants defects into smaller ones: each must be found by the
question that is there for it, and nothing in a pack without one. Times are those of the processor, which other work on the machine does not
change much.

Of twelve rules of a generated pack five are rules of five sorts: escalations for claims, for flags and lateness, and for percentages, denials above what
was paid, and of what is final. The other seven are the rows of a table by role and tier. Each is for one region, as in large packs.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.report import Row
from empower import load_pack
from empower.checked import CheckedPack
from empower.load import Limits
from empower.noun import evolve
from empower.prove import verdict
from empower.prove.answers import FAMILIES, Proved, word_for
from empower.prove.worker import answers_of

SIZES = (200, 1_000, 5_000)
BOUNDS = {1_000: 30.0, 5_000: 120.0}
PLANTS = 216
ROLES = ("associate", "senior", "lead", "manager", "director")
TIERS = ("new", "regular", "gold")
LIMITS = Limits(bytes_max=64 * 2**20)
Document = dict[str, Any]

# ------------------------------------------------------------------------------------------------ packs


def document(rules: int, seed: int = 1) -> Document:
    """A pack with so many rules, rows of tables included, and nothing wrong in it."""
    chance = random.Random(seed)
    regions = [f"r{number}" for number in range(max(2, rules // 24))]
    head: Document = {
        "pack": "generated", "version": "1", "currency": "GBP", "timezone": "Europe/London", "mission": "Put it right.",
        "values": {"trust": "We trust our people.", "thrift": "Margins are low."},
        "roles": {"ladder": list(ROLES)},
        "facts": {
            "place.region": f"one of [{', '.join(regions)}]", "customer.tier": f"one of [{', '.join(TIERS)}]",
            "customer.flags": "set of [claimer, chargeback, fraud]", "customer.claims": "integer 0..1000", "order.total": "money 0..5000",
            "order.delivered": "instant", "order.final": "yes/no", "item.value": "money 0..5000",
        },
        "actions": {"refund": {"amount": "money 0.01..5000"}, "credit": {"amount": "money 0.01..5000"}},
        "population": {"actor.id": "500"},
        "budgets": [
            {"id": "month", "for": "everything", "per": "actor.id", "window": "calendar month", "at_most": "2000", "because": "trust"},
        ],
        "claims": [{"id": "ceiling", "never": "actor.role == 'associate' and action.amount > 60 and not approved", "because": "thrift"}],
    }  # fmt: skip
    most = {role: str(60 * 2**place) for place, role in enumerate(ROLES)}
    ceiling = {"id": "ceiling-by-role", "for": "everything", "at_most": {"by": "actor.role", **most}, "because": "thrift"}
    made: dict[str, list[Document]] = {"rules": [], "caps": [ceiling]}
    number = 0
    while number < rules:
        region = regions[number // 24 % len(regions)]
        number += _add(made, chance, region, number)
    return {**head, **made}


def _add(made: dict[str, list[Document]], chance: random.Random, region: str, number: int) -> int:
    """Add a rule or a table for a region, and say how many rules that is."""
    kind, name, here = chance.choice(("refund", "credit")), f"g{number}", f"place.region == '{region}'"
    paid, share, claims, late = chance.randrange(0, 40), chance.randrange(40, 90), chance.randrange(2, 9), chance.randrange(10, 90)
    sorts: tuple[Document, ...] = (
        {"escalate": kind, "to": "lead", "when": f"{here} and customer.claims >= {claims} and item.value > {chance.randrange(5, 400)}"},
        {"deny": kind, "when": f"{here} and action.amount > order.total + {paid}"},
        {"escalate": kind, "to": "manager", "when": f"{here} and 'claimer' in customer.flags and days_since(order.delivered) > {late}"},
        {"deny": kind, "when": f"{here} and order.final and item.value > {chance.randrange(100, 900)}"},
        {"escalate": kind, "to": "senior", "when": f"{here} and customer.tier == 'new' and action.amount > {share}% of order.total"},
    )
    sort = number % 12
    if sort < len(sorts):
        made["rules"].append({"id": name, **sorts[sort], "because": "thrift"})
        return 1
    rows = [
        {"actor.role": role, "customer.tier": "gold" if better else "-", "at_most": str(20 * (place + 1) + 20 * better)}
        for place, role in enumerate(ROLES)
        for better in (1, 0)
    ]
    rows = [{key: cell for key, cell in row.items() if cell != "-"} for row in rows][: 12 - sort - 1]
    table = {"id": name, "for": kind, "when": here, "because": "trust", "first": [*rows, {"otherwise": "120"}]}
    made["caps"].append(table)
    return 12 - sort


def load(made: Document) -> CheckedPack:
    """A document as a checked pack; JSON is YAML, and read the fastest."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pack.yaml").write_text(json.dumps(made, indent=1), encoding="utf-8")
        return load_pack(folder, LIMITS)


# ------------------------------------------------------------------------------------------------ times


def times(rules: int) -> dict[str, float]:
    """Seconds of the processor to load a pack, and by family of questions; all are proved, or the pack is not as it should be."""
    last = time.process_time()
    checked = load(document(rules))
    found = {"load": time.process_time() - last, **dict.fromkeys(FAMILIES, 0.0)}
    wrong = []
    last = time.process_time()
    for answer in answers_of(checked):
        now = time.process_time()
        found[answer.question.family] += now - last
        last = now
        if not isinstance(answer, Proved):
            wrong.append(f"{answer.question.name}: {word_for(answer)}: {answer.says}")
    if wrong:
        print(f"{rules} rules:", *wrong[:5], sep="\n  ")
    return found


def proofs(sizes: tuple[int, ...] = SIZES) -> list[Row]:
    """Prove everything about generated packs."""
    rows = []
    for rules in sizes:
        taken = times(rules)
        note = ", ".join(f"{name} {seconds:.1f}" for name, seconds in taken.items() if seconds >= 0.05)
        total = sum(taken.values()) - taken["load"]
        rows.append(Row(f"proof of all questions, {rules:,} rules, seconds", total, note, at_most=BOUNDS.get(rules)))
    return rows


# ------------------------------------------------------------------------------------------------ plants

Plant = Callable[[Document, random.Random], str]
"""Puts one defect into a document, and gives the name of the question that must find it."""


def _rule(made: Document, chance: random.Random, rule: Document) -> str:
    made["rules"].insert(chance.randrange(len(made["rules"]) + 1), {"id": "planted", **rule, "because": "thrift"})
    return "planted"


def _somewhere(chance: random.Random) -> tuple[str, str]:
    """A kind, and the condition of a region."""
    return chance.choice(("refund", "credit")), f"place.region == 'r{chance.randrange(2)}'"


def dead(made: Document, chance: random.Random) -> str:
    """A rule that asks for more claims than it allows."""
    kind, here = _somewhere(chance)
    low = chance.randrange(5, 500)
    return "dead/" + _rule(made, chance, {"deny": kind, "when": f"{here} and customer.claims > {low} and customer.claims <= {low}"})


def shadowed(made: Document, chance: random.Random) -> str:
    """A row below one that covers it."""
    table = chance.choice([cap for cap in made["caps"] if len(cap.get("first", ())) > 3])
    place = chance.randrange(1, len(table["first"]) - 1)
    above = {key: cell for key, cell in table["first"][place].items() if key != "at_most"}
    table["first"].insert(place + 1, {**above, "customer.tier": above.get("customer.tier", chance.choice(TIERS)), "at_most": "7"})
    return f"row/{table['id']}"


def overridden(made: Document, chance: random.Random) -> str:
    """An escalation above what is denied anyway; each of two conditions is above, so that no single comparison shows it."""
    kind, here = _somewhere(chance)
    paid = chance.randrange(0, 40)
    made["rules"].append({"id": "most", "deny": kind, "when": f"{here} and action.amount > order.total + {paid}", "because": "thrift"})
    more = f"{here} and action.amount > order.total + item.value and item.value > {paid}"
    return "overridden/" + _rule(made, chance, {"escalate": kind, "to": "lead", "when": more})


def higher_role_worse(made: Document, chance: random.Random) -> str:
    """A denial for one of the higher roles alone."""
    kind, here = _somewhere(chance)
    role = chance.choice(ROLES[1:])
    _rule(made, chance, {"deny": kind, "when": f"{here} and actor.role == '{role}' and action.amount > {chance.randrange(5, 30)}"})
    return f"rank/{kind}"


def flags_better(made: Document, chance: random.Random) -> str:
    """A denial for those without a flag."""
    kind, here = _somewhere(chance)
    word = chance.choice(("claimer", "chargeback", "fraud"))
    _rule(made, chance, {"deny": kind, "when": f"{here} and '{word}' not in customer.flags and action.amount > {chance.randrange(5, 20)}"})
    return "flags/customer.flags"


def claim_off_by_one(made: Document, chance: random.Random) -> str:
    """A claim one penny below what a cap allows."""
    kind = chance.choice(("refund", "credit"))
    most = chance.randrange(5, 20)
    made["caps"].append({"id": "planted", "for": kind, "at_most": str(most), "because": "trust"})
    never = f"action.kind == '{kind}' and action.amount > {most - 1}.99"
    made["claims"].append({"id": "planted-claim", "never": never, "because": "thrift"})
    return "claim/planted-claim"


def unanswerable(made: Document, chance: random.Random) -> str:
    """An escalation of what nobody may give, hidden in two comparisons."""
    kind, here = _somewhere(chance)
    most = chance.randrange(40, 60)
    made["caps"].append({"id": "most", "for": kind, "when": "item.value > 10", "at_most": str(most), "over": "deny", "because": "trust"})
    more = f"{here} and action.amount > item.value and item.value > {most}"
    return "answerable/" + _rule(made, chance, {"escalate": kind, "to": "senior", "when": more})


def nobody(made: Document, chance: random.Random) -> str:
    """A role that is denied everything, by two rules."""
    role = ROLES[0]
    total = chance.randrange(100, 900)
    for number, sign in enumerate(("<=", ">")):
        rule = {"deny": "everything", "when": f"actor.role == '{role}' and order.total {sign} {total}"}
        made["rules"].append({"id": f"planted-{number}", **rule, "because": "thrift"})
    return f"role/{role}"


SORTS: dict[str, Plant] = {
    "dead rule": dead, "shadowed row": shadowed, "overridden": overridden, "higher role worse": higher_role_worse,
    "flags better": flags_better, "claim off by one": claim_off_by_one, "unanswerable": unanswerable, "role without anything": nobody,
}  # fmt: skip
IN_THE_GUARD = ("gap", "budget off by one")
"""Sorts that no document can hold: the checker refuses a table with a gap, and the guard of budgets is not the author's."""


def planted(sort: str, seed: int, rules: int = 60) -> bool:
    """Whether a defect of a sort is found by its question, in a pack of its own."""
    chance = random.Random(f"{sort} {seed}")
    made = document(rules, seed)
    if sort == "gap":
        checked = load(made)
        place = chance.randrange(1, len(checked.caps))
        cap = checked.caps[place]
        caps = (*checked.caps[:place], evolve(cap, rows=cap.rows[:-1]), *checked.caps[place + 1 :])
        return _finds(evolve(checked, caps=caps), f"gap/{cap.id}")
    if sort == "budget off by one":
        made["budgets"].append({
            "id": "planted", "for": chance.choice(("refund", "credit", "everything")), "per": "actor.id", "window": "calendar week",
            "at_most": str(chance.randrange(5, 900)), "because": "trust",
        })  # fmt: skip
        with mock.patch.object(verdict, "beyond", _spent_above_limit(verdict.beyond)):
            return _finds(load(made), "budget/planted")
    name = SORTS[sort](made, chance)
    return _finds(load(made), name)


def _spent_above_limit(right: Any) -> Any:
    """`spent > limit`, where it should be `spent + amount > limit`."""

    def slip(account: Any, world: Any, held: Any, reading: str, *, shared: bool = False) -> Any:
        if account.guardrail != "planted":
            return right(account, world, held, reading, shared=shared)
        return world.above(held[0], getattr(account.amount, reading))

    return slip


def _finds(checked: CheckedPack, name: str) -> bool:
    return any(not isinstance(answer, Proved) for answer in answers_of(checked, [name]))


def clean(seed: int, rules: int = 60) -> list[str]:
    """What is found in a pack with nothing wrong in it, the history of the most left out."""
    asked = [family for family in FAMILIES if family not in ("exposure", "accept")]
    return [
        f"{answer.question.name}: {answer.says}"
        for answer in answers_of(load(document(rules, seed)), asked)
        if not isinstance(answer, Proved)
    ]


def main() -> None:
    """Measure, plant and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proofs", description="what proofs cost, and what they find")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="how many rules the packs have that are timed")
    parser.add_argument("--plants", type=int, default=PLANTS, help="how many defects are planted")
    arguments = parser.parse_args()
    for row in proofs(tuple(arguments.sizes)):
        print(f"{row.what}: {row.ratio:.1f} (bound {row.bound})  {row.note}")
    every_sort = (*SORTS, *IN_THE_GUARD)
    found: Counter[str] = Counter()
    for number in range(arguments.plants):
        sort = every_sort[number % len(every_sort)]
        if planted(sort, number):
            found[sort] += 1
        else:
            print(f"NOT FOUND: {sort}, seed {number}")
    print(f"{found.total()} of {arguments.plants} planted defects found: " + ", ".join(f"{sort} {count}" for sort, count in found.items()))
    clean_packs = max(1, arguments.plants // 10)
    false = [line for seed in range(clean_packs) for line in clean(seed)]
    print(f"{len(false)} findings in {clean_packs} packs without a defect", *false[:10], sep="\n  ")


if __name__ == "__main__":
    main()
