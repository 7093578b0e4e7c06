"""Messages of hospital pumps: golden cases, conformance, what each datum is read as, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters import conformance
from adapters.conformance import Samples
from adapters.hl7v2_message import PROFILES
from adapters.hl7v2_pcd import ADAPTER
from adapters.session_csv import ADAPTER as CSV
from adapters.session_json import ADAPTER as JSON
from bridge.adapter import find, recognise
from bridge.cli.readings import rows
from bridge.course.sessions import placed
from bridge.errors import ExportError
from bridge.hospital import Infusion, Source
from bridge.interrogation import Interrogation, Reading, dump, load, stated
from bridge.quantity import Quantity
from bridge.terms import mdc
from tests.adapters.hl7_messages import (
    CASES,
    COMPLETE,
    FIXTURES,
    ML_H,
    NOBODY,
    PATIENT,
    START,
    STOP,
    Rows,
    alarm,
    continuous,
    delivering,
    event,
    message,
    msh,
    obr,
    pump,
    source,
    two_lines,
)
from tests.adapters.sessions import pretty

ROOT = Path(__file__).parents[2]
FOREIGN = [
    path.read_bytes()
    for name in ("session_json", "session_csv", "medstream_report")
    for path in sorted((ROOT / "fixtures" / name).glob("*/export.*"))[:3]
]
WHOLE = {name: content for name, content in CASES.items() if name != "bare"}  # a frame or a batch says where it ends


def one(content: bytes) -> Interrogation:
    (found,) = ADAPTER.read(content)
    return found


def infusion(content: bytes) -> Infusion:
    found = one(content).channel.infusion
    assert found is not None
    return found


def only_source(content: bytes) -> Source:
    (found,) = infusion(content).sources
    return found


def said(reading: Reading[Quantity] | None) -> tuple[str, str | None]:
    assert reading is not None
    return str(reading.value), reading.how


@pytest.mark.parametrize("name", sorted(CASES))
def test_golden(name: str) -> None:
    content = (FIXTURES / name / "export.hl7").read_bytes()
    assert content == CASES[name]
    found = [dump(read) for read in ADAPTER.read(content)]
    assert b"".join(map(pretty, found)) == (FIXTURES / name / "expected.json").read_bytes()
    assert [dump(load(one)) for one in found] == found
    assert (FIXTURES / name / "why.md").read_text(encoding="utf-8").startswith(f"# {name}\n")


def test_every_fixture_is_a_case() -> None:
    assert {folder.name for folder in FIXTURES.iterdir()} == set(CASES)


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_conformance(check: conformance.Check) -> None:
    check(ADAPTER, Samples(own=list(WHOLE.values()), foreign=FOREIGN))


def test_a_file_has_exactly_one_adapter() -> None:
    adapters = find()
    for content in CASES.values():
        assert recognise(content, adapters).name == "hl7v2_pcd"
    assert not any(ADAPTER.recognises(content) for content in FOREIGN)
    assert not any(adapter.recognises(content) for adapter in (JSON, CSV) for content in CASES.values())


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_bare_message_cut_anywhere_never_gives_another_number(end: str) -> None:
    """Without a frame a cut between two segments leaves rows out; what is still there is what the whole one says."""
    content = continuous().decode().replace("\r", end).encode()
    whole = {(row.where, row.value, row.text) for row in rows(one(content))}
    for cut in range(len(content)):
        try:
            found = ADAPTER.read(content[:cut])
        except ExportError:
            continue
        assert content[:cut].endswith((b"\r", b"\n"))
        for read in found:
            for row in rows(read):
                assert (row.where, row.value, row.text) in whole


def test_the_pump_the_patient_and_the_time() -> None:
    found = one(continuous())
    assert (found.pump_identity.manufacturer, found.pump_identity.model, found.pump_identity.serial) == (
        "Invented Pumps", "IV-3", "LV70001",
    )  # fmt: skip
    assert (stated(found.patient.identifier), stated(found.patient.system)) == ("0048213", "MRN")
    assert found.is_simulated
    assert found.is_hospital_pump
    assert placed(found, "Europe/London")[0] == "session 1.1 20260302101500+0000"
    system = infusion(continuous()).system_id
    assert stated(system) == "0011220000AB0001"


def test_what_a_running_infusion_states() -> None:
    state, read = one(continuous()).channel.states[0], only_source(continuous())
    assert (stated(state.tag), stated(state.infusing)) == ("observed", True)
    assert state.programme is not None
    assert said(state.programme.flow) == ("5.25 mL/h", None)
    assert said(read.rate) == ("5.25 mL/h", "setting")
    assert said(read.dose_rate) == ("0.100 ug/kg/min", "setting")
    assert said(read.volume_to_infuse) == ("50.00 mL", "setting")
    assert said(read.volume_remaining) == ("37.50 mL", None)
    assert said(read.volume_delivered_total) == ("12.50 mL", None)
    assert said(read.time_remaining) == ("25714 s", "calculated")
    assert said(infusion(continuous()).patient_weight) == ("70.0 kg", "setting")
    assert [stated(drug.name) for drug in state.drugs] == ["Norepinephrine"]


def test_what_has_no_field_is_kept_as_printed() -> None:
    (left,) = infusion(continuous()).unread
    assert (stated(left.term), stated(left.address), stated(left.value)) == (
        "MDC_ATTR_PUMP_PILLAR_DETAILS", "1.1.0.24", "0^0",
    )  # fmt: skip
    private, document = infusion(CASES["report-with-document"]).unread
    assert (stated(private.term), stated(private.value)) == ("MDCX_INV_SESSION_KIND", "follow-up")
    assert stated(document.value) == "ED of 4827 characters"


def test_two_pumps_in_a_rack_are_two_interrogations() -> None:
    first, second = ADAPTER.read(two_lines())
    assert [found.pump_identity.serial for found in (first, second)] == ["LV70004", "SY60003"]
    assert [stated(found.channel.states[0].infusing) for found in (first, second)] == [True, False]
    assert first.patient.identifier is None
    assert placed(first, "UTC")[0] != placed(second, "UTC")[0]
    assert first.channel.infusion is not None
    assert second.channel.infusion is not None
    assert stated(first.channel.infusion.sources[0].drug) == "Ringer's lactate"
    assert stated(second.channel.infusion.sources[0].not_delivering) == "pump-stopped-powered-off"
    flow = first.channel.infusion.current_flow
    assert flow is not None
    assert (str(flow.value), flow.text) == ("12.0 mL/h", "12.0 mL/h")


def test_each_line_has_the_order_that_its_own_rows_stand_under() -> None:
    first = source(delivering(pump(Rows()), "infusing", "7.50"))
    second = Rows().device("70050^MDC_DEV_PUMP_INFUS_LVP_VMD", "1.2.0.0")
    second.add("ST", "67880^MDC_ATTR_ID_MODEL", "1.2.0.1", "Invented Pumps^IV-3", status="F")
    second.add("CWE", "184519^MDC_PUMP_INFUSING_STATUS", "1.2.1.1", "^pump-status-infusing")
    second.add("NM", "158014^MDC_FLOW_FLUID_PUMP_CURRENT", "1.2.1.2", "2.25", ML_H)
    corrected = obr("20260302101600+0000", number="R-2", order="PO-2") + "|" * 18 + "C"
    found = ADAPTER.read(message(msh(), PATIENT, obr(order="PO-1"), *first.rows, corrected, *second.rows))
    lines = [(read.channel.infusion, read.session.reported) for read in found if read.channel.infusion]
    assert [(stated(line.address), stated(line.order)) for line, _ in lines] == [("1.1", "PO-1"), ("1.2", "PO-2")]
    assert [reported is None for _, reported in lines] == [True, False]


def test_two_delivery_channels_of_one_vmd_are_two_lines() -> None:
    table = pump(Rows())
    for channel, status in ((1, "infusing"), (2, "not-infusing")):
        table.device("126978^MDC_DEV_PUMP_INFUS_CHAN_DELIVERY", f"1.1.{channel}.0")
        table.add("CWE", "184519^MDC_PUMP_INFUSING_STATUS", f"1.1.{channel}.1", f"^pump-status-{status}")
    found = ADAPTER.read(message(msh(), PATIENT, obr(), *table.rows))
    assert [stated(read.channel.infusion.address) for read in found if read.channel.infusion] == ["1.1.1", "1.1.2"]
    assert [stated(read.channel.states[0].infusing) for read in found] == [True, False]


def test_anonymous_levels_are_levels() -> None:
    table = Rows().device("69985^MDC_DEV_PUMP_INFUS_MDS", "1.0.0.0", "AN1^^^EUI-64")
    table.add("ST", "67880^MDC_ATTR_ID_MODEL", "1.0.0.1", "Invented Pumps^IV-3")
    table.add("CWE", "184519^MDC_PUMP_INFUSING_STATUS", "1.0.1.1", "^pump-status-infusing")
    found = infusion(message(msh(), PATIENT, obr(), *table.rows))
    assert (stated(found.address), stated(found.status)) == ("1.0", "pump-status-infusing")


@pytest.mark.parametrize(
    ("content", "kind", "term"),
    [
        (START, "delivery-start", "MDC_EVT_PUMP_DELIV_START"),
        (STOP, "delivery-stop", "MDC_EVT_PUMP_DELIV_STOP"),
        (COMPLETE, "delivery-complete", "MDC_EVT_PUMP_DELIV_COMP"),
    ],
)
def test_delivery_events(content: bytes, kind: str, term: str) -> None:
    found = one(content)
    (happened,) = infusion(content).events
    assert (stated(found.kind), stated(happened.kind), stated(happened.term)) == ("event", kind, term)
    assert (stated(happened.source), happened.at) == ("1.1.2.0", found.session.start)
    (logged,) = found.channel.events
    assert (stated(logged.code), stated(logged.text)) == ("other", term)
    assert stated(infusion(content).order) == "PO-7731"


def test_an_event_that_is_not_known_keeps_its_term() -> None:
    content = event("0^MDC_EVT_VOL_COUNTERS_CLEARED", "infusing", "5.25", "INV-000109", "20260302103000+0000", "0")
    (happened,) = infusion(content).events
    assert (stated(happened.kind), stated(happened.term)) == ("other", "MDC_EVT_VOL_COUNTERS_CLEARED")


def test_the_phases_of_an_alarm() -> None:
    start, end = (infusion(CASES[f"alarm-{phase}"]).events[0] for phase in ("start", "end"))
    assert [(stated(e.kind), stated(e.phase), stated(e.state)) for e in (start, end)] == [
        ("alarm", "start", "active"), ("alarm", "end", "inactive"),
    ]  # fmt: skip
    assert [stated(e.term) for e in (start, end)] == ["MDC_EVT_FLUID_LINE_OCCL"] * 2
    assert (stated(start.priority), stated(start.type), stated(start.text)) == ("PH", "ST", "Occlusion downstream")
    assert stated(end.parent) == "A-start"
    assert placed(one(CASES["alarm-start"]), "UTC")[0] != placed(one(CASES["alarm-end"]), "UTC")[0]


def test_an_alarm_that_names_itself_in_obx_3_with_its_flags() -> None:
    table = pump(Rows())
    table.add("ST", "196940^MDC_EVT_FLUID_LINE_OCCL", "1.1.0.0.1", "OCCLUSION", status="F")
    table.rows[-1] = table.rows[-1].replace("|OCCLUSION||||||F", "|OCCLUSION|||PM~ST|||F")
    table.add("ST", "68481^MDC_ATTR_EVENT_PHASE", "1.1.0.0.3", "update", status="F")
    (happened,) = infusion(message(msh("R40"), PATIENT, obr(), *table.rows)).events
    assert (stated(happened.term), stated(happened.text), stated(happened.phase)) == (
        "MDC_EVT_FLUID_LINE_OCCL", "OCCLUSION", "update",
    )  # fmt: skip
    assert (stated(happened.priority), stated(happened.type)) == ("PM", "ST")


def test_an_event_of_a_rack_belongs_to_the_line_that_its_source_names() -> None:
    table = Rows().device("69985^MDC_DEV_PUMP_INFUS_MDS", "1.0.0.0", "RK50002^^^EUI-64")
    table.add("ST", "67880^MDC_ATTR_ID_MODEL", "1.0.0.3", "Invented Pumps^IV-3")
    table.add("CWE", "68487^MDC_ATTR_EVT_COND", "1.0.0.1", "197288^MDC_EVT_PUMP_DELIV_START^MDC")
    table.add("ST", "68488^MDC_ATTR_EVT_SOURCE", "1.0.0.2", "1.2.1.0")
    for vmd in (1, 2):
        table.add("CWE", "184519^MDC_PUMP_INFUSING_STATUS", f"1.{vmd}.1.1", "^pump-status-infusing")
    found = ADAPTER.read(message(msh("R42"), PATIENT, obr(), *table.rows))
    assert [len(read.channel.events) for read in found] == [0, 1]


def test_rows_of_other_times_are_told_of_their_own_time() -> None:
    table = delivering(pump(Rows()), "infusing", "5.25")
    table.add("NM", "157993^MDC_VOL_FLUID_DELIV_TOTAL", "1.1.1.3", "9.99", "mL^mL^UCUM", at="20260302100000+0000")
    later, earlier = sorted(
        ADAPTER.read(message(msh(), PATIENT, obr(), *table.rows)),
        key=lambda read: str(read.session.start),
        reverse=True,
    )
    assert later.channel.infusion is not None
    assert earlier.channel.infusion is not None
    assert earlier.session.start is not None
    assert earlier.session.start.text == "20260302100000+0000"
    assert (later.channel.infusion.sources, earlier.channel.infusion.status) == ((), None)
    assert len(earlier.channel.infusion.sources) == 1


def test_the_same_report_under_another_number_is_the_same_session() -> None:
    first, second = one(continuous("A")), one(continuous("B", at="20260302101500+0000"))
    assert placed(first, "UTC") == placed(second, "UTC")


def test_a_correction_says_so_and_when() -> None:
    plain, corrected = one(continuous()), one(continuous().replace(b"|||||R|||", b"|||||C|||", 1))
    assert plain.session.reported is None
    assert corrected.session.reported is not None
    assert corrected.session.reported.where == "MSH[1]-7"


@pytest.mark.parametrize(
    "pid", [NOBODY, "PID|1", "PID|||unknown^^^X", "PID|||4711||A^B||||||||||||||||||||||||||Y PV1|1|N"]
)
def test_an_unknown_patient_is_no_patient(pid: str) -> None:
    found = one(continuous().replace(PATIENT.encode(), pid.encode()))
    assert found.patient.identifier is None
    assert found.patient.family is None


def test_the_medical_record_number_goes_before_another() -> None:
    pid = "PID|||X9^^^VISITS^VN~0048213^^^&1.2.3&ISO^MR"
    found = one(continuous().replace(PATIENT.encode(), pid.encode()))
    assert (stated(found.patient.identifier), stated(found.patient.system)) == ("0048213", "urn:oid:1.2.3")


def test_a_value_that_its_flag_takes_back_is_unreadable_not_absent() -> None:
    found = only_source(
        continuous().replace(b"37.50|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM||", b"37.50|mL^mL^UCUM||INV")
    )
    assert found.volume_remaining is not None
    assert found.volume_remaining.value is None
    assert found.volume_remaining.text == "37.50 mL"


def test_bounds_are_kept() -> None:
    found = only_source(continuous().replace(b"|NM|157872", b"|SN|157872").replace(b"|37.50|", b"|<^37.50|"))
    assert found.volume_remaining is not None
    assert (str(found.volume_remaining.value), found.volume_remaining.bound) == ("37.50 mL", "<")


@pytest.mark.parametrize("oid", sorted(PROFILES))
def test_profiles_are_known_under_the_numbers_in_use(oid: str) -> None:
    found = infusion(continuous(profile=f"X^IHE PCD^{oid}^ISO"))
    assert stated(found.profile) == PROFILES[oid]


def test_a_profile_that_is_not_known_drives_nothing() -> None:
    assert stated(infusion(continuous(profile="X^Y^9.9.9^ISO")).profile) == "9.9.9"


@pytest.mark.parametrize(
    ("printed", "local", "offset", "precision"),
    [
        ("20260302101500+0000", "2026-03-02T10:15:00", 0, "second"),
        ("20260302101500.037-0800", "2026-03-02T10:15:00.037000", -480, "second"),
        ("20260302101500.0378014", "2026-03-02T10:15:00.037801", None, "second"),
        ("202603021015", "2026-03-02T10:15:00", None, "minute"),
        ("20260302", "2026-03-02T00:00:00", None, "day"),
        ("20260302101500- 0000", "2026-03-02T10:15:00", 0, "second"),
    ],
)
def test_times(printed: str, local: str, offset: int | None, precision: str) -> None:
    start = one(continuous(at=printed)).session.start
    assert start is not None
    assert start.value is not None
    assert (start.value.local.isoformat(), start.value.offset_minutes, start.value.precision) == (
        local,
        offset,
        precision,
    )


def test_rows_in_any_order_say_the_same() -> None:
    lines = continuous().decode().split("\r")[:-1]
    turned = [*lines[:3], *reversed(lines[3:])]
    first, second = one(message(*lines)), one(message(*turned))
    assert [(row.field, row.value) for row in rows(first)] == [(row.field, row.value) for row in rows(second)]


def test_every_term_has_a_field_of_the_model_and_a_source() -> None:
    known = set(Infusion.__dataclass_fields__) | {f"source.{name}" for name in Source.__dataclass_fields__}
    beside = {"model", "system_id", "serial", "firmware"}
    for term in mdc.table():
        assert term.source
        if term.kind in ("metric", "text") and not term.field.startswith("event."):
            assert term.field in known | beside, term
        assert (term.kind == "metric") == (bool(term.dimension) and term.kind != "unit")


def test_no_number_is_invented() -> None:
    unnumbered = {term.refid for term in mdc.table() if not term.code and term.kind != "unit"}
    assert unnumbered == {"MDC_EVT_PUMP_DELIV_STOP", "MDC_ID_PROD_SPEC_SERIAL"}
    assert mdc.CONFLICT.isdisjoint(term.code for term in mdc.table())


def test_the_sheet_names_every_field() -> None:
    sheet = (ROOT / "adapters" / "hl7v2_pcd.md").read_text(encoding="utf-8")
    for group, prefix in ((Infusion, ""), (Source, "sources.")):
        for name in group.__dataclass_fields__:
            assert f"`{prefix}{name}`" in sheet, name
    for phase in ("start", "update", "end"):
        assert stated(infusion(alarm(phase, "X", "20260302110000", "active")).events[0].phase) == phase
    assert source(Rows()).rows
