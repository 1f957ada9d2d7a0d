"""The pipeline on one screen: read, check, lower, back end → `Rules`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from empower import ir
from empower.backends.python import Compiled
from empower.check import check_pack
from empower.checked import CheckedPack
from empower.judge import BackEnd
from empower.load import Limits, read_pack
from empower.lower import lower_pack
from empower.noun import frozen
from empower.plans import Plans


@frozen
class Rules:
    """A pack ready to decide."""

    checked: CheckedPack
    program: ir.Program
    back_end: BackEnd
    read_as: Mapping[str, ir.FactType]
    """The facts by path, as a request gives them: the role may be any text, for one that is unknown is a deny and not a malformed request."""

    @property
    def plans(self) -> Plans:
        """The plans of the program, whole or narrowed to one value of a fact."""
        return cast("Plans", self.program.plans)


def load_pack(path: str | Path, limits: Limits = Limits()) -> CheckedPack:  # noqa: B008  (immutable)
    """Read and check a pack: a folder with `pack.yaml`, or that file.

    Raises:
        PackError: with every problem, its place, and how to mend it.
    """
    return check_pack(read_pack(path, limits))


def compile_pack(checked: CheckedPack) -> Rules:
    """A checked pack as rules that decide; cannot fail. Kinds are compiled when first asked for."""
    program = lower_pack(checked)
    return Rules(checked, program, Compiled(program), read_as={**program.facts, "actor.role": ir.TextType()})
