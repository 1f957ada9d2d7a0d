"""One client process: asks, asks again, settles its own keys and those of others, under a clock that jumps and a disk that is full at times."""

from __future__ import annotations

import logging
import os
import resource
import time
from collections import deque
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from attrs import define, evolve, field, frozen

from empower.errors import LedgerUnavailable
from empower.ledger import Balance, Held, Ledger, Replayed
from torture.journal import AMBIGUOUS, Journal
from torture.plan import Ask, Record, planned
from torture.stores import Store, opened, store_at

machine_clock = time.time_ns
"""As it is; the process may be made to see another one."""
ALWAYS = (-(2**62), 2**62)
SHARED = 10**9
LEAP_MS = 40 * 86_400_000
STEP_MS = 7_200_000
KEPT_MS = 1_500
"""What was closed before that is archived; longer than the rolling windows and the holds of a run."""
SHARED_MS = 25
"""For so long all clients ask for the same shared wishes."""


@frozen
class Order:
    """What the clients of one run have in common."""

    address: str
    run: str
    seed: str
    folder: Path
    ends: float
    """By the machine's monotonic clock."""
    offset_ms: int
    """How far the run's clock is ahead of the machine's."""
    steps: float
    """From this instant on the run's clock is further ahead, by `STEP_MS`, where the ledger looks out for that."""

    @property
    def store(self) -> Store:
        """What the address says."""
        return store_at(self.address)


@define
class Clock:
    """The run's clock, moved at times by a jump, mostly back."""

    order: Order
    random: Random
    jump_ms: int = 0

    def true(self) -> int:
        """What the run's clock shows: the machine's with an offset, and with a step in the middle that an operator has to accept."""
        stepped = self.order.store.refuses_steps and time.monotonic() >= self.order.steps
        return machine_clock() // 1_000_000 + self.order.offset_ms + (STEP_MS if stepped else 0)

    def __call__(self) -> int:
        return self.true() + self.jump_ms

    def may_jump(self) -> None:
        if self.random.random() < 0.05:
            leaps = (LEAP_MS,) if self.order.store.refuses_leaps else ()
            self.jump_ms = self.random.choice((0, 0, 0, 30, -100, -1000, -3_600_000, -90_000_000, *leaps))


@contextmanager
def full_disk() -> Any:
    """No file of this process may grow, or be written beyond its first bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def answer_of(call: Callable[[], Any]) -> dict[str, Any]:
    """What a call answers, as text; whatever else it raises is told too."""
    try:
        found = call()
    except Exception as error:  # noqa: BLE001
        return {"error": type(error).__name__, "message": str(error)[:300]}
    match found:
        case Held():
            return {"held": _told(found)}
        case Replayed():
            return {"answer": "Replayed", "at": found.at, "holds": [_told(hold) for hold in found.holds]}
        case (Balance(), *_):
            return {"sums": [(balance.amount, balance.times) for balance in found]}
        case int() | tuple():
            return {"answer": "read"}
        case _:
            return {"answer": type(found).__name__, "at": found.at}


def _told(hold: Held) -> list[Any]:
    return [hold.key, hold.state, hold.reserved, hold.left]


@define
class Client:
    """Asks until its time is over."""

    order: Order
    name: str
    ledger: Ledger
    clock: Clock
    random: Random
    journal: Journal
    number: int = 0
    recent: deque[int] = field(factory=lambda: deque(maxlen=40))
    allowed: deque[int] = field(factory=lambda: deque(maxlen=40))

    def live(self) -> None:
        steps = [self.ask_anew] * 9 + [self.ask_shared] * 5 + [self.ask_again] * 3 + [self.confirm] * 5 + [self.void] * 4
        steps += [self.reverse] * 2 + [self.conflict, self.look]
        while time.monotonic() < self.order.ends:
            if self.order.store.own_clocks:
                self.clock.may_jump()
            self.random.choice(steps)()

    # -- asking

    def ask_anew(self) -> None:
        self.number += 1
        self.ask(int(self.name) * 1_000_000 + self.number)

    def ask_shared(self) -> None:
        """A wish that the other clients ask for at this moment too."""
        self.ask(self.shared())

    def shared(self, ago_ms: int = 0) -> int:
        """A wish that all clients asked for so long ago."""
        return SHARED + (self.clock.true() - ago_ms) // SHARED_MS * 2 % SHARED + self.random.randrange(2)

    def ask_again(self) -> None:
        if self.recent:
            self.ask(self.random.choice(self.recent))

    def ask(self, number: int) -> None:
        ask = planned(self.order.run, self.order.seed, number)
        self.recent.append(number)
        if self.send(ask, "reserve" if self.random.random() < 0.9 else "attempt").get("answer") == "Reserved":
            self.allowed.append(number)

    def conflict(self) -> None:
        """Somebody else asks under a key that was allowed."""
        if self.allowed:
            ask = planned(self.order.run, self.order.seed, self.random.choice(self.allowed))
            self.send(evolve(ask, wish=evolve(ask.wish, actor="somebody else")), "conflict")

    def send(self, ask: Ask, verb: str) -> dict[str, Any]:
        true = self.clock.true()
        until = None if ask.lifetime_ms is None else true + ask.lifetime_ms
        during = ALWAYS if self.random.random() < 0.9 else (true - 5, true + 3)
        subjects = {"run": self.order.run, "actor": ask.wish.actor}

        def call(name: str) -> Any:
            options = {"during": during, "subjects": subjects, "record": Record(name, ask, until)}
            if verb == "attempt":
                return self.ledger.attempt(ask.wish, ask.counters, **options)
            return self.ledger.reserve(ask.wish, ask.legs, hold_until=until, **options)

        return self.noted(verb, ask.wish.key, call)

    # -- settling

    def confirm(self) -> None:
        amount = self.random.choice((None, None, 0, 1, 3))
        self.noted("confirm", key := self.some_key(), lambda _: self.ledger.confirm(key, amount), amount=amount)

    def void(self) -> None:
        self.noted("void", key := self.some_key(), lambda _: self.ledger.void(key))

    def reverse(self) -> None:
        amount = self.random.choice((0, 1, 2, 5, 12))
        self.noted("reverse", key := self.some_key(), lambda _: self.ledger.reverse(key, amount, "came back"), amount=amount)

    def some_key(self) -> str:
        """The key of a part of a wish: of one's own that was allowed, or one that others asked for a moment ago, or some windows ago."""
        own = self.random.choice(self.allowed or [self.shared()])
        number = self.random.choice((own, own, self.shared(self.random.randrange(100)), self.shared(self.random.randrange(2000))))
        return self.random.choice(planned(self.order.run, self.order.seed, number).wish.hold_keys())

    def look(self) -> None:
        ask = planned(self.order.run, self.order.seed, self.shared())
        looks: list[Callable[[str], Any]] = [
            lambda _: self.ledger.expire_due(),
            lambda _: self.ledger.unsettled(50),
            lambda _: self.ledger.balances(ask.counters),
        ]
        self.noted("look", "", self.random.choice(looks))

    def noted(self, verb: str, key: str, call: Callable[[str], Any], **told: Any) -> dict[str, Any]:
        """Make a call, noted before and after."""
        name = self.journal.begin(verb, key, clock=self.clock.true(), **told)
        if self.order.store.survives_a_full_disk and self.random.random() < 0.01:
            with full_disk():
                answer = answer_of(lambda: call(name))
        else:
            answer = answer_of(lambda: call(name))
        self.journal.end(name, answer)
        if answer.get("error") in AMBIGUOUS:
            time.sleep(0.005)
        return answer


def live(order: Order, name: str) -> None:
    """Open the ledger, as soon as it can be opened, and ask until the time is over."""
    logging.disable()  # a pool tells of each connection that is cut
    random = Random(f"{order.seed}/client {name}")
    clock = Clock(order, random)
    while time.monotonic() < order.ends:
        try:
            ledger = opened(order.address, clock)
        except LedgerUnavailable:
            time.sleep(0.02)
            continue
        Client(order, name, ledger, clock, random, Journal(order.folder, name)).live()
        ledger.close()


def accept(order: Order, name: str) -> None:
    """Be the operator who says that the clock is right."""
    clock = Clock(order, Random(0))
    ledger = opened(order.address, clock)
    stepped_at = clock.true() - int((time.monotonic() - order.steps) * 1000)
    helped(order, name, "accept", ledger.accept_clock, clock=clock.true(), stepped_at=stepped_at)


def archive(order: Order, name: str) -> None:
    """Move what is closed into the archive beside the ledger."""
    clock = Clock(order, Random(0))
    ledger: Any = opened(order.address, clock)
    helped(order, name, "archive", lambda: ledger.archive(ledger.now() - KEPT_MS, order.store.archive), clock=clock.true())


def helped(order: Order, name: str, verb: str, call: Callable[[], Any], **told: Any) -> None:
    """Make one call and end this process, well or not."""
    journal = Journal(order.folder, name)
    noted = journal.begin(verb, "", **told)
    answer = answer_of(call)
    journal.end(noted, answer)
    os._exit("error" in answer)
