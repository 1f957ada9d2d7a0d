"""Whether a folder lies on a network file system. There, neither `flock` nor SQLite's own locks keep two machines apart."""

from __future__ import annotations

import re
from pathlib import Path

from empower.errors import LedgerUnavailable

NETWORK = frozenset(
    [
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "davfs",
        "gfs2",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "smb3",
        "smbfs",
    ]
)
NETWORK_IN_USER_SPACE = frozenset(["davfs2", "glusterfs", "juicefs", "rclone", "s3fs", "sshfs"])
MOUNTS = Path("/proc/self/mounts")
_OCTAL = re.compile(r"\\([0-7]{3})")


def refuse_network(path: Path, mounts: Path = MOUNTS) -> None:
    """Refuse a file on a network file system. Where the system keeps no list of mounts (any but Linux) nothing is refused.

    Raises:
        LedgerUnavailable.
    """
    kind = kind_of_file_system(path.resolve().parent, mounts)
    if kind in NETWORK or kind.removeprefix("fuse.") in NETWORK_IN_USER_SPACE:
        message = f"{str(path)!r} lies on a network file system ({kind}), where locks do not hold"
        raise LedgerUnavailable(f"{message} (help: put it on a disk of this machine; several machines share a ledger in PostgreSQL)")


def kind_of_file_system(folder: Path, mounts: Path = MOUNTS) -> str:
    """The type of the file system that a folder lies on, such as `ext4`; empty where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    found, longest = "", -1
    for line in lines:
        _, place, kind, *_ = [_OCTAL.sub(lambda found: chr(int(found[1], 8)), field) for field in line.split(" ")]
        if folder.is_relative_to(place) and len(place) >= longest:
            found, longest = kind, len(place)
    return found
