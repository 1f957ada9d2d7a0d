"""What the tests of the torture share with those of the ledgers."""

from __future__ import annotations

from ledger.postgres import postgres_server

__all__ = ["postgres_server"]
