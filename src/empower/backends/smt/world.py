"""One request that may be any, and the intermediate representation read in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import z3

from empower import ir
from empower.backends.smt.joined import OPERATORS, at_least, by_day, extreme, floored, if_, kth_least, one_of, set_test
from empower.backends.smt.terms import ALWAYS_KNOWN, DAY_MS, EPOCH_DAY, FIRST_DAY, FIRST_MS, LAST_DAY, LAST_MS, Term, Terms
from empower.environment import Value


class World:
    """One request of one kind: its facts, its amount and its instant, any within their bounds."""

    def __init__(
        self, terms: Terms, program: ir.Program, plan: ir.Plan, name: str = "", *, prefixes: Mapping[str, str] | None = None,
        fixed: Mapping[str, Value] | None = None, sure: Iterable[str] = (), told: bool = False,
    ) -> None:  # fmt: skip
        self.terms, self.program, self.plan, self.name = terms, program, plan, name
        self.amount: Term = z3.IntVal(0) if plan.amount is None else z3.Int(f"{name}amount")
        self.now: Term = z3.Int(f"{name}now")
        self._prefixes = dict(prefixes or {})
        self._fixed = dict(fixed or {})
        self._sure, self._told = frozenset(sure), told
        self._values: dict[str, Term] = {}
        self._sets: dict[str, dict[str, Term]] = {}
        self._days: dict[tuple[str, int], Term] = {}
        self._done: dict[int, tuple[Any, Term]] = {}
        if plan.amount is not None:
            terms.take(self.amount >= plan.amount[0], self.amount <= plan.amount[1])
        terms.take(self.now >= FIRST_MS, self.now <= LAST_MS)
        for path in ("actor.id", "actor.role"):
            self.value(path)  # every request has both

    def but(self, name: str, differing: Iterable[str] = (), *, fixed: Mapping[str, Value] | None = None, sure: Iterable[str] = ()) -> World:
        """Another world, with the same amount and instant, that differs from this one, if at all, in some facts.

        Args:
            name: tells the differing facts from those of all other worlds.
            differing: these have a value of their own.
            fixed: these have this value, and are known.
            sure: these are known.
        """
        paths = frozenset(differing)
        prefixes = {**self._prefixes, **dict.fromkeys(paths, name)}
        kept = {path: value for path, value in self._fixed.items() if path not in paths}
        known = (self._sure - paths) | frozenset(sure)
        return World(
            self.terms, self.program, self.plan, self.name, prefixes=prefixes, fixed={**kept, **(fixed or {})}, sure=known, told=self._told
        )

    def fully_told(self) -> World:
        """The same world with every fact known."""
        return World(self.terms, self.program, self.plan, self.name, prefixes=self._prefixes, fixed=self._fixed, told=True)

    def under(self, program: ir.Program, plan: ir.Plan) -> World:
        """The same request under another pack: facts of one name have one value, and the amount lies within the bounds of both."""
        return World(self.terms, program, plan, self.name, prefixes=self._prefixes, fixed=self._fixed, sure=self._sure, told=self._told)

    # -------------------------------------------------------------------------------------------- facts

    @property
    def facts(self) -> Iterable[str]:
        """The facts that were read so far."""
        return [*self._values, *self._sets]

    def known(self, fact: str) -> Term:
        """Whether a fact is known."""
        if fact in ALWAYS_KNOWN:
            return z3.BoolVal(val=True)
        if isinstance(self.program.facts[fact], ir.SetOfType):
            self.members(fact)
        else:
            self.value(fact)
        if self._told or fact in self._fixed or fact in self._sure:
            return z3.BoolVal(val=True)
        return z3.Bool(f"{self._prefixes.get(fact, self.name)}known {fact}")

    def value(self, fact: str) -> Term:
        """The value of a fact that is no set, as a number or a yes/no."""
        found = self._values.get(fact)
        if found is None:
            found = self._values[fact] = self._make(fact)
        return found

    def members(self, fact: str) -> Mapping[str, Term]:
        """Of a set, whether each member is in it."""
        found = self._sets.get(fact)
        if found is None:
            kind = self.program.facts[fact]
            assert isinstance(kind, ir.SetOfType)
            prefix = self._prefixes.get(fact, self.name)
            given = self._fixed.get(fact)
            if isinstance(given, frozenset):
                found = {member: z3.BoolVal(member in given) for member in kind.members}
            else:
                found = {member: z3.Bool(f"{prefix}{fact} has {member}") for member in kind.members}
            self._sets[fact] = found
        return found

    def _make(self, fact: str) -> Term:
        if fact in self._fixed:
            return self._constant(self._fixed[fact])
        if fact == "action.kind":
            return z3.IntVal(self.terms.word(self.plan.kind))
        name = f"{self._prefixes.get(fact, self.name)}{fact}"
        kind = self.program.facts[fact]
        if isinstance(kind, ir.YesNoType):
            return z3.Bool(name)
        value = z3.Int(name)
        self.terms.take(self._within(fact, kind, value))
        return value

    def _constant(self, value: Value) -> Term:
        if isinstance(value, bool):
            return z3.BoolVal(value)
        return z3.IntVal(value if isinstance(value, int) else self.terms.word(str(value)))

    def _within(self, fact: str, kind: ir.FactType, value: Term) -> Term:
        match kind:
            case ir.NumberType(low=low, high=high):
                return z3.And(value >= low, value <= high)
            case ir.OneOfType(members=members):
                return one_of(value, [self.terms.word(member) for member in members])
            case ir.DateType(never=never):
                return z3.And(value >= (ir.NEVER_DAY if never else FIRST_DAY), value <= LAST_DAY)
            case ir.InstantType(never=never):
                within = z3.And(value >= FIRST_MS, value <= LAST_MS)
                return z3.Or(within, value == ir.NEVER_MS) if never else within
            case _:
                return value >= 0

    def day(self, moment: Term, zone: str) -> Term:
        """The local day of an instant: some day whose noon is less than a day and a half away; later instants have no earlier day."""
        zone = zone or self.program.zone
        key = (zone, moment.get_id())
        found = self._days.get(key)
        if found is None:
            found = z3.Function(f"day in {zone}", z3.IntSort(), z3.IntSort())(moment)
            start = (found - EPOCH_DAY) * DAY_MS
            near = z3.And(moment >= start - DAY_MS, moment < start + 2 * DAY_MS)
            self.terms.take(z3.If(moment == ir.NEVER_MS, found == ir.NEVER_DAY, near))
            for (other_zone, _), other in self._days.items():
                if other_zone == zone:
                    earlier = other.arg(0)
                    self.terms.take(z3.Implies(earlier <= moment, other <= found))
                    self.terms.take(z3.Implies(moment <= earlier, found <= other))
            self._days[key] = found
        return found

    @property
    def days(self) -> Iterable[tuple[str, Term, Term]]:
        """Every local day that was asked for: (zone, instant, day)."""
        return [(zone, day.arg(0), day) for (zone, _), day in self._days.items()]

    @property
    def plain(self) -> Term:
        """Nothing here hangs on what is opaque: texts are among the words, and no day is counted within two hours of midnight."""
        texts = [path for path in self._values if path not in self.program.facts or isinstance(self.program.facts[path], ir.TextType)]
        days = [by_day(zone, moment, day) for zone, moment, day in self.days]
        return z3.And(*days, *(self.value(path) < len(self.terms.words) for path in texts))

    # -------------------------------------------------------------------------------------------- numbers

    def number(self, node: ir.Num) -> Term:
        """A number as a term."""
        done = self._done.get(id(node))
        if done is None:
            done = self._done[id(node)] = (node, self._number(node))
        return done[1]

    def _number(self, node: ir.Num) -> Term:
        match node:
            case ir.Number(value=value):
                return z3.IntVal(value)
            case ir.NumberFact(fact=fact):
                return self.value(fact)
            case ir.Amount():
                return self.amount
            case ir.Sum(left=left, right=right):
                return self.number(left) + self.number(right)
            case ir.Scaled(value=value, factor=factor):
                return self.number(value) * factor
            case ir.Product(left=left, right=right):
                return self.number(left) * self.number(right)
            case ir.Floored(value=value, divisor=divisor):
                return floored(self.number(value), divisor)
            case ir.Least(values=values):
                return extreme([self.number(each) for each in values], least=True)
            case ir.Greatest(values=values):
                return extreme([self.number(each) for each in values], least=False)
            case ir.KthLeast(count=count, values=values):
                return kth_least(count, [self.number(each) for each in values])
            case ir.Chosen(fact=fact, cases=cases):
                return self._chosen(fact, cases)
            case ir.If(condition=condition, then=then, otherwise=otherwise):
                return z3.If(self.holds(condition), self.number(then), self.number(otherwise))
            case ir.Rows():
                return self._first_match(node)
            case ir.Today(zone=zone):
                return self.day(self.now, zone)
            case ir.DayOf(fact=fact, zone=zone):
                return self.day(self.value(fact), zone)
            case ir.Now():
                return self.now

    def _chosen(self, fact: str, cases: Sequence[tuple[str, ir.Num]]) -> Term:
        value = self.value(fact)
        found = self.number(cases[-1][1])
        for member, number in cases[-2::-1]:
            found = z3.If(value == self.terms.word(member), self.number(number), found)
        return found

    def _first_match(self, table: ir.Rows) -> Term:
        """The rows that could be the first to apply, read from the last one up."""
        found = self.number(table.otherwise)
        for row in reversed(table.rows):
            value = self.number(row.value)
            later = extreme([value, found], least=table.pick == "least") if row.certain is not row.possible else value
            certain = self.holds(row.certain)
            found = z3.If(certain, value, z3.If(self.holds(row.possible), later, found))
        return found

    def above(self, value: Term, node: ir.Num) -> Term:
        """Whether a value from 0 up to below `OPEN` is above a threshold: taken apart into conditions, which a solver reads best."""
        match node:
            case ir.Number(value=bound):
                return z3.BoolVal(bound < 0) if bound < 0 or bound >= ir.OPEN else value > bound
            case ir.If(condition=condition, then=then, otherwise=otherwise):
                return if_(self.holds(condition), self.above(value, then), self.above(value, otherwise))
            case ir.Least(values=values):
                return z3.Or(*(self.above(value, each) for each in values))
            case ir.Greatest(values=values):
                return z3.And(*(self.above(value, each) for each in values))
            case ir.KthLeast(count=count, values=values):
                return at_least(count, [self.above(value, each) for each in values])
            case ir.Rows(rows=rows, otherwise=otherwise, pick=pick):
                found = self.above(value, otherwise)
                join = z3.Or if pick == "least" else z3.And
                for row in reversed(rows):
                    mine = self.above(value, row.value)
                    if row.certain is row.possible or row.certain == row.possible:
                        found = if_(self.holds(row.certain), mine, found)
                    else:
                        found = if_(self.holds(row.certain), mine, if_(self.holds(row.possible), join(mine, found), found))
                return found
            case _:
                return value > self.number(node)

    def below(self, value: Term, node: ir.Num) -> Term:
        """Whether a value from 0 up is below a threshold."""
        return z3.Not(self.above(value + 1, node))

    # -------------------------------------------------------------------------------------------- conditions

    def holds(self, condition: ir.Cond) -> Term:
        """A condition as a formula."""
        done = self._done.get(id(condition))
        if done is None:
            done = self._done[id(condition)] = (condition, self._holds(condition))
        return done[1]

    def _holds(self, condition: ir.Cond) -> Term:
        match condition:
            case ir.Constant(value=value):
                return z3.BoolVal(value)
            case ir.Compare(operator=sign, left=left, right=right):
                return OPERATORS[sign](self.number(left), self.number(right))
            case ir.AmountAbove(threshold=threshold):
                return self.above(self.amount, threshold)
            case ir.IsYes(fact=fact):
                return self.value(fact)
            case ir.IsAmong(fact=fact, members=members):
                return one_of(self.value(fact), [self.terms.word(member) for member in sorted(members)])
            case ir.SameWord(left=left_fact, right=right_fact):
                return self.value(left_fact) == self.value(right_fact)
            case ir.Has(fact=fact, member=member):
                return self.members(fact).get(member, z3.BoolVal(val=False))
            case ir.SetTest(operator=sign, fact=fact, members=members):
                return set_test(sign, self.members(fact), members)
            case ir.TextTest(fact=fact):
                return self._text_test(condition)
            case ir.Known(fact=fact):
                return self.known(fact)
            case ir.Not(condition=inner):
                return z3.Not(self.holds(inner))
            case ir.All(conditions=parts):
                return z3.And(*(self.holds(part) for part in parts))
            case ir.Any(conditions=parts):
                return z3.Or(*(self.holds(part) for part in parts))
            case ir.AtLeast(count=count, conditions=parts):
                return at_least(count, [self.holds(part) for part in parts])

    def _text_test(self, test: ir.TextTest) -> Term:
        if test.operator == "equals" and not test.ignore_case:
            return self.value(test.fact) == self.terms.word(test.text)
        return self.terms.tested(test, self.value(test.fact))
