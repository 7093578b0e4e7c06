"""Time with one meaning: what a device printed, and the instant that is inferred from it.

Promises: the printed text and offset are kept; UTC is an inference that names its source (a stated offset, the
export's zone, the site's zone); an instant in the repeated hour of autumn, or in the missing hour of spring, goes out
with the precision of its date. Must not know sessions or segments.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from bridge.interrogation import Moment

ZoneSource = Literal["stated", "export", "site"]


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time: UTC for reckoning, FHIR text with the precision it has, and the printed wall clock."""

    utc: datetime
    fhir: str
    printed: str
    source: ZoneSource
    ambiguous: bool = False

    @property
    def words(self) -> str:
        """How people read it: 12 May 2025 12:40, or 12 May 2025 where only the day is certain."""
        return words(datetime.fromisoformat(self.printed), day_only=len(self.fhir) == 10)


def words(local: datetime | date, *, day_only: bool = False) -> str:
    """A date, or a date with time to the minute, in words that no locale reads otherwise."""
    day = f"{local.day} {_MONTHS[local.month - 1]} {local.year}"
    return day if day_only or not isinstance(local, datetime) else f"{day} {local:%H:%M}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def instant(moment: Moment, export_zone: str | None, site_zone: str) -> Instant:
    """The instant that a printed time means, with the source of its zone; site_zone is an IANA name."""
    printed = moment.local.isoformat(sep=" ", timespec="seconds" if moment.local.second else "minutes")
    if moment.offset_minutes is not None:
        aware = moment.local.replace(tzinfo=timezone(timedelta(minutes=moment.offset_minutes)))
        return _made(aware, moment, printed, "stated")
    zone = ZoneInfo(export_zone or site_zone)
    source: ZoneSource = "export" if export_zone else "site"
    aware = moment.local.replace(tzinfo=zone)
    unclear = _gap_or_fold(moment.local, zone)
    return _made(aware, moment, printed, source, ambiguous=unclear)


def _made(aware: datetime, moment: Moment, printed: str, source: ZoneSource, *, ambiguous: bool = False) -> Instant:
    day_only = ambiguous or moment.precision == "day"
    fhir = f"{aware:%Y-%m-%d}" if day_only else aware.isoformat(timespec="seconds")
    return Instant(aware.astimezone(UTC), fhir, printed, source, ambiguous)


def _gap_or_fold(local: datetime, zone: ZoneInfo) -> bool:
    first = local.replace(tzinfo=zone, fold=0).utcoffset()
    second = local.replace(tzinfo=zone, fold=1).utcoffset()
    return first != second


def second_reading(first: Instant) -> Instant:
    """The later of the two instants that an ambiguous printed time may mean; it goes out with its date all the same."""
    return dataclasses.replace(first, utc=first.utc + timedelta(hours=1))


def told_at(start: Instant, utc: datetime, zone: str) -> Instant:
    """A derived instant, truncated to the minute, as clocks show it then: by the zone of a site or export.

    Where the zone does not show the offset that the start states, that offset is kept: the zone is another one.
    """
    utc = utc.astimezone(UTC).replace(second=0, microsecond=0)
    there = datetime.fromisoformat(start.fhir)
    clock: tzinfo = ZoneInfo(zone)
    if start.source == "stated" and there.tzinfo and start.utc.astimezone(clock).utcoffset() != there.utcoffset():
        clock = there.tzinfo
    local = utc.astimezone(clock)
    fhir = f"{local:%Y-%m-%d}" if len(start.fhir) == 10 else local.isoformat(timespec="seconds")
    return Instant(utc, fhir, f"{local:%Y-%m-%d %H:%M}", start.source, start.ambiguous)


def later(start: Instant, elapsed: timedelta) -> Instant:
    """A derived instant: start plus elapsed, truncated to the minute, in the offset of the start."""
    utc = (start.utc + elapsed).replace(second=0, microsecond=0)
    base = datetime.fromisoformat(start.fhir)
    local = utc.astimezone(base.tzinfo) if base.tzinfo else utc
    fhir = f"{local:%Y-%m-%d}" if start.ambiguous else local.isoformat(timespec="seconds")
    return Instant(utc, fhir, f"{local:%Y-%m-%d %H:%M}", start.source, start.ambiguous)
