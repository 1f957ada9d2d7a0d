"""Plain files → text: nothing else is opened, no more is read than allowed, and what is not text in UTF-8 is refused with its place."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from empower.problems import Problem, Span


def shown_path(file: Path) -> str:
    """How a file is called in messages: without detours, where that names the same file."""
    name = os.path.normpath(file)
    return name if identity(Path(name)) == identity(file) else str(file)


def identity(file: Path) -> tuple[int, int] | None:
    """Which plain file this is, whatever it is called; None if it is none."""
    try:
        status = file.stat()
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def read_text(file: Path, name: str, bytes_max: int, code: str, missing: str) -> tuple[str, Problem | None]:
    """The text of a plain file; or as much of it as can be shown, and why it cannot be read."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return "", Problem(Span(name), "not-a-file", f"'{name}' is not a plain file", missing)
        with file.open("rb") as stream:
            content = stream.read(bytes_max + 1)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        return "", Problem(Span(name), code, f"cannot read '{name}': {why}", missing)
    if len(content) > bytes_max:
        help_ = "split the pack, or raise `Limits(bytes_max=…)` for a pack you trust"
        return "", Problem(Span(name), "too-big", f"'{name}' is larger than {bytes_max} bytes", help_)
    return _decoded(content, name)


def _decoded(content: bytes, name: str) -> tuple[str, Problem | None]:
    try:
        text = content.decode("utf-8-sig")
        at, message = text.find("\0"), "a NUL stands here, which no text has"
    except UnicodeDecodeError as error:
        text = content.decode("utf-8-sig", "replace")
        at, message = len(content[: error.start].decode("utf-8-sig", "replace")), "a byte here is not UTF-8"
    if at < 0:
        return text, None
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return text, Problem(Span(name, line, column, column + 1), "not-utf8", message, "save the file as UTF-8")
