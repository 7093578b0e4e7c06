"""Messages over MLLP, each acknowledged after its commit: 1,000 a second over 8 connections, 500 a second over one.

The listener runs in a process of its own, as in the daemon; the senders are processes too. Over 8 connections each
sender waits for each answer; over one it sends on, at most 64 messages ahead of the answers.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bridge.sources.mllp_listener import Limits
from tests.adapters.hl7_messages import continuous, framed
from tests.bench.measure import Report, alternated, asked, conditions, median_of, workspace
from tests.sources.mllp_serving import Client, code, serving

ROOT = Path(__file__).resolve().parents[2]
EIGHT, ONE = 1000, 500
AHEAD = 64


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    count = given.size(500, 10)
    report = Report("bench_mllp", given, conditions(given, messages_each=count))
    tasks = {
        "eight": lambda run: rate(given.folder, 8, count, 1, f"e{run}"),
        "one": lambda run: rate(given.folder, 1, count * 4, AHEAD, f"o{run}"),
        "waiting": lambda run: rate(given.folder, 1, count, 1, f"w{run}"),
    }
    runs = alternated(tasks, given.runs)
    report.add(median_of("messages a second, 8 connections", runs["eight"], "/s", at_least=EIGHT))
    report.add(median_of("messages a second, 1 connection", runs["one"], "/s", at_least=ONE))
    report.add(median_of("the same, waiting for each answer", runs["waiting"], "/s"))
    return report.close()


def rate(folder: Path, connections: int, count: int, ahead: int, name: str) -> float:
    """Acknowledged messages a second, from the first sent to the last answered."""
    with listening(workspace(folder)) as port:
        command = [sys.executable, "-m", __spec__.name, "send", str(port), str(count), str(ahead)]
        senders = [
            subprocess.Popen([*command, f"{name}s{n}"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for n in range(connections)
        ]
        for sender in senders:
            assert sender.stdout is not None, "asked for as a pipe"
            assert sender.stdout.readline() == b"ready\n"
        begun = time.perf_counter()
        for sender in senders:
            assert sender.stdin is not None, "asked for as a pipe"
            sender.stdin.write(b"go\n")
            sender.stdin.flush()
        ended = [sender.communicate()[0] for sender in senders]
        seconds = time.perf_counter() - begun
    assert all(said == b"done\n" for said in ended), ended
    return connections * count / seconds


@contextmanager
def listening(folder: Path) -> Iterator[int]:
    """A listener in a process of its own; answers its port."""
    command = [sys.executable, "-m", __spec__.name, "listen", str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout is not None, "asked for as a pipe"
    try:
        yield int(process.stdout.readline())
    finally:
        process.communicate(b"stop\n")


def listen(folder: Path) -> None:
    """Listen until a line comes."""
    with serving(folder, Limits()) as running:
        print(running.address[1], flush=True)
        sys.stdin.readline()


def send(port: int, count: int, ahead: int, name: str) -> None:
    """Send so many messages of one pump, never more than `ahead` without their answers."""
    frames = [framed(continuous(f"{name}-{n}", at=_at(n), accept="", application="")) for n in range(count)]
    frames = [frame.replace(b"LV70001", f"LV{name}".encode()) for frame in frames]
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


def _at(number: int) -> str:
    return time.strftime("%Y%m%d%H%M%S+0000", time.gmtime(1_772_445_600 + 10 * number))


def test_mllp() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["listen"]:
        listen(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["send"]:
        send(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
    else:
        sys.exit(main())
