"""Row 2 of the numbers to reach: packs of 26 to 100,000 rules of which 26 matter.

The largest has 16 MB, more than a pack may have by default, so all are read with raised limits.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from itertools import repeat
from pathlib import Path
from statistics import median

import yaml

from benchmarks.decisions import by_guard
from benchmarks.facts import make_facts, to_call
from benchmarks.measure import Subject, interleaved
from benchmarks.packs import SIZES, write
from benchmarks.report import Row
from empower import Guard, load_pack
from empower.load import Limits

REPEATS = {26: 9, 1_000: 5, 10_000: 5, 100_000: 1}
LOAD_BOUNDS = {10_000: 4.0}
LIMITS = Limits(bytes_max=64 * 2**20)


def time_loads(home: Path, repeats: int) -> dict[str, float]:
    """Load a pack and, in turn, its bare YAML, and return the median seconds and ratio. The first of several turns warms up."""
    action, context = to_call(make_facts(1)[0])
    pairs = []
    text = home / "pack.yaml"
    for _ in range(repeats + (repeats > 1)):
        start = time.process_time()
        with text.open(encoding="utf-8") as stream:
            tree = yaml.load(stream.read(), Loader=yaml.CSafeLoader)
        middle = time.process_time()
        del tree
        again = time.process_time()
        guard = Guard(load_pack(home, LIMITS))
        pairs.append((time.process_time() - again, middle - start))
        first = time.process_time()
        guard.preview(action, context)
        first = time.process_time() - first
        del guard
    counted = pairs[1:] or pairs
    load, bare, ratio = (median(column) for column in zip(*((pair[0], pair[1], pair[0] / pair[1]) for pair in counted), strict=True))
    return {"load": load, "yaml": bare, "ratio": ratio, "first": first}


def _load_row(home: Path, rules: int) -> Row:
    """Time the loads of one size in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scale", str(home), str(REPEATS[rules])]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    note = f"{answer['load']:.3f} s against {answer['yaml']:.3f} s; the first decision {answer['first'] * 1e3:.0f} ms"
    return Row(f"load and check {rules:,} rules, x bare libyaml", answer["ratio"], note, at_most=LOAD_BOUNDS.get(rules))


def _decision_rows(packs: dict[int, Path], rounds: int, n: int = 100, passes: int = 40) -> list[Row]:
    calls = [to_call(facts) for facts in make_facts(n)] * passes  # few enough to lie in the cache
    guards = {rules: Guard(load_pack(home, LIMITS)) for rules, home in packs.items()}
    times = interleaved(
        repeat({str(rules): Subject(partial(by_guard, guard, calls), n * passes) for rules, guard in guards.items()}, rounds)
    )
    rows = []
    for rules in sorted(packs)[1:]:
        note = f"{times.median(str(rules)) * 1e6:.2f} µs against {times.median('26') * 1e6:.2f} µs"
        bound = 1.1 if rules == 10_000 else None
        rows.append(Row(f"preview with {rules:,} rules, x 26 rules", times.ratio(str(rules), "26"), note, at_most=bound))
    return rows


def scaling(rounds: int = 21, sizes: tuple[int, ...] = SIZES) -> list[Row]:
    """Measure decisions and loads at every size."""
    with tempfile.TemporaryDirectory() as folder:
        packs = {rules: write(Path(folder), rules) for rules in sizes}
        return _decision_rows(packs, rounds) + [_load_row(home, rules) for rules, home in packs.items()]


if __name__ == "__main__":
    print(json.dumps(time_loads(Path(sys.argv[1]), int(sys.argv[2]))))
