"""`python -m mutation [MODULE …] [--sample N] [--seed TEXT]`: how many small changes to the core the tests notice, module by module."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mutation.survivors import EXPLAINED

if TYPE_CHECKING:
    from mutation.run import Target
    from mutation.watched import Watched

PACKS = ("rules/grocery-doorstep", "rules/parcel-desk", "tests/test_docs.py::test_a_pack_on_the_page_says_what_the_page_says")
"""Cases of packs, each in milliseconds."""
PLANS = ("tests/test_judge.py", "tests/test_lower.py", "tests/test_periods.py", "tests/test_authority.py", *PACKS)
BACK_ENDS = ("tests/test_back_ends.py", *PLANS)
LEDGER = (
    "tests/ledger/test_sums.py",
    "tests/ledger/test_memory.py",
    "tests/ledger/test_windows.py",
    "tests/ledger/test_stores.py::TestMemory",
    "tests/ledger/test_wishes.py",
)
TESTS: dict[str, tuple[str, ...]] = {
    "empower.judge": PLANS,
    "empower.formulas": ("tests/test_formulas.py", *PLANS, "tests/test_cells.py"),
    "empower.lower": PLANS,
    "empower.authority": PLANS,
    "empower.authorise": ("tests/test_authorise.py", *PLANS),
    "empower.periods": PLANS,
    "empower.backends.interpret": BACK_ENDS,
    "empower.backends.python": BACK_ENDS,
    "empower.money": ("tests/test_money.py",),
    "empower.moments": ("tests/test_request.py", "tests/test_periods.py", "tests/test_habits.py", "tests/test_hostile_conditions.py"),
    "empower.environment": BACK_ENDS,
    "empower.plans": ("tests/test_plans.py", *PLANS),
    "empower.ledger.sums": LEDGER,
    "empower.ledger.windows": LEDGER,
    "empower.ledger.holds": LEDGER,
    "empower.ledger.chain": ("tests/ledger/test_audit.py",),
    "empower.ledger.clocks": ("tests/ledger/test_clocks.py",),
}
"""Of each module the quick tests, which need no search through whole packs; the laws are beside them (docs/guarantees.md)."""


def main() -> int:
    """Judge, and print a line for each module and each survivor."""
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"one of: {', '.join(TESTS)}; all, if none is named")
    parser.add_argument("--sample", type=int, default=0, help="judge only so many mutants of each module")
    parser.add_argument("--seed", default="empower", help="which ones")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    arguments = parser.parse_args()
    os.environ.setdefault("EMPOWER_PROFILE", "quick")  # before the tests are loaded
    from mutation.run import Target, watch  # noqa: PLC0415

    targets = [Target(module, TESTS[module], templates=module == "empower.backends.python") for module in arguments.modules or TESTS]
    watched = watch(targets)
    total: Counter[str] = Counter()
    for target in targets:
        total += tally(target, watched, arguments)
    print(f"in all: {told(total)}")
    return int(total["survived"] + total["gone"] > 0)


def tally(target: Target, watched: Sequence[Watched], arguments: argparse.Namespace) -> Counter[str]:
    """Judge a module, and print whatever raises a question: what survives, and what is explained although there is no such mutant."""
    from mutation.run import drawn, judge  # noqa: PLC0415

    found, explained = target.mutants(), EXPLAINED.get(target.module, {})
    chosen = drawn(found, arguments.sample, f"{arguments.seed}/{target.module}")
    asked = [mutant for mutant in chosen if mutant.name not in explained]
    gone = sorted(set(explained) - {mutant.name for mutant in found})
    fates = Counter(mutants=len(found), judged=len(chosen), explained=len(chosen) - len(asked), gone=len(gone))
    for judged in judge(target, asked, watched, arguments.jobs):
        fates["survived" if judged.fate.startswith("survived") else "noticed"] += 1
        fates["hung"] += judged.fate == "noticed by its time"
        if judged.fate.startswith("survived"):
            print(f"  {judged.fate}: {target.module}, line {judged.mutant.line}, {judged.mutant.name}", flush=True)
    for name in gone:
        print(f"  explained, and not there: {target.module}, {name}", flush=True)
    print(f"{target.module}: {told(fates)}", flush=True)
    return fates


def told(fates: Counter[str]) -> str:
    """What became of so many mutants, in a line."""
    return (
        f"{fates['judged']} of {fates['mutants']} mutants judged; {fates['noticed']} noticed ({fates['hung']} by their time), "
        f"{fates['explained']} explained, {fates['survived']} survived"
    )


if __name__ == "__main__":
    sys.exit(main())
