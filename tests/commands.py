"""How the tests run the command line: in this process, which is quick, or in one of its own, as a user does."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

from attrs import frozen

from empower.cli import main


@frozen
class Answer:
    """What a command printed, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str, given: str = "", columns: str = "80") -> Answer:
    """A command run here, its output going nowhere near a terminal."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, {"COLUMNS": columns}),
        patch.object(sys, "stdin", io.StringIO(given)),
        redirect_stdout(stdout),
        redirect_stderr(stderr),
    ):
        code = main(arguments)
    return Answer(code, stdout.getvalue(), stderr.getvalue())


def run_apart(*arguments: str, **environment: str) -> Answer:
    """A command run in a process of its own."""
    command = [sys.executable, "-m", "empower", *arguments]
    setting = {**os.environ, "COLUMNS": "80", **environment}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=setting)
    return Answer(done.returncode, done.stdout, done.stderr)
