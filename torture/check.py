"""Finds what a ledger did wrong, from its history and from what its clients noted; nothing else is asked, and no part of a store is used.

| rule | what is broken if it is |
|---|---|
| limit | an entry took a window above the limit in force for it |
| time | ledger time ran back on a counter, or ahead of every clock, or went along with a step that nobody had accepted |
| twice | a key was allowed twice |
| lost | what was acknowledged is not in the history, or says something else there |
| hold | a hold was not resolved once, in a way that is open to it; or was confirmed from its expiry on |
| sum | a balance is not the sum of the entries |
| unasked | an entry that nobody asked for |
| answers | one key was told two things |
| refused | a no, although everything would have fitted |
| order | what was answered before something else was asked stands after it |
| verify | the ledger itself finds, in its `verify`, that something does not follow from its entries |
| work | too little happened for the rest to mean anything |
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from attrs import Factory, define, frozen

from torture.book import Book, Hold, legs_of
from torture.journal import AMBIGUOUS, Call

ANSWERED_MIN = 200
MEETS_MIN = 20
AHEAD_MAX_MS = 61_000
VERBS = {"confirmed": "confirm", "voided": "void", "reversed": "reverse"}
EXPECTED = ("KeyConflict", "UnknownKey", "HoldEnded", "HoldExpired", "MoreThanReserved")
"""What a client may be told of a call that makes no sense at that moment."""


@frozen
class Entry:
    """A line of the history."""

    sequence: int
    at: int
    key: str
    event: str
    amount: int | None
    record: dict[str, Any] | None

    @classmethod
    def read(cls, sequence: int, at: int, key: str, event: str, amount: int | None, record: str | None) -> Entry:
        return cls(sequence, at, key, event, amount, None if record is None else json.loads(record))


@frozen
class Violation:
    rule: str
    text: str


@define
class Findings:
    """What is wrong, and how much was looked at."""

    violations: list[Violation] = Factory(list)
    work: Counter[str] = Factory(Counter)

    def wrong(self, rule: str, text: str) -> None:
        self.violations.append(Violation(rule, text))

    @property
    def rules(self) -> Counter[str]:
        """How often each rule is broken."""
        return Counter(violation.rule for violation in self.violations)


def check(entries: list[Entry], calls: Mapping[str, Call], *, now: int, sums: Mapping[str, tuple[int, int]] | None = None) -> Findings:
    """What is wrong with a history. `now` is the ledger's time in the end, `sums` what it tells of its counters then."""
    findings = Findings(work=work_of(calls))
    checker = Checker(findings, calls)
    for entry in entries:
        checker.take(entry)
    checker.close(now)
    if sums is not None:
        checker.compare(sums, now)
    checker.answers()
    checker.in_order(entries)
    for name, least in (("answered", ANSWERED_MIN), ("Reserved", MEETS_MIN), ("Refused", MEETS_MIN)):
        if findings.work[name] < least:
            findings.wrong("work", f"{findings.work[name]} calls were {name}; below {least} nothing is proved")
    return findings


def work_of(calls: Mapping[str, Call]) -> Counter[str]:
    """How often each answer was given, and how many calls were answered at all."""
    work: Counter[str] = Counter(calls=len(calls))
    for call in calls.values():
        work["answered" if call.known else "ambiguous"] += 1
        if call.answer is not None:
            work[call.answer.get("answer") or call.answer.get("error") or call.verb] += 1
    return work


class Checker:
    """Takes the entries one by one."""

    def __init__(self, findings: Findings, calls: Mapping[str, Call]) -> None:
        self.wrong = findings.wrong
        self.work = findings.work
        self.calls = calls
        self.book = Book()
        self.attempts: dict[str, Entry] = {}
        """By call."""
        self.allowed: dict[str, Entry] = {}
        self.ends: dict[tuple[str, str], list[Entry]] = {}
        """The events of each hold, by key and kind of event."""
        accepts = [call for call in calls.values() if call.verb == "accept"]
        self.step: tuple[int, int] | None = min(
            ((call.told["stepped_at"], call.began) for call in accepts), key=itemgetter(1), default=None
        )
        """The instant to which the clock stepped, and when the first operator began to accept it."""
        self.asked: set[tuple[str, str]] = {(call.verb, call.key) for call in calls.values()}

    def take(self, entry: Entry) -> None:
        """Look at an entry, and count it."""
        if entry.event in ("allowed", "refused", "noted"):
            self.attempt(entry)
        else:
            self.ends.setdefault((entry.key, entry.event), []).append(entry)
            self.end(entry)

    # -- attempts

    def attempt(self, entry: Entry) -> None:
        record = entry.record or {}
        call = self.calls.get(record.get("call", ""))
        if call is None or call.key != entry.key or call.verb not in ("reserve", "attempt"):
            self.wrong("unasked", f"{entry.key} was {entry.event}, and nobody asked for it so")
            return
        if call.id in self.attempts:
            # A store that lost the answer of its server asks again, so a no may be recorded twice; a yes never
            self.work["recorded twice"] += 1
            if self.attempts[call.id].event == "allowed":
                self.wrong("twice", f"the call {call.id} was recorded again after it was allowed")
        self.attempts[call.id] = entry
        if entry.event == "noted":
            return
        parts = legs_of(record["legs"])
        latest = self.book.latest(parts, entry.at)
        if entry.at < latest:
            self.wrong("time", f"{entry.key} stands at {entry.at}, after an entry at {latest} on one of its counters")
        found = self.book.exceeded(parts, entry.at)
        if entry.event == "refused" and not found:
            self.wrong("refused", f"{entry.key} was refused, although all would have fitted")
        if entry.event == "allowed":
            for text in found:
                self.wrong("limit", f"{entry.key} was allowed, and then {text}")
            self.allow(entry, record, parts)

    def allow(self, entry: Entry, record: dict[str, Any], parts: list[list[Any]]) -> None:
        if entry.key in self.allowed:
            self.wrong("twice", f"{entry.key} was allowed twice")
            return
        self.allowed[entry.key] = entry
        amounts = record["amounts"]
        if entry.amount != sum(amounts):
            self.wrong("unasked", f"{entry.key} was allowed with {entry.amount}, and {sum(amounts)} was asked")
        keys = [entry.key] if len(parts) == 1 else [f"{entry.key}#{number}" for number in range(1, len(parts) + 1)]
        for key, amount, legs in zip(keys, amounts, parts, strict=True):
            self.book.give(Hold(key, entry.at, amount, record["until"]), legs)

    # -- what becomes of holds

    def end(self, entry: Entry) -> None:
        if entry.event != "expired" and (VERBS[entry.event], entry.key) not in self.asked:
            self.wrong("unasked", f"{entry.key} was {entry.event}, and nobody asked for it")
        hold = self.book.holds.get(entry.key)
        if hold is None:
            self.wrong("hold", f"{entry.key} was {entry.event}, and was never allowed")
            return
        fault = getattr(self, entry.event)(hold, entry)
        if fault:
            self.wrong("hold", f"{entry.key} {fault} (it was {hold.state}, reserved at {hold.at} until {hold.until})")

    def confirmed(self, hold: Hold, entry: Entry) -> str:
        if not hold.open_at(entry.at) or entry.amount is None or not 0 <= entry.amount <= hold.reserved:
            return f"was confirmed with {entry.amount} at {entry.at}"
        hold.confirmed = entry.amount
        hold.become("confirmed")
        return ""

    def voided(self, hold: Hold, entry: Entry) -> str:
        if not hold.open_at(entry.at) or entry.amount != hold.reserved:
            return f"was voided with {entry.amount} at {entry.at}"
        hold.become("voided")
        return ""

    def expired(self, hold: Hold, entry: Entry) -> str:
        in_time = hold.until is not None and entry.at == max(hold.until, hold.at)
        if hold.state != "held" or not in_time or entry.amount != hold.reserved:
            return f"expired with {entry.amount} at {entry.at}"
        hold.become("expired")
        return ""

    def reversed(self, hold: Hold, entry: Entry) -> str:
        whole = entry.amount == hold.confirmed
        more = entry.amount is not None and hold.taken_back < entry.amount <= hold.confirmed
        if hold.state != "confirmed" or not (more or whole):
            return f"was reversed by {entry.amount} in all at {entry.at}"
        hold.taken_back = entry.amount or 0
        hold.become("reversed" if whole else "confirmed")
        return ""

    # -- in the end

    def close(self, now: int) -> None:
        """What is due by the end has expired."""
        for hold in self.book.holds.values():
            if hold.state == "held" and not hold.open_at(now):
                self.wrong("hold", f"{hold.key} expired at {hold.until}, and the history does not say so")

    def compare(self, sums: Mapping[str, tuple[int, int]], now: int) -> None:
        """The balances that the ledger tells are the sums of its entries."""
        for counter, expected in self.book.sums(now).items():
            if sums.get(counter) != expected:
                self.wrong("sum", f"{counter} is told to hold {sums.get(counter)}, but its entries say {expected}")

    def answers(self) -> None:
        """What the clients were told is what the history says."""
        for call in self.calls.values():
            for rule, text in self.contradictions(call):
                self.wrong(rule, f"{call.id} ({call.verb} {call.key}) {text}")

    def contradictions(self, call: Call) -> Iterator[tuple[str, str]]:
        answer = call.answer or {}
        kind = answer.get("answer")
        if answer.get("at", 0) > call.told["clock"] + ((call.ended or 0) - call.began) // 1_000_000 + AHEAD_MAX_MS:
            yield "time", f"was answered at {answer['at']}, and the clock showed {call.told['clock']} when it began"
        if self.step is not None and answer.get("at", 0) >= self.step[0] and (call.ended or 0) < self.step[1]:
            yield "time", f"was answered at {answer['at']}, after a step of the clock that nobody had accepted yet"
        if kind in ("Reserved", "Refused", "Noted"):
            entry = self.attempts.get(call.id)
            expected = {"Reserved": "allowed", "Refused": "refused", "Noted": "noted"}[kind]
            if entry is None or (entry.event, entry.at) != (expected, answer["at"]):
                yield "lost", f"was answered {kind} at {answer['at']}, but the history has {entry and (entry.event, entry.at)}"
        elif kind == "Replayed":
            allowed = self.allowed.get(call.key)
            if allowed is None or allowed.at != answer["at"]:
                yield "answers", f"was told of an allow at {answer['at']}, but the history has {allowed and allowed.at}"
        elif "held" in answer:
            yield from self.settled(call, *answer["held"])
        yield from self.errors(call, answer.get("error"))

    def settled(self, call: Call, key: str, state: str, reserved: int, left: int) -> Iterator[tuple[str, str]]:
        """A hold that was told has become what was told."""
        hold = self.book.holds.get(key)
        if hold is None or hold.reserved != reserved:
            yield "lost", f"was told of {reserved} reserved, but the history has {hold and hold.reserved}"
        elif state in ("voided", "expired", "confirmed", "reversed") and (key, state) not in self.ends:
            yield "lost", f"was answered {state}, but the history says nothing of it"
        elif call.verb == "confirm" and state == "confirmed":
            final = hold.reserved if call.told["amount"] is None else call.told["amount"]
            if final != hold.confirmed or left < hold.left:
                yield "answers", f"was answered that {left} of {final} is left, but the history has {hold.left} of {hold.confirmed}"
        elif call.verb == "reverse" and call.told["amount"] > hold.taken_back:
            yield "lost", f"was answered that {call.told['amount']} is taken back, but the history has {hold.taken_back}"

    def errors(self, call: Call, error: str | None) -> Iterator[tuple[str, str]]:
        if error == "HoldExpired" and (call.key, "confirmed") in self.ends:
            yield "answers", "was told that the hold had expired, but it was confirmed"
        if call.verb == "conflict" and call.known and error != "KeyConflict":
            yield "answers", f"had another wish under a key that was allowed, and was answered {call.answer}"
        if error not in (None, *EXPECTED, *AMBIGUOUS) or (call.verb == "archive" and error == "WrongLedger"):
            yield "answers", f"failed: {call.answer}"

    def in_order(self, entries: Iterable[Entry]) -> None:
        """What was answered before another call began stands before it."""
        by_call = {entry.record["call"]: entry for entry in entries if entry.record}
        done = [(call, by_call[call.id]) for call in self.calls.values() if call.id in by_call]
        ends = sorted((call.ended, entry.sequence) for call, entry in done if call.ended is not None and call.known)
        latest, place = 0, 0
        for call, entry in sorted(done, key=lambda pair: pair[0].began):
            while place < len(ends) and ends[place][0] < call.began:
                latest = max(latest, ends[place][1])
                place += 1
            if entry.sequence < latest:
                self.wrong("order", f"{call.id} began after the entry {latest} was answered, and is {entry.sequence}")
