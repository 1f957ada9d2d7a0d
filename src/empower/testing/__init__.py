"""Tests for one's own packs and ledgers (extra `testing`). Nothing else in the library loads this.

    class TestLaws(PackLaws):
        pack = "rules/my-pack"

holds a pack to the laws of `docs/guarantees.md`, on requests that stand on its edges. Each law is a function too, to call on one request,
and `actions`, `contexts` and `worlds` are the strategies that the requests come from.

    class TestTill(LedgerConformance):
        def new_ledger(self, clock):
            return TillLedger(clock=clock)

holds a store to what every ledger promises. `LedgerConformance` is the port: the same answers as every other store. `DurableConformance`
adds what outlives a process, `ClockConformance` what becomes of a clock that jumps, `ArchiveConformance` what of closed periods.
"""

from __future__ import annotations

import pytest

ASSERTING = (
    "archives", "audit", "clocks", "crashes", "durable", "histories", "holds", "keys", "machine", "reserving", "simulation", "threads",
)  # fmt: skip
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in ASSERTING))

from empower.testing.archives import ArchiveConformance  # noqa: E402
from empower.testing.asks import Clock  # noqa: E402  (first, so that a failed assertion in them tells its values)
from empower.testing.authoring import DrawnPack, Manuscript, packs  # noqa: E402
from empower.testing.clocks import ClockConformance, Machine  # noqa: E402
from empower.testing.conformance import DurableConformance, LedgerConformance  # noqa: E402
from empower.testing.giving import (  # noqa: E402
    law_01_never_exceeded,
    law_09_asked_twice_given_once,
    law_10_fail_closed,
    law_11_an_approval_is_a_second_verdict,
)
from empower.testing.laws import (  # noqa: E402
    law_02_deterministic,
    law_03_the_strongest_certain_outcome,
    law_04_unknown_is_never_generous,
    law_05_guardrails_only_tighten,
    law_06_the_limit_is_exact,
    law_07_a_no_is_never_a_dead_end,
    law_08_nothing_without_a_why,
    law_12_what_is_proved_is_what_runs,
)
from empower.testing.pack_laws import LAWS, PackLaws  # noqa: E402
from empower.testing.shop import ShopDay, play  # noqa: E402
from empower.testing.strategies import actions, approvals, contexts, worlds  # noqa: E402
from empower.testing.trial import Law, LawBrokenError  # noqa: E402
from empower.testing.world import World, world_of  # noqa: E402

__all__ = [
    "LAWS",
    "ArchiveConformance",
    "Clock",
    "ClockConformance",
    "DrawnPack",
    "DurableConformance",
    "Law",
    "LawBrokenError",
    "LedgerConformance",
    "Machine",
    "Manuscript",
    "PackLaws",
    "ShopDay",
    "World",
    "actions",
    "approvals",
    "contexts",
    "law_01_never_exceeded",
    "law_02_deterministic",
    "law_03_the_strongest_certain_outcome",
    "law_04_unknown_is_never_generous",
    "law_05_guardrails_only_tighten",
    "law_06_the_limit_is_exact",
    "law_07_a_no_is_never_a_dead_end",
    "law_08_nothing_without_a_why",
    "law_09_asked_twice_given_once",
    "law_10_fail_closed",
    "law_11_an_approval_is_a_second_verdict",
    "law_12_what_is_proved_is_what_runs",
    "packs",
    "play",
    "world_of",
    "worlds",
]  # fmt: skip
