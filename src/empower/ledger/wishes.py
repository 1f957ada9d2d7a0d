"""Is this ask the wish that its key already names (law 9), and does it make sense? Pure; shared by all stores."""

from __future__ import annotations

from collections.abc import Sequence

from empower.ledger import Leg, Part, Wish


def differences(known: Wish, asked: Wish, *, allowed: bool) -> tuple[str, ...]:
    """What makes `asked` another wish than the one its key names, in words; empty if it is the same wish.

    Kind, parameters and actor name a wish, and so do the number of its parts and whether they are asked for together. Until the
    wish is `allowed` its amounts and `up_to` may change and what was not given may be filled in, for good. From the allow on
    everything must be as it was.
    """
    found = [
        *_changed("actor", known.actor, asked.actor),
        *_changed("together", known.together, asked.together),
        *_changed("number of parts", len(known.parts), len(asked.parts)),
        *(_changed("up_to", known.up_to, asked.up_to) if allowed else ()),
    ]
    for number, (before, now) in enumerate(zip(known.parts, asked.parts, strict=False), 1):
        place = f"part {number}: " if known.together else ""
        found += [place + text for text in _part_differences(before, now, allowed=allowed)]
    return tuple(found)


def amounts_given(wish: Wish, legs: Sequence[Sequence[Leg]], given: Sequence[int | None] | None) -> tuple[int | None, ...]:
    """What each part gives: the amounts of the wish, unless `given` says less.

    Raises:
        ValueError: a caller's mistake, told before anything is counted. A negative leg would make room that is not there, and one above
            what its part gives would not go back with it.
    """
    amounts = tuple(part.amount for part in wish.parts) if given is None else tuple(given)
    if not len(legs) == len(amounts) == len(wish.parts) == len(wish.hold_keys()):
        raise ValueError(f"{wish.key!r} has {len(wish.parts)} parts, but {len(legs)} sequences of legs and {len(amounts)} amounts")
    for part, amount, drawn in zip(wish.parts, amounts, legs, strict=True):
        most = amount or 0
        if most < 0 or (part.amount is not None and most > part.amount):
            raise ValueError(f"a part of {wish.key!r} gives {amount}, but {part.amount} was asked")
        if any(leg.times < 0 or not 0 <= leg.amount <= most for leg in drawn):
            raise ValueError(f"a leg of {wish.key!r} draws less than nothing, or more than its part gives ({amount})")
    return amounts


def currency_of(wish: Wish, key: str) -> str | None:
    """The currency of the part that is held under a key; None: it has no amount, or there is no such part."""
    parts = dict(zip(wish.hold_keys(), wish.parts, strict=True))
    return dict(parts[key].parameters).get("currency") if key in parts else None


def _part_differences(known: Part, asked: Part, *, allowed: bool) -> list[str]:
    found = _changed("kind", known.kind, asked.kind)
    before, now = dict(known.parameters), dict(asked.parameters)
    # A parameter that is not listed is one not given: a new pack version may declare one more without making every wish another
    for name in sorted(before.keys() | now.keys()):
        if allowed or before.get(name) is not None:
            found += _changed(name, before.get(name), now.get(name))
    if allowed:
        found += _changed("amount in minor units", known.amount, asked.amount)
    return found


def _changed(name: str, known: object, asked: object) -> list[str]:
    return [] if known == asked else [f"{name} was {_told(known)}, is {_told(asked)}"]


def _told(value: object) -> str:
    match value:
        case None:
            return "not given"
        case bool():
            return "yes" if value else "no"
        case _:
            return repr(value)
