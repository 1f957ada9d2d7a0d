"""What a client notes: a line before every call and a line after every answer, each written at once, so that `kill -9` loses none."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from attrs import define


@define
class Call:
    """A call as its client noted it; times are nanoseconds of the machine's monotonic clock."""

    id: str
    verb: str
    key: str
    began: int
    told: dict[str, Any]
    """What else there is to it: the true clock in milliseconds, the amount."""
    ended: int | None = None
    answer: dict[str, Any] | None = None
    """None: nobody knows, for the client was killed."""

    @property
    def known(self) -> bool:
        """Is it known what became of it?"""
        return self.answer is not None and self.answer.get("error") not in AMBIGUOUS


AMBIGUOUS = ("LedgerUnavailable", "LedgerBusy", "LedgerFull", "WrongLedger", "ClockError")
"""After these the same key tells."""


class Journal:
    """The file of one client."""

    def __init__(self, folder: Path, client: str) -> None:
        self._file = os.open(folder / f"{client}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._client = client
        self._number = 0

    def begin(self, verb: str, key: str, **told: Any) -> str:
        """Note a call that is about to be made; its id."""
        self._number += 1
        call = f"{self._client}-{self._number}"
        self._write({"call": call, "verb": verb, "key": key, "began": time.monotonic_ns(), "told": told})
        return call

    def end(self, call: str, answer: dict[str, Any]) -> None:
        """Note what was answered."""
        self._write({"of": call, "ended": time.monotonic_ns(), "answer": answer})

    def _write(self, line: dict[str, Any]) -> None:
        os.write(self._file, json.dumps(line).encode() + b"\n")


def read_calls(folder: Path) -> dict[str, Call]:
    """All calls of all clients, by id."""
    return calls_of(line for path in sorted(folder.glob("*.jsonl")) for line in _lines(path))


def calls_of(lines: Iterable[dict[str, Any]]) -> dict[str, Call]:
    """The calls that these lines tell of."""
    calls: dict[str, Call] = {}
    for line in lines:
        if "call" in line:
            calls[line["call"]] = Call(line["call"], line["verb"], line["key"], line["began"], line["told"])
        else:
            calls[line["of"]].ended, calls[line["of"]].answer = line["ended"], line["answer"]
    return calls


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().split(b"\n")[:-1]:  # what does not end was cut off while it was written
        yield json.loads(line)
