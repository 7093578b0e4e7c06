"""One course's directory: files, and the manifest that vouches for them. Its promises stand in folder.py."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.destinations.protocol import Answer, Write
from bridge.errors import BridgeError
from bridge.fhir_json import Json, canonical, read

MANIFEST = "manifest.json"


@dataclass(slots=True)
class CourseFolder:
    """The directory of one course; the manifest is read when it is first needed."""

    path: Path
    fsync_files: bool = False
    _rows: dict[str, Json] | None = field(default=None, init=False)

    @classmethod
    def opened(cls, path: Path, *, fsync_files: bool) -> CourseFolder:
        """The directory, made where it is missing."""
        path.mkdir(mode=0o700, exist_ok=True)
        return cls(path, fsync_files)

    def names(self) -> set[str]:
        """The Type-id of every file."""
        return {file.stem for file in self.path.glob("[!.]*.json") if file.name != MANIFEST}

    def stored(self, name: str) -> tuple[str, bytes] | None:
        """Version and content of a file; no version where it was there and is not; None where it never was."""
        content = self._content(name)
        row = self._manifest().get(name)
        if content is None:
            return ("", b"") if row is not None else None
        digest = hashlib.sha256(content).hexdigest()
        vouched = row is not None and row.get("sha256") == digest
        return (str(row["version"]) if vouched and row else f"edited-{digest[:8]}"), content

    def take(self, writes: Sequence[Write]) -> list[Answer]:
        """Write what may be written, then the manifest if it moved; raises OSError with the manifest as it was."""
        answers = [self._take(write) for write in writes]
        if any(answer.status == "confirmed" for answer in answers):
            written(self.path / MANIFEST, canonical(self._manifest()), fsync=True)
            _fsync_folder(self.path)
        return answers

    def _take(self, write: Write) -> Answer:
        name = f"{write.type}-{write.id}"
        found = self.stored(name)
        version, content = found if found is not None else ("", b"")
        if write.if_match and version != write.if_match:
            return Answer("retry", code="version-conflict")
        row = self._manifest().get(name, {"version": 0})
        if content != write.body:
            written(self.path / f"{name}.json", write.body, fsync=self.fsync_files)
        if content != write.body or version != str(row["version"]):
            status = "retracted" if write.action == "retract" else "current"
            digest = hashlib.sha256(write.body).hexdigest()
            row = {"version": int(row["version"]) + 1, "sha256": digest, "status": status}
            self._manifest()[name] = row
        return Answer("confirmed", str(row["version"]), write.id, created=not version)

    def _content(self, name: str) -> bytes | None:
        """The bytes of a file; an empty one counts as missing (a power cut leaves such)."""
        try:
            return (self.path / f"{name}.json").read_bytes() or None
        except FileNotFoundError:
            return None

    def _manifest(self) -> dict[str, Json]:
        if self._rows is None:
            self._rows = _rows(self.path / MANIFEST)
        return self._rows


def _rows(path: Path) -> dict[str, Json]:
    """The manifest; an empty one where it is missing or no longer a manifest: then it vouches for nothing."""
    try:
        found: Any = read(path.read_bytes())
    except (FileNotFoundError, BridgeError):
        return {}
    rows = found if isinstance(found, dict) else {}
    return {name: row for name, row in rows.items() if isinstance(row, dict) and isinstance(row.get("version"), int)}


def written(path: Path, content: bytes, *, fsync: bool) -> None:
    """Put content in a file's place at once: readers see the old one or the new one, never a part."""
    beside = path.with_name(f".{path.name}.tmp")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        if fsync:
            os.fsync(file.fileno())
    beside.replace(path)


def _fsync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
