"""What a message says besides its OBX rows: its type, its profile, whether it is a test, and the patient.

Promises: a message of another type is refused by name; the profile (MSH-21) is known under the numbers that are in use
as well as the assigned ones, and drives nothing. A patient that the sender does not know is no patient.
Source of the profile numbers: IHE Patient Care Device technical framework, volume 2, and messages of vendors.
"""

from __future__ import annotations

import re
from functools import lru_cache

from adapters.hl7v2_values import cleaned, day, refusal, words
from bridge.errors import ExportError
from bridge.interrogation import PatientStated, Reading, proven
from bridge.wire.er7 import Coding, Message, Segment, components

KINDS = {"R01": "snapshot", "R42": "event", "R40": "event"}
_VERSION = re.compile(r"2\.[2-8](\.[0-9])?")
_ROOT = "1.3.6.1.4.1.19376.1.6."
PROFILES = {
    f"{_ROOT}1.1.1": "PCD-01", f"{_ROOT}1.1": "PCD-01", f"{_ROOT}4.1": "PCD-01",
    f"{_ROOT}1.4.1": "PCD-04", f"{_ROOT}4.4": "PCD-04", f"{_ROOT}4.4.1": "PCD-04",
    f"{_ROOT}1.9.1": "PCD-09",
    f"{_ROOT}4.10": "PCD-10", f"{_ROOT}1.10.1": "PCD-10",
    f"{_ROOT}4.15": "PCD-15", f"{_ROOT}1.15.1": "PCD-15",
}  # fmt: skip
_REMEMBERED = 500  # characters of a PID segment
_BEFORE_PID = frozenset({"MSH", "SFT", "UAC", "NTE"})
_UNKNOWN = frozenset({"unknown", "unknown patient", "n/a", "none"})


def kind_of(message: Message) -> Reading[str]:
    """Which kind of export the message is; raises ExportError for a type or a version that is not read."""
    header = message.header
    version, control = header.text(12), header.text(9)
    if not _VERSION.fullmatch(version):
        raise refusal("version-unsupported", "MSH-12 is no version from 2.2 to 2.8", header.place(12))
    event = header.text(9, 2)
    if control != "ORU" or event not in KINDS:
        named = cleaned(f"{control}^{event}", header.place(9))[:24]
        raise _type_refused(named if re.fullmatch(r"[A-Z0-9^]+", named) else "this type", header, control == "ORU")
    return proven(KINDS[event], f"{control}^{event}", header.place(9))


def _type_refused(named: str, header: Segment, event_only: bool) -> ExportError:
    code = "message-event-unsupported" if event_only else "message-type-unsupported"
    remedy = "send ORU^R01, ORU^R40 or ORU^R42 only"
    return refusal(code, f"{named} is not read here", header.place(9, 2 if event_only else 1), remedy)


def simulated(message: Message) -> Reading[bool] | None:
    """True where MSH-11 says training or debugging; absent for production."""
    processing = words(message.header, 11)
    if processing is None or processing.value == "P":
        return None
    if processing.value not in ("T", "D"):
        raise refusal("processing-unsupported", "MSH-11 is none of P, T and D", processing.where)
    return proven(True, processing.text, processing.where)


def control_id(message: Message) -> Reading[str]:
    """The sender's number of the message, breaks left out; raises ExportError where there is none."""
    where = message.header.place(10)
    found = cleaned(message.control_id, where)
    if not found:
        raise refusal("segment-missing", "MSH-10 is empty", where)
    return proven(found, found, where)


def profile(message: Message) -> Reading[str] | None:
    """The profile by the name that its number has; the number where it has none here."""
    stated = words(message.header, 21, 3)
    if stated is None or stated.value is None:
        return None
    return proven(PROFILES.get(stated.value, stated.value), stated.text, stated.where)


def patient(message: Message) -> PatientStated:
    """The patient of PID; raises ExportError where it is missing, misplaced or says two things."""
    stated = message.named("PID")
    if not stated:
        raise refusal("segment-missing", "there is no PID", message.header.place())
    if len(stated) > 1:
        raise refusal("patients-several", "a message names one patient", stated[1].place())
    pid = stated[0]
    before = message.segments[: message.segments.index(pid)]
    if any(segment.name not in _BEFORE_PID for segment in before):
        raise refusal("segment-order", "PID stands after what it is for", pid.place())
    if pid.text(31).upper().startswith("Y"):
        return PatientStated()
    if len(pid.sent) <= _REMEMBERED:
        return _known(pid.sent, pid.coding, pid.place()) or _stated(pid)
    return _stated(pid)


@lru_cache(1024)
def _known(sent: str, coding: Coding, where: str) -> PatientStated | None:
    """A pump names its patient in every message; None for what is refused."""
    try:
        return _stated(Segment("PID", 1, sent, coding, where.removesuffix("PID[1]")))
    except ExportError:
        return None


def _stated(pid: Segment) -> PatientStated:
    numbers = [parts for raw in pid.repetitions(3) if (parts := components(raw, pid.coding))[0]]
    chosen = next((parts for parts in numbers if _part(parts, 5) == "MR"), numbers[0] if numbers else None)
    if chosen is None or chosen[0].lower() in _UNKNOWN:
        return PatientStated()
    kind = _part(chosen, 4), _part(chosen, 5)
    if len({parts[0] for parts in numbers if (_part(parts, 4), _part(parts, 5)) == kind}) > 1:
        raise refusal("patients-several", "two numbers of one kind name the patient", pid.place(3))
    where = pid.place(3, 1)
    identifier = cleaned(chosen[0], where)
    return PatientStated(
        identifier=proven(identifier, identifier, where),
        system=_system(pid, *kind),
        family=_name(pid, 1),
        given=_name(pid, 2),
        birth_date=day(pid, 7),
    )


def _part(parts: list[str], component: int) -> str:
    return parts[component - 1] if component <= len(parts) else ""


def _system(pid: Segment, assigner: str, kind: str) -> Reading[str] | None:
    """Who assigned the number: its name, else its OID, else the kind of number."""
    authority = assigner.split("&")
    name, oid = authority[0], authority[1] if len(authority) > 1 else ""
    found = name or (f"urn:oid:{oid}" if oid else "") or kind
    where = pid.place(3, 4)
    found = cleaned(found, where)
    return proven(found, found, where) if found else None


def _name(pid: Segment, component: int) -> Reading[str] | None:
    raw = pid.text(5, component, 1)
    found = cleaned(raw, pid.place(5, component))
    return proven(found, found, pid.place(5, component)) if found and found != '""' else None
