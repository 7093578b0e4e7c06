"""The adapter on transcripts: conformance, cuts at every byte, changed bytes, words against sections, every refusal."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters import conformance
from adapters.serial_capture import ADAPTER
from bridge.adapter import find, recognise
from bridge.errors import EXIT_QUARANTINED, ExportError
from bridge.identity import PumpIdentity
from bridge.interrogation import Interrogation, dump, fields_of
from bridge.wire.programmer.tables import SECTIONS as TABLE
from tests.adapters.sessions import bare, covered, pretty, readings
from tests.capture.answering import PUMP, SECTIONS, Reading, frame, lines, log
from tests.capture.cases import CASES, contents
from tests.capture.transcripts import written

FIXTURES = Path(__file__).parents[2] / "fixtures"
OWN = {path.parent.name: path.read_bytes() for path in sorted(FIXTURES.glob("serial_capture/*/export.txt"))}
SHEET = Path(__file__).parents[2] / "adapters" / "serial_capture.md"
PLAIN = written(Reading())


def samples() -> conformance.Samples:
    foreign = [path.read_bytes() for path in sorted(FIXTURES.glob("session_*/*/export.*"))[:6]]
    return conformance.Samples(own=[PLAIN, *OWN.values()], foreign=[*foreign, b"%PDF-1.7\n", b"pumpbridge-session;1\n"])


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_conformance(check: conformance.Check) -> None:
    check(ADAPTER, samples())


@pytest.mark.parametrize("name", sorted(CASES))
def test_golden(name: str) -> None:
    folder = FIXTURES / "serial_capture" / name
    (found,) = ADAPTER.read(OWN[name])
    assert pretty(dump(found)) == (folder / "expected.json").read_bytes()
    assert contents(name) == (OWN[name], (folder / "expected.json").read_bytes())
    assert (folder / "why.md").read_text("utf-8").startswith("# ")
    assert recognise(OWN[name], find()) is find()["serial_capture"]


def refused(content: bytes) -> ExportError:
    with pytest.raises(ExportError) as caught:
        ADAPTER.read(content)
    assert caught.value.exit_status == EXIT_QUARANTINED
    assert caught.value.remedy
    assert caught.value.where
    assert not any(word in str(caught.value) for word in ("0071234", "Sample", "Robin", "JX300099"))
    return caught.value


def whole() -> Interrogation:
    (found,) = ADAPTER.read(PLAIN)
    return found


# --- what is read ----------------------------------------------------------------------------------------------------


def test_every_value_keeps_its_digits_its_text_and_its_place() -> None:
    state = whole().channel.state("as-left")
    assert state is not None
    assert state.volume is not None
    assert state.programme is not None
    assert (str(state.volume.value), state.volume.text, state.volume.how) == ("40.00 mL", "40.00 mL", "calculated")
    daily = state.programme.doses[0].daily
    assert daily is not None
    assert (str(daily.value), daily.text) == ("400.00 ug/d", "400.00 mcg/day")
    line = int(daily.where.split(",")[0].removeprefix("line "))
    assert daily.where == f"line {line}, states 1/programme/doses/1/daily"
    frame = bytes.fromhex(PLAIN.decode().splitlines()[line - 1].split("\t")[2])
    assert b"400.00\tmcg/day" in frame


def test_marks_are_bounds_and_unreadable_values() -> None:
    sections = {**SECTIONS, "longevity": ("months_to_eri | 3? | | | unreadable",)}
    (found,) = ADAPTER.read(written(Reading(sections=sections)))
    assert found.longevity is not None
    assert found.longevity.months_to_eri is not None
    assert (found.longevity.months_to_eri.value, found.longevity.months_to_eri.text) == (None, "3?")
    longevity = whole().longevity
    assert longevity is not None
    assert longevity.months_to_eri is not None
    assert longevity.months_to_eri.bound == "<"


def test_a_section_may_state_whatever_the_session_format_states() -> None:
    """Every group of the model has its section, so that nothing of a session is left out on the way."""
    paths = {section.path.split("/")[0] for section in TABLE} | {"clocks", "kind", "simulated"}
    assert {field.name for field in fields_of(Interrogation)} <= paths
    channel = {section.path.rpartition("/")[2] for section in TABLE if section.path.startswith("channels/1/")}
    from bridge.interrogation import Channel

    assert {field.name for field in fields_of(Channel)} <= channel | {"events", "alarms", "alarm_status", "name"}


def test_noise_and_retries_change_no_value() -> None:
    (found,) = ADAPTER.read(written(Reading(), noise=b"\x00\xa5\x5agarbage"))
    assert bare(found) == bare(whole())
    (small,) = ADAPTER.read(written(Reading(page=120, window=1)))
    assert bare(small) == bare(whole())


def test_a_transcript_says_which_pump_even_where_it_was_cut() -> None:
    hints = [ADAPTER.hint(PLAIN[:cut]) for cut in range(len(PLAIN))]
    pump = PumpIdentity("Invented Pumps", "IP-40", "JX300099")
    assert {hint.pump for hint in hints if hint is not None} == {pump}
    assert hints[-1] is not None
    assert hints[-1].local is not None
    assert hints[0] is None


# --- cut and changed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain", *sorted(OWN)])
def test_a_cut_at_any_byte_never_changes_a_number(name: str) -> None:
    content = PLAIN if name == "plain" else OWN[name]
    expected = ADAPTER.read(content)
    for cut in range(len(content)):
        try:
            found = ADAPTER.read(content[:cut])
        except ExportError:
            continue
        assert found == expected
        assert content[cut:] == b"\n"


def test_a_changed_byte_is_refused_wherever_it_is() -> None:
    chance = random.Random(7)
    for _ in range(600):
        place = chance.randrange(len(PLAIN))
        changed = PLAIN[:place] + bytes((PLAIN[place] ^ chance.randrange(1, 256),)) + PLAIN[place + 1 :]
        refused(changed)


def test_a_line_that_is_taken_out_put_in_or_moved_is_refused() -> None:
    rows = PLAIN.splitlines(keepends=True)
    for place in range(1, len(rows) - 1):
        refused(b"".join(rows[:place] + rows[place + 1 :]))
        refused(b"".join([*rows[:place], rows[place], *rows[place:]]))
    refused(PLAIN + PLAIN)


def signed(rows: list[str]) -> bytes:
    """Rows with an end line that fits them: as somebody would have it who writes transcripts by hand."""
    body = "".join(f"{row}\n" for row in rows).encode()
    return body + f"end\t{len(rows) - 1}\tcomplete\t{hashlib.sha256(body).hexdigest()}\n".encode()


def test_an_answer_that_is_missing_under_a_fitting_end_line_is_refused() -> None:
    rows = PLAIN.decode().splitlines()[:-1]
    answers = [place for place, row in enumerate(rows) if "\t<\t" in row]
    for place in answers:
        assert refused(signed(rows[:place] + rows[place + 1 :])).code in ("capture-incomplete", "capture-pump-changed")


def test_whatever_stands_in_the_frames_only_an_export_error_comes_out() -> None:
    chance = random.Random(11)
    rows = PLAIN.decode().splitlines()[:-1]
    for _ in range(300):
        place = chance.choice([place for place, row in enumerate(rows) if "\t<\t" in row])
        raw = bytearray.fromhex(rows[place].split("\t")[2])
        for _ in range(chance.randrange(1, 4)):
            raw[chance.randrange(6, len(raw) - 2)] = chance.randrange(256)
        content = frame(raw[4], raw[5], bytes(raw[6:-2])).hex().upper()
        changed = [*rows[:place], f"{rows[place].rsplit(chr(9), 1)[0]}\t{content}", *rows[place + 1 :]]
        try:
            ADAPTER.read(signed(changed))
        except ExportError as error:
            named = (error.code, error.where, error.remedy)
            if not all(named):
                raise


# --- refused ---------------------------------------------------------------------------------------------------------


def with_section(name: str, *rows: str) -> Reading:
    return Reading(sections={**SECTIONS, name: rows})


STATE = SECTIONS["states"]
REFUSED: dict[str, tuple[str, Reading]] = {
    "an unknown key": ("field-unknown", with_section("session", *SECTIONS["session"], "mood | good")),
    "a key of another section": ("field-unknown", with_section("interrogation", "kind | session", "pump/serial | X1")),
    "alarms that state a bolus": ("field-unknown", with_section("alarms", "boluses/1/kind | patient")),
    "a key that is none": ("field-unknown", with_section("session", *SECTIONS["session"], "Robin Sample | 1")),
    "a key twice": ("field-repeated", with_section("session", *SECTIONS["session"], "number | 42")),
    "a row with too many cells": ("capture-line-unreadable", with_section("session", "start | 1 | 2 | 3 | 4 | 5")),
    "a number without a unit": ("unit-missing", with_section("pump", *PUMP, "capacity | 40.0")),
    "a list with a hole": ("section-order", with_section("boluses", "2/kind | clinician")),
    "a list that is none": ("kind-wrong", with_section("pump", *PUMP, "1/capacity | 40.0 | mL")),
    "an empty value": ("value-empty", with_section("session", *SECTIONS["session"], "reported | ")),
    "a session without its start": ("session-start-missing", with_section("session", "number | 41")),
    "an unknown code of an event": ("code-unknown", Reading(events=("1 | 2025-05-30 | hiccup",))),
    "steps with a gap": ("steps-not-24h", with_section(
        "states", *STATE, "1/programme/steps/1/start | 00:00", "1/programme/steps/1/end | 20:00")),
    "another serial in IDENTITY": ("values-contradict", Reading(identity=(*PUMP[:2], "serial | JX300098"))),
    "IDENTITY without a serial": ("pump-identity-missing", Reading(identity=PUMP[:2])),
    "infusing and stopped": ("values-contradict", Reading(words=(0b11, 0b100, 0))),
    "stopped, while the state infuses": ("values-contradict", Reading(words=(0b10, 0b100, 0))),
    "an alarm that the section has not": ("values-contradict", Reading(words=(0b1, 0b101, 0))),
    "no alarm, while the section has one": ("values-contradict", Reading(words=(0b1, 0, 0))),
    "an alarm silenced that is not in force": ("values-contradict", Reading(words=(0b1, 0b100, 0b1))),
    "simulated, while the section says no": ("values-contradict", replace(
        with_section("interrogation", "simulated | false"), words=(0b101, 0b100, 0))),
    "an unknown status bit": ("bit-unknown", Reading(words=(1 << 9, 0b100, 0))),
    "an unknown alarm bit": ("bit-unknown", Reading(words=(0b1, 1 << 20, 0))),
    "infusing, and no state that was seen": ("values-contradict", with_section("states", "1/tag | pending")),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused(name: str) -> None:
    code, reading = REFUSED[name]
    assert refused(written(reading)).code == code


def test_a_text_that_is_not_utf_8() -> None:
    reading = with_section("session", *SECTIONS["session"])
    reading._pages[2] = [page.replace(b"refill", b"ref\xffll") for page in reading._pages[2]]
    assert refused(written(reading)).code == "encoding-wrong"


def test_a_mixture_of_two_pumps_under_a_fitting_end_line() -> None:
    other = Reading(token=9, sections={**SECTIONS, "pump": (*PUMP[:2], "serial | JX300100")})
    rows = PLAIN.decode().splitlines()[:-1]
    others = written(other).decode().splitlines()[:-1]
    for place in range(4, len(rows)):
        assert refused(signed(rows[:place] + others[place:])).code in ("capture-pump-changed", "capture-incomplete")


def test_a_page_that_comes_twice_differently() -> None:
    rows = PLAIN.decode().splitlines()[:-1]
    asked = next(bytes.fromhex(row.split("\t")[2]) for row in rows if "\t>\tA55A00040103" in row)
    again = frame(200, 3, asked[6:-2])
    other = Reading(words=(0b101, 0b1, 0)).answer(again)
    twice = [*rows[:-2], f"900\t>\t{again.hex().upper()}", f"910\t<\t{other.hex().upper()}", *rows[-2:]]
    assert refused(signed(twice)).code == "capture-contradicts"
    same = Reading().answer(again).hex().upper()
    (found,) = ADAPTER.read(signed([*twice[:-3], f"910\t<\t{same}", *rows[-2:]]))
    assert bare(found) == bare(whole())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"pumpbridge-capture\t2\tnew=format\n", "version-unsupported"),
        (b"pumpbridge-capture\t1\tport=socket\n", "capture-damaged"),
        (PLAIN[: len(PLAIN) // 2], "export-truncated"),
        (PLAIN.replace(b"bridge=0.1.0", b"bridge=0.1.1"), "capture-damaged"),
        (written(Reading(), outcome="port-gone"), "capture-incomplete"),
        (PLAIN.replace(b"\t>\t", b"\t>\t\xff", 1), "capture-damaged"),
        (signed([*PLAIN.decode().splitlines()[:-1], "900\t<\tA55A"]), "capture-damaged"),
    ],
)  # fmt: skip
def test_a_transcript_that_is_not_whole(content: bytes, code: str) -> None:
    assert refused(content).code == code


# --- the words -------------------------------------------------------------------------------------------------------


def read_with(words: tuple[int, int, int], **changed: Any) -> Interrogation:
    sections = {name: rows for name, rows in {**SECTIONS, **changed}.items() if rows}
    (found,) = ADAPTER.read(written(Reading(sections=sections, words=words)))
    return found


def test_the_words_fill_what_the_sections_leave_out() -> None:
    found = read_with(
        (0b11101, 0b11, 0b10), alarms=(), longevity=(), interrogation=("kind | session",),
        states=tuple(row for row in STATE if "infusing" not in row),
    )  # fmt: skip
    state = found.channel.state("as-left")
    assert state is not None
    assert state.infusing is not None
    assert (state.infusing.value, state.infusing.text) == (True, "STATUS1 bit 0")
    assert found.simulated is not None
    assert found.simulated.value is True
    assert found.longevity is not None
    assert found.longevity.eri is not None
    assert found.longevity.end_of_service is not None
    assert found.longevity.eri.value is True
    alarms = found.channel.alarms
    assert [alarm.code.value for alarm in alarms if alarm.code] == ["motor-stall", "pump-stopped"]
    assert [alarm.silenced.value if alarm.silenced else None for alarm in alarms] == [None, True]
    assert found.channel.alarm_status is not None
    assert found.channel.alarm_status.value == "active"
    assert all(reading.text and reading.where for reading in readings(found))


def test_a_clear_bit_states_nothing_but_that_no_alarm_is_in_force() -> None:
    found = read_with((0, 0, 0), alarms=(), longevity=(), interrogation=("kind | session",), states=STATE[:2])
    state = found.channel.state("as-left")
    assert state is not None
    assert state.infusing is None
    assert found.simulated is None
    assert found.longevity is None
    assert found.channel.alarms == ()
    assert found.channel.alarm_status is not None
    assert (found.channel.alarm_status.value, found.channel.alarm_status.text) == ("none", "ALARM1 = 0")


def test_a_long_log_is_read_whole() -> None:
    (found,) = ADAPTER.read(written(Reading(events=log(500))))
    assert [event.text.text for event in found.channel.events if event.text] == [
        line.decode().rstrip("\n").split("\t")[4] for line in lines(*log(500))
    ]


# --- the sheet -------------------------------------------------------------------------------------------------------


def test_the_sheet_names_every_section_and_the_fixtures_cover_the_words() -> None:
    text = SHEET.read_text("utf-8")
    assert all(f"`{section.name}`" in text for section in TABLE)
    stated = set().union(*(covered(ADAPTER.read(content)[0]) for content in OWN.values()))
    assert {"Alarm.code", "State.infusing", "Event.number", "Clocks.pump", "Longevity.months_to_eri"} <= stated
    for name in OWN:
        expected = json.loads((FIXTURES / "serial_capture" / name / "expected.json").read_bytes())
        assert expected["pump"]["serial"]["value"].startswith("JX")
