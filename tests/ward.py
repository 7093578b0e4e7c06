"""A day of one invented hospital pump: its messages by name, in the order of the pump, at Ada and then at Ben.

5.25 mL/h of 80.0 ug/mL for 25 minutes are 2.19 mL; 6.00 mL/h for 20 minutes 2.00 mL, for 28 minutes 2.80 mL.
"""

from __future__ import annotations

from tests.adapters.hl7_messages import ML_H, PATIENT, Rows, alarm, continuous, message, msh, obr, pump
from tests.course.bedside_messages import EVENTS, OTHER, Source, stamp

PCD_10 = "IHE_PCD_010^IHE PCD^1.3.6.1.4.1.19376.1.6.4.10^ISO"
BOLUS = Source("60.0", "clinician", segment="0.00")


def event(name: str, at: str, one: Source, number: str, patient: str = PATIENT, *, infuses: str = "infusing") -> bytes:
    """PCD-10: a source starts or stops."""
    rows = pump(Rows())
    rows.add("CWE", "68487^MDC_ATTR_EVT_COND", "1.0.0.3", f"{EVENTS[name]}^MDC", at=stamp(at))
    place = "1.1.2" if one.kind == "primary" else "1.1.4"
    rows.add("ST", "68488^MDC_ATTR_EVT_SOURCE", "1.0.0.4", f"{place}.0", at=stamp(at))
    rows.device("70067^MDC_DEV_PUMP_DELIVERY_INFO", "1.1.1.0")
    rows.add("CWE", "184519^MDC_PUMP_INFUSING_STATUS", "1.1.1.1", f"^pump-status-{infuses}")
    rows.add(
        "NM", "158014^MDC_FLOW_FLUID_PUMP_CURRENT", "1.1.1.2", one.rate if infuses != "not-infusing" else "0", ML_H
    )
    one.add(rows, 1)
    order = obr(stamp(at), f"E-{number}", "0^MDC_EVT_PUMP_DELIV^MDC", order="PO-7731^PHARMACY")
    return message(msh("R42", f"WARD-{number}", profile=PCD_10), patient, order, *rows.rows)


def primary(rate: str, **stated: str) -> Source:
    """The primary source."""
    return Source(rate, segment=stated.pop("segment", "0.00"), **stated)


DAY: dict[str, bytes] = {
    "01-start": event("START", "10:15", primary("5.25"), "01"),
    "02-state": continuous("WARD-02", at=stamp("10:30")),
    "03-rate-change-stop": event(
        "STOP", "10:40", primary("5.25", segment="2.19", status="transitioning"), "03", infuses="transitioning"
    ),
    "04-rate-change-start": event("START", "10:40", primary("6.00"), "04"),
    "05-bolus-stop": event(
        "STOP", "11:00", primary("6.00", segment="2.00", status="transitioning"), "05", infuses="transitioning"
    ),
    "06-bolus-start": event("START", "11:00", BOLUS, "06"),
    "07-bolus-complete": event(
        "COMP", "11:02", Source("60.0", "clinician", segment="2.00", status="transitioning"), "07",
        infuses="transitioning",
    ),
    "08-after-bolus": event("START", "11:02", primary("6.00"), "08"),
    "09-alarm": alarm("start", "WARD-09", stamp("11:10"), "active"),
    "10-alarm-over": alarm("end", "WARD-10", stamp("11:12"), "inactive"),
    "11-stop": event(
        "STOP", "11:30", primary("6.00", segment="2.80", status="not-delivering", why="paused"), "11",
        infuses="not-infusing",
    ),
    "12-ben": event("START", "11:45", primary("3.00"), "12", OTHER),
}  # fmt: skip
"""Every message by name."""
