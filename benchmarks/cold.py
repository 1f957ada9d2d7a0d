"""The last row of the numbers to reach: a fresh process that imports, loads the 26 rules and decides once.

Installed packages have their bytecode beside them, so the processes here find bytecode too: in a folder of its own, which the round that
warms up fills. (Without that, a checkout under ``PYTHONDONTWRITEBYTECODE`` would compile the whole package in every process.)
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from itertools import repeat
from pathlib import Path

from benchmarks.facts import make_facts, to_call
from benchmarks.measure import Subject, interleaved
from benchmarks.packs import GOODWILL
from benchmarks.report import Row

ROOT = Path(__file__).parent.parent
_IMPORT = "from empower import Guard, load_pack"


def _script() -> str:
    action, context = to_call(make_facts(1)[0])
    return f"{_IMPORT}\nassert Guard(load_pack({str(GOODWILL)!r})).preview({action!r}, {context!r}).outcome"


def _run(code: str, bytecode: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = bytecode
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=environment)


def cold_start(rounds: int = 25) -> list[Row]:
    """Time fresh processes by the wall clock: nothing, the import, and everything up to the first decision."""
    codes = {"nothing": "pass", "import": _IMPORT, "decision": _script()}
    with tempfile.TemporaryDirectory() as bytecode:
        subjects = {name: Subject(partial(_run, code, bytecode)) for name, code in codes.items()}
        times = interleaved(repeat(subjects, rounds), clock=time.perf_counter)
    bare = f"{times.median('nothing') * 1e3:.0f} ms"
    rows = []
    for name, what, bound in (("decision", "import + load + first decision", 14.0), ("import", "  import alone", None)):
        note = f"{times.median(name) * 1e3:.0f} ms against {bare}"
        rows.append(Row(f"{what}, x python -c pass", times.ratio(name, "nothing"), note, at_most=bound))
    return rows
