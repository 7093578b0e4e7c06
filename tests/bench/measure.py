"""What the benchmarks share: medians of alternated runs, the conditions they ran under, memory, and how they report.

Every result is one JSON line (`--out`) and one row of a table: value, runs, target, and the conditions and references
measured in the same run, so that a number can be judged on another machine. The references: how many synced writes of
4 kB and how many new files of 1 kB a second the disk takes, and how many exports a second one process can merely parse,
write and hash.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from tests.bench.exports import one_pump_each

T = TypeVar("T")
CORES = 2
FOLDER = Path("/var/tmp")  # on a disk also where /tmp is memory
RUNS = 5
PUMPBRIDGE = (sys.executable, "-P", "-c", "from bridge.cli import main; main()")


# --- what a script is asked ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """How a benchmark is to run: small and once with `quick`; without `gate` a missed target is only reported."""

    quick: bool
    gate: bool
    out: Path | None
    seed: int
    runs: int
    folder: Path
    profile: bool = False

    def size(self, full: int, quick: int) -> int:
        """One of two sizes."""
        return quick if self.quick else full


def asked(arguments: Sequence[str] | None, about: str) -> Asked:
    """The options that every script takes."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="small sizes, one run, no gate: does it work at all?")
    parser.add_argument("--no-gate", action="store_true", help="report a missed target, but end with status 0")
    parser.add_argument("--out", type=Path, help="append each result as a JSON line to this file")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"where to work: a local disk (else {FOLDER})")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--profile", action="store_true", help="say where the time goes (it costs time itself)")
    given = parser.parse_args(arguments)
    runs = 1 if given.quick else given.runs
    gate = not (given.no_gate or given.quick)
    return Asked(given.quick, gate, given.out, given.seed, runs, workspace(given.folder), given.profile)


def workspace(parent: Path) -> Path:
    """A new folder that is deleted when this process ends, and not before.

    ext4 without a journal looks at every inode that was freed in the last minutes before it gives out another: files
    made soon after many were deleted take twenty times as long, whoever deleted them.
    """
    folder = Path(tempfile.mkdtemp(prefix="pumpbridge-bench-", dir=parent))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


# --- results ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    """One number: the median of its runs, and whether it is on the right side of its target."""

    what: str
    value: float
    unit: str
    runs: tuple[float, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the target is met; true where there is none."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)

    @property
    def target(self) -> str:
        """The target in words."""
        if self.at_least is not None:
            return f">= {_short(self.at_least)}"
        return f"<= {_short(self.at_most)}" if self.at_most is not None else "-"


@dataclass(slots=True)
class Report:
    """The results of one script, printed and written as they come."""

    name: str
    asked: Asked
    conditions: dict[str, Any]
    results: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Keep a result, and write its line."""
        self.results.append(result)
        if self.asked.out is not None:
            line = {"bench": self.name, "quick": self.asked.quick, **asdict(result), "met": result.met}
            line["conditions"] = self.conditions
            with self.asked.out.open("a", encoding="utf-8") as out:
                out.write(json.dumps(line) + "\n")

    def close(self) -> int:
        """Print the table; answers the exit status."""
        print(f"\n{self.name}: " + ", ".join(f"{key} {value}" for key, value in self.conditions.items()))
        for row in self.results:
            runs = f"  [{', '.join(_short(run) for run in row.runs)}]" if row.runs else ""
            mark = "" if row.target == "-" else "   ok" if row.met else "   MISSED" if self.asked.gate else "   missed"
            print(f"  {row.what:<58} {_short(row.value):>9} {row.unit:<11} target {row.target:<8}{mark}{runs}")
            if row.note:
                print(f"      {row.note}")
        return 1 if self.asked.gate and not all(row.met for row in self.results) else 0


def _short(number: float | None) -> str:
    if number is None:
        return "-"
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"


def median_of(what: str, runs: Iterable[float], unit: str, **targets: Any) -> Result:
    """The median of some runs as a result."""
    numbers = tuple(runs)
    return Result(what, statistics.median(numbers), unit, numbers, **targets)


def alternated(tasks: Mapping[str, Callable[[int], T]], runs: int) -> dict[str, list[T]]:
    """Each task so many times, in turns (and the turns the other way round every second time)."""
    found: dict[str, list[T]] = {name: [] for name in tasks}
    for run in range(runs):
        for name in list(tasks) if run % 2 == 0 else reversed(list(tasks)):
            found[name].append(tasks[name](run))
    return found


# --- conditions ------------------------------------------------------------------------------------------------------


def conditions(given: Asked, **sizes: int) -> dict[str, Any]:
    """What the numbers depend on: measured now, in the folder that the benchmark uses. Keeps to two cores."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "python": sys.version.split()[0],
        "sqlite": sqlite3.sqlite_version,
        "kernel": os.uname().release,
        "load": round(os.getloadavg()[0], 2),
        "fsync_per_s": round(syncs(given.folder)),
        "files_per_s": round(creations(given.folder)),
        "parse_per_s": round(parses()),
        "cores_worth": round(cores_worth(), 2),
        "seed": given.seed,
        **sizes,
    }


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), os.uname().machine)


def syncs(folder: Path, count: int = 200) -> float:
    """Synced writes of 4 kB a second in this folder."""
    with tempfile.TemporaryFile(dir=folder) as file:
        begun = time.perf_counter()
        for _ in range(count):
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        return count / (time.perf_counter() - begun)


_WORK = "import time\nt = time.process_time()\nfor i in range(4_000_000): i * i % 7\nprint(time.process_time() - t)"


def cores_worth(count: int = CORES) -> float:
    """What so many cores do at once, in cores: 2 where two are real, little more than 1 where they share one."""
    alone, together = (_work(1)[0], _work(count))
    return sum(alone / each for each in together)


def _work(count: int) -> list[float]:
    command = [sys.executable, "-c", _WORK]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    return [float(process.communicate()[0]) for process in started]


def creations(folder: Path, count: int = 1000) -> float:
    """Files of 1 kB a second that are written and renamed in this folder."""
    inside = Path(tempfile.mkdtemp(dir=folder))
    begun = time.perf_counter()
    for number in range(count):
        beside = inside / f"{number}.tmp"
        beside.write_bytes(bytes(1024))
        beside.rename(inside / f"{number}.json")
    return count / (time.perf_counter() - begun)


def parses(count: int = 300) -> float:
    """Exports a second that one process only parses, writes again and hashes."""
    contents = [export.content for export in one_pump_each(20, 0)]
    begun = time.perf_counter()
    for number in range(count):
        sha256(json.dumps(json.loads(contents[number % 20])).encode()).hexdigest()
    return count / (time.perf_counter() - begun)


# --- processes and memory --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended: how long it took, how much processor time, and the most memory of all its processes."""

    status: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    said: str


def command(arguments: Sequence[str], cwd: Path, *, memory: bool = False) -> Finished:
    """Run `pumpbridge` with these arguments in a process group of its own; its standard error goes to a file."""
    before, begun = _cpu_of_children(), time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*PUMPBRIDGE, *arguments], cwd=cwd, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
        with peak_memory(process.pid, 0.25 if memory else None) as peak:
            said, _ = process.communicate()
        if process.returncode not in (0, 8):
            errors.seek(0)
            raise RuntimeError(f"{arguments}: status {process.returncode}: {said[-800:]} {errors.read()[-800:]!r}")
    seconds = time.perf_counter() - begun
    return Finished(process.returncode, seconds, _cpu_of_children() - before, peak[0], said)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def peak_memory(group: int, every: float | None) -> Iterator[list[float]]:
    """The most memory (PSS, MB) that the processes of a group have together, looked at every so many seconds."""
    peak, ended = [0.0], threading.Event()

    def watch() -> None:
        while every is not None and not ended.wait(every):
            peak[0] = max(peak[0], pss_mb(group))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def pss_mb(group: int) -> float:
    """The proportional set size of all processes of a group, in MB: what they share counts once."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int((process / "stat").read_text().rpartition(")")[2].split()[2]) == group:
                total += _pss_kb(process)
        except (OSError, IndexError, ValueError):
            continue  # it has just ended
    return total / 1024


def _pss_kb(process: Path) -> int:
    for line in (process / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def disk_mb(folder: Path) -> float:
    """What the files below a folder take on the disk."""
    return sum(path.lstat().st_blocks for path in folder.rglob("*")) * 512 / 1e6
