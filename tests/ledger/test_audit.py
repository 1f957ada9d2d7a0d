"""`verify` finds a changed, missing or reordered entry and says which, and sums and limits that do not follow from the history."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from empower.ledger import Audit
from empower.ledger.chain import HoldLine, LegLine, Line, first_hash, line_hash
from empower.ledger.memory import MemoryLedger
from empower.ledger.sqlite import SqliteLedger
from empower.testing.asks import EVER, ROLLING, Clock, fill, give

UNLOCKED = "DROP TRIGGER entry_is_never_changed; DROP TRIGGER entry_is_never_dropped;"
SWAPPED = "UPDATE {0} SET sequence = -1 WHERE sequence = 3; UPDATE {0} SET sequence = 3 WHERE sequence = 4; UPDATE {0} SET sequence = 4 WHERE sequence = -1;"


def tampered(path: Path, clock: Clock, statements: str, head: str = "") -> Audit:
    """What `verify` says of a ledger that somebody wrote into, past every lock and trigger."""
    ledger = SqliteLedger(path, clock=clock)
    fill(ledger, clock)
    head = head and ledger.verify().head
    ledger.close()
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.executescript(UNLOCKED + statements)
    connection.close()
    ledger = SqliteLedger(path, clock=clock)
    found = ledger.verify(head)
    ledger.close()
    return found


def test_the_head_names_the_last_entry_and_stays_valid(tmp_path: Path, clock: Clock) -> None:
    ledger = SqliteLedger(tmp_path / "till.db", clock=clock)
    assert ledger.verify().head.startswith("0:")
    fill(ledger, clock)
    head = ledger.verify().head
    assert head.startswith("13:")
    give(ledger, "later", EVER)
    assert ledger.verify(head).findings == ()
    ledger.close()


@pytest.mark.parametrize(
    ("statements", "kind", "sequence", "told"),
    [
        ("UPDATE entry SET amount = 9 WHERE sequence = 3", "changed", 3, "does not say what it said"),
        ("UPDATE entry SET because = 'x' WHERE sequence = 12", "changed", 12, "does not say what it said"),
        ("UPDATE entry SET record = '{}' WHERE sequence = 6", "changed", 6, "does not say what it said"),
        ("UPDATE entry SET subjects = '{}' WHERE sequence = 1", "changed", 1, "does not say what it said"),
        ("UPDATE leg SET limit_amount = 99 WHERE sequence = 2 AND number = 1", "changed", 2, "a leg or a hold of it"),
        ("UPDATE hold SET expires_at = NULL WHERE key = 'k4'", "changed", 5, "a leg or a hold of it"),
        ("DELETE FROM entry WHERE sequence = 3", "missing", 3, "entry 3 is missing"),
        ("DELETE FROM entry WHERE sequence IN (6, 7)", "missing", 6, "entries 6 to 7 are missing"),
        (SWAPPED.format("entry"), "moved", 3, "was written as entry 4"),
        ("".join(SWAPPED.format(table) for table in ("entry", "leg", "hold", "wish")), "moved", 4, "was written as entry 3"),
        ("UPDATE entry SET at = at + 9999999999 WHERE sequence = 4", "time", 5, "ledger time never runs back"),
        ("UPDATE counter SET amount = amount + 1 WHERE id = 1", "sum", None, "is kept as"),
        ("UPDATE counter SET times = times - 1 WHERE times > 0 AND moved_to IS NOT NULL", "sum", None, "is kept as"),
        ("UPDATE leg SET amount_left = 3 WHERE sequence = 3", "hold", 3, "which is not what its hold has left"),
        ("UPDATE hold SET state = 'voided' WHERE key = 'k2'", "hold", None, "is kept as voided"),
        ("DELETE FROM hold WHERE key = 'k2'", "changed", 3, "a leg or a hold of it"),
        ("DELETE FROM wish WHERE key = 'k2'", "key", 3, "it could be allowed once more"),
    ],
)
def test_what_was_tampered_with_is_found_and_named(
    tmp_path: Path, clock: Clock, statements: str, *, kind: str, sequence: int | None, told: str
) -> None:
    findings = tampered(tmp_path / "till.db", clock, statements).findings
    assert [finding for finding in findings if (finding.kind, finding.sequence) == (kind, sequence) and told in finding.message], findings


def test_entries_gone_from_the_end_are_found_with_a_head(tmp_path: Path, clock: Clock) -> None:
    """The chain itself cannot show it, if whoever took them has mended the rest as well."""
    (finding, *_) = [
        finding
        for finding in tampered(tmp_path / "till.db", clock, "DELETE FROM entry WHERE sequence = 13", head="yes").findings
        if finding.kind == "missing"
    ]
    assert "does not come by the head 13:" in finding.message


def test_a_limit_that_was_exceeded_is_found_though_everything_was_written_anew(tmp_path: Path, clock: Clock) -> None:
    """The sums are counted again from what was drawn; whoever takes the checks away and writes new hashes is found by them."""
    ledger = SqliteLedger(tmp_path / "till.db", clock=clock)
    fill(ledger, clock)
    ledger.close()
    with sqlite3.connect(tmp_path / "till.db", isolation_level=None) as connection:
        connection.executescript(
            "PRAGMA ignore_check_constraints = ON; UPDATE leg SET limit_amount = 2, after_amount = 2 WHERE sequence = 11"
        )
    connection.close()
    ledger = SqliteLedger(tmp_path / "till.db", clock=clock)
    kinds = {finding.kind: finding.message for finding in ledger.verify().findings}
    assert "above its limit by amount of 2" in kinds["exceeded"]
    ledger.close()


def test_many_findings_are_counted_and_the_first_hundred_told(tmp_path: Path, clock: Clock) -> None:
    ledger = SqliteLedger(tmp_path / "till.db", clock=clock)
    for number in range(150):
        give(ledger, f"k{number}", EVER, 1)
    ledger.close()
    with sqlite3.connect(tmp_path / "till.db", isolation_level=None) as connection:
        connection.executescript(f"{UNLOCKED} UPDATE entry SET record = 'x'")  # noqa: S608
    connection.close()
    ledger = SqliteLedger(tmp_path / "till.db", clock=clock)
    found = ledger.verify()
    assert (len(found.findings), found.found) == (100, 150)
    ledger.close()


def test_the_memory_ledger_checks_its_sums(clock: Clock) -> None:
    ledger = MemoryLedger(clock)
    fill(ledger, clock)
    ledger._sums._kept[ROLLING].amount += 1
    ledger._holds["k2"].draws[0].amount += 5
    assert {finding.kind for finding in ledger.verify().findings} == {"sum", "hold"}


def test_no_two_entries_have_the_same_bytes_to_hash() -> None:
    """What stands in one text cannot be moved into the next."""
    before = first_hash("a")
    one = Line(1, 5, "k", "noted", None, "", "{}", "w", "r")
    others = [
        Line(1, 5, "k", "noted", None, "", "{}", "wr", ""),
        Line(1, 5, "k", "noted", None, "", "{}", None, "wr"),
        Line(1, 5, "", "noted", None, "k", "{}", "w", "r"),
        Line(1, 5, "k", "noted", 0, "", "{}", "w", "r"),
    ]
    assert len({line_hash(line, before) for line in (one, *others)}) == 5
    assert line_hash(one, before) != line_hash(one, first_hash("b"))
    assert line_hash(one, before) != line_hash(one, before, sequence=2)


def test_a_hash_once_written_is_worked_out_the_same_ever_after() -> None:
    """A ledger that an earlier version wrote is verified by every later one: what is hashed, and how, never changes."""
    hold, leg = HoldLine("k", 500, None), LegLine(1, "c", 0, None, 500, 1, 900, None, enforced=True, after_amount=500, after_times=1)
    line = Line(1, 5, "k", "allowed", 500, "", "{}", "w", None, (hold,), (leg,))
    assert line_hash(line, first_hash("a")).hex() == "587f0f0e5944ecab68a97ed3f1524f0cffac65078ac2d5ccc2f174876b4bcf50"
    assert (
        line_hash(Line(2, 6, "", "noted", None, "b", "{}", None, "r"), first_hash("a")).hex()
        == "55235824e5f2c1444cdb63cea336c4ea45fb78037eb4f6caa2e7915ad538fb53"
    )
