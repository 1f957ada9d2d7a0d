"""Which edits are behind a guardrail that speaks otherwise than before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from empower.checked import CheckedPack
from empower.diff.edits import GUARDRAILS, Edit, named_parts

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class Attribution:
    """Finds the edits of a guardrail: its own, or those of what it reads."""

    def __init__(self, before: CheckedPack, after: CheckedPack, edits: Sequence[Edit]) -> None:
        self.all = tuple(edit for edit in edits if edit.decides)
        """Every edit that may change a decision."""
        self._words: dict[str, set[str]] = {}
        for pack in (before.pack, after.pack):
            for name, text in named_parts(pack):
                self._words.setdefault(name, set()).update(_WORD.findall(text))

    def behind(self, guardrail: str, kind: str) -> tuple[Edit, ...]:
        """The edits that can have changed what a guardrail says of a kind."""
        own = [edit for edit in self.all if edit.noun in GUARDRAILS and edit.name == guardrail]
        if own:
            return tuple(own)
        read = self._reads({guardrail, kind})
        found = [edit for edit in self.all if edit.name in read and edit.noun not in GUARDRAILS]
        return tuple(found or [edit for edit in self.all if edit.noun in ("key", "roles'")])

    def _reads(self, names: set[str]) -> set[str]:
        """Everything that these name, and what that names in turn."""
        found: set[str] = set()
        while names:
            found |= names
            names = {word for name in names for word in self._words.get(name, ())} - found
        return found
