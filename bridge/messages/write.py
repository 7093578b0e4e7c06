"""The messages of a course: what one HL7 version 2 receiver ought to have been told, by key.

Promises: pure; keys are unique (Bug otherwise); the same session and binding give the same bytes, whichever other pages
are given beside it. A session is one message, told as its exports state it, with what they contradict each other in
as unreadable. Where a person gave an export to another patient, the name that was typed is not sent with it.
Must not know ledgers, plans or sockets. Sources: IHE PCD technical framework, transactions PCD-01, PCD-04, PCD-10.

    kind                  message         discriminator
    hl7v2-interrogation   ORU^R01         the session's
    hl7v2-delivery        ORU^R42         the fact's, and start or end
    hl7v2-alarm           ORU^R40         the fact's, and start or end
    hl7v2-none            none is sent    none: a hospital pump, whose own messages are not passed on
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bridge.chart.resource import Binding
from bridge.course.clocks import Instant, instant
from bridge.course.facts import OPEN, AlarmFact, BolusFact, EventFact, Gap, PumpFact, Segment
from bridge.course.infusion_facts import HospitalPumpFact
from bridge.course.pages import Course, Page
from bridge.course.remarks import SessionFact
from bridge.errors import Bug
from bridge.fhir_json import Json
from bridge.identity import PumpIdentity
from bridge.interrogation import Interrogation, Moment, PatientStated, stated
from bridge.messages.happenings import Told, alarm, bolus, gap, logged, segment
from bridge.messages.message import ALARM, INTERROGATION, Message, dtm, identity_rows, message_key, model_row
from bridge.messages.rows import Rows, interrogation_rows

Teller = Callable[[Any], Iterator[Told]]
_TELLERS: dict[type, Teller] = {
    Segment: segment, BolusFact: bolus, Gap: gap, AlarmFact: alarm, EventFact: logged,
}  # fmt: skip
NOT_PASSED_ON = "messages of hospital pumps are not passed on"


def write_messages(course: Course, binding: Binding) -> tuple[Message, ...]:
    """The messages of a course, or of its tail, in the order of their pages."""
    hospital = [fact for page in course.pages for fact in page.facts if isinstance(fact, HospitalPumpFact)]
    if hospital or not any(page.facts for page in course.pages):
        return tuple(_none(fact, binding) for fact in hospital[-1:])
    pump = _pump_of(course)
    found: dict[str, Message] = {}
    for page in course.pages:
        for message in _of_page(page, binding, pump, _named(course)):
            other = found.setdefault(message.key, message)
            if other is not message and message.type == INTERROGATION:
                raise Bug("two interrogations of one course have one key")
    made = _told_once(found.values())
    return tuple(sorted(made, key=lambda message: str(message.body["instant"])))


def _told_once(found: Iterable[Message]) -> Iterator[Message]:
    """An alarm of which a row of the log tells too, though the course does not join them, is told once."""
    seen: set[tuple[str, str]] = set()
    for message in sorted(found, key=lambda message: "|log " in message.key):
        name = (str(message.body["title"]), str(message.body["instant"]))
        if message.type != ALARM or name not in seen:
            yield message
        seen.add(name)


def _named(course: Course) -> PatientStated:
    """The patient as the newest session at hand states; what happens may stand on a page without one."""
    sessions = [fact for page in course.pages for fact in page.facts if isinstance(fact, SessionFact)]
    return sessions[-1].interrogation.patient if sessions else PatientStated()


def _of_page(page: Page, binding: Binding, pump: PumpIdentity, person: PatientStated) -> Iterator[Message]:
    for fact in page.facts:
        if isinstance(fact, SessionFact):
            yield _interrogation(fact, page.position, binding, pump)
        for told in _TELLERS[type(fact)](fact) if type(fact) in _TELLERS else ():
            yield _happening(told, page.position, binding, pump, person)


def _interrogation(fact: SessionFact, page: str, binding: Binding, pump: PumpIdentity) -> Message:
    told, source = fact.interrogation, fact.source
    rows = Rows(source.exports[0] if source.exports else None, _reckoned(told, binding.zone))
    interrogation_rows(told, rows)
    rows.rows.insert(1, model_row(pump))
    shifted = [dataclasses.replace(trace, element=_moved(trace.element)) for trace in rows.traces]
    body = _body(
        "interrogation", source.session, binding, pump, told.patient, source.start,
        {"type": INTERROGATION, "title": f"Interrogation, as read {source.read.words}", "service": "interrogation"},
    )  # fmt: skip
    body |= {"end": dtm(source.read)} if source.read != source.start else {}
    body["rows"] = rows.rows
    key = message_key("interrogation", binding, pump, source.session)
    return Message(key, body["id"], page, body, source.exports, tuple(shifted))


def _moved(element: str) -> str:
    """The element of a row, one further on: the row of the model stands before it."""
    number, _, rest = element.removeprefix("rows[").partition("]")
    return f"rows[{int(number) + 1}]{rest}"


def _happening(told: Told, page: str, binding: Binding, pump: PumpIdentity, person: PatientStated) -> Message:
    body = _body(told.kind, told.discriminator, binding, pump, person, told.at, {
        "type": told.type, "title": f"{told.title}, {told.at.words}", "service": told.service,
    })  # fmt: skip
    if told.parent:
        body["parent"] = binding.namespace.id(message_key(told.kind, binding, pump, told.parent))
    body["rows"] = [told.rows[0], *identity_rows(pump), *told.rows[1:]]
    key = message_key(told.kind, binding, pump, told.discriminator)
    return Message(key, body["id"], page, body, told.exports)


def _none(fact: HospitalPumpFact, binding: Binding) -> Message:
    """One line of the plan that says what is not done."""
    names = (fact.manufacturer.reading.value, fact.model.reading.value, fact.serial.reading.value)
    pump = PumpIdentity(names[0] or "", names[1] or "", names[2] or "")
    body = _body("none", "", binding, pump, PatientStated(), fact.source.start, {
        "type": INTERROGATION, "title": NOT_PASSED_ON, "not_sent": NOT_PASSED_ON, "service": "",
    })  # fmt: skip
    del body["instant"], body["start"]  # it is the same line whichever session it was first said of
    body |= {"instant": "9999-12-31T00:00:00+00:00", "rows": []}
    return Message(message_key("none", binding, pump, ""), body["id"], OPEN, body)


def _body(
    kind: str, discriminator: str, binding: Binding, pump: PumpIdentity, person: PatientStated, at: Instant, what: Json
) -> Json:
    return {
        **what,
        "id": binding.namespace.id(message_key(kind, binding, pump, discriminator)),
        "patient": _patient(binding, person),
        "pump": {"manufacturer": pump.manufacturer, "model": pump.model, "serial": pump.serial},
        "instant": at.utc.isoformat(),
        "start": dtm(at),
        **({"simulated": True} if binding.simulated else {}),
    }


def _patient(binding: Binding, person: PatientStated) -> Json:
    """The patient as bound; the name and birth date that were typed only where they are of the same number."""
    bound = binding.patient.get("identifier", {})
    found = {name: bound[name] for name in ("system", "value") if bound.get(name)}
    if stated(person.identifier) != bound.get("value"):
        return found
    typed = {"label": person.system, "family": person.family, "given": person.given}
    found |= {name: value for name, reading in typed.items() if (value := stated(reading))}
    born = stated(person.birth_date)
    return found | ({"born": f"{born:%Y%m%d}"} if born else {})


def _reckoned(told: Interrogation, zone: str) -> Callable[[Moment], str]:
    """What a printed time means, by the zone of the export or the site."""
    return lambda moment: dtm(instant(moment, stated(told.clocks.zone), zone))


def _pump_of(course: Course) -> PumpIdentity:
    for page in reversed(course.pages):
        for fact in page.facts:
            if isinstance(fact, PumpFact):
                names = (fact.manufacturer.reading.value, fact.model.reading.value, fact.serial.reading.value)
                return PumpIdentity(names[0] or "", names[1] or "", names[2] or "")
    raise Bug("a course without its open page cannot be written")
