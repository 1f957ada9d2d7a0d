"""What comes back: a `Decision` and the nouns it is told in. Outcome, limit and ids are there at once; texts are made when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

from empower.noun import field, frozen

if TYPE_CHECKING:
    from empower.explain import Teller
    from empower.judge import Verdict
    from empower.ledger import Balance, Counter

Outcome = Literal["allow", "needs_info", "escalate", "deny"]


@frozen
class Clause:
    """One comparison behind a reason: what was found, what was wanted, and by how much they differ."""

    text: str
    """The comparison as the pack states it."""
    actual: str
    bound: str
    gap: str
    """Empty where the two are not numbers."""


@frozen
class Reason:
    """Why a guardrail spoke."""

    guardrail: str
    effect: str
    outcome: Outcome
    """What it asks for."""
    certain: bool
    """False: it hinges on a fact that is unknown."""
    because: str
    """The value of the mission that it serves."""
    value: str
    """The sentence of that value."""
    actual: str
    bound: str
    gap: str
    clauses: tuple[Clause, ...]
    place: str
    """file:line of the guardrail."""
    staff: str
    customer: str

    def __str__(self) -> str:
        return self.staff


@frozen
class Need:
    """Something unknown that would settle the question, and how to ask for it."""

    fact: str
    question: str
    supplied_by: Literal["staff", "host"]


@frozen
class Option:
    """Something that would be allowed at this instant: re-decides to `allow`."""

    action: Mapping[str, Any]
    """Ready to be handed to `decide`."""
    title: str
    id: str
    """The id of the menu's offer; empty for the action itself at its limit."""
    because: str = ""
    needs: tuple[Need, ...] = ()
    """Of `guard.options`: what to find out and add to `action` first. It is allowed then, whatever the answers are."""


@frozen
class Obligation:
    """A duty that comes with an action, or an advice."""

    name: str
    text: str
    guardrail: str
    binding: bool
    """True of `oblige`, False of `advise`."""
    certain: bool
    """False: whether it applies hinges on a fact that is unknown; treat it as applying unless you know better."""


@frozen
class Nudge:
    """An encouragement: permitted is not encouraged."""

    budget: str
    left: int
    until: str
    text: str


@frozen
class Say:
    """The two voices."""

    staff: str
    customer: str


@frozen
class Given:
    """What is still given under a key."""

    key: str
    state: str
    """held, confirmed, voided, reversed or expired."""
    amount: Decimal
    """Reserved or confirmed, less reversed; 0 once ended."""
    reserved: Decimal


@frozen
class Left:
    """What a budget still holds for somebody."""

    budget: str
    spent: Decimal
    times: int
    limit: Decimal | None
    """None: no limit by amount, or one that depends on facts not given."""
    left: Decimal | None
    times_left: int | None
    until: int | None
    """The instant (milliseconds UTC) at which something of it comes back; None: never, or nothing is spent."""


@frozen
class Extra:
    """What only some decisions carry: set by `Guard`, never by a fast path."""

    key: str | None = None
    balances: Mapping[Counter, Balance] = field(factory=dict)
    alone: Mapping[Counter, Balance] = field(factory=dict)
    """Of a part of `decide_all`, and of the whole: what the counters held before any part. Options are allowed each by itself."""
    missing: tuple[str, ...] = ()
    verdict: Verdict | None = None
    approver: Mapping[str, Any] | None = None
    approved: bool = False
    """The approval was used."""
    approval_refused: str = ""
    replayed: bool = False
    withheld: bool = False
    """A part of `decide_all` whose whole is not allowed: nothing was reserved for it."""
    settled: bool = False
    """Of a replay: the hold was confirmed or ended before."""
    notice: str = ""
    """A reason that no guardrail gives: `unknown_kind`, `unknown_role`, `hold_ended`, `ledger_unavailable`."""
    parts: tuple[Decision, ...] = ()
    others: int = 0
    expires_at: int | None = None
    shown_amount: int | None = None


PLAIN = Extra()


@frozen
class Origin:
    """Where a decision comes from; shared by all plain decisions of a kind."""

    teller: Teller
    kind: str
    extra: Extra = PLAIN


class Answer(NamedTuple):
    """What a decision is made of. A quick decision is one tuple made at once; a frozen attrs class takes five times as long."""

    outcome: Outcome
    limit: Decimal | None
    guardrails: tuple[str, ...]
    who: str | None
    amount: Decimal | None
    origin: Origin
    state: tuple[Any, ...]
    """(asked, at, context, parameters, *facts): what the details are told from."""


class Decision(tuple[Any, ...]):
    """The answer to one wish. Immutable; `bool()` of it raises, because a decision has four outcomes.

    A plain subclass of `tuple` that borrows the readers of `Answer`: made without `NamedTuple.__new__`, which costs as much again.
    """

    __slots__ = ()

    outcome: Outcome = Answer.outcome
    limit: Decimal | None = Answer.limit
    """The largest amount that would be allowed with this action right now; None if there is none or the kind has no amount.
    Of `decide_all`: the largest sum of its parts, if they are alike (one kind, the same parameters)."""
    guardrails: tuple[str, ...] = Answer.guardrails
    """Ids of the guardrails that spoke, in the pack's order."""
    who: str | None = Answer.who
    """Of an escalation: the lowest role that could say yes."""
    amount: Decimal | None = Answer.amount
    """What may be given; None unless allowed, or for a kind without an amount."""
    origin: Origin = Answer.origin
    state: tuple[Any, ...] = Answer.state

    def changed(self, **changes: Any) -> Decision:
        """The same decision with another answer."""
        return Decision(Answer(*self)._replace(**changes))

    def __bool__(self) -> NoReturn:
        message = "a decision has four outcomes, so it is not true or false (help: use `decision.allowed`)"
        raise TypeError(message)

    def __copy__(self) -> Decision:
        return self

    def __deepcopy__(self, _known: object) -> Decision:
        return self

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        message = (
            "a decision holds the pack that tells it, so it cannot be pickled (help: hand on `decision.to_dict()` or `decision.to_json()`)"
        )
        raise TypeError(message)

    def __repr__(self) -> str:
        limit = "" if self.limit is None else f" limit={self.limit}"
        who = f" who={self.who}" if self.who else ""
        return f"<Decision {self.outcome} {self.kind}{limit}{who}{' because of ' if self.guardrails else ''}{', '.join(self.guardrails)}>"

    def __str__(self) -> str:
        return repr(self)

    @property
    def teller(self) -> Teller:
        """Tells the details."""
        return self.origin.teller

    @property
    def kind(self) -> str:
        """The kind of the action."""
        return self.origin.kind

    @property
    def extra(self) -> Extra:
        """What only some decisions carry."""
        return self.origin.extra

    @property
    def asked(self) -> int | None:
        """The amount asked for, in minor units."""
        return self.state[0]  # type: ignore[no-any-return]

    @property
    def facts(self) -> tuple[Any, ...]:
        """The facts that were read, in the order of the plan's slots; None: unknown."""
        return self.state[4:]

    @property
    def at(self) -> int | None:
        """The instant of the decision, milliseconds UTC; None for a preview whose answer is the same at every instant."""
        return self.state[1]  # type: ignore[no-any-return]

    @property
    def judged_at(self) -> int:
        """The instant at which the details are worked out: `at`, or any where the answer is the same at every one."""
        return self.state[1] or 0

    @property
    def context(self) -> Any:
        """The context as it was handed in; looked at again only for options."""
        return self.state[2]

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Reason and parameters that the action gave."""
        return self.state[3]  # type: ignore[no-any-return]

    @property
    def allowed(self) -> bool:
        """Whether the host may go ahead; never for a part whose whole is not allowed."""
        return self.outcome == "allow" and not self.extra.withheld

    @property
    def key(self) -> str | None:
        """The key of the wish; None for a preview."""
        return self.extra.key

    @property
    def replayed(self) -> bool:
        """Whether this is the answer of an earlier allow under the same key."""
        return self.extra.replayed

    @property
    def would_allow(self) -> bool:
        """Of a part of `decide_all`: whether the part by itself would be allowed. Only the whole permits giving."""
        return self.outcome == "allow"

    @property
    def parts(self) -> tuple[Decision, ...]:
        """Of `decide_all`: the decisions of the parts, in order."""
        return self.extra.parts

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why: each guardrail that spoke, with the actual value, the bound and the gap; those that decide first."""
        return self.teller.reasons(self)

    @property
    def obligations(self) -> tuple[Obligation, ...]:
        """Duties and advice that come with this action; they never change the outcome."""
        return self.teller.obligations(self)

    @property
    def options(self) -> tuple[Option, ...]:
        """What would be allowed instead, at this instant, each by itself: this action at its limit, then the menu by rank. Empty for an allow.

        Of `decide_all`: each of its actions as asked, or at its limit; those that are alike as one.
        """
        return self.teller.options(self)

    @property
    def needs(self) -> tuple[tuple[Need, ...], ...]:
        """Alternatives: each a set of needs that, supplied in full, leaves no further question."""
        return self.teller.needs(self)

    @property
    def nudges(self) -> tuple[Nudge, ...]:
        """What the company encourages beyond this decision."""
        return self.teller.nudges(self)

    @property
    def shadow(self) -> tuple[Reason, ...]:
        """What guardrails in shadow mode would have said."""
        return self.teller.shadow(self)

    @property
    def say(self) -> Say:
        """What to say, in the pack's first language."""
        return self.teller.say(self)

    def told(self, language: str) -> Say:
        """What to say, in a language of the pack."""
        return self.teller.say(self, language)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as plain data."""
        return self.teller.to_dict(self)

    def to_json(self) -> str:
        """Everything, as JSON with sorted keys: the same bytes for the same decision."""
        return self.teller.to_json(self)
