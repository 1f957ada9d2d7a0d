"""The last row of the numbers to reach: a fresh process that imports, loads the 26 rules and decides once."""

from __future__ import annotations

import subprocess
import sys
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


def _run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def cold_start(rounds: int = 25) -> list[Row]:
    """Time fresh processes by the wall clock: nothing, the import, and everything up to the first decision."""
    codes = {"nothing": "pass", "import": _IMPORT, "decision": _script()}
    subjects = {name: Subject(partial(_run, code)) for name, code in codes.items()}
    times = interleaved(repeat(subjects, rounds), clock=time.perf_counter)
    bare = f"{times.median('nothing') * 1e3:.0f} ms"
    rows = []
    for name, what, bound in (("decision", "import + load + first decision", 14.0), ("import", "  import alone", None)):
        note = f"{times.median(name) * 1e3:.0f} ms against {bare}"
        rows.append(Row(f"{what}, x python -c pass", times.ratio(name, "nothing"), note, at_most=bound))
    return rows
