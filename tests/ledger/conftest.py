"""What the ledger's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from empower.testing import Clock
from ledger.lent import opened
from ledger.postgres import mortal_postgres, postgres_address, postgres_server

__all__ = ["IN_MEMORY", "clock", "mortal_postgres", "opened", "postgres_address", "postgres_server"]

IN_MEMORY = Path("/dev/shm")  # noqa: S108
"""Most tests need no disk."""


@pytest.fixture
def clock() -> Clock:
    """A clock moved by hand."""
    return Clock()
