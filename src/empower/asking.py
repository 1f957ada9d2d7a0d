"""From what the host hands in to a `Case`: the action and the facts that its kind reads, typed, with every fault at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from empower import ir
from empower.checked import Kind
from empower.compile import Rules
from empower.environment import AccountReading, Environment, Value
from empower.errors import Fault, MalformedRequest
from empower.judge import Case, outside_campaign, speak_account
from empower.ledger import Balance, Counter, Leg, Window, WindowKind
from empower.money import MoneyError, parse_money, plain_money
from empower.noun import evolve, field, frozen
from empower.problems import did_you_mean
from empower.request import (
    HALVED,
    HALVED_HELP,
    SUBJECTS,
    Approval,
    Misread,
    bare,
    halved,
    kind_of,
    outcome_value,
    plain,
    read_facts,
    read_value,
)

NOTHING_DRAWN = Balance(0, 0, None)
UNKNOWN_KEY = ""
"""The value under which all unknown keys of a budget share one counter; no fact can be an empty text."""
_ACTOR = ("actor.id", "actor.role")
_RECORDED = tuple(SUBJECTS.values())
_WHO = "every request says who asks, and in which role"


@frozen
class Asked:
    """A request as read, before anything is judged. Kept with every attempt, so that it can be decided again."""

    kind: str
    amount: int | None
    parameters: Mapping[str, Value]
    facts: Mapping[str, Value | None]
    approver: Mapping[str, Value | None] | None = None
    """The approver's `actor.*` facts."""
    up_to: bool = False
    context: Any = field(default=None, eq=False, repr=False)
    """As handed in; looked at again only for options."""


def read_asked(
    rules: Rules, action: Any, context: Any, approval: Approval | None, *, up_to: bool = False, strict: bool = False, recorded: bool = True
) -> Asked:
    """Read a request through the eyes of a pack; `recorded`: with the facts under which the history is found again.

    Raises:
        MalformedRequest: with every fault and its path.
    """
    faults: list[Fault] = []
    given = plain(action)
    if not isinstance(given, Mapping):
        fault = Fault("action", f"must be a mapping, not {kind_of(action)}", 'such as {"kind": "refund", "amount": "5.00"}')
        raise MalformedRequest((fault,))
    kind = given.get("kind")
    if not isinstance(kind, str):
        faults.append(Fault("action.kind", f"must be a text, not {kind_of(kind)}", "name the action, such as `refund`"))
        kind = ""
    kind = bare(kind)
    if halved(kind):
        faults.append(Fault("action.kind", HALVED, HALVED_HELP))
    declared = rules.checked.kinds.get(kind)
    amount = _amount(given, declared, rules, faults)
    parameters = _parameters(given, declared, rules, faults)
    facts = _facts(rules, kind, context, faults, _RECORDED if recorded else ())
    facts.update({f"action.{name}": value for name, value in parameters.items()})
    if strict:
        faults.extend(_undeclared(rules, given, declared, context))
    approver = _approver(rules, kind, approval, faults) if approval is not None else None
    if faults:
        raise MalformedRequest(tuple(faults))
    return Asked(kind, amount, parameters, facts, approver, up_to, context)


def _amount(given: Mapping[str, Any], declared: Kind | None, rules: Rules, faults: list[Fault]) -> int | None:
    currency = given.get("currency")
    if currency is not None and currency != rules.program.currency:
        faults.append(
            Fault(
                "action.currency",
                f"is {outcome_value(currency)}, but the pack is in {rules.program.currency}",
                "ask in the pack's currency",
            )
        )
    raw = given.get("amount")
    if raw is None:
        return None
    if declared is not None and declared.amount is None:
        faults.append(Fault("action.amount", f"is given, but '{declared.name}' has no amount", "leave it out"))
        return None
    try:
        return parse_money(raw, rules.program.currency)
    except MoneyError as error:
        faults.append(Fault("action.amount", error.message, error.help))
        return None


def _parameters(given: Mapping[str, Any], declared: Kind | None, rules: Rules, faults: list[Fault]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name in declared.parameters if declared is not None else ():
        raw = given.get(name)
        if raw is None:
            continue
        try:
            found[name] = read_value(raw, rules.program.facts[f"action.{name}"], rules.program.currency)
        except Misread as misread:
            faults.append(Fault(f"action.{name}", misread.message, misread.help))
    return found


def _facts(rules: Rules, kind: str, context: Any, faults: list[Fault], also: tuple[str, ...]) -> dict[str, Value | None]:
    plan = rules.program.plans.get(kind)
    paths = _paths(plan.slots if plan is not None else _ACTOR, also)
    facts = read_facts(context, paths, rules.read_as, rules.program.currency, faults)
    for path in _ACTOR:
        if facts.get(path) is None and not any(
            fault.path == path or path.startswith(fault.path + ".") or fault.path == "context" for fault in faults
        ):
            flat = isinstance(context, Mapping) and path in context
            help_ = f'facts are nested: write {{"actor": {{"{path.removeprefix("actor.")}": …}}}}' if flat else _WHO
            faults.append(Fault(path, "is missing", help_))
    return facts


@lru_cache(maxsize=1024)
def _paths(slots: tuple[str, ...], also: tuple[str, ...]) -> tuple[str, ...]:
    """The paths of what is read from the context, each once."""
    return tuple(dict.fromkeys(path for path in (*slots, *also) if not path.startswith("action.")))


def _approver(rules: Rules, kind: str, approval: object, faults: list[Fault]) -> dict[str, Value | None]:
    if not isinstance(approval, Approval):
        faults.append(Fault("approval", f"must be an Approval, not {kind_of(approval)}", 'Approval(by={"id": "m2", "role": "manager"})'))
        return {}
    plan = rules.program.plans.get(kind)
    paths = sorted({*_ACTOR, *(path for path in (plan.slots if plan else ()) if path.startswith("actor."))})
    found: list[Fault] = []
    facts = read_facts({"actor": approval.by}, paths, rules.read_as, rules.program.currency, found)
    for path in _ACTOR:
        if facts.get(path) is None and not any(fault.path == path for fault in found):
            found.append(Fault(path, "is missing", "an approval says who gave it, and in which role"))
    faults.extend(evolve(fault, path=f"approval.by{fault.path.removeprefix('actor')}") for fault in found)
    return facts


def _undeclared(rules: Rules, given: Mapping[str, Any], declared: Kind | None, context: Any) -> Iterable[Fault]:
    """In strict mode every undeclared fact or parameter is a fault."""
    allowed = {"kind", "amount", "currency", *(declared.parameters if declared else ())}
    for name in given:
        if name not in allowed:
            yield Fault(f"action.{name}", "is not declared", did_you_mean(str(name), allowed))
    known = rules.program.facts
    deepest = max(path.count(".") for path in known)
    for path in _leaves(plain(context), "", known, deepest):
        if path not in known and path != "now":
            yield Fault(path, "is not declared", did_you_mean(path, [fact for fact in known if not fact.startswith("action.")]))


def _leaves(value: Any, prefix: str, known: Mapping[str, ir.FactType], deepest: int) -> Iterable[str]:
    """The paths of what a context holds; what lies deeper than any fact is not looked into, for it may have no end."""
    for name, inner in value.items() if isinstance(value, Mapping) else ():
        path = f"{prefix}{name}"
        nested = plain(inner)
        if nested is None and any(fact.startswith(f"{path}.") for fact in known):
            continue  # a group of which nothing is known
        if path in known or not isinstance(nested, Mapping) or prefix.count(".") >= deepest:
            yield path
        else:
            yield from _leaves(nested, f"{path}.", known, deepest)


# ------------------------------------------------------------------------------------------------ cases


def make_case(
    rules: Rules, asked: Asked, at: int, balances: Mapping[Counter, Balance], day_of: Callable[..., int], *, others: int = 0
) -> Case:
    """The requester's case, with only the guardrails that can speak for these facts."""
    plan = rules.plans.narrowed(asked.kind, asked.facts)
    missing = tuple(name for name in plan.asks if name not in asked.parameters) if plan.asks else ()
    facts = {**asked.facts, "action.kind": asked.kind}
    case = Case(rules.program, plan, rules.back_end, facts, asked.amount, missing, at, day_of, others=others)
    return read_accounts(case, balances) if plan.accounts else case


def as_approver(case: Case, approver: Mapping[str, Value | None], balances: Mapping[Counter, Balance]) -> Case:
    """The same facts with every `actor.*` fact replaced by the approver's; what it lacks is unknown, never inherited (law 11)."""
    facts = {path: approver.get(path) if path.startswith("actor.") else value for path, value in case.facts.items()}
    theirs = evolve(case, facts=facts)
    return read_accounts(theirs, balances) if case.plan.accounts else theirs


def read_accounts(case: Case, balances: Mapping[Counter, Balance]) -> Case:
    """The case with what its budgets say, and what each of their counters holds; a counter not given holds nothing."""
    readings = tuple(case.back_end.accounts(case.plan, case.environment()))
    counters = tuple(_counter(account, reading, case.program) for account, reading in zip(case.plan.accounts, readings, strict=True))
    held = tuple(balances.get(counter, NOTHING_DRAWN) if counter is not None else NOTHING_DRAWN for counter in counters)
    return evolve(case, readings=readings, counters=counters, balances=held)


def with_balances(case: Case, balances: Mapping[Counter, Balance], at: int) -> Case:
    """The case with other balances, at another instant at which its verdict is the same."""
    held = (balances.get(counter, NOTHING_DRAWN) if counter is not None else NOTHING_DRAWN for counter in case.counters)
    return evolve(case, balances=tuple(held), at=at)


def _counter(account: ir.Account, reading: AccountReading, program: ir.Program) -> Counter | None:
    values = reading.keys
    if None in values:
        if account.shared_at_most is None:
            return None
        values = (UNKNOWN_KEY,) * len(values)
    keys = tuple(zip(account.keys, (str(value) for value in values), strict=True))
    return Counter(account.pack, account.guardrail, keys, _window(*account.window), account.zone, program.currency)


@lru_cache(maxsize=1024)
def _window(kind: WindowKind, length_ms: int) -> Window:
    return Window(kind, length_ms)


def legs_of(case: Case, amount: int | None) -> list[Leg]:
    """What an allowed case draws from each counter when it gives this amount, with the limit in force for that entry."""
    env = evolve(case, amount=amount).environment() if amount != case.amount else case.environment()
    found = []
    for account, reading, counter in zip(case.plan.accounts, case.readings, case.counters, strict=True):
        if counter is None:
            continue
        limit_amount, limit_times = _limits(account, reading, env, case.program)
        found.append(Leg(counter, amount or 0, 1, limit_amount, limit_times, enforced=not account.shadow))
    return found


def _limits(account: ir.Account, reading: AccountReading, env: Environment, program: ir.Program) -> tuple[int | None, int | None]:
    """The limits in force for an entry, None where there is none; `speak_account` says the same of an empty window."""
    if account.campaign is not None and outside_campaign(account, env):
        return 0, 0
    spoken = speak_account(account, AccountReading(reading.keys, reading.amount, None), NOTHING_DRAWN, env, program)
    return None if spoken.low >= ir.OPEN else spoken.low, reading.times[0] if reading.times is not None else None


def draw(balances: Mapping[Counter, Balance], legs: Iterable[Leg]) -> dict[Counter, Balance]:
    """Balances after these legs: what later parts of one wish meet."""
    after = dict(balances)
    for leg in legs:
        held = after.get(leg.counter, NOTHING_DRAWN)
        after[leg.counter] = Balance(held.amount + leg.amount, held.times + leg.times, held.frees_at)
    return after


# ------------------------------------------------------------------------------------------------ records


@frozen
class Told:
    """What was answered to one ask, as far as it cannot be worked out anew under another pack or other balances."""

    guardrails: tuple[str, ...] = ()
    """Ids of those that spoke, before the ledger was asked."""
    approved: bool = False
    """Whether somebody's approval was used."""


@frozen
class AskedRecord:
    """What is written down of an attempt: enough to decide it again, to the byte."""

    engine: str
    pack: str
    digest: str
    asked: tuple[Asked, ...]
    """One; several for `decide_all`."""
    told: tuple[Told, ...]
    """One for each ask."""
    outcome: str

    def to_json(self) -> str:
        """JSON with sorted keys."""
        parts = [_asked_data(asked) for asked in self.asked]
        told = [{"guardrails": each.guardrails, "approved": each.approved} for each in self.told]
        data = {"engine": self.engine, "pack": self.pack, "digest": self.digest, "outcome": self.outcome, "asked": parts, "told": told}
        return _encode(data)


_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def _asked_data(asked: Asked) -> dict[str, Any]:
    return {
        "kind": asked.kind,
        "amount": asked.amount,
        "parameters": {name: plain_value(value) for name, value in asked.parameters.items()},
        "facts": {path: plain_value(value) for path, value in asked.facts.items()},
        "approver": None if asked.approver is None else {path: plain_value(value) for path, value in asked.approver.items()},
        "up_to": asked.up_to,
    }


def asked_from_json(text: str) -> tuple[str, tuple[Asked, ...]]:
    """(pack digest, requests) of a recorded attempt."""
    data = json.loads(text)
    return data["digest"], tuple(_asked_from(part) for part in data["asked"])


def told_from_json(text: str) -> tuple[Told, ...]:
    """What was answered to each request of a recorded attempt."""
    return tuple(Told(tuple(each["guardrails"]), each["approved"]) for each in json.loads(text)["told"])


def _asked_from(data: Mapping[str, Any]) -> Asked:
    approver = data["approver"]
    facts, parameters = _thawed(data["facts"]), _thawed(data["parameters"])
    return Asked(data["kind"], data["amount"], parameters, facts, None if approver is None else _thawed(approver), data["up_to"])


def parameter_text(value: Value | None) -> str | None:
    """A parameter as a wish is compared by it."""
    return None if value is None else ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)


def _thawed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: frozenset(value) if isinstance(value, list) else value for name, value in values.items()}


def plain_value(value: Value | None) -> Any:
    """A fact as JSON holds it."""
    return sorted(value) if isinstance(value, frozenset) else value


def money_text(minor: int | None, currency: str) -> str | None:
    """An amount as plain text in major units."""
    return None if minor is None else plain_money(minor, currency)
