"""Every test of the command line stands in an empty folder, and leaves the log as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from fhir_profiles.engine import process
from tests.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    """Commands in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PUMPBRIDGE_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(process, "BUILT", tmp_path / "no-engine")  # whether one was built here changes no test
    configured, before = structlog.is_configured(), structlog.get_config()
    yield Shell(tmp_path, capsys)
    structlog.configure(**before) if configured else structlog.reset_defaults()


@pytest.fixture
def site(shell: Shell) -> Shell:
    """The same with a site whose folder takes simulated data."""
    shell.set_up()
    return shell
