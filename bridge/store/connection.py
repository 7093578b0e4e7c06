"""One connection to the store: named queries, short transactions, and errors that a person can act on.

1. A write is one `BEGIN IMMEDIATE` transaction: all of it is there afterwards, or nothing.
2. When `writing` returns, the commit is on the disk (`synchronous=FULL`); `writing_unsynced` does not wait. Inside
   `together` they are parts of its one commit.
3. Nothing is read between two statements of a caller inside an open read transaction: each read is its own snapshot.
4. Whatever SQLite answers leaves as StoreError with a code and a remedy, never as sqlite3.Error.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.errors import BridgeError, Bug, StoreError
from bridge.store.named_sql import queries

Row = tuple[Any, ...]
BUSY_SECONDS = 30.0
FOREVER = "9999"  # a time that sorts after all times: deferred until something changes


class Connection:
    """What every part of the store works with; one a thread, never shared."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self._path = path
        self._queries = queries()
        self._destinations: dict[str, int] = {}
        self._waits_for_disk = True

    def close(self) -> None:
        """Close; what was committed stays."""
        self._database.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, committed on the way out, rolled back on an error."""
        with self._transaction(synced=True):
            yield

    @contextmanager
    def writing_unsynced(self) -> Iterator[None]:
        """The same without waiting for the disk: a power cut may take it back (and nothing from before it).

        Only for what is then taken, made or looked at again: leases, checkpoints, answers of destinations, plans that
        are over. A crash of this process loses nothing.
        """
        with self._transaction(synced=False):
            yield

    @contextmanager
    def together(self, *, synced: bool = True) -> Iterator[None]:
        """One commit for all that is written inside: by `writing`, and by `writing_unsynced`.

        Not `synced`: it is not waited for, and nothing inside may be that has to be.
        """
        with self._transaction(synced=synced):
            yield

    @contextmanager
    def _transaction(self, *, synced: bool) -> Iterator[None]:
        if self._database.in_transaction:
            if synced and not self._waits_for_disk:
                raise Bug("a commit that has to be waited for is part of one that is not")
            yield
            return
        with translated(self._path):
            if synced != self._waits_for_disk:
                self._database.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
                self._waits_for_disk = synced
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        self._destinations.clear()
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")

    def _all(self, name: str, **values: Any) -> list[Row]:
        try:
            return self._database.execute(self._query(name), values).fetchall()
        except sqlite3.Error as error:
            raise _meant(error, self._path) from error

    def _one(self, name: str, **values: Any) -> Row | None:
        try:
            found: Row | None = self._database.execute(self._query(name), values).fetchone()
        except sqlite3.Error as error:
            raise _meant(error, self._path) from error
        return found

    def _value(self, name: str, **values: Any) -> Any:
        row = self._one(name, **values)
        return None if row is None else row[0]

    def _run(self, name: str, **values: Any) -> int:
        """Run a statement inside `writing`; answers how many rows it touched."""
        return self._database.execute(self._query(name), values).rowcount

    def _add(self, query: str, **values: Any) -> int:
        """Run an INSERT of one row inside `writing`; answers its number."""
        number = self._database.execute(self._query(query), values).lastrowid
        if number is None:
            raise Bug("an insert answered no number", where=query)
        return number

    def _add_new(self, query: str, **values: Any) -> int | None:
        """The same for an INSERT that leaves alone what is there: then None."""
        cursor = self._database.execute(self._query(query), values)
        return cursor.lastrowid if cursor.rowcount else None

    def _many(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        self._database.executemany(self._query(name), rows)

    def _query(self, name: str) -> str:
        try:
            return self._queries[name]
        except KeyError:
            raise Bug(f"there is no query {name!r}") from None

    def _destination(self, name: str) -> int:
        """The number of a registered destination; raises Bug for one that `register` has not seen."""
        number = self._known_destination(name)
        if number is None:
            raise Bug(f"destination {name!r} is used before it was registered")
        return number

    def _known_destination(self, name: str) -> int | None:
        if name not in self._destinations:
            row = self._one("destination", destination=name)
            if row is None:
                return None
            self._destinations[name] = int(row[0])
        return self._destinations[name]


_REMEDIES = {
    sqlite3.SQLITE_FULL: ("store-full", "the disk is full", "make room on the disk of the store, then run it again"),
    sqlite3.SQLITE_BUSY: ("store-locked", "the store is locked", "wait for the other process, or stop it"),
    sqlite3.SQLITE_LOCKED: ("store-locked", "the store is locked", "wait for the other process, or stop it"),
    sqlite3.SQLITE_CORRUPT: ("store-damaged", "the store is damaged", "restore it from a backup, then verify"),
    sqlite3.SQLITE_NOTADB: ("store-damaged", "this is not a store", "name the right file, or restore a backup"),
    sqlite3.SQLITE_IOERR: ("store-disk", "the disk failed", "look after the disk of the store"),
    sqlite3.SQLITE_READONLY: ("store-mode", "the store cannot be written", "make its owner the user of the bridge"),
    sqlite3.SQLITE_CANTOPEN: ("store-mode", "the store cannot be opened", "check its folder and their permissions"),
    sqlite3.SQLITE_PERM: ("store-mode", "the store cannot be opened", "check its folder and their permissions"),
    sqlite3.SQLITE_AUTH: ("store-mode", "the store cannot be opened", "check its folder and their permissions"),
}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns what SQLite raises into StoreError with code, place and remedy; a mistake of ours into Bug."""
    try:
        yield
    except sqlite3.Error as error:
        raise _meant(error, path) from error


def _meant(error: sqlite3.Error, path: Path) -> BridgeError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code not in _REMEDIES:
        return Bug(f"the store refused a statement of ours: {error}")
    name, message, remedy = _REMEDIES[code]
    return StoreError(message, where=str(path), remedy=remedy, code=name)


_PACKER = zlib.compressobj(1, zlib.DEFLATED, 13, 4)
"""A small state, to be copied: setting one up costs as much as packing a resource."""


def packed(content: bytes) -> bytes:
    """The bytes as the store keeps them."""
    packer = _PACKER.copy()
    return packer.compress(content) + packer.flush()


def unpacked(content: bytes | None) -> bytes:
    """The bytes as they were; b'' where there are none."""
    return zlib.decompress(content) if content else b""


def written(at: datetime) -> str:
    """An instant as the store keeps it: UTC, one width, so that text sorts as time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def written_or_none(at: datetime | None) -> str | None:
    """The same for an instant that may be absent."""
    return None if at is None else written(at)


def instant(text: str) -> datetime:
    """An instant that the store kept."""
    return datetime.fromisoformat(text)


def instant_or_none(text: str | None) -> datetime | None:
    """The same for an instant that may be absent."""
    return None if text is None else instant(text)
