"""A whole world in one thread, drawn from one seed: clients, a network between them and the ledger, a clock, and crashes.

The network delivers messages in any order, some twice and some never, and loses answers, after which a client sends its message again. The
clock jumps both ways. Where the ledger outlives its process, that process is crashed at any line of its code while it answers. Whatever
arrives is told to the model too, in the order of its arrival. The same seed is the same world, to the last answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from empower.ledger import Ledger, Leg, Part, Wish
from empower.noun import define, field, frozen
from empower.testing.asks import ALWAYS, DAY, HOUR, Clock, Words
from empower.testing.crashes import code_of, crash
from empower.testing.machine import COUNTERS, answer, told
from empower.testing.model import Model

KEYS = 40
LINES = (10, 50, 200, 600)
"""Within how many lines of a call it is crashed; a durable store runs some hundreds for each."""


@frozen
class Message:
    """Something asked of the ledger, and the same asked of the model."""

    name: str
    ask_ledger: Callable[[Ledger], Any]
    ask_model: Callable[[Model, int], Any]
    """The model also needs to know the clock."""


def wish_of(random: Random, key: str, at: int) -> Message:
    """Ask for one or two parts, mostly for the same under the same key, from any counters."""
    usual = Random(key)
    amounts = [usual.randint(0, 12) for _ in range(usual.choice((1, 1, 2)))]
    if random.random() < 0.1:
        amounts[0] = random.randint(0, 12)
    wish = Wish(key, "d7", tuple(Part("refund", (("reason", "late"),), amount) for amount in amounts), together=len(amounts) > 1)
    drawn = [[_leg(random, amount) for _ in range(random.randint(0, 3))] for amount in amounts]
    until = None if random.random() < 0.5 else at + random.choice((0, 1, HOUR, DAY, 40 * DAY))
    options: dict[str, Any] = {"during": ALWAYS, "hold_until": until, "subjects": {"actor": "d7"}, "record": Words(key)}
    return Message(
        f"reserve {key} {amounts}",
        lambda ledger: ledger.reserve(wish, drawn, **options),
        lambda model, clock: model.ask(clock, wish, ALWAYS, drawn, until),
    )


def _leg(random: Random, amount: int) -> Leg:
    return Leg(random.choice(COUNTERS), random.choice((amount, amount, 0)), 1, random.choice((None, 20, 40)), random.choice((None, 5)))


def settlement_of(random: Random, key: str) -> Message:
    """Confirm, void or reverse what is held under a key."""
    amount = random.randint(0, 12)
    calls: Sequence[tuple[str, Callable[[Ledger], Any], int | None]] = (
        ("confirm", lambda ledger: ledger.confirm(key), None),
        ("confirm", lambda ledger: ledger.confirm(key, amount), amount),
        ("void", lambda ledger: ledger.void(key), None),
        ("reverse", lambda ledger: ledger.reverse(key, amount, "came back"), amount),
    )
    verb, ask_ledger, asked = random.choice(calls)
    return Message(f"{verb} {key} {asked}", ask_ledger, lambda model, clock: model.settle(clock, verb, key, asked))


@define
class Simulation:
    """The world. `reopen` opens the ledger again after a crash; None: it does not outlive its process, so it is never crashed."""

    random: Random
    clock: Clock
    ledger: Ledger
    reopen: Callable[[], Ledger] | None = None
    model: Model = field(factory=Model)
    network: list[Message] = field(factory=list)
    """What is on its way."""
    trace: list[str] = field(factory=list)
    """What happened, in order."""

    def live(self, steps: int) -> None:
        """Let so much happen, then let everything arrive, and compare what is left."""
        happenings = [self.send] * 6 + [self.deliver] * 8 + [self.pass_time] + ([self.crash] if self.reopen else [])
        for _ in range(steps):
            self.random.choice(happenings)()
        while self.network:
            self.tell(self.network.pop())
        self.compare()

    def send(self) -> None:
        """A client asks for something."""
        if self.random.random() < 0.5:
            self.network.append(wish_of(self.random, f"k{self.random.randrange(KEYS)}", self.clock.at))
        else:
            held = [hold.key for hold in self.model.holds()]
            self.network.append(settlement_of(self.random, self.random.choice([*held, "k1", "k2"])))

    def deliver(self) -> None:
        """Some message arrives, or is lost; it may arrive once more later, as a copy or because its answer was lost."""
        if not self.network:
            return
        message = self.network.pop(self.random.randrange(len(self.network)))
        fate = self.random.random()
        if fate < 0.3:
            self.network.append(message)
        if fate > 0.1:
            self.tell(message)

    def tell(self, message: Message) -> None:
        """Ledger and model are told the same, and answer the same."""
        found = told(answer(lambda: message.ask_ledger(self.ledger)))
        self.trace.append(f"{self.clock.at} {message.name}: {found}")
        assert found == answer(lambda: message.ask_model(self.model, self.clock.at)), self.trace[-1]

    def pass_time(self) -> None:
        """The clock goes on or jumps; what is due by then is marked first, for a store may mark it at any call."""
        self.expire()
        self.clock.at += self.random.choice((0, 1, HOUR, 3 * HOUR, DAY, 2 * DAY, -1, -HOUR, -DAY))
        self.expire()

    def expire(self) -> None:
        """Mark what is due."""
        self.ledger.expire_due()
        self.model.tick(self.clock.at)

    def crash(self) -> None:
        """The ledger's process ends at some line of answering a message; the client sends it again."""
        if not self.network or self.reopen is None:
            return
        self.expire()
        message = self.random.choice(self.network)
        before = len(self.ledger.history())
        self.ledger.close()
        crash(
            code_of(self.ledger),
            self.random.randint(1, self.random.choice(LINES)),
            self.reopen,
            lambda ledger: answer(lambda: message.ask_ledger(ledger)),
        )
        self.ledger = self.reopen()
        happened = len(self.ledger.history()) > before
        self.trace.append(f"{self.clock.at} {message.name}: crashed, and it {'happened' if happened else 'did not happen'}")
        if happened:
            answer(lambda: message.ask_model(self.model, self.clock.at))
        self.compare()

    def compare(self) -> None:
        """The history is the same, and so is every sum."""
        self.expire()
        events = [(entry.at, entry.key, entry.event, entry.amount) for entry in self.ledger.history()]
        assert events == self.model.events, self.trace[-1]
        now = self.ledger.now()
        sums = [(balance.amount, balance.times) for balance in self.ledger.balances(COUNTERS)]
        assert self.ledger.verify().findings == ()
        assert sums == [self.model.held(counter, now) for counter in COUNTERS], self.trace[-1]
