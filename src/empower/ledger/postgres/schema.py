"""The tables and functions of a ledger: made, brought up to date, or refused. The SQL lies beside this module, in numbered files."""

from __future__ import annotations

from functools import cache
from importlib import resources

import psycopg

from empower.errors import LedgerUnavailable, WrongLedger

LEAST_VERSION = 140_000
"""The oldest PostgreSQL that is tried; as the server tells it."""
_LOCK = "SELECT pg_advisory_xact_lock(1701671031, 3)"


@cache
def migrations() -> tuple[str, ...]:
    """The numbered SQL, in order. Each file writes down how far it brought the ledger."""
    folder = resources.files(__package__)
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    texts = [folder.joinpath(name).read_text(encoding="utf-8") for name in names]
    return tuple(f"{text}\nUPDATE empower.ledger SET version = {number};\n" for number, text in enumerate(texts, 1))


def schema_text(after: int = 0) -> str:
    """The SQL that brings a database up to date which has been through so many files: for hosts that run their migrations themselves."""
    return f"BEGIN;\n{_LOCK};\n{''.join(migrations()[after:])}COMMIT;\n"


def bring_up_to_date(connection: psycopg.Connection, *, migrate: bool, where: str) -> None:
    """Make the tables, or bring them up to date; all or nothing, one at a time.

    Raises:
        WrongLedger: a newer version's, or not up to date and not to be changed; LedgerUnavailable: the server is too old; psycopg.Error.
    """
    known = len(migrations())
    if connection.info.server_version < LEAST_VERSION:
        least = LEAST_VERSION // 10_000
        raise LedgerUnavailable(f"the server of the ledger {where} is too old (help: PostgreSQL {least} or newer)")
    if version_of(connection) == known:
        return
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise LedgerUnavailable(f"the ledger {where} cannot keep every text (help: make the database with ENCODING 'UTF8')")
    with connection.transaction():
        connection.execute(_LOCK)
        version = version_of(connection)
        if version > known:
            message = f"the ledger {where} has schema {version}, and this version of empower knows {known}"
            raise WrongLedger(f"{message} (help: use the version that wrote it, or a newer one; a ledger is never taken back)")
        if version < known and not migrate:
            message = f"the ledger {where} has schema {version}, and this version of empower needs {known}"
            raise WrongLedger(f"{message} (help: run what `schema_text({version})` of `empower.ledger.postgres` gives, or migrate=yes)")
        for text in migrations()[version:]:
            connection.execute(text.encode())


def version_of(connection: psycopg.Connection) -> int:
    """How many of the numbered files the database has been through."""
    # Asked of the catalogue itself: `to_regclass` may remember from before the lock that there was none
    if connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'empower' AND tablename = 'ledger'").fetchone() is None:
        return 0
    row = connection.execute("SELECT version FROM empower.ledger").fetchone()
    return row[0] if row else 0
