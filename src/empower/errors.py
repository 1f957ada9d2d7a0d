"""What can go wrong at run time, by name: every exception that leaves the library derives from `EmpowerError`.

A business "no" is never an exception; it is a `Decision`. See law 10 in `docs/guarantees.md`.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable
from typing import Any, Self

from empower.noun import frozen


class EmpowerError(Exception):
    """Base of everything this library raises on purpose. Each can be copied, and handed to another process, with what it carries."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Not by `__init__`, which makes the sentence out of what the error carries.
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]


class NotAnswerable(EmpowerError, ValueError):
    """Something that cannot be asked of a pack: what is wrong, and how to mend it."""

    def __init__(self, message: str, help_: str) -> None:
        self.message, self.help = message, help_
        super().__init__(f"{message} (help: {help_})")


@frozen
class Fault:
    """One thing wrong with a request: where it is, what is wrong with it, and how to mend it."""

    path: str
    message: str
    help: str = ""

    def __str__(self) -> str:
        text = f"{self.path}: {self.message}" if self.path else self.message
        return f"{text} (help: {self.help})" if self.help else text


class MalformedRequest(EmpowerError, ValueError):
    """The action or the context cannot be read. Lists every fault with its path; nothing was spent."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("the request cannot be read:\n" + "\n".join(f"  {fault}" for fault in faults))


class KeyConflict(EmpowerError):
    """The key already names another wish. Nothing was spent (law 9)."""

    def __init__(self, key: str, differences: tuple[str, ...]) -> None:
        self.key = key
        self.differences = differences
        super().__init__(
            f"key {key!r} already names another wish ({'; '.join(differences)}); nothing was spent (help: use a new key for a new wish)"
        )


class LedgerUnavailable(EmpowerError):
    """The ledger could not be read or written, and the pack declares no fallback. Nothing was allowed."""


class LedgerBusy(LedgerUnavailable):
    """Somebody else held the ledger for too long. Asking again with the same key is safe, and is what to do."""


class LedgerFull(LedgerUnavailable):
    """There is no room to write. What was acknowledged is kept; make room, and ask again with the same key."""


class WrongLedger(LedgerUnavailable):
    """What stands at the address cannot be used as this ledger: another program's file, a newer version's, or one that is damaged."""


class ClockError(LedgerUnavailable):
    """The clock jumped forward beyond the documented tolerance; an operator must accept the new time."""


class UnknownKey(EmpowerError, KeyError):
    """No wish of this key was ever allowed."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)

    def __str__(self) -> str:
        return f"nothing was ever allowed under the key {self.key!r} (help: use the key given to `decide`; parts of `decide_all` are `key#1`, `key#2` …)"


class _OfHold(EmpowerError):
    """What cannot be done with a hold. Amounts in its sentence are minor units, until somebody tells them who knows the currency."""

    def __init__(self, sentence: str = "", *amounts: int, key: str = "") -> None:
        self._sentence, self._amounts, self._key = sentence, amounts, key
        super().__init__(sentence.format(*amounts, key=key) if amounts else sentence)

    def told(self, show: Callable[[int], str]) -> Self:
        """The same refusal with its amounts shown."""
        return type(self)(self._sentence.format(*map(show, self._amounts), key=self._key)) if self._amounts else self


class HoldEnded(_OfHold):
    """What was reserved under this key is no longer held, so it cannot be changed in this way."""


class HoldExpired(HoldEnded):
    """The hold reached its expiry before it was confirmed; the host must not give."""


class MoreThanReserved(_OfHold, ValueError):
    """More was to be confirmed, or taken back, than the key holds."""
