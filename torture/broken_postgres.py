"""The faults built into the ledger in PostgreSQL: in most, a function of the real server is replaced by one that says something else.

What a fault needs is in its row: what is changed in the database, once; what is exchanged in each client; and settings of its address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
from attrs import evolve, frozen

from empower.ledger.postgres import store
from empower.ledger.postgres.connections import Connection, Connections
from torture.broken_sqlite import confirms_anything, exchange

_LATER = "IF NOT fits THEN"
"""Where a wish is decided; a pause before it gives others the time to come between."""
_LEAKS = "UPDATE empower.counter SET amount = amount + leg_amounts[1], times = times + leg_times[1] WHERE id = ids[leg_counters[1]];"
_GIVES_BACK = "SET amount = counter.amount - back.amount, times = counter.times - back.times"
_NEVER_BELOW = "SET amount = greatest(0, counter.amount - back.amount), times = greatest(0, counter.times - back.times)"
_NEWEST = (
    "(SELECT newest.id FROM empower.counter AS own JOIN empower.counter AS newest USING (identity) "
    "WHERE own.id = back.counter ORDER BY newest.starts_at DESC LIMIT 1)"
)


@frozen
class Amendment:
    """Some words of a function, and others in their place."""

    function: str
    old: str
    new: str


@frozen
class Broken:
    """How a fault is built in."""

    amendments: Sequence[Amendment] = ()
    statement: str = ""
    """What else is done to the database."""
    client: Callable[[], None] | None = None
    settings: str = ""
    kills_server: bool = False
    """Only the server's own death shows it, or a network that cuts connections."""
    own_clocks: bool = False
    """It shows where each client hands in a clock of its own."""


def voids_again() -> None:
    """Sends a void also of what was voided before."""
    exchange(store, "void", lambda sound: lambda hold: evolve(sound(hold)))


def revives() -> None:
    """Confirms what has expired."""
    exchange(store, "confirm", confirms_anything)


def defers_commits() -> None:
    """Answers what it has rolled back, and does it when it is called the next time."""
    exchange(Connections, "run", _deferred)


def _deferred(sound: Callable[..., Any]) -> Callable[..., Any]:
    waiting: list[Callable[[Connection], Any]] = []

    def run(self: Connections, work: Callable[[Connection], Any], *, wrote: bool = False) -> Any:
        if not wrote:
            return sound(self, work)
        while waiting:
            sound(self, waiting.pop(), wrote=True)
        waiting.append(work)
        return sound(self, lambda connection: _rolled_back(connection, work))

    return run


def _rolled_back(connection: Connection, work: Callable[[Connection], Any]) -> Any:
    with connection.transaction(force_rollback=True):
        return work(connection)


FAULTS: Mapping[str, Broken] = {
    "": Broken(),
    "own-clocks": Broken(own_clocks=True),
    "checks-then-acts": Broken(
        (
            Amendment("reserve_v2", "WHERE counter.id = mine.id FOR NO KEY UPDATE) AS locked", "WHERE counter.id = mine.id) AS locked"),
            Amendment("reserve_v2", _LATER, f"PERFORM pg_sleep(0.005); {_LATER}"),
        )
    ),
    "answers-before-it-commits": Broken(client=defers_commits),
    "answers-before-it-is-written": Broken(settings="synchronous_commit=off", kills_server=True),
    "does-what-comes-late": Broken(
        (
            Amendment("known_v1", " OR NOT found.allowed THEN", " THEN"),
            Amendment("known_v1", " OR NOT wish.allowed);", ");"),
        ),
        kills_server=True,
    ),
    "forgets-its-keys": Broken(
        (
            Amendment("known_v1", "ELSIF found.allowed THEN", "ELSIF false THEN"),
            Amendment(
                "reserve_v2",
                "WITH ORDINALITY AS part (key, amount, number)",
                "WITH ORDINALITY AS part (key, amount, number) "
                "ON CONFLICT (key) DO UPDATE SET sequence = excluded.sequence, state = 'held', confirmed = 0, taken_back = 0",
            ),
        )
    ),
    "voids-twice": Broken(
        (
            Amendment("become_v1", "AND (before.amount, before.times) <> (before.amount_left, before.times_left)", "AND false"),
            Amendment("become_v1", _GIVES_BACK, _NEVER_BELOW),
        ),
        client=voids_again,
    ),
    "believes-the-clock": Broken(
        (
            Amendment("time_v1", "SELECT at INTO last FROM empower.entry ORDER BY at DESC LIMIT 1;", ""),
            Amendment(
                "reserve_v2",
                "SELECT greatest(clock, (SELECT at FROM empower.entry ORDER BY at DESC LIMIT 1)) AS now_ms OFFSET 0",
                "SELECT clock AS now_ms OFFSET 0",
            ),
        ),
        own_clocks=True,
    ),
    "reads-stale": Broken(
        (
            Amendment(
                "reserve_v2",
                "IF due THEN\n        PERFORM empower.begin_v1",
                "sums := empower.sums_v1(ids, empower.time_v1(clock)); PERFORM pg_sleep(0.005);\n    IF due THEN\n        PERFORM empower.begin_v1",
            ),
            Amendment("reserve_v2", "ELSIF due OR 0 < ANY (lengths) THEN\n        sums := empower.sums_v1(ids, now_ms);", "ELSE"),
            Amendment(
                "reserve_v2",
                "    ELSE\n        held_amounts := coalesce(kept_amounts, '{}');\n        held_times := coalesce(kept_times, '{}');\n",
                "",
            ),
        )
    ),
    "leaks-what-it-refuses": Broken(
        (
            Amendment(
                "reserve_v2",
                _LATER,
                f"{_LATER} {_LEAKS}",
            ),
        )
    ),
    "keeps-what-is-voided": Broken((Amendment("become_v1", _GIVES_BACK, "SET amount = counter.amount"),)),
    "frees-into-the-new-period": Broken(
        (
            Amendment("become_v1", _GIVES_BACK, _NEVER_BELOW),
            Amendment("become_v1", "WHERE counter.id = back.counter AND", f"WHERE counter.id = {_NEWEST} AND"),
        ),
        own_clocks=True,
    ),
    "revives-the-expired": Broken(client=revives),
    "checks-parts-one-by-one": Broken(
        (
            Amendment(
                "reserve_v2",
                "after_amounts[i] > leg_limit_amounts[i] OR after_times[i] > leg_limit_times[i]",
                "held_amounts[c] + leg_amounts[i] > leg_limit_amounts[i] OR held_times[c] + leg_times[i] > leg_limit_times[i]",
            ),
        ),
        statement="ALTER TABLE empower.leg DROP CONSTRAINT never_exceeded_by_amount, DROP CONSTRAINT never_exceeded_by_times",
    ),
    "returns-too-much": Broken(
        (
            Amendment("become_v1", _GIVES_BACK, _NEVER_BELOW),
            Amendment("become_v1", "WHERE before.leaves_at IS NULL OR counter.moved_to IS NULL OR before.leaves_at > counter.moved_to", ""),
        )
    ),
    "loses-what-it-refuses": Broken(
        (
            Amendment(
                "reserve_v2",
                "place := empower.enter_v1(now_ms, 'refused', of_key, asked_amount, '', its_subjects, its_wish, its_record, '', '');",
                "",
            ),
            Amendment("reserve_v2", "PERFORM empower.remember_v1(of_key, place, false, known);", ""),
        )
    ),
    "believes-leaps": Broken((Amendment("believed_v1", "IF shown > latest THEN", "IF false THEN"),)),
}


def build_in(fault: str) -> None:
    """Exchange what a fault exchanges in each client."""
    client = FAULTS[fault].client
    if client is not None:
        client()


def break_database(address: str, broken: Broken) -> None:
    """Build a fault into a database that has its tables."""
    if not broken.amendments:
        return
    functions: dict[str, str] = {}
    with psycopg.connect(address, autocommit=True) as connection:
        for amendment in broken.amendments:
            name = amendment.function
            ((found,),) = connection.execute("SELECT pg_get_functiondef(to_regproc(%s))", (f"empower.{name}",)).fetchall()
            text = functions.get(name, found)
            assert amendment.old in text, f"{name} has no {amendment.old!r} any more"
            functions[name] = text.replace(amendment.old, amendment.new)
        for statement in (*functions.values(), *([broken.statement] if broken.statement else [])):
            connection.execute(statement.encode())


_CLOCK = """
CREATE OR REPLACE FUNCTION empower.clock_v1() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    epoch numeric := extract(epoch FROM clock_timestamp());
BEGIN
    RETURN floor(epoch * 1000)::bigint + {offset_ms} + CASE WHEN epoch >= {steps_at:.3f} THEN {step_ms} ELSE 0 END;
END $$;
DELETE FROM empower.clock;
"""


def set_clock(address: str, offset_ms: int, steps_at: float, step_ms: int) -> None:
    """Put another clock in place of the server's: ahead by the offset, and from an instant on (seconds since 1970) by the step as well.

    What was believed of the other one is forgotten.
    """
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(_CLOCK.format(offset_ms=offset_ms, steps_at=steps_at, step_ms=step_ms).encode())
