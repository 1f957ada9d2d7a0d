"""empower: the people who face customers say yes at once, and no limit is ever exceeded."""

from empower.compile import load_pack
from empower.decide import Guard
from empower.decision import Clause, Decision, Given, Left, Need, Nudge, Obligation, Option, Reason, Say
from empower.errors import (
    ClockError,
    EmpowerError,
    Fault,
    HoldEnded,
    HoldExpired,
    KeyConflict,
    LedgerBusy,
    LedgerFull,
    LedgerUnavailable,
    MalformedRequest,
    MoreThanReserved,
    UnknownKey,
    WrongLedger,
)
from empower.load import Limits
from empower.problems import PackError, Problem, Span
from empower.request import Approval
from empower.version import __version__

__all__ = [
    "Approval",
    "Clause",
    "ClockError",
    "Decision",
    "EmpowerError",
    "Fault",
    "Given",
    "Guard",
    "HoldEnded",
    "HoldExpired",
    "KeyConflict",
    "LedgerBusy",
    "LedgerFull",
    "LedgerUnavailable",
    "Left",
    "Limits",
    "MalformedRequest",
    "MoreThanReserved",
    "Need",
    "Nudge",
    "Obligation",
    "Option",
    "PackError",
    "Problem",
    "Reason",
    "Say",
    "Span",
    "UnknownKey",
    "WrongLedger",
    "__version__",
    "load_pack",
]  # fmt: skip
