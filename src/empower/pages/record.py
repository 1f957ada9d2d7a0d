"""What was decided, read from the JSON of a decision, of a ledger's record, or of a history that holds one."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from empower.asking import Asked, asked_from_json, read_asked
from empower.compile import Rules
from empower.moments import milliseconds
from empower.noun import evolve, frozen

REFUSED = "refused"
"""The outcome of an ask that the rules allowed, and of which a budget had too little left."""
_KEYS = ("pack", "kind", "outcome", "reasons", "say")


class NotADecision(ValueError):
    """JSON that holds no decision; `help` says what does."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.help = "give what `empower decide --json` or `to_json()` wrote, or `empower ledger history --json`"


@frozen
class Recorded:
    """One decision as it was written down: as it was answered, or as it was asked; a history has both the ask and the instant."""

    pack: str
    digest: str
    answer: Mapping[str, Any] | None
    """What was answered; None where only the ask was kept."""
    asked: Asked | None
    """What was asked, with every fact that was read; None where only the answer was kept."""
    outcome: str
    guardrails: tuple[str, ...]
    """Those that spoke."""
    at: int | None
    """Milliseconds UTC, where the record tells it."""
    key: str = ""


def read_decisions(data: Any) -> tuple[Recorded, ...]:
    """Every decision in a piece of JSON: one, or one for each part of `decide_all`; of a history those of its last attempt.

    Raises:
        NotADecision: it holds none.
    """
    match data:
        case {"entries": [*entries]}:
            attempts = [each for each in entries if isinstance(each, Mapping) and each.get("record")]
            if not attempts:
                raise NotADecision("this history holds no attempt")
            return read_decisions(attempts[-1])
        case {"record": str(text), "at": int(at)}:
            found = _of_record(json.loads(text), text, at, str(data.get("key", "")))
            return tuple(evolve(each, outcome=REFUSED) for each in found) if data.get("event") == REFUSED else found
        case {"parts": [_, *_] as parts}:
            return tuple(each for part in parts for each in read_decisions(part))
        case {"asked": [*_], "digest": str()}:
            return _of_record(data, json.dumps(data), None, "")
        case Mapping() if all(name in data for name in _KEYS):
            return (_answered(data),)
        case _:
            raise NotADecision("this JSON is no decision")


def _answered(data: Mapping[str, Any]) -> Recorded:
    return Recorded(
        str(data["pack"]), str(data.get("digest", "")), data, None, str(data["outcome"]), tuple(data.get("guardrails", ())), _instant(data.get("at")),
        str(data.get("key") or ""),
    )  # fmt: skip


def _instant(text: object) -> int | None:
    """Milliseconds UTC of the instant that an answer tells; a preview tells none."""
    try:
        return milliseconds(datetime.datetime.fromisoformat(str(text)))
    except ValueError:
        return None


def _of_record(data: Mapping[str, Any], text: str, at: int | None, key: str) -> tuple[Recorded, ...]:
    try:
        digest, asked = asked_from_json(text)
        spoken = [tuple(each["guardrails"]) for each in data["told"]]
        pack, outcome = str(data["pack"]), str(data["outcome"])
    except (KeyError, TypeError, ValueError):
        raise NotADecision("this record is not one that a ledger keeps") from None
    found = zip(asked, [*spoken, *[()] * len(asked)], strict=False)
    return tuple(Recorded(pack, digest, None, each, outcome, names, at, key) for each, names in found)


def with_facts(rules: Rules, recorded: Recorded, context: Any) -> Recorded:
    """An answer with the facts on which it was given, as a host hands them in; its parameters stay unknown.

    Raises:
        MalformedRequest: the facts cannot be read.
    """
    answer = recorded.answer or {}
    action = {"kind": answer.get("kind"), **({"amount": answer["asked"]} if answer.get("asked") else {})}
    return evolve(recorded, asked=read_asked(rules, action, context, None))
