"""The words that random packs are made of: facts of every type with small bounds, and values near which conditions turn.

Bounds and constants come from the same few numbers, so that a random request often stands exactly on an edge, or one step beside it,
and there are so few amounts that every one can be tried.
"""

from __future__ import annotations

import datetime
from functools import cache

from empower.money import plain_money
from empower.noun import frozen

TODAY = datetime.date(2026, 11, 18).toordinal()
"""The day of most requests: see `world.USUAL_NOW`."""
AMOUNT_MAX = 60
"""The largest amount of any kind, in minor units: few enough to try every one."""
AMOUNTS = (0, 1, 5, 10, 25, 30, 31, 50, 60, 100)
"""Bounds of caps and thresholds, in minor units."""
MONEY_MAX = 200
POT_MAX = 12
CURRENCIES = ("GBP", "JPY", "BHD")
"""With two decimals, none, and three."""
ZONES = ("Europe/London", "UTC", "America/St_Johns", "Pacific/Auckland")
LADDERS = (*[("clerk", "manager"), ("clerk", "lead", "manager"), ("clerk", "lead", "manager", "head")] * 3, ("clerk",))
REASONS = ("late", "broken")
OBLIGATIONS = {"leave_item": "Let them keep it.", "say_sorry": "Say that we are sorry."}
TEXTS = ("a", "b", "m1", "AB-1", "UK-77", "{limit} {role}", "x" * 9)
MEMBERS = {
    "customer.category": ("new", "regular", "loyal"),
    "order.tier": ("bronze", "silver", "gold"),
    "customer.flags": ("claimer", "chargeback", "fraud"),
    "actor.region": ("north", "south"),
    "actor.certs": ("food", "cash"),
}
PARAMETERS = {
    "slot": "one of [am, pm]", "rush": "yes/no", "count": "integer 0..9", "day": "date", "items": "set of [top, base]", "fee": "money 0..9",
}  # fmt: skip


@frozen
class Fact:
    """A fact of the vocabulary; `kind` is how its type begins."""

    path: str
    kind: str
    type: str
    customer_may_see: bool = False
    most: int = MONEY_MAX
    """Of an amount, in minor units, or of a number."""

    @property
    def about_the_actor(self) -> bool:
        """Whether it is one of whoever asks."""
        return self.path.startswith("actor.")


@cache
def facts(currency: str) -> tuple[Fact, ...]:
    """All facts that a pack may declare; money in the decimals of a currency."""
    money = f"money 0..{plain_money(MONEY_MAX, currency)}"
    pot = f"money 0..{plain_money(POT_MAX, currency)}"
    return (
        Fact("order.total", "money", money, customer_may_see=True),
        Fact("order.paid", "money", money),
        Fact("item.value", "money", money),
        Fact("customer.claims", "integer", "integer 0..6", most=6),
        Fact("customer.mood", "integer", "integer -3..3", most=3),
        Fact("order.rating", "decimal", "decimal(1) 0..5", most=5),
        Fact("order.late", "duration", "duration 0..120 minutes"),
        Fact("order.delay", "duration", "duration 0..3 days"),
        Fact("evidence.photo", "yes/no", "yes/no"),
        Fact("evidence.message", "yes/no", "yes/no"),
        Fact("evidence.id", "yes/no", "yes/no"),
        Fact("customer.category", "one of", f"one of [{', '.join(MEMBERS['customer.category'])}]", customer_may_see=True),
        Fact("order.tier", "ordered", f"ordered one of [{', '.join(MEMBERS['order.tier'])}]"),
        Fact("customer.flags", "set of", f"set of [{', '.join(MEMBERS['customer.flags'])}]"),
        Fact("order.id", "text", "text", customer_may_see=True),
        Fact("order.note", "text", "text"),
        Fact("customer.since", "date", "date"),
        Fact("customer.gift", "date", "date, may be never"),
        Fact("order.delivered", "instant", "instant"),
        Fact("customer.called", "instant", "instant, may be never"),
        Fact("actor.tenure", "integer", "integer 0..4", most=4),
        Fact("actor.trained", "yes/no", "yes/no"),
        Fact("actor.region", "one of", "one of [north, south]"),
        Fact("actor.certs", "set of", "set of [food, cash]"),
        Fact("actor.pot", "money", pot, most=POT_MAX),
    )


def money_text(minor: int, currency: str) -> str:
    """Minor units as an author writes them, in major ones, without zeros at the end."""
    whole, _, decimals = plain_money(minor, currency).partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}{'.' if decimals else ''}{decimals}"


def day_text(step: int) -> str:
    """A date so many days after the day of most requests."""
    return datetime.date.fromordinal(TODAY + step).isoformat()
