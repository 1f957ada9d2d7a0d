"""Whole packs, written by a random author: `packs()` draws them.

    vocabulary    the facts and words that there are
    author        somebody who picks among them
    comparisons, conditions, cells, trees
                  conditions in every form
    guardrails    what all guardrails have: rules, caps, budgets, menu
    declarations  what stands before them
    manuscript    what was written, as files, and what the loader makes of it
    drawing       `packs()`

What an author may not write is written now and then, too: the loader refuses it, and another pack is drawn.
"""

from __future__ import annotations

from empower.testing.authoring.drawing import OPTIONAL, packs
from empower.testing.authoring.manuscript import DrawnPack, Manuscript

__all__ = ["OPTIONAL", "DrawnPack", "Manuscript", "packs"]
