"""A real listener on a free port of loopback, with a real store behind it, and a client that speaks frames."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.hl7v2_pcd import ADAPTER
from bridge.accept import Settings
from bridge.clock import SystemClock
from bridge.sources.inbox import Parts
from bridge.sources.mllp_listener import Listener
from bridge.sources.mllp_port import Limits, Port
from bridge.sources.mllp_writer import Writer
from bridge.store.open import open_store
from bridge.store.protocol import Store
from tests.adapters.hl7_messages import framed

FINGERPRINTS = ("namespace", "simulated")
SETTINGS = Settings("Europe/London", "https://hospital.example/sid/mrn", {})
QUICK = Limits(message_bytes=200_000, idle=30.0, frame=1.0, answer=1.0, connections=8, per_host=8)


@dataclass
class Serving:
    """What runs: the listener, its writer, and the store as others open it."""

    listener: Listener
    writer: Writer
    store: Store

    @property
    def address(self) -> tuple[str, int]:
        """Where to connect to."""
        return self.listener.address


@contextmanager
def parts_of(path: Path) -> Iterator[Parts]:
    """A store of one thread, and what accepting needs."""
    store = open_store(path, FINGERPRINTS)
    try:
        yield Parts({ADAPTER.name: ADAPTER}, store, SETTINGS, SystemClock())
    finally:
        store.close()


@contextmanager
def serving(folder: Path, limits: Limits = QUICK, **port: Any) -> Iterator[Serving]:
    """A listener at work until the block ends."""
    path = folder / "store.sqlite"
    with closing(open_store(path, FINGERPRINTS)) as store:
        writer = Writer(lambda: parts_of(path))
        listener = Listener(Port("pumps", "127.0.0.1", 0, **port), limits, writer, SystemClock())
        writer.start()
        listener.start()
        try:
            yield Serving(listener, writer, store)
        finally:
            listener.stop()
            writer.stop()


class Client:
    """A sender: writes what it is given, reads whole acknowledgements."""

    def __init__(self, address: tuple[str, int], wrap: object = None) -> None:
        self.socket = socket.create_connection(address, timeout=20)
        if wrap is not None:
            self.socket = wrap(self.socket)  # type: ignore[operator]
        self._rest = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, content: bytes) -> None:
        """Write bytes as they are."""
        self.socket.sendall(content)

    def answer(self) -> list[str]:
        """The next acknowledgement's segments; raises EOFError where the connection has ended."""
        while b"\x1c\r" not in self._rest:
            piece = self.socket.recv(65_536)
            if not piece:
                raise EOFError
            self._rest += piece
        frame, _, self._rest = self._rest.partition(b"\x1c\r")
        return frame.removeprefix(b"\x0b").decode("latin-1").split("\r")[:-1]

    def ask(self, message: bytes) -> list[str]:
        """Send a message in its frame, and read its answer."""
        self.send(framed(message))
        return self.answer()

    def ended(self) -> bool:
        """Whether the other side has closed the connection."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True


def code(answer: list[str]) -> str:
    """MSA-1."""
    return next(line.split("|")[1] for line in answer if line.startswith("MSA|"))
