"""What a ledger means, as plainly as it can be said: a list of holds, and sums over all of them each time."""

from __future__ import annotations

import datetime
from typing import Any
from zoneinfo import ZoneInfo

from empower.errors import HoldEnded, HoldExpired, KeyConflict, MoreThanReserved, UnknownKey
from empower.ledger import Counter, Leg, Wish
from empower.noun import define

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
LENGTH = {"day": 10, "month": 7, "year": 4}  # of an ISO date, as far as it names the period


@define
class Given:
    """One part's hold."""

    key: str
    at: int
    reserved: int
    expires_at: int | None
    legs: list[Leg]
    state: str = "held"
    left: int = 0
    final: int = 0


def same_window(counter: Counter, at: int, other: int) -> bool:
    """Does an entry of the instant `other` count at the instant `at`?"""
    if counter.window.kind == "ever":
        return True
    if counter.window.kind == "rolling":
        return at - counter.window.length_ms < other <= at
    dates = ((EPOCH + datetime.timedelta(milliseconds=t)).astimezone(ZoneInfo(counter.zone)).isoformat() for t in (at, other))
    return len({date[: LENGTH[counter.window.kind]] for date in dates}) == 1


def is_same(known: Wish, asked: Wish, *, allowed: bool) -> bool:
    """Is this the wish that the key names already?"""
    if allowed:
        return known == asked
    pairs = list(zip(known.parts, asked.parts, strict=False))
    texts = [(value, dict(now.parameters)[name]) for before, now in pairs for name, value in before.parameters]
    named = [[w.actor, w.together, [part.kind for part in w.parts]] for w in (known, asked)]
    return named[0] == named[1] and all(before in (None, now) for before, now in texts)


class Model:
    """Every call names the clock's instant; answers are texts, tuples of numbers, or the ledger's own exceptions."""

    def __init__(self) -> None:
        self.last = -(2**62)
        self.wishes: dict[str, tuple[Wish, list[Given] | None]] = {}
        self.events: list[tuple[int, str, str, int | None]] = []

    def holds(self) -> list[Given]:
        """All holds, in the order of their allows."""
        return [hold for _, holds in self.wishes.values() for hold in holds or []]

    def tick(self, clock: int) -> int:
        """Ledger time, with every hold expired that is due by it."""
        now = max(clock, self.last)
        due = [(hold.expires_at, hold) for hold in self.holds() if hold.state == "held" and hold.expires_at is not None]
        for expiry, hold in sorted(due, key=lambda pair: pair[0]):
            if expiry <= now:
                self.end(hold, "expired", max(expiry, hold.at), hold.reserved)
        return now

    def write(self, at: int, key: str, event: str, amount: int | None) -> None:
        """Write an event down."""
        self.last = at
        self.events.append((at, key, event, amount))

    def end(self, hold: Given, state: str, at: int, amount: int) -> None:
        """Let a hold end, and write it down."""
        hold.state, hold.left = state, 0
        self.write(at, hold.key, state, amount)

    def drawn(self, counter: Counter, at: int) -> list[tuple[int, int, int]]:
        """(instant, amount, times) of every leg in the window, of every hold that still counts and had not expired by `at`."""
        live = [
            hold for hold in self.holds() if hold.state == "confirmed" or (hold.state == "held" and not (hold.expires_at or at + 1) <= at)
        ]
        legs = [(hold, leg) for hold in live for leg in hold.legs if leg.counter == counter and same_window(counter, at, hold.at)]
        return [(hold.at, min(leg.amount, hold.left), leg.times) for hold, leg in legs]

    def held(self, counter: Counter, at: int) -> tuple[int, int]:
        """Amount and times that count in the counter's window at an instant."""
        drawn = self.drawn(counter, at)
        return sum(amount for _, amount, _ in drawn), sum(times for _, _, times in drawn)

    def frees_at(self, counter: Counter, at: int) -> int | None:
        """The instant at which the oldest entry leaves a rolling window."""
        return min((then + counter.window.length_ms for then, amount, times in self.drawn(counter, at) if amount or times), default=None)

    def ask(self, clock: int, wish: Wish, during: tuple[int, int], parts: list[list[Leg]] | None, until: int | None) -> Any:
        """Reserve the legs of each part; None: the rules did not allow it."""
        now = self.tick(clock)
        names = {wish.key, *wish.hold_keys()}
        for key, (known, _) in self.wishes.items():
            if key != wish.key and names & {known.key, *known.hold_keys()}:
                raise KeyConflict(wish.key, ())
        known, holds = self.wishes.get(wish.key, (wish, None))
        if not is_same(known, wish, allowed=holds is not None):
            raise KeyConflict(wish.key, ())
        if holds is not None:
            return [(hold.key, hold.state, hold.left) for hold in holds]
        if not during[0] <= now < during[1]:
            return "Moved"
        legs = [leg for part in parts or [] for leg in part]
        event = "noted" if parts is None else "allowed" if self.fits(legs, now) else "refused"
        amounts = [part.amount or 0 for part in wish.parts]
        made = [Given(k, now, a, until, g, left=a) for k, a, g in zip(wish.hold_keys(), amounts, parts or [[]] * 9, strict=False)]
        self.write(now, wish.key, event, sum(amounts))
        self.wishes.pop(wish.key, None)  # in the order of the allow
        self.wishes[wish.key] = wish, made if event == "allowed" else None
        return {"noted": "Noted", "allowed": "Reserved", "refused": "Refused"}[event]

    def fits(self, legs: list[Leg], now: int) -> bool:
        """Does every enforced leg fit, on top of the legs before it?"""
        for number, leg in enumerate(legs):
            amount, times = self.held(leg.counter, now)
            amount += sum(other.amount for other in legs[: number + 1] if other.counter == leg.counter)
            times += sum(other.times for other in legs[: number + 1] if other.counter == leg.counter)
            limits = (2**62 if limit is None else limit for limit in (leg.limit_amount, leg.limit_times))
            if leg.enforced and (amount > next(limits) or times > next(limits)):
                return False
        return True

    def settle(self, clock: int, verb: str, key: str, amount: int | None) -> tuple[str, int]:
        """Confirm, void or reverse."""
        now = self.tick(clock)
        found = [hold for hold in self.holds() if hold.key == key]
        if not found:
            raise UnknownKey(key)
        getattr(self, verb)(found[0], now, amount)
        return found[0].state, found[0].left

    def confirm(self, hold: Given, now: int, amount: int | None) -> None:
        """Fix the final amount."""
        final = hold.reserved if amount is None else amount
        if hold.state in ("expired", "voided"):
            raise HoldExpired if hold.state == "expired" else HoldEnded
        if final > hold.reserved:
            raise MoreThanReserved
        if hold.state == "held":
            hold.state, hold.left, hold.final = "confirmed", final, final
            self.write(now, hold.key, "confirmed", final)
        elif final != hold.final:
            raise HoldEnded

    def void(self, hold: Given, now: int, _: object) -> None:
        """End an unconfirmed hold."""
        if hold.state in ("confirmed", "reversed"):
            raise HoldEnded
        if hold.state == "held":
            self.end(hold, "voided", now, hold.reserved)

    def reverse(self, hold: Given, now: int, amount: int) -> None:
        """Take back so much in all."""
        if hold.state in ("expired", "voided", "held"):
            raise HoldExpired if hold.state == "expired" else HoldEnded
        if amount > hold.final:
            raise MoreThanReserved
        if amount < hold.final - hold.left:
            raise HoldEnded
        if amount == hold.final and hold.state == "confirmed":
            self.end(hold, "reversed", now, amount)
        elif amount > hold.final - hold.left:
            hold.left = hold.final - amount
            self.write(now, hold.key, "reversed", amount)
