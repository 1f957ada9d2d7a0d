"""The ledger port: what `Guard` asks of any store that keeps what was given.

Amounts are integers in minor units, instants are integers in milliseconds since 1970-01-01T00:00Z.
The ledger keeps sums and knows nothing of rules. Every store gives the same answers (laws 1 and 9 in `docs/guarantees.md`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from empower.noun import frozen

WindowKind = Literal["ever", "rolling", "day", "week", "month", "quarter", "year"]
HoldState = Literal["held", "confirmed", "voided", "reversed", "expired"]
EventKind = Literal["allowed", "refused", "noted", "confirmed", "voided", "reversed", "expired"]


@frozen(cache_hash=True)
class Window:
    """A stretch of time over which a budget counts: everything, a rolling length, or a calendar period in the pack's zone."""

    kind: WindowKind
    length_ms: int = 0
    """Only of a rolling window: N days are N × 24 hours; an entry exactly that old is out."""


@frozen(cache_hash=True)
class Counter:
    """The identity of one running sum (`docs/packs.md`, *Budgets*); equal counters share their entries, also across pack versions."""

    pack: str
    """The pack that declares the budget: children share their parent's counters."""
    budget: str
    keys: tuple[tuple[str, str], ...]
    """(fact, value) of each key, e.g. `(("actor.id", "d7"),)`; empty for a budget kept for all."""
    window: Window
    zone: str
    currency: str


@frozen
class Leg:
    """What one part of a wish would draw from one counter, and the limit in force for that entry."""

    counter: Counter
    amount: int
    times: int
    limit_amount: int | None
    """Largest sum of the window after this entry, `already` subtracted; None: no limit by amount."""
    limit_times: int | None
    enforced: bool = True
    """False for a shadow budget: its own counter is kept, nothing is refused."""


@frozen
class Part:
    """One action of a wish."""

    kind: str
    parameters: tuple[tuple[str, str | None], ...]
    """Reason and parameters by name, sorted; None: not given yet, may be filled in until the wish is allowed."""
    amount: int | None


@frozen
class Wish:
    """What a key names. Until it is allowed its amounts may change and missing parameters may be filled in (law 9)."""

    key: str
    actor: str
    parts: tuple[Part, ...]
    up_to: bool = False
    together: bool = False
    """True for `decide_all`: each part is held under `key#1`, `key#2` …; otherwise the one part is held under `key`."""

    def hold_keys(self) -> tuple[str, ...]:
        """The key of each part's hold, in order."""
        return tuple(f"{self.key}#{number}" for number in range(1, len(self.parts) + 1)) if self.together else (self.key,)


class Record(Protocol):
    """What is written down of an attempt; a durable store calls `to_json`, the memory store keeps the object."""

    def to_json(self) -> str:
        """The record as text."""


@frozen
class Balance:
    """What a counter's window holds at an instant."""

    amount: int
    times: int
    frees_at: int | None
    """The next instant at which something leaves the window by itself (a rolling window's oldest entry, a calendar period's end);
    None: never, or the window is empty."""


@frozen
class Reserved:
    """The wish is allowed and counts as given; every leg fitted, all were written at once."""

    at: int
    balances: tuple[Balance, ...] = ()
    """What each leg's counter held before this wish, in the order of the legs given."""


@frozen
class Refused:
    """At least one enforced leg did not fit. Nothing was reserved; the attempt is recorded. Balances in the order of the legs given."""

    at: int
    balances: tuple[Balance, ...]


@frozen
class Noted:
    """The attempt is recorded; nothing was to be reserved. Balances in the order of the counters given."""

    at: int
    balances: tuple[Balance, ...]


@frozen
class Held:
    """One part's hold as it stands now."""

    key: str
    state: HoldState
    reserved: int
    left: int
    """The amount still given: reserved or confirmed, less reversed; 0 once voided, wholly reversed or expired."""
    expires_at: int | None


@frozen
class Replayed:
    """The key was allowed before, for this same wish: here is what is left of it (law 9)."""

    at: int
    """The ledger instant of that allow."""
    holds: tuple[Held, ...]
    record: Record
    """The record written with that allow."""


@frozen
class Moved:
    """Ledger time lies outside `during`: nothing was recorded; decide again at `at`."""

    at: int


@frozen
class Entry:
    """One line of the history: an attempt or an event of a hold."""

    sequence: int
    at: int
    key: str
    event: EventKind
    amount: int | None
    """Of an allow: what is given; of another attempt: what was asked (the sum of the parts; None: the kinds have none). Of a confirm: the
    final amount; of a reversal: all that is taken back so far; of a void or an expiry: what went back."""
    subjects: Mapping[str, str]
    record: Record | None
    because: str = ""


@frozen
class Finding:
    """Something wrong with what a ledger holds."""

    kind: str
    """changed, missing, moved: an entry; time: out of order; twice: a key allowed again; exceeded: a limit; hold, key, sum: not what
    follows from the history; file: the store itself is damaged."""
    sequence: int | None
    """The entry; None: it concerns none alone."""
    message: str


@frozen
class Audit:
    """What `verify` found."""

    entries: int
    head: str
    """The last entry's sequence and hash, `sequence:hash`. Kept elsewhere, it shows later on whether the newest entries are still there;
    empty in a store without a chain."""
    findings: tuple[Finding, ...] = ()
    """The first hundred, by entry."""
    found: int = 0
    """How many there are in all."""


class Ledger(Protocol):
    """A store of what was given. All methods are thread-safe; each call is all or nothing.

    Any method may raise `LedgerUnavailable`; then nothing was reserved, or the same key tells on the next ask.
    Any method may first mark the holds that are due (`expired`, at the instant of their expiry); answers are the same either way.
    """

    def now(self) -> int:
        """Ledger time: the clock, but never before the last entry."""

    def guess(self) -> int:
        """An instant near ledger time, told without looking into the store.

        Good enough to judge by: `reserve` and `attempt` answer `Moved` where that verdict does not hold at ledger time. A store that has
        nothing quicker, or is of an older version and lacks this, is asked for `now`.
        """
        return self.now()

    def reserve(
        self,
        wish: Wish,
        legs: Sequence[Sequence[Leg]],
        *,
        during: tuple[int, int],
        hold_until: int | None,
        subjects: Mapping[str, str],
        record: Record,
        given: Sequence[int | None] | None = None,
    ) -> Reserved | Refused | Replayed | Moved:
        """Reserve all legs of all parts (one sequence of legs a part, amounts as given there) or none.

        First the key: a wish already allowed answers `Replayed` (any difference raises `KeyConflict`), one not yet allowed must be
        the same save its amounts, `up_to` and filled-in parameters (`empower.ledger.wishes`); a key that a part of another wish has
        (`k#1`), or a part that would get another wish's key, is a `KeyConflict` too. Then `during`: a half-open interval of ledger time
        in which the verdict behind the legs holds; outside it the answer is `Moved`. Then the legs: each enforced one must fit on top of
        what the window holds and of the legs before it; legs of several parts on one counter add up.
        `hold_until`: the instant from which an unconfirmed hold is expired; None: never.
        `given`: what each part gives, where that is less than the wish asks for (`up_to`); None: the amounts of the wish. It is what the
        hold reserves; a leg draws that or less (0 from a counter that minds times only).

        Raises:
            KeyConflict; ValueError: the parts, legs and amounts do not match, or a leg is negative or more than its part gives.
        """

    def attempt(
        self,
        wish: Wish,
        counters: Sequence[Counter],
        *,
        during: tuple[int, int],
        subjects: Mapping[str, str],
        record: Record,
    ) -> Noted | Replayed | Moved:
        """Record an ask whose verdict is not allow; read the balances that its limit and options need."""

    def balances(self, counters: Sequence[Counter], at: int | None = None) -> tuple[Balance, ...]:
        """What each counter's window holds at `at` (default: now), by what is known now.

        `at` names the window: the period it lies in, or the stretch that ends with it. A later instant leaves out the holds that expire
        by then; an earlier one does not bring back what was voided, reversed or expired since.
        """

    def confirm(self, key: str, amount: int | None = None) -> Held:
        """Fix the final amount of a hold (0..reserved; None: all of it). The same again is a no-op, also after a reversal.

        What is not confirmed goes back to its own window; times stay, even of an amount of 0.

        Raises:
            UnknownKey, MoreThanReserved, HoldExpired (from its expiry on), HoldEnded (voided, or confirmed with another amount).
        """

    def void(self, key: str) -> Held:
        """End an unconfirmed hold: amount and times go back to its own window. Again, or once it expired, is a no-op.

        Raises:
            UnknownKey, HoldEnded (confirmed).
        """

    def reverse(self, key: str, amount: int, because: str) -> Held:
        """Take back `amount` in all so far of what was confirmed; times go back when it is all (0 of 0 is all). Again is a no-op.

        Raises:
            UnknownKey, MoreThanReserved, HoldExpired, HoldEnded (voided, not confirmed yet, or more was taken back before).
        """

    def currency_of(self, key: str) -> str | None:
        """The currency of what is held under a key; None: it has none, nothing is held under it, or the store cannot tell."""
        return None

    def expire_due(self) -> int:
        """Mark holds that have passed their expiry; returns how many this call marked. Balances are right whether or not it ran."""

    def unsettled(self, older_than_ms: int = 0) -> tuple[Held, ...]:
        """Holds neither confirmed nor ended, reserved at least so long ago, oldest first."""

    def history(self, **subjects: str) -> tuple[Entry, ...]:
        """Entries in order whose subjects match, e.g. `history(customer="c1")`; all entries if none is named."""

    def counters(self) -> tuple[Counter, ...]:
        """Every counter that anything was ever drawn from, in no order."""

    def keep_pack(self, digest: str, text: str) -> None:
        """Keep a pack by digest (with engine and time-zone-data versions), so that its decisions can be replayed."""

    def verify(self, head: str = "") -> Audit:
        """Tell the history again and hold everything against it; `head`: one that was written down before, by which it has to come."""

    def accept_clock(self) -> int:
        """Believe the clock from now on, though it jumped forward; gives the instant that it shows. A clock that is given always is."""

    def close(self) -> None:
        """Let go of the store; further calls raise `LedgerUnavailable`."""
