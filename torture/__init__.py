"""Puts a ledger through what happens to ledgers, and then finds out what it has forgotten: `python -m torture sqlite:///trial.db`.

`run` lets client processes ask a ledger, kills them and whatever else can be killed, and reads the history when all is over. `check` adds
everything up from that history and from what each client noted before every call and after every answer; it knows nothing of the store.
"""
