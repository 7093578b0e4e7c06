"""Opening a store: where it may lie, who may open it, whose it is (numbers: invariants of open.py)."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from bridge.errors import EXIT_STORE, Bug, StoreError
from bridge.store import connection
from bridge.store.connection import translated
from bridge.store.open import open_store
from bridge.store.place import file_system
from tests.store.samples import filed, new

OURS = ("real", "simulated")


def refused(path: Path, code: str, **options: Path) -> StoreError:
    """The refusal that opening gives."""
    with pytest.raises(StoreError) as raised:
        open_store(path, OURS, **options).close()
    assert raised.value.code == code
    assert raised.value.exit_status == EXIT_STORE
    assert raised.value.remedy
    return raised.value


def mounts(folder: Path, kind: str, point: str) -> Path:
    """A table of mounts as the kernel writes it, with one more mount."""
    table = folder / "mountinfo"
    lines = [
        "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
        f"36 21 0:40 / {point} rw,relatime shared:2 master:1 - {kind} server:/export rw",
        "40 21 0:50 / /proc rw - proc proc rw",
    ]
    table.write_text("\n".join(lines) + "\n")
    return table


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Invariant 2."""
    path = tmp_path / "store.db"
    before = os.umask(0)
    try:
        store = open_store(path, OURS)
    finally:
        os.umask(before)
    store.add([(new("a"), [filed(1)])])
    assert [stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()] == [0o600] * 3
    store.close()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    """Invariant 2."""
    path = tmp_path / "store.db"
    open_store(path, OURS).close()
    path.chmod(mode)
    assert f"chmod 600 {path}" in refused(path, "store-mode").remedy


def test_a_folder_in_its_place_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").mkdir()
    refused(tmp_path / "store.db", "store-mode")
    refused(tmp_path / "nowhere" / "store.db", "store-mode")


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"])
def test_a_network_file_system_is_refused(tmp_path: Path, kind: str) -> None:
    """Invariant 2."""
    table = mounts(tmp_path, kind, str(tmp_path / "share"))
    (tmp_path / "share").mkdir()
    error = refused(tmp_path / "share" / "store.db", "store-network-file-system", mounts=table)
    assert kind in error.message
    assert list((tmp_path / "share").iterdir()) == []


def test_a_link_to_a_network_file_system_is_refused(tmp_path: Path) -> None:
    table = mounts(tmp_path, "nfs4", str(tmp_path / "share"))
    (tmp_path / "share").mkdir()
    (tmp_path / "local").symlink_to(tmp_path / "share")
    refused(tmp_path / "local" / "store.db", "store-network-file-system", mounts=table)


def test_mounts_are_read_as_the_kernel_writes_them(tmp_path: Path) -> None:
    table = mounts(tmp_path, "nfs", r"/mnt/my\040share")
    assert file_system(Path("/mnt/my share/store"), table) == "nfs"
    assert file_system(Path("/mnt/my shared/store"), table) == "ext4"
    assert file_system(Path("/mnt"), tmp_path / "none") == ""


def test_another_namespace_is_refused(tmp_path: Path) -> None:
    """Invariant 2."""
    path = tmp_path / "store.db"
    open_store(path, OURS).close()
    open_store(path, OURS).close()
    for other in (("other", "simulated"), ("real", "other"), ("simulated", "real")):
        with pytest.raises(StoreError, match="store-other-namespace"):
            open_store(path, other)


def test_a_newer_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    """Invariant 3."""
    path = tmp_path / "store.db"
    open_store(path, OURS).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 9000")
    database.close()
    before = path.read_bytes()
    assert "9000" in refused(path, "store-newer").message
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"this is not a database " * 400, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_store_is_refused(tmp_path: Path, content: bytes) -> None:
    """Invariant 3."""
    path = tmp_path / "store.db"
    path.write_bytes(content)
    path.chmod(0o600)
    refused(path, "store-damaged")


def test_a_locked_store_is_refused_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 3; nothing of the refused commit is there afterwards."""
    path = tmp_path / "store.db"
    monkeypatch.setattr("bridge.store.open.BUSY_SECONDS", 0.1)
    store, other = open_store(path, OURS), sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="store-locked"):
        store.add([(new("a"), [filed(1)])])
    other.execute("ROLLBACK")
    other.close()
    assert store.known(new("a").sha256) is None
    store.close()


def test_a_full_disk_is_refused_and_nothing_is_half_there(tmp_path: Path) -> None:
    """Invariant 3; `max_page_count` stands for the disk."""
    store = open_store(tmp_path / "store.db", OURS)
    pages = store._database.execute("PRAGMA page_count").fetchone()[0]
    store._database.execute(f"PRAGMA max_page_count = {pages + 3}")
    big = "".join(chr(33 + (n * n) % 89) for n in range(300_000))
    with pytest.raises(StoreError, match="store-full"):
        store.add([(new("small"), [filed(1)]), (new(big), [filed(2)])])
    assert store.known(new("small").sha256) is None
    store._database.execute(f"PRAGMA max_page_count = {pages + 1000}")
    assert store.add([(new("small"), [filed(1)])]) == ["accepted"]
    store.close()


def test_every_commit_is_on_the_disk(tmp_path: Path) -> None:
    """Invariant 1."""
    store = open_store(tmp_path / "store.db", OURS)
    assert store._database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._database.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert store._database.execute("PRAGMA busy_timeout").fetchone() == (30_000,)
    store.close()


def test_a_commit_that_need_not_wait_lets_none_after_it_off(tmp_path: Path) -> None:
    """Invariant 1: full again (2), whatever was written before, also after an error."""
    store = open_store(tmp_path / "store.db", OURS)

    def level() -> int:
        return int(store._database.execute("PRAGMA synchronous").fetchone()[0])

    levels: list[int] = []
    for writing in (store.writing_unsynced, store.writing, store.writing_unsynced, store.writing_unsynced):
        with writing():
            levels.append(level())
    with pytest.raises(KeyError), store.writing_unsynced():
        raise KeyError
    with store.writing():
        levels.append(level())
    assert levels == [1, 2, 1, 1, 2]
    store.close()


def test_what_is_written_together_is_one_commit(tmp_path: Path) -> None:
    """Invariants 1 and 2."""
    store = open_store(tmp_path / "store.db", OURS)
    said: list[str] = []
    store._database.set_trace_callback(said.append)
    with store.together():
        with store.writing():
            store._run("heard_from", source="a", received="1")
        with store.writing_unsynced():
            store._run("heard_from", source="b", received="1")
        assert store._database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert said.count("COMMIT") == 1
    with pytest.raises(KeyError), store.together(), store.writing():
        store._run("heard_from", source="c", received="1")
        raise KeyError
    with pytest.raises(Bug), store.together(synced=False), store.writing():
        pass
    assert store._database.execute("SELECT name FROM source ORDER BY name").fetchall() == [("a",), ("b",)]
    store.close()


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 7, 17))
    with pytest.raises(StoreError, match="too old"):
        open_store(tmp_path / "store.db", OURS)


def test_every_code_of_the_disk_has_a_remedy() -> None:
    for code, (name, _, remedy) in connection._REMEDIES.items():
        error = sqlite3.OperationalError("said by SQLite")
        error.sqlite_errorcode = code
        with pytest.raises(StoreError, match=name) as raised, translated(Path("store.db")):
            raise error
        assert raised.value.remedy == remedy
