"""Opening files safely (numbers: invariants of export.py)."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge import export as module
from bridge.errors import ExportError, UsageError
from bridge.export import files, is_partial, read_export
from bridge.store.protocol import NewExport

NOW = datetime(2025, 6, 20, 12, tzinfo=UTC)


def read(path: Path, limit: int = 1000) -> NewExport:
    """The export in a file."""
    return read_export(path, "cli", NOW, limit)


def code_of(path: Path) -> str:
    """The code with which a file is refused."""
    with pytest.raises(ExportError) as raised:
        read(path)
    assert raised.value.where == str(path)
    assert raised.value.remedy
    assert path.name not in raised.value.message
    return raised.value.code


def test_a_file_is_read_with_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"content")
    assert read(path) == NewExport(hashlib.sha256(b"content").hexdigest(), b"content", "a.json", "cli", NOW)
    path.write_bytes(b"")
    assert read(path).content == b""


def test_a_file_above_the_limit_is_hashed_and_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 2."""
    monkeypatch.setattr(module, "PIECE", 100)
    path = tmp_path / "a.json"
    path.write_bytes(b"x" * 1000)
    assert read(path).oversize == 0
    path.write_bytes(b"x" * 1001)
    found = read(path)
    assert (found.sha256, found.content, found.oversize) == (hashlib.sha256(b"x" * 1001).hexdigest(), b"", 1001)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Invariant 1."""
    (tmp_path / "real").write_bytes(b"content")
    (tmp_path / "Ada").symlink_to("real")
    assert code_of(tmp_path / "Ada") == "file-link"


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    """Invariant 1: a pipe without a writer does not hold us up."""
    os.mkfifo(tmp_path / "pipe")
    assert code_of(tmp_path / "pipe") == "file-not-regular"
    assert code_of(tmp_path) == "file-not-regular"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s0"))
        assert code_of(tmp_path / "s0") == "file-unreadable"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert code_of(tmp_path / "none") == "file-unreadable"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"content")

    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert code_of(path) == "file-unreadable"


@pytest.mark.parametrize("change", ["grow", "cut", "touch", "rewrite"])
def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """Invariant 3."""
    path = tmp_path / "a.json"
    path.write_bytes(b"content")
    os.utime(path, (1, 1))
    original = os.read
    changes: dict[str, Callable[[], object]] = {
        "grow": lambda: path.write_bytes(b"content and more"),
        "cut": lambda: path.write_bytes(b"con"),
        "touch": lambda: os.utime(path, (2, 2)),
        "rewrite": lambda: path.write_bytes(b"CONTENT"),
    }

    def reading(descriptor: int, size: int) -> bytes:
        piece = original(descriptor, size)
        changes[change]()
        return piece

    monkeypatch.setattr(os, "read", reading)
    assert code_of(path) == "file-changing"


def test_a_failing_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"content")

    def failing(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", failing)
    assert code_of(path) == "file-unreadable"


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    before = len(list(Path("/proc/self/fd").iterdir()))
    read(tmp_path / "a")
    with pytest.raises(ExportError):
        read(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_folders_are_walked_in_order(tmp_path: Path) -> None:
    for name in ("b/2.json", "b/1.json", "a.json", "c/d/e.json", "c/.hidden/f.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    for name in (".hidden", "x.tmp", "x.PART", "x~", "x.json.filepart", "y.partial"):
        (tmp_path / name).write_bytes(b"x")
        assert is_partial(name)
    (tmp_path / "link").symlink_to(tmp_path / "a.json")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    refused: list[ExportError] = []
    found = [str(path.relative_to(tmp_path)) for path in files([tmp_path], refused.append)]
    assert found == ["a.json", "b/1.json", "b/2.json", "c/d/e.json"]
    assert [(Path(error.where).name, error.code) for error in refused] == [
        ("link", "file-link"), ("loop", "file-link"), ("pipe", "file-not-regular")
    ]  # fmt: skip


def test_what_is_named_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / ".hidden.tmp").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path)
    named = [tmp_path / ".hidden.tmp", tmp_path / "link"]
    assert list(files(named)) == named
    with pytest.raises(UsageError, match="path-missing"):
        list(files([tmp_path / "none"]))


def test_a_folder_that_cannot_be_read_is_said_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.json").write_bytes(b"x")
    scan = os.scandir

    def denied(folder: Path) -> object:
        if folder == tmp_path / "b":
            raise PermissionError(13, "Permission denied")
        return scan(folder)

    monkeypatch.setattr(os, "scandir", denied)
    refused: list[ExportError] = []
    assert list(files([tmp_path], refused.append)) == [tmp_path / "a/1.json", tmp_path / "c/1.json"]
    assert [(error.code, error.where) for error in refused] == [("folder-unreadable", str(tmp_path / "b"))]
    with pytest.raises(ExportError, match="folder-unreadable"):
        list(files([tmp_path]))
