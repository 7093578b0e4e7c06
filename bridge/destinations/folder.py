"""A folder as a destination: a directory a course, a file a resource (`Type-id.json`, canonical bytes), a manifest.

1. A file is written beside its place and renamed: after a kill at any instant every file is whole, old or new.
2. A version is what a file's bytes hash to: sending the same bytes again leaves it as it is, and a person's edit is
   another version. Nothing has to be looked up for it, so that a course of ten thousand sessions costs no more than one
   of ten.
3. A course's manifest (JSON lines: file, SHA-256, status; the last line of a file holds) only grows, and says what a
   file ought to be before the file is written. Where they differ the send was cut off (the next one looks, and heals),
   a power cut took the file, or a person changed it.
4. A folder that held something before (`held`) and is not there is unreachable, never empty and never made anew: a
   share that is not mounted, a disk that was moved.
5. Manifest and directory are on the disk (fsync) before an answer says confirmed; the files are only with
   `fsync_files`. Without it a power cut may cost files that were confirmed: then they are missing, empty or old, their
   version is another, and the next look sees it.

A file name holds an opaque id, a directory the course's token; nobody but the owner may read. One process writes a
course at a time (the store's lease).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bridge.destinations.fhir_patients import matched, new_patient
from bridge.destinations.folder_course import CourseFolder, written
from bridge.destinations.protocol import (
    WRITTEN,
    Answer,
    Capabilities,
    DeviceMatch,
    PatientMatch,
    PumpSought,
    Stored,
    Write,
)
from bridge.errors import BridgeError, Bug, DestinationError
from bridge.fhir_json import Json, read

PATIENTS = "patients"
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Folder:
    """A destination in the file system; it takes any patient, by reference to his identifier."""

    limit = 1000
    patience = 0.0
    append_only = False
    together = 8

    def __init__(self, path: Path, *, fsync_files: bool = False, held: bool = False) -> None:
        self._path = path
        self._held = held
        self._fsync_files = fsync_files
        self._ready = False

    def close(self) -> None:
        """Nothing is held open."""

    def capabilities(self) -> Capabilities:
        """Our ids and versions; no transactions: a kill in the middle leaves some files new and some old."""
        return Capabilities(False, True, True, False, WRITTEN, "folder", "1")

    # --- patients (test only) --------------------------------------------------------------------------------------

    def find_patient(self, system: str, value: str) -> PatientMatch:
        """The Patient that was created here with this identifier."""
        path = self._patient(system, value)[0]
        return matched([_object(path.read_bytes())] if path.is_file() else [], system, value)

    def create_patient(self, system: str, value: str) -> str:
        """Write a Patient of this identifier (test only) and answer its reference."""
        path, body = self._patient(system, value)
        with _reachable():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            written(str(path.parent), path.name, body, fsync=True)
        return f"Patient/{path.stem.partition('-')[2]}"

    def _patient(self, system: str, value: str) -> tuple[Path, bytes]:
        id, body = new_patient(system, value)
        return self._root() / PATIENTS / f"Patient-{id}.json", body

    def find_pump(self, pump: PumpSought) -> DeviceMatch:
        """A hospital keeps no Devices here."""
        return DeviceMatch("none")

    # --- writing ---------------------------------------------------------------------------------------------------

    def send(
        self, writes: Sequence[Write], *, course: str, server_ids: Mapping[str, str] | None = None
    ) -> list[Answer]:
        """Write the manifest's lines, then each file in order; an answer for each write."""
        if not _TOKEN.fullmatch(course) or course == PATIENTS:
            raise Bug("a course's token is letters, digits, point, underscore and hyphen")
        try:
            folder = CourseFolder.opened(self._root() / course, fsync_files=self._fsync_files)
        except (OSError, DestinationError) as error:
            why = error.message if isinstance(error, DestinationError) else _unreachable().message
            return [Answer("unreachable", code="folder-unreachable", detail=why)] * len(writes)
        try:
            return folder.take(writes)
        except OSError as error:
            return [Answer("in_doubt", code="folder-unwritable", detail=error.strerror or "")] * len(writes)

    # --- reading ---------------------------------------------------------------------------------------------------

    def look(self, type: str, id: str, identifier: tuple[str, str], course: str = "") -> Stored | None:
        """The file of a resource as it is now, or None where there is none."""
        with _reachable():
            for folder in self._holding(f"{type}-{id}", course):
                found = folder.stored(f"{type}-{id}")
                if found is not None:
                    return Stored(found[0], _object(found[1]), server_id=id)
        return None

    def versions(self, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """The present version of each file that is there."""
        wanted = {f"{kind}-{id}": (kind, id) for kind, id in ids}
        versions: dict[tuple[str, str], str] = {}
        with _reachable():
            for folder in self._courses():
                for name in wanted.keys() & folder.names():
                    found = folder.stored(name)
                    if found is not None:
                        versions[wanted[name]] = found[0]
        return versions

    def _holding(self, name: str, course: str) -> Iterable[CourseFolder]:
        """The named course, or whichever has the file."""
        if course:
            folder = self._root() / course
            return [CourseFolder(folder)] if folder.is_dir() else []
        return (folder for folder in self._courses() if (folder.path / f"{name}.json").exists())

    def _courses(self) -> Iterator[CourseFolder]:
        for path in self._root().iterdir():
            if path.name != PATIENTS and path.is_dir():
                yield CourseFolder(path)

    def _root(self) -> Path:
        """The folder; made at the first use, and missed after that (a share that is not mounted is not empty)."""
        if not self._ready and not self._held:
            with _reachable():
                self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._ready = True
        if not self._path.is_dir():
            raise _missing()
        return self._path

    def need_held(self) -> None:
        """Raises DestinationError where the folder held something and is not there; makes nothing."""
        if self._held and not self._path.is_dir():
            raise _missing()


class _reachable:
    """Turns a failure of the file system into a DestinationError without a path in it."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise _unreachable() from None


def _unreachable() -> DestinationError:
    return DestinationError("the folder cannot be read or written", code="folder-unreachable")


def _missing() -> DestinationError:
    return DestinationError("the folder is not there", code="folder-unreachable")


def _object(content: bytes) -> Json:
    """The resource in a file; an empty one where a person left something else there."""
    try:
        body = read(content)
    except BridgeError:
        return {}
    return body if isinstance(body, dict) else {}
