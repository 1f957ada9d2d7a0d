"""The book of somebody who believes nothing: every allow is noted as the host saw it, and added up anew against each cap and budget.

No sum, window or key of a ledger is looked at. What a cap or a budget gives is the interpreter's word.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from empower import ir
from empower.backends.interpret import account_limits, number
from empower.compile import Rules
from empower.environment import Environment, Value
from empower.ledger import Counter, Window
from empower.noun import define, field
from empower.periods import day_in
from empower.testing.trial import LawBrokenError
from empower.testing.world import EPOCH


@define
class Line:
    """What was given at once under a key."""

    key: str
    at: int
    kind: str
    facts: Mapping[str, Value | None]
    """As whoever has the power saw them: the approver's own where an approval was used."""
    amount: int
    """Minor units: reserved or confirmed, less reversed."""
    rules: Rules
    others: int = 0
    """What earlier parts of the same wish and kind give: they meet each cap together."""
    expires_at: int | None = None
    state: str = "held"
    confirmed: int = 0

    def counts(self, now: int) -> bool:
        """Whether it counts as given."""
        expired = self.state == "held" and self.expires_at is not None and now >= self.expires_at
        return self.state in ("held", "confirmed") and not expired

    def environment(self) -> Environment:
        """What formulas are evaluated in."""
        return Environment(self.facts, self.amount + self.others, self.at, day_in(self.rules.program.zone))


@define
class Book:
    """Everything that was given."""

    lines: dict[str, Line] = field(factory=dict)
    latest: int = -(2**62)
    """Of the last allow."""

    def note(self, line: Line) -> None:
        """Write down an allow.

        Raises:
            LawBrokenError: it is above a cap, or takes a budget above its limit; or ledger time ran back.
        """
        if line.at < self.latest:
            raise LawBrokenError(
                f"law 1, never exceeded: ledger time ran back from {self.latest} to {line.at}, and with it the windows of budgets"
            )
        self.lines[line.key], self.latest = line, line.at
        env = line.environment()
        plan = line.rules.program.plans[line.kind]
        for bar in plan.bars:
            most = number(bar.threshold.low, env)
            if bar.effect == "cap" and env.amount > most:
                raise LawBrokenError(
                    f"law 1, never exceeded: '{bar.guardrail}' gives at most {most}, and {env.amount} was given: {_shown(line)}"
                )
        for account in plan.accounts:
            if not account.shadow:
                self._check(account, line, env)

    def _check(self, account: ir.Account, line: Line, env: Environment) -> None:
        counter = counter_of(account, line.facts)
        if counter is None:
            raise LawBrokenError(
                f"law 1, never exceeded: '{account.guardrail}' is kept by something unknown, and something was given: {_shown(line)}"
            )
        amount = times = 0
        for each in self.lines.values():
            if each.counts(line.at) and counter in _counters(each) and in_window(account, each.at, line.at):
                amount, times = amount + each.amount, times + 1
        most, often = limits(account, line, env)
        if (most is not None and amount > most) or (often is not None and times > often):
            told = f"'{account.guardrail}' {counter[2]} gives at most {most} in {often} times"
            raise LawBrokenError(f"law 1, never exceeded: {told}, and holds {amount} in {times} now: {_shown(line)}")

    def balances(self, now: int) -> dict[Counter, tuple[int, int]]:
        """The amount and times that each window holds which anything was drawn from; a counter of those whose key is unknown is left out."""
        found: dict[Counter, tuple[int, int]] = {}
        for line in self.lines.values():
            for account in line.rules.program.plans[line.kind].accounts:
                keys = tuple((key, line.facts.get(key)) for key in account.keys)
                if account.shadow or any(value is None for _, value in keys):
                    continue
                told = tuple((key, str(value)) for key, value in keys)
                window = Window(*account.window)  # type: ignore[arg-type]  # its kind is a word of the port's
                counter = Counter(account.pack, account.guardrail, told, window, account.zone, line.rules.program.currency)
                amount, times = found.get(counter, (0, 0))
                drawn = line.counts(now) and in_window(account, line.at, now)
                found[counter] = (amount + line.amount, times + 1) if drawn else (amount, times)
        return found

    def expire(self, now: int) -> None:
        """Follow what expired by an instant."""
        for line in self.lines.values():
            line.state = line.state if line.state != "held" or line.counts(now) else "expired"

    def settle(self, key: str, verb: str, amount: int) -> None:
        """Follow what was settled: `amount` is what is confirmed, or taken back in all so far."""
        line = self.lines[key]
        match verb, line.state:
            case "confirm", "held":
                line.state, line.amount, line.confirmed = "confirmed", amount, amount
            case "reverse", "confirmed":
                line.amount = line.confirmed - amount
                line.state = "confirmed" if line.amount else "reversed"
            case "void", "held":
                line.state, line.amount = "voided", 0


def _shown(line: Line) -> str:
    facts = ", ".join(f"{path}: {value}" for path, value in line.facts.items() if value is not None)
    return f"{line.kind} of {line.amount} under the key {line.key} at {line.at} ({facts})"


Drawn = tuple[str, str, tuple[str, ...]]


def _counters(line: Line) -> set[Drawn | None]:
    """The counters from which a line draws."""
    return {counter_of(account, line.facts) for account in line.rules.program.plans[line.kind].accounts}


def counter_of(account: ir.Account, facts: Mapping[str, Value | None]) -> Drawn | None:
    """Which counter of a budget somebody draws on: all whose key is unknown share one, if any."""
    values = [facts.get(key) for key in account.keys]
    if None not in values:
        return account.pack, account.guardrail, tuple(str(value) for value in values)
    return (account.pack, account.guardrail, ("",) * len(values)) if account.shared_at_most is not None else None


def limits(account: ir.Account, line: Line, env: Environment) -> tuple[int | None, int | None]:
    """The limits in force for an entry, by amount and by times; what was given before is taken off."""
    today = env.day_of(line.at, account.zone)
    first, last = account.campaign or (None, None)
    if (first is not None and today < first) or (last is not None and today > last):
        return 0, 0
    amount, times = account_limits(account, env)
    often = None if times is None else times[0]
    if any(line.facts.get(key) is None for key in account.keys):
        ladder = line.rules.program.ladder
        role = str(line.facts["actor.role"])
        named = account.unknown_role
        exempt = named is not None and role in ladder and ladder.index(role) >= ladder.index(named)
        return (None, None) if exempt else (account.shared_at_most, often)
    return (None if amount is None or amount[0] >= ir.OPEN else amount[0]), often


def in_window(account: ir.Account, then: int, now: int) -> bool:
    """Whether an entry of then counts now: by the calendar in the zone of the budget's pack, written anew."""
    kind, length = account.window
    if kind == "ever":
        return True
    if kind == "rolling":
        return then > now - length
    days = [(EPOCH + datetime.timedelta(milliseconds=at)).astimezone(ZoneInfo(account.zone)).date() for at in (then, now)]
    return len({_period(kind, day) for day in days}) == 1


def _period(kind: str, day: datetime.date) -> tuple[Any, ...]:
    match kind:
        case "day":
            return (day.toordinal(),)
        case "week":
            return day.isocalendar()[:2]
        case "month":
            return day.year, day.month
        case "quarter":
            return day.year, (day.month - 1) // 3
        case _:
            return (day.year,)
