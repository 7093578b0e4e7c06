"""The README's tour by hand, typed as it is printed: every command works, and every line of output is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOUR = (
    (ROOT / "README.md")
    .read_text(encoding="utf-8")
    .partition("### The same by hand")[2]
    .partition("### A real server")[0]
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ID = re.compile(r"\b(pb|pbsim)-[0-9a-f]{40}\b")

pytestmark = pytest.mark.slow


def plain(text: str) -> list[str]:
    """Lines without what differs from site to site: ids, rulers, blanks at the end."""
    lines = (_ID.sub(r"\1-id", line).rstrip() for line in text.splitlines())
    return [line for line in lines if line.strip(" ─…")]


def test_the_tour_works_and_shows_what_it_shows(tmp_path: Path) -> None:
    typed = "".join(found[2] for found in _FENCE.finditer(TOUR) if found[1] == "sh")
    typed = typed.replace(". .venv/bin/activate\n", "").replace("/tmp/tour", str(tmp_path / "tour"))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path), "LANG": "C.UTF-8", "COLUMNS": "112"}
    done = subprocess.run(
        ["bash", "-eu", "-c", typed], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shown = "".join(found[2] for found in _FENCE.finditer(TOUR) if not found[1])
    said = set(plain(done.stdout))
    missing = [line for line in plain(shown.replace("/tmp/tour", str(tmp_path / "tour"))) if line not in said]
    assert missing == []
