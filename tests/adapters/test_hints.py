"""What a damaged export still says: one pump whole, or none; never a value of another object."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from adapters.session_csv import ADAPTER as CSV
from adapters.session_json import ADAPTER as JSON
from adapters.session_xml import ADAPTER as XML
from bridge.adapter import Adapter, Hint
from bridge.identity import PumpIdentity

FIXTURES = Path(__file__).parents[2] / "fixtures"
PUMP = PumpIdentity("Invented Pumps", "IP-20", "JX300001")
WHOLE = Hint(PUMP, datetime(2025, 2, 3, 9, 5))
CONTENT = {
    adapter.name: next((FIXTURES / adapter.name / "implant-priming").glob("export.*")).read_bytes()
    for adapter in (JSON, CSV, XML)
}


@pytest.mark.parametrize("adapter", [JSON, CSV, XML], ids=lambda adapter: adapter.name)
def test_a_file_cut_in_its_channels_still_says_pump_and_start(adapter: Adapter) -> None:
    content = CONTENT[adapter.name]
    assert adapter.hint(content) == WHOLE
    assert adapter.hint(content[: len(content) * 2 // 3]) == WHOLE


@pytest.mark.parametrize("adapter", [JSON, CSV, XML], ids=lambda adapter: adapter.name)
def test_a_cut_serial_is_no_serial(adapter: Adapter) -> None:
    content = CONTENT[adapter.name]
    serial = content.index(b"JX300001")
    for kept in range(len("JX300001") + 1):
        hint = adapter.hint(content[: serial + kept])
        assert hint == Hint(None, WHOLE.local)


@pytest.mark.parametrize("adapter", [JSON, CSV, XML], ids=lambda adapter: adapter.name)
def test_the_catheter_serial_is_never_the_pump_serial(adapter: Adapter) -> None:
    lines = CONTENT[adapter.name].splitlines(keepends=True)
    for first in range(1, len(lines)):
        for lost in (1, 2, 3, 5, 8, 13):
            hint = adapter.hint(b"".join(lines[:first] + lines[first + lost :]))
            assert hint is None or hint.pump is None or hint.pump.serial == "JX300001", (first, lost)


@pytest.mark.parametrize("adapter", [JSON, CSV, XML], ids=lambda adapter: adapter.name)
def test_two_pumps_are_no_pump(adapter: Adapter) -> None:
    doubled = {
        "session_json": CONTENT["session_json"].replace(b'"patient"', b'"pump": {"serial": "JX1"}, "patient"'),
        "session_csv": CONTENT["session_csv"].replace(b"[patient]", b"[pump]\nserial;JX1\n[patient]"),
        "session_xml": CONTENT["session_xml"].replace(b"<patient>", b"<pump><serial>JX1</serial></pump><patient>"),
    }
    assert adapter.hint(doubled[adapter.name]) == Hint(None, WHOLE.local)


def test_a_new_field_of_the_pump_does_not_hide_it() -> None:
    content = CONTENT["session_json"].replace(b'"firmware"', b'"colour": "blue", "firmware"')
    assert JSON.hint(content) == WHOLE


def test_a_german_start_is_read_as_the_head_line_says() -> None:
    content = (FIXTURES / "session_csv" / "locale-twin" / "export.csv").read_bytes()
    hint = CSV.hint(content[:-10])
    assert hint is not None
    assert hint.local == datetime(2025, 1, 6, 9, 0)


def test_utf_16_still_says_which_pump() -> None:
    for adapter, content in ((JSON, CONTENT["session_json"]), (CSV, CONTENT["session_csv"])):
        assert adapter.hint(content.decode().encode("utf-16")) == WHOLE


def test_nothing_gives_nothing() -> None:
    for adapter in (JSON, CSV, XML):
        assert adapter.hint(b"") is None
        assert adapter.hint(b'{"pump": []}') is None
        assert adapter.hint(b"pumpbridge-session;1\n") is None
        assert adapter.hint(b"<pump><serial>x</serial></pump>") is None
