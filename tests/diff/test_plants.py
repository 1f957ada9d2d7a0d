"""Whatever the comparison of two versions claims is held against requests that nobody chose: "never looser" has to be so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings, strategies as st

from diff.plants import ROOT, Plant, plants
from empower import PackError, load_pack
from empower.compile import Rules, compile_pack
from empower.diff.compare import compare
from empower.judge import Verdict, judge
from empower.testing import World, worlds
from laws.profile import LONG, searched

EVERY = 1 if LONG else 24
PLANTS = list(plants())[::EVERY]
STRENGTH = {"allow": 0, "needs_info": 1, "escalate": 2, "deny": 3}


def direction(before: Verdict, after: Verdict, world: World, rules: Rules) -> str | None:
    """Whether a request came out looser or stricter; None: neither, or not to be compared."""
    known = world.amount is not None or world.plan.amount is None
    known = known and all(
        world.everything.get(path) is not None for path in (*world.plan.slots, *(f"action.{name}" for name in world.plan.asks))
    )
    if (before.outcome == "allow") != (after.outcome == "allow"):
        return "looser" if after.outcome == "allow" else "stricter"
    if not known:
        return None
    ladder = rules.program.ladder
    one, other = ((STRENGTH[each.outcome], ladder.index(each.who) if each.who else -1) for each in (before, after))
    return None if one == other else "looser" if other < one else "stricter"


def planted(plant: Plant, folder: Path) -> Rules | None:
    """The pack with a plant in it; None where the checker refuses it."""
    shutil.copytree(ROOT / "rules", folder, dirs_exist_ok=True)
    (folder / plant.pack / "pack.yaml").write_text(plant.text, encoding="utf-8")
    try:
        return compile_pack(load_pack(folder / plant.pack))
    except PackError:
        return None


def searched_for(before: Rules, after: Rules) -> set[str]:
    """In which directions some request differs, of those that stand on the edges of either version."""
    seen: set[str] = set()

    @settings(searched(60), database=None)
    @given(st.one_of(worlds(before), worlds(after)))
    def look(world: World) -> None:
        was, now = (judge(evolve(world, rules=rules).case()) for rules in (before, after))
        seen.add(str(direction(was, now, world, before)))

    look()
    return seen - {"None"}


@pytest.mark.parametrize("plant", PLANTS, ids=str)
def test_what_any_request_shows_the_comparison_has_found(plant: Plant, tmp_path: Path) -> None:
    """Never looser, never stricter and no change at all are proofs; and every change comes with an example that both versions decide so."""
    before = compile_pack(load_pack(ROOT / "rules" / plant.pack))
    after = planted(plant, tmp_path)
    if after is None:
        return  # the checker has found it
    found = compare(before.checked, after.checked)
    assert found.defects == ()
    claimed = {name for name in ("looser", "stricter") if getattr(found, name) != "no"}
    assert searched_for(before, after) <= claimed
    assert found.edits
    assert claimed or set(found.idle) == {edit for edit in found.edits if edit.decides}
