"""From a model of the solver to an example that people read: tightened, put into words, written as a case, and decided by the compiled pack.

Nothing is shown that the compiled pack does not decide as the proof says (law 12).
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from empower import ir
from empower.backends.smt import STRANGERS, Solver, Term, World, every
from empower.cases import USUAL_NOW, read_cases, run_case
from empower.checked import CheckedPack
from empower.decision import Decision
from empower.environment import Value
from empower.errors import EmpowerError
from empower.moments import milliseconds
from empower.money import exponent_of, plain_money
from empower.noun import evolve, frozen
from empower.prove.inquiry import Inquiry
from empower.reasons import Shown
from empower.request import read_value, written

DAY_MS = 86_400_000
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*|-?[0-9]+(\.[0-9]+)?")


@frozen
class Scenario:
    """One request that the solver found."""

    kind: str
    amount: int | None
    facts: Mapping[str, Value | None]
    now: int
    approver: Mapping[str, Value | None] | None = None
    spent: Mapping[str, tuple[int, int]] | None = None
    """By budget, the amount and times that its window holds."""


# ------------------------------------------------------------------------------------------------ tightening


def tighten(inquiry: Inquiry, solver: Solver, worlds: Sequence[World], numbers: Sequence[Term] = ()) -> bool:
    """Add to what the solver supposes whatever makes its answer readable, and ask once more; False where there is no plain answer.

    In turn: nothing opaque, facts known, the usual instant, usual facts, the least amount, the least of other numbers and those round.
    `numbers` are made small first, such as what was spent.
    """
    grip = _Grip(inquiry, solver)
    if not grip.hold(*(world.plain for world in worlds)):
        return False
    for world in worlds:
        grip.know(world)
    grip.hold(same_instant(inquiry, worlds[0]))
    for world in worlds:
        grip.usual(world)
    for number in (worlds[0].amount, *numbers):
        grip.least(number, 0)
    for world in worlds:
        grip.small(world)
    return solver.check() == "yes"


def same_instant(inquiry: Inquiry, world: World) -> Term:
    """It is the instant at which cases are usually decided."""
    moment = datetime.datetime.fromisoformat(USUAL_NOW).replace(tzinfo=ZoneInfo(inquiry.program.zone))
    return world.now == milliseconds(moment)


class _Grip:
    """What a solver supposes, to which more is added as long as all of it can hold."""

    def __init__(self, inquiry: Inquiry, solver: Solver) -> None:
        self._inquiry, self._solver = inquiry, solver

    def hold(self, *formulas: Term) -> bool:
        """Add formulas, if they hold together with the others."""
        if self._solver.check(*formulas) != "yes":
            return False
        self._solver.keep(*formulas)
        return True

    def know(self, world: World) -> None:
        """As many facts as possible are known."""
        bits = [world.known(path) for path in sorted(world.facts)]
        if not self.hold(every(bits)):
            for bit in bits:
                self.hold(bit)

    def usual(self, world: World) -> None:
        """As many facts as possible are as usual: no flags first."""
        paths = sorted(world.facts, key=lambda path: (not isinstance(world.program.facts.get(path), ir.SetOfType), path))
        for path in paths:
            any(self.hold(formula) for formula in self._usual(world, path))

    def _usual(self, world: World, path: str) -> Iterator[Term]:
        """What is usual for a fact, the most usual first."""
        kind = world.program.facts.get(path)
        typical = typical_value(self._inquiry, path)
        if isinstance(kind, ir.SetOfType):
            bits = world.members(path)
            yield every(bit == (member in (typical or ())) for member, bit in bits.items())  # type: ignore[operator]
            for member, bit in bits.items():
                self.hold(bit == (isinstance(typical, frozenset) and member in typical))
            return
        value = world.value(path)
        if typical is not None:
            yield value == (world.terms.word(typical) if isinstance(typical, str) else typical)
        match kind:
            case ir.YesNoType():
                yield value == False  # noqa: E712  (a formula)
            case ir.OneOfType(members=members):
                yield from (value == world.terms.word(member) for member in members)
            case ir.TextType():
                yield from (value == world.terms.word(text) for text in STRANGERS)
            case ir.DateType() | ir.InstantType():
                step, now = (1, world.day(world.now, "")) if isinstance(kind, ir.DateType) else (DAY_MS, world.now)
                yield from (value == now - back * step for back in (1, 0, 30, 365))
            case _:
                return

    def small(self, world: World) -> None:
        """Numbers that are not as usual are as small as they can be, and then as round as a small number can be."""
        for path, kind in sorted(world.program.facts.items()):
            if path in set(world.facts) and isinstance(kind, ir.NumberType):
                typical = typical_value(self._inquiry, path)
                if typical is None or not self._is(world.value(path), int(typical)):  # type: ignore[arg-type]
                    least = self.find_least(world.value(path), kind.low)
                    steps = _round_steps(kind, self._inquiry.program.currency)
                    any(self.hold(world.value(path) == -(-least // step) * step) for step in steps) or self.hold(world.value(path) == least)

    def _is(self, number: Term, value: int) -> bool:
        return self._solver.check(number != value) == "no"

    def least(self, number: Term, low: int) -> None:
        """A number is as small as it can be."""
        self.hold(number == self.find_least(number, low))

    def find_least(self, number: Term, low: int) -> int:
        """The least value of a number, by halving."""
        if self._solver.check() != "yes":
            return low
        high = self._solver.number(number)
        while low < high:
            middle = (low + high) // 2
            if self._solver.check(number <= middle) == "yes":
                high = min(middle, self._solver.number(number))
            else:
                low = middle + 1
        return high


def _round_steps(kind: ir.NumberType, currency: str) -> Sequence[int]:
    major = 10 ** exponent_of(currency) if kind.unit == "money" else kind.denominator
    return (10 * major, 5 * major, major) if kind.unit == "money" else (major,)


def typical_value(inquiry: Inquiry, path: str) -> Value | None:
    """What the author says is typical of a fact."""
    pack: CheckedPack | None = inquiry.checked
    while pack is not None:
        declared = pack.pack.document.facts.get(path)
        if declared is not None and declared.typical is not None:
            return _read_typical(inquiry, path, declared.typical)
        pack = pack.parent
    return None


def _read_typical(inquiry: Inquiry, path: str, text: str) -> Value | None:
    kind = inquiry.program.facts[path]
    try:
        given: Any = (
            [part.strip() for part in text.split(",") if part.strip() not in ("", "none")] if isinstance(kind, ir.SetOfType) else text
        )
        if isinstance(kind, ir.NumberType) and kind.unit == "integer":
            given = int(text)
        return read_value(given, kind, inquiry.program.currency)
    except ValueError:
        return None


# ------------------------------------------------------------------------------------------------ cases


def read_scenario(
    solver: Solver, world: World, approver: World | None = None, spent: Mapping[str, tuple[Term, Term]] | None = None
) -> Scenario:
    """The request of the solver's last answer."""
    facts = {path: value for path, value in solver.facts(world).items() if path != "action.kind"}
    theirs = None
    if approver is not None:
        theirs = {path: value for path, value in solver.facts(approver).items() if path.startswith("actor.")}
        theirs["actor.id"] = solver.fact(approver, "actor.id")
    held = {name: (solver.number(amount), solver.number(times)) for name, (amount, times) in (spent or {}).items()}
    amount = None if world.plan.amount is None else solver.number(world.amount)
    facts["actor.id"] = solver.fact(world, "actor.id")
    facts["actor.role"] = solver.fact(world, "actor.role")
    return Scenario(world.plan.kind, amount, facts, solver.number(world.now), theirs, held)


def write_case(inquiry: Inquiry, scenario: Scenario, it: str, expect: Mapping[str, str]) -> dict[str, Any]:
    """A scenario as an entry of cases.yaml; facts that the kind reads and that are not known say so."""
    plan, program = inquiry.program.plans[scenario.kind], inquiry.program
    action: dict[str, Any] = {"kind": scenario.kind}
    if scenario.amount is not None:
        action["amount"] = plain_money(scenario.amount, program.currency)
    context: dict[str, Any] = {}
    for path in sorted({*scenario.facts, *plan.slots}):
        value = scenario.facts.get(path)
        if path.startswith("action."):
            if value is not None:
                action[path.removeprefix("action.")] = _written(inquiry, path, value)
        else:
            context[path] = "unknown" if value is None else _written(inquiry, path, value)
    entry: dict[str, Any] = {"it": it, "action": action, "context": context, "now": _local(inquiry, scenario.now)}
    if scenario.approver is not None:
        known = {path: value for path, value in scenario.approver.items() if value is not None}
        entry["approval"] = {path.removeprefix("actor."): _written(inquiry, path, value) for path, value in known.items()}
    spent = {name: held for name, held in (scenario.spent or {}).items() if any(held)}
    if spent:
        entry["spent"] = {
            name: {"amount": plain_money(amount, program.currency), "times": str(times)} for name, (amount, times) in spent.items()
        }
    return {**entry, "expect": dict(expect)}


def _written(inquiry: Inquiry, path: str, value: Value) -> Any:
    given = written(value, inquiry.program.facts[path], inquiry.program.currency)
    if isinstance(given, bool):
        return "yes" if given else "no"
    return list(given) if isinstance(given, list) else str(given)


def _local(inquiry: Inquiry, at: int) -> str:
    moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(milliseconds=at)
    return moment.astimezone(ZoneInfo(inquiry.program.zone)).replace(tzinfo=None).isoformat(" ", "auto").removesuffix(":00")


def case_text(entry: Mapping[str, Any]) -> str:
    """An entry as it stands in cases.yaml."""
    lines = [f"{key}: {_flow(value)}" for key, value in entry.items()]
    return "- " + "\n  ".join(lines)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    return str(value) if _PLAIN.fullmatch(str(value)) else json.dumps(str(value), ensure_ascii=False)


def decide_case(inquiry: Inquiry, entry: Mapping[str, Any]) -> Decision | str:
    """What the compiled pack decides in a case; a text where it cannot be read."""
    only = evolve(inquiry.checked, pack=evolve(inquiry.checked.pack, cases=(entry,)))
    try:
        result = run_case(inquiry.rules, read_cases(only)[0])
    except EmpowerError as error:
        return str(error)
    return result.decision if result.decision is not None else "; ".join(result.differences)


def show(inquiry: Inquiry, scenario: Scenario, it: str) -> tuple[str, Decision | None]:
    """A scenario as a case that says what is decided today, and that decision; None where the case cannot be read."""
    entry = write_case(inquiry, scenario, it, {"outcome": "allow"})
    decision = decide_case(inquiry, entry)
    if isinstance(decision, str):
        return f"{case_text(entry)}\n# {decision}", None
    expect: dict[str, str] = {"outcome": decision.outcome}
    if decision.limit is not None and not decision.allowed:
        expect["limit"] = f"{decision.limit:f}"
    return case_text({**entry, "expect": expect}), decision


# ------------------------------------------------------------------------------------------------ words


def tell(inquiry: Inquiry, scenario: Scenario) -> str:
    """Who asks for what, and whatever is unusual about it, as the beginning of a sentence."""
    shown = Shown(inquiry.checked, "en")
    facts = scenario.facts
    asked = inquiry.title(scenario.kind)
    amount = "" if scenario.amount is None else f" of {shown.money(scenario.amount)}"
    said = f"{shown.role(str(facts['actor.role']))} asks for {_article(asked)}{amount}"
    circumstances = [text for path, value in facts.items() if (text := _circumstance(inquiry, shown, scenario, path, value))]
    spent = [
        f"{shown.money(held)} of '{name}' given already" if held else f"'{name}' used {times} time{'s' if times > 1 else ''} already"
        for name, (held, times) in (scenario.spent or {}).items()
        if held or times
    ]
    told = [*circumstances, *spent]
    return said + (f", with {', '.join(told[:-1])}{' and ' if len(told) > 1 else ''}{told[-1]}" if told else "")


def _article(asked: str) -> str:
    if asked.split(" ", 1)[0].lower() in ("a", "an", "the", "another"):
        return asked
    return f"'{asked}'"


def _circumstance(inquiry: Inquiry, shown: Shown, scenario: Scenario, path: str, value: Value | None) -> str:
    """A fact, unless it is as usual."""
    kind, typical = inquiry.program.facts.get(path), typical_value(inquiry, path)
    if path in ("actor.role", "actor.id", "action.reason") or (isinstance(value, str) and value in STRANGERS) or value == typical:
        return "" if value is not None else f"{shown.name(path)} unknown"
    if typical is None and _is_usual(kind, value, scenario.now):
        return ""
    if value is True:
        return shown.name(path)
    if isinstance(value, int) and isinstance(kind, ir.InstantType) and value != ir.NEVER_MS:
        return f"{shown.name(path)} {_ago((scenario.now - value) // DAY_MS)}"
    return f"{shown.name(path)} {shown.fact(path, value)}"


def _is_usual(kind: ir.FactType | None, value: Value | None, now: int) -> bool:
    match kind:
        case ir.OneOfType(members=members):
            return value == members[0]
        case ir.InstantType():
            return value == now - DAY_MS
        case ir.DateType():
            return False
        case _:
            return value in (frozenset(), 0)  # no is 0 too


def _ago(days: int) -> str:
    return f"{days} days ago" if days > 1 else "yesterday" if days == 1 else "today" if days == 0 else f"{-days} days ahead"


def sentence(text: str) -> str:
    """A text as a sentence."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
