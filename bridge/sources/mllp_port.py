"""Where a listener stands, and from where on it ends a connection."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Limits:
    """When a connection is ended, in seconds and bytes; and how many there are, in all and from one address."""

    message_bytes: int = 1_000_000
    idle: float = 600.0
    frame: float = 30.0  # from the first byte of a frame to its last
    answer: float = 10.0  # until the other side has read an acknowledgement, or has shaken hands
    connections: int = 64
    per_host: int | None = None

    @property
    def from_one_host(self) -> int:
        """How many one address may have: where nothing is said, three quarters, so that it never has them all."""
        return self.per_host if self.per_host is not None else -(-3 * self.connections // 4)


@dataclass(frozen=True, slots=True)
class Port:
    """Where one listener stands."""

    name: str
    host: str
    port: int
    send_ack: bool = True
    cert: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """The TLS of the port, or None; raises ConfigError where its files cannot be used."""
        if self.cert is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        try:
            context.load_cert_chain(self.cert, self.key)
            if self.client_ca is not None:
                context.load_verify_locations(self.client_ca)
                context.verify_mode = ssl.CERT_REQUIRED
        except (OSError, ssl.SSLError):
            raise ConfigError(
                "the certificate, its key or the client authorities cannot be used", where=f"[[mllp]] {self.name}",
                code="config-mllp-tls", remedy="correct tls_cert, tls_key and tls_client_ca: PEM, key and chain",
            ) from None  # fmt: skip
        return context
