"""What the ledger's tests share."""

from __future__ import annotations

from ledger.postgres import mortal_postgres, postgres_address, postgres_server

__all__ = ["mortal_postgres", "postgres_address", "postgres_server"]
