"""`Guard`: rules and ledger together. The only place where the two meet; whatever fails here is not allowed."""

from __future__ import annotations

import asyncio
import itertools
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from attrs import define, evolve, field, frozen

from empower import __version__
from empower.asking import (
    NOTHING_DRAWN, Asked, AskedRecord, as_approver, asked_from_json, counters_of, draw, legs_of, make_case, read_asked,
)  # fmt: skip
from empower.checked import CheckedPack
from empower.compile import Rules, compile_pack
from empower.decision import Decision, Extra, Given, Left, Nudge, Option, Origin
from empower.errors import EmpowerError, Fault, LedgerUnavailable, MalformedRequest
from empower.explain import Teller
from empower.fast import Fast, Ways
from empower.judge import Case, Verdict, judge, roles_above
from empower.ledger import Balance, Counter, Entry, Held, Ledger, Leg, Moved, Noted, Part, Refused, Replayed, Reserved, Wish
from empower.ledger.memory import MemoryLedger, wall_clock
from empower.ledger.windows import local_day
from empower.money import MoneyError, parse_money, to_decimal
from empower.periods import valid_during
from empower.request import Approval, kind_of, plain, plain_subjects

TRIES = 12
"""How often a decision is taken anew because the ledger's time or balances moved under it, before the ledger counts as unavailable."""
KEY_MAX = 200
_STRENGTH = {"allow": 0, "needs_info": 1, "escalate": 2, "deny": 3}
Balances = Mapping[Counter, Balance]


@frozen
class _Judged:
    """A verdict with the authority whose power is used."""

    verdict: Verdict
    case: Case
    """The authority's case: its budgets are charged."""
    requester: Case
    amount: int | None
    """What would be given, in minor units."""
    approved: bool = False
    approval_refused: str = ""


@define(frozen=True, slots=False, init=False)
class Guard:
    """Decides for one pack against one ledger. Immutable, thread-safe; a ledger may be shared by several guards.

    Args:
        pack: what `load_pack` gives.
        ledger: a store behind the ledger port, or its address; none: in memory, for as long as the process lives.
        clock: milliseconds since 1970-01-01T00:00Z, for replays and tests; only the memory ledger made here uses it.
        strict: refuse facts that the pack does not declare.
    """

    rules: Rules
    ledger: Ledger
    strict: bool
    _teller: Teller = field(repr=False)
    _day_of: Callable[[int], int] = field(repr=False)
    _ways: Ways = field(repr=False)
    _fast: Mapping[str, Fast] = field(repr=False)
    """The quick functions made so far; empty where every request is to be read strictly."""

    def __init__(
        self, pack: CheckedPack | Rules, ledger: Ledger | str | None = None, *, clock: Callable[[], int] | None = None, strict: bool = False
    ) -> None:
        rules = pack if isinstance(pack, Rules) else compile_pack(pack)
        zone = rules.program.zone
        day_of = lambda at: local_day(zone, at)  # noqa: E731
        teller = Teller(rules, day_of)
        ways = Ways(rules, teller, _quick_clock(ledger, clock))
        self.__attrs_init__(rules, open_ledger(ledger, clock), strict, teller, day_of, ways, {} if strict else ways.made)

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
            self._ways.make(str(plain(action).get("kind")) if isinstance(plain(action), Mapping) else "")
        return self._preview(action, context, approval)

    def _preview(self, action: Any, context: Any, approval: Approval | None) -> Decision:
        asked = read_asked(self.rules, action, context, approval, strict=self.strict)
        try:
            at = self._now()
            notice = self._notice(asked)
            if notice:
                return self._refusal(asked, at, notice)
            balances = self._balances(self._counters(asked, at))
        except LedgerUnavailable:
            return self._fallback(asked)
        return self._decision(asked, self._judge(asked, at, balances), balances)

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
        asked = read_asked(self.rules, action, context, approval, up_to=up_to, strict=self.strict)
        key = self._fresh_key() if key is None else checked_key(key)
        try:
            return self._decide(asked, key, _milliseconds(hold_for))
        except LedgerUnavailable:
            return self._fallback(asked, key)

    async def adecide(self, action: Any, context: Any, **options: Any) -> Decision:
        """`decide`, awaited in a thread."""
        return await asyncio.to_thread(self.decide, action, context, **options)

    def decide_all(
        self, actions: Sequence[Any], context: Any, *, key: str | None = None, approval: Approval | None = None, hold_for: timedelta | None = None
    ) -> Decision:
        """Several remedies in one go: all of them, or none.

        The outcome is the strongest of the parts'; parts are judged in order, each with the amounts of the earlier ones in the budgets,
        and several parts of one kind meet each cap with their sum. Held under `key#1`, `key#2` …
        """
        if not isinstance(actions, Sequence) or isinstance(actions, (str, bytes)) or not actions:
            raise MalformedRequest((Fault("actions", f"must be a list of one or more actions, not {kind_of(actions)}", ""),))
        faults: list[Fault] = []
        read: list[Asked] = []
        for index, action in enumerate(actions):
            try:
                read.append(read_asked(self.rules, action, context, approval, strict=self.strict))
            except MalformedRequest as malformed:
                faults.extend(evolve(fault, path=fault.path.replace("action", f"actions[{index}]", 1)) for fault in malformed.faults)
        if faults:
            raise MalformedRequest(tuple(dict.fromkeys(faults)))
        key = self._fresh_key() if key is None else checked_key(key)
        try:
            return self._decide_all(read, key, _milliseconds(hold_for))
        except LedgerUnavailable:
            return self._fallback(read[0], key)

    def options(self, context: Any) -> tuple[Option, ...]:
        """What can I do for this customer right now: each kind at its limit, then the menu by rank."""
        return self._teller.everything(self._any_decision(context))

    def nudges(self, context: Any) -> tuple[Nudge, ...]:
        """What the company encourages in this situation."""
        return self._teller.all_nudges(self._any_decision(context))

    def _any_decision(self, context: Any) -> Decision:
        """A preview to hang questions on that concern no action: of the first kind, without an amount."""
        kind = next(iter(self.rules.checked.kinds))
        asked = read_asked(self.rules, {"kind": kind}, context, None, strict=self.strict)
        at = self._now()
        balances = self._balances([*self._counters(asked, at), *self._all_counters(asked, at)])
        return self._decision(asked, self._judge(asked, at, balances), balances)

    # -------------------------------------------------------------------------------------------- settling

    def confirm(self, key: str, amount: object = None) -> Given:
        """Fix the final amount (0..reserved; None: all). The same again is a no-op.

        Raises:
            UnknownKey, MoreThanReserved, HoldExpired, HoldEnded, LedgerUnavailable.
        """
        minor = None if amount is None else self._minor(amount)
        return self._given(self._calling(self.ledger.confirm, checked_key(key), minor))

    def void(self, key: str) -> Given:
        """End a hold: amount and times go back to their own window. Idempotent; after `confirm` use `reverse`."""
        return self._given(self._calling(self.ledger.void, checked_key(key)))

    def reverse(self, key: str, *, amount: object, because: str) -> Given:
        """Take back, in all so far, `amount` of what was confirmed; times go back when it is all. Idempotent."""
        return self._given(self._calling(self.ledger.reverse, checked_key(key), self._minor(amount), because))

    @contextmanager
    def hold(self, action: Any, context: Any, **options: Any) -> Iterator[Decision]:
        """`decide`, and on leaving `confirm`; on an exception `void`. What is not allowed is held by nobody."""
        decision = self.decide(action, context, **options)
        key = str(decision.key)
        held = decision.allowed and not decision.replayed
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
        return tuple(self._given(held) for held in self._calling(self.ledger.unsettled, _milliseconds(older_than) or 0))

    def history(self, **subjects: str) -> tuple[Entry, ...]:
        """What was asked and given, e.g. `history(customer="c1")`; subjects are actor, customer, incident and store."""
        return self._calling(self.ledger.history, **subjects)  # type: ignore[no-any-return]

    def left(self, **subjects: str) -> tuple[Left, ...]:
        """What is left of the budgets kept per these subjects, e.g. `left(actor="d7", role="driver")`."""
        return self._teller.left(self, plain_subjects(subjects), self._now())

    def with_pack(self, pack: CheckedPack) -> Guard:
        """The same ledger under another pack, or another version of it; counters go on."""
        return Guard(pack, self.ledger, strict=self.strict)

    # -------------------------------------------------------------------------------------------- the loop

    def _decide(self, asked: Asked, key: str, hold_for: int | None) -> Decision:
        balances: Balances = {}
        if asked.up_to or asked.approver is not None:
            balances = self._balances(self._counters(asked, self._now()))
        for _ in range(TRIES):
            at = self._now()
            notice = self._notice(asked)
            if notice:
                return self._note(asked, at, key, notice)
            judged = self._judge(asked, at, balances)
            answer = self._ask_ledger(asked, judged, key, at, hold_for)
            if isinstance(answer, Replayed):
                return self._replayed(asked, key, answer)
            if isinstance(answer, Moved):
                continue
            final, balances = self._settled(asked, judged, answer, at)
            if final is not None:
                return self._decision(asked, final, balances, key, _until(hold_for, answer.at))
        raise LedgerUnavailable("the ledger's time or balances moved at every try; nothing was allowed")

    def _ask_ledger(self, asked: Asked, judged: _Judged, key: str, at: int, hold_for: int | None) -> Reserved | Refused | Noted | Replayed | Moved:
        wish = Wish(key, str(asked.facts["actor.id"]), (_part(asked, judged.requester),), asked.up_to)
        record = self._record(asked, judged.verdict)
        during = valid_during(judged.case.plan, judged.case.environment(), self.rules.program.zone)
        subjects = _subjects(asked)
        if judged.verdict.outcome == "allow":
            legs = [legs_of(evolve(judged.case, amount=judged.amount))]
            return self._calling(  # type: ignore[no-any-return]
                self.ledger.reserve, wish, legs, during=during, hold_until=_until(hold_for, at), subjects=subjects, record=record, given=[judged.amount],
            )  # fmt: skip
        counters = self._counters(asked, at)
        return self._calling(self.ledger.attempt, wish, counters, during=during, subjects=subjects, record=record)  # type: ignore[no-any-return]

    def _settled(self, asked: Asked, judged: _Judged, answer: Reserved | Refused | Noted, at: int) -> tuple[_Judged | None, Balances]:
        """The final verdict with the balances that the ledger answered; None: they changed it, decide again."""
        if isinstance(answer, Noted):
            counters: Iterable[Counter] = self._counters(asked, at)
        else:
            counters = [leg.counter for leg in legs_of(judged.case)]
        balances = dict(zip(counters, answer.balances, strict=True))
        again = self._judge(asked, answer.at, balances)
        if isinstance(answer, Reserved):
            # The ledger reserved exactly what was judged; only the limit is read from the balances it met.
            return evolve(judged, verdict=evolve(judged.verdict, limit=again.verdict.limit)), balances
        if again.verdict.outcome == "allow":
            return None, balances
        return again, balances if isinstance(answer, Noted) else self._balances(self._counters(asked, at))

    def _judge(self, asked: Asked, at: int, balances: Balances, *, others: int = 0) -> _Judged:
        """The requester's verdict, or the approver's where it counts (law 11), or what can be given where that is asked for."""
        case = make_case(self.rules, asked, at, balances, self._day_of, others=others)
        verdict = judge(case)
        if verdict.outcome == "allow":
            return _Judged(verdict, case, case, case.amount)
        if asked.up_to and _fits(case, verdict):
            return self._up_to(case, verdict, case)
        if asked.approver is not None and verdict.outcome == "escalate":
            return self._approved(asked, case, verdict, balances)
        return _Judged(verdict, case, case, None)

    def _up_to(self, case: Case, verdict: Verdict, requester: Case, *, approved: bool = False) -> _Judged:
        """The same wish at the authority's limit."""
        given = evolve(case, amount=verdict.limit)
        return _Judged(evolve(judge(given), limit=verdict.limit), given, requester, verdict.limit, approved=approved)

    def _approved(self, asked: Asked, case: Case, verdict: Verdict, balances: Balances) -> _Judged:
        approver = asked.approver or {}
        refused = ""
        program = self.rules.program
        if approver["actor.id"] == case.facts["actor.id"]:
            refused = "same_person"
        elif approver["actor.role"] not in roles_above(program, str(case.facts["actor.role"]), [str(verdict.who)]):
            refused = "too_low"
        else:
            theirs = as_approver(case, approver, balances)
            answer = judge(theirs)
            if answer.outcome == "allow":
                return _Judged(answer, theirs, case, theirs.amount, approved=True)
            if asked.up_to and _fits(theirs, answer):
                return self._up_to(theirs, answer, case, approved=True)
            refused = "not_allowed"
        return _Judged(verdict, case, case, None, approval_refused=refused)

    def _decide_all(self, read: Sequence[Asked], key: str, hold_for: int | None) -> Decision:
        balances: Balances = self._balances([counter for asked in read for counter in self._counters(asked, self._now())])
        for _ in range(TRIES):
            at = self._now()
            judged, legs = self._judge_parts(read, at, balances)
            outcome = max((each.verdict.outcome if each else "deny" for each in judged), key=_STRENGTH.__getitem__)
            wish = Wish(key, str(read[0].facts["actor.id"]), tuple(_part(asked, each.requester if each else None) for asked, each in zip(read, judged, strict=True)), together=True)
            plans = [each.case for each in judged if each is not None]
            spans = [valid_during(case.plan, case.environment(), self.rules.program.zone) for case in plans] or [(0, 2**62)]
            common = {"during": (max(s[0] for s in spans), min(s[1] for s in spans)), "subjects": _subjects(read[0]), "record": self._record(read[0], None, read)}
            counters = [counter for asked in read for counter in self._counters(asked, at)]
            if outcome == "allow":
                answer = self._calling(self.ledger.reserve, wish, legs, hold_until=_until(hold_for, at), given=[each.amount for each in judged if each], **common)
            else:
                answer = self._calling(self.ledger.attempt, wish, counters, **common)
            if isinstance(answer, Replayed):
                return self._replayed_all(read, key, answer)
            if isinstance(answer, Reserved) or (isinstance(answer, Noted) and self._balances_are(balances, counters, answer.balances)):
                return self._together(read, judged, balances, key, outcome, _until(hold_for, answer.at))
            balances = self._balances(counters)
        raise LedgerUnavailable("the ledger's time or balances moved at every try; nothing was allowed")

    def _judge_parts(self, read: Sequence[Asked], at: int, balances: Balances) -> tuple[list[_Judged | None], list[list[Leg]]]:
        judged: list[_Judged | None] = []
        legs: list[list[Leg]] = []
        sums: dict[str, int] = {}
        for asked in read:
            if self._notice(asked):
                judged.append(None)
                continue
            each = self._judge(asked, at, balances, others=sums.get(asked.kind, 0))
            judged.append(each)
            drawn = legs_of(evolve(each.case, amount=asked.amount))
            legs.append(drawn)
            balances = draw(balances, drawn)
            sums[asked.kind] = sums.get(asked.kind, 0) + (asked.amount or 0)
        return judged, legs

    @staticmethod
    def _balances_are(known: Balances, counters: Sequence[Counter], found: Sequence[Balance]) -> bool:
        return all(known.get(counter, NOTHING_DRAWN) == balance for counter, balance in zip(counters, found, strict=True))

    # -------------------------------------------------------------------------------------------- answers

    def _decision(self, asked: Asked, judged: _Judged, balances: Balances, key: str | None = None, expires_at: int | None = None, others: int = 0) -> Decision:
        verdict, currency = judged.verdict, self.rules.program.currency
        plan = judged.case.plan
        allowed = verdict.outcome == "allow"
        amount = None if not allowed or judged.amount is None else to_decimal(judged.amount, currency)
        limit = None if verdict.limit is None else to_decimal(verdict.limit, currency)
        guardrails = verdict.certain
        if verdict.outcome == "needs_info":
            spoke = {*verdict.certain, *verdict.possible}
            guardrails = tuple(name for name in plan.order if name in spoke)
        if not allowed and self.rules.program.menu:
            balances = {**balances, **self._known_balances(self._all_counters(asked, judged.case.at), balances)}
        extra = Extra(
            key=key, balances=balances, missing=judged.case.missing, verdict=verdict, approver=asked.approver,
            approved=judged.approved, approval_refused=judged.approval_refused, expires_at=expires_at, shown_amount=judged.amount, others=others,
        )  # fmt: skip
        facts = tuple(judged.case.facts.get(slot) for slot in plan.slots)
        state = (asked.amount, judged.case.at, asked.context, asked.parameters, *facts)
        return Decision(verdict.outcome, limit, guardrails, verdict.who, amount, Origin(self._teller, asked.kind, extra), state)

    def _together(self, read: Sequence[Asked], judged: Sequence[_Judged | None], balances: Balances, key: str, outcome: str, expires_at: int | None) -> Decision:
        parts = []
        sums: dict[str, int] = {}
        for number, (asked, each) in enumerate(zip(read, judged, strict=True), 1):
            others = sums.get(asked.kind, 0)
            sums[asked.kind] = others + (asked.amount or 0)
            if each is None:
                parts.append(self._refusal(asked, self._now(), self._notice(asked), f"{key}#{number}"))
                continue
            parts.append(self._decision(asked, each, balances, f"{key}#{number}", expires_at, others))
            balances = draw(balances, legs_of(evolve(each.case, amount=asked.amount)))
        decisive = next(part for part in parts if part.outcome == outcome)
        total = sum((part.amount for part in parts if part.amount is not None), Decimal(0)) if outcome == "allow" else None
        names = dict.fromkeys(name for part in parts for name in part.guardrails)
        whole = decisive._replace(
            amount=total, limit=None, guardrails=tuple(names), origin=_with(decisive, key=key, parts=tuple(parts))
        )
        return whole  # noqa: RET504  (named for the reader)

    def _notice(self, asked: Asked) -> str:
        if asked.kind not in self.rules.program.plans:
            return "unknown_kind"
        roles = self.rules.checked.roles.everyone()
        return "" if asked.facts["actor.role"] in roles else "unknown_role"

    def _refusal(self, asked: Asked, at: int, notice: str, key: str | None = None, outcome: str = "deny", who: str | None = None) -> Decision:
        """A no that no guardrail gives."""
        extra = Extra(key=key, notice=notice, approver=asked.approver)
        facts = tuple(asked.facts.values())
        state = (asked.amount, at, asked.context, asked.parameters, *facts)
        return Decision(outcome, None, (), who, None, Origin(self._teller, asked.kind, extra), state)  # type: ignore[arg-type]

    def _note(self, asked: Asked, at: int, key: str, notice: str) -> Decision:
        parameters = tuple(sorted((name, str(value)) for name, value in asked.parameters.items()))
        wish = Wish(key, str(asked.facts["actor.id"]), (Part(asked.kind, parameters, asked.amount),), asked.up_to)
        answer = self._calling(self.ledger.attempt, wish, [], during=(0, 2**62), subjects=_subjects(asked), record=self._record(asked, None))
        return self._replayed(asked, key, answer) if isinstance(answer, Replayed) else self._refusal(asked, at, notice, key)

    def _fallback(self, asked: Asked, key: str | None = None) -> Decision:
        """The pack's declared answer while the ledger cannot be reached; never allow (law 10). Called while handling that error."""
        declared = self.rules.checked.when_ledger_unavailable
        if declared is None:
            raise  # noqa: PLE0704  (the `LedgerUnavailable` being handled)
        outcome, role = declared
        if outcome == "escalate":
            above = roles_above(self.rules.program, str(asked.facts["actor.role"]), [str(role)]) if not self._notice(asked) else ()
            role = above[0] if above else None
            outcome = "escalate" if above else "deny"
        return self._refusal(asked, wall_clock(), "ledger_unavailable", key, outcome, role)

    def _replayed(self, asked: Asked, key: str, answer: Replayed) -> Decision:
        """The allow of this key, with the amount still given; an ended one is a no, never a second allow (law 9)."""
        held = answer.holds[0]
        _, before = asked_from_json(answer.record.to_json())
        before = evolve(before, context=asked.context)
        if held.state in ("voided", "expired") or (held.state == "reversed" and held.left == 0):
            return self._refusal(asked, answer.at, "hold_ended", key)
        judged = self._judge(before, answer.at, {})
        decision = self._decision(before, evolve(judged, amount=held.left), {}, key, held.expires_at)
        amount = None if judged.case.plan.amount is None else to_decimal(held.left, self.rules.program.currency)
        return decision._replace(outcome="allow", who=None, amount=amount, origin=_with(decision, replayed=True))

    def _replayed_all(self, read: Sequence[Asked], key: str, answer: Replayed) -> Decision:
        parts = [
            self._replayed(asked, held.key, Replayed(answer.at, (held,), self._record(asked, None)))
            for asked, held in zip(read, answer.holds, strict=True)
        ]
        outcome = max((part.outcome for part in parts), key=_STRENGTH.__getitem__)
        decisive = next(part for part in parts if part.outcome == outcome)
        total = sum((part.amount for part in parts if part.amount is not None), Decimal(0)) if outcome == "allow" else None
        return decisive._replace(amount=total, limit=None, origin=_with(decisive, key=key, parts=tuple(parts), replayed=True))

    # -------------------------------------------------------------------------------------------- the ledger

    def _counters(self, asked: Asked, at: int) -> list[Counter]:
        """Every counter that the requester's or the approver's verdict reads, each once."""
        if self._notice(asked):
            return []
        case = make_case(self.rules, asked, at, {}, self._day_of)
        found = list(counters_of(case))
        if asked.approver is not None:
            found += counters_of(as_approver(case, asked.approver, {}))
        return list(dict.fromkeys(counter for counter in found if counter is not None))

    def _all_counters(self, asked: Asked, at: int) -> list[Counter]:
        """The counters of every kind in this context: what options need."""
        found: dict[Counter, None] = {}
        for kind in self.rules.program.plans:
            if self.rules.program.plans[kind].accounts:
                case = self._teller.case_in(asked.context, kind, at, {})
                found.update(dict.fromkeys(counter for counter in counters_of(case) if counter is not None))
        return list(found)

    def _known_balances(self, counters: Sequence[Counter], known: Balances) -> Balances:
        return self._balances([counter for counter in counters if counter not in known])

    def _balances(self, counters: Sequence[Counter]) -> Balances:
        if not counters:
            return {}
        return dict(zip(counters, self._calling(self.ledger.balances, counters), strict=True))

    def _now(self) -> int:
        return self._calling(self.ledger.now)  # type: ignore[no-any-return]

    @staticmethod
    def _calling(method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """A call of the ledger; whatever a broken store raises is `LedgerUnavailable`, never an allow (law 10)."""
        try:
            return method(*arguments, **named)
        except EmpowerError:
            raise
        except Exception as error:
            message = f"the ledger failed: {type(error).__name__}: {error}; nothing was allowed"
            raise LedgerUnavailable(message) from error

    def _record(self, asked: Asked, verdict: Verdict | None, _all: Sequence[Asked] | None = None) -> AskedRecord:
        return AskedRecord(__version__, self.rules.program.name, self.rules.program.digest, asked, verdict)

    def _given(self, held: Held) -> Given:
        currency = self.rules.program.currency
        return Given(held.key, held.state, to_decimal(held.left, currency), to_decimal(held.reserved, currency))

    def _minor(self, amount: object) -> int:
        try:
            return parse_money(amount, self.rules.program.currency)
        except MoneyError as error:
            raise MalformedRequest((Fault("amount", error.message, error.help),)) from None

    @staticmethod
    def _fresh_key() -> str:
        return f"{_PREFIX[os.getpid()]}-{next(_NUMBERS)}"


def _with(decision: Decision, **changes: Any) -> Origin:
    return evolve(decision.origin, extra=evolve(decision.extra, **changes))


class _Prefixes(dict[int, str]):
    """A random prefix for each process, so that fresh keys never meet, after a fork either."""

    def __missing__(self, process: int) -> str:
        return self.setdefault(process, f"auto-{secrets.token_hex(8)}")


_PREFIX = _Prefixes()
_NUMBERS = itertools.count(1)


def _quick_clock(ledger: Ledger | str | None, clock: Callable[[], int] | None) -> Callable[[], int] | None:
    """The clock of previews that need no balances: the ledger's, which for one made here is the given clock; None: the machine's."""
    return ledger.now if ledger is not None and not isinstance(ledger, str) else clock


def open_ledger(ledger: Ledger | str | None, clock: Callable[[], int] | None = None) -> Ledger:
    """A ledger by its address; in memory where none is named."""
    if ledger is None:
        return MemoryLedger(clock or wall_clock)
    if not isinstance(ledger, str):
        return ledger
    message = f"{ledger.split(':')[0]!r} is not a ledger this version can open (help: leave `ledger` out for one in memory)"
    raise LedgerUnavailable(message)


def checked_key(key: object) -> str:
    """A key as it may be: a text, not empty, not endless."""
    if isinstance(key, str) and 0 < len(key) <= KEY_MAX and key.isprintable():
        return key
    message = f"must be a printable text of 1 to {KEY_MAX} characters, not {kind_of(key)}"
    raise MalformedRequest((Fault("key", message, 'such as "order-17/line-3/refund-1"'),))


def _milliseconds(length: timedelta | None) -> int | None:
    if length is None:
        return None
    if not isinstance(length, timedelta) or length < timedelta(0):
        raise MalformedRequest((Fault("hold_for", "must be a timedelta that is not negative", "timedelta(minutes=15)"),))
    return length // timedelta(milliseconds=1)


def _until(hold_for: int | None, at: int) -> int | None:
    return None if hold_for is None else at + hold_for


def _fits(case: Case, verdict: Verdict) -> bool:
    """Whether the wish can be met in part: there is a limit, and it is below what was asked."""
    return verdict.limit is not None and case.amount is not None and verdict.limit < case.amount


def _part(asked: Asked, case: Case | None) -> Part:
    names = sorted({*asked.parameters, *(case.plan.asks if case else ())})
    values = ((name, asked.parameters.get(name)) for name in names)
    return Part(asked.kind, tuple((name, None if value is None else str(value)) for name, value in values), asked.amount)


def _subjects(asked: Asked) -> dict[str, str]:
    named = {"actor": "actor.id", "customer": "customer.id", "incident": "incident.id", "store": "place.store"}
    found = {name: asked.facts.get(path) for name, path in named.items()}
    return {name: str(value) for name, value in found.items() if value is not None}
