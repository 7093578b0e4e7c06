"""One course's directory: files, and the manifest that says what they ought to be. Its promises stand in folder.py."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.destinations.protocol import Answer, Write

MANIFEST = "manifest.jsonl"
_VERSION_DIGITS = 16


@dataclass(frozen=True, slots=True)
class CourseFolder:
    """The directory of one course. Nothing in here costs more because the course is long."""

    path: Path
    fsync_files: bool = False
    is_new: bool = False

    @classmethod
    def opened(cls, path: Path, *, fsync_files: bool) -> CourseFolder:
        """The directory, made where it is missing."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            return cls(path, fsync_files)
        return cls(path, fsync_files, is_new=True)

    def names(self) -> set[str]:
        """The Type-id of every file."""
        return {file.stem for file in self.path.glob("[!.]*.json")}

    def stored(self, name: str) -> tuple[str, bytes] | None:
        """Version and content of a file; None where there is none (an empty one counts as missing: a power cut)."""
        try:
            with open(f"{self.path}/{name}.json", "rb") as file:  # noqa: PTH123 - pathlib costs more than the reading
                content = file.read()
        except FileNotFoundError:
            return None
        return (version(content), content) if content else None

    def take(self, writes: Sequence[Write]) -> list[Answer]:
        """Say in the manifest what may be written, then write it; an answer for each. Raises OSError."""
        found = [None if self.is_new else self.stored(f"{write.type}-{write.id}") for write in writes]
        digests = [hashlib.sha256(write.body).hexdigest() for write in writes]
        answers = [_answer(*each) for each in zip(writes, found, digests, strict=True)]
        taken = [
            (write, there, digest)
            for write, there, digest, answer in zip(writes, found, digests, answers, strict=True)
            if answer.status == "confirmed"
        ]
        if taken:
            appended(self.path / MANIFEST, (_line(write, digest) for write, _, digest in taken))
            for write, there, _ in taken:
                if there is None or there[1] != write.body:
                    written(f"{self.path}", f"{write.type}-{write.id}.json", write.body, fsync=self.fsync_files)
            _fsync_folder(self.path)
        return answers


def version(content: bytes) -> str:
    """The version of a file: what its bytes hash to, so that nothing has to be looked up."""
    return hashlib.sha256(content).hexdigest()[:_VERSION_DIGITS]


def _answer(write: Write, found: tuple[str, bytes] | None, digest: str) -> Answer:
    if write.if_match and (found is None or found[0] != write.if_match):
        return Answer("retry", code="version-conflict")
    return Answer("confirmed", digest[:_VERSION_DIGITS], write.id, created=found is None)


def _line(write: Write, digest: str) -> bytes:
    status = "retracted" if write.action == "retract" else "current"
    return f'{{"file":"{write.type}-{write.id}.json","sha256":"{digest}","status":"{status}"}}\n'.encode()


def appended(path: Path, lines: Iterable[bytes]) -> None:
    """Put whole lines at the end of a file, on the disk when this returns; a torn line before them is ended first."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        left = memoryview((b"\n" if torn else b"") + b"".join(lines))
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def written(folder: str, name: str, content: bytes, *, fsync: bool) -> None:
    """Put content in a file's place at once: readers see the old one or the new one, never a part."""
    beside = f"{folder}/.{name}.tmp"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(handle, left) :]
        if fsync:
            os.fsync(handle)
    finally:
        os.close(handle)
    os.rename(beside, f"{folder}/{name}")  # noqa: PTH104 - pathlib costs more than the renaming


def _fsync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
