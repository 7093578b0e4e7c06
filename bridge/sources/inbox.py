"""The watched folder: files that others write into it are accepted once they are whole, then moved away.

1. A file is taken when its size and time have not changed for the settle time, and its name does not say half-written.
2. A file is moved only after the commit of what is in it; a crash in between accepts it again, as known, and moves it.
3. Nothing in the destination folders is ever overwritten; a name that is taken gets the hash put before it.
4. A symbolic link, a folder or a device is left alone; a file that cannot be read is reported once, and again only
   after it changed. Links, pipes, sockets and devices are reported once each, by code and number.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.accept import Receipt, Settings, accept_many
from bridge.adapter import Adapter
from bridge.clock import Clock
from bridge.errors import ConfigError, ExportError
from bridge.export import is_partial, read_export
from bridge.log import get
from bridge.store.protocol import Intake, NewExport

log = get(__name__)
SOURCE = "inbox"
Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Folders:
    """The watched folder and where its files go."""

    inbox: Path
    done: Path
    quarantine: Path

    def prepare(self) -> None:
        """Make what is missing (mode 0700); raises ConfigError where one is not a folder that can be written."""
        for folder in (self.inbox, self.done, self.quarantine):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise _unusable(folder, error.strerror or "") from None
            if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                raise _unusable(folder, "not readable and writable")


@dataclass(frozen=True, slots=True)
class Parts:
    """What accepting needs."""

    adapters: Mapping[str, Adapter]
    store: Intake
    settings: Settings
    clock: Clock


class Inbox:
    """One watched folder; `scan` looks once, `run` looks again and again until it is stopped."""

    def __init__(
        self, folders: Folders, parts: Parts, *, settle_seconds: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.folders = folders
        self.parts = parts
        self.settle_seconds = settle_seconds
        self._monotonic = monotonic
        self._seen: dict[Path, tuple[Shape, float]] = {}
        self._refused: dict[Path, Shape] = {}
        self._odd: dict[Path, str] = {}
        self._readable = True

    def run(self, stop: Callable[[float], bool], poll_seconds: float) -> None:
        """Scan until `stop`, which waits for that many seconds, says that it is enough."""
        self.folders.prepare()
        while True:
            self.scan()
            if stop(poll_seconds):
                return

    def scan(self, on_receipt: Callable[[Receipt], None] = lambda receipt: None) -> int:
        """Accept and move every file that is whole by now; answers how many."""
        count = 0
        taken: list[Path] = []
        for receipt in accept_many(self._exports(taken), self.parts.adapters, self.parts.store, self.parts.settings):
            self._move(taken[count], receipt)
            on_receipt(receipt)
            count += 1
        return count

    def _exports(self, taken: list[Path]) -> Iterator[NewExport]:
        """The exports in the files that are whole; `taken` gets their paths in the same order."""
        for path in self._settled():
            export = self._read(path)
            if export is not None:
                taken.append(path)
                yield export

    def _settled(self) -> list[Path]:
        """The files that have not changed for the settle time, by name; forgets those that are gone."""
        found = dict(self._listed())
        now = self._monotonic()
        before, self._seen = self._seen, {}
        for path, shape in found.items():
            known = before.get(path)
            self._seen[path] = known if known and known[0] == shape else (shape, now)
        self._refused = {path: shape for path, shape in self._refused.items() if found.get(path) == shape}
        whole = (path for path, (_, since) in self._seen.items() if now - since >= self.settle_seconds)
        return [path for path in whole if path not in self._refused]

    def _names(self) -> list[str]:
        """The names in the folder; none, and one line in the log, while it cannot be read."""
        try:
            with os.scandir(self.folders.inbox) as entries:
                names = sorted(entry.name for entry in entries if not is_partial(entry.name))
        except OSError as error:
            if self._readable:
                log.error("inbox_not_readable", error_type=type(error).__name__)
            self._readable = False
            return []
        if not self._readable:
            log.info("inbox_readable_again", source=SOURCE)
        self._readable = True
        return names

    def _listed(self) -> list[tuple[Path, Shape]]:
        """The regular files; says once of each link, pipe, socket and device that it is left alone."""
        files: list[tuple[Path, Shape]] = []
        odd: dict[Path, str] = {}
        for path in (self.folders.inbox / name for name in self._names()):
            try:
                found = path.lstat()
            except OSError:
                continue
            if stat.S_ISREG(found.st_mode):
                files.append((path, (found.st_size, found.st_mtime_ns, found.st_ino)))
            elif code := _odd(found.st_mode):
                odd[path] = code
        for code, count in Counter(code for path, code in odd.items() if self._odd.get(path) != code).items():
            log.warning("files_left_alone", code=code, count=count, source=SOURCE)
        self._odd = odd
        return files

    def _read(self, path: Path) -> NewExport | None:
        try:
            return read_export(path, SOURCE, self.parts.clock.now(), self.parts.settings.export_bytes)
        except ExportError as error:
            if error.code != "file-changing" and path in self._seen:
                self._refused[path] = self._seen[path][0]
                log.warning("file_not_read", code=error.code, source=SOURCE)
            return None

    def _move(self, path: Path, receipt: Receipt) -> None:
        """Put the file where its receipt says; one that changed since it was read stays, as a new file."""
        target = self.folders.quarantine if receipt.code else self.folders.done
        try:
            found = path.lstat()
            if (found.st_size, found.st_mtime_ns, found.st_ino) == self._seen[path][0]:
                moved(path, target, receipt.sha256)
        except OSError as error:
            self._refused[path] = self._seen[path][0]
            log.error("file_not_moved", export=receipt.sha256, error_type=type(error).__name__)


def left_alone(inbox: Path) -> dict[str, int]:
    """How many links (`file-link`), pipes, sockets and devices (`file-not-regular`) lie in an inbox; {} if unreadable.

    Nobody takes them: whoever put them there thinks that they were delivered.
    """
    try:
        with os.scandir(inbox) as entries:
            modes = [entry.stat(follow_symlinks=False).st_mode for entry in entries if not is_partial(entry.name)]
    except OSError:
        return {}
    return dict(Counter(code for mode in modes if (code := _odd(mode))))


def _odd(mode: int) -> str:
    """The code of what is neither a file nor a folder; '' for these."""
    if stat.S_ISLNK(mode):
        return "file-link"
    return "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else "file-not-regular"


def moved(path: Path, folder: Path, sha256: str) -> Path:
    """Move a file into a folder without overwriting anything there, also over the border of a file system."""
    for name in (path.name, f"{sha256[:16]}-{path.name}", *(f"{sha256[:16]}-{n}-{path.name}" for n in range(2, 1000))):
        target = folder / name
        try:
            return _linked(path, target)
        except FileExistsError:
            continue
    raise FileExistsError(errno.EEXIST, "a thousand files of this name and content", str(folder))


def _linked(path: Path, target: Path) -> Path:
    """A new name, then the old one gone: unlike a rename, this never overwrites."""
    try:
        os.link(path, target, follow_symlinks=False)
    except FileExistsError:
        if not target.samefile(path):
            raise
    except OSError:
        _copied(path, target)
    path.unlink()
    return target


def _copied(path: Path, target: Path) -> None:
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as copy, path.open("rb") as original:
        shutil.copyfileobj(original, copy)
        copy.flush()
        os.fsync(copy.fileno())


def _unusable(folder: Path, why: str) -> ConfigError:
    return ConfigError(
        f"a folder of the inbox cannot be used: {why}",
        where=str(folder),
        code="config-inbox",
        remedy="make it, and let the user of the bridge read and write it",
    )
