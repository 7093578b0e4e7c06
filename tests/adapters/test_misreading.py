"""What is misread, lost or mixed up in a printed report is refused; so is every digit that a layout prints twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.printed_form import PrintedAdapter
from adapters.prometra_inquiry import ADAPTER as PROMETRA
from bridge.errors import ExportError
from tests.adapters.test_printed_layouts import ADAPTERS, CASES, text_of

# What a layout prints once: a misread digit there is not found by the report itself. The sheets say the same.
ONCE = {
    "Inquiry number", "Inquiry ended", "Session number", "Session ended", "Printed", "Written", "Revision",
    "Pump clock", "Programmer clock", "Implanted", "Software", "Length", "Trimmed", "Tip", "At",
    "Emptied", "Filled", "Time to replacement indicator", "Replace pump by",
}  # fmt: skip
ONCE_UNDER = {"CATHETER", "PROGRAMMER", "CONTROL UNIT", "EVENT LOG", "BOLUSES"}


def protected_digits(text: str) -> Iterator[tuple[int, str]]:
    """The places of the digits that a layout prints twice, and the row in which each stands."""
    position, heading = 0, ""
    for line in text.split("\n"):
        heading = line.removesuffix(" (continued)") if line and not line.startswith((" ", "\f")) else heading
        label = line.partition(":")[0].strip()
        if not line.startswith(" ") or (label not in ONCE and heading not in ONCE_UNDER and "LOT" not in line):
            places = [match.start() for match in re.finditer("[0-9]", line)]
            yield from ((position + place, line) for place in places if _counts(line, place))
        position += len(line) + 1


def _counts(line: str, place: int) -> bool:
    """The wrong number of pages that a report may print, and lot numbers, are not what is protected."""
    total, lot = line.rfind(" of ") if "Page" in line else -1, re.search(r"[A-Z]{2}[0-9]{2}-[0-9]+$", line)
    return not (0 <= total < place or (lot and place >= lot.start()))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_misread_digit_of_what_is_printed_twice_is_refused(case: Path) -> None:
    adapter, text = ADAPTERS[case.parent.name], text_of(case.parent.name, case.name)
    places = list(protected_digits(text))
    assert len(places) > 60
    for place, line in places:
        misread = str((int(text[place]) + 1) % 10)
        with pytest.raises(ExportError):
            adapter.read((text[:place] + misread + text[place + 1 :]).encode())
            pytest.fail(f"{line!r} was read with a misread digit")


BAD = [
    ("refill", "6.250 mg/day (6250 mcg/day)", "62.50 mg/day (6250 mcg/day)", "values-contradict"),
    ("refill", "5.13 mL (5130 uL)", "5.13 mL", "value-unconfirmed"),
    ("refill", "20 mL (20000 uL)", "40 mL (40000 uL)", "values-contradict"),
    ("refill", "REF: 13827", "REF: 13828", "pumps-several"),
    ("refill", "Prometra II", "Prometra", "values-contradict"),
    ("refill", "Market: US\n", "", "export-truncated"),
    ("refill", "(00:30)", "(00:20)", "values-contradict"),
    ("refill", "30 min (00:30)", "30 min", "value-unconfirmed"),
    ("refill", "30 min (00:30)", "30 mL (30000 uL)", "unit-dimension"),
    ("refill", "Requests denied: 3", "Requests denied: 8", "values-contradict"),
    ("refill", "per day: 6", "per day: 8", "values-contradict"),
    ("refill", "Programming: completed", "Programming: not completed", "values-contradict"),
    ("refill", "Days to next refill: 55", "Days to next refill: --", "value-unconfirmed"),
    ("refill", "May 26 2025", "Mai 26 2025", "date-unreadable"),
    ("refill", "May 26 2025", "Feb 30 2025", "date-impossible"),
    ("refill", "5.13 mL (5130 uL)", "5.l3 mL (5130 uL)", "number-unreadable"),
    ("refill", "20.0 mL (20000 uL)", "2O.0 mL (20000 uL)", "number-unreadable"),
    ("refill", "5.13 mL (5130 uL)", "-5.13 mL (-5130 uL)", "value-negative"),
    ("refill", "Pretend, Nora", "Nora Pretend", "layout-unreadable"),
    ("refill", "Pretend, Nora", "Nora, Pretend", "patients-several"),
    ("refill", "Nora PRETEND   Confidential\n\f", "Eva FICTIEF   Confidential\n\f", "patients-several"),
    ("refill", "\fPROMETRA INQUIRY REPORT", "\fMEDSTREAM STATUS REPORT", "export-truncated"),
    ("refill", "Page 2 of", "Page 3 of", "export-truncated"),
    ("refill", "  Infusing: ", "  Infusion: ", "field-unknown"),
    ("refill", "PATIENT CONTROL\n", "PATIENT CONTROLS\n", "field-unknown"),
    ("refill", "DRUG      CONCENTRATION              DAILY DOSE                   LOT",
     "DRUG      DAILY DOSE                 CONCENTRATION                LOT", "layout-unreadable"),
    ("refill", "morphine  25.0 mg/mL (25000 mcg/mL)  6.250 mg/day (6250 mcg/day)  --",
     "morphine  6.25 mg/d (6250 mcg/d)     25.0 mg/mL (25000 mcg/mL)    --", "unit-dimension"),
    ("refill", "  0214  Mar 09 2025 22:10  BOLUS DENIED  information\n", "", "export-truncated"),
    ("refill", "Layout: 1", "Layout: 2", "version-unsupported"),
    ("mri-emptied", "Mode: stopped", "Mode: simple continuous", "values-contradict"),
    ("mri-emptied", "Mode: simple continuous", "Mode: stopped", "values-contradict"),
    ("multiple-rates", "06:00  07:00", "06:00  08:00", "steps-not-24h"),
    ("low-reservoir", "2 overdue", "2", "values-contradict"),
]  # fmt: skip


def changed(text: str, printed: str, instead: str, count: int = 1) -> str:
    """The report with something else printed; a label's value may stand in any column."""
    pattern = re.escape(printed).replace(":\\ ", ":\\ +")
    assert re.search(pattern, text)
    return re.sub(pattern, lambda _: instead, text, count=count)


@pytest.mark.parametrize(("case", "printed", "instead", "code"), BAD)
def test_what_was_misread_or_lost_is_refused(case: str, printed: str, instead: str, code: str) -> None:
    text = text_of("prometra_inquiry", case)
    with pytest.raises(ExportError) as caught:
        PROMETRA.read(changed(text, printed, instead).encode())
    assert caught.value.code == code
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("adapter", "case", "printed", "instead", "code"),
    [
        ("medstream_report", "refill", "REF 91-4201", "REF 91-4200", "pumps-several"),
        ("medstream_report", "refill", "91-4201", "91-4200", "values-contradict"),
        ("medstream_report", "refill", "91-4201", "91-4202", "code-unknown"),
        ("medstream_report", "refill", "(sensed)", "(calculated)", "field-unknown"),
        ("constant_flow_sheet", "refill", "1.0 mL (1000 uL)", "7.0 mL (7000 uL)", "values-contradict"),
        ("constant_flow_sheet", "refill", "previous fill: 30", "previous fill: 80", "values-contradict"),
        ("constant_flow_sheet", "refill", "Feb 05 2025", "Feb 06 2025", "values-contradict"),
        ("constant_flow_sheet", "refill", "constant flow", "simple continuous", "code-unknown"),
        ("constant_flow_sheet", "refill", "CONCENTRATION", "DAILY DOSE   ", "layout-unreadable"),
        (
            "constant_flow_sheet",
            "refill",
            "  morphine  10.0 mg/mL (10000 mcg/mL)  MO24-771",
            "  --        --                         --",
            "layout-unreadable",
        ),
        ("constant_flow_sheet", "concentration-change", "8472-20-03", "8472-35-03", "values-contradict"),
    ],
)
def test_the_other_layouts_refuse_too(adapter: str, case: str, printed: str, instead: str, code: str) -> None:
    text = text_of(adapter, case)
    count = 0 if printed.startswith(("91-", "8472", "CONC")) else 1
    with pytest.raises(ExportError) as caught:
        ADAPTERS[adapter].read(changed(text, printed, instead, count).encode())
    assert caught.value.code == code


def test_pages_of_two_pumps_are_refused() -> None:
    text = text_of("prometra_inquiry", "refill")
    first, second = text.split("\f")
    with pytest.raises(ExportError) as caught:
        PROMETRA.read(f"{first}\f{second.replace('PRX731001', 'PRX731002')}".encode())
    assert caught.value.code == "pumps-several"
    assert PROMETRA.hint(f"{first}\f{second.replace('PRX731001', 'PRX731002')}".encode()).pump is None  # type: ignore[union-attr]


def test_a_cut_serial_is_no_serial() -> None:
    content = text_of("prometra_inquiry", "refill").encode()
    serial = content.index(b"PRX731001")
    for kept in range(len("PRX731001") + 1):
        assert PROMETRA.hint(content[: serial + kept]) is None
    whole = PROMETRA.hint(content[: len(content) // 2])
    assert whole is not None
    assert whole.pump is not None
    assert whole.pump.serial == "PRX731001"


@given(st.text(" \n\f:ABEPDRFINT0189.-()/mLgcudy#", max_size=300))
@settings(deadline=None, max_examples=150)
def test_any_body_is_refused_or_read(body: str) -> None:
    for name, adapter in ADAPTERS.items():
        head, _, rest = text_of(name, "refill").partition("\nPATIENT\n")
        for content in (f"{adapter.layout.title}\n{body}", f"{head}\nPATIENT\n{body}\n{rest}", f"{head}\n{body}"):
            assert adapter.recognises(content.encode())
            adapter.hint(content.encode())
            error = refused(adapter, content.encode())
            assert error is None or (error.where and error.remedy)


def refused(adapter: PrintedAdapter, content: bytes) -> ExportError | None:
    try:
        adapter.read(content)
    except ExportError as error:
        return error
    return None
