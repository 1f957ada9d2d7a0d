"""A machine that asks a ledger and the model the same, in random histories, and compares every answer and every sum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from empower.errors import EmpowerError
from empower.ledger import Counter, Held, Ledger, Leg, Noted, Part, Refused, Replayed, Reserved, Wish
from empower.testing.asks import ALWAYS, DAY, HOUR, Clock, Words, counter
from empower.testing.model import Model

COUNTERS: tuple[Counter, ...] = (
    counter("ever", budget="ever"),
    counter("month", budget="month"),
    counter("day", budget="day", zone="Asia/Kolkata"),
    counter("rolling", budget="rolling", length_ms=2 * DAY),
    counter("rolling", budget="other", length_ms=3 * HOUR),
)

keys = st.sampled_from(["a", "b", "c", "d", "e", "f", "a#1", "b#2"])
amounts = st.integers(0, 12)
legs = st.builds(
    Leg,
    counter=st.sampled_from(COUNTERS),
    amount=st.just(0),
    times=st.integers(0, 1),
    limit_amount=st.none() | st.integers(-1, 30),
    limit_times=st.none() | st.integers(0, 5),
    enforced=st.integers(0, 4).map(bool),
)
parts = st.tuples(amounts, st.lists(st.tuples(legs, st.booleans()), max_size=3))
steps = st.sampled_from([0, 1, HOUR, 3 * HOUR - 1, 3 * HOUR, DAY, 2 * DAY, 40 * DAY])
lifetimes = st.none() | st.sampled_from([-1, 0, 1, HOUR, DAY, 40 * DAY])


def answer(call: Callable[[], Any]) -> Any:
    """What a call answers, or the name of what it raises."""
    try:
        return call()
    except (EmpowerError, ValueError) as error:
        return type(error).__name__


def told(found: Any) -> Any:
    """An answer of the ledger, as the model tells it."""
    match found:
        case str():
            return found
        case Replayed():
            return [(hold.key, hold.state, hold.left) for hold in found.holds]
        case Held():
            return found.state, found.left
        case _:
            return type(found).__name__


Archiving = Callable[[Ledger, int], object]
"""Moves what was closed before an instant into the archive of the ledger."""


class LedgerMachine(RuleBasedStateMachine):
    """`make`, `reopening` and `archiving` are set by a subclass for each store."""

    make: Callable[[Clock], Ledger]
    reopening: Callable[[Clock], Callable[[], Ledger] | None]
    """How the ledger is opened again; None: it ends with its process."""
    archiving: Archiving | None
    """None: it has no archive."""

    @initialize()
    def start(self) -> None:
        """An empty ledger, and the model beside it."""
        self.clock = Clock()
        self.ledger = type(self).make(self.clock)
        self.reopen = type(self).reopening(self.clock)
        self.model = Model()
        self.archived_before = -(2**62)

    def agree(self, call: Callable[[], Any], expected: Callable[[], Any]) -> None:
        """A call of the ledger answers as the model does."""
        assert told(answer(call)) == answer(expected)

    @rule(
        key=keys,
        actor=st.sampled_from(["d7", "d7", "d7", "d8"]),
        reason=st.sampled_from([None, "late", "late", "broken"]),
        asked=st.lists(parts, min_size=1, max_size=3),
        lifetime=lifetimes,
        fits=st.integers(0, 9),
        allowed=st.integers(0, 4),
    )
    def ask(self, *, key: str, actor: str, reason: str | None, asked: list[Any], lifetime: int | None, fits: int, allowed: int) -> None:
        """Ask for a wish of one to three parts."""
        wish = Wish(key, actor, tuple(Part("refund", (("reason", reason),), amount) for amount, _ in asked), together=len(asked) > 1)
        self.send(wish, [[draw(one, amount if whole else 0) for one, whole in drawn] for amount, drawn in asked], lifetime, fits, allowed)

    @precondition(lambda self: self.model.wishes)
    @rule(data=st.data(), allowed=st.integers(0, 4))
    def ask_again(self, data: st.DataObject, allowed: int) -> None:
        """Ask for a wish that was asked before."""
        wish, _ = self.model.wishes[data.draw(st.sampled_from(sorted(self.model.wishes)))]
        self.send(wish, [[Leg(COUNTERS[0], part.amount or 0, 1, 30, 5)] for part in wish.parts], None, 1, allowed)

    def send(self, wish: Wish, drawn: list[list[Leg]], lifetime: int | None, fits: int, allowed: int) -> None:
        """Ask ledger and model, and compare answers and balances."""
        during = ALWAYS if fits else (self.clock.at + 1, self.clock.at + 5)
        until = None if lifetime is None else self.clock.at + lifetime
        meta: dict[str, Any] = {"during": during, "subjects": {"actor": wish.actor}, "record": Words(wish.key)}
        counters = [leg.counter for part in drawn for leg in part] if allowed else COUNTERS
        now = self.model.tick(self.clock.at)
        before = [self.model.held(one, now) for one in counters]
        reserve, attempt = self.ledger.reserve, self.ledger.attempt
        found = answer(lambda: reserve(wish, drawn, hold_until=until, **meta) if allowed else attempt(wish, counters, **meta))
        assert told(found) == answer(lambda: self.model.ask(self.clock.at, wish, during, drawn if allowed else None, until))
        if isinstance(found, Reserved | Refused | Noted):
            assert found.at == now
            assert [(balance.amount, balance.times) for balance in found.balances] == before

    @precondition(lambda self: self.model.holds())
    @rule(data=st.data(), amount=st.none() | amounts)
    def confirm(self, data: st.DataObject, amount: int | None) -> None:
        """Confirm a hold."""
        key = self.some_hold(data)
        self.agree(lambda: self.ledger.confirm(key, amount), lambda: self.model.settle(self.clock.at, "confirm", key, amount))

    @precondition(lambda self: self.model.holds())
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        """Void a hold."""
        key = self.some_hold(data)
        self.agree(lambda: self.ledger.void(key), lambda: self.model.settle(self.clock.at, "void", key, None))

    @precondition(lambda self: self.model.holds())
    @rule(data=st.data(), amount=amounts)
    def reverse(self, data: st.DataObject, amount: int) -> None:
        """Reverse a hold."""
        key = self.some_hold(data)
        if key in self.closed():
            # Answered as before, but nothing more is taken back: the ledger says so, or there was nothing to take back
            found = told(answer(lambda: self.ledger.reverse(key, amount, "came back")))
            assert found == "HoldEnded" or found == answer(lambda: self.model.settle(self.clock.at, "reverse", key, amount))
            return
        self.agree(lambda: self.ledger.reverse(key, amount, "came back"), lambda: self.model.settle(self.clock.at, "reverse", key, amount))

    def some_hold(self, data: st.DataObject) -> str:
        """The key of a hold, or one that nobody has."""
        return data.draw(st.sampled_from(["never", *sorted(hold.key for hold in self.model.holds())][::-1]))

    @rule(step=steps)
    def time_goes_on(self, step: int) -> None:
        """Time goes on."""
        self.clock.at += step

    @precondition(lambda self: self.model.holds())
    @rule(data=st.data(), just_before=st.booleans())
    def time_comes_to_an_edge(self, *, data: st.DataObject, just_before: bool) -> None:
        """The instant at which an entry leaves a window, or a hold expires."""
        hold = data.draw(st.sampled_from(self.model.holds()))
        edges = [hold.at + 2 * DAY, hold.at + 3 * HOUR, *([] if hold.expires_at is None else [hold.expires_at])]
        self.clock.at = max(self.clock.at, data.draw(st.sampled_from(edges)) - just_before)

    @rule(step=steps)
    def clock_goes_back(self, step: int) -> None:
        """The clock goes back."""
        # A store may mark what is due at any call; so that it has done so before time is told differently, it is asked to
        self.expire()
        self.clock.at -= step

    @rule()
    def expire(self) -> None:
        """Mark what is due."""
        self.ledger.expire_due()
        self.model.tick(self.clock.at)
        assert self.ledger.expire_due() == 0

    @rule()
    def accept_clock(self) -> None:
        """A clock that is given is believed, whatever it shows; to accept it changes nothing."""
        assert self.ledger.accept_clock() == self.clock.at

    @precondition(lambda self: self.archiving is not None)
    @rule(age=st.sampled_from([-1, 0, HOUR, 3 * DAY]))
    def archive(self, age: int) -> None:
        """What is closed moves out of the ledger, which answers as before: a hold that may still change stays."""
        assert self.archiving is not None
        self.expire()
        before = self.ledger.now() - age
        self.archiving(self.ledger, before)
        self.archived_before = max(self.archived_before, before)
        assert all(hold.state != "held" for hold in self.model.holds() if hold.key in self.closed())

    def closed(self) -> set[str]:
        """The keys of the holds whose allow is in the archive."""
        if self.archived_before == -(2**62):
            return set()
        here = {entry.key for entry in self.ledger.history() if entry.event == "allowed"}
        return {hold.key for key, (_, holds) in self.model.wishes.items() if key not in here for hold in holds or []}

    @precondition(lambda self: self.reopen is not None)
    @rule()
    def restart(self) -> None:
        """What a durable ledger answers does not depend on anything that ends with its process."""
        assert self.reopen is not None
        self.ledger.close()
        self.ledger = self.reopen()

    @invariant()
    def sums_agree(self) -> None:
        """Every sum is the same, now, later and earlier."""
        now = self.model.tick(self.clock.at)
        assert self.ledger.now() == now
        for at in (None, now + HOUR, now - DAY):
            instant = now if at is None else at
            if instant < min(now, self.archived_before):
                continue  # what a rolling window held then may lie in the archive
            balances = self.ledger.balances(COUNTERS, at)
            assert [(one.amount, one.times) for one in balances] == [self.model.held(one, instant) for one in COUNTERS]
            rolling = [(one, balance) for one, balance in zip(COUNTERS, balances, strict=True) if one.window.kind == "rolling"]
            assert [balance.frees_at for _, balance in rolling] == [self.model.frees_at(one, instant) for one, _ in rolling]

    @invariant()
    def holds_agree(self) -> None:
        """The same holds are unsettled."""
        self.model.tick(self.clock.at)
        held = [(hold.key, hold.state, hold.left) for hold in self.ledger.unsettled()]
        assert sorted(held) == sorted((hold.key, hold.state, hold.left) for hold in self.model.holds() if hold.state == "held")

    def teardown(self) -> None:
        """In the end the history is the same, less what is in the archive."""
        self.expire()
        history = [(entry.at, entry.key, entry.event, entry.amount) for entry in self.ledger.history()]
        if self.archived_before == -(2**62):
            assert history == self.model.events
        told_once = iter(self.model.events)
        assert all(event in told_once for event in history)
        assert self.ledger.verify().findings == ()
        self.ledger.close()


def draw(leg: Leg, amount: int) -> Leg:
    """The leg, drawing this amount."""
    return Leg(leg.counter, amount, leg.times, leg.limit_amount, leg.limit_times, leg.enforced)


def machine_of(
    make: Callable[[Clock], Ledger],
    reopening: Callable[[Clock], Callable[[], Ledger] | None] = lambda _: None,
    archiving: Archiving | None = None,
) -> type[LedgerMachine]:
    """The machine for one store."""
    archive = None if archiving is None else staticmethod(archiving)
    return type("Machine", (LedgerMachine,), {"make": staticmethod(make), "reopening": staticmethod(reopening), "archiving": archive})
