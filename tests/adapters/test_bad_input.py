"""One test a row of bad input: what cannot be represented is refused whole, with code, place and remedy."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.constant_flow_sheet import ADAPTER as FLOW
from adapters.medstream_report import ADAPTER as MEDSTREAM
from adapters.pdf_illegible import ADAPTER as ILLEGIBLE
from adapters.prometra_inquiry import ADAPTER as PROMETRA
from adapters.session_csv import ADAPTER as CSV
from adapters.session_json import ADAPTER as JSON
from adapters.session_tree import MAX_ITEMS
from adapters.session_xml import ADAPTER as XML
from adapters.synchromed_report import ADAPTER as SYNCHROMED
from bridge.adapter import Adapter, recognise
from bridge.errors import EXIT_QUARANTINED, ExportError
from tests.adapters.sessions import as_csv, as_json, as_xml

BAD = Path(__file__).parents[2] / "fixtures" / "bad"
SESSIONS: tuple[Adapter, ...] = (JSON, CSV, XML)
PRINTED: tuple[Adapter, ...] = (SYNCHROMED, ILLEGIBLE, PROMETRA, MEDSTREAM, FLOW)
ADAPTERS: dict[str, Adapter] = {adapter.name: adapter for adapter in (*SESSIONS, *PRINTED)}
BY_SUFFIX: dict[str, Adapter] = {".json": JSON, ".csv": CSV, ".xml": XML}
EXPECTED = {folder.name: json.loads((folder / "expected.json").read_bytes()) for folder in sorted(BAD.iterdir())}
ROWS = [(code, name) for code, rows in EXPECTED.items() for name in rows]
PERSON = ("Badinput", "Sam", "0079001", "JX900001", "JC900001")
PUMP_IS_DAMAGED = {"pump-identity-missing", "value-empty", "field-repeated", "export-empty", "json-too-deep"}
SAYS_NOTHING = {"format-unknown", "pdf-encrypted", "pdf-without-text"}

SMALL: dict[str, Any] = {
    "simulated": True,
    "session": {"start": "2025-05-12T11:24"},
    "pump": {"manufacturer": "Invented Pumps", "model": "IP-40", "serial": "JX900002"},
}


def adapter_of(code: str, name: str, content: bytes) -> Adapter:
    """The adapter that recognises the file; an empty one is recognised by nobody and given to its namesake."""
    return BY_SUFFIX[Path(name).suffix] if code == "export-empty" else recognise(content, ADAPTERS)


@pytest.mark.parametrize(("code", "name"), ROWS, ids=lambda part: part)
def test_bad_input(code: str, name: str) -> None:
    content = (BAD / code / name).read_bytes()
    with pytest.raises(ExportError) as caught:
        adapter_of(code, name, content).read(content)
    assert {"code": caught.value.code, "where": caught.value.where} == EXPECTED[code][name]
    assert caught.value.code == code
    assert caught.value.remedy
    assert caught.value.exit_status == EXIT_QUARANTINED


@pytest.mark.parametrize(("code", "name"), ROWS, ids=lambda part: part)
def test_no_error_names_a_person_or_a_serial(code: str, name: str) -> None:
    content = (BAD / code / name).read_bytes()
    with pytest.raises(ExportError) as caught:
        adapter_of(code, name, content).read(content)
    assert not any(word in str(caught.value) for word in PERSON)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize(("code", "name"), ROWS, ids=lambda part: part)
def test_a_bad_file_still_says_which_pump_or_nothing(code: str, name: str) -> None:
    content = (BAD / code / name).read_bytes()
    hints = [adapter.hint(content) for adapter in ADAPTERS.values() if adapter.recognises(content)]
    assert all(hint is None or hint.pump is None or hint.pump.serial == "JX900001" for hint in hints)


@pytest.mark.parametrize("code", sorted(set(EXPECTED) - PUMP_IS_DAMAGED - SAYS_NOTHING))
def test_a_file_with_one_bad_row_elsewhere_says_which_pump(code: str) -> None:
    contents = [(BAD / code / name).read_bytes() for name in EXPECTED[code]]
    hints = [adapter.hint(content) for content in contents for adapter in ADAPTERS.values()]
    assert any(hint is not None and hint.pump is not None for hint in hints)


@pytest.mark.parametrize("code", sorted(EXPECTED))
def test_every_case_says_why(code: str) -> None:
    assert (BAD / code / "why.md").read_text(encoding="utf-8").startswith(f"# {code}\n")
    files = {path.name for path in (BAD / code).iterdir()}
    assert files == set(EXPECTED[code]) | {"why.md", "expected.json"}


@pytest.mark.parametrize(("adapter", "write"), [(JSON, as_json), (CSV, as_csv), (XML, as_xml)])
def test_a_list_has_an_end(adapter: Adapter, write: Any) -> None:
    document = copy.deepcopy(SMALL) | {"channels": [{"events": [{"number": "1"}] * MAX_ITEMS}]}
    (found,) = adapter.read(write(document))
    assert len(found.channel.events) == MAX_ITEMS
    document["channels"][0]["events"].append({"number": "1"})
    with pytest.raises(ExportError) as caught:
        adapter.read(write(document))
    assert caught.value.code == "list-too-long"


@pytest.mark.parametrize(
    "steps",
    [
        [("00:00", "24:00")],
        [("00:00", "00:00")],
        [("22:00", "06:00"), ("06:00", "22:00")],
        [("06:00", "00:00"), ("00:00", "06:00")],
        [("23:59", "00:01"), ("00:01", "23:59")],
    ],
)
def test_steps_that_cover_a_day(steps: list[tuple[str, str]]) -> None:
    JSON.read(as_json(SMALL | with_steps(steps)))


@pytest.mark.parametrize(
    "steps",
    [
        [("00:00", "23:59")],
        [("06:00", "06:00")],
        [("00:00", "24:00"), ("00:00", "24:00")],
        [("00:00", "12:00"), ("12:00", "12:00"), ("12:00", "24:00")],
        [("00:00", "18:00"), ("12:00", "06:00"), ("06:00", "24:00")],
        [("22:00", "07:00"), ("06:00", "22:00")],
    ],
)
def test_steps_that_do_not(steps: list[tuple[str, str]]) -> None:
    with pytest.raises(ExportError) as caught:
        JSON.read(as_json(SMALL | with_steps(steps)))
    assert caught.value.code == "steps-not-24h"


def test_no_steps_are_not_recorded_not_wrong() -> None:
    (found,) = JSON.read(as_json(SMALL | with_steps([])))
    programme = found.channel.states[0].programme
    assert programme is not None
    assert programme.steps == ()


def with_steps(steps: list[tuple[str, str]]) -> dict[str, Any]:
    stated = [{"start": start, "end": end} for start, end in steps]
    return {"channels": [{"states": [{"tag": "as-left", "programme": {"mode": "flex", "steps": stated}}]}]}


def test_several_observed_states_are_no_repetition() -> None:
    states = [{"tag": "observed"}, {"tag": "observed"}]
    (found,) = JSON.read(as_json(SMALL | {"channels": [{"states": states}]}))
    assert len(found.channel.states) == 2


def test_a_zone_offset_has_bounds() -> None:
    for start, fits in (("2025-05-12T11:24+14:00", True), ("2025-05-12T11:24+14:01", False)):
        document = SMALL | {"session": {"start": start}}
        if fits:
            assert JSON.read(as_json(document))
        else:
            with pytest.raises(ExportError, match="date-impossible"):
                JSON.read(as_json(document))


@pytest.mark.parametrize("start", ["2025-05-12T11:24-00:00", "1899-12-31T11:24", "2025-05-12T11:60", "0000-01-01"])
def test_times_that_are_none(start: str) -> None:
    with pytest.raises(ExportError, match="date-impossible"):
        JSON.read(as_json(SMALL | {"session": {"start": start}}))


@pytest.mark.parametrize("zone", ["Europe/Lundon", "../../etc/passwd", "/etc/localtime", "not a zone"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    body = {**copy.deepcopy(SMALL), "clocks": {"zone": zone}}
    with pytest.raises(ExportError) as caught:
        JSON.read(as_json(body))
    assert (caught.value.code, caught.value.where) == ("zone-unknown", "/clocks/zone")
