"""The watched folder (numbers: invariants of sources/inbox.py)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge import log
from bridge.accept import Receipt, Settings
from bridge.clock import FixedClock
from bridge.errors import ConfigError, StoreError
from bridge.sources import inbox as module
from bridge.sources.inbox import Folders, Inbox, Parts, left_alone, moved
from bridge.store.open import open_store
from bridge.store.sqlite import SqliteStore
from tests.unit.made_adapters import Plain

SETTINGS = Settings("Europe/London", "urn:mrn", {}, 10_000)
CLOCK = FixedClock(datetime(2025, 6, 20, 12, tzinfo=UTC))


class Watch:
    """A watched folder with a clock that the test moves."""

    def __init__(self, folder: Path, store: SqliteStore) -> None:
        self.folders = Folders(folder / "inbox", folder / "done", folder / "quarantine")
        self.folders.prepare()
        self.store = store
        self.seconds = 0.0
        self.receipts: list[Receipt] = []
        self.inbox = self.restarted()

    def restarted(self) -> Inbox:
        """A new watcher of the same folders, as after a restart."""
        self.inbox = Inbox(
            self.folders, Parts({"plain": Plain()}, self.store, SETTINGS, CLOCK), settle_seconds=1.0,
            monotonic=lambda: self.seconds,
        )  # fmt: skip
        return self.inbox

    def look(self, after: float = 0.0) -> int:
        """Scan once after some seconds."""
        self.seconds += after
        return self.inbox.scan(self.receipts.append)

    def put(self, name: str, content: str = "PLAIN {}") -> Path:
        """A file in the watched folder."""
        path = self.folders.inbox / name
        path.write_text(content)
        return path

    def names(self) -> tuple[list[str], list[str], list[str]]:
        """What lies in the three folders."""
        folders = (self.folders.inbox, self.folders.done, self.folders.quarantine)
        return tuple(sorted(p.name for p in f.iterdir()) for f in folders)  # type: ignore[return-value]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty store."""
    opened = open_store(tmp_path / "store.db", ("real", "simulated"))
    yield opened
    opened.close()


@pytest.fixture
def watch(tmp_path: Path, store: SqliteStore) -> Watch:
    """A watched folder."""
    return Watch(tmp_path, store)


def test_a_file_is_accepted_once_it_is_whole(watch: Watch) -> None:
    """Invariant 1."""
    watch.put("a.json")
    assert watch.look() == 0
    assert watch.look(0.9) == 0
    assert watch.look(0.1) == 1
    assert watch.receipts[0].outcome == "accepted"
    assert watch.names() == ([], ["a.json"], [])


def test_a_file_that_still_grows_is_left(watch: Watch) -> None:
    """Invariant 1."""
    path = watch.put("a.json", "PLAIN {")
    watch.look()
    path.write_text("PLAIN {}")
    assert watch.look(2) == 0
    os.utime(path, (5, 5))
    assert watch.look(2) == 0
    assert watch.look(2) == 1


def test_half_written_names_links_and_folders_are_left(watch: Watch, tmp_path: Path) -> None:
    """Invariants 1 and 4."""
    for name in (".hidden", "a.tmp", "b.part", "c~"):
        watch.put(name)
    (tmp_path / "secret").write_text("PLAIN {}")
    (watch.folders.inbox / "link.json").symlink_to(tmp_path / "secret")
    (watch.folders.inbox / "folder").mkdir()
    os.mkfifo(watch.folders.inbox / "pipe")
    watch.look()
    assert watch.look(5) == 0
    assert len(watch.names()[0]) == 7


def test_what_cannot_be_read_goes_to_quarantine(watch: Watch) -> None:
    watch.put("bad.json", "nothing of ours")
    watch.put("good.json")
    watch.look()
    assert watch.look(2) == 2
    assert watch.names() == ([], ["good.json"], ["bad.json"])
    assert [r.code for r in watch.receipts] == ["format-unknown", ""]


def test_the_same_bytes_again_are_known_and_moved(watch: Watch) -> None:
    watch.put("a.json")
    watch.put("bad.json", "nothing of ours")
    watch.look()
    watch.look(2)
    watch.put("again.json")
    watch.put("bad again.json", "nothing of ours")
    watch.look()
    watch.look(2)
    assert [r.outcome for r in watch.receipts] == ["accepted", "quarantined", "known", "known"]
    assert watch.names() == ([], ["a.json", "again.json"], ["bad again.json", "bad.json"])


def test_nothing_is_overwritten(watch: Watch) -> None:
    """Invariant 3."""
    (watch.folders.done / "a.json").write_text("somebody's")
    for serial in ("1", "2"):
        watch.put("a.json", f'PLAIN {{"serial": "{serial}"}}')
        watch.look()
        watch.look(2)
    names = watch.names()[1]
    assert len(names) == 3
    assert (watch.folders.done / "a.json").read_text() == "somebody's"
    prefixed = {receipt.sha256[:16] for receipt in watch.receipts}
    assert {name.removesuffix("-a.json") for name in names} - {"a.json"} == prefixed


def test_the_same_name_and_content_again(watch: Watch) -> None:
    """Invariant 3."""
    for _ in range(3):
        watch.put("a.json")
        watch.look()
        watch.look(2)
    assert watch.names()[0] == []
    assert len(watch.names()[1]) == 3


def test_a_file_is_moved_only_after_the_commit(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 2."""
    watch.put("a.json")
    watch.look()

    def full(*_: object) -> None:
        raise StoreError("the disk is full", code="store-full")

    monkeypatch.setattr(watch.store, "add", full)
    with pytest.raises(StoreError):
        watch.look(2)
    assert watch.names() == (["a.json"], [], [])
    monkeypatch.undo()
    assert watch.look() == 1
    assert watch.names() == ([], ["a.json"], [])


def test_a_crash_between_commit_and_move_is_made_good(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 2."""
    watch.put("a.json")
    watch.look()

    def crash(*_: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "moved", crash)
    with pytest.raises(KeyboardInterrupt):
        watch.look(2)
    monkeypatch.undo()
    assert watch.names() == (["a.json"], [], [])
    watch.restarted()
    watch.look()
    assert watch.look(2) == 1
    assert watch.receipts[-1].outcome == "known"
    assert watch.names() == ([], ["a.json"], [])


def test_a_crash_in_the_middle_of_a_move_is_made_good(watch: Watch) -> None:
    """Invariants 2 and 3."""
    path = watch.put("a.json")
    watch.look()
    watch.look(2)
    os.link(watch.folders.done / "a.json", path)
    watch.restarted()
    watch.look()
    assert watch.look(2) == 1
    assert watch.names() == ([], ["a.json"], [])


def test_a_file_that_cannot_be_read_is_reported_once(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Invariant 4."""
    log.configure("info", json=True, strict=True)
    path = watch.put("a.json")
    original = os.open

    def denied(name: object, *rest: object) -> int:
        if name == path:
            raise PermissionError(13, "Permission denied")
        return original(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", denied)
    watch.look()
    for _ in range(3):
        assert watch.look(2) == 0
    said = capsys.readouterr().err
    assert said.count("file_not_read") == 1
    assert "a.json" not in said
    os.utime(path, (5, 5))
    watch.look()
    watch.look(2)
    assert capsys.readouterr().err.count("file_not_read") == 1
    monkeypatch.undo()
    os.utime(path, (6, 6))
    watch.look()
    assert watch.look(2) == 1


def test_what_is_no_file_is_never_followed_and_said_once(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    """Invariant 4."""
    log.configure("info", json=True, strict=True)
    inbox = watch.put("a.json").parent
    (inbox / "Ada.json").symlink_to(inbox / "a.json")
    (inbox / "gone.json").symlink_to(inbox / "nowhere")
    os.mkfifo(inbox / "pipe")
    (inbox / "folder").mkdir()
    watch.look()
    assert watch.look(2) == 1
    watch.look(2)
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    alone = [(event["code"], event["count"]) for event in said if event["event"] == "files_left_alone"]
    assert sorted(alone) == [("file-link", 2), ("file-not-regular", 1)]
    assert "Ada" not in str(said)
    assert left_alone(inbox) == {"file-link": 2, "file-not-regular": 1}
    assert sorted(path.name for path in inbox.iterdir() if not path.is_dir()) == ["Ada.json", "gone.json", "pipe"]

    (inbox / "later").symlink_to(inbox)
    watch.look(2)
    (event,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (event["event"], event["code"], event["count"]) == ("files_left_alone", "file-link", 1)
    assert left_alone(inbox / "none") == {}


def test_a_file_that_cannot_be_moved_is_accepted_once_and_said_once(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("info", json=True, strict=True)
    watch.put("a.json")
    watch.look()

    def failing(*_: object) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module, "moved", failing)
    assert watch.look(2) == 1
    assert watch.look(2) == 0
    assert capsys.readouterr().err.count("file_not_moved") == 1


def test_a_file_that_is_replaced_while_it_is_accepted_stays(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    path = watch.put("a.json", 'PLAIN {"serial": "1"}')
    watch.look()
    add = watch.store.add

    def replaced(items: object) -> object:
        path.write_text('PLAIN {"serial": "22"}')
        return add(items)  # type: ignore[arg-type]

    monkeypatch.setattr(watch.store, "add", replaced)
    watch.look(2)
    monkeypatch.undo()
    assert watch.names()[0] == ["a.json"]
    watch.look()
    watch.look(2)
    assert [r.pump.serial for r in watch.store.courses()] == ["1", "22"]


def test_a_vanished_folder_is_said_once_and_again_when_it_is_back(
    watch: Watch, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("info", json=True, strict=True)
    watch.folders.inbox.rmdir()
    for _ in range(3):
        assert watch.look() == 0
    watch.folders.inbox.mkdir()
    watch.look()
    said = capsys.readouterr().err
    assert (said.count("inbox_not_readable"), said.count("inbox_readable_again")) == (1, 1)


def test_it_runs_until_it_is_stopped(watch: Watch) -> None:
    watch.put("a.json")
    waited: list[float] = []

    def stop(seconds: float) -> bool:
        waited.append(seconds)
        watch.seconds += 1
        return len(waited) == 3

    watch.inbox.run(stop, 2.0)
    assert waited == [2.0, 2.0, 2.0]
    assert watch.names() == ([], ["a.json"], [])


def test_unusable_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="config-inbox"):
        Folders(tmp_path / "file", tmp_path / "done", tmp_path / "quarantine").prepare()


def test_a_move_over_the_border_of_a_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 3."""

    def crossing(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", crossing)
    (tmp_path / "a").write_text("content")
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "a").write_text("somebody's")
    target = moved(tmp_path / "a", tmp_path / "done", "f" * 64)
    assert target.read_text() == "content"
    assert target.name == "ffffffffffffffff-a"
    assert not (tmp_path / "a").exists()
