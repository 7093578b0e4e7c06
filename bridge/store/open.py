"""Opening the store safely.

1. An answer to `add` or any decision means: on the disk (write-ahead log, `synchronous=FULL`).
2. The file is on a local disk, only its owner opens it, and it belongs to one pair of namespaces for ever.
3. A newer store, a damaged one, a locked one and a full disk are refused with a code and a remedy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bridge.errors import StoreError
from bridge.store.connection import BUSY_SECONDS, translated
from bridge.store.migrate import migrate
from bridge.store.place import MOUNTS, prepare_file, refuse_network
from bridge.store.sqlite import SqliteStore

OLDEST_SQLITE = (3, 33, 0)


def open_store(path: Path, fingerprints: Sequence[str], *, mounts: Path = MOUNTS) -> SqliteStore:
    """The store at this path, made where there is none and brought to this version; raises StoreError.

    `fingerprints` are those of the site's real and simulated namespaces, in this order.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE))
        raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old", remedy=f"install {needed} or newer")
    refuse_network(path, mounts)
    prepare_file(path)
    database = _connected(path)
    try:
        migrate(database, path, datetime.now(UTC))
        _own(database, path, fingerprints)
    except BaseException:
        database.close()
        raise
    return SqliteStore(database, path)


def _connected(path: Path) -> sqlite3.Connection:
    with translated(path):
        database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=256)
        try:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA temp_store = MEMORY")
        except BaseException:
            database.close()
            raise
    return database


def _own(database: sqlite3.Connection, path: Path, fingerprints: Sequence[str]) -> None:
    wanted = dict(zip(("namespace", "simulated namespace"), fingerprints, strict=True))
    with translated(path):
        found = dict(database.execute("SELECT name, value FROM meta WHERE name LIKE '%namespace'").fetchall())
        if not found:
            database.executemany("INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)", list(wanted.items()))
            found = dict(database.execute("SELECT name, value FROM meta WHERE name LIKE '%namespace'").fetchall())
    if found != wanted:
        raise StoreError(
            "the store was made with another namespace: its ids would all be others",
            where=str(path),
            code="store-other-namespace",
            remedy="restore the namespace files that belong to this store, or set [store] path to a new one",
        )
