"""Errors go where hosts take them: into logs, queues and other processes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from empower import EmpowerError, Fault, Problem, Span
from empower.errors import HoldExpired, KeyConflict, LedgerBusy, MalformedRequest, MoreThanReserved, UnknownKey
from empower.problems import PackError

ERRORS = [
    MalformedRequest((Fault("action.amount", "is negative", "write it without a sign"),)),
    KeyConflict("k1", ("kind was 'refund', is 'gesture'",)),
    LedgerBusy("somebody else writes"),
    UnknownKey("k1"),
    HoldExpired("the hold {key!r} expired", key="k1"),
    MoreThanReserved("{} of {key!r}, but it holds {}", 900, 500, key="k1"),
    PackError([Problem(Span("pack.yaml", 1, 1, 5), "bad-name", "no name")], {"pack.yaml": "pack: ?\n"}),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301  (our own bytes)
def test_an_error_comes_out_of_another_process_as_it_went_in(error: EmpowerError, again: Callable[[EmpowerError], EmpowerError]) -> None:
    """What an error says and carries survives a copy, and the way to another process."""
    other = again(error)
    assert (type(other), str(other), other.args) == (type(error), str(error), error.args)
    assert vars(other) == vars(error)
