"""Where a picture is written: a new file, or the place of an older picture of ours, and nothing else.

1. A file that is there is replaced only where it begins as our pictures do; a link, a folder or a device never is.
2. The site's own files are never written, whatever is in them, and neither is what the store keeps beside its file.
3. The picture is whole or not there: it is written beside its place and renamed.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from bridge.config import Config, FhirDestination
from bridge.errors import UsageError

_HEAD = re.compile(
    rb'<svg xmlns="http://www\.w3\.org/2000/svg" viewBox="[0-9 ]+" width="[0-9]+" height="[0-9]+" '
    rb'role="img" aria-labelledby="title desc">\n<title id="title">Course of pump '
)
_HEAD_BYTES = 400
_BESIDE_STORE = ("", "-wal", "-shm", "-journal")


def own_files(config: Config, file: Path) -> Iterator[Path]:
    """The configuration's own file, and every file that it names."""
    site, store = config.site, Path(config.store.path)
    yield from (file, Path(site.namespace_file), Path(site.simulated_namespace_file))
    yield from (store.with_name(store.name + end) for end in _BESIDE_STORE)
    if config.findings.file is not None:
        yield Path(config.findings.file)
    for destination in config.destinations:
        if isinstance(destination, FhirDestination) and destination.token_file is not None:
            yield Path(destination.token_file)


def keep(file: Path, content: bytes, own: Iterator[Path]) -> None:
    """Write a picture; raises UsageError where the place is not ours to write."""
    try:
        if file.resolve() in {one.resolve() for one in own}:
            raise _taken("this file belongs to the site", file)
        _refuse_foreign(file)
        _put(file, content)
    except OSError as error:
        raise UsageError(
            f"the picture cannot be written: {error.strerror}", where=str(file), code="file-unwritable",
            remedy="name a file in a folder that is there and yours",
        ) from None  # fmt: skip


def _refuse_foreign(file: Path) -> None:
    try:
        found = file.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        raise _taken("this is there and is no file", file)
    with file.open("rb") as there:
        if not _HEAD.match(there.read(_HEAD_BYTES)):
            raise _taken("this file is there and is no picture of ours", file)


def _put(file: Path, content: bytes) -> None:
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}.tmp")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    try:
        with os.fdopen(handle, "wb") as picture:
            picture.write(content)
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _taken(message: str, file: Path) -> UsageError:
    return UsageError(
        f"{message}: it is not overwritten", where=str(file), code="file-taken", remedy="name another file"
    )
