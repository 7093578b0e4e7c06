"""A port that HL7 messages come to: many connections, each kept open, each with many messages.

1. A message is acknowledged after the commit of its bytes and of what was read of them; where nothing was committed,
   nothing is answered and the connection ends: the sender sends again.
2. A connection that is silent, sends half a frame, something else or too much, or does not read its answers is ended
   after a limit. The listener and the other connections go on.
3. One thread reads all of them, commits and answers (mllp_writer.py); it waits for all of them at once. A sender that
   floods waits for itself: only so much of it is under way.
4. There are never more connections than the limit, nor more from one address than its share.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import Counter

from bridge.clock import Clock
from bridge.errors import ConfigError
from bridge.log import get
from bridge.sources.mllp_connection import Connection
from bridge.sources.mllp_port import Limits, Port
from bridge.sources.mllp_sockets import READ, Sockets
from bridge.sources.mllp_writer import Writer

log = get(__name__)
AT_ONCE = 16
PATIENCE = 5.0
"""So long connections have to end what they are at."""


class Listener:
    """One port; `start` listens, `stop` ends every connection within a second or two."""

    def __init__(self, port: Port, limits: Limits, writer: Writer, clock: Clock) -> None:
        self.port, self.limits, self.writer, self.clock = port, limits, writer, clock
        self.stopping = threading.Event()
        self._tls = port.tls()
        self._socket: socket.socket | None = None
        self._connections: set[Connection] = set()
        self._hosts: Counter[str] = Counter()
        self._rests = False
        self._until = 0.0
        self._over = threading.Event()

    @property
    def sockets(self) -> Sockets:
        """What its connections are watched by."""
        return self.writer.sockets

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        assert self._socket is not None, "it listens"
        found = self._socket.getsockname()
        return str(found[0]), int(found[1])

    def start(self) -> None:
        """Listen; raises ConfigError where the port cannot be had."""
        family = socket.AF_INET6 if ":" in self.port.host else socket.AF_INET
        try:
            self._socket = socket.create_server((self.port.host, self.port.port), family=family, backlog=128)
        except OSError as error:
            raise ConfigError(
                f"the port cannot be listened at: {error.strerror}", where=f"[[mllp]] {self.port.name}",
                code="config-mllp-port", remedy="end the other program at this port, or name another port",
            ) from None  # fmt: skip
        self._socket.setblocking(False)
        self.sockets.ask(self._opened)
        log.info("mllp_listening", source=self.port.name)

    def stop(self) -> None:
        """End: no new connection, and each connection after what it is at."""
        self.stopping.set()
        if self._socket is None:
            return
        if self.sockets.ask(self._stopped):
            self._over.wait(2 * PATIENCE)
        self._socket.close()

    # --- in the thread of the sockets ------------------------------------------------------------------------------

    def _opened(self) -> None:
        assert self._socket is not None, "it listens"
        self.writer.listeners.add(self)
        self.sockets.watch(self._socket, READ, self._accept)

    def _accept(self) -> None:
        """Take whoever has come; where the system has no file left for one, look again a little later."""
        assert self._socket is not None, "it listens"
        for _ in range(AT_ONCE):
            try:
                connected, address = self._socket.accept()
            except BlockingIOError:
                return
            except OSError:
                self._rests = True
                self.sockets.watch(self._socket, 0, self._accept)
                return
            self._admit(connected, str(address[0]))

    def _admit(self, connected: socket.socket, host: str) -> None:
        code = self._full(host)
        if code:
            connected.close()
            log.warning("mllp_connection_refused", source=self.port.name, code=code)
            return
        try:
            connected.setblocking(False)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connected = self._tls.wrap_socket(connected, server_side=True, do_handshake_on_connect=False)
        except (OSError, ssl.SSLError):  # it has gone already
            connected.close()
            return
        connection = Connection(self, connected, host)
        self._connections.add(connection)
        self._hosts[host] += 1
        connection.ready()

    def _full(self, host: str) -> str:
        """Why nobody more from there is taken; '' where he is."""
        if len(self._connections) >= self.limits.connections:
            return "too-many-connections"
        return "too-many-of-one-host" if self._hosts[host] >= self.limits.from_one_host else ""

    def gone(self, connection: Connection) -> None:
        """A connection has ended."""
        self._connections.discard(connection)
        self._hosts[connection.host] -= 1
        if not self._hosts[connection.host]:
            del self._hosts[connection.host]
        if self._until and not self._connections:
            self.writer.listeners.discard(self)
            self._over.set()

    def look(self, now: float) -> None:
        """End the connections whose patience is over; listen again where there were no files left."""
        if self._rests and self._socket is not None and not self._until:
            self._rests = False
            self.sockets.watch(self._socket, READ, self._accept)
        for connection in list(self._connections):
            connection.look(now)
        if self._until and now > self._until:
            self.end_all("stopping")

    def _stopped(self) -> None:
        assert self._socket is not None, "it listens"
        self.sockets.watch(self._socket, 0, self._accept)
        self._until = time.monotonic() + PATIENCE
        for connection in list(self._connections):
            connection.stop()
        if not self._connections:
            self.end_all("stopping")

    def end_all(self, code: str) -> None:
        """End every connection at once, and nobody comes any more."""
        self._until = self._until or time.monotonic()
        if self._socket is not None:
            self.sockets.watch(self._socket, 0, self._accept)
            self._socket.close()
        for connection in list(self._connections):
            connection.end(code)
        self.writer.listeners.discard(self)
        self._over.set()
