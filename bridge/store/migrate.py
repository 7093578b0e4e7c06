"""Bringing a store to this version: numbered SQL files, a backup file first, one transaction for all of them.

1. A store of a newer version is refused before anything is written.
2. A store that holds anything is copied to `<store>.v<N>-<time>.backup` (mode 0600) before its first change.
3. All steps and the new version number are one transaction: a store is of one version or the other, never between.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from bridge.errors import StoreError
from bridge.store.connection import translated

FOLDER = Path(__file__).parent / "migrations"
_FILE = re.compile(r"(\d{4})_[a-z_]+\.sql")


def steps(folder: Path = FOLDER) -> dict[int, Path]:
    """The migrations by number, from 1 without a gap."""
    numbered = {int(match[1]): path for path in folder.iterdir() if (match := _FILE.fullmatch(path.name))}
    if sorted(numbered) != list(range(1, len(numbered) + 1)):
        raise StoreError("the migrations are not numbered without a gap", where=str(folder), remedy="install again")
    return dict(sorted(numbered.items()))


def version(database: sqlite3.Connection) -> int:
    """The version of a store; 0 for an empty file."""
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def migrate(database: sqlite3.Connection, path: Path, now: datetime, folder: Path = FOLDER) -> int:
    """Bring the store to the newest version and answer the one it had; raises StoreError `store-newer`."""
    ordered = steps(folder)
    with translated(path):
        before = _checked(database, path, max(ordered))
        if before == max(ordered):
            return before
        if before:
            back_up(database, path.with_name(f"{path.name}.v{before}-{now:%Y%m%dT%H%M%SZ}.backup"))
        _apply(database, path, ordered)
    return before


def _checked(database: sqlite3.Connection, path: Path, newest: int) -> int:
    found = version(database)
    if found > newest:
        raise StoreError(
            f"the store is of version {found}, this program knows {newest}",
            where=str(path),
            code="store-newer",
            remedy="install the newer program again, or restore the backup that it made",
        )
    return found


def _apply(database: sqlite3.Connection, path: Path, ordered: dict[int, Path]) -> None:
    database.execute("BEGIN IMMEDIATE")
    try:
        reached = _checked(database, path, max(ordered))  # another process may have been quicker
        for number in range(reached + 1, max(ordered) + 1):
            for statement in _statements(ordered[number].read_text(encoding="utf-8")):
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {max(ordered)}")
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _statements(text: str) -> Iterator[str]:
    pending = ""
    for line in text.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def back_up(database: sqlite3.Connection, target: Path) -> None:
    """Copy the whole store, as of one moment, to a new file that only its owner can read."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    copy = sqlite3.connect(target)
    try:
        database.backup(copy)
    finally:
        copy.close()
