"""Closed periods move into an archive, and nothing that the ledger still answers for changes by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest

from empower.errors import EmpowerError, HoldEnded, KeyConflict, LedgerUnavailable, WrongLedger
from empower.ledger import Ledger, Refused, Replayed, Reserved
from empower.ledger.sqlite.archive import verify_archive
from empower.ledger.sqlite.archive_file import Archived, Archiving
from empower.testing.asks import DAY, EVER, MONTH, ROLLING, Clock, attempt, counter, fill, give, held, instant, leg, read, reserve, wish
from empower.testing.crashes import code_of, count_lines, crash

COUNTERS = (MONTH, ROLLING, EVER, counter("day"), counter("year"), counter("rolling", budget="short", length_ms=2 * DAY))
SETTLING = ("confirm", "void", "reverse")


def fill_and_leave(ledger: Archiving, clock: Clock) -> None:
    """Seventeen entries, and one much later."""
    fill(ledger, clock)
    for key in ("k2", "k3", "parts#1", "parts#2"):
        ledger.confirm(key)
    clock.at += 400 * DAY
    give(ledger, "later", EVER, 7)


def sums(ledger: Archiving) -> list[tuple[int, int]]:
    """What the windows hold."""
    return [held(ledger, of) for of in COUNTERS]


def tell(call: Callable[[], Any]) -> Any:
    """What a call answers, or the name of what it raises."""
    try:
        return read(call())
    except (EmpowerError, ValueError) as error:
        return type(error).__name__


def whole(ledger: Archiving, count: int) -> None:
    """Nothing is lost or given twice, wherever the archive stopped."""
    assert held(ledger, EVER) == (count + 1, count + 1)
    assert ledger.verify().findings == ()
    assert {type(reserve(ledger, wish(f"k{number}", 1))) for number in range(count)} == {Replayed}
    assert len(ledger.history()) in (1, 2 * count + 1)


def archived_in_the_end(ledger: Archiving, clock: Clock, file: Path) -> None:
    """The same call again goes on, and the next has nothing to do."""
    ledger.archive(clock.at, file)
    assert (len(ledger.history()), ledger.archive(clock.at, file)) == (1, 0)
    assert ledger.verify("", file).findings == ()


def confirmed(ledger: Archiving, clock: Clock, count: int) -> None:
    """So many confirmed gifts of 1, and one on the next day."""
    for number in range(count):
        give(ledger, f"k{number}", EVER, 1)
        ledger.confirm(f"k{number}")
    clock.at += DAY
    give(ledger, "last", EVER, 1)


class ArchiveConformance:
    """Of a store whose closed periods move into an archive. A subclass makes ledgers as for `DurableConformance`."""

    seeds: ClassVar[int] = 3
    """How many random histories."""
    steps: ClassVar[int] = 40
    """How long each of their four stretches is."""
    crashes: ClassVar[int] = 20
    """At how many lines it is crashed, evenly spread."""

    def new_ledger(self, clock: Clock) -> Any:
        """An empty ledger that goes by this clock."""
        raise NotImplementedError

    def open_again(self, clock: Clock) -> Any:
        """Another handle on the ledger that was made last."""
        raise NotImplementedError

    def after_crash(self) -> None:
        """Wait until nothing goes on any more for a process that crashed."""

    @pytest.fixture
    def clock(self) -> Clock:
        """A clock that is moved by hand."""
        return Clock()

    @pytest.fixture
    def ledger(self, clock: Clock) -> Iterator[Archiving]:
        """An empty ledger that goes by the clock."""
        made = self.new_ledger(clock)
        yield made
        made.close()

    @pytest.fixture
    def old(self, tmp_path: Path) -> Path:
        """Where the archive is to be."""
        return tmp_path / "old.db"

    def test_what_is_closed_moves_and_the_rest_goes_on(self, ledger: Archiving, clock: Clock, old: Path) -> None:
        """Sums, heads and proofs stay; the ledger says where the rest is."""
        give(ledger, "first", EVER, 1)
        ledger.confirm("first")
        head_then = ledger.verify().head
        fill_and_leave(ledger, clock)
        before, audit = sums(ledger), ledger.verify()
        entries = [read(entry) for entry in ledger.history()]
        assert ledger.archived() is None
        assert ledger.archive(clock.at, old) == len(entries) - 1
        assert sums(ledger) == before
        assert [read(entry) for entry in ledger.history()] == entries[-1:]
        assert (ledger.verify().findings, ledger.verify().head) == ((), audit.head)
        assert ledger.verify(audit.head, old) == audit
        found = ledger.archived()
        assert found is not None
        assert (found.file, found.entries) == (str(old), len(entries) - 1)
        assert verify_archive(old, found.head).findings == ()
        assert verify_archive(old, f"9:{'0' * 64}").findings != ()
        assert ledger.verify(head_then, old).findings == ()

    def test_a_key_in_the_archive_never_gives_again(self, ledger: Archiving, clock: Clock, old: Path) -> None:
        """Asked twice, given once (law 9): it answers what it answered before, and another wish under it is a conflict."""
        fill_and_leave(ledger, clock)
        again = [wish("k0", 10), wish("k1", 10), wish("k2", 10), wish("k4", 10), wish("parts", 1, 2)]
        calls: list[Any] = [lambda asked=asked: reserve(ledger, asked) for asked in again]
        calls += [lambda: reserve(ledger, wish("k2", 11)), lambda: reserve(ledger, wish("no", 10, reason="broken"))]
        calls += [lambda: reserve(ledger, wish("parts#1", 5)), lambda: ledger.confirm("k2"), lambda: ledger.confirm("k2", 3)]
        calls += [
            lambda: ledger.void("k1"),
            lambda: ledger.void("k2"),
            lambda: ledger.reverse("k0", 4, "came back"),
            lambda: ledger.confirm("k4"),
        ]
        before = [tell(call) for call in calls]
        ledger.archive(clock.at, old)
        assert [tell(call) for call in calls] == before
        assert [type(answer) for answer in before[:5]] == [Replayed] * 5
        assert isinstance(reserve(ledger, wish("no", 10), leg(MONTH, 10, limit=5)), Refused)
        assert isinstance(reserve(ledger, wish("no", 2), leg(MONTH, 2, limit=5)), Reserved)
        assert ledger.verify("", old).findings == ledger.verify().findings == ()

    def test_what_was_given_in_an_archived_period_is_not_taken_back(self, ledger: Archiving, clock: Clock, old: Path) -> None:
        """What it drew is gone; so it is refused, by name, and still counts."""
        fill_and_leave(ledger, clock)
        ledger.archive(clock.at, old)
        before = sums(ledger)
        with pytest.raises(HoldEnded, match="'k2' was given in a period that is closed and archived, so it cannot be reversed any more"):
            ledger.reverse("k2", 5, "came back")
        with pytest.raises(KeyConflict):
            reserve(ledger, wish("k2", 10, actor="d8"))
        assert sums(ledger) == before

    def test_what_still_matters_stays(self, ledger: Archiving, clock: Clock, old: Path) -> None:
        """A hold, an open period, a window that it is still inside, and what had an event after the cut."""
        clock.at = instant("2026-03-31 12:00")
        give(ledger, "held", EVER)
        for key, of in {"ever": EVER, "year": counter("year"), "inside": ROLLING, "crossing": EVER, "closed": MONTH}.items():
            give(ledger, key, of)
            ledger.confirm(key)
        clock.at = cut = instant("2026-04-10 12:00")
        ledger.reverse("crossing", 50, "came back")
        ledger.archive(cut, old)
        assert [entry.key for entry in ledger.history()] == ["held", "year", "year", "inside", "inside", "crossing", "crossing", "crossing"]
        give(ledger, "after", ROLLING)
        ledger.confirm("after")
        assert (held(ledger, ROLLING), held(ledger, EVER)) == ((200, 2), (250, 3))
        assert ledger.verify().findings == ledger.verify("", old).findings == ()
        assert [ledger.void("held").left, ledger.reverse("crossing", 100, "all").left, ledger.reverse("year", 100, "all").left] == [0, 0, 0]
        clock.at += 400 * DAY
        give(ledger, "last", MONTH)
        assert ledger.archive(clock.at, old) == 13
        assert [entry.key for entry in ledger.history()] == ["last"]
        assert held(ledger, EVER) == (100, 1)
        assert ledger.verify().findings == ledger.verify("", old).findings == ()
        assert ledger.archive(clock.at, old) == 0

    def test_a_history_answers_the_same_with_archives_in_the_middle(self, tmp_path: Path) -> None:
        """Every answer, every sum, the head; and the archive with the rest is the history that there would be without it."""
        for seed in range(self.seeds):
            self.compare(tmp_path / f"{seed}.db", Random(seed))

    def compare(self, file: Path, random: Random) -> None:
        """A ledger without an archive, and one that is archived again and again."""
        clocks = Clock(), Clock()
        plain, moved = (self.new_ledger(clock) for clock in clocks)
        gone: Archived | None = None
        for stretch in range(4):
            seed = random.random()
            told = [
                live(one, clock, Random(seed), steps=self.steps, first=self.steps * stretch)
                for one, clock in zip((plain, moved), clocks, strict=True)
            ]
            assert told[0] == told[1]
            cut = clocks[1].at - 40 * DAY - random.randint(0, 30) * DAY
            moved.archive(cut, file)
            assert sums(plain) == sums(moved)
            gone = moved.archived()
            since = max(cut, gone.before if gone else cut)
            for at in (since, since + DAY, clocks[1].at - DAY):
                assert plain.balances(COUNTERS, at) == moved.balances(COUNTERS, at)
            assert plain.unsettled() == moved.unsettled()
            assert moved.verify().findings == ()
            if gone:
                assert moved.verify("", file).findings == ()
        assert gone is not None
        assert gone.entries > self.steps // 2
        assert len(moved.history()) + gone.entries == len(plain.history())
        for number in range(4 * self.steps):
            asked = wish(f"k{number}", 99)
            assert tell(lambda: reserve(plain, asked)) == tell(lambda: reserve(moved, asked))  # noqa: B023
        plain.close()
        moved.close()

    def test_files_that_cannot_be_the_archive_are_refused(self, ledger: Archiving, clock: Clock, old: Path, tmp_path: Path) -> None:
        """Nothing is dropped then."""
        fill_and_leave(ledger, clock)
        apart = Clock()
        other = self.new_ledger(apart)
        fill_and_leave(other, apart)
        other.archive(other.now(), tmp_path / "other.db")
        other.close()
        (tmp_path / "text").write_text("not a database, but long enough to be one" * 9)
        for place, told in (("other.db", "another ledger"), ("text", "not a database")):
            with pytest.raises(WrongLedger, match=told):
                ledger.archive(clock.at, tmp_path.joinpath(place))
        assert ledger.archived() is None
        ledger.archive(clock.at, old)
        clock.at += DAY
        give(ledger, "later still", EVER, 7)
        with pytest.raises(WrongLedger, match=r"does not have all that was archived to .*old\.db"):
            ledger.archive(clock.at, tmp_path / "new.db")
        with pytest.raises(LedgerUnavailable, match="there is no archive"):
            ledger.verify("", tmp_path / "nowhere.db")
        with pytest.raises(LedgerUnavailable, match="what a rolling window held at"):
            ledger.balances([ROLLING], clock.at - 300 * DAY)

    def test_a_crash_at_any_step_leaves_all_of_it(self, tmp_path: Path) -> None:
        """The archive is whole before anything is dropped, and what is dropped is dropped at once (law 1)."""
        ledger, clock = self.three()
        count = count_lines(code_of(ledger), lambda: self.open_again(clock), lambda one: self.moved(one, clock, tmp_path / "counted.db"))
        assert count > 40
        for line in range(1, count + 1, max(1, count // self.crashes)):
            self.crash(tmp_path / f"{line}.db", line)

    def three(self) -> tuple[Archiving, Clock]:
        """A closed ledger with three gifts, and one on the next day."""
        clock = Clock()
        ledger = self.new_ledger(clock)
        confirmed(ledger, clock, 3)
        ledger.close()
        return ledger, clock

    def moved(self, ledger: Ledger, clock: Clock, file: Path) -> None:
        """What is crashed."""
        assert isinstance(ledger, Archiving)
        ledger.archive(clock.at, file)

    def crash(self, file: Path, line: int) -> None:
        """Crash before one line, look at what is left, and go on."""
        ledger, clock = self.three()
        crash(code_of(ledger), line, lambda: self.open_again(clock), lambda one: self.moved(one, clock, file))
        self.after_crash()
        ledger = self.open_again(clock)
        whole(ledger, 3)
        archived_in_the_end(ledger, clock, file)
        ledger.close()


def live(ledger: Archiving, clock: Clock, random: Random, *, steps: int, first: int) -> list[Any]:
    """A random stretch of history; what each call answered. Settles only what is less than 40 days old."""
    told: list[Any] = []
    young: list[tuple[str, int]] = []
    for number in range(first, first + steps):
        clock.at += random.choice([0, 1, DAY // 7, DAY, 120 * DAY // steps])
        key, amount = f"k{number}", random.randint(0, 9)
        legs = [
            leg(of, amount, limit=random.choice([None, 40, 300]), enforced=random.random() * 10 < 9) for of in random.sample(COUNTERS, 3)
        ]
        until = random.choice([None, clock.at + DAY])
        told.append(tell(lambda: reserve(ledger, wish(key, amount), legs, hold_until=until)))  # noqa: B023
        told.append(tell(lambda: attempt(ledger, wish(f"no{number % 9}", amount), *COUNTERS)))  # noqa: B023
        young = [*(pair for pair in young if pair[1] > clock.at - 40 * DAY), (key, clock.at)]
        for _ in range(2):
            one, verb = random.choice(young)[0], random.choice(SETTLING)
            calls = {"confirm": lambda: ledger.confirm(one), "void": lambda: ledger.void(one)}  # noqa: B023
            told.append(tell(calls.get(verb, lambda: ledger.reverse(one, amount, "came back"))))  # noqa: B023
        told.append(sums(ledger))
    told += [tell(partial(ledger.confirm, hold.key)) for hold in ledger.unsettled()[::2]]
    return told
