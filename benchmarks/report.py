"""Rows of the report, the machine they were measured on, and the two ways to write them down."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from pathlib import Path

import attrs


@attrs.frozen
class Row:
    """One measured ratio, and the bound it has to reach if it has one."""

    what: str
    ratio: float
    note: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def bound(self) -> str:
        """Write the bound down."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else "-"

    @property
    def verdict(self) -> str:
        """Say whether the bound is reached."""
        if self.bound == "-":
            return "-"
        high = self.at_most is not None and self.ratio > self.at_most
        low = self.at_least is not None and self.ratio < self.at_least
        return "NOT REACHED" if high or low else "reached"


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def machine() -> dict[str, str]:
    """Name the machine and what ran on it."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    versions = {name: _version(name) for name in ("empower", "PyYAML", "attrs", "pydantic", "zen-engine", "business-rules")}
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {"cpu": _cpu(), "cores": str(os.cpu_count()), "system": platform.platform(), "python": python, "load": load} | versions


def as_json(rows: list[Row], about: dict[str, str]) -> str:
    """Write the report as JSON."""
    written = [attrs.asdict(row) | {"bound": row.bound, "verdict": row.verdict} for row in rows]
    return json.dumps({"machine": about, "rows": written}, ensure_ascii=False, indent=2)


def _number(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}"


def as_text(rows: list[Row], about: dict[str, str]) -> str:
    """Write the report as a table."""
    lines = ["  ".join(f"{name}: {value}" for name, value in about.items()), ""]
    cells = [("what", "ratio", "bound", "", "measured")]
    cells += [(row.what, _number(row.ratio), row.bound, row.verdict, row.note) for row in rows]
    widths = [max(len(cell[column]) for cell in cells) for column in range(4)]
    for what, ratio, bound, verdict, note in cells:
        lines.append(f"{what:<{widths[0]}}  {ratio:>{widths[1]}}  {bound:>{widths[2]}}  {verdict:<{widths[3]}}  {note}".rstrip())
    return "\n".join(lines)
