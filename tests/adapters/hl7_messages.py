"""Messages of invented hospital pumps, for tests: header, patient, order and rows, framed or bare."""

from __future__ import annotations

from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures" / "hl7v2_pcd"
PCD_01 = "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"


def msh(event: str = "R01", number: str = "INV-000001", **other: str) -> str:
    """An MSH segment; `other` by name: version, processing, charset, profile, accept, application, at."""
    get = other.get
    return (
        f"MSH|^~\\&|INVENTED PUMPS^0011220000AB0001^EUI-64|ST-ELSEWHERE|BRIDGE|ST-ELSEWHERE|"
        f"{get('at', '20260302101503+0000')}||ORU^{event}^ORU_{'R40' if event == 'R40' else 'R01'}|{number}|"
        f"{get('processing', 'D')}|{get('version', '2.6')}|||{get('accept', 'AL')}|{get('application', 'NE')}||"
        f"{get('charset', '')}|en^English^ISO639||{get('profile', PCD_01)}"
    )


PATIENT = "PID|||0048213^^^MRN^MR||Example^Ada||19610412|F"
NOBODY = "PID|||Unknown Patient^Unknown Patient||^^^^^^U||||||||||||||||||||||||||Y"


def obr(
    at: str = "20260302101500+0000", number: str = "R-1", what: str = "69985^MDC_DEV_PUMP_INFUS_MDS^MDC", **other: str
) -> str:
    """An OBR segment."""
    parent = "|" * 22 + f"^{other['parent']}" if "parent" in other else ""
    return f"OBR|1|{other.get('order', '')}|{number}^INVENTED^0011220000AB0001^EUI-64|{what}|||{at}{parent}"


class Rows:
    """OBX rows, numbered as they are added."""

    def __init__(self) -> None:
        self.rows: list[str] = []

    def device(self, term: str, place: str, equipment: str = "") -> Rows:
        """A row that names a device."""
        self.rows.append(
            f"OBX|{len(self.rows) + 1}||{term}^MDC|{place}|||||||X{'|' * 7 + equipment if equipment else ''}"
        )
        return self

    def add(
        self,
        kind: str,
        term: str,
        place: str,
        value: str,
        unit: str = "",
        *,
        status: str = "R",
        at: str = "",
        how: str = "",
    ) -> Rows:
        """A row with a value."""
        after = f"|||{at}" + (f"|||{how}" if how else "") if at or how else ""
        self.rows.append(f"OBX|{len(self.rows) + 1}|{kind}|{term}^MDC|{place}|{value}|{unit}|||||{status}{after}")
        return self


ML, ML_H = "263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM", "265266^MDC_DIM_MILLI_L_PER_HR^MDC^mL/h^mL/h^UCUM"


def pump(rows: Rows, serial: str = "LV70001", kind: str = "LVP", codes: tuple[int, int] = (70049, 70050)) -> Rows:
    """The device rows of a pump with one line."""
    rows.device(f"{codes[0]}^MDC_DEV_PUMP_INFUS_{kind}_MDS", "1.0.0.0", f"{serial}^^0011220000AB{serial[-4:]}^EUI-64")
    rows.device(f"{codes[1]}^MDC_DEV_PUMP_INFUS_{kind}_VMD", "1.1.0.0")
    return rows.add("ST", "67880^MDC_ATTR_ID_MODEL", "1.1.0.1", "Invented Pumps^IV-3", status="F")


def delivering(rows: Rows, status: str, flow: str) -> Rows:
    """The delivery channel."""
    rows.device("70067^MDC_DEV_PUMP_DELIVERY_INFO", "1.1.1.0")
    rows.add("CWE", "184519^MDC_PUMP_INFUSING_STATUS", "1.1.1.1", f"^pump-status-{status}")
    return rows.add("NM", "158014^MDC_FLOW_FLUID_PUMP_CURRENT", "1.1.1.2", flow, ML_H)


def source(rows: Rows, place: str = "1.1.2", drug: str = "Norepinephrine") -> Rows:
    """A source channel: its label and its drug."""
    rows.device("70071^MDC_DEV_PUMP_INFUSATE_SOURCE_PRIMARY", f"{place}.0")
    rows.add("ST", "158012^MDC_PUMP_SOURCE_CHANNEL_LABEL", f"{place}.1", "Primary")
    return rows.add("ST", "184514^MDC_DRUG_NAME_LABEL", f"{place}.2", drug)


def message(*segments: str, end: str = "\r") -> bytes:
    """A bare message."""
    return "".join(segment + end for segment in segments).encode()


def framed(content: bytes) -> bytes:
    """The same in an MLLP frame."""
    return b"\x0b" + content + b"\x1c\r"


def continuous(number: str = "INV-000001", flow: str = "5.25", at: str = "20260302101500+0000", **head: str) -> bytes:
    """PCD-01 of a running infusion: 5.25 mL/h of 80 ug/mL is 7 ug/min, for 70 kg 0.1 ug/kg/min."""
    rows = source(delivering(pump(Rows()), "infusing", flow))
    rows.add("NM", "157784^MDC_FLOW_FLUID_PUMP", "1.1.2.3", flow, ML_H, how="MSET")
    rows.add("NM", "157760^MDC_CONC_DRUG", "1.1.2.4", "80.0", "264307^MDC_DIM_MICRO_G_PER_ML^MDC^ug/mL^ug/mL^UCUM")
    rows.add(
        "NM",
        "157924^MDC_RATE_DOSE",
        "1.1.2.5",
        "0.100",
        "265619^MDC_DIM_MICRO_G_PER_KG_PER_MIN^MDC^ug/kg/min^ug/kg/min^UCUM",
        how="MSET",
    )
    rows.add("NM", "157884^MDC_VOL_FLUID_TBI", "1.1.2.6", "50.00", ML, how="MSET")
    rows.add("NM", "157872^MDC_VOL_FLUID_TBI_REMAIN", "1.1.2.7", "37.50", ML)
    rows.add("NM", "157993^MDC_VOL_FLUID_DELIV_TOTAL", "1.1.2.8", "12.50", ML)
    rows.add("NM", "157916^MDC_TIME_PD_REMAIN", "1.1.2.9", "25714", "264320^MDC_DIM_SEC^MDC^s^s^UCUM", how="ACALC")
    rows.add("CWE", "158005^MDC_PUMP_CURRENT_DELIVERY_STATUS", "1.1.2.10", "^pump-delivery-status-delivering")
    rows.add("NM", "68063^MDC_ATTR_PT_WEIGHT", "1.0.0.2", "70.0", "kg^kg^UCUM", how="MSET")
    rows.add("ST", "0^MDC_ATTR_PUMP_PILLAR_DETAILS", "1.1.0.24", "0^0", status="F")
    return message(msh(number=number, **head), PATIENT, obr(at), *rows.rows)


def event(
    term: str,
    status: str,
    flow: str,
    number: str,
    at: str,
    delivered: str,
    *,
    reason: str = "",
    drug: str = "Norepinephrine",
) -> bytes:
    """PCD-10: one delivery event with what belongs to it."""
    rows = pump(Rows())
    rows.add("CWE", "68487^MDC_ATTR_EVT_COND", "1.0.0.3", f"{term}^MDC", at=at)
    rows.add("ST", "68488^MDC_ATTR_EVT_SOURCE", "1.0.0.4", "1.1.2.0", at=at)
    source(delivering(rows, status, flow), drug=drug)
    running = "delivering" if flow != "0" else "not-delivering"
    rows.add("CWE", "158005^MDC_PUMP_CURRENT_DELIVERY_STATUS", "1.1.2.3", f"^pump-delivery-status-{running}")
    rows.add("CWE", "158008^MDC_PUMP_PROGRAM_DELIVERY_MODE", "1.1.2.4", "^pump-program-delivery-mode-continuous")
    if reason:
        rows.add("CWE", "158006^MDC_PUMP_NOT_DELIVERING_REASON", "1.1.2.5", f"^{reason}")
    rows.add("NM", "157992^MDC_VOL_FLUID_DELIV_SEGMENT", "1.1.2.6", delivered, ML)
    return message(
        msh("R42", number, profile="IHE_PCD_010^IHE PCD^1.3.6.1.4.1.19376.1.6.4.10^ISO"),
        PATIENT,
        obr(at, f"E-{number[-3:]}", "0^MDC_EVT_PUMP_DELIV^MDC", order="PO-7731^PHARMACY"),
        *rows.rows,
    )


START = event("197288^MDC_EVT_PUMP_DELIV_START", "infusing", "5.25", "INV-000101", "20260302101500+0000", "0.00")
STOP = event(
    "0^MDC_EVT_PUMP_DELIV_STOP",
    "not-infusing",
    "0",
    "INV-000102",
    "20260302111500+0000",
    "5.25",
    reason="pump-stopped-paused",
)
COMPLETE = event(
    "197292^MDC_EVT_PUMP_DELIV_COMP",
    "not-infusing",
    "0",
    "INV-000103",
    "20260302195500+0000",
    "50.00",
    reason="pump-stopped-complete",
)


def alarm(phase: str, number: str, at: str, state: str) -> bytes:
    """PCD-04: one phase of an occlusion alarm; its facets are the fifth level of OBX-4."""
    rows = pump(Rows())
    rows.add("CWE", "196616^MDC_EVT_ALARM", "1.1.0.0.1", "196940^MDC_EVT_FLUID_LINE_OCCL^MDC", status="F", at=at)
    rows.add("CWE", "68480^MDC_ATTR_ALERT_SOURCE", "1.1.0.0.2", "70050^MDC_DEV_PUMP_INFUS_LVP_VMD^MDC", status="F")
    for facet, (term, value) in enumerate([
        ("68481^MDC_ATTR_EVENT_PHASE", phase), ("68482^MDC_ATTR_ALARM_STATE", state),
        ("68483^MDC_ATTR_ALARM_INACTIVATION_STATE", "enabled"), ("68484^MDC_ATTR_ALARM_PRIORITY", "PH"),
        ("68485^MDC_ATTR_ALERT_TYPE", "ST"), ("68546^MDC_ATTR_ALERT_TEXT", "Occlusion downstream"),
    ], 3):  # fmt: skip
        rows.add("ST", term, f"1.1.0.0.{facet}", value, status="F")
    return message(
        msh("R40", number, profile="IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.4.4.1^ISO"), PATIENT,
        obr(at, f"A-{phase}", "196616^MDC_EVT_ALARM^MDC", parent="A-start"), *rows.rows,
    )  # fmt: skip


def two_lines() -> bytes:
    """A rack with two pumps, rows not in order, one line off: it knows no patient."""
    rows = Rows().device("69985^MDC_DEV_PUMP_INFUS_MDS", "1.0.0.0", "RK50002^^0011220000AB5002^EUI-64")
    for vmd, serial, status, flow in ((2, "SY60003", "not-infusing", "0"), (1, "LV70004", "infusing", "12.0")):
        rows.device("70050^MDC_DEV_PUMP_INFUS_LVP_VMD", f"1.{vmd}.0.0", f"{serial}^^0011220000AB{serial[-4:]}^EUI-64")
        rows.add(
            "NM",
            "158014^MDC_FLOW_FLUID_PUMP_CURRENT",
            f"1.{vmd}.1.10",
            flow,
            "mL/h^mL/h^UCUM^265266^MDC_DIM_MILLI_L_PER_HR^MDC",
        )
        rows.add("CWE", "184519^MDC_PUMP_INFUSING_STATUS", f"1.{vmd}.1.9", f"pump-status-{status}")
        rows.add("ST", "67880^MDC_ATTR_ID_MODEL", f"1.{vmd}.0.1", "manufacturer=Invented Pumps model=IV-3", status="F")
        rows.add("ST", "184514^MDC_DRUG_NAME_LABEL", f"1.{vmd}.2.1", " Ringer's lactate" if vmd == 1 else "Propofol")
    rows.add("CWE", "158006^MDC_PUMP_NOT_DELIVERING_REASON", "1.2.2.23", "^pump-stopped-powered-off")
    return message(msh(number="INV-000201"), NOBODY, obr("20260302120000+0000", "R-2"), *rows.rows)


def power_off() -> bytes:
    """PCD-15: a pump that is switched off, no patient, MSH-10 broken over two lines, lines ended by LF."""
    rows = Rows().device("69985^MDC_DEV_PUMP_INFUS_MDS", "1.0.0.0", "2000117^IV-3^0011220000AB0117^EUI-64")
    rows.add("ST", "67880^MDC_ATTR_ID_MODEL", "1.0.0.1", "manufacturer=Invented Pumps model=IV-3")
    rows.add("ST", "67972^MDC_ATTR_SYS_ID", "1.0.0.2", "2000117^IV-3^0011220000AB0117^EUI-64")
    rows.add("CWE", "0^MDCX_INV_POWER_STATE", "1.0.0.3", "^OFF", status="F", at="20260302221713-0000")
    rows.add("ST", "0^MDCX_INV_ROOM", "LOC", " Bay 4", status="F", at="20260302221713-0000")
    head = msh(number="INV-000\n301", profile="IHE_PCD_015^IHE PCD^1.3.6.1.4.1.19376.1.6.4.15^ISO")
    return framed(message(head, f"{NOBODY} PV1|1|N", obr("", "R-3", "0^MDCX_EVT_POWER_CHG^MDC"), *rows.rows, end="\n"))


def report_with_document() -> bytes:
    """The shape of an implant's report (PCD-09): private terms, and a document in the message."""
    rows = pump(Rows(), "IT80008")
    rows.add("NM", "157993^MDC_VOL_FLUID_DELIV_TOTAL", "1.1.1.1", "18.00", ML)
    rows.add("ST", "0^MDCX_INV_SESSION_KIND", "1.0.0.5", "follow-up", status="F")
    rows.add("ED", "18750-0^Report^LN", "", "INV^Application^PDF^Base64^" + "JVBERi0xLjcK" * 400, status="F")
    profile = "IHE_PCD_009^IHE PCD^1.3.6.1.4.1.19376.1.6.1.9.1^ISO"
    return message(msh(number="INV-000401", profile=profile), PATIENT, obr("20260302130000+0000", "R-4"), *rows.rows)


def greek() -> bytes:
    """A message in Greek, its character set named; an escape and a subcomponent in a drug's name."""
    rows = source(delivering(pump(Rows(), "LV70009"), "infusing", "2.50"), drug="Νορεπινεφρίνη \\T\\ Γλυκόζη")
    head = msh(number="INV-000501", charset="UNICODE UTF-8")
    return message(head, "PID|||0051377^^^MRN^MR||Παράδειγμα^Άννα", obr("20260302140000+0200", "R-5"), *rows.rows)


def batch(*messages: bytes, count: int | None = None) -> bytes:
    """A batch file of messages."""
    told = len(messages) if count is None else count
    return b"FHS|^~\\&|INV\rBHS|^~\\&|INV\r" + b"".join(messages) + f"BTS|{told}\rFTS|1\r".encode()


CASES = {
    "continuous": framed(continuous()),
    "two-lines": framed(two_lines()),
    "event-start": framed(START),
    "event-stop": framed(STOP),
    "event-complete": framed(COMPLETE),
    "alarm-start": framed(alarm("start", "INV-000601", "20260302110000+0000", "active")),
    "alarm-end": framed(alarm("end", "INV-000602", "20260302110130+0000", "inactive")),
    "power-off": power_off(),
    "report-with-document": framed(report_with_document()),
    "greek": framed(greek()),
    "batch": batch(START, STOP, COMPLETE),
    "bare": continuous("INV-000701", "10.5", "20260302150000+0000"),
}
"""Each case of the fixtures, as its file holds it."""
