"""What a command is given: packs by path or name, and a request as JSON, in a file, or in a few words."""

from __future__ import annotations

import datetime
import json
import os
import sys
from collections.abc import Collection, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from empower.cases import short_action, typed
from empower.checked import CheckedPack
from empower.cli.screen import MALFORMED, PACK_PROBLEMS, USAGE, Wrong
from empower.compile import load_pack
from empower.demo import shipped_packs
from empower.errors import MalformedRequest
from empower.moments import milliseconds
from empower.problems import PackError, did_you_mean

PACK, CASES = "pack.yaml", "cases.yaml"
_NOT_OURS = ("__pycache__", "node_modules", "site-packages")

as_json_option = click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON; errors too.")


def find_pack(name: str) -> Path:
    """A pack by its path, or by the name of one that is shipped. Its cases or a table of it stand for the pack beside them."""
    path = Path(name)
    shipped = shipped_packs()
    if path.is_file():
        return path.parent if path.name == CASES or path.suffix == ".csv" else path
    if path.is_dir():
        return path
    if name in shipped:
        return shipped[name]
    near = {str(path.with_name(pack.parent.name)) for pack in path.parent.glob("*/pack.yaml")}
    help_ = f"{did_you_mean(name, {*shipped, *near})} (or give a folder that holds a `pack.yaml`)"
    raise Wrong(USAGE, "usage", f"there is no pack '{name}'", help_)


def find_packs(names: Sequence[str]) -> dict[str, Path]:
    """Packs by how they are called, each once: as `find_pack`, or all that lie below a folder; below the current one where none is named."""
    found: dict[str, Path] = {}
    for name in names or (".",):
        path = find_pack(name)
        below = {} if not path.is_dir() or (path / PACK).exists() else {str(folder): folder for folder in packs_below(path)}
        if path.is_dir() and not below and not (path / PACK).exists():
            help_ = "a pack is a folder with a file `pack.yaml`; `empower new NAME` makes one"
            raise Wrong(USAGE, "usage", f"there is no pack in {'this folder' if name == '.' else repr(name)}, nor below it", help_)
        found.update(below or {name: path})
    return found


def packs_below(folder: Path) -> list[Path]:
    """The folders below this one that hold a pack, in order; those that are hidden, or hold other people's code, are not looked into."""
    found = []
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _NOT_OURS)
        if PACK in files:
            found.append(Path(where))
    return found


def loaded(name: str) -> CheckedPack:
    """A pack read and checked; its problems end the command."""
    path = find_pack(name)
    try:
        return load_pack(path)
    except PackError as error:
        raise unusable(name, error) from None


def unusable(name: str, error: PackError) -> Wrong:
    """A pack, or a file of one, with problems, as what ends a command."""
    return Wrong(PACK_PROBLEMS, "pack", f"the pack '{name}' cannot be used", details=problems_of(error), shown=str(error))


def problems_of(error: PackError) -> dict[str, Any]:
    """Problems as data."""
    return {
        "problems": [
            {"file": p.span.file, "line": p.span.line, "column": p.span.column, "code": p.code, "message": p.message, "help": p.help}
            for p in error.problems
        ]
    }


def chosen(name: str, given: str | None, known: Sequence[str], usual: str) -> str:
    """One of several words, also as it is spoken (`Area manager`), or the usual one where none is given."""
    if given is None or given in known:
        return given or usual
    spoken = given.strip().lower().replace(" ", "_")
    if spoken in known:
        return spoken
    raise Wrong(USAGE, "usage", f"'{given}' is not {name} of this pack", did_you_mean(given, known, in_order=True))


# ------------------------------------------------------------------------------------------------ a request


def known_word(option: str, word: str, what: str, known: Collection[str]) -> None:
    """What a person types at an option and the pack does not know is a slip; the same in JSON is a request like any other, and denied."""
    if word not in known:
        raise Wrong(USAGE, "usage", f"{option}: '{word}' is not {what} of this pack", did_you_mean(word, known))


def read_action(text: str, pack: CheckedPack) -> Any:
    """`--action`: JSON, `@file`, or a kind and an amount."""
    content = _content("--action", text)
    if content.lstrip().startswith(("{", "[", '"')):
        return _json("--action", content)
    action = short_action(content)
    if action is None:
        raise Wrong(MALFORMED, "malformed", f"--action: '{content.strip()[:60]}' is not an action", _ACTION_HELP)
    known_word("--action", action["kind"], "an action", pack.kinds)
    return action


_ACTION_HELP = """write JSON such as '{"kind": "refund", "amount": "12.50"}', or short 'refund 12.50'"""


def read_context(text: str | None) -> Any:
    """`--context`: JSON or `@file`; nothing is an empty one."""
    return {} if text is None else _json("--context", _content("--context", text))


def read_file(option: str, name: str) -> Any:
    """JSON in a file, or on standard input for `-`."""
    return _json(option, _content(option, f"@{name}"))


def with_facts(context: Any, pack: CheckedPack, *, facts: Sequence[str], role: str | None, at: int) -> Any:
    """The context with the facts of `--fact NAME=VALUE` and `--role` put into it."""
    if not isinstance(context, dict):
        return context
    for text in facts:
        name, sign, value = text.partition("=")
        if not sign:
            raise Wrong(USAGE, "usage", f"--fact: '{text}' has no '='", "write NAME=VALUE, such as customer.category=vip")
        if name not in pack.facts or name.startswith("action."):
            known = [fact for fact in pack.facts if not fact.startswith("action.")]
            raise Wrong(USAGE, "usage", f"--fact: '{name}' is not a fact of this pack", did_you_mean(name, known))
        _put(context, name, typed(value, pack.facts[name], at, ZoneInfo(pack.zone)))
    if role is not None:
        known_word("--role", role, "a role", pack.roles.everyone())
        _put(context, "actor.role", role)
        if isinstance(context["actor"], dict):
            context["actor"].setdefault("id", "you")
    return context


def _put(context: dict[str, Any], path: str, value: Any) -> None:
    *groups, name = path.split(".")
    inner = context
    for group in groups:
        found = inner.setdefault(group, {})
        if not isinstance(found, dict):
            raise Wrong(MALFORMED, "malformed", f"--context: '{group}' must hold a mapping", f'write {{"{group}": {{"{name}": …}}}}')
        inner = found
    inner[name] = value


def read_now(text: str | None, pack: CheckedPack) -> int | None:
    """`--now`: an instant, local to the pack's zone where it has no offset; milliseconds UTC."""
    if text is None:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(USAGE, "usage", f"--now: '{text}' is not an instant", "write it as '2026-11-18 12:00'") from None
    return milliseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(pack.zone)))


def malformed(error: MalformedRequest) -> Wrong:
    """A request that cannot be read, as what ends a command."""
    help_ = "`--role NAME` says in which role it is asked" if any(fault.path == "actor.role" for fault in error.faults) else ""
    details = {"faults": [{"path": fault.path, "message": fault.message, "help": fault.help} for fault in error.faults]}
    lines = [f"  {fault.path}: {fault.message}" + (f"\n    help: {fault.help}" if fault.help else "") for fault in error.faults]
    return Wrong(MALFORMED, "malformed", "the request cannot be read", help_, details=details, shown="\n".join(lines))


def _content(option: str, text: str) -> str:
    """What was given, or what the file holds that `@` names; `@-` is standard input."""
    if not text.startswith("@"):
        return text
    if text == "@-":
        return sys.stdin.read()
    try:
        return Path(text[1:]).read_text(encoding="utf-8-sig")
    except OSError as error:
        message = f"{option}: cannot read '{text[1:]}': {(error.strerror or str(error)).lower()}"
        raise Wrong(USAGE, "usage", message, "the name of a file follows the @; @- reads standard input") from None
    except UnicodeDecodeError:
        raise Wrong(MALFORMED, "malformed", f"{option}: '{text[1:]}' is not UTF-8", "save it as UTF-8") from None


class _Twice(ValueError):
    """A key that stands twice in one object."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


def _constant(name: str) -> Any:
    raise ValueError(name)


def _json(option: str, text: str) -> Any:
    """JSON, its decimals exact; what is wrong with it is shown at its place."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_pairs)
    except json.JSONDecodeError as error:
        raise _misread(option, text, error) from None
    except _Twice as twice:
        raise Wrong(MALFORMED, "malformed", f"{option}: '{twice}' stands twice in one object", "keep one of them") from None
    except RecursionError:
        raise Wrong(MALFORMED, "malformed", f"{option}: this is nested too deeply", "a request needs no such depth") from None
    except ValueError as error:
        raise Wrong(MALFORMED, "malformed", f"{option}: '{str(error)[:60]}' is not a number of JSON", "write digits") from None


def _misread(option: str, text: str, error: json.JSONDecodeError) -> Wrong:
    lines = text.splitlines() or [""]
    line = lines[min(error.lineno, len(lines)) - 1]
    start = max(0, min(error.colno - 41, len(line) - 80))
    shown = f"  {error.lineno} | {line[start : start + 80]}\n  {' ' * len(str(error.lineno))} | {' ' * (error.colno - 1 - start)}^"
    message = f"{option}: line {error.lineno}, column {error.colno}: this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
    help_ = "names and texts stand in double quotes; in a shell put the whole in single quotes, or name a file: @request.json"
    details = {"line": error.lineno, "column": error.colno}
    return Wrong(MALFORMED, "malformed", message, help_, details=details, shown=shown)
