"""What a user gets by installing `empower`: the version, the types, the packs, and no extra that was not asked for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest

import empower

# The modules behind the extras, and those of the tests. `empower` may import some of them somewhere, but never by itself.
EXTRAS = {"click", "fastmcp", "hypothesis", "polars", "psycopg", "psycopg_pool", "pytest", "rich", "uvicorn", "z3", "zen"}


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a download."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=repository, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_one_version(repository: Path) -> None:
    """The version is the same in the package, in its metadata and in pyproject.toml."""
    declared = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert empower.__version__ == metadata.version("empower") == declared


def test_base_dependencies_are_the_four_that_are_documented() -> None:
    """A base install brings attrs, business-rules, pydantic and PyYAML, and zone data where the platform has none."""
    base = {re.split(r"[^\w-]", line)[0].lower() for line in metadata.requires("empower") or [] if "extra ==" not in line}
    assert base == {"attrs", "business-rules", "pydantic", "pyyaml", "tzdata"}


def test_import_loads_no_extra() -> None:
    """`import empower` loads nothing that a base install does not have."""
    program = "import json, sys, empower; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert set(json.loads(answer.stdout)) & EXTRAS == set()


def test_types_are_shipped(wheel: Path) -> None:
    """A type checker sees the types of an installed `empower`."""
    assert "empower/py.typed" in ZipFile(wheel).namelist()


def test_every_pack_is_shipped(repository: Path, wheel: Path) -> None:
    """Each file under rules/ is in the wheel, under empower/rules/."""
    packs = {f"empower/{path.relative_to(repository).as_posix()}" for path in (repository / "rules").rglob("*") if path.is_file()}
    assert packs
    assert packs - set(ZipFile(wheel).namelist()) == set()


def test_only_the_package_is_shipped(wheel: Path) -> None:
    """The wheel holds the package, the plugin of pytest and the metadata: no test, no note, no leftover."""
    names = ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"empower", "pytest_empower.py", f"empower-{empower.__version__}.dist-info"}
    assert [name for name in names if "__pycache__" in name] == []


def test_demo_runs_from_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """`empower demo` needs no checkout: it finds its packs in the wheel."""
    ZipFile(wheel).extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONDONTWRITEBYTECODE": "1"}
    whence = [sys.executable, "-c", "import empower; print(empower.__file__)"]
    found = subprocess.run(whence, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert found.stdout.startswith(str(tmp_path))
    demo = subprocess.run(
        [sys.executable, "-m", "empower", "demo"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (demo.returncode, demo.stderr) == (0, "")
    assert demo.stdout
