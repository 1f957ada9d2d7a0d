"""The sums behind the ledgers' counters, by themselves."""

from __future__ import annotations

import pytest

from empower.ledger import Balance, Window
from empower.ledger.sums import CalendarSum, RollingSum

DAY = 86_400_000


def test_a_period_tells_its_end_while_anything_counts_in_it() -> None:
    """What has no amount counts by its times: the window that it was drawn from ends all the same."""
    counter = CalendarSum(Window("day", 0), "UTC")
    draw = counter.draw(DAY + 5, 0, 1)
    assert counter.balance(DAY + 5, ()) == Balance(0, 1, 2 * DAY)
    assert counter.balance(DAY + 5, [draw]) == Balance(0, 0, None)


@pytest.mark.parametrize("length_ms", [0, -1])
def test_a_rolling_window_has_a_length(length_ms: int) -> None:
    """A window of no length would forget each entry as it is made."""
    with pytest.raises(ValueError, match=f"a length above 0 ms, not {length_ms}"):
        RollingSum(length_ms)
    assert RollingSum(1).balance(0, ()) == Balance(0, 0, None)
