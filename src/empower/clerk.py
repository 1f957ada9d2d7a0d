"""What `Guard` does behind its counter: judge, ask the ledger, judge again where it moved, and make the decision out of both.

Only here do rules and ledger meet. A verdict is worked out first with nothing drawn; the ledger then reserves all or nothing against
the limits of that verdict, and answers with the balances that it met (docs/design/0005).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from empower.asking import (
    Asked,
    AskedRecord,
    Told,
    as_approver,
    asked_from_json,
    draw,
    legs_of,
    make_case,
    parameter_text,
    told_from_json,
)
from empower.authorise import Balances, Judged, as_met, judge_asked
from empower.compile import Rules
from empower.decision import Decision, Extra, Left, Origin
from empower.errors import EmpowerError, LedgerUnavailable
from empower.explain import Teller, left_of
from empower.judge import Case, roles_above
from empower.ledger import Counter, Held, Ledger, Leg, Moved, Noted, Part, Refused, Replayed, Reserved, Wish
from empower.ledger.clocks import wall_clock
from empower.money import to_decimal
from empower.noun import define, evolve, field, frozen
from empower.options import limit_together, offered_parameters
from empower.periods import ALWAYS, timeless, valid_during
from empower.version import __version__

TRIES = 12
"""How often a decision is taken anew because the ledger's time or balances moved under it, before the ledger counts as unavailable."""
_STRENGTH = {"allow": 0, "needs_info": 1, "escalate": 2, "deny": 3}


_RESTLESS = "the ledger's time or balances moved at every try; nothing was allowed"


@define
class _Together:
    """The parts of one wish as judged: each verdict (None where no guardrail is asked), what it draws, the balances and sums it met."""

    before: Balances
    """What the counters hold before any part."""
    parts: list[tuple[Judged | None, list[Leg], Balances, int]] = field(factory=list)

    @property
    def outcome(self) -> str:
        """The strongest of the parts'."""
        return max((judged.verdict.outcome if judged else "deny" for judged, *_ in self.parts), key=_STRENGTH.__getitem__)


@frozen
class Clerk:
    """Decides for one pack against one ledger."""

    rules: Rules
    ledger: Ledger
    teller: Teller
    day_of: Callable[..., int]

    def preview(self, asked: Asked, *, every_kind: bool = False) -> Decision:
        """The answer that `decide` would give now; `every_kind`: with what questions about any other kind need."""
        at = self.now()
        notice = self.notice(asked)
        if notice:
            return self.refusal(asked, at, notice)
        counters = self.counters(asked, at)
        if every_kind:
            counters = list(dict.fromkeys([*counters, *self.counters_in(asked, at, self.rules.program.plans)]))
        balances = self.balances(counters)
        decision = self.decision(asked, self._judge(asked, at, balances), balances)
        if every_kind or not timeless(self.rules.program.plans[asked.kind], self.rules.program):
            return decision
        asked_amount, _, *others = decision.state
        return decision.changed(state=(asked_amount, None, *others))

    def left(self, facts: Mapping[str, str]) -> tuple[Left, ...]:
        """What the budgets kept per these facts still hold."""
        return tuple(left_of(self.rules, facts, self.now(), self.day_of, self.balances))

    def _judge(self, asked: Asked, at: int, balances: Balances, *, others: int = 0) -> Judged:
        return judge_asked(self.rules, self.day_of, asked, at, balances, others=others)

    def decide(self, asked: Asked, key: str, hold_for: int | None) -> Decision:
        """Decide one wish under its key; `hold_for`: milliseconds after which an unconfirmed hold expires."""
        notice = self.notice(asked)
        if notice:
            return self._note(asked, key, notice)
        balances: Balances = {}
        if asked.up_to or asked.approver is not None:
            balances = self.balances(self.counters(asked, self.now()))
        for tried in range(TRIES):
            at = self.now() if tried or hold_for is not None else self.guess()
            judged = self._judge(asked, at, balances)
            answer = self._ask_ledger(asked, judged, key, at, _until(hold_for, at))
            if isinstance(answer, Replayed):
                return self._replayed(asked, key, answer)
            if isinstance(answer, Moved):
                continue
            final, balances = self._settled(asked, judged, answer, balances)
            if final is not None:
                return self.decision(asked, final, balances, key=key, expires_at=_until(hold_for, at))
        raise LedgerUnavailable(_RESTLESS)

    def _ask_ledger(
        self, asked: Asked, judged: Judged, key: str, at: int, hold_until: int | None
    ) -> Reserved | Refused | Noted | Replayed | Moved:
        """Reserve what the verdict allows, or have the attempt recorded."""
        wish = Wish(key, str(asked.facts["actor.id"]), (_part(asked, judged.requester, self.rules.program.currency),), asked.up_to)
        common = {
            "during": valid_during(judged.case.plan, judged.case.environment(), self.rules.program.zone),
            "subjects": _subjects(asked),
            "record": self._record((asked,), (judged,), judged.verdict.outcome),
        }
        if judged.verdict.outcome != "allow":
            return self.calling(self.ledger.attempt, wish, self.counters(asked, at), **common)  # type: ignore[no-any-return]
        legs = [legs_of(judged.case, judged.amount)]
        return self.calling(  # type: ignore[no-any-return]
            self.ledger.reserve, wish, legs, hold_until=hold_until, given=[judged.amount], **common
        )

    def _settled(self, asked: Asked, judged: Judged, answer: Reserved | Refused | Noted, known: Balances) -> tuple[Judged | None, Balances]:
        """The final verdict with the balances that the ledger answered; None: they changed it, decide again."""
        if isinstance(answer, Reserved):
            # The ledger reserved exactly what was judged; only the limit is read from the balances it met.
            drawn = (counter for counter in judged.case.counters if counter is not None)
            balances: Balances = {**known, **dict(zip(drawn, answer.balances, strict=True))}
            return as_met(judged, balances, answer.at), balances
        counters = self.counters(asked, answer.at)
        balances = dict(zip(counters, answer.balances, strict=True)) if isinstance(answer, Noted) else self.balances(counters)
        again = self._judge(asked, answer.at, balances)
        return (None if again.verdict.outcome == "allow" else again), balances

    # -------------------------------------------------------------------------------------------- several at once

    def decide_all(self, read: Sequence[Asked], key: str, hold_for: int | None) -> Decision:
        """Decide several wishes as one: all of them are reserved, or none."""
        balances = self.balances(self._counters_of_all(read, self.now()))
        for _ in range(TRIES):
            at = self.now()
            together = self._judge_all(read, at, balances)
            answer = self._ask_ledger_all(read, together, key, at, _until(hold_for, at))
            if isinstance(answer, Replayed):
                return self._replayed_all(read, key, answer)
            if isinstance(answer, Reserved):
                return self._parts(read, together, key, _until(hold_for, at))
            if isinstance(answer, Noted):
                balances = dict(zip(self._counters_of_all(read, at), answer.balances, strict=True))
                again = self._judge_all(read, answer.at, balances)
                if again.outcome != "allow":
                    return self._parts(read, again, key, None)
            else:
                balances = self.balances(self._counters_of_all(read, at))
        raise LedgerUnavailable(_RESTLESS)

    def _judge_all(self, read: Sequence[Asked], at: int, balances: Balances) -> _Together:
        """Each part with the earlier ones' amounts in the budgets; several parts of one kind meet each cap with their sum."""
        found = _Together(balances)
        sums: dict[str, int] = {}
        for asked in read:
            others = sums.get(asked.kind, 0)
            sums[asked.kind] = others + (asked.amount or 0)
            if self.notice(asked):
                found.parts.append((None, [], balances, others))
                continue
            judged = self._judge(asked, at, balances, others=others)
            legs = legs_of(judged.case, asked.amount)
            found.parts.append((judged, legs, balances, others))
            balances = draw(balances, legs)
        return found

    def _ask_ledger_all(
        self, read: Sequence[Asked], together: _Together, key: str, at: int, hold_until: int | None
    ) -> Reserved | Refused | Noted | Replayed | Moved:
        judged = [part[0] for part in together.parts]
        currency = self.rules.program.currency
        parts = tuple(_part(asked, each.requester if each else None, currency) for asked, each in zip(read, judged, strict=True))
        wish = Wish(key, str(read[0].facts["actor.id"]), parts, together=True)
        cases = [each.case for each in judged if each is not None]
        spans = [ALWAYS, *(valid_during(case.plan, case.environment(), self.rules.program.zone) for case in cases)]
        common = {
            "during": (max(start for start, _ in spans), min(end for _, end in spans)),
            "subjects": _subjects(read[0]),
            "record": self._record(read, judged, together.outcome),
        }
        if together.outcome != "allow":
            return self.calling(self.ledger.attempt, wish, self._counters_of_all(read, at), **common)  # type: ignore[no-any-return]
        legs, given = [part[1] for part in together.parts], [each.amount for each in judged if each]
        return self.calling(self.ledger.reserve, wish, legs, hold_until=hold_until, given=given, **common)  # type: ignore[no-any-return]

    def _counters_of_all(self, read: Sequence[Asked], at: int) -> list[Counter]:
        return list(dict.fromkeys(counter for asked in read for counter in self.counters(asked, at)))

    def _parts(self, read: Sequence[Asked], together: _Together, key: str, expires_at: int | None) -> Decision:
        """The decisions of the parts, and the whole."""
        parts = []
        for number, (asked, (judged, _, balances, others)) in enumerate(zip(read, together.parts, strict=True), 1):
            name = f"{key}#{number}"
            if judged is None:
                parts.append(self.refusal(asked, self.now(), self.notice(asked), name))
            else:
                alone = together.before
                parts.append(self.decision(asked, judged, balances, alone=alone, key=name, expires_at=expires_at, others=others))
        return whole(parts, key)

    # -------------------------------------------------------------------------------------------- decisions

    def decision(
        self,
        asked: Asked,
        judged: Judged,
        balances: Balances,
        *,
        alone: Balances | None = None,
        key: str | None = None,
        expires_at: int | None = None,
        others: int = 0,
    ) -> Decision:
        """A decision out of a verdict and the balances it met.

        Of a part also `others`, the amounts of earlier parts of its kind, and `alone`, the balances that it would meet by itself.
        """
        verdict, currency = judged.verdict, self.rules.program.currency
        plan = judged.case.plan
        allowed = verdict.outcome == "allow"
        amount = None if not allowed or judged.amount is None else to_decimal(judged.amount, currency)
        limit = None if verdict.limit is None else to_decimal(verdict.limit, currency)
        guardrails = verdict.certain
        if verdict.outcome == "needs_info":
            spoke = {*verdict.certain, *verdict.possible}
            guardrails = tuple(name for name in plan.order if name in spoke)
        alone = balances if alone is None else alone
        if not allowed:
            alone = self._with_menu(asked, judged.case.at, alone)
        extra = Extra(
            key=key, balances=balances, alone=alone, missing=judged.case.missing, verdict=verdict, approver=asked.approver,
            approved=judged.approved, approval_refused=judged.approval_refused, expires_at=expires_at, shown_amount=judged.amount, others=others,
        )  # fmt: skip
        facts = map(judged.case.facts.get, plan.slots)
        state = (asked.amount, judged.case.at, asked.context, asked.parameters, *facts)
        return Decision((verdict.outcome, limit, guardrails, verdict.who, amount, Origin(self.teller, asked.kind, extra), state))

    def notice(self, asked: Asked) -> str:
        """Why no guardrail is asked at all; empty in every other case."""
        if asked.kind not in self.rules.program.plans:
            return "unknown_kind"
        roles = self.rules.checked.roles.everyone()
        return "" if asked.facts["actor.role"] in roles else "unknown_role"

    def refusal(
        self, asked: Asked, at: int, notice: str, key: str | None = None, *, outcome: str = "deny", who: str | None = None
    ) -> Decision:
        """A no that no guardrail gives."""
        balances = self._with_menu(asked, at, {}) if notice in ("unknown_kind", "hold_ended") else {}
        extra = Extra(key=key, notice=notice, approver=asked.approver, alone=balances)
        facts = tuple(asked.facts.values())
        state = (asked.amount, at, asked.context, asked.parameters, *facts)
        return Decision((outcome, None, (), who, None, Origin(self.teller, asked.kind, extra), state))

    def _note(self, asked: Asked, key: str, notice: str) -> Decision:
        wish = Wish(key, str(asked.facts["actor.id"]), (_part(asked, None, self.rules.program.currency),), asked.up_to)
        answer = self.calling(
            self.ledger.attempt, wish, [], during=ALWAYS, subjects=_subjects(asked), record=self._record((asked,), (None,), "deny")
        )
        return self._replayed(asked, key, answer) if isinstance(answer, Replayed) else self.refusal(asked, answer.at, notice, key)

    def fallback(self, asked: Asked, key: str | None = None) -> Decision:
        """The pack's declared answer while the ledger cannot be reached; never allow (law 10). Called while handling that error."""
        declared = self.rules.checked.when_ledger_unavailable
        if declared is None:
            raise  # noqa: PLE0704  (the `LedgerUnavailable` being handled)
        outcome, role = declared
        if outcome == "escalate":
            above = roles_above(self.rules.program, str(asked.facts["actor.role"]), [str(role)]) if not self.notice(asked) else ()
            role = above[0] if above else None
            outcome = "escalate" if above else "deny"
        return self.refusal(asked, wall_clock(), "ledger_unavailable", key, outcome=outcome, who=role)

    def _replayed(self, asked: Asked, key: str, answer: Replayed) -> Decision:
        """The allow of this key, with the amount still given (law 9)."""
        return self._as_they_stand([asked], answer)[0]

    def _replayed_all(self, read: Sequence[Asked], key: str, answer: Replayed) -> Decision:
        return whole(self._as_they_stand(read, answer), key, replayed=True)

    def _as_they_stand(self, read: Sequence[Asked], answer: Replayed) -> list[Decision]:
        """The holds of a wish as they are now, told as they were allowed."""
        record = answer.record.to_json()
        _, recorded = asked_from_json(record)
        parts = zip(recorded, read, told_from_json(record), answer.holds, strict=True)
        return [self._as_it_stands(evolve(old, context=new.context), told, held, answer.at) for old, new, told, held in parts]

    def _as_it_stands(self, before: Asked, told: Told, held: Held, at: int) -> Decision:
        """One hold as it is now; an ended one is a no, never a second allow.

        What is given is also the limit: whatever is left elsewhere, more under this key would be another wish.
        """
        if held.state in ("voided", "expired") or (held.state == "reversed" and held.left == 0):
            return self.refusal(before, self.now(), "hold_ended", held.key)
        amount = None if before.amount is None else to_decimal(held.left, self.rules.program.currency)
        if self.notice(before):
            # The pack of today no longer knows the kind or the role; what was given stays given.
            decision = self.refusal(before, at, "replayed", held.key)
        else:
            judged = self._judge(before, at, {})
            verdict = evolve(judged.verdict, outcome="allow", certain=told.guardrails, possible=(), speaking=())
            judged = evolve(judged, verdict=verdict, amount=held.left, approved=told.approved, approval_refused="")
            decision = self.decision(before, judged, {}, key=held.key, expires_at=held.expires_at)
        origin = _with(decision, replayed=True, settled=held.state != "held")
        return decision.changed(outcome="allow", who=None, limit=amount, amount=amount, guardrails=told.guardrails, origin=origin)

    # -------------------------------------------------------------------------------------------- the ledger

    def counters(self, asked: Asked, at: int) -> list[Counter]:
        """Every counter that the requester's or the approver's verdict reads, each once."""
        if self.notice(asked):
            return []
        case = make_case(self.rules, asked, at, {}, self.day_of)
        found = list(case.counters)
        if asked.approver is not None and asked.approver["actor.role"] in self.rules.program.ladder:
            found += as_approver(case, asked.approver, {}).counters
        return list(dict.fromkeys(counter for counter in found if counter is not None))

    def counters_in(self, asked: Asked, at: int, kinds: Iterable[str]) -> list[Counter]:
        """The counters of other kinds in this context: what options need."""
        found: dict[Counter, None] = {}
        for kind in sorted(kinds):
            if self.rules.program.plans[kind].accounts:
                case = self.teller.case_in(asked.context, kind, at, {})
                found.update(dict.fromkeys(counter for counter in case.counters if counter is not None))
        return list(found)

    def _with_menu(self, asked: Asked, at: int, balances: Balances) -> Balances:
        """These balances, and those of the counters that the offers of the menu draw on."""
        if self.teller.lenient(asked.context, "actor.role") is None:
            return balances
        wanted: dict[Counter, None] = {}
        for offer in self.rules.program.menu:
            typed = offered_parameters(self.teller, offer, asked.parameters)
            if typed is not None and self.rules.program.plans[offer.kind].accounts:
                case = self.teller.case_in(asked.context, offer.kind, at, {}, typed)
                wanted.update(dict.fromkeys(counter for counter in case.counters if counter is not None))
        return {**balances, **self.balances([counter for counter in wanted if counter not in balances])}

    def balances(self, counters: Sequence[Counter]) -> Balances:
        """What these counters hold now."""
        if not counters:
            return {}
        return dict(zip(counters, self.calling(self.ledger.balances, counters), strict=True))

    def now(self) -> int:
        """Ledger time."""
        return self.calling(self.ledger.now)  # type: ignore[no-any-return]

    def guess(self) -> int:
        """About ledger time: what a first verdict is worked out at, since the ledger says so where it does not hold."""
        return self.calling(getattr(self.ledger, "guess", self.ledger.now))  # type: ignore[no-any-return]

    @staticmethod
    def calling(method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """A call of the ledger; whatever a broken store raises is `LedgerUnavailable`, never an allow (law 10)."""
        try:
            return method(*arguments, **named)
        except EmpowerError:
            raise
        except Exception as error:
            message = f"the ledger failed: {type(error).__name__}: {error}; nothing was allowed"
            raise LedgerUnavailable(message) from error

    def _record(self, asked: Iterable[Asked], judged: Iterable[Judged | None], outcome: str) -> AskedRecord:
        told = tuple(Told() if each is None else Told(each.verdict.certain, each.approved) for each in judged)
        return AskedRecord(__version__, self.rules.program.name, self.rules.program.digest, tuple(asked), told, outcome)


def whole(parts: Sequence[Decision], key: str, *, replayed: bool = False) -> Decision:
    """Several decisions as one: the strongest outcome, the sums of the amounts."""
    decisive = max(parts, key=lambda part: _STRENGTH[part.outcome])
    if not decisive.allowed:
        parts = [part.changed(amount=None, origin=_with(part, withheld=True)) for part in parts]
    given = [part.amount for part in parts if part.amount is not None]
    asked = [part.asked for part in parts if part.asked is not None]
    names = tuple(dict.fromkeys(name for part in parts for name in part.guardrails))
    decision = decisive.changed(
        amount=sum(given, Decimal(0)) if given else None, guardrails=names, state=(sum(asked) if asked else None, *decisive.state[1:]),
        origin=_with(decisive, key=key, parts=tuple(parts), replayed=replayed),
    )  # fmt: skip
    if replayed and decision.allowed:
        return decision.changed(limit=decision.amount)
    most = limit_together(decision.teller, decision)
    return decision.changed(limit=None if most is None else to_decimal(most, decision.teller.rules.program.currency))


def _with(decision: Decision, **changes: Any) -> Origin:
    return evolve(decision.origin, extra=evolve(decision.extra, **changes))


def _until(hold_for: int | None, at: int) -> int | None:
    return None if hold_for is None else at + hold_for


def _part(asked: Asked, case: Case | None, currency: str) -> Part:
    names = sorted({*asked.parameters, *(case.plan.asks if case else ())})
    given = [(name, parameter_text(asked.parameters.get(name))) for name in names]
    money = [] if asked.amount is None else [("currency", currency)]  # the same number of pence and of yen is not the same wish
    return Part(asked.kind, (*given, *money), asked.amount)


def _subjects(asked: Asked) -> dict[str, str]:
    named = {"actor": "actor.id", "customer": "customer.id", "incident": "incident.id", "store": "place.store"}
    found = {name: asked.facts.get(path) for name, path in named.items()}
    return {name: str(value) for name, value in found.items() if value is not None}
