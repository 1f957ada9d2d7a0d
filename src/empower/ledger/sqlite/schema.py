"""The file of a ledger: opened, made or brought up to date, or refused. The SQL lies beside this module, in numbered files.

`application_id` says that a file is a ledger of this library, `user_version` which of the numbered files it has been through.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path

from empower.errors import LedgerUnavailable, WrongLedger

APPLICATION_ID = 0x656D7077
"""`empw` in ASCII."""
ARCHIVE_ID = 0x656D7061
"""`empa`: its archive, which no ledger is opened on."""
LEAST_VERSION = (3, 24, 0)
"""The oldest SQLite that understands the SQL here."""
STRICT_SINCE = (3, 37, 0)
"""Older ones do not know STRICT tables: there, the checks of the columns stand alone."""
HEADER = 100
"""Bytes that every database begins with."""
WAL_RESET_MENDED_IN = (3, 51, 3)

log = logging.getLogger("empower.ledger")
log.addHandler(logging.NullHandler())


def known_faults(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> tuple[str, ...]:
    """What this version of SQLite is known to do wrong, in words; empty if there is nothing."""
    if version >= WAL_RESET_MENDED_IN:
        return ()
    told = ".".join(map(str, version))
    fault = (
        f"SQLite {told} has the WAL-reset bug (mended in 3.51.3): two connections that write and checkpoint at the same moment can damage the "
        "file. The ledger never does that, because its writes and checkpoints pass one gate; another program on the same file might"
    )
    return (fault,)


@cache
def say_known_faults() -> None:
    """Write them to the log, once a process."""
    for fault in known_faults():
        log.warning("%s", fault)


def connect(path: Path, synchronous: str, wait_ms: int) -> sqlite3.Connection:
    """A connection in which transactions begin and end only where the SQL says so.

    Raises:
        sqlite3.Error.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        connection.execute(f"PRAGMA busy_timeout = {wait_ms}")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA mmap_size = 0")
        connection.execute("PRAGMA trusted_schema = OFF")
    except BaseException:
        connection.close()
        raise
    return connection


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new file, or bring an older file's up to date; all or nothing. Called inside the gate.

    Raises:
        WrongLedger: another program's file, or a newer version's; LedgerUnavailable: SQLite is too old, or cannot keep its log here;
        sqlite3.Error.
    """
    if sqlite3.sqlite_version_info < LEAST_VERSION:
        told = ".".join(map(str, LEAST_VERSION))
        raise LedgerUnavailable(f"SQLite {sqlite3.sqlite_version} is too old for a ledger (help: a Python with SQLite {told} or newer)")
    _refuse_strangers(connection, path)
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise LedgerUnavailable(
            f"the ledger {str(path)!r} cannot be kept with a write-ahead log, only {mode!r} (help: put it on a local disk)"
        )
    if _version(connection) == len(migrations()):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        _migrate(connection, APPLICATION_ID)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _migrate(connection: sqlite3.Connection, application: int) -> None:
    for number, text in enumerate(migrations()[_version(connection) :], _version(connection) + 1):
        for statement in statements(text):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
    connection.execute(f"PRAGMA application_id = {application}")


def make_archive(connection: sqlite3.Connection, path: Path, of: str) -> None:
    """Make the tables of a new archive of the ledger with this identity, or bring an older one's up to date; in a transaction.

    Raises:
        WrongLedger: it is something else; sqlite3.Error.
    """
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables:
        refuse_no_archive(connection, path)
    _migrate(connection, ARCHIVE_ID)
    if not tables:
        connection.execute("UPDATE ledger SET identity = ?", (of,))


def is_archive(path: Path) -> bool:
    """Whether a file is an archive, by its head."""
    with path.open("rb") as file:
        return file.read(HEADER)[68:72] == ARCHIVE_ID.to_bytes(4, "big")


def refuse_no_archive(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse anything but an archive.

    Raises:
        WrongLedger.
    """
    if connection.execute("PRAGMA application_id").fetchone() != (ARCHIVE_ID,):
        raise WrongLedger(f"{str(path)!r} is not an archive (help: give the path of one, or of a file that does not exist yet)")
    if _version(connection) > len(migrations()):
        raise WrongLedger(f"the archive {str(path)!r} was written by a newer version of empower (help: use that one)")


def _refuse_strangers(connection: sqlite3.Connection, path: Path) -> None:
    if 0 < path.stat().st_size < HEADER:
        # SQLite takes so short a file for an empty one, and would write over it
        raise WrongLedger(f"{str(path)!r} is not a database (help: give the address of a ledger, or of a file that does not exist yet)")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    version, known = _version(connection), len(migrations())
    if application == ARCHIVE_ID:
        raise WrongLedger(f"{str(path)!r} is an archive: nothing is given from it (help: `empower ledger verify` reads it)")
    if application != APPLICATION_ID and (application or version or tables):
        message = f"{str(path)!r} is a database of another program"
        raise WrongLedger(f"{message} (help: give the address of a ledger, or of a file that does not exist yet)")
    if version > known:
        message = f"the ledger {str(path)!r} has schema {version}, and this version of empower knows {known}"
        raise WrongLedger(
            f"{message} (help: use the version that wrote it, or a newer one; a ledger is never taken back to an older schema)"
        )


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


@cache
def migrations() -> tuple[str, ...]:
    """The numbered SQL, in order, for the SQLite that runs here."""
    folder = resources.files(__package__)
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    texts = [folder.joinpath(name).read_text(encoding="utf-8") for name in names]
    return tuple(texts if sqlite3.sqlite_version_info >= STRICT_SINCE else map(without_strict, texts))


def without_strict(text: str) -> str:
    """The same SQL for a SQLite that does not know STRICT tables."""
    return text.replace(") WITHOUT ROWID, STRICT;", ") WITHOUT ROWID;").replace(") STRICT;", ");")


def statements(text: str) -> Iterator[str]:
    """The statements of a text, one by one: `executescript` would end the transaction around them."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
