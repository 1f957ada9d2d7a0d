"""A pack under trial: what is made of it once for many worlds, and how a law that it breaks is told."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Any, NoReturn

from empower import ir
from empower.backends.interpret import Interpreter
from empower.check import check_pack
from empower.checked import CheckedPack
from empower.compile import Rules, compile_pack
from empower.decide import Guard
from empower.decision import Decision
from empower.environment import Environment, Value
from empower.judge import Case
from empower.money import exponent_of, plain_money
from empower.noun import evolve, field, frozen
from empower.pack import PackDocument
from empower.problems import PackError
from empower.testing.edges import Edges
from empower.testing.world import USUAL_NOW, Still, World, world_of

TIGHTENING = ("rules", "caps", "budgets", "assume")
"""The parts of a pack that hold guardrails."""
VARIANTS_MAX = 12
"""Of so many guardrails at most it is tried what happens without them."""
KEPT_MAX = 16


class LawBrokenError(AssertionError):
    """A pack, or the engine, breaks a law; the message says which, what was asked and both answers."""


@frozen
class Law:
    """A law of `docs/guarantees.md`, ready to be held against a request to any pack.

    Called with a pack, an action and a context as `Guard.decide` takes them, and with `spent` and `at` as `world_of` takes them.
    """

    number: int
    name: str
    sentence: str
    check: Callable[[World], None] = field(repr=False)
    """Raises `LawBrokenError` if the law does not hold in a world."""

    def __call__(self, pack: CheckedPack | Rules, action: Any, context: Any, *, spent: Any = None, at: int = USUAL_NOW) -> None:
        """Hold the law against one request.

        Raises:
            LawBrokenError: it does not hold; MalformedRequest: the request cannot be read.
        """
        self.check(world_of(pack, action, context, spent=spent, at=at))

    def __str__(self) -> str:
        return f"law {self.number}, {self.name}"


def law(number: int) -> Callable[[Callable[[World], None]], Law]:
    """Makes a law of a function that checks it: called as the function is, said as the first line of its docstring says."""

    def made(check: Callable[[World], None]) -> Law:
        name = check.__name__.removeprefix(f"law_{number:02}_").replace("_", " ")
        return Law(number, name, (check.__doc__ or "").partition("\n")[0], check)

    return made


def broken(of: Law, world: World, *found: str) -> NoReturn:
    """Raise, with the law, the request, and what was found."""
    lines = [f"{of}: {of.sentence}", *(f"  {line}" for line in world.told()), *found]
    raise LawBrokenError("\n".join(lines))


def answer(decision: Decision) -> str:
    """An answer in a line: the outcome, the limit, who could say yes, and the guardrails that spoke."""
    who = f", {decision.who} could say yes" if decision.who else ""
    limit = "" if decision.limit is None else f", limit {decision.limit}"
    return f"answer:  {decision.outcome}{limit}{who}{' because of ' if decision.guardrails else ''}{', '.join(decision.guardrails)}"


# ------------------------------------------------------------------------------------------------ trials


class Trial:
    """One guard for all worlds of a pack, the edges of the pack, and the pack with one guardrail less."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    @cached_property
    def edges(self) -> Edges:
        """Where its answers turn."""
        return Edges(self.rules)

    @cached_property
    def _still(self) -> Still:
        kind = next(iter(self.rules.program.plans))
        return Still(World(self.rules, kind, None, {}, {}, USUAL_NOW, {}))

    @cached_property
    def _guard(self) -> Guard:
        return Guard(self.rules, self._still)

    @cached_property
    def _plain(self) -> Guard:
        return Guard(evolve(self.rules, back_end=Interpreter()), self._still, strict=True)

    def preview(self, world: World, **options: Any) -> Decision:
        """What is answered in a world."""
        self._still.world = world
        return self._guard.preview(world.action(), world.context(), **options)

    def interpreted(self, world: World) -> Decision:
        """What the interpreter answers, which is the meaning."""
        self._still.world = world
        return self._plain.preview(world.action(), world.context())

    def ask(self, world: World, action: Any, context: Any) -> Decision:
        """What is answered to another action or context, at the instant and with the balances of a world."""
        self._still.world = world
        return self._guard.preview(action, context)

    @cached_property
    def reordered(self) -> Rules | None:
        """The same pack with its guardrails the other way round; None where it cannot be read so."""
        document = self.rules.checked.pack.document
        return self._changed(**{place: getattr(document, place)[::-1] for place in (*TIGHTENING, "menu")})

    @cached_property
    def without(self) -> dict[str, Rules]:
        """The pack without one of its guardrails, by the one that is lacking; of many only some, evenly spread."""
        document = self.rules.checked.pack.document
        every = [(place, each.id) for place in TIGHTENING for each in getattr(document, place)]
        step = -(-len(every) // VARIANTS_MAX) or 1
        found = {}
        for place, name in every[::step]:
            rules = self._changed(**{place: [each for each in getattr(document, place) if each.id != name]})
            if rules is not None:
                found[name] = rules
        return found

    def _changed(self, **parts: Any) -> Rules | None:
        pack = self.rules.checked.pack
        try:
            return compile_pack(check_pack(evolve(pack, document=PackDocument(**{**vars(pack.document), **parts}))))
        except PackError:
            return None


_TRIALS: OrderedDict[int, Trial] = OrderedDict()


def trial_of(rules: Rules) -> Trial:
    """The trial of a pack; the last few are kept."""
    found = _TRIALS.get(id(rules))
    if found is None or found.rules is not rules:
        found = _TRIALS[id(rules)] = Trial(rules)
        while len(_TRIALS) > KEPT_MAX:
            _TRIALS.popitem(last=False)
    return found


# ------------------------------------------------------------------------------------------------ worlds from worlds


def plain_case(world: World) -> Case:
    """The question of a world, for the interpreter."""
    return evolve(world.case(), back_end=Interpreter())


def minor(amount: Decimal | None, world: World) -> int | None:
    """An amount of a decision in minor units."""
    return None if amount is None else int(amount.scaleb(exponent_of(world.rules.program.currency)))


def shown(amount: int, world: World) -> str:
    """Minor units as an author writes them."""
    return plain_money(amount, world.rules.program.currency)


def unknowns(world: World) -> list[str]:
    """What the kind reads and nobody told, save the amount."""
    everything = world.everything
    return [path for path in world.plan.slots if everything.get(path) is None and not path.startswith("action.")]


def dice(world: World) -> Random:
    """Always the same throws for the same world."""
    return Random(zlib.crc32(repr(world).encode()))


def completions(world: World, count: int) -> Iterator[World]:
    """Worlds in which everything is known that is not known in this one: beside the edges of the pack, always the same ones."""
    edges = trial_of(world.rules).edges
    lacking = unknowns(world)
    names = [name for name in world.rules.checked.kinds[world.kind].parameters if name not in world.parameters]
    throw = dice(world)
    for _ in range(count if lacking or names else 0):
        parameters = {name: throw.choice(edges.values(f"action.{name}", world.at)) for name in names}
        facts: dict[str, Value | None] = {**world.facts, **{path: throw.choice(edges.values(path, world.at)) for path in lacking}}
        told = evolve(world, facts=facts, parameters={**world.parameters, **parameters})
        yield evolve(told, facts=moved(told, lacking, throw))


def moved(world: World, paths: list[str], throw: Random) -> dict[str, Value | None]:
    """The facts of a world, one of these moved to where a comparison turns."""
    edges = trial_of(world.rules).edges
    turns = [(each, path) for each in edges.comparisons for path in paths if path in each.facts]
    facts = dict(world.facts)
    if turns and throw.randrange(3):
        comparison, path = throw.choice(turns)
        beside = edges.turning(comparison, path, Environment(world.everything, world.amount or 0, world.at, world.day_of))
        facts[path] = throw.choice(beside) if beside else facts[path]
    return facts


def asks_what_is_known(world: World) -> bool:
    """Whether some condition asks what is known: then to say nothing may make a difference of its own."""
    checked = world.rules.checked
    conditions = [rule.fires for rule in checked.rules] + [cap.applies for cap in checked.caps]
    conditions += [row.condition for cap in checked.caps for row in cap.rows]
    return any("Known(" in repr(condition) for condition in conditions)


def shares_a_counter(world: World) -> bool:
    """The one named exception of law 4: a budget with `when_unknown` whose key is unknown."""
    everything = world.everything
    accounts = (account for account in world.plan.accounts if account.shared_at_most is not None)
    return any(everything.get(key) is None for account in accounts for key in account.keys)


def floor_of(world: World) -> int:
    """The least amount that may be given: the kind's own, or the largest `at_least` in force."""
    case = plain_case(world)
    readings = zip(case.plan.bars, case.back_end.bars(case.plan, case.environment()), strict=True)
    least = world.plan.amount[0] if world.plan.amount else 0
    return max([least, *(high for bar, (_, high) in readings if bar.effect == "floor" and high < ir.OPEN)])
