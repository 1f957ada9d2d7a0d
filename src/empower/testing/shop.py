"""A day in the shop: several tills on one ledger decide, settle, approve and change their pack while time passes, and a book adds it all up.

`ShopDay.of(pack, new_ledger)` is a state machine of Hypothesis.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from empower.checked import CheckedPack
from empower.compile import Rules
from empower.decide import Guard
from empower.decision import Decision
from empower.errors import EmpowerError, KeyConflict
from empower.ledger import Ledger
from empower.noun import evolve, frozen
from empower.request import Approval
from empower.testing.asks import DAY, HOUR, Clock
from empower.testing.book import Book, Line
from empower.testing.edges import Edges
from empower.testing.giving import law_01_never_exceeded, law_09_asked_twice_given_once
from empower.testing.strategies import Chances, approval_in, compiled, drawn_worlds
from empower.testing.trial import Law, LawBrokenError, minor
from empower.testing.world import USUAL_NOW, World

TILLS = 3
IN_THE_QUEUE = TILLS - 1
"""The till that somebody else may come before."""
REGULARS = 3
STEPS = (1, 1, 60_000, 60_000, HOUR, HOUR, DAY // 2, DAY - 1, DAY, 7 * DAY, 31 * DAY)
LIFETIMES = (None, None, None, 1, HOUR, DAY, 31 * DAY)


@frozen
class Asked:
    """A wish as it was asked, to be asked again."""

    world: World
    approver: World | None = None
    up_to: bool = False
    lifetime: int | None = None
    """Milliseconds until the hold expires; None: never."""

    def options(self) -> dict[str, Any]:
        """As `decide` takes them."""
        approval: Approval | None = None if self.approver is None else approval_in(self.approver)
        lasting = None if self.lifetime is None else datetime.timedelta(milliseconds=self.lifetime)
        return {"approval": approval, "up_to": self.up_to, "hold_for": lasting}


class Queue:
    """A ledger as a till sees it that has to wait: somebody else is served between what it reads and what it reserves."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.first: Callable[[], object] | None = None
        """Whom to serve before the next that reserves."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def reserve(self, *arguments: Any, **options: Any) -> Any:
        """Serve whoever comes first, and then reserve."""
        served, self.first = self.first, None
        if served is not None:
            served()
        return self._ledger.reserve(*arguments, **options)


class ShopDay(RuleBasedStateMachine):
    """Laws 1 and 9 over whole days. `of` makes one for a pack and a ledger."""

    make: ClassVar[Callable[[Clock], Ledger]]
    packs: ClassVar[tuple[Rules, ...]]
    """The pack, and other versions of it to which a till may change."""
    edges: ClassVar[Edges]

    @classmethod
    def of(cls, pack: CheckedPack | Rules, new_ledger: Callable[[Clock], Ledger], *versions: CheckedPack | Rules) -> type[ShopDay]:
        """The days of a pack.

        Args:
            pack: what `load_pack` gives.
            new_ledger: makes an empty ledger that goes by a given clock.
            versions: other versions of the pack; a till may change to any of them, and back.
        """
        packs = tuple(compiled(each) for each in (pack, *versions))
        return type("Day", (cls,), {"make": staticmethod(new_ledger), "packs": packs, "edges": Edges(packs[0])})

    @initialize(data=st.data())
    def open_the_shop(self, data: st.DataObject) -> None:
        """An empty ledger, a book, tills that all have the same pack, and a few people who come every day."""
        self.clock = Clock(USUAL_NOW)
        self.lengths = _lengths(self.packs)
        self.ledger = type(self).make(self.clock)
        self.queue = Queue(self.ledger)
        ledgers: list[Any] = [self.queue if till == IN_THE_QUEUE else self.ledger for till in range(TILLS)]
        self.tills = [Guard(self.packs[0], each) for each in ledgers]
        self.book = Book()
        self.asked: dict[str, Asked] = {}
        self.wishes = 0
        people = data.draw(
            st.lists(drawn_worlds(self.edges, Chances(unknown=20, free_amount=False)), min_size=REGULARS, max_size=2 * REGULARS)
        )
        answers = [(each, self.tills[0].preview(each.action(), each.context())) for each in people]
        self.regulars = [each for each, found in answers if found.outcome == "allow" or found.limit is not None] or people

    # -------------------------------------------------------------------------------------------- asking

    @rule(data=st.data(), till=st.integers(0, TILLS - 1), near=st.integers(-1, 1))
    def ask_for_all_there_is(self, data: st.DataObject, till: int, near: int) -> None:
        """Somebody who comes every day asks for as much as there is, or for a minor unit less or more."""
        world: World = data.draw(st.sampled_from(self.regulars))
        limit = minor(self.tills[till].preview(world.action(), world.context()).limit, world)
        self.wish(till, Asked(evolve(world, amount=limit + near) if limit is not None and limit + near > 0 else world))

    @rule(data=st.data(), till=st.integers(0, TILLS - 1), up_to=st.booleans(), lifetime=st.sampled_from(LIFETIMES), approved=st.booleans())
    def ask(self, *, data: st.DataObject, till: int, up_to: bool, lifetime: int | None, approved: bool) -> None:
        """Somebody who comes every day asks for something, now and then with somebody's yes."""
        world: World = data.draw(st.sampled_from(self.regulars))
        amount = None if world.amount is None else data.draw(st.integers(1, world.amount))
        approver = data.draw(drawn_worlds(self.edges, Chances(unknown=20, above=True))) if approved else None
        self.wish(till, Asked(evolve(world, amount=amount), approver, up_to, lifetime))

    @rule(data=st.data(), till=st.integers(0, TILLS - 1))
    def ask_as_a_stranger(self, data: st.DataObject, till: int) -> None:
        """Somebody asks for anything."""
        self.wish(till, Asked(data.draw(drawn_worlds(self.edges, Chances()))))

    @rule(data=st.data(), till=st.integers(0, TILLS - 1), count=st.integers(2, 3), same=st.booleans())
    def ask_for_several(self, *, data: st.DataObject, till: int, count: int, same: bool) -> None:
        """Several remedies in one go, or one of them several times."""
        worlds = data.draw(st.lists(st.sampled_from(self.regulars), min_size=count, max_size=count))
        if same:
            limit = minor(self.tills[till].preview(worlds[0].action(), worlds[0].context()).limit, worlds[0])
            amounts = [None] if limit is None else [1, max(1, limit // 2 + 1), max(1, limit)]
            worlds = [evolve(worlds[0], amount=data.draw(st.sampled_from(amounts)))] * count
        self.wish_for_all(till, worlds)

    def wish_for_all(self, till: int, worlds: Sequence[World]) -> None:
        """All of these for the first of them, or none."""
        key, guard, first = self.new_key(), self.tills[till], worlds[0]
        decision = guard.decide_all([each.action() for each in worlds], first.context(), key=key)
        expect(len(decision.parts) == len(worlds), f"of {len(worlds)} parts {len(decision.parts)} are answered")
        sums: dict[str, int] = {}
        for number, (part, world) in enumerate(zip(decision.parts, worlds, strict=True), 1):
            expect(part.allowed == decision.allowed, "a part is given without the whole, or the whole without a part")
            if decision.allowed:
                asked = Asked(evolve(world, facts=first.facts))
                self.note(f"{key}#{number}", guard, asked, part, sums.get(world.kind, 0))
                sums[world.kind] = sums.get(world.kind, 0) + (world.amount or 0)

    @rule(data=st.data(), till=st.integers(0, TILLS - 1), several=st.booleans())
    def another_is_served_first(self, *, data: st.DataObject, till: int, several: bool) -> None:
        """Two tills at once: after one has read what is left, and before it takes it, the other one takes some."""
        world: World = data.draw(st.sampled_from(self.regulars))
        self.queue.first = lambda: self.wish(till, Asked(world))
        if several:
            self.wish_for_all(IN_THE_QUEUE, [world, world])
        else:
            self.wish(IN_THE_QUEUE, Asked(world, up_to=True))
        self.queue.first = None

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), till=st.integers(0, TILLS - 1))
    def ask_again(self, data: st.DataObject, till: int) -> None:
        """The same wish under the same key, at any till: given once (law 9)."""
        key = data.draw(st.sampled_from(sorted(self.asked)))
        self.decide(till, key, self.asked[key])

    @precondition(lambda self: any("#" not in key for key in self.book.lines))
    @rule(data=st.data(), till=st.integers(0, TILLS - 1))
    def ask_for_something_else_under_the_same_key(self, data: st.DataObject, till: int) -> None:
        """Another person's wish under a key that was allowed: a conflict, and nothing spent (law 9)."""
        key = data.draw(st.sampled_from(sorted(key for key in self.book.lines if "#" not in key)))
        world = self.asked[key].world.with_facts(**{"actor.id": "somebody else"})
        try:
            decision = self.tills[till].decide(world.action(), world.context(), key=key)
        except KeyConflict:
            return
        raise LawBrokenError(f"{law_09_asked_twice_given_once}: another wish under the key {key} was answered: {decision}")

    def new_key(self) -> str:
        """A key that was never asked under."""
        self.wishes += 1
        return f"k{self.wishes}"

    def wish(self, till: int, asked: Asked) -> str:
        """Ask under a key of its own."""
        key = self.new_key()
        self.decide(till, key, asked)
        return key

    def decide(self, till: int, key: str, asked: Asked) -> None:
        """Ask, and hold the answer against the book."""
        guard = self.tills[till]
        decision = guard.decide(asked.world.action(), asked.world.context(), key=key, **asked.options())
        self.asked.setdefault(key, asked)
        line = self.book.lines.get(key)
        if line is not None:
            self.replayed(line, decision, asked.world)
        elif decision.allowed:
            expect(not decision.replayed, f"{key} was never given before, and is told as if it was")
            self.note(key, guard, asked, decision)

    def note(self, key: str, guard: Guard, asked: Asked, decision: Decision, others: int = 0) -> None:
        """Write down what was given, and by whose power."""
        facts = dict(asked.world.everything)
        if decision.extra.approved:
            assert asked.approver is not None
            theirs = {path: value for path, value in asked.approver.facts.items() if path.startswith("actor.")}
            facts = {path: None if path.startswith("actor.") else value for path, value in facts.items()} | theirs
        at = self.now()
        expires_at = None if asked.lifetime is None else at + asked.lifetime
        given = minor(decision.amount, asked.world) or 0
        self.book.note(Line(key, at, asked.world.kind, facts, given, guard.rules, others, expires_at))

    def replayed(self, line: Line, decision: Decision, world: World) -> None:
        """What was given once is told again, as far as it is still given; what has ended never is."""
        if line.counts(self.now()):
            expect(decision.allowed, f"{line.key} is given, and asked again it is {decision}")
            expect(decision.replayed, f"{line.key} is given twice: {decision}")
            expect(
                (minor(decision.amount, world) or 0) == line.amount, f"of {line.key} {line.amount} is left, and {decision.amount} is told"
            )
        else:
            expect(decision.outcome == "deny", f"{line.key} has ended, and asked again it is {decision}")

    # -------------------------------------------------------------------------------------------- settling

    @precondition(lambda self: self.book.lines)
    @rule(data=st.data(), till=st.integers(0, TILLS - 1), verb=st.sampled_from(["confirm", "void", "reverse"]), part=st.integers(0, 4))
    def settle(self, *, data: st.DataObject, till: int, verb: str, part: int) -> None:
        """Confirm, void or reverse, wholly or in part; what is refused changes nothing."""
        self.settled(till, data.draw(st.sampled_from(sorted(self.book.lines))), verb, part)

    def settled(self, till: int, key: str, verb: str, part: int) -> None:
        """Settle, and hold what came of it against the book: what has ended is never confirmed."""
        line = self.book.lines[key]
        amount = (line.confirmed or line.amount) * part // 4
        money = {"minor": amount, "currency": line.rules.program.currency}
        guard = self.tills[till]
        with contextlib.suppress(EmpowerError, ValueError):
            if verb == "confirm":
                guard.confirm(key, money)
                expect(line.state in ("confirmed", "reversed") or line.counts(self.now()), f"{key} had ended, and was confirmed")
            elif verb == "void":
                guard.void(key)
            else:
                guard.reverse(key, amount=money, because="came back")
            self.book.settle(key, verb, amount)

    @rule(
        data=st.data(), till=st.integers(0, TILLS - 1), lifetime=st.sampled_from([None, 1, HOUR, 31 * DAY]), first=st.sampled_from(["", "count", "sweep", "ask"]),
        verb=st.sampled_from(["confirm", "void", "ask"]),
    )  # fmt: skip
    def come_back_late(self, *, data: st.DataObject, till: int, lifetime: int | None, first: str, verb: str) -> None:
        """A hold is left until it expires, or nearly, or a window has moved on; then somebody settles it, or asks again."""
        world: World = data.draw(st.sampled_from(self.regulars))
        key = self.wish(till, Asked(world, lifetime=lifetime))
        if key not in self.book.lines:
            return
        waits = self.lengths if lifetime is None else (lifetime - 1, lifetime, lifetime + 1)
        self.time_passes(data.draw(st.sampled_from(waits)))
        if first == "count":
            self.count()
        elif first == "sweep":
            self.sweep()
        elif first == "ask":
            self.wish(till, Asked(world))
        if verb == "ask":
            self.decide(till, key, self.asked[key])
        else:
            self.settled(till, key, verb, 2)
        self.count()

    @rule()
    def count(self) -> None:
        """What each window of a budget holds is what the book adds up: neither too little, nor too much."""
        counted = self.book.balances(self.now())
        for (counter, held), told in zip(counted.items(), self.ledger.balances(list(counted)), strict=True):
            about = f"'{counter.budget}' of {' and '.join(value for _, value in counter.keys) or 'everybody'}"
            expect(
                (told.amount, told.times) == held,
                f"{about} holds {held[0]} in {held[1]} times, and the ledger tells {told}",
                law_01_never_exceeded,
            )

    @rule()
    def sweep(self) -> None:
        """Holds that are due expire."""
        self.ledger.expire_due()
        self.book.expire(self.now())

    # -------------------------------------------------------------------------------------------- the world

    @rule(data=st.data())
    def wait(self, data: st.DataObject) -> None:
        """An hour, the night, a month; or just as long as a window of the pack."""
        self.time_passes(data.draw(st.sampled_from((*STEPS, *self.lengths))))

    def time_passes(self, step: int) -> None:
        """The clock goes on, from where ledger time is."""
        self.clock.at = max(self.clock.at, self.now()) + step

    @rule(step=st.sampled_from(STEPS))
    def the_clock_is_set_back(self, step: int) -> None:
        """The clock on the wall goes back; ledger time never does before the last entry, and what has expired stays so."""
        self.sweep()
        self.clock.at -= step

    def now(self) -> int:
        """Ledger time."""
        return self.ledger.now()

    @precondition(lambda self: len(self.packs) > 1)
    @rule(till=st.integers(0, TILLS - 1), version=st.integers(0, 9))
    def change_the_pack(self, till: int, version: int) -> None:
        """One till goes over to another version of the pack; the others keep theirs."""
        self.tills[till] = self.tills[till].with_pack(self.packs[version % len(self.packs)].checked)

    def teardown(self) -> None:
        """At closing time the ledger holds as unsettled what the book does, and nothing in it contradicts itself."""
        self.sweep()
        self.count()
        held = {line.key for line in self.book.lines.values() if line.state == "held"}
        unsettled = {hold.key for hold in self.ledger.unsettled()}
        expect(unsettled == held, f"the ledger holds {sorted(unsettled)}, and the book {sorted(held)}")
        findings = self.ledger.verify().findings
        expect(not findings, f"the ledger finds in itself: {findings}")
        self.ledger.close()


def _lengths(packs: Sequence[Rules]) -> tuple[int, ...]:
    """After so many milliseconds a window holds nothing any more: a month, and the length of each rolling one of the packs."""
    accounts = (account for rules in packs for plan in rules.program.plans.values() for account in plan.accounts)
    return (31 * DAY, *sorted({account.window[1] for account in accounts if account.window[0] == "rolling"}))


def expect(so: bool, otherwise: str, law: Law = law_09_asked_twice_given_once) -> None:  # noqa: FBT001  (as `assert` is written)
    """Raise what is said otherwise, if it is not so."""
    if not so:
        raise LawBrokenError(f"{law}: {otherwise}")


def play(pack: CheckedPack | Rules, new_ledger: Callable[[Clock], Ledger], *versions: CheckedPack | Rules, days: int = 100) -> None:
    """Play so many days of a pack on a ledger, always the same ones; arguments as of `ShopDay.of`.

    Raises:
        LawBrokenError: more was given than a cap or a budget gives, or something was given twice; with the day, as short as can be.
    """
    quietly = settings(
        max_examples=days, stateful_step_count=40, deadline=None, derandomize=True, database=None, print_blob=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(ShopDay.of(pack, new_ledger, *versions), settings=quietly)
