"""Where a ledger is: `postgresql://user@host/database`, as libpq reads it, with settings of the ledger among those of libpq."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from empower.errors import LedgerUnavailable
from empower.noun import frozen
from empower.problems import did_you_mean

DURABLE = ("on", "local", "remote_write", "remote_apply")


@frozen
class Settings:
    """How a ledger is kept; durations in milliseconds."""

    wait_ms: int = 5_000
    """How long a call waits: for a connection, for a lock, and for a server that is being started again."""
    connections: int = 8
    """The most that a process opens."""
    seal_ms: int = 1_000
    """How soon after an entry the chain is sealed, by a thread of this process; 0: never, somebody else calls `seal`."""
    step_ms: int = 60_000
    """How far the server's clock may step forward, against the time since this machine started, before it has to be accepted."""
    off_ms: int = 7 * 24 * 3_600_000
    """For how long the ledger may have been unused: for a machine that has just started, a clock further ahead has to be accepted."""
    migrate: str = "yes"
    """no: the host runs the SQL itself (`schema_text`), and a database that is not up to date is refused."""
    synchronous_commit: str = ""
    """As PostgreSQL has it, for the connections of the ledger. Empty: as the server has it, which must not be `off`."""
    fsync: str = "on"
    """off: a server that does not wait for its disk is accepted. What was acknowledged may be lost."""

    def __attrs_post_init__(self) -> None:
        for name, words in (("migrate", ("yes", "no")), ("synchronous_commit", ("", *DURABLE, "off")), ("fsync", ("on", "off"))):
            told = getattr(self, name)
            if told not in words:
                raise LedgerUnavailable(
                    f"{name}={told} is not a way to keep a ledger (help: {did_you_mean(told, [w for w in words if w])})"
                )
        if not self.connections:
            raise LedgerUnavailable("connections=0 leaves no way to the ledger (help: such as connections=8)")


NAMES = ("wait_ms", "connections", "seal_ms", "step_ms", "off_ms", "migrate", "synchronous_commit", "fsync")
_NUMBERS = NAMES[:5]


def parse_address(address: str) -> tuple[str, Settings]:
    """The address for libpq, and the settings.

    Raises:
        LedgerUnavailable: a setting cannot be read.
    """
    told = urlsplit(address)
    given: dict[str, str | int] = {}
    others = []
    for name, value in parse_qsl(told.query, keep_blank_values=True):
        if name in _NUMBERS:
            given[name] = _number(name, value)
        elif name in NAMES:
            given[name] = value
        else:
            others.append((name, value))
    return urlunsplit(told._replace(query=urlencode(others))), Settings(**given)  # type: ignore[arg-type]


def _number(name: str, value: str) -> int:
    if value.isascii() and value.isdecimal() and len(value) < 13:
        return int(value)
    raise LedgerUnavailable(f"the address of the ledger has {name}={value}, which is not a number (help: such as {name}=5000)")
