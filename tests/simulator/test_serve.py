"""The simulated programmer at a line, asked by the bridge's own capture: over TCP, at a pty, and over a noisy line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from adapters.serial_capture import ADAPTER
from bridge.interrogation import stated
from bridge.simulator.life import Life, Visit
from bridge.simulator.noise import Noise
from bridge.simulator.programmer import Orders
from bridge.simulator.serve import Line, Serving
from bridge.simulator.wire import Answerer, framed
from bridge.wire.programmer import requests, responses
from bridge.wire.programmer.requests import Identify, ReadEvents, ReadSection, ReadStatus
from bridge.wire.programmer.tables import Fault as Refused
from bridge.wire.serial_frames import Deframer, Frame
from tests.simulator.folding import DAY, START, implanted, read
from tests.simulator.test_exports import eventful

COMMAND = [sys.executable, "-P", "-c", "from bridge.cli import main; main()"]
SCRIPT = (
    "[implant]\nat = 2024-01-08T09:00:00Z\nconcentration = 2000\ndaily = 400\n"
    '[[fault]]\nat = 2024-01-10T09:00:00Z\nuntil = 2024-01-10T15:00:00Z\nkind = "stall"\n'
    "[[visit]]\nat = 2024-01-20T09:00:00Z\n"
)


@contextmanager
def programmer(folder: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A simulated programmer as a process, and where it answers."""
    script = folder / "script.toml"
    script.write_text(SCRIPT)
    command = [*COMMAND, "simulate", "programmer", "--script", str(script), "--for", "60", "--speed", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.terminate()
        process.communicate(timeout=20)


def captured(folder: Path, place: str) -> bytes:
    out = folder / "capture.txt"
    done = subprocess.run(
        [*COMMAND, "capture", place, "--out", str(out)], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return out.read_bytes()


@pytest.mark.parametrize("where", [("--port", "0"), ("--pty",), ("--port", "0", "--noise", "3")])
def test_a_capture_says_what_the_pump_says(tmp_path: Path, where: tuple[str, ...]) -> None:
    with programmer(tmp_path, *where) as (place, _):
        (found,) = ADAPTER.read(captured(tmp_path, place))
    expected = Life(implanted("synchromed-40")).begin()
    assert found.is_simulated
    assert (stated(found.session.type), stated(found.pump.model)) == ("implant", "8637-40")
    (left,), (known,) = found.channel.states, read(expected, "session_json").channel.states
    assert (stated(left.volume), stated(left.infusing)) == (stated(known.volume), True)


def test_it_ends_at_sigterm(tmp_path: Path) -> None:
    with programmer(tmp_path, "--port", "0") as (place, process):
        assert re.fullmatch(r"socket://127\.0\.0\.1:[0-9]+", place)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_it_ends_when_its_time_is_up(tmp_path: Path) -> None:
    command = [*COMMAND, "simulate", "programmer", "--pty", "--for", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.startswith("/dev/")) == (0, True)
    assert "0 requests answered" in done.stderr


# --- in this process --------------------------------------------------------------------------------------------------


def asked(answerer: Answerer, request: requests.Request) -> responses.Response:
    (frame,) = Deframer().feed(requests.encode(request, 9))
    assert isinstance(frame, Frame)
    (answer,) = Deframer().feed(answerer.answer(frame))
    assert isinstance(answer, Frame)
    assert answer.sequence == 9
    return responses.decode(answer)


def test_every_section_of_an_eventful_life_is_given_in_pages() -> None:
    answerer = Answerer()
    for document in eventful("synchromed-20"):
        answerer.hold(document.body)
        identity = asked(answerer, Identify())
        assert isinstance(identity, responses.Identity)
        for code in (code for code in range(1, 14) if identity.sections >> code & 1):
            first = asked(answerer, ReadSection(identity.token, code, 0))
            assert isinstance(first, responses.Page)
            rest = [asked(answerer, ReadSection(identity.token, code, page)) for page in range(1, first.pages)]
            assert all(isinstance(page, responses.Page) and page.crc == first.crc for page in rest)
        log = asked(answerer, ReadEvents(identity.token, 0, 60_000)) if identity.events else None
        assert log is None or (isinstance(log, responses.Events) and len(log.lines) <= identity.events)


def test_an_old_token_is_stale_and_an_unknown_section_is_not_held() -> None:
    answerer = Answerer()
    assert asked(answerer, Identify()) == responses.Refusal(Refused.NO_READING, "no reading")
    body = eventful("synchromed-20")[1].body
    answerer.hold(body)
    first = asked(answerer, Identify())
    assert isinstance(first, responses.Identity)
    answerer.hold(body)
    assert asked(answerer, ReadStatus(first.token)) == responses.Refusal(Refused.STALE_TOKEN, "stale token")
    refusal = asked(answerer, ReadSection(first.token + 1, 9, 0))
    assert refusal == responses.Refusal(Refused.NO_SUCH_SECTION, "no such section")


def test_a_request_that_would_change_something_is_an_unknown_kind() -> None:
    answerer = Answerer()
    (frame,) = Deframer().feed(framed(1, 0x20, b"stop"))
    assert isinstance(frame, Frame)
    (answer,) = Deframer().feed(answerer.answer(frame))
    assert isinstance(answer, Frame)
    assert responses.decode(answer) == responses.Refusal(Refused.UNKNOWN_KIND, "unknown kind")


def test_time_in_the_pump_passes_faster() -> None:
    life = Life(implanted())
    serving = Serving(life, (Visit(START + 10 * DAY, Orders()),), Line(speed=10**9))
    time.sleep(0.01)
    serving.tick()
    assert serving.readings > 1
    assert life.pump.now >= START + 10 * DAY


def test_noise_is_the_same_for_the_same_seed_and_leaves_most_frames_whole() -> None:
    frames = [framed(number % 256, 0x81, os.urandom(40)) for number in range(300)]
    one, two = Noise(7), Noise(7)
    carried = [one.carried(frame) for frame in frames]
    assert carried == [two.carried(frame) for frame in frames]
    assert 20 < one.damaged < 100
    assert [Noise().carried(frame) for frame in frames] == frames


def test_time_stands_where_the_script_ends_and_each_reading_is_told() -> None:
    life, told = Life(implanted()), list[datetime]()
    visits = (Visit(START + 10 * DAY, Orders()), Visit(START + 20 * DAY, Orders()))
    serving = Serving(life, visits, Line(speed=10**12), START + 15 * DAY, told.append)
    time.sleep(0.01)
    for _ in range(3):
        serving.tick()
    assert told == [START, START + 10 * DAY]
    assert serving.readings == 2


def test_a_speed_beyond_all_times_ends_with_the_life() -> None:
    serving = Serving(Life(implanted()), (), Line(speed=10**30))
    time.sleep(0.01)
    serving.tick()
    assert 200 < serving.readings < 300
