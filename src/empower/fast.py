"""The quick way through `Guard.preview`: one generated function for each kind reads, checks and decides when every fact is there.

Whatever is not plain (a fact missing, malformed, or of a rarer shape) makes it return None, and the careful way answers. Both are
tested equal. It serves kinds without budgets: what a budget still holds must be asked of the ledger, which costs more than deciding.
"""

from __future__ import annotations

import threading
from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from empower import ir
from empower.backends.python import Emitter, fact_variables, make_function
from empower.checked import Kind
from empower.compile import Rules
from empower.decision import Decision, Origin
from empower.explain import Teller
from empower.formulas import all_of
from empower.lower import if_
from empower.masks import Mask, facts_of_bar, hopeless, make_mask, reads_actor
from empower.memo import MEMO_MAX, Ids, Memo, MoneyTexts, SetLists
from empower.money import MoneyError, to_decimal
from empower.noun import field, frozen
from empower.plans import Index
from empower.request import TEXT_MAX, Misread, halved, look_up, plain, read_value
from empower.standing import conjuncts, settled, somebody

Fast = Callable[[Any, Any], Decision | None]
Learning = MoneyTexts | SetLists | Ids
NO_PARAMETERS: Mapping[str, Any] = MappingProxyType({})
_NOTHING: frozenset[str] = frozenset()


class Ways:
    """The quick function of each kind, made when first asked for. `clock` tells milliseconds UTC."""

    def __init__(self, rules: Rules, teller: Teller, clock: Callable[[], int]) -> None:
        self.made: dict[str, Fast] = {}
        self._make = _Maker(rules, teller, clock)
        self._lock = threading.RLock()

    def make(self, action: Any) -> None:
        """Make the function of an action's kind, if the pack knows it."""
        given = plain(action)
        kind = given.get("kind") if isinstance(given, Mapping) else None
        with self._lock:
            if isinstance(kind, str) and kind not in self.made and kind in self._make.rules.program.plans:
                self.made[kind] = self._make.way(kind)


def _careful(_action: Any, _context: Any, _handed: str = "") -> None:
    """For a kind that has no quick way."""


@frozen
class _Maker:
    """What every quick function of a guard shares."""

    rules: Rules
    teller: Teller
    clock: Callable[[], int]

    def way(self, kind: str) -> Fast:
        """The quick function of a kind."""
        plan = self.rules.program.plans[kind]
        if plan.accounts:
            return _careful
        index = self.rules.plans.index(kind)
        return self.write(plan) if index is None else _dispatcher(self, index)

    def write(self, plan: ir.Plan, handed: str = "") -> Callable[..., Decision | None]:
        """The function of a plan: all of it, or narrowed by an index, whose fact is then handed in."""
        standing = somebody(plan, self.rules.program)
        return _careful if standing is None else _write(self, plan, standing, handed)


# ------------------------------------------------------------------------------------------------ the index


def _dispatcher(maker: _Maker, index: Index) -> Fast:
    """Looks at one fact and goes on with only the guardrails that can speak for its value."""
    kind = maker.rules.program.facts[index.fact]
    made: dict[str | None, Callable[..., Decision | None]] = {}
    ways: dict[str, Callable[..., Decision | None]] = {}
    lock = threading.Lock()

    def other(action: Any, context: Any) -> Decision | None:
        """A value not met before, or not lately. All that no guardrail names share one function; there may be any number of them."""
        try:
            value = read_value(look_up(context, index.fact), kind, maker.rules.program.currency)
        except (KeyError, TypeError, Misread):
            return None
        if type(value) is not str:
            return None
        name = index.named(value)
        with lock:
            way = made.get(name) or made.setdefault(name, maker.write(index.plan(name), index.fact))
            if len(ways) >= MEMO_MAX:
                ways.clear()
            ways[value] = way
        return way(action, context, value)

    source = [
        "def choose(action, context):",
        "    try:",
        *_read_plainly(index.fact),
        "        return ways[value](action, context, value)",
        "    except (KeyError, TypeError): return other(action, context)",
    ]
    return make_function("choose", source, {"ways": ways, "other": other})


def _read_plainly(fact: str) -> list[str]:
    """Lines that read a fact of words out of plain dictionaries; anything else is for the careful way."""
    *groups, last = fact.split(".")
    steps = [line for part in groups for line in (f"        group = group[{part!r}]", _unless_plain("group", 8))]
    return [
        "        group = context",
        _unless_plain("group", 8),
        *steps,
        f"        value = group[{last!r}]",
        _unless_plain("value", 8, str),
    ]


def _unless_plain(name: str, depth: int = 0, kind: type = dict) -> str:
    """A line that leaves what is no plain dictionary to the careful way: others may make up what they do not hold."""
    return f"{' ' * depth}if type({name}) is not {kind.__name__}: return None"


# ------------------------------------------------------------------------------------------------ writing


@frozen
class _Writer:
    rules: Rules
    plan: ir.Plan
    emit: Emitter
    mask: Mask
    handed: str
    """The fact of the index, which is handed in, read and checked; empty: none is."""
    learned: dict[str, Learning] = field(factory=dict)
    """By fact, what texts of money, lists of members and ids have been read before."""

    @property
    def timeless(self) -> bool:
        """Whether the answer, and what it offers instead, is the same at every instant: then the clock is not asked."""
        return self.plan.clock == "never" and not self.rules.program.menu


def _write(maker: _Maker, plan: ir.Plan, standing: Mapping[str, Any], handed: str) -> Callable[..., Decision | None]:
    program = maker.rules.program
    emit = Emitter({**fact_variables(plan.slots), "action.kind": "kind"}, program)
    writer = _Writer(maker.rules, plan, emit, make_mask(plan), handed)
    arguments = f"action, context, {emit.variables[handed]}" if handed else "action, context"
    emit.lines.append(f"def decide({arguments}):")
    emit.line("try:")
    emit.depth += 1
    _write_reading(writer)
    _write_thresholds(writer)
    emit.depth -= 1
    emit.line("except KeyError:")
    emit.line(
        "    # Perhaps a text of money, a list of members or an id not met before: read it, and begin again. Anything else is for the careful way."
    )
    emit.line(f"    return decide({arguments}) if learn(action, context) else None")
    emit.line("except Exception: return None")
    _write_answer(writer, standing)
    decimals = Memo(lambda minor: to_decimal(minor, program.currency))
    names = Memo(writer.mask.names)
    constants = {
        **emit.constants, "Decision": Decision, "origin": Origin(maker.teller, plan.kind), "kind": plan.kind,
        "names": names.known, "name": names.learn, "decimals": decimals.known, "decimal": decimals.learn, "NO_PARAMETERS": NO_PARAMETERS,
        "NOTHING": _NOTHING, "day_of": maker.teller.day_of, "learn": _learner(writer.learned), "clock": maker.clock,
        "halved": halved,
    }  # fmt: skip
    return make_function("decide", emit.lines, constants)


def _learner(learned: Mapping[str, Learning]) -> Callable[[Any, Any], bool]:
    """Reads the texts of money, the lists of members and the ids that a request holds; True when there was a new one."""

    def learn(action: Any, context: Any) -> bool:
        new = False
        try:
            for path, memo in learned.items():
                new = memo.learn(action["amount"] if path == "action.amount" else look_up(context, path)) or new
        except (MoneyError, Misread, KeyError, TypeError):
            return False
        return new

    return learn


def _write_reading(writer: _Writer) -> None:
    """Every fact read and checked; anything unusual raises or returns None."""
    emit, plan, program = writer.emit, writer.plan, writer.rules.program
    slots = plan.slots
    kind = writer.rules.checked.kinds[plan.kind]
    _write_action(writer, kind)
    groups: dict[str, str] = {}
    for slot in slots:
        if slot.startswith("action."):
            emit.line(f"{emit.variables[slot]} = parameters[{slot.removeprefix('action.')!r}]")
            continue
        if slot == writer.handed:
            continue
        *path, last = slot.split(".")
        source = "context"
        for length in range(1, len(path) + 1):
            prefix = ".".join(path[:length])
            if prefix not in groups:
                groups[prefix] = f"g{len(groups)}"
                emit.line(f"{groups[prefix]} = {source}[{path[length - 1]!r}]")
                emit.line(_unless_plain(groups[prefix]))
            source = groups[prefix]
        _write_fact(writer, slot, program.facts[slot], f"{source}[{last!r}]")
    if not writer.timeless:
        emit.line("now = clock()")


def _write_action(writer: _Writer, kind: Kind) -> None:
    emit, program = writer.emit, writer.rules.program
    if any("." not in slot for slot in writer.plan.slots):
        emit.line(_unless_plain("context"))
    if kind.amount is not None:
        memo = writer.learned["action.amount"] = MoneyTexts(program.currency, kind.amount, paired=True)
        emit.line(f"amount, given = {emit.constant(memo.known)}[action['amount']]")
    else:
        emit.line("amount = 0")
    emit.line("parameters = NO_PARAMETERS")
    emit.line(f"if len(action) != {1 if kind.amount is None else 2}:")
    emit.line("    parameters = read_parameters(action)")
    emit.line("    if parameters is None: return None")
    for name in kind.asks:
        emit.line(f"if {name!r} not in parameters: return None")
    emit.constants["read_parameters"] = _parameters(kind, program)


def _parameters(kind: Kind, program: ir.Program) -> Callable[[Mapping[str, Any]], Mapping[str, Any] | None]:
    """Reads the reason and the parameters of an action; None where the careful way has something to say of them."""
    types = {name: program.facts[f"action.{name}"] for name in kind.parameters}

    def read(action: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if (kind.amount is None and "amount" in action) or action.get("currency", program.currency) != program.currency:
            return None
        given = {name: action[name] for name in types if action.get(name) is not None}
        try:
            return MappingProxyType({name: read_value(raw, types[name], program.currency) for name, raw in given.items()})
        except Misread:
            return None

    return read


def _write_fact(writer: _Writer, slot: str, kind: ir.FactType, source: str) -> None:
    emit, currency = writer.emit, writer.rules.program.currency
    name = emit.variables[slot]
    if isinstance(kind, ir.NumberType) and kind.unit == "money":
        memo = writer.learned[slot] = MoneyTexts(currency, (kind.low, kind.high), paired=False)
        emit.line(f"{name} = {emit.constant(memo.known)}[{source}]")
        return
    if isinstance(kind, ir.OneOfType):
        emit.line(f"{name} = {emit.constant({member: member for member in kind.members})}[{source}]")
        return
    if slot == "actor.id":
        emit.line(f"{name} = {emit.constant(writer.learned.setdefault(slot, Ids(_Reader(kind, currency))).known)}[{source}]")
        return
    emit.line(f"{name} = {source}")
    match kind:
        case ir.NumberType(unit="integer"):
            emit.line(f"if type({name}) is not int or {name} < {kind.low} or {name} > {kind.high}: return None")
        case ir.YesNoType():
            emit.line(f"if {name} is not True and {name} is not False: return None")
        case ir.TextType():
            emit.line(f"if type({name}) is not str or not 0 < len({name}) <= {TEXT_MAX}: return None")
            emit.line(f"if not {name}.isascii() and halved({name}): return None")
        case ir.SetOfType(members=members):
            emit.line(f"if type({name}) is not list: return None")
            emit.line(f"if {name}:")
            lists = writer.learned[slot] = SetLists(frozenset(members))
            emit.line(f"    {name} = {emit.constant(lists.known)}[tuple({name})]")
            emit.line(f"else: {name} = NOTHING")
        case _:
            reader = emit.constant(_Reader(kind, currency))
            emit.line(f"{name} = {reader}({name})")


@frozen
class _Reader:
    """Reads one of the rarer types with the careful way's own function."""

    kind: ir.FactType
    currency: str

    def __call__(self, raw: Any) -> Any:
        if raw is None:
            raise KeyError
        return read_value(raw, self.kind, self.currency)


def _write_thresholds(writer: _Writer) -> None:
    emit, plan = writer.emit, writer.plan
    top = plan.amount[1] if plan.amount is not None else ir.OPEN
    emit.line(f"limit = {top}")
    emit.line("mask = 0")
    if any(bar.effect == "floor" for bar in plan.bars):
        emit.line(f"floor = {plan.amount[0] if plan.amount is not None else 0}")
    _write_shared(writer, [(bar, bar.threshold.exact) for bar in plan.bars])
    for duty in plan.duties:
        emit.line(f"if {emit.condition(duty.exact)}: {writer.mask.statement(duty.guardrail)}  # {duty.effect} {duty.guardrail}")


def _write_shared(writer: _Writer, bars: Sequence[tuple[ir.Bar, ir.Num]]) -> None:
    """The guardrails, those that share a condition (the role, mostly) under one test of it. Their order does not matter."""
    emit = writer.emit
    tally = Tally(part for _, node in bars for part in _premises(node))
    shared, count = tally.most_common(1)[0] if tally else (None, 0)
    if shared is None or count < 2:
        for bar, node in bars:
            emit.line(f"# {bar.effect} {bar.guardrail}")
            _write_bar(writer, bar, node)
        return
    emit.line(f"if {emit.variables[shared] if isinstance(shared, str) else emit.condition(shared)}:")
    emit.depth += 1
    _write_shared(writer, [(bar, _without(node, shared)) for bar, node in bars if shared in _premises(node)])
    emit.depth -= 1
    _write_shared(writer, [(bar, node) for bar, node in bars if shared not in _premises(node)])


def _premises(node: ir.Num) -> tuple[ir.Cond | str, ...]:
    """What must hold for a guardrail to speak: words that a fact must be among, and (by name) sets that must not be empty."""
    if not isinstance(node, ir.If) or node.otherwise != ir.Number(ir.OPEN):
        return ()
    parts = node.condition.conditions if isinstance(node.condition, ir.All) else (node.condition,)
    sets = {part.fact for part in parts if isinstance(part, ir.Has)} if not isinstance(node, _Tested) else set()
    return (*(part for part in parts if isinstance(part, ir.IsAmong)), *sorted(sets))


@frozen
class _Tested(ir.If):
    """A choice whose set is known not to be empty."""


def _without(node: ir.Num, shared: ir.Cond | str) -> ir.Num:
    """The number once a premise has been tested."""
    if not isinstance(node, ir.If):
        return node
    if isinstance(shared, str):
        return _Tested(node.condition, node.then, node.otherwise)
    parts = node.condition.conditions if isinstance(node.condition, ir.All) else (node.condition,)
    rest = all_of(tuple(part for part in parts if part != shared))
    return if_(rest, node.then, node.otherwise) if not isinstance(node, _Tested) else _Tested(rest, node.then, node.otherwise)


def _write_bar(writer: _Writer, bar: ir.Bar, node: ir.Num) -> None:
    emit = writer.emit
    spoke = writer.mask.statement(bar.guardrail)
    if bar.effect == "floor":
        emit.assign("t", node)
        emit.line("if t > floor: floor = t")
        emit.line(f"if amount < t: {spoke}")
        return
    if isinstance(node, ir.If) and node.otherwise == ir.Number(ir.OPEN):
        emit.line(f"if {emit.condition(node.condition)}:")
        emit.depth += 1
        _write_bar(writer, bar, node.then)
        emit.depth -= 1
    elif node == ir.Number(ir.CLOSED):
        emit.line(f"limit = {ir.CLOSED}; {spoke}")
    elif node != ir.Number(ir.OPEN):
        name = str(node.value) if isinstance(node, ir.Number) else "t"
        if name == "t":
            emit.assign("t", node)
        emit.line(f"if {name} < limit: limit = {name}")
        emit.line(f"if amount > {name}: {spoke}")


def _write_answer(writer: _Writer, standing: Mapping[str, Any]) -> None:
    emit, plan = writer.emit, writer.plan
    priced = plan.amount is not None
    facts = "".join(f", {emit.variables[slot]}" for slot in plan.slots)
    state = f"({'amount' if priced else 'None'}, {'None' if writer.timeless else 'now'}, context, parameters{facts})"
    _write_memo(emit, "ids", "mask", "names", "name")
    tight = writer.mask.least(bar.guardrail for bar in plan.bars)
    emit.line(f"if mask < {tight}:" if tight else "if True:")
    emit.depth += 1
    if priced:
        _write_memo(emit, "limit", "limit", "decimals", "decimal")
    emit.line(f"return Decision(('allow', {'limit' if priced else 'None'}, ids, None, {'given' if priced else 'None'}, origin, {state}))")
    emit.depth -= 1
    if not tight:
        return
    program = writer.rules.program
    if any(program.plans[offer.kind].accounts for offer in program.menu):
        emit.line("return None  # a no offers the menu, which draws on budgets: the careful way asks the ledger what they hold")
        return
    if plan.amount is not None:
        floor = "floor" if any(bar.effect == "floor" for bar in plan.bars) else str(plan.amount[0])
        emit.line(f"if limit < {floor}: limit = None")
        emit.line("else:")
        emit.depth += 1
        _write_memo(emit, "limit", "limit", "decimals", "decimal")
        emit.depth -= 1
    else:
        emit.line("limit = None")
    _write_role(writer, standing)
    emit.line(f"return Decision(('deny' if who is None else 'escalate', limit, ids, who, None, origin, {state}))")


def _write_memo(emit: Emitter, target: str, key: str, known: str, learn: str) -> None:
    emit.line(f"try: {target} = {known}[{key}]")
    emit.line(f"except KeyError: {target} = {learn}({key})")


def _write_role(writer: _Writer, standing: Mapping[str, Any]) -> None:
    """Who could say yes: the lowest role above for whom nothing that depends on the actor would speak."""
    emit, plan, program = writer.emit, writer.plan, writer.rules.program
    nobody = writer.mask.least(hopeless(plan))
    emit.line("who = None")
    emit.line(f"if mask < {nobody}:" if nobody else "if True:")
    emit.depth += 1
    ladder = program.ladder
    first = {role: index + 1 for index, role in enumerate(ladder)} | {role: ladder.index(asks) for role, asks in program.beside.items()}
    role = emit.variables["actor.role"]
    emit.line(f"start = {emit.constant(first)}[{role}]")
    named: dict[int, list[ir.Bar]] = {}
    for bar in plan.bars:
        if bar.role is not None:
            named.setdefault(ladder.index(bar.role), []).append(bar)
    for rank, bars in sorted(named.items()):
        if rank:
            emit.line(f"if start < {rank} and mask & {writer.mask.of(bars)}: start = {rank}")
    emit.line(f"for role in {emit.constant(tuple(ladder[rank:] for rank in range(len(ladder) + 1)))}[start]:")
    emit.depth += 1
    for fact, value in standing.items():
        emit.variables = {**emit.variables, fact: emit.constant(value)}  # never a literal: Python warns of `None is True`
    emit.variables = {**emit.variables, "actor.role": "role"}
    for bar in filter(reads_actor, plan.bars):
        # An escalation to a role cannot stand in the way of that role: if it spoke, only that role and those above are tried;
        # if it did not, it would not for a role above the requester's either.
        if bar.role is None or facts_of_bar(bar) & {"actor.role", *standing} != {"actor.role"}:
            _write_standing(writer, bar, bar.threshold.exact, standing)
    emit.line("who = role")
    emit.line("break")
    emit.depth -= 2


def _write_standing(writer: _Writer, bar: ir.Bar, node: ir.Num, standing: Mapping[str, Any]) -> None:
    """`continue` when this guardrail would stand in the way of the role tried."""
    emit = writer.emit
    sign = "<" if bar.effect == "floor" else ">"
    if isinstance(node, ir.If) and node.otherwise == ir.Number(ir.OPEN):
        if any(settled(atom, positive, standing) is False for atom, positive in conjuncts(node.condition)):
            return
        emit.line(f"if {emit.condition(node.condition)}:")
        emit.depth += 1
        before = len(emit.lines)
        _write_standing(writer, bar, node.then, standing)
        if len(emit.lines) == before:
            emit.line("pass")
        emit.depth -= 1
    elif node == ir.Number(ir.CLOSED):
        emit.line("continue")
    elif node != ir.Number(ir.OPEN):
        emit.assign("t", node)
        emit.line(f"if amount {sign} t: continue")
