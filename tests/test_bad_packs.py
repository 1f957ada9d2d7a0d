"""Every code has a pack with that one mistake in tests/packs/bad/, what the author is told about it beside it, and a section in the docs.

`EMPOWER_ACCEPT=1 pytest tests/test_bad_packs.py` writes what the author is told anew. You answer for each difference that you accept.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from empower import PackError, load_pack
from empower.cases import read_cases
from empower.problems import CODES

BAD = Path(__file__).parent / "packs" / "bad"
ACCEPT = os.environ.get("EMPOWER_ACCEPT") == "1"


def told(folder: Path) -> PackError:
    """What the author of a pack is told, with paths as they are seen from the folder of the pack."""
    with pytest.raises(PackError) as refusal:
        read_cases(load_pack("."))
    return refusal.value


@pytest.mark.parametrize("code", CODES)
def test_what_the_author_is_told(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack with one mistake gives one problem: its code, its place, a sentence, a help line."""
    folder = BAD / code
    monkeypatch.chdir(folder)
    refusal = told(folder)
    assert [problem.code for problem in refusal.problems] == [code]
    expected = folder / "expected.txt"
    if ACCEPT:
        expected.write_text(f"{refusal}\n", encoding="utf-8")
    assert f"{refusal}\n" == expected.read_text(encoding="utf-8")
