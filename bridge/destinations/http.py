"""HTTP to one server, with nothing done behind our back: no retries, no redirects, no proxies of the environment.

Promises: what surely never left is `NotSent`, what may have arrived and has no whole answer is `Lost`; nothing else is
raised. One answer takes no longer than `ANSWER_FACTOR` times the patience, however steadily it drips, and is no longer
than `MOST_BYTES`. A certificate is verified. No address, header or body gets into an error, and the HTTP library logs
nothing (it would print addresses with identifiers in them).
"""

from __future__ import annotations

import logging
import os
import ssl
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from threading import Event, Timer
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    EmptyPoolError,
    HTTPError,
    NewConnectionError,
    SSLError,
)

from bridge.errors import DestinationError

logging.getLogger("urllib3").setLevel(logging.CRITICAL)

MOST_BYTES = 64_000_000
ANSWER_FACTOR = 3
"""`timeout_seconds` is the patience with a silence; a whole answer has so many times as long."""
_PIECE = 1 << 16
_BOTH_WAYS = 2
_NEVER_LEFT = (NewConnectionError, ConnectTimeoutError, EmptyPoolError)


class NotSent(DestinationError):
    """Nothing left: no connection, no trusted certificate, no token."""


class Lost(DestinationError):
    """The request may have arrived; there is no whole answer."""

    default_code = "answer-lost"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; names of headers in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_json(self) -> bool:
        """Whether it can be a FHIR server's own answer: JSON, or no body at all."""
        return not self.body or "json" in self.headers.get("content-type", "").lower()


class _Bounded:
    """A connection whose answer's head has an end too: a server that drips it is cut off.

    A head that was cut off reads like a whole one with fewer lines: it is never taken for an answer.
    """

    answer_seconds = 0.0
    sock: Any

    @contextmanager
    def _cut_off(self) -> Iterator[None]:
        late = Event()
        timer = Timer(self.answer_seconds, _cut, [self.sock, late])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
        if late.is_set():
            raise TimeoutError("the head of the answer was not whole in time")


class _Plain(_Bounded, HTTPConnection):
    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]
        with self._cut_off():
            return super().getresponse()


class _Encrypted(_Bounded, HTTPSConnection):
    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]
        with self._cut_off():
            return super().getresponse()


def _cut(sock: Any, late: Event) -> None:
    """End both ways of a connection, from beside the thread that waits on it."""
    late.set()
    with suppress(OSError):
        if sock is not None:
            sock.shutdown(_BOTH_WAYS)


class Http:
    """A pool of connections to one base address; safe to use from several threads."""

    def __init__(self, url: str, *, connections: int, timeout: float, token_file: Path | None = None) -> None:
        parts = urlsplit(url)
        self._path = parts.path.rstrip("/")
        self._token_file = token_file
        self._token = ""
        self._patience = timeout
        self._longest = ANSWER_FACTOR * timeout
        host, wait = parts.hostname or "", urllib3.Timeout(timeout)
        if parts.scheme == "https":
            trust = ssl.create_default_context()
            self._pool: urllib3.HTTPConnectionPool = urllib3.HTTPSConnectionPool(
                host, parts.port, maxsize=connections, block=True, timeout=wait, retries=False, ssl_context=trust
            )
        else:
            self._pool = urllib3.HTTPConnectionPool(
                host, parts.port, maxsize=connections, block=True, timeout=wait, retries=False
            )
        kind = type("Patient", (_Encrypted if parts.scheme == "https" else _Plain,), {"answer_seconds": self._longest})
        self._pool.ConnectionCls = kind

    def ask(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One request, `path` relative to the base; raises NotSent and Lost.

        A 401 reads the token file again; where it holds another token, the request is sent once more.
        """
        sent = self._token = self._token or self._read_token()
        reply = self._once(method, path, body, headers or {})
        if reply.status == 401 and self._token_file is not None:
            self._token = self._read_token()
            if self._token != sent:
                return self._once(method, path, body, headers or {})
        return reply

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        sent = {"Accept": "application/fhir+json", "User-Agent": "pumpbridge", **headers}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        until = time.monotonic() + self._longest
        try:
            response = self._pool.urlopen(
                method, f"{self._path}/{path}" if path else self._path or "/", body=body, headers=sent, retries=False,
                redirect=False, preload_content=False, pool_timeout=ceil(self._patience),
            )  # fmt: skip
            return _whole(response, until)
        except SSLError as error:
            if error.args and isinstance(error.args[0], ssl.SSLCertVerificationError):
                raise NotSent("the certificate of the destination is not trusted", code="destination-tls") from None
            raise Lost("the encrypted connection broke") from None
        except _NEVER_LEFT:
            raise NotSent("no connection to the destination", code="destination-unreachable") from None
        except (HTTPError, OSError) as error:
            raise Lost(f"no whole answer ({type(error).__name__})") from None

    def _read_token(self) -> str:
        if self._token_file is None:
            return ""
        try:
            token = _regular(self._token_file).decode("ascii").strip()
        except (OSError, ValueError):
            token = ""
        if not token.isprintable() or not token:
            raise NotSent(
                "the token file cannot be read as one line", code="destination-token", remedy="write the token there"
            )
        return token


def _regular(file: Path) -> bytes:
    """The bytes of a regular file; raises OSError for anything else, a pipe is not waited for."""
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("no regular file")
    with os.fdopen(handle, "rb") as opened:
        return opened.read()


def _whole(response: urllib3.BaseHTTPResponse, until: float) -> Reply:
    """The whole answer; its connection goes back to the pool, closed where the answer was given up."""
    try:
        body = b"".join(_pieces(response, until))
    except BaseException:
        response.close()
        raise
    finally:
        response.release_conn()
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status, headers, body)


def _pieces(response: urllib3.BaseHTTPResponse, until: float) -> Iterator[bytes]:
    size = 0
    while piece := response.read1(_PIECE):
        size += len(piece)
        if size > MOST_BYTES:
            raise Lost(f"an answer of more than {MOST_BYTES:,} bytes was not read to its end", code="answer-too-large")
        if time.monotonic() > until:
            raise Lost("the answer was not whole in time", code="answer-lost")
        yield piece
