"""The connection itself: nobody there, no trust, no proxy, a token, patience, and no address in a log."""

from __future__ import annotations

import os
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bridge.destinations import http
from tests.destinations.sent import SYSTEM, our_id, token, write
from tests.destinations.serving import (
    ready,
    told,
)
from tests.servers.faulty import (
    FaultyServer,
    slow_answer,
    status,
)

# --- before anything is sent ----------------------------------------------------------------------------------------


def test_nobody_there_is_unreachable_and_nothing_is_in_doubt(ours: FaultyServer) -> None:
    destination = ready(ours)
    ours.stop()
    assert told(destination.send([write(1), write(2)], course="7")) == [("unreachable", "destination-unreachable")] * 2


class Plain(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def test_a_certificate_that_nobody_vouches_for_ends_it(ours: FaultyServer, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*make.split(), "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    encrypted = HTTPServer(("127.0.0.1", 0), Plain)
    encrypted.socket = context.wrap_socket(encrypted.socket, server_side=True)
    thread = threading.Thread(target=encrypted.serve_forever, args=(0.02,))
    thread.start()
    try:
        ask = http.Http(f"https://127.0.0.1:{encrypted.server_port}/", connections=1, timeout=5)
        with pytest.raises(http.NotSent, match="destination-tls"):
            ask.ask("GET", "metadata")
        ask.close()
    finally:
        encrypted.shutdown()
        thread.join()
        encrypted.server_close()


def test_proxies_of_the_environment_are_not_used(ours: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ready(ours).send([write(1)], course="7")[0].status == "confirmed"


# --- the token ------------------------------------------------------------------------------------------------------


def test_a_new_token_is_read_after_a_401(ours: FaultyServer, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("old\n")
    destination = ready(ours, token_file=secret)
    secret.write_text("new\n")
    ours.fail(status(401), method="PUT")
    assert destination.send([write(1)], course="7")[0].status == "confirmed"
    assert [seen.headers["authorization"] for seen in ours.requests] == ["Bearer old", "Bearer old", "Bearer new"]


def test_the_same_token_is_not_tried_twice(ours: FaultyServer, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("old")
    destination = ready(ours, token_file=secret)
    ours.fail(status(401), method="PUT", times=None)
    assert told(destination.send([write(1)], course="7")) == [("paused", "unauthorized")]
    assert len(ours.requests) == 2


@pytest.mark.parametrize("content", [None, "", "two\nlines", "ünicode"])
def test_a_token_file_that_is_none_pauses(ours: FaultyServer, tmp_path: Path, content: str | None) -> None:
    secret = tmp_path / "token"
    secret.write_text("old")
    destination = ready(ours, token_file=secret)
    secret.unlink() if content is None else secret.write_text(content)
    ours.fail(status(401), method="PUT", times=None)
    assert told(destination.send([write(1)], course="7")) == [("paused", "destination-token")]


# --- patience, and silence -------------------------------------------------------------------------------------------


def test_a_slow_server_is_waited_for_as_long_as_configured(ours: FaultyServer) -> None:
    ours.fail(slow_answer(0.3), method="PUT")
    begin = time.monotonic()
    assert ready(ours, timeout=5.0).send([write(1)], course="7")[0].status == "confirmed"
    assert time.monotonic() - begin >= 0.3


def test_the_http_library_logs_no_address(ours: FaultyServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    ready(ours).look("Observation", our_id(1), (SYSTEM, token(1)))
    assert [record for record in caplog.records if record.name.startswith("urllib3")] == []


class Dripping(BaseHTTPRequestHandler):
    """Answers with a byte now and then, for ever: in the head (`/head`), in the body (`/body`), or endlessly."""

    def do_GET(self) -> None:
        try:
            if self.path != "/head":
                self.send_response(200)
                self.send_header("Content-Type", "application/fhir+json")
                self.send_header("Content-Length", "2000000000")
                self.end_headers()
            else:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while True:
                self.wfile.write(b"1" if self.path in ("/head", "/body") else b"1" * 65536)
                time.sleep(0.05 if self.path in ("/head", "/body") else 0)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def dripping() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("part", ["head", "body"])
def test_an_answer_that_drips_has_an_end(dripping: str, part: str) -> None:
    ask = http.Http(dripping, connections=1, timeout=0.3)
    for _ in range(2):
        begin = time.monotonic()
        with pytest.raises(http.Lost, match="answer-lost"):
            ask.ask("GET", part)
        assert 0.3 * http.ANSWER_FACTOR <= time.monotonic() - begin < 5
    ask.close()


def test_an_answer_that_is_too_large_is_called_so_and_costs_no_connection(
    dripping: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MOST_BYTES", 1_000_000)
    ask = http.Http(dripping, connections=1, timeout=5)
    for _ in range(3):
        with pytest.raises(http.Lost, match="answer-too-large"):
            ask.ask("GET", "large")
    ask.close()


def test_a_pipe_as_token_file_is_not_waited_for(ours: FaultyServer, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token")
    ask = http.Http(ours.base_url, connections=1, timeout=5, token_file=tmp_path / "token")
    with pytest.raises(http.NotSent, match="destination-token"):
        ask.ask("GET", "metadata")
    ask.close()
