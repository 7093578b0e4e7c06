"""Where a store may lie: a local disk, in a file that only its owner can open.

SQLite's write-ahead log needs memory shared between processes, and locks that hold; network file systems promise
neither, and a store on one has lost charts elsewhere. What a file system is stands in /proc/self/mountinfo.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from bridge.errors import StoreError

MOUNTS = Path("/proc/self/mountinfo")
NETWORK = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "coda", "fuse.ceph", "fuse.cephfs", "fuse.davfs", "fuse.gcsfuse",
        "fuse.glusterfs", "fuse.juicefs", "fuse.rclone", "fuse.s3fs", "fuse.smbnetfs", "fuse.sshfs", "gfs2",
        "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "orangefs", "smb2", "smb3", "smbfs",
    }
)  # fmt: skip
_ESCAPE = re.compile(r"\\([0-7]{3})")


def file_system(path: Path, mounts: Path = MOUNTS) -> str:
    """The type of the file system that a path lies on, or '' where the system does not say."""
    real, best, kind = os.path.realpath(path), "", ""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    for line in lines:
        point, found = _mount(line)
        if len(point) >= len(best) and _within(real, point):
            best, kind = point, found
    return kind


def _mount(line: str) -> tuple[str, str]:
    before, _, after = line.partition(" - ")
    point = _ESCAPE.sub(lambda match: chr(int(match[1], 8)), before.split(" ")[4])
    return point, after.split(" ")[0]


def _within(path: str, point: str) -> bool:
    return point == "/" or path == point or path.startswith(f"{point}/")


def refuse_network(path: Path, mounts: Path = MOUNTS) -> None:
    """Raises StoreError `store-network-file-system` where the store would lie on one."""
    kind = file_system(path.parent, mounts)
    if kind in NETWORK:
        raise StoreError(
            f"the store may not lie on a network file system ({kind})",
            where=str(path),
            code="store-network-file-system",
            remedy="set [store] path to a local disk",
        )


def prepare_file(path: Path) -> None:
    """Make the store's file (0600) where there is none; raises StoreError `store-mode` where others can open it."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        _check_file(path)
    except OSError as error:
        raise _refused(f"the store cannot be made: {error.strerror}", path, "make its folder, writable") from None


def _check_file(path: Path) -> None:
    try:
        found = path.stat()
    except OSError as error:
        raise _refused(f"the store cannot be opened: {error.strerror}", path, "check its folder") from None
    if not stat.S_ISREG(found.st_mode):
        raise _refused("the store is not a file", path, "set [store] path to a file")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise _refused("others than its owner can open the store", path, f"run: chmod 600 {path}")


def _refused(message: str, path: Path, remedy: str) -> StoreError:
    return StoreError(message, where=str(path), code="store-mode", remedy=remedy)
