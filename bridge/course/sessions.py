"""From the live exports of a course to its sessions: which exports report one session, and what they say together.

Promises: the order of arrival never decides. A correction is declared (a higher revision, a later report time of the
same session, a later message of the same name, or a person's word); exports that merely disagree withhold the disputed
value. A session is named by the pump's own number, else by its printed start.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, timedelta
from typing import Any

from bridge.course.clocks import instant
from bridge.interrogation import Interrogation, Moment, Reading, Telling, stated

FUTURE_TOLERANCE = timedelta(minutes=10)  # a session that begins later than so much from now lies in the future


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """One live export of a session: its hashes, size and media type, and what it says."""

    sha256: str
    sha1: str
    size: int
    media_type: str
    session: str
    position: str
    interrogation: Interrogation
    supersedes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Session:
    """One session as its reports say it together; `disputed` names the values that they contradict each other in."""

    discriminator: str
    position: str
    reports: tuple[Report, ...]
    interrogation: Interrogation
    corrected: bool
    disputed: tuple[str, ...]


def placed(interrogation: Interrogation, site_zone: str) -> tuple[str, str]:
    """The session's discriminator, and the position that sorts it among the pump's sessions.

    An adapter has refused an export without a session start. The zone is an IANA name.
    """
    start = stated(interrogation.session.start)
    if start is None:
        raise ValueError("an interrogation without a session start was let in")
    number = stated(interrogation.session.number)
    discriminator = f"session {number}" if number else f"{_printed(start)}/1"
    begun = instant(start, stated(interrogation.clocks.zone), site_zone).utc.astimezone(UTC)
    if interrogation.is_hospital_pump:
        return discriminator, f"{begun:%Y%m%dT%H%M%SZ %f} {_turn_in_moment(interrogation)} {discriminator}"
    return discriminator, f"{begun:%Y%m%dT%H%M%SZ} {discriminator}"


def _turn_in_moment(interrogation: Interrogation) -> int:
    """Which of several messages of one moment comes first: what ends, what else happened, what starts, what is seen.

    A change of rate is a STOP and a START of one second; an alarm may be over in the second in which it began.
    """
    lines = [channel.infusion for channel in interrogation.channels if channel.infusion]
    events = [event for line in lines for event in line.events]
    kinds = {stated(event.kind) for event in events}
    if not kinds:
        return 4
    if "delivery-start" in kinds or "end" in {(stated(event.phase) or "").lower() for event in events}:
        return 3
    return 1 if kinds & {"delivery-stop", "delivery-complete"} else 2


def _printed(moment: Moment) -> str:
    text = moment.local.isoformat(sep=" ", timespec="seconds" if moment.local.second else "minutes")
    if moment.offset_minutes is None:
        return text
    sign = "-" if moment.offset_minutes < 0 else "+"
    hours, minutes = divmod(abs(moment.offset_minutes), 60)
    return f"{text}{sign}{hours:02}:{minutes:02}"


def sessions_of(reports: Iterable[Report]) -> tuple[Session, ...]:
    """The sessions in the order of the pump, each resolved from all its live reports."""
    groups: dict[str, list[Report]] = {}
    for report in reports:
        groups.setdefault(report.session, []).append(report)
    resolved = [_resolved(name, sorted(group, key=lambda r: r.sha256)) for name, group in groups.items()]
    return tuple(sorted(resolved, key=lambda session: session.position))


def _resolved(name: str, reports: list[Report]) -> Session:
    standing = [report for report in reports if len(reports) == 1 or not _is_told_anew(report, reports)]
    best = max(_rank(report) for report in standing)
    newest = [report for report in standing if _rank(report) == best]
    declared = len(newest) < len(reports) or any(r.supersedes for r in reports)
    corrected = declared and any(_substance(r.interrogation) != _substance(newest[0].interrogation) for r in reports)
    corrected = corrected or any(r.supersedes for r in newest)
    merged, disputed = newest[0].interrogation, set[str]()
    for other in newest[1:]:
        merged = _merged(merged, other.interrogation, "", disputed)
    position = min(report.position for report in newest)
    return Session(name, position, tuple(reports), merged, corrected, tuple(sorted(disputed)))


def _is_told_anew(report: Report, reports: Iterable[Report]) -> bool:
    """Whether a later message of the same name tells it again: a bridge says what holds by its last one."""
    own = report.interrogation.telling
    if own is None or stated(own.name) is None:
        return False
    others = (other.interrogation.telling for other in reports)
    return any(
        stated(other.name) == stated(own.name) and told_rank(other) > told_rank(own)
        for other in others
        if other is not None
    )


def told_rank(telling: Telling) -> str:
    """When a message was sent, for ranking it among those of its name."""
    return reported_rank(stated(telling.sent))


def _rank(report: Report) -> tuple[int, str]:
    session = report.interrogation.session
    reported = stated(session.reported)
    return stated(session.revision) or 0, reported_rank(reported)


def reported_rank(moment: Moment | None) -> str:
    """The report time for ranking: in UTC where its offset is stated, else as printed."""
    if moment is None:
        return ""
    return (moment.local - timedelta(minutes=moment.offset_minutes or 0)).isoformat()


_NOT_SUBSTANCE = ("revision", "reported", "message", "telling")  # senders number a message anew when they send it again


def _substance(value: Any) -> Any:
    if isinstance(value, Reading):
        return value.value
    if isinstance(value, tuple):
        return tuple(_substance(item) for item in value)
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value) if field.name not in _NOT_SUBSTANCE]
        return tuple(_substance(getattr(value, name)) for name in names)
    return value


def _merged(one: Any, other: Any, path: str, disputed: set[str]) -> Any:
    if other is None or one == other:
        return one
    if one is None:
        return other
    if isinstance(one, Telling):
        return one  # messages of one session by two bridges
    if isinstance(one, Reading):
        return _merged_reading(one, other, path, disputed)
    if isinstance(one, tuple):
        return _merged_rows(one, other, path, disputed)
    changes = {
        field.name: _merged(getattr(one, field.name), getattr(other, field.name), f"{path}/{field.name}", disputed)
        for field in dataclasses.fields(one)
    }
    return dataclasses.replace(one, **changes)


def _merged_reading(one: Reading[Any], other: Reading[Any], path: str, disputed: set[str]) -> Reading[Any]:
    if one.value == other.value or path.rsplit("/", 1)[-1] in _NOT_SUBSTANCE:
        return one
    disputed.add(path)
    return Reading(None, f"{one.text} or {other.text}", one.where, one.how)


def _merged_rows(one: tuple[Any, ...], other: tuple[Any, ...], path: str, disputed: set[str]) -> tuple[Any, ...]:
    if not one or not other:
        return one or other
    if len(one) != len(other):
        disputed.add(path)
        return ()
    return tuple(_merged(a, b, f"{path}/{n}", disputed) for n, (a, b) in enumerate(zip(one, other, strict=True), 1))
