"""A till as a process of its own: asks a ledger again and again, and writes down each answer once it has it."""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Callable
from pathlib import Path

from empower.decide import open_ledger
from empower.testing.asks import EVER, MONTH, ROLLING, leg, reserve, wish


def spawn(work: Callable[[], object]) -> int:
    """A child process that does this and ends; its id. It ends with 1 if the work raises, and says what."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of the test's own runner do not mind
        child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException as error:  # noqa: BLE001  (whatever it is, this process must not go on with its parent's test)
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(1)
    os._exit(0)


def finished(child: int) -> int:
    """The exit code of a child, once it has ended; negative: the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def sell(address: str, log: Path, name: str, *, asks: int = 0, amount: int = 7, limit: int = 2**40) -> None:
    """Ask so many times (0: until killed, and settle every other hold in one of two ways); each line of the log is a key and its answer."""
    ledger = open_ledger(address)
    with log.open("a", encoding="utf-8", buffering=1) as out:
        for number in range(asks) if asks else itertools.count():
            key = f"{name}-{number}"
            answer = reserve(ledger, wish(key, amount), [leg(of, amount, limit=limit) for of in (MONTH, ROLLING, EVER)])
            out.write(f"{key} {type(answer).__name__}\n")
            if not asks and number % 2:
                settled = ledger.void(key) if number % 4 == 1 else ledger.confirm(key, amount - 1)
                out.write(f"{key} {settled.state}\n")
    ledger.close()


def answers(log: Path) -> list[tuple[str, str]]:
    """(key, answer) of each line that was written whole."""
    lines = log.read_text(encoding="utf-8").split("\n")[:-1] if log.exists() else []
    return [(key, told) for key, told in (line.split(" ") for line in lines)]
