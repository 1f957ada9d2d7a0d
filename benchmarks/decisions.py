"""Row 1 of the numbers to reach: one validated decision against the hand-written function and against two other engines."""

from __future__ import annotations

import json
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any

from benchmarks import handwritten
from benchmarks.facts import distinct_money, make_facts, to_call, to_native
from benchmarks.measure import Subject, interleaved
from benchmarks.packs import GOODWILL
from benchmarks.report import Row
from empower import Guard, load_pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from benchmarks.facts import Call
    from benchmarks.original import Facts


def by_hand(calls: list[Call]) -> None:
    """Decide every call by the hand-written function and take its answer apart."""
    decide = handwritten.decide
    for action, context in calls:
        _outcome, _limit, _who, _ids = decide(action, context)


def by_guard(guard: Guard, calls: list[Call]) -> None:
    """Decide every call by the guard and read what the hand-written function answers."""
    preview = guard.preview
    for action, context in calls:
        decision = preview(action, context)
        _outcome, _limit, _ids = decision.outcome, decision.limit, decision.guardrails


def by_peer(decide: Callable[[Facts], Any], cases: list[Facts]) -> None:
    """Decide every case by another engine."""
    for facts in cases:
        _outcome, _limit, _ids = decide(facts)


def _through_json(calls: list[Call]) -> list[Call]:
    return [tuple(call) for call in json.loads(json.dumps(calls))]


def _pair(guard: Guard, native: list[Call], calls: list[Call], passes: int = 1) -> dict[str, Subject]:
    """The function written by hand and the guard, as subjects; each goes over its calls `passes` times in a round."""
    times = len(calls) * passes
    return {
        "hand": Subject(partial(by_hand, native * passes), times),
        "guard": Subject(partial(by_guard, guard, calls * passes), times),
    }


def _rounds(guard: Guard, batches: Iterable[list[Facts]], *, parsed: bool = False, passes: int = 1) -> Iterator[dict[str, Subject]]:
    for batch in batches:
        native, calls = [to_native(facts) for facts in batch], [to_call(facts) for facts in batch]
        if parsed:
            native, calls = _through_json(native), _through_json(calls)
        yield _pair(guard, native, calls, passes)


def _row(what: str, rounds: Iterable[dict[str, Subject]], bound: float | None = None) -> Row:
    times = interleaved(rounds)
    hand, guard = (times.median(name) * 1e6 for name in ("hand", "guard"))
    return Row(what, times.ratio("guard", "hand"), f"{guard:.2f} µs against {hand:.2f} µs", at_most=bound)


def against_hand(rounds: int = 41, few: int = 100, many: int = 2_000) -> list[Row]:
    """Compare the guard with the hand-written function.

    The first row goes over cases that lie in the processor's cache: it compares the programs. The others are what a till may see: more than
    the cache holds, amounts never seen before, facts that have just been parsed. There both wait for memory, and the guard's facts
    are the larger ones, because they hold texts where the hand-written function is handed integers.
    """
    guard = Guard(load_pack(GOODWILL))
    cached, large = make_facts(few), make_facts(many)
    return [
        _row("preview, x hand-written", repeat(next(_rounds(guard, [cached], passes=40)), rounds), 1.7),
        _row("  more facts than the cache holds", repeat(next(_rounds(guard, [large], passes=2)), rounds)),
        _row("  every amount a new one", _rounds(guard, distinct_money(rounds * 4, many // 4))),
        _row("  facts fresh from JSON", _rounds(guard, repeat(large[: many // 4], rounds * 4), parsed=True)),
    ]


def against_peers(rounds: int = 21, n: int = 100) -> list[Row]:
    """Compare two other engines on the original policy with the guard and the hand-written function on the extended one."""
    from benchmarks.peers import business_rules_peer, zen_peer

    cases = make_facts(n)
    peers = {
        "zen-engine, best layout": zen_peer.build(),
        "zen-engine, a column a fact": zen_peer.build(zen_peer.COLUMNS),
        "business-rules, best order": business_rules_peer.build(),
        "business-rules, as it reads": business_rules_peer.build(fastest=False),
    }
    subjects = {name: Subject(partial(by_peer, decide, cases), n) for name, decide in peers.items()}
    subjects |= _pair(Guard(load_pack(GOODWILL)), [to_native(facts) for facts in cases], [to_call(facts) for facts in cases], passes=40)
    times = interleaved(repeat(subjects, rounds))
    bounds = {"zen-engine, best layout": 14.0, "business-rules, best order": 250.0}
    guard = times.median("guard") * 1e6
    rows = []
    for name in peers:
        note = f"{times.median(name) * 1e6:.1f} µs against {guard:.2f} µs; {times.ratio(name, 'hand'):.0f} x hand-written"
        rows.append(Row(f"{name}, x preview", times.ratio(name, "guard"), note, at_least=bounds.get(name)))
    return rows
