"""What all tests share: where the repository is, and how long a property is searched for a counterexample."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import Phase, settings

pytest_plugins = ["pytester"]
collect_ignore = ["packs"]  # packs that tests read: most are wrong on purpose, and none is a pack of ours

# A slow machine is no fault of the code, so no property is timed. `EMPOWER_PROFILE=long` searches twenty times as far, `quick` a quarter.
settings.register_profile("short", deadline=None, print_blob=True)
settings.register_profile(
    "quick", deadline=None, print_blob=False, max_examples=25, phases=[Phase.explicit, Phase.generate], derandomize=True, database=None
)
settings.register_profile("long", deadline=None, print_blob=True, max_examples=2000)
settings.load_profile(os.environ.get("EMPOWER_PROFILE", "short"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout which holds these tests."""
    return Path(__file__).resolve().parents[1]
