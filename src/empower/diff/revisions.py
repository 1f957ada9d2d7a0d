"""A pack as it was at a revision of git: its files, and those beside it that it may extend, put into a folder of their own."""

from __future__ import annotations

import contextlib
import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path


class NoSuchRevision(ValueError):
    """Git does not know it, or the pack was not there."""


def is_revision(name: str, folder: Path) -> bool:
    """Whether git knows a revision by this name in the repository around a folder."""
    return _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").returncode == 0


@contextlib.contextmanager
def at_revision(revision: str, pack: Path) -> Iterator[Path]:
    """The path of a pack as it was at a revision, for as long as it is looked at.

    The whole tree of that revision is there, so that a pack finds the parents that it extends.

    Raises:
        NoSuchRevision: there is no such revision, or no such pack in it, or no git.
    """
    folder = _existing(pack)
    top = _git(folder, "rev-parse", "--show-toplevel")
    if top.returncode:
        raise NoSuchRevision(f"'{pack}' does not lie in a git repository, so there is no revision '{revision}' of it")
    root = Path(top.stdout.decode().rstrip("\n"))
    inside = Path.cwd().joinpath(pack).resolve().relative_to(root.resolve())
    if not is_revision(revision, folder):
        raise NoSuchRevision(f"git knows no revision '{revision}'")
    if _git(root, "cat-file", "-e", f"{revision}:{inside.as_posix()}").returncode:
        raise NoSuchRevision(f"'{inside}' was not there at '{revision}'")
    with tempfile.TemporaryDirectory(prefix="empower-") as place:
        archived = _git(root, "archive", "--format=tar", revision, *_packs_of(root, revision))
        if archived.returncode:
            raise NoSuchRevision(archived.stderr.decode(errors="replace").strip())
        with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as files:
            files.extractall(place, filter="data")
        yield Path(place, inside)


def _packs_of(root: Path, revision: str) -> list[str]:
    """Which files of a revision are taken out: what packs are made of, and nothing else. Git refuses a pattern that fits nothing."""
    listed = _git(root, "ls-tree", "-r", "-z", "--name-only", revision).stdout.decode(errors="replace").split("\0")
    return [f"*{ending}" for ending in (".yaml", ".csv") if any(name.endswith(ending) for name in listed)]


def _existing(path: Path) -> Path:
    """The folder of a path, or the nearest around it that is there: the pack may since be gone."""
    path = Path.cwd().joinpath(path)
    return next(each for each in (path, *path.parents) if each.is_dir())


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        raise NoSuchRevision("git is not installed") from None
