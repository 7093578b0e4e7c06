"""Whole messages made wrong in every place, and messages that are nothing but weight: refused, or no number changes."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import hl7v2_events, hl7v2_pcd, hl7v2_rows
from adapters.hl7v2_pcd import ADAPTER
from bridge.cli.readings import rows
from bridge.errors import ExportError
from tests.adapters.hl7_messages import CASES, ML, PATIENT, Rows, batch, continuous, message, msh, obr, pump
from tests.destinations import told
from tests.destinations.test_hl7v2_round_trip import folded

IMPLANT = Path(__file__).parents[2] / "fixtures" / "journey" / "03-ada-stall.json"
FRAMED = {name: content for name, content in CASES.items() if content.startswith(b"\x0b")}
_QUANTITY = re.compile(r"[0-9.]+ [A-Za-z/]+")
MARKS = [mark for mark in range(33, 127) if not chr(mark).isalnum()]


def quantities(content: bytes) -> Counter[tuple[str, str]] | None:
    """The numbers with units that are read, each under its field; None where the message is refused."""
    try:
        found = ADAPTER.read(content)
    except ExportError as error:
        if not (error.where and error.remedy):
            raise
        return None
    read = [row for one in found for row in rows(one) if _QUANTITY.fullmatch(row.value or "")]
    return Counter((re.sub(r"\[\d+\]", "", row.field), row.value or "") for row in read)


def never_more(changed: bytes, whole: bytes) -> bool:
    """Whether what is read of the changed message is no number that the whole one does not state."""
    found, stated = quantities(changed), quantities(whole)
    assert stated is not None
    return found is None or set(found) <= set(stated)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_message_cut_at_any_byte_gives_no_other_number(name: str) -> None:
    """In a frame or a batch every cut is refused, but for the last byte of a frame's end."""
    content = CASES[name]
    stated = quantities(content)
    assert stated is not None
    for cut in range(len(content)):
        found = quantities(content[:cut])
        if found is not None:
            assert name == "bare" or cut == len(content) - 1
            assert set(found) <= set(stated)


def segments_of(content: bytes) -> list[bytes]:
    return content.removeprefix(b"\x0b").removesuffix(b"\x1c\r").rstrip(b"\r").split(b"\r")


def disturbed(segments: list[bytes]) -> Iterator[list[bytes]]:
    """Each segment missing, doubled, changed with the next, first, and last."""
    for place, segment in enumerate(segments):
        before, after = segments[:place], segments[place + 1 :]
        yield before + after
        yield [*before, segment, segment, *after]
        yield [*before, *after[:1], segment, *after[1:]]
        yield [segment, *before, *after]
        yield [*before, *after, segment]


@pytest.mark.parametrize("name", sorted(FRAMED.keys() - {"power-off"}))
def test_segments_that_are_missing_doubled_or_out_of_order(name: str) -> None:
    content = FRAMED[name]
    for segments in disturbed(segments_of(content)):
        assert never_more(b"\x0b" + b"\r".join(segments) + b"\r\x1c\r", content), segments


def test_a_patient_who_moved_in_the_message_is_nobody_elses() -> None:
    """PID missing, doubled or behind what it is for: refused, never a message about another or nobody."""
    segments = segments_of(continuous())
    for moved in disturbed(segments):
        if moved[1:2] != segments[1:2] or moved.count(segments[1]) != 1:
            with pytest.raises(ExportError):
                ADAPTER.read(b"\r".join(moved) + b"\r")


@pytest.mark.parametrize("place", range(3, 8))
def test_a_mark_that_is_changed_in_the_head_only(place: int) -> None:
    """MSH-1 or MSH-2 says another mark than the message uses: refused, or every number as it was."""
    content = continuous()
    for mark in MARKS:
        assert never_more(content[:place] + bytes([mark]) + content[place + 1 :], content), mark


def test_marks_that_are_changed_throughout_are_read_alike() -> None:
    content = continuous()
    changed = content.translate(bytes.maketrans(b"|^~\\&", b"!%*#$"))
    found, stated = quantities(changed), quantities(content)
    assert found == stated
    assert stated


@pytest.mark.parametrize("told", ["0", "2", "4", "99", "-3", "3.0", "three", "03"])
def test_a_batch_that_counts_otherwise_is_refused_whole(told: str) -> None:
    content = batch(*(continuous(f"M{n}", at=f"202603021{n}1500+0000") for n in range(3)))
    assert len(ADAPTER.read(content)) == 3
    for old, new in ((b"BTS|3", f"BTS|{told}"), (b"FTS|1", f"FTS|{told}")):
        with pytest.raises(ExportError) as caught:
            ADAPTER.read(content.replace(old, new.encode()))
        assert (caught.value.code, caught.value.where) == ("batch-count-wrong", f"{old[:3].decode()}[1]-1")


# --- weight ----------------------------------------------------------------------------------------------------------

FILLS = [
    b"\r",
    b"\n",
    b"\r\n",
    b"\r ",
    b"~",
    b"^",
    b"&",
    b"\\",
    b"\\X",
    b"|",
    b"\rMS",
    b"\rOBX|",
    b"\rMSHA",
    b"0",
    b" ",
]
PLACES = [b"INV-000001", b"0048213", b"20260302101500+0000", b"Norepinephrine", b"mL/h^mL/h", b"12.50", b"1.1.2.8"]
SECONDS = 10.0
"""What takes the square of its length takes minutes here; what does not takes a part of a second."""


@pytest.mark.parametrize("fill", FILLS)
def test_a_megabyte_of_one_thing_costs_no_more_than_a_megabyte(fill: bytes) -> None:
    content = continuous()
    began = time.monotonic()
    for place in PLACES:
        quantities(content.replace(place, fill * (400_000 // len(fill)), 1))
    assert time.monotonic() - began < SECONDS


def many(count: int, row: str) -> bytes:
    """A message with so many rows of a kind."""
    found = pump(Rows()) if row != "line" else Rows().device("69985^MDC_DEV_PUMP_INFUS_MDS", "1.0.0.0")
    found.add("ST", "67880^MDC_ATTR_ID_MODEL", "1.0.0.1", "Invented Pumps^IV-3", status="F")
    for number in range(count):
        at = f"2026030{1 + number % 9}{10 + number % 10}{number % 60:02}{number // 60 % 60:02}"
        if row == "event":
            found.add("CWE", "68487^MDC_ATTR_EVT_COND", f"1.1.1.{number}", "197288^MDC_EVT_PUMP_DELIV_START^MDC", at=at)
        elif row == "line":
            found.device("70050^MDC_DEV_PUMP_INFUS_LVP_VMD", f"1.{number + 1}.0.0", f"S{number}^^0011^EUI-64")
            found.add("NM", "157993^MDC_VOL_FLUID_DELIV_TOTAL", f"1.{number + 1}.1.1", "18.00", ML)
        else:
            found.add("NM", "157993^MDC_VOL_FLUID_DELIV_TOTAL", f"1.1.{number}.1", "18.00", ML, at=at)
    return message(msh(), PATIENT, obr(), *found.rows)


@pytest.mark.parametrize("row", ["event", "line", "time"])
def test_a_message_of_very_many_rows_is_refused_at_a_limit(row: str) -> None:
    """Lines, times and events are told apart, and each is told with what holds for it: there must be a limit."""
    few = {"event": hl7v2_events.MAX_EVENTS, "line": 1_000, "time": hl7v2_pcd.MAX_TIMES}[row]
    began = time.monotonic()
    assert ADAPTER.read(many(few, row))
    with pytest.raises(ExportError) as caught:
        ADAPTER.read(many({"line": hl7v2_rows.MAX_ROWS}.get(row, few + 1), row))
    assert (caught.value.code, bool(caught.value.where)) == ("list-too-long", True)
    assert time.monotonic() - began < SECONDS


# --- messages of ours, which anybody can send ------------------------------------------------------------------------


def ours() -> bytes:
    """What we send of an implanted pump."""
    course = folded(IMPLANT)
    assert course is not None
    return told.sent(told.messages(course[1])[0])


@pytest.mark.parametrize("value", [b"~", b"^", b"&", b" ", b"banana", b"^banana^99PBR", b">^^", b"1" * 5_000, b"-1^^^"])
def test_no_value_of_a_message_of_ours_can_be_another_kind_of_value(value: bytes) -> None:
    """Nothing but a refusal with its place, or the other values as they were; nonsense is no pump that infuses."""
    content, changed = ours(), 0
    segments = segments_of(content)
    whole = {row.field: row.value for one in ADAPTER.read(content) for row in rows(one)}
    for place, segment in enumerate(segments):
        fields = segment.split(b"|")
        if fields[0] == b"OBX" and fields[2] in (b"DTM", b"DT", b"NM", b"SN", b"CWE"):
            fields[5] = value
            changed += 1
            message_ = b"\r".join([*segments[:place], b"|".join(fields), *segments[place + 1 :], b""])
            try:
                read = ADAPTER.read(message_)
            except ExportError as error:
                if not error.where:
                    raise
                continue
            found = {row.field: row.value for one in read for row in rows(one)}
            differing = {name for name in whole.keys() | found.keys() if whole.get(name) != found.get(name)}
            assert len(differing) <= 1
            assert "infusing" not in "".join(differing)
    assert changed > 5
