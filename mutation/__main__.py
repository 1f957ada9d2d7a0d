"""`python -m mutation [MODULE …] [--sample N] [--seed TEXT]`: how many small changes to the core the tests notice, module by module."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter

CASES = ("rules/grocery-doorstep", "rules/parcel-desk", "rules/airline-care", "tests/test_goodwill.py")
"""What notices soonest stands first."""
CERTAIN, DARK = "tests/laws/test_law_03_certain_outcome.py", "tests/laws/test_law_04_unknown_is_never_generous.py"
EXACT, APPROVED = "tests/laws/test_law_06_the_limit_is_exact.py", "tests/laws/test_law_11_approvals.py"
AGREE = "tests/laws/test_laws_as_functions.py"
LEDGER = (
    "tests/ledger/test_memory.py",
    "tests/ledger/test_windows.py",
    "tests/ledger/test_stores.py::TestMemory",
    "tests/ledger/test_wishes.py",
)
TESTS: dict[str, tuple[str, ...]] = {
    "empower.judge": (*CASES, EXACT, CERTAIN),
    "empower.formulas": (*CASES, CERTAIN, DARK, "tests/test_cells.py"),
    "empower.lower": (*CASES, CERTAIN, EXACT, DARK),
    "empower.authority": (*CASES, CERTAIN, APPROVED),
    "empower.backends.interpret": (*CASES, AGREE, EXACT),
    "empower.backends.python": (*CASES, AGREE, EXACT),
    "empower.money": ("tests/test_money.py",),
    "empower.ledger.sums": LEDGER,
    "empower.ledger.windows": LEDGER,
    "empower.ledger.holds": LEDGER,
}


def main() -> int:
    """Judge, and print a line for each module and each survivor."""
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"one of: {', '.join(TESTS)}; all, if none is named")
    parser.add_argument("--sample", type=int, default=0, help="judge only so many mutants of each module")
    parser.add_argument("--seed", default="empower", help="which ones")
    arguments = parser.parse_args()
    os.environ["EMPOWER_PROFILE"] = "quick"  # before the tests are loaded
    from mutation.run import Target, count, judge  # noqa: PLC0415

    for module in arguments.modules or TESTS:
        target = Target(module, TESTS[module], templates=module == "empower.backends.python")
        fates: Counter[str] = Counter()
        print(f"{module}: {count(target)} mutants", flush=True)
        for judged in judge(target, arguments.sample, arguments.seed):
            fates[judged.fate] += 1
            if judged.fate == "survived":
                print(f"  survived: {judged.mutant}", flush=True)
        noticed = fates["killed"] + fates["timeout"]
        print(
            f"  {noticed} of {fates.total()} noticed ({fates['timeout']} by their time), {100 * noticed // max(1, fates.total())} %",
            flush=True,
        )
    return 0


sys.exit(main())
