"""The command line as a person uses it, in a folder of its own: in this process, or as a process where that matters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.app import run

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures" / "journey"
KEY_SYSTEM = "https://hospital.example/sid/mrn"
AS_OF = "2025-06-20T12:00+01:00"
NAMESPACES = {"site.namespace": "0a" * 32, "simulated.namespace": "0b" * 32}
COMMAND = [sys.executable, "-P", "-c", "from bridge.cli import main; main()"]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        """Its --json document: the only thing on standard output."""
        return json.loads(self.out)


class Shell:
    """Runs commands in `folder`, which is the current one."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capture = capture

    def __call__(self, *arguments: str | Path, status: int | None = 0) -> Done:
        """Run one command and require its status (None: whatever it is)."""
        self.capture.readouterr()
        ended = run([str(argument) for argument in arguments])
        out, err = self.capture.readouterr()
        assert status is None or ended == status, f"{arguments} ended with {ended}\n{out}\n{err}"
        return Done(ended, out, err)

    def json(self, *arguments: str | Path, status: int | None = 0) -> Any:
        """Run one command with --json and answer its document."""
        return self(*arguments, "--json", status=status).facts

    def process(self, *arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run one command as a process."""
        command = [*COMMAND, *map(str, arguments)]
        given = {"capture_output": True, "text": True, "timeout": 120, "cwd": self.folder, **more}
        return subprocess.run(command, **given)

    def set_up(self, *options: str, extra: str = "", folder: Path | None = None) -> None:
        """A configured site with fixed namespaces, `extra` lines at the end of its configuration."""
        where = folder or self.folder
        for name, secret in NAMESPACES.items():
            (where / name).write_text(secret)
            (where / name).chmod(0o600)
        options = options or ("--test",)
        file = where / "pumpbridge.toml"
        names = ("--zone", "Europe/London", "--organisation", "Invented Clinic", "--key-system", KEY_SYSTEM)
        self("init", file, *names, *options)
        if extra:
            file.write_text(file.read_text() + extra)

    def resources(self, folder: str = "charts") -> dict[str, dict[str, Any]]:
        """Every resource in the folder destination by `course/Type-id`."""
        root = self.folder / folder
        files = sorted(root.rglob("*.json"))
        return {f"{file.parent.name}/{file.stem}": json.loads(file.read_bytes()) for file in files}


def environment(**more: str) -> dict[str, str]:
    """This process's environment with some more."""
    return {**os.environ, **more}


def journey(pattern: str = "*.json") -> list[Path]:
    """The journey's exports in order."""
    return sorted(FIXTURES.glob(pattern))


def made(name: str, **replaced: str) -> bytes:
    """A fixture's bytes with texts replaced."""
    text = (FIXTURES / name).read_text(encoding="utf-8")
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()
