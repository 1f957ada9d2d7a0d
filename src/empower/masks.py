"""Which guardrails spoke, as bits of one integer: what the quick way writes down while it goes through them.

Bits lie in the order of what they weigh: duties lowest, then what somebody else may say yes to, then what nobody can. So one comparison
tells whether any guardrail stands in the way, and another whether any approver could get past it.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping

from empower import ir
from empower.lower import facts_of_number
from empower.noun import frozen


@frozen
class Mask:
    """The bits of a plan's guardrails."""

    bits: Mapping[str, int]
    """By guardrail that can speak, in the pack's order."""
    lines: Mapping[str, int]
    """How many lines of the function may say that it spoke."""

    def of(self, bars: Iterable[ir.Bar]) -> int:
        """The bits of several."""
        return sum({self.bits[bar.guardrail] for bar in bars})

    def least(self, guardrails: Iterable[str]) -> int:
        """Below this a mask has none of these guardrails, nor any that weighs more; 0: there are none."""
        return min((self.bits[name] for name in guardrails), default=0)

    def statement(self, guardrail: str) -> str:
        """That a guardrail spoke, as Python. Where only one line can say so its bit is added, which is quicker."""
        return f"mask {'+=' if self.lines[guardrail] == 1 else '|='} {self.bits[guardrail]}"

    def names(self, mask: int) -> tuple[str, ...]:
        """The guardrails whose bits a mask has, in the pack's order."""
        return tuple(name for name, bit in self.bits.items() if mask & bit)


def make_mask(plan: ir.Plan) -> Mask:
    """The bits of a plan."""
    names = [*(bar.guardrail for bar in plan.bars), *(duty.guardrail for duty in plan.duties)]
    lines = Tally(names)
    weights = dict.fromkeys((bar.guardrail for bar in plan.bars), 1) | dict.fromkeys(hopeless(plan), 2)
    order = [name for name in plan.order if name in lines]
    places = {name: place for place, name in enumerate(sorted(order, key=lambda name: weights.get(name, 0)))}
    return Mask({name: 1 << places[name] for name in order}, lines)


def hopeless(plan: ir.Plan) -> set[str]:
    """The guardrails that stand in everybody's way alike: what they speak against nobody can allow."""
    return {bar.guardrail for bar in plan.bars if bar.outcome == "deny" or not reads_actor(bar)}


def reads_actor(bar: ir.Bar) -> bool:
    """Whether a threshold may be another for another actor."""
    return any(fact.startswith("actor.") for fact in facts_of_bar(bar))


def facts_of_bar(bar: ir.Bar) -> set[str]:
    """What a threshold reads."""
    return facts_of_number(bar.threshold.exact)
