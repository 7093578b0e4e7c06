"""The three text layouts (Prometra, MedStream, constant flow): golden cases, conformance, what each is read as."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from adapters import conformance, printed_sheets
from adapters.conformance import Samples
from adapters.constant_flow_sheet import ADAPTER as FLOW
from adapters.medstream_report import ADAPTER as MEDSTREAM
from adapters.printed_form import Layout, PrintedAdapter, Rows
from adapters.prometra_inquiry import ADAPTER as PROMETRA
from adapters.session_csv import ADAPTER as CSV
from adapters.session_json import ADAPTER as JSON
from adapters.session_xml import ADAPTER as XML
from adapters.synchromed_report import ADAPTER as SYNCHROMED
from bridge.adapter import Adapter, recognise
from bridge.interrogation import Interrogation, Reading, State, dump, load, stated
from bridge.quantity import Quantity
from tests.adapters.sessions import pretty
from tests.adapters.test_published import leaves

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
ADAPTERS: dict[str, PrintedAdapter] = {adapter.name: adapter for adapter in (PROMETRA, MEDSTREAM, FLOW)}
PATHS = [path for name in ADAPTERS for path in sorted((FIXTURES / name).glob("*/export.txt"))]
CASES = [path.parent.relative_to(FIXTURES) for path in PATHS]
OWN = {name: [path.read_bytes() for path in PATHS if path.parts[-3] == name] for name in ADAPTERS}
INVENTED = ("PRX7310", "MSX4100", "TCX52", "ISX53", "CDX54")


def text_of(adapter: str, case: str) -> str:
    return (FIXTURES / adapter / case / "export.txt").read_text(encoding="utf-8")


def read(adapter: str, case: str) -> Interrogation:
    (found,) = ADAPTERS[adapter].read(text_of(adapter, case).encode())
    return found


def state(adapter: str, case: str, tag: str) -> State:
    found = read(adapter, case).channel.state(tag)
    assert found is not None
    return found


def said(reading: Reading[Quantity] | None) -> tuple[str, str, str | None]:
    """A quantity as kept, as printed, and how it was known."""
    assert reading is not None
    return str(reading.value), reading.text, reading.how


@pytest.mark.parametrize("case", CASES, ids=str)
def test_golden(case: Path) -> None:
    found = dump(read(case.parent.name, case.name))
    assert pretty(found) == (FIXTURES / case / "expected.json").read_bytes()
    assert dump(load(found)) == found
    assert (FIXTURES / case / "why.md").read_text(encoding="utf-8").startswith(f"# {case.name}\n")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_only_invented_data(case: Path) -> None:
    found = read(case.parent.name, case.name)
    assert found.is_simulated
    assert found.pump_identity.serial.startswith(INVENTED)


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_conformance(name: str, check: conformance.Check) -> None:
    foreign = [content for other, contents in OWN.items() if other != name for content in contents[:2]]
    session = (FIXTURES / "session_csv" / "bridge" / "export.csv").read_bytes()
    check(ADAPTERS[name], Samples(own=OWN[name], foreign=[*foreign, session, b"%PDF-1.7\n"]))


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_a_file_has_exactly_one_adapter(name: str) -> None:
    every: dict[str, Adapter] = {"json": JSON, "csv": CSV, "xml": XML, "synchromed_report": SYNCHROMED, **ADAPTERS}
    for content in OWN[name]:
        assert recognise(content, every) is ADAPTERS[name]
        assert recognise(content[: len(content) // 3], every) is ADAPTERS[name]


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_line_ends_and_a_mark_at_the_start_change_nothing(name: str) -> None:
    for content in OWN[name]:
        assert ADAPTERS[name].read(content.replace(b"\n", b"\r\n")) == ADAPTERS[name].read(content)
        assert ADAPTERS[name].read(b"\xef\xbb\xbf" + content) == ADAPTERS[name].read(content)
        assert ADAPTERS[name].hint(content.replace(b"\n", b"\r\n")) == ADAPTERS[name].hint(content)


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_a_place_leads_to_its_value(name: str) -> None:
    for content in OWN[name]:
        sheets = [sheet.split("\n") for sheet in content.decode().split("\f")]
        (found,) = ADAPTERS[name].read(content)
        for _, reading in conformance._readings(found, ""):
            page, line = re.fullmatch(r"page ([0-9]+), line ([0-9]+)", reading.where).groups()  # type: ignore[union-attr]
            assert reading.text.split()[0] in sheets[int(page) - 1][int(line) - 1], reading


# --- Prometra ------------------------------------------------------------------------------------------------------


def test_units_of_the_prometra_stay_as_printed() -> None:
    left = state("prometra_inquiry", "refill", "as-left")
    assert left.programme is not None
    assert said(left.programme.doses[0].daily) == ("6.250 mg/d", "6.250 mg/day (6250 mcg/day)", "setting")
    assert said(left.drugs[0].concentration) == ("25.0 mg/mL", "25.0 mg/mL (25000 mcg/mL)", "typed")
    assert said(left.programme.flow) == ("0.250 mL/d", "0.250 mL/day (250 uL/day)", "setting")
    assert said(left.volume) == ("20.00 mL", "20.00 mL (20000 uL)", "calculated")


def test_the_next_refill_is_a_stated_date() -> None:
    channel = read("prometra_inquiry", "refill").channel
    assert channel.reservoir is not None
    assert stated(channel.reservoir.refill_by) == date(2025, 5, 26)
    assert channel.reservoir.low_date is None
    control = channel.patient_control
    assert control is not None
    assert (stated(control.per_day), stated(control.given), stated(control.denied)) == (6, 12, 3)
    assert said(control.dose)[0] == "0.250 mg"
    assert said(control.lockout) == ("4 h", "4 h (04:00)", "setting")


def test_the_pump_emptied_for_a_scan_is_stopped_and_comes_back() -> None:
    emptied = read("prometra_inquiry", "mri-emptied").channel
    refilled = read("prometra_inquiry", "mri-refilled").channel
    left, found = emptied.state("as-left"), refilled.state("as-found")
    for stopped in (left, found):
        assert stopped is not None
        assert stopped.programme is not None
        assert (stated(stopped.programme.mode), stated(stopped.infusing)) == ("stopped", False)
        assert said(stopped.programme.doses[0].daily)[:2] == ("0.0 mg/d", "0.0 mg/day (0 mcg/day)")
        assert said(stopped.volume)[0] == "0.00 mL"
    assert emptied.refills[0].filled is None
    assert emptied.reservoir is None
    assert said(refilled.refills[0].filled) == ("20.0 mL", "20.0 mL (20000 uL)", "typed")
    assert refilled.refills[0].aspirated is None
    assert [stated(event.code) for event in refilled.events] == ["pump-stopped", "other", "pump-started"]
    assert stated(refilled.events[1].text) == "PUMP RESET AFTER MRI"


@pytest.mark.parametrize(
    ("case", "ref"),
    [("implant-periodic", "11827"), ("refill", "13827"), ("multiple-rates", "16827"), ("low-reservoir", "91827"),
     ("patient-control", "93827")],
)  # fmt: skip
def test_every_known_ref_has_a_case(case: str, ref: str) -> None:
    assert stated(read("prometra_inquiry", case).pump.model) == ref


def test_a_log_over_pages_is_one_log() -> None:
    events = read("prometra_inquiry", "multiple-rates").channel.events
    assert len(events) == 46
    assert [stated(event.number) for event in events] == [f"{number:04}" for number in range(40, 86)]
    assert {stated(event.code) for event in events} == {"other"}
    assert stated(events[13].text) == "TELEMETRY ESTABLISHED WITHOUT A CHANGE"


# --- MedStream -----------------------------------------------------------------------------------------------------


def test_the_medstream_volume_is_sensed() -> None:
    assert said(state("medstream_report", "sensed-volume", "as-found").volume) == (
        "8.60 mL",
        "8.60 mL (8600 uL)",
        "sensed",
    )
    below = state("medstream_report", "below-the-sensor", "as-found").volume
    assert below is not None
    assert (below.bound, below.how, str(below.value)) == ("<", "sensed", "1.0 mL")
    smeared = state("medstream_report", "multiple-rates", "as-found").volume
    assert smeared is not None
    assert (smeared.value, smeared.text, smeared.how) == (None, "##", "sensed")


def test_what_was_not_completed_is_pending() -> None:
    found = read("medstream_report", "multiple-rates")
    assert stated(found.session.update) == "not-completed"
    assert [stated(part.tag) for part in found.channel.states] == ["as-found", "pending"]
    pending = state("medstream_report", "multiple-rates", "pending")
    assert pending.programme is not None
    assert [said(step.dose)[0] for step in pending.programme.steps] == ["72.0 ug", "60.0 ug", "180.0 ug", "18.0 ug"]
    assert (pending.at, pending.volume, pending.infusing) == (None, None, None)


def test_the_medstream_alarm_stands_at_three() -> None:
    found = read("medstream_report", "below-the-sensor").channel
    assert found.reservoir is not None
    assert said(found.reservoir.alarm_volume)[0] == "3.0 mL"
    assert [stated(alarm.code) for alarm in found.alarms] == ["low-reservoir"]
    assert {stated(read("medstream_report", case).pump.model) for case in ("sensed-volume", "refill")} == {
        "91-4200",
        "91-4201",
    }


# --- constant flow -------------------------------------------------------------------------------------------------


def test_a_worksheet_states_no_dose_no_alarm_and_no_event() -> None:
    found = read("constant_flow_sheet", "refill")
    assert stated(found.kind) == "worksheet"
    programme = state("constant_flow_sheet", "refill", "as-left").programme
    assert programme is not None
    assert (stated(programme.mode), programme.doses) == ("constant-flow", ())
    assert said(programme.flow) == ("0.5 mL/d", "0.5 mL/day (500 uL/day)", "typed")
    assert (found.channel.events, found.channel.alarms, found.channel.alarm_status) == ((), (), None)
    assert state("constant_flow_sheet", "refill", "as-left").volume is None


def test_sixteen_in_and_one_out_after_thirty_days() -> None:
    before, now = read("constant_flow_sheet", "refill").channel.refills
    start, end = stated(before.filled_at), stated(now.aspirated_at)
    assert start is not None
    assert end is not None
    assert (start.precision, end.precision, (end.local - start.local).days) == ("day", "day", 30)
    assert (said(before.filled)[0], said(now.aspirated)[0]) == ("16.0 mL", "1.0 mL")
    assert (said(now.filled)[2], said(now.aspirated)[2]) == ("typed", "aspirated")
    (first,) = read("constant_flow_sheet", "first-fill").channel.refills
    assert stated(first.filled_at) == start


# --- the sheets ----------------------------------------------------------------------------------------------------


def unread(layout: Layout) -> set[str]:
    labels = {title: section.labels for title, section in layout.sections.items() if isinstance(section, Rows)}
    return {f"{title}: {label}" for title, rows in labels.items() for label, targets in rows.items() if not targets}


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_a_sheet_names_every_datum(name: str) -> None:
    text = (ROOT / "adapters" / f"{name}.md").read_text(encoding="utf-8")
    assert text == printed_sheets.render(name)
    for path in leaves():
        assert f"| `{'.'.join(field.name for field in path)}` |" in text
    not_read = " ".join(text.partition("## Not read")[2].split())
    assert all(f"`{label}`" in not_read for label in unread(ADAPTERS[name].layout))
    assert "The layout is ours" in text
