"""Where a report is written: a new file, or the place of an older report of ours, whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from bridge.errors import UsageError

_OURS = (b'<testsuite name="pumpbridge rehearse"', b'"name":"pumpbridge rehearse"')
_HEAD_BYTES = 1 << 20


def check_place(file: Path | None) -> None:
    """Raises UsageError where a report cannot be written, before anything else is done."""
    if file is None:
        return
    if not file.absolute().parent.is_dir():
        raise UsageError("this folder is not there", where=str(file), code="file-unwritable", remedy="make it first")
    try:
        found = file.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        raise _taken("this is there and is no file", file)
    with file.open("rb") as there:
        head = there.read(_HEAD_BYTES)
        if not any(mark in head for mark in _OURS):
            raise _taken("this file is there and is no report of ours", file)


def keep_report(file: Path | None, made: Callable[[], bytes]) -> None:
    """Write a report where one was asked for; raises UsageError."""
    if file is None:
        return
    check_place(file)
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}.tmp")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        with os.fdopen(handle, "wb") as report:
            report.write(made())
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UsageError(
            f"the report cannot be written: {error.strerror}", where=str(file), code="file-unwritable",
            remedy="name a file in a folder that is there and yours",
        ) from None  # fmt: skip


def _taken(message: str, file: Path) -> UsageError:
    return UsageError(
        f"{message}: it is not overwritten", where=str(file), code="file-taken", remedy="name another file"
    )
