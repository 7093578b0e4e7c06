"""`pumpbridge rehearse` at a real HAPI server: seconds until the report, as a process, cleaning up included.

The first rehearsal finds the server as it was started, as a test server often is; the others meet one that is warm.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

from tests.bench.measure import PUMPBRIDGE, Report, Result, asked, conditions, median_of
from tests.servers.hapi_server import running_hapi

AT_MOST = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    report = Report("bench_rehearse", given, conditions(given))
    with running_hapi() as server:
        cold = rehearsal(server.base_url)
        warm = [rehearsal(server.base_url) for _ in range(given.size(given.runs, 0))]
    report.add(Result("the first rehearsal at a server just started", cold, "s", (cold,), at_most=AT_MOST))
    if warm:
        report.add(median_of("a rehearsal", warm, "s", at_most=AT_MOST))
    return report.close()


def rehearsal(url: str) -> float:
    """One rehearsal that passes; its seconds."""
    begun = time.perf_counter()
    done = subprocess.run([*PUMPBRIDGE, "rehearse", url, "--test-server"], capture_output=True, text=True, timeout=600)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(f"it ended with status {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds


def test_rehearse() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
