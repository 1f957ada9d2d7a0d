"""A pack as its random author wrote it, and what the loader makes of it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from empower.checked import CheckedPack
from empower.compile import load_pack
from empower.noun import evolve, field, frozen
from empower.testing.authoring.page import page


@frozen
class Manuscript:
    """A pack as its author wrote it: nothing that it says was checked."""

    document: Mapping[str, Any]
    """What stands in `pack.yaml`: mappings, lists and texts."""
    tables: Mapping[str, str] = field(factory=dict)
    """The text of each CSV table by its name."""
    parent: Manuscript | None = None
    """The pack that it extends, which lies in a folder beside its own."""

    def part(self, name: str) -> list[Any]:
        """The items of a list such as `rules`; where it does not stand in the document: none."""
        return list(self.document.get(name, ()))

    def changed(self, **keys: Any) -> Manuscript:
        """The same, with other values of some top-level keys; an empty list leaves its key out."""
        return evolve(self, document={key: value for key, value in {**self.document, **keys}.items() if value != []})

    def text(self) -> str:
        """The text of `pack.yaml`."""
        return page(self.document)

    def files(self) -> dict[str, str]:
        """The text of each file, by its name as seen from the folder of the pack; `pack.yaml` first, those of its parents last."""
        found = {"pack.yaml": self.text(), **self.tables}
        if self.parent is not None:
            folder = str(self.document["extends"])
            found |= {name if name.startswith("../") else f"{folder}/{name}": text for name, text in self.parent.files().items()}
        return found

    def write(self, folder: Path) -> Path:
        """Write it into a new folder, its parents into folders beside; gives the folder."""
        for name, text in self.files().items():
            file = folder.joinpath(name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return folder

    def load(self) -> DrawnPack:
        """Read and check it.

        Raises:
            PackError: with every problem.
        """
        with tempfile.TemporaryDirectory() as folder:
            checked = load_pack(self.write(Path(folder) / "pack"))
        return DrawnPack(**{name: getattr(checked, name) for name in CheckedPack.__match_args__}, manuscript=self)


@frozen
class DrawnPack(CheckedPack):
    """What `load_pack` makes of a manuscript, and the manuscript. Whoever prints it reads the files, ready to be pasted."""

    manuscript: Manuscript = field(default=Manuscript({}), eq=False)

    def __repr__(self) -> str:
        return "\n".join(f"# {name}\n{text}" for name, text in self.manuscript.files().items())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  (how Hypothesis prints what failed)
        printer.text(f"\n{self!r}")
