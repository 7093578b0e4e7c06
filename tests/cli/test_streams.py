"""Standard output and error: what goes where, what a closed or full one means, and no colour where none is wanted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cli import output
from bridge.cli.app import run
from bridge.errors import ConfigError
from tests.cli.shell import COMMAND, Shell, environment, journey


def test_a_reader_that_goes_away_is_no_error(shell: Shell) -> None:
    files = " ".join(str(file) for file in journey())
    code = "from bridge.cli import main; main()"
    line = f"'{sys.executable}' -P -c '{code}' chart {files} --ndjson | head -c 1 >/dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.stderr) == ("141", "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_slow_reader_gets_everything(shell: Shell, unbuffered: str) -> None:
    command = [*COMMAND, "chart", *map(str, journey()), "--ndjson", "--as-of", "2025-06-20T00:00Z"]
    slow = "import sys, time; time.sleep(1); print(len(sys.stdin.buffer.read()))"
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(PYTHONUNBUFFERED=unbuffered)) as writer:
        done = subprocess.run([sys.executable, "-c", slow], stdin=writer.stdout, capture_output=True, timeout=120)
    whole = shell.process(*command[len(COMMAND) :])
    assert writer.returncode == 0
    assert int(done.stdout) == len(whole.stdout.encode())


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_full_disk_is_said_so(shell: Shell, options: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = shell.process("adapters", *options, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr.splitlines()[0]) == (7, "error disk-full: the disk is full")


def test_closed_streams_are_not_taken_by_files(shell: Shell) -> None:
    done = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -P -c 'from bridge.cli import main; main()' adapters >&- 2>&-"]
    )
    assert done.returncode == 0


def test_no_colour_where_none_is_wanted(site: Shell) -> None:
    done = site.process("status", env=environment(NO_COLOR="1", FORCE_COLOR="1", COLUMNS="120"))
    assert "\x1b[3" not in done.stdout


def test_an_encoding_that_knows_little(shell: Shell) -> None:
    few = environment(LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    assert shell.process("inspect", journey()[0], env=few).returncode == 0
    done = shell.process("inspect", journey()[0], "--json", env=few)
    assert done.stdout.isascii()


def test_texts_of_an_export_cannot_steer_the_terminal() -> None:
    assert output.safe("a\x1b[2Jb\x00\tµ") == "a\\x1b[2Jb\\x00\\tµ"


def test_errors_say_code_place_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    output.problem(ConfigError("wrong", where="/here", remedy="right it", code="config-x"))
    assert capsys.readouterr().err == "error config-x: wrong\n  where:  /here\n  remedy: right it\n"


def test_our_own_bug_shows_places_and_no_data(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        secret = "Musterfrau"
        raise ValueError(f"no such patient: {secret}")

    monkeypatch.setattr("bridge.cli.adapters.find", broken)
    capsys.readouterr()
    assert run(["adapters"]) == 1
    shown = capsys.readouterr().err
    assert "this is our bug: ValueError" in shown
    assert "test_streams.py" in shown
    assert "Musterfrau" not in shown


def test_another_system_is_refused(shell: Shell) -> None:
    code = "import sys; sys.platform = 'darwin'; from bridge.cli import main; main()"
    done = subprocess.run([sys.executable, "-P", "-c", code, "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "Linux only" in done.stderr
