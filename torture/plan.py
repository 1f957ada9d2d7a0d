"""What is asked: a wish for each number, the same in every process, so that a key sent by several names one wish."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from attrs import frozen

from empower.ledger import Counter, Leg, Part, Window, Wish

ZONE = "Europe/London"
ACTORS = ("d1", "d2", "d3")
LIFETIMES = (None, None, None, 5, 40, 150, 600)
LONGEST_LIFETIME_MS = 600


@frozen
class Ask:
    """A wish, with what each of its parts would draw."""

    wish: Wish
    legs: tuple[tuple[Leg, ...], ...]
    lifetime_ms: int | None

    @property
    def counters(self) -> list[Counter]:
        return [leg.counter for part in self.legs for leg in part]


@frozen
class Record:
    """What the ledger keeps of a call: which call it was, what it would draw under which limits, and until when."""

    call: str
    ask: Ask
    until: int | None

    def to_json(self) -> str:
        legs = [
            [[name_of(leg.counter), leg.amount, leg.times, leg.limit_amount, leg.limit_times, leg.enforced] for leg in p]
            for p in self.ask.legs
        ]
        amounts = [part.amount for part in self.ask.wish.parts]
        return json.dumps({"call": self.call, "legs": legs, "amounts": amounts, "until": self.until})


def name_of(counter: Counter) -> str:
    """A counter as text: budget, key, window, length."""
    (key,) = counter.keys
    return f"{counter.budget} {key[1]} {counter.window.kind} {counter.window.length_ms}"


def counter_named(run: str, name: str) -> Counter:
    """The counter of this name, in one run."""
    budget, key, kind, length = name.split()
    window: Any = Window(kind, int(length))  # type: ignore[arg-type]
    return Counter(run, budget, (("key", key),), window, ZONE, "GBP")


def planned(run: str, seed: str, number: int) -> Ask:
    """The wish of this number."""
    random = Random(f"{seed}/{number}")
    actor = random.choice(ACTORS)
    amounts = [random.randint(1, 12) for _ in range(random.choice((1, 1, 1, 1, 2)))]
    parts = tuple(Part("refund", (("reason", "late"),), amount) for amount in amounts)
    wish = Wish(f"{run}/{number}", actor, parts, together=len(parts) > 1)
    legs = tuple(tuple(_legs(run, random, actor, number, amount)) for amount in amounts)
    return Ask(wish, legs, random.choice(LIFETIMES))


def _legs(run: str, random: Random, actor: str, number: int, amount: int) -> list[Leg]:
    lower = random.choice((0, 0, 0, 10))
    legs = [
        Leg(counter_named(run, f"day {actor} day 0"), amount, 1, 400 - lower, None),
        Leg(counter_named(run, f"rolling {actor} rolling 700"), amount, 1, 45 - lower, 8),
        Leg(counter_named(run, f"order {number // 5} ever 0"), amount, 1, 26 - lower, 4),
        Leg(counter_named(run, "till all rolling 300"), amount, 1, 70 - lower, None),
        Leg(counter_named(run, "shadow all ever 0"), 0, 1, None, 10, enforced=False),
    ]
    return random.sample(legs, random.randint(1, len(legs)))
