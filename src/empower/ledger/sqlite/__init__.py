"""The ledger in a file, by SQLite: for one machine, any number of its processes and threads.

`store` answers the port's questions, with `legs`, `counters` and `holds` behind it. `writer`, `gate` and `journal` write; `database`
has the connections, `schema` the file, `watch` the clock, `address` and `places` say where it lies, `failures` what went wrong.
`archive` moves closed periods out, `audit` hands everything to the auditor.
"""

from empower.ledger.sqlite.address import Settings, parse_address
from empower.ledger.sqlite.store import SqliteLedger

__all__ = ["Settings", "SqliteLedger", "parse_address"]
