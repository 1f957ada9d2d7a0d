"""Where a ledger lies: `sqlite:///till.db` is a path from here, `sqlite:////var/lib/till.db` a path from the root, `?name=value` a setting."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from empower.errors import LedgerUnavailable
from empower.noun import frozen
from empower.problems import did_you_mean

SYNCHRONOUS = ("full", "extra", "normal")
_EXAMPLE = "write sqlite:///till.db for a file in this folder, or sqlite:////var/lib/shop/till.db for one with its whole path"


@frozen
class Settings:
    """How a ledger is kept; durations in milliseconds."""

    synchronous: str = "full"
    """full: what was acknowledged survives a power cut; normal: it survives a crash of the process, not a power cut; extra: as SQLite has it."""
    wait_ms: int = 5_000
    """How long a call waits for another process before it raises `LedgerBusy`."""
    step_ms: int = 60_000
    """How far the clock may step forward, against the time since the machine started, before it has to be accepted."""
    off_ms: int = 7 * 24 * 3_600_000
    """For how long the machine may have been off: after a start, a clock further ahead has to be accepted."""

    def __attrs_post_init__(self) -> None:
        if self.synchronous not in SYNCHRONOUS:
            raise LedgerUnavailable(
                f"synchronous={self.synchronous} is not a way to keep a ledger (help: {did_you_mean(self.synchronous, SYNCHRONOUS)})"
            )


NAMES = ("synchronous", "wait_ms", "step_ms", "off_ms")


def parse_address(address: str) -> tuple[Path, Settings]:
    """The file and the settings of an address.

    Raises:
        LedgerUnavailable: the address cannot be read.
    """
    told = urlsplit(address)
    if told.netloc:
        raise LedgerUnavailable(
            f"{address!r} names a machine {told.netloc!r}, but a SQLite ledger is a file of this one (help: {_EXAMPLE})"
        )
    path = unquote(told.path.removeprefix("/"))
    if path in ("", "/", ":memory:"):
        raise LedgerUnavailable(f"{address!r} names no file (help: {_EXAMPLE}; leave `ledger` out for one in memory)")
    given: dict[str, str | int] = {}
    for name, value in parse_qsl(told.query, keep_blank_values=True):
        if name not in NAMES:
            raise LedgerUnavailable(f"{address!r} has a setting {name!r} that is none (help: {did_you_mean(name, NAMES)})")
        given[name] = value if name == "synchronous" else _duration(address, name, value)
    return Path(path), Settings(**given)  # type: ignore[arg-type]


def _duration(address: str, name: str, value: str) -> int:
    if value.isascii() and value.isdecimal() and len(value) < 13:
        return int(value)
    raise LedgerUnavailable(f"{address!r} has {name}={value}, which is not a number of milliseconds (help: such as {name}=5000)")
