"""The log: numbers in names are the promises at the head of bridge/log.py."""

from __future__ import annotations

import json
import logging
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bridge import log
from bridge.errors import ConfigError

PATIENT = "Lovelace 0048213"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    log.configure("info", strict=True)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    printed = capsys.readouterr()
    assert printed.out == ""
    return [json.loads(line) for line in printed.err.splitlines()]


def test_an_event_leaves_with_its_listed_keys(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", json=True, strict=True)
    log.get("accept").info("export_accepted", export="0af1", count=3)
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "export_accepted", "level": "info", "module": "accept", "export": "0af1", "count": 3}


@pytest.mark.parametrize(
    ("event", "keys"),
    [
        ("export_accepted", {"patient": PATIENT}),
        ("export_accepted", {"code": {"name": PATIENT}}),
        ("export_accepted", {"code": ["x"]}),
        ("export_accepted", {"code": "two\nlines"}),
        ("export_accepted", {"code": "x" * 201}),
        (f"accepted {PATIENT}", {}),
    ],
)
def test_1_what_is_not_listed_raises_in_tests(event: str, keys: dict[str, Any]) -> None:
    log.configure("info", strict=True)
    with pytest.raises(log.UnlistedLogKey) as refused:
        log.get("accept").info(event, **keys)
    assert PATIENT not in str(refused.value)


def test_1_what_is_not_listed_is_dropped_and_counted_in_production(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", json=True)
    log.get("accept").info("export_accepted", patient=PATIENT, code={"name": PATIENT}, count=1)
    log.get("accept").info(f"accepted {PATIENT}")
    first, second = lines(capsys)
    assert "patient" not in first
    assert "code" not in first
    assert first["count"] == 1
    assert second["event"] == "event_name_withheld"
    assert log.dropped() == 3


def fail(secret: str) -> None:
    try:
        int(secret)
    except ValueError as error:
        raise ConfigError("the folder is not there", code="config-missing") from error


@pytest.mark.parametrize("as_json", [True, False])
def test_2_a_traceback_holds_places_and_types_only(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", json=as_json, strict=True)
    try:
        fail(PATIENT)
    except ConfigError:
        log.get("accept").exception("export_refused")
    printed = capsys.readouterr().err
    assert "Lovelace" not in printed
    assert "in fail" in printed
    assert "ValueError" in printed
    assert "ConfigError: config-missing: the folder is not there" in printed


def test_2_an_error_that_is_given_is_printed_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", json=True, strict=True)
    log.get("accept").error("export_refused", exc_info=KeyError(PATIENT))
    (line,) = lines(capsys)
    assert line["exception"] == "KeyError"


def test_3_libraries_are_silent() -> None:
    code = (
        "import logging; from bridge import log; log.configure('debug');"
        f"logging.getLogger('urllib3').warning('Retrying /Patient?identifier={PATIENT}')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""


def test_4_a_process_that_was_not_configured_logs_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()
    log.get("accept").info("export_accepted", count=1)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "export_accepted" in printed.err


def test_the_level_holds(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("warning", json=True)
    log.get("accept").info("export_accepted")
    assert lines(capsys) == []
    assert logging.getLogger().level == logging.WARNING


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_are_for_terminals_and_no_color_is_obeyed(no_color: str, coloured: bool) -> None:
    ours, theirs = pty.openpty()
    code = "from bridge import log; log.configure(); log.get('accept').info('export_accepted')"
    environment = {"NO_COLOR": no_color, "TERM": "xterm", "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "-c", code], stderr=theirs, env=environment, check=True, timeout=60)
    os.close(theirs)
    printed = os.read(ours, 4096)
    os.close(ours)
    assert b"export_accepted" in printed
    assert (b"\x1b[" in printed) is coloured
