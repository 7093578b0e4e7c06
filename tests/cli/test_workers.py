"""Reconcilers as processes: the same charts as alone, stopped cleanly, and none left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.config import load
from bridge.errors import ConfigError
from bridge.jobs import Job, Report, Sums
from bridge.members import Member
from bridge.reconcile import Consent
from bridge.site import open_site
from bridge.workers import apply_all
from tests.cli.shell import AS_OF, COMMAND, Shell, made

AT = datetime.fromisoformat(AS_OF).astimezone(UTC)
PUMPS = 24


def many(shell: Shell, count: int = PUMPS) -> None:
    """So many pumps, one export each."""
    folder = shell.folder / "exports"
    folder.mkdir()
    for number in range(count):
        replaced = {"JX100231": f"JX{number:06}", "0048213": f"{number:07}"}
        (folder / f"{number}.json").write_bytes(made("02-ada-refill.json", **replaced))
    shell("import", folder)


def notes_left_out(shell: Shell) -> dict[str, object]:
    """The folder without what belongs to plans: their ids and times are each run's own; courses by their pump."""
    found = shell.resources()
    return {name.partition("/")[2]: body for name, body in found.items() if "/Provenance-" not in name}


def apply_with(shell: Shell, processes: int) -> Sums:
    file = shell.folder / "pumpbridge.toml"
    with open_site(load(file)) as site:
        site.register()
        return apply_all(site, Job(file, ("folder",), as_of=AT), processes=processes)


def test_several_processes_make_the_charts_that_one_makes(shell: Shell) -> None:
    shell.set_up()
    many(shell)
    sums = apply_with(shell, 3)
    assert (sums.applied, sums.open, sums.amended, sums.retracted) == (PUMPS, {}, 0, 0)
    together = notes_left_out(shell)
    assert sums.confirmed == len(shell.resources())
    for folder in ("charts", "exports"):
        subprocess.run(["rm", "-r", str(shell.folder / folder)], check=True)
    for file in shell.folder.glob("pumpbridge.*"):
        file.unlink()
    shell.set_up()
    many(shell)
    apply_with(shell, 1)
    assert notes_left_out(shell) == together


def test_a_job_crosses_as_one_line(tmp_path: Path) -> None:
    consent = Consent(held=True, mend=frozenset({"Flag/a", "Device/b"}))
    job = Job(tmp_path / "c.toml", ("a", "b"), consent, AT, "bridge.daemon:keep_true", "debug", True)
    assert Job.load(job.dump()) == job
    assert job.dump().count(b"\n") == 1
    assert Job.load(Job(tmp_path, ("a",)).dump()).as_of is None


def test_sums_count_the_newest_report_of_a_course() -> None:
    sums = Sums()
    for report in (
        Report("a", 1, "unreachable", "x"), Report("a", 2, "parked", "y"), Report("a", 1, "applied", create=3, amend=1),
        Report("b", 1, "unchanged"), Report("b", 2, "waiting", "held"),
    ):  # fmt: skip
        sums.add(report)
    assert (sums.applied, sums.unchanged, sums.confirmed) == (1, 1, 4)
    assert [(report.course, report.status) for report in sums.open.values()] == [(2, "parked"), (2, "waiting")]
    assert [report.code for report in sums.of("parked")] == ["y"]


@pytest.mark.parametrize(
    ("before", "safe"),
    [
        ("", True),
        ("kept = open(os.__file__)", False),
        ("import threading; threading.Thread(target=time.sleep, args=(1,), daemon=True).start()", False),
    ],
    ids=["nothing open", "a file", "a thread"],
)
def test_a_process_is_forked_only_where_that_is_safe(before: str, safe: bool) -> None:
    code = f"import os, time\nfrom bridge.forked import may_fork\n{before}\nprint(may_fork())"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(safe)]


def waited(member: Member, seconds: float = 30) -> list[Report]:
    heard: list[Report] = []
    until = time.monotonic() + seconds
    while member.alive and time.monotonic() < until:
        member.hear(heard.append)
        time.sleep(0.02)
    member.hear(heard.append)
    return heard


def test_a_member_says_what_it_failed_with(tmp_path: Path) -> None:
    member = Member(Job(tmp_path / "none.toml", ("folder",)))
    waited(member)
    member.end(time.monotonic())
    assert isinstance(member.failure, ConfigError)
    assert member.failure.code == "config-missing"


def test_a_member_that_is_killed_is_noticed(shell: Shell) -> None:
    shell.set_up()
    member = Member(Job(shell.folder / "pumpbridge.toml", ("folder",), task="bridge.daemon:keep_true"))
    os.kill(member.process_id, signal.SIGKILL)
    waited(member)
    member.end(time.monotonic())
    assert member.failure is not None
    assert "-9" in member.failure.message


def test_a_member_stops_when_it_is_told_to(shell: Shell) -> None:
    shell.set_up()
    member = Member(Job(shell.folder / "pumpbridge.toml", ("folder",), task="bridge.daemon:keep_true"))
    at_work(shell, member.process_id)
    member.wake()
    member.stop()
    waited(member)
    assert not member.alive
    assert member.failure is None
    member.end(time.monotonic())


@pytest.mark.crash
def test_no_member_outlives_its_parent(shell: Shell) -> None:
    shell.set_up()
    file = shell.folder / "pumpbridge.toml"
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom bridge.jobs import Job\nfrom bridge.members import Member\n"
        f"member = Member(Job(Path({str(file)!r}), ('folder',), task='bridge.daemon:keep_true'))\n"
        "print(member.process_id, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-P", "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        at_work(shell, child)
        parent.kill()
    assert gone(child)


def at_work(shell: Shell, process: int, seconds: float = 60) -> None:
    """Wait until a process has opened the store."""
    store, until = shell.folder / "pumpbridge.sqlite", time.monotonic() + seconds
    while store not in opened_by(process):
        assert time.monotonic() < until, "it did not begin in time"
        time.sleep(0.02)


def opened_by(process: int) -> set[Path]:
    found: set[Path] = set()
    for file in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            found.add(file.readlink())
    return found


def gone(process: int, seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.crash
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_apply_that_is_stopped_is_gone_on_with(shell: Shell, number: signal.Signals) -> None:
    shell.set_up()
    many(shell, 80)
    command = [*COMMAND, "apply", "--yes", "--as-of", AS_OF, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as applying:
        until = time.monotonic() + 60
        while not (shell.folder / "charts" / "3").exists() and time.monotonic() < until:
            time.sleep(0.01)
        applying.send_signal(number)
        out, err = applying.communicate(timeout=30)
    assert applying.returncode in (0, 130), err
    rest = shell.json("apply", "--yes", "--as-of", AS_OF)
    assert rest["open"] == []
    assert shell.json("plan", "--as-of", AS_OF)["empty"] is True
    assert len(shell.resources()) > 80 * 15
    assert out.startswith("{")
