"""`empower explain`: a pack told to the people who live with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import click

from empower.checked import CheckedPack
from empower.cli import inputs, screen
from empower.cli.screen import MALFORMED, OK, USAGE, Wrong
from empower.compile import compile_pack
from empower.pages.card import card_page, deal_card
from empower.pages.decided import explain_decision
from empower.pages.html import as_html
from empower.pages.markdown import as_markdown
from empower.pages.page import Page
from empower.pages.record import NotADecision, read_decisions, with_facts
from empower.pages.text import as_text
from empower.pages.whole import explain_pack

EPILOG = """\b
Examples:
  empower explain grocery-doorstep
  empower explain grocery-doorstep --card driver
  empower explain my/pack --card --format html > cards.html
  empower ledger history sqlite:///till.db --key order-17 --json \\
      | empower explain my/pack --decision -
"""
_EVERY_ROLE = "every role"
_WRITERS: Mapping[str, Callable[[list[Page]], str]] = {
    "text": lambda pages: "\n\n\n".join(as_text(page) for page in pages),
    "markdown": lambda pages: "\n\n".join(as_markdown(page) for page in pages),
    "html": lambda pages: as_html(*pages),
}


@click.command("explain", short_help="Tell what a pack says, in plain words.", epilog=EPILOG)
@click.argument("pack")
@click.option(
    "--card", "role", metavar="[ROLE]", is_flag=False, flag_value=_EVERY_ROLE, help="The pocket card of a role; without one, of all."
)
@click.option(
    "--decision", metavar="FILE", help="Why, and why not: the JSON of a decision or of a ledger's history; - reads standard input."
)
@click.option("--context", metavar="JSON", help="The facts of that decision, where its JSON does not hold them: JSON, @FILE or @-.")
@click.option("--now", metavar="INSTANT", help="The card as of this instant, local to the pack's zone.  [default: now]")
@click.option("--format", "form", type=click.Choice(list(_WRITERS)), default="text", show_default=True, help="How it is written.")
@click.option("--language", metavar="CODE", help="The language of the author's texts.  [default: the pack's first]")
def explain_command(
    *, pack: str, role: str | None, decision: str | None, context: str | None, now: str | None, form: str, language: str | None
) -> int:
    """Tell what PACK says: as a page that its manager reads aloud, as the pocket card of a role, or as the why of one decision.

    PACK is a folder with a `pack.yaml`, that file, or the name of a pack that is shipped. The sentences are English, and the author's
    texts stand in them in the language that is asked for. Exit codes: 0 done, 1 the pack has problems, 2 called wrongly, 3
    the decision cannot be read.
    """
    checked = inputs.loaded(pack)
    language = inputs.chosen("a language", language, checked.languages, checked.languages[0])
    if role is not None and decision is not None:
        raise Wrong(USAGE, "usage", "--card and --decision are two different pages", "ask for one of them")
    if decision is not None:
        pages = _decided(checked, decision, context, language)
    elif role is not None:
        pages = _cards(checked, role, now, language)
    else:
        pages = [explain_pack(checked, language)]
    screen.say(_WRITERS[form](pages))
    return OK


def _cards(checked: CheckedPack, role: str, now: str | None, language: str) -> list[Page]:
    everyone = checked.roles.everyone()
    roles = everyone if role == _EVERY_ROLE else [inputs.chosen("a role", role, everyone, everyone[0])]
    at = inputs.read_now(now, checked)
    instant = time.time_ns() // 1_000_000 if at is None else at
    rules = compile_pack(checked)
    return [card_page(deal_card(rules, each, instant, language)) for each in roles]


def _decided(checked: CheckedPack, file: str, context: str | None, language: str) -> list[Page]:
    try:
        found = read_decisions(inputs.read_file("--decision", file))
    except NotADecision as error:
        raise Wrong(MALFORMED, "malformed", f"--decision: {error}", error.help) from None
    other = next((each.pack for each in found if each.pack != checked.pack.name), None)
    if other is not None:
        message = f"--decision: this was decided under '{other}', not under '{checked.pack.name}'"
        raise Wrong(USAGE, "usage", message, f"`empower explain {other} --decision {file}`, or the folder of that pack")
    rules = compile_pack(checked)
    if context is not None:
        facts = inputs.read_context(context)
        found = tuple(each if each.asked is not None else with_facts(rules, each, facts) for each in found)
    return [explain_decision(rules, each, language) for each in found]
