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


def check_places(*files: Path | None) -> None:
    """Raises UsageError where a report cannot be written, before anything else is done."""
    named = [file for file in files if file is not None]
    if len({os.path.realpath(file) for file in named}) < len(named):
        raise UsageError("two reports cannot be one file", where=str(named[0]), remedy="name a file for each")
    for file in named:
        _check_place(file)


def _check_place(file: Path) -> None:
    try:
        if not file.absolute().parent.is_dir():
            raise UsageError(
                "this folder is not there", where=str(file), code="file-unwritable", remedy="make it first"
            )
        if not stat.S_ISREG(file.lstat().st_mode):
            raise _taken("this is there and is no file", file)
        with file.open("rb") as there:
            head = there.read(_HEAD_BYTES)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unwritable(file, error) from None
    if not any(mark in head for mark in _OURS):
        raise _taken("this file is there and is no report of ours", file)


def keep_report(file: Path | None, made: Callable[[], bytes]) -> None:
    """Write a report where one was asked for; raises UsageError."""
    if file is None:
        return
    _check_place(file)
    beside = file.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        with os.fdopen(handle, "wb") as report:
            report.write(made())
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _unwritable(file, error) from None


def _unwritable(file: Path, error: OSError) -> UsageError:
    return UsageError(
        f"the report cannot be written: {error.strerror}", where=str(file), code="file-unwritable",
        remedy="name a file in a folder that is there and yours",
    )  # fmt: skip


def _taken(message: str, file: Path) -> UsageError:
    return UsageError(
        f"{message}: it is not overwritten", where=str(file), code="file-taken", remedy="name another file"
    )
