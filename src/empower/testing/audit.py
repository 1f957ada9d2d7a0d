"""A host that believes nothing: it notes what it was allowed to give, and adds it all up after each allow."""

from __future__ import annotations

from empower.errors import HoldEnded
from empower.ledger import Counter, Ledger, Leg, Reserved
from empower.noun import define, field
from empower.testing.asks import ALWAYS, Clock, Words, wish
from empower.testing.model import same_window


@define
class Line:
    """One entry that the ledger accepted."""

    key: str
    at: int
    leg: Leg
    until: int | None
    left: int
    counts: bool = True
    settled: bool = False

    def given(self, at: int) -> bool:
        """Does it count as given at this instant?"""
        return self.counts and (self.settled or self.until is None or at < self.until)


@define
class Host:
    """Keeps a line for each leg of what it was allowed."""

    ledger: Ledger
    clock: Clock
    lines: list[Line] = field(factory=list)
    asked: int = 0

    def ask(self, drawn: list[Leg], lifetime: int | None) -> None:
        """Ask under a new key; if it is allowed, no window may be above the limit in force for any of the entries."""
        self.asked += 1
        until = None if lifetime is None else self.clock.at + lifetime
        amount = max((leg.amount for leg in drawn), default=0)
        subjects = {"actor": "d7"}
        answer = self.ledger.reserve(
            wish(f"k{self.asked}", amount), [drawn], during=ALWAYS, hold_until=until, subjects=subjects, record=Words()
        )
        if isinstance(answer, Reserved):
            for leg in drawn:
                self.lines.append(Line(f"k{self.asked}", answer.at, leg, until, leg.amount))
                self.check(leg, answer.at)

    def check(self, leg: Leg, at: int) -> None:
        """No window is above the limit in force for the entry."""
        if leg.enforced:
            amount, times = self.held(leg.counter, at)
            assert leg.limit_amount is None or amount <= leg.limit_amount
            assert leg.limit_times is None or times <= leg.limit_times

    def held(self, counter: Counter, at: int) -> tuple[int, int]:
        """Amount and times that count in the counter's window at an instant."""
        lines = [line for line in self.lines if line.leg.counter == counter and line.given(at) and same_window(counter, at, line.at)]
        return sum(line.left for line in lines), sum(line.leg.times for line in lines)

    def settle(self, verb: str, number: int, amount: int) -> None:
        """Confirm, void or reverse one of the keys, and note what the ledger says is left of it."""
        if not self.lines:
            return
        key = self.lines[number % len(self.lines)].key
        lines = [line for line in self.lines if line.key == key]
        amount = min([amount, *(line.left for line in lines)])
        calls = {"confirm": lambda: self.ledger.confirm(key, amount), "void": lambda: self.ledger.void(key)}
        try:
            hold = calls.get(verb, lambda: self.ledger.reverse(key, amount, "came back"))()
        except HoldEnded:
            return
        for line in lines:
            line.left = min(line.left, hold.left)
            line.counts = hold.state in ("held", "confirmed")
            line.settled = hold.state == "confirmed"
