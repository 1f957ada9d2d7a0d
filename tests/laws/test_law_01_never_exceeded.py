"""Law 1, never exceeded: long random histories through the guard, added up again from the ledger's history alone."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from attrs import Factory, define, evolve, field
from hypothesis import given, note, strategies as st

from empower import Guard
from empower.checked import CheckedBudget
from empower.decision import Decision
from empower.errors import EmpowerError
from empower.ledger import Entry
from empower.request import Approval
from empower.testing import Manuscript
from laws import oracle
from laws.packs import Made, make, packs
from laws.profile import LONG, searched
from laws.vocabulary import DAY_MS, EPOCH, NOON
from laws.worlds import World, worlds

STEPS = 60 if LONG else 30
JUMPS = (0, 1, 60_000, 3_600_000, DAY_MS // 2, DAY_MS - 1, DAY_MS, 7 * DAY_MS, 30 * DAY_MS, -DAY_MS, -3_600_000)


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
    pack: Made
    counts: bool = True


@define
class Book:
    """Everything that was given, kept by somebody who believes nothing."""

    packs: dict[str, Made] = Factory(dict)
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
        pack = line.pack.pack
        world = World(line.pack, line.kind, line.amount + line.others, {}, line.facts, line.at, {})
        view = oracle.View(line.facts, line.at, world.day_of, line.amount + line.others)
        for cap in pack.caps:
            if line.kind in cap.kinds and not cap.shadow:
                assert oracle.cap_voice(cap, view).speaks is False, (cap.id, line)
        for budget in pack.budgets:
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
        roles = line.pack.pack.roles
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


@define
class Shop:
    """Somebody who asks, confirms, voids and reverses at random, at a clock that jumps."""

    data: st.DataObject
    made: list[Made]
    asks: list[World]
    at: int = NOON
    book: Book = Factory(Book)
    keys: list[str] = Factory(list)
    asked: int = 0
    guard: Guard = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.guard = Guard(self.made[0].pack, clock=lambda: self.at)
        self.book.packs = {each.pack.pack.digest: each for each in self.made}

    def pick(self, options: Any) -> Any:
        """One of several."""
        return self.data.draw(st.sampled_from(options))

    def step(self) -> None:
        """One thing that happens, and what the book says to it."""
        self.at += self.pick(JUMPS)
        doing = {
            "decide": self.decide, "decide_all": self.decide_all, "confirm": lambda: self.guard.confirm(self.key(), self.money(0)),
            "confirm all": lambda: self.guard.confirm(self.key()), "void": lambda: self.guard.void(self.key()),
            "reverse": lambda: self.guard.reverse(self.key(), amount=self.money(0), because="a mistake"), "new pack": self.change,
        }  # fmt: skip
        names = ["decide"] * 8 + ["decide_all"] * 2 + ["confirm", "confirm all", "void", "reverse", "new pack"]
        with contextlib.suppress(EmpowerError, ValueError):
            doing[self.pick(names)]()
        self.book.follow(self.guard.history())

    def key(self) -> str:
        """A key, mostly one that was used before."""
        return str(self.pick(self.keys)) if self.keys else "nobody"

    def money(self, least: int) -> dict[str, Any]:
        """An amount."""
        return {"minor": self.data.draw(st.integers(least, 30)), "currency": self.made[0].pack.currency}

    def world(self) -> World:
        """One of the people who ask, with an amount of their own."""
        world: World = self.pick(self.asks)
        amount = self.data.draw(st.sampled_from([1, 2, 5, 10, 10, 11, 20, 30])) if world.plan.amount is not None else None
        return evolve(world, amount=amount)

    def options(self) -> dict[str, Any]:
        """An approval, an expiry, or neither."""
        found: dict[str, Any] = {}
        if self.pick([False, True]):
            found["approval"] = Approval(
                by={"id": self.pick(["m1", "m2"]), "role": self.made[0].pack.roles.ladder[-1], **self.pick(ACTORS)}
            )
        if self.pick([False, False, True]):
            found["hold_for"] = datetime.timedelta(milliseconds=self.pick([0, 60_000, DAY_MS]))
        return found

    def fresh(self) -> str:
        """A key: one that is new, now and then an old one."""
        self.asked += 1
        return self.key().split("#")[0] if self.keys and self.pick(range(6)) == 5 else f"k{self.asked}"

    def decide(self) -> None:
        """Ask for something, or for as much of it as there is."""
        world, key = self.world(), self.fresh()
        decision = self.guard.decide(world.action(), world.context(), key=key, up_to=self.pick([False, True]), **self.options())
        self.remember(key, decision)

    def decide_all(self) -> None:
        """Ask for several things in one go."""
        worlds_ = [self.world() for _ in range(self.pick([2, 3]))]
        key = self.fresh()
        decision = self.guard.decide_all([each.action() for each in worlds_], worlds_[0].context(), key=key, **self.options())
        for number, part in enumerate(decision.parts, 1):
            if decision.allowed:
                self.remember(f"{key}#{number}", part)

    def remember(self, key: str, decision: Decision) -> None:
        """Note the key of an allow, and whose power it used."""
        if decision.allowed and not decision.replayed:
            self.keys.append(key)
            self.book.approved[key] = decision.extra.approved

    def change(self) -> None:
        """Go on under another version of the pack."""
        self.guard = self.guard.with_pack(self.pick(self.made).pack)


ACTORS = ({}, {"tenure": 4, "trained": True, "region": "north", "certs": ["food"]}, {"trained": False, "region": "south", "certs": []})


def lowered(source: Manuscript) -> Manuscript:
    """The next version of a pack: each constant limit of a budget a third of what it was."""
    budgets = []
    for budget in source.part("budgets"):
        limit = budget.get("at_most")
        lower = {"times": "1"} if isinstance(limit, dict) and "times" in limit else limit
        budgets.append({**budget, "at_most": lower} if limit is not None else budget)
    return source.changed(version="2", budgets=budgets)


@st.composite
def busy_packs(draw: st.DrawFn) -> Made:
    """Random packs, every one with a budget, and few rules in the way."""
    made = draw(packs())
    few = made.source.changed(rules=made.source.part("rules")[: draw(st.sampled_from([0, 0, 1]))], assume=[])
    if few.part("budgets"):
        return make(few)
    window = draw(st.sampled_from(["24 hours", "calendar day", "calendar week", "30 days", "ever"]))
    thrice = {"per": "actor.id", "window": window, "at_most": {"times": "3"}, "because": "trust"}
    return make(few.changed(budgets=[{"id": "budget-0", "for": list(few.document["actions"]), **thrice}]))


@searched(120)
@given(busy_packs(), st.data())
def test_no_limit_is_ever_exceeded(made: Made, data: st.DataObject) -> None:
    """No action is allowed above a cap that applies to its authority, and no entry is accepted that takes a budget's window above the
    limit in force for that entry, in ledger time, in any history. A limit lowered below what is spent accepts nothing more.
    """  # noqa: D205  (the law's own sentences)
    asks = [data.draw(worlds(st.just(made), unknown=30)) for _ in range(3)]
    asks = [evolve(each, facts={**each.facts, "actor.id": data.draw(st.sampled_from(["d7", "d8"]))}) for each in asks]
    shop = Shop(data, [made, make(lowered(made.source))], asks)
    for _ in range(data.draw(st.integers(STEPS // 2, STEPS))):
        shop.step()
