"""The printed SynchroMed report as text and as PDF: each case, what the rules say, and the shared conformance suite."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from adapters import conformance, synchromed_sheet
from adapters.conformance import Samples
from adapters.printed import MAX_PAGES
from adapters.synchromed_report import ADAPTER
from bridge.adapter import Hint, find, recognise
from bridge.errors import ExportError
from bridge.identity import PumpIdentity
from bridge.interrogation import Interrogation, dump, load, stated
from tests.adapters import synchromed_bad
from tests.adapters.printing import as_pdf
from tests.adapters.sessions import bare, document_of, pretty
from tests.adapters.synchromed_cases import CASES, FOLDER, bridge, content_of, flex_refill, long_log, steady_state
from tests.adapters.test_published import leaves

BAD = Path(__file__).parents[2] / "fixtures" / "bad"
LONG = {"event-log", "event-log-pdf"}


def export_of(name: str) -> bytes:
    return (FOLDER / name / f"export.{CASES[name][1]}").read_bytes()


def read(name: str) -> Interrogation:
    (found,) = ADAPTER.read(export_of(name))
    return found


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    found = dump(read(name))
    assert pretty(found) == (FOLDER / name / "expected.json").read_bytes()
    assert dump(load(found)) == found
    assert (FOLDER / name / "why.md").read_text(encoding="utf-8").startswith(f"# {name}\n")
    assert read(name).is_simulated


def test_every_case_is_there() -> None:
    assert {folder.name for folder in FOLDER.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_files_are_made_again_byte_for_byte(name: str) -> None:
    assert content_of(name) == export_of(name)


def test_the_bad_files_are_made_again_byte_for_byte() -> None:
    for name, content in synchromed_bad.files().items():
        assert (BAD / name).read_bytes() == content, name


SHORT = [
    *(export_of(name) for name in CASES if name not in LONG),
    long_log(70).text().encode(),
    as_pdf(long_log(70).text()),
]
FOREIGN = [
    b"%PDF-1.7\n", as_pdf("ANOTHER REPORT  Page 1 of 1\nSYNCHROMED"), b"SYNCHROMED PROGRAMMER REPORTS\n",
    b"\nSYNCHROMED PROGRAMMER REPORT\n", b"SYNCHROMED", b"pumpbridge-session;1\n", b'{"format": "pumpbridge-session"}',
]  # fmt: skip


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_conformance(check: conformance.Check) -> None:
    check(ADAPTER, Samples(own=SHORT, foreign=FOREIGN))


@pytest.mark.parametrize("name", CASES)
def test_of_all_adapters_one_recognises_it(name: str) -> None:
    content = export_of(name)
    for kept in (len(content), len(content) * 2 // 3):
        assert recognise(content[:kept], find()).name == "synchromed_report"


def test_text_and_pdf_say_the_same() -> None:
    assert bare(read("event-log")) == bare(read("event-log-pdf"))
    for make in (steady_state, bridge):
        text = make().text()
        assert bare(ADAPTER.read(text.encode())[0]) == bare(ADAPTER.read(as_pdf(text))[0])


def test_milligrams_are_the_same_pump() -> None:
    first, second = (read(name).channel.states[0] for name in ("steady-state", "milligrams"))
    for state, text in ((first, "400.0 mcg/day (0.4000 mg/day)"), (second, "0.4 mg/day (400 mcg/day)")):
        assert state.programme is not None
        daily = state.programme.doses[0].daily
        assert daily is not None
        assert daily.value is not None
        assert daily.text == text
        assert daily.value.to("ug/d").value == 400


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("steady-state", ["as-found"]),
        ("flex-refill", ["as-found", "as-left"]),
        ("pending", ["as-found", "pending"]),
        ("cancelled", ["as-found", "pending"]),
    ],
)
def test_new_is_as_left_only_where_the_update_completed(name: str, tags: list[str]) -> None:
    assert [stated(state.tag) for state in read(name).channel.states] == tags


def test_a_cancelled_update_is_not_none() -> None:
    assert stated(read("cancelled").session.update) == "not-completed"


def test_the_last_update_is_since_when_the_settings_hold() -> None:
    since = [state.at.text if state.at else None for state in read("flex-refill").channel.states]
    assert since == [None, "Apr 07 2025 10:06"]
    (found,) = read("steady-state").channel.states
    assert found.at is not None
    assert found.at.text == "Jan 06 2025 00:00"


def test_all_500_events_in_order_over_pages_that_count_wrong() -> None:
    channel = read("event-log").channel
    assert [stated(event.number) for event in channel.events] == [f"{number:05}" for number in range(1, 501)]
    assert [stated(event.code) for event in channel.events[-2:]] == ["motor-stall", "motor-stall-recovered"]
    wrapped = channel.events[2].text
    assert wrapped is not None
    assert wrapped.value == "PERSONAL THERAPY MANAGER LINKED WITH PUMP BY CLINIC 8499"
    assert b"of 3" in export_of("event-log")


def test_not_recorded_is_absent_and_illegible_is_not() -> None:
    found = document_of(read("implant-priming"))["channels"][0]["states"][0]
    assert found == {"tag": "as-found", "infusing": False, "programme": {"mode": "stopped"}}
    programme = read("admixture").channel.states[1].programme
    assert programme is not None
    assert programme.flow is not None
    assert (programme.flow.value, programme.flow.text) == (None, "##")


def test_a_place_leads_to_its_line() -> None:
    concentration = read("bridge").channel.states[0].drugs[0].concentration
    assert concentration is not None
    page, line = (int(part.split(" ")[1]) for part in concentration.where.split(", "))
    sheet = export_of("bridge").decode().split("\f")[page - 1]
    assert concentration.text in sheet.split("\n")[line - 1]


def test_a_cut_serial_is_no_serial() -> None:
    content = export_of("bridge")
    whole = Hint(PumpIdentity("Medtronic", "8637-20", "JX500003"), datetime(2025, 5, 12, 11, 24))
    assert ADAPTER.hint(content) == whole
    assert ADAPTER.hint(content[:200]) == whole
    for kept in range(content.index(b"\n") + 1, content.index(b"\n\nSESSION")):
        assert ADAPTER.hint(content[:kept]) is None


def test_two_pumps_are_no_pump() -> None:
    content = (BAD / "pumps-several" / "header.txt").read_bytes()
    assert ADAPTER.hint(content) == Hint(None, datetime(2025, 5, 12, 11, 24))


def test_too_many_pages_are_refused() -> None:
    page = "SYNCHROMED PROGRAMMER REPORT  Page 1 of 1\n"
    with pytest.raises(ExportError) as caught:
        ADAPTER.read("\f".join([page] * (MAX_PAGES + 1)).encode())
    assert caught.value.code == "report-too-long"


def test_one_misread_digit_of_a_setting_contradicts() -> None:
    """Every digit of the lines that state doses, flows, concentrations and volumes, each read as the next one."""
    text = flex_refill().text()
    begin, end = text.index("PROGRAMMING\n"), text.index("LONGEVITY\n")
    places = [at for at in range(begin, end) if text[at].isdigit() and "(" in _line_of(text, at)]
    assert len(places) > 200
    for at in places:
        wrong = f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}"
        with pytest.raises(ExportError) as caught:
            ADAPTER.read(wrong.encode())
        assert caught.value.code in MISREAD, _line_of(wrong, at)


MISREAD = {"values-contradict", "field-unknown", "field-repeated", "section-order", "steps-not-24h", "date-impossible"}


def _line_of(text: str, at: int) -> str:
    return text[text.rfind("\n", 0, at) + 1 : text.find("\n", at)]


def test_the_sheet_names_every_datum() -> None:
    text = synchromed_sheet.FILE.read_text(encoding="utf-8")
    assert text == synchromed_sheet.render()
    for path in leaves():
        assert f"| `{'.'.join(field.name for field in path)}` |" in text
    for part in ("The layout is ours", "## Read", "## Not in this format", "## Not read"):
        assert part in text
