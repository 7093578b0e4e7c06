"""The fold of a hospital pump: its sessions with one patient, and between them its stays with others.

1. Nothing is soft: a page is final once it is folded, unless a session that comes late lies before it.
2. A session of another patient ends the stay: what ran then is unknown from that session on, and what comes after it
   with this patient again is a stay of its own. A message that names no patient makes it unknown, while it is newer.
3. What was confirmed longer ago than the site allows is not current; no message says that it ended.

Must not know implanted pumps, nor who keeps pages.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bridge.course import infusion_alarms, infusion_readings, infusions
from bridge.course.bedside import Bedside, lost
from bridge.course.clocks import Instant, instant
from bridge.course.facts import PatientFact
from bridge.course.infusion_alarms import unknown
from bridge.course.infusion_facts import (
    AnnouncedPump,
    HospitalPumpFact,
    Infusion,
    InfusionAlarm,
    InfusionReason,
    MessageFact,
    Told,
)
from bridge.course.pages import Fact
from bridge.course.remarks import NewsFact
from bridge.course.sessions import FUTURE_TOLERANCE, Report
from bridge.course.state import State, Turn
from bridge.course.ward import Ward
from bridge.hospital import Infusion as Line
from bridge.interrogation import stated
from bridge.reading import Reading

_NEWS: dict[str, InfusionReason] = {"unreadable": "newer-export-unreadable", "future": "newer-export-in-future"}


@dataclasses.dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the same pump told that is not of this patient's course.

    `others` are sessions of other patients, of each gap between two sessions of this one at least the first, and so
    after the last; `unnamed` is the first session that names nobody, after the newest of this one.
    """

    others: tuple[Report, ...] = ()
    unnamed: Report | None = None

    def in_order(self) -> Elsewhere:
        """The same in the order of the pump."""
        return dataclasses.replace(self, others=tuple(sorted(self.others, key=_position)))

    def first_after(self, position: str) -> Report | None:
        """The first session of another patient after a position; the sessions are in order."""
        number = bisect_right(self.others, position, key=_position)
        return self.others[number] if number < len(self.others) else None


def _position(report: Report) -> str:
    return report.position


NOWHERE = Elsewhere()


def is_hospital_course(base: State | None, reports: Sequence[Report]) -> bool:
    """Whether a course is a hospital pump's: by its checkpoint, else by all that is held of it."""
    if base is not None:
        return base.ward is not None
    return bool(reports) and all(report.interrogation.is_hospital_pump for report in reports)


def take(turn: Turn, elsewhere: Elsewhere, interval: timedelta, max_age: timedelta) -> None:
    """Fold one session of a hospital pump into the state."""
    line = next((channel.infusion for channel in turn.interrogation.channels if channel.infusion is not None), Line())
    ward = _at_the_bed(turn, line, _left_meanwhile(turn, elsewhere))
    beside = Bedside(turn, line, ward, interval, max_age)
    unfit = infusions.follow(beside)
    alarms = infusion_alarms.follow(beside, ward.alarms, unfit)
    said = infusion_readings.follow(beside, ward.said)
    stay = _moved(ward.stay, turn, interval)
    patient = _patient(turn)
    if turn.session.disputed or (turn.state.patient is not None and patient is not turn.state.patient):
        turn.emit(_message(turn))
    turn.change(
        ward=dataclasses.replace(beside.left(ward), stay=stay, alarms=alarms, said=said),
        patient=patient,
        position=turn.session.position,
        last_read=turn.read,
        last_source=turn.source,
        simulated=turn.interrogation.is_simulated,
    )


def _left_meanwhile(turn: Turn, elsewhere: Elsewhere) -> Ward | None:
    """What was before this session; None where a stay begins with it: the former one is sealed on this page."""
    state = turn.state
    if state.ward is None:
        return None
    other = elsewhere.first_after(state.position)
    if other is None or other.position > turn.session.position:
        return state.ward
    turn.emit(*_parted(state.ward, other, turn.site_zone))
    return None


def _at_the_bed(turn: Turn, line: Line, ward: Ward | None) -> Ward:
    """The course so far, or a new stay."""
    if ward is not None:
        stay = ward.stay
        kind, system = stay.kind or _told(turn, line.device), stay.system_id or _told(turn, line.system_id)
        if (kind, system) != (stay.kind, stay.system_id):
            return dataclasses.replace(ward, stay=dataclasses.replace(stay, kind=kind, system_id=system))
        return ward
    stay = HospitalPumpFact(
        *_names(turn), turn.source, turn.source, kind=_told(turn, line.device), system_id=_told(turn, line.system_id)
    )
    return Ward(stay)


def _names(turn: Turn) -> tuple[Told[str], Told[str], Told[str]]:
    pump = turn.interrogation.pump
    return _name(turn, pump.manufacturer), _name(turn, pump.model), _name(turn, pump.serial)


def _name(turn: Turn, reading: Reading[str] | None) -> Told[str]:
    assert reading is not None, "accept lets in no interrogation of a pump without its names"
    return Told(reading, turn.export)


def _told(turn: Turn, reading: Reading[str] | None) -> Told[str] | None:
    return None if reading is None or reading.value is None else Told(reading, turn.export)


def _moved(stay: HospitalPumpFact, turn: Turn, interval: timedelta) -> HospitalPumpFact:
    """The stay, told by a newer session once an interval is over."""
    if turn.read.utc - stay.source.read.utc < interval:
        return stay
    return dataclasses.replace(stay, source=turn.source)


def _message(turn: Turn) -> MessageFact:
    patient = turn.interrogation.patient
    return MessageFact(turn.source.session, turn.source, turn.session.disputed, patient, turn.state.patient)


def _patient(turn: Turn) -> PatientFact | None:
    """The patient as the newest session that states something of them."""
    patient, before = turn.interrogation.patient, turn.state.patient or PatientFact()
    family, born = stated(patient.family) or before.family, stated(patient.birth_date) or before.birth_date
    number, system = stated(patient.identifier), stated(patient.system)
    if number is None:
        number, system = before.identifier, before.system
    made = PatientFact(family, born, number, system)
    return turn.state.patient if made in (turn.state.patient, PatientFact()) else made


def announced(turn: Turn) -> list[Fact]:
    """Pump and patient of a course of which nothing is known but a session in the future."""
    patient = _patient(turn)
    return [*([patient] if patient is not None else []), AnnouncedPump(*_names(turn), turn.source, turn.source)]


# --- the end of a stay, and the open page -------------------------------------------------------------------------


def _parted(ward: Ward, other: Report, zone: str) -> list[Fact]:
    """A stay that another patient's session ended."""
    stay = dataclasses.replace(ward.stay, until=_start(other, zone), ended=other.sha256, heard=ward.heard)
    running = (lost(run, "another-patient") for run in ward.running)
    return [stay, *running, *ward.ended, *unknown(ward.alarms, "another-patient")]


def _start(report: Report, zone: str) -> Instant:
    told = report.interrogation
    moment = stated(told.session.start)
    assert moment is not None, "accept lets in no interrogation without a session start"
    return instant(moment, stated(told.clocks.zone), zone)


def open_facts(
    state: State, as_of: datetime, max_age: timedelta, notes: Iterable[NewsFact], elsewhere: Elsewhere, zone: str
) -> tuple[list[Fact], list[datetime]]:
    """What stands on the open page, and when it may change by time."""
    ward = state.ward
    if ward is None:
        return [], []
    person: list[Fact] = [state.patient] if state.patient is not None else []
    came, times = _come_true(state, as_of, elsewhere, zone)
    after = [one for one in came if one is not elsewhere.unnamed]
    if after:
        return [*person, *_parted(ward, after[0], zone), *notes], times
    why: InfusionReason | None = "newer-message-unnamed" if came else next((_NEWS[note.kind] for note in notes), None)
    running, limits = _aged_infusions(ward, as_of, max_age, why)
    alarms, last = _aged_alarms(ward, as_of, max_age, why)
    stay = dataclasses.replace(ward.stay, heard=ward.heard)
    return [*person, stay, *running, *ward.ended, *alarms, *notes], [*times, *limits, *last]


def _come_true(state: State, as_of: datetime, elsewhere: Elsewhere, zone: str) -> tuple[list[Report], list[datetime]]:
    """What the pump told of others after the newest session, and when what lies in the future comes true."""
    unnamed = [elsewhere.unnamed] if elsewhere.unnamed is not None else []
    later = [one for one in (*elsewhere.others, *unnamed) if one.position > state.position]
    begin = [_start(one, zone).utc - FUTURE_TOLERANCE for one in later]
    return [one for one, at in zip(later, begin, strict=True) if at <= as_of], [at for at in begin if at > as_of]


def _aged_infusions(
    ward: Ward, as_of: datetime, max_age: timedelta, why: InfusionReason | None
) -> tuple[list[Infusion], list[datetime]]:
    facts, times = list[Infusion](), list[datetime]()
    for run in ward.running:
        limit = run.confirmed.utc + max_age
        reason: InfusionReason | None = why or ("too-old" if limit <= as_of else None)
        facts.append(run.infusion if reason is None else lost(run, reason))
        times.append(limit)
    return facts, times


def _aged_alarms(
    ward: Ward, as_of: datetime, max_age: timedelta, why: InfusionReason | None
) -> tuple[Sequence[InfusionAlarm], list[datetime]]:
    """Alarms are in force while the pump is heard: most senders tell of an alarm only once until it ends."""
    if not ward.alarms:
        return (), []
    assert ward.heard is not None, "an alarm was heard"
    limit = ward.heard.utc + max_age
    reason: InfusionReason | None = why or ("too-old" if limit <= as_of else None)
    return (ward.alarms if reason is None else unknown(ward.alarms, reason)), [limit]
