"""The cases whose charts are kept in fixtures/chart: each a course and a binding."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date

from bridge.chart.resource import Binding
from bridge.course.facts import OPEN, Mixture
from bridge.course.pages import Course, Fact
from bridge.course.remarks import Finding
from bridge.interrogation import Alarm, Dose, Drug, Event, Programme, Step
from tests.chart.given import (
    ALARM,
    BACLOFEN,
    BINDING,
    CATHETER,
    FLEX,
    FLEX_UNSTEPPED,
    INTERRUPTED,
    MIXED,
    PERIODIC,
    PRESENCE,
    PUMP,
    S1,
    S2,
    S3,
    S4,
    STALL,
    STALL_OVER,
    TWO_DRUGS,
    amount,
    at,
    bolus,
    bound,
    constant,
    course,
    derived,
    document,
    event,
    fill,
    known,
    priming,
    programme,
    programming,
    said,
    segment,
    summary,
    unreadable,
)
from tests.chart.infusions import infusions
from tests.course import building as folding

Case = tuple[Course, Binding]  # a case by hand, or folded from exports
P1, P2, P3, P4 = "20250303 s1", "20250512 s2", "20250618 s3", "20250619 s4"
FIRST, SECOND = "2025-03-03 11:40/1", "2025-05-12 12:40/1"
LAST_FILL = known(said(at("2025-03-03 11:20"), "11:20"))
FIRST_CHANGE = known(said("3 Mar 2025 11:40: first programme, 400.00 micrograms/day, simple continuous"))

SEALED_1: tuple[Fact, ...] = (
    document(S1, "implant", "2025-03-03 11:58"),
    fill("2025-03-03 11:20/1", S1, "2025-03-03 11:20"),
    priming("2025-03-03 11:31/1", S1, "2025-03-03 11:31", fill="2025-03-03 11:20/1"),
    programming(FIRST, S1, "2025-03-03 11:40", None, constant()),
    summary(
        S1,
        programme=constant(),
        mixture=known(said(BACLOFEN)),
        infusing=said(True),
        alarm_status=said("none"),
        volume=amount("39.7 mL", "calculated"),
        low_date=said(date(2025, 9, 7)),
        months_to_eri=amount("84 months"),
        last_fill=LAST_FILL,
        last_change=FIRST_CHANGE,
        clock_offset=derived("0", "s", "11:58:00 (pump) - 11:58:00 (programmer) = 0 s"),
        catheter_tip=CATHETER.tip,
    ),
    BACLOFEN,
)
SEALED_2: tuple[Fact, ...] = (
    document(S2, "refill", "2025-05-12 12:55"),
    fill(
        "2025-05-12 12:38/1",
        S2,
        "2025-05-12 12:38",
        expected=amount("25.7 mL", "calculated"),
        aspirated=amount("25.4 mL", "aspirated"),
        aspirated_at=at("2025-05-12 12:35"),
        ratio=derived("1.021", "1", "(40.0 - 25.4) / (40.0 - 25.7) = 14.6 / 14.3 = 1.021"),
        previous="2025-03-03 11:20/1",
        span_start=at("2025-03-03 11:20"),
    ),
    programme(
        FIRST, constant(), S2, "2025-03-03 11:40", ended="replaced", end=at("2025-05-12 12:40"), export=S1.exports[0]
    ),
    segment(
        FIRST,
        constant(),
        S2,
        "2025-03-03 11:40",
        status="completed",
        reason="new-programme",
        end=at("2025-05-12 12:40"),
    ),
    programming(SECOND, S2, "2025-05-12 12:40", constant(), FLEX),
    bolus(SECOND, S2, "2025-05-12 12:40", "2025-05-12 12:50", background=SECOND),
)
FLEX_PROGRAMME = programme(SECOND, FLEX, S2, "2025-05-12 12:40", prior=FIRST)
STOPPED = segment(
    SECOND, FLEX, S3, "2025-05-12 12:40", status="stopped", reason="motor-stall", end=at("2025-06-18 14:02"),
)  # fmt: skip
STALLED_SUMMARY = summary(
    S3,
    programme=FLEX_UNSTEPPED,
    mixture=known(said(BACLOFEN), S1),
    infusing=said(False),
    alarm_status=said("active"),
    alarms=(ALARM.alarm,),
    volume=amount("33.9 mL", "calculated"),
    low_date=said(date(2025, 12, 28)),
    last_fill=LAST_FILL,
    catheter_tip=CATHETER.tip,
)
SEALED_3: tuple[Fact, ...] = (
    document(S3, "interrogation", "2025-06-18 17:34"),
    STOPPED,
    event("0112", "2025-06-18 14:02", "motor-stall", "MOTOR STALL OCCURRED"),
    STALLED_SUMMARY,
)


def first_session() -> Case:
    """A pump is implanted, filled, primed and programmed."""
    running = segment(FIRST, constant(), S1, "2025-03-03 11:40")
    return course((P1, SEALED_1), (OPEN, (programme(FIRST, constant(), S1, "2025-03-03 11:40"), running))), BINDING


def refill() -> Case:
    """A refill, a new flex programme, and a clinician's bolus that adds to it."""
    running = segment(SECOND, FLEX, S2, "2025-05-12 12:40")
    return course((P1, SEALED_1), (P2, SEALED_2), (OPEN, (FLEX_PROGRAMME, running))), BINDING


def stall_open() -> Case:
    """A motor stall without a recovery: gap, event, alarm in force, finding."""
    return course((P2, SEALED_2), (P3, SEALED_3), (OPEN, (FLEX_PROGRAMME, STALL, ALARM, INTERRUPTED))), BINDING


def stall_over() -> Case:
    """The recovery is read: the gap, the alarm and the finding end, a new segment runs."""
    over = dataclasses.replace(ALARM, source=S4, until=at("2025-06-19 16:02"), last_read=S4.read)
    ended = dataclasses.replace(
        INTERRUPTED,
        source=S4,
        until=S4.read,
        text="Nothing was delivered for 26 h by its log: 354.0 micrograms of the programmed dose. Calculated by "
        "pumpbridge, not the pump.",
        evidence=(*INTERRUPTED.evidence, ("dose-not-delivered", "event 0112")),
        implicated=(*INTERRUPTED.implicated, ("segment", "event 0113")),
    )
    recovered = event("0113", "2025-06-19 16:02", "motor-stall-recovered", "MOTOR STALL RECOVERED", S4)
    running = segment(
        "event 0113", FLEX, S4, "2025-06-19 16:02", programme=SECOND, began="motor-stall-recovered",
        export=S2.exports[0],
    )  # fmt: skip
    page = (recovered, STALL_OVER, over, ended)
    return course((P2, SEALED_2), (P3, SEALED_3), (P4, page), (OPEN, (FLEX_PROGRAMME, running))), BINDING


def gap_without_end() -> Case:
    """Found infusing again, when it began is not recorded; no dose can be reckoned; a pump that was stopped."""
    over = dataclasses.replace(
        STALL_OVER, end=None, recovered_number=None, not_delivered=None, no_dose_because="when it ended is NOT RECORDED"
    )
    stopped = dataclasses.replace(STALL, discriminator="found 2025-06-19 17:05", source=S4, reason="found-not-infusing")
    return course((P4, (over,)), (OPEN, (stopped,))), BINDING


def unseen_change() -> Case:
    """Another programme is found than was left: the segment becomes unknown, the programme's end too."""
    lost = segment(
        FIRST, constant(), S1, "2025-03-03 11:40", status="unknown", certainty="unknown", reason="programme-differs",
        differs_found=S3.start,
    )  # fmt: skip
    left = programme(FIRST, constant(), S1, "2025-03-03 11:40", ended="replaced-unknown", next_found=S3.start)
    found = programme("found 2025-06-18 17:30/1", FLEX_UNSTEPPED, S3, None, prior=FIRST)
    finding = Finding(
        "as-found-differs", S3.session, "clinic", "moderate", S3, S3.start,
        "Left with 400.00 micrograms/day; found with 330.00 micrograms/day.",
        evidence=(("summary", S3.session),),
        implicated=(("pump", ""), ("programme", FIRST), ("programme", found.discriminator), ("segment", FIRST)),
    )  # fmt: skip
    page = (document(S3, "interrogation", "2025-06-18 17:34"), lost, left, STALLED_SUMMARY, finding, BACLOFEN)
    return course((P3, page), (OPEN, (found,))), BINDING


def old_news() -> Case:
    """An update that did not complete; a segment that is too old; a report that could not be read; one for nobody."""
    not_completed = Finding(
        "session-not-completed", S2.session, "ward", "high", S2, S2.start,
        "The pump's update of 12 May 2025 12:31 did not complete: its state from then on is not known.",
        evidence=(("document", S2.exports[0]),), implicated=(("pump", ""),),
    )  # fmt: skip
    unread = Finding(
        "newer-export-unreadable", "f" * 64, "ward", "high", S3, S3.read,
        "A newer report of 18 Jun 2025 17:30 of this pump could not be read.", until=S4.read,
        implicated=(("pump", ""),),
    )  # fmt: skip
    operator = Finding("exports-disagree", S2.session, "operator", "low", S2, S2.start, "For the operator alone.")
    old = segment(FIRST, constant(), S1, "2025-03-03 11:40", status="unknown", certainty="unknown", reason="too-old")
    ended = programme(FIRST, constant(), S1, "2025-03-03 11:40", ended="session-not-completed")
    page = (document(S2, None, "2025-05-12 12:55"), ended)
    return course((P2, page), (OPEN, (old, not_completed, unread, operator, BACLOFEN))), BINDING


def two_drugs() -> Case:
    """A mixture: flow as the rate, each dose and the bolus's dose an Observation; one segment runs, one is closed."""
    request = programme(FIRST, TWO_DRUGS, S1, "2025-03-03 11:40", mixture=MIXED)
    closed = segment(
        FIRST, TWO_DRUGS, S2, "2025-03-03 11:40", mixture=MIXED, status="completed", reason="refill",
        end=at("2025-05-12 12:38"),
    )  # fmt: skip
    running = segment(
        "2025-05-12 12:38/1", TWO_DRUGS, S2, "2025-05-12 12:38", mixture=MIXED, programme=FIRST, began="refill"
    )
    given = bolus("event 0044", S2, "2025-05-12 12:45", "2025-05-12 12:50", kind="patient", mixture=MIXED)
    panel = summary(S2, programme=TWO_DRUGS, mixture=known(said(MIXED), S2), infusing=said(True))
    filled = fill("2025-05-12 12:38/1", S2, "2025-05-12 12:38", mixture=MIXED)
    steps = dataclasses.replace(FLEX, doses=TWO_DRUGS.doses)
    stepped = programme(
        "2025-02-01 09:00/1", steps, S1, "2025-02-01 09:00", mixture=MIXED, ended="replaced", end=S1.start
    )
    return course((P2, (MIXED, filled, stepped, closed, given, panel)), (OPEN, (request, running))), BINDING


def bridge() -> Case:
    """A bridge: the old mixture, a dose that the bridge calculated, what the pump accounted as Observations."""
    over = segment(
        "2025-05-12 12:41/1/bridge", constant(), S2, "2025-05-12 12:41", programme=FIRST, began="bridge",
        status="completed", reason="bridge-ended", end=at("2025-05-12 20:00"), bridge=True,
        bridge_volume=amount("0.250 mL"), bridge_accounted=amount("250.0 mcg"),
        bridge_dose=derived("500.0", "ug", "0.250 mL x 2000.0 ug/mL = 500.0 ug of the drug before the change"),
    )  # fmt: skip
    running = dataclasses.replace(
        over, discriminator="2025-06-18 17:31/1/bridge", source=S3, status="running", reason=None, end=None,
        start=at("2025-06-18 17:31"), last_confirmed=S3.read, mixture=None, bridge_dose=None,
    )  # fmt: skip
    return course((P2, (BACLOFEN, over)), (OPEN, (running,))), BINDING


def odd_values() -> Case:
    """Milligrams, bounds, what cannot be read, what nobody states, text that must be escaped or may be misread."""
    milligrams = constant("0.4 mg/day", "200 uL/day")
    odd = one_drug('Bac<lofen> & "IT"', "2 mg/mL")
    disputed = Programme(said("simple-continuous"), None, (Dose(None, unreadable("400 mcg/day or 330 mcg/day")),))
    ragged = dataclasses.replace(FLEX, steps=(FLEX.steps[0], Step(said(360), None, unreadable("6O.00 mcg"))))
    panel = summary(
        S1,
        programme=milligrams,
        mixture=known(said(odd)),
        infusing=unreadable("R?NNING"),
        alarm_status=said("active"),
        volume=amount("2.0 mL", "sensed", "<"),
        low_date=unreadable("2025-13-01"),
        empty_date=said(date(2025, 12, 30)),
        refill_by=said(date(2025, 12, 1)),
        replace_by=said(date(2030, 1, 31)),
        eri=said(True),
        months_to_eri=amount("3 months", mark="<"),
    )
    page = (
        odd,
        BACLOFEN,
        panel,
        summary(S2, programme=disputed, alarms=(Alarm(said("other"), said("SELF TEST OK")),), volume=amount("9 mL")),
        programme("a", milligrams, S1, "2025-01-01 10:00", ended="explanted", end=S1.start, mixture=odd),
        programme("b", disputed, S1, "2025-01-02 10:00", ended="replaced", end=S1.start),
        programme("c", ragged, S1, "2025-01-03 10:00", ended="replaced", end=S1.start),
        programme("d", PERIODIC, S1, "2025-01-04 10:00", ended="replaced", end=S1.start),
        programme("e", Programme(said("stopped")), S1, "2025-01-05 10:00", ended="replaced", end=S1.start),
        programme("f", Programme(None, None, (Dose(None, amount("0.00 mcg/day")),)), S1, None, ended="replaced"),
        segment("d", PERIODIC, S1, "2025-01-04 10:00", status="completed", reason="refill", end=S1.start),
        segment("b", disputed, S1, "2025-01-02 10:00", status="completed", reason="new-programme", end=S1.start),
        segment(
            "a", milligrams, S1, "2025-01-01 10:00", status="stopped", reason="explanted", end=S1.start, mixture=odd
        ),
        fill("x", S1, "2025-01-01 09:00", filled=None, mixture=one_drug("baclofen", "2000.0 mcg/mL", "LOT-9")),
        fill("y", S1, "2025-01-02 09:00", filled=unreadable("4O mL"), mixture=None, aspirated=amount("1.5 mL")),
        priming("z", S1, "2025-01-01 09:30", volume=None),
        dataclasses.replace(event("9", "2025-01-05 08:00", "other", "SELF TEST <OK> 5 mcg"), source=S1),
        dataclasses.replace(event("10", "2025-01-05 08:01", "bolus-denied", "BOLUS DENIED"), event=Event()),
    )
    return course(("20250101", page)), BINDING


def one_drug(name: str, concentration: str, lot: str | None = None) -> Mixture:
    """A mixture of one."""
    return Mixture((Drug(said(name), amount(concentration), said(lot) if lot else None),), S1.exports[0])


def boluses() -> Case:
    """How boluses end: cancelled, running, without an end, without an outcome, without a delivered dose."""
    page = (
        BACLOFEN,
        bolus("1", S2, "2025-05-12 12:40", "2025-05-12 12:45", outcome="cancelled", volume=amount("0.006 mL")),
        bolus("2", S2, "2025-05-12 12:41", None, outcome="running", programmed=amount("50.0 mcg"), dose=None),
        bolus("3", S2, "2025-05-12 12:42", None),
        bolus("4", S2, "2025-05-12 12:43", "2025-05-12 12:44", outcome=None, kind="patient"),
        bolus("5", S2, "2025-05-12 23:43", "2025-05-13 00:10", dose=None, programmed=amount("0.05 mg")),
    )
    return course((P2, page)), BINDING


def explanted() -> Case:
    """The pump is removed: Device inactive, use and presence end, the segment stops."""
    pump = dataclasses.replace(
        PUMP,
        udi=known(said("(01)09506000134352(21)ZX000417")),
        tubing_volume=known(amount("0.300 mL")),
        explanted=known(said(date(2025, 6, 19)), S4),
        explant_session=S4,
    )
    gone = dataclasses.replace(PRESENCE, until=S4.read)
    plain = dataclasses.replace(CATHETER, manufacturer=None, tip=None, trimmed=known(amount("110 mm")))
    ended = segment(FIRST, constant(), S4, "2025-03-03 11:40", status="stopped", reason="explanted", end=S4.read)
    over = programme(FIRST, constant(), S1, "2025-03-03 11:40", ended="explanted", end=S4.read)
    return course((P4, (BACLOFEN, ended, over)), standing=(pump, gone, plain)), BINDING


def hardly_anything() -> Case:
    """A pump of which only its identity is known; nothing is simulated; the bytes stay at home."""
    pump = dataclasses.replace(PUMP, firmware=None, capacity=None, implanted=None, udi=known(said("+H123456789")))
    there = dataclasses.replace(PRESENCE, drug_name=None, since=None)
    alone = dataclasses.replace(document(S1, None, "2025-03-03 11:58"), end=None)
    nobody = dataclasses.replace(alone, source=dataclasses.replace(S1, programmer=None))
    binding = bound(simulated=False, attachment=lambda sha256: None)
    return course((P1, (nobody,)), standing=(pump, there), simulated=False), binding


def reckoned() -> Case:
    """A filling and a reading by the fold itself: expected residual and dates, with patient boluses allowed."""
    at = "2025-03-03T11:20"
    filled = folding.export(
        at, folding.left(at, folding.continuous(), drugs=folding.drugs()), update="completed",
        refills=[{"filled_at": at, "filled": folding.q("40.0", "mL"), "drugs": folding.drugs()}],
        reservoir={"alarm_volume": folding.q("2.0", "mL"), "low_date": "2025-09-09", "empty_date": "2025-09-19"},
        patient_control={"dose": folding.q("20.0", "mcg"), "per_day": 4},
    )  # fmt: skip
    volume = folding.q("38.0", "mL", "calculated")
    later = folding.export(
        "2025-03-13T11:20", folding.found(folding.continuous(), volume=volume), update="none",
        patient_control={"dose": folding.q("20.0", "mcg"), "per_day": 4, "given": 5},
    )  # fmt: skip
    return folding.course(filled, later), bound(attachment=lambda sha256: None)


def constant_flow() -> Case:
    """Two refill sheets of a constant-flow pump, by the fold: what was measured between them, and what waits."""
    pump = {"manufacturer": "Medtronic", "model": "8472-20-03", "serial": "TCX000007"}
    morphine = [{"name": "morphine", "concentration": folding.q("10.0", "mg/mL")}]
    programme = {"mode": "constant-flow", "flow": folding.q("0.5", "mL/day", "typed")}
    sheets = []
    for day, out in (("2025-01-06", None), ("2025-02-05", "1.0")):
        refill = {"filled_at": day, "filled": folding.q("16.0", "mL"), "drugs": morphine}
        refill |= {"aspirated_at": day, "aspirated": folding.q(out, "mL", "aspirated")} if out else {}
        state = {"tag": "as-left", "programme": programme, "drugs": morphine}
        sheets.append(folding.export(day, state, refills=[refill], kind="worksheet", pump=pump))
    return folding.course(*sheets), bound(attachment=lambda sha256: None)


CASES: dict[str, Callable[[], Case]] = {
    case.__name__.replace("_", "-"): case
    for case in (
        first_session,
        refill,
        stall_open,
        stall_over,
        gap_without_end,
        unseen_change,
        old_news,
        two_drugs,
        bridge,
        odd_values,
        boluses,
        explanted,
        hardly_anything,
        reckoned,
        constant_flow,
        infusions,
    )
}
