"""One process's connections to the database of a ledger: shared by its threads, made anew in a child, and asked again where that is safe.

A call that was cut off may have been committed or not; the same call again, with the same key, finds out. So whatever is lost in this way,
or was locked in a circle, is asked again until it has an answer or `wait_ms` have passed. No connection is tried before it is used: that
would be a round trip more each time, and a dead one shows itself in the same way.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol, TypeVar

import psycopg
from psycopg import conninfo
from psycopg_pool import ConnectionPool, PoolTimeout

from empower.errors import LedgerUnavailable
from empower.ledger.clocks import Tolerance
from empower.ledger.postgres.address import Settings
from empower.ledger.postgres.caretaker import Caretaker
from empower.ledger.postgres.failures import failure, named_failures
from empower.ledger.postgres.schema import bring_up_to_date
from empower.ledger.postgres.watch import ClockWatch, watch_of_host
from empower.noun import define

T = TypeVar("T")
Connection = psycopg.Connection[tuple]  # type: ignore[type-arg]
_FIRST_PAUSE_MS = 5
_RECONNECT_MS = 100
"""How long after a connection was refused the next is tried, while anybody waits for one."""
_POOL = "empower"
"""How our pools are called."""
_SESSION = (
    "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false), "
    "set_config('idle_in_transaction_session_timeout', %s, false), set_config('default_transaction_isolation', 'read committed', false), "
    "set_config('plan_cache_mode', 'force_generic_plan', false), set_config('jit', 'off', false), set_config('enable_seqscan', 'off', false), "
    "set_config('synchronous_commit', coalesce(nullif(%s, ''), current_setting('synchronous_commit')), false), current_setting('fsync')"
)


class Way(Protocol):
    """The way to the database."""

    where: str
    """Which ledger, without a password."""
    watch: ClockWatch
    """Of the server's clock."""

    def run(self, work: Callable[[Connection], T], *, wrote: bool = False) -> T:
        """What the work answers, once it is committed; `wrote`: there is something to seal afterwards.

        Raises:
            What the work raises; LedgerUnavailable.
        """

    def read(self, work: Callable[[Connection], T]) -> T:
        """What the work answers, which looks at one state of the ledger for as long as it likes.

        Raises:
            LedgerUnavailable.
        """

    def close(self) -> None:
        """Let go of it."""


@define
class _OfProcess:
    """What belongs to one process."""

    process: int
    pool: ConnectionPool
    caretaker: Caretaker


class Connections(Way):
    """Connections of our own. Safe to be used from any number of threads."""

    def __init__(self, address: str, settings: Settings) -> None:
        """Connect once, look how the server keeps what it acknowledges, and bring the schema up to date.

        Raises:
            LedgerUnavailable.
        """
        self._settings = settings
        self.where = "of PostgreSQL"
        self.watch = ClockWatch(Tolerance(settings.step_ms, settings.off_ms))
        try:
            parts = conninfo.conninfo_to_dict(address)
            self.where = f"{parts.get('dbname', '')!r} at {parts.get('host', 'localhost')}"
            quiet = {name: value for name, value in _network(settings).items() if name not in parts}
            self._address = conninfo.make_conninfo(address, **quiet)
            with psycopg.connect(self._address, autocommit=True) as connection:
                self._configure(connection)
                bring_up_to_date(connection, migrate=settings.migrate == "yes", where=self.where)
                with suppress(psycopg.Error):  # a standby, or no right to it: told to whoever needs the time
                    self.watch.look(connection)
        except psycopg.Error as error:
            raise failure(error, self.where) from error
        self._lock = threading.Lock()
        self._closed = False
        self._mine: _OfProcess | None = None
        self._left_behind: list[_OfProcess] = []
        """Of the process that this one was forked from: kept, for to let go of it here would close its connections there."""

    def run(self, work: Callable[[Connection], T], *, wrote: bool = False) -> T:
        """See `Way`."""
        for pause_ms in self._pauses():
            mine = self._of_process()
            try:
                with mine.pool.connection() as connection:
                    answer = work(connection)
            except PoolTimeout as error:
                raise self._none_free(error) from error
            except psycopg.Error as error:
                if not pause_ms or not _may_ask_again(error):
                    raise failure(error, self.where) from error
                self._weed(mine.pool, error)
                time.sleep(pause_ms / 1000)
            else:
                if wrote:
                    mine.caretaker.wrote()
                return answer
        raise AssertionError  # the last pause is 0

    def read(self, work: Callable[[Connection], T]) -> T:
        """See `Way`."""

        def reading(connection: Connection) -> T:
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
                return work(connection)

        return self.run(reading)

    def close(self) -> None:
        """Close what is open; once more is a no-op."""
        with self._lock:
            self._closed, mine = True, self._mine
            self._mine = None
        if mine is not None and mine.process == os.getpid():
            mine.caretaker.close()
            mine.pool.close()

    def _none_free(self, error: PoolTimeout) -> LedgerUnavailable:
        """Why no connection came free: the pool tries by itself, and does not hand on what it was told."""
        try:
            psycopg.connect(self._address).close()
        except psycopg.Error as reason:
            return failure(reason, self.where)
        return failure(error, self.where)

    def _of_process(self) -> _OfProcess:
        mine = self._mine
        if mine is not None and mine.process == os.getpid():
            return mine
        with self._lock:
            if self._closed:
                raise LedgerUnavailable(f"the ledger {self.where} was closed")
            if self._mine is None or self._mine.process != os.getpid():
                if self._mine is not None:
                    self._left_behind.append(self._mine)
                self._mine = self._opened()
            return self._mine

    def _opened(self) -> _OfProcess:
        logging.getLogger("psycopg.pool").addFilter(_is_logged)
        pool = ConnectionPool(
            self._address,
            name=_POOL,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=self._settings.connections,
            timeout=self._settings.wait_ms / 1000,
            reconnect_timeout=_RECONNECT_MS / 1000,
            reconnect_failed=_try_on,
            configure=self._configure,
            open=True,
        )
        return _OfProcess(os.getpid(), pool, Caretaker(self._seal, self._settings.seal_ms))

    def _seal(self) -> bool:
        """Seal what is settled; whether that is everything."""
        return bool(self.run(lambda connection: connection.execute("SELECT empower.seal_v1()").fetchone() == (True,)))

    def _configure(self, connection: Connection) -> None:
        wait = str(self._settings.wait_ms)
        longer = str(2 * self._settings.wait_ms)
        row = connection.execute(_SESSION, (wait, longer, longer, self._settings.synchronous_commit)).fetchone()
        assert row is not None
        commit, fsync = row[-2:]
        if commit == "off" != self._settings.synchronous_commit or fsync == "off" != self._settings.fsync:
            told = (
                f"the server of the ledger {self.where} has synchronous_commit={commit} and fsync={fsync}: it may lose what it acknowledged"
            )
            raise LedgerUnavailable(f"{told} (help: turn them on; or name them in the address, if that is what you want)")

    def _pauses(self) -> Iterator[int]:
        """How long to wait before each further try, `wait_ms` in all; 0 at last."""
        pause, left = _FIRST_PAUSE_MS, self._settings.wait_ms
        while left > 0:
            yield min(pause, left)
            left -= pause
            pause *= 2
        yield 0

    def _weed(self, pool: ConnectionPool, error: psycopg.Error) -> None:
        """A connection was lost: those that nobody uses may be dead as well."""
        if _is_lost(error):
            with suppress(psycopg.Error):
                pool.check()


class HostTransaction(Way):
    """The transaction that the host has open on a connection of its own. Each call is a savepoint in it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        info = connection.info
        self.where = f"{info.dbname!r}, in a transaction of its host"
        self.watch = watch_of_host(info.host, info.port, info.dbname)
        self._closed = False

    def run(self, work: Callable[[Connection], T], *, wrote: bool = False) -> T:
        """See `Way`: committed when the host commits."""
        if self._closed:
            raise LedgerUnavailable(f"the ledger {self.where} was closed")
        status = self._connection.info.transaction_status
        if status == psycopg.pq.TransactionStatus.IDLE and self._connection.autocommit:
            raise LedgerUnavailable(
                f"the ledger {self.where} has no transaction to work in (help: `with connection.transaction():` around the calls)"
            )
        with named_failures(self.where):
            self._connection.execute("SAVEPOINT empower")
            try:
                return work(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK TO SAVEPOINT empower")
                raise
            finally:
                self._connection.execute("RELEASE SAVEPOINT empower")

    def read(self, work: Callable[[Connection], T]) -> T:
        """Not here: it would see only half of what others do meanwhile."""
        raise LedgerUnavailable(f"the ledger {self.where} cannot verify (help: open it by its address, and verify there)")

    def close(self) -> None:
        """Further calls raise; the connection stays the host's."""
        self._closed = True


def _try_on(pool: ConnectionPool) -> None:
    """The pool gave up, because by itself it would double its pauses from a second on: too long for whoever waits."""
    if pool.get_stats().get("requests_waiting"):
        pool.check()


def _is_logged(record: logging.LogRecord) -> bool:
    """Not what our pools fail to connect with, some lines for each try: whoever asks is told by an exception. Pools of the host's own are."""
    return not (isinstance(record.args, tuple) and record.args[:1] == (_POOL,))


def _network(settings: Settings) -> dict[str, str]:
    """What libpq is to do about a server that does not answer; the address may say otherwise."""
    seconds = max(2, settings.wait_ms // 1000)
    told = {"connect_timeout": seconds, "keepalives_idle": 2 * seconds, "keepalives_interval": seconds, "keepalives_count": 2}
    return {"application_name": "empower", "tcp_user_timeout": str(2000 * seconds), **{name: str(value) for name, value in told.items()}}


def _may_ask_again(error: psycopg.Error) -> bool:
    return error.sqlstate in ("40001", "40P01") or _is_lost(error)


def _is_lost(error: psycopg.Error) -> bool:
    """Whether the connection is gone, and with it the answer."""
    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "08")[:4] in ("08", "0800", "57P0")
