"""What SQLite fails with, by name and with what to do about it. Whatever it is, nothing was acknowledged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from empower.errors import LedgerBusy, LedgerFull, LedgerUnavailable, WrongLedger

_PRIMARY = 0xFF
_KNOWN: dict[int, tuple[type[LedgerUnavailable], str, str]] = {
    5: (LedgerBusy, "is locked by another program", "close what has it open for writing, then ask again with the same key"),
    6: (LedgerBusy, "is locked by another program", "close what has it open for writing, then ask again with the same key"),
    8: (LedgerUnavailable, "cannot be written", "give this process the right to write the file, its folder, and the files beside it"),
    10: (LedgerUnavailable, "cannot be read or written: the disk fails, or a limit on the size of files is reached", "look at the disk"),
    11: (WrongLedger, "is damaged", "keep the file as it is, and go on with a backup"),
    13: (LedgerFull, "cannot grow: the disk is full", "make room, then ask again with the same key"),
    14: (LedgerUnavailable, "cannot be opened", "its folder has to exist, and this process has to be allowed to read and write there"),
    15: (LedgerBusy, "is locked by another program", "close what has it open for writing, then ask again with the same key"),
    19: (LedgerUnavailable, "refused an entry that breaks a promise of its own", "run `empower ledger verify`, and tell us"),
    26: (WrongLedger, "is not a database", "give the address of a ledger, or of a file that does not exist yet"),
}
"""By primary result code: the exception, what is the matter with the file, and what to do."""


def failure(error: sqlite3.Error, path: Path) -> LedgerUnavailable:
    """What went wrong, as an exception of this library."""
    code = getattr(error, "sqlite_errorcode", None)
    kind, matter, help_ = _KNOWN.get((code or 0) & _PRIMARY, (LedgerUnavailable, "failed", "run `empower ledger verify`"))
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    return kind(f"the ledger {str(path)!r} {matter} ({name}: {error}); nothing was acknowledged (help: {help_})")


@contextmanager
def named_failures(path: Path) -> Iterator[None]:
    """Whatever SQLite raises inside becomes an exception of this library."""
    try:
        yield
    except sqlite3.Error as error:
        raise failure(error, path) from error
