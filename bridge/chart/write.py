"""The chart: every resource that ought to exist at one destination for one course, by key.

Promises: pure; keys are unique (Bug otherwise); what is referred to stands before what refers; the same facts and the
same binding give the same bytes, whichever other pages are given beside them. Must not know ledgers, plans or servers.

Keys are `kind|patient|manufacturer|model|serial|discriminator`. Kinds, in the order of sending (sheet.KINDS):

    kind                                             resource                   discriminator
    pump, use, implant, explant, pump-present        Device, DeviceUse-         none
                                                     Statement, Procedure, Flag
    catheter                                         Device                     the fact's
    document                                         DocumentReference          SHA-256 of the bytes
    drug                                             Medication                 content: "baclofen 2000 ug/mL", sorted
    fill, programming                                Procedure                  the fact's
    programme                                        MedicationRequest          the fact's
    delivery (a segment, a bridge), bolus            MedicationAdministration   the fact's
    reservoir-volume, programmed-daily-dose,         Observation                the session's; a second drug's dose
    low-reservoir-date, months-to-eri                                           adds " dose 2"
    reservoir-volume-expected, -aspirated,           Observation                the filling's
    fill-volume, delivered-ratio
    priming-volume                                   Observation                the priming's
    delivery-dose (each drug of a mixture)           Observation                the segment's and " dose n"
    bolus-dose                                       Observation                the bolus's
    bridge-volume, bridge-accounted                  Observation                the segment's
    infusing-status, dose-not-delivered              Observation                the gap's
    alarm-event (any row of the pump's log)          Observation                the event's
    reservoir-volume-derived, low-reservoir-date-    Observation                the session's; a date adds " no bolus
    derived, empty-date-derived, refill-by-derived                              taken" or " all boluses taken"
    observed-flow, observed-daily-dose               Observation                the filling's; a further drug's dose
                                                                                adds " dose n"
    summary                                          Observation (panel)        the session's
    the finding's code (delivery-interrupted, ...)   DetectedIssue              the finding's
    alarm-flag                                       Flag                       the alarm's; the gap's where delivery
                                                                                is interrupted (alarm and finding)
    finding-flag (other findings for the ward)       Flag                       the finding's code and discriminator
    amendment; plan (not of the chart)               DetectedIssue; Provenance  the plan's id
    programmer; hospital-pump; bridge; organisation  Device; Organization       shared keys, no patient
    (commons)

In R5 `usage`, a DeviceUsage, stands for `use`; and `association`, a DeviceAssociation ("pump", or "catheter" and the
fact's), says whose a Device is, which has no patient there.

Of a hospital pump, whose Device is one of the commons:

    use (R5: usage)                                  DeviceUseStatement         the stay's: its first session
    delivery (an infusion), bolus                    MedicationAdministration   the fact's
    infusion-reading                                 Observation                the reading's
    alarm-event; alarm-flag                          Observation; Flag          the alarm's or event's

Findings name facts by these kinds, or as segment, gap, event, priming, export.

What a destination does not take is told as another type, under the kind with `-as-` and that type (`delivery-as-
observation`), or left out: capability.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from bridge.chart import association, flags, infusion_readings, infusion_use
from bridge.chart import forecast as reckoned
from bridge.chart.bolus import bolus
from bridge.chart.device_use import implant_and_explant, use
from bridge.chart.devices import catheter, pump
from bridge.chart.documents import document
from bridge.chart.infusion import infusion
from bridge.chart.infusion_alarms import alarm as infusion_alarm
from bridge.chart.issues import issue
from bridge.chart.medication import medication
from bridge.chart.observations import event, gap, single_values
from bridge.chart.procedures import fill, programming
from bridge.chart.programme import programme
from bridge.chart.reservoir import priming, volumes
from bridge.chart.resource import Binding, Resource
from bridge.chart.segment import segment
from bridge.chart.sheet import RANK, Sheet, kind_of
from bridge.chart.summary import summary
from bridge.course import facts, forecast, infusion_facts, panel, remarks
from bridge.course.facts import PumpFact
from bridge.course.infusion_facts import HospitalPumpFact
from bridge.course.pages import Course
from bridge.course.shared import hospital_pump
from bridge.errors import Bug
from bridge.identity import PumpIdentity

Writer = Callable[[Sheet, Any, str], Iterator[Resource]]

_WRITERS: dict[type, tuple[Writer, ...]] = {
    facts.DocumentFact: (document,),
    facts.PumpFact: (pump, association.pump, implant_and_explant, use),
    facts.CatheterFact: (catheter, association.catheter),
    facts.PresenceFact: (flags.presence,),
    facts.Mixture: (medication,),
    facts.FillFact: (fill, volumes),
    facts.PrimingFact: (priming,),
    facts.ProgrammeFact: (programme,),
    facts.ProgrammingFact: (programming,),
    facts.Segment: (segment,),
    facts.BolusFact: (bolus,),
    facts.Gap: (gap,),
    facts.EventFact: (event,),
    facts.AlarmFact: (flags.alarm,),
    panel.SummaryFact: (summary, single_values),
    forecast.ForecastFact: (reckoned.forecast,),
    forecast.ObservedFlow: (reckoned.observed,),
    remarks.Finding: (issue, flags.ward),
    infusion_facts.HospitalPumpFact: (infusion_use.use,),
    infusion_facts.Infusion: (infusion,),
    infusion_facts.InfusionReading: (infusion_readings.reading,),
    infusion_facts.InfusionAlarm: (infusion_alarm,),
    infusion_facts.InfusionEvent: (infusion_readings.event,),
}


def write(course: Course, binding: Binding) -> tuple[Resource, ...]:
    """The chart of a course, or of its tail; the open page is always given. Raises Bug where a key stands twice."""
    sheet = _sheet(course, binding)
    made = [
        resource for page in course.pages for fact in page.facts for resource in _written(sheet, fact, page.position)
    ]
    chart = [resource for resource in _unique(made).values() if sheet.told_as(kind_of(resource.key))]
    chart.sort(key=lambda resource: RANK[_kind(resource)])
    return tuple(chart)


def _written(sheet: Sheet, fact: object, page: str) -> Iterator[Resource]:
    for writer in _WRITERS.get(type(fact), ()):
        yield from writer(sheet, fact, page)


def _sheet(course: Course, binding: Binding) -> Sheet:
    fact = _pump_of(course)
    pump = _identity(fact)
    shared = hospital_pump(pump) if isinstance(fact, HospitalPumpFact) else ""
    return Sheet(binding, pump, _newer_pump(course), shared)


def _pump_of(course: Course) -> PumpFact | HospitalPumpFact:
    for page in reversed(course.pages):
        for fact in page.facts:
            if isinstance(fact, PumpFact | HospitalPumpFact):
                return fact
    raise Bug("a course without its open page cannot be written")


def _newer_pump(course: Course) -> date | None:
    facts = [fact for fact in course.pages[-1].facts if isinstance(fact, remarks.NewerPumpFact)]
    return next((fact.implanted for fact in facts if fact.kind == "instead"), None)


def _identity(fact: PumpFact | HospitalPumpFact) -> PumpIdentity:
    names = (fact.manufacturer.reading.value, fact.model.reading.value, fact.serial.reading.value)
    return PumpIdentity(names[0] or "", names[1] or "", names[2] or "")


def _unique(made: Iterable[Resource]) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for resource in made:
        other = found.setdefault(resource.key, resource)
        if other is not resource:
            found[resource.key] = _one_of(other, resource)
    return found


def _one_of(first: Resource, second: Resource) -> Resource:
    """A mixture stands where it was first seen; a cause has one Flag: the later page's, on one page the alarm's.

    A catheter that is stated again after another one stands as the later page has it; so does a programme that two
    sessions of one minute both found: it is named by that time, and the later session knows more of it.
    """
    kind = _kind(first)
    if kind == "drug":
        return first
    told_again = ("alarm-flag", "catheter", "association", "programme")
    if kind not in told_again or (kind == "programme" and first.page == second.page):
        raise Bug(f"two resources of one chart have one key of kind {kind!r}")
    if first.page != second.page:
        return max(first, second, key=lambda resource: resource.page)
    return first if first.traces else second


def _kind(resource: Resource) -> str:
    return kind_of(resource.key)
