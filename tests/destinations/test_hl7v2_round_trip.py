"""What is sent of an implanted pump is read back as the same facts: values, digits, units, times, pump and patient."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.adapter import find
from bridge.cli.offline import given
from bridge.course.fold import Settings, fold
from bridge.course.pages import Course
from bridge.course.remarks import SessionFact
from bridge.course.sessions import Report
from bridge.errors import ExportError
from bridge.findings.noticed import on_page
from bridge.interrogation import all_fields_of
from bridge.messages.message import DELIVERY, INTERROGATION
from bridge.terms import mdc
from bridge.terms.local import by_path, local_terms
from tests.destinations import told

FIXTURES = Path(__file__).parents[2] / "fixtures"
FORMATS = (
    "session_json", "synchromed_report", "prometra_inquiry", "medstream_report", "constant_flow_sheet",
    "serial_capture", "journey",
)  # fmt: skip
ZONE = "Europe/London"
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def exports() -> list[Path]:
    """Exports of implanted pumps of every format: as text, where one is kept in print too."""
    ends = (".json", ".txt")
    found = [path for name in FORMATS for path in sorted((FIXTURES / name).rglob("*")) if path.suffix in ends]
    return [path for path in found if "expected" not in path.name and path.parent.name != "noisy-long-log"]


def folded(path: Path) -> tuple[list[Report], Course] | None:
    """The reports of an export and their course; None for a file that is no export."""
    try:
        read = given([path], find(()), ZONE)
    except ExportError:
        return None
    reports = [
        Report(one.export.sha256, one.filed.sha1, 1, one.filed.media_type, one.filed.session, one.filed.position,
               one.filed.interrogation)
        for one in read
    ]  # fmt: skip
    course = fold(reports, AS_OF, Settings(ZONE, timedelta(days=200)), patient=read[0].filed.patient, notice=on_page)
    return reports, course.course


@pytest.mark.parametrize("path", exports(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_told_is_read_back(path: Path) -> None:
    read = folded(path)
    if read is None:
        return  # a file beside an export
    _, course = read
    sessions = [fact for page in course.pages for fact in page.facts if isinstance(fact, SessionFact)]
    for fact in sessions:
        person = fact.interrogation.patient
        number = person.identifier.value if person.identifier and person.identifier.value else "0000017"
        patient = {"type": "Patient", "identifier": {"system": told.SYSTEM, "value": number}}
        made = told.messages(course, patient=patient, key=number, simulated=bool(fact.interrogation.simulated))
        message = next(m for m in made if m.type == INTERROGATION and m.rests_on == fact.source.exports)
        expected, found = told.stated(fact.interrogation), told.stated(told.read_back(message))
        if person.identifier is None or person.identifier.value is None:
            expected.pop("patient", None)
            found.pop("patient")
        assert found == expected
        assert len({row["place"] for row in message.body["rows"]}) == len(message.body["rows"])


def test_the_exports_of_every_format_are_among_them() -> None:
    read = [path for path in exports() if folded(path) is not None]
    assert {path.relative_to(FIXTURES).parts[0] for path in read} == set(FORMATS)
    assert len(read) > 40


def test_deliveries_and_alarms_are_read_back_as_what_happened() -> None:
    read = folded(FIXTURES / "journey" / "03-ada-stall.json")
    assert read is not None
    events = [message for message in told.messages(read[1]) if message.type == DELIVERY]
    back = [told.read_back(message) for message in events]
    assert events
    assert {one.kind.value for one in back if one.kind} == {"event"}
    assert {str(one.pump_identity) for one in back} == {str(read[0][0].interrogation.pump_identity)}
    assert not any(one.is_hospital_pump for one in back)


def test_the_table_names_every_leaf_once_and_no_number_that_is_not_pinned() -> None:
    leaves: set[str] = set()

    def walk(group: type, path: str) -> None:
        for field in all_fields_of(group):
            if field.name in ("patient", "infusion", "simulated", "telling"):
                continue
            if field.leaf is not None:
                leaves.add(f"{path}{field.name}")
            elif field.group is not None:
                walk(field.group, f"{path}{field.name}.")

    from bridge.interrogation import Interrogation

    walk(Interrogation, "")
    assert set(by_path()) == leaves
    pinned = {term.code: term.refid for term in mdc.table() if term.code}
    assert all(pinned.get(term.mdc) for term in local_terms().values() if term.mdc)
    places = [(t.level, t.number, t.path.split(".")[1:2] if t.level == "channel" else "") for t in by_path().values()]
    assert len({str(place) for place in places}) == len(places)


GOLDEN = FIXTURES / "hl7v2_out" / "ada-stall"


def test_bytes_are_the_kept_ones() -> None:
    read = folded(FIXTURES / "journey" / "03-ada-stall.json")
    assert read is not None
    number = read[0][0].interrogation.patient.identifier
    assert number is not None
    patient = {"type": "Patient", "identifier": {"system": told.SYSTEM, "value": number.value}}
    made = told.messages(read[1], patient=patient, key=str(number.value), simulated=True)
    found = {f"{n:02}-{message.type}.hl7": told.sent(message)[1:-2] for n, message in enumerate(made, 1)}
    assert found == {path.name: path.read_bytes() for path in sorted(GOLDEN.glob("*.hl7"))}
