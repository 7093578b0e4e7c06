"""An HL7 version 2 receiver from the command line: checked, planned, applied, looked into."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.shell import Shell, journey
from tests.destinations.hl7v2_receiving import Receiver

PLACE = """
[[destination]]
name = "engine"
kind = "hl7v2"
host = "127.0.0.1"
port = {port}
environment = "test"
accept_simulated = true
start_horizon = 2020-01-01
timeout_seconds = 5
"""


@pytest.fixture
def receiver(site: Shell) -> Iterator[Receiver]:
    with Receiver() as one:
        config = site.folder / "pumpbridge.toml"
        config.write_text(config.read_text() + PLACE.format(port=one.port))
        yield one


def test_it_is_checked_planned_and_told(site: Shell, receiver: Receiver) -> None:
    assert f"127.0.0.1:{receiver.port}" in site("check").out
    site("import", *journey()[:4])
    planned = site("plan", "--to", "engine").out
    assert "This receiver is told of what is from 2020-01-01 00:00Z on" in planned
    assert "Interrogation, as read 3 Mar 2025 10:52" in planned
    assert "NOT SENT (older than 15 minutes): Background: delivery begins, 3 Mar 2025 10:35" in planned
    assert receiver.told == []
    said = site("apply", "--to", "engine", "--yes").out
    assert len(receiver.told) == 4
    assert "4 writes confirmed" in said
    assert f"{planned.count('NOT SENT') + 1} kept as not sent" in said  # and from when on it is told
    assert "nothing to do" in site("plan", "--to", "engine").out


def test_what_cannot_be_verified_says_so(site: Shell, receiver: Receiver) -> None:
    done = site("plan", "--to", "engine", "--verify")
    assert "engine: cannot be verified: it keeps what it was told and cannot be asked" in done.err
    (found,) = site.json("plan", "--to", "engine", "--verify")["destinations"]
    assert found["unverified"].startswith("cannot be verified")
    assert found["reached"] is True


def test_a_value_is_explained_down_to_the_export(site: Shell, receiver: Receiver) -> None:
    site("import", *journey()[:1])
    site("apply", "--to", "engine", "--yes")
    number = receiver.messages[0].named("OBR")[0].text(3)
    explained = site("explain", f"ORU_R01/{number}").out
    assert "/session/start" in explained
    assert "01-ada-implant.json" in explained


def test_a_receiver_that_is_not_there_is_said(site: Shell, receiver: Receiver) -> None:
    receiver.close()
    assert "destination-unreachable" in site("check", status=6).out
