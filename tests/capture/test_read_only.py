"""Read only: over every kind there is, the bridge can put five requests on a line, and each of them reads."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bridge
from bridge.wire.programmer import requests
from bridge.wire.programmer.requests import (
    Identify,
    ReadClocks,
    ReadEvents,
    ReadSection,
    ReadStatus,
    Request,
    decode,
    encode,
)
from bridge.wire.programmer.tables import Answer, Ask
from bridge.wire.serial_frames import Deframer, Frame
from tests.capture.answering import Reading, frame

READS = {0x01, 0x02, 0x03, 0x04, 0x05}
ROOT = Path(bridge.__file__).parent
WORD = st.integers(0, 0xFFFFFFFF)
REQUESTS = st.one_of(
    st.just(Identify()),
    st.builds(ReadSection, WORD, st.integers(0, 255), st.integers(0, 0xFFFF)),
    st.builds(ReadStatus, WORD),
    st.builds(ReadEvents, WORD, WORD, st.integers(0, 0xFFFF)),
    st.builds(ReadClocks, WORD),
)


def only(content: bytes) -> Frame:
    (found,) = Deframer().feed(content)
    assert isinstance(found, Frame)
    return found


@given(REQUESTS, st.integers(0, 255))
def test_whatever_is_asked_the_kind_on_the_line_is_one_that_reads(request: Request, sequence: int) -> None:
    found = only(encode(request, sequence))
    assert found.kind in READS
    assert found.sequence == sequence
    assert decode(found) == request


@pytest.mark.parametrize("kind", range(256))
def test_no_other_kind_can_be_expressed(kind: int) -> None:
    @dataclass(frozen=True)
    class Other(ReadStatus):
        KIND: int = kind

    made: list[Any] = [kind, bytes((kind,)), Frame(0, kind, b"", b""), Other(1), {"kind": kind}, (kind, b"")]
    for thing in made:
        with pytest.raises(TypeError):
            encode(thing, 0)
    known = decode(Frame(0, kind, {1: b"\x01", 2: bytes(7), 4: bytes(10)}.get(kind, bytes(4)), b""))
    assert (known is not None) == (kind in READS)
    assert known is None or only(encode(known, 0)).kind == kind


def test_the_kinds_that_the_bridge_knows_are_these_and_no_answer_is_a_request() -> None:
    assert {int(kind) for kind in Ask} == READS
    assert {type(kind) for kind in (Identify(), ReadSection(1, 1, 0), ReadStatus(1), ReadEvents(1, 0, 1))} <= set(
        requests.Request.__args__
    )
    assert len(requests.Request.__args__) == len(READS)
    assert {int(kind) for kind in Answer}.isdisjoint(READS)


def modules() -> list[Path]:
    """The bridge's own path: all but the simulator, which is the other end."""
    return [path for path in sorted(ROOT.rglob("*.py")) if "simulator" not in path.relative_to(ROOT).parts]


def test_a_frame_is_written_in_one_place_and_sent_in_one_place() -> None:
    writers = [path.name for path in modules() if re.search(r"HEAD\.pack|crc16\(body\)", path.read_text("utf-8"))]
    assert writers == ["requests.py"]
    users = [path for path in modules() if re.search(r"^\s+import serial\b", path.read_text("utf-8"), re.M)]
    assert [path.name for path in users] == ["serial_line.py"]
    calls = [
        node for node in ast.walk(ast.parse(users[0].read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("write", "writelines", "sendall", "send_break")
    ]  # fmt: skip
    assert len(calls) == 1


def test_nothing_of_the_answering_side_is_in_the_bridge() -> None:
    """A rehearsal has a simulated pump's life and its exports, and no programmer at a line."""
    named = {
        (path.name, found)
        for path in modules()
        for found in re.findall(r"bridge\.simulator[.\w]*", path.read_text("utf-8"))
        if path.name != "simulate.py"
    }
    assert {name for name, _ in named} == {"life.py", "stage.py"}
    assert {found for _, found in named} == {
        "bridge.simulator.exports", "bridge.simulator.life", "bridge.simulator.script",
    }  # fmt: skip


# --- the worked example of the document ------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "serial-protocol.md"


def example() -> dict[str, bytes]:
    block = PAGE.read_text("utf-8").split("## Worked example")[1].split("```text\n")[1].split("```")[0]
    found: dict[str, bytes] = {}
    name = ""
    for line in block.splitlines():
        if line.startswith(" "):
            found[name] += bytes.fromhex(line.strip())
        else:
            name = line.strip()
            found[name] = b""
    return found


def test_the_worked_example_is_what_the_bridge_sends() -> None:
    shown = example()
    token = 0x5EED0001
    asked: list[tuple[str, Request]] = [
        ("IDENTIFY", Identify()),
        ("READ_SECTION 7 page 0", ReadSection(token, 7, 0)),
        ("READ_STATUS", ReadStatus(token)),
        ("READ_EVENTS", ReadEvents(token, 0, 8)),
        ("READ_CLOCKS", ReadClocks(token)),
    ]
    for sequence, (name, request) in enumerate(asked):
        assert encode(request, sequence) == shown[name], name


def test_the_worked_example_is_what_a_programmer_answers() -> None:
    shown = example()
    reading = Reading(
        sections={"session": ("start | 2025-06-02",), "pump": (), "states": (
            "1/tag | as-left", "1/volume | 18.00 | mL | calculated")},
        events=("0001 | 2025-06-01T08:12 | low-reservoir | non-critical | LOW RESERVOIR",
                "0002 | 2025-06-02T09:00 | alarm-silenced | information | "),
        clocks=("pump | 2025-06-02T08:58", "programmer | 2025-06-02T09:00+01:00"), words=(1, 4, 4),
    )  # fmt: skip
    answers = (
        ("IDENTIFY", "IDENTITY"), ("READ_SECTION 7 page 0", "SECTION"), ("READ_STATUS", "STATUS"),
        ("READ_EVENTS", "EVENTS"), ("READ_CLOCKS", "CLOCKS"),
    )  # fmt: skip
    for asked, answered in answers:
        assert reading.answer(shown[asked]) == shown[answered], answered
    assert shown["ERROR"] == frame(5, 0xFF, b"\x02another pump")
