"""Opening exports safely: what is named, what is a whole regular file, and its bytes.

1. A symbolic link, a pipe, a device or a folder is never opened as a file (O_NOFOLLOW, O_NONBLOCK, then fstat).
2. A file above the limit is hashed in pieces, never held in memory.
3. A file that changes while it is read is refused: a half-written export must not look whole.
4. No message carries a file's name: names have carried patients. The path that the caller gave is the place.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from bridge.errors import ExportError, UsageError
from bridge.store.protocol import NewExport

PIECE = 1 << 20
_PARTIAL = (".tmp", ".part", ".partial", ".crdownload", ".filepart", "~")


def _raised(error: ExportError) -> None:
    raise error


def files(paths: Iterable[Path], on_refused: Callable[[ExportError], None] = _raised) -> Iterator[Path]:
    """Every file that the paths name: folders recursively in order, without hidden and half-written files.

    A link, a pipe or a device in a folder, and a folder that cannot be read, are told to `on_refused` (without it:
    raises ExportError), and the rest goes on. Raises UsageError where a named path does not exist; a path named itself
    is taken whatever it is called.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(
                "there is no such file or folder", where=str(path), code="path-missing", remedy="name one that exists"
            )
        if stat.S_ISDIR(path.lstat().st_mode):
            yield from _inside(path, on_refused)
        else:
            yield path


def _inside(folder: Path, on_refused: Callable[[ExportError], None]) -> Iterator[Path]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        message, remedy = f"the folder cannot be read: {error.strerror}", "let the user of the bridge read it"
        on_refused(_refused(message, folder, "folder-unreadable", remedy))
        return
    for entry in entries:
        if is_partial(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _inside(Path(entry.path), on_refused)
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
        else:
            on_refused(_odd(Path(entry.path), link=entry.is_symlink()))


def _odd(path: Path, *, link: bool) -> ExportError:
    """Why what is neither a file nor a folder is left alone."""
    if link:
        return _refused("a symbolic link is not followed", path, "file-link", "name the file itself")
    return _refused("this is not a regular file", path, "file-not-regular", "name a file")


def is_partial(name: str) -> bool:
    """Whether a name says that the file is hidden or not yet whole."""
    return name.startswith(".") or name.lower().endswith(_PARTIAL)


def read_export(path: Path, source: str, received: datetime, limit: int) -> NewExport:
    """The export in a file; raises ExportError where it is no regular file, not readable, or changes meanwhile."""
    descriptor = _opened(path)
    try:
        before = _regular(descriptor, path)
        content, sha256 = _content(descriptor, before.st_size, limit)
        after = os.fstat(descriptor)
        oversize = after.st_size if content is None else 0
        if _changed(before, after) or (content is not None and len(content) != after.st_size):
            raise _refused("the file changed while it was read", path, "file-changing", "wait until it is whole")
    except OSError as error:
        raise _unreadable(error, path) from None
    finally:
        os.close(descriptor)
    return NewExport(sha256, content or b"", path.name, source, received, oversize)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise _odd(path, link=True) from None
        raise _unreadable(error, path) from None


def _unreadable(error: OSError, path: Path) -> ExportError:
    remedy = "let the user of the bridge read it"
    return _refused(f"the file cannot be read: {error.strerror}", path, "file-unreadable", remedy)


def _regular(descriptor: int, path: Path) -> os.stat_result:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise _odd(path, link=False)
    return found


def _content(descriptor: int, size: int, limit: int) -> tuple[bytes | None, str]:
    """The bytes (None above the limit) and the SHA-256; no more is read than the file had when it was opened."""
    digest, kept, left = hashlib.sha256(), bytearray(), size
    while left > 0 and (piece := os.read(descriptor, min(PIECE, left))):
        digest.update(piece)
        left -= len(piece)
        if size <= limit:
            kept += piece
    return bytes(kept) if size <= limit else None, digest.hexdigest()


def _changed(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino)


def _refused(message: str, path: Path, code: str, remedy: str) -> ExportError:
    return ExportError(message, where=str(path), code=code, remedy=remedy)
