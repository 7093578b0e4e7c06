"""Messages over MLLP, each acknowledged after its commit: 1,000 a second over 8 connections, 500 a second over one.

The bridge is `pumpbridge run` as people run it. Its reconciler is busy all the while: the store holds exports of
implanted pumps that it charts into the folder destination, through the same database and on the same disk; a run in
which it came to the end of them does not count. Senders are processes of their own, each of 25 pumps with a patient
each, whose volumes and times move on. Over 8 connections each sender waits for each answer; over one it sends on, at
most 64 messages ahead of the answers. The cost of a message is the processor time of the process that takes in.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.adapters.hl7_messages import continuous, framed
from tests.bench import site
from tests.bench.exports import one_pump_each
from tests.bench.measure import PUMPBRIDGE, Asked, Report, alternated, asked, conditions, median_of, workspace
from tests.bench.prefilled import accept_exports
from tests.sources.mllp_serving import Client, code

ROOT = Path(__file__).resolve().parents[2]
EIGHT, ONE = 1000, 500
AHEAD = 64
PUMPS = 25
PATIENCE = 30.0
LISTENER = '\n[[mllp]]\nname = "ward"\nport = {port}\n'


@dataclass(frozen=True, slots=True)
class Took:
    """Messages a second, processor milliseconds of a message, and exports a second that were charted meanwhile."""

    rate: float
    cost: float
    charted: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    count, waiting = given.size(600, 10), given.size(1500, 40)
    report = Report("bench_mllp", given, conditions(given, messages_each=count, exports_waiting=waiting))
    kept = prepared(given, waiting)
    tasks = {
        "eight": lambda run: taken(kept, given, 8, count, 1, f"e{run}"),
        "one": lambda run: taken(kept, given, 1, count * 4, AHEAD, f"o{run}"),
        "waiting": lambda run: taken(kept, given, 1, count, 1, f"w{run}"),
    }
    runs = alternated(tasks, given.runs)
    for name, words, target in (("eight", "8 connections", EIGHT), ("one", "1 connection", ONE)):
        charted = f"charted meanwhile: {median(run.charted for run in runs[name]):.0f} exports a second"
        rates = [run.rate for run in runs[name]]
        report.add(median_of(f"messages a second, {words}", rates, "/s", at_least=target, note=charted))
        report.add(median_of(f"processor time of a message, {words}", [run.cost for run in runs[name]], "ms"))
    report.add(median_of("1 connection, waiting for each answer", [run.rate for run in runs["waiting"]], "/s"))
    return report.close()


def prepared(given: Asked, waiting: int) -> Path:
    """A site whose store holds so many exports that nothing was charted of yet."""
    config = site.made(given.folder / "kept")
    accept_exports(config, one_pump_each(waiting, given.seed))
    return config


def taken(kept: Path, given: Asked, connections: int, count: int, ahead: int, name: str) -> Took:
    """What it took from the first message sent to the last answered."""
    folder = workspace(given.folder) / "site"
    shutil.copytree(kept.parent, folder)
    with running(folder / kept.name) as bridge, senders(bridge.port, connections, count, ahead, name) as ready:
        busy, used, begun = bridge.charted(), bridge.used(), time.perf_counter()
        for sender in ready:
            assert sender.stdin is not None, "asked for as a pipe"
            sender.stdin.write(b"go\n")
            sender.stdin.flush()
        ended = [sender.stdout.readline() for sender in ready if sender.stdout is not None]
        seconds, used, busy = time.perf_counter() - begun, bridge.used() - used, bridge.charted() - busy
        if any(said != b"done\n" for said in ended):
            raise RuntimeError(f"not all was answered: {ended}")
        if not given.quick and not bridge.is_busy():
            raise RuntimeError("the reconciler came to the end of its work: let more exports wait")
    messages = connections * count
    return Took(messages / seconds, 1000 * used / messages, busy / seconds)


class Bridge:
    """A running bridge: its port, the processor time of its intake, and how much it has charted."""

    def __init__(self, config: Path, process: int, port: int) -> None:
        self.process, self.port = process, port
        self._store = config.parent / "pumpbridge.sqlite"

    def used(self) -> float:
        """Seconds of processor time of the process that takes in."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def charted(self) -> int:
        """Plans that are over."""
        return self._count("SELECT count(*) FROM plan WHERE state = 'finished'")

    def is_busy(self) -> bool:
        """Whether an implanted pump's export still waits to be charted."""
        return self._count(WAITING) > 0

    def _count(self, query: str) -> int:
        with closing(sqlite3.connect(f"file:{self._store}?mode=ro", uri=True)) as store:
            return int(store.execute(query).fetchone()[0])


WAITING = """
SELECT count(*) FROM due d JOIN interrogation i ON i.course = d.course WHERE i.adapter = 'session_json'
"""


@contextmanager
def running(config: Path) -> Iterator[Bridge]:
    """`pumpbridge run` with a listener, stopped as an operator stops it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = int(free.getsockname()[1])
    config.write_text(config.read_text() + LISTENER.format(port=port))
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([*PUMPBRIDGE, "run"], cwd=config.parent, stderr=errors, start_new_session=True)
        try:
            _await_port(port, process, errors.fileno())
            yield Bridge(config, process.pid, port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def _await_port(port: int, process: subprocess.Popen[bytes], errors: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > until:
                said = os.pread(errors, 2000, 0).decode(errors="replace")
                raise RuntimeError(f"the bridge does not listen: {said}") from None
            time.sleep(0.05)


@contextmanager
def senders(port: int, connections: int, count: int, ahead: int, name: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that are connected and have their messages ready."""
    command = [sys.executable, "-m", __spec__.name, "send", str(port), str(count), str(ahead)]
    started = [
        subprocess.Popen([*command, f"{name}s{n}"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for n in range(connections)
    ]
    try:
        for sender in started:
            assert sender.stdout is not None, "asked for as a pipe"
            assert sender.stdout.readline() == b"ready\n"
        yield started
    finally:
        for sender in started:
            sender.kill()
            sender.communicate()


def send(port: int, count: int, ahead: int, name: str) -> None:
    """Send so many messages of some pumps, never more than `ahead` without their answers."""
    frames = [frame_of(name, number) for number in range(count)]
    with Client(("127.0.0.1", port)) as client:
        print("ready", flush=True)
        sys.stdin.readline()
        sent = 0
        for answered in range(count):
            while sent < min(count, answered + ahead):
                client.send(frames[sent])
                sent += 1
            assert code(client.answer()) == "AA"
    print("done", flush=True)


def frame_of(name: str, number: int, pumps: int = PUMPS) -> bytes:
    """The n-th message of a sender: the next one of one of its pumps, ten seconds on, a little further emptied."""
    pump, turn = number % pumps, number // pumps
    at = time.strftime("%Y%m%d%H%M%S+0000", time.gmtime(1_772_445_600 + 10 * turn))
    plain = continuous(f"{name}-{number}", at=at, accept="", application="")
    for constant, varied in (
        (b"LV70001", f"LV{name}x{pump}"),
        (b"0048213", f"{name}x{pump}"),
        (b"|12.50|", f"|{turn * 14.6 / 1000:.2f}|"),
        (b"|37.50|", f"|{9_000 - turn * 14.6 / 1000:.2f}|"),
        (b"|25714|", f"|{2_571_400 - 10 * turn}|"),
    ):
        plain = plain.replace(constant, varied.encode())
    return framed(plain)


def test_mllp() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["send"]:
        send(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
    else:
        sys.exit(main())
