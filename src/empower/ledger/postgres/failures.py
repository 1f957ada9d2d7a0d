"""What PostgreSQL fails with, by name and with what to do about it. Whatever it is, nothing was acknowledged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg_pool import PoolTimeout

from empower.errors import ClockError, LedgerBusy, LedgerFull, LedgerUnavailable, WrongLedger

_AGAIN = "ask again with the same key"
_ANOTHER_SESSION = (
    LedgerUnavailable,
    "is behind a pooler that hands each transaction to another session",
    "give the address of the server, or let the pooler keep a session for each connection (PgBouncer: pool_mode=session)",
)
_KNOWN: dict[str, tuple[type[LedgerUnavailable], str, str]] = {
    "25001": (LedgerUnavailable, "is in a transaction that it cannot work in", "begin it with READ COMMITTED"),
    "25000": (LedgerUnavailable, "is in a transaction that it cannot work in", "begin it with READ COMMITTED"),
    "25006": (LedgerUnavailable, "cannot be written: it is a standby, or read-only", "give the address of the primary"),
    "25P02": (LedgerUnavailable, "is in a transaction that failed before", "roll it back"),
    "26000": _ANOTHER_SESSION,
    "40001": (LedgerBusy, "was changed by somebody else each time", _AGAIN),
    "40P01": (LedgerBusy, "was locked in a circle each time", _AGAIN),
    "42P05": _ANOTHER_SESSION,
    "42501": (LedgerUnavailable, "may not be used by this role", "grant it the schema `empower`; docs/ledger-postgres.md says what"),
    "53100": (LedgerFull, "cannot grow: the disk is full", f"make room, then {_AGAIN}"),
    "53300": (LedgerBusy, "has no connection left", "raise max_connections, or lower `connections` in the address"),
    "EM001": (ClockError, "has a clock that went forward", "set it right; or accept it with `empower ledger accept-clock`"),
    "55P03": (LedgerBusy, "is locked by somebody else", _AGAIN),
    "57014": (LedgerBusy, "took too long", _AGAIN),
}
"""By SQLSTATE: the exception, what is the matter with the ledger, and what to do."""
_KNOWN_CLASSES: dict[str, tuple[type[LedgerUnavailable], str, str]] = {
    "22": (LedgerUnavailable, "cannot keep a value", "leave out what it names"),
    "23": (LedgerUnavailable, "refused an entry that breaks a promise of its own", "run `empower ledger verify`, and tell us"),
    "28": (LedgerUnavailable, "did not let this role in", "look at the user and the password in its address"),
    "3D": (WrongLedger, "is not there", "make the database first"),
    "3F": (WrongLedger, "is not there", "make its tables first: docs/ledger-postgres.md says how"),
    "42": (WrongLedger, "is not the one that this version of empower knows", "look at what is in the schema `empower`"),
    "53": (LedgerFull, "has no room left", f"make room, then {_AGAIN}"),
    "XX": (WrongLedger, "is damaged", "keep it as it is, and go on with a backup"),
}
_WORDS = {
    "too many connections|too many clients|remaining connection slots": "53300",
    'FATAL:  database "[^"]*" does not exist': "3D000",
    'FATAL:  role "[^"]*" does not exist|authentication failed|no pg_hba.conf entry|is not permitted to log in': "28000",
}
"""What a server says to somebody whom it does not let in, in English."""
_LOST: tuple[type[LedgerUnavailable], str, str] = (LedgerUnavailable, "cannot be reached", f"{_AGAIN}, which tells what became of it")

_NONE_FREE: tuple[type[LedgerUnavailable], str, str] = (
    LedgerBusy,
    "had no connection free",
    "raise `connections` or `wait_ms` in the address; is the server there?",
)


def failure(error: Exception, where: str) -> LedgerUnavailable:
    """What went wrong, as an exception of this library; `where`: which ledger, without a password."""
    code = getattr(error, "sqlstate", None) or _code_of(str(error))
    known = _NONE_FREE if isinstance(error, PoolTimeout) else _KNOWN.get(code) or _KNOWN_CLASSES.get(code[:2]) or _LOST
    kind, matter, help_ = known
    told = str(error).strip().partition("\n")[0]
    return kind(f"the ledger {where} {matter} ({told}); nothing was acknowledged (help: {help_})")


def _code_of(told: str) -> str:
    """The SQLSTATE of a connection that was refused: libpq hands on the words only."""
    return next((code for words, code in _WORDS.items() if re.search(words, told)), "")


@contextmanager
def named_failures(where: str) -> Iterator[None]:
    """Whatever psycopg raises inside becomes an exception of this library."""
    try:
        yield
    except psycopg.Error as error:
        raise failure(error, where) from error
