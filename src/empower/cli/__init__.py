"""The command line: one short function per command, and the only place that prints. It needs the extra `cli`.

`app` has the commands, `ledger` those that look into a ledger, `inputs` reads what they are given, `screen` writes, `told` and `summary` say what is written. docs/cli.md
documents the commands and their exit codes, and is tested to say the same as `--help`.
"""

from empower.cli.app import main

__all__ = ["main"]
