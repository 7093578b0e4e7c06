"""A serial port on the network (RFC 2217), made of pyserial's server side: one client at a time, on loopback only.

pyserial ships the protocol of both sides, and no server; this is what is missing between a socket and a port.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import serial
import serial.rfc2217

from tests.capture.peer import Peer, on_pty

TICK = 0.05


class _Modemless(serial.Serial):
    """A pty has no modem lines; to set one is no error here."""

    def _update_rts_state(self) -> None: ...

    def _update_dtr_state(self) -> None: ...

    @property
    def cts(self) -> bool:
        return True

    @property
    def dsr(self) -> bool:
        return True

    @property
    def ri(self) -> bool:
        return False

    @property
    def cd(self) -> bool:
        return True


class Server:
    """Carries what comes from its client to the port, and back."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.clients = 0
        self.speeds: list[int] = []
        self.stopping = threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.settimeout(TICK)
        self.name = f"rfc2217://127.0.0.1:{self.listening.getsockname()[1]}"

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                client, _ = self.listening.accept()
            except TimeoutError:
                continue
            self.clients += 1
            with client, _Modemless(self.device, timeout=TICK) as port:
                _Carrier(self, client, port).run()
                self.speeds.append(port.baudrate)


class _Carrier:
    """One client."""

    def __init__(self, server: Server, client: socket.socket, port: serial.Serial) -> None:
        self._server, self._client, self._port = server, client, port
        self._lock = threading.Lock()
        self._gone = threading.Event()
        wants_no_more: Any = serial.rfc2217.PortManager  # than the settings of a port, and somebody to write to
        self._manager = wants_no_more(port, self)

    def write(self, content: bytes) -> None:
        """What the protocol's own side has to say."""
        with self._lock:
            self._client.sendall(content)

    def run(self) -> None:
        back = threading.Thread(target=self._carry_back)
        back.start()
        self._client.settimeout(TICK)
        try:
            while not self._server.stopping.is_set():
                try:
                    content = self._client.recv(1024)
                except TimeoutError:
                    continue
                if not content:
                    return
                self._port.write(b"".join(self._manager.filter(content)))
        except OSError:
            return
        finally:
            self._gone.set()
            back.join()

    def _carry_back(self) -> None:
        while not self._gone.is_set():
            content = self._port.read(self._port.in_waiting or 1)
            if content:
                try:
                    self.write(b"".join(self._manager.escape(content)))
                except OSError:
                    return


@contextmanager
def serving(device: str) -> Iterator[Server]:
    """A server for a port that is there already."""
    server = Server(device)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        thread.join(10)
        server.listening.close()
    assert not thread.is_alive()


@contextmanager
def on_rfc2217(peer: Peer) -> Iterator[str]:
    """The peer behind a pseudo-terminal, and that on the network; yields its URL."""
    with on_pty(peer) as device, serving(device) as server:
        yield server.name
