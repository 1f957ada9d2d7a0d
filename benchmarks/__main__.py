"""``python -m benchmarks``: measure the ratios that the README promises on this machine and print them.

Ratios only hold inside one run. A busy machine makes the times worse and the ratios noisier, not wrong: look at the load it prints.
"""

from __future__ import annotations

import argparse

from benchmarks.cold import cold_start
from benchmarks.decisions import against_hand, against_peers
from benchmarks.ledger import durable
from benchmarks.ledger_postgres import in_postgres
from benchmarks.proofs import proofs
from benchmarks.report import Row, as_json, as_text, machine
from benchmarks.scale import scaling

PARTS = ("hand", "peers", "scale", "ledger", "postgres", "cold", "proofs")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="ratios inside one run, with the bounds they have to reach")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no pack of 100,000 rules")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="measure only these parts")
    return parser.parse_args()


def measured(parts: tuple[str, ...], *, quick: bool) -> list[Row]:
    """Measure the parts asked for."""
    rows: list[Row] = []
    if "hand" in parts:
        rows += against_hand(11) if quick else against_hand()
    if "peers" in parts:
        rows += against_peers(5) if quick else against_peers()
    if "scale" in parts:
        rows += scaling(7, sizes=(26, 1_000, 10_000)) if quick else scaling()
    if "ledger" in parts:
        rows += durable(quick=quick)
    if "postgres" in parts:
        rows += in_postgres(quick=quick)
    if "cold" in parts:
        rows += cold_start(7) if quick else cold_start()
    if "proofs" in parts:
        rows += proofs((200,)) if quick else proofs()
    return rows


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    about = machine()
    rows = measured(tuple(arguments.only), quick=arguments.quick)
    print(as_json(rows, about) if arguments.json else as_text(rows, about))


if __name__ == "__main__":
    main()
