"""What a fresh process loads before its first decision: starting is part of the speed of a till, so nothing is loaded for later."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.packs import GOODWILL
from empower.demo import shipped_packs

PACKS = {"goodwill": GOODWILL, **shipped_packs()}
START = """
import json, sys
before = set(sys.modules)
from empower import Guard, load_pack
guard = Guard(load_pack(sys.argv[1]))
kind = next(iter(guard.rules.checked.kinds))
assert guard.preview({"kind": kind}, {"actor": {"id": "a1", "role": sys.argv[2]}}).outcome
print(json.dumps(sorted(set(sys.modules) - before)))
"""
OUTSIDE = {"yaml", "cython_runtime"}
"""Every package from outside the standard library that is needed to load a pack and decide; the second is the C part of the first."""
TREE = "  - {id: tree, deny: everything, because: VALUE, when: {all: [{name: actor.role, operator: equal_to, value: ROLE}]}}\n"


def loaded(folder: Path, role: str = "nobody") -> set[str]:
    """The modules that a fresh process loads until it has decided for the first time."""
    answer = subprocess.run([sys.executable, "-c", START, str(folder), role], check=True, capture_output=True, text=True)
    return set(json.loads(answer.stdout))


@pytest.mark.parametrize("name", sorted(PACKS))
def test_the_first_decision_needs_yaml_alone(name: str) -> None:
    """From `import empower` to the first decision nothing from outside the standard library is loaded but PyYAML."""
    packages = {module.partition(".")[0] for module in loaded(PACKS[name]) if not module.startswith("_")}
    assert packages - sys.stdlib_module_names - {"empower"} <= OUTSIDE


@pytest.mark.parametrize("name", sorted(PACKS))
def test_what_is_not_for_deciding_is_not_loaded(name: str) -> None:
    """The command line, the cases, the demo and the published schema are no part of a start."""
    assert loaded(PACKS[name]) & {"empower.cases", "empower.cli", "empower.demo", "empower.schema", "empower.language.trees"} == set()


def test_a_condition_tree_loads_its_library(tmp_path: Path) -> None:
    """business-rules is loaded for a pack that holds one of its condition trees, and decides as ever."""
    text = (PACKS["grocery-doorstep"] / "pack.yaml").read_text(encoding="utf-8")
    rule = TREE.replace("VALUE", "trust").replace("ROLE", "driver")
    (tmp_path / "pack.yaml").write_text(text.replace("\nrules:\n", f"\nrules:\n{rule}"), encoding="utf-8")
    assert {"empower.language.trees", "business_rules.operators"} <= loaded(tmp_path, "driver")
