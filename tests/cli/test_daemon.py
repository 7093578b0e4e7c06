"""`pumpbridge run`: exports in the inbox become charts, other commands work beside it, and it ends cleanly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bridge.config import load
from bridge.daemon import NICENESS, Watch, shares
from bridge.errors import ConfigError
from bridge.jobs import Report
from bridge.workers import cores
from tests.cli.shell import COMMAND, FIXTURES, Shell, journey, made
from tests.servers.faulty import refuse, running_faulty
from tests.servers.statements import running_like, with_updates

INBOX = '\n[inbox]\npath = "in"\ndone = "done"\nquarantine = "bad"\npoll_seconds = 0.1\nsettle_seconds = 0.1\n'

pytestmark = pytest.mark.slow


@dataclass
class Running:
    """A daemon at work, and its log."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it has logged so far; a line that is being written is no event yet."""
        whole = self.log.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def named(self, name: str) -> list[dict[str, Any]]:
        """The events of one name."""
        return [event for event in self.events if event["event"] == name]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Tell it to stop; answers the seconds that it took."""
        start = time.monotonic()
        self.process.send_signal(number)
        assert self.process.wait(30) == 0, self.log.read_text()
        return time.monotonic() - start


@contextmanager
def daemon(shell: Shell) -> Iterator[Running]:
    log = shell.folder / "log"
    with (
        log.open("wb") as err,
        subprocess.Popen([*COMMAND, "run", "--log-json"], stderr=err, cwd=shell.folder) as process,
    ):
        running = Running(process, log)
        try:
            until(lambda: running.named("daemon_started"))
            yield running
        finally:
            process.kill()


def until(holds: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


def put(shell: Shell, name: str, content: bytes) -> None:
    """Write a file into the inbox as others do."""
    (shell.folder / "in" / name).write_bytes(content)


def children(process: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_what_comes_into_the_inbox_is_charted(shell: Shell) -> None:
    shell.set_up(extra=INBOX)
    with daemon(shell) as running:
        for file in journey():
            put(shell, file.name, file.read_bytes())
        put(shell, "foreign.txt", b"hello")
        until(lambda: len(list((shell.folder / "done").iterdir())) == 11)
        until(lambda: shell.json("plan")["empty"])
        seconds = running.stop()
    assert seconds < 8
    assert [file.name for file in (shell.folder / "bad").iterdir()] == ["foreign.txt"]
    assert list((shell.folder / "in").iterdir()) == []
    assert len(running.named("export_accepted")) == 11
    assert len(running.named("export_quarantined")) == 1
    assert running.named("daemon_stopped")[0]["signal"] == "SIGTERM"
    assert "0048213" not in running.log.read_text()
    assert len(shell.resources()) > 150


def test_a_command_beside_the_daemon(shell: Shell) -> None:
    shell.set_up(extra=INBOX)
    with daemon(shell) as running:
        shell("import", *journey()[:4])
        until(lambda: shell.json("status")["destinations"][0]["unapplied_courses"] == 0)
        shell("withdraw", FIXTURES / "02-ada-refill.json", "--actor", "A. Nurse", "--reason", "wrong patient")
        until(lambda: any(b.get("status") == "entered-in-error" for b in shell.resources().values()))
        until(lambda: shell.json("plan")["empty"])
        running.stop(signal.SIGINT)
    assert shell.json("plan", "--verify")["empty"] is True


def test_reconcilers_leave_processors_to_what_takes_messages_in(shell: Shell) -> None:
    shell.set_up(extra=INBOX)
    with daemon(shell) as running:
        own = os.getpriority(os.PRIO_PROCESS, running.process.pid)
        until(lambda: children(running.process.pid))
        for child in children(running.process.pid):
            until(lambda pid=child: os.getpriority(os.PRIO_PROCESS, pid) == own + NICENESS, 20)  # type: ignore[misc]
        assert os.getpriority(os.PRIO_PROCESS, running.process.pid) == own
        running.stop()


def test_a_reconciler_that_dies_is_started_again(shell: Shell) -> None:
    shell.set_up(extra=INBOX)
    with daemon(shell) as running:
        until(lambda: len(children(running.process.pid)) == max(1, cores() - 1))
        for child in children(running.process.pid):
            os.kill(child, signal.SIGKILL)
        until(lambda: running.named("reconciler_ended"))
        put(shell, "one.json", journey()[0].read_bytes())
        until(lambda: any("MedicationAdministration" in name for name in shell.resources()))
        running.stop()


def test_held_is_planned_and_not_applied(shell: Shell) -> None:
    held = '\n[[destination]]\nname = "held"\nkind = "folder"\npath = "held"\nmode = "held"\n'
    shell.set_up(extra=f'{INBOX}{held}environment = "test"\naccept_simulated = true\n')
    with daemon(shell) as running:
        put(shell, "one.json", journey()[0].read_bytes())
        until(lambda: shell.resources() and shell.json("status")["destinations"][1]["waiting"] == 1)
        running.stop()
    assert shell.resources("held") == {}


def test_what_a_server_takes_is_known_to_the_daemon_once_check_has_asked(shell: Shell) -> None:
    with running_like("like-epic-r4") as server:
        at_server(shell, server.base_url, "reference")
        with daemon(shell) as running:
            put(shell, "ada.json", journey()[1].read_bytes())
            until(lambda: server.stored("Observation"))
            until(lambda: shell.json("status")["destinations"][0]["unapplied_courses"] == 0)
            assert server.stored("MedicationAdministration") == []
            server.memory.can = replace(server.memory.can, read_only=(), statement=with_updates(server))
            assert "this has changed" in shell("check").out
            put(shell, "other.json", made("02-ada-refill.json", JX100231="JX200001", **{"0048213": "0000001"}))
            until(lambda: server.stored("MedicationAdministration"))
            running.stop()
    (waiting,) = shell.json("status")["destinations"]
    assert waiting["waiting"] == 1


def at_server(shell: Shell, url: str, patient: str) -> None:
    """A site with an inbox and one live FHIR server."""
    shell.set_up("--test", extra=INBOX)
    config = shell.folder / "pumpbridge.toml"
    head = config.read_text().partition("[[destination]]")[0]
    config.write_text(
        f'{head}{INBOX}[[destination]]\nname = "ehr"\nkind = "fhir"\nurl = "{url}"\nmode = "live"\n'
        f'environment = "test"\naccept_simulated = true\npatient = "{patient}"\n'
    )


def test_a_destination_that_goes_is_logged_once_and_once_when_it_returns(shell: Shell) -> None:
    with running_faulty() as server:
        at_server(shell, server.base_url, "create")
        with daemon(shell) as running:
            put(shell, "first.json", journey()[1].read_bytes())
            until(lambda: server.stored("Observation"))
            until(lambda: shell.json("status")["destinations"][0]["unapplied_courses"] == 0)
            server.fail(refuse(), times=None)
            for number in range(6):
                replaced = {"JX100231": f"JX20000{number}", "0048213": f"000000{number}"}
                put(shell, f"{number}.json", made("02-ada-refill.json", **replaced))
            until(lambda: running.named("destination_lost"))
            asked = len(server.requests)
            until(lambda: len(server.requests) >= asked + 3)  # it is asked again and again, and that is not logged
            server.heal()
            until(lambda: running.named("destination_returned"), 90)
            running.stop()
    assert len(running.named("destination_lost")) == 1
    assert len(running.named("destination_returned")) == 1


def test_it_wakes_when_a_time_has_come(shell: Shell) -> None:
    shell.set_up(extra=INBOX)
    shell("import", *journey()[4:7], "--apply", "--as-of", "2025-06-20T12:00Z")
    assert any(b.get("status") == "in-progress" for b in shell.resources().values())
    with daemon(shell) as running:
        until(lambda: not any(b.get("status") == "in-progress" for b in shell.resources().values()))
        running.stop()
    assert running.named("reconciler_ended") == []


def test_nothing_to_do_is_a_fault_of_the_configuration(shell: Shell) -> None:
    shell.set_up()
    config = shell.folder / "pumpbridge.toml"
    config.write_text(config.read_text().partition("[[destination]]")[0])
    assert "config-no-destination" in shell("run", status=3).err
    with pytest.raises(ConfigError):
        shares(load(config), config, "info", False)


def test_each_destination_has_a_process_of_its_own(shell: Shell) -> None:
    extra = "".join(f'\n[[destination]]\nname = "d{n}"\nkind = "folder"\npath = "d{n}"\n' for n in range(5))
    shell.set_up(extra=extra)
    jobs = shares(load(shell.folder / "pumpbridge.toml"), shell.folder / "pumpbridge.toml", "info", False)
    assert {name for job in jobs for name in job.destinations} == {"folder", *(f"d{n}" for n in range(5))}
    assert len(jobs) == max(cores() - 1, 6)


def test_a_watch_notes_going_and_returning_once() -> None:
    watch = Watch()
    for status in ("unreachable", "unreachable", "paused", "unchanged"):
        watch.tell(Report("ehr", 1, status, "x"))
    assert watch.lost == {"ehr": "x"}
    watch.tell(Report("ehr", 1, "applied"))
    assert watch.lost == {}
