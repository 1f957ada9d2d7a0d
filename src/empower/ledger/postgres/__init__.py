"""The ledger in PostgreSQL: for tills and stores that share budgets.

`store` answers the port's questions, with `asks` for what is sent and told. The work is done by functions in the database, one round trip
each; their SQL lies beside this module, in numbered files, and `schema` brings a database up to date with it. `connections` has the pool
and asks again where that is safe, `host` works inside a transaction of the host, `caretaker` seals, `audit` verifies, `address` says where
the database is, `failures` what went wrong.
"""

from empower.ledger.postgres.address import Settings, parse_address
from empower.ledger.postgres.schema import schema_text
from empower.ledger.postgres.store import PostgresLedger

__all__ = ["PostgresLedger", "Settings", "parse_address", "schema_text"]
