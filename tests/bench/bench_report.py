"""A printed report of 500 events: read as text in under 150 ms and as PDF in under 1.5 s, with recognition and hint.

One process, warm: what a reader does with each file (recognise among all adapters, read, hint). The report is made by
the fixtures' printer, and is the same on every run; with `--quick` it has 60 events.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from bridge.adapter import find, recognise
from tests.adapters.printing import as_pdf
from tests.adapters.synchromed_cases import long_log
from tests.bench.measure import Report, alternated, asked, conditions, median_of

TEXT_MS, PDF_MS = 150.0, 1_500.0
EVENTS = 500


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    events = given.size(EVENTS, 60)
    text = long_log(events).text()
    contents = {"text": text.encode(), "pdf": as_pdf(text)}
    report = Report("bench_report", given, conditions(given, events=events, pages=text.count("\f") + 1))
    for content in contents.values():
        taken(content, events)  # imports and caches are warm from here on
    tasks = {name: lambda run, kept=content: taken(kept, events) for name, content in contents.items()}
    runs = alternated(tasks, given.runs)
    report.add(median_of(f"{events} events as text", runs["text"], "ms", at_most=TEXT_MS))
    report.add(median_of(f"{events} events as PDF", runs["pdf"], "ms", at_most=PDF_MS))
    return report.close()


def taken(content: bytes, events: int) -> float:
    """Milliseconds to recognise, read and hint one file."""
    begun = time.perf_counter()
    adapter = recognise(content, find())
    (found,) = adapter.read(content)
    hint = adapter.hint(content)
    elapsed = (time.perf_counter() - begun) * 1000
    if len(found.channel.events) != events or hint is None or hint.pump != found.pump_identity:
        raise RuntimeError("the report was not read whole")
    return elapsed


def test_report() -> None:
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
