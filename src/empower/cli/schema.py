"""`empower schema`: JSON Schema for hosts and editors."""

from __future__ import annotations

import json
from typing import Any

import click

from empower.cli import inputs, screen
from empower.cli.screen import OK, USAGE, Wrong
from empower.published.cases import cases_schema
from empower.published.host import host_schema


@click.command("schema", short_help="JSON Schema for hosts and editors.")
@click.argument("pack", required=False)
@click.option("--cases", is_flag=True, help="Without PACK: of cases.yaml.")
@click.option("--strict", is_flag=True, help="With PACK: refuse facts that it does not declare.")
def schema_command(*, pack: str | None, cases: bool, strict: bool) -> int:
    """Print the JSON Schema, 2020-12, of what a host hands in for PACK: `{"action": …, "context": …}`.

    Without PACK it is the schema of `pack.yaml` itself, for editors. Exit codes: 0 done, 1 the pack has problems, 2 called wrongly.
    """
    if pack is None and strict:
        raise Wrong(
            USAGE,
            "usage",
            "--strict is about the facts of a pack, and none is named",
            "name a pack, such as `empower schema my/pack --strict`",
        )
    if pack is not None and cases:
        raise Wrong(USAGE, "usage", "--cases is the same for every pack", "leave out the pack")
    found = host_schema(inputs.loaded(pack), strict=strict) if pack is not None else cases_schema() if cases else _of_packs()
    screen.say(json.dumps(found, indent=2, ensure_ascii=False))
    return OK


def _of_packs() -> dict[str, Any]:
    from empower.schema import pack_schema  # noqa: PLC0415  (loads pydantic, a quarter of the time to start, for this answer alone)

    return pack_schema()
