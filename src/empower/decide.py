"""`Guard`: what an embedder holds. It reads what the host hands in, lets the clerk decide, and settles what was given."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, NoReturn

from empower.asking import Asked, read_asked
from empower.checked import CheckedPack
from empower.clerk import Clerk
from empower.compile import Rules, compile_pack
from empower.decision import Decision, Given, Left, Nudge, Option
from empower.errors import Fault, HoldEnded, LedgerUnavailable, MalformedRequest, MoreThanReserved
from empower.explain import Teller
from empower.fast import Fast, Ways
from empower.ledger import Entry, Held, Ledger
from empower.ledger.clocks import wall_clock
from empower.ledger.memory import MemoryLedger
from empower.ledger.windows import zone_data_version
from empower.money import MoneyError, format_money, parse_money, to_decimal
from empower.noun import evolve
from empower.periods import day_in
from empower.problems import did_you_mean
from empower.request import Approval, bare, halved, kind_of, plain_subjects
from empower.version import __version__

KEY_MAX = 200


class Guard:
    """Decides for one pack against one ledger. Immutable, thread-safe; a ledger may be shared by several guards.

    Args:
        pack: what `load_pack` gives.
        ledger: a store behind the ledger port, or its address; none: in memory, for as long as the process lives.
        clock: milliseconds since 1970-01-01T00:00Z, for replays and tests: the clock of the ledger that is opened here. A store that is
            handed in tells its own time, so it goes without.
        strict: refuse facts that the pack does not declare.
    """

    rules: Rules
    ledger: Ledger
    strict: bool
    _clerk: Clerk
    _ways: Ways
    _fast: Mapping[str, Fast]
    """The quick functions made so far; empty where every request is to be read strictly."""

    def __init__(
        self, pack: CheckedPack | Rules, ledger: Ledger | str | None = None, *, clock: Callable[[], int] | None = None, strict: bool = False
    ) -> None:
        _check_made(pack, ledger, clock)
        rules = pack if isinstance(pack, Rules) else compile_pack(pack)
        zone = rules.program.zone
        opened = open_ledger(ledger, clock)
        teller = Teller(rules, day_in(zone))
        clerk = Clerk(rules, opened, teller, teller.day_of)
        with suppress(LedgerUnavailable):  # a ledger that cannot be reached says so at the first wish
            clerk.calling(opened.keep_pack, rules.program.digest, kept_pack(rules))
        ways = Ways(rules, teller, _quick_clock(opened, clock, own=ledger is None))
        fast = {} if strict else ways.made
        vars(self).update(rules=rules, ledger=opened, strict=strict, _clerk=clerk, _ways=ways, _fast=fast)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a guard never changes: '{name}' cannot be set")

    def __copy__(self) -> Guard:
        return self

    def __deepcopy__(self, _known: object) -> Guard:
        return self

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a guard holds a ledger that is open, so it cannot be pickled (help: make one in each process)")

    def __repr__(self) -> str:
        return f"Guard({self.rules.program.name!r}, ledger={self.ledger!r}, strict={self.strict})"

    # -------------------------------------------------------------------------------------------- asking

    def preview(self, action: Any, context: Any, *, approval: Approval | None = None) -> Decision:
        """The answer that `decide` would give now; nothing is reserved or recorded.

        Raises:
            MalformedRequest, LedgerUnavailable.
        """
        if approval is None:
            try:
                quick = self._fast[action["kind"]](action, context)
            except (KeyError, TypeError, LedgerUnavailable):
                quick = None  # the careful way tells what is the matter
            if quick is not None:
                return quick
            self._ways.make(action)
        return self._preview(action, context, approval)

    def _preview(self, action: Any, context: Any, approval: Approval | None) -> Decision:
        """The careful way: every fact may be unknown, every fault is told."""
        asked = read_asked(self.rules, action, context, approval, strict=self.strict, recorded=False)
        try:
            return self._clerk.preview(asked)
        except LedgerUnavailable:
            return self._clerk.fallback(asked)

    def decide(
        self,
        action: Any,
        context: Any,
        *,
        key: str | None = None,
        up_to: bool = False,
        approval: Approval | None = None,
        hold_for: timedelta | None = None,
    ) -> Decision:
        """Decide, and reserve what is allowed: from here on it counts as given, until it is voided.

        Args:
            action: `{"kind": …, "amount": …, "reason": …}` and the parameters of the kind.
            context: the facts, as nested mappings.
            key: names this wish; the same key asked again never gives twice. None: a fresh one, so a retry is a new wish.
            up_to: give as much as is allowed, at most the amount asked.
            approval: somebody's yes (law 11).
            hold_for: the hold expires unless confirmed within this time; None: never.

        Raises:
            MalformedRequest: the request cannot be read; KeyConflict: the key names another wish;
            LedgerUnavailable: and the pack declares no fallback. Nothing was allowed then.
        """
        _check_up_to(up_to)
        asked = read_asked(self.rules, action, context, approval, up_to=up_to, strict=self.strict)
        key = fresh_key() if key is None else checked_key(key)
        length = _hold_length(hold_for)
        try:
            return self._clerk.decide(asked, key, length)
        except LedgerUnavailable:
            return self._clerk.fallback(asked, key)

    async def adecide(self, action: Any, context: Any, **options: Any) -> Decision:
        """`decide`, awaited in a thread."""
        import asyncio  # noqa: PLC0415  (here, because it costs a tenth of the start and only hosts that have it loaded call this)

        return await asyncio.to_thread(self.decide, action, context, **options)

    def decide_all(
        self,
        actions: Sequence[Any],
        context: Any,
        *,
        key: str | None = None,
        approval: Approval | None = None,
        hold_for: timedelta | None = None,
    ) -> Decision:
        """Several remedies in one go: all of them, or none.

        The outcome is the strongest of the parts'; parts are judged in order, each with the amounts of the earlier ones in the budgets,
        and several parts of one kind meet each cap with their sum. Held under `key#1`, `key#2` …

        Raises:
            As `decide`.
        """
        read = self._read_all(actions, context, approval)
        key = fresh_key() if key is None else checked_key(key)
        length = _hold_length(hold_for)
        try:
            return self._clerk.decide_all(read, key, length)
        except LedgerUnavailable:
            return self._clerk.fallback(read[0], key)

    def _read_all(self, actions: Any, context: Any, approval: Approval | None) -> list[Asked]:
        if not isinstance(actions, Sequence) or isinstance(actions, (str, bytes)) or not actions:
            given = "an empty list" if isinstance(actions, Sequence) and not isinstance(actions, (str, bytes)) else kind_of(actions)
            help_ = 'such as [{"kind": "refund", "amount": "5.00"}]; one action alone is for `decide`'
            raise MalformedRequest((Fault("actions", f"must be a list of one or more actions, not {given}", help_),))
        faults: list[Fault] = []
        read: list[Asked] = []
        for index, action in enumerate(actions):
            try:
                read.append(read_asked(self.rules, action, context, approval, strict=self.strict))
            except MalformedRequest as malformed:
                faults.extend(_of_part(fault, index) for fault in malformed.faults)
        if faults:
            raise MalformedRequest(tuple(dict.fromkeys(faults)))
        return read

    def options(self, context: Any) -> tuple[Option, ...]:
        """What can I do for this customer right now: each kind at its limit, then the menu by rank."""
        return self._clerk.teller.everything(self._situation(context))

    def nudges(self, context: Any) -> tuple[Nudge, ...]:
        """What the company encourages in this situation."""
        return self._clerk.teller.all_nudges(self._situation(context))

    def _situation(self, context: Any) -> Decision:
        """A decision to hang questions on that concern no action: of the first kind, without an amount."""
        kind = next(iter(self.rules.checked.kinds))
        return self._clerk.preview(read_asked(self.rules, {"kind": kind}, context, None, strict=self.strict), every_kind=True)

    # -------------------------------------------------------------------------------------------- settling

    def confirm(self, key: str, amount: object = None) -> Given:
        """Fix the final amount (0..reserved; None: all). The same again is a no-op.

        Raises:
            UnknownKey, MoreThanReserved, HoldExpired, HoldEnded, LedgerUnavailable.
        """
        minor = None if amount is None else self._minor(amount)
        return self._settle(self.ledger.confirm, key, minor)

    def void(self, key: str) -> Given:
        """End a hold: amount and times go back to their own window. Idempotent; after `confirm` use `reverse`."""
        return self._settle(self.ledger.void, key)

    def reverse(self, key: str, *, amount: object, because: str) -> Given:
        """Take back, in all so far, `amount` of what was confirmed; times go back when it is all. Idempotent."""
        _check_because(because)
        return self._settle(self.ledger.reverse, key, self._minor(amount), because)

    @contextmanager
    def hold(self, action: Any, context: Any, **options: Any) -> Iterator[Decision]:
        """`decide`, and on leaving `confirm`; on an exception `void`. What is not allowed is held by nobody."""
        decision = self.decide(action, context, **options)
        key = str(decision.key)
        held = decision.allowed and not decision.extra.settled
        try:
            yield decision
        except BaseException:
            if held:
                self.void(key)
            raise
        if held:
            self.confirm(key)

    def unsettled(self, older_than: timedelta = timedelta(0)) -> tuple[Given, ...]:
        """Holds neither confirmed nor ended, oldest first: what a host reconciles after a crash."""
        return tuple(self._given(held) for held in self._clerk.calling(self.ledger.unsettled, _milliseconds(older_than, "older_than") or 0))

    def history(self, **subjects: str) -> tuple[Entry, ...]:
        """What was asked and given, e.g. `history(customer="c1")`; subjects are actor, customer, incident and store."""
        plain_subjects(subjects, roles=None)
        return self._clerk.calling(self.ledger.history, **subjects)  # type: ignore[no-any-return]

    def left(self, **subjects: str) -> tuple[Left, ...]:
        """What is left of the budgets kept per these subjects, e.g. `left(actor="d7", role="driver")`."""
        return self._clerk.left(plain_subjects(subjects, self.rules.checked.roles.everyone()))

    def with_pack(self, pack: CheckedPack) -> Guard:
        """The same ledger under another pack, or another version of it; counters go on."""
        return Guard(pack, self.ledger, strict=self.strict)

    def _settle(self, method: Callable[..., Held], key: str, *arguments: object) -> Given:
        """What a change of a hold leaves of it. A refusal names amounts as the pack's people do: the ledger knows no currency's signs."""
        key = checked_key(key)
        self._refuse_other_currency(key)
        try:
            return self._given(self._clerk.calling(method, key, *arguments))
        except (HoldEnded, MoreThanReserved) as refusal:
            raise refusal.told(lambda minor: format_money(minor, self.rules.program.currency)) from None

    def _refuse_other_currency(self, key: str) -> None:
        """An amount in another currency is another amount: what was given under a pack in pounds is settled under one in pounds."""
        own, theirs = self.rules.program.currency, self._currency_of(key)
        if theirs != own:
            help_ = f"settle it with a guard whose pack is in {theirs}"
            raise MalformedRequest((Fault("key", f"names an amount in {theirs}, but the pack is in {own}", help_),))

    def _currency_of(self, key: str) -> str:
        """The currency of what is held under a key; the pack's, where it has none or the store cannot tell."""
        told = getattr(self.ledger, "currency_of", None)
        return (self._clerk.calling(told, key) if told is not None else None) or self.rules.program.currency

    def _given(self, held: Held) -> Given:
        currency = self._currency_of(held.key)
        return Given(held.key, held.state, to_decimal(held.left, currency), to_decimal(held.reserved, currency))

    def _minor(self, amount: object) -> int:
        try:
            return parse_money(amount, self.rules.program.currency)
        except MoneyError as error:
            raise MalformedRequest((Fault("amount", error.message, error.help),)) from None


def _of_part(fault: Fault, index: int) -> Fault:
    return evolve(fault, path=fault.path.replace("action", f"actions[{index}]", 1)) if fault.path.startswith("action") else fault


def fresh_key() -> str:
    """A key that no other wish has."""
    return f"{_PREFIX[os.getpid()]}-{next(_NUMBERS)}"


class _Prefixes(dict[int, str]):
    """A random prefix for each process, so that fresh keys never meet, after a fork either."""

    def __missing__(self, process: int) -> str:
        return self.setdefault(process, f"auto-{os.urandom(8).hex()}")


_PREFIX = _Prefixes()
_NUMBERS = itertools.count(1)


def _quick_clock(ledger: Ledger, clock: Callable[[], int] | None, *, own: bool) -> Callable[[], int]:
    """The clock of previews that need no balances: of a ledger made here the clock it was given, else the ledger's."""
    return (clock or wall_clock) if own else ledger.now


def open_ledger(ledger: Ledger | str | None, clock: Callable[[], int] | None = None) -> Ledger:
    """A ledger by its address; in memory where none is named. docs/ledger.md lists the addresses.

    Raises:
        LedgerUnavailable: the address cannot be read, or what it names cannot be opened.
    """
    if ledger is None:
        return MemoryLedger(clock or wall_clock)
    if not isinstance(ledger, str):
        return _checked_store(ledger)
    kind = ledger.partition(":")[0]
    if kind == "sqlite":
        from empower.ledger.sqlite import SqliteLedger, parse_address  # noqa: PLC0415  (loads SQLite, which few starts need)

        path, settings = parse_address(ledger)
        return SqliteLedger(path, settings, clock=clock)
    if kind in ("postgresql", "postgres"):
        return _open_postgres(ledger, clock)
    example = f"{did_you_mean(kind, ['sqlite', 'postgresql'])}; such as sqlite:///till.db, or leave `ledger` out for one in memory"
    raise LedgerUnavailable(f"{kind!r} is not a ledger this version can open (help: {example})")


def _open_postgres(address: str, clock: Callable[[], int] | None) -> Ledger:
    try:
        from empower.ledger.postgres import PostgresLedger  # noqa: PLC0415  (the extra `postgres`)
    except ImportError as error:
        raise LedgerUnavailable(f"a ledger in PostgreSQL needs {error.name!r} (help: pip install 'empower[postgres]')") from error
    return PostgresLedger(address, clock=clock)


def kept_pack(rules: Rules) -> str:
    """A pack as the ledger keeps it, so that its decisions can be replayed: its files, and the versions that gave them their meaning."""
    kept = {"engine": __version__, "zone_data": zone_data_version(), "files": dict(rules.checked.pack.sources)}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def checked_key(key: object) -> str:
    """A key as it may be: a text, not empty, not endless."""
    if isinstance(key, str) and 0 < len(key) <= KEY_MAX and key.isprintable():
        return bare(key)
    given = kind_of(key)
    if isinstance(key, str):
        given = "an empty one" if not key else f"one of {len(key)}" if len(key) > KEY_MAX else "one with signs that cannot be printed"
    help_ = "give its key, `decision.key`" if isinstance(key, Decision) else 'such as "order-17/line-3/refund-1"'
    raise MalformedRequest((Fault("key", f"must be a printable text of 1 to {KEY_MAX} characters, not {given}", help_),))


def _checked_store(ledger: Ledger) -> Ledger:
    if not callable(getattr(ledger, "reserve", None)):
        raise TypeError(f"a ledger is an address or a store, not {kind_of(ledger)} (help: Guard(pack, ledger='sqlite:///till.db'))")
    return ledger


def _check_made(pack: object, ledger: object, clock: Any) -> None:
    """Raise `TypeError` for what no guard can be made of: a programmer's mistake, told before anything is decided."""
    if not isinstance(pack, (CheckedPack, Rules)):
        raise TypeError(f"a guard needs a pack that was read, not {kind_of(pack)} (help: Guard(load_pack('rules/my-pack')))")
    at = None if clock is None else clock() if callable(clock) else clock
    if clock is not None and (not callable(clock) or type(at) is not int):
        help_ = "such as clock=lambda: time.time_ns() // 1_000_000"
        raise TypeError(f"a clock is a function that gives whole milliseconds since 1970 UTC, not {kind_of(at)} ({help_})")
    if clock is not None and ledger is not None and not isinstance(ledger, str):
        raise TypeError(
            "a store has a clock of its own, so a guard cannot give it another (help: give the clock to the store when you open it)"
        )


def _check_up_to(given: object) -> None:
    """Only True asks for less than all: a word such as "no" would count as a yes."""
    if not isinstance(given, bool):
        raise MalformedRequest(
            (Fault("up_to", f"must be True or False, not {kind_of(given)}", "the amount asked for stands in the action"),)
        )


def _check_because(given: object) -> None:
    if not isinstance(given, str) or not given.strip() or halved(given):
        raise MalformedRequest((Fault("because", "must say in a few words why it is taken back", 'such as because="found after all"'),))


def _hold_length(length: object) -> int | None:
    found = _milliseconds(length, "hold_for")
    if found == 0:
        raise MalformedRequest(
            (Fault("hold_for", "is no time at all: the hold would have expired at once", "such as timedelta(minutes=15)"),)
        )
    return found


def _milliseconds(length: object, name: str) -> int | None:
    if length is None:
        return None
    if not isinstance(length, timedelta) or length < timedelta(0):
        raise MalformedRequest((Fault(name, "must be a timedelta that is not negative", f"such as {name}=timedelta(minutes=15)"),))
    return length // timedelta(milliseconds=1)
