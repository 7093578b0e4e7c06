"""Bad printed reports: `python -m tests.adapters.synchromed_bad` writes them under fixtures/bad, each beside its code.

Each is the whole report of `whole` with one thing wrong, as a printer, a scanner, a clerk or a cut line makes it.
"""

from __future__ import annotations

import json
from pathlib import Path

from adapters.pdf_illegible import ADAPTER as ILLEGIBLE
from adapters.synchromed_report import ADAPTER
from bridge.adapter import Adapter, recognise
from bridge.errors import ExportError
from tests.adapters.printing import as_pdf, twice
from tests.adapters.synchromed_printing import (
    LONGEVITY,
    NO_ALARM,
    case,
    dose_row,
    events,
    row,
    session,
    settings,
    steps,
)

BAD = Path(__file__).parents[2] / "fixtures" / "bad"
ADAPTERS: dict[str, Adapter] = {adapter.name: adapter for adapter in (ADAPTER, ILLEGIBLE)}


def whole() -> str:
    """A report of two pages, right in every part."""
    return case(
        ("Badinput", "Sam", "0079001", "May 05 1990"),
        ("JX900001", "40", "0.140"),
        session("May 12 2025 11:24", "May 12 2025 11:40", "0013", "Refill", "Completed",
                ("Last updated", "May 12 2025 11:33")),
        ("CLOCKS", [
            ("Pump clock", "May 12 2025 11:22"), ("Programmer clock", "May 12 2025 11:24"),
            ("Pump minus programmer", "-2 min"),
        ]),
        ("PROGRAMMING", settings(
            row("Infusion mode", "Simple Continuous", "Flex"), row("Pump infusing", "Yes", "Yes"),
            row("Flow", twice("0.200", "mL/day"), twice("0.165", "mL/day")),
            row("Reservoir volume", twice("23.2", "mL"), twice("40.0", "mL")), row("Drug 1", "baclofen", "baclofen"),
            row("Drug 1 concentration", twice("2000", "mcg/mL"), twice("2000", "mcg/mL")),
            dose_row(1, "400.0", "330.0"),
        )),
        ("FLEX SCHEDULE, NEW", steps(
            ("00:00", "06:00", "72.0", "12.0"), ("06:00", "07:00", "60.0", "60.0"),
            ("07:00", "22:00", "180.0", "12.0"), ("22:00", "24:00", "18.0", "9.0"),
        )),
        ("REFILL", [
            ("Emptied", "May 12 2025 11:26"), ("Filled", "May 12 2025 11:29"),
            ("Expected residual", twice("23.2", "mL")), ("Actual residual", twice("23.0", "mL")),
            ("Actual minus expected", twice("-0.2", "mL")), ("Fill volume", twice("40.0", "mL")),
        ]),
        LONGEVITY, NO_ALARM,
        ("EVENTS", events(
            ("PUMP STOPPED", "8201", "May 12 2025 11:32", "Information"),
            ("PUMP STARTED", "8202", "May 12 2025 11:33", "Information"),
        )),
    ).text()  # fmt: skip


def swapped(old: str, new: str, times: int = 1) -> bytes:
    """The whole report with a text in the place of another one."""
    text = whole()
    if text.count(old) < times:
        raise ValueError(f"{old!r} stands {text.count(old)} times in the report")
    return text.replace(old, new).encode() if times > 1 else text.replace(old, new, 1).encode()


def second_page(old: str, new: str) -> bytes:
    """The whole report with a text in the place of another one on its second page only."""
    first, second = whole().split("\f")
    if old not in second:
        raise ValueError(f"{old!r} is not on the second page")
    return f"{first}\f{second.replace(old, new, 1)}".encode()


def _without(*starts: str) -> bytes:
    lines = whole().split("\n")
    return "\n".join(line for line in lines if not line.startswith(starts)).encode()


def _dose(text: str) -> str:
    return text.ljust(33)


FIRST = _dose("400.0 mcg/day (0.4000 mg/day)")
SECOND = _dose("330.0 mcg/day (0.3300 mg/day)")
CHANGE = "-70.0 mcg/day (-0.0700 mg/day)"
STEP = "72.0 mcg (0.0720 mg)      12.0 mcg/h (0.0120 mg/h)"


def files() -> dict[str, bytes]:
    """Every bad report by code and name."""
    picture, text = as_pdf(whole(), picture=True), as_pdf(whole())
    return {
        "values-contradict/point-lost.txt": swapped(FIRST, _dose("4000 mcg/day (0.4000 mg/day)")),
        "values-contradict/point-lost-in-both.txt": swapped(FIRST, _dose("4000 mcg/day (4.000 mg/day)")),
        "values-contradict/digit-misread.txt": swapped("0.200 mL/day (200", "0.700 mL/day (200"),
        "values-contradict/concentration.txt": swapped("2000 mcg/mL (2.000", "2000 mcg/mL (2000"),
        "values-contradict/minus-lost-change.txt": swapped(CHANGE, "70.0 mcg/day (0.0700 mg/day)"),
        "values-contradict/minus-lost-residual.txt": swapped("-0.2 mL (-200 uL)", "0.2 mL (200 uL)"),
        "values-contradict/minus-lost-clock.txt": swapped("-2 min", "2 min"),
        "values-contradict/columns-swapped.txt": swapped(FIRST + SECOND, SECOND + FIRST),
        "values-contradict/new-without-update.txt": swapped("Completed", "None"),
        "values-contradict/start-elsewhere.txt": swapped("start:              May 12", "start:              May 13"),
        "values-contradict/point-lost.pdf": as_pdf(swapped(FIRST, _dose("4000 mcg/day (0.4000 mg/day)")).decode()),
        "value-unconfirmed/one-unit.txt": swapped("72.0 mcg (0.0720 mg)", "72.0 mcg            "),
        "value-unconfirmed/no-change.txt": swapped(CHANGE, ""),
        "unit-dimension/columns-swapped.txt": swapped(STEP, "12.0 mcg/h (0.0120 mg/h)  72.0 mcg (0.0720 mg)"),
        "unit-dimension/columns-swapped.pdf": as_pdf(
            swapped(STEP, "12.0 mcg/h (0.0120 mg/h)  72.0 mcg (0.0720 mg)").decode()
        ),
        "number-unreadable/zero-as-o.txt": swapped(FIRST, _dose("4OO.0 mcg/day (0.4000 mg/day)")),
        "number-unreadable/one-as-l.txt": swapped("180.0 mcg (", "l80.0 mcg ("),
        "number-unreadable/comma.txt": swapped("2000 mcg/mL (2.000", "2,000 mcg/mL (2.000"),
        "patients-several/footer.txt": second_page("Sam BADINPUT", "Pat BADINPUT"),
        "patients-several/identifier.txt": second_page("ID 0079001", "ID 0079002"),
        "patients-several/body.txt": swapped("Badinput, Sam", "Badinput, Pat"),
        "patients-several/two-reports.txt": whole().encode() + b"\f" + swapped("Sam BADINPUT", "Pat BADINPUT", 2),
        "patients-several/footer.pdf": as_pdf(second_page("Sam BADINPUT", "Pat BADINPUT").decode()),
        "pumps-several/header.txt": second_page("S/N JX900001", "S/N JX900009"),
        "pumps-several/body.txt": swapped("number:              JX900001", "number:              JX900009"),
        "field-unknown/label.txt": swapped("  Time to ERI:", "  Time to EOS:"),
        "field-unknown/heading.txt": swapped("\nREFILL\n", "\nREFILLS\n"),
        "field-unknown/setting.txt": swapped("  Pump infusing ", "  Pump inflating"),
        "field-repeated/label.txt": swapped("  Session type:  ", "  Session number:"),
        "code-unknown/mode.txt": swapped("Simple Continuous ", "Single Continuous "),
        "date-unreadable/numbers.txt": swapped("Feb 01 2030", "02/01/2030"),
        "date-impossible/february.txt": swapped("Feb 01 2030", "Feb 30 2030"),
        "value-negative/volume.txt": swapped("23.2 mL (23200 uL)  ", "-0.5 mL (-500 uL)   "),
        "steps-not-24h/printed.txt": swapped("06:00   72.0", "05:00   72.0"),
        "section-order/step.txt": swapped("  2     06:00", "  3     06:00"),
        "version-unsupported/layout.txt": swapped("Layout:                     1", "Layout:                     2"),
        "encoding-wrong/latin-1.txt": swapped("Badinput, Sam", "Badinput, Säm").decode().encode("latin-1"),
        "layout-unreadable/cell-shifted.txt": swapped("  00001  PUMP STOPPED    ", "  00001      PUMP STOPPED"),
        "layout-unreadable/no-label.txt": swapped("  Time to ERI:  ", "  Time to ERI   "),
        "layout-unreadable/name-order.txt": swapped("Badinput, Sam", "Sam Badinput "),
        "layout-unreadable/text-turned.pdf": as_pdf(whole(), turned=True),
        "export-truncated/no-last-page.txt": whole().split("\f")[0].encode(),
        "export-truncated/page-missing.txt": swapped("Page 2 of 2", "Page 3 of 3"),
        "export-truncated/row-lost.txt": _without("  00002"),
        "export-truncated/line-lost.txt": _without("  Pump infusing"),
        "export-truncated/no-end-mark.txt": _without("END OF REPORT"),
        "export-truncated/half.pdf": text[: len(text) // 2],
        "export-truncated/no-trailer.pdf": text[: text.rindex(b"startxref")],
        "export-truncated/stream-damaged.pdf": _damaged(text),
        "pdf-encrypted/export.pdf": as_pdf(whole(), password="secret"),
        "pdf-without-text/export.pdf": picture,
        "pdf-without-text/second-page.pdf": as_pdf(whole(), picture=(2,)),
    }  # fmt: skip


def _damaged(content: bytes) -> bytes:
    place = content.index(b"stream\n") + 400
    return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]


def main() -> None:
    """Write the files and what each is refused with; stop where one is not refused under its code."""
    for name, content in files().items():
        code, _, file = name.partition("/")
        folder = BAD / code
        folder.mkdir(exist_ok=True)
        (folder / file).write_bytes(content)
        expected = folder / "expected.json"
        rows = json.loads(expected.read_bytes()) if expected.exists() else {}
        rows[file] = _refused(code, name, content)
        text = json.dumps(dict(sorted(rows.items())), indent=2, ensure_ascii=False)
        expected.write_text(text + "\n", encoding="utf-8")


def _refused(code: str, name: str, content: bytes) -> dict[str, str]:
    try:
        recognise(content, ADAPTERS).read(content)
    except ExportError as error:
        if error.code == code:
            return {"code": error.code, "where": error.where}
        raise ValueError(f"{name} is refused as {error.code} at {error.where}") from error
    raise ValueError(f"{name} is read")


if __name__ == "__main__":
    main()
