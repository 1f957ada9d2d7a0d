"""What every ledger promises, as tests that any store can run (extra `testing`). Nothing else in the library loads this.

    class TestTill(LedgerConformance):
        def new_ledger(self, clock):
            return TillLedger(clock=clock)

`LedgerConformance` is the port: the same answers as every other store. `DurableConformance` adds what outlives a process,
`ClockConformance` what becomes of a clock that jumps.
"""

from __future__ import annotations

import pytest

ASSERTING = ("audit", "clocks", "crashes", "durable", "histories", "holds", "keys", "machine", "reserving", "simulation", "threads")
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in ASSERTING))

from empower.testing.asks import Clock  # noqa: E402  (first, so that a failed assertion in them tells its values)
from empower.testing.clocks import ClockConformance, Machine  # noqa: E402
from empower.testing.conformance import DurableConformance, LedgerConformance  # noqa: E402

__all__ = ["Clock", "ClockConformance", "DurableConformance", "LedgerConformance", "Machine"]
