"""Random situations: somebody asks for something, of some facts nothing is known, and some of the budgets are spent."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen
from hypothesis import strategies as st

from empower import Guard, ir
from empower.asking import Asked, make_case
from empower.checked import CheckedBudget
from empower.environment import Value
from empower.judge import Case
from empower.ledger import Balance, Counter
from empower.ledger.memory import MemoryLedger
from empower.periods import day_in
from empower.request import nested
from laws import oracle
from laws.packs import Made, packs
from laws.vocabulary import INSTANTS, native, values_of

SPENT = (*[Balance(0, 0, None)] * 7, Balance(1, 1, None), Balance(10, 1, None), Balance(30, 2, None), Balance(60, 3, None))


@frozen(eq=False, repr=False)
class World:
    """A request to a pack, and what its budgets hold."""

    made: Made
    kind: str
    amount: int | None
    parameters: Mapping[str, Value]
    facts: Mapping[str, Value | None]
    """Every declared fact, the parameters apart; None: unknown."""
    at: int
    spent: Mapping[str, Sequence[Balance]]
    """By budget, what two sorts of its counters hold: of which sort one is depends on its keys."""
    broken: tuple[str, ...] = field(default=())
    """Facts that the context holds in a form that nobody can read."""

    def __repr__(self) -> str:
        told = {name: getattr(self, name) for name in ("kind", "amount", "parameters", "facts", "at", "spent", "broken")}
        return f"{self.made}\n" + "\n".join(f"# {name} = {value!r}" for name, value in told.items())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  (how Hypothesis prints what failed)
        printer.text(repr(self))

    @property
    def plan(self) -> ir.Plan:
        """What the kind meets."""
        return self.made.program.plans[self.kind]

    @property
    def everything(self) -> dict[str, Value | None]:
        """Facts and parameters."""
        given = {path: None for path in self.made.program.facts if path.startswith("action.")}
        return {**given, **self.facts, **{f"action.{name}": value for name, value in self.parameters.items()}, "action.kind": self.kind}

    def day_of(self, at: int, zone: str = "") -> int:
        """The local day of an instant, in the pack's zone or another."""
        return day_in(self.made.program.zone)(at, zone)

    def balance(self, counter: Counter) -> Balance:
        """What a counter holds."""
        return self._picked(counter.budget, counter.keys)

    def case(self) -> Case:
        """The question to the rules."""
        facts = {**{path: self.everything.get(path) for path in self.plan.slots}}
        asked = Asked(self.kind, self.amount, self.parameters, facts)
        return make_case(self.made.rules, asked, self.at, Held(self), self.day_of)

    def question(self, **changes: Any) -> oracle.Question:
        """The same question to the oracle."""
        declared = self.made.pack.kinds[self.kind]
        missing = any(name not in self.parameters for name in declared.asks)
        asked = oracle.Question(self.made.pack, self.kind, self.amount, missing, self.everything, self.at, self.day_of, self.holds)
        return evolve(asked, **changes)

    def holds(self, budget: CheckedBudget, keys: tuple[str, ...]) -> Balance:
        """What the counter of a budget holds, by the values of its keys."""
        return self._picked(budget.id, tuple(zip(budget.keys, keys, strict=True)))

    def _picked(self, budget: str, keys: tuple[tuple[str, str], ...]) -> Balance:
        held = self.spent[budget]
        return held[zlib.crc32(repr(keys).encode()) % len(held)]

    def context(self) -> dict[str, Any]:
        """The facts as a host hands them in."""
        program = self.made.program
        flat = {path: native(value, program.facts[path], program.currency) for path, value in self.facts.items() if value is not None}
        return nested({**flat, **{path: {"not": "a value"} for path in self.broken}})

    def action(self) -> dict[str, Any]:
        """The action as a host hands it in."""
        program = self.made.program
        given = {name: native(value, program.facts[f"action.{name}"], program.currency) for name, value in self.parameters.items()}
        amount = {} if self.amount is None else {"amount": native(self.amount, ir.NumberType("money", 0, 0), program.currency)}
        return {"kind": self.kind, **amount, **given}

    def guard(self) -> Guard:
        """A guard whose ledger holds these balances; only previews make sense."""
        return Guard(self.made.rules, Still(self))

    def with_facts(self, **changes: Any) -> World:
        """The same but for some facts, by path."""
        return evolve(self, facts={**self.facts, **changes})


class Held(Mapping[Counter, Balance]):
    """What every counter of a world holds, asked one by one."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getitem__(self, counter: Counter) -> Balance:
        return self._world.balance(counter)

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


class Still(MemoryLedger):
    """A ledger in which time stands still and every counter holds what its world says."""

    def __init__(self, world: World) -> None:
        super().__init__(lambda: world.at)
        self._world = world

    def balances(self, counters: Sequence[Counter], at: int | None = None) -> tuple[Balance, ...]:
        """What each counter holds."""
        return tuple(self._world.balance(counter) for counter in counters)


# ------------------------------------------------------------------------------------------------ strategies


@st.composite
def worlds(
    draw: st.DrawFn, made: st.SearchStrategy[Made] | None = None, *, unknown: int = 3, most_unknown: int = 99, free_amount: bool = True
) -> World:
    """A random world; of about one fact in `unknown` nothing is known (0: all is known)."""
    pack = draw(made if made is not None else packs())
    kind = draw(st.sampled_from(sorted(pack.program.plans, key=lambda name: name != "refund")))
    facts = draw(contexts(pack, kind, unknown=unknown, most_unknown=most_unknown))
    plan = pack.program.plans[kind]
    return World(
        pack, kind, draw(amounts(plan, none=free_amount and unknown > 0)), draw(parameters(pack, kind, unknown=unknown)), facts,
        draw(st.sampled_from(INSTANTS)), draw(spent(pack)),
    )  # fmt: skip


@st.composite
def contexts(draw: st.DrawFn, made: Made, kind: str, *, unknown: int = 3, most_unknown: int = 99) -> dict[str, Value | None]:
    """Facts for a pack; actor.id and actor.role are always known. Facts that the kind does not read come last, and are left out."""
    program = made.program
    found: dict[str, Value | None] = {"actor.id": "d7", "actor.role": draw(st.sampled_from(_low_first(made)))}
    read = set(program.plans[kind].slots) | {path for other in program.plans.values() for path in other.slots}
    lacking = 0
    for path in sorted(read - found.keys()):
        if path.startswith("action."):
            continue
        if unknown and lacking < most_unknown and draw(st.integers(0, unknown - 1)) == unknown - 1:
            found[path] = None
            lacking += 1
        else:
            found[path] = draw(values_of(program.facts[path]))  # type: ignore[assignment]
    return found


def _low_first(made: Made) -> tuple[str, ...]:
    """The roles, those that have somebody above them more often."""
    return made.pack.roles.ladder[:1] * 4 + tuple(made.pack.roles.beside) + made.pack.roles.ladder


@st.composite
def parameters(draw: st.DrawFn, made: Made, kind: str, *, unknown: int = 3) -> dict[str, Value]:
    """Parameters for a kind; those asked for are there if nothing is to be unknown."""
    declared = made.pack.kinds[kind]
    found: dict[str, Value] = {}
    for name in declared.parameters:
        if unknown and draw(st.integers(0, unknown)) == unknown:
            continue
        type_ = made.program.facts[f"action.{name}"]
        found[name] = draw(st.sampled_from(("late", "broken")) if isinstance(type_, ir.TextType) else values_of(type_))  # type: ignore[assignment]
    return found


@st.composite
def amounts(draw: st.DrawFn, plan: ir.Plan, *, none: bool = True) -> int | None:
    """An amount for a kind, now and then none, or one outside its bounds."""
    if plan.amount is None or (none and draw(st.integers(0, 9)) == 9):
        return None
    low, high = plan.amount
    edges = sorted({near for amount in (0, 5, 10, 25, 30, 50, high) for near in (amount, amount + 1) if low <= near <= high})
    return draw(st.one_of(st.sampled_from(edges), st.integers(low, high), st.integers(1, high + 1)))


@st.composite
def spent(draw: st.DrawFn, made: Made) -> dict[str, tuple[Balance, ...]]:
    """What the counters of each budget hold."""
    return {budget.id: draw(st.tuples(st.sampled_from(SPENT), st.sampled_from(SPENT))) for budget in made.pack.budgets}
