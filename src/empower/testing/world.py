"""A world: somebody asks something of a pack, at an instant, and the budgets hold something already. What every law is checked in."""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from empower import ir
from empower.asking import Asked, make_case, read_asked
from empower.checked import CheckedPack
from empower.compile import Rules, compile_pack
from empower.decide import Guard
from empower.environment import Value
from empower.errors import Fault, MalformedRequest
from empower.judge import Case
from empower.ledger import Balance, Counter
from empower.ledger.memory import MemoryLedger
from empower.moments import milliseconds
from empower.money import plain_money
from empower.noun import evolve, field, frozen
from empower.periods import day_in
from empower.request import nested, read_facts, written
from empower.testing.authoring import DrawnPack

USUAL_NOW = milliseconds(datetime.datetime(2026, 11, 18, 12, tzinfo=datetime.UTC))
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
EMPTY = Balance(0, 0, None)


@frozen
class World:
    """A request to a pack, and what its budgets hold."""

    rules: Rules
    kind: str
    amount: int | None
    """Minor units; None: not given, or the kind has none."""
    parameters: Mapping[str, Value]
    """Reason and parameters that the action gives, typed."""
    facts: Mapping[str, Value | None]
    """Facts by path, typed; None, or not there: unknown."""
    at: int
    """Milliseconds UTC."""
    spent: Mapping[str, Sequence[Balance]]
    """By budget, what its counters hold: which of these one holds depends on its keys. A budget that is not there: nothing."""
    broken: tuple[str, ...] = field(default=())
    """Facts that the context holds in a form that nobody can read."""

    def __repr__(self) -> str:
        return "\n".join(self.told())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  (how Hypothesis prints what failed)
        checked = self.rules.checked
        printer.text(f"\n{checked!r}\n{self!r}" if isinstance(checked, DrawnPack) else repr(self))

    def told(self) -> Iterator[str]:
        """The request in lines for a person: what is asked, what is known and what is not, what was spent, and when."""
        program = self.rules.program
        action = {name: value for name, value in self.action().items() if name not in ("kind", "amount")}
        amount = "" if self.amount is None else f" {plain_money(self.amount, program.currency)}"
        yield f"action:  {self.kind}{amount}{_listed(action)}"
        told = {path: written(value, program.facts[path], program.currency) for path, value in self.facts.items() if value is not None}
        yield f"context: {_listed(told).removeprefix(', ')}"
        unknown = [path for path in self.plan.slots if self.everything.get(path) is None]
        if unknown:
            yield f"unknown: {', '.join(unknown)}"
        spent = {budget: held for budget, held in self.spent.items() if any(each != EMPTY for each in held)}
        for budget, held in spent.items():
            sums = (f"{plain_money(each.amount, program.currency)} in {each.times} times" for each in held)
            yield f"spent:   {budget}: {' or '.join(dict.fromkeys(sums))}"
        yield f"at:      {(EPOCH + datetime.timedelta(milliseconds=self.at)).isoformat()}"

    @property
    def plan(self) -> ir.Plan:
        """What the kind meets."""
        return self.rules.program.plans[self.kind]

    @property
    def everything(self) -> dict[str, Value | None]:
        """Facts and parameters."""
        given = {path: None for path in self.rules.program.facts if path.startswith("action.")}
        return {**given, **self.facts, **{f"action.{name}": value for name, value in self.parameters.items()}, "action.kind": self.kind}

    def day_of(self, at: int, zone: str = "") -> int:
        """The local day of an instant, in the pack's zone or another."""
        return day_in(self.rules.program.zone)(at, zone)

    def balance(self, counter: Counter) -> Balance:
        """What a counter holds."""
        return self.held(counter.budget, counter.keys)

    def held(self, budget: str, keys: tuple[tuple[str, str], ...]) -> Balance:
        """What the counter of a budget holds, by its keys."""
        held = self.spent.get(budget) or (EMPTY,)
        return held[zlib.crc32(repr(keys).encode()) % len(held)]

    def case(self) -> Case:
        """The question to the rules."""
        everything = self.everything
        asked = Asked(self.kind, self.amount, self.parameters, {path: everything.get(path) for path in self.plan.slots})
        return make_case(self.rules, asked, self.at, Held(self), self.day_of)

    def action(self) -> dict[str, Any]:
        """The action as a host hands it in."""
        program = self.rules.program
        given = {name: written(value, program.facts[f"action.{name}"], program.currency) for name, value in self.parameters.items()}
        amount = {} if self.amount is None else {"amount": plain_money(self.amount, program.currency)}
        return {"kind": self.kind, **amount, **given}

    def context(self) -> dict[str, Any]:
        """The facts as a host hands them in."""
        program = self.rules.program
        told = {path: written(value, program.facts[path], program.currency) for path, value in self.facts.items() if value is not None}
        return nested({**told, **{path: {"not": "a value"} for path in self.broken}})

    def guard(self) -> Guard:
        """A guard whose ledger holds these balances; only previews make sense."""
        return Guard(self.rules, Still(self))

    def with_facts(self, **changes: Any) -> World:
        """The same but for some facts, by path."""
        return evolve(self, facts={**self.facts, **changes})


def _listed(values: Mapping[str, Any]) -> str:
    return "".join(f", {name}: {value}" for name, value in values.items())


def world_of(
    pack: CheckedPack | Rules, action: Any, context: Any, *, spent: Mapping[str, tuple[int, int]] | None = None, at: int = USUAL_NOW
) -> World:
    """A request as a world.

    Args:
        pack: what `load_pack` gives.
        action: as `Guard.decide` takes it.
        context: as `Guard.decide` takes it; it may hold facts that only other kinds read.
        spent: what the window of each budget holds, by its id: minor units and times.
        at: the instant of the decision, milliseconds UTC.

    Raises:
        MalformedRequest: with every fault.
    """
    rules = pack if isinstance(pack, Rules) else compile_pack(pack)
    faults: list[Fault] = []
    asked = read_asked(rules, action, context, None, strict=True)
    facts = read_facts(context, settable(rules), rules.program.facts, rules.program.currency, faults)
    if faults:
        raise MalformedRequest(tuple(faults))
    held = {budget: (Balance(amount, times, None),) for budget, (amount, times) in (spent or {}).items()}
    return World(rules, asked.kind, asked.amount, asked.parameters, facts, at, held)


def settable(rules: Rules) -> list[str]:
    """The facts that a context may tell, sorted: the action's own and the instant apart."""
    return sorted(path for path in rules.program.facts if not path.startswith("action.") and path != "now")


class Held(Mapping[Counter, Balance]):
    """What every counter of a world holds, asked one by one."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getitem__(self, counter: Counter) -> Balance:
        return self._world.balance(counter)

    def __iter__(self) -> Iterator[Counter]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Still(MemoryLedger):
    """A ledger in which time stands still and every counter holds what its world says."""

    def __init__(self, world: World) -> None:
        super().__init__(lambda: self.world.at)
        self.world = world

    def balances(self, counters: Sequence[Counter], at: int | None = None) -> tuple[Balance, ...]:
        """What each counter holds."""
        return tuple(self.world.balance(counter) for counter in counters)


def empty_till(world: World, clock: Callable[[], int]) -> Guard:
    """A guard for the world's pack with an empty ledger of its own."""
    return Guard(world.rules, MemoryLedger(clock))
