"""Charts of exports without a store and a configuration: for `chart` and `validate`.

Everything that a site would say is fixed here and says that it is a demonstration: ids made here are nobody's.
"""

from __future__ import annotations

import hashlib
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bridge import __version__
from bridge.accept import Settings as AcceptSettings
from bridge.accept import interpret
from bridge.adapter import Adapter
from bridge.chart.commons import write_commons
from bridge.chart.dialect import Version
from bridge.chart.resource import Binding, Centre, Resource
from bridge.chart.write import write
from bridge.cli.files import LIMIT, export_of
from bridge.cli.readings import parts
from bridge.course.fold import Settings, fold
from bridge.course.hospital_pump import Elsewhere
from bridge.course.replaced import OtherPump
from bridge.course.sessions import Report
from bridge.errors import ExportError, UsageError
from bridge.fhir_json import Json
from bridge.findings.noticed import noticed, on_page
from bridge.identity import Namespace, PumpIdentity
from bridge.interrogation import Interrogation, Moment, Reading, stated
from bridge.store.protocol import Filed, NewExport, Refusal

BASE = "https://pumpbridge.invalid"
KEY_SYSTEM = f"{BASE}/sid/patient"
NAMESPACE = Namespace(hashlib.sha256(b"pumpbridge demonstration").digest(), "demo")
SIMULATED = Namespace(hashlib.sha256(b"pumpbridge demonstration, simulated").digest(), "demosim")
MAX_AGE = timedelta(days=200)
NO_ZONE = "UTC"


@dataclass(frozen=True, slots=True)
class Given:
    """One export and what it says."""

    export: NewExport
    filed: Filed


class NoStore:
    """The part of a store that reading an export asks for: nobody has linked anything."""

    def linked_patient(self, pump: PumpIdentity) -> tuple[str, str] | None:
        """None."""
        return None


def given(files: Sequence[Path], adapters: dict[str, Adapter], zone: str | None) -> list[Given]:
    """What the exports in these files say; raises ExportError for one that cannot be read, UsageError for its zone."""
    found: dict[str, list[Given]] = {}
    for file in files:
        export = export_of(file)
        found.setdefault(export.sha256, _read(file, export, adapters, zone))
    return [one for several in found.values() for one in several]


def _read(file: Path, export: NewExport, adapters: dict[str, Adapter], zone: str | None) -> list[Given]:
    settings = AcceptSettings(_checked(zone), KEY_SYSTEM, {}, LIMIT)
    read = interpret(export, adapters, NoStore(), settings)  # type: ignore[arg-type]
    if isinstance(read, Refusal):
        place = f"{file}, {read.where}" if read.where else str(file)
        raise ExportError(read.message, where=place, code=read.code, remedy=read.remedy)
    if zone is None and any(needs_zone(filed.interrogation) for filed in read):
        raise UsageError(
            "this export states no time zone", where=str(file), code="zone-missing",
            remedy="say where it was made, such as --zone Europe/Berlin",
        )  # fmt: skip
    return [Given(export, filed) for filed in read]


def _checked(zone: str | None) -> str:
    try:
        return str(ZoneInfo(zone or NO_ZONE))
    except (KeyError, ValueError, OSError):
        raise UsageError(
            "this is no IANA time zone", where="--zone", remedy="write one such as Europe/Berlin"
        ) from None


def needs_zone(interrogation: Interrogation) -> bool:
    """Whether a time in it has neither an offset nor the export's zone (the pump's own clock is only compared)."""
    if stated(interrogation.clocks.zone):
        return False
    return any(_zoneless(part) for part in (interrogation.session, *interrogation.channels))


def _zoneless(value: Any) -> bool:
    if isinstance(value, Reading):
        moment = value.value
        return isinstance(moment, Moment) and moment.offset_minutes is None and moment.precision != "day"
    if isinstance(value, tuple):
        return any(_zoneless(item) for item in value)
    return value is not None and any(_zoneless(item) for _, item in parts(value))


def charts(exports: Sequence[Given], zone: str | None, as_of: datetime | None, fhir: Version = "R4") -> list[Resource]:
    """Every resource of the exports' charts in a version of FHIR, what they share first."""
    at, settings = as_of or datetime.now(UTC), Settings(_checked(zone), MAX_AGE)
    made: list[Resource] = []
    for simulated in sorted({one.filed.simulated for one in exports}):
        programmers = {one.filed.programmer for one in exports if one.filed.simulated == simulated}
        keys = [key for key in programmers if key is not None]
        made += write_commons(keys, _binding(simulated, "", {}, {}, fhir), __version__)
    courses = _courses(exports)
    for course in courses:
        beside = [one for one in courses if _is_other_pump(course, one)]
        made += _chart(course, beside, _elsewhere(course, courses), at, settings, fhir)
    return made


def _courses(exports: Sequence[Given]) -> list[list[Given]]:
    found: dict[tuple[object, ...], list[Given]] = {}
    for one in exports:
        filed = one.filed
        found.setdefault((filed.pump, filed.simulated, filed.patient, filed.patient_system), []).append(one)
    return list(found.values())


def _is_other_pump(course: list[Given], other: list[Given]) -> bool:
    """Whether another course is of the same patient, real with real and simulated with simulated."""
    one, two = course[0].filed, other[0].filed
    same = (one.patient, one.patient_system, one.simulated) == (two.patient, two.patient_system, two.simulated)
    implanted = not _of_hospital(course) and not _of_hospital(other)
    return bool(one.patient) and same and one.pump != two.pump and implanted


def _of_hospital(course: list[Given]) -> bool:
    return all(one.filed.interrogation.is_hospital_pump for one in course)


def _elsewhere(course: list[Given], courses: list[list[Given]]) -> Elsewhere:
    """What the pump of a course told of others: the first of each time that it was with another patient, or nobody."""
    pump, own = (course[0].filed.pump, course[0].filed.simulated), sorted(one.filed.position for one in course)
    others = [one for other in courses if other is not course for one in other]
    same = [one for one in others if (one.filed.pump, one.filed.simulated) == pump and one.filed.position > own[0]]
    stays: dict[int, Given] = {}
    unnamed: Given | None = None
    for one in sorted(same, key=lambda one: one.filed.position):
        if one.filed.patient:
            stays.setdefault(bisect(own, one.filed.position), one)
        elif unnamed is None and one.filed.position > own[-1]:
            unnamed = one
    return Elsewhere(tuple(map(_report, stays.values())), _report(unnamed) if unnamed is not None else None)


def _chart(
    course: list[Given], beside: list[list[Given]], elsewhere: Elsewhere, at: datetime, settings: Settings,
    fhir: Version,
) -> tuple[Resource, ...]:  # fmt: skip
    first = course[0].filed
    if _of_hospital(course) and not first.patient:
        return ()  # a pump at nobody: there is no chart to write into
    others = [OtherPump(None, tuple(map(_report, other))) for other in beside]
    reports = [_report(one) for one in course]
    folded = fold(
        reports, at, settings, patient=first.patient, notice=on_page, others=others, elsewhere=elsewhere
    )  # fmt: skip
    contents = {one.export.sha256: one.export.content for one in course}
    if len(folded.course.pages) == 1 and not folded.course.pages[0].facts:
        return ()
    return write(noticed(folded.course), _binding(first.simulated, first.patient, _subject(first), contents, fhir))


def _report(one: Given) -> Report:
    filed = one.filed
    return Report(
        one.export.sha256, filed.sha1, len(one.export.content), filed.media_type, filed.session, filed.position,
        filed.interrogation,
    )  # fmt: skip


def _subject(filed: Filed) -> Json:
    """The patient by identifier, as stated; a label that is no URI becomes one of ours."""
    label = filed.patient_system
    system = label if ":" in label else f"{BASE}/sid/{label.lower()}"
    value = filed.patient.removeprefix(f"{label}#")
    if not value:
        return {"type": "Patient", "display": "NOT RECORDED"}
    return {"type": "Patient", "identifier": {"system": system, "value": value} if label else {"value": value}}


def _binding(simulated: bool, patient: str, subject: Json, contents: dict[str, bytes], fhir: Version) -> Binding:
    return Binding(
        base=BASE,
        namespace=SIMULATED if simulated else NAMESPACE,
        centre=Centre("Demonstration", None),
        patient=subject,
        patient_key=patient,
        simulated=simulated,
        fhir=fhir,
        attachment=contents.get,
    )
