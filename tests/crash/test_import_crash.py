"""kill -9 while `import --apply` fills a folder, with all its processes or one of them, then resume."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.config import load
from bridge.forked import Forked
from bridge.site import open_site
from tests.bench.exports import one_pump_each
from tests.cli.shell import COMMAND, Shell

pytestmark = [pytest.mark.crash, pytest.mark.slow]

SEED = 20251123
EXPORTS = 160


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    made = Shell(tmp_path, capsys)
    made.set_up()
    (tmp_path / "in").mkdir()
    for export in one_pump_each(EXPORTS, SEED):
        (tmp_path / "in" / export.name).write_bytes(export.content)
    return made


def charted(folder: Path) -> int:
    """How many courses have a directory."""
    return len(list((folder / "charts").iterdir())) if (folder / "charts").exists() else 0


def family(parent: int) -> list[int]:
    """The processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def wait(folder: Path, courses: int) -> None:
    until = time.monotonic() + 60
    while charted(folder) < courses:
        assert time.monotonic() < until, "it did not come so far"
        time.sleep(0.002)


def ends(processes: list[int]) -> Iterator[bool]:
    """Whether each of these processes ends, without being told to."""
    for process in processes:
        until = time.monotonic() + 30
        while time.monotonic() < until and Path(f"/proc/{process}").exists():
            time.sleep(0.02)
        yield not Path(f"/proc/{process}").exists()


def true(folder: Path) -> bool:
    """Whether everything is confirmed once, and there as it was confirmed; no half-written file is left over."""
    with open_site(load(folder / "pumpbridge.toml")) as site:
        rows = [row for course in site.store.courses() for row in site.store.ledger("folder", course.course)]
        drifted = site.reconciler("folder").verify()
    files = [file for file in (folder / "charts").rglob("*-*.json") if not file.name.startswith(".")]
    assert {row.state for row in rows} == {"confirmed"}
    assert len({row.id for row in rows}) == len(rows)
    return drifted == [] and {f"{row.type}-{row.id}" for row in rows} <= {file.stem for file in files}


@pytest.mark.parametrize("number", range(4))
def test_an_import_that_is_killed_is_gone_on_with(shell: Shell, number: int) -> None:
    chance = random.Random(f"{SEED} {number}")
    with subprocess.Popen([*COMMAND, "import", "in", "--apply"], stdout=subprocess.PIPE, cwd=shell.folder) as importing:
        wait(shell.folder, chance.randrange(5, EXPORTS * 3 // 4))
        others = family(importing.pid)
        importing.kill()
    assert all(ends(others))
    assert charted(shell.folder) < EXPORTS + 1
    shell("apply", "--yes")
    assert shell.json("plan")["empty"] is True
    assert charted(shell.folder) == EXPORTS + 1
    assert true(shell.folder)


def test_a_helper_that_is_killed_is_said(shell: Shell) -> None:
    with subprocess.Popen(
        [*COMMAND, "import", "in", "--apply"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=shell.folder
    ) as importing:
        wait(shell.folder, 20)
        others = family(importing.pid)
        for other in others:
            os.kill(other, signal.SIGKILL)
        importing.communicate()
    assert importing.returncode == (1 if others else 0)
    shell("apply", "--yes")
    assert charted(shell.folder) == EXPORTS + 1
    assert true(shell.folder)


def test_a_forked_process_says_what_it_says_and_how_it_ends() -> None:
    def task() -> None:
        os.write(1, os.read(0, 5))
        raise SystemExit(3)

    child = Forked(task)
    assert child.poll() is None
    child.stdin.write(b"hello")
    assert child.wait(30) == 3
    assert child.stdout.read() == b"hello"
    closed(child)


def test_a_forked_process_is_waited_for_no_longer_than_told() -> None:
    child = Forked(lambda: time.sleep(60))
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.01)
    child.kill()
    assert child.wait(30) == -signal.SIGKILL
    child.kill()
    closed(child)


def closed(child: Forked) -> None:
    child.stdin.close()
    child.stdout.close()
