"""HTTP to one server, with nothing done behind our back: no retries, no redirects, no proxies of the environment.

Promises: what surely never left is `NotSent`, what may have arrived and has no whole answer is `Lost`; nothing else is
raised. A certificate is verified. No address, header or body gets into an error, and the HTTP library logs nothing
(it would print addresses with identifiers in them).
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
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


class Http:
    """A pool of connections to one base address; safe to use from several threads."""

    def __init__(self, url: str, *, connections: int, timeout: float, token_file: Path | None = None) -> None:
        parts = urlsplit(url)
        self._path = parts.path.rstrip("/")
        self._token_file = token_file
        self._token = ""
        self._patience = timeout
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
        try:
            response = self._pool.urlopen(
                method, f"{self._path}/{path}" if path else self._path or "/", body=body, headers=sent, retries=False,
                redirect=False, preload_content=False, pool_timeout=ceil(self._patience),
            )  # fmt: skip
            return _whole(response)
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
            token = self._token_file.read_text("ascii").strip()
        except (OSError, ValueError):
            token = ""
        if not token.isprintable() or not token:
            raise NotSent(
                "the token file cannot be read as one line", code="destination-token", remedy="write the token there"
            )
        return token


def _whole(response: urllib3.BaseHTTPResponse) -> Reply:
    try:
        body = response.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise Lost(f"an answer of more than {MOST_BYTES} bytes")
        response.release_conn()
    except BaseException:
        response.close()
        raise
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status, headers, body)
