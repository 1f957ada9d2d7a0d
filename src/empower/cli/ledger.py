"""`empower ledger`: what an operator asks a durable ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from empower.cli import screen
from empower.cli.inputs import as_json_option
from empower.cli.screen import OK, USAGE, Wrong
from empower.decide import open_ledger
from empower.ledger import Audit, Balance, Counter, Entry, Ledger
from empower.ledger.sqlite import parse_address
from empower.ledger.sqlite.archive import verify_archive
from empower.ledger.sqlite.archive_file import Archived, Archiving
from empower.ledger.sqlite.schema import is_archive, known_faults
from empower.moments import milliseconds
from empower.money import format_money

address_argument = click.argument("address", metavar="ADDRESS")
WRONG = 1
"""Exit code of `verify` where something was found."""


@click.group("ledger", short_help="Look into a durable ledger.")
def ledger_group() -> None:
    """Look into a durable ledger, and look after it.

    ADDRESS is the one that the guard is given, such as sqlite:///till.db. No command makes a ledger that is not there.
    """


@contextmanager
def opened_ledger(address: str) -> Iterator[Ledger]:
    """The ledger at an address, closed in the end; one in a file must be there already."""
    if address.startswith("sqlite:") and not parse_address(address)[0].is_file():
        message = f"there is no ledger at '{address}'"
        raise Wrong(USAGE, "usage", message, "a path after three slashes begins here, one after four begins at the root")
    ledger = open_ledger(address)
    try:
        yield ledger
    finally:
        ledger.close()


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise Wrong(USAGE, "usage", f"'{text}' has no '='", "write NAME=VALUE, such as actor.id=d7")
        found[name] = value
    return found


def _moment(at: int) -> str:
    """An instant in milliseconds as UTC, to the millisecond."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).isoformat(timespec="milliseconds")


# ------------------------------------------------------------------------------------------------ balance


@ledger_group.command(short_help="What the windows of the budgets hold now.")
@address_argument
@click.option("--budget", metavar="ID", help="Of this budget only.")
@click.option("--per", "keys", multiple=True, metavar="NAME=VALUE", help="Kept for this key only, such as actor.id=d7; may be repeated.")
@as_json_option
def balance(*, address: str, budget: str | None, keys: tuple[str, ...], as_json: bool) -> int:
    """Show what the windows of the budgets hold now.

    Windows with nothing in them are left out. Exit codes: 0 done, 2 called wrongly, 4 the ledger cannot be read.
    """
    wanted = _pairs(keys)
    with opened_ledger(address) as ledger:
        counters = [
            counter for counter in ledger.counters() if budget in (None, counter.budget) and wanted.items() <= dict(counter.keys).items()
        ]
        held = [(one, found) for one, found in zip(counters, ledger.balances(counters), strict=True) if found.amount or found.times]
    held.sort(key=lambda pair: (pair[0].pack, pair[0].budget, pair[0].keys))
    if as_json:
        screen.say_json({"balances": [_balance_dict(counter, found) for counter, found in held]})
    else:
        screen.say("\n".join(_balance_text(counter, found) for counter, found in held) or "nothing is held")
    return OK


def _balance_dict(counter: Counter, found: Balance) -> dict[str, Any]:
    return {
        "pack": counter.pack, "budget": counter.budget, "keys": dict(counter.keys), "window": counter.window.kind,
        "length_ms": counter.window.length_ms, "zone": counter.zone, "currency": counter.currency, "minor": found.amount, "times": found.times,
        "frees_at": found.frees_at,
    }  # fmt: skip


def _balance_text(counter: Counter, found: Balance) -> str:
    kept = ", ".join(f"{name} {value}" for name, value in counter.keys) or "all"
    until = "" if found.frees_at is None else f", until {_moment(found.frees_at)}"
    times = "once" if found.times == 1 else f"{found.times} times"
    return f"{counter.pack} {counter.budget} for {kept}: {format_money(found.amount, counter.currency)}, {times}{until}"


# ------------------------------------------------------------------------------------------------ history


@ledger_group.command(short_help="What was asked and given.")
@address_argument
@click.option(
    "--about", "subjects", multiple=True, metavar="NAME=VALUE", help="Of this actor, customer, incident or store; may be repeated."
)
@click.option("--key", metavar="KEY", help="Of this key only, its parts included.")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the last N entries.")
@as_json_option
def history(*, address: str, subjects: tuple[str, ...], key: str | None, last: int | None, as_json: bool) -> int:
    """Show what was asked and given, in order.

    Amounts are in minor units. What was archived is not shown; a last line says where it is. Exit codes: 0 done, 2 called wrongly, 4 the
    ledger cannot be read.
    """
    about = _pairs(subjects)
    with opened_ledger(address) as ledger:
        gone = _archiving(ledger).archived()
        entries = [entry for entry in ledger.history(**about) if key in (None, entry.key, entry.key.rpartition("#")[0])]
    shown = entries[-last:] if last else entries
    if as_json:
        screen.say_json({"entries": [_entry_dict(entry) for entry in shown], "archived": None if gone is None else _archived_dict(gone)})
    else:
        lines = [*map(_entry_text, shown)] or ["nothing was asked"]
        notes = (
            []
            if gone is None
            else [f"note: {_counted(gone.entries, 'earlier entry is', 'earlier entries are')} in the archive '{gone.file}'"]
        )
        screen.say("\n".join([*lines, *notes]))
    return OK


def _entry_dict(entry: Entry) -> dict[str, Any]:
    return {
        "sequence": entry.sequence, "at": entry.at, "key": entry.key, "event": entry.event, "minor": entry.amount,
        "subjects": dict(entry.subjects), "because": entry.because, "record": None if entry.record is None else entry.record.to_json(),
    }  # fmt: skip


def _counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _archived_dict(gone: Archived) -> dict[str, Any]:
    return {"file": gone.file, "head": gone.head, "before": gone.before, "entries": gone.entries}


def _entry_text(entry: Entry) -> str:
    subjects = " ".join(f"{name}={value}" for name, value in sorted(entry.subjects.items()))
    amount = "-" if entry.amount is None else entry.amount
    because = f" ({entry.because})" if entry.because else ""
    return f"{entry.sequence:>6}  {_moment(entry.at)}  {entry.event:<9}  {amount:>9}  {entry.key}  {subjects}{because}"


# ------------------------------------------------------------------------------------------------ looking after it


@ledger_group.command(short_help="Mark the holds that have expired.")
@address_argument
@as_json_option
def expire(*, address: str, as_json: bool) -> int:
    """Mark the holds that have passed their expiry.

    Sums are right without it; it writes down in time what would else be written by the next ask. Exit codes: 0 done, 2 called wrongly,
    4 the ledger cannot be read or written.
    """
    with opened_ledger(address) as ledger:
        count = ledger.expire_due()
    screen.say_json({"expired": count}) if as_json else screen.say(f"{count} hold{'s' if count != 1 else ''} expired")
    return OK


@ledger_group.command(short_help="Check that the history is whole and the sums follow from it.")
@address_argument
@click.option("--head", metavar="HEAD", default="", help="A head that an earlier run printed: the history has to come by there.")
@click.option("--archive", metavar="FILE", type=click.Path(path_type=Path), help="Its archive: check that too, and that the two join.")
@as_json_option
def verify(*, address: str, head: str, archive: Path | None, as_json: bool) -> int:
    """Check that the history is whole, and that sums and limits follow from it.

    ADDRESS may be an archive, which is then checked by itself. Prints the head of the history. Kept somewhere else, and given to a later run,
    it shows that nothing was taken from the end. Exit codes: 0 everything is in order, 1 something is not, 2 called wrongly, 4 the ledger
    cannot be read.
    """
    audit = _verified(address, head, archive)
    notes = known_faults() if address.startswith("sqlite:") else ()
    if as_json:
        findings = [{"kind": finding.kind, "sequence": finding.sequence, "message": finding.message} for finding in audit.findings]
        screen.say_json(
            {
                "ok": not audit.found,
                "entries": audit.entries,
                "head": audit.head,
                "findings": findings,
                "found": audit.found,
                "notes": notes,
            }
        )
        return WRONG if audit.found else OK
    lines = [f"{finding.kind}: {finding.message}" for finding in audit.findings]
    if audit.found > len(audit.findings):
        lines.append(f"and {audit.found - len(audit.findings)} more")
    lines.append(f"{'NOT in order' if audit.found else 'ok'}: {audit.entries} entries, head {audit.head}")
    screen.say("\n".join([*lines, *(f"note: {note}" for note in notes)]))
    return WRONG if audit.found else OK


def _verified(address: str, head: str, archive: Path | None) -> Audit:
    if address.startswith("sqlite:"):
        path = parse_address(address)[0]
        if path.is_file() and is_archive(path) and archive is None:
            return verify_archive(path, head)
    with opened_ledger(address) as ledger:
        return ledger.verify(head) if archive is None else _archiving(ledger).verify(head, archive)


def _archiving(ledger: Ledger) -> Archiving:
    assert isinstance(ledger, Archiving)  # all that have an address are
    return ledger


@ledger_group.command(short_help="Move closed periods into an archive.")
@address_argument
@click.option("--before", required=True, metavar="INSTANT", help="What no longer matters then; UTC where it has no offset.")
@click.option(
    "--to", required=True, metavar="FILE", type=click.Path(path_type=Path), help="A new file, or the one that has what was archived before."
)
@as_json_option
def archive(*, address: str, before: str, to: Path, as_json: bool) -> int:
    """Move what was closed before an instant into an archive.

    A hold that is not settled stays, and so does what is inside a window then, or had an event later. Nobody can write meanwhile. Sums and
    keys stay, but what was given there can no longer be taken back. Exit codes: 0 done, 2 called wrongly, 4 a file cannot be read or
    written, or is not what it has to be.
    """
    try:
        moment = datetime.fromisoformat(before)
    except ValueError:
        raise Wrong(USAGE, "usage", f"--before: '{before}' is not an instant", "write it as 2025-01-01") from None
    at = milliseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    with opened_ledger(address) as ledger:
        count = _archiving(ledger).archive(at, to)
    screen.say_json({"archived": count}) if as_json else screen.say(f"{_counted(count, 'entry', 'entries')} archived")
    return OK


@ledger_group.command("accept-clock", short_help="Believe the clock after a jump.")
@address_argument
@as_json_option
def accept_clock(*, address: str, as_json: bool) -> int:
    """Believe the machine's clock from now on, though it went forward too far.

    Look at the time it shows before: what was given in a later month or day than it really is counts there. Exit codes: 0 done, 2 called
    wrongly, 4 the ledger cannot be read or written.
    """
    with opened_ledger(address) as ledger:
        at = ledger.accept_clock()
    screen.say_json({"at": at}) if as_json else screen.say(f"believed: {_moment(at)}")
    return OK
