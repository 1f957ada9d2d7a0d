"""What `empower demo` does, without a word to the terminal: requests decided under a pack, and what there is to say about them.

The real ones are shipped with the project; `src/empower/data/README.md` names their source. They name no actor, so the replay supplies
one; their times are local to the shop, so the replay says where the shop is. For the pack of the doorstep there are made-up ones.
"""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from empower.checked import CheckedPack
from empower.compile import Rules
from empower.decide import Guard, open_ledger
from empower.decision import Decision
from empower.doorstep import doorstep_requests
from empower.errors import MalformedRequest, WrongLedger
from empower.ledger import Entry, Ledger
from empower.moments import milliseconds
from empower.money import format_money, parse_money, to_decimal
from empower.noun import define, field, frozen

RETAIL = "Online Retail, Daqing Chen, UCI Machine Learning Repository, doi 10.24432/C5BW33, CC BY 4.0"
MADE_UP = "made up for this demo, by src/empower/doorstep.py; nothing of it was measured"
ZONE = ZoneInfo("Europe/London")
"""Where the shop is: the data give local times without an offset."""
PACK = "online-retail"
ACTOR = "demo"
"""The one actor of the replay, where the requests name none; its budgets carry all of them."""
DOORSTEP = "grocery-doorstep"
"""The pack whose requests are made up: an online shop's have none of the facts that are known at a door."""


def shipped_packs() -> dict[str, Path]:
    """The packs that come with the project by name: beside the package in a wheel, beside `src` in a checkout."""
    here = Path(__file__).resolve()
    for folder in (here.parent / "rules", here.parents[2] / "rules"):
        found = {path.parent.name: path.parent for path in sorted(folder.glob("*/pack.yaml"))}
        if found:
            return found
    return {}


@frozen
class Request:
    """One line of the data."""

    id: str
    at: datetime.datetime
    """Local time of the shop, with its offset."""
    action: Mapping[str, Any]
    context: Mapping[str, Any]

    @property
    def amount(self) -> Decimal:
        """What was asked for; nothing, where the kind has no amount."""
        return Decimal(self.action.get("amount", 0))

    def about(self, fact: str) -> Any:
        """A fact of the context by its dotted name; None: it is not told."""
        found: Any = self.context
        for name in fact.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


@frozen
class Source:
    """Where the requests of a demo come from."""

    name: str
    """What they are, in the words of a sentence that begins with their number."""
    credit: str
    requests: tuple[Request, ...]
    """In time order."""


def requests_for(pack: str, limit: int | None = None) -> Source:
    """The requests to decide under the pack of this name; with `limit`, the first of them."""
    if pack == DOORSTEP:
        return Source("made-up requests at the doors of a grocery shop", MADE_UP, tuple(map(_read, islice(doorstep_requests(), limit))))
    return Source("real refund requests of an online shop", RETAIL, read_requests(limit))


def read_requests(limit: int | None = None) -> tuple[Request, ...]:
    """The shipped real requests in time order; with `limit`, the first of them."""
    lines = (Path(__file__).resolve().parent / "data" / "retail_refunds.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(_read(json.loads(line)) for line in lines[:limit])


def _read(row: Mapping[str, Any]) -> Request:
    at = datetime.datetime.fromisoformat(row["at"])
    return Request(row["id"], at if at.tzinfo is not None else at.replace(tzinfo=ZONE), row["action"], row["context"])


@frozen
class Decided:
    """A request and its answer."""

    request: Request
    decision: Decision | None
    """None: the pack cannot read the request."""
    fault: str = ""

    @property
    def outcome(self) -> str:
        """The outcome; `unreadable` where there is none."""
        return self.decision.outcome if self.decision is not None else "unreadable"


@define
class Replay:
    """Decides requests one after the other, each at its own instant, and confirms what was allowed."""

    guard: Guard
    role: str
    _now: list[int]

    @classmethod
    def under(cls, pack: CheckedPack | Rules, role: str) -> Replay:
        """A replay against a fresh ledger in memory."""
        now = [0]
        return cls(Guard(pack, clock=lambda: now[0]), role, now)

    @classmethod
    def resumed(cls, rules: Rules, role: str, address: str, requests: Sequence[Request]) -> tuple[Replay, list[Decided]]:
        """A replay against a durable ledger, and what earlier runs of it came to, as if this run had decided it.

        The ledger goes by the times of the requests, which is what a clock that is given is for. What it has is decided again in memory and
        has to be the same, entry by entry; the replay goes on behind it. What was allowed and not confirmed any more is confirmed here.

        Raises:
            WrongLedger: it holds anything else; LedgerUnavailable.
        """
        now = [0]
        ledger = open_ledger(address, lambda: now[0])
        try:
            kept = _attempts(ledger)
            again = cls.under(rules, role)
            decided = again.until(len(kept), requests)
            _refuse_strange(kept, _attempts(again.guard.ledger), address)
            replay = cls(Guard(rules, ledger), role, now)
            for held in replay.guard.unsettled():
                replay.guard.confirm(held.key)
        except BaseException:
            ledger.close()
            raise
        return replay, decided

    def until(self, attempts: int, requests: Iterable[Request]) -> list[Decided]:
        """Decide requests until so many were recorded; what cannot be read is not."""
        decided: list[Decided] = []
        for request in requests:
            if not attempts:
                break
            decided.append(self.step(request))
            attempts -= decided[-1].decision is not None
        return decided

    def step(self, request: Request) -> Decided:
        """Decide one request under its own id as the key."""
        self._now[0] = milliseconds(request.at)
        try:
            decision = self.guard.decide(request.action, asked_by(request, self.role), key=request.id)
        except MalformedRequest as malformed:
            return Decided(request, None, str(malformed.faults[0]))
        if decision.allowed:
            self.guard.confirm(request.id)
        return Decided(request, decision)


def asked_by(request: Request, role: str) -> dict[str, Any]:
    """The context of a request with who asks: whom it names, in this role."""
    return {**request.context, "actor": {"id": request.about("actor.id") or ACTOR, "role": role}}


def _attempts(ledger: Ledger) -> list[Entry]:
    return [entry for entry in ledger.history() if entry.record is not None]


def _refuse_strange(kept: Sequence[Entry], expected: Sequence[Entry], address: str) -> None:
    """Refuse a ledger that does not begin as this demo does: its times are not those of anybody else.

    Raises:
        WrongLedger.
    """
    for entry, own in zip_longest(kept, expected):
        if own is None or _said(entry) != _said(own):
            meant = "nothing" if own is None else f"{own.key} {own.event}"
            if own is not None and (own.key, own.event) == (entry.key, entry.event):
                meant = "the same with other facts, under another role or pack"
            told = f"the ledger {address!r} is not of this demo: entry {entry.sequence} is {entry.key} {entry.event}, and this demo has {meant} there"
            raise WrongLedger(
                f"{told} (help: give the address of a ledger that does not exist yet, or go on with the same pack, role and limit)"
            )


def _said(entry: Entry) -> tuple[Any, ...]:
    return (entry.at, entry.key, entry.event, entry.amount, entry.record and entry.record.to_json())


@frozen
class Kept:
    """What a ledger says of a demo, from its entries alone."""

    entries: int
    allowed: int
    confirmed: int
    given: Decimal
    """What was confirmed, in the pack's currency."""

    @classmethod
    def of(cls, ledger: Ledger, currency: str) -> Kept:
        """Count the entries."""
        history = ledger.history()
        confirmed = [entry.amount or 0 for entry in history if entry.event == "confirmed"]
        allowed = sum(entry.event == "allowed" for entry in history)
        return cls(len(history), allowed, len(confirmed), to_decimal(sum(confirmed), currency))


# ------------------------------------------------------------------------------------------------ the summary


@frozen
class Line:
    """One line of a table: what, how often, and how much was asked for and given."""

    name: str
    count: int
    asked: Decimal
    given: Decimal


@frozen
class Spoke:
    """A guardrail that stood in the way, and what it asked for how often."""

    name: str
    effect: str
    because: str
    """The mission's value that it serves; empty for what is no guardrail of the pack."""
    value: str
    """The sentence of that value."""
    outcomes: Mapping[str, int]

    @property
    def count(self) -> int:
        """How often it spoke."""
        return sum(self.outcomes.values())


@frozen
class Summary:
    """Everything there is to say about a replay."""

    source: Source
    pack: str
    version: str
    mission: str
    currency: str
    role: str
    first: datetime.datetime
    last: datetime.datetime
    outcomes: tuple[Line, ...]
    """In order of strength, and all in all as the last."""
    roles: tuple[Line, ...]
    """Whom the escalations name, lowest first."""
    needs: tuple[tuple[str, str, int], ...]
    """Facts that were missing: name, question, how often."""
    guardrails: tuple[Spoke, ...]
    """Most frequent first."""
    partly: int
    """Not allowed as asked, though a smaller amount would have been, then and there."""
    offered: int
    """Not allowed as asked, and the customer could be offered something at once: this action at its limit, or a gesture."""
    nobody: int
    """Not allowed as asked, with nothing to offer, because no customer is named to whom it could be offered."""
    told: tuple[Decided, ...]
    """Decisions worth telling."""
    findings: tuple[str, ...] = field(default=())


OUTCOMES = ("allow", "escalate", "needs_info", "deny", "unreadable")


def summarize(rules: Rules, role: str, source: Source, decided: Sequence[Decided]) -> Summary:
    """What came of a replay; everything is worked out from the decisions, in their order."""
    checked = rules.checked
    document = checked.pack.document
    held = [each for each in decided if each.decision is not None and not each.decision.allowed]
    lines = [_line(name, [each for each in decided if each.outcome == name]) for name in OUTCOMES]
    asked = Counter(need for each in held for need in _needed(each.decision))
    return Summary(
        source, document.pack, document.version, checked.mission.get(checked.languages[0], ""), checked.currency, role,
        decided[0].request.at, decided[-1].request.at,
        (*(line for line in lines if line.count or line.name != "unreadable"), _line("all", decided)),
        tuple(line for line in (_line(name, [each for each in held if _who(each) == name]) for name in checked.roles.ladder) if line.count),
        tuple((fact, question, count) for (fact, question), count in sorted(asked.items(), key=lambda item: (-item[1], item[0]))),
        _spoke(held),
        sum(each.decision is not None and each.decision.limit is not None for each in held),
        sum(each.decision is not None and bool(each.decision.options) for each in held),
        sum(each.decision is not None and not each.decision.options and _unnamed(each.request) for each in held),
        worth_telling(decided), findings(rules, decided),
    )  # fmt: skip


def _line(name: str, decided: Sequence[Decided]) -> Line:
    asked = sum((each.request.amount for each in decided), Decimal(0))
    given = sum((each.decision.amount or Decimal(0) for each in decided if each.decision is not None), Decimal(0))
    return Line(name, len(decided), asked, given)


def _who(decided: Decided) -> str | None:
    return decided.decision.who if decided.decision is not None else None


def _unnamed(request: Request) -> bool:
    return request.about("customer.id") is None


def _needed(decision: Decision | None) -> set[tuple[str, str]]:
    """What would have to be found out, each fact once however many alternatives name it."""
    if decision is None or decision.outcome != "needs_info":
        return set()
    return {(need.fact, need.question) for each in decision.needs for need in each}


def _spoke(held: Sequence[Decided]) -> tuple[Spoke, ...]:
    reasons = [reason for each in held if each.decision is not None for reason in each.decision.reasons]
    counts: dict[str, Counter[str]] = {reason.guardrail: Counter() for reason in reasons}
    for reason in reasons:
        counts[reason.guardrail][reason.outcome] += 1
    kept = {reason.guardrail: reason for reason in reasons}
    spoke = (
        Spoke(name, "bounds" if reason.effect == "notice" else reason.effect, reason.because, reason.value, counts[name])
        for name, reason in kept.items()
    )
    return tuple(sorted(spoke, key=lambda each: (-each.count, each.name)))


# ------------------------------------------------------------------------------------------------ three decisions


def worth_telling(decided: Sequence[Decided]) -> tuple[Decided, ...]:
    """An allow with duties that comes near its limit, an escalation for a few reasons, and a question that offers the most meanwhile."""
    picks = (_best(decided, "allow", _use), _best(decided, "escalate", _weight), _best(decided, "needs_info", _choice))
    return tuple(pick for pick in picks if pick is not None)


def _best(decided: Sequence[Decided], outcome: str, worth: Any) -> Decided | None:
    """The first of the most interesting ones."""
    found = [each for each in decided if each.outcome == outcome]
    return max(found, key=lambda each: worth(each.request, each.decision), default=None)


def _use(request: Request, decision: Decision) -> tuple[int, int, Decimal]:
    binding = sum(duty.binding for duty in decision.obligations)
    near = decision.limit is not None and 2 * request.amount > decision.limit
    return (binding, near, request.amount)


def _weight(request: Request, decision: Decision) -> tuple[bool, bool, Decimal]:
    return (len(decision.reasons) in (2, 3), decision.limit is not None, request.amount)


def _choice(request: Request, decision: Decision) -> tuple[int, Decimal]:
    return (len(decision.options), request.amount)


# ------------------------------------------------------------------------------------------------ findings


def findings(rules: Rules, decided: Sequence[Decided]) -> tuple[str, ...]:
    """Where the data cannot follow a law or the pack: said, never worked around."""
    requests = [each.request for each in decided]
    return tuple(text for text in (*_about_requests(requests), *_about_bounds(rules, requests), *_about_reading(decided)) if text)


def _about_requests(requests: Sequence[Request]) -> Iterator[str]:
    if not any(request.about("actor.id") for request in requests):
        yield (
            "No request names who decided it, and nobody can give in nobody's name. The replay supplies one actor for all, whose budgets "
            "run out sooner than those of several people would."
        )
    lacking = sum(
        "bought_days_ago" in (request.about("item") or ()) and request.about("item.bought_days_ago") is None for request in requests
    )
    if lacking:
        yield f"{lacking} do not say when it was bought. Unknown is never zero: a small amount needs no proof, and for the rest it is asked."
    strangers = sum(_unnamed(request) for request in requests)
    if strangers:
        yield f"{strangers} name no customer. Unless a budget per customer lets them share a sum, it can only ask who they are."
    if _counted_again(requests):
        yield (
            "refunds_30d counts the requests of this very file, so also what is given here. Rules may look at it; as a budget's `already`, "
            "which is what was given outside the ledger, it would count the same money twice."
        )


def _counted_again(requests: Sequence[Request]) -> bool:
    """Whether refunds_30d is nothing but the earlier requests of the same customer."""
    seen: dict[str, list[datetime.datetime]] = {}
    known = [request for request in requests if request.about("customer.id") is not None]
    for request in known:
        earlier = seen.setdefault(request.about("customer.id"), [])
        if sum(request.at - at <= datetime.timedelta(days=30) for at in earlier) != request.about("refunds_30d.count"):
            return False
        earlier.append(request.at)
    return any(request.about("refunds_30d.count") for request in known)


def _about_bounds(rules: Rules, requests: Sequence[Request]) -> Iterator[str]:
    kind = rules.checked.kinds.get("refund")
    if kind is None or kind.amount is None:
        return
    currency = rules.checked.currency
    low, high = (to_decimal(bound, currency) for bound in kind.amount)
    least, most = (format_money(bound, currency) for bound in kind.amount)
    requests = [request for request in requests if request.action["kind"] == "refund"]
    below = [request for request in requests if request.amount < low]
    above = [request for request in requests if request.amount > high]
    if below:
        what = "nothing at all, 0.00" if not any(request.amount for request in below) else f"less than {least}"
        yield f"{len(below)} ask for {what}. Giving is more than nothing, {least} at least, so each is denied: they correct the stock."
    if above:
        largest = max(above, key=lambda request: request.amount)
        shown = format_money(parse_money(largest.amount, currency), currency)
        what = f"{len(above)} ask" if len(above) > 1 else "1 asks"
        yield f"{what} for more than {most}, the most that one refund may be ({largest.id}: {shown}). Nobody can approve that."


def _about_reading(decided: Sequence[Decided]) -> Iterator[str]:
    unreadable = [each for each in decided if each.decision is None]
    if unreadable:
        first = unreadable[0]
        yield f"{len(unreadable)} cannot be read by this pack, so nothing was given for them; the first is {first.request.id}: {first.fault}"
