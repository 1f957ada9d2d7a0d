"""The chain of the ledger in PostgreSQL: sealed afterwards, and whatever was changed behind its back is found and named."""

from __future__ import annotations

import time

import psycopg
import pytest

from empower.ledger import Audit
from empower.ledger.chain import first_hash
from empower.ledger.postgres import PostgresLedger
from empower.testing.asks import EVER, HOUR, MONTH, Clock, give, leg, reserve, wish
from ledger.lent import Open


def test_the_chain_is_sealed_a_moment_later_by_itself(opened: Open, postgres_address: str) -> None:
    ledger = opened(seal_ms=20)
    give(ledger, "k", EVER)
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        for _ in range(200):
            row = connection.execute("SELECT sequences FROM empower.seal").fetchone()
            if row is not None:
                break
            time.sleep(0.02)
    assert row == ([1],)


def test_nothing_is_sealed_that_a_running_transaction_may_still_come_before(opened: Open, postgres_address: str) -> None:
    ledger = opened(seal_ms=0)
    with psycopg.connect(postgres_address) as connection:
        give(PostgresLedger.on(connection), "slow", EVER)
        give(ledger, "quick", MONTH)
        assert ledger.seal() is False
        assert ledger.verify().head.startswith("0:")
        connection.commit()
    assert ledger.seal() is True
    found = ledger.verify()
    assert (found.entries, found.findings) == (2, ())
    assert found.head.startswith("1:")


def fill(ledger: PostgresLedger, clock: Clock) -> str:
    """Three entries and a seal, then as many again; the head in between."""
    for number in range(6):
        give(ledger, f"k{number}", EVER, 10 + number)
        clock.at += HOUR
        if number == 2:
            head = ledger.verify().head
    ledger.seal()
    return head


def tampered(opened: Open, address: str, statements: str, *, head: bool = False) -> Audit:
    """What `verify` says of a ledger that somebody wrote into, past its triggers."""
    clock = Clock()
    ledger = opened(clock=clock, seal_ms=0)
    known = fill(ledger, clock)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"SET session_replication_role = replica; {statements}".encode())
    return ledger.verify(known if head else "")


def test_a_ledger_that_nobody_touched_is_in_order_and_comes_by_its_heads(opened: Open, postgres_address: str) -> None:
    found = tampered(opened, postgres_address, "SELECT 1", head=True)
    assert (found.entries, found.findings) == (6, ())
    assert found.head.startswith("2:")


@pytest.mark.parametrize(
    ("statements", "kind", "sequence", "told"),
    [
        ("UPDATE empower.entry SET amount = 9 WHERE sequence = 3", "changed", 3, "does not say what it said"),
        ("UPDATE empower.entry SET record = 'x', hash = sha256('x') WHERE sequence = 3", "changed", 3, "written anew after seal 1"),
        ("UPDATE empower.leg SET limit_amount = 99 WHERE sequence = 2", "changed", 2, "a leg or a hold of it"),
        ("DELETE FROM empower.entry WHERE sequence = 3", "missing", 3, "seal 1 has it"),
        (
            "UPDATE empower.entry SET sequence = 97 - sequence WHERE sequence IN (3, 4); UPDATE empower.entry SET sequence = sequence - 90 WHERE sequence > 90",
            "moved", 3, "was written as entry 4",
        ),
        ("UPDATE empower.entry SET at = at - 999999999 WHERE sequence = 5", "changed", 5, "does not say what it said"),
        (
            "INSERT INTO empower.entry SELECT 0, at, 'x', event, amount, because, subjects, hash, wish, record FROM empower.entry LIMIT 1",
            "moved", 0, "was added after seal 1",
        ),
        ("UPDATE empower.seal SET until_sequence = 2 WHERE number = 1", "changed", None, "seal 1 does not say"),
        ("DELETE FROM empower.seal WHERE number = 1", "missing", None, "seal 1 is missing"),
        ("UPDATE empower.counter SET amount = amount + 1", "sum", None, "is kept as"),
        ("UPDATE empower.leg SET amount_left = 3 WHERE sequence = 3", "hold", 3, "not what the hold has left"),
        ("UPDATE empower.hold SET state = 'voided' WHERE key = 'k2'", "hold", None, "is kept as voided"),
        ("DELETE FROM empower.wish WHERE key = 'k2'", "key", 3, "could be allowed once more"),
    ],
)  # fmt: skip
def test_what_was_tampered_with_is_found_and_named(
    opened: Open, postgres_address: str, statements: str, *, kind: str, sequence: int | None, told: str
) -> None:
    findings = tampered(opened, postgres_address, statements).findings
    assert [finding for finding in findings if (finding.kind, finding.sequence) == (kind, sequence) and told in finding.message], findings


def test_seals_gone_from_the_end_are_found_with_a_head(opened: Open, postgres_address: str) -> None:
    (finding, *_) = tampered(opened, postgres_address, "DELETE FROM empower.seal", head=True).findings
    assert "does not come by the head" in finding.message


@pytest.mark.parametrize("statement", ["UPDATE empower.entry SET amount = 1", "DELETE FROM empower.seal", "TRUNCATE empower.entry"])
def test_what_was_written_is_never_changed_by_accident(opened: Open, postgres_address: str, statement: str) -> None:
    ledger = opened()
    give(ledger, "k", EVER)
    ledger.seal()
    with psycopg.connect(postgres_address) as connection, pytest.raises(psycopg.errors.RaiseException, match="never changed"):
        connection.execute(statement.encode())


def test_a_limit_in_force_is_guarded_by_the_database_as_well(opened: Open, postgres_address: str) -> None:
    """The second line of defence: whoever writes past the functions cannot take a leg above its limit."""
    ledger = opened()
    reserve(ledger, wish("k", 60), leg(EVER, 60, limit=60))
    with psycopg.connect(postgres_address) as connection, pytest.raises(psycopg.errors.CheckViolation, match="never_exceeded_by_amount"):
        connection.execute("UPDATE empower.leg SET after_amount = 61")


def test_the_hash_of_an_entry_starts_from_the_identity_of_the_ledger(opened: Open, postgres_address: str) -> None:
    """An empty chain has its head there."""
    ledger = opened()
    with psycopg.connect(postgres_address) as connection:
        row = connection.execute("SELECT identity FROM empower.ledger").fetchone()
    assert row is not None
    assert ledger.verify().head == f"0:{first_hash(row[0]).hex()}"
