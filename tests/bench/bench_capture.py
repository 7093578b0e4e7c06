"""A capture of a log of 500 events at 115,200 baud, start to end, over a pseudo-terminal that is paced at line speed.

The whole capture (every section, the log, IDENTITY twice) takes at most 10 % longer than the line needs for the bytes
of the log and the sections alone, frames and heads left out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from bridge.clock import SystemClock
from bridge.sources.serial_line import BAUD, opened
from bridge.sources.serial_port import capture
from tests.bench.measure import Report, Result, alternated, asked, conditions, median_of
from tests.capture.answering import Reading, lines, log
from tests.capture.peer import Peer, on_pty

OVER = 1.10
BITS = 10  # a byte on the line: start, 8 data bits, stop


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    events = given.size(500, 50)
    report = Report("bench_capture", given, conditions(given, events=events, baud=BAUD))
    reading = Reading(events=log(events))
    runs = alternated({"capture": lambda run: captured(reading)}, given.runs)
    needed = stated(reading) * BITS / BAUD
    report.add(median_of(f"capture of {events} events", runs["capture"], "s"))
    report.add(Result("reference: the line's time for the bytes of sections and log", needed, "s"))
    ratio = [seconds / needed for seconds in runs["capture"]]
    report.add(median_of("capture over the line's time", ratio, "", at_most=OVER if not given.quick else None))
    return report.close()


def captured(reading: Reading) -> float:
    """The seconds of one capture; raises where it is not whole."""
    with on_pty(Peer(reading, baud=BAUD)) as name, opened(name) as port:
        began = time.perf_counter()
        found = capture(port, SystemClock())
        seconds = time.perf_counter() - began
    if found.error is not None:
        raise found.error
    return seconds


def stated(reading: Reading) -> int:
    """The bytes of what the programmer states: the lines of sections, clocks and log."""
    rows = [*reading.clocks, *reading.events, *(row for section in reading.sections.values() for row in section)]
    return sum(map(len, lines(*rows)))


def test_capture() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
