"""A small disk of one's own, which can be filled up and freed: a tmpfs, so that what is written really finds no room. It takes root to mount one."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

FILLER = "filler"
LEAST = 4096


@frozen
class Disk:
    """Where it is mounted."""

    folder: Path

    def fill(self) -> None:
        """Leave no room at all."""
        file = os.open(self.folder / FILLER, os.O_WRONLY | os.O_CREAT)
        try:
            piece = 1 << 26
            while piece >= LEAST:
                piece = piece if _extended(file, piece) else piece // 2
        finally:
            os.close(file)

    def free(self) -> None:
        """Make room again."""
        (self.folder / FILLER).unlink(missing_ok=True)


def _extended(file: int, size: int) -> bool:
    try:
        os.posix_fallocate(file, os.fstat(file).st_size, size)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


@contextmanager
def small_disk(megabytes: int) -> Iterator[Disk | None]:
    """A disk of this size until the end; None: this process may not mount one."""
    folder = Path(tempfile.mkdtemp(prefix="empower-disk-"))
    size = f"size={megabytes}m,mode=0755"
    mount, umount = shutil.which("mount"), shutil.which("umount")
    command = [str(mount), "-t", "tmpfs", "-o", size, "empower-torture", str(folder)]
    mounted = mount is not None and not subprocess.run(command, check=False, capture_output=True).returncode
    try:
        yield Disk(folder) if mounted else None
    finally:
        if mounted:
            subprocess.run([str(umount), "--lazy", str(folder)], check=True)
        folder.rmdir()
