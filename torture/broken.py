"""The real stores with one fault built in each, and a run until the checker catches it: no checker that cannot fail is believed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from attrs import define, field, frozen

from torture import broken_postgres, broken_sqlite
from torture.run import torture
from torture.server import Server
from torture.stores import without_fault

ROUNDS = 6
"""A fault that needs an unlucky moment may need more than one round, each twice as long as the last, on a machine with other things to do."""
FAULTS: Mapping[str, frozenset[str]] = {
    "checks-then-acts": frozenset({"limit", "sum"}),
    "answers-before-it-commits": frozenset({"lost", "answers", "order"}),
    "forgets-its-keys": frozenset({"twice"}),
    "voids-twice": frozenset({"sum", "limit", "hold"}),
    "believes-the-clock": frozenset({"time", "limit"}),
    "reads-stale": frozenset({"limit", "refused", "sum"}),
    "keeps-what-is-voided": frozenset({"refused", "sum"}),
    "frees-into-the-new-period": frozenset({"sum", "limit"}),
    "leaks-what-it-refuses": frozenset({"refused", "sum"}),
    "revives-the-expired": frozenset({"hold"}),
    "checks-parts-one-by-one": frozenset({"limit"}),
    "returns-too-much": frozenset({"sum", "limit"}),
    "loses-what-it-refuses": frozenset({"lost"}),
    "answers-before-it-is-written": frozenset({"lost", "answers"}),
    "does-what-comes-late": frozenset({"lost", "order"}),
    "believes-leaps": frozenset({"time"}),
}
"""Each fault, and by which rules it has to be caught. What a ledger finds in itself, `verify`, is not among them."""
USUAL = tuple(FAULTS)[:8]
"""Those that stores really have: check-then-act, acknowledged before it is committed, a retry that gives again, a double void, the wall
clock, a stale snapshot, a hold that leaks, and an expired hold freed into the new period."""
STORES: Mapping[str, Mapping[str, object]] = {"sqlite": broken_sqlite.FAULTS, "postgresql": broken_postgres.FAULTS}

SOUND: Mapping[str, tuple[str, ...]] = {"sqlite": ("",), "postgresql": ("", "own-clocks")}
"""The controls: each store as it is, and the server going by the clocks of its clients."""


@define
class Hunt:
    """What came of one fault in one store."""

    store: str
    fault: str
    """Or a way in which the store is sound, as a control."""
    rules: Counter[str] = field(factory=Counter)
    work: Counter[str] = field(factory=Counter)
    rounds: int = 0
    seconds: float = 0

    @property
    def right(self) -> bool:
        """Caught by a rule that it breaks; nothing at all, where there is no fault."""
        return not self.rules if self.sound else bool(self.rules.keys() & FAULTS[self.fault])

    @property
    def sound(self) -> bool:
        """Is there no fault?"""
        return self.fault not in FAULTS

    def told(self) -> str:
        """In a line."""
        name = f"{self.store} {self.fault or 'as it is'}"
        verdict = ("clean" if self.right else "NOT CLEAN") if self.sound else ("caught" if self.right else "MISSED")
        done = f"{self.work['answered']} calls answered, {self.work['entries']} entries, {self.work['clients killed']} clients killed"
        servers = f", {self.work['servers killed']} servers killed" if self.work["servers killed"] else ""
        return f"{name}: {verdict} in round {self.rounds}, {self.seconds:.1f} s, {done}{servers}; {dict(self.rules) or 'no violation'}"


@frozen
class Hunter:
    """Runs faults in one store."""

    store: str
    folder: Path
    server: Server | None
    seconds: float
    """How long the first round of a fault lasts; each further one lasts twice as long."""
    processes: int = 4
    seed: str = ""

    def hunts(self, faults: Iterable[str]) -> Iterator[Hunt]:
        """The sound store first, as the control, then each fault that this store can have."""
        for sound in SOUND[self.store]:
            yield self.hunt(sound)
        for fault in faults:
            if fault in STORES[self.store]:
                yield self.hunt(fault)

    def hunt(self, fault: str) -> Hunt:
        """Rounds until the fault is caught; of a sound store, until one did enough to mean something."""
        found = Hunt(self.store, fault)
        began = time.monotonic()
        for number in range(1, ROUNDS + 1):
            found.rounds = number
            enough = self.round(found, self.seconds * 2 ** (number if found.sound else number - 1))
            if enough if found.sound else found.right:
                break
        else:
            found.rules.update(["work"] if found.sound else [])
        found.seconds = time.monotonic() - began
        return found

    def round(self, found: Hunt, seconds: float) -> bool:
        """One run, added to what was found; whether enough was done in it."""
        kills = self.store == "postgresql" and broken_postgres.FAULTS[found.fault].kills_server
        server = self.server if kills else None
        address = self.address(found.fault, found.rounds)
        findings = torture(
            address, seconds=seconds, processes=self.processes, seed=f"{self.seed}.{found.fault}.{found.rounds}", server=server
        )
        if self.server is not None:
            self.server.drop(without_fault(address))  # a server that was killed looks through everything when it starts again
        found.work.update(findings.work)
        found.rules.update({rule: count for rule, count in findings.rules.items() if rule != "work"})
        return "work" not in findings.rules

    def address(self, fault: str, number: int) -> str:
        mark = f"+{fault}" if fault else ""
        if self.server is not None:
            return self.server.database().replace(":", f"{mark}:", 1)
        return f"sqlite{mark}:///{self.folder}/{fault or 'sound'}{number}.db"
