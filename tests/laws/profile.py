"""How far a law is searched: a little in every run, always along the same way; with `EMPOWER_PROFILE=long` far, and each time elsewhere.

`EMPOWER_PROFILE=quick` is for those who run the same tests thousands of times (`mutation/`).
To make a counterexample smaller can take minutes, since it is a whole pack; `EMPOWER_SHRINK=no` shows it as it was found.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

QUICK = os.environ.get("EMPOWER_PROFILE") == "quick"
LONG = os.environ.get("EMPOWER_PROFILE") == "long"
PHASES = tuple(
    phase
    for phase in Phase
    if phase is not Phase.explain and (phase is not Phase.shrink or (os.environ.get("EMPOWER_SHRINK") != "no" and not QUICK))
)


def searched(examples: int) -> settings:
    """So many random examples; whole packs are large, so that is no reason to complain."""
    return settings(
        max_examples=examples * 20 if LONG else examples // 4 if QUICK else examples,
        derandomize=not LONG,
        deadline=None,
        phases=PHASES,
        print_blob=True,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
            HealthCheck.filter_too_much,
        ],
    )
