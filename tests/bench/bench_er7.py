"""Reading a message of 26 segments (PCD-10) at least 200 times as fast as hl7apy does, every component looked at.

No segment comes twice, so nothing is known of any before: what a bridge reads of one pump is mostly known.
"""

from __future__ import annotations

import gc
import itertools
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from adapters.hl7v2_pcd import ADAPTER
from bridge.wire import er7
from tests.adapters.hl7_messages import ML, PATIENT, Rows, delivering, framed, message, msh, obr, pump, source
from tests.bench.measure import Report, alternated, asked, conditions, median_of

TARGET = 200
SEGMENTS = 26


def sample(number: int) -> bytes:
    """A delivery event of 26 segments; each of them has its number in it (in a row OBX-13, which nobody reads)."""
    rows = pump(Rows())
    rows.add("CWE", "68487^MDC_ATTR_EVT_COND", "1.0.0.3", "197288^MDC_EVT_PUMP_DELIV_START^MDC")
    source(delivering(rows, "infusing", "5.25"))
    place = 3
    while len(rows.rows) < SEGMENTS - 3:
        rows.add("NM", "157993^MDC_VOL_FLUID_DELIV_TOTAL", f"1.1.{place}.1", "12.50", ML)
        place += 1
    fields = [[*row.split("|"), *[""] * 14] for row in rows.rows]
    numbered = ["|".join([*row[:13], str(number), *row[14:]]).rstrip("|") for row in fields]
    patient = PATIENT.replace("0048213", f"{number:07}")
    return message(msh("R42", number=f"INV-{number}"), patient, obr(number=f"R-{number}"), *numbered)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer the exit status."""
    given = asked(arguments, __doc__ or "")
    report = Report("bench_er7", given, conditions(given))
    count = given.size(500, 20)
    fresh = map(sample, itertools.count())
    tasks = {
        "ours": lambda run: _each(looked_at, islice(fresh, count)),
        "adapter": lambda run: _each(ADAPTER.read, map(framed, islice(fresh, count))),
        "hl7apy": lambda run: _each(_by_hl7apy, islice(fresh, max(count // 100, 1))),
    }
    runs = alternated(tasks, given.runs)
    ratios = [theirs / ours for theirs, ours in zip(runs["hl7apy"], runs["ours"], strict=True)]
    report.add(median_of("hl7apy's time over ours, 26 segments", ratios, "times", at_least=TARGET))
    report.add(median_of("er7: every component of a message", [1000 * one for one in runs["ours"]], "ms"))
    report.add(median_of("adapter: a message to interrogations", [1000 * one for one in runs["adapter"]], "ms"))
    report.add(median_of("reference: hl7apy's parse", [1000 * one for one in runs["hl7apy"]], "ms"))
    return report.close()


def looked_at(content: bytes) -> int:
    """Read a message, and look at every component of every field."""
    (found,) = er7.read(content)
    return sum(
        len(segment.components(number)) for segment in found.segments for number in range(1, len(segment.fields))
    )


def _by_hl7apy(content: bytes) -> object:
    from hl7apy.parser import parse_message  # type: ignore[import-untyped]

    return parse_message(content.decode().replace("ORU^R42", "ORU^R01"))


def _each(task: Callable[[bytes], object], contents: Iterable[bytes]) -> float:
    """Seconds that one of them takes."""
    made = list(contents)
    gc.collect()  # what the other left behind is not ours
    begun = time.perf_counter()
    for content in made:
        task(content)
    return (time.perf_counter() - begun) / len(made)


def test_er7() -> None:
    assert len(er7.read(sample(1))[0].segments) == SEGMENTS
    assert main([]) == 0


if __name__ == "__main__":
    sys.exit(main())
