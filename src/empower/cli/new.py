"""`empower new`: a pack to begin with."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import available_timezones

import click

from empower.beginning import LEAST, MOST, TRADES, Beginning, begin_pack
from empower.cases import run_cases
from empower.cli import inputs, screen
from empower.cli.inputs import PACK
from empower.cli.screen import OK, UNAVAILABLE, USAGE, Wrong
from empower.compile import load_pack
from empower.demo import shipped_packs
from empower.money import MoneyError, exponent_of, parse_money, plain_money
from empower.problems import PackError, did_you_mean

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")


@click.command("new", short_help="Begin a pack.")
@click.argument("name")
@click.option("--trade", metavar="TRADE", help=f"In the words of this trade: {', '.join(TRADES)}.  [default: shop]")
@click.option("--currency", metavar="CODE", help="ISO 4217.  [default: GBP]")
@click.option("--timezone", metavar="ZONE", help="IANA name, such as Europe/London.  [default: the machine's]")
@click.option(
    "--role", "roles", multiple=True, metavar="NAME=AMOUNT", help="A role and the most it may give at once; lowest first, repeated."
)
@click.option("--mission", metavar="TEXT", help="Why the pack exists, in a sentence.  [default: one of the trade]")
@click.option("--from", "source", metavar="PACK", help="A copy of a pack that is shipped, under the new name.")
def new_command(
    *,
    name: str,
    trade: str | None,
    currency: str | None,
    timezone: str | None,
    roles: tuple[str, ...],
    mission: str | None,
    source: str | None,
) -> int:
    """Make a folder NAME with a pack and its cases, which check and pass: to be read, changed, and tried again.

    At a terminal it asks for what matters most and is not given. Nothing that is there is written over. Exit codes: 0 done, 2 called
    wrongly, 4 it cannot be written.
    """
    target = Path(name)
    _check_free(target)
    if source is not None:
        if trade or currency or timezone or roles or mission:
            raise Wrong(USAGE, "usage", "--from copies a pack as it is", "leave the other options out, and change the copy")
        texts = _copied(target, source)
    else:
        texts = begin_pack(_answers(target, trade=trade, currency=currency, zone=timezone, roles=roles, mission=mission))
    with _reported(target):
        cases = _make(target, texts)
    screen.say(f"made {name}: {', '.join(texts)}; {cases} cases, all as expected")
    screen.say(f"next: change a line of {target / PACK}, and see what it does: `empower test {name} --watch`")
    return OK


def _check_free(target: Path) -> None:
    if not _NAME.fullmatch(target.name):
        raise Wrong(USAGE, "usage", f"'{target.name}' is no name for a pack", "begin with a letter; use letters, digits, `-` and `_`")
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise Wrong(USAGE, "usage", f"'{target}' is there already", "choose another name; nothing was written")


# ------------------------------------------------------------------------------------------------ answers


def _answers(
    target: Path, *, trade: str | None, currency: str | None, zone: str | None, roles: Sequence[str], mission: str | None
) -> Beginning:
    asking = _at_a_terminal()
    chosen = _trade(_asked("Which trade is it most like", trade, "shop", f" ({', '.join(TRADES)})", asking=asking))
    code = _currency(_asked("In which currency", currency, "GBP", "", asking=asking))
    usual = [f"{role}={amount}" for role, amount in zip(TRADES[chosen].roles, _usual(code), strict=True)]
    question = "Who gives something away, lowest first, and how much at once"
    given = roles or re.split(r"[,\s]+", _asked(question, None, " ".join(usual), "", asking=asking).strip())
    place = zone or _zone_here()
    if place not in available_timezones():
        raise Wrong(
            USAGE,
            "usage",
            f"--timezone: '{place}' is not a time zone",
            did_you_mean(place, available_timezones()) or "such as Europe/London",
        )
    said = (mission or TRADES[chosen].mission).strip()
    return Beginning(target.name, str(target), chosen, code, place, _roles(given, code), said)


def _at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _asked(question: str, given: str | None, usual: str, more: str, *, asking: bool) -> str:
    if given is not None or not asking:
        return usual if given is None else given
    return str(click.prompt(f"{question}{more}", default=usual))


def _trade(given: str) -> str:
    if given in TRADES:
        return given
    raise Wrong(USAGE, "usage", f"--trade: '{given}' is not one that has words of its own", did_you_mean(given, TRADES))


def _currency(given: str) -> str:
    try:
        exponent_of(given)
    except MoneyError as error:
        raise Wrong(USAGE, "usage", f"--currency: {error.message}", error.help) from None
    return given


def _usual(currency: str) -> tuple[str, str]:
    """20 and 100; where the currency has no cents, a hundred times as much."""
    return ("20", "100") if exponent_of(currency) else ("2000", "10000")


def _roles(given: Sequence[str], currency: str) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    before = LEAST - 1
    for text in given:
        role, sign, amount = text.partition("=")
        if not sign or not _NAME.fullmatch(role):
            raise Wrong(USAGE, "usage", f"--role: '{text}' is not NAME=AMOUNT", "such as barista=8: a name of letters, digits, `-` and `_`")
        if role in found:
            raise Wrong(USAGE, "usage", f"--role: '{role}' stands there twice", "name each role once, the lowest first")
        try:
            found[role] = parse_money(amount, currency)
        except MoneyError as error:
            raise Wrong(USAGE, "usage", f"--role: {error.message}", error.help) from None
        if not before < found[role] <= MOST:
            least, most = plain_money(before + 1, currency), plain_money(MOST, currency)
            raise Wrong(
                USAGE,
                "usage",
                f"--role: '{text}' must lie between {least} and {most}",
                "the lowest role comes first, and each may give more than the last",
            )
        before = found[role]
    return tuple(found.items())


def _zone_here() -> str:
    """The time zone of this machine, as far as it says."""
    place = os.environ.get("TZ") or os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    return place if place in available_timezones() else "UTC"


# ------------------------------------------------------------------------------------------------ writing


def _copied(target: Path, source: str) -> dict[str, str]:
    """The files of a shipped pack under another name; what it extends is put beside it, unless that is there already."""
    shipped = shipped_packs()
    if source not in shipped:
        raise Wrong(USAGE, "usage", f"--from: '{source}' is not a pack that is shipped", did_you_mean(source, shipped))
    folder = shipped[source]
    texts = {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.iterdir()) if file.suffix in (".yaml", ".csv")}
    texts[PACK] = re.sub(r"(?m)^pack: \S+", f"pack: {target.name}", texts[PACK], count=1)
    parent = re.search(r"(?m)^extends: \.\./(\S+)", texts[PACK])
    if parent is not None and not (target.parent / parent[1]).exists():
        with _reported(target.parent / parent[1]):
            shutil.copytree(shipped[parent[1]], target.parent / parent[1])
    return texts


@contextmanager
def _reported(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Wrong(UNAVAILABLE, "failed", f"cannot write '{target}': {why}", "nothing was left there") from None


def _make(target: Path, texts: Mapping[str, str]) -> int:
    """The folder, made at once or not at all, and only if the pack checks and its cases pass; gives how many there are."""
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for name, text in texts.items():
            (made / name).write_text(text, encoding="utf-8")
        results = run_cases(load_pack(made))
        wrong = [str(result) for result in results if not result.passed]
        if wrong:
            raise Wrong(UNAVAILABLE, "failed", "the pack does not pass its own cases", "please report this", shown="\n".join(wrong))
        made.chmod(0o755)
        made.replace(target)
    except PackError as error:
        raise inputs.unusable(str(target), error) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return len(results)
