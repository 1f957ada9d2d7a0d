"""What may become of a hold: pure transitions, shared by all stores so that they give the same answers and the same refusals.

    held ──confirm──▶ confirmed ──reverse, all of it──▶ reversed
      ├──void──▶ voided
      └──its expiry──▶ expired

Each transition answers the hold as it is afterwards: the very same object if there was nothing to do (asked twice, done once).
A store that reads a hold calls `settled` first, so that a hold past its expiry is expired whether or not it was swept.
"""

from __future__ import annotations

from empower.errors import HoldEnded, HoldExpired, MoreThanReserved
from empower.ledger import Held, HoldState
from empower.noun import evolve, frozen


def ended_in_archive(key: str, event: str) -> HoldEnded:
    """Nothing becomes any more of a hold whose entry lies in an archive."""
    told = f"{key!r} was given in a period that is closed and archived, so it cannot be {event} any more"
    return HoldEnded(f"{told} (help: settle it outside of the budgets)")


@frozen
class Hold:
    """What is kept of one part's hold; amounts in minor units."""

    key: str
    reserved: int
    expires_at: int | None
    state: HoldState = "held"
    confirmed: int = 0
    taken_back: int = 0
    """By `reverse`, in all so far."""

    @property
    def left(self) -> int:
        """The amount still given. Each of its legs draws so much, or what it drew at first if that is less."""
        match self.state:
            case "held":
                return self.reserved
            case "confirmed":
                return self.confirmed - self.taken_back
            case _:
                return 0

    @property
    def counts(self) -> bool:
        """Whether its times still count: they go back only with all of it, not with a smaller amount (0 included)."""
        return self.state in ("held", "confirmed")

    def told(self) -> Held:
        """The hold as the host sees it."""
        return Held(self.key, self.state, self.reserved, self.left, self.expires_at)


def settled(hold: Hold, now: int) -> Hold:
    """The hold at ledger time: expired if it is unconfirmed and its expiry has come."""
    due = hold.state == "held" and hold.expires_at is not None and hold.expires_at <= now
    return evolve(hold, state="expired") if due else hold


def confirm(hold: Hold, amount: int | None) -> Hold:
    """Fix the final amount (None: all that was reserved).

    Raises:
        HoldExpired, HoldEnded (voided, or confirmed with another amount), MoreThanReserved; ValueError: a negative amount.
    """
    if hold.state == "expired":
        raise HoldExpired(f"the hold {hold.key!r} expired before it was confirmed: do not give (help: decide again, under a new key)")
    if hold.state == "voided":
        raise HoldEnded(f"the hold {hold.key!r} was voided: do not give (help: decide again, under a new key)")
    final = hold.reserved if amount is None else amount
    _refuse_beyond(hold.key, final, hold.reserved, "confirmed")
    if hold.state == "held":
        return evolve(hold, state="confirmed", confirmed=final)
    if final != hold.confirmed:
        sentence = "{key!r} is confirmed with {0}, so not with {1} (help: `reverse` takes back)"
        raise HoldEnded(sentence, hold.confirmed, final, key=hold.key)
    return hold


def void(hold: Hold) -> Hold:
    """End an unconfirmed hold. Nothing to do if it was voided before or has expired.

    Raises:
        HoldEnded: it was confirmed.
    """
    if hold.state in ("confirmed", "reversed"):
        raise HoldEnded(f"{hold.key!r} was confirmed, so it cannot be voided (help: `reverse` takes back)")
    return evolve(hold, state="voided") if hold.state == "held" else hold


def reverse(hold: Hold, amount: int) -> Hold:
    """Take back `amount` in all so far of what was confirmed; the whole of it ends the hold.

    Raises:
        HoldExpired, HoldEnded (voided, not confirmed yet, or more was taken back before), MoreThanReserved; ValueError: a negative amount.
    """
    match hold.state:
        case "expired":
            raise HoldExpired(f"the hold {hold.key!r} expired before it was confirmed: there is nothing to take back")
        case "voided":
            raise HoldEnded(f"the hold {hold.key!r} was voided: there is nothing to take back")
        case "held":
            raise HoldEnded(f"{hold.key!r} is not confirmed yet (help: `void` it, or `confirm` what was given first)")
    _refuse_beyond(hold.key, amount, hold.confirmed, "taken back")
    if amount < hold.taken_back:
        sentence = "{0} of {key!r} is taken back already, not {1} (help: `amount` is the total so far)"
        raise HoldEnded(sentence, hold.taken_back, amount, key=hold.key)
    # Compared with what was confirmed first: an action without an amount is taken back wholly by taking back 0
    if amount == hold.confirmed and hold.state == "confirmed":
        return evolve(hold, state="reversed", taken_back=amount)
    return evolve(hold, taken_back=amount) if amount > hold.taken_back else hold


def _refuse_beyond(key: str, amount: int, most: int, done: str) -> None:
    if amount < 0:
        raise ValueError(f"an amount to be {done} cannot be negative: {amount} of {key!r}")
    if amount > most:
        raise MoreThanReserved("{0} of {key!r} was to be " + done + ", but it holds {1}", amount, most, key=key)
