"""`empower explain`: a pack told to the people who live with it."""

from __future__ import annotations

import click

from empower.cli import inputs, screen
from empower.cli.screen import OK
from empower.pages.text import as_text
from empower.pages.whole import explain_pack


@click.command("explain", short_help="Tell what a pack says, in plain words.")
@click.argument("pack")
@click.option("--language", metavar="CODE", help="The language of the author's texts.  [default: the pack's first]")
def explain_command(*, pack: str, language: str | None) -> int:
    """Tell what PACK says as a page that its manager reads aloud.

    PACK is a folder with a `pack.yaml`, that file, or the name of a pack that is shipped. The sentences are English, and the author's
    texts stand in them in the language that is asked for. Exit codes: 0 done, 1 the pack has problems, 2 called wrongly.
    """
    checked = inputs.loaded(pack)
    language = inputs.chosen("a language", language, checked.languages, checked.languages[0])
    screen.say(as_text(explain_pack(checked, language)))
    return OK
