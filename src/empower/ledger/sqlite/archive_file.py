"""The file of an archive: a SQLite database with the tables of a ledger, from which nothing is given. Every durable store archives into one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from empower.errors import LedgerUnavailable, WrongLedger
from empower.ledger import Audit, Ledger
from empower.ledger.sqlite.failures import named_failures
from empower.ledger.sqlite.journal import identity
from empower.ledger.sqlite.schema import make_archive, refuse_no_archive
from empower.noun import frozen


@frozen
class Archived:
    """Where the archived part of a history is."""

    file: str
    """The path as it was given."""
    head: str
    """Of the archive: what it has for certain comes by there."""
    before: int
    """What still mattered at this instant has stayed."""
    entries: int
    """How many entries lie in the archive alone."""


@runtime_checkable
class Archiving(Ledger, Protocol):
    """A ledger whose closed periods can be moved into an archive."""

    def archive(self, before: int, to: Path) -> int:
        """Move what is closed at an instant into an archive; how many entries."""

    def archived(self) -> Archived | None:
        """Where the archived part of the history is; None: all of it is here."""

    def verify(self, head: str = "", archive: Path | None = None) -> Audit:
        """With its archive, all of the history."""


@contextmanager
def opened_archive(path: Path, of: str = "") -> Iterator[sqlite3.Connection]:
    """The archive, to be read; `of`: the identity of the ledger that it has to be of.

    Raises:
        WrongLedger: it is none, or another ledger's; LedgerUnavailable.
    """
    if not path.is_file():
        raise LedgerUnavailable(f"there is no archive {str(path)!r} (help: bring the file back, or give the path at which it lies now)")
    with named_failures(path), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only = ON")
        refuse_no_archive(connection, path)
        _refuse_strange(connection, path, of or identity(connection))
        yield connection


@contextmanager
def filled_archive(path: Path, of: str) -> Iterator[sqlite3.Connection]:
    """The archive of the ledger with this identity, made if it is not there: all that is written comes to its disk, or nothing.

    Raises:
        WrongLedger: it is something else; LedgerUnavailable.
    """
    with named_failures(path), closing(sqlite3.connect(path, isolation_level=None)) as target:
        target.execute("PRAGMA synchronous = EXTRA")
        target.execute("BEGIN EXCLUSIVE")
        make_archive(target, path, of)
        _refuse_strange(target, path, of)
        yield target
        target.execute("COMMIT")
    _sync_folder(path)


def fill(archive: sqlite3.Connection, table: str, rows: Iterable[Any]) -> None:
    """Copy rows into a table of the archive, save those that it has."""
    columns = archive.execute(f"SELECT count(*) FROM pragma_table_info('{table}')").fetchone()[0]  # noqa: S608
    archive.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * columns)})", rows)  # noqa: S608


def refuse_wrong(found: Audit, path: Path) -> None:
    """Refuse to go on with an archive in which something was found.

    Raises:
        WrongLedger.
    """
    if found.found:
        told = f"the archive {str(path)!r} would not be in order, so nothing was moved: {found.findings[0].message}"
        raise WrongLedger(f"{told} (help: run `empower ledger verify` on the ledger and on the archive)")


def differing(path: Path, sequence: int) -> WrongLedger:
    """The archive and the ledger tell different histories."""
    told = (
        f"entry {sequence} in the archive {str(path)!r} is another than here, so nothing was dropped: one of them was restored from a copy"
    )
    return WrongLedger(f"{told} (help: keep that archive, and archive to a new file)")


def lacking(path: Path, file: str) -> WrongLedger:
    """The archive does not have all that was archived before."""
    told = f"{str(path)!r} does not have all that was archived to {file!r}"
    return WrongLedger(f"{told} (help: archive to that file; one archive holds all of a ledger)")


def gone(before: int, at: int, file: str) -> LedgerUnavailable:
    """What a rolling window held at an instant cannot be told without the archive."""
    return LedgerUnavailable(f"what a rolling window held at {at} lies in the archive {file!r} (help: ask for {before} or later)")


def _refuse_strange(connection: sqlite3.Connection, path: Path, of: str) -> None:
    if identity(connection) != of:
        raise WrongLedger(f"{str(path)!r} is the archive of another ledger (help: give the path of this one's, or of a new file)")


def _sync_folder(path: Path) -> None:
    """That the file is there must survive a power cut, too. Windows cannot be asked for it."""
    if os.name == "nt":
        return
    folder = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
