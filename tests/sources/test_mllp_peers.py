"""Senders that others wrote, against the real listener: `mllp_send` of the Python package hl7, and its client."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from hl7.client import MLLPClient  # type: ignore[import-untyped]

from tests.adapters.hl7_messages import START, STOP, batch, continuous, framed
from tests.sources.mllp_serving import serving


def mllp_send(address: tuple[str, int], file: Path, *options: str) -> list[bytes]:
    """What the command printed of its answers: MSA-1 and MSA-2 of each."""
    host, port = address
    command: list[str | Path] = [
        Path(sys.executable).with_name("mllp_send"),
        *options,
        "--file",
        file,
        "--port",
        str(port),
        host,
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return re.findall(rb"\rMSA\|([^\r]*)", done.stdout)


def many(count: int) -> list[bytes]:
    return [continuous(f"S{n}", at=f"20260302{10 + n // 60}{n % 60:02}00+0000") for n in range(count)]


def test_the_command_mllp_send(tmp_path: Path) -> None:
    """Many messages over one connection, the file longer than what the command reads at once."""
    file = tmp_path / "messages.hl7"
    file.write_bytes(b"".join(framed(content) for content in many(150)))
    with serving(tmp_path) as running:
        assert mllp_send(running.address, file) == [b"CA|S%d" % n for n in range(150)]
        assert len(list(running.store.accepted())) == 150


def test_the_command_mllp_send_splits_files(tmp_path: Path) -> None:
    """Bare messages in one file, their lines ended by CR LF; it sends the last segment without its end."""
    file = tmp_path / "messages.txt"
    file.write_bytes(b"".join(many(30)).replace(b"\r", b"\r\n"))
    with serving(tmp_path) as running:
        assert mllp_send(running.address, file, "--loose") == [b"CA|S%d" % n for n in range(30)]
        assert len(list(running.store.accepted())) == 30


def test_a_batch_that_a_sender_splits_is_taken_message_by_message(tmp_path: Path) -> None:
    """The command makes a message of the batch's head, and hangs its trailers onto the last one: both are refused.

    A batch in one frame is one export, accepted whole, and answered once: it has no MSH-10 of its own.
    """
    file = tmp_path / "batch.hl7"
    content = batch(*many(4)).replace(b"|AL|NE|", b"|||")
    file.write_bytes(content)
    with serving(tmp_path) as running:
        assert mllp_send(running.address, file, "--loose") == [b"AE|", b"AA|S0", b"AA|S1", b"AA|S2", b"AE|S3"]
        assert len(list(running.store.accepted())) == 3
        assert {row.code for row in running.store.quarantined()} == {"export-truncated", "segment-order"}
        with MLLPClient(*running.address) as client:
            assert client.send_message(content).split(b"\rMSA|")[1].rstrip(b"\r\x1c") == b"AA|"
        assert len(list(running.store.accepted())) == 4


def test_its_client_keeps_one_connection(tmp_path: Path) -> None:
    with serving(tmp_path) as running, MLLPClient(*running.address) as client:
        answers = [client.send_message(content) for content in (START, STOP, START, continuous(flow="5,25"))]
        assert [answer.split(b"\rMSA|")[1][:2] for answer in answers] == [b"CA", b"CA", b"CA", b"CE"]
        assert len(list(running.store.accepted())) == 2
