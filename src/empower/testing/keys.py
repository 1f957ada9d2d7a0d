"""Keys: asked twice, given once (law 9)."""

from __future__ import annotations

import pytest

from empower.errors import KeyConflict, UnknownKey
from empower.ledger import Held, Ledger, Refused, Replayed, Reserved, Wish
from empower.noun import evolve
from empower.testing.asks import MONTH, Clock, Words, attempt, give, held, leg, read, reserve, wish


class Keys:
    """Asked twice, given once."""

    def test_an_allowed_wish_is_told_again_and_not_given_again(self, ledger: Ledger, clock: Clock) -> None:
        start = clock.at
        reserve(ledger, wish("k", 60), leg(MONTH, 60), record=Words("first"))
        clock.at += 5
        again = Replayed(start, (Held("k", "held", 60, 60, None),), Words("first"))
        assert read(reserve(ledger, wish("k", 60), leg(MONTH, 60), record=Words("second"))) == again
        assert read(attempt(ledger, wish("k", 60), MONTH)) == again
        assert held(ledger, MONTH) == (60, 1)
        assert len(ledger.history()) == 1

    def test_a_replay_comes_before_the_time_of_the_verdict(self, ledger: Ledger, clock: Clock) -> None:
        give(ledger, "k", MONTH)
        assert isinstance(give(ledger, "k", MONTH, during=(clock.at + 1, clock.at + 2)), Replayed)

    def test_a_replay_tells_what_is_left(self, ledger: Ledger, clock: Clock) -> None:
        def told() -> list[tuple[str, str, int]]:
            return [
                (hold.key, hold.state, hold.left) for hold in reserve(ledger, wish("k", 10, 20, 30), [], [], [], hold_until=until).holds
            ]

        until = clock.at + 5
        assert isinstance(
            reserve(ledger, wish("k", 10, 20, 30), [leg(MONTH, 10)], [leg(MONTH, 20)], [leg(MONTH, 30)], hold_until=until), Reserved
        )
        assert told() == [("k#1", "held", 10), ("k#2", "held", 20), ("k#3", "held", 30)]
        ledger.confirm("k#1", 8)
        ledger.void("k#2")
        ledger.reverse("k#1", 3, "came back")
        assert told() == [("k#1", "confirmed", 5), ("k#2", "voided", 0), ("k#3", "held", 30)]
        clock.at = until
        ledger.reverse("k#1", 8, "came back")
        assert told() == [("k#1", "reversed", 0), ("k#2", "voided", 0), ("k#3", "expired", 0)]
        assert held(ledger, MONTH) == (0, 0)

    def test_until_it_is_allowed_every_ask_decides_anew_and_is_recorded(self, ledger: Ledger, clock: Clock) -> None:
        assert isinstance(reserve(ledger, wish("k", 60), leg(MONTH, 60, limit=50)), Refused)
        attempt(ledger, wish("k", 70, up_to=True), MONTH)
        clock.at += 1
        assert isinstance(reserve(ledger, wish("k", 50), leg(MONTH, 50, limit=50)), Reserved)
        assert [(entry.event, entry.amount) for entry in ledger.history()] == [("refused", 60), ("noted", 70), ("allowed", 50)]

    def test_what_was_missing_may_be_filled_in_for_good(self, ledger: Ledger) -> None:
        attempt(ledger, wish("k", reason=None, item=None))
        attempt(ledger, wish("k", reason="late", item=None))
        for other in (wish("k", reason="broken", item=None), wish("k", reason=None, item=None)):
            with pytest.raises(KeyConflict):
                reserve(ledger, other)
        assert isinstance(reserve(ledger, wish("k", reason="late", item="7")), Reserved)
        with pytest.raises(KeyConflict):
            reserve(ledger, wish("k", reason="late", item=None))

    @pytest.mark.parametrize(
        "other",
        [
            wish("k", 61),
            wish("k", None),
            wish("k", 60, up_to=True),
            wish("k", 60, actor="d8"),
            wish("k", 60, reason="broken"),
            wish("k", 60, item="7"),
            wish("k", 60, 60),
            wish("k", 60, together=True),
            evolve(wish("k", 60), parts=(evolve(wish("k", 60).parts[0], kind="gesture"),)),
        ],
    )
    def test_from_the_allow_on_any_difference_is_a_conflict_and_nothing_is_spent(self, ledger: Ledger, other: Wish) -> None:
        reserve(ledger, wish("k", 60, item=None), leg(MONTH, 60))
        told = r"key 'k' already names another wish \(.+ was .+, is .+\); nothing was spent"
        with pytest.raises(KeyConflict, match=told):
            reserve(ledger, other, *([leg(MONTH, 0)] for _ in other.parts))
        with pytest.raises(KeyConflict, match=told):
            attempt(ledger, other, MONTH)
        assert held(ledger, MONTH) == (60, 1)
        assert len(ledger.history()) == 1

    def test_a_conflict_is_told_before_the_wish_is_allowed_too(self, ledger: Ledger) -> None:
        attempt(ledger, wish("k", 60))
        with pytest.raises(KeyConflict) as caught:
            attempt(ledger, wish("k", 70, actor="d8"))
        assert caught.value.differences == ("actor was 'd7', is 'd8'",)
        assert len(ledger.history()) == 1

    def test_a_key_of_a_part_is_nobody_elses(self, ledger: Ledger) -> None:
        """Neither may a wish take the key of another's part, nor a part the key of another wish, allowed or not."""
        attempt(ledger, wish("a#2"))
        reserve(ledger, wish("b", 1, 2), [], [])
        for taken in (wish("a", 1, 2), wish("b#1"), wish("b#2")):
            with pytest.raises(KeyConflict, match="belongs to the wish"):
                reserve(ledger, taken, *([] for _ in taken.parts))
            with pytest.raises(KeyConflict, match="belongs to the wish"):
                attempt(ledger, taken)
        assert isinstance(reserve(ledger, wish("b#3")), Reserved)
        assert isinstance(reserve(ledger, wish("a", 1, together=True), []), Reserved)

    def test_the_key_of_several_parts_is_no_hold(self, ledger: Ledger) -> None:
        reserve(ledger, wish("k", 1, 2), [], [])
        for call in (ledger.confirm, ledger.void, lambda key: ledger.reverse(key, 1, "")):
            with pytest.raises(UnknownKey):
                call("k")
        assert ledger.confirm("k#1").left == 1

    def test_an_ended_wish_is_never_allowed_again(self, ledger: Ledger, clock: Clock) -> None:
        """Voided, wholly reversed or expired: the same ask tells so, and counts nothing."""
        give(ledger, "voided", MONTH)
        give(ledger, "reversed", MONTH)
        give(ledger, "expired", MONTH, hold_until=clock.at + 1)
        ledger.void("voided")
        ledger.confirm("reversed")
        ledger.reverse("reversed", 100, "came back")
        clock.at += 1
        for key in ("voided", "reversed", "expired"):
            answer = give(ledger, key, MONTH)
            assert isinstance(answer, Replayed)
            assert [(hold.state, hold.left) for hold in answer.holds] == [(key, 0)]
        assert held(ledger, MONTH) == (0, 0)
