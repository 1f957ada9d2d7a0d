"""The checker of the torture finds each kind of fault in a short history, and nothing in a sound one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import Factory, define

from torture import check as checking
from torture.check import Entry, Findings
from torture.journal import Call, calls_of

DAY = "day d1 day 0"
ROLLING = "rolling d1 rolling 700"
START = 1_795_341_600_000


@pytest.fixture(autouse=True)
def _little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short history is enough here."""
    monkeypatch.setattr(checking, "ANSWERED_MIN", 0)
    monkeypatch.setattr(checking, "MEETS_MIN", 0)


@define
class Story:
    """A history with the notes of one client, told together; a millisecond passes with each call."""

    at: int = START
    entries: list[Entry] = Factory(list)
    lines: list[dict[str, Any]] = Factory(list)
    calls: int = 0

    def call(self, verb: str, key: str, answer: dict[str, Any] | None, **told: Any) -> str:
        self.calls += 1
        self.at += 1
        name, began = f"1-{self.calls}", self.calls * 1000
        self.lines.append({"call": name, "verb": verb, "key": key, "began": began, "told": {"clock": self.at, "amount": None, **told}})
        if answer is not None:
            self.lines.append({"of": name, "ended": began + 500, "answer": answer})
        return name

    def write(
        self, key: str, event: str, amount: int | None = None, *, record: dict[str, Any] | None = None, at: int | None = None
    ) -> None:
        self.entries.append(Entry(len(self.entries) + 1, self.at if at is None else at, key, event, amount, record))

    def ask(
        self, key: str, amount: int = 5, event: str = "allowed", *, limit: int = 10, until: int | None = None, counter: str = DAY
    ) -> None:
        answer = {"allowed": "Reserved", "refused": "Refused", "noted": "Noted"}[event]
        name = self.call("reserve", key, {"answer": answer, "at": self.at + 1})
        legs = [[[counter, amount, 1, limit, None, True]]]
        self.write(key, event, amount, record={"call": name, "legs": legs, "amounts": [amount], "until": until})

    def settle(self, verb: str, key: str, event: str, amount: int, left: int, *, reserved: int = 5) -> None:
        self.call(verb, key, {"held": [key, event, reserved, left]}, amount=amount)
        self.write(key, event, amount)

    def found(self, sums: dict[str, tuple[int, int]] | None = None) -> Findings:
        calls: dict[str, Call] = calls_of(self.lines)
        return checking.check(self.entries, calls, now=self.at, sums=sums)


def sound() -> Story:
    """Two are given, one is refused, one is taken back, one expires."""
    story = Story()
    story.ask("a")
    story.ask("b")
    story.ask("c", event="refused")
    story.settle("confirm", "a", "confirmed", 3, 3)
    story.settle("reverse", "a", "confirmed", 3, 3)
    story.entries.pop()
    story.lines[-2]["told"]["amount"] = 0
    story.settle("void", "b", "voided", 5, 0)
    story.ask("d", until=story.at + 3)
    story.at += 10
    story.write("d", "expired", 5, at=story.at - 8)
    story.ask("e", 7)
    return story


def test_a_sound_history_is_clean() -> None:
    story = sound()
    assert story.found({DAY: (10, 2)}).violations == []


def above_the_limit(story: Story) -> None:
    story.ask("f", 1)
    story.ask("g", 1, limit=10)


def back_in_time(story: Story) -> None:
    story.ask("f", 1, limit=20)
    story.entries[-1] = Entry(len(story.entries), START - 5, "f", "allowed", 1, story.entries[-1].record)
    story.lines[-1]["answer"]["at"] = START - 5


def ahead_of_the_clock(story: Story) -> None:
    story.at += checking.AHEAD_MAX_MS
    story.ask("f", 1, limit=20)
    story.lines[-2]["told"]["clock"] = START


def allowed_twice(story: Story) -> None:
    story.ask("e", 1, limit=20)


def forgotten(story: Story) -> None:
    story.ask("f", 1, limit=20)
    story.entries.pop()


def another_answer(story: Story) -> None:
    story.call("reserve", "e", {"answer": "Replayed", "at": START, "holds": []})


def forgotten_void(story: Story) -> None:
    story.settle("void", "e", "voided", 7, 0, reserved=7)
    story.entries.pop()


def confirmed_too_late(story: Story) -> None:
    story.ask("f", 1, limit=20, until=story.at + 2)
    story.at += 5
    story.settle("confirm", "f", "confirmed", 1, 1, reserved=1)


def never_expired(story: Story) -> None:
    story.ask("f", 1, limit=20, until=story.at + 2)
    story.at += 5


def voided_twice(story: Story) -> None:
    story.settle("void", "b", "voided", 5, 0)


def nobody_asked(story: Story) -> None:
    story.write("e", "voided", 7)


def would_have_fitted(story: Story) -> None:
    story.ask("f", 1, event="refused", limit=20)


def still_counted(story: Story) -> None:
    """700 ms later the window has moved on."""
    story.ask("f", 10, counter=ROLLING)
    story.at += 698
    story.ask("g", 10, event="refused", counter=ROLLING)


def counted_too_long(story: Story) -> None:
    still_counted(story)
    story.at += 1
    story.ask("h", 10, event="refused", counter=ROLLING)


def out_of_order(story: Story) -> None:
    story.ask("f", 1, limit=20)
    story.ask("g", 1, limit=20)
    last, before = story.entries.pop(), story.entries.pop()
    story.entries += [
        Entry(before.sequence, before.at, "g", "allowed", 1, last.record),
        Entry(last.sequence, before.at, "f", "allowed", 1, before.record),
    ]


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        (above_the_limit, "limit"),
        (back_in_time, "time"),
        (ahead_of_the_clock, "time"),
        (allowed_twice, "twice"),
        (forgotten, "lost"),
        (forgotten_void, "lost"),
        (another_answer, "answers"),
        (confirmed_too_late, "hold"),
        (never_expired, "hold"),
        (voided_twice, "hold"),
        (nobody_asked, "unasked"),
        (would_have_fitted, "refused"),
        (counted_too_long, "refused"),
        (out_of_order, "order"),
    ],
)
def test_a_planted_fault_is_found(fault: Callable[[Story], None], rule: str) -> None:
    story = sound()
    fault(story)
    assert rule in story.found().rules


def test_a_window_that_has_not_moved_on_yet_refuses() -> None:
    story = sound()
    still_counted(story)
    assert story.found().violations == []


def test_a_sum_that_is_told_wrongly_is_found() -> None:
    assert sound().found({DAY: (11, 2)}).rules == {"sum": 1}


def test_too_little_work_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in which nothing happened is no run without violations."""
    monkeypatch.setattr(checking, "ANSWERED_MIN", 200)
    assert sound().found().rules == {"work": 1}


def test_a_no_may_be_recorded_twice_and_a_yes_may_not() -> None:
    """A store that lost the answer of its server asks again."""
    for event, rules in (("refused", {}), ("allowed", {"twice": 2})):
        story = sound()
        story.ask("f", 9 if event == "refused" else 1, event=event, limit=10 if event == "refused" else 20)
        last = story.entries[-1]
        story.write("f", event, last.amount, record=last.record)
        assert story.found().rules == rules


def test_a_call_without_an_answer_may_have_happened_or_not() -> None:
    """Its client was killed: both are right."""
    for happened in (True, False):
        story = sound()
        story.ask("f", 1, limit=20)
        story.lines.pop()
        _ = happened or story.entries.pop()
        assert story.found().violations == []
