"""Made-up requests at the door: four weeks of a grocery shop's vans, for the demo of `rules/grocery-doorstep`.

Nothing of it was measured: it is worked out from one number, so that it is the same on every machine and at every time, with what a driver meets: broken
eggs, a wrong yoghurt, an order that is late, a claim too many. The clocks go back within it, and a month ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")
ZONE = ZoneInfo("Europe/London")
FIRST = datetime(2026, 10, 12, tzinfo=ZONE)
DAYS = 28
A_DAY = (16, 17, 18, 18, 26, 30, 22)
"""Requests on each day of the week, Monday first: the weekend is the shop's busiest time."""
DRIVERS, HOUSEHOLDS = 12, 260
SEED = 20261012


class _Series:
    """Numbers that look drawn and are worked out (the linear congruence of Knuth's MMIX), so that they are the same everywhere."""

    def __init__(self) -> None:
        self._last = SEED

    def below(self, bound: int) -> int:
        self._last = (self._last * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self._last >> 33) * bound >> 31

    def one_of(self, *of: T) -> T:
        return of[self.below(len(of))]

    def chance(self, percent: int) -> bool:
        return self.below(100) < percent

    def pounds(self, least: int, most: int) -> str:
        """An amount between two numbers of pence, as a text."""
        pence = least + self.below(most - least + 1)
        return f"{pence // 100}.{pence % 100:02}"


def doorstep_requests() -> Iterator[dict[str, Any]]:
    """One request after the other, as the lines of `data/retail_refunds.jsonl` are: `id`, `at` with its offset, `action`, `context`."""
    series = _Series()
    households = [_household(series, number) for number in range(HOUSEHOLDS)]
    for day in range(DAYS):
        date = FIRST + timedelta(days=day)
        minutes = sorted(7 * 60 + series.below(15 * 60) for _ in range(A_DAY[date.weekday()]))
        for number, minute in enumerate(minutes):
            at = date.replace(hour=minute // 60, minute=minute % 60, second=number)
            yield _request(series, f"door-{date:%m%d}-{number + 1:02}", at, series.one_of(*households))


def _household(series: _Series, number: int) -> dict[str, Any]:
    claims = series.one_of(0, 0, 0, 0, 1, 1, 2, 5)
    return {
        "id": f"h{number + 1:03}",
        "category": series.one_of("new", "regular", "regular", "regular", "loyal", "loyal"),
        "risk_flags": ["serial_claimer"] if claims > 2 and series.chance(60) else [],
        "claims_90d": claims,
        "last_gesture": "never" if series.chance(70) else (FIRST - timedelta(days=1 + series.below(60))).date().isoformat(),
    }


def _request(series: _Series, name: str, at: datetime, household: dict[str, Any]) -> dict[str, Any]:
    value = series.pounds(120, 1800) if series.chance(90) else series.pounds(1800, 6000)
    total = series.pounds(2500, 16000)
    context = {
        "actor": {"id": f"driver-{series.below(DRIVERS) + 1}"},
        "customer": household,
        "order": {
            "id": f"o-{name[5:]}", "total": total, "refunded_before": "0.00", "delivered_at": _delivered(series, at).isoformat(),
        },
        "item": {"value": value},
    }  # fmt: skip
    kind = series.one_of(*["refund"] * 16, "gesture", "gesture", "store_credit", "release")
    if kind == "release":
        context["evidence"] = {proof: True for proof in ("order_number", "message", "photo_id") if series.chance(60)}
        action: dict[str, Any] = {"kind": kind}
    elif kind == "gesture":
        action = {"kind": kind, "amount": series.one_of("1.50", "5.00", "12.00", "30.00"), "currency": "GBP"}
    else:
        action = {"kind": kind, "amount": total if series.chance(2) else value, "currency": "GBP"}
    if kind == "refund" and series.chance(96):
        action["reason"] = series.one_of("damaged", "missing", "substituted", "expired")
    if series.chance(4):
        del context["item"]  # the driver does not know what it cost
    return {"id": name, "at": at.isoformat(), "action": action, "context": context}


def _delivered(series: _Series, at: datetime) -> datetime:
    """Mostly just now; at times with an earlier van."""
    ago = timedelta(minutes=1 + series.below(20)) if series.chance(85) else timedelta(days=1 + series.below(34))
    return (at.astimezone(UTC) - ago).astimezone(ZONE)
