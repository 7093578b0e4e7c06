"""The official HL7 validator engine: a Java process that is told resources and profiles, and answers with issues.

Promises: it works offline (`src` says with which terminology) and ends with the `with` block; answers come in the
order of the questions; a resource is handed on as the text that it is. An engine that cannot be had is
EngineUnavailable with the reason and how to get it; one that fails on the way is EngineFailed. Must not know charts.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread
from typing import IO, Any

from fhir_profiles.versions import Version

PROJECT = Path(__file__).parent
BUILT = PROJECT / "target"
OURS = PROJECT.parent / "built"
"""The folder of our own definitions."""
OPTIONS = ("-Xmx1500m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_MAIN = "pumpbridge.engine.Main"


class EngineUnavailable(Exception):
    """The engine cannot be had: why, and how to get it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason, self.remedy = reason, remedy


class EngineFailed(Exception):
    """The engine ended, or could not read what it was given: its own words."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that the engine finds."""

    severity: str
    rule: str
    element: str
    message: str

    @property
    def is_error(self) -> bool:
        """Whether the resource is refused for it."""
        return self.severity in ("error", "fatal")

    @property
    def name(self) -> str:
        """The rule's short name: an invariant's key (mad-1), else what the engine calls its message."""
        return self.rule.rpartition("#")[2]


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile among the definitions given: its canonical address, version, resource type, title, and file."""

    url: str
    version: str
    type: str
    title: str
    file: str

    @property
    def name(self) -> str:
        """The last part of its address."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The engine's name and FHIR version; of what it was given: how many definitions, which profiles, what not used."""

    engine: str
    fhir: str
    definitions: int
    profiles: tuple[Profile, ...]
    refused: tuple[tuple[str, str], ...]


class Engine:
    """A started engine."""

    def __init__(self, process: subprocess.Popen[str], log: IO[bytes]) -> None:
        self._process, self._log = process, log
        said = self._answer()
        profiles = tuple(
            Profile(*(one[key] for key in ("url", "version", "type", "title", "from"))) for one in said["profiles"]
        )
        refused = tuple((one["file"], one["reason"]) for one in said["refused"])
        self.loaded = Loaded(said["engine"], said["fhir"], said["definitions"], profiles, refused)

    def judge(self, questions: Iterable[tuple[str, Sequence[str]]]) -> Iterator[list[Issue]]:
        """The issues of each resource (its JSON), held to the standard, to what it claims, and to these profiles."""
        asked = list(questions)
        writer = Thread(target=self._ask, args=(asked,), daemon=True)
        writer.start()
        for _ in asked:
            yield [Issue(**one) for one in self._answer()["issues"]]
        writer.join()

    def _ask(self, questions: Sequence[tuple[str, Sequence[str]]]) -> None:
        assert self._process.stdin is not None
        try:
            for text, profiles in questions:
                self._process.stdin.write(json.dumps({"resource": text, "profiles": list(profiles)}) + "\n")
            self._process.stdin.flush()
        except OSError:
            pass  # it has ended: the reader hears of it

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not (line.startswith("{") and line.endswith("\n")):  # Java itself speaks where it cannot begin
            raise EngineFailed(f"the validator engine ended: {line.strip() or self._last_words()}")
        return json.loads(line)

    def _last_words(self) -> str:
        text = os.pread(self._log.fileno(), 100_000, 0).decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("\tat ")]
        return (lines or ["it said nothing"])[-1]


@contextmanager
def running(
    home: Path | None = None,
    version: Version = "R4",
    definitions: Sequence[Path] = (),
    options: Sequence[str] = OPTIONS,
) -> Iterator[Engine]:
    """Yield an engine that knows these definitions (files, folders, packages) beside the standard's own.

    Of two with one address, that given first holds. Raises EngineUnavailable, EngineFailed.
    """
    command = [*_java(home), version, *(str(path) for path in definitions)]
    with TemporaryFile() as log:
        process = subprocess.Popen(
            [command[0], *options, *command[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        try:
            yield Engine(process, log)
        finally:
            _end(process)


def _java(home: Path | None) -> list[str]:
    """How the engine is started; raises EngineUnavailable."""
    built = home or BUILT
    if (
        not (built / "classes" / Path(*_MAIN.split("."))).with_suffix(".class").is_file()
        or not (built / "lib").is_dir()
    ):
        where = f"it is not built in {built}" if home else "it is not built"
        raise EngineUnavailable(where, how_to_get(home))
    java = shutil.which("java")
    if java is None:
        raise EngineUnavailable("java is not installed", "install a JDK 17 or newer")
    return [java, "-cp", f"{built / 'classes'}:{built / 'lib'}/*", _MAIN]


def how_to_get(home: Path | None = None) -> str:
    """The command that builds it, in words."""
    elsewhere = f" -Dengine.home={home.absolute()}" if home else ""
    return f"build it once with JDK 17 and Maven: mvn -q -B -f {PROJECT / 'pom.xml'}{elsewhere} process-classes"


def _end(process: subprocess.Popen[str], seconds: float = 10.0) -> None:
    process.terminate()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                pass  # what was not written yet has no reader any more
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
