"""What PostgreSQL fails with has a name, nothing was allowed, and the pack's fallback takes its place (law 10)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from empower import Guard, load_pack
from empower.errors import ClockError, LedgerBusy, LedgerUnavailable, WrongLedger
from empower.ledger import Replayed, Reserved
from empower.ledger.postgres import PostgresLedger
from empower.testing.asks import EVER, give, held
from ledger.lent import Open
from ledger.test_postgres import Cutter
from torture.server import Server

CONTEXT: dict[str, Any] = {
    "actor": {"id": "a1", "role": "associate"},
    "customer": {"id": "c1", "category": "regular"},
    "item": {"code": "22423", "quantity": 1, "bought_days_ago": 3},
    "flags": [],
}
REFUND = {"kind": "refund", "amount": "5.00"}
CLOCK = "CREATE OR REPLACE FUNCTION empower.clock_v1() RETURNS bigint LANGUAGE sql VOLATILE AS "
SHOWN = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
BROKEN = {
    "a server that only reads": (
        LedgerUnavailable, "cannot be written: it is a standby, or read-only .*help: give the address of the primary",
        "ALTER ROLE till SET default_transaction_read_only = on", "ALTER ROLE till RESET default_transaction_read_only",
    ),
    "a right that is missing": (
        LedgerUnavailable, "may not be used by this role .*docs/ledger-postgres.md", "REVOKE INSERT ON empower.entry FROM till",
        "GRANT INSERT ON empower.entry TO till",
    ),
    "another schema": (
        WrongLedger, "is not the one that this version of empower knows", "ALTER TABLE empower.entry RENAME COLUMN because TO why",
        "ALTER TABLE empower.entry RENAME COLUMN why TO because",
    ),
    "a statement that takes too long": (
        LedgerBusy, "took too long .*statement timeout.*ask again with the same key", f"{CLOCK} '{SHOWN} FROM pg_sleep(9)'", f"{CLOCK} '{SHOWN}'",
    ),
    "a clock that jumped": (
        ClockError, "the clock went forward by 2[34] h .*accept-clock", f"{CLOCK} '{SHOWN} + 86400000'", f"{CLOCK} '{SHOWN}'",
    ),
    "an entry that breaks a promise": (
        LedgerUnavailable, "refused an entry that breaks a promise of its own",
        "ALTER TABLE empower.hold ADD CONSTRAINT none CHECK (reserved < 0) NOT VALID", "ALTER TABLE empower.hold DROP CONSTRAINT none",
    ),
}  # fmt: skip
"""What is the matter: the exception, what it says, how to bring it about, and how to mend it."""
TILL = """
CREATE ROLE till LOGIN; GRANT USAGE ON SCHEMA empower TO till; GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA empower TO till;
GRANT UPDATE ON empower.wish, empower.hold, empower.counter, empower.leg, empower.sealing, empower.clock TO till;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA empower TO till;
"""


def in_the_end(ask: Callable[[], object]) -> object:
    """What is answered once there is a connection again."""
    for _ in range(100):
        with suppress(LedgerBusy):
            return ask()
        time.sleep(0.1)
    return ask()


class Owner:
    """Whoever owns the schema; tills are another role, with the rights of docs/ledger-postgres.md."""

    def __init__(self, address: str) -> None:
        self.till = address.replace("postgres@", "till@")
        self._connection = psycopg.connect(address, autocommit=True)

    def run(self, statements: str) -> None:
        self._connection.execute(statements.encode())

    def close(self) -> None:
        self.run("DROP OWNED BY till; DROP ROLE till")
        self._connection.close()


@pytest.fixture
def owner(opened: Open, postgres_address: str) -> Iterator[Owner]:
    opened().close()
    made = Owner(postgres_address)
    made.run(TILL)
    yield made
    made.close()


@pytest.mark.parametrize("matter", BROKEN)
def test_what_fails_is_named_and_nothing_is_allowed(opened: Open, owner: Owner, repository: Path, matter: str) -> None:
    """Then the pack's fallback answers; and what is mended goes on with the same key. A full disk is in `test_full_disk.py`."""
    kind, told, break_, mend = BROKEN[matter]
    give(opened(), "before", EVER)
    owner.run(break_)
    ledger = opened(address=owner.till, migrate="no", wait_ms=150)
    with pytest.raises(kind, match=told):
        give(ledger, "k", EVER)
    guard = Guard(load_pack(repository / "rules" / "online-retail"), ledger=ledger)
    decision = guard.decide(REFUND, CONTEXT, key="k")
    assert (decision.outcome, decision.allowed) == ("escalate", False)
    owner.run(mend)
    ledger.close()
    ledger = opened(address=owner.till, migrate="no")
    assert [entry.key for entry in ledger.history()] == ["before"]
    assert isinstance(give(ledger, "k", EVER), Reserved)
    assert ledger.verify().findings == ()


def test_too_many_connections_are_told_by_name(opened: Open, owner: Owner) -> None:
    """Where the server has none left, and where this process has none free."""
    owner.run("ALTER ROLE till CONNECTION LIMIT 1")
    first = opened(address=owner.till, migrate="no", wait_ms=150, connections=1)
    give(first, "k", EVER)
    with pytest.raises(LedgerBusy, match=r"has no connection left .*too many connections.*raise max_connections"):
        opened(address=owner.till, migrate="no", wait_ms=150)
    owner.run("ALTER ROLE till CONNECTION LIMIT 0; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'till'")
    with pytest.raises(LedgerBusy, match="has no connection left"):
        give(first, "k2", EVER)
    owner.run("ALTER ROLE till CONNECTION LIMIT -1")
    assert isinstance(in_the_end(lambda: give(first, "k2", EVER)), Reserved)


@pytest.mark.parametrize(
    ("name", "role", "kind", "told"),
    [
        ("nowhere", "postgres", WrongLedger, "is not there .*make the database first"),
        ("postgres", "nobody_known", LedgerUnavailable, "did not let this role in .*look at the user"),
    ],
)
def test_a_server_that_does_not_let_a_till_in_says_why(
    postgres_address: str, name: str, role: str, *, kind: type[LedgerUnavailable], told: str
) -> None:
    database = str(psycopg.conninfo.conninfo_to_dict(postgres_address)["dbname"])
    with pytest.raises(kind, match=told):
        PostgresLedger(postgres_address.replace(database, name, 1).replace("postgres@", f"{role}@"))


def test_a_line_that_is_cut_at_every_answer_allows_nothing_and_the_key_tells_what_became_of_it(
    mortal_postgres: Server, opened: Open
) -> None:
    """Whether it was committed is not known then; asked once more it is."""
    opened().close()
    cutter = Cutter(mortal_postgres.database("template1"))
    ledger = opened(address=cutter.address, connections=1, wait_ms=300)
    give(ledger, "before", EVER)
    cutter.cuts = 10**9
    with pytest.raises(LedgerUnavailable, match=r"cannot be reached .*ask again with the same key, which tells what became of it"):
        give(ledger, "k", EVER)
    cutter.cuts = 0
    assert isinstance(in_the_end(lambda: give(ledger, "k", EVER)), Replayed | Reserved)
    assert held(ledger, EVER) == (200, 2)
    ledger.close()
    cutter.close()
