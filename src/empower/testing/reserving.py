"""Reserving: all legs of all parts fit and are written, or none is (law 1)."""

from __future__ import annotations

import pytest

from empower.ledger import Balance, Ledger, Leg, Moved, Noted, Refused, Reserved, WindowKind
from empower.testing.asks import DAY, EVER, MONTH, ROLLING, Clock, attempt, counter, give, held, instant, leg, reserve, wish


class Reserving:
    """All legs of all parts, or none."""

    def test_an_entry_may_reach_the_limit_and_not_pass_it(self, ledger: Ledger, clock: Clock) -> None:
        assert reserve(ledger, wish("a", 60), leg(MONTH, 60, limit=100)) == Reserved(clock.at, (Balance(0, 0, None),))
        assert isinstance(reserve(ledger, wish("b", 41), leg(MONTH, 41, limit=100)), Refused)
        assert reserve(ledger, wish("b", 40), leg(MONTH, 40, limit=100)) == Reserved(clock.at, (Balance(60, 1, instant("2026-12-01")),))
        assert held(ledger, MONTH) == (100, 2)

    def test_times_are_limited_like_amounts(self, ledger: Ledger) -> None:
        for number in range(3):
            assert isinstance(reserve(ledger, wish(f"k{number}", 1), leg(ROLLING, 1, times_limit=3)), Reserved)
        assert isinstance(reserve(ledger, wish("k3", 1), leg(ROLLING, 1, times_limit=3)), Refused)

    def test_one_leg_that_does_not_fit_refuses_all_and_writes_none(self, ledger: Ledger, clock: Clock) -> None:
        give(ledger, "before", EVER, 30)
        refused = reserve(ledger, wish("k", 50), [leg(MONTH, 50, limit=100), leg(EVER, 50, limit=79), leg(ROLLING, 50)])
        assert refused == Refused(clock.at, (Balance(0, 0, None), Balance(30, 1, None), Balance(0, 0, None)))
        assert held(ledger, MONTH) == held(ledger, ROLLING) == (0, 0)
        assert held(ledger, EVER) == (30, 1)

    def test_legs_of_several_parts_on_one_counter_add_up(self, ledger: Ledger) -> None:
        fits = [leg(MONTH, 30, limit=100)], [leg(MONTH, 70, limit=100)]
        assert isinstance(reserve(ledger, wish("a", 30, 71), [leg(MONTH, 30, limit=100)], [leg(MONTH, 71, limit=100)]), Refused)
        assert isinstance(reserve(ledger, wish("b", 30, 70), *fits), Reserved)
        assert held(ledger, MONTH) == (100, 2)

    def test_an_allow_tells_what_each_counter_held_before_it(self, ledger: Ledger, clock: Clock) -> None:
        give(ledger, "before", EVER, 30)
        answer = reserve(ledger, wish("k", 10, 20), [leg(EVER, 10), leg(MONTH, 10)], [leg(EVER, 20)])
        assert answer == Reserved(clock.at, (Balance(30, 1, None), Balance(0, 0, None), Balance(30, 1, None)))

    def test_each_entry_meets_the_limit_in_force_for_it(self, ledger: Ledger) -> None:
        """A limit lowered below what is spent accepts nothing more, not even nothing; a raised one does again."""
        give(ledger, "a", MONTH, 80)
        assert isinstance(reserve(ledger, wish("b", 1), leg(MONTH, 1, limit=50)), Refused)
        assert isinstance(reserve(ledger, wish("c", None), leg(MONTH, 0, limit=50)), Refused)
        assert isinstance(reserve(ledger, wish("b", 1), leg(MONTH, 1, limit=81)), Reserved)

    def test_a_limit_may_be_below_nothing(self, ledger: Ledger) -> None:
        """What was given outside the ledger is subtracted from the limit, and may exceed it."""
        assert isinstance(reserve(ledger, wish("k", None), leg(MONTH, 0, limit=-1)), Refused)

    def test_a_shadow_leg_counts_and_never_refuses(self, ledger: Ledger) -> None:
        shadow = counter("month", budget="shadow")
        for key in ("a", "b"):
            assert isinstance(reserve(ledger, wish(key, 70), leg(shadow, 70, limit=100, times_limit=1, enforced=False)), Reserved)
        assert held(ledger, shadow) == (140, 2)

    def test_a_wish_without_legs_is_held_too(self, ledger: Ledger, clock: Clock) -> None:
        assert reserve(ledger, wish("k", 70)) == Reserved(clock.at)
        assert ledger.confirm("k").left == 70

    def test_up_to_holds_what_is_given_and_not_what_was_asked(self, ledger: Ledger) -> None:
        reserve(ledger, wish("k", 100, up_to=True), leg(MONTH, 40, limit=40), given=[40])
        (hold,) = ledger.unsettled()
        assert (hold.reserved, hold.left) == (40, 40)
        assert held(ledger, MONTH) == (40, 1)

    @pytest.mark.parametrize("given", [[101], [-1], [40, 40], []])
    def test_no_more_is_given_than_was_asked(self, ledger: Ledger, given: list[int]) -> None:
        with pytest.raises(ValueError):
            reserve(ledger, wish("k", 100, up_to=True), given=given)

    def test_up_to_may_ask_for_whatever_is_allowed(self, ledger: Ledger) -> None:
        reserve(ledger, wish("k", None, up_to=True), leg(MONTH, 40, limit=40), given=[40])
        assert held(ledger, MONTH) == (40, 1)

    def test_outside_its_time_nothing_is_recorded(self, ledger: Ledger, clock: Clock) -> None:
        """`during` is half-open: the verdict holds from its start and no longer at its end."""
        for during in ((clock.at + 1, clock.at + 9), (clock.at - 9, clock.at)):
            assert reserve(ledger, wish(), leg(MONTH), during=during) == Moved(clock.at)
            assert attempt(ledger, wish(), MONTH, during=during) == Moved(clock.at)
        assert (ledger.history(), held(ledger, MONTH)) == ((), (0, 0))
        assert isinstance(reserve(ledger, wish("k", 5, actor="other"), leg(MONTH, 5), during=(clock.at, clock.at + 1)), Reserved)

    def test_an_attempt_reserves_nothing_and_reads_what_it_needs(self, ledger: Ledger, clock: Clock) -> None:
        give(ledger, "a", ROLLING, 80)
        assert attempt(ledger, wish("k", 500), MONTH, ROLLING) == Noted(
            clock.at, (Balance(0, 0, None), Balance(80, 1, clock.at + 30 * DAY))
        )
        assert [hold.key for hold in ledger.unsettled()] == ["a"]

    @pytest.mark.parametrize(
        "legs",
        [
            ([leg(MONTH, -1)],),
            ([leg(MONTH, 1, times=-1)],),
            ([leg(MONTH, 101)],),
            ([leg(MONTH)], [leg(MONTH)]),
            ([leg(counter("day", zone="Europe/Lundon"))],),
            ([leg(EVER), leg(counter("day", zone="Europe/Lundon"))],),
        ],
    )
    def test_legs_that_make_no_sense_are_refused_before_anything_is_written(self, ledger: Ledger, legs: tuple[list[Leg], ...]) -> None:
        with pytest.raises(ValueError):
            reserve(ledger, wish("k", 100), *legs)
        assert (ledger.history(), held(ledger, MONTH), held(ledger, EVER)) == ((), (0, 0), (0, 0))

    def test_counters_are_apart_by_all_that_names_them(self, ledger: Ledger) -> None:
        """By pack, budget, key values, window, zone and currency."""
        others = [counter("ever", budget="other"), counter("ever", key="d8"), counter("day"), counter("ever", zone="UTC"), EVER]
        give(ledger, "a", counter("ever"), 100)
        assert [held(ledger, other) for other in others] == [(0, 0)] * 5
        assert held(ledger, counter("ever")) == (100, 1)

    # -- time

    def test_ledger_time_never_runs_back_before_an_entry(self, ledger: Ledger, clock: Clock) -> None:
        start = clock.at
        give(ledger, "a", ROLLING)
        clock.at -= 40 * DAY
        assert ledger.now() == start
        assert give(ledger, "b", ROLLING).at == start
        assert held(ledger, ROLLING) == (200, 2)
        clock.at = start + 1
        assert ledger.now() == start + 1

    def test_a_rolling_window_lets_go_of_what_is_exactly_its_length_old(self, ledger: Ledger, clock: Clock) -> None:
        start = clock.at
        give(ledger, "a", ROLLING, 10)
        clock.at = start + DAY
        give(ledger, "b", ROLLING, 20)
        clock.at = start + 30 * DAY - 1
        assert ledger.balances([ROLLING]) == (Balance(30, 2, start + 30 * DAY),)
        clock.at = start + 30 * DAY
        assert ledger.balances([ROLLING]) == (Balance(20, 1, start + 31 * DAY),)
        clock.at = start + 31 * DAY
        assert ledger.balances([ROLLING]) == (Balance(0, 0, None),)

    @pytest.mark.parametrize(
        ("kind", "last", "end"),
        [
            ("day", "2026-03-29 23:59", "2026-03-30 00:00"),  # 23 hours long
            ("week", "2026-10-25 23:59", "2026-10-26 00:00"),  # 169 hours long
            ("month", "2026-11-30 23:59", "2026-12-01 00:00"),
            ("quarter", "2026-12-31 23:59", "2027-01-01 00:00"),
            ("year", "2026-12-31 23:59", "2027-01-01 00:00"),
        ],
    )
    def test_a_calendar_window_begins_anew_at_local_midnight(
        self, ledger: Ledger, clock: Clock, kind: WindowKind, last: str, end: str
    ) -> None:
        clock.at = instant(last)
        give(ledger, "a", counter(kind), 10)
        assert ledger.balances([counter(kind)]) == (Balance(10, 1, instant(end)),)
        clock.at = instant(end) - 1
        assert held(ledger, counter(kind)) == (10, 1)
        clock.at = instant(end)
        assert ledger.balances([counter(kind)]) == (Balance(0, 0, None),)
        give(ledger, "b", counter(kind), 5)
        assert held(ledger, counter(kind)) == (5, 1)

    def test_a_counter_without_window_counts_forever(self, ledger: Ledger, clock: Clock) -> None:
        give(ledger, "a", EVER, 10)
        clock.at += 40_000 * DAY
        assert ledger.balances([EVER]) == (Balance(10, 1, None),)

    def test_balances_at_another_instant(self, ledger: Ledger, clock: Clock) -> None:
        """The instant names the window; what is known now fills it."""
        start = clock.at
        give(ledger, "a", MONTH, 10)
        give(ledger, "b", ROLLING, 20)
        clock.at = instant("2026-12-15 10:00")
        give(ledger, "c", MONTH, 1)
        give(ledger, "d", ROLLING, 2)
        assert (held(ledger, MONTH, start), held(ledger, ROLLING, start)) == ((10, 1), (20, 1))
        assert (held(ledger, MONTH), held(ledger, ROLLING)) == ((1, 1), (22, 2))
        assert (held(ledger, MONTH, clock.at + 30 * DAY), held(ledger, ROLLING, start + 30 * DAY)) == ((0, 0), (2, 1))
        assert (held(ledger, MONTH), held(ledger, ROLLING)) == ((1, 1), (22, 2))
        assert held(ledger, ROLLING, start - 1) == (0, 0)

    def test_balances_later_leave_out_the_holds_that_expire_by_then(self, ledger: Ledger, clock: Clock) -> None:
        for window in (MONTH, ROLLING, EVER):
            give(ledger, window.budget, window, 10)
            give(ledger, f"{window.budget}-short", window, 1, hold_until=clock.at + 5)
            assert [held(ledger, window, clock.at + later) for later in (0, 4, 5)] == [(11, 2), (11, 2), (10, 1)]
        assert held(ledger, ROLLING) == (11, 2)

    def test_balances_later_keep_what_was_confirmed_in_time(self, ledger: Ledger, clock: Clock) -> None:
        give(ledger, "k", EVER, 10, hold_until=clock.at + 5)
        ledger.confirm("k", 7)
        assert held(ledger, EVER, clock.at + 5) == (7, 1)

    def test_what_has_left_the_window_by_then_does_not_expire_from_it_too(self, ledger: Ledger, clock: Clock) -> None:
        give(ledger, "k", ROLLING, 10, hold_until=clock.at + 30 * DAY + 5)
        clock.at += DAY
        give(ledger, "later", ROLLING, 1)
        assert [held(ledger, ROLLING, clock.at + 29 * DAY + ms) for ms in (-1, 0, 5)] == [(11, 2), (1, 1), (1, 1)]

    def test_what_frees_next_later_on_is_not_what_expires_before(self, ledger: Ledger, clock: Clock) -> None:
        start = clock.at
        give(ledger, "short", ROLLING, 1, hold_until=start + 2 * DAY)
        clock.at += DAY
        give(ledger, "long", ROLLING, 10)
        assert ledger.balances([ROLLING], start + DAY) == (Balance(11, 2, start + 30 * DAY),)
        assert ledger.balances([ROLLING], start + 2 * DAY) == (Balance(10, 1, start + 31 * DAY),)
