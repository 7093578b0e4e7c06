"""Courses whose pictures are kept: everything that a picture can show, on hand-built facts of one invented pump."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime

from bridge.course.facts import OPEN, Source
from bridge.course.forecast import ForecastFact, Foreseen
from bridge.course.pages import Course
from bridge.course.remarks import SessionFact
from tests.chart.given import (
    ALARM,
    FLEX,
    MIXED,
    S1,
    S2,
    S3,
    S4,
    STALL,
    STALL_OVER,
    amount,
    at,
    bolus,
    constant,
    course,
    derived,
    event,
    fill,
    said,
    segment,
    summary,
)

Case = tuple[Course, datetime]
NOON = datetime(2025, 6, 20, 12, tzinfo=UTC)
FIRST = segment("2025-03-03 11:35/1", constant(), S1, "2025-03-03 11:35")
SECOND = segment("2025-05-12 12:40/1", FLEX, S2, "2025-05-12 12:40")


def session(origin: Source) -> SessionFact:
    """A session with nothing to remark."""
    return SessionFact(origin.session, origin)


FORECAST = ForecastFact(
    "forecast", S4, S4.read, derived("33.7000", "mL", "40.0 mL - 6.3 mL = 33.7000 mL"),
    dates=(
        Foreseen("low", "", at("2025-12-29 21:05"), "later"),
        Foreseen("empty", "", at("2026-01-10 07:32"), "later"),
    ),
)  # fmt: skip


def stalled() -> Case:
    """Two programmes, a refill, a bolus, a stall that is over, and a forecast."""
    return course(
        ("1", (session(S1), fill("f1", S1, "2025-03-03 11:20"),
               summary(S1, volume=amount("39.7 mL", "calculated")))),
        ("2", (session(S2), dataclasses.replace(FIRST, status="completed", reason="new-programme",
                                                end=at("2025-05-12 12:40"), last_confirmed=S2.read),
               fill("f2", S2, "2025-05-12 12:35", aspirated=amount("25.4 mL", "aspirated")),
               bolus("b", S2, "2025-05-12 12:41", "2025-05-12 12:51"))),
        ("3", (session(S3), dataclasses.replace(SECOND, status="stopped", reason="motor-stall",
                                                end=at("2025-06-18 14:02"), last_confirmed=S3.read),
               event("0112", "2025-06-18 14:02", "motor-stall", "MOTOR STALL <critical> & more"),
               summary(S3, volume=amount("33.8 mL", "calculated")))),
        ("4", (session(S4), STALL_OVER,
               dataclasses.replace(ALARM, until=at("2025-06-19 16:02"), last_read=S4.read),
               event("0113", "2025-06-19 16:02", "motor-stall-recovered", "RECOVERED", S4),
               summary(S4, volume=amount("33.7 mL", "calculated"), low_date=said(date(2025, 12, 28))))),
        (OPEN, (dataclasses.replace(SECOND, discriminator="event 0113", start=at("2025-06-19 16:02"),
                                    last_confirmed=S4.read), FORECAST)),
    ), NOON  # fmt: skip


def unknown() -> Case:
    """A bridge, a mixture, a segment that volumes contradict, a stall that goes on, and old news."""
    bridge = dataclasses.replace(
        SECOND, discriminator="bridge", bridge=True, start=at("2025-05-12 12:40"), end=at("2025-05-14 09:00"),
        status="completed", reason="bridge-ended", mixture=MIXED, bridge_volume=amount("0.200 mL"),
    )  # fmt: skip
    doubted = dataclasses.replace(FIRST, status="unknown", certainty="unknown", reason="delivery-doubtful")
    found = dataclasses.replace(
        SECOND, start=at("2025-05-14 09:00"), status="stopped", certainty="inferred", end=at("2025-06-18 14:02")
    )
    return course(
        ("1", (session(S1), doubted)),
        ("2", (session(S2), bridge, summary(S2, volume=amount("12.0 mL", "sensed")))),
        ("3", (session(S3), found)),
        (OPEN, (STALL, ALARM)),
    ), datetime(2025, 9, 1, tzinfo=UTC)  # fmt: skip


CASES: dict[str, Callable[[], Case]] = {"stalled": stalled, "unknown": unknown}
