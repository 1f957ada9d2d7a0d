"""`empower types`: typed models of what a host hands in, as a Python module."""

from __future__ import annotations

import click

from empower.cli import inputs, screen
from empower.cli.screen import OK
from empower.published.models import python_models


@click.command("types", short_help="Typed Python models of a pack.")
@click.argument("pack")
def types_command(*, pack: str) -> int:
    """Print a Python module with typed models of the actions and the context of PACK, to be kept beside the code that asks.

    A guard takes the models as they are. The same pack gives the same text, so a build can hold it to be up to date. The models need
    pydantic. Exit codes: 0 done, 1 the pack has problems, 2 called wrongly.
    """
    screen.say(python_models(inputs.loaded(pack)).rstrip("\n"))
    return OK
