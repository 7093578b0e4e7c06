"""Senders that others wrote, against the real listener: `mllp_send` of the Python package hl7, and its client."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hl7.client import MLLPClient  # type: ignore[import-untyped]

from tests.adapters.hl7_messages import FIXTURES, START, STOP, continuous
from tests.sources.mllp_serving import serving


def test_the_command_mllp_send(tmp_path: Path) -> None:
    file = tmp_path / "messages.hl7"
    frames = [(FIXTURES / f"event-{name}" / "export.hl7").read_bytes() for name in ("start", "stop", "complete")]
    file.write_bytes(b"".join(frames))
    with serving(tmp_path) as running:
        host, port = running.address
        command = [str(Path(sys.executable).with_name("mllp_send")), "--file", str(file), "--port", str(port), host]
        done = subprocess.run(command, capture_output=True, timeout=60, check=True)
        assert done.stdout.count(b"MSA|CA|INV-00010") == 3
        assert len(list(running.store.accepted())) == 3


def test_its_client_keeps_one_connection(tmp_path: Path) -> None:
    with serving(tmp_path) as running, MLLPClient(*running.address) as client:
        answers = [client.send_message(content) for content in (START, STOP, START, continuous(flow="5,25"))]
        assert [answer.split(b"\rMSA|")[1][:2] for answer in answers] == [b"CA", b"CA", b"CA", b"CE"]
        assert len(list(running.store.accepted())) == 2
