"""One export into a running bridge whose store holds 100,000 already, for a pump with 1,000 interrogations.

The bridge is `pumpbridge run` as people run it, with a watched folder and the folder destination. Measured is from the
instant at which a file is known to be complete (it has settled and is opened: the export's `received`) to the one at
which the commit that confirmed its last resource is over (the plan's `finished`), both by the computer's clock as the
store kept them: p95 under 100 ms. It holds everything between: reading, the commit, waking, claim, fold, checks, plan,
manifest, files, confirmation. For comparison: the same for pumps that are new. What the store holds: `prefilled.py`.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median, quantiles

from tests.bench.exports import Export, one_pump_each
from tests.bench.measure import PUMPBRIDGE, Report, Result, asked, conditions, disk_mb, pss_mb
from tests.bench.prefilled import FULL, SMALL, copied, long_life, prefilled

TARGET_MS = 100.0
PATIENCE = 60.0
WARM = 10
INBOX = """
[inbox]
path = "inbox"
done = "done"
quarantine = "bad"
poll_seconds = 0.05
settle_seconds = 0
"""


class Bridge:
    """A running daemon: its inbox, and what its store says of an export."""

    def __init__(self, folder: Path, group: int) -> None:
        self.folder, self.group = folder, group
        self.store = sqlite3.connect(f"file:{folder / 'pumpbridge.sqlite'}?mode=ro", uri=True, isolation_level=None)

    def take(self, export: Export) -> float:
        """Give it an export, and wait until it is confirmed; answers milliseconds as the store kept them."""
        beside = self.folder / "inbox" / f".{export.name}"
        beside.write_bytes(export.content)
        beside.rename(self.folder / "inbox" / export.name)
        digest = hashlib.sha256(export.content).hexdigest()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(0.005)
            row = self.store.execute(CONFIRMED, (digest,)).fetchone()
            if row is not None:
                received, finished = map(datetime.fromisoformat, row)
                return (finished - received).total_seconds() * 1000
        raise RuntimeError(f"not confirmed within {PATIENCE:.0f} s: {self.store.execute(WAITING).fetchall()}")


CONFIRMED = """
SELECT e.received, l.finished FROM export e
JOIN interrogation i ON i.export = e.number
JOIN change c ON c.course = i.course AND c.export = e.sha256
JOIN progress p ON p.course = i.course AND p.applied >= c.number
JOIN plan l ON l.course = i.course AND l.state = 'finished' AND l.covers >= c.number
WHERE e.sha256 = ? ORDER BY l.number LIMIT 1
"""
WAITING = """
SELECT 'plan', course, waits FROM plan WHERE state = 'open'
UNION ALL SELECT 'parked', course, parked FROM progress WHERE parked NOT IN ('', 'bench')
"""


@contextmanager
def running(config: Path) -> Iterator[Bridge]:
    """`pumpbridge run`, stopped as an operator stops it."""
    config.write_text(config.read_text().replace("[current]", f"{INBOX}\n[current]", 1))
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([*PUMPBRIDGE, "run"], cwd=config.parent, stderr=errors, start_new_session=True)
        try:
            _await_inbox(config.parent / "inbox", process, errors)
            yield Bridge(config.parent, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _await_inbox(inbox: Path, process: subprocess.Popen[bytes], errors: object) -> None:
    while not inbox.is_dir():
        if process.poll() is not None:
            raise RuntimeError(f"the bridge ended with status {process.returncode}: {_text(errors)}")
        time.sleep(0.05)


def _text(errors: object) -> str:
    descriptor = errors.fileno()  # type: ignore[attr-defined]
    return os.pread(descriptor, 2000, 0).decode(errors="replace")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    size, samples = (SMALL, 5) if given.quick else (FULL, 120)
    kept = prefilled(given.folder if given.quick else given.folder.parent, given.seed, size)
    report = Report("bench_one", given, conditions(given, exports=size.exports, samples=samples))
    config = copied(kept, given.folder / "site")
    report.conditions["store_mb"] = round(disk_mb(config.parent) - disk_mb(config.parent / "charts"))
    chance = Random(given.seed)
    life = islice(long_life(given.seed, size.long + samples + WARM), size.long, None)
    with running(config) as bridge:
        for export in islice(life, WARM):
            bridge.take(export)
        old, new = [], []
        for export, other in zip(life, one_pump_each(samples, given.seed + 500), strict=True):
            old.append(bridge.take(export))
            new.append(bridge.take(other))
            time.sleep(chance.uniform(0.0, 0.05))
        memory = pss_mb(bridge.group)
    _tell(report, old, new, memory, size.long)
    return report.close()


def _tell(report: Report, old: list[float], new: list[float], memory: float, long: int) -> None:
    report.add(Result(f"pump with {long:,} interrogations, p95", _p95(old), "ms", at_most=TARGET_MS))
    report.add(Result(f"pump with {long:,} interrogations, median", median(old), "ms"))
    report.add(Result("new pump, p95", _p95(new), "ms"))
    report.add(Result("new pump, median", median(new), "ms"))
    report.add(Result("memory of the daemon's processes (PSS)", memory, "MB"))


def _p95(numbers: list[float]) -> float:
    return quantiles(numbers, n=20, method="inclusive")[-1]


def test_one() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
