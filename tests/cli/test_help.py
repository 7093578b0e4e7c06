"""What `--help` says, how quickly, and that the reference is made of it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.cli.app import SECTIONS, VERBS, command
from bridge.cli.reference import reference
from tests.cli.shell import COMMAND, Shell

HEAVY = ("pydantic", "fhir.resources", "rich", "lxml", "urllib3", "sqlite3", "structlog")
ISSUE = (
    "init check import inspect chart validate pumps course findings plan apply run status explain quarantine parked "
    "supersede withdraw assign link reread adapters capture simulate rehearse"
).split()


def test_every_verb_is_there() -> None:
    assert sorted(VERBS) == sorted(ISSUE)


@pytest.mark.parametrize("name", ISSUE)
def test_the_table_says_what_the_verb_says(name: str) -> None:
    found = command(name)
    assert found.help is not None
    assert found.help.split("\n\n")[0].replace("\n", " ") == VERBS[name].help


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom bridge.cli.app import run\nrun(['--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr.strip() == "[]"


def test_help_is_quick() -> None:
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([*COMMAND, "--help"], stdout=subprocess.DEVNULL, check=True, timeout=60)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.4


def test_help_lists_the_verbs_in_their_sections(shell: Shell) -> None:
    shown = shell("--help").out
    places = [shown.index(f"{title}:") for title in SECTIONS]
    assert places == sorted(places)
    assert all(f"  {name} " in shown for name in VERBS)


def test_each_verb_has_help(shell: Shell) -> None:
    for name in VERBS:
        assert f"Usage: pumpbridge {name}" in shell(name, "--help").out


def test_a_misspelt_verb_is_a_usage_error_that_suggests(shell: Shell) -> None:
    done = shell("plna", status=2)
    assert "Did you mean 'plan'?" in done.err
    assert shell("nonsense", status=2).out == ""


def test_nothing_given_shows_the_help(shell: Shell) -> None:
    assert "Usage: pumpbridge" in (done := shell(status=None)).out + done.err
    assert done.status in (0, 2)


def test_the_version(shell: Shell) -> None:
    assert shell("--version").out.startswith("pumpbridge ")


def test_the_reference_is_what_help_says() -> None:
    page = Path(__file__).resolve().parent.parent.parent / "docs" / "reference" / "cli.md"
    assert page.read_text(encoding="utf-8") == reference().rstrip("\n") + "\n"
    assert "`pumpbridge quarantine drop`" in reference()
