"""Law 1, never exceeded: days in the shop under any pack, added up again by the oracle from the ledger's history alone."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from attrs import Factory, define
from hypothesis import note, settings, strategies as st
from hypothesis.stateful import initialize, invariant, run_state_machine_as_test

from empower.checked import CheckedBudget, CheckedPack
from empower.compile import compile_pack
from empower.ledger import Entry
from empower.ledger.memory import MemoryLedger
from empower.periods import day_in
from empower.testing import DrawnPack, Manuscript, ShopDay, packs
from empower.testing.authoring.drawing import loaded
from empower.testing.authoring.vocabulary import money_text
from empower.testing.book import Book as Unread, Line as Given
from empower.testing.edges import Edges
from empower.testing.world import EPOCH
from laws import oracle
from laws.profile import searched

LITTLE = 5
"""Minor units."""


@define
class Line:
    """One part of an allowed wish, as the history tells it and the host remembers whose power it used."""

    key: str
    at: int
    kind: str
    facts: dict[str, Any]
    """As the authority saw them."""
    amount: int
    others: int
    """What earlier parts of the same wish and kind give: they meet each cap together."""
    pack: CheckedPack
    counts: bool = True


@define
class Book:
    """Everything that was given, kept by somebody who believes nothing.

    A book of its own beside the one of `empower.testing`, which takes from the host what was given and from the interpreter what a cap gives.
    """

    packs: dict[str, CheckedPack] = Factory(dict)
    approved: dict[str, bool] = Factory(dict)
    """Of each key (of a part: `key#1`), whether the approver's power was used: the one thing that the history does not tell."""
    lines: dict[str, Line] = Factory(dict)
    confirmed: dict[str, int] = Factory(dict)
    read: int = 0

    def follow(self, history: tuple[Entry, ...]) -> None:
        """Read what is new in the history, and check each allow as it comes."""
        for entry in history[self.read :]:
            if entry.event == "allowed":
                for line in self._allowed(entry):  # in order: each part under the limit of its own authority
                    self.lines[line.key] = line
                    self.check(line)
            elif entry.key in self.lines:
                self._settle(self.lines[entry.key], entry)
        self.read = len(history)

    def _allowed(self, entry: Entry) -> Iterator[Line]:
        assert entry.record is not None
        record = json.loads(entry.record.to_json())
        together = f"{entry.key}#1" in self.approved
        sums: dict[str, int] = {}
        for number, asked in enumerate(record["asked"], 1):
            key = f"{entry.key}#{number}" if together else entry.key
            facts = {path: frozenset(value) if isinstance(value, list) else value for path, value in asked["facts"].items()}
            if self.approved[key]:
                facts = {path: None if path.startswith("actor.") else value for path, value in facts.items()} | asked["approver"]
            amount = (asked["amount"] if together else entry.amount) or 0
            others = sums.get(asked["kind"], 0)
            sums[asked["kind"]] = others + amount
            yield Line(key, entry.at, asked["kind"], facts | {"action.kind": asked["kind"]}, amount, others, self.packs[record["digest"]])

    def _settle(self, line: Line, entry: Entry) -> None:
        if entry.event == "confirmed":
            line.amount = entry.amount or 0
            self.confirmed[line.key] = line.amount
        elif entry.event in ("voided", "expired"):
            line.amount, line.counts = 0, False
        elif entry.event == "reversed":
            line.amount = self.confirmed[line.key] - (entry.amount or 0)
            line.counts = line.amount > 0 or (self.confirmed[line.key] > 0 and entry.amount == 0)

    # -------------------------------------------------------------------------------------------- the law

    def check(self, line: Line) -> None:
        """No cap is passed, and no window of a budget, by this entry."""
        view = oracle.View(line.facts, line.at, day_in(line.pack.zone), line.amount + line.others)
        for cap in line.pack.caps:
            if line.kind in cap.kinds and not cap.shadow:
                assert oracle.cap_voice(cap, view).speaks is False, (cap.id, line)
        for budget in line.pack.budgets:
            if line.kind in budget.kinds and not budget.shadow:
                self._check_budget(budget, line, view)

    def _check_budget(self, budget: CheckedBudget, line: Line, view: oracle.View) -> None:
        counter = counter_of(budget, line.facts)
        assert counter is not None, (budget.id, line)
        same = [each for each in self.lines.values() if counter_of(budget, each.facts) == counter and each.kind in budget.kinds]
        inside = [each for each in same if in_window(budget, each.at, line.at) and each.counts]
        amount, times = sum(each.amount for each in inside), len(inside)
        most, often = limits(budget, line, view, counter)
        note(f"{budget.id} {counter}: {amount} of {most}, {times} of {often}")
        assert most is None or amount <= most, (budget.id, line, amount, most)
        assert often is None or times <= often, (budget.id, line, times, often)


def counter_of(budget: CheckedBudget, facts: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Which counter of a budget somebody draws on: all whose key is unknown share one, if any."""
    values = [facts.get(key) for key in budget.keys]
    if None not in values:
        return tuple(str(value) for value in values)
    return ("",) * len(values) if budget.shared_at_most is not None else None


def limits(budget: CheckedBudget, line: Line, view: oracle.View, counter: tuple[str, ...]) -> tuple[int | None, int | None]:
    """The limits in force for an entry, by amount and by times; what was given before is taken off."""
    today = view.day_of(view.now, budget.zone)
    first, last = budget.campaign or (None, None)
    if (first is not None and today < first) or (last is not None and today > last):
        return 0, 0
    if counter and counter == ("",) * len(counter):
        roles = line.pack.roles
        exempt = budget.unknown_role is not None and roles.rank(line.facts["actor.role"]) >= roles.rank(budget.unknown_role)
        return (None, None) if exempt else (budget.shared_at_most, budget.times)
    found = [oracle.value_of(limit, view) for limit in budget.amounts]
    if not found:
        return None, budget.times
    before = 0 if budget.already is None else oracle.value_of(budget.already, view)
    assert before is not None
    assert None not in found
    most = min(limit for limit in found if limit is not None)
    return max(most, 0) - max(before, 0), budget.times


def in_window(budget: CheckedBudget, then: int, now: int) -> bool:
    """Whether an entry of then counts now: by the calendar in the pack's zone, written anew."""
    kind, length = budget.window
    if kind == "ever":
        return True
    if kind == "rolling":
        return then > now - length
    days = [(EPOCH + datetime.timedelta(milliseconds=at)).astimezone(ZoneInfo(budget.zone)).date() for at in (then, now)]
    return len({_period(kind, day) for day in days}) == 1


def _period(kind: str, day: datetime.date) -> tuple[int, ...]:
    return {
        "day": (day.toordinal(),), "week": day.isocalendar()[:2], "month": (day.year, day.month),
        "quarter": (day.year, (day.month - 1) // 3), "year": (day.year,),
    }[kind]  # fmt: skip


# ------------------------------------------------------------------------------------------------ histories


def lowered(written: Manuscript) -> Manuscript:
    """The next version of a pack: what a budget gives at most is a little, or once, wherever it is constant."""
    budgets = []
    for budget in written.part("budgets"):
        limit = budget.get("at_most")
        if isinstance(limit, dict) and "times" in limit:
            budget = {**budget, "at_most": {**limit, "times": "1"}}  # noqa: PLW2901  (the same budget, lowered)
        elif isinstance(limit, str) and re.fullmatch(r"[0-9.]+", limit):
            budget = {**budget, "at_most": money_text(LITTLE, written.document["currency"])}  # noqa: PLW2901  (the same)
        budgets.append(budget)
    return written.changed(version="2", budgets=budgets)


@st.composite
def busy_packs(draw: st.DrawFn) -> DrawnPack:
    """Random packs, every one with a budget, and few rules in the way."""
    written = draw(packs()).manuscript
    few = written.changed(rules=written.part("rules")[: draw(st.sampled_from([0, 0, 1]))], assume=[])
    if few.part("budgets"):
        return loaded(few)
    window = draw(st.sampled_from(["24 hours", "calendar day", "calendar week", "30 days", "ever"]))
    thrice = {"per": ["actor.id"], "window": window, "at_most": {"times": "3"}, "because": "trust"}
    return loaded(few.changed(budgets=[{"id": "budget-of-all", "for": "everything", **thrice}]))


class Notes(Unread):
    """The host's own book, which believes everything: here the oracle is asked."""

    def note(self, line: Given) -> None:
        """Write down an allow."""
        self.lines[line.key] = line


class AnyShop(ShopDay):
    """Days in a shop under any pack, its tills changing between it and a stricter version."""

    make = MemoryLedger

    @initialize(data=st.data(), pack=busy_packs())
    def open_the_shop(self, data: st.DataObject, pack: DrawnPack) -> None:
        """With both versions, and nothing in the oracle's book."""
        self.packs = (compile_pack(pack), compile_pack(loaded(lowered(pack.manuscript))))  # type: ignore[misc]
        self.edges = Edges(self.packs[0])  # type: ignore[misc]
        super().open_the_shop(data)
        self.book = Notes()
        self.added_up = Book({each.checked.pack.digest: each.checked for each in self.packs})

    def note(self, key: str, guard: Any, asked: Any, decision: Any, others: int = 0) -> None:
        """Remember whose power was used, too."""
        self.added_up.approved[key] = decision.extra.approved
        super().note(key, guard, asked, decision, others)

    @invariant()
    def nothing_is_exceeded(self) -> None:
        """The history alone says so."""
        self.added_up.follow(self.ledger.history())


def play_under_any_pack(how_far: settings) -> None:
    """Play days, each under a pack of its own."""
    run_state_machine_as_test(AnyShop, settings=how_far)


def test_no_limit_is_ever_exceeded() -> None:
    """No action is allowed above a cap that applies to its authority, and no entry is accepted that takes a budget's window above the
    limit in force for that entry, in ledger time, in any history. A limit lowered below what is spent accepts nothing more.
    """  # noqa: D205  (the law's own sentences)
    play_under_any_pack(searched(60))
