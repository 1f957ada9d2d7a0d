"""Holds and wishes in their tables: found, made, and become what they are to be."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from empower.errors import KeyConflict, UnknownKey
from empower.ledger import EventKind, Held, Replayed, Wish
from empower.ledger.chain import HoldLine
from empower.ledger.holds import Hold, ended_in_archive, settled
from empower.ledger.rows import Written, names_of_others, shared_name, wish_from
from empower.ledger.sqlite.journal import Turn, unpacked
from empower.ledger.wishes import differences
from empower.noun import frozen

_HOLD = (
    "SELECT hold.key, reserved, expires_at, state, confirmed, taken_back, hold.sequence, part, at, subjects FROM hold "
    "JOIN entry ON entry.sequence = hold.sequence"
)
_BY_KEY = f"{_HOLD} WHERE hold.key = ?"
_ARCHIVED = (
    "SELECT hold.key, reserved, expires_at, state, confirmed, taken_back, hold.sequence, part, at, NULL FROM hold "
    "JOIN past ON past.sequence = hold.sequence WHERE hold.key = ?"
)
_DUE = f"{_HOLD} WHERE state = 'held' AND expires_at <= ? ORDER BY expires_at, hold.sequence, part"
_UNSETTLED = f"{_HOLD} WHERE state = 'held' AND at <= ? ORDER BY hold.sequence, part"
_DUE_FROM = "SELECT min(expires_at) FROM hold WHERE state = 'held' AND expires_at IS NOT NULL"
ANY_DUE = "SELECT 1 FROM hold WHERE state = 'held' AND expires_at <= ? LIMIT 1"
_MAKE = "INSERT INTO hold (key, sequence, part, reserved, expires_at, state, confirmed, taken_back) VALUES (?, ?, ?, ?, ?, 'held', 0, 0)"
_CHANGE = "UPDATE hold SET state = ?, confirmed = ?, taken_back = ? WHERE key = ?"
_LEGS = "SELECT number, counter, leaves_at, amount_left, times_left FROM leg WHERE sequence = ? AND part = ?"
_SHRINK = "UPDATE leg SET amount_left = ?, times_left = ? WHERE sequence = ? AND number = ?"
_GIVE_BACK = "UPDATE counter SET amount = amount - ?, times = times - ? WHERE id = ? AND coalesce(? > moved_to, TRUE)"
_ANY_WISH = "SELECT 1 FROM wish WHERE key = ?"
_WISH = """
SELECT coalesce(entry.wish, past.wish), allowed, coalesce(entry.at, past.at), coalesce(entry.record, past.record) FROM wish
LEFT JOIN entry ON entry.sequence = wish.sequence LEFT JOIN past ON past.sequence = wish.sequence
WHERE wish.key = ? AND coalesce(entry.wish, past.wish) IS NOT NULL
"""
_WISH_OF = """
SELECT coalesce(entry.wish, past.wish) FROM hold
LEFT JOIN entry ON entry.sequence = hold.sequence LEFT JOIN past ON past.sequence = hold.sequence WHERE hold.key = ?
"""
_REMEMBER = (
    "INSERT INTO wish (key, sequence, allowed) VALUES (?, ?, ?) "
    "ON CONFLICT (key) DO UPDATE SET sequence = excluded.sequence, allowed = excluded.allowed"
)


@frozen
class Kept:
    """A hold, and where it comes from."""

    hold: Hold
    sequence: int
    part: int
    at: int
    subjects: str | None
    """None: its entry lies in the archive, and nothing becomes of it any more."""


def _kept(row: tuple) -> Kept:  # type: ignore[type-arg]
    key, reserved, expires_at, state, confirmed, taken_back, sequence, part, at, subjects = row
    return Kept(Hold(key, reserved, expires_at, state, confirmed, taken_back), sequence, part, at, subjects)


def find_hold(connection: sqlite3.Connection, key: str) -> Kept:
    """The hold of this key.

    Raises:
        UnknownKey.
    """
    row = connection.execute(_BY_KEY, (key,)).fetchone() or connection.execute(_ARCHIVED, (key,)).fetchone()
    if row is None:
        raise UnknownKey(key)
    return _kept(row)


def unsettled_holds(connection: sqlite3.Connection, now: int, latest: int) -> Iterator[Held]:
    """Holds neither confirmed nor ended by now, reserved at `latest` or before; oldest first."""
    for row in connection.execute(_UNSETTLED, (latest,)):
        hold = settled(_kept(row).hold, now)
        if hold.state == "held":
            yield hold.told()


def make_holds(turn: Turn, sequence: int, holds: Iterable[HoldLine]) -> None:
    """Write the holds of an allow."""
    for part, hold in enumerate(holds, 1):
        turn.connection.execute(_MAKE, (hold.key, sequence, part, hold.reserved, hold.expires_at))
        if hold.expires_at is not None and (turn.state.due_from is None or hold.expires_at < turn.state.due_from):
            turn.due(hold.expires_at)


def mark_due(turn: Turn, now: int) -> int:
    """Mark the holds that are due, each at the instant of its expiry; how many."""
    if turn.state.due_from is None or turn.state.due_from > now:
        return 0
    rows = turn.connection.execute(_DUE, (now,)).fetchall()
    for row in rows:
        kept = _kept(row)
        become(turn, kept, settled(kept.hold, now), "expired", max(kept.hold.expires_at or now, kept.at))
    turn.due(*turn.connection.execute(_DUE_FROM).fetchone())
    return len(rows)


def become(turn: Turn, kept: Kept, hold: Hold, event: EventKind, at: int, *, because: str = "") -> Held:
    """Make a hold what it is to be, give back what it no longer draws, and write it down; nothing if it is so already.

    Raises:
        HoldEnded: its entry lies in the archive.
    """
    if hold is not kept.hold:
        if kept.subjects is None:
            raise ended_in_archive(hold.key, event)
        turn.connection.execute(_CHANGE, (hold.state, hold.confirmed, hold.taken_back, hold.key))
        _give_back(turn.connection, kept, hold)
        amount = {"confirmed": hold.confirmed, "reversed": hold.taken_back}.get(event, kept.hold.left)
        turn.add(at, hold.key, event, amount, subjects=kept.subjects, because=because)
    return hold.told()


def _give_back(connection: sqlite3.Connection, kept: Kept, hold: Hold) -> None:
    """To its own window each; to nobody, where a rolling one has moved on."""
    for number, counter, leaves_at, amount, times in connection.execute(_LEGS, (kept.sequence, kept.part)).fetchall():
        amount_left, times_left = min(amount, hold.left), times if hold.counts else 0
        if (amount_left, times_left) != (amount, times):
            connection.execute(_SHRINK, (amount_left, times_left, kept.sequence, number))
            connection.execute(_GIVE_BACK, (amount - amount_left, times - times_left, counter, leaves_at))


# ------------------------------------------------------------------------------------------------ what a key names


def replay(connection: sqlite3.Connection, wish: Wish, text: str, now: int) -> Replayed | None:
    """The allow of this wish, if it was allowed before; `text`: its fingerprint.

    Raises:
        KeyConflict: its key, or the key of a part, names another wish.
    """
    _refuse_taken_names(connection, wish)
    row = _named(connection, wish.key)
    if row is None:
        return None
    known, allowed, at, record = row
    if known != text:
        found = differences(wish_from(known), wish, allowed=bool(allowed))
        if found:
            raise KeyConflict(wish.key, found)
    if not allowed:
        return None
    holds = [find_hold(connection, key) for key in wish.hold_keys()]
    return Replayed(at, tuple([settled(kept.hold, now).told() for kept in holds]), Written(unpacked(record) or ""))


def wish_of(connection: sqlite3.Connection, key: str) -> Wish | None:
    """The wish that a hold is a part of."""
    row = connection.execute(_WISH_OF, (key,)).fetchone()
    return wish_from(row[0]) if row and row[0] else None


def _named(connection: sqlite3.Connection, key: str) -> tuple | None:  # type: ignore[type-arg]
    """What a key names, if anything: wish, whether it was allowed, when, record."""
    if connection.execute(_ANY_WISH, (key,)).fetchone() is None:  # as nearly always: far cheaper than to look for what it says
        return None
    found: tuple | None = connection.execute(_WISH, (key,)).fetchone()  # type: ignore[type-arg]
    return found


def remember_wish(turn: Turn, wish: Wish, sequence: int, *, allowed: bool) -> None:
    """The key names this wish from now on, as it was asked this time."""
    turn.connection.execute(_REMEMBER, (wish.key, sequence, int(allowed)))


def _refuse_taken_names(connection: sqlite3.Connection, wish: Wish) -> None:
    others = names_of_others(wish)
    if not others:
        return
    rows = [_named(connection, key) for key in others]
    taken = {}
    for row in rows:
        other = wish_from(row[0]) if row else wish
        name = shared_name(wish, other)
        if other.key != wish.key and name is not None:
            taken[name] = other.key
    for name in (wish.key, *wish.hold_keys()):
        if name in taken:
            raise KeyConflict(wish.key, (f"{name!r} belongs to the wish {taken[name]!r}",))
