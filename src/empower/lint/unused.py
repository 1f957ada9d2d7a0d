"""Findings about what is declared: values that nothing serves, names that nothing uses, names that are easily confused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from empower.checked import CheckedPack
from empower.compile import compile_pack
from empower.formulas import condition_facts
from empower.lint.findings import Finding, Findings, own
from empower.pack import Place
from empower.shape import Shape

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z][A-Za-z0-9_-]*)*")
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_ACTING = ("rules", "caps", "budgets", "menu", "assume", "claims")


def lint_unused(pack: CheckedPack) -> Findings:
    """Every finding about what is declared."""
    yield from _unserved(pack)
    yield from _unused(pack)
    yield from _alike(pack)


def _unserved(pack: CheckedPack) -> Findings:
    served = {pack.about[name].because for name in own(pack)} | {claim.because for claim in pack.pack.document.claims}
    for name in pack.pack.document.values:
        if name not in served:
            message = f"no guardrail and no offer serves '{name}'"
            help_ = f"write `because: {name}` where it is the reason, or drop a value that the pack does not live by"
            yield Finding(pack.pack.find(("values", name, "<key>")), "unserved-value", name, message, help_)


# ------------------------------------------------------------------------------------------------ used


def _unused(pack: CheckedPack) -> Findings:
    """What this pack declares, and neither it nor, of facts, what it inherits looks at."""
    document = pack.pack.document
    read, written = _facts_read(pack), _words_written(pack)
    others = {name: _words_in(value) for name, value in document.define.items()}
    used = {name for name in document.define if name in written or any(name in words for other, words in others.items() if other != name)}
    duties = {name for duty in pack.duties for name in duty.then}
    yield from _not_in(pack, "facts", read | written, "reads it", "where no guardrail needs to know it, hosts need not tell it: drop it")
    yield from _not_in(pack, "groups", written, "names it", "drop it, or name it where its actions are listed")
    yield from _not_in(pack, "define", used, "uses it", "drop it, or use it where its value is written out")
    yield from _not_in(pack, "obligations", duties, "asks for it", "drop it, or write `then: [NAME]` under an `oblige`")


def _not_in(pack: CheckedPack, section: str, used: Iterable[str], what: str, help_: str) -> Findings:
    for name in getattr(pack.pack.document, section):
        if name not in used:
            yield Finding(pack.pack.find((section, name, "<key>")), "unused", name, f"'{name}' is declared, and nothing {what}", help_)


def _facts_read(pack: CheckedPack) -> set[str]:
    """The facts that a guardrail, a duty, an offer, a claim or a text looks at."""
    found = {fact for plan in compile_pack(pack).program.plans.values() for fact in plan.slots}
    found |= {fact for offer in pack.menu for fact in condition_facts(offer.when)}
    found |= {fact for claim in pack.claims for fact in condition_facts(claim.condition)}
    return found | {name for offer in pack.menu for text in pack.about[offer.id].title.values() for name in _PLACEHOLDER.findall(text)}


def _words_written(pack: CheckedPack) -> set[str]:
    """Every word in what guardrails, offers and claims say, and in tables, save the texts for people."""
    found = {word for section in _ACTING for each in getattr(pack.pack.document, section) for word in _words_in(each)}
    return found | {word for text in pack.pack.tables.values() for word in _WORD.findall(text)}


def _words_in(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(_WORD.findall(value))
    if isinstance(value, Shape):
        return {
            word
            for key, part in vars(value).items()
            if key not in ("id", "title", "say", "because", "examples")
            for word in _words_in(part)
        }
    if isinstance(value, Mapping):
        return {word for key, part in value.items() for word in _words_in(key) | _words_in(part)}
    return {word for part in value for word in _words_in(part)} if isinstance(value, (list, tuple)) else set()


# ------------------------------------------------------------------------------------------------ alike


def _alike(pack: CheckedPack) -> Findings:
    """Names of one sort that differ only in their signs, their case, or an s."""
    document = pack.pack.document
    guardrails = {each.id: (section, index) for section in _ACTING for index, each in enumerate(getattr(document, section))}
    sorts: Sequence[Mapping[str, Place]] = [
        guardrails, *({name: (section, name, "<key>") for name in getattr(document, section)} for section in ("facts", "actions", "values")),
    ]  # fmt: skip
    for names in sorts:
        yield from _alike_in(pack, names)


def _alike_in(pack: CheckedPack, names: Mapping[str, Place]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, place in names.items():
        other = seen.setdefault(_plain(name), name)
        if other != name:
            message = f"'{name}' is easily taken for '{other}'"
            yield Finding(pack.pack.find(place), "alike", name, message, "give one of them a name that says what is different")


def _plain(name: str) -> str:
    return ".".join(re.sub(r"[-_]", "", part).casefold().removesuffix("s") for part in name.split("."))
