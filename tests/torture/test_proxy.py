"""The proxy of the torture does what networks do: a request is lost, or its answer is, and nobody can tell which."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ledger.postgres import mortal_postgres, postgres_address, postgres_server
from torture.proxy import SOCKET
from torture.server import Server

__all__ = ["mortal_postgres", "postgres_address", "postgres_server"]
SERVE = "import sys; from pathlib import Path; from torture.proxy import serve; serve(Path(sys.argv[1]), Path(sys.argv[2]), 'seed')"


@pytest.fixture
def proxied(repository: Path, mortal_postgres: Server, postgres_address: str) -> Iterator[str]:
    """The address of the database, through the proxy."""
    with tempfile.TemporaryDirectory(prefix="proxy-") as folder:
        process = subprocess.Popen([sys.executable, "-c", SERVE, folder, str(mortal_postgres.folder)], cwd=repository)
        while not Path(folder, SOCKET).exists():
            assert process.poll() is None
        yield postgres_address.replace(str(mortal_postgres.folder), folder)
        process.kill()
        process.wait()


def write_until_cut(address: str) -> int:
    """How many rows were acknowledged."""
    acknowledged = 0
    try:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("SET synchronous_commit = off")
            while acknowledged < 10_000:
                connection.execute("INSERT INTO kept VALUES (1)")
                acknowledged += 1
    except psycopg.OperationalError:
        pass
    return acknowledged


def test_what_was_cut_off_may_have_been_done_or_not(proxied: str, postgres_address: str) -> None:
    """Both happen, and nothing that was acknowledged is missing."""
    unacknowledged: set[int] = set()
    with psycopg.connect(postgres_address, autocommit=True) as direct:
        direct.execute("CREATE TABLE kept (what int)")
        while unacknowledged < {0, 1}:
            direct.execute("TRUNCATE kept")
            acknowledged = write_until_cut(proxied)
            (written,) = direct.execute("SELECT count(*) FROM kept").fetchone() or (0,)
            unacknowledged.add(written - acknowledged)
            assert written - acknowledged in (0, 1)
