"""Law 2, deterministic: the order in which things stand, the locale and the process change nothing, and a decision replays to the byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, strategies as st

import empower
from empower import Guard
from empower.asking import asked_from_json
from empower.ledger.memory import MemoryLedger
from empower.testing import Manuscript, World
from empower.testing.authoring.drawing import GUARDRAILS
from empower.testing.laws import unordered
from laws.profile import LONG, searched
from laws.test_law_07_no_dead_end import preview
from laws.worlds import manuscript_of, under, worlds

IN_ORDER = {"first", "ladder"}
"""Lists whose order is their meaning: rows of a table, the ladder of roles."""


def shuffled(value: Any, data: st.DataObject, *, ordered: bool = False) -> Any:
    """The same with the keys of every mapping, and the items of every list, in another order."""
    if isinstance(value, dict):
        keys = data.draw(st.permutations(list(value)))
        return {key: shuffled(value[key], data, ordered=key in IN_ORDER) for key in keys}
    if isinstance(value, list):
        items = [shuffled(item, data) for item in value]
        return items if ordered else data.draw(st.permutations(items))
    return value


def reordered(source: Manuscript, data: st.DataObject) -> Manuscript:
    """The same pack with its guardrails, their keys and the lists in them in another order."""
    layers = {key: shuffled(value, data) if key in GUARDRAILS else value for key, value in source.document.items()}
    return evolve(source, document={key: layers[key] for key in data.draw(st.permutations(list(layers)))})  # its parent stays as it is


@searched(120)
@given(worlds(unknown=5), st.data())
def test_the_order_of_rules_and_keys_changes_nothing(world: World, data: st.DataObject) -> None:
    """Same pack, action, context, instant and balances give the same decision, whatever the order of rules, facts or keys."""
    other = under(world, reordered(manuscript_of(world), data))
    assert unordered(preview(world)) == unordered(preview(other))


# ------------------------------------------------------------------------------------------------ replays


class Remembering(MemoryLedger):
    """A ledger that remembers what it answered about balances."""

    def __init__(self, at: int) -> None:
        super().__init__(lambda: at)
        self.told: dict[Any, Any] = {}

    def balances(self, counters: Any, at: int | None = None) -> Any:
        found = super().balances(counters, at)
        self.told.update(zip(counters, found, strict=True))
        return found


@searched(100)
@given(worlds(unknown=6), st.booleans())
def test_a_recorded_decision_replays_to_the_byte(world: World, up_to: bool) -> None:  # noqa: FBT001
    """A recorded decision replays to the byte on the same engine version: asked again of an equal ledger, from what was recorded."""
    first = Guard(world.rules, Remembering(world.at)).decide(world.action(), world.context(), key="k", up_to=up_to)
    second = Guard(under(world, manuscript_of(world)).rules, Remembering(world.at))
    assert second.decide(world.action(), world.context(), key="k", up_to=up_to).to_json() == first.to_json()
    (entry,) = second.history()
    assert entry.record is not None
    digest, (asked,) = asked_from_json(entry.record.to_json())
    assert digest == world.rules.checked.pack.digest
    again = Guard(world.rules, Remembering(world.at))
    replayed = again._clerk.decide(evolve(asked, context=world.context()), "k", None)
    assert replayed.to_json() == first.to_json()


# ------------------------------------------------------------------------------------------------ processes

PROGRAM = """
import json, locale, pathlib, sys
from empower import Guard, load_pack
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    pass
for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    guard = Guard(load_pack(folder / "pack"), clock=lambda: asked["at"])
    for number, (action, context) in enumerate(asked["asks"]):
        print(guard.preview(action, context).to_json())
        print(guard.decide(action, context, key=f"k{number}").to_json())
"""
SETTINGS = (
    {"PYTHONHASHSEED": "0", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "4242", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"},
    {"PYTHONHASHSEED": "77", "LC_ALL": "de_DE.UTF-8", "TZ": "America/Los_Angeles", "PYTHONOPTIMIZE": "1"},
)


@pytest.fixture(scope="module")
def many_packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with many random packs and what is asked of them."""
    folder = tmp_path_factory.mktemp("packs")
    written: list[None] = []

    @searched(60 if LONG else 40)
    @given(worlds(unknown=6))
    def write(world: World) -> None:
        place = folder / f"{len(written):05}"
        written.append(None)
        manuscript_of(world).write(place / "pack")
        asked = {"at": world.at, "asks": [[world.action(), world.context()]]}
        (place / "asked.json").write_text(json.dumps(asked), encoding="utf-8")

    write()
    return folder


def test_another_process_locale_or_hash_seed_changes_no_byte(many_packs: Path) -> None:
    """The same decision whatever the locale or the process, to the byte."""
    source = str(Path(empower.__file__).parents[1])
    answers = []
    for settings in SETTINGS:
        environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": source, "PYTHONIOENCODING": "utf-8", **settings}
        command = [sys.executable, "-c", PROGRAM, str(many_packs)]
        answers.append(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
    assert answers[0].count(b"\n") == 2 * len(list(many_packs.iterdir()))
    assert len(set(answers)) == 1
