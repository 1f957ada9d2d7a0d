"""Holds: confirmed, voided, reversed or expired; each once, and each gives back to its own window only."""

from __future__ import annotations

import pytest

from empower.errors import HoldEnded, HoldExpired, LedgerUnavailable, MoreThanReserved, UnknownKey
from empower.ledger import Balance, Entry, Held, Ledger, Refused, Reserved
from empower.testing.asks import DAY, EVER, MONTH, ROLLING, Clock, Words, attempt, fill, give, held, instant, leg, read, reserve, wish


class Holds:
    """Holds: confirmed, voided, reversed or expired."""

    def test_the_currency_of_what_is_held_is_told(self, ledger: Ledger) -> None:
        """Of a hold and of a part of one, also once it is settled; of nothing else."""
        give(ledger, "plain", EVER)
        reserve(ledger, wish("pounds", 100, currency="GBP"), leg(EVER))
        reserve(ledger, wish("parts", 1, 2, currency="EUR"), [leg(EVER, 1)], [leg(EVER, 2)])
        attempt(ledger, wish("noted", 100, currency="GBP"))
        ledger.void("pounds")
        asked = ("plain", "pounds", "parts#2", "parts", "noted", "nobody")
        assert [ledger.currency_of(key) for key in asked] == [None, "GBP", "EUR", None, None, None]

    def test_a_guess_of_the_time_is_near_it(self, ledger: Ledger, clock: Clock) -> None:
        """It is not looked up, and a clock that went on is as good as the ledger's own."""
        give(ledger, "k", EVER)
        clock.at += DAY
        assert ledger.guess() == ledger.now() == clock.at

    def test_confirm_is_optional_and_fixes_the_final_amount(self, ledger: Ledger) -> None:
        """What is not confirmed goes back; the times stay 1."""
        give(ledger, "k", MONTH, 50)
        assert held(ledger, MONTH) == (50, 1)
        assert ledger.confirm("k", 30) == Held("k", "confirmed", 50, 30, None)
        assert held(ledger, MONTH) == (30, 1)

    def test_confirming_nothing_keeps_the_times(self, ledger: Ledger) -> None:
        give(ledger, "k", MONTH, 50)
        ledger.confirm("k", 0)
        assert held(ledger, MONTH) == (0, 1)

    def test_confirm_is_idempotent_and_final(self, ledger: Ledger) -> None:
        give(ledger, "k", MONTH, 50)
        first = ledger.confirm("k", 30)
        assert ledger.confirm("k", 30) == first
        for other in (None, 29, 31):
            with pytest.raises(HoldEnded):
                ledger.confirm("k", other)
        assert held(ledger, MONTH) == (30, 1)
        assert len(ledger.history()) == 2

    def test_more_than_was_reserved_is_never_confirmed(self, ledger: Ledger) -> None:
        give(ledger, "k", MONTH, 50)
        with pytest.raises(MoreThanReserved):
            ledger.confirm("k", 51)
        with pytest.raises(ValueError, match="negative"):
            ledger.confirm("k", -1)
        assert ledger.confirm("k").left == 50
        with pytest.raises(MoreThanReserved):
            ledger.confirm("k", 51)

    def test_void_gives_back_once(self, ledger: Ledger) -> None:
        give(ledger, "other", MONTH, 5)
        give(ledger, "k", MONTH, 50)
        for _ in range(3):
            assert ledger.void("k") == Held("k", "voided", 50, 0, None)
        assert held(ledger, MONTH) == (5, 1)
        with pytest.raises(HoldEnded):
            ledger.confirm("k")
        with pytest.raises(HoldEnded):
            ledger.reverse("k", 1, "came back")

    def test_what_is_confirmed_is_reversed_and_not_voided(self, ledger: Ledger) -> None:
        give(ledger, "k", MONTH, 50)
        with pytest.raises(HoldEnded):
            ledger.reverse("k", 1, "not confirmed yet")
        ledger.confirm("k", 40)
        with pytest.raises(HoldEnded):
            ledger.void("k")
        assert ledger.reverse("k", 15, "one came back") == Held("k", "confirmed", 50, 25, None)
        assert held(ledger, MONTH) == (25, 1)
        assert ledger.reverse("k", 40, "all came back") == Held("k", "reversed", 50, 0, None)
        assert held(ledger, MONTH) == (0, 0)
        with pytest.raises(HoldEnded):
            ledger.void("k")

    def test_reverse_tells_the_total_so_far(self, ledger: Ledger) -> None:
        give(ledger, "k", MONTH, 50)
        ledger.confirm("k", 40)
        assert ledger.reverse("k", 0, "nothing") == Held("k", "confirmed", 50, 40, None)
        first = ledger.reverse("k", 15, "one came back")
        assert ledger.reverse("k", 15, "told twice") == first
        with pytest.raises(HoldEnded):
            ledger.reverse("k", 14, "less than before")
        with pytest.raises(MoreThanReserved):
            ledger.reverse("k", 41, "more than was given")
        with pytest.raises(ValueError, match="negative"):
            ledger.reverse("k", -1, "")
        assert held(ledger, MONTH) == (25, 1)
        assert [entry.event for entry in ledger.history()] == ["allowed", "confirmed", "reversed"]

    def test_after_all_was_reversed_the_same_confirm_still_changes_nothing(self, ledger: Ledger) -> None:
        give(ledger, "k", MONTH, 50)
        ledger.confirm("k", 40)
        ended = ledger.reverse("k", 40, "all came back")
        assert ledger.confirm("k", 40) == ledger.reverse("k", 40, "again") == ended
        with pytest.raises(HoldEnded):
            ledger.confirm("k", 50)

    def test_an_action_without_an_amount_is_reversed_by_nothing(self, ledger: Ledger) -> None:
        reserve(ledger, wish("k", None), leg(MONTH, 0))
        assert ledger.confirm("k") == Held("k", "confirmed", 0, 0, None)
        assert held(ledger, MONTH) == (0, 1)
        for _ in range(2):
            assert ledger.reverse("k", 0, "came back").state == "reversed"
        assert held(ledger, MONTH) == (0, 0)

    def test_a_leg_that_minds_times_only_draws_no_amount(self, ledger: Ledger) -> None:
        reserve(ledger, wish("k", 50), [leg(MONTH, 50), leg(EVER, 0, times_limit=1)])
        ledger.confirm("k", 30)
        assert (held(ledger, MONTH), held(ledger, EVER)) == ((30, 1), (0, 1))

    def test_an_unknown_key_is_named(self, ledger: Ledger) -> None:
        attempt(ledger, wish("asked"))
        for key in ("asked", "never"):
            for call in (ledger.confirm, ledger.void, lambda key: ledger.reverse(key, 1, "")):
                with pytest.raises(UnknownKey, match=key):
                    call(key)

    # -- expiry

    @pytest.mark.parametrize("swept", [True, False])
    def test_from_its_expiry_a_hold_gives_back_and_is_never_confirmed(self, ledger: Ledger, clock: Clock, *, swept: bool) -> None:
        """Whether or not a sweep ran."""
        until = clock.at + 10
        give(ledger, "k", MONTH, 50, hold_until=until)
        clock.at = until - 1
        assert held(ledger, MONTH) == (50, 1)
        assert ledger.expire_due() == 0
        clock.at = until
        if swept:
            assert ledger.expire_due() == 1
            assert ledger.expire_due() == 0
        with pytest.raises(HoldExpired):
            ledger.confirm("k")
        with pytest.raises(HoldExpired):
            ledger.reverse("k", 1, "")
        assert held(ledger, MONTH) == (0, 0)
        assert ledger.void("k") == Held("k", "expired", 50, 0, until)
        assert ledger.unsettled() == ()
        assert ledger.history()[1:] == (Entry(2, until, "k", "expired", 50, {"actor": "d7"}, None),)

    @pytest.mark.parametrize("verb", ["confirm", "void", "reverse"])
    def test_what_was_told_to_have_expired_stays_so_when_the_clock_goes_back(self, ledger: Ledger, clock: Clock, verb: str) -> None:
        """The host was told not to give, and may have told the customer."""
        until = clock.at + 10
        give(ledger, "k", MONTH, 50, hold_until=until)
        clock.at = until
        if verb == "void":
            assert ledger.void("k").state == "expired"
        else:
            with pytest.raises(HoldExpired):
                _ = ledger.confirm("k") if verb == "confirm" else ledger.reverse("k", 1, "")
        clock.at = until - 5
        with pytest.raises(HoldExpired):
            ledger.confirm("k")
        assert held(ledger, MONTH) == (0, 0)
        assert [(entry.event, entry.at) for entry in ledger.history()[1:]] == [("expired", until)]

    def test_a_hold_confirmed_in_time_never_expires(self, ledger: Ledger, clock: Clock) -> None:
        until = clock.at + 10
        give(ledger, "k", MONTH, 50, hold_until=until)
        clock.at = until - 1
        ledger.confirm("k", 20)
        clock.at = until
        assert ledger.expire_due() == 0
        assert ledger.confirm("k", 20) == Held("k", "confirmed", 50, 20, until)
        assert held(ledger, MONTH) == (20, 1)

    def test_what_expires_makes_room_at_once(self, ledger: Ledger, clock: Clock) -> None:
        until = clock.at + 10
        reserve(ledger, wish("k", 50), leg(ROLLING, 50, limit=50), hold_until=until)
        clock.at = until - 1
        assert isinstance(reserve(ledger, wish("next", 50), leg(ROLLING, 50, limit=50)), Refused)
        clock.at = until
        assert isinstance(reserve(ledger, wish("next", 50), leg(ROLLING, 50, limit=50)), Reserved)

    def test_a_hold_that_is_over_before_it_begins_holds_nothing(self, ledger: Ledger, clock: Clock) -> None:
        assert isinstance(give(ledger, "k", MONTH, hold_until=clock.at - 5), Reserved)
        assert held(ledger, MONTH) == (0, 0)
        with pytest.raises(HoldExpired):
            ledger.confirm("k")
        assert [(entry.event, entry.at) for entry in ledger.history()] == [("allowed", clock.at), ("expired", clock.at)]

    # -- the window of the reservation

    @pytest.mark.parametrize("ending", ["partial", "void", "reverse", "expire"])
    def test_an_entry_belongs_to_the_window_of_its_reservation(self, ledger: Ledger, clock: Clock, ending: str) -> None:
        """What goes back goes to November; December keeps every penny that it gave."""
        november = clock.at
        give(ledger, "k", MONTH, 50, hold_until=instant("2026-12-03 00:00") if ending == "expire" else None)
        if ending == "reverse":
            ledger.confirm("k")
        clock.at = instant("2026-12-05 10:00")
        assert held(ledger, MONTH) == (0, 0)
        give(ledger, "december", MONTH, 30)
        ends = {
            "partial": lambda: ledger.confirm("k", 20),
            "void": lambda: ledger.void("k"),
            "reverse": lambda: ledger.reverse("k", 50, "came back"),
            "expire": ledger.expire_due,
        }
        ends[ending]()
        assert held(ledger, MONTH) == (30, 1)
        assert held(ledger, MONTH, november) == ((20, 1) if ending == "partial" else (0, 0))
        assert isinstance(reserve(ledger, wish("full", 71), leg(MONTH, 71, limit=100)), Refused)

    @pytest.mark.parametrize("ending", ["partial", "void"])
    def test_a_rolling_window_that_has_moved_on_takes_nothing_back(self, ledger: Ledger, clock: Clock, ending: str) -> None:
        give(ledger, "old", ROLLING, 50)
        clock.at += DAY
        give(ledger, "k", ROLLING, 30)
        clock.at += 29 * DAY
        assert held(ledger, ROLLING) == (30, 1)
        _ = ledger.confirm("old", 20) if ending == "partial" else ledger.void("old")
        assert held(ledger, ROLLING) == (30, 1)

    def test_a_void_inside_a_rolling_window_gives_back_and_moves_the_next_release(self, ledger: Ledger, clock: Clock) -> None:
        start = clock.at
        for number in range(5):
            clock.at = start + number * DAY
            give(ledger, f"k{number}", ROLLING, 10)
        for number in (0, 2, 1):
            ledger.void(f"k{number}")
        assert ledger.balances([ROLLING]) == (Balance(20, 2, start + 33 * DAY),)
        clock.at = start + 33 * DAY
        assert ledger.balances([ROLLING]) == (Balance(10, 1, start + 34 * DAY),)

    # -- reading

    def test_unsettled_holds_are_told_oldest_first(self, ledger: Ledger, clock: Clock) -> None:
        for key in ("a", "b", "c", "d"):
            give(ledger, key, MONTH)
            clock.at += 10
        ledger.confirm("b")
        ledger.void("c")
        assert [hold.key for hold in ledger.unsettled()] == ["a", "d"]
        assert [hold.key for hold in ledger.unsettled(older_than_ms=10)] == ["a", "d"]
        assert [hold.key for hold in ledger.unsettled(older_than_ms=11)] == ["a"]

    def test_history_tells_every_attempt_and_event_by_subject(self, ledger: Ledger, clock: Clock) -> None:
        start = clock.at
        mine, other = {"actor": "d7", "customer": "c1"}, {"actor": "d7", "customer": "c2"}
        attempt(ledger, wish("a", 90), subjects=mine, record=Words("no"))
        give(ledger, "b", MONTH, 10, subjects=other, record=Words("other"))
        give(ledger, "a", MONTH, 60, subjects=mine, record=Words("yes"))
        clock.at += 5
        ledger.confirm("a", 50)
        ledger.reverse("a", 20, "came back")
        told = (
            Entry(1, start, "a", "noted", 90, mine, Words("no")),
            Entry(3, start, "a", "allowed", 60, mine, Words("yes")),
            Entry(4, start + 5, "a", "confirmed", 50, mine, None),
            Entry(5, start + 5, "a", "reversed", 20, mine, None, "came back"),
        )
        for found in (ledger.history(customer="c1"), ledger.history(customer="c1", actor="d7")):
            assert tuple(map(read, found)) == told
        assert ledger.history(customer="c1", actor="d8") == ledger.history(nobody="c1") == ()
        assert [entry.sequence for entry in ledger.history(actor="d7")] == [entry.sequence for entry in ledger.history()] == [1, 2, 3, 4, 5]

    def test_a_history_that_nobody_touched_is_in_order(self, ledger: Ledger, clock: Clock) -> None:
        fill(ledger, clock)
        found = ledger.verify()
        assert (found.findings, found.found) == ((), 0)
        assert found.entries == len(ledger.history()) == 13

    def test_subjects_are_kept_as_they_were_told(self, ledger: Ledger) -> None:
        subjects = {"customer": "c1"}
        give(ledger, "k", MONTH, subjects=subjects)
        subjects["customer"] = "c2"
        assert len(ledger.history(customer="c1")) == 1

    def test_a_closed_ledger_is_unavailable(self, ledger: Ledger) -> None:
        give(ledger, "k", MONTH)
        ledger.keep_pack("digest", "pack: x")
        ledger.close()
        ledger.close()
        calls = (
            ledger.now,
            ledger.history,
            ledger.unsettled,
            ledger.expire_due,
            lambda: give(ledger, "x", MONTH),
            lambda: attempt(ledger, wish("x")),
            lambda: ledger.balances([MONTH]),
            lambda: ledger.confirm("k"),
            lambda: ledger.void("k"),
            lambda: ledger.reverse("k", 1, ""),
            lambda: ledger.keep_pack("other", "pack: y"),
        )
        for call in calls:
            with pytest.raises(LedgerUnavailable):
                call()
