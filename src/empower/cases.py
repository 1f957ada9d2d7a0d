"""The cases of a pack: what its author expects of it, in `cases.yaml` beside the pack and in short `examples:` under a rule.

An entry of `cases.yaml` is a case, or `given:` with the facts that all cases below it start from, until the next `given`. The first one
is the usual situation: examples under rules start from it as well.

| key of a case | meaning |
|---|---|
| `it` | what the case shows; a sentence that reads on from "it" |
| `action` | `{kind: refund, amount: 40, …}`, or short `refund 40` |
| `context` | facts by name, nested or with dots, on top of what is given; `unknown` takes one back; `3 days ago` is an instant or a date |
| `approval` | who approves: a role, or `{id: m2, role: manager}` |
| `spent` | what a budget's window holds already, by budget: `{actor-month: 480}` or `{order: {amount: 30, times: 2}}` |
| `now` | the instant of the decision, local to the pack's zone: `2026-11-18 12:00`, which is also what holds without it |
| `expect` | the outcome, or a mapping of any of the keys of `EXPECTATIONS` |
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from empower import ir
from empower.asking import make_case, read_asked
from empower.checked import CheckedPack
from empower.compile import Rules, compile_pack
from empower.decide import Guard
from empower.decision import Decision
from empower.errors import EmpowerError
from empower.ledger import Leg, Part, Wish
from empower.load import places_of
from empower.moments import milliseconds
from empower.money import MoneyError, parse_money, plain_money
from empower.noun import frozen
from empower.pack import Find, Place
from empower.periods import day_in
from empower.problems import PackError, Problem, Span, did_you_mean
from empower.request import Approval, Misread, nested, read_value

USUAL_NOW = "2026-11-18 12:00"
SOMEBODY = "somebody"
"""The actor of a case that names none."""
OUTCOMES = ("allow", "needs_info", "escalate", "deny")
EXPECTATIONS: Mapping[str, str] = {
    "outcome": "allow, needs_info, escalate or deny",
    "limit": "the largest amount that would be allowed; none",
    "amount": "the amount that is given",
    "who": "the lowest role that could say yes; none",
    "guardrails": "every guardrail that stands in the way, or may; duties do not count",
    "duties": "every duty that certainly comes with it",
    "advice": "every rule whose advice certainly comes with it",
    "offers": "the offers of the menu that are made instead, best first",
    "needs": "facts of which one alternative consists that would settle the question",
}
"""What a case may expect. Everything that is named is compared exactly; lists in any order, save offers."""
_KEYS = ("it", "action", "context", "approval", "spent", "now", "expect")
_NOTICES = ("amount_bounds", "approval_refused", "unknown_kind", "unknown_role")
"""What stands in the way of a case without being a guardrail of its pack."""
_AGO = re.compile(r"([0-9]{1,5}) (week|day|hour|minute)s? ago")
_SHORT = re.compile(r"(\S+)(?: +(\S+))?")
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_WRITTEN_AS: Mapping[type, str] = {
    ir.DateType: "write it as `2026-11-18`, or `3 days ago`",
    ir.InstantType: f"write it as `{USUAL_NOW}`, or `3 hours ago`",
}


@frozen
class Spent:
    """What a budget's window holds before the case begins."""

    amount: int
    """Minor units."""
    times: int


@frozen
class Example:
    """One case, read: everything that is needed to decide it."""

    it: str
    span: Span
    rule: str
    """The rule under which it stands; empty for one of `cases.yaml`."""
    action: Mapping[str, Any]
    context: Mapping[str, Any]
    approval: Approval | None
    spent: Mapping[str, Spent]
    at: int
    expect: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.span.file}:{self.span.line}: it {self.it}"


@frozen
class Difference:
    """One respect in which a case came out otherwise than it expects."""

    what: str
    """One of `EXPECTATIONS`; `rule`, of an example that is not decided by its rule; `request`, where that could not be read."""
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, found {self.found}"


@frozen
class Result:
    """How a case came out."""

    example: Example
    decision: Decision | None
    """None: the request could not be read."""
    apart: tuple[Difference, ...]
    """Where what was expected and what was found lie apart."""

    @property
    def passed(self) -> bool:
        """Whether everything is as expected."""
        return not self.apart

    @property
    def differences(self) -> tuple[str, ...]:
        """The differences as sentences."""
        return tuple(map(str, self.apart))

    def __str__(self) -> str:
        return "\n  ".join([str(self.example), *self.differences])


def run_cases(pack: CheckedPack) -> tuple[Result, ...]:
    """Decide every case and example of a pack, each against a fresh ledger in memory.

    Raises:
        PackError: a case cannot be read.
    """
    rules = compile_pack(pack)
    return tuple(run_case(rules, example) for example in read_cases(pack))


def run_case(rules: Rules, example: Example) -> Result:
    """Decide one case and compare."""
    guard = Guard(rules, clock=lambda: example.at, strict=True)
    try:
        _spend(guard, example)
        decision = guard.decide(example.action, example.context, key="case", approval=example.approval)
    except EmpowerError as error:
        return Result(example, None, (Difference("request", str(example.expect["outcome"]), str(error)),))
    apart = [_compared(name, wanted, decision, rules) for name, wanted in example.expect.items()]
    return Result(example, decision, tuple(each for each in (*apart, _of_its_rule(example, decision, rules)) if each is not None))


# ------------------------------------------------------------------------------------------------ deciding


@frozen
class _Earlier:
    """Stands in the ledger for what was given before the case begins."""

    @staticmethod
    def to_json() -> str:
        """Nothing that could be decided again."""
        return "{}"


def _spend(guard: Guard, example: Example) -> None:
    """Put what was spent before into the counters that the case draws from."""
    if not example.spent:
        return
    zone = guard.rules.program.zone
    asked = read_asked(guard.rules, example.action, example.context, None)
    case = make_case(guard.rules, asked, example.at, {}, day_in(zone))
    for account, counter in zip(case.plan.accounts, case.counters, strict=True):
        spent = example.spent.get(account.guardrail)
        if spent is None or counter is None:
            continue
        wish = Wish(f"before/{account.guardrail}", SOMEBODY, (Part("before", (), spent.amount),))
        leg = Leg(counter, spent.amount, spent.times, None, None)
        everytime = (-(2**62), 2**62)
        guard.ledger.reserve(wish, [[leg]], during=everytime, hold_until=None, subjects={}, record=_Earlier())


def _compared(name: str, wanted: Any, decision: Decision, rules: Rules) -> Difference | None:
    """The difference in one respect; None if there is none."""
    found = _FOUND[name](decision)
    if name in ("limit", "amount"):
        found = None if found is None else parse_money(found, rules.program.currency)
        show: Callable[[Any], str] = lambda value: "none" if value is None else plain_money(value, rules.program.currency)  # noqa: E731
    elif name == "needs":
        alternatives = found
        found = wanted if wanted in alternatives else next(iter(alternatives), ())
        show = _listed
    else:
        show = _listed
    return None if found == wanted else Difference(name, show(wanted), show(found))


_FOUND: Mapping[str, Callable[[Decision], Any]] = {
    "outcome": lambda decision: decision.outcome,
    "limit": lambda decision: decision.limit,
    "amount": lambda decision: decision.amount,
    "who": lambda decision: decision.who,
    "guardrails": lambda decision: _sorted(reason.guardrail for reason in decision.reasons),
    "duties": lambda decision: _sorted(duty.name for duty in decision.obligations if duty.binding and duty.certain),
    "advice": lambda decision: _sorted(duty.guardrail for duty in decision.obligations if not duty.binding and duty.certain),
    "offers": lambda decision: tuple(option.id for option in decision.options if option.id),
    "needs": lambda decision: tuple(_sorted(need.fact for need in each) for each in decision.needs),
}


def _sorted(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _listed(value: Any) -> str:
    return (", ".join(value) or "none") if isinstance(value, tuple) else str(value or "none")


def _of_its_rule(example: Example, decision: Decision, rules: Rules) -> Difference | None:
    """An example under a rule shows that rule: it speaks where the answer is not allow, and is silent where it is."""
    if not example.rule or rules.checked.about[example.rule].effect in ("oblige", "advise"):
        return None
    spoke = _FOUND["guardrails"](decision)
    if (example.rule in spoke) == (decision.outcome != "allow"):
        return None
    return Difference("rule", f"'{example.rule}' to {'be silent' if example.rule in spoke else 'speak'}", _listed(spoke))


# ------------------------------------------------------------------------------------------------ reading


def read_cases(pack: CheckedPack) -> tuple[Example, ...]:
    """The cases of a pack, then the examples under its rules.

    Raises:
        PackError: with every case that cannot be read.
    """
    reader = _Reader(pack, ZoneInfo(pack.zone), [])
    file = str(pack.pack.directory / "cases.yaml")
    text = pack.pack.sources.get(file, "")
    lines, find = _first_lines(text), places_of(text, file).find
    found: list[Example | None] = []
    usual: dict[str, _Told] | None = None
    given: dict[str, _Told] = {}
    for index, entry in enumerate(pack.pack.cases):
        spot = _Spot(find, (index,))
        if set(entry) == {"given"}:
            given = reader.facts(entry["given"], spot.at("given"))
            usual = given if usual is None else usual
        else:
            span = Span(file, lines[index] if index < len(lines) else 1)
            found.append(reader.example(entry, spot, span, given, rule=""))
    for index, rule in enumerate(pack.pack.document.rules):
        for number, entry in enumerate(rule.examples):
            spot = _Spot(pack.pack.find, ("rules", index, "examples", number))
            titled = {"it": f"example {number + 1} of '{rule.id}'", **entry}
            found.append(reader.example(titled, spot, spot.span, usual or {}, rule=rule.id))
    if reader.problems:
        raise PackError(reader.problems, pack.pack.sources)
    return tuple(example for example in found if example is not None)


def _first_lines(text: str) -> list[int]:
    """The line on which each entry of a list begins: a dash in the column of the first dash."""
    lines = text.splitlines()
    start = next((line for line in lines if line.lstrip().startswith("- ")), "")
    column = len(start) - len(start.lstrip())
    return [number for number, line in enumerate(lines, 1) if line[column:].startswith("-") and not line[:column].strip()]


@frozen
class _Spot:
    """Where a part of a case stands."""

    find: Find
    place: Place

    def at(self, *inner: str | int) -> _Spot:
        """Where a part of it stands; of a key, with `<key>` behind it."""
        return _Spot(self.find, (*self.place, *inner))

    @property
    def span(self) -> Span:
        """The stretch of the file; worked out only where it is shown."""
        return self.find(self.place)


_NAMED: Mapping[str, tuple[str, Callable[[CheckedPack], Collection[str]]]] = {
    "who": ("a role", lambda pack: pack.roles.everyone()),
    "guardrails": ("a guardrail", lambda pack: [*_NOTICES, *(name for name, about in pack.about.items() if about.effect != "advise")]),
    "duties": ("an obligation", lambda pack: {*pack.obligations, *(name for duty in pack.duties for name in duty.then)}),
    "advice": ("an advising rule", lambda pack: [name for name, about in pack.about.items() if about.effect == "advise"]),
    "offers": ("an offer", lambda pack: [offer.id for offer in pack.menu]),
    "needs": ("a fact", lambda pack: [*pack.facts, "action.amount"]),
}
"""What the names of an expectation are called, and those there are."""
_Told = tuple[Any, _Spot]
"""A value as it is written, and where."""


@frozen
class _Reader:
    pack: CheckedPack
    zone: ZoneInfo
    problems: list[Problem]

    def _problem(self, spot: _Spot, message: str, help_: str = "") -> None:
        self.problems.append(Problem(spot.span, "bad-case", message, help_))

    def example(self, entry: Mapping[str, Any], spot: _Spot, span: Span, given: Mapping[str, _Told], rule: str) -> Example | None:
        """One case; None after a problem."""
        before = len(self.problems)
        for key in set(entry) - set(_KEYS):
            self._problem(spot.at(key, "<key>"), f"'{key[:60]}' is not a key of a case", did_you_mean(key, (*_KEYS, "given")))
        for key in ("it", "action", "expect"):
            if key not in entry:
                self._problem(spot, f"this case needs '{key}'", f"add `{key}: …`")
        at = self._instant(entry.get("now", USUAL_NOW), spot.at("now"))
        if len(self.problems) > before:
            return None
        facts = {"actor.id": (SOMEBODY, spot), **given, **self.facts(entry.get("context", {}), spot.at("context"))}
        action = self._action(entry["action"], spot.at("action"))
        example = Example(
            str(entry["it"]), span, rule, action, self._context(facts, at), self._approval(entry.get("approval"), spot.at("approval")),
            self._spent(entry.get("spent", {}), action.get("kind"), spot.at("spent")), at, self._expect(entry["expect"], spot.at("expect")),
        )  # fmt: skip
        return example if len(self.problems) == before else None

    def facts(self, given: Any, spot: _Spot, prefix: str = "") -> dict[str, _Told]:
        """Facts by their dotted name, as written."""
        if not isinstance(given, Mapping):
            self._problem(spot, "facts are a mapping", "such as `{actor.role: associate, customer.category: vip}`")
            return {}
        found: dict[str, _Told] = {}
        for key, value in given.items():
            inner = spot.at(key)
            found.update(self.facts(value, inner, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": (value, inner)})
        return found

    def _context(self, facts: Mapping[str, _Told], at: int) -> dict[str, Any]:
        return nested({path: self._fact(path, written, at, spot) for path, (written, spot) in facts.items()})

    def _fact(self, path: str, written: Any, at: int, spot: _Spot) -> Any:
        """A fact as a host would hand it in; a guard could not read what is noted here."""
        kind = self.pack.facts.get(path)
        value = typed(written, kind, at, self.zone)
        if kind is None and path != "now" and not (value is None and any(fact.startswith(f"{path}.") for fact in self.pack.facts)):
            self._unknown(spot.at("<key>"), path, "a fact", [fact for fact in self.pack.facts if not fact.startswith("action.")])
        elif kind is not None and value is not None and path != "actor.role":  # an unknown role is a deny
            try:
                read_value(value, kind, self.pack.currency)
            except Misread as misread:
                self._problem(spot, f"{path}: {misread.message}", _WRITTEN_AS.get(type(kind), misread.help))
        return value

    def _action(self, given: Any, spot: _Spot) -> dict[str, Any]:
        action = short_action(given) if isinstance(given, str) else given
        if not isinstance(action, Mapping):
            self._problem(spot, "an action is a mapping, or a kind and an amount", "such as `refund 40`")
            return {}
        if "amount" in action:
            self._minor(action["amount"], spot.at("amount"))
        known = set(self.pack.facts) - {"action.kind"}  # an unknown kind is a deny
        return {
            name: self._fact(f"action.{name}", value, 0, spot.at(name)) if f"action.{name}" in known else value
            for name, value in action.items()
        }

    def _approval(self, given: Any, spot: _Spot) -> Approval | None:
        if given is None:
            return None
        by = {"id": "somebody-else", "role": given} if isinstance(given, str) else given
        if not isinstance(by, Mapping):
            self._problem(spot, "an approval names a role, or who gave it", "such as `manager`, or `{id: m2, role: manager}`")
            return None
        return Approval({name: self._fact(f"actor.{name}", value, 0, spot.at(name)) for name, value in by.items()})

    def _spent(self, given: Any, kind: object, spot: _Spot) -> dict[str, Spent]:
        known = [budget.id for budget in self.pack.budgets if kind in budget.kinds]
        found = {}
        for name, written in given.items() if isinstance(given, Mapping) else [(str(given), "")]:
            parts = written if isinstance(written, Mapping) else {"amount": written}
            times = str(parts.get("times", "1"))
            if name not in known:
                self._problem(spot.at(name, "<key>"), f"'{name[:60]}' is not a budget that '{kind}' draws from", did_you_mean(name, known))
            elif set(parts) - {"amount", "times"} or not _WHOLE.fullmatch(times):
                message = f"what '{name}' holds is an amount, and how many times"
                self._problem(spot.at(name), message, f"such as `{name}: {{amount: 30, times: 2}}`")
            else:
                amount = self._minor(parts.get("amount", "0"), spot.at(name, "amount")) if "amount" in parts else 0
                found[name] = Spent(amount or 0, int(times))
        return found

    def _expect(self, given: Any, spot: _Spot) -> dict[str, Any]:
        wanted = {"outcome": given} if isinstance(given, str) else given
        if not isinstance(wanted, Mapping) or "outcome" not in wanted:
            self._problem(spot, "what is expected names at least the outcome", f"one of: {', '.join(OUTCOMES)}")
            return {}
        if wanted["outcome"] not in OUTCOMES:
            outcome = str(wanted["outcome"])
            self._problem(spot.at("outcome"), f"'{outcome[:60]}' is not an outcome", did_you_mean(outcome, OUTCOMES))
        for name in set(wanted) - set(EXPECTATIONS):
            self._problem(spot.at(name, "<key>"), f"'{name[:60]}' is not something a case can expect", did_you_mean(name, EXPECTATIONS))
        return {name: self._wanted(name, value, spot.at(name)) for name, value in wanted.items() if name in EXPECTATIONS}

    def _wanted(self, name: str, value: Any, spot: _Spot) -> Any:
        if name in ("limit", "amount"):
            return None if value == "none" else self._minor(value, spot)
        if name == "outcome":
            return value
        words = [] if value == "none" else [value] if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            self._problem(spot, f"'{name}' is a list of names", "such as `[in-time]`, or `none`")
            return ()
        what, names = _NAMED[name]
        known = names(self.pack)
        for index, word in enumerate(words):
            if word not in known:
                self._unknown(spot.at(index), word, what, known)
        if name == "who":
            return words[0] if words else None
        return tuple(words) if name == "offers" else tuple(sorted(set(words)))

    def _unknown(self, spot: _Spot, word: str, what: str, known: Collection[str]) -> None:
        self._problem(spot, f"'{word[:60]}' is not {what} of this pack", did_you_mean(word, known) or "there is none: leave it out")

    def _minor(self, value: Any, spot: _Spot) -> int | None:
        try:
            return parse_money(value, self.pack.currency)
        except MoneyError as error:
            self._problem(spot, error.message, error.help)
            return None

    def _instant(self, value: Any, spot: _Spot) -> int:
        try:
            moment = datetime.datetime.fromisoformat(str(value))
        except ValueError:
            self._problem(spot, f"'{str(value)[:60]}' is not an instant", f"write it as `{USUAL_NOW}`")
            return 0
        return milliseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=self.zone))


# ------------------------------------------------------------------------------------------------ words to values


def short_action(text: str) -> dict[str, str] | None:
    """`refund 40` as an action: a kind, and an amount if there is one; None for anything else."""
    match = _SHORT.fullmatch(text.strip())
    if match is None:
        return None
    kind, amount = match.groups()
    return {"kind": kind} if amount is None else {"kind": kind, "amount": amount}


def typed(written: Any, kind: ir.FactType | None, at: int, zone: ZoneInfo) -> Any:
    """A value as a person writes it, in the shape a host would hand in; what does not fit is left for the guard to refuse."""
    if written == "unknown":
        return None
    match kind:
        case ir.NumberType(unit="integer") if isinstance(written, str) and _WHOLE.fullmatch(written):
            return int(written)
        case ir.SetOfType() if isinstance(written, str):
            return [] if written in ("", "none") else [part.strip() for part in written.split(",")]
        case ir.DateType() | ir.InstantType() if isinstance(written, str):
            return _moment(written, kind, at, zone)
    return written


def _moment(written: str, kind: ir.DateType | ir.InstantType, at: int, zone: ZoneInfo) -> str:
    """`3 days ago`, or a local time, as the text of a date or of an instant with its offset."""
    now = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(milliseconds=at)
    ago = _AGO.fullmatch(written)
    if ago is not None:
        count, unit = int(ago.group(1)), f"{ago.group(2)}s"
        # Weeks and days are counted on the calendar of the zone, hours and minutes as they pass
        moment = (now.astimezone(zone) if unit in ("weeks", "days") else now) - datetime.timedelta(**{unit: count})
        return moment.date().isoformat() if isinstance(kind, ir.DateType) else moment.isoformat()
    try:
        moment = datetime.datetime.fromisoformat(written)
    except ValueError:
        return written
    if isinstance(kind, ir.DateType) or moment.tzinfo is not None:
        return written
    return moment.replace(tzinfo=zone).isoformat()


__all__ = [
    "EXPECTATIONS", "OUTCOMES", "Difference", "Example", "Result", "Spent", "read_cases", "run_case", "run_cases", "short_action", "typed",
]  # fmt: skip
